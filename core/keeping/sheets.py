"""Sheets to print, as PDF of A4: the poster of a source link, and cards made ahead for new members.

Nothing that starts imports this file: reportlab costs 0.3 s.
"""

from typing import Any
from urllib.parse import urlsplit

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm

from core.base import i18n, settings
from core.base.access import Actor
from core.base.clock import Millis
from core.base.errors import Refused
from core.base.i18n import N_, _
from core.base.text import clean
from core.books import rules
from core.keeping import pen
from core.people import accounts, badges, blanks, sources
from core.people.sources import SourceLink

WIDE, HIGH, ACROSS, DOWN = 85 * mm, 54 * mm, 2, 5
"""A card, and how many of them stand on a page."""
LEFT, BOTTOM = (A4[0] - ACROSS * WIDE) / 2, (A4[1] - DOWN * HIGH) / 2


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


def address_of_phones() -> str:
    """The address that stands on everything printed. Raises: PosterNowhere."""
    base_url = settings.current().base_url
    if (urlsplit(base_url).hostname or "") in ("127.0.0.1", "::1", "0.0.0.0", "localhost"):  # noqa: S104 (refused)
        raise PosterNowhere(address=base_url)
    return base_url


def poster(link_id: int, *, language: str, headline: str = "", by: Actor, now: Millis) -> bytes:
    """The poster of a source link: shop, headline, QR, the address in words, what becomes of one's data.

    Raises: NotAllowed, SourceUnknown, SourceOver, PosterNowhere.
    """
    link = sources.get(link_id, by=by)
    if link.state(now) == "ended":
        raise sources.SourceOver()
    base_url, shop = address_of_phones(), rules.current(now=now)
    with i18n.use(language):
        page, done = pen.begun(_("Poster: {name}", name=link.name), shop.shop_name, language)
        pen.centred(page, 785, shop.shop_name, 26)
        size, lines = pen.fitted(clean(headline) or _("Become a regular"), 52, A4[0] - 80, most=2, bold=True)
        for number, line in enumerate(lines):
            pen.centred(page, 690 + 30 * (len(lines) - 1) - 60 * number, line, size, bold=True)
        pen.centred(page, 618, _("Scan with WeChat or your camera. Nothing to install."), 17)
        pen.qr(page, sources.url(link, base_url), (A4[0] - 125 * mm) / 2, 240, 125 * mm)
        pen.centred(page, 215, _("or open in your browser"), 13)
        pen.centred(page, 188, typed(link, base_url), 22, bold=True)
        for number, line in enumerate(pen.wrapped(_(PRIVACY), 9.5, A4[0] - 120)):
            pen.say(page, 60, 110 - 14 * number, line, 9.5)
        page.showPage()
    return done()


def typed(link: SourceLink, base_url: str) -> str:
    """The address of a link as one types it: 'vip.example.cn/q/2B7KQ9XW4'."""
    address = urlsplit(base_url)
    return f"{address.netloc}{address.path}/q/{link.code}"


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
        page, done = pen.begun(_("Cards {batch}", batch=str(batch_id)), shop.shop_name, language)
        for first in range(0, len(numbers), ACROSS * DOWN):
            _marks(page)
            for place, card in enumerate(numbers[first : first + ACROSS * DOWN]):
                x, y = LEFT + place % ACROSS * WIDE, BOTTOM + (DOWN - 1 - place // ACROSS) * HIGH
                _card(page, x, y, card, shop.shop_name)
            page.showPage()
    return done()


def badge(staff_id: int, *, language: str, by: Actor, now: Millis) -> bytes:
    """The badge of one of the staff, with marks to cut along; a fresh one, so that a lost one opens nothing.

    Raises: NotAllowed, BadgeUnknown.
    """
    code, shop = badges.make(staff_id, by=by, now=now), rules.current(now=now)
    name = accounts.account_of(staff_id).name
    with i18n.use(language):
        page, done = pen.begun(_("Badge of {name}", name=name), shop.shop_name, language)
        side, x, y = 32 * mm, (A4[0] - WIDE) / 2, A4[1] - HIGH - 30 * mm
        page.setLineWidth(0.3)
        page.rect(x, y, WIDE, HIGH)
        size, lines = pen.fitted(name, 20, WIDE - side - 14 * mm, most=2, bold=True)
        for number, line in enumerate(lines):
            pen.say(page, x + 6 * mm, y + HIGH - 16 * mm - 1.2 * size * number, line, size, bold=True)
        pen.say(page, x + 6 * mm, y + 12 * mm, shop.shop_name, 10)
        pen.say(page, x + 6 * mm, y + 6 * mm, _("Badge for coming and going"), 8)
        pen.qr(page, code, x + WIDE - side - 5 * mm, y + (HIGH - side) / 2, side)
        page.showPage()
    return done()


def _card(page: Any, x: float, y: float, card: str, shop_name: str) -> None:
    side = 30 * mm
    room = WIDE - side - 12 * mm
    size, lines = pen.fitted(shop_name, 15, room, most=3, bold=True)
    for number, line in enumerate(lines):
        pen.say(page, x + 6 * mm, y + HIGH - 11 * mm - 1.2 * size * number, line, size, bold=True)
    pen.say(page, x + 6 * mm, y + 14 * mm, _("Member card"), 9)
    pen.say(page, x + 6 * mm, y + 7 * mm, blanks.grouped(card), 11.5)
    pen.qr(page, card, x + WIDE - side - 4 * mm, y + (HIGH - side) / 2, side)


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
