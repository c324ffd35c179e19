"""Dates that come every year by a rule: a solar date, a lunar one, a solar term, or the n-th weekday of a month.

`solar:12-25` · `lunar:8-15` · `lunar:eve` (the last day of the lunar year) · `term:清明` · `nth:5-sun-2` (the second
Sunday of May) · `nth:5-mon-last`. A lunar date falls in the plain month, and its day 30 on day 29 of a short one.
"""

import re
from datetime import date, timedelta
from functools import lru_cache

from borax.calendars.lunardate import TERMS_CN, TermUtils

from core.base import lunar

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
RULE = re.compile(
    r"(?:solar:(?P<month>\d{1,2})-(?P<day>\d{1,2})|lunar:(?P<lmonth>\d{1,2})-(?P<lday>\d{1,2})|(?P<eve>lunar:eve)"
    r"|term:(?P<term>\w{2})|nth:(?P<nmonth>\d{1,2})-(?P<weekday>[a-z]{3})-(?P<nth>[1-5]|last))"
)


@lru_cache(256)
def is_rule(rule: str) -> bool:
    """Whether a rule can be read and its date can exist."""
    match = RULE.fullmatch(rule)
    if match is None:
        return False
    if match["month"]:
        return _is_date(int(match["month"]), int(match["day"]))
    if match["lmonth"]:
        return 1 <= int(match["lmonth"]) <= 12 and 1 <= int(match["lday"]) <= 30
    if match["term"]:
        return match["term"] in TERMS_CN
    return bool(match["eve"]) or (1 <= int(match["nmonth"]) <= 12 and match["weekday"] in WEEKDAYS)


def year_on(rule: str, day: date) -> int | None:
    """The year a day keeps a rule's date for; None on all other days. Of a lunar date it is the lunar year.

    Raises nothing for a rule that is none: such a date never comes.
    """
    match = RULE.fullmatch(rule) if is_rule(rule) else None
    if match is None:
        return None
    if match["month"]:
        return day.year if (day.month, day.day) == (int(match["month"]), int(match["day"])) else None
    if match["lmonth"]:
        wanted = int(match["lmonth"]), int(match["lday"])
        keys = (key for key in lunar.kept_on(day) if key.calendar == "lunar")
        return next((key.year for key in keys if (key.month, key.day) == wanted), None)
    if match["eve"]:
        here, next_day = lunar.of(day), lunar.of(day + timedelta(days=1))
        return here.year if next_day.year > here.year else None
    if match["term"]:
        return day.year if TermUtils.get_term_info(day.year, day.month, day.day)[0] == match["term"] else None
    return day.year if _is_nth(day, int(match["nmonth"]), match["weekday"], match["nth"]) else None


def _is_nth(day: date, month: int, weekday: str, nth: str) -> bool:
    if (day.month, WEEKDAYS[day.weekday()]) != (month, weekday):
        return False
    if nth == "last":
        return (day + timedelta(days=7)).month != month
    return (day.day - 1) // 7 + 1 == int(nth)


def _is_date(month: int, day: int) -> bool:
    """Whether a day comes every year: 29 February does not."""
    try:
        return date(2001, month, day).year > 0
    except ValueError:
        return False
