"""Transfers 调拨: goods sent from store to store, what is on its way, and what did not arrive."""

from collections.abc import Sequence

from textual import on

from core.base import clock
from core.base.access import Actor
from core.base.clock import Millis
from core.base.i18n import N_, T, Text
from core.goods import naming, transfers
from core.goods.transfers import Line, Transfer
from core.keeping import opening
from tui.keymap import OPEN, Action
from tui.screens.goodsforms import quantity
from tui.screens.lists import ListPage, moment, whole
from tui.widgets.columns import Column
from tui.widgets.money import read_quantity
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Fetch, PageTable, Row
from tui.widgets.row import Words

STATES = {"sent": N_("under way"), "arrived": N_("taken in"), "called_back": N_("called back")}


class TransfersPage(ListPage):
    """Transfers, those on their way first."""

    NAME = N_("Transfers")
    HELP = N_(
        "Goods sent to another store leave this one at once and are in the other when they arrive there. n sends, Enter"
        " shows what is in a transfer; there what arrived is counted."
    )
    EMPTY = N_("Nothing was sent yet. n sends goods to another store.")
    RIGHT = "goods"
    KEYS = (
        OPEN,
        Action("new", ("n",), N_("send"), N_("Send goods to another store."), right="goods"),
        Action("arrive", ("a",), N_("all arrived"), N_("Everything arrived as it was sent."), right="goods"),
        Action("back", ("x",), N_("call back"), N_("Put the goods back where they were taken from."), right="goods",
               danger=True),
    )  # fmt: skip
    COLUMNS = (
        Column("sent", N_("sent off"), 16, min_width=16),
        Column("from", N_("from store"), 12, min_width=8, important=True, stretch=True),
        Column("to", N_("to store"), 12, min_width=8, important=True),
        Column("products", N_("products"), 8, min_width=8, right=True),
        Column("state", N_("state"), 11, min_width=11),
        Column("missing", N_("differs"), 7, min_width=7, right=True),
    )

    def source(self) -> Fetch:
        """Transfers of one's stores."""
        return whole(lambda: self.gateway.read(transfers.recent, by=self.actor), _row)

    def about(self, row: Row) -> Sequence[Words]:
        """Its note."""
        return [row.key.note] if isinstance(row.key, Transfer) and row.key.note else []

    @property
    def _selected(self) -> Transfer | None:
        return self.chosen(Transfer)

    def refusal(self, action: Action) -> Text | None:
        """Only what is on its way arrives."""
        one = self._selected
        if action.id in ("arrive", "back"):
            if one is None:
                return T("The list is empty.")
            if one.state != "sent":
                return T("This transfer has ended already.")
        return super().refusal(action)

    @on(PageTable.RowOpened)
    def _opened(self, message: PageTable.RowOpened) -> None:
        if isinstance(message.row.key, Transfer):
            self.app.push_screen(TransferPage(message.row.key))

    async def do_new(self) -> None:
        """Ask what goes from where to where."""
        stores = tuple((str(id), name) for id, name in await self.gateway.read(opening.stores))
        mine = tuple((str(id), name) for id, name in await self.gateway.read(opening.stores_of, self.actor))
        if len(stores) < 2:
            self.office.tell(T("There is one store only. Settings adds another."))
            return

        async def write(answer: Answer) -> None:
            wanted = await self.gateway.read(naming.products, answer.text("goods"), field="goods")
            goods = [(product.id, pieces * 1_000) for product, pieces in wanted]
            await self.gateway.write(
                transfers.send, int(answer.text("from")), int(answer.text("to")), goods, note=answer.text("note"),
                by=self.actor, now=clock.now(), key=answer.key,
            )  # fmt: skip
            self.changed()

        other = next(id for id, _name in stores if id != mine[0][0])
        fields = (
            Field("from", N_("from store"), "menu", value=mine[0][0], choices=mine),
            Field("to", N_("to store"), "menu", value=other, choices=stores),
            Field("goods", N_("goods"), hint=N_("like: tea*12, cake*3")),
            Field("note", N_("note"), required=False),
        )
        await self.ask(Form("transfer", T("Send goods"), fields=fields, done=N_("send")), write)

    async def do_arrive(self) -> None:
        """Everything arrived."""
        if (one := self._selected) is not None:
            lines = (T("Differences are counted inside: Enter, then c."),)
            title = T("Everything from {store} arrived?", store=one.from_store)
            await self.sure(title, lines, _arrived, one.id, done=N_("taken in"))

    async def do_back(self) -> None:
        """Ask before goods are called back."""
        if (one := self._selected) is not None:
            title = T("Call the goods back to {store}?", store=one.from_store)
            await self.sure(title, (), transfers.call_back, one.id, done=N_("call back"))


def _arrived(transfer_id: int, *, by: Actor, now: Millis) -> None:
    transfers.arrive(transfer_id, {}, by=by, now=now)


def _row(one: Transfer) -> Row:
    differs = f"{one.missing}" if one.missing else ""
    cells = (moment(one.sent_at), one.from_store, one.to_store, f"{one.products}", Text(STATES[one.state]), differs)
    return Row(one, cells, tone="warn" if one.missing else "" if one.state == "sent" else "quiet")


class TransferPage(ListPage):
    """What is in one transfer; while it is on its way, what arrived is counted here."""

    NAME = N_("Transfer")
    HELP = N_("What was sent and what arrived. c writes down what arrived of a product, w ends the transfer with that.")
    EMPTY = N_("Nothing is in it.")
    RIGHT = "goods"
    NOTED = False
    KEYS = (
        Action("count", ("c",), N_("taken in"), N_("Write down what arrived of the selected product."), right="goods"),
        Action("write", ("w",), N_("end"), N_("Put what arrived on the shelf; what is missing is written down."),
               right="goods"),
    )  # fmt: skip
    COLUMNS = (
        Column("product", N_("product"), 28, min_width=16, important=True, stretch=True),
        Column("sent", N_("sent off"), 14, min_width=10, right=True),
        Column("arrived", N_("taken in"), 14, min_width=10, right=True),
        Column("missing", N_("missing"), 14, min_width=8, right=True),
    )

    def __init__(self, transfer: Transfer) -> None:
        super().__init__(name_of=f"{transfer.from_store} → {transfer.to_store}")
        self._transfer = transfer
        self._counted: dict[int, int] = {}

    def source(self) -> Fetch:
        """Its lines."""
        return whole(lambda: self.gateway.read(transfers.lines, self._transfer.id), self._row)

    def _row(self, line: Line) -> Row:
        came = line.arrived_milli
        if self._transfer.state == "sent":
            came = self._counted.get(line.product_id, line.sent_milli)
        missing = line.sent_milli - (came if came is not None else line.sent_milli)
        said = tuple(quantity(line.weighed, milli) for milli in (line.sent_milli, came or 0))
        return Row(line, (line.product, *said, quantity(line.weighed, missing) if missing else ""),
                   tone="warn" if missing else "")  # fmt: skip

    def refusal(self, action: Action) -> Text | None:
        """Only what is on its way is counted."""
        if action.id in ("count", "write") and self._transfer.state != "sent":
            return T("This transfer has ended already.")
        if action.id == "count" and self.table.row is None:
            return T("The list is empty.")
        return super().refusal(action)

    async def do_count(self) -> None:
        """Ask what arrived of a product."""
        row = self.table.row
        if row is None or not isinstance(row.key, Line):
            return
        line = row.key

        async def write(answer: Answer) -> None:
            self._counted[line.product_id] = read_quantity(answer.text("quantity"))
            self.changed()

        said = T("{quantity} were sent.", quantity=quantity(line.weighed, line.sent_milli))
        label = N_("kilograms in") if line.weighed else N_("pieces in")
        await self.ask(Form("arrived", line.product, (said,), (Field("quantity", label),)), write)

    async def do_write(self) -> None:
        """Ask before it ends."""

        async def write(answer: Answer) -> None:
            await self.gateway.write(transfers.arrive, self._transfer.id, self._counted, by=self.actor, now=clock.now())
            self._transfer = await self.gateway.read(transfers.get, self._transfer.id)
            self.changed()

        lines = (T("What nobody counted arrived as it was sent."),)
        await self.ask(Form("end", T("Put what arrived on the shelf?"), lines, done=N_("taken in")), write)
