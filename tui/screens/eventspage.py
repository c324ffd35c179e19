"""Events 会员活动: the calendar, a month and what follows it."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from rich.text import Text as RichText
from textual import on
from textual.app import ComposeResult

from core.base import clock
from core.base.i18n import N_, T, Text, scope
from core.service import gatherings
from core.service.gatherings import STATES, Gathering, Plan
from tui.keymap import OPEN, Action
from tui.screens.eventforms import ask_plan
from tui.screens.eventpage import EventPage
from tui.screens.lists import MonthPage, moment
from tui.widgets.charts import Drawing
from tui.widgets.columns import Column
from tui.widgets.dates import today
from tui.widgets.monthgrid import grid
from tui.widgets.pagetable import PageTable, Row, Wanted
from tui.widgets.row import Words

AHEAD_DAYS = 400


class EventsPage(MonthPage):
    """A month with how many events each day has, and below it the events from its first day on, the earliest first."""

    NAME = N_("Events")
    HELP = N_(
        "What the shop plans for its members: from the chosen month on, the earliest first; the figure beside a day is"
        " how many events begin on it. - and + change the month, t shows this one. Nobody sees an event before its"
        " sign-up is opened on its own page."
    )
    RIGHT = "service"
    EMPTY = N_("No event from here on. n plans one.")
    KEYS = (
        OPEN,
        Action("new", ("n",), N_("plan one"), N_("Plan an event."), right="marketing"),
        Action("before", ("minus",), N_("month before"), N_("Begin with the month before.")),
        Action("after", ("plus",), N_("month after"), N_("Begin with the month after.")),
        Action("now", ("t",), N_("this month"), N_("Begin with the month of today.")),
    )
    COLUMNS = (
        Column("when", N_("begins"), 16, min_width=16),
        Column("name", N_("name"), 20, min_width=12, important=True, stretch=True),
        Column("state", N_("state"), 13, min_width=13),
        Column("left", N_("still free"), 10, min_width=10, right=True),
        Column("waiting", N_("who waits"), 9, min_width=9, right=True),
        Column("where", N_("where"), 14, min_width=4),
    )

    def __init__(self) -> None:
        super().__init__()
        self._found: list[Gathering] = []

    def lists(self) -> ComposeResult:
        """The month above the list."""
        yield Drawing(self._grid, id="month")
        yield from super().lists()

    def _grid(self, _cells: int) -> list[RichText]:
        zone = scope().zone
        days = Counter(clock.day_of(one.plan.from_at, zone) for one in self._found if one.state != "cancelled")
        return grid(self.month, days, today())

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """All from the month on."""
        found = self._found[wanted.start : wanted.start + wanted.limit]
        return [Row(one, _cells(one), tone=_tone(one)) for one in found]

    async def _read(self) -> None:
        zone = scope().zone
        first, last = (clock.start_of(day, zone) for day in (self.month, self.month + timedelta(days=AHEAD_DAYS)))
        if self.actor.may("service"):
            self._found = await self.gateway.read(gatherings.calendar, first, last)
        self.query_one("#month", Drawing).draw(self._grid)

    async def load(self) -> None:
        """The month, the list, and from when on."""
        await self._read()
        await super().load()
        self.select(T("from {month} on", month=f"{self.month:%Y-%m}"))

    async def again(self) -> None:
        """The same after something changed."""
        await self._read()
        await super().again()

    def about(self, row: Row) -> Sequence[Words]:
        """What it is."""
        return [Text(line) for line in row.key.about.splitlines()[:2]] if isinstance(row.key, Gathering) else ()

    @on(PageTable.RowOpened)
    def _opened(self, message: PageTable.RowOpened) -> None:
        if isinstance(message.row.key, Gathering):
            self.app.push_screen(EventPage(message.row.key.id))

    async def do_new(self) -> None:
        """Ask for everything an event needs."""
        await ask_plan(self, None, self._plan)

    async def _plan(self, plan: Plan) -> None:
        gathering_id = await self.gateway.write(gatherings.draft, plan, by=self.actor, now=clock.now())
        self.app.push_screen(EventPage(gathering_id))


def _cells(one: Gathering) -> tuple[Words, ...]:
    left = f"{one.left}/{one.plan.places}"
    return (
        moment(one.plan.from_at),
        one.name,
        Text(STATES[one.state]),
        left,
        f"{one.waiting}" if one.waiting else "",
        one.where,
    )


def _tone(one: Gathering) -> str:
    return "quiet" if one.state in ("draft", "done", "cancelled") else ""
