"""Jobs 定时任务: what runs by itself, when, and how the last run went."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.base import clock
from core.base.i18n import N_, T, Text, _
from core.keeping import jobs
from core.keeping.jobs import Job, Run
from tui.keymap import Action
from tui.screens.lists import ListPage, moment
from tui.widgets.columns import Column
from tui.widgets.pagetable import Row, Wanted
from tui.widgets.row import Words

NAMES = {
    "backup": N_("backup of the night"),
    "restore-drill": N_("backup tried out"),
    "reserves-lapse": N_("value set aside for too long"),
    "log-wipe": N_("log emptied of what was deleted"),
    "points-expire": N_("points that expire"),
    "coupons-lapse": N_("coupons that lapse"),
    "passes-lapse": N_("passes that lapse"),
    "tier-review": N_("tiers reviewed"),
    "period-coupons": N_("coupons of the month and year"),
    "retention": N_("what was kept long enough dropped"),
    "churn": N_("churn warnings"),
    "doctor": N_("doctor"),
    "birthdays": N_("birthday greetings"),
    "win-back": N_("words to who stays away"),
    "anniversaries": N_("greetings to who joined years ago"),
    "festivals": N_("festival greetings"),
    "points-notice": N_("notices of points that expire"),
    "coupons-notice": N_("notices of coupons that lapse"),
    "tier-notice": N_("notices of tiers soon reviewed"),
    "plan-notice": N_("notices of plans that end"),
    "follow-ups": N_("questions after sales"),
    "welcome-back": N_("words to new members"),
    "tier-near": N_("words about the next tier"),
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
    """A job and its last run, if it ever ran."""

    job: Job
    last: Run | None


class JobsPage(ListPage):
    """Every job; the result of its last run stands below."""

    NAME = N_("Jobs")
    HELP = N_("What the scheduler does by itself. A job that is off is passed over until it is on again.")
    EMPTY = N_("No jobs yet. They are entered when the scheduler first runs: `regulars scheduler`.")
    KEYS = (Action("switch", ("space",), N_("on/off"), N_("Switch the selected job on or off."), right="settings"),)
    COLUMNS = (
        Column("name", N_("job"), 30, min_width=18, important=True, stretch=True),
        Column("when", N_("runs"), 14, min_width=11),
        Column("last", N_("last run"), 16, min_width=16),
        Column("result", N_("ended"), 10, min_width=7),
        Column("on", N_("state"), 5, min_width=5),
    )

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """Jobs by name, each with its newest run."""
        found = await self.gateway.read(jobs.all_jobs)
        last = await self.gateway.read(jobs.last_runs)
        lines = [JobLine(job, last.get(job.name)) for job in found]
        return [_row(one) for one in lines[wanted.start : wanted.start + wanted.limit]]

    def about(self, row: Row) -> Sequence[Words]:
        """When exactly it runs, and what its last run said."""
        if not isinstance(row.key, JobLine):
            return ()
        job, last = row.key.job, row.key.last
        when = T("Cron {cron}, time of {zone}. By hand: regulars job run {name}", cron=job.cron, zone=job.zone,
                 name=job.name)  # fmt: skip
        if last is None:
            return (when, T("It has not run yet."))
        return (when, T("Run of {slot}: {result}", slot=last.slot, result=last.result or "—"))

    async def do_switch(self) -> None:
        """On or off; nothing is lost, so nothing is asked."""
        if (row := self.table.row) is None or not isinstance(row.key, JobLine):
            return
        self.writing(self._switch, row.key.job)

    async def _switch(self, job: Job) -> None:
        await self.gateway.write(jobs.set_enabled, job.name, not job.enabled, by=self.actor, now=clock.now())
        self.changed()


def cron_said(cron: str) -> str:
    """'daily 03:10' for a job that runs once a day; another cron line as it is."""
    if match := re.fullmatch(r"(\d{1,2}) (\d{1,2}) \* \* \*", cron):
        return _("daily {time}", time=f"{int(match[2]):02d}:{int(match[1]):02d}")
    return cron


def _row(one: JobLine) -> Row:
    last = one.last
    state: Words = Text(STATES.get(last.state, last.state)) if last is not None else ""
    cells = (
        Text(NAMES.get(one.job.name, one.job.name)),
        cron_said(one.job.cron),
        moment(last.started_at) if last is not None else T("never"),
        state,
        T("on") if one.job.enabled else T("off"),
    )
    bad = last is not None and last.state in ("failed", "crashed")
    return Row(one, cells, tone="bad" if bad else "" if one.job.enabled else "quiet")
