"""A page that is one drawing of figures: it reads them when it opens, and again by a key."""

from collections.abc import Sequence

from rich.text import Text as RichText
from textual.app import ComposeResult

from tui.page import Page
from tui.widgets.charts import Drawing


class DrawnPage(Page):
    """`_load` reads the figures and says them anew; `_lines` draws them so many cells wide."""

    def body(self) -> ComposeResult:
        """The drawing."""
        yield Drawing(self._lines, id="charts", focusable=True)

    def on_mount(self) -> None:
        """Read the figures."""
        self.query_one(Drawing).focus()
        self.reading(self._load)

    def do_refresh(self) -> None:
        """Read the figures again."""
        self.reading(self._load)

    def _lines(self, width: int) -> Sequence[RichText]:
        raise NotImplementedError

    async def _load(self) -> None:
        raise NotImplementedError
