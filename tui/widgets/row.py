"""A line of cells: the measure every other widget is built with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from rich.text import Text as RichText
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from core.base.i18n import Text
from core.base.text import clean, fit, width
from tui.look import in_ascii

Words = str | Text | RichText
"""What a widget shows: said already, to be said in the language of the moment, or with colours."""


def rich(words: Words) -> RichText:
    """Words as a rich text of one line, without control characters."""
    if isinstance(words, RichText):
        return words
    return RichText(plain(words) or "", end="", no_wrap=True)


def fitted(words: Words, cells: int, *, right: bool = False) -> RichText:
    """Words padded or cut to exactly so many cells; a cut shows an ellipsis."""
    if not isinstance(words, RichText):
        return RichText(fit(plain(words) or "", cells, right=right), end="", no_wrap=True)
    text = words.copy()
    if text.cell_len > cells:
        text.truncate(cells, overflow="ellipsis")
    room = cells - text.cell_len
    text.pad_left(room) if right else text.pad_right(room)
    return text


class Row(Widget):
    """One line, drawn by `line`; always exactly as wide as the widget."""

    DEFAULT_CSS = "Row { height: 1; width: 1fr; }"

    def line(self, cells: int) -> RichText:
        """The line for a width in cells."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """Draw the line in the widget's own colours."""
        cells = self.size.width
        return strip_of(self, self.line(cells)) if y == 0 else Strip.blank(cells, self.rich_style)


def plain(words: Words) -> str | None:
    """Words as one line without control characters; None if there are colours in them."""
    if isinstance(words, RichText):
        return None
    said = str(words)
    return said if said.isprintable() else clean(said)


def strip_of(widget: Widget, text: RichText, ground: Style | None = None) -> Strip:
    """A text on a widget's ground, exactly as wide as the widget; `ground` saves asking for it again."""
    console = widget.app.console
    segments: list[Segment] = list(text.render(console))
    # Rich forgets the style of a whole text that has no other one inside.
    own = console.get_style(text.style, default="none") if text.style else None
    is_code = own is not None and own.bgcolor is not None  # black on white, in every look
    if getattr(widget.app, "draws_ascii", False) and not is_code:
        segments = [Segment(in_ascii(one.text), one.style, one.control) for one in segments]
    strip = Strip(segments).apply_style(own) if own else Strip(segments)
    return strip.adjust_cell_length(widget.size.width).apply_style(ground or widget.rich_style)


class Line(Row):
    """A line of words with a cell of air at the left; `say` changes it."""

    def __init__(self, words: Words = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._words = words

    @property
    def words(self) -> Words:
        """What the line shows now."""
        return self._words

    def say(self, words: Words) -> None:
        """Show other words."""
        if words != self._words:
            self._words = words
            self.refresh()

    def line(self, cells: int) -> RichText:
        """The words, cut with an ellipsis where they do not fit."""
        return RichText(" ", end="") + fitted(self._words, max(0, cells - 2))


class Rule(Row):
    """A thin line between two things that would otherwise run together."""

    def line(self, cells: int) -> RichText:
        """As many strokes as there are cells."""
        return RichText("─" * cells, "rule", end="")


WIDE, CLOSE = "  ·  ", "  "
"""What stands between two keys of a line, and where there is little room."""


@dataclass(frozen=True)
class KeyItem:
    """A key and its word in a line of keys; `off` is greyed."""

    id: str
    key: str
    label: str
    off: bool = False


def _cells(item: KeyItem) -> int:
    return width(item.key) + 1 + width(str(Text(item.label)))


class KeyRow(Row):
    """A line of keys with their words; a click does what the key does."""

    class Chosen(Message):
        """A word of the line was clicked."""

        def __init__(self, id: str) -> None:
            super().__init__()
            self.id = id

    def __init__(self, items: Callable[[], Sequence[KeyItem]], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._items = items
        self._drawn: Sequence[KeyItem] = ()

    def again(self) -> None:
        """Draw again if a key came, went, or may be pressed now."""
        if list(self._items()) != self._drawn:
            self.refresh()

    def placed(self, cells: int) -> list[tuple[int, KeyItem]]:
        """Items with their first cell; close together where they need it, then left out before the last one."""
        items = list(self._items())
        places = self._at(items, len(WIDE))
        if self._end(places) > cells:
            places = self._at(items, len(CLOSE))
        while self._end(places) > cells and len(items) > 1:
            del items[-2]
            places = self._at(items, len(CLOSE))
        return places

    @staticmethod
    def _at(items: Sequence[KeyItem], gap: int) -> list[tuple[int, KeyItem]]:
        places, at = [], 1
        for item in items:
            places.append((at, item))
            at += _cells(item) + gap
        return places

    @staticmethod
    def _end(places: Sequence[tuple[int, KeyItem]]) -> int:
        return places[-1][0] + _cells(places[-1][1]) if places else 0

    def gaps(self, cells: int) -> list[tuple[str, KeyItem]]:
        """Items with what stands before each."""
        places, end, found = self.placed(cells), 1, []
        for at, item in places:
            found.append((WIDE if at - end == len(WIDE) else " " * (at - end), item))
            end = at + _cells(item)
        return found

    def line(self, cells: int) -> RichText:
        """' Enter add  ·  ctrl+t pay  ·  ? all keys'."""
        self._drawn = list(self._items())
        text = RichText(" ", end="", no_wrap=True)
        for gap, item in self.gaps(cells):
            text.append(gap, "rule")
            text.append(item.key, "off" if item.off else "key")
            text.append(" " + str(Text(item.label)), "off" if item.off else "text")
        return text

    def on_click(self, event: events.Click) -> None:
        """Find the word under the mouse."""
        for at, item in reversed(self.placed(self.size.width)):
            if event.x >= at:
                event.stop()
                self.post_message(self.Chosen(item.id))
                return
