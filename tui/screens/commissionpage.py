"""Commission 提成: the rules, and what each of the staff earned in a month, line by line."""

from collections.abc import Sequence

from textual import on

from core.base import clock
from core.base.i18n import N_, T, Text, scope
from core.base.money import plain
from core.goods import catalogue
from core.people import staff
from core.selling import commission, earnings, statements
from core.selling.commission import RuleRow
from core.selling.earnings import CommissionTerms
from core.selling.statements import Earned
from tui.keymap import Action
from tui.screens.lists import ListPage, MonthPage, cents, whole
from tui.screens.staffforms import ROLES
from tui.widgets.columns import Column
from tui.widgets.dates import read_day
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Fetch, PageTable, Row
from tui.widgets.row import Words

KINDS = {
    "goods": N_("goods"), "service": N_("services"), "top_up": N_("top-ups"), "plan": N_("plans"),
    "pass": N_("passes"), "gift_card": N_("gift cards"),
}  # fmt: skip


class CommissionPage(ListPage):
    """Every rule, those that hold first."""

    NAME = N_("Commission")
    HELP = N_(
        "What selling earns. Of the rules about a line the narrowest counts alone: a product before a category, a"
        " category before a kind; a person before a role. A change holds from a day on, past sales keep theirs."
        " s shows what each person earned."
    )
    RIGHT = "staff"
    ORDERED = True
    NOTED = False
    EMPTY = N_("No rule yet. n makes one.")
    KEYS = (
        Action("new", ("n",), N_("new"), N_("Add a rule."), right="staff"),
        Action("change", ("enter", "e"), N_("change"), N_("Give the rule other terms from a day on."), right="staff"),
        Action("end", ("x",), N_("end"), N_("Let the rule hold to a last day."), right="staff", danger=True),
        Action("statement", ("s",), N_("statement"), N_("Show what each person earned, line by line.")),
    )
    COLUMNS = (
        Column("name", N_("rule"), 20, min_width=10, important=True, stretch=True),
        Column("what", N_("of what"), 20, min_width=10),
        Column("whom", N_("of whom"), 12, min_width=8),
        Column("rate", N_("pays"), 14, min_width=9, right=True),
        Column("from", N_("from day"), 10, min_width=10),
        Column("until", N_("last day"), 10, min_width=5),
    )

    def source(self) -> Fetch:
        """The rules."""
        return whole(lambda: self.gateway.read(commission.listing, by=self.actor, now=clock.now()), _rule)

    @property
    def _selected(self) -> RuleRow | None:
        return self.chosen(RuleRow)

    def refusal(self, action: Action) -> Text | None:
        """There must be a rule under the cursor."""
        if action.id in ("change", "end") and self._selected is None:
            return T("Select a rule first.")
        return super().refusal(action)

    @on(PageTable.RowOpened)
    async def _opened(self, message: PageTable.RowOpened) -> None:
        message.stop()
        await self.act("change")

    async def do_new(self) -> None:
        """Ask for a rule."""
        await self._ask(None)

    async def do_change(self) -> None:
        """Ask for other terms."""
        if self._selected is not None:
            await self._ask(self._selected)

    async def _ask(self, one: RuleRow | None) -> None:
        fields = await self._fields(one)

        async def write(answer: Answer) -> None:
            from_day = read_day(answer.text("from"), field="from")
            until = read_day(answer.text("until"), field="until") if answer.text("until") else None
            if one is None:
                await self.gateway.write(commission.create, answer.text("name"), _terms(answer), from_day=from_day,
                                         until_day=until, by=self.actor, now=clock.now())  # fmt: skip
            else:
                await self.gateway.write(commission.change, one.id, _terms(answer), from_day=from_day, until_day=until,
                                         by=self.actor, now=clock.now())  # fmt: skip
            self.changed()

        title = T("New rule") if one is None else T("{name}: other terms", name=one.name)
        lines = (T("Either a rate of what a line brought, or an amount for each piece."),)
        await self.ask(Form("commission", title, lines, fields), write)

    async def _fields(self, one: RuleRow | None) -> tuple[Field, ...]:
        terms = one.version.terms if one is not None else CommissionTerms()
        goods, people = await self.gateway.read(_known)
        what = f"p{terms.product_id}" if terms.product_id else f"c{terms.category_id}" if terms.category_id else ""
        whom = terms.role or str(terms.staff_id or "")
        roles = [(id, Text(name)) for id, name in ROLES.items()]
        name = () if one is not None else (Field("name", N_("name")),)
        today = clock.local(clock.now(), scope().zone).date()
        return (
            *name,
            Field("kinds", N_("kinds"), "several", " ".join(terms.kinds), required=False,
                  choices=tuple((id, Text(label)) for id, label in KINDS.items())),
            Field("what", N_("only of"), "menu", what, (("", T("everything")), *goods), required=False),
            Field("whom", N_("of whom"), "menu", whom, (("", T("everybody")), *roles, *people), required=False),
            Field("rate", N_("rate"), "percent", terms.rate_bp or None, required=False),
            Field("each", N_("or each"), "money", terms.each_cents or None, required=False),
            Field("from", N_("from day"), "day", f"{today}"),
            Field("until", N_("last day"), "day", required=False),
        )  # fmt: skip

    async def do_end(self) -> None:
        """Ask for the last day."""
        if (one := self._selected) is None:
            return

        async def write(answer: Answer) -> None:
            last = read_day(answer.text("last"), field="last")
            await self.gateway.write(commission.end, one.id, last, by=self.actor, now=clock.now())
            self.changed()

        today = clock.local(clock.now(), scope().zone).date()
        field = Field("last", N_("last day"), "day", f"{today}")
        await self.ask(Form("end", T("To which day does “{name}” hold?", name=one.name), (), (field,)), write)

    def do_statement(self) -> None:
        """What each person earned."""
        self.app.push_screen(StatementPage())


class StatementPage(MonthPage):
    """One person's month, line by line."""

    NAME = N_("Statement")
    HELP = N_(
        "What one of the staff earned in a month: each line with its rule and share; what came back below. b and n turn"
        " the month, p shows another person."
    )
    PERSONAL = True
    EMPTY = N_("Nothing was earned in this month.")
    KEYS = (
        Action("before", ("b",), N_("month before"), N_("Show the month before.")),
        Action("after", ("n",), N_("next month"), N_("Show the next month.")),
        Action("person", ("p",), N_("person"), N_("Show what another person earned."), right="reports"),
    )
    COLUMNS = (
        Column("day", N_("day"), 10, min_width=10),
        Column("name", N_("what"), 20, min_width=8, important=True, stretch=True),
        Column("base", N_("brought"), 12, min_width=10, right=True),
        Column("share", N_("share"), 8, min_width=7, right=True),
        Column("rule", N_("rule"), 16, min_width=6),
        Column("cents", N_("earned"), 11, min_width=9, right=True),
    )

    def __init__(self, staff_id: int = 0) -> None:
        super().__init__()
        self._staff_id = staff_id

    def source(self) -> Fetch:
        """The lines."""
        return whole(self._lines, _line)

    async def _lines(self) -> list[Earned]:
        self._staff_id = self._staff_id or self.actor.id
        found = await self.gateway.read(
            statements.statement, self._staff_id, self.month, by=self.actor, now=clock.now()
        )
        names = dict(await self.gateway.read(staff.names))
        total = cents(sum(one.cents for one in found))
        self.select(f"{names.get(self._staff_id, '')} · {self.month:%Y-%m} · {T('total')} {total}")
        return found

    def about(self, row: Row) -> Sequence[Words]:
        """Why it is so much."""
        one = row.key
        if not isinstance(one, Earned):
            return ()
        why = T("Rule “{rule}”: {gives}", rule=one.rule.name, gives=gives(one.rule.terms))
        if one.refund_id is None:
            return (why, T("Receipt number {number} of that day.", number=one.receipt_no))
        return (why, T("Taken back for a return of receipt number {number}.", number=one.receipt_no))

    async def do_person(self) -> None:
        """Ask whose."""
        people = await self.gateway.read(staff.names)

        async def show(answer: Answer) -> None:
            self._staff_id = int(answer.text("who"))
            self.overlay.close()
            self.reading(self.load)

        choices = tuple((str(id), name) for id, name in people)
        field = Field("who", N_("person"), "menu", str(self._staff_id), choices)
        await self.ask(Form("person", T("Whose statement?"), (), (field,), N_("show"), quick=True), show)


def gives(terms: CommissionTerms) -> str:
    """'3 %' or '¥1.00 each'."""
    if terms.each_cents:
        return str(T("{amount} each", amount=cents(terms.each_cents)))
    return f"{plain(terms.rate_bp)} %"


def _terms(answer: Answer) -> CommissionTerms:
    what, whom = answer.text("what"), answer.text("whom")
    return CommissionTerms(
        kinds=tuple(one for one in earnings.KINDS if one in answer.text("kinds").split()),
        category_id=int(what[1:]) if what.startswith("c") else None,
        product_id=int(what[1:]) if what.startswith("p") else None,
        role=whom if whom in ROLES else "",
        staff_id=int(whom) if whom.isdecimal() else None,
        rate_bp=answer.number("rate") or 0,
        each_cents=answer.number("each") or 0,
    )


Choices = list[tuple[str, Words]]


def _known() -> tuple[Choices, Choices]:
    """Categories, products and people one can choose."""
    categories: Choices = [(f"c{id}", T("category {name}", name=name)) for id, name in catalogue.categories()]
    products: Choices = [(f"p{one.id}", one.name) for one in catalogue.everything(limit=200)]
    people: Choices = [(str(id), name) for id, name in staff.names()]
    return [*categories, *products], people


def _rule(one: RuleRow) -> Row:
    terms = one.version.terms
    kinds = " · ".join(str(Text(KINDS[kind])) for kind in terms.kinds)
    what: Words = one.of_what or kinds or T("everything")
    whom: Words = one.of_whom or (Text(ROLES[terms.role]) if terms.role else T("everybody"))
    last = one.version.until_day
    ends: Words = f"{last}" if last else T("ended") if one.ended else "—"
    cells = (one.name, what, whom, gives(terms), f"{one.version.from_day}", ends)
    return Row(one, cells, tone="quiet" if one.ended else "")


def _line(one: Earned) -> Row:
    cells = (f"{one.day}", one.name, cents(one.base_cents), f"{plain(one.share_bp)} %", one.rule.name, cents(one.cents))
    return Row(one, cells, tone="warn" if one.refund_id is not None else "")
