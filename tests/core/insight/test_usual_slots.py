"""Hours and weekdays: lift, its chance, the shrunk time of a member, and clocks that are moved."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.base import clock
from core.base.clock import HOUR
from core.insight import slots
from core.insight.slots import Slot


@pytest.mark.parametrize(
    ("statistic", "p"), [(3.841459, 0.05), (6.634897, 0.01), (10.827566, 0.001), (0.0, 1.0), (2.705543, 0.1)]
)
def test_the_chance_of_a_statistic_is_that_of_the_tables(statistic: float, p: float) -> None:
    assert slots.p_of(statistic) == pytest.approx(p, abs=1e-7)


def test_the_statistic_of_a_table_of_two_by_two() -> None:
    """20 of 50 against 10 of 50: 100 · (20·40 − 30·10)² / (50·50·30·70) = 4.7619."""
    assert slots.chi_square(20, 50, 30, 100) == pytest.approx(4.761905, abs=1e-6)
    assert slots.chi_square(10, 10, 10, 10) == 0.0


def test_lift_is_shown_from_thirty_purchases_and_flagged_where_chance_hardly_does_it() -> None:
    found = slots.compared({1: (60, 40), 2: (29, 371), 3: (31, 69)})
    assert found[1] == (Slot(60, 30_000, True), Slot(40, 5000, True))
    assert found[2] == (Slot(29, None, False), Slot(371, 11_594, True))
    assert found[3][0] == Slot(31, 15_500, False)


@given(
    some.lists(some.integers(0, 40), min_size=4, max_size=4), some.lists(some.integers(0, 99), min_size=4, max_size=4)
)
def test_shrunk_chances_are_chances(own: list[int], shop: list[int]) -> None:
    chances = slots.shrunk(own, shop)
    assert sum(chances) == pytest.approx(1) and all(0 <= one <= 1 for one in chances)


def test_a_usual_time_needs_visits_enough() -> None:
    shop = (10, 20, 60, 10)
    assert slots.usual((0, 0, 0, 3), shop) is None  # (3 + 0.5) / 8 = 0.44
    assert slots.usual((0, 0, 0, 7), shop) == 3  # (7 + 0.5) / 12 = 0.63
    assert slots.usual((0, 0, 2, 0), (0, 0, 9, 0)) is None  # the shop's time is not theirs after two visits
    assert slots.usual((4, 3, 4, 3), shop) is None


def test_the_parts_of_a_day() -> None:
    assert [slots.daypart(hour) for hour in (0, 10, 11, 13, 14, 17, 18, 23)] == [0, 0, 1, 1, 2, 2, 3, 3]


def test_spans_break_in_the_minute_in_which_clocks_are_moved() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    since = int(datetime(2026, 3, 1, tzinfo=berlin).timestamp() * 1000)
    until = int(datetime(2026, 4, 15, tzinfo=berlin).timestamp() * 1000)
    moved = int(datetime(2026, 3, 29, 3, tzinfo=berlin).timestamp() * 1000)
    assert list(slots.offsets("Europe/Berlin", since, until)) == [
        (since, moved, HOUR), (moved, until, 2 * HOUR),
    ]  # fmt: skip
    assert list(slots.offsets("Asia/Shanghai", since, until)) == [(since, until, 8 * HOUR)]


@given(some.integers(1_700_000_000_000, 1_800_000_000_000))
def test_the_hour_of_the_week_is_that_of_the_clock(at: int) -> None:
    (span,) = [one for one in slots.offsets("America/New_York", at - HOUR, at + HOUR) if one[0] <= at < one[1]]
    then = clock.local(at, "America/New_York")
    assert slots.hour_of_week(at, span[2]) == then.weekday() * 24 + then.hour
