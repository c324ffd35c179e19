"""One of a few: all of them in one line, the chosen one marked."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text as RichText
from textual import events
from textual.binding import Binding, BindingType

from tui.widgets.row import Row, Words, fitted, rich


class Choice(Row):
    """'● cash  ○ card'; arrow keys and space move the mark, a click sets it. Too many: '‹ card › 2/9'."""

    can_focus = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,up", "step(-1)", show=False),
        Binding("right,down,space", "step(1)", show=False),
    ]

    def __init__(self, choices: Sequence[tuple[str, Words]], chosen: str = "", *, id: str | None = None) -> None:
        """`choices` are ids with their words; the first is chosen unless another is named."""
        super().__init__(id=id)
        self._choices = list(choices)
        ids = [choice for choice, _ in self._choices]
        self._at = ids.index(chosen) if chosen in ids else 0

    @property
    def value(self) -> str:
        """The id of the chosen one; empty when there is nothing to choose from."""
        return self._choices[self._at][0] if self._choices else ""

    def action_step(self, by: int) -> None:
        """Move the mark, around the end."""
        if self._choices:
            self._at = (self._at + by) % len(self._choices)
            self.refresh()

    def line(self, cells: int) -> RichText:
        """All choices, or the chosen one with its place among the others."""
        line = RichText(end="", no_wrap=True)
        for at, (_, words) in enumerate(self._choices):
            line.append("● " if at == self._at else "○ ", "key" if at == self._at else "quiet")
            line.append(rich(words).plain + "  ", "bold" if at == self._at else "text")
        if line.cell_len <= cells or not self._choices:
            return line
        place = f" › {self._at + 1}/{len(self._choices)}"
        words = rich(self._choices[self._at][1])
        named = fitted(words, max(1, min(words.cell_len, cells - len(place) - 2)))
        return RichText("‹ ", "quiet", end="") + named + RichText(place, "quiet")

    def on_click(self, event: events.Click) -> None:
        """Find the choice under the mouse; in the short form the next one."""
        event.stop()
        ends, at = [], 0
        for _, words in self._choices:
            at += rich(words).cell_len + 4
            ends.append(at)
        if ends and ends[-1] <= self.size.width:
            self._at = next((i for i, end in enumerate(ends) if event.x < end), self._at)
            self.refresh()
        else:
            self.action_step(1)
