"""Conduct at the till 操作核查: what stands out of each person, and the rows of the audit log behind it."""

from collections.abc import Sequence
from datetime import timedelta

from core.base import clock
from core.base.i18n import N_, T, Text
from core.base.money import plain
from core.reports import asked as cut
from core.reports import conduct
from core.reports.asked import Asked
from core.reports.conduct import Line
from core.reports.library.conducts import NOTES
from tui.keymap import OPEN, Action
from tui.screens.auditlog import AuditPage
from tui.screens.lists import MonthPage, whole
from tui.widgets.columns import Column
from tui.widgets.pagetable import Fetch, PageTable, Row
from tui.widgets.row import Words


class ConductPage(MonthPage):
    """A month, what stands out first."""

    NAME = N_("Conduct at the till")
    HELP = N_(
        "Refunds, voids, points by hand, lowered prices, approvals, cards looked up: how often, for a hundred sales,"
        " against the peers' median. What stands out is a question, not an answer. Enter opens the rows of the audit"
        " log behind a line; b and n turn the month."
    )
    RIGHT = "audit"
    PERSONAL = True
    ORDERED = True
    EMPTY = N_("Nothing of the kind was done in this month.")
    KEYS = (
        OPEN,
        Action("before", ("b",), N_("month before"), N_("Show the month before.")),
        Action("after", ("n",), N_("next month"), N_("Show the next month.")),
    )
    COLUMNS = (
        Column("name", N_("name"), 12, min_width=8, important=True, stretch=True),
        Column("what", N_("what"), 26, min_width=16),
        Column("count", N_("seen"), 9, min_width=5, right=True),
        Column("rate", N_("rate"), 9, min_width=7, right=True),
        Column("median", N_("peers"), 9, min_width=7, right=True),
        Column("distance", N_("distance"), 9, min_width=6, right=True),
        Column("remark", N_("remark"), 12, min_width=8),
    )

    def __init__(self) -> None:
        super().__init__()
        self._asked: Asked | None = None

    def source(self) -> Fetch:
        """The lines of the month."""
        return whole(self._lines, _row)

    async def _lines(self) -> list[Line]:
        last = clock.add_months(self.month, 1) - timedelta(days=1)
        self._asked = await self.gateway.read(
            cut.ask, self.month, last, step="day", store_id=None, by=self.actor, now=clock.now()
        )
        self.select(f"{self.month:%Y-%m}")
        return await self.gateway.read(conduct.lines, self._asked, by=self.actor)

    def about(self, row: Row) -> Sequence[Words]:
        """How the figures are made."""
        return tuple(Text(note) for note in NOTES[:2]) if isinstance(row.key, Line) else ()

    def on_page_table_row_opened(self, message: PageTable.RowOpened) -> None:
        """Enter opens the rows behind it."""
        message.stop()
        if isinstance(message.row.key, Line):
            self.reading(self._open, message.row.key)

    async def _open(self, one: Line) -> None:
        if self._asked is not None:
            sought = await self.gateway.read(conduct.behind, one, self._asked, by=self.actor)
            if sought is None:
                self.office.tell(T("Look-ups are counted, not written down one by one."))
            else:
                self.app.push_screen(AuditPage(sought))


def _row(one: Line) -> Row:
    figures = ["—" if figure is None else plain(figure) for figure in (one.rate, one.median, one.distance)]
    remark: Words = T("look at it") if one.flagged else ""
    cells = (one.name, Text(conduct.WHATS[one.what]), f"{one.count:,}", *figures, remark)
    return Row(one, cells, tone="warn" if one.flagged else "")
