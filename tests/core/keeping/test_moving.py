"""Moving to the other engine and back: every row the same, members found again, unfinished moves refused."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.base import db, ids
from core.keeping import demo, doctor, moving
from core.keeping.copies import reading
from core.keeping.copies.placing import StillOpen
from core.keeping.moving import Moved, MoveDiffers, SameEngine, SourceEmpty, TargetNotEmpty
from core.people import members, staff
from core.selling import refunds
from core.selling.returns import ReturnLine
from core.tables import schema
from core.tables.schema import MoveUnfinished
from tests import ledgers, postgres, shops
from tests.cli.test_cli_loyalty import ok
from tests.cli.test_cli_loyalty import run as run
from tests.shops import Shop

pytestmark = pytest.mark.postgres
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def server(cluster: postgres.Cluster) -> str:
    """The address of an empty PostgreSQL database."""
    return cluster.create("moved")


def traded(shop: Shop) -> None:
    """Something in most departments; names in several scripts, keys in odd order."""
    shop.product("珍珠奶茶", 1800)
    shop.tier("gold", 1, discount_bp=1000, multiplier_bp=15_000, spend_cents=100_00)
    kind = shop.coupon_kind("five off", effect="amount", off_cents=500)
    for number, name in enumerate(("王小明", "Zoë O'Neil", "李雷\t", "Ann")):
        member = shop.member(f"1380013800{number}", name=name)
        shop.top_up(member, 5000)
        sale = shop.sell(shop.basket(("珍珠奶茶", 3), member=member), ("wallet", 1000), key=f"k-{number}")
        line = db.value("SELECT id FROM sale_line WHERE sale_id = ?", (sale,))
        refunds.refund(sale, (ReturnLine(line, 1000),), by=shop.owner, now=shop.now, key=f"É-{number}")
        shop.give_coupon(kind, member)


@pytest.fixture
def trade(one_shop: Shop) -> Shop:
    """A shop on SQLite with some trade in it."""
    traded(one_shop)
    return one_shop


def found(typed: str) -> list[int]:
    return [one.id for one in members.find(typed, by=staff.first_owner())]


def counter() -> int:
    @db.atomic
    def take() -> int:
        return ids.new()

    return take()


def moved(source: str, target: str, **given: bool) -> Moved:
    db.close_database()
    return moving.move(source, target, now=shops.NOON, **given)


def test_a_shop_moves_to_postgres_and_back_unchanged(trade: Shop, sqlite: str, server: str, tmp_path: Path) -> None:
    before, hits = counter(), found("王小明")
    there = moved(sqlite, server)
    assert (there.sums["sale"][0], there.sums["member"][0], there.rows > 100) == (8, 4, True)
    db.open_database(server)
    schema.check()
    assert (found("王小明"), found("wangxiaoming")) == (hits, hits)
    assert (doctor.examine(now=trade.now), ledgers.broken()) == ([], {})
    assert before < counter() <= before + 2_000
    trade.sell(trade.basket(("珍珠奶茶", 1)))
    back = moved(server, str(tmp_path / "back.db"))
    same = set(there.sums) - {"audit", "sale", "sale_line", "tender", "stock", "stock_move", "receipt_number"}
    assert {name for name in same if there.sums[name] != back.sums[name]} == set()
    assert back.sums["sale"][0] == 9
    db.open_database(str(tmp_path / "back.db"))
    assert (doctor.examine(now=trade.now), ledgers.broken(), found("Zoë")) == ([], {}, found("zoe"))
    trade.sell(trade.basket(("珍珠奶茶", 1)))
    with pytest.raises(db.peewee.DatabaseError, match="append-only"):
        db.run("DELETE FROM entry")


def test_references_are_kept_on_both_engines(trade: Shop, sqlite: str, server: str) -> None:
    moved(sqlite, server)
    db.open_database(server)
    with pytest.raises(db.peewee.IntegrityError):
        db.run("INSERT INTO staff_store (staff_id, store_id) VALUES (1, 1)")
    assert db.value("SELECT count(*) FROM pg_constraint WHERE contype = 'f'") > 50


def test_the_old_database_is_as_it_was(trade: Shop, sqlite: str, server: str) -> None:
    db.close_database()
    with reading.looking(sqlite) as reader:
        before = {one.name: reading.sum_of(reader, one).digest for one in reading.tables(reader)}
    moved(sqlite, server)
    with reading.looking(sqlite) as reader:
        assert {one.name: reading.sum_of(reader, one).digest for one in reading.tables(reader)} == before


def test_the_audit_log_of_the_new_place_says_so(trade: Shop, sqlite: str, server: str) -> None:
    done = moved(sqlite, server)
    db.open_database(server)
    after = db.value("SELECT after FROM audit WHERE action = 'database.moved'")
    assert after == f'{{"from": "SQLite", "rows": {done.rows}}}'


def test_a_target_with_something_in_it_is_refused(trade: Shop, sqlite: str, server: str) -> None:
    moved(sqlite, server)
    with pytest.raises(TargetNotEmpty, match="is not empty"):
        moved(sqlite, server, again=True)


def test_a_strangers_database_is_never_emptied(one_shop: Shop, sqlite: str, server: str) -> None:
    with reading.servers.connect(server) as connection:
        connection.execute("CREATE TABLE theirs (id BIGINT)")
    with pytest.raises(TargetNotEmpty):
        moved(sqlite, server, again=True)


def test_the_same_engine_is_refused(one_shop: Shop, sqlite: str, tmp_path: Path) -> None:
    with pytest.raises(SameEngine, match="on SQLite already"):
        moved(sqlite, str(tmp_path / "other.db"))


def test_a_source_without_a_shop_is_refused(server: str, tmp_path: Path) -> None:
    with pytest.raises(SourceEmpty, match="no shop at step"):
        moved(str(tmp_path / "nothing.db"), server)


def test_a_shop_in_use_is_not_moved(one_shop: Shop, sqlite: str, server: str) -> None:
    with pytest.raises(StillOpen):
        with_another_open(sqlite, server)


def with_another_open(sqlite: str, server: str) -> None:
    program = f"from core.base import db; db.open_database({sqlite!r}); print('open', flush=True); input()"
    other = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert other.stdout is not None
        other.stdout.readline()
        moved(sqlite, server)
    finally:
        other.communicate(b"\n")


def killed_half_way(source: str, target: str) -> None:
    """Move in a process that is killed as soon as a few tables are there."""
    program = (
        "import os, signal, sys\n"
        "from core.base import settings\nfrom core.keeping import moving\n"
        "settings.use(settings.Settings(secret='test secret'))\n"
        "tell = lambda table, done, whole: done == 30 and os.kill(os.getpid(), signal.SIGKILL)\n"
        "moving.move(sys.argv[1], sys.argv[2], now=1, progress=tell)\n"
    )
    db.close_database()
    ended = subprocess.run([sys.executable, "-c", program, source, target], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL


def test_a_killed_move_is_refused_and_starts_over(trade: Shop, sqlite: str, server: str, tmp_path: Path) -> None:
    killed_half_way(sqlite, server)
    db.open_database(server)
    for door in (schema.check, lambda: schema.migrate(now=shops.NOON)):
        with pytest.raises(MoveUnfinished, match="did not finish"):
            door()
    with pytest.raises(MoveUnfinished):
        moved(sqlite, server)
    with pytest.raises(MoveUnfinished):
        moved(server, str(tmp_path / "back.db"))
    moved(sqlite, server, again=True)
    db.open_database(server)
    schema.check()
    assert doctor.examine(now=trade.now) == []


@pytest.mark.long
def test_an_unfinished_file_starts_over_too(trade: Shop, sqlite: str, server: str, tmp_path: Path) -> None:
    moved(sqlite, server)
    back = str(tmp_path / "back.db")
    killed_half_way(server, back)
    assert moved(server, back, again=True).sums["member"][0] == 4


def test_a_row_that_differs_is_found(trade: Shop, sqlite: str, server: str) -> None:
    done = moved(sqlite, server)
    with reading.servers.connect(server) as connection:
        connection.execute("UPDATE coupon_kind SET name = 'six off'")
    db.close_database()
    with reading.looking(sqlite) as reader:
        described = reading.tables(reader)
    with pytest.raises(MoveDiffers, match="Table audit differs"):  # which has the line of the move itself
        moving._compare(server, described, done.sums)
    with pytest.raises(MoveDiffers, match="Table coupon_kind differs after the move: 1 rows of 1"):
        moving._compare(server, [one for one in described if one.name != "audit"], done.sums)


def test_the_command_says_what_is_to_be_changed(run: object, trade: Shop, sqlite: str, server: str) -> None:
    said = ok(run("migrate", "--to", server)).splitlines()  # type: ignore[operator]
    assert said[0].endswith("each the same on both sides.")
    assert said[1].startswith("Now change `database` in regulars.toml")


@pytest.mark.long
@pytest.mark.timeout(600)
def test_the_demo_shop_moves_to_postgres_and_back(sqlite: str, server: str, tmp_path: Path) -> None:
    demo.build(now=shops.NOON)
    there = moved(sqlite, server)
    back = moved(server, str(tmp_path / "back.db"))
    assert {name for name in there.sums if there.sums[name] != back.sums[name]} == {"audit"}
    for url in (server, str(tmp_path / "back.db")):
        db.open_database(url)
        assert (doctor.books(), ledgers.broken()) == ([], {})
