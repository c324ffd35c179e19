"""Signs that a member is slipping away: silence out of rhythm, fixed days, falling spend, points or money left idle.

The owner switches each on and sets its line in the shop's rules. Silence warns by itself; the other three make a
warning earlier: from the day the member is past their usual interval.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.base import db
from core.base.clock import DAY, Millis
from core.insight.bfgs import Floats
from core.insight.visiting import Members, Visits

Sign = Literal["rhythm", "days", "spend", "points", "wallet"]

LAST_VISITS = 3
LEAST_VISITS = 6
"""Falling spend compares the last three visits with those before, three or more."""


@dataclass(frozen=True)
class Lines:
    """The owner's lines; 0 (False) switches a sign off. spend_fall_bp: the last baskets are so much smaller."""

    by_rhythm: bool = True
    fixed_days: int = 0
    spend_fall_bp: int = 0
    points_days: int = 0
    wallet_days: int = 0


@dataclass(frozen=True)
class Idle:
    """What lies unused on a member's accounts, and for how many days: since the last use, or since it came."""

    points: int = 0
    points_days: int = 0
    wallet_cents: int = 0
    wallet_days: int = 0


@dataclass(frozen=True)
class Silence:
    """One member's state and silence, and the baskets.

    basket_cents: mean of the visits before the last three; None under six visits.
    """

    state: str
    silent_days: int
    basket_cents: int | None
    last_basket_cents: int | None


def sign_of(silence: Silence, idle: Idle, lines: Lines) -> Sign | None:
    """The first sign that holds, silence before spend before points before stored value."""
    if silence.state in ("warning", "lost"):
        return "rhythm" if lines.by_rhythm else "days"
    if lines.fixed_days and silence.silent_days > lines.fixed_days:
        return "days"
    if silence.state != "due":
        return None
    if lines.spend_fall_bp and falling(silence.basket_cents, silence.last_basket_cents, lines.spend_fall_bp):
        return "spend"
    if lines.points_days and idle.points > 0 and idle.points_days >= lines.points_days:
        return "points"
    if lines.wallet_days and idle.wallet_cents > 0 and idle.wallet_days >= lines.wallet_days:
        return "wallet"
    return None


def falling(basket_cents: int | None, last_cents: int | None, fall_bp: int) -> bool:
    """Whether the last baskets are smaller than those before by at least so much."""
    if not basket_cents or last_cents is None:
        return False
    return (basket_cents - last_cents) * 10_000 >= fall_bp * basket_cents


def baskets(visits: Visits, members: Members) -> tuple[Floats, Floats]:
    """Mean cents of each member's visits before the last three, and of those; NaN under six visits.

    The visits are those the members were made of.
    """
    sums = np.concatenate(([0], np.cumsum(visits.cents)))
    ends = np.cumsum(members.visits)
    before = members.visits - LAST_VISITS
    enough = members.visits >= LEAST_VISITS
    last = (sums[ends] - sums[np.maximum(ends - LAST_VISITS, 0)]) / LAST_VISITS
    usual = (sums[np.maximum(ends - LAST_VISITS, 0)] - sums[ends - members.visits]) / np.maximum(before, 1)
    return np.where(enough, usual, np.nan), np.where(enough, last, np.nan)


def idle_of(member_ids: Sequence[int], *, now: Millis) -> dict[int, Idle]:
    """What lies unused on the accounts of some members (a few hundred)."""
    if not member_ids:
        return {}
    marks = ", ".join("?" * len(member_ids))
    # Points that expired, were taken back or passed on with a merge were not used.
    used = (
        "e.amount < 0 AND e.reverses_id IS NULL AND e.kind IN ('redeem', 'reward', 'lottery', 'transfer_out', 'spend')"
    )
    found: dict[int, dict[str, tuple[int, int, int]]] = {}
    for member_id, kind, balance, last_used, first in db.rows(
        # Principal and bonus are one wallet: it was used when either was, also when one of them is empty now.
        "SELECT a.member_id, CASE WHEN a.asset = 'points' THEN 'points' ELSE 'wallet' END, a.balance,"
        f" (SELECT max(e.at) FROM entry e WHERE e.account_id = a.id AND {used}),"
        " (SELECT min(e.at) FROM lot l JOIN entry e ON e.id = l.entry_id WHERE l.account_id = a.id AND l.remaining > 0)"
        f" FROM account a WHERE a.member_id IN ({marks})",
        tuple(member_ids),
    ):
        balance_before, used_before, first_before = found.setdefault(member_id, {}).get(kind, (0, 0, now))
        found[member_id][kind] = (
            balance_before + max(0, balance), max(used_before, last_used or 0), min(first_before, first or now)
        )  # fmt: skip
    idle = {id: Idle(*_unused(one.get("points"), now), *_unused(one.get("wallet"), now)) for id, one in found.items()}
    return {id: one for id, one in idle.items() if one != Idle()}


def _unused(one: tuple[int, int, int] | None, now: Millis) -> tuple[int, int]:
    """A balance and for how many days: since the last use, or since what is left came, whichever is later."""
    if one is None or not one[0]:
        return 0, 0
    balance, last_used, first = one
    return balance, max(0, (now - max(last_used, first)) // DAY)
