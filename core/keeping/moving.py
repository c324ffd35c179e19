"""Moving a shop to the other engine: every row, compared by checksum; the database it comes from stays as it is.

The source is read in one view in which nobody writes; the target is bound to no door until all of it is there and
equal. Foreign keys of the target are put in at the end, for a row may name one with a higher id.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.base import db, files, ids
from core.base.clock import Millis
from core.base.errors import Invalid, Refused
from core.base.i18n import N_
from core.books import audit
from core.keeping.copies import reading, servers
from core.keeping.copies.reading import Reader, Sum, Table
from core.people import searchindex, staff
from core.tables import schema

Progress = Callable[[str, int, int], None]
"""Told the table, and how many of all tables are done."""


class SameEngine(Invalid):
    """The target is of the same kind as the source."""

    code = "same_engine"
    text = N_("to: the shop is on {engine} already. To take it to another machine, restore a backup there.")


class TargetNotEmpty(Refused):
    """The target holds tables already."""

    code = "target_not_empty"
    text = N_("The database {target} is not empty. Move into an empty one.")


class SourceEmpty(Refused):
    """There is no shop to move, or it is not as new as the program."""

    code = "source_unfit"
    text = N_("There is no shop at step {known} in {source} (found {found}). Run `regulars migrate` there first.")


class MoveDiffers(Refused):
    """A table is not the same on both sides."""

    code = "move_differs"
    text = N_(
        "Table {table} differs after the move: {found} rows of {expected}. The shop stays where it is; do it again with"
        " --again, and send us the report if it differs again."
    )


@dataclass(frozen=True)
class Moved:
    """What was moved: for each table its rows and their checksum, the same on both sides."""

    target: str
    sums: dict[str, tuple[int, str]]

    @property
    def rows(self) -> int:
        """All rows."""
        return sum(count for count, _ in self.sums.values())


def move(source: str, target: str, *, again: bool = False, now: Millis, progress: Progress | None = None) -> Moved:
    """Copy a shop into an empty database of the other engine; who stands at the machine acts as owner.

    `again` starts over where one did not finish. This process must have no database open, and has none afterwards.
    Raises: SameEngine, StillOpen, SourceEmpty, TargetNotEmpty, MoveUnfinished, MoveDiffers, ServerRefused.
    """
    if source.startswith("postgres") == target.startswith("postgres"):
        raise SameEngine(field="to", engine="PostgreSQL" if source.startswith("postgres") else "SQLite")
    db.close_database()
    with reading.reading(source) as reader:
        _check_source(reader, source)
        try:
            _make_ready(target, again, now)
            described = _described(reader, target)
            sums = _copied(reader, described, progress)
            _take_counter(reader)
            searchindex.fill()
            _compare(target, described, sums)
            _finish(reader, sums, now)
        finally:
            db.close_database()
    if not target.startswith("postgres"):
        files.sync(Path(target))
    return Moved(target, sums)


def _check_source(reader: Reader, source: str) -> None:
    found, known = 0, schema.steps()[-1][0]
    if "staff" in reading.names(reader):
        found = int(reader.value("SELECT max(number) FROM migration") or 0)
        if reader.value(f"SELECT 1 FROM migration WHERE number = {schema.MOVING}"):
            raise schema.MoveUnfinished()
    if found != known:
        raise SourceEmpty(source=source.rpartition("@")[2], found=found, known=known)


# --- the target --------------------------------------------------------------------------------------


def _make_ready(target: str, again: bool, now: Millis) -> None:
    """An empty, migrated database that no door opens, opened in this process.

    Raises: TargetNotEmpty, MoveUnfinished.
    """
    db.open_database(target, durable=False)
    present = reading.names(_here())
    if present:
        ours = schema.level() > 0
        if not ours or not (schema.is_moving() or "audit" not in present or not db.value("SELECT 1 FROM audit")):
            raise TargetNotEmpty(target=target.rpartition("@")[2])
        if not again:
            raise schema.MoveUnfinished()
        _empty(target)
    schema.migrate(now=now)
    schema.begin_move(now=now)


def _here() -> Reader:
    """The open database as a reader."""
    return Reader(db.proxy.connection(), db.is_sqlite())


def _empty(target: str) -> None:
    """Remove what an unfinished move left."""
    if db.is_sqlite():
        db.close_database()
        for end in ("", "-wal", "-shm"):
            Path(f"{target}{end}").unlink(missing_ok=True)
        db.open_database(target, durable=False)
    else:
        db.close_database()
        with servers.connect(target) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        db.open_database(target)


def _described(reader: Reader, target: str) -> list[Table]:
    """The tables, which must be the same on both sides."""
    described = reading.tables(reader if reader.sqlite else _here())
    here, there = reading.names(_here()), reading.names(reader)
    if here != there:
        raise MoveDiffers(table=min(here ^ there), found=0, expected=0)
    return described


def _copied(reader: Reader, described: list[Table], progress: Progress | None) -> dict[str, tuple[int, str]]:
    sums = {}
    with _without_references():
        for number, table in enumerate(described, 1):
            total = Sum()
            marks = ", ".join("?" * len(table.columns))
            sql = f"INSERT INTO {table.name} ({', '.join(table.columns)}) VALUES ({marks})"
            for rows in reading.read(reader, table):
                _put(sql, rows)
                total.add(rows)
            sums[table.name] = (total.count, total.digest)
            if progress is not None:
                progress(table.name, number, len(described))
    return sums


@db.atomic
def _put(sql: str, rows: list[db.Row]) -> None:
    db.run_many(sql, rows)


@contextmanager
def _without_references() -> Iterator[None]:
    """Let rows name others that are not there yet; all of them are checked at the end."""
    if db.is_sqlite():
        db.run("PRAGMA foreign_keys = OFF")
        yield
        db.run("PRAGMA foreign_keys = ON")
        wrong = db.one("PRAGMA foreign_key_check")
        if wrong is not None:
            raise MoveDiffers(table=str(wrong[0]), found=0, expected=0)
        return
    sql = (
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'f' AND connamespace = 'public'::regnamespace ORDER BY conname"
    )
    found = db.rows(sql)
    _alter([f"ALTER TABLE {table} DROP CONSTRAINT {name}" for table, name, _ in found])
    yield
    _alter([f"ALTER TABLE {table} ADD CONSTRAINT {name} {what}" for table, name, what in found])


@db.atomic
def _alter(statements: list[str]) -> None:
    for statement in statements:
        db.run(statement)


@db.atomic
def _take_counter(reader: Reader) -> None:
    """Ids go on where they were."""
    if reader.sqlite:
        ids.go_on_from(int(reader.value("SELECT next FROM id_counter")))
        return
    last, called = reader.rows("SELECT last_value, is_called FROM id_block")[0]
    ids.go_on_from(int(last) + (ids.BLOCK if called else 0))


def _compare(target: str, described: list[Table], sums: dict[str, tuple[int, str]]) -> None:
    """Read all of it again, as it stands in the target."""
    with reading.looking(target) as copy:
        for table in described:
            there = reading.sum_of(copy, table)
            if (there.count, there.digest) != sums[table.name]:
                raise MoveDiffers(table=table.name, found=there.count, expected=sums[table.name][0])


@db.atomic
def _finish(reader: Reader, sums: dict[str, tuple[int, str]], now: Millis) -> None:
    """Open the doors, and leave a line in the audit log of the new place."""
    engine = "SQLite" if reader.sqlite else "PostgreSQL"
    rows = sum(count for count, _ in sums.values())
    audit.record("database.moved", "database", 0, by=staff.first_owner(), now=now, after={"from": engine, "rows": rows})
    schema.end_move()
