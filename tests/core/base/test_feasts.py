"""Dates by rule: festivals of both calendars, solar terms, n-th weekdays."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base import feasts
from core.outreach.festivals import KNOWN


def days_of(rule: str, year: int) -> list[tuple[str, int]]:
    """The days of a solar year that keep a rule, each with the year it is counted under."""
    days = (date(year, 1, 1) + timedelta(days=number) for number in range(366 if year % 4 == 0 else 365))
    return [(f"{day:%m-%d}", of) for day in days if (of := feasts.year_on(rule, day)) is not None]


@pytest.mark.parametrize(
    ("rule", "in_2026", "in_2033"),
    [
        ("solar:1-1", ("01-01", 2026), ("01-01", 2033)),
        ("lunar:eve", ("02-16", 2025), ("01-30", 2032)),
        ("lunar:1-1", ("02-17", 2026), ("01-31", 2033)),
        ("lunar:1-15", ("03-03", 2026), ("02-14", 2033)),
        ("term:清明", ("04-05", 2026), ("04-04", 2033)),
        ("lunar:5-5", ("06-19", 2026), ("06-01", 2033)),
        ("lunar:7-7", ("08-19", 2026), ("08-01", 2033)),
        ("lunar:8-15", ("09-25", 2026), ("09-08", 2033)),
        ("lunar:9-9", ("10-18", 2026), ("10-01", 2033)),
        ("nth:5-sun-2", ("05-10", 2026), ("05-08", 2033)),
        ("nth:6-sun-3", ("06-21", 2026), ("06-19", 2033)),
        ("nth:11-thu-4", ("11-26", 2026), ("11-24", 2033)),
        ("nth:5-mon-last", ("05-25", 2026), ("05-30", 2033)),
        ("term:冬至", ("12-22", 2026), ("12-21", 2033)),
        ("solar:12-25", ("12-25", 2026), ("12-25", 2033)),
    ],
)
def test_rules_fall_on_their_days(rule: str, in_2026: tuple[str, int], in_2033: tuple[str, int]) -> None:
    assert feasts.is_rule(rule)
    assert [days_of(rule, 2026), days_of(rule, 2033)] == [[in_2026], [in_2033]]


def test_the_eighth_of_the_twelfth_month_can_come_twice_in_a_solar_year_or_never() -> None:
    assert [days_of("lunar:12-8", year) for year in (2021, 2022, 2023)] == [
        [("01-20", 2020)],
        [("01-10", 2021), ("12-30", 2022)],
        [],
    ]


def test_no_festival_is_kept_in_a_leap_month() -> None:
    # 2020 has a leap fourth month, 2033 a leap eleventh, 2025 a leap sixth.
    assert days_of("lunar:4-8", 2020) == [("04-30", 2020)]
    assert days_of("lunar:6-6", 2025) == [("06-30", 2025)]
    assert days_of("lunar:11-11", 2033) == [("12-02", 2033)]


@pytest.mark.parametrize(
    "rule",
    ["solar:2-29", "solar:13-1", "lunar:13-1", "lunar:1-31", "term:立人", "nth:5-sun-6", "nth:5-son-1", "lunar:e", ""],
)
def test_what_is_no_rule_is_refused_and_never_comes(rule: str) -> None:
    assert not feasts.is_rule(rule)
    assert days_of(rule, 2028) == []


def test_a_term_agrees_with_another_calendar() -> None:
    from lunar_python import Lunar

    for year in range(1950, 2051, 5):
        told = Lunar.fromYmd(year, 2, 1).getJieQiTable()["清明"]
        assert days_of("term:清明", year) == [(f"{told.getMonth():02d}-{told.getDay():02d}", year)]


@given(year=st.integers(1950, 2049), festival=st.sampled_from(KNOWN))
@settings(max_examples=15, deadline=None)
def test_every_festival_comes_once_for_each_year_it_is_counted_under(year: int, festival: object) -> None:
    found = [of for one in (year, year + 1) for _, of in days_of(festival.rule, one)]  # type: ignore[attr-defined]
    assert found.count(year) == 1
    assert len(found) == len(set(found))
