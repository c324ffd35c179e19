"""Row `sale`: pricing and posting a sale, beside the driver alone writing the very same rows.

Five lines, points earned and redeemed, three promotions. The floor replays the statements that a run
of ours wrote on a copy of the same file: one BEGIN IMMEDIATE … COMMIT a sale, the same pragmas. That
it leaves the same rows is checked each time.
"""

import random
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from peewee import sqlite3  # type: ignore[attr-defined]

from bench.figures import SEED, Figure, Say, Size, Unmeasurable
from bench.process import peak_mb
from core.base import db, settings
from core.base.clock import SECOND, Millis
from core.base.money import Milli
from core.selling import quotes, sales
from core.selling.quotes import Basket, BasketLine
from core.selling.sales import SaleRequest, Tender
from core.tables import schema
from tests import shops

SIZES: dict[Size, tuple[int, int]] = {"tiny": (20, 1), "small": (200, 3), "full": (2000, 5)}
"""Sales a round, and rounds."""
LIMIT = 4.0
PRAGMAS = ("journal_mode", "synchronous", "foreign_keys", "cache_size", "temp_store")
"""What ours sets on its connection, and the floor likewise."""
MEMBERS, PRODUCTS, LINES, REDEEMED, TURN = 100, 40, 5, 200, 10

Statement = tuple[str, list[tuple[Any, ...]]]
"""A writing statement, and the values of each time it ran (more than once by `executemany`)."""


@dataclass(frozen=True)
class _Work:
    """The same work for both sides: a file to start from, baskets, and what writing them takes."""

    start: Path
    shop: shops.Shop
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


def measure(size: Size, say: Say) -> Figure:
    """Post the sales and replay them, round by round. Raises: Unmeasurable."""
    n, rounds = SIZES[size]
    settings.use(settings.Settings(secret="bench"))
    try:
        with tempfile.TemporaryDirectory(prefix="regulars-bench-") as name:
            work = _prepared(Path(name), n)
            done = []
            for number in range(rounds):
                say(f"sale: round {number + 1} of {rounds}, {n:,} sales")
                done.append(_round(work, Path(name)))
            return _figure(size, n, done, work)
    except OSError as error:
        raise Unmeasurable(f"The sales need room for a small database in {tempfile.gettempdir()}: {error}") from error


def _figure(size: Size, n: int, done: Sequence[_Round], work: _Work) -> Figure:
    ratio = median(one.ours / one.floor for one in done)
    quoting, posting = (median(getattr(one, part) for one in done) * 1000 / n for part in ("quoting", "posting"))
    alone = median(one.posting / one.floor for one in done)
    written = sum(len(values) for sale in work.statements for _, values in sale) / n
    return Figure(
        row="sale",
        ours=median(one.ours for one in done) * 1000 / n,
        floor=median(one.floor for one in done) * 1000 / n,
        peer=None,
        ratio=ratio,
        bar=f"≤ {LIMIT:g} × floor",
        met=ratio <= LIMIT,
        cpu_s=sum(one.ours for one in done),
        peak_mb=peak_mb(),
        size=size,
        seed=SEED,
        n=n,
        rounds=len(done),
        unit="ms",
        note=f"CPU a sale, median of rounds: quote {quoting:.2f} ms, post {posting:.2f} ms (post alone {alone:.2f} ×"
        f" the floor); {written:.1f} rows and updates make a sale of {LINES} lines",
    )


# --- what is sold ----------------------------------------------------------------------------------


def _prepared(folder: Path, n: int) -> _Work:
    """A shop to sell in, and the statements of one run; that run also warms what both sides use."""
    start = folder / "start.db"
    db.open_database(str(start), durable=False)
    schema.migrate(now=shops.NOON)
    shop, members = _shop()
    db.run("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close_database()
    work = _Work(start, shop, _baskets(shop, members, n), [], [])
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


def _shop() -> tuple[shops.Shop, list[int]]:
    """One store with products in four categories, three promotions that all fit, members with points."""
    dice, shop = random.Random(SEED), shops.open_shop()
    shop.tier("silver", 1, discount_bp=300, multiplier_bp=12_000, spend_cents=10**9)
    for number in range(PRODUCTS):
        name, category = f"茶 {number + 1}", f"架 {number % 4}"
        shop.product(name, dice.randrange(1800, 9800, 100), category=category)
    found = db.value("SELECT id FROM category ORDER BY id")
    shop.promotion("一架九折", effect="percent", off_bp=1000, category_ids=(int(found),))
    shop.promotion("满100减20", effect="reduction", threshold_cents=10_000, off_cents=2000)
    shop.promotion("双倍积分", effect="points", points_bp=20_000)
    members = [shop.member(f"199{at:08d}", tier="silver" if at % 2 else None) for at in range(MEMBERS)]
    for member_id in members:
        shop.give_points(member_id, 50_000)
    return shop, members


def _baskets(shop: shops.Shop, members: Sequence[int], n: int) -> tuple[Basket, ...]:
    dice, products = random.Random(SEED), list(shop.products.values())

    def basket() -> Basket:
        lines = (BasketLine(product, Milli(dice.randint(1, 3) * 1000)) for product in dice.sample(products, LINES))
        return Basket(shop.store, tuple(lines), member_id=dice.choice(members), points=REDEEMED)

    return tuple(basket() for _ in range(n))


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
    work.pragmas.extend(f"PRAGMA {name} = {db.value(f'PRAGMA {name}')}" for name in PRAGMAS)

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
