"""After an update of the program: a backup, the tables brought up to date, and the doctor; with a way back.

Until the tables are up to date nothing reads the shop's rows, for those of an older step are not for this program:
the copy is made by the engine's own tools, and whoever hands in another way of taking it keeps to that.
"""

import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.base import db
from core.base.clock import Millis, iso
from core.base.drivers import peewee
from core.base.errors import Refused, RegularsError
from core.base.i18n import N_, T, Text
from core.keeping import doctor
from core.keeping.copies import copying
from core.keeping.findings import Finding
from core.tables import schema


class UpgradeNotBegun(Refused):
    """No backup could be made, so nothing was touched."""

    code = "upgrade_not_begun"
    text = N_(
        "No backup could be made ({why}), so nothing was changed. Put that right and start `regulars upgrade` again."
    )


class UpgradeStopped(Refused):
    """The tables could not be brought up to date; each step that was done is whole."""

    code = "upgrade_stopped"
    text = N_(
        "The update stopped at step {level} of {known} ({why}). Start `regulars upgrade` again, or go back: {way}"
    )


@dataclass(frozen=True)
class Copy:
    """A backup made before an update, and how one gets back to it."""

    path: Path
    way_back: Text


Take = Callable[[Path], Copy]
"""Makes and examines a backup in a folder. Raises: a refusal, or OSError."""


@dataclass(frozen=True)
class Upgraded:
    """What was done: from which step, the copy (None: nothing to do), steps by name, what the doctor finds."""

    before: int
    copy: Copy | None
    applied: tuple[str, ...]
    found: tuple[Finding, ...]


def upgrade(folder: Path, *, take: Take, now: Millis, tell: Callable[[Text], None]) -> Upgraded:
    """Back up, migrate, examine; each step is told before it begins. The database must be open.

    Raises: UpgradeNotBegun, UpgradeStopped, DatabaseTooNew.
    """
    before, known = schema.level(), schema.steps()[-1][0]
    if before > known:
        raise schema.DatabaseTooNew(found=before, known=known)
    copy, applied = None, list[str]()
    if before < known:
        tell(T("1. Backing up the database, which is at step {level} …", level=before))
        copy = _taken(folder, take)
        tell(T("   {path} is made and examined.", path=str(copy.path)))
        tell(T("2. Bringing the tables from step {before} to {known} …", before=before, known=known))
        applied = _migrated(copy, known, now)
    else:
        tell(T("The tables are up to date, so there is nothing to back up for."))
    tell(T("3. The doctor replays the books …"))
    return Upgraded(before, copy, tuple(applied), tuple(doctor.examine(now=now)))


def _taken(folder: Path, take: Take) -> Copy:
    try:
        return take(folder)
    except (RegularsError, peewee.DatabaseError, OSError) as error:
        why = error.as_text() if isinstance(error, RegularsError) else type(error).__name__
        raise UpgradeNotBegun(why=why) from error


def _migrated(copy: Copy, known: int, now: Millis) -> list[str]:
    try:
        return schema.migrate(now=now, copied=True)
    except (RegularsError, peewee.DatabaseError, OSError) as error:
        why = error.as_text() if isinstance(error, RegularsError) else type(error).__name__
        raise UpgradeStopped(level=schema.level(), known=known, why=why, way=copy.way_back) from error


# --- the copy --------------------------------------------------------------------------------------


class CopyUnfit(Refused):
    """The copy could not be made, or is not what was copied."""

    code = "copy_unfit"
    text = N_("the copy {path} is not good: {problem}")


def beside(folder: Path, *, now: Millis) -> Copy:
    """A copy of the open database in a folder, made by the engine's own tools.

    Raises: CopyUnfit, StorageFull, DumpMissing, DumpFailed, OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stamp = iso(now)[:19].replace(":", "").replace("-", "")
    name = f"before-upgrade-{stamp}" + (".db" if db.is_sqlite() else ".dump")
    target, part = folder / name, folder / f"{name}.part"
    part.unlink(missing_ok=True)
    way = _copy_sqlite(part, target) if db.is_sqlite() else _dump(part, target)
    part.rename(target)
    return Copy(target, way)


def _copy_sqlite(part: Path, target: Path) -> Text:
    size, free = Path(str(db.proxy.database)).stat().st_size, shutil.disk_usage(part.parent).free
    if free < size:
        raise db.StorageFull()
    source: Any = db.proxy.connection()
    with closing(type(source)(str(part))) as copy:
        source.backup(copy, pages=200)
        verdict = copy.execute("PRAGMA quick_check").fetchone()[0]
        level = copy.execute("SELECT max(number) FROM migration").fetchone()[0]
    part.chmod(0o600)
    if verdict != "ok" or level != schema.level():
        raise CopyUnfit(path=str(part), problem=verdict)
    return T(
        "stop kiosk, scheduler and back-office, install the former program, and put {path} in the place of {database}.",
        path=str(target), database=str(db.proxy.database),
    )  # fmt: skip


def _dump(part: Path, target: Path) -> Text:
    dump, look = copying.postgres_program("pg_dump"), copying.postgres_program("pg_restore")
    copying.postgres_run([dump, "--format=custom", f"--file={part}"], copying.database_url())
    copying.postgres_run([look, "--list", str(part)], None)
    part.chmod(0o600)
    return T(
        "stop kiosk, scheduler and back-office, install the former program, and `pg_restore` {path} into an empty"
        " database that `database` in regulars.toml names.",
        path=str(target),
    )  # fmt: skip
