"""Counts 盘点: sheets of a store, counted by typing or scanning, and written once somebody answers for them."""

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult

from core.base import clock
from core.base.i18n import N_, T, Text
from core.goods import catalogue, counts, naming, places
from core.goods.counts import Line, Sheet
from core.keeping import opening
from tui.keymap import FIND, OPEN, Action
from tui.screens.goodsforms import quantity
from tui.screens.lists import ListPage, cents, moment, whole
from tui.widgets.columns import Column
from tui.widgets.money import read_quantity
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Fetch, PageTable, Row, Wanted
from tui.widgets.row import Words
from tui.widgets.searchbox import SearchBox

STATES = {
    "open": N_("being counted"), "waiting": N_("waits for approval"), "written": N_("differences written"),
    "dropped": N_("dropped"),
}  # fmt: skip


class CountsPage(ListPage):
    """Counts, those not ended first."""

    NAME = N_("Counts")
    HELP = N_(
        "A count is a sheet of a store, a category or a shelf. n begins one, Enter opens it. Differences above the"
        " shop's limit wait here until somebody who may approve looks at them."
    )
    EMPTY = N_("Nothing was counted yet. n begins a count.")
    RIGHT = "goods"
    NOTED = False
    KEYS = (OPEN, Action("new", ("n",), N_("new"), N_("Begin a count."), right="goods"))
    COLUMNS = (
        Column("at", N_("begun"), 16, min_width=16),
        Column("what", N_("what is counted"), 12, min_width=10, important=True, stretch=True),
        Column("counted", N_("counted"), 9, min_width=9, right=True),
        Column("net", N_("difference"), 10, min_width=10, right=True),
        Column("state", N_("state"), 18, min_width=18),
    )

    def source(self) -> Fetch:
        """Counts of one's stores."""
        return whole(lambda: self.gateway.read(counts.recent, by=self.actor), _row)

    @on(PageTable.RowOpened)
    def _opened(self, message: PageTable.RowOpened) -> None:
        if isinstance(message.row.key, Sheet):
            self.app.push_screen(SheetPage(message.row.key))

    async def do_new(self) -> None:
        """Ask what to count."""
        stores = tuple((str(id), name) for id, name in await self.gateway.read(opening.stores_of, self.actor))
        known = await self.gateway.read(catalogue.categories)

        async def write(answer: Answer) -> None:
            sheet_id = await self.gateway.write(
                counts.begin, int(answer.text("store")), category_id=int(answer.text("category")) or None,
                shelf=answer.text("shelf"), by=self.actor, now=clock.now(),
            )  # fmt: skip
            self.app.push_screen(SheetPage(await self.gateway.read(counts.get, sheet_id)))

        shelves = await self.gateway.read(places.shelves, int(stores[0][0]))
        choices: tuple[tuple[str, Words], ...] = (("0", T("all")), *((str(id), name) for id, name in known))
        fields = (
            Field("store", N_("store"), "menu", value=stores[0][0], choices=stores),
            Field("category", N_("category"), "menu", value="0", choices=choices),
            Field("shelf", N_("shelf"), required=False, hint=N_("empty: every shelf")),
        )
        lines = (T("Shelves: {names}", names=" · ".join(shelves[:9])),) if shelves else ()
        await self.ask(Form("count", T("Count what?"), lines, fields, done=N_("begin")), write)


def _named(one: Sheet) -> str:
    return " · ".join(part for part in (one.store, one.category, one.shelf) if part)


def _row(one: Sheet) -> Row:
    counted = f"{one.counted:,}/{one.lines:,}"
    cells = (moment(one.at), _named(one), counted, _signed(one.net_cents), Text(STATES[one.state]))
    return Row(one, cells, tone="warn" if one.state == "waiting" else "" if one.state == "open" else "quiet")


def _signed(amount: int) -> str:
    return ("+" if amount > 0 else "−") + cents(abs(amount)) if amount else ""


class SheetPage(ListPage):
    """One count: a code scanned into the box adds a piece, c types what was counted."""

    NAME = N_("Count")
    HELP = N_(
        "Scan a product into the box: each scan adds a piece. c types what was counted of the selected product. Goods"
        " may be sold on: the difference is that of the moment of counting. w ends the count; above the shop's limit it"
        " waits for approval, a approves it."
    )
    EMPTY = N_("Nothing differs. d shows every product again.")
    RIGHT = "goods"
    NOTED = False
    KEYS = (
        FIND,
        Action("count", ("c",), N_("counted"), N_("Type what was counted of the selected product."), right="goods"),
        Action("end", ("w",), N_("end"), N_("End the count and write the differences."), right="goods"),
        Action("approve", ("a",), N_("approve"), N_("Write the differences of a count that waits."), right="approve"),
        Action("differing", ("d",), N_("differences"), N_("Show what differs alone, then all again.")),
        Action("reopen", ("r",), N_("count on"), N_("Count on where a count waits for approval."), right="goods"),
        Action("drop", ("x",), N_("give up"), N_("Give the count up; nothing moves."), right="goods", danger=True),
    )  # fmt: skip
    COLUMNS = (
        Column("product", N_("product"), 24, min_width=14, important=True, stretch=True),
        Column("there", N_("should be"), 12, min_width=9, right=True),
        Column("counted", N_("counted"), 12, min_width=9, right=True),
        Column("off", N_("difference"), 12, min_width=9, right=True),
        Column("cents", N_("in money"), 12, min_width=9, right=True),
    )

    def __init__(self, sheet: Sheet) -> None:
        super().__init__(name_of=_named(sheet))
        self._sheet, self._differing = sheet, False

    def lists(self) -> ComposeResult:
        """A box to scan into over the list."""
        yield SearchBox(hint=N_("scan a product, or type its number"), id="search")
        yield from super().lists()

    async def load(self) -> None:
        """The sheet as it stands, and its lines."""
        await self._say()
        await super().load()

    async def again(self) -> None:
        """The same after something changed."""
        await self._say()
        await super().again()

    def changed(self) -> None:
        """Read what the head says as well."""
        if self.is_there:
            self.reading(self.again)

    async def _say(self) -> None:
        one = self._sheet = await self.gateway.read(counts.get, self._sheet.id)
        self.select(
            T("{state} · {counted} of {lines} counted · {differing} differ, {net}", state=Text(STATES[one.state]),
              counted=one.counted, lines=one.lines, differing=one.differing, net=_signed(one.net_cents) or cents(0))
        )  # fmt: skip

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """Products of the sheet by name."""
        last = wanted.after if isinstance(wanted.after, Line) else None
        found = await self.gateway.read(
            counts.lines, self._sheet.id, differing=self._differing, after_name=last.product if last else "",
            after_id=last.product_id if last else 0, limit=wanted.limit,
        )  # fmt: skip
        return [_line(one) for one in found]

    @on(SearchBox.Submitted, "#search")
    def _scanned(self, message: SearchBox.Submitted) -> None:
        if message.value.strip():
            self.writing(self._add, message.value.strip())

    async def _add(self, code: str) -> None:
        for product, pieces in await self.gateway.read(naming.products, code, field="search"):
            counted = await self.gateway.write(
                counts.note, self._sheet.id, product.id, pieces * 1_000, more=True, by=self.actor, now=clock.now()
            )
            said = quantity(product.weighed, counted)
            self.office.tell(T("{name}: {quantity}", name=product.name, quantity=said))
        self.query_one("#search", SearchBox).clear()
        self.changed()

    def refusal(self, action: Action) -> Text | None:
        """What the state of the sheet allows."""
        needed = {"count": "open", "end": "open", "approve": "waiting", "reopen": "waiting"}.get(action.id)
        over = action.id == "drop" and self._sheet.state in ("written", "dropped")
        if over or (needed is not None and self._sheet.state != needed):
            return T("This count is: {state}.", state=Text(STATES[self._sheet.state]))
        if action.id == "count" and self.table.row is None:
            return T("The list is empty.")
        return super().refusal(action)

    async def do_count(self) -> None:
        """Ask what was counted."""
        row = self.table.row
        if row is None or not isinstance(row.key, Line):
            return
        line = row.key

        async def write(answer: Answer) -> None:
            counted = read_quantity(answer.text("quantity"))
            await self.gateway.write(
                counts.note, self._sheet.id, line.product_id, counted, by=self.actor, now=clock.now()
            )
            self.changed()

        label = N_("kilograms counted") if line.weighed else N_("pieces counted")
        await self.ask(Form("counted", line.product, (), (Field("quantity", label),)), write)

    async def do_end(self) -> None:
        """Show what differs, then write or wait."""
        one = await self.gateway.read(counts.get, self._sheet.id)

        async def write(answer: Answer) -> None:
            state = await self.gateway.write(counts.close, one.id, by=self.actor, now=clock.now())
            if state == "waiting":
                self.office.tell(
                    T("The differences are above the shop's limit: somebody who may approve looks at them.")
                )
            self.changed()

        lines = (
            T("{differing} products differ: {off_cents} in all, {net} set off.", differing=one.differing,
              off_cents=one.off_cents, net=_signed(one.net_cents) or cents(0)),
            T("What nobody counted stays as it is."),
        )  # fmt: skip
        await self.ask(Form("end", T("End this count?"), lines, done=N_("end")), write)

    async def do_approve(self) -> None:
        """Ask before the differences are written."""
        title = T("Write these differences?")
        await self.sure(title, (), counts.approve, self._sheet.id, done=N_("approve"))

    def do_differing(self) -> None:
        """Only what differs, or all."""
        self._differing = not self._differing
        self.reading(self.load)

    def do_reopen(self) -> None:
        """Count on."""
        self.writing(self._reopen)

    async def _reopen(self) -> None:
        await self.gateway.write(counts.reopen, self._sheet.id, by=self.actor, now=clock.now())
        self.changed()

    async def do_drop(self) -> None:
        """Ask before it is given up."""
        lines = (T("What was counted stays on the sheet; nothing moves."),)
        await self.sure(T("Give this count up?"), lines, counts.drop, self._sheet.id, done=N_("give up"))


def _line(one: Line) -> Row:
    if one.counted_milli is None or one.there_milli is None:
        return Row(one, (one.product, "", "", "", ""), tone="quiet")
    off, sign = one.difference_milli, "+" if one.difference_milli > 0 else ""
    said = sign + quantity(one.weighed, off) if off else ""
    there, counted = quantity(one.weighed, one.there_milli), quantity(one.weighed, one.counted_milli)
    return Row(one, (one.product, there, counted, said, _signed(one.difference_cents)), tone="warn" if off else "")
