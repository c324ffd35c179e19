"""A database that may not be written, is damaged, or of another version: each door says so; nothing is half done."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import scheduler
from core.base import clock, db, i18n, settings
from core.base.clock import DAY, Millis
from core.base.settings import Settings
from core.base.storage import StorageBroken, StorageReadOnly
from core.keeping import doctor, jobs
from core.people import credentials, websessions
from core.people.credentials import CodeUsed
from core.tables import schema
from core.tables.schema import DatabaseTooNew
from kiosk import app as door
from tests import shops
from tests.faults import doors
from tests.faults.test_disk_full import Pages, small_disk
from tests.kiosk.counter import header
from tests.shops import Shop

READ_ONLY = "The database cannot be written. Check who owns its file and folder"
DAMAGED = "The database is damaged. Stop selling, run `regulars doctor`, restore the last backup."


@pytest.fixture
def folder(tmp_path: Path, empty_sqlite: Path) -> Path:
    return doors.open_folder(tmp_path / "shop", empty_sqlite)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with i18n.use("en"):
        yield


# --- read-only -------------------------------------------------------------------------------------


@contextmanager
def written_by_nobody(folder: Path) -> Iterator[bool]:
    """A folder on a disk that takes no write; False where neither a mount nor rights can make one."""
    mount = ["mount", "-o", "remount,ro", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode == 0:
        yield True
        subprocess.run(["mount", "-o", "remount,rw", str(folder)], check=True)
        return
    for path in (*folder.rglob("*"), folder):
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield os.geteuid() != 0
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def test_a_disk_that_takes_no_write_is_said_at_each_door(
    tmp_path: Path, empty_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_disk(tmp_path / "disk", 20_000):
        shop = doors.open_folder(tmp_path / "disk" / "shop", empty_sqlite)
        with written_by_nobody(tmp_path / "disk") as made:
            told = [doors.command(shop, *one, monkeypatch=monkeypatch) for one in doors.COMMANDS if made]
        assert [(one.code, one.said.startswith(READ_ONLY)) for one in told] == [(1, True)] * len(told)
        assert doors.command(shop, *doors.COMMANDS[1], monkeypatch=monkeypatch).code == 0


def only_read(yes: bool) -> None:
    """Let the database take no write from this connection, or again."""
    if db.is_sqlite():
        db.proxy.execute_sql(f"PRAGMA query_only = {int(yes)}")
    else:
        db.proxy.execute_sql(f"SET default_transaction_read_only = {'on' if yes else 'off'}")


def test_at_the_till_it_is_a_sentence_and_nothing_is_kept(shop: Shop) -> None:
    shop.product("tea", 1800)
    key = header(shop, "sales", "goods")
    client = door.create_app(settings.current()).test_client()
    only_read(True)
    with pytest.raises(StorageReadOnly):
        shop.sell(shop.basket(("tea", 1)))
    with clock.set_to(shop.now):
        body = {"lines": [{"product_id": str(shop.products["tea"])}], "expected_cents": 1800,
                "tenders": [{"kind": "cash", "cents": 1800}]}  # fmt: skip
        answer = client.post("/api/v1/sales", json=body, headers=key | {"Idempotency-Key": "1"})
        assert client.get("/api/v1/products", headers=key).status_code == 200
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert answer.json and answer.json["detail"].startswith(READ_ONLY)
    only_read(False)
    assert db.value("SELECT count(*) FROM sale") == 0
    assert shop.sell(shop.basket(("tea", 1)))


def test_a_full_disk_is_said_over_the_api_and_service_goes_on_afterwards(one_shop: Shop) -> None:
    one_shop.product("tea", 1800)
    key, disk = header(one_shop, "sales"), Pages()
    client = door.create_app(settings.current()).test_client()
    body = {"lines": [{"product_id": str(one_shop.products["tea"])}], "expected_cents": 1800,
            "tenders": [{"kind": "cash", "cents": 1800}]}  # fmt: skip
    disk.fill()
    with clock.set_to(one_shop.now):
        for number in range(200):
            answer = client.post("/api/v1/sales", json=body, headers=key | {"Idempotency-Key": str(number)})
            if answer.status_code != 201:
                break
        assert (answer.status_code, (answer.json or {})["code"]) == (503, "storage_full")
        disk.empty()
        assert client.post("/api/v1/sales", json=body, headers=key | {"Idempotency-Key": "x"}).status_code == 201
    assert doctor.examine(now=one_shop.now) == []


# --- damaged ---------------------------------------------------------------------------------------


def damage(url: str, name: str) -> None:
    """Overwrite the root page of a table or an index in the closed file."""
    page, size = db.value("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)), db.value("PRAGMA page_size")
    db.proxy.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close_database()
    with Path(url).open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\x7f" * size)
    db.open_database(url, durable=False)


@pytest.mark.parametrize(("name", "table"), [("sale_line", "sale_line"), ("sale_day", "sale"), ("entry", "entry")])
def test_a_damaged_page_is_named_by_the_doctor_with_its_table(
    sqlite: str, one_shop: Shop, name: str, table: str
) -> None:
    one_shop.product("tea", 1800)
    one_shop.sell(one_shop.basket(("tea", 1), member=one_shop.member()))
    damage(sqlite, name)
    found = [(one.check, str(one.what)) for one in doctor.examine(now=one_shop.now)]
    assert {check for check, _ in found} == {"file"}
    assert all(what.startswith(f"The database file is damaged: {table}") for _, what in found)


def test_a_till_that_meets_a_damaged_page_says_so(sqlite: str, one_shop: Shop) -> None:
    one_shop.product("tea", 1800)
    one_shop.sell(one_shop.basket(("tea", 1)))
    key = header(one_shop, "sales")
    damage(sqlite, "sale")
    with pytest.raises(StorageBroken) as refusal:
        one_shop.sell(one_shop.basket(("tea", 1)))
    assert refusal.value.sentence() == DAMAGED
    client = door.create_app(settings.current()).test_client()
    with clock.set_to(one_shop.now):
        answer = client.get("/api/v1/sales", headers=key)
    assert (answer.status_code, (answer.json or {})["detail"]) == (503, DAMAGED)


def test_a_file_that_is_no_database_is_said_at_each_door(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "regulars.db").write_bytes(b"not a database at all " * 1000)
    told = [doors.command(folder, *one, monkeypatch=monkeypatch) for one in doors.COMMANDS]
    assert [(one.code, one.said) for one in told] == [(1, DAMAGED + "\n")] * len(told)


# --- another version -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "sentence"),
    [(3, "The database needs an update from step 3 to "), (9999, "The database is at step 9,999, this program knows")],
)
def test_a_database_of_another_version_is_refused_at_each_door(
    folder: Path, number: int, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    doors.at_step(folder, number)
    told = [doors.command(folder, *one, monkeypatch=monkeypatch) for one in doors.COMMANDS]
    assert [(one.code, one.said.startswith(sentence)) for one in told] == [(1, True)] * len(told)


def test_a_running_server_notices_and_answers_again_when_it_fits(one_shop: Shop) -> None:
    key, app = header(one_shop, "goods"), door.create_app(settings.current())
    client = app.test_client()
    with clock.set_to(one_shop.now):
        assert client.get("/api/v1/products", headers=key).status_code == 200
        db.atomic(lambda: db.add("migration", number=9999, name="later", hash="x", at=1))()
        app.config["LOOK_AGAIN_S"] = 0.0
        answer = client.get("/api/v1/products", headers=key)
        assert (answer.status_code, (answer.json or {})["code"]) == (503, "database_too_new")
        db.atomic(lambda: db.run("DELETE FROM migration WHERE number = 9999"))()
        assert client.get("/api/v1/products", headers=key).status_code == 200


def test_a_running_scheduler_sends_nothing_meanwhile(one_shop: Shop) -> None:
    one_shop.member("13800138000", purposes=("membership", "service"))
    process = scheduler.Scheduler(Settings())
    db.atomic(lambda: db.add("migration", number=9999, name="later", hash="x", at=1))()
    with clock.set_to(one_shop.now):
        process.tick()
        process.send_letters()
        assert db.value("SELECT count(*) FROM outbox WHERE state = 'queued'") == 1
        db.atomic(lambda: db.run("DELETE FROM migration WHERE number = 9999"))()
        process.tick()
        process.send_letters()
    process.leave()
    assert db.value("SELECT count(*) FROM outbox WHERE state = 'queued'") == 0


def test_an_old_program_does_not_migrate_what_is_newer(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    doors.at_step(folder, 9999)
    with doors.opened(folder), pytest.raises(DatabaseTooNew):
        schema.migrate(now=shops.NOON)


# --- a clock set back ------------------------------------------------------------------------------


def test_a_day_that_comes_twice_doubles_nothing(shop: Shop) -> None:
    """The clock goes back a day: ids go on, no job runs twice, no code opens twice, sessions end when they should."""
    shop.product("tea", 1800)
    member = shop.member("13800138000")
    first = shop.sell(shop.basket(("tea", 1), member=member))
    jobs.ensure(scheduler.default_jobs(shop.now))
    code = credentials.rotating_code(member, now=shop.now)
    with clock.set_to(shop.now):
        ran = scheduler.run_due("a", now=shop.now)
        credentials.prove(code, now=shop.now)
    session = websessions.start_session("phone", now=shop.now, life_ms=1000, data={})
    yesterday = Millis(shop.now - DAY)
    with clock.set_to(yesterday):
        second = shop.sell(shop.basket(("tea", 1), member=member), now=yesterday)
        scheduler.run_due("a", now=yesterday)
    with clock.set_to(shop.now):
        assert scheduler.run_due("a", now=shop.now) == {}
        with pytest.raises(CodeUsed):
            credentials.prove(code, now=shop.now)
    assert second > first and "birthdays" in ran
    assert websessions.session(session, "phone", now=Millis(shop.now + 1001)) is None
    assert [one.check for one in doctor.examine(now=yesterday)] == ["clock"]
    assert doctor.examine(now=shop.now) == []
