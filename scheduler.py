"""The scheduler: the table of jobs, and the process that runs them and sends what is in the outbox.

One process leads by a lock that lives and dies with it; another takes over when it ends. Each run
is claimed once in the database, so a restart, a freeze or a second scheduler doubles nothing.
"""

import importlib
import logging
import os
import secrets
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, date

from core.base import access, clock, db, i18n, logs, owners, settings
from core.base.clock import MINUTE, Millis
from core.base.drivers import peewee
from core.base.errors import RegularsError
from core.base.settings import Settings
from core.books import rules
from core.keeping import doctor, jobs, practice, retention
from core.loyalty import couponholds, coupons, passes, reserves
from core.outreach import care
from core.tables import schema
from mailing import mail_reports
from sending import (
    THREADS,
    URGENT_THREADS,
    Lane,
    Sender,
    buckets_for,
    fetch_costs,
    settler,
    tell_due,
    tell_staff,
)
from sending import channels_for as channels_for
from sending import send_due as send_due
from sending import settle as settle

log = logs.get("scheduler")


@dataclass(frozen=True)
class Work:
    """What a job does: a core function that takes who and when, and says what it did."""

    name: str
    cron: str
    do: Callable[[access.Actor, Millis], object]
    catch_up_s: int = 20 * 3600
    each_slot: bool = False
    """Each slot does work of its own, and is given its own moment; else slots missed merge into the newest."""


def later(place: str) -> Callable[[access.Actor, Millis], object]:
    """A core function by its place, imported when its job first runs: some bring numpy, 150 ms and 30 MB."""

    def do(by: access.Actor, now: Millis) -> object:
        module, _, name = place.partition(":")
        return getattr(importlib.import_module(module), name)(by=by, now=now)

    return do


def _doctor(by: access.Actor, now: Millis) -> object:
    found = doctor.examine(now=now)
    if found:
        doctor.tell(found, now=now)
        raise RuntimeError("; ".join(f"{one.check}: {one.what}" for one in found[:3]))
    return "all is well"


def _quality(by: access.Actor, now: Millis) -> object:
    from core.keeping import quality

    return ", ".join(f"{count} {kind}" for kind, count in quality.look(by=by, now=now).items())


def _costs(by: access.Actor, now: Millis) -> object:
    return fetch_costs(settings.current(), now=now)


def _mail_reports(by: access.Actor, now: Millis) -> object:
    return mail_reports(settings.current(), by=by, now=now)


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


def _win_back_cases(by: access.Actor, now: Millis) -> object:
    from core.service import verdicts, winback  # the campaigns behind it bring what takes 100 ms to import

    judged = verdicts.judge_due(by=by, now=now)
    return f"{judged} judged, {winback.open_by_rule(by=by, now=now)} opened"


def _surveys(by: access.Actor, now: Millis) -> object:
    from core.service import surveyasking, surveys

    ended = surveys.end_due(by=by, now=now)
    return f"{surveyasking.invite_after_sales(by=by, now=now)} asked, {ended} ended"


WORKS = (
    Work("backup", "30 2 * * *", _backup),
    Work("restore-drill", "0 5 * * sun", _drill),
    Work("reserves-lapse", "*/10 * * * *", _lapse_holds, 3600),
    Work("event-reminders", "*/15 * * * *", later("core.service.gatheringnotes:remind"), 3600),
    Work("campaigns", "*/5 * * * *", later("core.outreach.campaigns.running:advance"), 3600),
    Work("booking-reminders", "*/10 * * * *", later("core.service.bookingletters:remind"), 3600),
    Work("bookings", "5 * * * *", later("core.service.bookingends:settle"), 3600),
    Work("tickets", "*/2 * * * *", later("core.service.takingin:take_in"), 3600),
    Work("log-wipe", "15 * * * *", lambda by, now: db.take_up_log(), 3600),
    Work("points-expire", "10 3 * * *", lambda by, now: care.expire_points(by=by, now=now)),
    Work("coupons-lapse", "20 3 * * *", lambda by, now: coupons.lapse_due(now=now)),
    Work("passes-lapse", "25 3 * * *", lambda by, now: passes.lapse_due(by=by, now=now)),
    Work("tier-review", "30 3 * * *", lambda by, now: care.review_tiers(by=by, now=now)),
    Work("period-coupons", "35 3 * * *", lambda by, now: care.give_period_coupons(by=by, now=now)),
    Work("retention", "40 3 * * *", _retention),
    Work("back-test", "50 3 * * *", later("core.insight.backtest:run")),
    Work("churn", "0 4 * * *", later("core.insight.scan:scan")),
    Work("win-back-cases", "10 4 * * *", _win_back_cases),
    Work("follow-ups-planned", "11 4 * * *", later("core.service.followplans:plan_due")),
    Work("recommend", "8 4 * * *", later("core.insight.baskets:count")),
    Work("data-quality", "12 4 * * *", _quality),
    Work("costs", "15 4 * * *", _costs),
    Work("doctor", "30 4 * * *", _doctor),
    Work("birthdays", "0 9 * * *", lambda by, now: care.greet_birthdays(by=by, now=now), 12 * 3600),
    Work("stock", "30 8 * * *", later("core.goods.places:tell"), 12 * 3600),
    Work("win-back", "2 9 * * *", lambda by, now: care.win_back(by=by, now=now), 12 * 3600),
    Work("anniversaries", "4 9 * * *", lambda by, now: care.greet_anniversaries(by=by, now=now), 12 * 3600),
    Work("festivals", "6 9 * * *", lambda by, now: care.greet_festivals(by=by, now=now), 12 * 3600),
    Work("points-notice", "10 9 * * *", lambda by, now: care.warn_expiring_points(by=by, now=now), 12 * 3600),
    Work("coupons-notice", "15 9 * * *", lambda by, now: care.warn_expiring_coupons(by=by, now=now), 12 * 3600),
    Work("tier-notice", "20 9 * * *", lambda by, now: care.warn_reviews(by=by, now=now), 12 * 3600),
    Work("plan-notice", "30 9 * * *", lambda by, now: care.remind_plans(by=by, now=now), 12 * 3600),
    Work("follow-ups", "40 9 * * *", lambda by, now: care.follow_up(by=by, now=now), 12 * 3600),
    Work("welcome-back", "42 9 * * *", lambda by, now: care.welcome_back(by=by, now=now), 12 * 3600),
    Work("surveys", "46 9 * * *", _surveys, 12 * 3600),
    Work("tier-near", "44 9 * * *", lambda by, now: care.tell_near_tiers(by=by, now=now), 12 * 3600),
    Work("report-mail", "20 6-22 * * *", _mail_reports, 3600),
    Work("summary", "0 21 * * *", later("core.reports.summary:tell"), 2 * 3600),
)
BY_NAME = {work.name: work for work in WORKS}
SETTLING_S = 10.0
"""So long the provider is asked at once for messages of unknown fate."""
APART = frozenset(
    {
        "backup",
        "restore-drill",
        "festivals",
        "campaigns",
        "costs",
        "recommend",
        "churn",
        "back-test",
        "data-quality",
        "report-mail",
    }
)
"""Jobs that run in a thread of their own, for they may take long and customers wait for their codes."""


def default_jobs(now: Millis) -> list[jobs.Job]:
    """The rows a new shop starts with, in its own zone."""
    zone = rules.current(now=now).zone
    return [jobs.Job(work.name, work.cron, zone, True, work.catch_up_s, work.each_slot, now) for work in WORKS]


FAULTS = (
    RegularsError, peewee.DatabaseError, RuntimeError, OSError, ValueError, LookupError, TypeError, AttributeError,
    ArithmeticError,
)  # fmt: skip
"""What may go wrong in a job, of the shop, the machine or the program: its run ends as failed, and others go on."""


# --- running -----------------------------------------------------------------------------------


def _in_order() -> list[jobs.Job]:
    """The jobs in the order of the table: what expires is written off before the doctor looks."""
    order = [work.name for work in WORKS]
    return sorted(jobs.all_jobs(), key=lambda job: order.index(job.name) if job.name in order else len(order))


def run_due(
    owner: str, *, now: Millis, apart: bool | None = None, go_on: Callable[[], bool] = lambda: True
) -> dict[str, str]:
    """Run every job whose slot has come and was not run, or those of one thread; what each did, by name.

    `go_on` is asked before each: no other begins once this process is to stop, or leads no more.
    """
    done = {}
    for job in _in_order():
        mine = job.enabled and job.name in BY_NAME and apart in (None, job.name in APART)
        for slot in jobs.missed(job, now=now) if mine else ():
            if go_on() and jobs.claim(job.name, slot.key, owner=owner, now=now):
                done[job.name] = run_job(job.name, slot.key, now=slot.at if job.each_slot else now, owner=owner)
    return done


def run_today(owner: str, *, now: Millis) -> dict[str, str]:
    """Run every daily job of today that has not run yet, whatever the hour; what each did, by name."""
    jobs.ensure(default_jobs(now))
    done = {}
    for job in _in_order():
        slot = str(clock.day_of(now, job.zone))
        if job.enabled and job.name in BY_NAME and jobs.claim(job.name, slot, owner=owner, now=now):
            done[job.name] = run_job(job.name, slot, now=now, owner=owner)
    return done


def run_job(name: str, slot: str, *, now: Millis, owner: str | None = None) -> str:
    """Run one claimed slot of a job and note how it ended, whatever went wrong in it.

    What the database could not do just then is broken off, to be taken up again within the window; staff hear of it.
    """
    work, state, began_s = BY_NAME[name], "done", time.monotonic()
    with i18n.use("en"):
        try:
            result = str(work.do(access.scheduler(name), now))
        except FAULTS as error:
            passing = isinstance(error, (db.WriterStuck, peewee.OperationalError))
            state, result = "crashed" if passing else "failed", f"{type(error).__name__}: {error}"
            logs.note(log, "job failed", level=logging.ERROR, error=error, job=name, slot=slot)
    jobs.finish(name, slot, state=state, result=result, now=clock.now(), owner=owner)
    logs.note(log, "job", job=name, slot=slot, state=state, ms=round((time.monotonic() - began_s) * 1000))
    return result


# --- the process -----------------------------------------------------------------------------------


def once(settings: Settings, *, on: date | None = None) -> dict[str, str]:
    """Run what is due now, or at noon of a day, send what is queued, and end; what each job did.

    At another day than today nothing real leaves: what would then be right may be wrong now, so it stays queued.
    """
    zone = rules.current(now=clock.now()).zone
    today = clock.day_of(clock.now(), zone)
    moment = clock.now() if on is None else clock.at_time(on, 12, 0, zone)
    hold = owners.Hold(f"once-{os.getpid()}-{secrets.token_hex(4)}")
    hold.take()
    with clock.set_to(moment):
        jobs.ensure(default_jobs(moment))
        jobs.crash_others(hold.name)
        done = run_due(hold.name, now=moment)
    here = on in (None, today)
    with nullcontext() if here else clock.set_to(moment):
        channels = channels_for(settings)
        if here or settings.demo or settings.channel in ("console", "file"):
            settle(channels, hold.name, now=clock.now())
            done["sent"] = str(Sender(channels, hold.name, hold=hold, buckets=buckets_for(settings)).send())
        else:
            done["sent"] = f"0: {on} is not today"
        told = 0
        while more := tell_due():
            told += more
        if told:
            done["told"] = str(told)
        if warned := tell_staff(settings):
            done["staff told"] = str(warned)
        for channel in channels.values():
            channel.close()
    hold.leave()
    return done


class Scheduler:
    """One scheduler process: a tick for jobs, lanes for codes and for all other messages, one for online shops.

    Each has a thread of its own: a long job, a hundred thousand offers or a shop that answers slowly keep no
    customer's code waiting.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings, self.channels, self.buckets = settings, channels_for(settings), buckets_for(settings)
        self.leadership = owners.Hold("scheduler")
        self.stopping = threading.Event()
        self.leading = False
        self._minute = self._tended = self._settled = 0
        self._begin_anew()

    def _begin_anew(self) -> None:
        """Take a name nobody had: what was begun under a lost one is looked up like a dead process's."""
        self.owner = f"{os.uname().nodename}-{os.getpid()}-{secrets.token_hex(4)}"
        self.hold = owners.Hold(self.owner)
        self.codes, self.letters = (
            Sender(self.channels, self.owner, lane=lane, hold=self.hold, buckets=self.buckets, stop=self.stopping)
            for lane in (Lane(URGENT_THREADS, urgent=True), Lane(THREADS, urgent=False))
        )
        self.settler = settler(self.channels, self.owner, stop=self.stopping)

    def run(self) -> None:
        """Wait to lead, then work until told to stop; the messages being sent are finished first."""
        from apscheduler.schedulers.background import BackgroundScheduler

        # One worker thread each: it keeps one connection.
        works = {"tick": (self.tick, 1.0), "codes": (self.send_codes, 0.25), "letters": (self.send_letters, 1.0),
                 "fates": (self.settle, 1.0), "webhooks": (self.tell, 1.0), "alerts": (self.warn, 1.0),
                 "apart": (self.tend, 1.0)}  # fmt: skip
        timer = BackgroundScheduler(
            timezone=UTC, executors={name: {"type": "threadpool", "max_workers": 1} for name in works}
        )
        options = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        for name, (work, seconds) in works.items():
            soon = clock.local(clock.now(), "UTC")
            timer.add_job(work, "interval", seconds=seconds, next_run_time=soon, executor=name, **options)
        logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a pass longer than its second is no news
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stopping.set())
        timer.start()
        self.stopping.wait()
        timer.shutdown(wait=True)
        self.leave()

    def leave(self) -> None:
        """Let another lead, and close what is open."""
        for sender in (self.codes, self.letters):
            sender.close()
        for channel in self.channels.values():
            channel.close()
        self.hold.leave()
        self.leadership.leave()

    def tick(self) -> None:
        """One second's work: lead if possible, and once a minute run what is due."""
        with self._guarded("tick"):
            if not self.stopping.is_set() and self._lead() and clock.now() // MINUTE != self._minute:
                self._check_tables()
                now = clock.now()
                jobs.crash_others(self.owner)
                self._minute = now // MINUTE
                jobs.beat(self.owner, now=now)
                run_due(self.owner, now=now, apart=False, go_on=self._goes_on)

    def send_codes(self) -> None:
        """A quarter of a second's work beside that: codes, which customers wait for."""
        with self._guarded("sending codes"):
            if self._goes_on():
                self.codes.send()

    def send_letters(self) -> None:
        """A second's work beside that: all other messages."""
        with self._guarded("sending"):
            if self._goes_on():
                self.letters.send()

    def settle(self) -> None:
        """Once a minute beside that: what became of messages; where many must be asked for, a part each second."""
        with self._guarded("settling"):
            now = clock.now()
            if self._goes_on() and (self.settler.goes_on or now // MINUTE != self._settled):
                self._settled = now // MINUTE
                busy = self.codes.busy | self.letters.busy
                self.settler.settle(now=now, busy=busy, within_s=SETTLING_S)

    def tell(self) -> None:
        """A second's work beside that: tell online shops."""
        with self._guarded("telling"):
            if self._goes_on():
                tell_due(stop=self.stopping)

    def warn(self) -> None:
        """A second's work beside that: tell staff what they must know."""
        with self._guarded("warning"):
            if self._goes_on():
                tell_staff(self.settings, stop=self.stopping)

    def tend(self) -> None:
        """Once a minute beside that: jobs that may take long."""
        with self._guarded("tending"):
            now = clock.now()
            if self._goes_on() and now // MINUTE != self._tended:
                self._tended = now // MINUTE
                run_due(self.owner, now=now, apart=True, go_on=self._goes_on)

    @contextmanager
    def _guarded(self, what: str) -> Iterator[None]:
        """A thread's connection, and an error in the log; what failed is tried again with the next round."""
        try:
            db.attach()
            yield
        except (RegularsError, peewee.DatabaseError) as error:
            logs.note(log, f"{what} failed", level=logging.ERROR, error=error)
            if not db.is_sqlite():
                db.detach()  # the connection may be gone

    def _goes_on(self) -> bool:
        return self.leading and not self.stopping.is_set() and self.hold.holds()

    def _check_tables(self) -> None:
        """Lead no more once another version of the program has changed the tables. Raises: DatabaseTooNew …"""
        try:
            schema.check()
        except RegularsError:
            self._resign()
            raise

    def _resign(self) -> None:
        """Let another lead; this process is a candidate again, under another name."""
        self.leading = False
        self.leadership.leave()
        self.hold.leave()
        self._begin_anew()

    def _lead(self) -> bool:
        """Whether this process leads; one that lost its locks is a candidate again, under another name."""
        if self.leading and not (self.leadership.holds() and self.hold.holds()):
            logs.note(log, "leading no more", level=logging.ERROR)
            self._resign()
        if not self.leading:
            schema.check()  # before anything is held: the right version must be able to take over
            if self.leadership.take() and self.hold.take():
                crashed = jobs.crash_others(self.owner)
                jobs.ensure(default_jobs(clock.now()))
                self.leading = True
                logs.note(log, "leading", crashed=crashed)
        return self.leading


def main(settings: Settings) -> None:
    """Run until SIGTERM or Ctrl-C."""
    Scheduler(settings).run()
