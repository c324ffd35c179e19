"""Backups: a consistent copy while the shop sells, examined, sealed, put in a second place, and rotated.

A copy is written as `.part`, is on the disk before it takes its name, and has its manifest last: a backup that
is listed is whole. What an interrupted one left is swept by the next.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from errno import ENOSPC
from hashlib import sha256
from hmac import new
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from core.base import db, files, settings
from core.base.access import Actor, require
from core.base.clock import DAY, Millis
from core.base.errors import Refused
from core.base.i18n import N_
from core.base.settings import Settings
from core.books import audit, rules
from core.keeping import verify
from core.keeping.copies import copying, manifest, rotation, sealing
from core.keeping.copies.copying import Progress
from core.keeping.copies.manifest import Backup, Contents
from core.keeping.copies.rotation import Dated, Keep
from core.keeping.copies.sealing import Seal


class BackupRunning(Refused):
    """Another backup is being made in this folder."""

    code = "backup_running"
    text = N_("Another backup is being made in {folder}. Wait until it has ended.")


class BackupNotGood(Refused):
    """A copy was made and examined, and is not good."""

    code = "backup_not_good"
    text = N_("The backup {name} was made and is not good: {problem} It is kept; run `regulars doctor`.")


@dataclass(frozen=True)
class Plan:
    """How an installation keeps its backups."""

    folder: Path
    copy_to: Path | None
    keep: Keep
    seal: Seal


def plan_of(chosen: Settings) -> Plan:
    """The plan in the settings of an installation."""
    return Plan(
        Path(chosen.backups or "backups"),
        Path(chosen.backup_copy_to) if chosen.backup_copy_to else None,
        Keep(chosen.backup_keep_daily, chosen.backup_keep_weekly, chosen.backup_keep_monthly),
        Seal(chosen.backup_recipient, chosen.backup_passphrase_file),
    )


def keeps() -> bool:
    """Whether this installation keeps backups; a demo does not."""
    chosen = settings.current()
    return bool(chosen.backups) and not chosen.demo


def kept(*, by: Actor) -> list[Backup]:
    """The backups of this installation, the newest first. Raises: NotAllowed."""
    require(by, "settings")
    return manifest.listing(plan_of(settings.current()).folder)


def take(folder: Path, *, by: Actor, now: Millis, progress: Progress | None = None) -> Backup:
    """Copy the open database into a folder while others write to it; sealed if the settings say so.

    Every write that was answered before this began is in it. Raises: NotAllowed, BackupRunning, NoRoomForBackup,
    SealUnusable, DumpMissing, DumpFailed.
    """
    return _take(folder, by=by, now=now, progress=progress, examined=False)


def nightly(*, by: Actor, now: Millis, progress: Progress | None = None) -> Backup:
    """The whole of a night: a backup, examined before it is sealed, in both places, and the old ones removed.

    Raises: as `take`, and BackupNotGood.
    """
    plan = plan_of(settings.current())
    made = _take(plan.folder, by=by, now=now, progress=progress, examined=True)
    rotate(plan.folder, plan.keep, zone=rules.current(now=now).zone)
    if made.failed:
        raise BackupNotGood(name=made.path.name, problem=made.failed)
    return made


def _take(folder: Path, *, by: Actor, now: Millis, progress: Progress | None, examined: bool) -> Backup:
    if by.kind != "job":
        require(by, "settings")
    audit.confirm(by)
    plan = plan_of(settings.current())
    plan.seal.check()
    with _alone(folder):
        _sweep(folder, now)
        copying.check_room(folder, copying.size() * (2 if plan.seal.kind else 1))
        with _room_for(folder), _plain(folder, now) as plain:
            held = (copying.sqlite_copy if db.is_sqlite() else copying.postgres_dump)(plain, progress)
            files.sync(plain)
            verified, failed = _examined(plain, now) if examined else (None, "")
            made = replace(
                _placed(plain, held, plan.seal, now), verified_at=verified, failed=failed
            )  # fmt: skip
        manifest.write(made)
        manifest.note_erased(folder, {row[0] for row in db.rows("SELECT id FROM member WHERE state = 'erased'")})
        if plan.copy_to is not None and plan.copy_to.is_dir():
            made = _copied(made, plan, now)
    _note(made, by=by, now=now)
    return made


def _examined(plain: Path, now: Millis) -> tuple[Millis | None, str]:
    """When a copy was found good, or what is wrong with it."""
    found = verify.examine_copy(plain)
    return (None, f"{found[0].check}: {found[0].what}") if found else (now, "")


@contextmanager
def _plain(folder: Path, now: Millis) -> Iterator[Path]:
    """An empty file for the copy, which nobody else can read; gone afterwards unless it was given its name."""
    name = manifest.name_of(now, "sqlite" if db.is_sqlite() else "postgres")
    path = folder / f"{name}.part"
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _placed(plain: Path, held: Contents, how: Seal, now: Millis) -> Backup:
    """The finished backup under its own name; its manifest is not written yet."""
    target = _free_name(plain.with_name(plain.name.removesuffix(".part")))
    sealed, secret = sealing.Sealed("", ""), settings.current().secret
    if how.kind:
        target = target.with_name(target.name + ".age")
        with files.in_place(target) as part:
            sealed = sealing.seal(plain, part, how, secret=secret)
    else:
        plain.replace(target)
        files.sync(target.parent)
    return Backup(
        path=target,
        made_at=now,
        engine="sqlite" if db.is_sqlite() else "postgres",
        program=_program(),
        size=target.stat().st_size,
        sha256=manifest.sha256_of(target),
        contents=held,
        secret_mark=secret_mark(secret),
        sealed=how.kind,
        sealed_key=sealed.key,
        sealed_secret=sealed.secret,
    )


def secret_mark(secret: str) -> str:
    """What tells one installation's secret from another's and reveals nothing of it."""
    return new(secret.encode(), b"backup mark", sha256).hexdigest()[:16]


def _program() -> str:
    try:
        return version("regulars")
    except PackageNotFoundError:
        return ""


def _free_name(path: Path) -> Path:
    """The name, or with a number if a backup of the same second has it."""
    number, free = 1, path
    while manifest.manifest_of(free).exists():
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free


@db.atomic
def _note(made: Backup, *, by: Actor, now: Millis) -> None:
    after = {"file": made.path.name, "bytes": made.size, "sealed": made.sealed, "copied": made.copied}
    audit.record("backup.taken", "backup", 0, by=by, now=now, after=after)


# --- the folder ----------------------------------------------------------------------------------


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One backup at a time in a folder, which only the shop's account can read."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = os.open(folder / ".taking", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise BackupRunning(folder=str(folder)) from None
    finally:
        os.close(file)


def _sweep(folder: Path, now: Millis) -> None:
    """Remove what killed backups left, and what killed examinations left open a day ago."""
    for left in folder.glob(f"{manifest.PREFIX}*.part*"):
        left.unlink(missing_ok=True)
    for opened in folder.glob(f"{verify.OPENED}*"):
        if opened.stat().st_mtime * 1000 < now - DAY:
            shutil.rmtree(opened, ignore_errors=True)


@contextmanager
def _room_for(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno != ENOSPC:
            raise
        raise copying.no_room(folder, copying.size()) from error


def _copied(made: Backup, plan: Plan, now: Millis) -> Backup:
    """The backup with its twin in the second place; a place that fails is told by the doctor, not by an error."""
    assert plan.copy_to is not None  # noqa: S101 (the caller looked)
    with suppress(OSError):
        twin = replace(made, path=plan.copy_to / made.path.name, copied=True)
        with files.in_place(twin.path) as part:
            shutil.copyfile(made.path, part)
        manifest.write(twin)
        manifest.note_erased(plan.copy_to, manifest.erased(made.path.parent))
        rotate(plan.copy_to, plan.keep, zone=rules.current(now=now).zone)
        return manifest.note(made, copied=True)
    return made


def rotate(folder: Path, keep: Keep, *, zone: str) -> list[Path]:
    """Remove the backups of a folder that have had their time; which."""
    dated = [Dated(one.path, one.made_at, one.verified_at is not None) for one in manifest.listing(folder)]
    removed = [one.path for one in rotation.to_remove(dated, keep, zone=zone)]
    for path in removed:
        path.unlink(missing_ok=True)
        manifest.manifest_of(path).unlink(missing_ok=True)
    return removed
