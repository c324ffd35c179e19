"""How the installation is running: a few figures for whoever watches it, and whether each part works.

Counts and ages only: nothing here names a member, a sale or a number. What a scrape asks is answered from
indexes, so that watching a shop costs it nothing.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.base import clock, db, settings
from core.base.clock import DAY, HOUR, MINUTE, SECOND, Millis
from core.base.drivers import peewee
from core.base.errors import RegularsError
from core.books import rules
from core.keeping import jobs
from core.outreach import webhooks
from core.tables import schema

LEAST_FREE_BYTES = 50_000_000
"""With less the disk counts as full: the next backup of a migration would fail."""
FRESH = 10 * MINUTE
"""A scheduler notes once a minute that it works; so long a slow provider may hold it up."""
LONGEST_JOB = HOUR
LOOK_BACK = 35 * DAY


@dataclass(frozen=True)
class Vitals:
    """Figures at one moment. Ages are whole seconds; what was never seen has none."""

    members: int
    sales_today: int
    outbox: dict[str, int]
    oldest_queued_s: int
    holds: int
    webhooks_paused: int
    job_success_s: dict[str, int]
    scheduler_beat_s: int | None
    backup_s: int | None
    database_bytes: int
    wal_bytes: int
    free_bytes: int


def vitals(*, now: Millis) -> Vitals:
    """The figures now."""
    zone = rules.current(now=now).zone
    with db.read():
        beat = jobs.last_beat()
        ages = {name: _age_s(at, now) for name, at in jobs.last_successes(since=Millis(now - LOOK_BACK)).items()}
        return Vitals(
            members=_count("SELECT count(*) FROM member"),
            sales_today=_count("SELECT count(*) FROM sale WHERE day = ?", clock.day_of(now, zone).toordinal()),
            outbox=dict(
                db.rows("SELECT state, count(*) FROM outbox WHERE created_at >= ? GROUP BY state", (now - DAY,))
            )
            | {"queued": _count("SELECT count(*) FROM outbox WHERE state = 'queued'")},
            oldest_queued_s=_oldest_s(now),
            holds=_count("SELECT count(*) FROM hold WHERE state = 'held'"),
            webhooks_paused=len(webhooks.paused()),
            job_success_s=ages,
            scheduler_beat_s=None if beat is None else _age_s(beat, now),
            backup_s=ages.get("backup"),
            database_bytes=database_bytes(),
            wal_bytes=_size(f"{db.proxy.database}-wal") if db.is_sqlite() else 0,
            free_bytes=free_bytes(),
        )


def _count(sql: str, *params: object) -> int:
    return int(db.value(sql, params))


def _age_s(at: int, now: int) -> int:
    return max(now - at, 0) // SECOND


def _oldest_s(now: Millis) -> int:
    """How long the queued message has waited whose time came first."""
    since = db.value(
        "SELECT not_before FROM outbox WHERE state = 'queued' AND not_before <= ? ORDER BY not_before LIMIT 1", (now,)
    )
    return 0 if since is None else _age_s(since, now)


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0


def database_bytes() -> int:
    """How large the database is."""
    if db.is_sqlite():
        return _size(str(db.proxy.database))
    return int(db.value("SELECT pg_database_size(current_database())"))


def own_folder() -> Path:
    """The folder this process keeps its files in; with SQLite the database's own."""
    kept = str(db.proxy.database) if db.is_sqlite() else settings.current().limits
    return Path(kept or ".").absolute().parent


def free_bytes() -> int:
    """Free bytes of the disk that the database, or what else is kept here, stands on."""
    return shutil.disk_usage(own_folder()).free


# --- does it work ----------------------------------------------------------------------------------


def health(*, now: Millis) -> dict[str, bool]:
    """Whether each part works, by its name; asks the database to write nothing."""
    return {name: _works(check, now) for name, check in CHECKS.items()}


def _works(check: Callable[[Millis], bool], now: Millis) -> bool:
    try:
        return check(now)
    except (RegularsError, peewee.DatabaseError, OSError):
        return False


def _answers(_now: Millis) -> bool:
    db.attach()
    return bool(db.value("SELECT count(*) FROM migration"))


def _fits(_now: Millis) -> bool:
    schema.check()
    return True


def _has_room(_now: Millis) -> bool:
    return free_bytes() >= LEAST_FREE_BYTES


def scheduler_works(now: Millis) -> bool:
    """Whether a scheduler noted lately that it works, or is at a long job."""
    beat = jobs.last_beat()
    return (beat is not None and beat > now - FRESH) or jobs.is_running(since=Millis(now - LONGEST_JOB))


CHECKS: dict[str, Callable[[Millis], bool]] = {
    "database": _answers,
    "schema": _fits,
    "disk": _has_room,
    "scheduler": scheduler_works,
}
