"""The lists of a page in one line, each with its key, the one shown marked."""

from collections.abc import Callable, Sequence

from rich.text import Text as RichText

from core.base.i18n import Text
from tui.widgets.row import KeyItem, KeyRow


class TabLine(KeyRow):
    """' 1 Promotions  ·  2 Coupons'; a click does what the key does."""

    DEFAULT_CSS = "TabLine { margin: 0 0 1 0; }"

    def __init__(
        self, items: Callable[[], Sequence[KeyItem]], current: Callable[[], str], *, id: str | None = None
    ) -> None:
        """`current` is the id of the item whose list is shown."""
        super().__init__(items, id=id)
        self._current = current

    def line(self, cells: int) -> RichText:
        """Keys and words; where one is stands out."""
        text = RichText(" ", end="", no_wrap=True)
        for gap, item in self.gaps(cells):
            text.append(gap, "rule")
            here = item.id == self._current()
            text.append(item.key, "key" if here else "quiet")
            text.append(" " + str(Text(item.label)), "here" if here else "text")
        return text
