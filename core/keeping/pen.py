"""What every printed sheet is drawn with: letters in both scripts, lines that fit, QR codes.

Latin letters are Helvetica; all others STSong-Light, which every reader of PDF brings along, so that no font lies on
the server. QR codes are one path of rectangles, sharp at any size.
"""

from collections.abc import Callable, Iterator
from functools import cache
from io import BytesIO
from itertools import groupby
from typing import Any

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

QUIET = 4
"""Modules of white around a code; readers need them."""
HANZI = "STSong-Light"
SMALLEST = 8
"""The least size of a text that is made to fit, in points."""
TAGS = {"zh": "zh-CN", "en": "en"}


def begun(title: str, author: str, language: str) -> tuple[Any, Callable[[], bytes]]:
    """An empty document, and what turns it into bytes when it is whole."""
    _register()
    buffer = BytesIO()
    page = Canvas(buffer, pagesize=A4, invariant=1, lang=TAGS[language])
    page.setTitle(title)
    page.setAuthor(author)

    def done() -> bytes:
        page.save()
        return buffer.getvalue()

    return page, done


@cache
def _register() -> None:
    pdfmetrics.registerFont(UnicodeCIDFont(HANZI))


def qr(page: Any, text: str, x: float, y: float, side: float) -> None:
    """A QR with its white border in a square whose lower left corner is at x, y."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=QUIET)
    code.add_data(text)
    code.make(fit=True)
    matrix = code.get_matrix()
    module, path = side / len(matrix), page.beginPath()
    for down, row in enumerate(matrix):
        across = 0
        for dark, run in groupby(row):
            wide = len(list(run))
            if dark:
                path.rect(x + across * module, y + side - (down + 1) * module, wide * module, module)
            across += wide
    page.drawPath(path, stroke=0, fill=1)


def _is_latin(char: str) -> bool:
    try:
        char.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _runs(text: str, bold: bool) -> Iterator[tuple[str, str]]:
    """A text in pieces, each with the font that has its letters."""
    for latin, chars in groupby(text, _is_latin):
        yield "".join(chars), ("Helvetica-Bold" if bold else "Helvetica") if latin else HANZI


def width(text: str, size: float, bold: bool = False) -> float:
    return float(sum(pdfmetrics.stringWidth(piece, font, size) for piece, font in _runs(text, bold)))


def say(page: Any, x: float, y: float, text: str, size: float, *, bold: bool = False) -> None:
    """A line of text from x on; Chinese letters have no bold font and get an outline of their own colour instead."""
    page.saveState()
    written = page.beginText(x, y)
    written.setStrokeColor(page._fillColorObj)
    for piece, font in _runs(text, bold):
        outlined = bold and font == HANZI
        written.setTextRenderMode(2 if outlined else 0)
        written.setFont(font, size)
        written.textOut(piece)
    written.setTextRenderMode(0)
    page.setLineWidth(size / 40)
    page.drawText(written)
    page.restoreState()


def centred(page: Any, y: float, text: str, size: float, *, bold: bool = False) -> None:
    """A line in the middle of the page, smaller if it would not fit."""
    size = min(size, size * (A4[0] - 60) / max(width(text, size, bold), 1))
    say(page, (A4[0] - width(text, size, bold)) / 2, y, text, size, bold=bold)


def wrapped(text: str, size: float, room: float, *, bold: bool = False) -> list[str]:
    """A text in lines of at most that width: broken between words, and between any two Chinese letters."""
    lines, line = [], ""
    for piece in _breakable(text):
        if line and width((line + piece).rstrip(), size, bold) > room:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return [*lines, line.rstrip()]


def fitted(text: str, size: float, room: float, *, most: int, bold: bool) -> tuple[float, list[str]]:
    """A text in so many lines at most, as large as fits; one that is endless ends in an ellipsis."""
    lines = wrapped(text, size, room, bold=bold)
    while size > SMALLEST and (len(lines) > most or any(width(line, size, bold) > room for line in lines)):
        size -= 1
        lines = wrapped(text, size, room, bold=bold)
    return size, lines if len(lines) <= most else [*lines[: most - 1], lines[most - 1][:-1] + "…"]


def _breakable(text: str) -> Iterator[str]:
    """The pieces of a text that stay together; a comma or full stop stays with what is before it."""
    piece = ""
    for char in text:
        if piece and char not in CLOSING and (piece[-1] == " " or not _is_latin(char) or not _is_latin(piece[-1])):
            yield piece
            piece = ""
        piece += char
    yield piece


CLOSING = "，。；：！？、）》”’ ,.;:!?)"
"""What may not begin a line."""
