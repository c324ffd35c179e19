"""Dates in cells: as text in many ways, as Excel's day numbers, as birthdays of both calendars. Pure.

Day numbers are Excel's 1900 system, in which 1 January 1900 is 1 and 29 February 1900, which never was, is 60.
Sources: ECMA-376 part 1, 18.17.4.1; the lunar words are those of `people.birthdays`.
"""

import math
import re
import unicodedata
from datetime import date, datetime, timedelta

from core.base import lunar
from core.base.i18n import T
from core.keeping.movein.faults import Wrong
from core.people import birthdays
from core.people.birthdays import Birthday, BirthdayInvalid, BirthdayUnreadable

UNREADABLE = Wrong(T("This is no date that can be read."), T("Write it as 2024-01-31."))
IMPOSSIBLE = Wrong(T("This day does not exist."), T("Look up the right one and correct it, or empty the cell."))
AMBIGUOUS = Wrong(
    T("Day and month cannot be told apart."), T("Say which comes first, or write it as 2024-01-31.")
)  # fmt: skip
FUTURE = Wrong(T("This day lies in the future."), T("Look up the right one and correct it, or empty the cell."))
TOO_OLD = Wrong(T("This day lies too far back; old programs fill in such days."), T("Correct it, or empty the cell."))
PLACEHOLDER = Wrong(T("This is Excel's way to show an empty date."), T("Empty the cell, or write the date."))

_TIME = re.compile(r"[T\s]+\d{1,2}[:点]\d{1,2}([:分]\d{1,2}秒?(\.\d+)?)?\s*([ap]m)?(z|[+-]\d\d:?\d\d)?$", re.I)
_CLOCK = re.compile(r"[T\s](\d{1,2})[:点](\d{1,2})")
_YEAR_FIRST = re.compile(r"(\d{4})\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})\s*日?")
_PLAIN = re.compile(r"(\d{4})(\d{2})(\d{2})")
_YEAR_LAST = re.compile(r"(\d{1,2})\s*[-./]\s*(\d{1,2})\s*[-./]\s*(\d{4})")
_NOTHING = re.compile(r"(1900[-./年]0?1[-./月]0?0日?|0{4}[-./]0?0[-./]0?0|1899[-./]12[-./]3[01]|1900[-./]0?1[-./]0?1)")
_SERIAL = re.compile(r"\d{5}(\.\d+)?")
_LUNAR = re.compile(r"(?:农历|阴历|lunar)")
_SAID_YEAR = re.compile(r"(?:农历|阴历)?\s*(\d{4})年?\s*(闰?\s*(?:正|[一二三四五六七八九十冬腊]|十一|十二)月.+)")


def of_serial(number: float) -> date | None:
    """The day of Excel's number; None for what is none (0, the 29 February that never was, beyond the year 9999)."""
    whole = int(number)
    if not 1 <= whole <= 2_958_465 or whole == 60:
        return None
    return date(1899, 12, 31 if whole < 60 else 30) + timedelta(days=whole)


def day(cell: object, order: str = "") -> date | Wrong:
    """The day in a cell that is not empty; `order` is 'dmy', 'mdy' or '' (03/04/2024 is then refused)."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _number(float(cell))
    return _typed(_TIME.sub("", unicodedata.normalize("NFKC", str(cell)).strip()), order)


def _number(number: float) -> date | Wrong:
    if not math.isfinite(number):
        return IMPOSSIBLE
    if number == int(number) and (match := _PLAIN.fullmatch(str(int(number)))):
        return _made(match[1], match[2], match[3])
    if number < 1:
        return PLACEHOLDER
    return of_serial(number) or IMPOSSIBLE


def _typed(given: str, order: str) -> date | Wrong:
    if _NOTHING.fullmatch(given):
        return PLACEHOLDER
    if match := _YEAR_FIRST.fullmatch(given) or _PLAIN.fullmatch(given):
        return _made(match[1], match[2], match[3])
    if match := _YEAR_LAST.fullmatch(given):
        return _year_last(int(match[1]), int(match[2]), match[3], order)
    if _SERIAL.fullmatch(given):
        return of_serial(int(given.partition(".")[0])) or IMPOSSIBLE
    return UNREADABLE


def _year_last(first: int, second: int, year: str, order: str) -> date | Wrong:
    if order == "mdy" or (not order and second > 12):
        return _made(year, first, second)
    if order == "dmy" or first > 12 or first == second:
        return _made(year, second, first)
    return AMBIGUOUS


def _made(year: int | str, month: int | str, day: int | str) -> date | Wrong:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return IMPOSSIBLE


def time_of(cell: object) -> tuple[int, int]:
    """Hour and minute beside a date; noon where there are none."""
    if isinstance(cell, datetime):
        return cell.hour, cell.minute
    if isinstance(cell, float) and math.isfinite(cell) and cell != int(cell):
        minutes = round(cell % 1 * 1440) % 1440
        return minutes // 60, minutes % 60
    match = _CLOCK.search(str(cell)) if isinstance(cell, str) else None
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        return 12, 0
    return int(match[1]), int(match[2])


def past(cell: object, today: date, order: str = "") -> date | Wrong:
    """A day of the shop's own past: not after today, not before 1980."""
    found = day(cell, order)
    if isinstance(found, Wrong):
        return found
    return FUTURE if found > today else TOO_OLD if found.year < 1980 else found


def birthday(cell: object, today: date, order: str = "", *, is_lunar: bool = False) -> Birthday | Wrong:
    """A birthday in a cell that is not empty: a date, words of either calendar, with or without a year.

    `is_lunar`: a column of lunar birthdays, in which plain figures are lunar ones.
    """
    if isinstance(cell, str):
        given = _TIME.sub("", unicodedata.normalize("NFKC", cell).strip())
        if (said := _in_words(given, is_lunar)) is not None:
            return _checked(said, today) if isinstance(said, Birthday) else said
        cell = given
    found = day(cell, order)
    if isinstance(found, Wrong):
        return found
    calendar = "lunar" if is_lunar else "solar"
    return _checked(Birthday(calendar, found.month, found.day, found.year), today)  # type: ignore[arg-type]


def _in_words(given: str, is_lunar: bool) -> Birthday | Wrong | None:
    """A birthday in lunar words, marked as lunar, or without a year; None for a plain date."""
    if _NOTHING.fullmatch(given):
        return PLACEHOLDER
    year: int | None = None
    if match := _SAID_YEAR.fullmatch(given):
        year, given = int(match[1]), match[2]
    marked = is_lunar or bool(_LUNAR.match(given.lower()))
    plain = _PLAIN.sub(r"\1-\2-\3", given) if marked else given
    try:
        found = birthdays.read(f"农历 {plain}" if is_lunar and not _LUNAR.match(plain.lower()) else plain)
    except BirthdayUnreadable:
        return UNREADABLE if marked else None
    except BirthdayInvalid:
        return IMPOSSIBLE
    return found if year is None else Birthday(found.calendar, found.month, found.day, year, found.leap)


def _checked(found: Birthday, today: date) -> Birthday | Wrong:
    try:
        birthdays.check(found)
    except BirthdayInvalid:
        return IMPOSSIBLE
    if found.year is None:
        return found
    if found.year < 1905:
        return TOO_OLD
    if found.calendar == "solar":
        return FUTURE if date(found.year, found.month, found.day) > today else found
    now = lunar.of(today)
    return FUTURE if (found.year, found.month, found.day) > (now.year, now.month, now.day) else found
