"""What django-oscar is asked and what it answers, and whether its totals are ours.

It is asked by a file of JSON and answers by one; both shops are made of the same `goods`.
"""

import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench import peers
from bench.figures import Say, Unmeasurable
from bench.goods import Deal, Goods, Picked

LOCKS = tuple(Path(__file__).with_name(name) for name in ("build.lock", "requirements.lock"))
SHOP = Path(__file__).with_name("shop.py")


@dataclass(frozen=True)
class Stage:
    """Baskets to be priced while the first `deals` deals run, and to be placed as orders if `placed`."""

    deals: int
    baskets: tuple[Picked, ...]
    placed: bool = False


@dataclass(frozen=True)
class Errand:
    """A shop and the work in it; `pragmas` are set on its connection."""

    goods: Goods
    deals: tuple[Deal, ...]
    stages: tuple[Stage, ...]
    pragmas: tuple[str, ...]

    def as_json(self) -> str:
        """What the shop reads."""
        return json.dumps(asdict(self), ensure_ascii=False)


@dataclass(frozen=True)
class Answer:
    """The totals of a stage's baskets in cents, and CPU seconds for all of them."""

    totals: tuple[int, ...]
    pricing_s: float
    placing_s: float

    @property
    def each_s(self) -> float:
        """CPU seconds a basket."""
        return (self.pricing_s + self.placing_s) / len(self.totals)


@dataclass(frozen=True)
class Answers:
    """The answer to each stage, and what gave them ('django-oscar 4.2.1, …')."""

    versions: str
    stages: tuple[Answer, ...]


def answers_of(text: str) -> Answers:
    """The answers as the shop wrote them."""
    found = json.loads(text)
    stages = [Answer(tuple(one["totals"]), one["pricing_s"], one["placing_s"]) for one in found["stages"]]
    return Answers(found["versions"], tuple(stages))


def check_same(ours: Sequence[int], theirs: Sequence[int]) -> None:
    """Refuse to compare what is not the same. Raises: Unmeasurable."""
    if len(ours) != len(theirs):
        raise Unmeasurable(f"django-oscar priced {len(theirs)} baskets, not {len(ours)}.")
    for number, (one, other) in enumerate(zip(ours, theirs, strict=True), 1):
        if one != other:
            raise Unmeasurable(f"Basket {number} costs {one} cents with us and {other} with django-oscar.")


def ask(errand: Errand, say: Say) -> Answers:
    """Let django-oscar do it on a fresh SQLite file. Raises: Unavailable."""
    python = peers.python_of("oscar", LOCKS, say)
    program: list[str | Path] = [python, "-I", "-W", "ignore", SHOP]
    empty = python.parents[1] / "empty.db"
    if not empty.exists():
        say("oscar: making its tables")
        fresh = empty.with_name("building.db")
        fresh.unlink(missing_ok=True)
        peers.run([*program, "empty", fresh])
        fresh.replace(empty)
    with tempfile.TemporaryDirectory(prefix="regulars-oscar-") as name:
        folder = Path(name)
        shutil.copyfile(empty, folder / "shop.db")
        asked, answered = folder / "errand.json", folder / "answers.json"
        asked.write_text(errand.as_json(), "utf-8")
        say(f"oscar: {sum(len(stage.baskets) for stage in errand.stages)} baskets")
        peers.run([*program, "sell", folder / "shop.db", asked, answered])
        return answers_of(answered.read_text("utf-8"))
