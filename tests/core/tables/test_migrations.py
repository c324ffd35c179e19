"""Every landed migration on tables with rows in them, on both engines; two at once; killed anywhere."""

import hashlib
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from core.base import db
from core.base.clock import Millis
from core.base.drivers import peewee
from core.tables import fingerprint, schema
from tests import postgres
from tests.core.tables import furnish
from tests.shops import NOON

HERE = Path(__file__).parent
LANDED = HERE / "landed.sha256"
STEPS = [number for number, _name, _path in schema.steps()]
ROOT = HERE.parents[2]


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[str]:
    url = str(tmp_path / "shop.db")
    db.open_database(url, durable=False)
    yield url
    db.close_database()


def migrate(monkeypatch: pytest.MonkeyPatch, upto: int) -> None:
    with monkeypatch.context() as patch:
        steps = furnish.upto(upto)
        patch.setattr(schema, "steps", lambda: steps)
        schema.migrate(now=NOON)


def counts(names: list[str]) -> dict[str, int]:
    return {name: db.value(f"SELECT count(*) FROM {name}") for name in names}


# --- what landed stays -----------------------------------------------------------------------------


def test_a_landed_migration_never_changes() -> None:
    """A new one is listed when it lands: `sha256sum *.sql` in its folder, into landed.sha256."""
    listed = dict(reversed(line.split("  ")) for line in LANDED.read_text("ascii").splitlines())
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in schema.FOLDER.glob("*.sql")}
    assert {name: found.get(name) for name in listed} == listed
    newest = max(listed)[:4]
    assert [name for name in found if name not in listed and name[:4] <= newest] == []


# --- from each step, with rows ---------------------------------------------------------------------


@pytest.mark.parametrize("number", STEPS[:-1])
def test_from_each_step_the_same_tables_come_and_every_row_stays(
    fresh: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(monkeypatch, number)
    names = furnish.tables()
    furnish.fill(names, random.Random(number))
    schema.migrate(now=NOON)
    assert fingerprint.differences() == []
    assert fingerprint.digest(fingerprint.found()) == fingerprint.digest(fingerprint.expected())
    assert counts(names) == dict.fromkeys(names, 2)
    assert db.rows("PRAGMA foreign_key_check") == []


@pytest.mark.postgres
def test_on_postgresql_each_step_finds_rows_in_every_table_before_it(
    cluster: postgres.Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of each step are tried on SQLite, then put into PostgreSQL, which takes them under its own rules."""
    made, known = [], set[str]()
    db.open_database(str(tmp_path / "twin.db"), durable=False)
    for number in STEPS:
        migrate(monkeypatch, number)
        names = [name for name in furnish.tables() if name not in known]
        known |= set(names)
        made.append((number, furnish.fill(names, random.Random(number))))
    db.open_database(cluster.create("steps"))
    for number, rows in made:
        migrate(monkeypatch, number)
        for name, row in rows:
            db.atomic(lambda name=name, row=row: db.add(name, **row))()
    assert fingerprint.differences() == []
    assert counts(sorted(known)) == dict.fromkeys(sorted(known), 2)
    db.close_database()


# --- moves of stock, written anew on SQLite --------------------------------------------------------


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def before_goods(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[db.Row]]:
    """A database of step 36 with a move of every kind of then, three of them with a reason; its moves."""
    name = "moved" if request.param == "postgres" else ""
    db.open_database(request.getfixturevalue("cluster").create(name) if name else str(tmp_path / "shop.db"))
    migrate(monkeypatch, 36)
    kinds = ("in", "sale", "refund", "count", "waste", "reward")
    moves = [(70 + place, 1, 2, 1000 - 300 * place, kind, 9 + place, NOON + place, "staff:1")
             for place, kind in enumerate(kinds)]  # fmt: skip

    @db.atomic
    def put() -> None:
        db.add("store", id=1, name="南京东路店", zone="Asia/Shanghai")
        db.add("product", id=2, sku="2", name="茶", search_keys="茶", kind="goods", price_cents=1800, weighed=0,
               discountable=1, earns=1, stocked=1, active=1)  # fmt: skip
        for move in moves:
            db.run(f"INSERT INTO stock_move ({MOVE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", move)
        for move_id, why, note in REASONS:
            db.add("stock_reason", move_id=move_id, why=why, note=note)

    put()
    yield moves
    db.close_database()


MOVE = "id, store_id, product_id, quantity_milli, kind, ref_id, at, actor"
REASONS = [(72, "other", "换货"), (73, "lost", ""), (74, "broken", "摔了")]


def test_moves_of_stock_and_their_reasons_come_through_the_goods_step_as_they_were(before_goods: list[db.Row]) -> None:
    schema.migrate(now=NOON)
    assert db.rows(f"SELECT {MOVE} FROM stock_move ORDER BY id") == before_goods
    assert db.rows("SELECT move_id, why, note FROM stock_reason ORDER BY move_id") == REASONS
    assert fingerprint.differences() == []
    assert fingerprint.digest(fingerprint.found()) == fingerprint.digest(fingerprint.expected())
    there = [name for name in fingerprint.found() if "stock_move" in name or "stock_reason" in name]
    assert "index stock_move_product" in there and not [name for name in there if "wide" in name or "kept" in name]


def test_after_the_goods_step_moves_are_append_only_and_know_the_kinds_of_a_transfer(
    before_goods: list[db.Row],
) -> None:
    schema.migrate(now=NOON)
    for sql in ("UPDATE stock_move SET at = 1", "DELETE FROM stock_move WHERE id = 70", "DELETE FROM stock_reason"):
        with pytest.raises(peewee.DatabaseError, match="append-only"):
            db.atomic(lambda sql=sql: db.run(sql))()
    assert len(db.rows("SELECT id FROM stock_move")) == len(before_goods)
    moved = "INSERT INTO stock_move VALUES (?, 1, 2, -500, ?, 1, 5, 'staff:1')"
    db.atomic(lambda: db.run(moved, (80, "sent")))()
    with pytest.raises(peewee.IntegrityError):
        db.atomic(lambda: db.run(moved, (81, "gone")))()
    with pytest.raises(peewee.IntegrityError):
        db.atomic(lambda: db.add("stock_reason", move_id=99, why="lost", note=""))()


# --- two at once -----------------------------------------------------------------------------------


@pytest.mark.parametrize("engine_name", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_of_two_at_once_one_does_it_and_both_go_on(
    engine_name: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = str(tmp_path / "shop.db")
    if engine_name == "postgres":
        url = request.getfixturevalue("cluster").create("twice")
    db.open_database(url)
    migrate(monkeypatch, STEPS[3])
    db.close_database()
    told = [process.communicate(timeout=60)[0] for process in [_migrator(url), _migrator(url)]]
    assert sorted(len(said.split()) for said in told) == [0, len(STEPS) - 4]
    db.open_database(url)
    assert (schema.level(), fingerprint.differences()) == (STEPS[-1], [])
    db.close_database()


PROGRAM = """
import os, signal, sys
from core.base import db
from core.tables import schema
url, left = sys.argv[1], int(sys.argv[2])
run = db.run
def counted(sql, params=()):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return run(sql, params)
db.open_database(url)
db.run = counted
print(*schema.migrate(now=1))
"""


def _migrator(url: str, dies_at: int = 0) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", PROGRAM, url, str(dies_at)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=dict(os.environ))


# --- killed ----------------------------------------------------------------------------------------


def _killed(url: str, at: int) -> int:
    """Migrate until the statement at which the process is killed; the step the database is left at."""
    process = _migrator(url, at)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    db.open_database(url)
    return schema.level()


def test_killed_anywhere_it_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inside a step nothing of it stays; between two the first is there; then `migrate` completes."""
    url = str(tmp_path / "shop.db")
    db.open_database(url)
    migrate(monkeypatch, STEPS[3])
    names = furnish.tables()
    furnish.fill(names, random.Random(1))
    db.close_database()
    left_at = []
    for at in (9, 25, 40, 60):
        left_at.append(_killed(url, at))
        assert fingerprint.found() == _made_upto(left_at[-1])
        db.close_database()
    assert left_at == sorted(left_at) and left_at[0] == STEPS[3] and left_at[-1] > STEPS[3]
    db.open_database(url)
    schema.migrate(now=Millis(1))
    assert (fingerprint.differences(), counts(names)) == ([], dict.fromkeys(names, 2))
    db.close_database()


def _made_upto(number: int) -> dict[str, str]:
    """The catalogue as the steps up to one make it."""
    sqlite3: Any = fingerprint.peewee.sqlite3  # type: ignore[attr-defined]
    with closing(sqlite3.connect(":memory:")) as memory:
        for step, _name, path in furnish.upto(number):
            for statement in schema.statements_of(step, path):
                memory.execute(statement)
        return fingerprint._of_sqlite(lambda sql: memory.execute(sql).fetchall())


@pytest.mark.postgres
def test_killed_on_postgresql_it_goes_on_where_it_was(
    cluster: postgres.Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = cluster.create("killed")
    db.open_database(url)
    migrate(monkeypatch, STEPS[5])
    db.close_database()
    assert _killed(url, 12) in STEPS
    schema.migrate(now=Millis(1))
    assert (schema.level(), fingerprint.differences()) == (STEPS[-1], [])
    db.close_database()
