"""Rules of events as plain functions of values: who may sign up from when, who moves up, whether a fee comes back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from core.base.clock import HOUR, Millis

EARLY_HOURS = 3
"""So many hours before it begins the first guests may be checked in."""


@dataclass(frozen=True)
class Opening:
    """From when members of a tier may sign up, and of every tier above it; `rank` is the tier's, 0 the lowest."""

    rank: int
    from_at: Millis


@dataclass(frozen=True)
class Party:
    """One sign-up that waits: who, how many come, and the points they still have to give."""

    id: int
    member_id: int
    places: int


def opens_at(openings: Sequence[Opening], rank: int) -> Millis | None:
    """From when a tier may sign up: the earliest of its own opening and those below it; None if it may not at all."""
    return min((one.from_at for one in openings if one.rank <= rank), default=None)


def next_up(waiting: Sequence[Party], free: int, *, passed_over: Collection[int] = ()) -> Party | None:
    """Who of the waiting list takes what is free: the first that fits; a large party keeps its place in front.

    `passed_over` are those who cannot have it now, as when their points are not enough.
    """
    return next((one for one in waiting if one.places <= free and one.id not in passed_over), None)


def fee_comes_back(now: Millis, cancel_until_at: Millis) -> bool:
    """Whether who cancels now gets the fee back."""
    return now <= cancel_until_at


def check_in_from(from_at: Millis) -> Millis:
    """From when guests are checked in."""
    return Millis(from_at - EARLY_HOURS * HOUR)
