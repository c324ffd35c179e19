"""Goods 商品: what is sold, at which price, and what is on the shelf."""

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult

from core.base import clock
from core.base.i18n import N_, T, Text, _
from core.base.money import quantity_shown
from core.goods import catalogue, stock
from core.goods.catalogue import OnShelf
from core.keeping import opening
from tui.keymap import FIND, Action
from tui.screens.lists import ListPage, cents
from tui.widgets.columns import Column
from tui.widgets.money import read_quantity
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Row, Wanted
from tui.widgets.row import Words
from tui.widgets.searchbox import SearchBox

KINDS = {
    "goods": N_("goods"),
    "service": N_("service"),
    "gift_card": N_("gift card"),
    "top_up": N_("top-up"),
    "pass": N_("pass"),
    "plan": N_("plan"),
}
SOLD_AS = (("goods", T("goods")), ("weighed", T("goods by weight")), ("service", T("service")))


class GoodsPage(ListPage):
    """Products by name; what is typed above narrows the list."""

    NAME = N_("Goods")
    HELP = N_("What the shop sells. Find by barcode, number, name, pinyin or initials.")
    EMPTY = N_("No product is called that. n adds one.")
    NOTED = False
    KEYS = (
        FIND,
        Action("new", ("n",), N_("new"), N_("Add a product."), right="goods"),
        Action("price", ("p",), N_("price"), N_("Change the price of the selected product."), right="goods"),
        Action("receive", ("i",), N_("stock in"), N_("Take goods of the selected product in."), right="goods"),
        Action("store", ("s",), N_("store"), N_("Show the stock of another store.")),
    )
    COLUMNS = (
        Column("name", N_("product"), 22, min_width=12, important=True, stretch=True),
        Column("price", N_("price"), 13, min_width=12, right=True),
        Column("stock", N_("in stock"), 12, min_width=12, right=True),
        Column("barcode", N_("barcode"), 15, min_width=13),
        Column("kind", N_("kind"), 10, min_width=6),
    )

    def __init__(self) -> None:
        super().__init__()
        self._typed = ""
        self._store: tuple[int, str] | None = None

    def lists(self) -> ComposeResult:
        """A search box over the list."""
        yield SearchBox(hint=N_("barcode, name, initials …"), id="search")
        yield from super().lists()

    async def load(self) -> None:
        """Products with the stock of the store that was chosen, or the first."""
        if self._store is None:
            found = await self.gateway.read(opening.stores_of, self.actor)
            self._store = found[0] if found else (0, "")
        self.select(T("stock of {store}", store=self._store[1]))
        await super().load()

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """Products that answer what is typed."""
        last = wanted.after.product if isinstance(wanted.after, OnShelf) else None
        found = await self.gateway.read(
            catalogue.shelf,
            self._store[0] if self._store else 0,
            typed=self._typed,
            after_name=last.name if last else "",
            after_id=last.id if last else 0,
            limit=wanted.limit,
        )
        return [Row(one, _cells(one)) for one in found]

    @on(SearchBox.Searched)
    async def _searched(self, message: SearchBox.Searched) -> None:
        self._typed = message.value
        self.reading(self.load)

    @on(SearchBox.Submitted, "#search")
    def _found(self) -> None:
        self.table.focus()

    @property
    def _selected(self) -> OnShelf | None:
        row = self.table.row
        return row.key if row is not None and isinstance(row.key, OnShelf) else None

    def refusal(self, action: Action) -> Text | None:
        """Only what is counted can come in."""
        one = self._selected
        if action.id in ("price", "receive") and one is None:
            return T("Select a product first.")
        if action.id == "receive" and one is not None and one.on_hand_milli is None:
            return T("{name} is not counted: only goods have a stock.", name=one.product.name)
        return super().refusal(action)

    async def do_new(self) -> None:
        """Ask for a new product."""

        async def write(answer: Answer) -> None:
            sold_as = answer.text("sold_as")
            await self.gateway.write(
                catalogue.create,
                answer.text("name"),
                answer.number("price") or 0,
                kind="service" if sold_as == "service" else "goods",
                weighed=sold_as == "weighed",
                barcode=answer.text("barcode") or None,
                by=self.actor,
                now=clock.now(),
            )
            self.changed()

        fields = (
            Field("name", N_("name")),
            Field("price", N_("price"), "money"),
            Field("barcode", N_("barcode"), required=False, hint=N_("scan it, or leave it empty")),
            Field("sold_as", N_("kind"), "choice", choices=SOLD_AS),
        )
        await self.ask(Form("product", T("New product"), fields=fields), write)

    async def do_price(self) -> None:
        """Ask for another price."""
        if (one := self._selected) is None:
            return
        product = one.product

        async def write(answer: Answer) -> None:
            price = answer.number("price") or 0
            await self.gateway.write(catalogue.set_price, product.id, price, by=self.actor, now=clock.now())
            self.changed()

        lines = (T("It counts from the next sale on; sales made keep theirs."),)
        fields = (Field("price", N_("price"), "money", value=product.price_cents),)
        await self.ask(Form("price", product.name, lines, fields), write)

    async def do_receive(self) -> None:
        """Ask how much comes in."""
        if (one := self._selected) is None or self._store is None:
            return
        product, (store_id, store) = one.product, self._store

        async def write(answer: Answer) -> None:
            quantity = read_quantity(answer.text("quantity"), field="quantity")
            await self.gateway.write(stock.receive, store_id, product.id, quantity, by=self.actor, now=clock.now())
            self.changed()

        lines = (T("In {store} there are {quantity} now.", store=store, quantity=_stock(one)),)
        label = N_("kilograms in") if product.weighed else N_("pieces in")
        await self.ask(Form("receive", product.name, lines, (Field("quantity", label),)), write)

    async def do_store(self) -> None:
        """Ask which store's stock to show."""
        found = await self.gateway.read(opening.stores_of, self.actor)

        async def show(answer: Answer) -> None:
            self._store = next(store for store in found if str(store[0]) == answer.text("store"))
            await self.load()

        choices = tuple((str(id), name) for id, name in found)
        here = str(self._store[0]) if self._store else ""
        field = Field("store", N_("store"), "choice", value=here, choices=choices)
        await self.ask(Form("store", T("Stock of which store?"), fields=(field,), done=N_("show")), show)


def _stock(one: OnShelf) -> str:
    milli = one.on_hand_milli or 0
    shown = milli // 1000 if milli % 1000 == 0 else quantity_shown(milli)
    return _("{quantity} kg", quantity=shown) if one.product.weighed else _("{quantity} pieces", quantity=shown)


def _cells(one: OnShelf) -> tuple[Words, ...]:
    product = one.product
    price = cents(product.price_cents) if product.price_cents or product.kind in ("goods", "service") else ""
    on_hand = _stock(one) if one.on_hand_milli is not None else ""
    return (
        product.name,
        price + ("/kg" if product.weighed else ""),
        on_hand,
        product.barcode or "",
        Text(KINDS[product.kind]),
    )
