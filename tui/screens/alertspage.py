"""Alerts 告警: what staff had to be told at once, whether they were, and what waits."""

from collections.abc import Sequence

from core.base import clock
from core.base.clock import Millis
from core.base.i18n import N_, T, Text
from core.outreach import alerting
from core.outreach.alerting import Told
from tui.keymap import Action
from tui.screens.fates import CHANNELS, label
from tui.screens.jobs import NAMES
from tui.screens.lists import ListPage, moment
from tui.widgets.columns import Column
from tui.widgets.pagetable import Row, Wanted
from tui.widgets.row import Words


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
            alerting.recent,
            by=self.actor,
            waiting=self._waiting,
            before_id=last.id if isinstance(last, Told) else None,
            limit=wanted.limit,
        )
        return [Row(one, _cells(one, clock.now()), tone="" if one.told_at else "warn") for one in found]

    def about(self, row: Row) -> Sequence[Words]:
        """The facts, how often, and what to do."""
        return _about(row.key) if isinstance(row.key, Told) else ()

    async def do_filter(self) -> None:
        """Only what waits, or all again."""
        self._waiting = not self._waiting
        self.select(T("not told") if self._waiting else "")
        await self.load()


def _of(one: Told) -> Text:
    return label(NAMES if one.kind in ("job", "backup", "doctor") else CHANNELS, one.about)


def _about(one: Told) -> list[Words]:
    said: list[Words] = list(alerting.worded(one.kind, _of(one), dict(one.facts), again=one.again)[1])
    if one.told_at is None and one.attempts:
        said.append(T("Tries that failed: {count}; the next is {moment}.", count=one.attempts,
                      moment=moment(one.next_at)))  # fmt: skip
    return [*said, one.error] if one.error else said


def _cells(one: Told, now: Millis) -> tuple[Words, ...]:
    told = moment(one.told_at) if one.told_at is not None else T("given up") if one.is_given_up(now) else T("waits")
    title, _lines = alerting.worded(one.kind, one.about, dict(one.facts))
    return (moment(one.at), title, _of(one), f"+{one.again}" if one.again else "", told)
