"""Scheduled jobs as rows: when each runs, and each run claimed once in the database.

A run is keyed by its slot: the local date for a job that runs daily or more rarely, so that a clock
change neither skips nor doubles it; the minute for one that runs more often.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

from core.base import clock, db, logs
from core.base.access import Actor, require
from core.base.clock import Millis
from core.books import alerts, audit

BEAT = ("heartbeat", "scheduler")
"""The row that says when a scheduler was last seen at work; no job has this name."""
KEEPS = ("backup", "restore-drill")
"""Jobs without which nothing could be restored."""
TELLING = ("birthdays", "points-notice", "tier-notice", "plan-notice")
"""Jobs that only write to members: a run that is not known to be lost is not done a second time after a restore."""
RESTORED = "skipped after a restore"


@dataclass(frozen=True)
class Job:
    """One job's row; `cron` has five fields with weekdays by name, read in `zone`."""

    name: str
    cron: str
    zone: str
    enabled: bool
    catch_up_s: int


@dataclass(frozen=True)
class Run:
    """One run and what it did."""

    job: str
    slot: str
    state: str
    started_at: Millis
    ended_at: Millis | None
    result: str


@db.atomic
def ensure(jobs: Iterable[Job]) -> None:
    """Add rows for jobs that have none; what the shop changed stays."""
    for job in tuple(jobs):
        db.run(
            "INSERT INTO job (name, cron, zone, enabled, catch_up_s) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (name) DO NOTHING",
            (job.name, job.cron, job.zone, int(job.enabled), job.catch_up_s),
        )


def all_jobs() -> list[Job]:
    """Every job, by name."""
    found = db.rows("SELECT name, cron, zone, enabled, catch_up_s FROM job ORDER BY name")
    return [Job(row[0], row[1], row[2], bool(row[3]), row[4]) for row in found]


@db.atomic
def set_enabled(name: str, enabled: bool, *, by: Actor, now: Millis) -> None:
    """Switch a job on or off. Raises: NotAllowed."""
    require(by, "settings")
    db.run("UPDATE job SET enabled = ? WHERE name = ?", (int(enabled), name))
    audit.record("job.switched", "job", 0, by=by, now=now, after={"job": name, "enabled": enabled})


def last_started(name: str) -> Millis | None:
    """When a job last began."""
    found: Millis | None = db.value("SELECT max(started_at) FROM job_run WHERE job = ?", (name,))
    return found


@db.atomic
def claim(name: str, slot: str, *, owner: str, now: Millis) -> bool:
    """Take one run; False if it was taken before (a crashed one may be taken again)."""
    taken = db.change(
        "INSERT INTO job_run (job, slot, state, owner, started_at) VALUES (?, ?, 'running', ?, ?)"
        " ON CONFLICT (job, slot) DO UPDATE SET state = 'running', owner = excluded.owner,"
        " started_at = excluded.started_at WHERE job_run.state = 'crashed'",
        (name, slot, owner, now),
    )
    return taken == 1


@db.atomic
def finish(name: str, slot: str, *, state: str, result: str, now: Millis) -> None:
    """Note how a run ended: 'done' or 'failed', which staff must be told."""
    sql = "UPDATE job_run SET state = ?, ended_at = ?, result = ? WHERE job = ? AND slot = ?"
    db.run(sql, (state, now, result[:500], name, slot))
    if state == "failed" and name != "doctor":  # which says itself what it found
        kind = "backup" if name in KEEPS else "job"
        alerts.note(kind, name, now=now, error=logs.mask(result)[:200])


@db.atomic
def crash_others(owner: str) -> int:
    """A new leader marks what its predecessor left running; those runs may be taken again."""
    return db.change("UPDATE job_run SET state = 'crashed' WHERE state = 'running' AND owner <> ?", (owner,))


@db.atomic
def beat(owner: str, *, now: Millis) -> None:
    """Note that the scheduler works: one row among the runs, whoever leads."""
    db.run(
        "INSERT INTO job_run (job, slot, state, owner, started_at, ended_at) VALUES (?, ?, 'done', ?, ?, ?)"
        " ON CONFLICT (job, slot) DO UPDATE SET owner = excluded.owner, started_at = excluded.started_at,"
        " ended_at = excluded.ended_at",
        (*BEAT, owner, now, now),
    )


def last_beat() -> Millis | None:
    """When a scheduler last noted that it works."""
    found: Millis | None = db.value("SELECT started_at FROM job_run WHERE job = ? AND slot = ?", BEAT)
    return found


def is_running(*, since: Millis) -> bool:
    """Whether a job that began since then has not ended."""
    return bool(db.value("SELECT count(*) FROM job_run WHERE started_at >= ? AND state = 'running'", (since,)))


def last_successes(*, since: Millis) -> dict[str, Millis]:
    """When each job last ended well, of those that began since then, by its name."""
    sql = (
        "SELECT job, max(ended_at) FROM job_run WHERE started_at >= ? AND state = 'done' AND job <> ?"
        " GROUP BY job ORDER BY job"
    )
    return dict(db.rows(sql, (since, BEAT[0])))


@db.atomic
def forget_before(moment: Millis) -> int:
    """Drop runs that ended before a moment; how many."""
    return db.change("DELETE FROM job_run WHERE ended_at < ?", (moment,))


def runs(*, limit: int = 50) -> list[Run]:
    """The newest runs."""
    sql = (
        "SELECT job, slot, state, started_at, ended_at, coalesce(result, '') FROM job_run WHERE job <> ?"
        " ORDER BY started_at DESC, job LIMIT ?"
    )
    return [Run(*row) for row in db.rows(sql, (BEAT[0], limit))]


def last_runs() -> dict[str, Run]:
    """The newest run of each job that ever ran, by its name."""
    found = db.rows(
        "SELECT r.job, r.slot, r.state, r.started_at, r.ended_at, coalesce(r.result, '') FROM job_run r JOIN"
        " (SELECT job, max(started_at) AS newest FROM job_run GROUP BY job) l ON l.job = r.job"
        " AND l.newest = r.started_at ORDER BY r.job, r.slot"
    )
    return {row[0]: Run(*row) for row in found if row[0] != BEAT[0]}


@db.atomic
def skip_told(
    *, since: Millis, ran: Collection[tuple[str, str]] | None, owner: str, now: Millis
) -> list[tuple[str, str]]:
    """Mark runs of jobs that write to members as done: those that came due since a backup was made.

    `ran` are the runs the replaced database knew; None if it could not be read, and then every one may have
    written. The runs skipped, as (job, slot).
    """
    skipped = []
    for job in all_jobs():
        for slot in slots_between(job, since, now) if job.name in TELLING else ():
            if ran is not None and (job.name, slot) not in ran:
                continue
            taken = db.change(
                "INSERT INTO job_run (job, slot, state, owner, started_at, ended_at, result)"
                " VALUES (?, ?, 'done', ?, ?, ?, ?) ON CONFLICT (job, slot) DO NOTHING",
                (job.name, slot, owner, now, now, RESTORED),
            )
            skipped += [(job.name, slot)] * taken
    return skipped


def slots_between(job: Job, since: Millis, until: Millis) -> list[str]:
    """Days on which a daily job came due after one moment and not after another, as its slots.

    A job that runs at several hours has none here; a weekly one is told of days it does not run on, which harms
    nothing.
    """
    minute, hour = job.cron.split()[:2]
    if not (minute.isdigit() and hour.isdigit()):
        return []
    day, last = clock.day_of(since, job.zone), clock.day_of(until, job.zone)
    found = []
    while day <= last:
        if since < clock.at_time(day, int(hour), int(minute), job.zone) <= until:
            found.append(str(day))
        day += timedelta(days=1)
    return found
