"""Birthdays as members tell them: solar or lunar, the year optional."""

import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass
from typing import Literal

from core.base import lunar
from core.base.errors import Invalid, Refused
from core.base.i18n import N_, T


@dataclass(frozen=True)
class Birthday:
    """A birthday as told: solar or lunar, the year optional, a lunar leap month marked."""

    calendar: Literal["solar", "lunar"]
    month: int
    day: int
    year: int | None = None
    leap: bool = False


CALENDARS = {"solar": T("solar"), "lunar": T("lunar")}


class BirthdayUnreadable(Invalid):
    """A typed birthday that cannot be read."""

    code = "birthday_unreadable"
    text = N_("birthday: “{given}” cannot be read. Write 08-15 or 1988-08-15; for the lunar calendar 农历 08-15.")


class BirthdayInvalid(Invalid):
    """A date that does not exist in its calendar."""

    code = "birthday_invalid"
    text = N_("birthday: {month}-{day} does not exist in the {calendar} calendar. Check month and day.")


class BirthdayFixed(Refused):
    """A member may change the date once alone."""

    code = "birthday_fixed"
    text = N_("The birthday was changed once already. Our staff can change it with you.")


def check(birthday: Birthday) -> None:
    """Raise unless the date can exist. Raises: BirthdayInvalid."""
    longest = 30 if birthday.calendar == "lunar" else _longest(birthday.month, birthday.year)
    year_fits = birthday.year is None or 1900 <= birthday.year <= 2100
    if not (1 <= birthday.month <= 12 and 1 <= birthday.day <= longest and year_fits):
        calendar = CALENDARS[birthday.calendar]
        raise BirthdayInvalid(field="birthday", month=birthday.month, day=birthday.day, calendar=calendar)


def _longest(month: int, year: int | None) -> int:
    """Days of a solar month; without a year February has 29."""
    return monthrange(year or 2000, month)[1] if 1 <= month <= 12 else 0


SAID_MONTHS = {name: at for at, name in enumerate(lunar.MONTHS, 1)} | {"一": 1, "十一": 11, "十二": 12}
SAID_DAYS = {lunar.day_shown(day): day for day in range(1, 31)} | {
    "二十" + one: 20 + at for at, one in enumerate(lunar.ONES[:9], 1)
}
TYPED = re.compile(r"(农历|阴历|lunar)?\s*(闰|leap)?\s*(?:(\d{4})\s*[-./年])?\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})\s*日?")


SAID = re.compile(
    r"(?:农历|阴历)?\s*(闰)?\s*(正|[一二三四五六七八九十冬腊]|十一|十二)月\s*([初十廿卅二三一四五六七八九]{2,3})"
)


def read(typed: str) -> Birthday:
    """A birthday as people type it: '08-15', '1988-08-15', '农历 8-15', '农历闰6-10', 'lunar 8-15', '八月十五'.

    Raises: BirthdayUnreadable, BirthdayInvalid.
    """
    plain = unicodedata.normalize("NFKC", typed).strip().lower()
    match, said = TYPED.fullmatch(plain), SAID.fullmatch(plain)
    if said is not None and said[3] in SAID_DAYS:
        return Birthday("lunar", SAID_MONTHS[said[2]], SAID_DAYS[said[3]], leap=bool(said[1]))
    if match is None:
        raise BirthdayUnreadable(field="birthday", given=typed[:20])
    calendar, leap, year, month, day = match.groups()
    birthday = Birthday(
        "lunar" if calendar or leap else "solar", int(month), int(day), int(year) if year else None, bool(leap)
    )
    check(birthday)
    return birthday
