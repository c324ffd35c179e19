"""Migrations: numbered SQL files, forward only; they are the truth about the tables.

A file is written once for both engines: INTEGER is 64 bit (BIGINT on PostgreSQL), tables are STRICT
on SQLite, and `APPEND ONLY name;` makes triggers that refuse UPDATE and DELETE. What an engine has
alone stands in `<number>_<name>.sqlite.sql` or `.postgres.sql` beside it.
"""

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.base import db
from core.base.clock import Millis
from core.base.errors import Refused
from core.base.i18n import N_

FOLDER = Path(__file__).parent / "migrations"
NAME = re.compile(r"(\d{4})_([a-z_]+)\.sql")
ADVISORY_LOCK = 7_212_001


class DatabaseTooNew(Refused):
    """The database was written by a younger version of the program."""

    code = "database_too_new"
    text = N_("The database is at step {found}, this program knows step {known}. Update the program first.")


class MigrationChanged(Refused):
    """A migration that was already applied is not the file it was."""

    code = "migration_changed"
    text = N_("Migration {name} is not the one that was applied. Install the program again.")


class NotMigrated(Refused):
    """The database is older than the program."""

    code = "not_migrated"
    text = N_("The database needs an update from step {found} to {known}. Run `regulars upgrade`.")


class MoveUnfinished(Refused):
    """Another database was being moved into this one, and that did not finish."""

    code = "move_unfinished"
    text = N_(
        "A move into this database did not finish, so it holds a part only. Do it again: `migrate --to … --again`."
    )


MOVING = 0
"""The number in `migration` of the mark that a move is on its way."""


def steps() -> list[tuple[int, str, Path]]:
    """All migrations in order: number, name, file."""
    matches = ((NAME.fullmatch(path.name), path) for path in sorted(FOLDER.glob("*.sql")))
    return [(int(match[1]), match[2], path) for match, path in matches if match]


def level() -> int:
    """The number of the last applied migration; 0 for an empty database."""
    if db.is_sqlite():
        present = db.value("SELECT 1 FROM sqlite_master WHERE name = 'migration'")
    else:
        present = db.value("SELECT to_regclass('migration')")
    return int(db.value("SELECT coalesce(max(number), 0) FROM migration")) if present else 0


def is_moving() -> bool:
    """Whether a move into this database has begun and not finished."""
    return level() > 0 and db.value("SELECT 1 FROM migration WHERE number = ?", (MOVING,)) is not None


@db.atomic
def begin_move(*, now: Millis) -> None:
    """Mark a migrated, empty database: no door opens it until the move has finished."""
    db.add("migration", number=MOVING, name="moving", hash="", at=now)


@db.atomic
def end_move() -> None:
    """Take the mark away."""
    db.run("DELETE FROM migration WHERE number = ?", (MOVING,))


def check() -> None:
    """Raise unless the database is exactly as new as the program.

    Raises: DatabaseTooNew, NotMigrated, MoveUnfinished.
    """
    found, known = level(), steps()[-1][0]
    if is_moving():
        raise MoveUnfinished()
    if found > known:
        raise DatabaseTooNew(found=found, known=known)
    if found < known:
        raise NotMigrated(found=found, known=known)


def migrate(*, now: Millis, copied: bool = False) -> list[str]:
    """Bring the database up to date; a backup stands beside a SQLite file first unless one was `copied`.

    Returns the names applied. Raises: DatabaseTooNew, MigrationChanged, MoveUnfinished.
    """
    with _alone():
        if is_moving():
            raise MoveUnfinished()
        _compare_applied()
        found = level()
        todo = [step for step in steps() if step[0] > found]
        if todo and found and db.is_sqlite() and not copied:
            _backup(f".before-{todo[0][0]:04d}")
        for number, name, path in todo:
            _apply(number, name, path, now)
        return [name for _, name, _ in todo]


def _compare_applied() -> None:
    applied: dict[int, str] = dict(db.rows("SELECT number, hash FROM migration")) if level() else {}
    known = {number: (name, path) for number, name, path in steps()}
    if applied and max(applied) > max(known):
        raise DatabaseTooNew(found=max(applied), known=max(known))
    for number, digest in applied.items():
        name, path = known[number]
        if _digest(path) != digest:
            raise MigrationChanged(name=name)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@db.atomic
def _apply(number: int, name: str, path: Path, now: Millis) -> None:
    for statement in statements_of(number, path):
        db.run(statement)
    db.add("migration", number=number, name=name, hash=_digest(path), at=now)


def statements_of(number: int, path: Path) -> Iterator[str]:
    """What a step runs on the open engine."""
    if number == 1:
        table = "migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL, at INTEGER NOT NULL)"
        yield _portable(f"CREATE TABLE {table}")
    engine = path.with_suffix(".sqlite.sql" if db.is_sqlite() else ".postgres.sql")
    for file in (path, engine):
        if file.exists():
            yield from _statements(file.read_text("utf-8"))


def _statements(text: str) -> Iterator[str]:
    bare = re.sub(r"--[^\n]*", "", text)
    for statement in (part.strip() for part in bare.split(";\n")):
        statement = statement.rstrip(";")
        if match := re.fullmatch(r"APPEND ONLY (\w+)", statement):
            yield from _append_only(match[1])
        elif statement:
            yield _portable(statement)


def _portable(statement: str) -> str:
    if db.is_sqlite():
        return statement + " STRICT" if statement.startswith("CREATE TABLE") else statement
    if "BIGINT" in statement:
        return statement
    return statement.replace("INTEGER", "BIGINT")


def _append_only(table: str) -> Iterator[str]:
    if db.is_sqlite():
        for verb in ("UPDATE", "DELETE"):
            yield (
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    yield (
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '%% is append-only', TG_TABLE_NAME; END $$"
    )
    yield (
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _backup(suffix: str) -> None:
    connection = db.proxy.connection()
    target = type(connection)(str(db.proxy.database) + suffix)
    try:
        connection.backup(target)
    finally:
        target.close()


@contextmanager
def _alone() -> Iterator[None]:
    """Two programs that start at once must not migrate twice."""
    if not db.is_sqlite():
        db.run("SELECT pg_advisory_lock(?)", (ADVISORY_LOCK,))
        try:
            yield
        finally:
            db.run("SELECT pg_advisory_unlock(?)", (ADVISORY_LOCK,))
        return
    file = os.open(f"{db.proxy.database}.migrate", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)
