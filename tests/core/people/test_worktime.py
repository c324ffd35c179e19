"""Minutes worked, from punches alone: nights in which clocks change, what is missing, breaks, rounding."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base import clock
from core.base.clock import HOUR, MINUTE, Millis
from core.people import worktime
from core.people.worktime import Punch, TimeRules, Way

BERLIN = "Europe/Berlin"
LATER = Millis(2**50)


def punch(way: Way, day: date, hour: int, minute: int = 0, zone: str = BERLIN) -> Punch:
    return Punch(0, way, clock.at_time(day, hour, minute, zone), 1)


def only_day(*punches: Punch, how: TimeRules = TimeRules(), now: Millis = LATER) -> worktime.Workday:  # noqa: B008
    ((day, parts),) = worktime.by_day(worktime.stretches(punches), BERLIN).items()
    return worktime.workday(day, parts, how, now=now)


@pytest.mark.parametrize(
    ("evening", "minutes"),
    [(date(2026, 3, 28), 420), (date(2026, 10, 24), 540), (date(2026, 5, 8), 480)],
)
def test_a_night_is_as_long_as_it_really_was(evening: date, minutes: int) -> None:
    """23:00 to 07:00 is 7 hours when clocks go forward, 9 when they go back; it is of the day it began."""
    morning = date.fromordinal(evening.toordinal() + 1)
    found = only_day(punch("in", evening, 23), punch("out", morning, 7))
    assert (found.day, found.minutes, found.missing) == (evening, minutes, ())


def test_two_stretches_of_a_day_add_up() -> None:
    day = date(2026, 5, 8)
    found = only_day(punch("in", day, 9), punch("out", day, 12, 30), punch("in", day, 13), punch("out", day, 17, 12))
    assert (found.minutes, worktime.shown(found.minutes)) == (462, "7:42")


def test_a_missing_going_is_named_and_counts_nothing() -> None:
    first, second = date(2026, 5, 8), date(2026, 5, 9)
    punches = [punch("in", first, 9), punch("in", second, 9), punch("out", second, 17)]
    days = {
        day: worktime.workday(day, parts, TimeRules(), now=LATER)
        for day, parts in worktime.by_day(worktime.stretches(punches), BERLIN).items()
    }
    assert (days[first].minutes, days[first].missing) == (0, ("out",))
    assert (days[second].minutes, days[second].missing) == (480, ())


def test_a_missing_coming_is_named() -> None:
    assert only_day(punch("out", date(2026, 5, 8), 17)).missing == ("in",)


def test_who_is_still_there_misses_nothing() -> None:
    day = date(2026, 5, 8)
    found = only_day(punch("in", day, 9), now=clock.at_time(day, 15, 0, BERLIN))
    assert (found.running, found.missing, found.minutes) == (True, (), 0)


def test_nobody_works_seventeen_hours_at_once() -> None:
    day = date(2026, 5, 8)
    assert only_day(punch("in", day, 5), punch("out", day, 22)).missing == ("out", "in")


@pytest.mark.parametrize(("to", "minutes"), [(0, 463), (5, 465), (15, 465), (30, 450)])
def test_stretches_are_rounded_as_the_shop_says(to: int, minutes: int) -> None:
    day = date(2026, 5, 8)
    assert only_day(punch("in", day, 9), punch("out", day, 16, 43), how=TimeRules(to)).minutes == minutes


@pytest.mark.parametrize(
    ("worked", "taken", "off"),
    [(360, 0, 0), (370, 0, 10), (400, 0, 30), (400, 20, 10), (400, 30, 0), (545, 0, 30), (600, 0, 45), (600, 60, 0)],
)
def test_a_break_not_taken_is_taken_off(worked: int, taken: int, off: int) -> None:
    assert worktime.owed_break(worked, taken, ((360, 30), (540, 45))) == off


def test_time_between_two_stretches_is_a_break() -> None:
    day, how = date(2026, 5, 8), TimeRules(0, ((360, 30),))
    parts = punch("in", day, 8), punch("out", day, 12), punch("in", day, 12, 20), punch("out", day, 16, 20)
    found = only_day(*parts, how=how)
    assert (found.minutes, found.break_minutes) == (470, 10)


@given(st.lists(st.tuples(st.sampled_from(["in", "out"]), st.integers(0, 4000)), max_size=12))
def test_no_minute_counts_twice_and_no_punch_is_lost(given_: list[tuple[Way, int]]) -> None:
    punches = [Punch(id, way, Millis(at * MINUTE), 1) for id, (way, at) in enumerate(given_)]
    found = worktime.stretches(punches)
    assert sorted(one.id for part in found for one in (part.began, part.ended) if one) == list(range(len(punches)))
    whole = [(part.began.at, part.ended.at) for part in found if part.began and part.ended]
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(whole))
    assert all(ended - began <= 16 * HOUR for began, ended in whole)
