"""The lunar calendar against a second opinion, and which birthdays a day keeps."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base import lunar
from core.base.lunar import BirthdayKey


def test_every_day_of_a_century_agrees_with_another_calendar() -> None:
    from lunar_python import LunarYear

    differing, day = [], date(1950, 2, 17)  # the first day of a lunar year
    for year in range(1950, 2051):
        for month in LunarYear.fromYear(year).getMonthsInYear():
            for number in range(1, month.getDayCount() + 1):
                told = (month.getYear(), abs(month.getMonth()), number, month.getMonth() < 0)
                found = lunar.of(day)
                if (found.year, found.month, found.day, found.leap) != told:
                    differing.append(day)
                day += timedelta(days=1)
    assert differing == []
    assert day == date(2051, 2, 11)


def _differing(days: range) -> list[date]:
    """Days, counted from 1 January 1950, of which the other calendar says something else."""
    from lunar_python import Solar

    found = []
    for number in days:
        day = date(1950, 1, 1) + timedelta(days=number)
        other = Solar.fromYmd(day.year, day.month, day.day).getLunar()
        told = (other.getYear(), abs(other.getMonth()), other.getDay(), other.getMonth() < 0)
        here = lunar.of(day)
        if (here.year, here.month, here.day, here.leap) != told:
            found.append(day)
    return found


@pytest.mark.long
def test_each_day_of_a_century_converts_as_another_calendar_converts_it() -> None:
    assert _differing(range(36_890)) == []


def test_days_across_a_century_convert_as_another_calendar_converts_them() -> None:
    assert _differing(range(0, 36_890, 181)) == []


@pytest.mark.parametrize(
    ("day", "told"),
    [
        (date(1978, 9, 16), (1978, 8, 14, False)),  # a calendar that lost a day has Mid-Autumn here
        (date(1978, 9, 17), (1978, 8, 15, False)),
        (date(1954, 11, 25), (1954, 11, 1, False)),
        (date(2033, 12, 22), (2033, 11, 1, True)),  # the leap eleventh month
        (date(2034, 1, 20), (2033, 12, 1, False)),
        (date(2026, 2, 16), (2025, 12, 29, False)),  # a twelfth month of 29 days
        (date(2027, 2, 5), (2026, 12, 29, False)),
        (date(2028, 1, 25), (2027, 12, 29, False)),
        (date(2030, 2, 2), (2029, 12, 30, False)),  # one of 30
        (date(2020, 5, 23), (2020, 4, 1, True)),
    ],
)  # fmt: skip
def test_days_that_calendars_get_wrong(day: date, told: tuple[int, int, int, bool]) -> None:
    here = lunar.of(day)
    assert (here.year, here.month, here.day, here.leap) == told


def _kept(month: int, day: int, first: date, last: date) -> list[tuple[str, int]]:
    """The days between two on which a lunar birthday is kept, with the lunar year each is counted under."""
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [
        (str(one), key.year)
        for one in days
        for key in lunar.kept_on(one)
        if (key.calendar, key.month, key.day) == ("lunar", month, day)
    ]


def test_a_solar_year_can_hold_no_or_two_lunar_birthdays_each_of_its_own_lunar_year() -> None:
    assert _kept(12, 8, date(2022, 1, 1), date(2023, 12, 31)) == [("2022-01-10", 2021), ("2022-12-30", 2022)]
    assert _kept(11, 20, date(2026, 1, 1), date(2027, 12, 31)) == [
        ("2026-01-08", 2025), ("2026-12-28", 2026), ("2027-12-17", 2027),
    ]  # fmt: skip
    assert _kept(11, 26, date(2027, 1, 1), date(2028, 12, 31)) == [
        ("2027-01-03", 2026), ("2027-12-23", 2027),
    ]  # fmt: skip


def test_the_thirtieth_of_the_twelfth_month_is_kept_every_lunar_year() -> None:
    assert _kept(12, 30, date(2024, 1, 1), date(2030, 12, 31)) == [
        ("2024-02-09", 2023), ("2025-01-28", 2024), ("2026-02-16", 2025), ("2027-02-05", 2026),
        ("2028-01-25", 2027), ("2029-02-12", 2028), ("2030-02-02", 2029),
    ]  # fmt: skip


def test_a_birthday_in_the_eleventh_month_of_2033_is_kept_before_its_leap_month_and_not_again() -> None:
    assert _kept(11, 10, date(2033, 6, 1), date(2034, 6, 1)) == [("2033-12-01", 2033)]


@given(
    year=st.integers(1950, 2049),
    month=st.integers(1, 12),
    day=st.integers(1, 30),
)
@settings(max_examples=15, deadline=None)
def test_every_lunar_birthday_is_kept_once_in_each_lunar_year(year: int, month: int, day: int) -> None:
    kept = [one for _, one in _kept(month, day, date(year, 1, 1), date(year + 1, 12, 31))]
    assert kept.count(year) == 1
    assert len(kept) == len(set(kept))


def test_mid_autumn_2026_keeps_solar_and_lunar_birthdays() -> None:
    assert lunar.kept_on(date(2026, 9, 25)) == [
        BirthdayKey("solar", 9, 25, 2026),
        BirthdayKey("lunar", 8, 15, 2026),
    ]


def test_29_february_is_kept_on_the_28th_or_on_1_march_by_rule() -> None:
    leapling = BirthdayKey("solar", 2, 29, 2027)
    assert leapling in lunar.kept_on(date(2027, 2, 28), leap_day="02-28")
    assert leapling in lunar.kept_on(date(2027, 3, 1), leap_day="03-01")
    assert leapling not in lunar.kept_on(date(2027, 3, 1), leap_day="02-28")


def test_day_30_of_a_short_month_is_kept_on_day_29() -> None:
    # The fifth lunar month of 2026 has 29 days; its last is 13 July.
    assert lunar.of(date(2026, 7, 13)).day == 29
    assert BirthdayKey("lunar", 5, 30, 2026) in lunar.kept_on(date(2026, 7, 13))


def test_day_30_of_a_short_month_before_its_leap_month_is_kept_on_day_29() -> None:
    # The sixth month of 2036 has 29 days, and a leap sixth month follows on 23 July.
    assert (lunar.of(date(2036, 7, 22)).day, lunar.of(date(2036, 7, 23)).leap) == (29, True)
    assert BirthdayKey("lunar", 6, 30, 2036) in lunar.kept_on(date(2036, 7, 22))


def test_a_leap_month_keeps_no_birthday_again() -> None:
    # 2025 has a leap sixth month from 25 July.
    assert lunar.of(date(2025, 7, 30)).leap
    assert [key.calendar for key in lunar.kept_on(date(2025, 7, 30))] == ["solar"]


def test_lunar_dates_are_said_as_people_say_them() -> None:
    assert [lunar.shown(1, 1), lunar.shown(8, 15), lunar.shown(12, 20), lunar.shown(6, 10, leap=True)] == [
        "正月初一", "八月十五", "腊月二十", "闰六月初十",
    ]  # fmt: skip
