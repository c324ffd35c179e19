"""Rounding, shares and the way amounts are written."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base import money
from core.base.money import Milli

WEIGHTS = st.lists(st.integers(0, 10**7), min_size=1, max_size=8)


@given(st.integers(0, 10**9), WEIGHTS)
def test_shares_add_up_exactly(total: int, weights: list[int]) -> None:
    assert sum(money.shares(total, weights)) == total


@given(st.integers(0, 10**9), WEIGHTS.filter(any))
def test_each_share_is_its_exact_part_rounded_up_or_down(total: int, weights: list[int]) -> None:
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    assert all(abs(part - want) < 1 for part, want in zip(money.shares(total, weights), exact, strict=True))


@given(st.integers(0, 10**6), WEIGHTS.filter(any))
def test_shares_round_up_where_the_remainder_is_largest_and_then_earliest(total: int, weights: list[int]) -> None:
    parts, whole = money.shares(total, weights), sum(weights)
    order = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    raised = [parts[i] - total * weights[i] // whole for i in order]
    assert raised == sorted(raised, reverse=True)


@given(st.integers(0, 10**6), WEIGHTS)
def test_no_share_passes_its_weight_when_the_total_does_not(total: int, weights: list[int]) -> None:
    part_of_all = min(total, sum(weights))
    parts = money.shares(part_of_all, weights)
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))


def test_shares_of_nothing_weighted_go_to_the_first() -> None:
    assert money.shares(7, [0, 0, 0]) == [7, 0, 0]


def test_shares_over_nobody_are_none() -> None:
    assert money.shares(0, []) == []


@given(
    st.integers(0, 10**6),
    st.integers(1, 50),
    st.lists(st.integers(0, 50), max_size=6),
)
def test_cumulative_parts_of_any_sequence_add_up(total: int, whole: int, stops: list[int]) -> None:
    steps = sorted({0, whole, *(stop for stop in stops if stop < whole)})
    pairs = pairwise(steps)
    assert sum(money.cumulative_part(total, before, after, whole) for before, after in pairs) == total


@pytest.mark.parametrize(("numerator", "denominator", "rounded"), [(1, 2, 1), (3, 2, 2), (5, 4, 1), (-1, 2, 0)])
def test_half_is_rounded_up(numerator: int, denominator: int, rounded: int) -> None:
    assert money.half_up(numerator, denominator) == rounded


def test_weighed_goods_are_rounded_once_a_line() -> None:
    assert money.line_amount(3990, Milli(355)) == 1416


def test_a_rate_is_in_basis_points() -> None:
    assert money.part_bp(3605, 1000) == 361


@pytest.mark.parametrize(
    ("cents", "text"),
    [(0, "¥0.00"), (5, "¥0.05"), (123_450, "¥1,234.50"), (-300, "−¥3.00"), (100_000_000, "¥1,000,000.00")],
)
def test_amounts_for_people(cents: int, text: str) -> None:
    assert money.shown(cents, "¥") == text


@pytest.mark.parametrize(("cents", "text"), [(123_450, "1234.50"), (-5, "-0.05")])
def test_amounts_for_files(cents: int, text: str) -> None:
    assert money.plain(cents) == text


@pytest.mark.parametrize(("milli", "text"), [(2000, "2"), (350, "0.35"), (1005, "1.005"), (-500, "−0.5")])
def test_quantities_for_people(milli: int, text: str) -> None:
    assert money.quantity_shown(milli) == text
