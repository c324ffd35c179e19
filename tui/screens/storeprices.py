"""Prices of single stores 门店价: what a product costs in a store for some days."""

from datetime import date

from core.base import clock
from core.base.access import Actor
from core.base.clock import Millis
from core.base.i18n import N_, T, Text, scope
from core.goods import prices
from core.goods.catalogue import Product
from core.goods.prices import StorePrice
from core.keeping import opening
from tui.keymap import Action
from tui.screens.lists import ListPage, cents, whole
from tui.widgets.columns import Column
from tui.widgets.dates import read_day
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Fetch, Row

Named = tuple[StorePrice, str, bool]


class StorePricesPage(ListPage):
    """The prices of one product in single stores."""

    NAME = N_("Store prices")
    HELP = N_(
        "What this product costs in a store on some days; on all others, and in all other stores, its own price holds."
        " Of two prices that hold, the newer counts."
    )
    EMPTY = N_("Every store sells it at its own price. n sets another for a store.")
    RIGHT = "goods"
    NOTED = False
    KEYS = (
        Action("new", ("n",), N_("new"), N_("Set a price for a store and some days."), right="goods"),
        Action("end", ("x",), N_("end"), N_("End the price; the product's own holds again."), right="goods",
               danger=True),
    )  # fmt: skip
    COLUMNS = (
        Column("store", N_("store"), 20, min_width=12, important=True, stretch=True),
        Column("price", N_("price"), 13, min_width=10, right=True),
        Column("from", N_("from"), 12, min_width=11),
        Column("until", N_("until"), 12, min_width=11),
        Column("state", N_("state"), 12, min_width=8),
    )

    def __init__(self, product: Product, store: tuple[int, str]) -> None:
        super().__init__(name_of=product.name)
        self._product, self._store = product, store

    def source(self) -> Fetch:
        """Its prices."""
        return whole(lambda: self.gateway.read(_named, self._product.id, self.actor, clock.now()), _row)

    def refusal(self, action: Action) -> Text | None:
        """There must be one to end."""
        if action.id == "end" and self.table.row is None:
            return T("The list is empty.")
        return super().refusal(action)

    def _named(self) -> Named | None:
        return self.chosen(tuple)

    async def do_new(self) -> None:
        """Ask for store, price and days."""
        mine = tuple((str(id), name) for id, name in await self.gateway.read(opening.stores_of, self.actor))
        today = clock.local(clock.now(), scope().zone).date()

        async def write(answer: Answer) -> None:
            until = answer.text("until")
            await self.gateway.write(
                prices.put, int(answer.text("store")), self._product.id, answer.number("price") or 0,
                first=read_day(answer.text("first"), field="first"),
                until=read_day(until, field="until") if until else None, by=self.actor, now=clock.now(),
            )  # fmt: skip
            self.changed()

        fields = (
            Field("store", N_("store"), "menu", value=str(self._store[0]), choices=mine),
            Field("price", N_("price"), "money", value=self._product.price_cents),
            Field("first", N_("from"), "day", value=f"{today}"),
            Field("until", N_("until"), "day", required=False),
        )
        lines = (T("Elsewhere it costs {price}.", price=cents(self._product.price_cents)),)
        await self.ask(Form("store_price", self._product.name, lines, fields), write)

    async def do_end(self) -> None:
        """Ask before a price ends."""
        named = self._named()
        if named is not None:
            one, store, _holds = named
            title = T("End the price of {store}?", store=store)
            await self.sure(title, (), prices.end, one.id, done=N_("end"))


def _named(product_id: int, by: Actor, now: Millis) -> list[Named]:
    stores, today = dict(opening.stores_of(by)), clock.local(now, scope().zone).date()
    return [(one, stores[one.store_id], one.holds(today)) for one in prices.of(product_id) if one.store_id in stores]


def _row(named: Named) -> Row:
    one, store, holds = named
    state = T("holds") if holds else T("over") if one.until and one.until < _today() else T("later")
    until = f"{one.until:%Y-%m-%d}" if one.until else "—"
    cells = (store, cents(one.price_cents), f"{one.first:%Y-%m-%d}", until, state)
    return Row(named, cells, tone="" if holds else "quiet")


def _today() -> date:
    return clock.local(clock.now(), scope().zone).date()
