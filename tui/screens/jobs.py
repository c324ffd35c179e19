"""Jobs 定时任务: what runs by itself, when, and how the last run went."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from textual import on

from core.base import clock
from core.base.i18n import N_, T, Text, _
from core.keeping import jobs, slots
from core.keeping.jobs import Job, Run
from tui.keymap import OPEN, Action
from tui.screens import jobtimes
from tui.screens.fates import label
from tui.screens.lists import ListPage, moment
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Form
from tui.widgets.pagetable import PageTable, Row, Wanted
from tui.widgets.row import Words

NAMES = {
    "backup": N_("backup of the night"),
    "restore-drill": N_("backup tried out"),
    "reserves-lapse": N_("value set aside for too long"),
    "campaigns": N_("campaigns on their way"),
    "booking-reminders": N_("reminders of bookings"),
    "bookings": N_("bookings kept and not kept"),
    "tickets": N_("messages of customers taken in as tickets"),
    "log-wipe": N_("log emptied of what was deleted"),
    "points-expire": N_("points that expire"),
    "coupons-lapse": N_("coupons that lapse"),
    "passes-lapse": N_("passes that lapse"),
    "tier-review": N_("tiers reviewed"),
    "period-coupons": N_("coupons of the month and year"),
    "retention": N_("what was kept long enough dropped"),
    "back-test": N_("forecasts of closed months tested"),
    "churn": N_("churn warnings"),
    "recommend": N_("what is bought together"),
    "data-quality": N_("members looked through for what cannot be right"),
    "stock": N_("what runs low or expires told to staff"),
    "doctor": N_("doctor"),
    "birthdays": N_("birthday greetings"),
    "win-back": N_("words to who stays away"),
    "win-back-cases": N_("win-back cases judged and opened"),
    "event-reminders": N_("guests of events reminded"),
    "anniversaries": N_("greetings to who joined years ago"),
    "festivals": N_("festival greetings"),
    "points-notice": N_("notices of points that expire"),
    "coupons-notice": N_("notices of coupons that lapse"),
    "tier-notice": N_("notices of tiers soon reviewed"),
    "plan-notice": N_("notices of plans that end"),
    "follow-ups": N_("questions after sales"),
    "follow-ups-planned": N_("contacts planned by rule"),
    "welcome-back": N_("words to new members"),
    "tier-near": N_("words about the next tier"),
    "surveys": N_("questions to members after sales"),
    "report-mail": N_("reports by mail"),
    "summary": N_("the day in figures, to managers"),
    "costs": N_("costs of messages"),
}
STATES = {
    "running": N_("running"),
    "done": N_("done"),
    "failed": N_("failed"),
    "crashed": N_("broken off"),
}


@dataclass(frozen=True)
class JobLine:
    """A job, its last run, if it ever ran, and the next times it comes."""

    job: Job
    last: Run | None
    coming: tuple[datetime, ...]


class JobsPage(ListPage):
    """Every job; its next times and the result of its last run stand below."""

    NAME = N_("Jobs")
    HELP = N_(
        "What the scheduler does by itself. A job that is off is passed over until it is on again. e changes when it"
        " runs, r has it run within a minute, Enter shows how it went before."
    )
    EMPTY = N_("No jobs yet. They are entered when the scheduler first runs: `regulars scheduler`.")
    KEYS = (
        OPEN,
        Action("switch", ("space",), N_("on/off"), N_("Switch the selected job on or off."), right="settings"),
        Action("times", ("e",), N_("times"), N_("Change when the selected job runs."), right="settings"),
        Action("ask", ("r",), N_("run now"), N_("Have the scheduler run the selected job at once."), right="settings"),
    )
    COLUMNS = (
        Column("name", N_("job"), 30, min_width=18, important=True, stretch=True),
        Column("next", N_("next run"), 16, min_width=16),
        Column("last", N_("last run"), 16, min_width=16),
        Column("result", N_("outcome"), 10, min_width=7),
        Column("when", N_("runs"), 18, min_width=11),
    )

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """Jobs by name, each with its newest run and its next times."""
        found = await self.gateway.read(jobs.all_jobs)
        last = await self.gateway.read(jobs.last_runs)
        now = clock.now()
        lines = [JobLine(job, last.get(job.name), _coming(job, now)) for job in found]
        return [_row(one) for one in lines[wanted.start : wanted.start + wanted.limit]]

    def about(self, row: Row) -> Sequence[Words]:
        """When exactly it runs, and what its last run said."""
        return _about(row.key) if isinstance(row.key, JobLine) else ()

    def _job(self) -> Job | None:
        row = self.table.row
        return row.key.job if row is not None and isinstance(row.key, JobLine) else None

    def refusal(self, action: Action) -> Text | None:
        """There must be one, and it must be on to be run."""
        one = self._job()
        if action.id in ("switch", "times", "ask") and one is None:
            return T("The list is empty.")
        if action.id == "ask" and one is not None and not one.enabled:
            return jobs.JobOff(name=label(NAMES, one.name)).as_text()
        return super().refusal(action)

    @on(PageTable.RowOpened)
    def _opened(self, message: PageTable.RowOpened) -> None:
        if isinstance(message.row.key, JobLine):
            self.app.push_screen(JobRunsPage(message.row.key.job.name))

    async def do_switch(self) -> None:
        """On or off; nothing is lost, so nothing is asked."""
        if (one := self._job()) is not None:
            self.writing(self._switch, one)

    async def _switch(self, job: Job) -> None:
        await self.gateway.write(jobs.set_enabled, job.name, not job.enabled, by=self.actor, now=clock.now())
        self.changed()

    async def do_times(self) -> None:
        """Ask when it runs; the next times are said while one types."""
        if (one := self._job()) is None:
            return

        async def say(answer: Answer) -> Sequence[Words]:
            cron, zone = jobtimes.checked(answer)
            made = replace(one, cron=cron, zone=zone)
            return (jobtimes.coming(list(_coming(made, clock.now()))),)

        async def write(answer: Answer) -> None:
            cron, zone = jobtimes.checked(answer)
            await self.gateway.write(
                jobs.reschedule,
                one.name,
                cron=cron,
                zone=zone,
                catch_up_s=(answer.number("minutes") or 0) * 60,
                by=self.actor,
                now=clock.now(),
            )
            self.changed()

        await self.ask(jobtimes.form(one, say), write)

    async def do_ask(self) -> None:
        """Have it run; what it does it does once more, so it is asked."""
        if (one := self._job()) is None:
            return

        async def write(answer: Answer) -> None:
            await self.gateway.write(jobs.ask, one.name, by=self.actor, now=clock.now())
            self.office.tell(T("It runs within a minute, if a scheduler is at work."))
            self.changed()

        name = label(NAMES, one.name)
        lines = (
            T("It runs beside its times, which stay. A greeting or notice that was written is not written again."),
        )
        await self.ask(Form("ask", T("Run “{name}” now?", name=name), lines, done=N_("run")), write)


class JobRunsPage(ListPage):
    """The runs of one job, the newest first."""

    NAME = N_("Runs of a job")
    HELP = N_("Every run that is still kept: for which time, when it began, how long it took, what it said.")
    EMPTY = N_("It has not run yet.")
    COLUMNS = (
        Column("slot", N_("came due"), 16, min_width=10, important=True),
        Column("began", N_("began"), 16, min_width=16),
        Column("took", N_("took"), 9, min_width=6, right=True),
        Column("state", N_("outcome"), 10, min_width=7),
        Column("result", N_("what it said"), 30, min_width=10, stretch=True),
    )

    def __init__(self, name: str) -> None:
        super().__init__(name_of=label(NAMES, name))
        self._of = name

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """The runs that are kept; few enough to be read as a whole."""
        found = await self.gateway.read(jobs.history, self._of, limit=wanted.start + wanted.limit)
        return [_run(one) for one in found[wanted.start :]]

    def about(self, row: Row) -> Sequence[Words]:
        """What it said, whole."""
        return (row.key.result or "—",) if isinstance(row.key, Run) else ()


def _coming(job: Job, now: clock.Millis) -> tuple[datetime, ...]:
    return tuple(slots.next_times(job, now=now))


def _about(one: JobLine) -> list[Words]:
    job, last = one.job, one.last
    lines: list[Words] = [jobtimes.coming(list(one.coming)) if job.enabled else T("It is off.")]
    lines.append(T("{cron}, time of {zone} · a run that was missed is caught up for {minutes} minutes", cron=job.cron,
                   zone=job.zone, minutes=job.catch_up_s // 60))  # fmt: skip
    if last is None:
        return [*lines, T("It has not run yet.")]
    return [*lines, T("Run of {slot}: {result}", slot=_slot(last), result=last.result or "—")]


def _slot(one: Run) -> Words:
    return T("by hand") if one.slot.startswith(jobs.BY_HAND) else one.slot


def _state(one: Run) -> Words:
    """How it ended; one that a person asked for and nobody has taken up yet waits."""
    waits = one.state == "crashed" and one.slot.startswith(jobs.BY_HAND)
    return T("asked for") if waits else label(STATES, one.state)


def _row(one: JobLine) -> Row:
    last = one.last
    coming: Words = jobtimes.moment(one.coming[0]) if one.job.enabled and one.coming else T("off")
    cells = (
        label(NAMES, one.job.name),
        coming,
        moment(last.started_at) if last is not None else T("never"),
        _state(last) if last is not None else "",
        jobtimes.said(one.job.cron),
    )
    bad = last is not None and last.state in ("failed", "crashed") and not last.slot.startswith(jobs.BY_HAND)
    return Row(one, cells, tone="bad" if bad else "" if one.job.enabled else "quiet")


def _run(one: Run) -> Row:
    took = "" if one.ended_at is None else _("{seconds} s", seconds=max(0, one.ended_at - one.started_at) // 1000)
    cells = (_slot(one), moment(one.started_at), took, _state(one), one.result)
    return Row(one, cells, tone="bad" if one.state in ("failed", "crashed") else "")
