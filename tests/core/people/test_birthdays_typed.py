"""Birthdays as people type them, of both calendars."""

import pytest

from core.base import lunar
from core.people.birthdays import Birthday, BirthdayUnreadable, read


@pytest.mark.parametrize(
    ("typed", "birthday"),
    [
        ("08-15", Birthday("solar", 8, 15)),
        ("1988年8月15日", Birthday("solar", 8, 15, 1988)),
        ("农历 8-15", Birthday("lunar", 8, 15)),
        ("Lunar 8-15", Birthday("lunar", 8, 15)),
        ("农历闰6-10", Birthday("lunar", 6, 10, leap=True)),
        ("八月十五", Birthday("lunar", 8, 15)),
        ("农历八月十五", Birthday("lunar", 8, 15)),
        ("正月初一", Birthday("lunar", 1, 1)),
        ("腊月廿九", Birthday("lunar", 12, 29)),
        ("十二月二十九", Birthday("lunar", 12, 29)),
        ("阴历闰六月初十", Birthday("lunar", 6, 10, leap=True)),
        ("０８－１５", Birthday("solar", 8, 15)),
    ],
)
def test_typed_birthday(typed: str, birthday: Birthday) -> None:
    assert read(typed) == birthday


@pytest.mark.parametrize("typed", ["八月", "十三月初一", "八月初十一", "八月三十一", "mid-autumn", ""])
def test_what_is_no_birthday_is_refused(typed: str) -> None:
    with pytest.raises(BirthdayUnreadable):
        read(typed)


def test_every_lunar_day_is_read_as_it_is_shown() -> None:
    for month in range(1, 13):
        for day in range(1, 31):
            for leap in (False, True):
                assert read("农历" + lunar.shown(month, day, leap=leap)) == Birthday("lunar", month, day, leap=leap)
