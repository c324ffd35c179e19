"""Churn 流失: members whose silence is out of rhythm, the greatest expected loss first."""

from collections.abc import Sequence

from textual import on

from core.base import clock, phones
from core.base.i18n import N_, T, Text, _
from core.insight import warnings
from core.insight.warnings import REASONS, Warning
from core.service import followups, winback
from tui.keymap import OPEN, Action
from tui.screens import batchform
from tui.screens.backtests import BackTestsPage
from tui.screens.casespage import CasesPage
from tui.screens.lists import ListPage, cents, days
from tui.screens.member import MemberPage
from tui.screens.taskspage import TasksPage, assigning, read_assigned
from tui.screens.winbackresults import ResultsPage
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import PageTable, Row, Wanted
from tui.widgets.row import Words

LAST = (2**53, 2**53)
"""Before the first warning: a loss and an id above all."""


class ChurnPage(ListPage):
    """Open warnings; the sentence of the selected one stands below."""

    NAME = N_("Churn")
    HELP = N_("Members who stayed away longer than their rhythm, by what they would have spent in a month.")
    RIGHT = "churn"
    PERSONAL = True
    EMPTY = N_("Nobody stays away longer than usual. The list is made anew every night.")
    KEYS = (
        OPEN,
        # The footer shows the first: what is done about the list, and where the work stands.
        Action("case", ("c",), N_("win back"), N_("Open a case to win the member back, with a call."), right="churn"),
        Action("batch", ("b",), N_("offer to the first"), N_("Offer something to the first of the list at once."),
               right="churn"),
        Action("tasks", ("t",), N_("tasks"), N_("Calls and visits that are planned.")),
        Action("cases", ("w",), N_("cases"), N_("Win-back cases and how they went.")),
        Action("reason", ("r",), N_("reason"), N_("Note why the member stays away, as told."), right="churn"),
        Action("results", ("v",), N_("results"), N_("What each strategy brought, by reason."), right="churn"),
        Action("close", ("x",), N_("close"), N_("Take the warning off the list."), right="churn"),
        Action("tests", ("h",), N_("back-test"), N_("Show how good the forecast was, month by month."), right="churn"),
    )  # fmt: skip
    COLUMNS = (
        Column("name", N_("name"), 10, min_width=8, important=True, stretch=True),
        Column("phone", N_("phone"), 14, min_width=11),
        Column("silent", N_("away"), 8, min_width=8, right=True),
        Column("usual", N_("usually"), 8, min_width=8, right=True),
        Column("chance", N_("chance"), 6, min_width=6, right=True),
        Column("loss", N_("a month"), 10, min_width=10, right=True),
        Column("reason", N_("reason"), 18, min_width=8),
    )

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """Warnings by expected loss."""
        last = wanted.after
        below = (last.loss_cents, last.id) if isinstance(last, Warning) else LAST
        found = await self.gateway.read(
            warnings.open_warnings, by=self.actor, now=clock.now(), below=below, limit=wanted.limit
        )
        return [Row(one, _cells(one), tone="bad" if one.kind == "lost" else "") for one in found]

    async def load(self) -> None:
        """The list, and how much is at stake in all."""
        await super().load()
        count, loss_cents = await self.gateway.read(warnings.count_open)
        if self.table.display:
            self.select(T("{count} away · worth {loss_cents} a month", count=count, loss_cents=loss_cents))

    def about(self, row: Row) -> Sequence[Words]:
        """Why the member is warned about."""
        if not isinstance(row.key, Warning):
            return ()
        return (*warnings.sentence(row.key), T("Noticed {raised_on}.", raised_on=row.key.raised_on))

    @property
    def _selected(self) -> Warning | None:
        return self.chosen(Warning)

    @on(PageTable.RowOpened)
    def _opened(self, message: PageTable.RowOpened) -> None:
        if isinstance(message.row.key, Warning):
            self.app.push_screen(MemberPage(message.row.key.member_id))

    async def do_reason(self) -> None:
        """Ask for the reason."""
        if (chosen := self._selected) is None:
            return

        async def write(answer: Answer) -> None:
            reason = answer.text("reason")
            await self.gateway.write(warnings.note_reason, chosen.id, reason, by=self.actor, now=clock.now())
            self.changed()

        reasons = tuple((id, Text(words)) for id, words in REASONS.items())
        field = Field("reason", N_("reason"), "choice", value=chosen.reason, choices=reasons)
        title = T("Why does {name} stay away?", name=_named(chosen))
        await self.ask(Form("reason", title, fields=(field,)), write)

    def do_cases(self) -> None:
        """Open the cases."""
        self.app.push_screen(CasesPage())

    def do_tasks(self) -> None:
        """Open the list of calls."""
        self.app.push_screen(TasksPage())

    def do_results(self) -> None:
        """Open the results."""
        self.app.push_screen(ResultsPage())

    async def do_case(self) -> None:
        """Ask who works on it, and open a case."""
        if (chosen := self._selected) is None:
            return
        workers = await self.gateway.read(followups.workers)
        today = await self.gateway.read(followups.today_of, clock.now())

        async def write(answer: Answer) -> None:
            who, due_on = read_assigned(answer)
            await self.gateway.write(
                winback.open_case, chosen.id, assigned_to=who, due_on=due_on, by=self.actor, now=clock.now()
            )
            self.office.tell(T("A case is open, and a call is planned. w shows the cases, t the calls."))
            self.changed()

        title = T("Who wins {name} back, and by when?", name=_named(chosen))
        await self.ask(Form("case", title, (), assigning(workers, None, today)), write)

    async def do_batch(self) -> None:
        """Ask how many and what, and say beforehand whom it concerns."""
        await batchform.ask(self)

    async def do_tests(self) -> None:
        """How good the forecast was."""
        self.app.push_screen(BackTestsPage())

    async def do_close(self) -> None:
        """Ask before taking a warning away."""
        if (chosen := self._selected) is None:
            return

        async def write(answer: Answer) -> None:
            await self.gateway.write(warnings.close, chosen.id, by=self.actor, now=clock.now())
            if self.is_there:
                self.reading(self.load)

        title = T("Take {name} off the list?", name=_named(chosen))
        lines = (T("A new warning comes only after another visit and another silence."),)
        await self.ask(Form("close", title, lines, done=N_("close")), write)


def _named(warning: Warning) -> str:
    return warning.name or phones.national(warning.phone) or _("without a name")


def _cells(one: Warning) -> tuple[Words, ...]:
    chance = "" if one.chance_bp is None else f"{(one.chance_bp + 50) // 100} %"
    reason: Words = Text(REASONS[one.reason]) if one.reason in REASONS else ""
    return (
        one.name or Text(N_("without a name")),
        phones.national(one.phone),
        days(one.silent_days),
        days(one.usual_days) if one.usual_days else "—",
        chance,
        cents(one.loss_cents),
        reason,
    )
