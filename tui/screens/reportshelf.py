"""The shelf of reports 报表: every report by its group, the list of sales first; Enter opens one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from textual import on

from core.base import clock
from core.base.i18n import N_, T, Text, scope
from core.keeping import exports
from core.reports import goals, shelf
from core.reports.shelf import Entry
from tui.keymap import OPEN, Action
from tui.page import Page
from tui.screens.conductpage import ConductPage
from tui.screens.consentspage import ConsentsPage
from tui.screens.lists import ListPage
from tui.screens.qualitypage import QualityPage
from tui.screens.reportmailspage import ReportMailsPage
from tui.screens.reportpage import ReportPage
from tui.screens.reports import ReportsPage
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import PageTable, Row, Wanted
from tui.widgets.row import Words


@dataclass(frozen=True)
class Line:
    """One line of the shelf."""

    group: str
    title: str
    about: str
    page: Callable[[], Page]


OWN_PAGES: dict[str, Callable[[], Page]] = {"conduct": ConductPage}
"""Reports with a page of their own, which opens what stands behind a line."""


def _lines() -> list[Line]:
    sales = Line("sales", N_("Sales, one by one"), N_("Every sale with its receipt, filtered and drawn."), ReportsPage)
    consents = Line("members", N_("Consents"), N_("Who agreed to what, took it back or was never asked."), ConsentsPage)
    found = [sales, *(_line(one) for one in shelf.ENTRIES)]
    at = next(place for place, line in enumerate(found) if line.group == "loyalty")
    return [*found[:at], consents, *found[at:]]


def _line(one: Entry) -> Line:
    return Line(one.group, one.title, one.help, OWN_PAGES.get(one.id, lambda: ReportPage(one)))


class ShelfPage(ListPage):
    """Every report, by its group."""

    NAME = N_("Reports")
    HELP = N_(
        "Every report. Enter opens one: a chart above its table, by day, week, month or store, beside an earlier time,"
        " to a file. l opens the list of sales, m writes a month on one page, g sets what a month is meant to bring,"
        " d shows what cannot be right of members, e mails reports by themselves."
    )
    RIGHT = "reports"
    EXPORTED = False
    NOTED = False
    KEYS = (
        OPEN,
        Action("sales_list", ("l",), N_("sales"), N_("Open the list of sales."), right="reports"),
        Action("month", ("m",), N_("month page"), N_("Write a month with its key figures and charts on one page."),
               right="reports"),
        Action("quality", ("d",), N_("data quality"),
               N_("Show who is there twice, birthdays and numbers that cannot be right."), right="member.edit"),
        Action("mails", ("e",), N_("by mail"), N_("Show which reports go out by mail, and switch them on."),
               right="settings"),
        Action("goal", ("g",), N_("goal"), N_("Set what a month is meant to bring."), right="settings"),
    )  # fmt: skip
    COLUMNS = (
        Column("group", N_("about what"), 20, min_width=8),
        Column("title", N_("report"), 24, min_width=16, important=True),
        Column("about", N_("what it says"), 50, min_width=16, stretch=True),
    )

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """The lines of the shelf; a group is named once."""
        found, before = [], ""
        for line in _lines():
            group: Words = Text(shelf.GROUPS[line.group]) if line.group != before else ""  # type: ignore[index]
            found.append(Row(line, (group, Text(line.title), Text(line.about))))
            before = line.group
        return found[wanted.start : wanted.start + wanted.limit]

    @on(PageTable.RowOpened)
    def _opened(self, message: PageTable.RowOpened) -> None:
        if isinstance(message.row.key, Line):
            self.app.push_screen(message.row.key.page())

    def do_sales_list(self) -> None:
        """The list of sales."""
        self.app.push_screen(ReportsPage())

    def do_quality(self) -> None:
        """What cannot be right of members."""
        self.app.push_screen(QualityPage())

    def do_mails(self) -> None:
        """Reports that go out by themselves."""
        self.app.push_screen(ReportMailsPage())

    async def do_month(self) -> None:
        """Ask which month, and write its page."""

        async def write(answer: Answer) -> None:
            from core.keeping import monthpage, reportfiles  # draws PDF: 0.3 s

            day, now = _day(answer.text("month")), clock.now()
            page = await self.gateway.read(monthpage.page, day, language=scope().language, by=self.actor, now=now)
            await self.gateway.write(reportfiles.note_page, day, by=self.actor, now=now)
            path = await self.gateway.read(exports.write_whole, f"month-{day:%Y-%m}.pdf", page)
            self.overlay.close()
            self.office.tell(T("{path} is written.", path=str(path)), long=True)

        await self.ask(Form("month", T("A month on one page"), fields=(self._month_field(),), done=N_("write")), write)

    async def do_goal(self) -> None:
        """Ask what a month is meant to bring."""

        async def write(answer: Answer) -> None:
            what, typed = answer.text("what"), answer.number("target") or 0
            target = typed * 100 if what == "takings" else typed
            await self.gateway.write(goals.set_goal, what, target, month=_day(answer.text("month")), store_id=None,
                                     by=self.actor, now=clock.now())  # fmt: skip
            self.office.tell(T("The goal is set."))

        whats = tuple((what, Text(name)) for what, name in goals.WHATS.items())
        fields = (
            self._month_field(), Field("what", N_("goal"), "choice", choices=whats),
            Field("target", N_("target"), "number", hint=N_("takings in whole units of the currency")),
        )  # fmt: skip
        lines = (T("For the whole shop; `regulars report goal` sets one store's."),)
        await self.ask(
            Form("goal", T("What is a month meant to bring?"), lines, fields, done=N_("set the goal")), write
        )

    def _month_field(self) -> Field:
        """The months a page may be of, the newest first."""
        first = clock.day_of(clock.now(), scope().zone).replace(day=1)
        months = [clock.add_months(first, -back) for back in range(24)]
        return Field("month", N_("month"), "choice", choices=tuple((f"{one}", f"{one:%Y-%m}") for one in months))


def _day(typed: str) -> date:
    return date.fromisoformat(typed)
