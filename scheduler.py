"""The scheduler: the table of jobs, and the process that runs them and sends what is in the outbox.

One process leads by a lock that lives and dies with it; another takes over when it ends. Each run
is claimed once in the database, so a restart, a freeze or a second scheduler doubles nothing.
"""

import fcntl
import logging
import os
import secrets
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from core.base import access, clock, db, i18n, logs, settings
from core.base.clock import MINUTE, Millis
from core.base.drivers import peewee
from core.base.errors import RegularsError
from core.base.settings import Settings
from core.books import rules
from core.keeping import doctor, jobs, practice, retention
from core.loyalty import couponholds, coupons, passes, reserves
from core.outreach import care
from core.tables import schema
from sending import channels_for as channels_for
from sending import fetch_costs, send_due, settle, tell_due, tell_staff

log = logs.get("scheduler")

ADVISORY_LOCK = 7_212_002


@dataclass(frozen=True)
class Work:
    """What a job does: a core function that takes who and when, and says what it did."""

    name: str
    cron: str
    do: Callable[[access.Actor, Millis], object]
    catch_up_s: int = 20 * 3600


def _churn(by: access.Actor, now: Millis) -> object:
    from core.insight import scan  # numpy: 150 ms and 30 MB, needed once a day

    return scan.scan(by=by, now=now)


def _doctor(by: access.Actor, now: Millis) -> object:
    found = doctor.examine(now=now)
    if found:
        doctor.tell(found, now=now)
        raise RuntimeError("; ".join(f"{one.check}: {one.what}" for one in found[:3]))
    return "all is well"


def _costs(by: access.Actor, now: Millis) -> object:
    return fetch_costs(settings.current(), now=now)


def _summary(by: access.Actor, now: Millis) -> object:
    from core.reports import summary

    return summary.tell(by=by, now=now)


def _retention(by: access.Actor, now: Millis) -> object:
    practice.sweep(now=now)
    return retention.said(retention.sweep(by=by, now=now))


def _lapse_holds(by: access.Actor, now: Millis) -> object:
    return reserves.lapse_due(by=by, now=now) + couponholds.lapse_due(by=by, now=now)


def _backup(by: access.Actor, now: Millis) -> object:
    from core.keeping import backup

    if not backup.keeps():
        return "no backups are kept here"
    made = backup.nightly(by=by, now=now)
    return f"{made.path.name}, {made.size} bytes"


def _drill(by: access.Actor, now: Millis) -> object:
    from core.keeping import backup, drill

    if not backup.keeps():
        return "no backups are kept here"
    done = drill.drill(by=by, now=now)
    if done.found:
        raise RuntimeError("; ".join(f"{one.check}: {one.what}" for one in done.found[:3]))
    return f"{done.backup.path.name} {'is good' if done.whole else 'is as it was written'}"


WORKS = (
    Work("backup", "30 2 * * *", _backup),
    Work("restore-drill", "0 5 * * sun", _drill),
    Work("reserves-lapse", "*/10 * * * *", _lapse_holds, 3600),
    Work("log-wipe", "15 * * * *", lambda by, now: db.take_up_log(), 3600),
    Work("points-expire", "10 3 * * *", lambda by, now: care.expire_points(by=by, now=now)),
    Work("coupons-lapse", "20 3 * * *", lambda by, now: coupons.lapse_due(now=now)),
    Work("passes-lapse", "25 3 * * *", lambda by, now: passes.lapse_due(by=by, now=now)),
    Work("tier-review", "30 3 * * *", lambda by, now: care.review_tiers(by=by, now=now)),
    Work("period-coupons", "35 3 * * *", lambda by, now: care.give_period_coupons(by=by, now=now)),
    Work("retention", "40 3 * * *", _retention),
    Work("churn", "0 4 * * *", _churn),
    Work("costs", "15 4 * * *", _costs),
    Work("doctor", "30 4 * * *", _doctor),
    Work("birthdays", "0 9 * * *", lambda by, now: care.greet_birthdays(by=by, now=now), 12 * 3600),
    Work("points-notice", "10 9 * * *", lambda by, now: care.warn_expiring_points(by=by, now=now), 12 * 3600),
    Work("tier-notice", "20 9 * * *", lambda by, now: care.warn_reviews(by=by, now=now), 12 * 3600),
    Work("plan-notice", "30 9 * * *", lambda by, now: care.remind_plans(by=by, now=now), 12 * 3600),
    Work("summary", "0 21 * * *", _summary, 2 * 3600),
)
BY_NAME = {work.name: work for work in WORKS}
APART = frozenset({"backup", "restore-drill", "costs"})
"""Jobs that run in a thread of their own, for they may take long and customers wait for their codes."""


def default_jobs(now: Millis) -> list[jobs.Job]:
    """The rows a new shop starts with, in its own zone."""
    zone = rules.current(now=now).zone
    return [jobs.Job(work.name, work.cron, zone, True, work.catch_up_s) for work in WORKS]


# --- when ----------------------------------------------------------------------------------------


def _trigger(job: jobs.Job) -> Any:
    from apscheduler.triggers.cron import CronTrigger

    return CronTrigger.from_crontab(job.cron, timezone=clock.zone_of(job.zone))


def next_times(job: jobs.Job, *, now: Millis, count: int = 3) -> list[datetime]:
    """The next times a job will run, in its zone."""
    trigger, found = _trigger(job), []
    after = clock.local(now, job.zone).astimezone(UTC)
    for _ in range(count):
        moment = trigger.get_next_fire_time(None, after)
        if moment is None:
            break
        found.append(moment)
        after = moment.astimezone(UTC) + timedelta(seconds=1)
    return found


def due_slot(job: jobs.Job, *, now: Millis) -> str | None:
    """The newest slot of a job that has come and is within its catch-up window; runs missed merge into it."""
    trigger, here = _trigger(job), clock.local(now, job.zone)
    moment = trigger.get_next_fire_time(None, here.astimezone(UTC) - timedelta(seconds=job.catch_up_s))
    newest = None
    while moment is not None and moment <= here:
        newest = moment
        # In UTC: local time plus a second goes back an hour when clocks do.
        moment = trigger.get_next_fire_time(None, moment.astimezone(UTC) + timedelta(seconds=1))
    if newest is None:
        return None
    minute, hour = job.cron.split()[:2]
    return str(newest.date()) if minute.isdigit() and hour.isdigit() else newest.strftime("%Y-%m-%dT%H:%M")


def _in_order() -> list[jobs.Job]:
    """The jobs in the order of the table: what expires is written off before the doctor looks."""
    order = [work.name for work in WORKS]
    return sorted(jobs.all_jobs(), key=lambda job: order.index(job.name) if job.name in order else len(order))


def run_due(owner: str, *, now: Millis, apart: bool | None = None) -> dict[str, str]:
    """Run every job whose slot has come and was not run, or those of one thread; what each did, by name."""
    done = {}
    for job in _in_order():
        mine = job.enabled and job.name in BY_NAME and apart in (None, job.name in APART)
        slot = due_slot(job, now=now) if mine else None
        if slot is not None and jobs.claim(job.name, slot, owner=owner, now=now):
            done[job.name] = run_job(job.name, slot, now=now)
    return done


def run_today(owner: str, *, now: Millis) -> dict[str, str]:
    """Run every daily job of today that has not run yet, whatever the hour; what each did, by name."""
    jobs.ensure(default_jobs(now))
    done = {}
    for job in _in_order():
        slot = str(clock.day_of(now, job.zone))
        if job.enabled and job.name in BY_NAME and jobs.claim(job.name, slot, owner=owner, now=now):
            done[job.name] = run_job(job.name, slot, now=now)
    return done


def run_job(name: str, slot: str, *, now: Millis) -> str:
    """Run one claimed slot of a job and note how it ended."""
    work, state, began_s = BY_NAME[name], "done", time.monotonic()
    with i18n.use("en"):
        try:
            result = str(work.do(access.scheduler(name), now))
        except (RegularsError, RuntimeError, peewee.DatabaseError) as error:
            state, result = "failed", f"{type(error).__name__}: {error}"
            logs.note(log, "job failed", level=logging.ERROR, error=error, job=name, slot=slot)
    jobs.finish(name, slot, state=state, result=result, now=clock.now())
    logs.note(log, "job", job=name, slot=slot, state=state, ms=round((time.monotonic() - began_s) * 1000))
    return result


# --- the process -----------------------------------------------------------------------------------


class Leadership:
    """The lock that makes one scheduler the leader; it ends with the process, however that ends."""

    def __init__(self) -> None:
        self._file = -1

    def take(self) -> bool:
        """Try to lead; False while another does."""
        if not db.is_sqlite():
            return bool(db.value("SELECT pg_try_advisory_lock(?)", (ADVISORY_LOCK,)))
        if self._file < 0:
            self._file = os.open(f"{db.proxy.database}.scheduler", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def leave(self) -> None:
        """Let another lead."""
        if not db.is_sqlite():
            db.value("SELECT pg_advisory_unlock(?)", (ADVISORY_LOCK,))
        elif self._file >= 0:
            os.close(self._file)
            self._file = -1


def once(settings: Settings, *, on: date | None = None) -> dict[str, str]:
    """Run what is due now, or at noon of a day, send what is queued, and end; what each job did."""
    zone = rules.current(now=clock.now()).zone
    moment = clock.now() if on is None else clock.at_time(on, 12, 0, zone)
    owner = f"once-{os.getpid()}-{secrets.token_hex(4)}"
    with clock.set_to(moment):
        jobs.ensure(default_jobs(moment))
        done = run_due(owner, now=moment)
        channels = channels_for(settings)
        sent = 0
        while more := send_due(channels, owner):
            sent += more
        done["sent"] = str(sent)
        told = 0
        while more := tell_due():
            told += more
        if told:
            done["told"] = str(told)
        if warned := tell_staff(settings):
            done["staff told"] = str(warned)
        for channel in channels.values():
            channel.close()
    return done


THREADS = ("default", "webhooks", "alerts", "apart")


class Scheduler:
    """One scheduler process: a tick for jobs, one a second for the outbox, one a minute to settle.

    Online shops are told in a thread of its own: one that answers slowly keeps no customer's code waiting.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.owner = f"{os.uname().nodename}-{os.getpid()}-{secrets.token_hex(4)}"
        self.channels = channels_for(settings)
        self.leadership = Leadership()
        self.stopping = threading.Event()
        self.leading = False
        self._minute = self._tended = 0

    def run(self) -> None:
        """Wait to lead, then work until told to stop; the message being sent is finished first."""
        from apscheduler.schedulers.background import BackgroundScheduler

        # One worker thread: it keeps one connection, and on PostgreSQL the leader's lock lives in it.
        pool = {name: {"type": "threadpool", "max_workers": 1} for name in THREADS}
        timer = BackgroundScheduler(timezone=UTC, executors=pool)
        options = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        for work, executor in zip((self.tick, self.tell, self.warn, self.tend), THREADS, strict=True):
            soon = clock.local(clock.now(), "UTC")
            timer.add_job(work, "interval", seconds=1, next_run_time=soon, executor=executor, **options)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stopping.set())
        timer.start()
        self.stopping.wait()
        timer.shutdown(wait=True)
        for channel in self.channels.values():
            channel.close()

    def tick(self) -> None:
        """One second's work: lead if possible, send, and once a minute settle and run what is due."""
        db.attach()
        try:
            if self.stopping.is_set() or not self._lead():
                return
            begins = clock.now() // MINUTE != self._minute
            if begins:
                schema.check()  # another version of the program may have changed the tables meanwhile
            send_due(self.channels, self.owner, stop=self.stopping)
            now = clock.now()
            if begins:
                self._minute = now // MINUTE
                jobs.beat(self.owner, now=now)
                settle(self.channels, self.owner, now=now)
                run_due(self.owner, now=now, apart=False)
        except (RegularsError, peewee.DatabaseError) as error:
            logs.note(log, "tick failed", level=logging.ERROR, error=error)
            if not db.is_sqlite():
                # The connection may be gone, and the lock with it: begin again as a candidate.
                self.leading = False
                db.detach()

    def tell(self) -> None:
        """One second's work beside that: tell online shops, while this process leads."""
        db.attach()
        try:
            if self.leading and not self.stopping.is_set():
                tell_due(stop=self.stopping)
        except (RegularsError, peewee.DatabaseError) as error:
            logs.note(log, "telling failed", level=logging.ERROR, error=error)
            if not db.is_sqlite():
                db.detach()

    def warn(self) -> None:
        """One second's work beside that: tell staff, while this process leads."""
        db.attach()
        try:
            if self.leading and not self.stopping.is_set():
                tell_staff(self.settings, stop=self.stopping)
        except (RegularsError, peewee.DatabaseError) as error:
            logs.note(log, "warning failed", level=logging.ERROR, error=error)
            if not db.is_sqlite():
                db.detach()

    def tend(self) -> None:
        """Once a minute beside that, while this process leads: jobs that may take long."""
        db.attach()
        try:
            now = clock.now()
            if self.leading and not self.stopping.is_set() and now // MINUTE != self._tended:
                self._tended = now // MINUTE
                run_due(self.owner, now=now, apart=True)
        except (RegularsError, peewee.DatabaseError) as error:
            log.error("tending failed: %s", type(error).__name__)
            if not db.is_sqlite():
                db.detach()

    def _lead(self) -> bool:
        if not self.leading and self.leadership.take():
            self.leading = True
            crashed = jobs.crash_others(self.owner)
            jobs.ensure(default_jobs(clock.now()))
            logs.note(log, "leading", crashed=crashed)
        return self.leading


def main(settings: Settings) -> None:
    """Run until SIGTERM or Ctrl-C."""
    Scheduler(settings).run()
