"""What the database that is being replaced still says, if it can be read: what would be lost, and what must not be.

Whoever was deleted, shut out or said no after the backup was made stays so; it is read here and done again there.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from core.base import db
from core.base.clock import Millis
from core.base.drivers import peewee
from core.keeping.copies.manifest import Contents, contents

Rows = Callable[[str], list[db.Row]]


@dataclass(frozen=True)
class Ended:
    """What was ended in a database, by ids (keys by their public part)."""

    members: frozenset[int] = frozenset()
    keys: frozenset[str] = frozenset()
    devices: frozenset[int] = frozenset()
    staff: frozenset[int] = frozenset()
    withdrawn: frozenset[tuple[int, str, str]] = frozenset()
    suppressed: tuple[tuple[str, str, str, str, Millis], ...] = ()


@dataclass(frozen=True)
class Present:
    """A database as it stands before it is replaced; `runs` are the runs of jobs it knows."""

    contents: Contents
    ended: Ended = field(default_factory=Ended)
    runs: frozenset[tuple[str, str]] = frozenset()


WITHDRAWN = (
    "SELECT c.member_id, c.purpose, c.channel FROM consent c WHERE c.granted = 0 AND NOT EXISTS ("
    "SELECT 1 FROM consent l WHERE l.member_id = c.member_id AND l.purpose = c.purpose AND l.channel IN ('', c.channel)"
    " AND (l.at > c.at OR (l.at = c.at AND l.id > c.id)))"
)


def look(rows: Rows, *, sqlite: bool) -> Present | None:
    """What it says; None if it cannot be read or holds no shop."""
    try:
        held = contents(lambda sql: next(iter(rows(sql)), None), sqlite=sqlite)
        return Present(
            held, _ended(rows), frozenset((job, slot) for job, slot in rows("SELECT job, slot FROM job_run"))
        )
    except (peewee.sqlite3.Error, *_driver_errors()):  # type: ignore[attr-defined]
        return None


def _driver_errors() -> tuple[type[Exception], ...]:
    import sys

    psycopg = sys.modules.get("psycopg")
    return (psycopg.Error,) if psycopg is not None else ()


def _ended(rows: Rows) -> Ended:
    def ids(sql: str) -> frozenset[int]:
        return frozenset(int(row[0]) for row in rows(sql))

    return Ended(
        members=ids("SELECT id FROM member WHERE state = 'erased'"),
        keys=frozenset(str(row[0]) for row in rows("SELECT key_id FROM api_key WHERE revoked_at IS NOT NULL")),
        devices=ids("SELECT id FROM device WHERE revoked_at IS NOT NULL"),
        staff=ids("SELECT id FROM staff WHERE active = 0"),
        withdrawn=frozenset((int(row[0]), str(row[1]), str(row[2])) for row in rows(WITHDRAWN)),
        suppressed=tuple(
            (row[0], row[1], row[2], row[3], row[4])
            for row in rows("SELECT address_hash, channel, scope, reason, at FROM suppression")
        ),
    )


def open_now() -> Ended:
    """What is ended in the open database."""
    return _ended(db.rows)
