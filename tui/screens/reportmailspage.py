"""Reports by mail 邮件报表: which report goes to whom each week or month; switched on and off."""

from core.base import clock
from core.base.i18n import N_, T, Text, scope
from core.people import staff
from core.reports import mailing, shelf
from core.reports.mailing import EVERY, MONTH_PAGE, STATES, ReportMail
from tui.keymap import Action
from tui.screens.lists import LANGUAGES, ListPage, whole
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Fetch, Row
from tui.widgets.row import Words


class ReportMailsPage(ListPage):
    """One line a report and reader."""

    NAME = N_("Reports by mail")
    HELP = N_(
        "Reports that go out by themselves once a week or month is over, as a workbook or a page. Each covers the"
        " stores of who reads it. n switches one on, x off. The first comes when the week or month of now is over."
    )
    RIGHT = "settings"
    EMPTY = N_("No report is mailed yet. n switches one on.")
    NOTED = False
    ORDERED = True
    KEYS = (
        Action("new", ("n",), N_("new"), N_("Mail a report each week or month."), right="settings"),
        Action("end", ("x",), N_("no more"), N_("Mail the selected report no more."), right="settings", danger=True),
    )
    COLUMNS = (
        Column("report", N_("report"), 20, min_width=12, important=True),
        Column("every", N_("when"), 12, min_width=8),
        Column("name", N_("whom"), 14, min_width=8),
        Column("address", N_("mail"), 28, min_width=18, stretch=True),
        Column("period", N_("last"), 12, min_width=10),
        Column("state", N_("state"), 14, min_width=8),
    )

    def source(self) -> Fetch:
        """All of them, in the order they were switched on."""
        return whole(lambda: self.gateway.read(mailing.listing, by=self.actor), lambda one: Row(one, _cells(one)))

    def refusal(self, action: Action) -> Text | None:
        """There must be one to end."""
        if action.id == "end" and self.table.row is None:
            return T("The list is empty.")
        return super().refusal(action)

    async def do_new(self) -> None:
        """Ask which report, when, and to whom."""
        people = await self.gateway.read(staff.names)

        async def write(answer: Answer) -> None:
            every: mailing.Every = "week" if answer.text("every") == "week" else "month"
            await self.gateway.write(
                mailing.add, answer.text("report"), every, staff_id=int(answer.text("staff")),
                address=answer.text("address"), language=answer.text("language"), by=self.actor, now=clock.now(),
            )  # fmt: skip
            self.office.tell(T("The first goes out when this week or month is over."))
            self.changed()

        reports: tuple[tuple[str, Words], ...] = (
            (MONTH_PAGE, T("the month on one page")), *((one.id, Text(one.title)) for one in shelf.ENTRIES),
        )  # fmt: skip
        fields = (
            Field("report", N_("report"), "choice", choices=reports),
            Field("every", N_("when"), "choice", value="month",
                  choices=tuple((id, Text(words)) for id, words in EVERY.items())),
            Field("staff", N_("whom"), "choice", value=str(self.actor.id),
                  choices=tuple((str(id), name) for id, name in people)),
            Field("address", N_("mail"), hint=N_("their own mail address")),
            Field("language", N_("language"), "choice", value=scope().language, choices=LANGUAGES),
        )  # fmt: skip
        await self.ask(Form("report_mail", T("Mail a report"), fields=fields, done=N_("switch on")), write)

    async def do_end(self) -> None:
        """Ask before it ends."""
        row = self.table.row
        if row is None or not isinstance(one := row.key, ReportMail):
            return
        lines = (T("{report} to {name}", report=_title(one), name=one.name),)
        await self.sure(T("Mail it no more?"), lines, mailing.end, one.id, done=N_("no more"))


def _title(one: ReportMail) -> Text:
    return T("the month on one page") if one.report == MONTH_PAGE else Text(shelf.entry(one.report).title)


def _cells(one: ReportMail) -> tuple[Words, ...]:
    state: Words = Text(STATES[one.state])
    if one.reason and one.state != "sent":
        state = T("{name}: {why}", name=str(state), why=one.reason)
    return (
        _title(one), Text(EVERY[one.every]), one.name, one.address, f"{one.period}" if one.period else "", state,
    )  # fmt: skip
