"""The lunar calendar 农历: only today's date is converted, then birthdays of that day are found.

Leap-month birthdays fall in the plain month; day 30 of a short month on day 29; 29 February on 28
February or 1 March by the shop's rule. Source of the calendar: borax (1900–2100).
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from borax.calendars.lunardate import LunarDate


@dataclass(frozen=True)
class Lunar:
    """A day of the lunar calendar; `year` is the lunar year it belongs to."""

    year: int
    month: int
    day: int
    leap: bool


@dataclass(frozen=True)
class BirthdayKey:
    """A birthday as stored that is kept on a certain day; `year` is the year of that calendar."""

    calendar: str
    month: int
    day: int
    year: int


def of(day: date) -> Lunar:
    """The lunar date of a day."""
    found = LunarDate.from_solar(day)
    return Lunar(found.year, found.month, found.day, bool(found.leap))


def kept_on(day: date, *, leap_day: str = "02-28") -> list[BirthdayKey]:
    """The stored birthdays that are kept on a day, solar and lunar."""
    keys = [BirthdayKey("solar", day.month, day.day, day.year)]
    leap_year = day.year % 4 == 0 and (day.year % 100 != 0 or day.year % 400 == 0)
    if not leap_year and f"{day:%m-%d}" == leap_day:
        keys.append(BirthdayKey("solar", 2, 29, day.year))
    lunar = of(day)
    if not lunar.leap:
        keys.append(BirthdayKey("lunar", lunar.month, lunar.day, lunar.year))
        if lunar.day == 29 and of(day + timedelta(days=1)).day == 1:
            keys.append(BirthdayKey("lunar", lunar.month, 30, lunar.year))
    return keys


@lru_cache(64)
def kept_in_month(year: int, month: int, leap_day: str = "02-28") -> frozenset[tuple[str, int, int]]:
    """The stored birthdays kept on some day of a solar month: (calendar, month, day)."""
    days = (date(year, month, day) for day in range(1, monthrange(year, month)[1] + 1))
    keys = (key for day in days for key in kept_on(day, leap_day=leap_day))
    return frozenset((key.calendar, key.month, key.day) for key in keys)


MONTHS = ["正", "二", "三", "四", "五", "六", "七", "八", "九", "十", "冬", "腊"]
TENS, ONES = ["初", "十", "廿", "三"], ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"]


def shown(month: int, day: int, *, leap: bool = False) -> str:
    """A lunar date as it is said: '闰六月初十', '腊月廿九'."""
    return f"{'闰' if leap else ''}{MONTHS[month - 1]}月{day_shown(day)}"


def day_shown(day: int) -> str:
    """A day of a lunar month as it is said: '初十', '十五', '廿九'."""
    return {10: "初十", 20: "二十", 30: "三十"}.get(day) or TENS[day // 10] + ONES[day % 10 - 1]
