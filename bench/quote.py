"""Row `quote`: what a quote costs while 3, 30, 100 and 300 promotions run, beside django-oscar with the same ones.

Five-line baskets of a member without a tier, priced by the public verb, which reads member, points and
coupons each time. The first three promotions are for whole shelves; each further one is for one product of
the other half, so that the more run, the more match: the note says how many. Opening the file and the first
quotes after it are not timed, as a process keeps the promotions it has read. It also keeps the last prices;
here every basket is another one.

The peer prices baskets that stand in its database already; each total must be ours. Promotions that crowd
on the same products would mean another thing to it, so the note gives our figure alone.
"""

import random
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

from bench import goods
from bench.figures import SEED, Figure, Say, Size, Unmeasurable
from bench.goods import LINES, Deal, Goods, Picked
from bench.oscar import errand
from bench.oscar.errand import Answers, Errand, Stage
from bench.peers import Unavailable
from bench.process import peak_mb
from core.base import db, settings
from core.selling import quotes
from core.selling.quotes import Basket
from core.tables import schema
from tests import shops

SIZES: dict[Size, tuple[int, int]] = {"tiny": (100, 1), "small": (300, 3), "full": (2000, 5)}
"""Quotes of each number of promotions a round, and rounds; more than a process keeps the prices of."""
PEER_BASKETS: dict[Size, dict[int, int]] = {
    "tiny": {3: 3, 30: 2},
    "small": {3: 10, 30: 10, 100: 5},
    "full": {3: 50, 30: 30, 100: 20},
}
"""How many baskets the peer prices while so many promotions run."""
COUNTS = (3, 30, 100, 300)
LEAST, MOST = 1000.0, 2.0
"""Quotes a CPU-second at the fewest promotions; how many times slower they may be at the most."""
PRODUCTS, CROWDED, SHELVES, WARMING = 600, 150, 8, 20


@dataclass(frozen=True)
class _Shop:
    """A file with a shop in it, the promotions that run there, and baskets as they are picked and quoted."""

    path: Path
    shop: shops.Shop
    goods: Goods
    deals: tuple[Deal, ...]
    picked: tuple[Picked, ...]
    baskets: tuple[Basket, ...]

    @property
    def matching(self) -> float:
        """How many of the promotions match a basket, on average."""
        return mean(sum(deal.matches(self.goods, one) for deal in self.deals) for one in self.picked)


def measure(size: Size, say: Say) -> Figure:
    """Quote the baskets in each shop, round by round; then let the peer price some. Raises: Unmeasurable."""
    n, rounds = SIZES[size]
    settings.use(settings.Settings(secret="bench"))
    try:
        with tempfile.TemporaryDirectory(prefix="regulars-bench-") as name:
            several = _shops(Path(name), n)
            crowded = _crowded(Path(name), n)
            done = []
            for number in range(rounds):
                say(f"quote: round {number + 1} of {rounds}, {n:,} quotes in each of {len(COUNTS) + 1} shops")
                done.append([_quoted(one) for one in (*several, crowded)])
            peer_s, sentence = _beside(several, PEER_BASKETS[size], say)
            return _figure(size, done, [*several, crowded], peer_s, sentence)
    except OSError as error:
        raise Unmeasurable(f"The quotes need room for small databases in {tempfile.gettempdir()}: {error}") from error


def _quoted(one: _Shop) -> float:
    """CPU seconds a quote."""
    db.open_database(str(one.path))
    by, now = one.shop.owner, one.shop.now
    for basket in one.baskets[-WARMING:]:
        quotes.quote(basket, by=by, now=now)
    begin = time.process_time()
    for basket in one.baskets:
        quotes.quote(basket, by=by, now=now)
    used = time.process_time() - begin
    db.close_database()
    return used / len(one.baskets)


def _figure(
    size: Size, done: Sequence[Sequence[float]], measured: Sequence[_Shop], peer_s: float | None, sentence: str
) -> Figure:
    each = [median(one[at] for one in done) for at in range(len(measured))]
    ratio = median(one[len(COUNTS) - 1] / one[0] for one in done)
    *ours, crowded = [
        f"{len(one.deals)} running {seconds * 1000:.2f} ms ({one.matching:.1f} match)"
        for one, seconds in zip(measured, each, strict=True)
    ]
    return Figure(
        row="quote",
        ours=1 / each[0],
        floor=None,
        peer=None if peer_s is None else 1 / peer_s,
        ratio=ratio,
        bar=f"≥ {LEAST:,.0f} at {COUNTS[0]}, ≤ {MOST:g} × slower at {COUNTS[-1]}",
        met=1 / each[0] >= LEAST and ratio <= MOST,
        cpu_s=sum(sum(one) for one in done) * len(measured[0].baskets),
        peak_mb=peak_mb(),
        size=size,
        seed=SEED,
        n=len(measured[0].baskets),
        rounds=len(done),
        unit="/CPU-s",
        note=f"CPU a quote of {LINES} lines, median of rounds: {', '.join(ours)}; crowded on {CROWDED} products,"
        f" {crowded}. The ratio is {COUNTS[-1]} to {COUNTS[0]}. {sentence}",
        peer_ratio=None if peer_s is None else peer_s / each[0],
    )


# --- the shops -------------------------------------------------------------------------------------


def _shops(folder: Path, n: int) -> list[_Shop]:
    """One shop, and copies of its file in which more and more promotions run."""
    what = goods.goods_of(PRODUCTS, SHELVES)
    path, shop, member_id = _empty(folder / "start.db", what)
    deals, picked = deals_of(what, COUNTS[-1]), goods.baskets(what, n)
    baskets = tuple(goods.basket(shop, one, member_id) for one in picked)
    found, running = [], 0
    for count in COUNTS:
        db.open_database(str(path), durable=False)
        goods.run(shop, deals[running:count])
        db.run("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close_database()
        running = count
        copy = Path(shutil.copyfile(path, folder / f"{count}.db"))
        found.append(_Shop(copy, shop, what, deals[:count], picked, baskets))
    return found


def _crowded(folder: Path, n: int) -> _Shop:
    """A shop with so few products that each is in two promotions."""
    what = goods.goods_of(CROWDED, SHELVES)
    path, shop, member_id = _empty(folder / "crowded.db", what)
    dice = random.Random(SEED)
    singles = tuple(_single(number, dice.randrange(CROWDED)) for number in range(COUNTS[-1] - len(goods.THREE)))
    deals, picked = (*goods.THREE, *singles), goods.baskets(what, n)
    db.open_database(str(path), durable=False)
    goods.run(shop, deals)
    db.close_database()
    return _Shop(path, shop, what, deals, picked, tuple(goods.basket(shop, one, member_id) for one in picked))


def _empty(path: Path, what: Goods) -> tuple[Path, shops.Shop, int]:
    """A file with goods, a member and no promotion."""
    db.open_database(str(path), durable=False)
    schema.migrate(now=shops.NOON)
    shop = goods.open_shop(what)
    member_id = shop.member("19900000000")
    shop.give_points(member_id, 50_000)
    db.close_database()
    return path, shop, member_id


def deals_of(what: Goods, count: int) -> tuple[Deal, ...]:
    """Three deals for shelves, and for products of other shelves one each."""
    taken = {shelf for deal in goods.THREE for shelf in deal.shelves}
    free = [at for at, shelf in enumerate(what.shelves) if shelf not in taken]
    singles = [_single(number, at) for number, at in enumerate(free[: count - len(goods.THREE)])]
    return (*goods.THREE, *singles)[:count]


def _single(number: int, product: int) -> Deal:
    """A percentage or an amount off one product."""
    if number % 2:
        return Deal(f"特价 {number}", "percent", off_bp=500 + number % 26 * 100, products=(product,))
    return Deal(f"直降 {number}", "amount", off_cents=100 + number % 8 * 100, products=(product,))


# --- the peer --------------------------------------------------------------------------------------


def _beside(several: Sequence[_Shop], many: dict[int, int], say: Say) -> tuple[float | None, str]:
    """CPU seconds of the peer at the fewest promotions, and a sentence on all. Raises: Unmeasurable."""
    asked = [one for one in several if len(one.deals) in many]
    stages = tuple(Stage(len(one.deals), one.picked[: many[len(one.deals)]]) for one in asked)
    db.open_database(str(several[0].path))
    pragmas = goods.pragmas()
    db.close_database()
    try:
        answers = errand.ask(Errand(several[0].goods, several[-1].deals, stages, pragmas), say)
    except Unavailable as error:
        return None, f"Peer not available: {error}"
    ours = [_totals(one, len(stage.baskets)) for one, stage in zip(asked, stages, strict=True)]
    return compared(stages, ours, answers)


def compared(stages: Sequence[Stage], ours: Sequence[Sequence[int]], answers: Answers) -> tuple[float, str]:
    """The peer's CPU seconds at its first stage, once all totals are ours in cents. Raises: Unmeasurable."""
    told = []
    for stage, totals, answer in zip(stages, ours, answers.stages, strict=True):
        errand.check_same(totals, answer.totals)
        told.append(f"{stage.deals} running {answer.each_s * 1000:.0f} ms")
    sentence = f"{answers.versions}, pricing only: {', '.join(told)}, totals equal"
    return answers.stages[0].each_s, sentence


def _totals(one: _Shop, n: int) -> list[int]:
    """What the first baskets cost with us, in cents."""
    db.open_database(str(one.path))
    totals = [quotes.quote(basket, by=one.shop.owner, now=one.shop.now).total_cents for basket in one.baskets[:n]]
    db.close_database()
    return totals
