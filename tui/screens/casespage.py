"""Win-back cases 挽回: who works on which member, what was offered, and how it ended."""

from collections.abc import Sequence

from textual import on

from core.base import clock, phones
from core.base.i18n import N_, T, Text, _
from core.goods import catalogue
from core.insight.warnings import REASONS
from core.loyalty import coupons
from core.service import followups, strategies, winback
from core.service.strategies import WORDS, Offer, Strategy
from core.service.winback import STATES, Case
from tui.keymap import OPEN, Action
from tui.screens.lists import ListPage, cents, day, moment
from tui.screens.member import MemberPage
from tui.screens.taskspage import TasksPage, assigning, read_assigned
from tui.screens.winbackresults import ResultsPage
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import PageTable, Row, Wanted
from tui.widgets.row import Words

NEWEST = 2**53
SATISFACTION: tuple[tuple[str, Words], ...] = (
    ("", T("not asked")),
    ("1", T("1 very dissatisfied")),
    ("2", T("2 dissatisfied")),
    ("3", T("3 neither")),
    ("4", T("4 satisfied")),
    ("5", T("5 very satisfied")),
)


class CasesPage(ListPage):
    """Cases in work or ended, the newest first."""

    NAME = N_("Win-back")
    HELP = N_(
        "One case for each member somebody tries to win back: the reason, what is done about it, who does it. A case is"
        " judged by what the member buys within the days the shop looks ahead. An offer by hand is no proof; offers to"
        " the first of the list, under Churn, hold some out."
    )
    PERSONAL = True
    EMPTY = N_("No case. Under Churn, c opens one for the selected member.")
    KEYS = (
        OPEN,
        Action("offer", ("f",), N_("offer"), N_("Make an offer by hand: its coupon and points are given at once."),
               right="churn"),
        Action("reason", ("r",), N_("reason"), N_("Note why the member stays away, as told.")),
        Action("assign", ("a",), N_("give to"), N_("Give the case to somebody, with a call on a day."), right="churn"),
        Action("close", ("x",), N_("end"), N_("End the case, and note how satisfied the member is."), right="churn"),
        Action("rate", ("s",), N_("satisfaction"), N_("Note how satisfied the member says they are.")),
        Action("over", ("e",), N_("ended / in work"), N_("Show the cases that ended, or those in work.")),
        Action("tasks", ("t",), N_("tasks"), N_("Calls and visits that are planned.")),
        Action("results", ("v",), N_("results"), N_("What each strategy brought, by reason."), right="churn"),
    )  # fmt: skip
    COLUMNS = (
        Column("name", N_("name"), 10, min_width=8, important=True, stretch=True),
        Column("phone", N_("phone"), 14, min_width=11),
        Column("state", N_("state"), 10, min_width=8),
        Column("reason", N_("reason"), 16, min_width=8),
        Column("strategy", N_("strategy"), 16, min_width=8),
        Column("loss", N_("a month"), 10, min_width=8, right=True),
        Column("assigned", N_("given to"), 8, min_width=6),
    )

    def __init__(self) -> None:
        super().__init__()
        self._over = False

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """Cases by age."""
        below = wanted.after.id if isinstance(wanted.after, Case) else NEWEST
        found = await self.gateway.read(
            winback.listing, by=self.actor, over=self._over, below=below, limit=wanted.limit
        )
        return [Row(one, _cells(one), tone="good" if one.state == "won" else "") for one in found]

    def about(self, row: Row) -> Sequence[Words]:
        """What was done and what came of it."""
        return case_words(row.key) if isinstance(row.key, Case) else ()

    def refusal(self, action: Action) -> Text | None:
        """There must be one, and for most a case in work."""
        if action.id in ("offer", "reason", "assign", "close", "rate"):
            if (case := self._case) is None:
                return T("The list is empty.")
            if action.id != "rate" and not case.is_open:
                return T("This case has ended.")
        return super().refusal(action)

    @property
    def _case(self) -> Case | None:
        return self.chosen(Case)

    @on(PageTable.RowOpened)
    def _opened(self, message: PageTable.RowOpened) -> None:
        if isinstance(message.row.key, Case):
            self.app.push_screen(MemberPage(message.row.key.member_id))

    def do_tasks(self) -> None:
        """Open the list of calls."""
        self.app.push_screen(TasksPage())

    def do_results(self) -> None:
        """Open the results."""
        self.app.push_screen(ResultsPage())

    def do_over(self) -> None:
        """The other half of the list."""
        self._over = not self._over
        self.select(T("ended") if self._over else T("in work"))
        self.reading(self.load)

    async def do_reason(self) -> None:
        """Ask for the reason."""
        if (case := self._case) is None:
            return

        async def write(answer: Answer) -> None:
            reason = answer.text("reason")
            await self.gateway.write(winback.note_reason, case.id, reason, by=self.actor, now=clock.now())
            self.changed()

        reasons = tuple((id, Text(words)) for id, words in REASONS.items())
        field = Field("reason", N_("reason"), "choice", value=case.reason, choices=reasons)
        await self.ask(Form("reason", T("Why does {name} stay away?", name=_named(case)), (), (field,)), write)

    async def do_offer(self) -> None:
        """Choose what is offered, of what the table has for the reason."""
        if (case := self._case) is None:
            return
        known = await self.gateway.read(strategies.of_reason, case.reason)
        names = await self.gateway.read(gift_names)

        async def write(answer: Answer) -> None:
            chosen = known[int(answer.text("strategy"))].offer
            await self.gateway.write(winback.offer, case.id, chosen, by=self.actor, now=clock.now())
            self.changed()

        choices = tuple((str(place), offer_words(one, names)) for place, one in enumerate(known))
        lines = (T("Coupon and points are given at once. Tell the member yourself; no message goes out."),)
        field = Field("strategy", N_("strategy"), "menu", value="0", choices=choices)
        await self.ask(Form("offer", T("What is offered to {name}?", name=_named(case)), lines, (field,)), write)

    async def do_assign(self) -> None:
        """Ask who, and for when."""
        if (case := self._case) is None:
            return
        workers = await self.gateway.read(followups.workers)
        today = await self.gateway.read(followups.today_of, clock.now())

        async def write(answer: Answer) -> None:
            who, due_on = read_assigned(answer)
            await self.gateway.write(winback.assign, case.id, who, due_on, by=self.actor, now=clock.now())
            self.changed()

        fields = assigning(workers, case.assigned_to, max(case.due_on or today, today))
        await self.ask(Form("assign", T("Who calls {name}, and when?", name=_named(case)), (), fields), write)

    async def do_close(self) -> None:
        """Ask how it ended."""
        if (case := self._case) is None:
            return

        async def write(answer: Answer) -> None:
            said = answer.text("satisfaction")
            await self.gateway.write(
                winback.close, case.id, answer.text("state"), satisfaction=int(said) if said else None, by=self.actor,
                now=clock.now(),
            )  # fmt: skip
            self.changed()

        ends = tuple((id, Text(STATES[id])) for id in winback.ENDS)
        fields = (
            Field("state", N_("how it ended"), "choice", value="lost", choices=ends),
            Field("satisfaction", N_("satisfaction"), "choice", value="", choices=SATISFACTION, required=False),
        )
        lines = (T("Calls that are planned are dropped. The verdict comes from what the member buys."),)
        await self.ask(Form("close", T("End the case of {name}?", name=_named(case)), lines, fields), write)

    async def do_rate(self) -> None:
        """Ask how satisfied they are."""
        if (case := self._case) is None:
            return

        async def write(answer: Answer) -> None:
            said = int(answer.text("satisfaction"))
            await self.gateway.write(winback.rate, case.id, said, by=self.actor, now=clock.now())
            self.changed()

        field = Field("satisfaction", N_("satisfaction"), "choice", value=str(case.satisfaction or 3),
                      choices=SATISFACTION[1:])  # fmt: skip
        await self.ask(Form("rate", T("How satisfied is {name}?", name=_named(case)), (), (field,)), write)


def gift_names() -> dict[str, str]:
    """Kinds of coupons and products by what refers to them: 'coupon:7', 'product:3'."""
    kinds = {f"coupon:{kind.id}": kind.name for kind in coupons.kinds()}
    products = [one.offer.product_id for one in strategies.table() if one.offer.product_id]
    return kinds | {f"product:{id}": one.name for id, one in catalogue.many(products).items()}


def offer_words(one: Strategy, names: dict[str, str]) -> str:
    """A strategy with what it gives: 'better price · 满100减20 · 50 points'."""
    parts = [str(Text(WORDS[one.offer.kind])), *gift_words(one.offer, names)]
    return " · ".join(parts)


def gift_words(offer: Offer, names: dict[str, str]) -> list[str]:
    """What an offer gives."""
    found = [names.get(f"coupon:{offer.coupon_kind_id}", ""), names.get(f"product:{offer.product_id}", "")]
    if offer.points:
        found.append(_("{points} points", points=offer.points))
    return [one for one in found if one]


def case_words(case: Case) -> list[Words]:
    """Sentences about a case."""
    said: list[Words] = [T("Opened {moment}; last here {last}.", moment=moment(case.opened_at),
                           last=day(case.last_visit_on))]  # fmt: skip
    if case.due_on and case.is_open:
        said.append(T("Due {due}.", due=day(case.due_on)))
    if case.until_on and case.spent_cents is None:
        said.append(T("Judged after {until}.", until=day(case.until_on)))
    if case.spent_cents is not None:
        said.append(
            T("Came again on {returned}, spent {spent_cents}; in as many days before {before_cents}.",
              returned=day(case.returned_on), spent_cents=case.spent_cents, before_cents=case.before_cents or 0)
            if case.returned_on else T("Did not come again.")
        )  # fmt: skip
    if case.bought is not None:
        said.append(T("Bought the new product.") if case.bought else T("Did not buy the new product."))
    if case.satisfaction:
        said.append(T("Satisfaction {satisfaction} of 5.", satisfaction=case.satisfaction))
    if case.strategy and not case.arm:
        said.append(T("By hand, nobody was held out: no proof."))
    return said


def _named(case: Case) -> str:
    return case.name or phones.national(case.phone) or _("without a name")


def _cells(one: Case) -> tuple[Words, ...]:
    return (
        one.name or Text(N_("without a name")),
        phones.national(one.phone),
        Text(STATES[one.state]),
        Text(REASONS[one.reason]) if one.reason in REASONS else "—",
        Text(WORDS[one.strategy]) if one.strategy in WORDS else "—",
        cents(one.loss_cents),
        one.assigned or "—",
    )
