"""Ending offers by a link: a signed token in each message stands for its row, so that nobody has to sign in."""

import hmac
from dataclasses import dataclass
from hashlib import sha256

from core.base import db, settings
from core.base.access import Actor
from core.base.clock import Millis
from core.base.errors import NotFound
from core.base.i18n import N_
from core.outreach import suppressions
from core.people import consent

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
MAC = 12
"""Characters of the signature, five bits each."""


@dataclass(frozen=True)
class Stop:
    """What a token would end: offers by a channel; `ended`: they are ended already."""

    channel: str
    ended: bool


class StopLinkUnknown(NotFound):
    """The token is not one of ours."""

    code = "stop_link_unknown"
    text = N_(
        "This link is not complete. Open it from the message once more, or tell our staff that you want no offers."
    )


def token(outbox_id: int) -> str:
    """The token of a message: its row and a signature."""
    number, left = "", outbox_id
    while left:
        left, digit = divmod(left, 36)
        number = DIGITS[digit] + number
    return f"{number}.{_mac(outbox_id)}"


def _mac(outbox_id: int) -> str:
    digest = hmac.new(settings.derived_key("unsubscribe"), str(outbox_id).encode(), sha256).digest()
    return "".join(DIGITS[byte & 31] for byte in digest[:MAC])


def url(outbox_id: int) -> str | None:
    """The page that ends offers for whoever got a message; None where phones cannot reach the shop."""
    return f"{settings.current().base_url}/u/{token(outbox_id)}" if settings.current().public_url else None


def _row(typed: str) -> tuple[int | None, str, str]:
    """Member, address and channel of a token. Raises: StopLinkUnknown."""
    number, _, mac = typed.casefold().partition(".")
    plain = 0 < len(number) <= 11 and all(char in DIGITS for char in number)
    outbox_id = int(number, 36) if plain else 0
    genuine = plain and mac.isascii() and hmac.compare_digest(mac, _mac(outbox_id))
    row = db.one("SELECT member_id, coalesce(address, ''), channel FROM outbox WHERE id = ?", (outbox_id,))
    if not genuine or row is None:
        raise StopLinkUnknown(what=typed[:24])
    return row[0], row[1], row[2]


def look(typed: str) -> Stop:
    """What a token would end; nothing is written. Raises: StopLinkUnknown."""
    member_id, address, channel = _row(typed)
    if member_id is not None:
        return Stop(channel, not consent.holds(member_id, "marketing", channel))
    return Stop(channel, not address or bool(suppressions.scopes(address, channel)))


@db.atomic
def end(typed: str, *, now: Millis) -> Stop:
    """End offers by the channel of a message; what is queued of them is cancelled. A second time changes nothing.

    Raises: StopLinkUnknown.
    """
    member_id, address, channel = _row(typed)
    if member_id is not None and consent.holds(member_id, "marketing", channel):
        by = Actor(kind="member", id=member_id, name="", door="phone", rights=frozenset())
        consent.withdraw(member_id, "marketing", source="link", channel=channel, by=by, now=now)
    if member_id is None and address:
        suppressions.put(address, "marketing", reason="stop", channel=channel, now=now)
    return Stop(channel, True)
