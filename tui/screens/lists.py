"""What the pages of lists share: a list, a note about the row under its cursor, and how things are said."""

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult

from core.base import access, clock, text
from core.base.errors import NotAllowed
from core.base.i18n import N_, T, Text, _, date_shown, scope, written
from tui.keymap import Action
from tui.screens import exporting
from tui.widgets.columns import Column
from tui.widgets.note import Note
from tui.widgets.overlay import Answer, Form
from tui.widgets.pagetable import Fetch, PageTable, Row, Wanted
from tui.widgets.row import Words, rich
from tui.widgets.searchbox import SearchBox

T_ = TypeVar("T_")
ORDER = Action("order", ("o",), N_("order"), N_("Order the list by its next column, up and then down."))

YES_NO: tuple[tuple[str, Words], ...] = (("yes", T("yes")), ("no", T("no")))
NO_YES = YES_NO[::-1]
LANGUAGES: tuple[tuple[str, Words], ...] = (("zh", "中文"), ("en", "English"))


class ListPage(exporting.Listed):
    """A page that is one list. `RIGHT` is what it takes to see it, `EMPTY` what an empty list says.

    `NOTED` leaves room below for sentences about the row under the cursor. A list can be exported unless
    `EXPORTED` says no; one with people in it (`PERSONAL`) only by who may export them. `ORDERED` lists
    are short and come in the order of any column. A page for `TYPING` begins in its search box.
    """

    COLUMNS: ClassVar[tuple[Column, ...]] = ()
    EMPTY: ClassVar[str] = ""
    RIGHT: ClassVar[str | None] = None
    NOTED: ClassVar[bool] = True
    EXPORTED: ClassVar[bool] = True
    ORDERED: ClassVar[bool] = False
    TYPING: ClassVar[bool] = False

    def __init_subclass__(cls, **options: Any) -> None:
        more = [*([ORDER] if cls.ORDERED else []), *([exporting.EXPORT] if cls.EXPORTED else [])]
        cls.KEYS = (*cls.KEYS, *(action for action in more if action not in cls.KEYS))
        super().__init_subclass__(**options)

    def body(self) -> ComposeResult:
        """The list, and the note below."""
        yield from self.lists()
        note = Note(id="note")
        note.display = self.NOTED
        yield note

    def lists(self) -> ComposeResult:
        """The list, or what a page has instead."""
        yield PageTable(self.COLUMNS, empty=self.EMPTY, id="list")

    @property
    def table(self) -> PageTable:
        """The list."""
        return self.query_one("#list", PageTable)

    @property
    def note(self) -> Note:
        """The note below the list."""
        return self.query_one("#note", Note)

    def on_mount(self) -> None:
        """Read the first page. Textual calls the handlers of all classes: pages below change `load` and `again`."""
        (self.query(SearchBox).first() if self.TYPING else self.table).focus()
        self.reading(self.load)

    def on_screen_resume(self) -> None:
        """Coming back from another page, read again what is on the screen."""
        self.reading(self.again)

    async def again(self) -> None:
        """Read what is on the screen once more."""
        await self.table.reload()

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """Rows of the list; the key of a row is the value behind it."""
        raise NotImplementedError

    def source(self) -> Fetch:
        """Where the rows come from."""
        return self.fetch

    def answers(self) -> object:
        """What was searched for, where Enter in a box opens what answers it."""
        return None

    def about(self, row: Row) -> Sequence[Words]:
        """What the note says about a row."""
        return ()

    async def load(self) -> None:
        """Show the list from its beginning, or why it is not shown."""
        try:
            if self.RIGHT is not None and not self.actor.may(self.RIGHT):
                raise access.refusal(self.RIGHT)
            source = self.source()
            if isinstance(source, Whole):
                source.order(self.table.columns, self.table.ordered)
            await self.table.set_source(source, answers=self.answers())
        except NotAllowed as error:
            self.table.display, self.note.display = False, True
            self.note.say(error.as_text())
            return
        if not self.table.row_count:
            self.note.say()

    def chosen(self, kind: type[T_]) -> T_ | None:
        """The value behind the row under the cursor, if it is of a kind."""
        row = self.table.row
        return row.key if row is not None and isinstance(row.key, kind) else None

    def refusal(self, action: Action) -> Text | None:
        """People go out only by who may export them; there is nothing to export of an empty list."""
        if action.id == "export" and self.PERSONAL and not self.actor.may("export"):
            return access.refusal("export").as_text()
        if action.id in ("export", "order") and not self.table.row_count:
            return T("The list is empty.")
        return super().refusal(action)

    async def do_export(self) -> None:
        """Ask where to."""

        async def export(answer: Answer) -> None:
            await exporting.export(self, answer)

        await self.ask(exporting.form(self), export)

    def do_order(self) -> None:
        """The next column, up and then down, and at the end as the list comes by itself."""
        table = self.table
        if isinstance(table.source, Whole):
            table.ordered = _next_order(table.columns, table.ordered)
            table.source.order(table.columns, table.ordered)
            self.reading(table.reload)

    async def sure(
        self, title: Words, lines: tuple[Words, ...], verb: Callable[..., object], *given: object, done: str
    ) -> None:
        """Ask before something ends; then do it, as who is signed in and now, and read the list again."""

        async def write(answer: Answer) -> None:
            await self.gateway.write(verb, *given, by=self.actor, now=clock.now())
            self.changed()

        await self.ask(Form("sure", title, lines, done=done, danger=True), write)

    def changed(self) -> None:
        """Read again what is on the screen, after a write."""
        if self.is_there:
            self.reading(self._reread)

    async def _reread(self) -> None:
        await self.table.reload()
        if not self.table.row_count:
            self.note.say()

    @on(PageTable.CursorMoved)
    def _row_changed(self, message: PageTable.CursorMoved) -> None:
        message.stop()
        self.note.say(*self.about(message.row))
        self.refresh_keys()


class CountedPage(ListPage):
    """A list whose head says how much of it waits; `count` reads that whenever the list is read."""

    async def load(self) -> None:
        """The list, and how much of it waits."""
        await super().load()
        await self._head()

    async def again(self) -> None:
        """The same after something changed."""
        await super().again()
        await self._head()

    async def _head(self) -> None:
        said = await self.count()
        if self.table.display:
            self.select(said)

    async def count(self) -> Words:
        """What the head says."""
        raise NotImplementedError


class MonthPage(ListPage):
    """A list of one month; b and n go to the month before and after. `month` is its first day."""

    def __init__(self) -> None:
        super().__init__()
        self._turned: date | None = None

    @property
    def month(self) -> date:
        """The month that is shown: this one, until somebody turns."""
        return self._turned or clock.local(clock.now(), scope().zone).date().replace(day=1)

    def do_before(self) -> None:
        """The month before."""
        self._turn(-1)

    def do_after(self) -> None:
        """The next month."""
        self._turn(1)

    def do_now(self) -> None:
        """The month of today."""
        self._turned = None
        self.reading(self.load)

    def _turn(self, by: int) -> None:
        self._turned = clock.add_months(self.month, by)
        self.reading(self.load)


class Whole(Generic[T_]):
    """A source for a short list that is always read as a whole, in the order of any of its columns."""

    def __init__(self, read: Callable[[], Awaitable[Sequence[T_]]], row: Callable[[T_], Row]) -> None:
        self._read, self._row = read, row
        self._column: int | None = None
        self._down = False

    def order(self, columns: Sequence[Column], by: tuple[str, bool] | None) -> None:
        """Come in the order of a column from now on, or as the list is read."""
        self._column = None if by is None else [column.id for column in columns].index(by[0])
        self._down = by is not None and by[1]

    async def __call__(self, wanted: Wanted) -> Sequence[Row]:
        """Rows of the list."""
        rows, column = [self._row(one) for one in await self._read()], self._column
        if column is not None:
            rows.sort(key=lambda row: _rank(row.cells[column]), reverse=self._down)
        return rows[wanted.start : wanted.start + wanted.limit]


def whole(read: Callable[[], Awaitable[Sequence[T_]]], row: Callable[[T_], Row]) -> Whole[T_]:
    """A source for a short list that is always read as a whole."""
    return Whole(read, row)


def _next_order(columns: Sequence[Column], now: tuple[str, bool] | None) -> tuple[str, bool] | None:
    ids = [column.id for column in columns]
    if now is None:
        return ids[0], False
    if not now[1]:
        return now[0], True
    at = ids.index(now[0]) + 1
    return (ids[at], False) if at < len(ids) else None


def _rank(cell: Words) -> tuple[int, Decimal, str]:
    """Figures by their size and before words; words by their sound in Chinese, empty ones last."""
    said = rich(cell).plain.strip()
    figure = re.match(r"[^\d+−-]{0,3}([+−-]?)(\d[\d,]*(?:\.\d+)?)(?![\d-])", said)
    if figure:
        size = Decimal(figure[2].replace(",", ""))
        return 0, -size if figure[1] in ("−", "-") else size, said
    return (1, Decimal(0), text.sounded(said)) if said else (2, Decimal(0), "")


def cents(amount: int) -> str:
    """An amount with the shop's sign: '¥1,234.50'."""
    return written("amount_cents", amount)


def moment(at: int) -> str:
    """A time with its date: '11-21 Sat 14:32'."""
    then = clock.local(at, scope().zone)
    return f"{day(then.date())} {then:%H:%M}"


def day(on: date) -> str:
    """A date with its weekday: '11-21 Sat'; of another year with the year instead: '2024-11-21'."""
    this_year = clock.local(clock.now(), scope().zone).year
    return date_shown(on) if on.year == this_year else f"{on:%Y-%m-%d}"


def days(count: int) -> str:
    """A number of days with its unit: '23 days'."""
    return _("1 day") if count == 1 else _("{count} days", count=count)


def signed(points: int) -> str:
    """A change of points with its sign: '+120', '−40'."""
    return f"+{points:,}" if points > 0 else f"{points:,}".replace("-", "−")
