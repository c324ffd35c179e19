"""Working time 工时: what follows from the moments at which somebody came and went; pure.

Minutes are those that really passed, so a night in which clocks change is an hour shorter or longer. A stretch
belongs to the day on which it began, in the shop's zone. What is missing is named, never guessed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

from core.base import clock, money
from core.base.clock import HOUR, MINUTE, Millis

Way = Literal["in", "out"]
LONGEST = 16 * HOUR
"""Nobody works longer at once: what would be is two punches whose other ends are missing."""


@dataclass(frozen=True)
class Punch:
    """Somebody came or went."""

    id: int
    way: Way
    at: Millis
    store_id: int


@dataclass(frozen=True)
class Stretch:
    """From coming to going; one of the two may be missing."""

    began: Punch | None
    ended: Punch | None

    @property
    def first(self) -> Punch:
        """The punch that says on which day it is."""
        if self.began is not None:
            return self.began
        if self.ended is not None:
            return self.ended
        raise ValueError("a stretch has an end at least")

    @property
    def minutes(self) -> int:
        """Whole minutes that passed; none where an end is missing."""
        return (self.ended.at - self.began.at) // MINUTE if self.began and self.ended else 0

    def holds(self, moment: int) -> bool:
        """Whether a moment lies inside, its ends left out."""
        return bool(self.began and self.ended and self.began.at < moment < self.ended.at)

    def runs(self, now: Millis) -> bool:
        """Whether somebody is still there."""
        return self.began is not None and self.ended is None and now - self.began.at <= LONGEST


@dataclass(frozen=True)
class TimeRules:
    """How a shop counts: each stretch rounded to a multiple of minutes (0: not), and breaks that must be taken.

    `breaks` are pairs: above so many minutes of work, so many minutes of break.
    """

    round_minutes: int = 0
    breaks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Workday:
    """One person's day. `minutes` are counted, `break_minutes` were taken off by the rule."""

    day: date
    stretches: tuple[Stretch, ...]
    minutes: int
    break_minutes: int
    missing: tuple[Way, ...]
    running: bool


def stretches(punches: Iterable[Punch]) -> list[Stretch]:
    """Punches put together, in their order: a coming with the going after it, within the longest stretch."""
    found: list[Stretch] = []
    came: Punch | None = None
    for one in sorted(punches, key=lambda one: (one.at, one.way == "in", one.id)):
        if one.way == "out" and came is not None and one.at - came.at <= LONGEST:
            found.append(Stretch(came, one))
            came = None
            continue
        if came is not None:
            found.append(Stretch(came, None))
        came = one if one.way == "in" else None
        if one.way == "out":
            found.append(Stretch(None, one))
    if came is not None:
        found.append(Stretch(came, None))
    return found


def rounded(minutes: int, to_minutes: int) -> int:
    """Minutes as the shop counts them, half up."""
    return money.half_up(minutes, to_minutes) * to_minutes if to_minutes else minutes


def owed_break(worked: int, taken: int, breaks: Sequence[tuple[int, int]]) -> int:
    """What is taken off for a break that was not taken, never so much that its own rule would not hold any more.

    Over 360 minutes of work 30 of break: who worked 370 without one loses 10, who worked 400 loses 30.
    """
    off = 0
    for above, needed in sorted(breaks):
        if worked > above:
            off = max(off, min(needed - taken, worked - above))
    return max(0, off)


def workday(day: date, of: Sequence[Stretch], how: TimeRules, *, now: Millis) -> Workday:
    """What a day's stretches add up to."""
    whole = [one for one in of if one.began and one.ended]
    worked = sum(rounded(one.minutes, how.round_minutes) for one in whole)
    pauses = sum(
        (later.first.at - earlier.ended.at) // MINUTE for earlier, later in pairwise(whole) if earlier.ended is not None
    )
    off = owed_break(worked, pauses, how.breaks)
    missing: list[Way] = []
    for one in of:
        if one.began is None:
            missing.append("in")
        elif one.ended is None and not one.runs(now):
            missing.append("out")
    running = any(one.runs(now) for one in of)
    return Workday(day, tuple(of), worked - off, off, tuple(missing), running)


def by_day(of: Iterable[Stretch], zone: str) -> dict[date, list[Stretch]]:
    """Stretches by the day on which they began."""
    found: dict[date, list[Stretch]] = {}
    for one in of:
        found.setdefault(clock.day_of(one.first.at, zone), []).append(one)
    return found


def inside(punches: Sequence[Punch], moment: Millis) -> Stretch | None:
    """The whole stretch a moment lies in."""
    return next((one for one in stretches(punches) if one.holds(moment)), None)


def whole_count(punches: Sequence[Punch]) -> int:
    """How many stretches have both their ends."""
    return sum(one.began is not None and one.ended is not None for one in stretches(punches))


def shown(minutes: int) -> str:
    """Minutes as hours and minutes: 462 is '7:42'."""
    return f"{minutes // 60}:{minutes % 60:02d}"
