"""Join links: what a kiosk's QR carries. Fresh each minute, good for five, signed, bound to the screen."""

import base64
import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256

from core.base import settings
from core.base.clock import MINUTE, Millis
from core.base.errors import Refused
from core.base.i18n import N_

LIFE = 5 * MINUTE
FRESH = MINUTE


class JoinLinkOld(Refused):
    """The join link has run out or was not made by this shop."""

    code = "join_link_old"
    text = N_("This link has run out. Scan the code on the screen again; it changes every minute.")


@dataclass(frozen=True)
class JoinLink:
    """A link that was read: which kiosk showed it, when, and its own number."""

    device_id: int
    made_at: Millis
    nonce: str


def new(device_id: int, *, now: Millis) -> str:
    """The token for a join link of a screen, upper-case base 32."""
    body = device_id.to_bytes(7, "big") + (now // 1000).to_bytes(5, "big") + secrets.token_bytes(4)
    return base64.b32encode(body + _mac(body)).decode().rstrip("=")


def _mac(body: bytes) -> bytes:
    return hmac.new(settings.derived_key("join link"), body, sha256).digest()[:10]


def read(token: str, *, now: Millis) -> JoinLink:
    """Check a token. Raises: JoinLinkOld."""
    cleaned = token.strip().upper()
    try:
        raw = base64.b32decode(cleaned + "=" * (-len(cleaned) % 8))
    except ValueError:
        raise JoinLinkOld() from None
    body, mac = raw[:16], raw[16:]
    if len(raw) != 26 or not hmac.compare_digest(mac, _mac(body)):
        raise JoinLinkOld()
    made_at = int.from_bytes(body[7:12], "big") * 1000
    if not now - LIFE <= made_at <= now + MINUTE:
        raise JoinLinkOld()
    return JoinLink(int.from_bytes(body[:7], "big"), Millis(made_at), body[12:].hex())
