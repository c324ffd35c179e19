"""Row `sale`: pricing and posting a sale, beside the driver alone writing the very same rows, and django-oscar.

Five lines, points earned and redeemed, three promotions in money and one on points. The floor replays the
statements that a run of ours wrote on a copy of the same file: one BEGIN IMMEDIATE … COMMIT a sale, the same
pragmas. That it leaves the same rows is checked each time.

The peer prices and places the first baskets of members without a tier, with the same three promotions in
money and the same pragmas; each total must be ours before points are redeemed. It knows no points and no
tiers, so that we do more work.
"""

import random
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from peewee import sqlite3  # type: ignore[attr-defined]

from bench import goods
from bench.figures import SEED, Figure, Say, Size, Unmeasurable
from bench.goods import LINES, Goods, Picked
from bench.oscar import errand
from bench.oscar.errand import Answers, Errand, Stage
from bench.peers import Unavailable
from bench.process import peak_mb
from core.base import db, settings
from core.base.clock import SECOND, Millis
from core.selling import quotes, sales
from core.selling.quotes import Basket
from core.selling.sales import SaleRequest, Tender
from core.tables import schema
from tests import shops

SIZES: dict[Size, tuple[int, int]] = {"tiny": (100, 1), "small": (200, 3), "full": (2000, 5)}
"""Sales a round, and rounds; more sales than a process keeps the prices of."""
PEER_SALES: dict[Size, int] = {"tiny": 5, "small": 30, "full": 100}
LIMIT, PEER_LIMIT = 4.0, 40.0
REDEEMED, TURN = 200, 10

Statement = tuple[str, list[tuple[Any, ...]]]
"""A writing statement, and the values of each time it ran (more than once by `executemany`)."""


@dataclass(frozen=True)
class _Work:
    """The same work for both sides: a file to start from, baskets, and what writing them takes.

    `picked` are the baskets as a peer takes them; `plain` are the places of those whose member has no tier.
    """

    start: Path
    shop: shops.Shop
    goods: Goods
    picked: tuple[Picked, ...]
    plain: tuple[int, ...]
    baskets: tuple[Basket, ...]
    statements: list[list[Statement]]
    pragmas: list[str]


@dataclass(frozen=True)
class _Round:
    """CPU seconds of one round."""

    quoting: float
    posting: float
    floor: float

    @property
    def ours(self) -> float:
        return self.quoting + self.posting


@dataclass(frozen=True)
class Beside:
    """What django-oscar took a sale, in ms of CPU (None: it was not there), and a sentence on it."""

    ms: float | None
    note: str


def measure(size: Size, say: Say) -> Figure:
    """Post the sales and replay them, round by round; then let the peer sell. Raises: Unmeasurable."""
    n, rounds = SIZES[size]
    settings.use(settings.Settings(secret="bench"))
    try:
        with tempfile.TemporaryDirectory(prefix="regulars-bench-") as name:
            work = _prepared(Path(name), n)
            done = []
            for number in range(rounds):
                say(f"sale: round {number + 1} of {rounds}, {n:,} sales")
                done.append(_round(work, Path(name)))
            return _figure(size, n, done, work, _beside(work, PEER_SALES[size], say))
    except OSError as error:
        raise Unmeasurable(f"The sales need room for a small database in {tempfile.gettempdir()}: {error}") from error


def _figure(size: Size, n: int, done: Sequence[_Round], work: _Work, peer: Beside) -> Figure:
    ratio = median(one.ours / one.floor for one in done)
    quoting, posting = (median(getattr(one, part) for one in done) * 1000 / n for part in ("quoting", "posting"))
    alone = median(one.posting / one.floor for one in done)
    written = sum(len(values) for sale in work.statements for _, values in sale) / n
    ours = median(one.ours for one in done) * 1000 / n
    bar, met, peer_ratio = judged(ours, ratio, peer.ms)
    return Figure(
        row="sale",
        ours=ours,
        floor=median(one.floor for one in done) * 1000 / n,
        peer=peer.ms,
        ratio=ratio,
        bar=bar,
        met=met,
        cpu_s=sum(one.ours for one in done),
        peak_mb=peak_mb(),
        size=size,
        seed=SEED,
        n=n,
        rounds=len(done),
        unit="ms",
        note=f"CPU a sale, median of rounds: quote {quoting:.2f} ms, post {posting:.2f} ms (post alone {alone:.2f} ×"
        f" the floor); {written:.1f} rows and updates make a sale of {LINES} lines. {peer.note}",
        peer_ratio=peer_ratio,
    )


def judged(ours_ms: float, ratio: float, peer_ms: float | None) -> tuple[str, bool, float | None]:
    """The bar, whether it holds, and how many times as many sales as the peer; without a peer only the floor's."""
    floor = f"≤ {LIMIT:g} × floor"
    if peer_ms is None:
        return floor, ratio <= LIMIT, None
    times = peer_ms / ours_ms
    return f"{floor}, ≥ {PEER_LIMIT:g} × peer", ratio <= LIMIT and times >= PEER_LIMIT, times


# --- what is sold ----------------------------------------------------------------------------------


def _prepared(folder: Path, n: int) -> _Work:
    """A shop to sell in, and the statements of one run; that run also warms what both sides use."""
    start = folder / "start.db"
    db.open_database(str(start), durable=False)
    schema.migrate(now=shops.NOON)
    shop, what, members = goods.tea_shop()
    db.run("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close_database()
    work = _work(start, shop, what, members, n)
    mine, bare = _copy(start, folder / "mine.db"), _copy(start, folder / "bare.db")
    db.open_database(str(mine))
    _record(work)
    for number in range(n):
        work.statements.append([])
        _sell(work, number)
    db.close_database()
    connection = _connection(work, bare)
    for number in range(n):
        _replay(work, number, connection)
    connection.close()
    if _content(mine) != _content(bare):
        raise Unmeasurable("The floor did not write the rows that the sales wrote, so it is no floor.")
    return work


def _work(start: Path, shop: shops.Shop, what: Goods, members: Sequence[int], n: int) -> _Work:
    dice, picked = random.Random(SEED), goods.baskets(what, n)
    whose = dice.choices(range(len(members)), k=n)
    baskets = [goods.basket(shop, one, members[at], points=REDEEMED) for one, at in zip(picked, whose, strict=True)]
    plain = tuple(place for place, at in enumerate(whose) if not goods.has_tier(at))
    return _Work(start, shop, what, picked, plain, tuple(baskets), [], [])


# --- the peer --------------------------------------------------------------------------------------


def _beside(work: _Work, n: int, say: Say) -> Beside:
    """The peer with the first `n` baskets that mean the same to it. Raises: Unmeasurable."""
    places = work.plain[:n]
    picked = tuple(work.picked[place] for place in places)
    asked = Errand(work.goods, goods.THREE, (Stage(len(goods.THREE), picked, placed=True),), tuple(work.pragmas))
    try:
        answers = errand.ask(asked, say)
    except Unavailable as error:
        return Beside(None, f"Peer not available: {error}")
    return compared(_totals(work, places), answers)


def compared(ours: Sequence[int], answers: Answers) -> Beside:
    """The peer's figure, once its totals are ours (cents, before points). Raises: Unmeasurable."""
    (answer,) = answers.stages
    errand.check_same(ours, answer.totals)
    each = [seconds * 1000 / len(ours) for seconds in (answer.pricing_s, answer.placing_s)]
    return Beside(
        sum(each),
        f"{answers.versions}, same pragmas: price {each[0]:.1f} ms, place {each[1]:.1f} ms for {len(ours)} baskets"
        " already in its database, totals equal; it posts no points and knows no tiers",
    )


def _totals(work: _Work, places: Sequence[int]) -> list[int]:
    """What the baskets cost with us when no points are redeemed."""
    db.open_database(str(work.start))
    asked = [replace(work.baskets[place], points=0) for place in places]
    totals = [quotes.quote(one, by=work.shop.owner, now=work.shop.now).total_cents for one in asked]
    db.close_database()
    return totals


# --- both sides ------------------------------------------------------------------------------------


def _round(work: _Work, folder: Path) -> _Round:
    """Both sides on fresh copies, by turns, so that both meet the same load of the machine."""
    mine, bare = _copy(work.start, folder / "mine.db"), _copy(work.start, folder / "bare.db")
    db.open_database(str(mine))
    connection = _connection(work, bare)
    quoting = posting = floor = 0.0
    for start in range(0, len(work.baskets), TURN):
        turn = range(start, min(start + TURN, len(work.baskets)))
        for number in turn:
            quoted, posted = _sell(work, number)
            quoting, posting = quoting + quoted, posting + posted
        for number in turn:
            floor += _replay(work, number, connection)
    connection.close()
    db.close_database()
    return _Round(quoting, posting, floor)


def _sell(work: _Work, number: int) -> tuple[float, float]:
    """Quote a basket and post it; CPU seconds of each."""
    basket, by = work.baskets[number], work.shop.owner
    now = Millis(work.shop.now + number * SECOND)
    begin = time.process_time()
    total = quotes.quote(basket, by=by, now=now).total_cents
    quoted = time.process_time()
    request = SaleRequest(basket, (Tender("cash", total),), total, proof=work.shop.proof(basket.member_id or 0))
    sales.post(request, by=by, now=now, key=f"sale {number}")
    return quoted - begin, time.process_time() - quoted


def _connection(work: _Work, path: Path) -> Any:
    """The driver's own, with the pragmas of ours."""
    connection = sqlite3.connect(str(path), isolation_level=None)
    for pragma in work.pragmas:
        connection.execute(pragma)
    return connection


def _replay(work: _Work, number: int, connection: Any) -> float:
    """Write the rows of a sale with the driver alone; CPU seconds."""
    begin = time.process_time()
    connection.execute("BEGIN IMMEDIATE")
    for sql, values in work.statements[number]:
        if len(values) == 1:
            connection.execute(sql, values[0]).fetchall()
        else:
            connection.executemany(sql, values)
    connection.execute("COMMIT")
    return time.process_time() - begin


def _record(work: _Work) -> None:
    """Keep the pragmas in force and, from here on, whatever this thread's connection writes."""
    work.pragmas.extend(goods.pragmas())

    class Cursor(sqlite3.Cursor):  # type: ignore[misc]
        def execute(self, sql: str, params: Any = ()) -> Any:
            _keep(work, sql, [tuple(params)])
            return super().execute(sql, params)

        def executemany(self, sql: str, many: Any) -> Any:
            given = [tuple(params) for params in many]
            _keep(work, sql, given)
            return super().executemany(sql, given)

    class Connection(sqlite3.Connection):  # type: ignore[misc]
        def cursor(self) -> Any:
            return super().cursor(Cursor)

    db.detach()
    db.proxy.connect_params["factory"] = Connection
    db.attach()


def _keep(work: _Work, sql: str, values: list[tuple[Any, ...]]) -> None:
    if sql.startswith(("INSERT", "UPDATE", "DELETE")):
        work.statements[-1].append((sql, values))


def _copy(start: Path, path: Path) -> Path:
    for old in path.parent.glob(f"{path.name}*"):
        old.unlink()
    shutil.copyfile(start, path)
    return path


def _content(path: Path) -> dict[str, list[Any]]:
    """Every row of every table."""
    connection = sqlite3.connect(str(path))
    listed = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'member_search%'"
    )
    tables = [row[0] for row in listed]
    found = {table: sorted(connection.execute(f"SELECT * FROM {table}").fetchall(), key=repr) for table in tables}
    connection.close()
    return found
