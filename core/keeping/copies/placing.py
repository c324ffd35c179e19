"""Putting a backup in the place of a SQLite file: nobody else may have it open, and nothing is deleted.

The lock beside the file is held by every process of the shop for as long as it has the database open; whoever
restores takes it alone, so that none can open the file that is about to step aside.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from core.base import files
from core.base.clock import Millis, local
from core.base.drivers import peewee
from core.base.errors import Refused
from core.base.i18n import N_
from core.keeping.copies import present
from core.keeping.copies.present import Present

sqlite3: Any = peewee.sqlite3  # type: ignore[attr-defined]
ENDS = ("-wal", "-shm", "-journal")


class StillOpen(Refused):
    """Other processes have the database open."""

    code = "still_open"
    text = N_("The database is in use by {who}. End them first (back-offices, kiosk, scheduler), then do it again.")


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keep every other process from opening a SQLite database. Raises: StillOpen."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(f"{path}.open", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StillOpen(who=users_of(path)) from None
        yield
    finally:
        os.close(file)


def users_of(path: Path) -> str:
    """Which processes have a database open, as far as this account can see."""
    wanted = {str(path), f"{path}.open"}
    found = []
    for process in sorted(Path("/proc").glob("[0-9]*"), key=lambda one: int(one.name)):
        with suppress(OSError):
            if int(process.name) != os.getpid() and wanted & {
                str(one.readlink()) for one in (process / "fd").iterdir()
            }:
                words = (process / "cmdline").read_text("utf-8", "replace").split("\0")
                shown = " ".join(Path(word).name for word in words if word)
                found.append(f"{shown[:60]} (process {process.name})")
    return ", ".join(found) or "?"


def settled(path: Path) -> Present | None:
    """Bring the file's log into it, so that it is one file; what it says, or None if it cannot be read.

    Raises: StillOpen.
    """
    if not path.exists():
        return None
    connection = sqlite3.connect(path, isolation_level=None, timeout=1)
    try:
        mode = connection.execute("PRAGMA journal_mode = delete").fetchone()[0]
        if mode != "delete":
            raise StillOpen(who=users_of(path))
        return present.look(lambda sql: connection.execute(sql).fetchall(), sqlite=True)
    except sqlite3.Error as error:
        if "locked" in str(error):
            raise StillOpen(who=users_of(path)) from error
        return None
    finally:
        connection.close()


def staging(path: Path) -> Path:
    """Where a backup is made ready, beside the file it will replace; empty and readable for nobody else."""
    ready = path.with_name(path.name + ".restoring")
    sweep(ready)
    os.close(os.open(ready, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    return ready


def sweep(ready: Path) -> None:
    """Remove what a restore left behind, however it ended."""
    for left in ready.parent.glob(f"{ready.name}*"):
        left.unlink(missing_ok=True)


def swap(ready: Path, path: Path, *, now: Millis) -> Path | None:
    """Put a finished file in the place of another in one step; where the other is now."""
    _one_file(ready)
    aside = None
    if path.exists():
        aside = _free(path.with_name(f"{path.name}.before-{local(now, 'UTC'):%Y%m%dT%H%M%SZ}"))
        for end in ENDS:
            with suppress(FileNotFoundError):
                Path(f"{path}{end}").rename(f"{aside}{end}")
        try:
            aside.hardlink_to(path)
        except OSError:  # a file system without links: two steps, and between them there is no database
            path.rename(aside)
    ready.replace(path)
    files.sync(path.parent)
    sweep(ready)
    return aside


def _one_file(ready: Path) -> None:
    connection = sqlite3.connect(ready, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = delete")
    finally:
        connection.close()
    files.sync(ready)


def _free(path: Path) -> Path:
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name}-{number}")
    return free


def copy(source: Path, target: Path) -> None:
    """A file's bytes into another that exists."""
    with source.open("rb") as read, target.open("wb") as out:
        shutil.copyfileobj(read, out, 1 << 20)
