"""Hours in which something may happen: by weekday, in the wall time of one or of several zones at once.

Written "9-20", "9:30-20:30", or "10-20; sat 11-18; sun off": first for every day, then the days that differ.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from core.base import clock
from core.base.clock import DAY, Millis

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FURTHEST_DAYS = 40
"""Hours that do not come within so many days never come."""

_SPAN = re.compile(r"(\d{1,2})(?::([0-5]\d))?-(\d{1,2})(?::([0-5]\d))?")
_YEARLY = re.compile(r"(?:(\d{4})-)?(\d{2})-(\d{2})")

Span = tuple[int, int]
"""From and until, in minutes of a day; until is not in it and may be 1440."""


@dataclass(frozen=True)
class Windows:
    """The hours of each weekday, Monday first; None is a day without any."""

    by_day: tuple[Span | None, ...]


def parse(written: str) -> Windows | None:
    """Read hours as they are written; None if they cannot be read."""
    parts = [part.split() for part in written.casefold().split(";")]
    general = _span(parts[0][0]) if len(parts[0]) == 1 else None
    if general is None:
        return None
    by_day: list[Span | None] = [general] * 7
    for part in parts[1:]:
        days = _days(part[0]) if len(part) == 2 else None
        span = _span(part[1]) if len(part) == 2 and part[1] != "off" else None
        if days is None or (span is None and part[1] != "off"):
            return None
        for day in days:
            by_day[day] = span
    return Windows(tuple(by_day))


def _span(written: str) -> Span | None:
    match = _SPAN.fullmatch(written)
    if match is None:
        return None
    first, last = int(match[1]) * 60 + int(match[2] or 0), int(match[3]) * 60 + int(match[4] or 0)
    return (first, last) if first < last <= 24 * 60 else None


def _days(written: str) -> range | None:
    first, _, last = written.partition("-")
    if first not in DAYS or (last or first) not in DAYS:
        return None
    span = range(DAYS.index(first), DAYS.index(last or first) + 1)
    return span or None


def dates(written: str) -> frozenset[str] | None:
    """Read a list of days, "12-25, 2027-02-06"; None if it cannot be read."""
    found = [part for part in re.split(r"[,;\s]+", written) if part]
    for one in found:
        match = _YEARLY.fullmatch(one)
        try:
            date(int(match[1] or 2000), int(match[2]), int(match[3])) if match else date(0, 0, 0)
        except ValueError:
            return None
    return frozenset(found)


def next_open(
    now: Millis, windows: Windows, zones: Collection[str], *, without: frozenset[str] = frozenset()
) -> Millis | None:
    """The first moment from now on that lies in the hours of every zone; None if there is none.

    `without` are days on which nothing may happen, every year ("12-25") or once ("2027-02-06").
    """
    moment = now
    while moment <= now + FURTHEST_DAYS * DAY:
        opens = [_opens(moment, windows, zone, without) for zone in zones]
        latest = max((one for one in opens if one is not None), default=None)
        if latest is None or None in opens:
            return None
        if latest == moment:
            return moment
        moment = latest
    return None


def open_until(now: Millis, windows: Windows, zones: Collection[str]) -> Millis:
    """When the hours end that a moment lies in, in the zone where they end first; now itself if it lies in none."""
    ends = []
    for zone in zones:
        day = clock.day_of(now, zone)
        span = windows.by_day[day.weekday()]
        ends.append(now if span is None else max(now, _moment(day, span[1], zone)))
    return min(ends, default=now)


def _opens(now: Millis, windows: Windows, zone: str, without: frozenset[str]) -> Millis | None:
    day = clock.day_of(now, zone)
    for _ in range(FURTHEST_DAYS):
        span = windows.by_day[day.weekday()]
        if span is not None and not {f"{day:%m-%d}", day.isoformat()} & without:
            closes = _moment(day, span[1], zone)
            if now < closes:
                return max(now, _moment(day, span[0], zone))
        day += timedelta(days=1)
    return None


def _moment(day: date, minutes: int, zone: str) -> Millis:
    return clock.end_of(day, zone) if minutes == 24 * 60 else clock.at_time(day, *divmod(minutes, 60), zone)


_BREAK = re.compile(r"(\d{1,2})(?::([0-5]\d))?\s*>\s*(\d{1,3})")


def breaks(written: str) -> tuple[tuple[int, int], ...] | None:
    """Breaks that must be taken, "6 > 30; 9 > 45": over 6 hours 30 minutes, over 9 hours 45. None if unreadable.

    Pairs of minutes of work and minutes of break; nothing written is no rule.
    """
    matches = [_BREAK.fullmatch(part.strip()) for part in written.split(";")] if written.strip() else []
    found = [(int(one[1]) * 60 + int(one[2] or 0), int(one[3])) for one in matches if one is not None]
    return tuple(sorted(found)) if len(found) == len(matches) else None
