"""Moves of a product's stock 库存流水: what came in, was sold, went out and was counted."""

from collections.abc import Sequence

from textual import on

from core.base.i18n import N_, T, Text
from core.goods import stock
from core.goods.catalogue import Product
from core.goods.stock import StockMove
from tui import routes
from tui.keymap import Action
from tui.screens.goodsforms import WHYS, amount, change
from tui.screens.lists import ListPage, moment
from tui.widgets.columns import Column
from tui.widgets.pagetable import PageTable, Row, Wanted
from tui.widgets.row import Words

KINDS = {
    "in": N_("stock in"),
    "sale": N_("was sold"),
    "refund": N_("came back"),
    "count": N_("counted"),
    "waste": N_("taken out"),
    "reward": N_("given as a reward"),
    "sent": N_("sent to another store"),
    "arrived": N_("came from another store"),
}


class MovesPage(ListPage):
    """Every move in one store, the newest first."""

    NAME = N_("Moves of stock")
    HELP = N_("What moved this product's stock, the newest first, and what was left. Enter opens the receipt.")
    EMPTY = N_("Nothing moved yet. Esc goes back; there i takes stock in.")
    KEYS = (Action("open", ("enter",), N_("receipt"), N_("Open the receipt behind the move.")),)
    COLUMNS = (
        Column("time", N_("time"), 16, min_width=11),
        Column("change", N_("moved"), 14, min_width=10, right=True),
        Column("left", N_("left after"), 14, min_width=10, right=True),
        Column("what", N_("what"), 18, min_width=8, important=True, stretch=True),
        Column("receipt", N_("receipt"), 14, min_width=13),
        Column("who", N_("who"), 14, min_width=6),
    )

    def __init__(self, product: Product, store: tuple[int, str]) -> None:
        super().__init__(name_of=product.name)
        self._product, self._store = product, store

    async def load(self) -> None:
        """The newest moves."""
        self.select(T("stock of {store}", store=self._store[1]))
        await super().load()

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """Moves in the store."""
        before = wanted.after if isinstance(wanted.after, StockMove) else None
        found = await self.gateway.read(
            stock.moves, self._store[0], self._product.id, before=before, limit=wanted.limit
        )
        return [Row(move, self._cells(move)) for move in found]

    def _cells(self, move: StockMove) -> tuple[Words, ...]:
        what = Text(WHYS[move.why] if move.why else KINDS[move.kind])
        moved, left = change(self._product, move.quantity_milli), amount(self._product, move.after_milli)
        return (moment(move.at), moved, left, what, move.receipt, move.name)

    def about(self, row: Row) -> Sequence[Words]:
        """The note of what was taken out."""
        return [row.key.note] if isinstance(row.key, StockMove) and row.key.note else []

    def refusal(self, action: Action) -> Text | None:
        """Only sales and returns have a receipt."""
        move = self.table.row.key if self.table.row else None
        if action.id == "open" and (not isinstance(move, StockMove) or move.sale_id is None):
            return T("No receipt stands behind this move.")
        return super().refusal(action)

    @on(PageTable.RowOpened)
    async def _opened(self) -> None:
        await self.act("open")

    def do_open(self) -> None:
        """Open the receipt."""
        move = self.table.row.key if self.table.row else None
        if isinstance(move, StockMove) and move.sale_id is not None:
            self.app.push_screen(routes.receipt(move.sale_id))
