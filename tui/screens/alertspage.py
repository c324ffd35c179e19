"""Alerts 告警: what staff had to be told at once, whether they were, and what waits."""

from collections.abc import Sequence

from core.base.i18n import N_, T, Text
from core.outreach import deskwork
from core.outreach.deskwork import Alert
from tui.keymap import Action
from tui.screens.fates import CHANNELS, label
from tui.screens.jobs import NAMES
from tui.screens.lists import ListPage, moment
from tui.widgets.columns import Column
from tui.widgets.pagetable import Row, Wanted
from tui.widgets.row import Words

KINDS = {
    "channel_rests": N_("channel rests"),
    "sender": N_("sender is at fault"),
    "job": N_("job failed"),
    "doctor": N_("doctor found something"),
    "backup": N_("backup failed"),
    "budget": N_("budget used up"),
    "campaign": N_("campaign paused"),
    "reply": N_("reply to answer"),
    "summary": N_("summary of the day"),
    "test": N_("test"),
}
STEPS = {
    "channel_rests": N_("Put its account or password right, then wake it: F6, u."),
    "sender": N_("Look at the provider's page: the sending number or its region is not allowed."),
    "job": N_("Look at the job and what it said: F6, j."),
    "doctor": N_("Open Settings, Doctor: it names each finding with its next step."),
    "backup": N_("Open Settings, Backups, and make one by hand."),
    "budget": N_("What is over waits for the next month; Settings, Shop rules raises the limit."),
    "campaign": N_("Open it under F5 and look at its result before it goes on."),
    "reply": N_("Read it and answer: F6, i."),
}


class AlertsPage(ListPage):
    """Alerts, the newest first; the facts and the next step below."""

    NAME = N_("Alerts")
    HELP = N_(
        "What staff had to be told at once: a channel that rests, a job that failed. The same about the same thing is"
        " told once in six hours and counted meanwhile. f shows only what still waits to be told."
    )
    RIGHT = "care"
    EMPTY = N_("Nothing had to be told.")
    KEYS = (Action("filter", ("f",), N_("not told"), N_("Show only what still waits to be told, or all again.")),)
    COLUMNS = (
        Column("time", N_("time"), 16, min_width=16),
        Column("what", N_("what"), 16, min_width=14, important=True),
        Column("about", N_("about"), 14, min_width=8, stretch=True),
        Column("again", N_("repeats"), 7, min_width=7, right=True),
        Column("told", N_("told"), 16, min_width=16),
    )

    def __init__(self) -> None:
        super().__init__()
        self._waiting = False

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """Alerts as they are asked for."""
        last = wanted.after
        found = await self.gateway.read(
            deskwork.alerts,
            by=self.actor,
            waiting=self._waiting,
            before_id=last.id if isinstance(last, Alert) else None,
            limit=wanted.limit,
        )
        return [Row(one, _cells(one), tone="" if one.told_at else "warn") for one in found]

    def about(self, row: Row) -> Sequence[Words]:
        """The facts, how often, and what to do."""
        return _about(row.key) if isinstance(row.key, Alert) else ()

    async def do_filter(self) -> None:
        """Only what waits, or all again."""
        self._waiting = not self._waiting
        self.select(T("not told") if self._waiting else "")
        await self.load()


def _of(one: Alert) -> Text:
    return label(NAMES if one.kind in ("job", "backup", "doctor") else CHANNELS, one.about)


def _about(one: Alert) -> list[Words]:
    said: list[Words] = [" · ".join(f"{name} {value}" for name, value in one.facts)] if one.facts else []
    if one.again:
        said.append(T("Came again since then: {count}, last {moment}.", count=one.again, moment=moment(one.last_at)))
    if one.told_at is None and one.attempts:
        said.append(T("Tries that failed: {count}; the next is {moment}.", count=one.attempts,
                      moment=moment(one.next_at)))  # fmt: skip
    return [*said, Text(STEPS[one.kind])] if one.kind in STEPS else said


def _cells(one: Alert) -> tuple[Words, ...]:
    told = T("waits") if one.told_at is None else moment(one.told_at)
    return (moment(one.at), label(KINDS, one.kind), _of(one), f"+{one.again}" if one.again else "", told)
