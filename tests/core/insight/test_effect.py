"""What a campaign brought: intervals and sample sizes against published figures and properties."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.insight import effect
from core.insight.effect import Spread


def test_newcombes_own_example() -> None:
    found = effect.newcombe(56, 70, 48, 80)
    assert (round(found.difference, 4), round(found.low, 4), round(found.high, 4)) == (0.2, 0.0524, 0.3339)
    assert found.is_proof


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [((9, 10, 3, 10), 0.1705, 0.8090), ((5, 56, 0, 29), -0.0381, 0.1926), ((0, 10, 0, 20), -0.1611, 0.2775)],
)
def test_more_rows_of_newcombes_table(counts: tuple[int, int, int, int], low: float, high: float) -> None:
    found = effect.newcombe(*counts)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@given(st.integers(1, 500), st.integers(1, 500), st.data())
def test_the_interval_holds_the_difference_and_turns_with_the_arms(n: int, m: int, data: st.DataObject) -> None:
    a, b = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    there, back = effect.newcombe(a, n, b, m), effect.newcombe(b, m, a, n)
    assert -1 <= there.low <= there.difference <= there.high <= 1
    assert there.low == pytest.approx(-back.high)


def test_ten_to_fifteen_percent_needs_686_an_arm() -> None:
    assert effect.needed(0.10, 0.15) == 686


def test_what_can_be_seen_is_what_the_size_is_enough_for() -> None:
    seen = effect.detectable(0.10, 686, 686)
    assert seen == pytest.approx(0.15, abs=0.0001)
    with_few_held_out = effect.detectable(0.10, 200, 800)
    assert with_few_held_out is not None and effect.needed(0.10, with_few_held_out, ratio=4.0) == 200
    assert effect.detectable(0.10, 1, 800) is None


@pytest.mark.parametrize(("freedom", "value"), [(5, 2.571), (10, 2.228), (30, 2.042), (120, 1.980)])
def test_students_t_is_that_of_the_tables(freedom: int, value: float) -> None:
    assert effect.student(freedom) == pytest.approx(value, abs=0.003)


def test_welch_on_a_worked_example() -> None:
    found = effect.welch(Spread(10, 20.0, 16.0), Spread(20, 15.0, 4.0))
    # 5 ± t(11.3) · √(1.6 + 0.2); t = 2.194
    assert found.difference == 5.0
    assert found.low == pytest.approx(2.057, abs=0.005)


def test_members_who_spent_nothing_count() -> None:
    assert effect.spread([600, 400], 4) == Spread(4, 250.0, 90000.0)


def test_the_cap_is_the_99th_percentile() -> None:
    assert effect.cap_of(list(range(1, 201)), 200) == 198
    assert effect.cap_of([70, 90], 10_000) == 90


def test_95_of_100_intervals_hold_the_truth() -> None:
    chance = random.Random(7)
    held = 0
    for _ in range(400):
        one, other = ([int(chance.expovariate(0.01)) for _ in range(80)] for _ in range(2))
        found = effect.welch(effect.spread(one, 80), effect.spread(other, 80))
        held += found.low <= 0 <= found.high
    assert 370 <= held <= 392


@pytest.mark.parametrize(
    ("audience", "wanted", "held"),
    [(10_000, None, 2_000), (1_000, None, 200), (999, None, 499), (60, None, 30), (1_000, 0, 0), (1_000, 1_000, 100)],
)
def test_how_many_are_held_out(audience: int, wanted: int | None, held: int) -> None:
    assert effect.holdout_of(audience, wanted) == held
