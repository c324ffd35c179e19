"""Sheets to print, as PDF of A4: the poster of a source link, and cards made ahead for new members.

Latin letters are Helvetica; all others STSong-Light, which every reader of PDF brings along, so that no font lies on
the server. QR codes are one path of rectangles, sharp at any size. Nothing that starts imports this file: reportlab
costs 0.3 s.
"""

from collections.abc import Callable, Iterator
from functools import cache
from io import BytesIO
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from core.base import i18n, settings
from core.base.access import Actor
from core.base.clock import Millis
from core.base.errors import Refused
from core.base.i18n import N_, _
from core.base.text import clean
from core.books import rules
from core.people import blanks, sources

QUIET = 4
"""Modules of white around a code; readers need them."""
WIDE, HIGH, ACROSS, DOWN = 85 * mm, 54 * mm, 2, 5
"""A card, and how many of them stand on a page."""
LEFT, BOTTOM = (A4[0] - ACROSS * WIDE) / 2, (A4[1] - DOWN * HIGH) / 2
HANZI = "STSong-Light"
SMALLEST = 8
"""The least size of a text that is made to fit, in points."""
TAGS = {"zh": "zh-CN", "en": "en"}


class PosterNowhere(Refused):
    """A poster would carry an address that no phone can open."""

    code = "poster_nowhere"
    text = N_(
        "No phone can open {address}. Set public_url in regulars.toml first: a poster is not changed once printed."
    )


class NoneBlank(Refused):
    """A batch has no card left to print."""

    code = "none_blank"
    text = N_("No card of batch {batch} is blank any more. `regulars cards make` makes new ones.")


def poster(link_id: int, *, language: str, headline: str = "", by: Actor, now: Millis) -> bytes:
    """The poster of a source link: shop, headline, QR, the address in words, what becomes of one's data.

    Raises: NotAllowed, SourceUnknown, SourceOver, PosterNowhere.
    """
    link = sources.get(link_id, by=by)
    if link.state(now) == "ended":
        raise sources.SourceOver()
    base_url, shop = settings.current().base_url, rules.current(now=now)
    if (urlsplit(base_url).hostname or "") in ("127.0.0.1", "::1", "0.0.0.0", "localhost"):  # noqa: S104 (refused)
        raise PosterNowhere(address=base_url)
    with i18n.use(language):
        page, done = _begun(_("Poster: {name}", name=link.name), shop.shop_name, language)
        _centred(page, 785, shop.shop_name, 26)
        size, lines = _fitted(clean(headline) or _("Become a regular"), 52, A4[0] - 80, most=2, bold=True)
        for number, line in enumerate(lines):
            _centred(page, 690 + 30 * (len(lines) - 1) - 60 * number, line, size, bold=True)
        _centred(page, 618, _("Scan with WeChat or your camera. Nothing to install."), 17)
        _qr(page, sources.url(link, base_url), (A4[0] - 125 * mm) / 2, 240, 125 * mm)
        _centred(page, 215, _("or open in your browser"), 13)
        address = urlsplit(base_url)
        _centred(page, 188, f"{address.netloc}{address.path}/q/{link.code}", 22, bold=True)
        for number, line in enumerate(_wrapped(_(PRIVACY), 9.5, A4[0] - 120)):
            _say(page, 60, 110 - 14 * number, line, 9.5)
        page.showPage()
    return done()


PRIVACY = N_(
    "Your phone number is optional; you can be a member with a card alone. The shop keeps what you buy and your points"
    " to run your membership. Messages come only if you agree, and you can withdraw on your card at any time. Guests"
    " under 14 get a card without any personal data."
)


def cards(batch_id: int, *, language: str, by: Actor, now: Millis) -> bytes:
    """The cards of a batch that are still blank, ten on a page with marks to cut along.

    Raises: NotAllowed, BatchUnknown, NoneBlank.
    """
    numbers, shop = blanks.blank_of(batch_id, by=by), rules.current(now=now)
    if not numbers:
        raise NoneBlank(batch=str(batch_id))
    with i18n.use(language):
        page, done = _begun(_("Cards {batch}", batch=str(batch_id)), shop.shop_name, language)
        for first in range(0, len(numbers), ACROSS * DOWN):
            _marks(page)
            for place, card in enumerate(numbers[first : first + ACROSS * DOWN]):
                x, y = LEFT + place % ACROSS * WIDE, BOTTOM + (DOWN - 1 - place // ACROSS) * HIGH
                _card(page, x, y, card, shop.shop_name)
            page.showPage()
    return done()


def _card(page: Any, x: float, y: float, card: str, shop_name: str) -> None:
    side = 30 * mm
    room = WIDE - side - 12 * mm
    size, lines = _fitted(shop_name, 15, room, most=3, bold=True)
    for number, line in enumerate(lines):
        _say(page, x + 6 * mm, y + HIGH - 11 * mm - 1.2 * size * number, line, size, bold=True)
    _say(page, x + 6 * mm, y + 14 * mm, _("Member card"), 9)
    _say(page, x + 6 * mm, y + 7 * mm, blanks.grouped(card), 11.5)
    _qr(page, card, x + WIDE - side - 4 * mm, y + (HIGH - side) / 2, side)


def _marks(page: Any) -> None:
    """Short lines outside of the cards, where to cut."""
    page.setLineWidth(0.3)
    for column in range(ACROSS + 1):
        x = LEFT + column * WIDE
        for y in (BOTTOM - 7 * mm, BOTTOM + DOWN * HIGH + 2 * mm):
            page.line(x, y, x, y + 5 * mm)
    for row in range(DOWN + 1):
        y = BOTTOM + row * HIGH
        for x in (LEFT - 7 * mm, LEFT + ACROSS * WIDE + 2 * mm):
            page.line(x, y, x + 5 * mm, y)


# --- the pen ---------------------------------------------------------------------------------------


def _begun(title: str, author: str, language: str) -> tuple[Any, Callable[[], bytes]]:
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


def _qr(page: Any, text: str, x: float, y: float, side: float) -> None:
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


def _width(text: str, size: float, bold: bool = False) -> float:
    return float(sum(pdfmetrics.stringWidth(piece, font, size) for piece, font in _runs(text, bold)))


def _say(page: Any, x: float, y: float, text: str, size: float, *, bold: bool = False) -> None:
    """A line of text from x on; Chinese letters have no bold font and get an outline instead."""
    written = page.beginText(x, y)
    for piece, font in _runs(text, bold):
        outlined = bold and font == HANZI
        written.setTextRenderMode(2 if outlined else 0)
        written.setFont(font, size)
        written.textOut(piece)
    written.setTextRenderMode(0)
    page.setLineWidth(size / 40)
    page.drawText(written)


def _centred(page: Any, y: float, text: str, size: float, *, bold: bool = False) -> None:
    """A line in the middle of the page, smaller if it would not fit."""
    size = min(size, size * (A4[0] - 60) / max(_width(text, size, bold), 1))
    _say(page, (A4[0] - _width(text, size, bold)) / 2, y, text, size, bold=bold)


def _wrapped(text: str, size: float, room: float, *, bold: bool = False) -> list[str]:
    """A text in lines of at most that width: broken between words, and between any two Chinese letters."""
    lines, line = [], ""
    for piece in _breakable(text):
        if line and _width((line + piece).rstrip(), size, bold) > room:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return [*lines, line.rstrip()]


def _fitted(text: str, size: float, room: float, *, most: int, bold: bool) -> tuple[float, list[str]]:
    """A text in so many lines at most, as large as fits; one that is endless ends in an ellipsis."""
    lines = _wrapped(text, size, room, bold=bold)
    while size > SMALLEST and (len(lines) > most or any(_width(line, size, bold) > room for line in lines)):
        size -= 1
        lines = _wrapped(text, size, room, bold=bold)
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
