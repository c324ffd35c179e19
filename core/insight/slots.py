"""When things are bought and when a member comes: hours and weekdays, without numpy.

A product is compared with the shop: lift is its share in a slot over the shop's. A member's own time is shrunk
towards the shop's, for few visits say little: P(slot) = (own + 5 · shop share) / (n + 5).
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.base import clock
from core.base.clock import DAY, HOUR, MINUTE

LEAST_COUNT = 30
"""Fewer purchases in a slot show no lift."""
SURE_P = 0.001
"""A lift is flagged as real below this p: a page shows hundreds of slots at once, of which 5 % would pass 0.05."""
SHRINK = 5
LEAST_VISITS = 3
USUAL_P = 0.6
"""A member's usual time is named above this. Source: measured, such a time was right in two of three visits."""
DAYPARTS = ((0, 11), (11, 14), (14, 18), (18, 24))
"""Morning, midday, afternoon and evening, as hours of the store's clock."""
WEEK_HOURS = 7 * 24
MONDAY_HOURS = 3 * 24
"""The first of January 1970 was a Thursday: so many hours after a Monday began."""


@dataclass(frozen=True)
class Slot:
    """How often a product was bought in an hour or on a weekday, against the shop: 15000 is half as often again.

    `lift_bp` is None where there are too few; `sure` says that chance alone would hardly do this.
    """

    count: int
    lift_bp: int | None
    sure: bool


def chi_square(count: int, of_product: int, of_slot: int, of_all: int) -> float:
    """Pearson's statistic of a table of two by two: this product or another, this slot or another."""
    other = of_product - count, of_slot - count, of_all - of_product - of_slot + count
    rest = of_product * of_slot * (of_all - of_product) * (of_all - of_slot)
    return 0.0 if rest == 0 else of_all * (count * other[2] - other[0] * other[1]) ** 2 / rest


def p_of(statistic: float) -> float:
    """The chance of such a statistic or a larger one with one degree of freedom: erfc(√(x/2))."""
    return math.erfc(math.sqrt(statistic / 2))


def compared(counts: Mapping[int, Sequence[int]]) -> dict[int, tuple[Slot, ...]]:
    """Each product's slots against those of all products together."""
    slots = [sum(column) for column in zip(*counts.values(), strict=True)]
    every = sum(slots)
    return {
        product: tuple(_slot(count, sum(row), slots[at], every) for at, count in enumerate(row))
        for product, row in counts.items()
    }


def _slot(count: int, of_product: int, of_slot: int, every: int) -> Slot:
    if count < LEAST_COUNT:
        return Slot(count, None, False)
    lift = round(10_000 * count * every / (of_product * of_slot))
    return Slot(count, lift, p_of(chi_square(count, of_product, of_slot, every)) < SURE_P)


def shrunk(own: Sequence[int], shop: Sequence[int]) -> list[float]:
    """The chance of each slot for a member's next visit, from own visits and the shop's."""
    visits, every = sum(own), sum(shop)
    even = 1 / len(own)
    shares = [there / every if every else even for there in shop]
    return [(mine + SHRINK * share) / (visits + SHRINK) for mine, share in zip(own, shares, strict=True)]


def usual(own: Sequence[int], shop: Sequence[int]) -> int | None:
    """The slot a member mostly comes in; None where there is none, or too little is known."""
    chances = shrunk(own, shop)
    best = max(range(len(chances)), key=lambda slot: chances[slot])
    return best if sum(own) >= LEAST_VISITS and chances[best] > USUAL_P and own[best] else None


def daypart(hour: int) -> int:
    """Which of the four parts of a day an hour belongs to."""
    return next(at for at, (_, end) in enumerate(DAYPARTS) if hour < end)


def counted(rows: Iterable[Sequence[Any]]) -> tuple[list[int], list[int]]:
    """Visits by part of the day and by weekday on each store's clock; rows: quarter hour since 1970, zone, visits."""
    dayparts, weekdays = [0] * len(DAYPARTS), [0] * 7
    for quarter, zone, visits in rows:
        then = clock.local(clock.Millis(quarter * HOUR // 4), zone)
        dayparts[daypart(then.hour)] += visits
        weekdays[then.weekday()] += visits
    return dayparts, weekdays


def hour_of_week(at: int, offset: int) -> int:
    """How many whole hours after Monday's first a moment is, by a clock so many milliseconds ahead of UTC."""
    return ((at + offset) // HOUR + MONDAY_HOURS) % WEEK_HOURS


def offsets(zone: str, since: int, until: int) -> Iterator[tuple[int, int, int]]:
    """Spans of time with one distance from UTC, as start, end and milliseconds: two a year where clocks are moved."""
    start, here = since, _offset(since, zone)
    for day in range(since, until, DAY):
        end = min(day + DAY, until)
        if _offset(end, zone) != here:
            change = _change(day, end, here, zone)
            yield start, change, here
            start, here = change, _offset(change, zone)
    yield start, until, here


def _change(early: int, late: int, before: int, zone: str) -> int:
    """The minute in which the distance from UTC changed, between a moment before and one after it."""
    first, last = early // MINUTE, -(-late // MINUTE)
    while last - first > 1:
        middle = (first + last) // 2
        first, last = (middle, last) if _offset(middle * MINUTE, zone) == before else (first, middle)
    return last * MINUTE


def _offset(at: int, zone: str) -> int:
    moved = clock.local(clock.Millis(at), zone).utcoffset()
    return 0 if moved is None else int(moved.total_seconds()) * 1000
