"""Small charts measured in cells: plain functions from figures to lines, and one widget to hold them."""

from collections.abc import Callable, Sequence

from rich.text import Text as RichText
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.widgets.row import Words, fitted, rich, strip_of

BARS = " ▁▂▃▄▅▆▇█"
SLICES = " ▏▎▍▌▋▊▉█"
SHADES = " ░▒▓█"

Figures = Sequence[int | float | None]
"""Values of a chart; None is a gap. Negative ones are drawn as nothing."""


def _eighths(value: int | float | None, top: int | float, cells: int) -> int:
    """How many eighths of a cell a value fills; anything above nothing shows at least one."""
    if value is None or value <= 0 or top <= 0:
        return 0
    return max(1, round(value / top * cells * 8))


def _top(values: Figures) -> int | float:
    return max((value for value in values if value is not None), default=0)


def sparkline(values: Figures, cells: int | None = None, *, style: str = "accent") -> RichText:
    """One line of bars, one cell a value: '▁▂▅▇▆▃'; zero is the lowest bar, a gap is empty.

    More values than cells are joined by their mean.
    """
    if cells is not None and len(values) > cells > 0:
        values = [_mean(values[i * len(values) // cells : (i + 1) * len(values) // cells]) for i in range(cells)]
    top = _top(values)
    bars = "".join(" " if value is None else BARS[max(1, _eighths(value, top, 1))] for value in values)
    return RichText(bars, style, end="", no_wrap=True)


def _mean(values: Figures) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def hbars(items: Sequence[tuple[Words, int | float, Words]], cells: int, *, style: str = "accent") -> list[RichText]:
    """Lines of label, bar and figure as shown; labels share one width of at most a third of the room."""
    if not items:
        return []
    labels = min(max(rich(label).cell_len for label, _, _ in items), max(4, cells // 3))
    shown = max(rich(figure).cell_len for _, _, figure in items)
    room, top = max(1, cells - labels - shown - 2), _top([value for _, value, _ in items])
    lines = []
    for label, value, figure in items:
        eighths = _eighths(value, top, room)
        bar = "█" * (eighths // 8) + (SLICES[eighths % 8] if eighths % 8 else "")
        line = fitted(label, labels)
        line.append(" ")
        line.append(bar.ljust(room), style)
        line.append(" ")
        line.append_text(fitted(figure, shown, right=True))
        lines.append(line)
    return lines


def histogram(
    values: Figures, labels: Sequence[Words], cells: int, height: int = 6, *, style: str = "accent"
) -> list[RichText]:
    """Columns over their labels, `height` rows high; columns share the width evenly."""
    if not values:
        return []
    column = max(2, cells // len(values))
    filled = [_eighths(value, _top(values), height) for value in values]
    lines = []
    for row in reversed(range(height)):
        bars = (BARS[min(8, max(0, eighths - 8 * row))] * (column - 1) + " " for eighths in filled)
        lines.append(RichText("".join(bars), style, end="", no_wrap=True))
    under = RichText(end="", no_wrap=True)
    for label in labels:
        under.append_text(fitted(label, column - 1))
        under.append(" ")
    under.stylize("quiet")
    return [*lines, under]


def heatmap(
    rows: Sequence[Figures], names: Sequence[Words], heads: Sequence[Words], *, cell: int = 2
) -> list[RichText]:
    """A grid in five shades, so that it needs no colour: a line of heads, then a line for each name."""
    top = _top([_top(row) for row in rows])
    left = max((rich(name).cell_len for name in names), default=0)
    head = RichText(" " * (left + 1), end="", no_wrap=True)
    for words in heads:
        head.append_text(fitted(words, cell))
    head.stylize("quiet")
    lines = [head]
    for name, row in zip(names, rows, strict=True):
        line = fitted(name, left)
        line.append(" ")
        for value in row:
            line.append(("·" if value is None else SHADES[_shade(value, top)]) * cell, "accent")
        lines.append(line)
    return lines


def _shade(value: int | float, top: int | float) -> int:
    return 0 if value <= 0 or top <= 0 else min(4, 1 + int(value / top * 4 - 1e-9))


class Drawing(ScrollView):
    """Lines drawn for the width there is; scrolls when they are more than fit."""

    DEFAULT_CSS = "Drawing { height: auto; width: 1fr; overflow-x: hidden; scrollbar-size-vertical: 1; }"
    can_focus = False

    def __init__(
        self, draw: Callable[[int], Sequence[RichText]], *, id: str | None = None, focusable: bool = False
    ) -> None:
        """`draw` gets the width in cells; `focusable` lets the arrow keys scroll it."""
        super().__init__(id=id)
        self.can_focus = focusable
        self._draw = draw
        self._lines: Sequence[RichText] = ()
        self._drawn_for = -1
        self._measured = (-1, 0)

    def draw(self, draw: Callable[[int], Sequence[RichText]]) -> None:
        """Show other lines."""
        self._draw = draw
        self.resay()

    def resay(self) -> None:
        """Draw again, in the language and colours of now; what is around it moves only if its height changes."""
        cells, before = self._drawn_for, len(self._lines)
        self._drawn_for, self._measured = -1, (-1, 0)
        if not self.display:
            return
        if cells > 0:
            self._prepare(cells)
        self.refresh(layout=cells <= 0 or len(self._lines) != before)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many rows as there are lines at this width.

        A sheet that scrolls is measured without its scrollbar and laid out with it: what is shown stays, or each
        would bring the other about for ever.
        """
        if width == self._drawn_for:
            return len(self._lines)
        if width != self._measured[0]:
            self._measured = (width, len(self._draw(width)))
        return self._measured[1]

    def render_line(self, y: int) -> Strip:
        """One line, padded to the width."""
        self._prepare(self._room)
        at = y + self.scroll_offset.y
        if at >= len(self._lines):
            return Strip.blank(self.size.width, self.rich_style)
        return strip_of(self, self._lines[at])

    def on_resize(self) -> None:
        """The width changed, so may the lines."""
        self._prepare(self._room)

    @property
    def _room(self) -> int:
        """The width there is beside the scrollbar, which hides what is drawn below it."""
        return self.scrollable_content_region.width

    def _prepare(self, cells: int) -> None:
        if cells != self._drawn_for:
            self._drawn_for = cells
            self._lines = self._draw(cells)
            self.virtual_size = Size(cells, len(self._lines))
