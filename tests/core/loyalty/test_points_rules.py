"""What points are worth, what they cost, and when they expire."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.clock import DAY, Millis
from core.books.rules import ShopRules
from core.loyalty import points
from tests.shops import at


@given(st.integers(0, 10**6), st.integers(1, 1000))
def test_points_for_an_amount_are_the_fewest_that_are_worth_it(cents: int, rate: int) -> None:
    needed = points.needed_for(cents, points_per_unit=rate)
    assert points.worth(needed, points_per_unit=rate) >= cents
    assert needed == 0 or points.worth(needed - 1, points_per_unit=rate) < cents


@given(st.integers(0, 10**6), st.integers(1, 1000))
def test_rounding_to_whole_cents_never_costs_more_points(wanted: int, rate: int) -> None:
    worth = points.worth(wanted, points_per_unit=rate)
    assert points.needed_for(worth, points_per_unit=rate) <= wanted


@given(st.integers(0, 10**4), st.integers(1, 1000))
def test_the_most_points_within_an_amount_are_worth_no_more(cents: int, rate: int) -> None:
    most = points.most_within(cents, points_per_unit=rate)
    next_worth = next(
        worth
        for more in range(most + 1, most + rate + 101)
        if (worth := points.worth(more, points_per_unit=rate)) > points.worth(most, points_per_unit=rate)
    )
    assert points.worth(most, points_per_unit=rate) <= cents < next_worth


@pytest.mark.parametrize(
    ("cents", "multiplier", "earned"),
    [(8980, 15_000, 134), (99, 10_000, 0), (-500, 10_000, 0), (40_000, 12_000, 480)],
)
def test_points_are_rounded_down_once(cents: int, multiplier: int, earned: int) -> None:
    assert points.earned_on(cents, cents_per_point=100, multiplier_bp=multiplier) == earned


@pytest.mark.parametrize(
    ("method", "months", "expires"),
    [
        ("months", 12, at(2028, 2, 29, 0)),
        ("month_end", 12, at(2028, 3, 1, 0)),
        ("month_end", 1, at(2027, 4, 1, 0)),
        ("months", 1, at(2027, 3, 29, 0)),
        ("year_end", 12, at(2028, 1, 1, 0)),
        ("never", 12, None),
    ],
)
def test_expiry_of_points_earned_on_28_february(method: str, months: int, expires: int | None) -> None:
    shop = replace(ShopRules(), points_expiry=method, points_months=months)
    assert points.expiry_of(at(2027, 2, 28), shop) == expires


def test_expiry_of_points_earned_on_a_day_the_later_month_lacks() -> None:
    shop = replace(ShopRules(), points_months=6)
    assert points.expiry_of(at(2026, 8, 31), shop) == at(2027, 3, 1, 0)


@pytest.mark.parametrize(
    ("method", "months", "earned", "expires"),
    [
        ("year_end", 12, at(2026, 12, 20), at(2028, 1, 1, 0)),
        ("year_end", 12, at(2026, 12, 1), at(2027, 1, 1, 0)),
        ("month_end", 0, at(2026, 11, 30), at(2027, 1, 1, 0)),
        ("months", 0, at(2026, 11, 30), at(2026, 12, 15, 0)),
    ],
)
def test_points_never_expire_while_they_are_pending(method: str, months: int, earned: Millis, expires: int) -> None:
    shop = replace(ShopRules(), points_expiry=method, points_months=months, points_pending_days=14)
    assert points.lot_times(earned, shop) == (earned + 14 * DAY, expires)
