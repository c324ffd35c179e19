"""One of a few: all of them in one line, the chosen one marked."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text as RichText
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from tui.widgets.row import Row, Words, fitted, rich, strip_of


class Choice(Row):
    """'● cash  ○ card'; ← → and space move the mark, digits and a click set it. Too many: '‹ card › 2/9'."""

    can_focus = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", show=False),
        Binding("right,space", "step(1)", show=False),
        *(Binding(str(number), f"pick({number})", show=False) for number in range(1, 10)),
    ]

    class Picked(Message):
        """Another one was chosen."""

        def __init__(self, choice: "Choice") -> None:
            super().__init__()
            self.choice = choice

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
            self.post_message(self.Picked(self))

    def action_pick(self, number: int) -> None:
        """Choose by number, from 1."""
        if number <= len(self._choices):
            self._at = number - 1
            self.refresh()
            self.post_message(self.Picked(self))

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
            self.action_pick(next((i for i, end in enumerate(ends) if event.x < end), self._at) + 1)
        else:
            self.action_step(1)


class Menu(Choice):
    """One of many, each on a line of its own; ↑ ↓ move the mark, digits set it."""

    DEFAULT_CSS = "Menu { height: auto; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "step(-1)", show=False),
        Binding("down", "step(1)", show=False),
    ]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """A line for each."""
        return max(1, len(self._choices))

    def render_line(self, y: int) -> Strip:
        """A digit and the words; where the mark is stands out."""
        if y >= len(self._choices):
            return Strip.blank(self.size.width, self.rich_style)
        here = y == self._at
        line = RichText("● " if here else "○ ", "key" if here else "quiet", end="", no_wrap=True)
        line.append(f"{y + 1} " if y < 9 else "  ", "key" if here else "quiet")
        line.append_text(fitted(self._choices[y][1], max(1, self.size.width - 4)))
        line.stylize("bold" if here else "text", 4)
        return strip_of(self, line)

    def on_click(self, event: events.Click) -> None:
        """The line under the mouse."""
        event.stop()
        self.action_pick(event.y + 1)


class Several(Choice):
    """'☒ Mon  ☐ Tue': any of a few; ← → go along, space and digits mark. None marked means all, or none asked for."""

    def __init__(self, choices: Sequence[tuple[str, Words]], chosen: str = "", *, id: str | None = None) -> None:
        """`chosen` are the ids marked at first, separated by spaces."""
        super().__init__(choices, id=id)
        self._marked = {one for one, _ in self._choices if one in chosen.split()}

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "mark", show=False)]

    @property
    def value(self) -> str:
        """The ids marked, in their order, separated by spaces."""
        return " ".join(one for one, _ in self._choices if one in self._marked)

    def action_mark(self) -> None:
        """Mark the one under the cursor, or take its mark away."""
        if self._choices:
            self._marked ^= {self._choices[self._at][0]}
            self.refresh()
            self.post_message(self.Picked(self))

    def action_pick(self, number: int) -> None:
        """Mark by number, from 1."""
        if number <= len(self._choices):
            self._at = number - 1
            self.action_mark()

    def line(self, cells: int) -> RichText:
        """All with their marks from the first that fits; the cursor stands on one."""
        parts = [self._part(at) for at in range(len(self._choices))]
        first = 0
        while first < self._at and sum(part.cell_len for part in parts[first : self._at + 1]) > cells:
            first += 1
        line = RichText(end="", no_wrap=True)
        for part in parts[first:]:
            line.append_text(part)
        return fitted(line, cells)

    def _part(self, at: int) -> RichText:
        id, words = self._choices[at]
        marked, here = id in self._marked, at == self._at and self.has_focus
        part = RichText("☒ " if marked else "☐ ", "key" if marked or here else "quiet", end="")
        part.append(rich(words).plain, "key" if here else "bold" if marked else "text")
        return part.append("  ")
