"""Sheets for a first day, as PDF of A4: the card on the counter, and the card for who stands behind it."""

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


# --- behind the counter --------------------------------------------------------------------------

NUMBER = (
    N_("Find a member"),
    N_("In the box: the number or its last four digits, the name, pinyin; or scan the code."),
    N_("“Your number or your code, please.”"),
)
ROWS = (
    (N_("In the morning"), N_("F3, then ctrl+s: type what is in the drawer."), ""),
    (
        N_("Somebody joins"),
        N_("They scan the card on the counter; or ctrl+n."),
        N_("“Would you like to collect points? Scan this. You need not leave a number.”"),
    ),
    NUMBER,
    (
        N_("Sell"),
        N_("Type or scan the product (3*tea for three), ctrl+t, the money, Enter."),
        N_("“With your card you get points for this.”"),
    ),
    (
        N_("Pay with points"),
        N_("ctrl+u. If proof is asked for: ctrl+y, they show the code on their phone."),
        N_("“You have points. Shall I use them?”"),
    ),
    (N_("Coupons"), N_("Count by themselves. Why one does not is said below the goods."), ""),
)
LATER = (
    (N_("Somebody waits"), N_("ctrl+r puts the counter aside and takes it up again."), ""),
    (N_("In the evening"), N_("ctrl+s: count, close. What should be there is shown after the count."), ""),
)


def staff_card(given: Offer, *, refund_limit_cents: int, ask: list[str], language: str) -> bytes:
    """One page for who stands at the counter: keys, and what to say; `ask` names who helps."""
    with i18n.use(language):
        page, done = pen.begun(_("At the counter"), given.shop_name, language)
        pen.say(page, 40, HIGH - 66, _("At the counter"), 28, bold=True)
        size, lines = pen.fitted(given.shop_name, 13, 240, most=1, bold=False)
        pen.say(page, WIDE - 40 - pen.width(lines[0], size), HIGH - 62, lines[0], size)
        y = HIGH - 100.0
        for title, keys, words in [*_said(ROWS), _top_up(given), _take_back(refund_limit_cents), *_said(LATER)]:
            y = _row(page, title, keys, words, y)
        _last_words(page, ask, y - 14)
        page.showPage()
    return done()


def _said(rows: tuple[tuple[str, str, str], ...]) -> list[tuple[str, str, str]]:
    return [(_(title), _(keys), _(words) if words else "") for title, keys, words in rows]


def _top_up(given: Offer) -> tuple[str, str, str]:
    brings = [_("“Pay {pay_cents}, get {bonus_cents} more.”", pay_cents=pay, bonus_cents=bonus)
              for pay, bonus in given.top_ups[:3]]  # fmt: skip
    return _("Top up"), _("ctrl+k, choose the amount, then as any sale."), "\n".join(brings)


def _take_back(limit_cents: int) -> tuple[str, str, str]:
    keys = _("Type the number of the receipt, Enter, then r.")
    if limit_cents:
        keys += " " + _("Above {limit_cents} a manager enters a PIN.", limit_cents=limit_cents)
    return _("Take back"), keys, _("“May I see the receipt?”")


def _row(page: Any, title: str, keys: str, words: str, y: float) -> float:
    """A rule, then title, keys and what to say beside one another; where the next row begins."""
    page.setLineWidth(0.4)
    page.line(40, y, WIDE - 40, y)
    y -= 20
    columns = ((title, 40, 110, True), (keys, 152, 218, False), (words, 384, 172, False))
    most = 1
    for text, x, room, bold in columns:
        lines = [line for part in text.split("\n") for line in pen.wrapped(part, 12.5, room, bold=bold)]
        for number, line in enumerate(lines):
            pen.say(page, x, y - 16.5 * number, line, 12.5, bold=bold)
        most = max(most, len(lines))
    return y - 16.5 * most + 5


def _last_words(page: Any, ask: list[str], y: float) -> None:
    told = [
        _("No number, no name, no balance is said aloud. Nobody signs in as somebody else."),
        _("? shows all keys of a page, Esc steps back, ctrl+l changes the language."),
    ]
    if ask:
        told.append(_("Ask: {names}", names=", ".join(ask)))
    page.setLineWidth(1)
    page.line(40, y + 14, WIDE - 40, y + 14)
    y -= 8
    for text in told:
        for line in pen.wrapped(text, 12.5, WIDE - 80):
            pen.say(page, 40, y, line, 12.5, bold=text is told[-1] and bool(ask))
            y -= 18
