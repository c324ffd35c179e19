"""Reports 报表: sales, the newest first; Enter opens the receipt."""

from collections.abc import Sequence

from textual import on

from core.base.i18n import N_, T
from core.keeping import opening
from core.selling import receipts
from core.selling.receipts import SaleHead
from tui.keymap import OPEN, Action
from tui.screens.lists import ListPage, cents, moment
from tui.screens.receipt import ReceiptPage
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import PageTable, Row, Wanted
from tui.widgets.row import Words


class ReportsPage(ListPage):
    """Sales of one store or of all."""

    NAME = N_("Reports")
    HELP = N_("Every sale, the newest first. Enter opens the receipt, where it can be returned.")
    RIGHT = "reports"
    PERSONAL = True
    EMPTY = N_("No sales yet.")
    NOTED = False
    KEYS = (
        OPEN,
        Action("store", ("s",), N_("store"), N_("Show the sales of one store."), right="reports"),
    )
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
        self._store: tuple[int, str] | None = None

    async def load(self) -> None:
        """All stores, for who works in all of them; else the first of theirs."""
        if self._store is None and self.actor.stores:
            found = await self.gateway.read(opening.stores_of, self.actor)
            self._store = found[0] if found else (0, "")
        self.select(T("all stores") if self._store is None else self._store[1])
        await super().load()

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """Sales of the chosen store."""
        last = wanted.after
        found = await self.gateway.read(
            receipts.recent,
            store_id=None if self._store is None else self._store[0],
            before_id=last.id if isinstance(last, SaleHead) else None,
            limit=wanted.limit,
        )
        return [Row(one, _cells(one)) for one in found]

    @on(PageTable.RowOpened)
    def _opened(self, message: PageTable.RowOpened) -> None:
        if isinstance(message.row.key, SaleHead):
            self.app.push_screen(ReceiptPage(message.row.key.id))

    async def do_store(self) -> None:
        """Ask for a store."""
        found = await self.gateway.read(opening.stores_of, self.actor)

        async def show(answer: Answer) -> None:
            chosen = answer.text("store")
            self._store = next((store for store in found if str(store[0]) == chosen), None)
            await self.load()

        every: tuple[tuple[str, Words], ...] = () if self.actor.stores else (("all", T("all stores")),)
        stores: tuple[tuple[str, Words], ...] = tuple((str(id), name) for id, name in found)
        here = "all" if self._store is None else str(self._store[0])
        field = Field("store", N_("store"), "choice", value=here, choices=(*every, *stores))
        await self.ask(Form("store", T("Sales of which store?"), fields=(field,), done=N_("show")), show)


def _cells(one: SaleHead) -> tuple[Words, ...]:
    back = cents(-one.refunded_cents) if one.refunded_cents else ""
    return (one.number, moment(one.at), cents(one.total_cents), back, one.member, one.store)
