"""The card on the counter, as PDF of A4: the code to join, three steps, what members get."""

from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm

from core.base import i18n
from core.base.i18n import N_, _
from core.keeping import kitwords, pen, sheets
from core.keeping.kitwords import Offer
from core.people import sources
from core.people.sources import SourceLink

WIDE, HIGH = A4
HALF = HIGH / 2
QR = 70 * mm
QR_LEFT = 19
"""Its white border lies outside of the margin, so that its ink stands under the words."""
COLUMN, ROOM = 232, WIDE - 232 - 56
"""Where the words of a counter card begin, beside its code, and how wide they are after their mark."""
STEPS = (
    N_("Scan with WeChat or your camera. Nothing to install."),
    N_("Enter your number, or take a card without one."),
    N_("Show your code when you pay."),
)


def counter_card(link: SourceLink, given: Offer, *, language: str) -> bytes:
    """A tent for the counter: the same face on both halves, the upper one upside down, folded in the middle.

    Raises: PosterNowhere.
    """
    base_url = sheets.address_of_phones()
    with i18n.use(language):
        page, done = pen.begun(_("Counter card: {name}", name=link.name), given.shop_name, language)
        for turned in (False, True):
            page.saveState()
            if turned:
                page.translate(WIDE, HIGH)
                page.rotate(180)
            _face(page, given, link, base_url)
            page.restoreState()
        _fold(page)
        page.showPage()
    return done()


def _fold(page: Any) -> None:
    """Two short strokes at the edges, where the sheet is folded."""
    page.setLineWidth(0.5)
    for x in (0, WIDE - 8 * mm):
        page.line(x, HALF, x + 8 * mm, HALF)


def _face(page: Any, given: Offer, link: SourceLink, base_url: str) -> None:
    """One half of the sheet, its lower edge at the bottom of the page."""
    size, lines = pen.fitted(given.shop_name, 17, WIDE - 80, most=1, bold=False)
    pen.say(page, 40, HALF - 48, lines[0], size)
    size, lines = pen.fitted(_("Become a regular"), 34, WIDE - 80, most=1, bold=True)
    pen.say(page, 40, HALF - 90, lines[0], size, bold=True)
    pen.qr(page, sources.url(link, base_url), QR_LEFT, 112, QR)
    room = QR - 2 * 8
    size, lines = pen.fitted(sheets.typed(link, base_url), 11, room, most=1, bold=False)
    pen.say(page, 40, 104, lines[0], size)
    y = HALF - 126.0
    for number, step in enumerate(STEPS, 1):
        y = _listed(page, f"{number}", _(step), 13, y)
    pen.say(page, COLUMN, y - 8, _("Members get"), 13, bold=True)
    _fitting(page, kitwords.gains(given), y - 28)
    for number, line in enumerate(pen.wrapped(_(sheets.PRIVACY), 8, WIDE - 80)):
        pen.say(page, 40, 62 - 10.5 * number, line, 8)


def _listed(page: Any, mark: str, words: str, size: float, y: float) -> float:
    """A line after its mark, in as many lines as it needs; where the next one begins."""
    pen.say(page, COLUMN, y, mark, size, bold=True)
    for line in pen.wrapped(words, size, ROOM):
        pen.say(page, COLUMN + 16, y, line, size)
        y -= size * 1.3
    return y - size * 0.25


def _fitting(page: Any, words: list[str], top: float, bottom: float = 84.0) -> None:
    """Lines as large as fit between two heights; at the least size those that fit, the first ones first."""
    size, room = 12.0, ROOM
    while size > pen.SMALLEST and _height(words, size, room) > top - bottom:
        size -= 0.5
    while words and _height(words, size, room) > top - bottom:
        words = words[:-1]
    y = top
    for one in words:
        y = _listed(page, "·", one, size, y)


def _height(words: list[str], size: float, room: float) -> float:
    return sum(len(pen.wrapped(one, size, room)) * size * 1.3 + size * 0.25 for one in words)
