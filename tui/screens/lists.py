"""What the pages of lists share: a list, a note about the row under its cursor, and how things are said."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult

from core.base import access, clock
from core.base.errors import NotAllowed
from core.base.i18n import N_, Text, _, date_shown, scope, written
from tui.page import Page
from tui.widgets.columns import Column
from tui.widgets.note import Note
from tui.widgets.pagetable import Fetch, PageTable, Row, Wanted
from tui.widgets.row import Words

T_ = TypeVar("T_")

YES_NO: tuple[tuple[str, Words], ...] = (("yes", Text(N_("yes"))), ("no", Text(N_("no"))))


class ListPage(Page):
    """A page that is one list. `RIGHT` is what it takes to see it, `EMPTY` what an empty list says.

    `NOTED` leaves room below for sentences about the row under the cursor.
    """

    COLUMNS: ClassVar[tuple[Column, ...]] = ()
    EMPTY: ClassVar[str] = ""
    RIGHT: ClassVar[str | None] = None
    NOTED: ClassVar[bool] = True

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
        """Read the first page."""
        self.table.focus()
        self.reading(self.load)

    def on_screen_resume(self) -> None:
        """Coming back from another page, read again what is on the screen."""
        self.reading(self.table.reload)

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """Rows of the list; the key of a row is the value behind it."""
        raise NotImplementedError

    def source(self) -> Fetch:
        """Where the rows come from."""
        return self.fetch

    def about(self, row: Row) -> Sequence[Words]:
        """What the note says about a row."""
        return ()

    async def load(self) -> None:
        """Show the list from its beginning, or why it is not shown."""
        try:
            if self.RIGHT is not None and not self.actor.may(self.RIGHT):
                raise access.refusal(self.RIGHT)
            await self.table.set_source(self.source())
        except NotAllowed as error:
            self.table.display, self.note.display = False, True
            self.note.say(error.as_text())
            return
        if not self.table.row_count:
            self.note.say()

    def changed(self) -> None:
        """Read again what is on the screen, after a write."""
        if self.is_attached:
            self.reading(self.table.reload)

    @on(PageTable.CursorMoved)
    def _row_changed(self, message: PageTable.CursorMoved) -> None:
        message.stop()
        self.note.say(*self.about(message.row))
        self.refresh_keys()


def whole(read: Callable[[], Awaitable[Sequence[T_]]], row: Callable[[T_], Row]) -> Fetch:
    """A source for a short list that is always read as a whole."""

    async def fetch(wanted: Wanted) -> Sequence[Row]:
        return [row(one) for one in (await read())[wanted.start : wanted.start + wanted.limit]]

    return fetch


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
