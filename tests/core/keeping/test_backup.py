"""A backup: whole, consistent, examined, sealed, in a second place; refused with a sentence when it cannot be."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pyrage
import pytest

from core.base import db, settings
from core.base.clock import DAY, HOUR, Millis
from core.base.errors import NotAllowed
from core.keeping import backup, doctor, drill, verify
from core.keeping.backup import BackupNotGood, BackupRunning
from core.keeping.copies import copying, manifest
from core.keeping.copies.copying import DumpFailed, DumpMissing, NoRoomForBackup
from core.keeping.copies.manifest import Backup, BackupUnknown, ManifestUnreadable
from core.keeping.copies.sealing import KeyNeeded, KeyWrong, Opener, SealUnusable
from tests.faults.test_disk_full import small_disk
from tests.shops import Shop


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def configure(**given: object) -> None:
    settings.use(replace(settings.current(), **given))


def sold(shop: Shop) -> int:
    shop.product("tea", 1800)
    member = shop.member("13800138000")
    shop.sell(shop.basket(("tea", 2), member=member))
    return member


def taken(shop: Shop, folder: Path, days: float = 0) -> Backup:
    return backup.take(folder, by=shop.owner, now=Millis(shop.now + int(days * DAY)))


def test_a_backup_says_what_is_in_it(shop: Shop, folder: Path) -> None:
    sold(shop)
    made = taken(shop, folder)
    assert made.path.stem == "regulars-20260529T040000Z"
    assert (made.contents.rows["sale"], made.contents.taken_cents, made.contents.last_sale_at) == (1, 3600, shop.now)
    assert manifest.read(made.path) == made
    assert manifest.listing(folder) == [made]
    assert (made.path.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    assert not list(folder.glob("*.part"))


def test_a_good_backup_has_no_findings(shop: Shop, folder: Path) -> None:
    sold(shop)
    made = taken(shop, folder)
    before = manifest.sha256_of(made.path)
    assert verify.verify(made.path) == []
    assert manifest.sha256_of(made.path) == before


def test_a_backup_is_noted_in_the_audit_log(shop: Shop, folder: Path) -> None:
    made = taken(shop, folder)
    sql = "SELECT actor, after FROM audit WHERE action = 'backup.taken'"
    actor, after = db.one(sql) or ("", "")
    assert actor == shop.owner.tag
    assert made.path.name in after


def test_a_changed_byte_is_found(shop: Shop, folder: Path) -> None:
    made = taken(shop, folder)
    with made.path.open("r+b") as file:
        file.seek(made.size // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))
    assert [str(one.what) for one in verify.verify(made.path)] == [f"{made.path.name} is not as it was written."]


def test_a_backup_cut_short_is_found(shop: Shop, folder: Path) -> None:
    made = taken(shop, folder)
    os.truncate(made.path, 5000)
    assert "has 5,000 bytes" in str(verify.verify(made.path)[0].what)


def test_a_page_damaged_before_the_manifest_is_found_within(one_shop: Shop, folder: Path) -> None:
    sold(one_shop)
    made = taken(one_shop, folder)
    whole = bytearray(made.path.read_bytes())
    for page in range(20, 60):
        whole[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    made.path.write_bytes(whole)
    manifest.note(made, sha256=manifest.sha256_of(made.path))
    assert [one.check for one in verify.verify(made.path)] == ["file"]


@pytest.mark.postgres
@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_a_damaged_dump_is_found_within(shop: Shop, folder: Path) -> None:
    made = taken(shop, folder)
    made.path.write_bytes(made.path.read_bytes()[:3000])
    manifest.note(made, sha256=manifest.sha256_of(made.path), size=3000)
    assert [one.check for one in verify.verify(made.path)] == ["file"]


def test_books_that_do_not_add_up_are_found_in_a_backup_too(one_shop: Shop, folder: Path) -> None:
    configure(backups=str(folder))
    member = sold(one_shop)
    db.run("UPDATE account SET balance = balance + 1 WHERE member_id = ? AND asset = 'points'", (member,))
    with pytest.raises(BackupNotGood, match="was made and is not good"):
        backup.nightly(by=one_shop.owner, now=one_shop.now)
    (kept,) = manifest.listing(folder)
    assert kept.verified_at is None
    said = [str(one.what) for one in doctor.examine(now=one_shop.now) if one.check == "backups"]
    assert said[0].startswith(f"The newest backup, {kept.path.name}, was examined and is not good")


def test_what_was_deleted_is_in_no_byte_of_a_backup(one_shop: Shop, folder: Path) -> None:
    db.run("CREATE TABLE scratch (words TEXT)")
    db.run("INSERT INTO scratch VALUES (?)", ("forget-me " * 500,))
    db.run("DELETE FROM scratch")
    assert b"forget-me" in Path(db.proxy.database + "-wal").read_bytes()
    assert b"forget-me" not in taken(one_shop, folder).path.read_bytes()


def test_two_backups_of_one_second_have_two_names(one_shop: Shop, folder: Path) -> None:
    first, second = taken(one_shop, folder), taken(one_shop, folder)
    assert second.path.name == "regulars-20260529T040000Z-2.db"
    assert verify.verify(first.path) == verify.verify(second.path) == []


def test_only_one_backup_is_made_at_a_time(one_shop: Shop, folder: Path) -> None:
    with backup._alone(folder), pytest.raises(BackupRunning):
        taken(one_shop, folder)


def test_what_a_killed_backup_left_is_swept(one_shop: Shop, folder: Path) -> None:
    folder.mkdir()
    left = folder / "regulars-20260528T183000Z.db.part"
    left.write_bytes(b"half")
    taken(one_shop, folder)
    assert not left.exists()


def test_what_a_killed_examination_left_open_is_swept_a_day_later(one_shop: Shop, folder: Path) -> None:
    old, fresh = folder / ".opened-old", folder / ".opened-fresh"
    for left, hours in ((old, 25), (fresh, 1)):
        left.mkdir(parents=True)
        (left / "plain.db").write_bytes(b"names")
        os.utime(left, ((one_shop.now - hours * HOUR) / 1000,) * 2)
    taken(one_shop, folder)
    assert (old.exists(), fresh.exists()) == (False, True)


def test_a_clerk_makes_no_backup(one_shop: Shop, folder: Path) -> None:
    clerk = one_shop.owner_with(frozenset({"sell"}))
    with pytest.raises(NotAllowed):
        backup.take(folder, by=clerk, now=one_shop.now)


def swollen() -> None:
    """Some megabytes more, so that a copy takes a while."""
    db.run("CREATE TABLE scratch (id INTEGER PRIMARY KEY, words TEXT)")
    db.run(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)"
        " INSERT INTO scratch SELECT i, hex(zeroblob(500)) FROM n"
    )


def test_progress_is_told(one_shop: Shop, folder: Path) -> None:
    swollen()
    whole, told = copying.size(), []
    backup.take(folder, by=one_shop.owner, now=one_shop.now, progress=lambda *one: told.append(one))
    assert told == sorted(told)
    assert {one[1] for one in told} == {whole}


# --- no room -----------------------------------------------------------------------------------------


def test_a_full_disk_is_told_before_and_nothing_is_left(one_shop: Shop, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", 2_000) as mounted:
        if not mounted:
            return
        with pytest.raises(NoRoomForBackup, match="MB are free"):
            taken(one_shop, tmp_path / "small")
        assert [one.name for one in (tmp_path / "small").iterdir()] == [".taking"]


def test_a_disk_that_fills_meanwhile_leaves_nothing(one_shop: Shop, tmp_path: Path) -> None:
    swollen()
    with small_disk(tmp_path / "small", 40_000) as mounted:
        if not mounted:
            return

        def fill(done: int, whole: int) -> None:
            room = shutil.disk_usage(tmp_path / "small").free - (1 << 18)
            with (tmp_path / "small" / "filler").open("ab") as file:
                file.write(bytes(max(room, 0)))

        with pytest.raises(NoRoomForBackup):
            backup.take(tmp_path / "small", by=one_shop.owner, now=one_shop.now, progress=fill)
        assert sorted(one.name for one in (tmp_path / "small").iterdir()) == [".taking", "filler"]
    assert doctor.examine(now=one_shop.now) == []


# --- sealed ------------------------------------------------------------------------------------------


def test_a_backup_sealed_for_a_key_opens_with_it_alone(shop: Shop, folder: Path, tmp_path: Path) -> None:
    sold(shop)
    identity = pyrage.x25519.Identity.generate()
    (tmp_path / "key.txt").write_text(f"# made for the shop\n{identity}\n")
    (tmp_path / "other.txt").write_text(str(pyrage.x25519.Identity.generate()))
    configure(backup_recipient=str(identity.to_public()))
    made = taken(shop, folder)
    assert made.path.suffix == ".age"
    assert b"SQLite format" not in made.path.read_bytes()
    assert verify.verify(made.path) == []
    assert verify.verify(made.path, opener=Opener(str(tmp_path / "key.txt"))) == []
    with pytest.raises(KeyWrong), verify.opened(made, Opener(str(tmp_path / "other.txt"))):
        pass
    with pytest.raises(KeyNeeded), verify.opened(made, Opener()):
        pass
    assert [one.name for one in folder.iterdir() if one.is_dir()] == []


def test_a_backup_sealed_with_a_passphrase_opens_with_it(one_shop: Shop, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "words").write_text("purple rice at six\n")
    configure(backup_passphrase_file=str(tmp_path / "words"))
    made = taken(one_shop, folder)
    with verify.opened(made, Opener(passphrase_file=str(tmp_path / "words"))) as plain:
        assert plain.path.read_bytes()[:15] == b"SQLite format 3"
        assert plain.secret == "test secret"
    assert "test secret" not in made.manifest.read_text()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"backup_recipient": "age1nonsense"}, "no public key of age"),
        ({"backup_passphrase_file": "/nowhere"}, "/nowhere cannot be read"),
    ],
)
def test_a_seal_that_cannot_be_used_is_refused_first(
    one_shop: Shop, folder: Path, given: dict[str, str], said: str
) -> None:
    configure(**given)
    with pytest.raises(SealUnusable, match=said):
        taken(one_shop, folder)
    assert not folder.exists()


def test_a_short_passphrase_is_refused(one_shop: Shop, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "words").write_text("short")
    configure(backup_passphrase_file=str(tmp_path / "words"))
    with pytest.raises(SealUnusable, match="shorter than 12"):
        taken(one_shop, folder)


# --- the second place, the night, the drill ----------------------------------------------------------


def test_a_night_leaves_a_good_copy_in_both_places(one_shop: Shop, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "usb").mkdir()
    configure(backups=str(folder), backup_copy_to=str(tmp_path / "usb"))
    made = backup.nightly(by=one_shop.owner, now=one_shop.now)
    assert (made.verified_at, made.copied) == (one_shop.now, True)
    assert verify.verify(tmp_path / "usb" / made.path.name) == []
    assert doctor.examine(now=one_shop.now) == []


def test_a_second_place_that_is_not_there_is_told_by_the_doctor(one_shop: Shop, folder: Path, tmp_path: Path) -> None:
    configure(backups=str(folder), backup_copy_to=str(tmp_path / "usb"))
    assert backup.nightly(by=one_shop.owner, now=one_shop.now).copied is False
    said = [str(one.what) for one in doctor.examine(now=one_shop.now)]
    assert said == [f"The second place for backups, {tmp_path / 'usb'}, is not there."]


def test_old_backups_are_removed_at_night(one_shop: Shop, folder: Path) -> None:
    configure(backups=str(folder), backup_keep_daily=2, backup_keep_weekly=1, backup_keep_monthly=1)
    for day in range(4):
        taken(one_shop, folder, day)
    backup.nightly(by=one_shop.owner, now=Millis(one_shop.now + 4 * DAY))
    assert [one.path.name[9:17] for one in manifest.listing(folder)] == ["20260602", "20260601"]
    assert len(list(folder.glob("*.json"))) == 2


def test_a_drill_restores_the_newest_backup(shop: Shop, folder: Path) -> None:
    configure(backups=str(folder))
    sold(shop)
    taken(shop, folder)
    done = drill.drill(by=shop.owner, now=shop.now)
    assert (done.found, done.whole, done.backup.verified_at) == ([], True, shop.now)
    assert db.value("SELECT count(*) FROM audit WHERE action = 'backup.drilled'") == 1
    assert {one.suffix for one in folder.iterdir()} <= {".db", ".dump", ".json", ""}


def test_a_drill_counts_rows(one_shop: Shop, folder: Path) -> None:
    configure(backups=str(folder))
    made = taken(one_shop, folder)
    rows = dict(made.contents.rows) | {"sale": 5}
    manifest.note(made, contents=replace(made.contents, rows=rows))
    done = drill.drill(by=one_shop.owner, now=one_shop.now)
    assert [str(one.what) for one in done.found] == ["Table sale has 0 rows, the manifest says 5."]
    assert manifest.read(made.path).failed.startswith("drill:")


@pytest.mark.postgres
@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_a_drill_restores_into_the_scratch_database(shop: Shop, folder: Path, cluster: object) -> None:
    configure(backups=str(folder), backup_scratch=cluster.create("drill_scratch"))  # type: ignore[attr-defined]
    sold(shop)
    taken(shop, folder)
    assert drill.drill(by=shop.owner, now=shop.now).found == []
    configure(backup_scratch=cluster.create("live"))  # type: ignore[attr-defined]
    with pytest.raises(settings.SettingInvalid, match="scratch"):
        drill.drill(by=shop.owner, now=shop.now)


def test_a_drill_without_a_backup_says_so(one_shop: Shop, folder: Path) -> None:
    configure(backups=str(folder))
    with pytest.raises(BackupUnknown):
        drill.drill(by=one_shop.owner, now=one_shop.now)


# --- what the doctor says ------------------------------------------------------------------------------


def test_a_shop_without_backups_is_told_after_a_day_and_a_half(one_shop: Shop, folder: Path) -> None:
    configure(backups=str(folder))
    assert doctor.examine(now=Millis(one_shop.now + 36 * HOUR)) == []
    found = doctor.examine(now=Millis(one_shop.now + 37 * HOUR))
    assert [str(one.what) for one in found] == ["There is no backup of this shop."]
    taken(one_shop, folder)
    found = doctor.examine(now=Millis(one_shop.now + 40 * HOUR))
    assert [str(one.what) for one in found] == ["The newest backup is 40 hours old."]


def test_a_disk_with_little_room_is_told(one_shop: Shop, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(backups=str(folder))
    usage = shutil._ntuple_diskusage(100 << 30, 91 << 30, 9 << 30)  # type: ignore[attr-defined]
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    (found,) = doctor.examine(now=one_shop.now)
    assert str(found.what) == f"The disk of {folder.parent} has 9,216 MB free, 9 % of it."


# --- what is no backup -----------------------------------------------------------------------------------


def test_a_file_without_a_manifest_is_no_backup(one_shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "other.db").write_bytes(b"x")
    with pytest.raises(BackupUnknown, match="with its manifest"):
        verify.verify(tmp_path / "other.db")


def test_a_manifest_that_is_none_is_refused(one_shop: Shop, folder: Path) -> None:
    made = taken(one_shop, folder)
    made.manifest.write_text("[]")
    with pytest.raises(ManifestUnreadable):
        manifest.read(made.path)
    assert manifest.listing(folder) == []


@pytest.mark.postgres
@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_postgres_programs_that_fail_or_are_missing_are_named(
    shop: Shop, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c nonsense=1")
    with pytest.raises(DumpFailed, match="pg_dump failed"):
        taken(shop, folder)
    assert not list(folder.glob("regulars-*"))
    with pytest.raises(DumpMissing, match="postgresql-client"):
        copying.postgres_program("pg_nothing")
