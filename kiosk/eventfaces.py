"""Events at the screen: a guest who has arrived checks in, and a member signs up for what comes.

One touch is one place, where it costs points with the code on the phone (`treats`); who comes with others does it on
the phone, who pays at the till.
"""

from collections.abc import Callable
from typing import Any

from core.base import clock
from core.base.clock import Millis
from core.base.errors import NotFound
from core.base.i18n import N_
from core.books import posting
from core.people import devices
from core.people.devices import Device
from core.service import gatheringday, gatheringguests, gatherings, gatheringsignups
from kiosk import turns
from kiosk.turns import Turn

EVENTS = frozenset({"event_in", "event_join"})
MOST = 4
"""Events on one face; the others are on the phone."""
TELLING = frozenset(one.code for one in (
    gatheringsignups.SignUpNotOpen, gatheringsignups.SignUpEarly, gatheringsignups.SignUpNotForTier,
    gatheringsignups.SignedUpAlready, gatheringsignups.GatheringFull,
))  # fmt: skip
"""Refusals whose figures are the member's own business."""


class EventTouchUnknown(NotFound):
    """The page sent a touch on an event that is not on it."""

    code = "event_touch_unknown"
    text = N_("This event is not on the list any more. Look at the list again.")


def on_card(member_id: int, came: int, device: Device, *, now: Millis) -> dict[str, Any]:
    """What the card says of events: the one to check in to, the one checked in to just now, whether others come."""
    by = devices.actor_of(device)
    return {
        "arriving": gatheringguests.arriving(member_id, store_id=device.store_id, now=now),
        "came": gatherings.get(came) if came else None,
        "any": bool(gatheringguests.offers(member_id, by=by, now=now)),
    }


def after(turn: Turn, name: str, value: str) -> Turn:
    """The turn after a touch. Raises: EventTouchUnknown, and what stands in the way of a sign-up."""
    by, now = devices.actor_of(turn.device), clock.now()
    which = int(value) if value.isascii() and value.isdecimal() and len(value) < 16 else 0
    if turn.member_id is None or turn.screen != ("card" if name == "event_in" else "events"):
        raise EventTouchUnknown(what=value[:16])
    if name == "event_join":
        gatheringsignups.sign_up(which, turn.member_id, 1, by=by, now=now)
        return turns.show(turn, "events")
    gatheringday.check_in(which, turn.member_id, by=by, now=now)
    return turns.show(turn, "card", came=which)


def _coming(turn: Turn, now: Millis) -> dict[str, Any]:
    offers = gatheringguests.offers(turn.member_id or 0, by=devices.actor_of(turn.device), now=now)
    usable = posting.usable(turn.member_id or 0, "points", now=now)
    return {"offers": offers[:MOST], "more": max(len(offers) - MOST, 0), "now": now, "usable": usable}


FACES: dict[str, Callable[[Turn, Millis], dict[str, Any]]] = {"events": _coming}
"""The faces shown to a member, and the facts of each."""
