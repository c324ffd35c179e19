"""What points buy at the screen: rewards, the wheel of the lottery, a place at an event.

A look-up never moves value: a wish is confirmed by holding the code on the member's phone to the reader,
which is used up by that.
"""

import secrets
from collections.abc import Callable
from typing import Any

from core.base import clock
from core.base.clock import Millis
from core.base.errors import NotFound, Refused
from core.base.i18n import N_
from core.books import posting
from core.giving import draws, lottery, redemptions, rewards
from core.giving.draws import Draw
from core.giving.lottery import Lottery
from core.giving.redemptions import Redemption
from core.people import credentials, devices, proving
from core.service import gatherings, gatheringsignups
from core.service.gatheringguests import SignUp
from kiosk import public, turns, wheel
from kiosk.turns import Turn

WISHES = frozenset({"reward", "draw", "place"})
MOST = 5
"""Rewards on one face; the others are on the list at the till."""
TELLING = frozenset(one.code for one in (
    posting.NotEnoughPoints, redemptions.RewardGone, redemptions.RewardNotFor, draws.LotteryClosed, draws.NoTriesLeft,
))  # fmt: skip
"""Refusals whose figures are the member's own business."""


class WishUnknown(NotFound):
    """What was chosen is not on the list any more."""

    code = "wish_unknown"
    text = N_("This is not on the list any more. Look at the list again.")


class PhoneCodeNeeded(Refused):
    """Points leave an account only with the code on the member's phone."""

    code = "phone_code_needed"
    text = N_("A printed card cannot spend points. Open your card on your phone and hold its code to the reader.")


def _number(value: str) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) <= 15):
        raise WishUnknown(what=value[:16])
    return int(value)


# --- wishes ----------------------------------------------------------------------------------------


def wish(turn: Turn, name: str, value: str) -> Turn:
    """A reward or a draw was chosen; what costs nothing happens at once. Raises: WishUnknown, what is in the way."""
    which, key = _number(value), secrets.token_urlsafe(12)
    if name == "draw" and lottery.get(which).terms.cost_points == 0:
        return _drawn(turn, which, key, None)
    return turns.show(turn, "confirm", wish=name, which=which, key=key)


def confirmed(turn: Turn, scanned: str) -> Turn | None:
    """The code that was asked for; None if it is somebody else's, who begins anew.

    Raises: PhoneCodeNeeded, CodeUnknown, CodeOld, CodeUsed, and what stands in the way.
    """
    now, data = clock.now(), turn.visit.session.data
    proof = credentials.identify(scanned, now=now)
    if proof.member_id != turn.member_id:
        return None
    if not proof.allows("spend", now=now):
        raise PhoneCodeNeeded(field="code")
    which, key = turn.number("which"), str(data["key"])
    if data["wish"] == "draw":
        return _drawn(turn, which, key, scanned)
    return (_placed if data["wish"] == "place" else _redeemed)(turn, which, key, scanned)


def _redeemed(turn: Turn, reward_id: int, key: str, scanned: str) -> Turn:
    member_id, by, now = turn.member_id or 0, devices.actor_of(turn.device), clock.now()

    def do(proved: bool) -> Redemption:
        return redemptions.redeem(member_id, reward_id, proved=proved, by=by, now=now, key=key)

    got = proving.with_code(scanned, member_id, do, key=key, scope=f"{by.tag}/redeem", now=now)
    return turns.show(turn, "got", got=got.id)


def _placed(turn: Turn, gathering_id: int, key: str, scanned: str) -> Turn:
    """One place at an event that costs points, or one on its waiting list."""
    member_id, by, now = turn.member_id or 0, devices.actor_of(turn.device), clock.now()

    def do(proved: bool) -> SignUp:
        return gatheringsignups.sign_up(gathering_id, member_id, 1, proved=proved, by=by, now=now, key=key)

    proving.with_code(scanned, member_id, do, key=key, scope=f"{by.tag}/event", now=now)
    return turns.show(turn, "events")


def _drawn(turn: Turn, lottery_id: int, key: str, scanned: str | None) -> Turn:
    member_id, by, now = turn.member_id or 0, devices.actor_of(turn.device), clock.now()

    def do(proved: bool) -> Draw:
        return draws.draw(member_id, lottery_id, "", proved=proved, by=by, now=now, key=key)

    got = proving.with_code(scanned, member_id, do, key=key, scope=f"{by.tag}/draw", now=now)
    return turns.show(turn, "drawn", got=got.id, which=lottery_id)


# --- faces -----------------------------------------------------------------------------------------


def _rewards(turn: Turn, now: Millis) -> dict[str, Any]:
    offers = rewards.offers(turn.member_id or 0, now=now)
    first = sorted(offers, key=lambda one: (one.why_not is not None, one.reward.terms.points))
    return {"offers": first[:MOST], "more": max(len(first) - MOST, 0), "usable": _usable(turn, now)}


def _usable(turn: Turn, now: Millis) -> int:
    return posting.usable(turn.member_id or 0, "points", now=now)


def _confirm(turn: Turn, _now: Millis) -> dict[str, Any]:
    kind, which = str(turn.visit.session.data["wish"]), turn.number("which")
    if kind == "draw":
        wheel_ = lottery.get(which)
        return {"name": wheel_.name, "points": wheel_.terms.cost_points, "back": "wheel"}
    if kind == "place":
        event = gatherings.get(which)
        return {"name": event.name, "points": event.plan.fee_points, "back": "events", "waits": not event.left}
    reward = rewards.get(which)
    return {"name": reward.name, "points": reward.terms.points, "back": "rewards"}


def _got(turn: Turn, _now: Millis) -> dict[str, Any]:
    return {"got": redemptions.get(turn.number("got"))}


def _wheel(turn: Turn, now: Millis) -> dict[str, Any]:
    running = lottery.running(now=now)
    if not running:
        return {"lottery": None}
    found = running[0]
    left = draws.tries_left(turn.member_id or 0, found, now=now)
    enough = _usable(turn, now) >= found.terms.cost_points
    return _sectors(found, None) | {"tries_left": left, "enough": enough}


def _drawn_face(turn: Turn, _now: Millis) -> dict[str, Any]:
    draw, found = draws.get(turn.number("got")), lottery.get(turn.number("which"))
    return _sectors(found, draw.prize) | {"draw": draw}


def _sectors(found: Lottery, prize: str | None) -> dict[str, Any]:
    """The wheel as a picture, turned so that what was drawn is under the pointer, and its odds in words."""
    odds = [(one.terms.name, one.terms.odds_ppm) for one in found.prizes]
    odds.append(("", 1_000_000 - sum(part for _name, part in odds)))
    at = next((place for place, (name, _part) in enumerate(odds) if name == (prize or "")), len(odds) - 1)
    parts = [part for _name, part in odds]
    return {"lottery": found, "odds": odds, "picture": wheel.svg(parts, at), "percent": public.percent}


FACES: dict[str, Callable[[Turn, Millis], dict[str, Any]]] = {
    "rewards": _rewards,
    "confirm": _confirm,
    "got": _got,
    "wheel": _wheel,
    "drawn": _drawn_face,
}
"""The faces shown to a member, and the facts of each."""
