"""The lunar calendar against a second opinion, and which birthdays a day keeps."""

from datetime import date, timedelta

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


def test_a_leap_month_keeps_no_birthday_again() -> None:
    # 2025 has a leap sixth month from 25 July.
    assert lunar.of(date(2025, 7, 30)).leap
    assert [key.calendar for key in lunar.kept_on(date(2025, 7, 30))] == ["solar"]


def test_lunar_dates_are_said_as_people_say_them() -> None:
    assert [lunar.shown(1, 1), lunar.shown(8, 15), lunar.shown(12, 20), lunar.shown(6, 10, leap=True)] == [
        "正月初一", "八月十五", "腊月二十", "闰六月初十",
    ]  # fmt: skip
