"""Row `import`: 100,000 members with balances from a dirty XLSX, beside the driver alone writing the very same rows.

Ours reads the workbook, checks each cell, finds doubles and nearly doubles, writes part by part and compares totals.
The floor writes what that left: the rows of each table in their order with `executemany` into a copy of the shop as it
was before, the same schema, indexes, search index and pragmas, a commit for as many members. That it leaves the same
rows is checked each time, and that the planted faults and nothing else were found.
"""

import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from peewee import sqlite3  # type: ignore[attr-defined]

from bench import dirt, goods
from bench.dirt import Dirt
from bench.figures import SEED, Figure, Say, Size, Unmeasurable
from bench.process import peak_mb
from core.base import db, settings
from core.base.access import Actor
from core.keeping.movein import mapping, moving, reading
from core.tables import schema
from tests import shops

SIZES: dict[Size, tuple[int, int]] = {"tiny": (600, 1), "small": (10_000, 1), "full": (100_000, 3)}
"""Rows of the file, and rounds."""
LIMIT = 4.0
TABLES = (
    "import_batch", "tag", "member", "member_person", "credential", "consent", "member_tag", "account", "entry", "lot",
    "member_stats", "member_tier", "tier_change", "import_row", "audit",
)  # fmt: skip
"""What an import writes, parents first; the search index is written beside member_person."""


@dataclass(frozen=True)
class _Round:
    """CPU seconds of one round: reading and looking, bringing in, and the floor."""

    looking: float
    bringing: float
    floor: float

    @property
    def ours(self) -> float:
        return self.looking + self.bringing


def measure(size: Size, say: Say) -> Figure:
    """Import the file and write its rows bare, round by round. Raises: Unmeasurable."""
    rows, rounds = SIZES[size]
    settings.use(settings.Settings(secret="bench"))
    try:
        with tempfile.TemporaryDirectory(prefix="regulars-bench-") as name:
            folder = Path(name)
            say(f"import: a workbook of {rows:,} rows")
            planted = dirt.made(rows)
            workbook = dirt.write_xlsx(folder / "members.xlsx", planted)
            shop, pragmas = _start(folder / "start.db")
            done = []
            for number in range(rounds):
                say(f"import: round {number + 1} of {rounds}")
                done.append(_round(folder, shop, pragmas, workbook, planted))
    except OSError as error:
        raise Unmeasurable(f"An import needs room for a database in {tempfile.gettempdir()}: {error}") from error
    return _figure(size, rows, done, planted)


def _figure(size: Size, rows: int, done: list[_Round], planted: Dirt) -> Figure:
    ratio = median(one.ours / one.floor for one in done)
    looking, bringing = (median(getattr(one, part) for one in done) for part in ("looking", "bringing"))
    return Figure(
        row="import",
        ours=median(one.ours for one in done),
        floor=median(one.floor for one in done),
        peer=None,
        ratio=ratio,
        bar=f"≤ {LIMIT:g} × floor",
        met=ratio <= LIMIT,
        cpu_s=sum(one.ours for one in done),
        peak_mb=peak_mb(),
        size=size,
        seed=SEED,
        n=rows,
        rounds=len(done),
        unit="s",
        note=f"CPU, median of rounds: reading and checking {looking:.2f} s, writing and comparing {bringing:.2f} s; all"
        f" {len(planted.faults):,} planted faults found and nothing else, totals equal",
    )


def _start(path: Path) -> tuple[shops.Shop, list[str]]:
    """A shop before its members came."""
    db.open_database(str(path), durable=False)
    schema.migrate(now=shops.NOON)
    shop = shops.open_shop()
    for rank, name in enumerate(dirt.TIERS, 1):
        shop.tier(name, rank)
    pragmas = goods.pragmas()
    db.run("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close_database()
    return shop, pragmas


def _round(folder: Path, shop: shops.Shop, pragmas: list[str], workbook: Path, planted: Dirt) -> _Round:
    mine, bare = (_copy(folder / "start.db", folder / name) for name in ("mine.db", "bare.db"))
    db.open_database(str(mine), durable=False)
    try:
        looking, bringing = _ours(shop.owner, shop, workbook, planted)
    finally:
        db.close_database()
    floor = _floor(mine, bare, pragmas, len(planted.rows))
    for table in TABLES:
        if _rows(mine, table) != _rows(bare, table):
            raise Unmeasurable(f"The floor did not write the rows of {table} that the import wrote, so it is no floor.")
    return _Round(looking, bringing, floor)


def _ours(by: Actor, shop: shops.Shop, workbook: Path, planted: Dirt) -> tuple[float, float]:
    begin = time.process_time()
    table = reading.read(workbook, "members")
    columns = mapping.guess(table, "members")
    found = moving.preview(table, columns, store_id=shop.store, by=by, now=shop.now)
    looked = time.process_time()
    done = moving.go_on(moving.begin(found, by=by, now=shop.now), found, by=by, now=shop.now)
    end = time.process_time()
    if {one.row for one in found.faults} != set(planted.faults) or dict(done.held) != planted.totals:
        raise Unmeasurable("The import did not find what was planted, so it was not the same work.")
    return looked - begin, end - looked


def _floor(mine: Path, bare: Path, pragmas: list[str], members: int) -> float:
    """Write the rows that an import left with the driver alone; CPU seconds."""
    connection = sqlite3.connect(str(bare), isolation_level=None)
    for pragma in pragmas:
        connection.execute(pragma)
    work: list[tuple[str, list[Any]]] = []
    for table in TABLES:
        there = set(_rows(bare, table))
        fresh = [row for row in _rows(mine, table) if row not in there]
        if fresh:
            work.append((f"INSERT INTO {table} VALUES ({', '.join('?' * len(fresh[0]))})", fresh))
        if table == "member_person":
            at = [name for _, name, *_ in connection.execute("PRAGMA table_info(member_person)")].index("search_keys")
            keys = [(row[0], row[at]) for row in fresh]
            work.append(("INSERT INTO member_search (rowid, keys) VALUES (?, ?)", keys))
    begin = time.process_time()
    for sql, rows in work:
        step = max(len(rows) * moving.PART // members, 1)
        for start in range(0, len(rows), step):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(sql, rows[start : start + step])
            connection.execute("COMMIT")
    spent = time.process_time() - begin
    connection.close()
    return spent


def _rows(path: Path, table: str) -> list[Any]:
    connection = sqlite3.connect(str(path))
    found = connection.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall()
    connection.close()
    return list(found)


def _copy(start: Path, path: Path) -> Path:
    for old in path.parent.glob(f"{path.name}*"):
        old.unlink()
    shutil.copyfile(start, path)
    return path
