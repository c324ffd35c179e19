"""Columns of a list: how wide each may be in the room there is."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.style import Style
from rich.text import Text as RichText

GAP = 2


@dataclass(frozen=True)
class Column:
    """A column; `title` is a msgid, widths are cells.

    The `important` column shrinks last and never disappears; a `stretch` column takes the room left.
    """

    id: str
    title: str
    width: int
    min_width: int = 4
    right: bool = False
    important: bool = False
    stretch: bool = False


def widths(columns: Sequence[Column], room: int) -> list[tuple[Column, int]]:
    """Columns that are shown, with their widths, for a room in cells with one cell of air at each side.

    Too little room: the widest unimportant column gives first, each down to its `min_width`; then
    unimportant columns are left out from the right; then the important one shrinks.
    """
    shown = list(columns)
    while True:
        cells = {column.id: column.width for column in shown}
        over = sum(cells.values()) + GAP * (len(shown) - 1) + 2 - room
        while over > 0 and (gives := _gives(shown, cells, important=False)):
            cells[gives.id] -= 1
            over -= 1
        droppable = [column for column in shown if not column.important]
        if over <= 0 or len(shown) < 2 or not droppable:
            break
        shown.remove(droppable[-1])
    while over > 0 and (gives := _gives(shown, cells, important=True)):
        cells[gives.id] -= 1
        over -= 1
    stretch = next((column for column in shown if column.stretch), None)
    if over < 0 and stretch is not None:
        cells[stretch.id] -= over
    return [(column, cells[column.id]) for column in shown]


def _gives(shown: Sequence[Column], cells: dict[str, int], *, important: bool) -> Column | None:
    able = [c for c in shown if (important or not c.important) and cells[c.id] > min(c.min_width, c.width)]
    return max(able, key=lambda column: cells[column.id], default=None)


def joined(parts: Sequence[RichText], style: str | Style = "") -> RichText:
    """Fitted cells as one line with their gaps."""
    line = RichText(" ", end="", no_wrap=True)
    for number, part in enumerate(parts):
        if number:
            line.append(" " * GAP)
        line.append_text(part)
    if style:
        line.stylize(style)
    return line
