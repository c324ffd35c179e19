"""A tile of the day: a label, a figure, a note; Enter opens the list behind it."""

from typing import ClassVar

from rich.text import Text as RichText
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from tui.widgets.row import Row, Words, fitted, rich

FLASH_S = 1.0


class Tile(Row):
    """One line: 'takings  ¥8,412.50  ▁▂▅▇▆▃ last Sat ¥7,960.00'. A changed figure flashes once."""

    can_focus = True
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "open", show=False)]

    class Opened(Message):
        """A tile was opened with Enter or a click."""

        def __init__(self, tile: "Tile") -> None:
            super().__init__()
            self.tile = tile

        @property
        def control(self) -> "Tile":
            """The tile, for selectors."""
            return self.tile

    def __init__(self, label: Words, *, id: str, label_cells: int = 10, figure_cells: int = 12) -> None:
        """The figure is right-aligned in its cells; the note takes the rest."""
        super().__init__(id=id)
        self._label = label
        self._cells = (label_cells, figure_cells)
        self._figure: Words = ""
        self._note: Words = ""

    def show(self, figure: Words, note: Words = "") -> None:
        """Show a figure and a note beside it."""
        changed = rich(self._figure).plain not in ("", rich(figure).plain)
        self._figure, self._note = figure, note
        self.refresh()
        if changed:
            self.add_class("-fresh")
            self.set_timer(FLASH_S, self._rest)

    def line(self, cells: int) -> RichText:
        """Label, figure and note in their columns."""
        label_cells, figure_cells = self._cells
        label = fitted(self._label, label_cells)
        label.stylize("quiet")
        figure = fitted(self._figure, figure_cells, right=True)
        figure.stylize("bold")
        text = RichText(" ", end="", no_wrap=True)
        for part in (label, RichText("  "), figure, RichText("  "), rich(self._note)):
            text.append_text(part)
        return fitted(text, max(0, cells - 1))

    def action_open(self) -> None:
        """Open the list behind the figure."""
        self.post_message(self.Opened(self))

    def on_click(self, event: events.Click) -> None:
        """A click opens, as Enter does."""
        event.stop()
        self.action_open()

    def _rest(self) -> None:
        self.remove_class("-fresh")
