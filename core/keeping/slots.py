"""When a job runs: five fields as cron has them, read in a time zone, and the slots they give. Pure.

A day and a weekday given together must both hold (cron takes either). Weekdays are names, for 0, 1 and 7 mean
different days to different programs.

Where clocks change: a job at fixed hours has one slot for each of its wall times; a time that is missing in spring
comes so much later, one that comes twice in autumn counts the first time. A job of every hour follows the true time,
through both hours of autumn. (Vixie cron's rule, cron(8).)
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Protocol
from zoneinfo import available_timezones

from core.base import clock
from core.base.clock import DAY, MINUTE, Millis
from core.base.errors import Invalid
from core.base.i18n import N_, T, Text

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
RANGES = {"minute": (0, 59), "hour": (0, 23), "day": (1, 31), "month": (1, 12)}
PART = re.compile(r"(\*|\d{1,2})(?:-(\d{1,2}))?(?:/(\d{1,2}))?")
YEARS = 40
"""After so many years days, months and weekdays have met in every way."""


class Timed(Protocol):
    """What has slots: five fields, a zone, and how long a slot that was missed may be caught up."""

    @property
    def cron(self) -> str:
        """Minute, hour, day, month, weekday."""

    @property
    def zone(self) -> str:
        """The time zone they are read in."""

    @property
    def catch_up_s(self) -> int:
        """Seconds after which a missed slot is let go."""


@dataclass(frozen=True)
class Slot:
    """One time a job runs: its key (a day, or a minute of a day) and the moment."""

    key: str
    at: Millis


class CronInvalid(Invalid):
    """The times of a job cannot be read, or never come."""

    code = "cron_invalid"
    text = N_("“{given}”: {problem} Five fields: minute, hour, day, month, weekday, as in “30 9 * * mon-fri”.")


class ZoneInvalid(Invalid):
    """There is no such time zone."""

    code = "zone_invalid"
    text = N_("There is no time zone “{given}”. Write it as Asia/Shanghai or America/New_York.")


@dataclass(frozen=True)
class Fields:
    """The five fields, read."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    @property
    def hourly(self) -> bool:
        """Runs in every hour, so it follows the true time."""
        return len(self.hours) == 24

    @property
    def daily(self) -> bool:
        """Runs once on each of its days, which then is the key."""
        return len(self.hours) == len(self.minutes) == 1

    def on(self, day: date) -> bool:
        """Whether it runs on a day."""
        return day.day in self.days and day.month in self.months and day.weekday() in self.weekdays


@lru_cache(256)
def read(cron: str) -> Fields:
    """The fields of an expression. Raises: CronInvalid."""
    given = cron.split()
    if len(given) != 5:
        raise CronInvalid(given=cron[:40], problem=T("not five fields but {count}.", count=len(given)))
    numbers = [_numbers(cron, name, part) for name, part in zip(RANGES, given, strict=False)]
    weekdays = frozenset(_weekdays(cron, given[4]))
    return Fields(tuple(numbers[0]), tuple(numbers[1]), frozenset(numbers[2]), frozenset(numbers[3]), weekdays)


def _wrong(cron: str, part: str, name: str) -> CronInvalid:
    names = {"minute": N_("minute"), "hour": N_("hour"), "day": N_("day"), "month": N_("month")}
    first, last = RANGES[name]
    problem = T(
        "“{part}” is no {field} ({first} to {last}).", part=part, field=Text(names[name]), first=first, last=last
    )
    return CronInvalid(given=cron[:40], problem=problem)


def _numbers(cron: str, name: str, field: str) -> list[int]:
    """`*`, `*/n`, `a`, `a-b`, `a-b/n`, and lists of these."""
    first, last = RANGES[name]
    found: set[int] = set()
    for part in field.split(","):
        match = PART.fullmatch(part)
        if match is None or (match[1] == "*" and match[2]):
            raise _wrong(cron, part, name)
        start = first if match[1] == "*" else int(match[1])
        end = last if match[1] == "*" else int(match[2] or match[1])
        step = int(match[3] or 1)
        if not first <= start <= end <= last or not step or (match[3] and match[1] != "*" and not match[2]):
            raise _wrong(cron, part, name)
        found.update(range(start, end + 1, step))
    return sorted(found)


def _weekdays(cron: str, field: str) -> Iterator[int]:
    """`*`, or names and ranges of names; a range may go over the end of the week."""
    if field == "*":
        yield from range(7)
        return
    for part in field.lower().split(","):
        ends = part.split("-")
        if len(ends) > 2 or any(end not in WEEKDAYS for end in ends):
            problem = T("“{part}” is no weekday; write names: {names}.", part=part, names=", ".join(WEEKDAYS))
            raise CronInvalid(given=cron[:40], problem=problem)
        first, last = WEEKDAYS.index(ends[0]), WEEKDAYS.index(ends[-1])
        yield from ((first + more) % 7 for more in range((last - first) % 7 + 1))


def validate(cron: str, zone: str) -> None:
    """Refuse what cannot be read, and what never comes. Raises: CronInvalid, ZoneInvalid."""
    if zone not in available_timezones():
        raise ZoneInvalid(given=zone[:40])
    if next(_days(read(cron), date(2000, 1, 1)), None) is None:
        raise CronInvalid(given=cron[:40], problem=T("such a day never comes."))


def _days(fields: Fields, first: date) -> Iterator[date]:
    """The days it runs on, from one on, for as long as days can differ."""
    last = first + timedelta(days=YEARS * 366)
    day = first
    while day <= last:
        if fields.on(day):
            yield day
        day += timedelta(days=1)


def of_day(cron: str, zone: str, day: date) -> list[Slot]:
    """The slots of a day, in the order they come; none if the job does not run on it. Raises: CronInvalid."""
    fields = read(cron)
    if not fields.on(day):
        return []
    start = clock.start_of(day, zone)
    times = [(hour, minute) for hour in fields.hours for minute in fields.minutes]
    if clock.end_of(day, zone) - start == DAY:
        found = [Slot(_key(fields, day, *time), Millis(start + (time[0] * 60 + time[1]) * MINUTE)) for time in times]
    else:
        found = [slot for time in times for slot in _of_time(fields, day, time, zone)]
    return sorted(found, key=lambda slot: slot.at)


def _key(fields: Fields, day: date, hour: int, minute: int) -> str:
    return str(day) if fields.daily else f"{day}T{hour:02d}:{minute:02d}"


def _of_time(fields: Fields, day: date, time: tuple[int, int], zone: str) -> Iterator[Slot]:
    """The slots of one wall time on a day when clocks change."""
    key = _key(fields, day, *time)
    first = clock.at_time(day, *time, zone)
    if not fields.hourly:
        yield Slot(key, first)
        return
    wall = datetime(day.year, day.month, day.day, *time, tzinfo=clock.zone_of(zone))
    if clock.local(first, zone).replace(tzinfo=None) != wall.replace(tzinfo=None):
        return  # it does not exist today
    yield Slot(key, first)
    again = Millis(int(wall.replace(fold=1).timestamp() * 1000))
    if again != first:
        yield Slot(f"{key} again", again)


def between(cron: str, zone: str, first: int, last: int) -> list[Slot]:
    """The slots from one moment to another, both counted, in the order they come. Raises: CronInvalid."""
    day, end = clock.day_of(first, zone), clock.day_of(last, zone)
    found: list[Slot] = []
    while day <= end:
        found += of_day(cron, zone, day)
        day += timedelta(days=1)
    return [slot for slot in found if first <= slot.at <= last]


def due_slots(job: Timed, *, now: Millis) -> list[Slot]:
    """The slots of a job that have come and are within its catch-up window, the oldest first."""
    return between(job.cron, job.zone, now - job.catch_up_s * clock.SECOND, now)


def next_times(job: Timed, *, now: Millis, count: int = 3) -> list[datetime]:
    """The next times a job will run, in its zone."""
    coming = (
        clock.local(slot.at, job.zone)
        for day in _days(read(job.cron), clock.day_of(now, job.zone))
        for slot in of_day(job.cron, job.zone, day)
        if slot.at >= now
    )
    return list(islice(coming, count))
