"""Restoring: what is in place afterwards, what is refused, and that nothing stale leaves or comes back."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyrage
import pytest

import scheduler
from core.base import access, clock, db, settings
from core.base.clock import DAY, HOUR, MINUTE, Millis
from core.base.db import BeingRestored
from core.books import outbox
from core.books.outbox import Letter
from core.keeping import backup, doctor, erasure, jobs, restore, verify
from core.keeping.copies import manifest, placing, servers
from core.keeping.copies.manifest import Backup
from core.keeping.copies.placing import StillOpen
from core.keeping.copies.sealing import Opener
from core.keeping.copies.servers import ServerRefused
from core.keeping.restore import BackupUnfit, OtherEngine, Restored, SecretMissing, WouldLose
from core.outreach import care, delivery
from core.people import consent, credentials, devices, staff, verification, websessions
from core.people.birthdays import Birthday
from core.tables import schema
from core.tables.schema import DatabaseTooNew
from tests import ledgers
from tests.shops import NOON, Shop

EVERY = ("membership", "service", "marketing")


@pytest.fixture
def kept(shop: Shop, engine: str, tmp_path: Path) -> Iterator[Shop]:
    """A shop that keeps its backups in a folder of its own and sends into a file."""
    settings.use(
        replace(settings.current(), database=engine, backups=str(tmp_path / "backups"), channel="file",
                outbox_file=str(tmp_path / "sent.jsonl"))
    )  # fmt: skip
    shop.product("tea", 1800)
    shop.rule("service_hours", "0-24")
    yield shop
    if engine.startswith("postgres"):
        db.close_database()
        with servers._maintaining(engine) as server:
            for (name,) in server.execute("SELECT datname FROM pg_database WHERE datname ~ '_before_'").fetchall():
                server.execute(servers._named("DROP DATABASE {}", name))


@pytest.fixture
def one_kept(kept: Shop) -> Shop:
    """The same on SQLite only."""
    return kept


sqlite_only = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
postgres_only = pytest.mark.parametrize("engine", ["postgres"], indirect=True)


def taken(shop: Shop, ms: int = 0) -> Backup:
    return backup.take(Path(settings.current().backups), by=shop.owner, now=later(shop, ms))


def later(shop: Shop, ms: int = HOUR) -> Millis:
    return Millis(shop.now + ms)


def put_back(shop: Shop, made: Backup, *, force: bool = True, now: Millis | None = None, **given: object) -> Restored:
    db.close_database()
    return restore.restore(made.path, force=force, now=now or later(shop), **given)  # type: ignore[arg-type]


@db.atomic
def queued(key: str, shop: Shop, *, not_before: Millis | None = None) -> int:
    facts = {"shop": "s", "points": 1, "day": "d"}
    letter = Letter(key, "points_expiring", "service", "en", facts, later(shop, 9 * DAY), None, "+8613800138000", "sms",
                    not_before)  # fmt: skip
    made = outbox.put(letter, now=shop.now)
    assert made is not None
    return made


# --- in place ------------------------------------------------------------------------------------------


def test_the_shop_is_as_it_was_and_the_present_one_is_kept(kept: Shop) -> None:
    member = kept.member("13800138000")
    kept.sell(kept.basket(("tea", 2), member=member))
    made = taken(kept)
    kept.sell(kept.basket(("tea", 1), member=member))
    done = put_back(kept, made)
    assert db.value("SELECT count(*) FROM sale") == 1
    assert doctor.examine(now=later(kept)) == []
    assert ledgers.broken() == {}
    assert (done.lost.sales, done.lost.cents) == (1, 1800)  # type: ignore[union-attr]
    said = [str(one) for one in done.sentences()]
    assert said[0].endswith("is in place: 1 members, 1 sales.")
    assert "Not in it: 1 sales worth ¥18.00, 0 members, 1 moves of value." in said
    assert done.aside is not None


def test_it_goes_on_selling_with_ids_far_ahead(kept: Shop) -> None:
    made = taken(kept)
    before = kept.sell(kept.basket(("tea", 1)))
    put_back(kept, made)
    after = kept.sell(kept.basket(("tea", 1)))
    assert after > before + 900_000_000


def test_a_restore_is_noted_in_the_audit_log(kept: Shop) -> None:
    made = taken(kept)
    kept.sell(kept.basket(("tea", 1)))
    put_back(kept, made)
    noted = json.loads(db.value("SELECT after FROM audit WHERE action = 'backup.restored'"))
    assert (noted["file"], noted["sales"], noted["cents"]) == (made.path.name, 1, 1800)


@sqlite_only
def test_the_file_before_it_opens_as_ever(one_kept: Shop, tmp_path: Path) -> None:
    made = taken(one_kept)
    one_kept.sell(one_kept.basket(("tea", 1)))
    done = put_back(one_kept, made)
    assert done.aside == str(tmp_path / "shop.db.before-20260529T050000Z")
    assert sorted(one.name for one in tmp_path.glob("shop.db*restoring*")) == []
    db.open_database(done.aside)
    assert db.value("SELECT count(*) FROM sale") == 1


@sqlite_only
def test_a_shop_that_is_gone_is_restored(one_kept: Shop, tmp_path: Path) -> None:
    one_kept.sell(one_kept.basket(("tea", 1)))
    made = taken(one_kept)
    db.close_database()
    for left in tmp_path.glob("shop.db*"):
        left.unlink()
    done = put_back(one_kept, made, force=False)
    assert (done.aside, done.lost, db.value("SELECT count(*) FROM sale")) == (None, None, 1)


@sqlite_only
def test_a_damaged_shop_is_moved_aside_without_force(one_kept: Shop, tmp_path: Path) -> None:
    made = taken(one_kept)
    db.close_database()
    for end in ("-wal", "-shm"):
        (tmp_path / f"shop.db{end}").unlink(missing_ok=True)
    (tmp_path / "shop.db").write_bytes(b"\0" * 40_000)
    done = put_back(one_kept, made, force=False)
    assert done.lost is None
    assert Path(str(done.aside)).read_bytes() == b"\0" * 40_000
    said = [str(one) for one in done.sentences()]
    assert said[2].startswith("It could not be read, so what was deleted")


@pytest.mark.postgres
@postgres_only
def test_a_database_that_is_gone_is_restored(kept: Shop, engine: str, cluster: object) -> None:
    kept.sell(kept.basket(("tea", 1)))
    made = taken(kept)
    db.close_database()
    settings.use(replace(settings.current(), database=engine.replace("/shop", "/elsewhere")))
    done = put_back(kept, made, force=False)
    assert (done.aside, db.value("SELECT count(*) FROM sale")) == (None, 1)


# --- refused -------------------------------------------------------------------------------------------


def test_a_younger_shop_is_not_replaced_unless_that_is_meant(kept: Shop) -> None:
    made = taken(kept)
    kept.sell(kept.basket(("tea", 3)))
    with pytest.raises(WouldLose) as refused:
        put_back(kept, made, force=False)
    assert "1 sales worth ¥54.00, 0 members and 0 moves of value would be lost" in refused.value.sentence()
    db.open_database(settings.current().database)
    assert db.value("SELECT count(*) FROM sale") == 1


def test_a_shop_in_use_is_not_replaced(kept: Shop, engine: str) -> None:
    made = taken(kept)
    program = f"from core.base import db; db.open_database({engine!r}); print('open', flush=True); input()"
    other = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(StillOpen) as refused:
            put_back(kept, made)
        assert f"(process {other.pid})" in refused.value.sentence() or not db.is_sqlite()
    finally:
        other.communicate("\n")


@sqlite_only
def test_nobody_opens_the_shop_while_it_is_replaced(one_kept: Shop, tmp_path: Path) -> None:
    db.close_database()
    with placing.alone(tmp_path / "shop.db"), pytest.raises(BeingRestored):
        db.open_database(str(tmp_path / "shop.db"))


@sqlite_only
def test_a_program_that_is_not_ours_is_noticed_too(one_kept: Shop, tmp_path: Path) -> None:
    made = taken(one_kept)
    other = placing.sqlite3.connect(tmp_path / "shop.db")
    other.execute("SELECT count(*) FROM sale").fetchall()
    with pytest.raises(StillOpen):
        put_back(one_kept, made)
    other.close()


@sqlite_only
def test_a_damaged_backup_is_refused_even_with_force(one_kept: Shop) -> None:
    made = taken(one_kept)
    made.path.write_bytes(made.path.read_bytes()[:-4096] + b"\1" * 4096)
    with pytest.raises(BackupUnfit, match="is not as it was written"):
        put_back(one_kept, made)


@sqlite_only
def test_books_that_do_not_add_up_are_restored_only_with_force(one_kept: Shop) -> None:
    member = one_kept.member("13800138000")
    one_kept.give_points(member, 5)
    db.run("UPDATE account SET balance = balance + 1 WHERE member_id = ? AND asset = 'points'", (member,))
    made = taken(one_kept)
    with pytest.raises(BackupUnfit):
        put_back(one_kept, made, force=False)
    put_back(one_kept, made)
    assert db.value("SELECT balance FROM account WHERE member_id = ? AND asset = 'points'", (member,)) == 6


@sqlite_only
def test_a_backup_of_the_other_engine_is_refused(one_kept: Shop) -> None:
    made = taken(one_kept)
    settings.use(replace(settings.current(), database="postgresql://127.0.0.1/shop"))
    with pytest.raises(OtherEngine, match="a backup of SQLite"):
        put_back(one_kept, made)


@pytest.mark.postgres
@postgres_only
def test_a_server_that_is_not_there_is_named(kept: Shop) -> None:
    made = taken(kept)
    settings.use(replace(settings.current(), database="postgresql://127.0.0.1:1/shop"))
    with pytest.raises(ServerRefused, match="PostgreSQL refused"):
        put_back(kept, made)


@sqlite_only
def test_another_secret_is_refused_unless_the_backup_brings_its_own(one_kept: Shop, tmp_path: Path) -> None:
    identity = pyrage.x25519.Identity.generate()
    (tmp_path / "key.txt").write_text(str(identity))
    open_, here = taken(one_kept), settings.current()
    settings.use(replace(here, backup_recipient=str(identity.to_public())))
    sealed = taken(one_kept)
    settings.use(replace(here, secret="a fresh machine's"))
    (tmp_path / "secret.key").write_text("a fresh machine's")
    with pytest.raises(SecretMissing, match=r"secret\.key"):
        put_back(one_kept, open_, force=False)
    opener, own = Opener(str(tmp_path / "key.txt")), tmp_path / "secret.key"
    done = put_back(one_kept, sealed, force=False, opener=opener, secret_file=own)
    assert (done.secret, own.read_text(), settings.current().secret) == ("replaced", "test secret", "test secret")
    assert (tmp_path / "secret.key.before-20260529T050000Z").read_text() == "a fresh machine's"


@sqlite_only
def test_a_refused_restore_changes_no_secret(one_kept: Shop, tmp_path: Path) -> None:
    identity = pyrage.x25519.Identity.generate()
    (tmp_path / "key.txt").write_text(str(identity))
    settings.use(replace(settings.current(), backup_recipient=str(identity.to_public())))
    made = taken(one_kept)
    one_kept.sell(one_kept.basket(("tea", 1)))
    settings.use(replace(settings.current(), secret="another"))
    own = tmp_path / "secret.key"
    own.write_text("another")
    with pytest.raises(WouldLose):
        put_back(one_kept, made, force=False, opener=Opener(str(tmp_path / "key.txt")), secret_file=own)
    assert (own.read_text(), settings.current().secret) == ("another", "another")


# --- nothing stale leaves --------------------------------------------------------------------------------


def sent(tmp_path: Path) -> list[str]:
    file = tmp_path / "sent.jsonl"
    return [json.loads(line)["to"] for line in file.read_text().splitlines()] if file.exists() else []


def test_a_message_sent_after_the_backup_is_not_sent_again(kept: Shop, tmp_path: Path) -> None:
    queued("a", kept)
    made = taken(kept)
    with clock.set_to(kept.now + MINUTE):
        assert scheduler.send_due(scheduler.channels_for(settings.current()), "one") == 1
    done = put_back(kept, made)
    with clock.set_to(later(kept, 2 * HOUR)):
        scheduler.once(settings.current())
    assert sent(tmp_path) == ["+8613800138000"]
    assert db.one("SELECT state, reason FROM outbox WHERE dedupe_key = 'a'") == ("cancelled", "restored")
    assert "Messages called off because they may have left already: 1." in [str(one) for one in done.sentences()]


def test_a_message_on_its_way_is_for_a_person_to_look_at(kept: Shop) -> None:
    on_its_way = queued("a", kept)
    delivery.claim(on_its_way, owner="one", now=kept.now)
    done = put_back(kept, taken(kept))
    assert db.value("SELECT state FROM outbox WHERE id = ?", (on_its_way,)) == "review"
    assert done.safe.messages.review == 1


def test_a_message_of_tomorrow_is_sent_tomorrow(kept: Shop, tmp_path: Path) -> None:
    queued("a", kept, not_before=later(kept, DAY))
    done = put_back(kept, taken(kept))
    assert done.safe.messages.kept == 1
    with clock.set_to(later(kept, DAY + HOUR)):
        scheduler.send_due(scheduler.channels_for(settings.current()), "one")
    assert sent(tmp_path) == ["+8613800138000"]


@pytest.mark.parametrize("readable", [True, False])
@sqlite_only
def test_todays_birthdays_are_not_greeted_twice(one_kept: Shop, tmp_path: Path, readable: bool) -> None:
    one_kept.member("13800138000", birthday=Birthday("solar", 5, 30), purposes=EVERY)
    care.set_rule("birthday", active=True, coupon_kind_id=None, by=one_kept.owner, now=one_kept.now)
    scheduler.once(settings.current(), on=date(2026, 5, 29))  # and the welcome leaves
    made = taken(one_kept, HOUR)
    with clock.set_to(later(one_kept, 22 * HOUR)):
        scheduler.once(settings.current())
    assert sent(tmp_path) == ["+8613800138000"] * 2
    db.close_database()
    if not readable:
        for left in tmp_path.glob("shop.db*"):
            left.unlink()
    done = put_back(one_kept, made, now=later(one_kept, 23 * HOUR))
    assert ("birthdays", "2026-05-30") in done.safe.skipped
    with clock.set_to(later(one_kept, 24 * HOUR)):
        scheduler.once(settings.current())
    assert sent(tmp_path) == ["+8613800138000"] * 2


@sqlite_only
def test_a_job_that_did_not_run_is_run_afterwards(one_kept: Shop) -> None:
    jobs.ensure(scheduler.default_jobs(one_kept.now))
    done = put_back(one_kept, taken(one_kept), now=later(one_kept, 22 * HOUR))
    assert done.safe.skipped == ()
    assert "birthdays" in scheduler.run_due("one", now=later(one_kept, 23 * HOUR))


def test_every_job_that_writes_to_members_is_known() -> None:
    mornings = {name for name, work in scheduler.BY_NAME.items() if work.cron.split()[1] == "9"}
    assert mornings | {"booking-reminders", "event-reminders"} == set(jobs.TELLING)


# --- nobody comes back ------------------------------------------------------------------------------------


def test_a_member_deleted_after_the_backup_is_deleted_again(kept: Shop) -> None:
    member = kept.member("13800138000")
    made = taken(kept)
    erasure.erase(member, mark=erasure.preview(member, now=kept.now).mark, by=kept.owner, now=kept.now)
    done = put_back(kept, made)
    assert db.value("SELECT state FROM member WHERE id = ?", (member,)) == "erased"
    assert credentials.value_of(member, "phone") is None
    assert done.safe.again["members"] == 1


@sqlite_only
def test_a_later_backup_remembers_who_was_deleted(one_kept: Shop, tmp_path: Path) -> None:
    member = one_kept.member("13800138000")
    made = taken(one_kept)
    erasure.erase(member, mark=erasure.preview(member, now=one_kept.now).mark, by=one_kept.owner, now=one_kept.now)
    taken(one_kept)
    assert manifest.erased(made.path.parent) == {member}
    db.close_database()
    for left in tmp_path.glob("shop.db*"):
        left.unlink()
    put_back(one_kept, made)
    assert db.value("SELECT state FROM member WHERE id = ?", (member,)) == "erased"


def test_who_was_shut_out_or_said_no_stays_so(kept: Shop) -> None:
    member = kept.member("13800138000", purposes=EVERY)
    clerk = staff.create("clerk", "李雷", "clerk", password="correct horse", by=kept.owner, now=kept.now)
    key = devices.new_key("shop", kept.store, ("sales",), by=kept.owner, now=kept.now).split("_")[1]
    made = taken(kept)
    staff.close(clerk, by=kept.owner, now=kept.now)
    devices.revoke_key(key, by=kept.owner, now=kept.now)
    consent.withdraw(member, "marketing", source="sms", by=kept.owner, now=later(kept, MINUTE))
    _stop("+8613800138000", kept)
    done = put_back(kept, made)
    assert done.safe.again == {"members": 0, "keys": 1, "devices": 0, "staff": 1, "consents": 1, "addresses": 1}
    assert db.value("SELECT active FROM staff WHERE id = ?", (clerk,)) == 0
    assert not consent.holds(member, "marketing")
    assert len(done.sentences()) == 8


@db.atomic
def _stop(address: str, shop: Shop) -> None:
    delivery.suppress(address, "all", reason="stop", now=shop.now)


def test_sessions_and_codes_end(kept: Shop) -> None:
    member = kept.member("13800138000", purposes=EVERY)
    session = websessions.start_session("phone", now=kept.now, member_id=member)
    verification.send_to_member(member, "sign in", now=kept.now)  # type: ignore[arg-type]
    put_back(kept, taken(kept))
    assert websessions.session(session, "phone", now=kept.now) is None
    assert db.value("SELECT count(*) FROM challenge") == 0


@pytest.fixture
def older(tmp_path: Path) -> Iterator[None]:
    """A database as the program before this one left it, with its owner; open."""
    here = str(tmp_path / "old.db")
    settings.use(replace(settings.Settings(), secret="test secret", database=here, backups=str(tmp_path / "b")))
    db.open_database(here, durable=False)
    for number, name, path in schema.steps()[:-1]:
        schema._apply(number, name, path, NOON)
    db.add("staff", id=7, login="owner", name="周丽", role="owner", language="zh", created_at=NOON)
    yield
    db.close_database()


def test_a_backup_of_an_older_program_is_brought_up_to_date(older: None, tmp_path: Path) -> None:
    made = backup.take(tmp_path / "b", by=access.scheduler("backup"), now=NOON)
    assert verify.verify(made.path) == []
    db.close_database()
    restore.restore(made.path, now=Millis(NOON + HOUR))
    schema.check()
    assert db.value("SELECT count(*) FROM staff") == 1
    assert sorted(one.name for one in tmp_path.glob("old.db*.before-00*")) == []


@sqlite_only
def test_a_backup_of_a_younger_program_is_refused(one_kept: Shop) -> None:
    made = taken(one_kept)
    raw = placing.sqlite3.connect(made.path)
    raw.execute("INSERT INTO migration (number, name, hash, at) VALUES (9000, 'later', '', 0)")
    raw.commit()
    raw.close()
    manifest.note(made, sha256=manifest.sha256_of(made.path), size=made.path.stat().st_size)
    with pytest.raises(BackupUnfit, match="this program is made for"):
        put_back(one_kept, made, force=False)
    with pytest.raises(DatabaseTooNew):
        put_back(one_kept, made)


@pytest.mark.postgres
@postgres_only
def test_a_machine_without_the_backups_asks_the_audit_log(kept: Shop, tmp_path: Path) -> None:
    settings.use(replace(settings.current(), backups=str(tmp_path / "of this machine")))
    assert [one.check for one in doctor.examine(now=later(kept, 37 * HOUR))] == ["backups"]
    backup.take(tmp_path / "of another", by=kept.owner, now=later(kept, 36 * HOUR))
    assert doctor.examine(now=later(kept, 37 * HOUR)) == []
