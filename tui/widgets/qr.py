"""QR codes for scanners: black on white whatever the look, in half blocks, with their quiet border."""

from functools import lru_cache

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from rich.text import Text as RichText
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.row import strip_of

INK = "#000000 on #ffffff"
"""Scanners without inversion fail on light modules on a dark ground."""
BORDER = 2
"""Modules of white around the code; the standard asks for 4, terminals that are small allow 2."""


@lru_cache(32)
def matrix(data: str, border: int = BORDER) -> tuple[tuple[bool, ...], ...]:
    """Modules of a code with its border, level M; True is black. `border` is at least 2."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=max(BORDER, border))
    code.add_data(data)
    code.make(fit=True)
    return tuple(tuple(bool(module) for module in row) for row in code.get_matrix())


def qr_lines(data: str, border: int = BORDER) -> list[RichText]:
    """The code as lines, two modules above one another in each cell."""
    modules = [*matrix(data, border)]
    if len(modules) % 2:
        modules.append((False,) * len(modules[0]))
    lines = []
    for upper, lower in zip(modules[::2], modules[1::2], strict=True):
        cells = (
            "█" if up and low else "▀" if up else "▄" if low else " " for up, low in zip(upper, lower, strict=True)
        )
        lines.append(RichText("".join(cells), INK, end="", no_wrap=True))
    return lines


class QrCode(Widget):
    """A code as large as it needs: 50 characters take 37 by 19 cells."""

    DEFAULT_CSS = "QrCode { width: auto; height: auto; }"

    def __init__(self, data: str, *, border: int = BORDER, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines = qr_lines(data, border)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Modules of one row."""
        return self._lines[0].cell_len

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Two rows of modules a line."""
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        """One line of the code."""
        if y >= len(self._lines):
            return Strip.blank(self.size.width, self.rich_style)
        return strip_of(self, self._lines[y])
