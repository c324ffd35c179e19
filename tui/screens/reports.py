"""Sales found 销售查询: the newest first, filtered and added up; Enter opens the receipt, c draws them."""

from collections.abc import Sequence
from dataclasses import replace

from textual import on
from textual.app import ComposeResult

from core.base.i18n import N_, T, Text
from core.keeping import opening
from core.people import members, staff
from core.reports import sold
from core.reports.sold import Sought, Sum
from core.selling.receipts import SaleHead
from tui.keymap import FIND, OPEN, Action
from tui.screens import salesought
from tui.screens.consentspage import ConsentsPage
from tui.screens.lists import ListPage, cents, moment
from tui.screens.receipt import ReceiptPage
from tui.screens.salescharts import ChartsPage
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import PageTable, Row, Wanted
from tui.widgets.row import Words
from tui.widgets.searchbox import SearchBox


class ReportsPage(ListPage):
    """The sales that are asked for, with their sum above."""

    NAME = N_("Sales")
    HELP = N_(
        "Every sale, the newest first. f shows some days, a store, a seller, a member, a way of paying; / finds a"
        " receipt's number; the line above adds them up and c draws them. k counts consents. Enter opens the receipt,"
        " where it can be returned."
    )
    RIGHT = "reports"
    PERSONAL = True
    EMPTY = N_("No sales. f changes the filter; the till makes new ones.")
    NOTED = False
    KEYS = (
        OPEN,
        FIND,
        Action("filter", ("f",), N_("filter"), N_("Show some days, a store, a seller, a member, a way of paying."),
               right="reports"),
        Action("charts", ("c",), N_("charts"), N_("Draw the sales shown: by day, hour, way of paying and size."),
               right="reports"),
        Action("consents", ("k",), N_("consents"), N_("Show who agreed to what, took it back or was never asked."),
               right="reports"),
        Action("store", ("s",), N_("store"), N_("Show the sales of one store."), right="reports"),
        Action("member", ("m",), N_("this member"), N_("Show only what the member of this sale bought, or all again."),
               right="reports"),
    )  # fmt: skip
    COLUMNS = (
        Column("number", N_("receipt"), 14, min_width=13, important=True),
        Column("time", N_("time"), 16, min_width=16),
        Column("total", N_("total"), 12, min_width=11, right=True),
        Column("refunded", N_("returned"), 12, min_width=11, right=True),
        Column("member", N_("member"), 14, min_width=8, stretch=True),
        Column("store", N_("store"), 14, min_width=8),
    )

    def __init__(self) -> None:
        super().__init__()
        self._sought = Sought()
        self._member = ""
        self._stores: list[tuple[int, str]] = []
        self._sellers: list[tuple[int, str]] = []

    def lists(self) -> ComposeResult:
        """A box for a receipt's number over the list."""
        yield SearchBox(hint=N_("number of a receipt"), table="#list", id="search")
        yield from super().lists()

    async def load(self) -> None:
        """All stores, for who works in all of them; else the first of theirs. Then what they come to."""
        if not self._stores:
            self._stores = await self.gateway.read(opening.stores_of, self.actor)
            self._sellers = await self.gateway.read(staff.names)
        if self._sought.store_id is None and self.actor.stores:
            self._sought = replace(self._sought, store_id=self._stores[0][0] if self._stores else 0)
        self._say(None)
        await super().load()
        await self._add_up()

    def answers(self) -> object:
        """The number typed."""
        return self._sought.number

    async def again(self) -> None:
        """The list and its sum once more."""
        await super().again()
        await self._add_up()

    async def _add_up(self) -> None:
        if self.actor.may("reports"):
            self._say(await self.gateway.latest("sum", sold.total, self._sought, by=self.actor))

    def _say(self, sum_of: Sum | None) -> None:
        said = salesought.said(self._sought, dict(self._stores), dict(self._sellers), self._member)
        self.select(" · ".join(map(str, [*said, *([] if sum_of is None else sum_said(sum_of))])))

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """Sales found."""
        before = wanted.after.id if isinstance(wanted.after, SaleHead) else None
        found = await self.gateway.read(sold.page, self._sought, by=self.actor, before_id=before, limit=wanted.limit)
        return [Row(one, _cells(one)) for one in found]

    @on(SearchBox.Searched)
    def _searched(self, message: SearchBox.Searched) -> None:
        self._sought = replace(self._sought, number=message.value)
        self.reading(self.load)

    @on(PageTable.RowOpened)
    def _opened(self, message: PageTable.RowOpened) -> None:
        if isinstance(message.row.key, SaleHead):
            self.app.push_screen(ReceiptPage(message.row.key.id))

    @property
    def _selected(self) -> SaleHead | None:
        return self.chosen(SaleHead)

    def refusal(self, action: Action) -> Text | None:
        """There must be a member to show, and sales to draw."""
        one = self._selected
        if action.id == "member" and self._sought.member_id is None and (one is None or one.member_id is None):
            return T("Select a sale of a member.")
        if action.id == "charts" and one is None:
            return T("The list is empty.")
        return super().refusal(action)

    def do_charts(self) -> None:
        """Draw what is shown."""
        said = salesought.said(self._sought, dict(self._stores), dict(self._sellers), self._member)
        self.app.push_screen(ChartsPage(self._sought, " · ".join(map(str, said))))

    def do_consents(self) -> None:
        """Who agreed to what."""
        self.app.push_screen(ConsentsPage())

    async def do_member(self) -> None:
        """One member alone, or everyone again."""
        one = self._selected
        if self._sought.member_id is not None:
            self._member, self._sought = "", replace(self._sought, member_id=None)
        elif one is not None:
            self._member, self._sought = one.member, replace(self._sought, member_id=one.member_id)
        await self.load()

    async def do_filter(self) -> None:
        """Ask which sales to show."""
        before = self._member

        async def show(answer: Answer) -> None:
            typed, member_id = answer.text("member"), self._sought.member_id
            name = before
            if typed != before:
                found = await self.gateway.read(members.find, typed, by=self.actor, limit=9) if typed else []
                hit = salesought.the_one(typed, found) if typed else None
                member_id, name = (hit.id, hit.name or typed) if hit else (None, "")
            self._sought = salesought.from_answer(self._sought, answer, member_id)
            self._member = name
            await self.load()

        every = not self.actor.stores
        form = salesought.form(self._sought, self._stores, self._sellers, before, every_store=every)
        await self.ask(form, show)

    async def do_store(self) -> None:
        """Ask for a store."""

        async def show(answer: Answer) -> None:
            chosen = answer.text("store")
            self._sought = replace(self._sought, store_id=int(chosen) if chosen else None)
            await self.load()

        every: tuple[tuple[str, Words], ...] = () if self.actor.stores else (("", T("all stores")),)
        stores: tuple[tuple[str, Words], ...] = tuple((str(id), name) for id, name in self._stores)
        field = Field("store", N_("store"), "choice", value=str(self._sought.store_id or ""),
                      choices=(*every, *stores), required=False)  # fmt: skip
        await self.ask(Form("store", T("Sales of which store?"), fields=(field,), done=N_("show")), show)


def sum_said(sum_of: Sum) -> list[Words]:
    """A sum: '143 sales', '¥8,412.50', 'returned −¥32.00'."""
    count = T("1 sale") if sum_of.sales == 1 else T("{count} sales", count=sum_of.sales)
    back = [T("returned {amount}", amount=cents(-sum_of.refunded_cents))] if sum_of.refunded_cents else []
    return [count, cents(sum_of.total_cents), *back]


def _cells(one: SaleHead) -> tuple[Words, ...]:
    back = cents(-one.refunded_cents) if one.refunded_cents else ""
    return (one.number, moment(one.at), cents(one.total_cents), back, one.member, one.store)
