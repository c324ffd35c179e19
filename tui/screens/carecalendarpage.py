"""The calendar of care 关怀日历: what will go out on each day of a month, as far as it is known today."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from rich.text import Text as RichText
from textual.app import ComposeResult

from core.base import clock
from core.base.i18n import N_
from core.outreach import care
from core.outreach.care import CareDay
from tui.keymap import Action
from tui.screens.lists import ListPage, day
from tui.widgets.charts import Drawing
from tui.widgets.columns import Column
from tui.widgets.dates import month_later, today
from tui.widgets.monthgrid import grid
from tui.widgets.pagetable import Row, Wanted
from tui.widgets.row import Words


class CareCalendarPage(ListPage):
    """The month as a grid of how many messages each day brings, and below it each occasion of each day."""

    NAME = N_("Calendar of care")
    HELP = N_(
        "What will go out on each day, with its gift and the first names. Of coming days only what is known today: who"
        " joins, buys or stays away until then is not in it. The figure beside a day is how many messages it brings."
    )
    RIGHT = "care"
    PERSONAL = True
    NOTED = False
    EMPTY = N_("Nothing is due in this month. The rules (F6, b) say what goes out when.")
    KEYS = (
        Action("later", ("right", "n"), N_("next month"), N_("Show the month after.")),
        Action("earlier", ("left", "p"), N_("month before"), N_("Show the month before, from today on.")),
        Action("today", ("t",), N_("this month"), N_("Show the month of today.")),
    )
    COLUMNS = (
        Column("day", N_("day"), 10, min_width=10),
        Column("what", N_("occasion"), 22, min_width=14, important=True),
        Column("count", N_("how many"), 8, min_width=8, right=True),
        Column("gift", N_("gift"), 20, min_width=10),
        Column("names", N_("to"), 20, min_width=10, stretch=True),
    )

    def __init__(self) -> None:
        super().__init__()
        self._month = today().replace(day=1)
        self._found: list[CareDay] = []

    def lists(self) -> ComposeResult:
        """The month above the list."""
        yield Drawing(self._grid, id="month")
        yield from super().lists()

    async def load(self) -> None:
        """Read the month."""
        if self.actor.may("care"):
            first = self._month
            days = (month_later(first, 1) - first).days
            self._found = await self.gateway.read(care.calendar, first, days, by=self.actor, now=clock.now())
        self.query_one("#month", Drawing).draw(self._grid)
        self.select(f"{self._month:%Y-%m}")
        await super().load()

    async def again(self) -> None:
        """Read the month once more."""
        await self.load()

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """The occasions of the month, by day."""
        return [Row(one, _cells(one)) for one in self._found[wanted.start : wanted.start + wanted.limit]]

    def do_later(self) -> None:
        """A month on."""
        self._go(month_later(self._month, 1))

    def do_earlier(self) -> None:
        """A month back, not before this one."""
        self._go(max(month_later(self._month, -1), today().replace(day=1)))

    def do_today(self) -> None:
        """The month of today."""
        self._go(today().replace(day=1))

    def _go(self, month: date) -> None:
        self._month = month
        self.reading(self.load)

    def _grid(self, cells: int) -> list[RichText]:
        counts = Counter[date]()
        for one in self._found:
            counts[one.day] += one.count
        return grid(self._month, counts, today())


def _cells(one: CareDay) -> tuple[Words, ...]:
    more = one.count - len(one.names)
    names = ", ".join(one.names) + (f" +{more:,}" if one.names and more > 0 else "")
    return (day(one.day), one.name, f"{one.count:,}", one.gift, names)
