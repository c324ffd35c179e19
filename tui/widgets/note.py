"""Sentences under a list: what is to be known about the row under the cursor."""

from collections.abc import Sequence
from functools import lru_cache

from rich.console import Console
from rich.text import Text as RichText

from core.base.text import CLOSING
from tui.widgets.charts import Drawing
from tui.widgets.row import Words


@lru_cache(8)
def _console(cells: int) -> Console:
    return Console(width=cells)


def wrapped(words: Words, cells: int, style: str = "") -> list[RichText]:
    """Lines broken at spaces, and between any two wide characters; at least one."""
    room = max(10, cells)
    text = words if isinstance(words, RichText) else RichText(str(words), style, end="")
    return _closed([*text.wrap(_console(room), room)]) or [RichText(end="")]


def _closed(lines: list[RichText]) -> list[RichText]:
    """No line begins with a mark that closes: the sign before it comes down with it."""
    for at in range(1, len(lines)):
        if lines[at].plain[:1] in CLOSING and len(before := lines[at - 1]) > 1 and lines[at].plain:
            lines[at - 1], lines[at] = before[:-1], before[-1:].append_text(lines[at])
    return lines


class Paragraph(Drawing):
    """Words that take as many lines as they need; nothing of them is cut."""

    DEFAULT_CSS = "Paragraph { height: auto; padding: 0 1; }"

    def __init__(self, words: Words = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(lambda cells: [], id=id)
        self.set_classes(classes or "")
        self.say(words)

    @property
    def words(self) -> Words:
        """What it says now."""
        return self._words

    def say(self, words: Words) -> None:
        """Show other words."""
        self._words = words
        self.draw(lambda cells: wrapped(words, cells))


class Note(Drawing):
    """Paragraphs, said in the language of the moment; scrolls when there are more lines than rows."""

    DEFAULT_CSS = """
    Note { height: 4; margin: 1 0 0 1; }
    Page.-tall Note { height: 8; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(lambda cells: [], id=id)

    def say(self, *paragraphs: Words) -> None:
        """Show other paragraphs."""
        self.draw(lambda cells: _lines(paragraphs, cells - 1))


def _lines(paragraphs: Sequence[Words], cells: int) -> list[RichText]:
    return [line for words in paragraphs for line in wrapped(words, cells)]
