"""Row `processes`: four processes that sell at once to one SQLite file, beside one process alone.

Each is a till of its own: it waits for the others, then quotes and posts one sale after the other for a fixed
time, to members of its own and, every fifth sale, to one member that all of them sell to. A wait is the time
from the first question for a price to the answer that the sale is posted. Afterwards the file must hold each
sale that was answered and no other, and the doctor may find no difference. PostgreSQL, where it is installed,
does the same with eight processes; the note has its figures.
"""

import itertools
import math
import multiprocessing
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from threading import Barrier, BrokenBarrierError

from peewee import PeeweeException

from bench import goods
from bench.figures import SEED, Figure, Say, Size, Unmeasurable
from bench.goods import Picked
from bench.process import peak_mb
from core.base import db, settings
from core.base.clock import Millis
from core.base.errors import RegularsError
from core.keeping import doctor
from core.selling import quotes, sales
from core.selling.sales import SaleRequest, Tender
from core.tables import schema
from tests import postgres, shops

SIZES: dict[Size, tuple[float, int]] = {"tiny": (1.0, 1), "small": (10.0, 2), "full": (20.0, 3)}
"""Seconds a run, and rounds."""
PROCESSES, CLIENTS = 4, 8
LEAST_SHARE, LONGEST_MS = 0.8, 500.0
HOT_EVERY, WARMING, BASKETS, REDEEMED = 5, 5, 200, 200
PATIENCE_S = 60

_barrier: list[Barrier] = []
"""In a till's process: where all of them wait for each other."""


@dataclass(frozen=True)
class Made:
    """The shop in a database, its members, and baskets to sell."""

    shop: shops.Shop
    members: tuple[int, ...]
    picked: tuple[Picked, ...]


@dataclass(frozen=True)
class Till:
    """One of `many` processes that sell in a database for so many seconds."""

    url: str
    place: int
    many: int
    seconds: float
    made: Made

    def member(self, number: int) -> int:
        """Whom the sale of a number is for: the first member is everyone's."""
        own = self.made.members[1 + self.place :: self.many]
        return self.made.members[0] if number % HOT_EVERY == 0 else own[number % len(own)]


@dataclass(frozen=True)
class Sold:
    """What a till did: how long each sale took, the error that ended it ('': none), CPU, sales before the start."""

    waits_ms: tuple[float, ...]
    error: str
    cpu_s: float
    peak_mb: float
    warming: int


@dataclass(frozen=True)
class Run:
    """What all tills did together in the same time; `wrong` is what the database holds that it should not."""

    seconds: float
    tills: tuple[Sold, ...]
    wrong: str = ""

    @property
    def posted(self) -> int:
        """Sales of all tills."""
        return sum(len(till.waits_ms) for till in self.tills)

    @property
    def rate(self) -> float:
        """Sales a second."""
        return self.posted / self.seconds

    @property
    def share(self) -> float:
        """Sales of the slowest till as a part of those of the fastest."""
        posted = [len(till.waits_ms) for till in self.tills]
        return min(posted) / max(max(posted), 1)

    @property
    def longest_ms(self) -> float:
        """The longest wait for one sale."""
        return max((wait for till in self.tills for wait in till.waits_ms), default=0.0)

    @property
    def problems(self) -> tuple[str, ...]:
        """Errors of tills, and what is wrong in the database."""
        return tuple(problem for problem in (*(till.error for till in self.tills), self.wrong) if problem)

    def told(self) -> str:
        """Rate, fairness, waits and errors."""
        waits = sorted(wait for till in self.tills for wait in till.waits_ms) or [0.0]
        problems = f"{len(self.problems)} errors ({self.problems[0]})" if self.problems else "no error"
        return (
            f"{self.rate:.0f}/s, slowest {self.share:.0%} of fastest, wait median {median(waits):.1f} ms,"
            f" of 99 in 100 up to {waits[len(waits) * 99 // 100]:.0f} ms, longest {waits[-1]:.0f} ms, {problems}"
        )


def measure(size: Size, say: Say) -> Figure:
    """Sell alone and together, round by round, on fresh copies of one file. Raises: Unmeasurable."""
    seconds, rounds = SIZES[size]
    settings.use(settings.Settings(secret="bench"))
    try:
        with tempfile.TemporaryDirectory(prefix="regulars-bench-") as name:
            start = Path(name, "start.db")
            made = _opened(str(start))
            alone, together = [], []
            for number in range(rounds):
                say(f"processes: round {number + 1} of {rounds}, {seconds:g} seconds alone and together")
                alone.append(_run(_copy(start), made, 1, seconds))
                together.append(_run(_copy(start), made, PROCESSES, seconds))
            return figure(size, alone, together, _beside(seconds, say))
    except OSError as error:
        raise Unmeasurable(f"The sales need room for a small database in {tempfile.gettempdir()}: {error}") from error


def figure(size: Size, alone: Sequence[Run], together: Sequence[Run], note: str) -> Figure:
    """The row: the rates, and whether every round kept the bar."""
    ratio = median(many.rate / max(one.rate, 1) for many, one in zip(together, alone, strict=True))
    worst = min(together, key=lambda run: run.share)
    longest = max(run.longest_ms for run in together)
    clean = not any(run.problems for run in (*alone, *together))
    return Figure(
        row="processes",
        ours=median(run.rate for run in together),
        floor=median(run.rate for run in alone),
        peer=None,
        ratio=ratio,
        bar=f"no error, slowest ≥ {LEAST_SHARE:.0%} of fastest, wait ≤ {LONGEST_MS:g} ms",
        met=clean and worst.share >= LEAST_SHARE and longest <= LONGEST_MS,
        cpu_s=sum(till.cpu_s for run in together for till in run.tills),
        peak_mb=max(till.peak_mb for run in together for till in run.tills),
        size=size,
        seed=SEED,
        n=round(median(run.posted for run in together)),
        rounds=len(together),
        unit="/s",
        note=f"sales by {len(together[0].tills)} processes in {together[0].seconds:g} s, the floor is one process"
        f" (wall time; load average {os.getloadavg()[0]:.1f}); the least fair round: {worst.told()}; longest wait of"
        f" all rounds {longest:.0f} ms. {note}",
    )


# --- one run ---------------------------------------------------------------------------------------


def _opened(url: str) -> Made:
    """Make the tea shop in an empty database."""
    db.open_database(url, durable=False)
    try:
        schema.migrate(now=shops.NOON)
        shop, what, members = goods.tea_shop()
        if db.is_sqlite():
            db.run("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        db.close_database()
    return Made(shop, tuple(members), goods.baskets(what, BASKETS))


def _copy(start: Path) -> str:
    """A fresh copy of a file; its path."""
    for old in start.parent.glob("shop.db*"):
        old.unlink()
    return str(shutil.copyfile(start, start.with_name("shop.db")))


def _run(url: str, made: Made, many: int, seconds: float) -> Run:
    """Let so many processes sell at once. Raises: Unmeasurable."""
    tills = [Till(url, place, many, seconds, made) for place in range(many)]
    fresh = multiprocessing.get_context("spawn")
    together = fresh.Barrier(many)
    try:
        with ProcessPoolExecutor(many, fresh, initializer=_meet, initargs=(together,)) as pool:
            done = tuple(pool.map(sell, tills))
    except (BrokenProcessPool, BrokenBarrierError) as error:
        raise Unmeasurable("A till ended before the others were done; was it killed for its memory?") from error
    return Run(seconds, done, _wrong(url, sum(len(sold.waits_ms) + sold.warming for sold in done)))


def _meet(barrier: Barrier) -> None:
    _barrier.append(barrier)


def sell(till: Till) -> Sold:
    """In a process of its own: sell until the time is over. An error ends it."""
    settings.use(settings.Settings(secret="bench"))
    db.open_database(till.url)
    first: list[float] = []
    waits: list[float] = []
    error = _tried(till, range(WARMING), math.inf, first)
    _barrier[0].wait(PATIENCE_S)
    used = time.process_time()
    error = error or _tried(till, itertools.count(WARMING), time.monotonic() + till.seconds, waits)
    used = time.process_time() - used
    db.close_database()
    return Sold(tuple(waits), error, used, peak_mb(), len(first))


def _tried(till: Till, numbers: Iterable[int], until: float, waits: list[float]) -> str:
    """Make the sales of these numbers until a moment; the first error, or ''."""
    try:
        for number in numbers:
            begin = time.monotonic()
            if begin >= until:
                break
            _sale(till, number)
            waits.append((time.monotonic() - begin) * 1000)
    except (RegularsError, PeeweeException, RuntimeError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _sale(till: Till, number: int) -> None:
    """Quote and post."""
    shop, member_id = till.made.shop, till.member(number)
    now = Millis(shop.now + number)
    picked = till.made.picked[(number * till.many + till.place) % BASKETS]
    basket = goods.basket(shop, picked, member_id, points=REDEEMED)
    total = quotes.quote(basket, by=shop.owner, now=now).total_cents
    request = SaleRequest(basket, (Tender("cash", total),), total, proof=shop.proof(member_id))
    sales.post(request, by=shop.owner, now=now, key=f"till {till.place} sale {number}")


def _wrong(url: str, answered: int) -> str:
    """What the database holds that it should not, or ''."""
    db.open_database(url)
    try:
        kept = int(db.value("SELECT count(*) FROM sale"))
        ledgers = {check.name for check in doctor.CHECKS}
        found = [one for one in doctor.examine(now=shops.NOON) if one.check in ledgers]
    finally:
        db.close_database()
    if kept != answered:
        return f"{answered} sales were answered, {kept} are kept"
    return f"the doctor finds {len(found)} differences: {found[0].check}" if found else ""


# --- PostgreSQL ------------------------------------------------------------------------------------


def _beside(seconds: float, say: Say) -> str:
    """What eight processes do to one PostgreSQL in the same time, or why there is none. Raises: Unmeasurable."""
    if postgres.binaries() is None:
        return "PostgreSQL is not installed here"
    say(f"processes: {seconds:g} seconds with {CLIENTS} clients of PostgreSQL")
    running = postgres.Cluster(Path(tempfile.mkdtemp(prefix="regulars-pg-")))
    try:
        running.start()
    except subprocess.CalledProcessError as error:  # no server to be stopped yet
        shutil.rmtree(running.folder, ignore_errors=True)
        return f"PostgreSQL did not start: {error}"
    except RuntimeError as error:
        running.stop()
        return f"PostgreSQL did not start: {error}"
    try:
        made = _opened(running.create("start"))
        run = _run(running.create("shop", template="start"), made, CLIENTS, seconds)
    finally:
        running.stop()
    return f"PostgreSQL without fsync, {CLIENTS} processes: {run.told()}"
