"""A turn at the screen: the device, the session of whoever stands there, and how one face follows another."""

from dataclasses import dataclass

from flask import request

from core.base import clock
from core.base.clock import MINUTE
from core.books import rules
from core.people import devices
from core.people.devices import Device
from kiosk import web
from kiosk.web import DEVICE, Visit

SESSION_LIFE = 12 * 60 * MINUTE


@dataclass(frozen=True)
class Turn:
    """The screen, its session, and a sentence to show once."""

    device: Device
    visit: Visit
    error: str = ""

    @property
    def screen(self) -> str:
        """The face that is shown."""
        return str(self.visit.session.data["screen"])

    @property
    def member_id(self) -> int | None:
        """Whose card was shown in this session."""
        return self.visit.session.member_id

    @property
    def language(self) -> str:
        """The language of this session."""
        return str(self.visit.session.data["lang"])

    def number(self, name: str) -> int:
        """A number kept in the session, 0 if there is none."""
        return int(self.visit.session.data.get(name) or 0)


def here() -> Device | None:
    """The paired screen this request comes from. Raises: DeviceRefused."""
    token, now = request.cookies.get(DEVICE), clock.now()
    if not token:
        return None
    device = devices.by_token(token, now=now)
    if device.seen_at is None or device.seen_at < now - MINUTE:
        devices.seen(device.id, now=now)
    return device


def current(device: Device) -> Turn:
    """The session of a screen as it stands, a new one if it has none."""
    found = web.visit("kiosk")
    if found is None or found.session.device_id != device.id or "screen" not in found.session.data:
        return fresh(device, "attract")
    return Turn(device, found)


def fresh(
    device: Device, screen: str, *, member_id: int | None = None, lang: str | None = None, proof: str = ""
) -> Turn:
    """A new session for whoever stands there next; the old one is gone. Without a language: the shop's."""
    now = clock.now()
    before = web.visit("kiosk")
    kept = before.session.data if before else {}
    met, number = int(kept.get("met") or 0), int(kept.get("n") or 0) + 1
    language = lang or rules.current(now=now).language
    web.speak(language)
    data: web.Data = {
        "screen": screen, "n": max(now, number), "at": now, "lang": language, "proof": proof, "met": met,
    }  # fmt: skip
    opened = web.open_visit("kiosk", data, life_ms=SESSION_LIFE, member_id=member_id, device_id=device.id)
    return Turn(device, opened)


def show(turn: Turn, screen: str, **facts: str | int | None) -> Turn:
    """The same session with another face, and facts for it."""
    now = clock.now()
    number = max(now, turn.number("n") + 1)
    return Turn(turn.device, web.save(turn.visit, screen=screen, n=number, at=now, **facts))


def wiped(turn: Turn) -> Turn:
    """The customer is gone: session ended, language back, and said so."""
    return fresh(turn.device, "wipe")
