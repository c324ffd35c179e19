"""Stockroom 库房: the way to transfers, counts, what runs low or expires, deliveries and suppliers."""

from datetime import date

from core.base import clock
from core.base.access import Actor
from core.base.clock import Millis
from core.base.i18n import N_, T, Text
from core.books import rules
from core.goods import batches, counts, deliveries, places, transfers
from core.goods.batches import Expiring
from core.goods.deliveries import Came, Supplier
from core.goods.places import Low
from core.keeping import opening
from tui.keymap import Action
from tui.screens.countspage import CountsPage
from tui.screens.goodsforms import quantity
from tui.screens.hub import HubPage, Place, Waiting, nothing
from tui.screens.lists import ListPage, cents, moment, whole
from tui.screens.transferspage import TransfersPage
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Fetch, Row


class LowPage(ListPage):
    """Products of which a store has less than it should."""

    NAME = N_("Running low")
    HELP = N_(
        "Products below the limit they were given (F9, l), by store, with what is already on its way there. Staff are"
        " told once a day."
    )
    EMPTY = N_("Nothing runs low. F9, l gives a product its limit.")
    RIGHT = "goods"
    NOTED = False
    ORDERED = True
    COLUMNS = (
        Column("product", N_("product"), 22, min_width=14, important=True, stretch=True),
        Column("store", N_("store"), 14, min_width=10),
        Column("there", N_("in stock"), 12, min_width=10, right=True),
        Column("least", N_("at least"), 12, min_width=10, right=True),
        Column("coming", N_("under way"), 12, min_width=8, right=True),
    )

    def source(self) -> Fetch:
        """What runs low now."""
        return whole(lambda: self.gateway.read(places.low, by=self.actor), _low)


def _low(one: Low) -> Row:
    coming = quantity(one.weighed, one.on_the_way_milli) if one.on_the_way_milli else ""
    there, least = quantity(one.weighed, one.on_hand_milli), quantity(one.weighed, one.least_milli)
    return Row(one, (one.product, one.store, there, least, coming), tone="warn" if one.on_hand_milli <= 0 else "")


class ExpiringPage(ListPage):
    """Batches near their last good day, or past it."""

    NAME = N_("Expiring")
    HELP = N_(
        "Batches that are good for a few days only, or no more, the first to expire first. What is sold takes the batch"
        " that expires first; take out what has expired (F9, t)."
    )
    EMPTY = N_("Nothing expires soon. F9, l keeps a product by batches, F9, g takes one in.")
    RIGHT = "goods"
    NOTED = False
    ORDERED = True
    COLUMNS = (
        Column("until", N_("good until"), 12, min_width=11),
        Column("product", N_("product"), 22, min_width=14, important=True, stretch=True),
        Column("code", N_("batch"), 12, min_width=6),
        Column("there", N_("in stock"), 12, min_width=10, right=True),
        Column("store", N_("store"), 14, min_width=10),
    )

    def source(self) -> Fetch:
        """What expires within the days the shop sets."""
        return whole(lambda: self.gateway.read(_expiring, self.actor, clock.now()), _batch)


def _expiring(by: Actor, now: Millis) -> list[tuple[Expiring, bool]]:
    shop = rules.current(now=now)
    today = clock.day_of(now, shop.zone).toordinal()
    found = batches.expiring(shop.expiry_days, by=by, now=now)
    return [(one, one.batch.expires_day < today) for one in found]


def _batch(found: tuple[Expiring, bool]) -> Row:
    one, gone = found
    until = f"{date.fromordinal(one.batch.expires_day):%Y-%m-%d}"
    cells = (until, one.product, one.batch.code, quantity(one.weighed, one.quantity_milli), one.store)
    return Row(one, cells, tone="warn" if gone else "")


class SuppliersPage(ListPage):
    """Who delivers."""

    NAME = N_("Suppliers")
    HELP = N_("Who delivers, how they are reached, on what terms. n adds one, e changes one, x offers one no more.")
    EMPTY = N_("No supplier is known yet. n adds one.")
    RIGHT = "goods"
    NOTED = False
    KEYS = (
        Action("new", ("n",), N_("new"), N_("Add a supplier."), right="goods"),
        Action("edit", ("e",), N_("edit"), N_("Change the selected supplier."), right="goods"),
        Action("rest", ("x",), N_("retire"), N_("Offer a supplier no more where goods come in, or again."),
               right="goods"),
    )  # fmt: skip
    COLUMNS = (
        Column("name", N_("supplier"), 22, min_width=14, important=True, stretch=True),
        Column("contact", N_("contact"), 26, min_width=12),
        Column("terms", N_("terms"), 20, min_width=8),
    )

    def source(self) -> Fetch:
        """Suppliers by name."""
        return whole(lambda: self.gateway.read(deliveries.suppliers, by=self.actor), _supplier)

    @property
    def _selected(self) -> Supplier | None:
        return self.chosen(Supplier)

    def refusal(self, action: Action) -> Text | None:
        """There must be one."""
        if action.id in ("edit", "rest") and self._selected is None:
            return T("The list is empty.")
        return super().refusal(action)

    async def do_new(self) -> None:
        """Ask for a supplier."""
        await self._ask(None)

    async def do_edit(self) -> None:
        """Ask for what changed."""
        if self._selected is not None:
            await self._ask(self._selected)

    async def _ask(self, one: Supplier | None) -> None:
        async def write(answer: Answer) -> None:
            await self.gateway.write(
                deliveries.set_supplier, one.id if one else None, answer.text("name"), answer.text("contact"),
                answer.text("terms"), by=self.actor, now=clock.now(),
            )  # fmt: skip
            self.changed()

        fields = (
            Field("name", N_("supplier"), value=one.name if one else ""),
            Field("contact", N_("contact"), value=one.contact if one else "", required=False),
            Field("terms", N_("terms"), value=one.terms if one else "", required=False),
        )
        await self.ask(Form("supplier", one.name if one else T("New supplier"), fields=fields), write)

    def do_rest(self) -> None:
        """No more, or again."""
        if (one := self._selected) is not None:
            self.writing(self._rest, one)

    async def _rest(self, one: Supplier) -> None:
        await self.gateway.write(
            deliveries.use_supplier, one.id, not one.active, by=self.actor, now=clock.now()
        )  # fmt: skip
        self.changed()


def _supplier(one: Supplier) -> Row:
    return Row(one, (one.name, one.contact, one.terms), tone="" if one.active else "quiet")


class GoodsInPage(ListPage):
    """What came in, the newest first."""

    NAME = N_("Deliveries")
    HELP = N_("What came into the store with supplier, document and cost, the newest first. F9, g takes one in.")
    EMPTY = N_("Nothing was delivered yet. F9, g takes goods in with supplier and cost.")
    RIGHT = "goods"
    NOTED = False
    ORDERED = True
    COLUMNS = (
        Column("at", N_("time"), 16, min_width=16),
        Column("supplier", N_("supplier"), 22, min_width=14, important=True, stretch=True),
        Column("document", N_("document"), 14, min_width=8),
        Column("lines", N_("products"), 10, min_width=8, right=True),
        Column("cost", N_("cost"), 12, min_width=9, right=True),
        Column("store", N_("store"), 14, min_width=10),
    )

    def source(self) -> Fetch:
        """Deliveries of one's stores."""
        return whole(lambda: self.gateway.read(_deliveries, self.actor), _came)


def _deliveries(by: Actor) -> list[tuple[Came, str]]:
    found = [(one, name) for id, name in opening.stores_of(by) for one in deliveries.recent(id, by=by)]
    return sorted(found, key=lambda pair: (-pair[0].at, -pair[0].id))


def _came(found: tuple[Came, str]) -> Row:
    one, store = found
    cost = cents(one.cost_cents) if one.cost_cents else ""
    return Row(one, (moment(one.at), one.supplier or "—", one.document, f"{one.lines:,}", cost, store))


# --- the way there ---------------------------------------------------------------------------------


def _on_way(by: Actor, now: Millis) -> Waiting:
    count = sum(one.state == "sent" for one in transfers.recent(by=by))
    return (T("{count} on the way", count=count) if count else ""), False


def _counting(by: Actor, now: Millis) -> Waiting:
    states = [one.state for one in counts.recent(by=by)]
    begun, waiting = states.count("open"), states.count("waiting")
    said = T("{begun} begun · {waiting} wait for approval", begun=begun, waiting=waiting)
    return (said if begun or waiting else ""), waiting > 0


def _lows(by: Actor, now: Millis) -> Waiting:
    count = places.count_low(by=by)
    return (T("{count} below their limit", count=count) if count else ""), count > 0


def _old(by: Actor, now: Millis) -> Waiting:
    found = _expiring(by, now)
    gone = sum(over for _one, over in found)
    said = T("{count} expire soon · {gone} expired", count=len(found) - gone, gone=gone)
    return (said if found else ""), gone > 0


ROOMS = (
    Place(N_("Transfers"), N_("goods sent between stores"), _on_way, TransfersPage),
    Place(N_("Counts"), N_("what is really there"), _counting, CountsPage),
    Place(N_("Running low"), N_("what to order"), _lows, LowPage),
    Place(N_("Expiring"), N_("what to sell first or discard"), _old, ExpiringPage),
    Place(N_("Deliveries"), N_("what came in and what it cost"), nothing, GoodsInPage),
    Place(N_("Suppliers"), N_("who delivers"), nothing, SuppliersPage),
)


class StockroomPage(HubPage):
    """Where the work with stock begins."""

    NAME = N_("Stockroom")
    HELP = N_("What is done with stock beside selling it, and what waits in each. Enter opens a line.")
    RIGHT = "goods"
    PLACES = ROOMS
    COLUMNS = (
        Column("label", N_("what"), 14, min_width=11, important=True),
        Column("waiting", N_("to do"), 29, min_width=20),
        Column("about", N_("what it is"), 36, min_width=16, stretch=True),
    )
