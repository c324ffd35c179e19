"""Scheduled jobs as rows: when each runs, and each run claimed once in the database.

A run is keyed by its slot: the local date for a job that runs daily or more rarely, so that a clock
change neither skips nor doubles it; the minute for one that runs more often.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from core.base import db, logs, owners
from core.base.access import Actor, require
from core.base.clock import DAY, SECOND, Millis
from core.base.errors import Invalid, NotFound, Refused
from core.base.i18n import N_
from core.books import alerts, audit
from core.keeping import slots
from core.keeping.slots import Slot

BEAT = ("heartbeat", "scheduler")
"""The row that says when a scheduler was last seen at work; no job has this name."""
KEEPS = ("backup", "restore-drill")
"""Jobs without which nothing could be restored."""
TELLING = (
    "birthdays", "win-back", "anniversaries", "festivals", "points-notice", "coupons-notice", "tier-notice",
    "plan-notice", "follow-ups", "welcome-back", "tier-near", "surveys", "booking-reminders",
    "event-reminders",
)  # fmt: skip
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
    each_slot: bool = False
    """Each slot counts: those that were missed are run one by one; else they merge into the newest."""
    changed_at: int = 0


class JobUnknown(NotFound):
    """No job has this name."""

    code = "job_unknown"
    text = N_("There is no job “{name}”. `regulars job list` names them all.")


class CatchUpInvalid(Invalid):
    """A window to catch up in that is too short or too long."""

    code = "catch_up_invalid"
    text = N_("A missed run can be caught up for {least} to {most} seconds, not {given}.")


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
            "INSERT INTO job (name, cron, zone, enabled, catch_up_s, each_slot, changed_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING",
            (job.name, job.cron, job.zone, int(job.enabled), job.catch_up_s, int(job.each_slot), job.changed_at),
        )


_JOBS = "SELECT name, cron, zone, enabled, catch_up_s, each_slot, changed_at FROM job"


def all_jobs() -> list[Job]:
    """Every job, by name."""
    return [_job(row) for row in db.rows(f"{_JOBS} ORDER BY name")]


def get(name: str) -> Job:
    """One job. Raises: JobUnknown."""
    row = db.one(f"{_JOBS} WHERE name = ?", (name,))
    if row is None:
        raise JobUnknown(name=name[:40])
    return _job(row)


def _job(row: db.Row) -> Job:
    return Job(row[0], row[1], row[2], bool(row[3]), row[4], bool(row[5]), row[6])


@db.atomic
def set_enabled(name: str, enabled: bool, *, by: Actor, now: Millis) -> None:
    """Switch a job on or off; what it missed while it was off stays missed. Raises: NotAllowed, JobUnknown."""
    require(by, "settings")
    was = get(name)
    for slot in missed(was, now=now) if enabled and not was.enabled else ():
        _let_go(name, slot, now)
    db.run("UPDATE job SET enabled = ?, changed_at = ? WHERE name = ?", (int(enabled), now, name))
    audit.record("job.switched", "job", 0, by=by, now=now, after={"job": name, "enabled": enabled})


LEAST_CATCH_UP_S, MOST_CATCH_UP_S = 60, 7 * DAY // SECOND


@db.atomic
def reschedule(
    name: str,
    *,
    cron: str | None = None,
    zone: str | None = None,
    catch_up_s: int | None = None,
    by: Actor,
    now: Millis,
) -> Job:
    """Give a job other times, another zone or window; a running scheduler follows within a minute.

    Of a job of which each slot counts, those it still owes at its old times are kept and run.
    Raises: NotAllowed, JobUnknown, CronInvalid, ZoneInvalid, CatchUpInvalid.
    """
    require(by, "settings")
    was = get(name)
    given = catch_up_s if catch_up_s is not None else was.catch_up_s
    made = Job(name, " ".join((cron or was.cron).lower().split()), zone or was.zone, was.enabled, given, was.each_slot)
    slots.validate(made.cron, made.zone)
    if not LEAST_CATCH_UP_S <= given <= MOST_CATCH_UP_S:
        raise CatchUpInvalid(least=LEAST_CATCH_UP_S, most=MOST_CATCH_UP_S, given=given)
    for slot in missed(was, now=now) if was.each_slot and was.enabled else ():
        _owe(name, slot)
    db.run(
        "UPDATE job SET cron = ?, zone = ?, catch_up_s = ?, changed_at = ? WHERE name = ?",
        (made.cron, made.zone, made.catch_up_s, now, name),
    )
    audit.record("job.rescheduled", "job", 0, by=by, now=now, before=_told(was), after=_told(made))
    return get(name)


def _told(job: Job) -> dict[str, str | int]:
    return {"job": job.name, "cron": job.cron, "zone": job.zone, "catch_up_s": job.catch_up_s}


def _owe(name: str, slot: Slot) -> None:
    """Note a slot as begun and broken off, so that it is taken up whatever the job's times are then."""
    db.run(
        "INSERT INTO job_run (job, slot, state, owner, started_at) VALUES (?, ?, 'crashed', 'rescheduled', ?)"
        " ON CONFLICT (job, slot) DO NOTHING",
        (name, slot.key, slot.at),
    )


def _let_go(name: str, slot: Slot, now: Millis) -> None:
    """Note a slot that came while its job was off, so that it is not taken up."""
    db.run(
        "INSERT INTO job_run (job, slot, state, owner, started_at, ended_at, result) VALUES (?, ?, 'done', 'off', ?, ?,"
        " 'missed while it was off') ON CONFLICT (job, slot) DO UPDATE SET state = 'done', result = excluded.result",
        (name, slot.key, slot.at, now),
    )


BY_HAND = "by hand "
"""How the slot of a run begins that a person asked for; the moment follows."""


class JobOff(Refused):
    """A job that is off does not run."""

    code = "job_off"
    text = N_("“{name}” is off. Switch it on first.")


@db.atomic
def ask(name: str, *, by: Actor, now: Millis) -> None:
    """Have the scheduler run a job at once, beside its times: a run that was begun and not ended, so it takes it up.

    Raises: NotAllowed, JobUnknown, JobOff.
    """
    require(by, "settings")
    if not get(name).enabled:
        raise JobOff(name=name)
    _owe(name, Slot(f"{BY_HAND}{now}", now))
    audit.record("job.asked", "job", 0, by=by, now=now, after={"job": name})


def missed(job: Job, *, now: Millis) -> list[Slot]:
    """The slots of a job that should run now, the oldest first: come, within the window, and not run.

    Slots that merge are one: the newest. One of a day is due on its day even if the job's hour was changed meanwhile.
    """
    come = slots.due_slots(job, now=now)
    if not slots.read(job.cron).daily:
        come = [slot for slot in come if slot.at >= job.changed_at]
    if not job.each_slot:
        come = come[-1:]
    broken = _broken_off(job, {slot.key for slot in come}, now)
    broken = [slot for slot in broken if job.each_slot or slot.key.startswith(BY_HAND)]
    return broken + [slot for slot in come if _is_open(job.name, slot.key)]


def _broken_off(job: Job, known: Collection[str], now: Millis) -> list[Slot]:
    """Slots of a job beside the known ones that were begun, or owed, and broken off within its window."""
    sql = "SELECT slot, started_at FROM job_run WHERE job = ? AND state = 'crashed' AND started_at >= ? ORDER BY slot"
    found = db.rows(sql, (job.name, now - job.catch_up_s * SECOND))
    return [Slot(key, Millis(at)) for key, at in found if key not in known]


def _is_open(name: str, key: str) -> bool:
    """Whether a slot is to be run; that of a day not if one of its hours ran, when the job had several."""
    state = db.value("SELECT state FROM job_run WHERE job = ? AND slot = ?", (name, key))
    if state is None and "T" not in key:
        sql = "SELECT count(*) FROM job_run WHERE job = ? AND slot > ? AND slot < ? AND state IN ('running', 'done')"
        return not db.value(sql, (name, f"{key}T", f"{key}U"))
    return state is None or state == "crashed"


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
def finish(name: str, slot: str, *, state: str, result: str, now: Millis, owner: str | None = None) -> None:
    """Note how a run ended: 'done', 'failed', or 'crashed', to be taken up again; staff must hear of the last two.

    With an owner only its own run is ended: another may have taken it up meanwhile.
    """
    sql = "UPDATE job_run SET state = ?, ended_at = ?, result = ? WHERE job = ? AND slot = ?"
    given = (state, now, result[:500], name, slot)
    if owner is None:
        db.run(sql, given)
    elif not db.change(f"{sql} AND owner = ?", (*given, owner)):
        return
    if state != "done" and name != "doctor":  # which says itself what it found
        kind = "backup" if name in KEEPS else "job"
        alerts.note(kind, name, now=now, error=logs.mask(result)[:200])


@db.atomic
def crash_others(owner: str) -> int:
    """A new leader marks what dead processes left running; those runs may be taken again."""
    found = db.rows("SELECT DISTINCT owner FROM job_run WHERE state = 'running' AND owner <> ?", (owner,))
    sql = "UPDATE job_run SET state = 'crashed' WHERE state = 'running' AND owner = ?"
    return sum(db.change(sql, (other,)) for (other,) in found if owners.is_gone(other))


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


def history(name: str, *, limit: int = 50) -> list[Run]:
    """The newest runs of one job."""
    sql = (
        "SELECT job, slot, state, started_at, ended_at, coalesce(result, '') FROM job_run WHERE job = ?"
        " ORDER BY started_at DESC, slot DESC LIMIT ?"
    )
    return [Run(*row) for row in db.rows(sql, (name, limit))]


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
    """Slots of a daily or rarer job that came after one moment and not after another; others have none here."""
    if not slots.read(job.cron).daily:
        return []
    return [slot.key for slot in slots.between(job.cron, job.zone, since + 1, until)]
