"""A list of any length: only the rows on screen are drawn, only the pages near them are kept."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text as RichText
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget
from textual.worker import Worker

from core.base.errors import RegularsError
from core.base.i18n import Text
from core.base.text import fit
from tui.gateway import Stale
from tui.look import in_ascii
from tui.widgets.columns import GAP, Column, joined, widths
from tui.widgets.row import Words, fitted, plain, strip_of

PAGE = 100
"""Rows asked for at once."""
KEPT = 20
"""Pages kept; the one used longest ago goes first."""


@dataclass(frozen=True)
class Row:
    """One row: its key in the source and a cell for each column; `tone` colours all of it."""

    key: object
    cells: tuple[Words, ...]
    tone: str = ""


@dataclass(frozen=True)
class Wanted:
    """What a source is asked for: rows from number `start` on.

    `after` is the key of the row before `start` where it is known: the fast way in. It is None for the
    first page, and after a jump into the middle of a list whose length is known.
    """

    start: int
    limit: int
    after: object | None


Fetch = Callable[[Wanted], Awaitable[Sequence[Row]]]


class PageTable(ScrollView):
    """Columns over a source of pages. Arrow keys move a cursor, Enter and a double click open its row."""

    can_focus = True
    COMPONENT_CLASSES: ClassVar[set[str]] = {"pagetable--head", "pagetable--cursor", "pagetable--rest"}
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"move('{key}')", show=False) for key in ("up", "down", "pageup", "pagedown")),
        *(Binding(key, f"move('{key}')", show=False) for key in ("home", "end")),
        Binding("enter", "open", show=False),
        Binding("space", "mark", show=False),
    ]

    class _OfRow(Message):
        """What happened to a row."""

        def __init__(self, table: "PageTable", row: Row) -> None:
            super().__init__()
            self.table = table
            self.row = row

        @property
        def control(self) -> "PageTable":
            """The list, for selectors."""
            return self.table

    class RowOpened(_OfRow):
        """A row was opened."""

    class CursorMoved(_OfRow):
        """The cursor came to another row."""

    class MarksChanged(Message):
        """A row was marked, or its mark was taken away."""

    class Failed(Message):
        """A page could not be read; `error` has the sentence."""

        def __init__(self, error: RegularsError) -> None:
            super().__init__()
            self.error = error

    def __init__(
        self, columns: Sequence[Column], *, empty: str | Text = "", id: str | None = None, marking: bool = False
    ) -> None:
        """`empty` is what a list without rows says: what it would hold and how to get it.

        `marking` lets space mark rows; `marked` has their keys.
        """
        super().__init__(id=id)
        self.marked: set[object] = set()
        self._marking = marking
        self._columns = tuple(columns)
        self._empty = Text(empty) if isinstance(empty, str) else empty
        self._fetch: Fetch | None = None
        self._generation = 0
        self._pages: OrderedDict[int, Sequence[Row]] = OrderedDict()
        self._ends: dict[int, object] = {}
        self._count, self._open_end, self._cursor = 0, False, 0
        self._loading = False
        self._ground, self._widths = Style.null(), [(column, column.width) for column in self._columns]
        self._answers: object = None
        self._wish: object = None
        self.ordered: tuple[str, bool] | None = None

    # --- what others ask ---------------------------------------------------------------------------

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns, whether there is room for them or not."""
        return self._columns

    @property
    def source(self) -> Fetch | None:
        """Where the rows come from; None before the first ones are in."""
        return self._fetch

    @property
    def row_count(self) -> int:
        """Rows known so far; all of them where the source said how many."""
        return self._count

    @property
    def cursor(self) -> int:
        """The number of the row under the cursor, from 0."""
        return self._cursor

    @property
    def row(self) -> Row | None:
        """The row under the cursor; None while there is none or it is being read."""
        return self._row(self._cursor)

    async def set_source(self, fetch: Fetch, *, total: int | None = None, answers: object = None, at: int = 0) -> None:
        """Show another source once its first page is in; until then the old rows stay.

        Without a `total` the list grows as it is read. `answers` is what was searched for (see
        `open_when`), `at` the row the cursor starts on. A newer source wins over an older, slower one.
        """
        self._generation += 1
        generation, page = self._generation, at // PAGE
        same = fetch is self._fetch
        rows = await fetch(Wanted(page * PAGE, PAGE, self._ends.get(page - 1) if same else None))
        if generation != self._generation:
            return
        self._fetch, self._answers = fetch, answers
        self._pages.clear()
        if not same:
            self._ends.clear()
        self._open_end = total is None
        self._count = total or 0
        self._keep(page, rows)
        with self.app.batch_update():
            self._resize()
            self._cursor = min(at, max(0, self._count - 1))
            self.scroll_to(y=max(0, self._cursor - self._visible + 1), animate=False)
            self.refresh()
        self._tell_cursor()
        if self._wish is not None and self._wish == answers:
            self._wish = None
            self.action_open()

    async def reload(self) -> None:
        """Read again what is on screen, the cursor staying where it is (after a write)."""
        if self._fetch is not None:
            total = None if self._open_end else self._count
            await self.set_source(self._fetch, total=total, answers=self._answers, at=self._cursor)

    def resay(self) -> None:
        """Rows are said by their source, so they are read again in the language of now."""
        self.refresh()
        if self._fetch is not None:
            self._beside(self.reload, group="reload")

    def open_when(self, answers: object) -> None:
        """Open the row under the cursor as soon as the list answers this; None forgets the wish."""
        self._wish = None
        if answers is not None and answers == self._answers:
            self.action_open()
        elif answers is not None:
            self._wish = answers

    def move(self, key: str) -> None:
        """Move the cursor: 'up', 'down', 'pageup', 'pagedown', 'home', 'end'."""
        step = {"up": -1, "down": 1, "pageup": -self._visible, "pagedown": self._visible}
        target = {"home": 0, "end": self._count - 1}.get(key, self._cursor + step.get(key, 0))
        self._go(target)

    # --- keys and mouse ----------------------------------------------------------------------------

    def action_move(self, key: str) -> None:
        """Move the cursor by a key."""
        self.move(key)

    def action_open(self) -> None:
        """Open the row under the cursor, if it is there."""
        if (row := self.row) is not None:
            self.post_message(self.RowOpened(self, row))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where nothing is marked, space is left to the page."""
        return self._marking if action == "mark" else super().check_action(action, parameters)

    def action_mark(self) -> None:
        """Mark the row under the cursor, or take its mark away, and go to the next."""
        if (row := self.row) is not None:
            self.marked ^= {row.key}
            self._refresh_row(self._cursor)
            self._go(self._cursor + 1)
            self.post_message(self.MarksChanged())

    def unmark(self) -> None:
        """Take all marks away."""
        if self.marked:
            self.marked.clear()
            self.refresh()
            self.post_message(self.MarksChanged())

    def on_click(self, event: events.Click) -> None:
        """A click brings the cursor, a double click opens."""
        at = event.y - 1 + self.scroll_offset.y
        if event.y < 1 or at >= self._count:
            return
        self._go(at)
        if event.chain == 2:
            self.action_open()

    def on_resize(self) -> None:
        """The cursor stays in sight."""
        self._resize()
        self._go(self._cursor)

    def _on_focus(self, event: events.Focus) -> None:
        self._focus_moved(event, here=True)

    def _on_blur(self, event: events.Blur) -> None:
        self._focus_moved(event, here=False)

    def _focus_moved(self, event: events.Event, *, here: bool) -> None:
        """Only the cursor's colour says where the keys go; Textual would draw the whole list again."""
        event.prevent_default()
        self.has_focus = here
        if self.parent is not None:
            self.parent.post_message(events.DescendantFocus(self) if here else events.DescendantBlur(self))

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Draw the cursor again."""
        self._refresh_row(self._cursor)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Scrolling may show pages that are not here yet."""
        super().watch_scroll_y(old_value, new_value)
        self._load_visible()

    # --- drawing -----------------------------------------------------------------------------------

    def render_lines(self, crop: Region) -> list[Strip]:
        """Some lines; what is the same for all of them is worked out once."""
        self._ground, self._widths = self.rich_style, widths(self._columns, self.size.width)
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """The heads first, then rows from the first one in sight."""
        cells, ground = self._widths, self._ground
        if y == 0:
            heads = [fitted(self._head(c), w, right=c.right) for c, w in cells]
            return strip_of(self, joined(heads, self._style("pagetable--head")), ground)
        at = self.scroll_offset.y + y - 1
        if not self._count:
            empty = fitted(self._empty, max(0, self.size.width - 2)) if y == 2 and self._generation else RichText()
            return strip_of(self, joined([empty], self._style("pagetable--head")), ground)
        row = self._row(at)
        if at >= self._count or row is None:
            return strip_of(self, RichText("  …" if at < self._count else "", "quiet"), ground)
        if at != self._cursor and (said := self._said(row, cells)) is not None:
            return Strip([Segment(said, ground)], self.size.width)
        return strip_of(self, self._drawn(row, cells, at == self._cursor), ground)

    def _head(self, column: Column) -> str:
        if self.ordered is None or self.ordered[0] != column.id:
            return str(Text(column.title))
        return f"{Text(column.title)} {'▼' if self.ordered[1] else '▲'}"

    def _said(self, row: Row, cells: Sequence[tuple[Column, int]]) -> str | None:
        """A row in the colours of the list as plain words, the quick way; None if it has colours of its own."""
        over = self.size.width - 1 - sum(cells_of for _column, cells_of in cells) - GAP * (len(cells) - 1)
        if row.tone or row.key in self.marked or over < 0:
            return None
        by_column = dict(zip((column.id for column in self._columns), row.cells, strict=True))
        said = [plain(by_column[column.id]) for column, _cells in cells]
        if None in said:
            return None
        parts = [fit(one or "", w, right=c.right) for one, (c, w) in zip(said, cells, strict=True)]
        line = " " + (" " * GAP).join(parts) + " " * over
        return in_ascii(line) if getattr(self.app, "draws_ascii", False) else line

    def _drawn(self, row: Row, cells: Sequence[tuple[Column, int]], under_cursor: bool) -> RichText:
        by_column = dict(zip((c.id for c in self._columns), row.cells, strict=True))
        line = joined([fitted(by_column[c.id], w, right=c.right) for c, w in cells])
        if row.tone:
            line.stylize(row.tone)
        if row.key in self.marked:
            line = RichText("✓", "key", end="", no_wrap=True).append_text(line[1:])
        if under_cursor:
            line.pad_right(max(0, self.size.width - line.cell_len))
            line.stylize(self._style("pagetable--cursor" if self.has_focus else "pagetable--rest"))
        return line

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(name)

    def _refresh_row(self, at: int) -> None:
        y = at - self.scroll_offset.y + 1
        if 1 <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    # --- pages -------------------------------------------------------------------------------------

    @property
    def _visible(self) -> int:
        return max(1, self.size.height - 1)

    def _resize(self) -> None:
        """More or fewer rows move nothing around the list: only its scroll bar is told, no layout is made."""
        size = Size(self.size.width, self._count + 1)
        if size != self.virtual_size:
            self.set_reactive(Widget.virtual_size, size)
            self._scroll_update(size)

    def _row(self, at: int) -> Row | None:
        page = self._pages.get(at // PAGE, ())
        return page[at % PAGE] if at >= 0 and at % PAGE < len(page) else None

    def _go(self, target: int) -> None:
        if not self._count:
            return
        before, self._cursor = self._cursor, min(max(0, target), self._count - 1)
        top = self.scroll_offset.y
        lowest = self._cursor - self._visible + 1
        if self._cursor < top or lowest > top:
            self.scroll_to(y=self._cursor if self._cursor < top else lowest, animate=False, immediate=True)
            self.refresh()
        elif before != self._cursor:
            self._refresh_row(before)
            self._refresh_row(self._cursor)
        if before != self._cursor:
            self._tell_cursor()
        self._load_visible()

    def _tell_cursor(self) -> None:
        if (row := self.row) is not None:
            self.post_message(self.CursorMoved(self, row))

    def _keep(self, page: int, rows: Sequence[Row]) -> None:
        self._pages[page] = rows
        self._pages.move_to_end(page)
        if len(self._pages) > KEPT:
            self._pages.popitem(last=False)
        if rows:
            self._ends[page] = rows[-1].key
        if self._open_end:
            # One row more than is known stands for the page after a full one.
            known = page * PAGE + len(rows) + (1 if len(rows) == PAGE else 0)
            self._count = known if page >= max(self._ends, default=0) else max(self._count, known)

    def _missing(self) -> int | None:
        top = self.scroll_offset.y
        last = min(top + self._visible, self._count - 1)
        for page in dict.fromkeys((self._cursor // PAGE, top // PAGE, last // PAGE)):
            if page * PAGE < self._count and page not in self._pages:
                return page
        return None

    def _load_visible(self) -> None:
        if self._fetch is not None and not self._loading and self._missing() is not None:
            self._loading = True
            self._beside(self._load, group="pages")

    async def _load(self) -> None:
        """Read pages until all in sight are here; those scrolled past meanwhile are never asked for."""
        try:
            while (page := self._missing()) is not None and self._fetch is not None:
                generation = self._generation
                rows = await self._fetch(Wanted(page * PAGE, PAGE, self._ends.get(page - 1)))
                if generation != self._generation:
                    continue
                self._keep(page, rows)
                self._cursor = min(self._cursor, max(0, self._count - 1))
                self._resize()
                self.refresh()
                if self._cursor // PAGE == page:
                    self._tell_cursor()
        finally:
            self._loading = False

    def _beside(self, work: Callable[[], Awaitable[None]], *, group: str) -> Worker[None]:
        async def guarded() -> None:
            try:
                await work()
            except Stale:
                return
            except RegularsError as error:
                self.post_message(self.Failed(error))

        return self.run_worker(guarded, group=group)
