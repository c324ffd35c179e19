"""One consistent copy of the database into a file, while the shop sells.

SQLite writes it by VACUUM INTO: one view from beginning to end, which no writer can make it begin again, and
only what lives in that view. Bytes of what was deleted (free pages, gaps between rows) are not copied; the page
by page copy of SQLite's backup interface would take them along. PostgreSQL writes it by pg_dump in the view in
which the contents were counted.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from core.base import db
from core.base.drivers import peewee
from core.base.errors import Refused
from core.base.i18n import N_
from core.keeping.copies.manifest import Contents, contents

Progress = Callable[[int, int], None]
"""Told bytes written and bytes to write, about as many as the database has."""
SPARE = 1 << 24
"""Room beside the copy itself that a disk must have."""
OFTEN = 20_000
"""Steps of SQLite's own machine between two looks at how far it is."""


class NoRoomForBackup(Refused):
    """The disk has no room for a backup; nothing of it was kept."""

    code = "no_room_for_backup"
    text = N_("A backup needs {needed} MB in {folder}, and {free} MB are free. Free some space, or set `backups`.")


class DumpMissing(Refused):
    """PostgreSQL's own programs are not on this machine."""

    code = "dump_missing"
    text = N_("{program} is not installed here. Install PostgreSQL's client programs (on Debian: postgresql-client).")


class DumpFailed(Refused):
    """PostgreSQL's own program ended with an error."""

    code = "dump_failed"
    text = N_("{program} failed: {problem}")


def size() -> int:
    """Bytes the open database takes on the disk."""
    if not db.is_sqlite():
        return int(db.value("SELECT pg_database_size(current_database())"))
    path = Path(db.proxy.database)
    return sum(one.stat().st_size for one in (path, Path(f"{path}-wal")) if one.exists())


def check_room(folder: Path, needed: int) -> None:
    """Raise unless a folder has room for so many bytes. Raises: NoRoomForBackup."""
    free = shutil.disk_usage(folder).free
    if free < needed + SPARE:
        raise no_room(folder, needed + SPARE)


def no_room(folder: Path, needed: int) -> NoRoomForBackup:
    """The refusal of a disk that is too full."""
    free = shutil.disk_usage(folder).free
    return NoRoomForBackup(needed=-(-needed >> 20), folder=str(folder), free=free >> 20)


def sqlite_copy(target: Path, progress: Progress | None = None) -> Contents:
    """Copy the open SQLite database into an empty file; what is in the copy. Raises: NoRoomForBackup."""
    whole = size()
    connection = peewee.sqlite3.connect(db.proxy.database, isolation_level=None)  # type: ignore[attr-defined]
    try:
        connection.execute("PRAGMA busy_timeout = 10000")
        if progress is not None:
            connection.set_progress_handler(lambda: progress(target.stat().st_size, whole), OFTEN)
        connection.execute("VACUUM INTO ?", (str(target),))
    except peewee.sqlite3.Error as error:  # type: ignore[attr-defined]
        if "full" in str(error):
            raise no_room(target.parent, whole) from error
        raise
    finally:
        connection.close()
    return contents_of(target)


def contents_of(path: Path) -> Contents:
    """What a SQLite file holds, whatever database is open in this process; not a byte of it is changed."""
    where = f"{path.absolute().as_uri()}?mode=ro"
    connection = peewee.sqlite3.connect(where, uri=True)  # type: ignore[attr-defined]
    try:
        return contents(lambda sql: connection.execute(sql).fetchone(), sqlite=True)
    finally:
        connection.close()


def postgres_dump(target: Path, progress: Progress | None = None) -> Contents:
    """Dump the open PostgreSQL database into a file; what was in it then. Raises: DumpMissing, DumpFailed."""
    program = postgres_program("pg_dump")
    whole = size()
    with db.read():
        held = contents(db.one, sqlite=False)
        view = str(db.value("SELECT pg_export_snapshot()"))
        command = [program, "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={view}"]
        with target.open("wb") as out:
            tell = None if progress is None else lambda: progress(target.stat().st_size, whole)
            postgres_run(command, database_url(), stdout=out.fileno(), tick=tell)
    return held


def database_url() -> str:
    """The address of the open PostgreSQL database."""
    return str(db.proxy.database)


def postgres_program(name: str) -> str:
    """The newest of PostgreSQL's own programs of that name. Raises: DumpMissing."""
    places = sorted(
        (path for path in Path("/usr/lib/postgresql").glob(f"*/bin/{name}") if path.parts[4].isdigit()),
        key=lambda path: int(path.parts[4]),
    )
    found = str(places[-1]) if places else shutil.which(name)
    if found is None:
        raise DumpMissing(program=name)
    return found


def postgres_run(
    command: list[str], url: str | None, *, stdout: int | None = None, tick: Callable[[], None] | None = None
) -> bytes:
    """Run one of PostgreSQL's programs, against a database or none; its output, unless it goes elsewhere.

    Raises: DumpFailed.
    """
    where, environment = ([], dict(os.environ)) if url is None else _without_password(url)
    running = subprocess.Popen(
        [*command, *where], env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if stdout is None else stdout, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        out, said = _waited(running, tick)
    finally:
        if running.poll() is None:
            running.kill()
            running.wait()
    if running.returncode:
        lines = said.decode("utf-8", "replace").strip().splitlines() or [f"exit {running.returncode}"]
        raise DumpFailed(program=Path(command[0]).name, problem=lines[0][:300])
    return bytes(out or b"")


def _waited(running: "subprocess.Popen[bytes]", tick: Callable[[], None] | None) -> tuple[bytes, bytes]:
    while True:
        try:
            return running.communicate(timeout=1)
        except subprocess.TimeoutExpired:
            if tick is not None:
                tick()


def _without_password(url: str) -> tuple[list[str], dict[str, str]]:
    """How a program is told a database: the password by the environment, for anyone may read arguments."""
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    parts = conninfo_to_dict(url)
    password = parts.pop("password", None)
    secret = {} if password is None else {"PGPASSWORD": str(password)}
    return [f"--dbname={make_conninfo('', **parts)}"], dict(os.environ) | secret
