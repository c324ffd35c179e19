"""The only place that reads the clock; everything else is given the time.

Stored times are UTC milliseconds (`Millis`). Dates of members follow the shop's zone; takings
follow the store's business day, which may end at an hour of the next morning.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time
from functools import lru_cache
from typing import NewType
from zoneinfo import ZoneInfo

Millis = NewType("Millis", int)
"""A moment in UTC milliseconds since 1970."""
EPOCH = Millis(0)

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_set_to: list[Callable[[], int]] = []


def now() -> Millis:
    """The present moment, or the one a scope has set."""
    return Millis(_set_to[-1]() if _set_to else time.time_ns() // 1_000_000)


@contextmanager
def set_to(moment: int) -> Iterator[None]:
    """Hold the clock at a moment inside the block (jobs run for a past day, tests)."""
    with _told_by(lambda: moment):
        yield


@contextmanager
def running(moment: int, *, since: int, times: int) -> Iterator[None]:
    """Let the clock run so many times as fast inside the block; it showed the moment when `since` was the true time."""
    with _told_by(lambda: moment + (time.time_ns() // 1_000_000 - since) * times):
        yield


@contextmanager
def _told_by(tell: Callable[[], int]) -> Iterator[None]:
    _set_to.append(tell)
    try:
        yield
    finally:
        _set_to.pop()


@lru_cache(64)
def zone_of(name: str) -> ZoneInfo:
    """A time zone by its IANA name."""
    return ZoneInfo(name)


def local(moment: int, zone: str) -> datetime:
    """The wall time of a moment in a zone."""
    return datetime.fromtimestamp(moment / 1000, tz=UTC).astimezone(zone_of(zone))


def day_of(moment: int, zone: str) -> date:
    """The calendar day of a moment in a zone."""
    return local(moment, zone).date()


def business_day(moment: int, zone: str, ends_hour: int = 0) -> date:
    """The day that takings at a moment belong to, when days end at an hour of the next morning."""
    return (local(moment, zone) - timedelta(hours=ends_hour)).date()


def start_of(day: date, zone: str) -> Millis:
    """The first moment of a calendar day in a zone."""
    return at_time(day, 0, 0, zone)


def end_of(day: date, zone: str) -> Millis:
    """The first moment after a calendar day in a zone."""
    return start_of(day + timedelta(days=1), zone)


def at_time(day: date, hour: int, minute: int, zone: str) -> Millis:
    """The moment of a wall time; of two (clocks going back) the first."""
    moment = datetime.combine(day, wall_time(hour, minute), tzinfo=zone_of(zone))
    return Millis(int(moment.timestamp() * 1000))


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first = date(year, month + 1, 1)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(day.day, last.day))


def iso(moment: int) -> str:
    """A moment as ISO 8601 in UTC, for JSON."""
    return datetime.fromtimestamp(moment / 1000, tz=UTC).isoformat(timespec="milliseconds")
