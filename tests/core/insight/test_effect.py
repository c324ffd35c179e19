"""What a campaign brought: intervals and sample sizes against published figures and properties."""

import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.insight import effect
from core.insight.effect import Interval, Spread


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


@pytest.mark.parametrize(
    ("base", "raised", "each"),
    [(0.10, 0.15, 686), (0.05, 0.10, 435), (0.10, 0.20, 199), (0.20, 0.25, 1094), (0.05, 0.08, 1059)],
)
def test_how_many_an_arm_needs(base: float, raised: float, each: int) -> None:
    assert effect.needed(base, raised) == each


@pytest.mark.parametrize(("raised", "held", "written"), [(0.15, 445, 1780), (0.20, 132, 528)])
def test_how_many_it_takes_with_a_fifth_held_out(raised: float, held: int, written: int) -> None:
    assert effect.needed(0.10, raised, ratio=4.0) == held
    assert effect.audience_for(0.10, raised - 0.10, held_share=0.2) == held + written


@pytest.mark.parametrize(("base", "rise", "share"), [(0.98, 0.05, 0.2), (0.1, 0.0, 0.2), (0.1, 0.05, 0.0)])
def test_no_audience_shows_what_cannot_be(base: float, rise: float, share: float) -> None:
    assert effect.audience_for(base, rise, held_share=share) is None


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


def test_welch_on_the_data_of_student() -> None:
    """Cushny and Peebles' hours of sleep gained, as in R: t.test(extra ~ group, data = sleep)."""
    one = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    other = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    found = effect.welch(*(Spread(10, statistics.mean(side), statistics.variance(side)) for side in (one, other)))
    assert (round(found.difference, 2), round(found.low, 3), round(found.high, 3)) == (-1.58, -3.365, 0.205)


def test_where_nobody_came_there_are_no_bounds() -> None:
    assert effect.whole(effect.welch(effect.spread([], 60), effect.spread([], 60))) is None


def test_members_who_spent_nothing_count() -> None:
    assert effect.spread([600, 400], 4) == Spread(4, 250.0, 90000.0)


def test_the_cap_is_the_99th_percentile_of_those_who_spent() -> None:
    assert effect.cap_of(list(range(1, 201))) == 198
    assert effect.cap_of([70, 90]) == 90
    assert effect.cap_of([]) == 0


def test_what_one_more_cost_has_the_bounds_of_how_many_came() -> None:
    # 200.00 for 1,000 members, of whom 5 % more came (2 to 8)
    assert effect.cost_each(20_000, 1000, Interval(0.05, 0.02, 0.08)) == (400.0, 250.0, 1000.0)
    assert effect.cost_each(20_000, 1000, Interval(0.05, -0.01, 0.11)) is None
    assert effect.return_bp(30_000, 20_000) == 15_000
    assert effect.return_bp(30_000, 0) is None


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
