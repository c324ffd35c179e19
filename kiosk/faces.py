"""The faces of the kiosk's screen as HTML, made for who stands there and what they proved."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import render_template

from core.base import codes, i18n, text
from core.base.clock import Millis
from core.base.i18n import _
from core.giving import checkin, lottery, rewards
from core.people import devices, joinlinks, members
from core.people.credentials import Proof, ProofKind
from core.people.devices import Device
from core.service import bookinglists
from kiosk import eventfaces, qr, questions, web

PROOFS: dict[str, ProofKind] = {"card": "card", "rotating": "rotating", "code": "code"}


@dataclass(frozen=True)
class Face:
    """What the page puts on the screen. `ends_ms` of quiet end it, the last `warn_ms` with a warning."""

    screen: str
    version: str
    html: str
    lang: str
    ends_ms: int
    warn_ms: int

    def as_json(self) -> dict[str, str | int]:
        """The fields the page reads."""
        return {
            "n": self.version,
            "screen": self.screen,
            "html": self.html,
            "lang": self.lang,
            "ends_ms": self.ends_ms,
            "warn_ms": self.warn_ms,
        }


def make(screen: str, version: str, *, ends_ms: int = 0, warn_ms: int = 0, **facts: Any) -> Face:
    """A face in the current language."""
    html = render_template(f"kiosk_{screen}.html", screen=screen, warn_ms=warn_ms, **facts)
    return Face(screen, version, html, web.LANG_TAGS[i18n.scope().language], ends_ms, warn_ms)


def pairing(error: str = "", *, version: str = "pair") -> Face:
    """The face of a screen that belongs to no store yet (staff only)."""
    return make("pair", version, error=error, keys=codes.ALPHABET, device=None)


def join_code(device: Device, *, now: Millis) -> dict[str, Any]:
    """The live join code of a screen and the address in words."""
    base_url = web.shop_settings().base_url
    url = qr.join_url(base_url, joinlinks.new(device.id, now=now))
    return {"join_qr": qr.svg(url, label=_("Code for joining")), "host": urlsplit(base_url).netloc}


def card(member_id: int, kind: str, device: Device, *, came: int = 0, now: Millis) -> dict[str, Any]:
    """What someone may see of their own card here: all of it only with a code that moves value.

    `came` is the event checked in to just now.
    """
    found = members.summary(member_id, by=devices.actor_of(device), now=now)
    proof = Proof(member_id, PROOFS[kind], Millis(now))
    full = proof.allows("spend", now=now)
    return {
        "name": text.masked_name(found.name) if found.name else "",
        "standing": found.standing,
        "points": found.points,
        "full": full,
        "booked": bookinglists.today_of_member(member_id, by=devices.actor_of(device), now=now),
        "events": eventfaces.on_card(member_id, came, device, now=now),
        "checkin": checkin.outlook(member_id, now=now),
        "survey": questions.for_member(member_id, device, now=now),
        "treats": {"rewards": bool(rewards.all_rewards()), "wheel": bool(lottery.running(now=now))},
        "wallet": found.wallet if full else None,
        "coupons": found.coupons[:4] if full else (),
        "more_coupons": max(len(found.coupons) - 4, 0) if full else 0,
    }
