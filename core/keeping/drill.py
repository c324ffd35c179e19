"""The drill: the newest backup is restored into a place of its own, and its books replayed there.

A backup nobody ever restored is a hope. On SQLite the place is a folder beside the backups; on PostgreSQL the
scratch database the settings name, else every byte of the dump is read.
"""

import os
import tempfile
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

from core.base import db, settings
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.drivers import peewee
from core.base.errors import RegularsError
from core.base.i18n import T
from core.base.settings import Settings
from core.books import audit
from core.keeping import doctor, verify
from core.keeping.backup import plan_of
from core.keeping.copies import copying, manifest, placing, servers
from core.keeping.copies.manifest import Backup, BackupUnknown
from core.keeping.copies.sealing import Opener
from core.keeping.findings import Finding
from core.keeping.verify import CLOSED
from core.tables import schema

AGAIN = T("Take another backup and try again: `regulars backup take`, then `regulars backup drill`.")


@dataclass(frozen=True)
class Drill:
    """Which backup was tried, how far (only its bytes if its key is elsewhere), and what was found."""

    backup: Backup
    whole: bool
    found: list[Finding]


def drill(*, opener: Opener = CLOSED, by: Actor, now: Millis) -> Drill:
    """Try the newest backup; noted in its manifest and in the audit log.

    Raises: NotAllowed, BackupUnknown, KeyWrong, DumpMissing.
    """
    if by.kind != "job":
        require(by, "settings")
    plan = plan_of(settings.current())
    newest = next(iter(manifest.listing(plan.folder)), None)
    if newest is None:
        raise BackupUnknown(path=str(plan.folder))
    if newest.sealed == "passphrase" and opener == CLOSED:
        opener = Opener(passphrase_file=settings.current().backup_passphrase_file)
    found, whole = verify.bytes_of(newest), not newest.sealed or opener != CLOSED
    if not found and whole:
        with verify.opened(newest, opener) as plain:
            found = _restored(plain.path, newest)
    if whole or found:
        said = f"{found[0].check}: {found[0].what}" if found else ""
        newest = manifest.note(newest, verified_at=None if found else now, failed=said)
    _note(newest, found, whole, by=by, now=now)
    return Drill(newest, whole, found)


@db.atomic
def _note(backup: Backup, found: list[Finding], whole: bool, *, by: Actor, now: Millis) -> None:
    after = {"file": backup.path.name, "whole": whole, "findings": len(found)}
    audit.record("backup.drilled", "backup", 0, by=by, now=now, after=after)


def _restored(plain: Path, backup: Backup) -> list[Finding]:
    scratch = settings.current().backup_scratch
    if backup.engine == "postgres":
        found = verify.examine_copy(plain, thorough=True)
        if found or not scratch:
            return found
        servers.refill(scratch, plain)
        return _in_a_process(scratch, backup)
    found = verify.examine_copy(plain, thorough=True)
    if found:
        return found
    with tempfile.TemporaryDirectory(prefix=verify.OPENED, dir=backup.path.parent) as folder:
        copying.check_room(Path(folder), plain.stat().st_size)
        target = Path(folder) / "drill.db"
        placing.copy(plain, target)
        return _in_a_process(str(target), backup)


def _in_a_process(url: str, backup: Backup) -> list[Finding]:
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
        try:
            return pool.submit(opened, url, replace(settings.current(), backups=""), backup).result()
        except BrokenProcessPool:
            return [Finding("drill", T("The process that restored the backup ended before it had an answer."), AGAIN)]


def opened(url: str, chosen: Settings, backup: Backup) -> list[Finding]:
    """Open a restored database as an update would, replay its books and count; for a process of its own."""
    os.nice(10)
    settings.use(chosen)
    try:
        db.open_database(url)
        schema.migrate(now=backup.made_at)
        return [*doctor.books(), *_miscounted(backup.contents.rows)]
    except (RegularsError, peewee.DatabaseError) as error:
        return [Finding("drill", T("The restored backup cannot be used: {problem}", problem=str(error)), AGAIN)]
    finally:
        db.close_database()


def _miscounted(expected: Mapping[str, int]) -> list[Finding]:
    found = []
    for table, rows in expected.items():
        here = int(db.value(f"SELECT count(*) FROM {table}"))
        if here != rows:
            what = T("Table {table} has {found} rows, the manifest says {expected}.", table=table, found=here,
                     expected=rows)  # fmt: skip
            found.append(Finding("drill", what, AGAIN))
    return found
