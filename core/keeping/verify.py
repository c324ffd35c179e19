"""Examining a backup: its bytes against the manifest, then the whole file and every ledger in it.

A database that is open in this process stays open: the copy is then opened in a process of its own. Not a byte of it
changes.
"""

import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from core.base import db, settings
from core.base.drivers import peewee
from core.base.errors import RegularsError
from core.base.i18n import T
from core.base.settings import Settings
from core.keeping import doctor
from core.keeping.copies import copying, manifest, sealing
from core.keeping.copies.manifest import Backup
from core.keeping.copies.sealing import Opener, Sealed
from core.keeping.findings import Finding
from core.tables import schema

ANOTHER = T("Do not restore it. Take another backup: `regulars backup list`.")
CLOSED = Opener()
OPENED = ".opened-"
"""How the folder of a backup begins that stands open for a moment."""


@dataclass(frozen=True)
class Plain:
    """An unsealed backup, and the installation's secret if that was sealed with it."""

    path: Path
    secret: str = field(default="", repr=False)


def verify(path: Path, *, opener: Opener = CLOSED) -> list[Finding]:
    """What is wrong with a backup; an empty list means it can be restored.

    A sealed one is examined within if its key is given, else its bytes are compared. Raises: BackupUnknown,
    ManifestUnreadable, KeyWrong.
    """
    backup = manifest.read(path)
    found = bytes_of(backup)
    if found or (backup.sealed and opener == CLOSED):
        return found
    with opened(backup, opener) as plain:
        return examine_copy(plain.path, thorough=True)


def bytes_of(backup: Backup) -> list[Finding]:
    """What is wrong with a backup's file itself: its length and its hash."""
    size = backup.path.stat().st_size
    if size != backup.size:
        what = T("{name} has {found} bytes, its manifest says {expected}.", name=backup.path.name, found=size,
                 expected=backup.size)  # fmt: skip
        return [Finding("bytes", what, ANOTHER)]
    if manifest.sha256_of(backup.path) != backup.sha256:
        return [Finding("bytes", T("{name} is not as it was written.", name=backup.path.name), ANOTHER)]
    return []


@contextmanager
def opened(backup: Backup, opener: Opener) -> Iterator[Plain]:
    """The file of a backup, unsealed beside it for as long as it is needed. Raises: KeyNeeded, KeyWrong."""
    if not backup.sealed:
        yield Plain(backup.path)
        return
    beside_it = backup.path.parent if os.access(backup.path.parent, os.W_OK) else None  # a disk may be read-only
    with tempfile.TemporaryDirectory(prefix=OPENED, dir=beside_it) as folder:
        copying.check_room(Path(folder), backup.size)
        plain = Path(folder) / backup.path.name.removesuffix(".age")
        beside = Sealed(backup.sealed_key, backup.sealed_secret)
        yield Plain(plain, sealing.open_file(backup.path, plain, beside, opener))


def examine_copy(plain: Path, *, thorough: bool = False) -> list[Finding]:
    """What is wrong with an unsealed copy, whatever it is called; thoroughly, each index is compared too."""
    with plain.open("rb") as file:
        is_dump = file.read(5) == b"PGDMP"
    return _dump(plain, thorough) if is_dump else _elsewhere(plain, thorough)


def _dump(plain: Path, thorough: bool) -> list[Finding]:
    """PostgreSQL's own list of what a dump holds; thoroughly, all of it is unpacked. The drill restores it."""
    program = copying.postgres_program("pg_restore")
    try:
        listed = copying.postgres_run([program, "--list", str(plain)], None)
        if thorough:
            copying.postgres_run([program, "--file=/dev/null", str(plain)], None)
    except copying.DumpFailed as error:
        return [Finding("file", error.as_text(), ANOTHER)]
    if b"TABLE DATA public audit" not in listed:
        return [Finding("file", T("The dump holds no tables of a shop."), ANOTHER)]
    return []


def _elsewhere(plain: Path, thorough: bool) -> list[Finding]:
    if not db.is_open():
        return _looked_at(str(plain), thorough)
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
        try:
            return pool.submit(examined, str(plain), settings.current().secret, thorough).result()
        except BrokenProcessPool:
            what = T("The process that examined the backup ended before it had an answer.")
            return [Finding("file", what, ANOTHER)]


def examined(path: str, secret: str, thorough: bool) -> list[Finding]:
    """What is wrong with a SQLite file; what the process of its own does, which lets tills go first."""
    os.nice(10)
    settings.use(Settings(secret=secret))
    return _looked_at(path, thorough)


def _looked_at(path: str, thorough: bool) -> list[Finding]:
    """The ledgers of a file that an older program wrote are replayed when it is restored and brought up to date."""
    try:
        db.open_database(path, read_only=True)
        wrong = [str(row[0]) for row in db.rows(f"PRAGMA {'integrity' if thorough else 'quick'}_check(5)")]
        if wrong != ["ok"]:
            return [Finding("file", T("The file is damaged: {verdict}.", verdict=wrong[0]), ANOTHER)]
        return [] if 0 < schema.level() < schema.steps()[-1][0] else doctor.books()
    except (RegularsError, peewee.DatabaseError) as error:
        return [Finding("file", T("The file is damaged: {verdict}.", verdict=str(error)), ANOTHER)]
    finally:
        db.close_database()
