"""Free times 可约时间: when a person can take a service, from working hours and what is booked. Pure; reads nothing.

Working hours are wall times of the store: minutes since midnight, up to 1440. A wall time the clocks jump over is
offered by nobody, of one that comes twice the first counts, and lengths are true minutes whatever the clocks do.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from core.base import clock
from core.base.clock import MINUTE, Millis

DAY_MINUTES = 1440
Hours = tuple[int, int]
"""Working hours: from and until a minute of the day."""


@dataclass(frozen=True)
class Span:
    """From a moment up to another one, which is outside."""

    from_at: Millis
    until_at: Millis


@dataclass(frozen=True)
class Need:
    """How long a service takes, and what its place needs afterwards before the next one."""

    minutes: int
    buffer_minutes: int = 0

    def busy(self, from_at: int) -> Span:
        """How long the person is busy who begins at a moment."""
        return Span(Millis(from_at), Millis(from_at + (self.minutes + self.buffer_minutes) * MINUTE))


def wall(day: date, minute: int, zone: str) -> Millis | None:
    """The moment of a minute of a day; None if the clocks jump over it."""
    on, within = day + timedelta(days=minute // DAY_MINUTES), minute % DAY_MINUTES
    moment = clock.at_time(on, *divmod(within, 60), zone)
    shown = clock.local(moment, zone)
    return moment if (shown.date(), shown.hour * 60 + shown.minute) == (on, within) else None


def _edge(day: date, minute: int, zone: str) -> Millis:
    """The moment of a minute of a day; of one the clocks jump over, the moment they jump."""
    while (moment := wall(day, minute, zone)) is None:
        minute += 1
    return moment


def joined(hours: Iterable[Hours]) -> list[Hours]:
    """Hours in order, those that touch or overlap as one."""
    found: list[Hours] = []
    for start, end in sorted(hours):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def spans(day: date, hours: Iterable[Hours], zone: str) -> list[Span]:
    """The moments of working hours, in order."""
    edges = ((_edge(day, start, zone), _edge(day, end, zone)) for start, end in joined(hours))
    return [Span(start, end) for start, end in edges if start < end]


def merged(taken: Iterable[Span]) -> list[Span]:
    """What is taken in order, what touches or overlaps as one."""
    found: list[Span] = []
    for one in sorted(taken, key=lambda span: span.from_at):
        if found and one.from_at <= found[-1].until_at:
            found[-1] = Span(found[-1].from_at, max(found[-1].until_at, one.until_at))
        else:
            found.append(one)
    return found


def free(
    day: date, hours: Sequence[Hours], taken: Iterable[Span], need: Need, *, zone: str, step_minutes: int,
    within: Span | None = None,
) -> list[Millis]:  # fmt: skip
    """When the service can begin on a day: every step of the wall clock at which it ends, with its buffer, within
    working hours and meets nothing that is taken. `within` bounds the beginning itself.
    """
    busy = merged(taken)
    starts = [one.from_at for one in busy]
    found: list[Millis] = []
    for start, end in joined(hours):
        until_at = _edge(day, end, zone)
        for minute in range(-(-start // step_minutes) * step_minutes, end, step_minutes):
            moment = wall(day, minute, zone)
            if moment is None or (within and not within.from_at <= moment < within.until_at):
                continue
            wanted = need.busy(moment)
            if wanted.until_at <= until_at and not _meets(wanted, busy, starts):
                found.append(moment)
    return found


def _meets(wanted: Span, busy: Sequence[Span], starts: Sequence[int]) -> bool:
    """Whether a span meets one of those in order, which do not touch each other."""
    at = bisect_right(starts, wanted.until_at - 1) - 1
    return at >= 0 and busy[at].until_at > wanted.from_at


def fits(day: date, hours: Iterable[Hours], wanted: Span, zone: str) -> bool:
    """Whether a span lies in working hours of a day."""
    return any(one.from_at <= wanted.from_at and wanted.until_at <= one.until_at for one in spans(day, hours, zone))
