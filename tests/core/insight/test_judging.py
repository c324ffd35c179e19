"""The night's judgement from visits alone."""

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.insight import judging, rfm, rhythm, visiting
from core.insight.judging import Judged, Terms, judge
from core.insight.visiting import Visits
from tests.core.insight.crowd import TODAY, crowd

SHOP = crowd(120)
PATIENT = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def of(rows: list[tuple[int, int, int]], **terms: Any) -> Judged:
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    visits = visiting.ordered(table[:, 0], table[:, 1], table[:, 2])
    return judge(visits, today=TODAY, terms=Terms(**terms))


def same(one: Judged, other: Judged) -> bool:
    """Whether every column of two judgements is equal to the bit."""
    names = [field.name for field in fields(Judged) if isinstance(getattr(one, field.name), np.ndarray)]
    assert len(names) == 14
    return one.level == other.level and all(
        getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in names
    )


def test_a_shop_with_repeat_members_is_judged_by_rhythm_and_chance() -> None:
    judged = judge(SHOP, today=TODAY, terms=Terms())
    assert (judged.level, judged.by_rhythm, len(judged)) == ("L1", True, 120)
    assert not np.isnan(judged.chance).any()
    assert judged.chance.min() >= 0 and judged.chance.max() <= 1
    lost = judged.state == rhythm.STATES.index("lost")
    on_time = judged.state == rhythm.STATES.index("on time")
    assert judged.chance[lost].mean() < 0.3 < 0.6 < judged.chance[on_time].mean()


def test_expected_loss_is_what_is_not_likely_to_be_spent() -> None:
    judged = judge(SHOP, today=TODAY, terms=Terms())
    assert judged.loss_cents == pytest.approx((1 - judged.chance) * judged.expected_cents, abs=1.0)


def test_the_season_moves_the_forecast_and_not_the_order() -> None:
    plain = judge(SHOP, today=TODAY, terms=Terms())
    december = judge(SHOP, today=TODAY, terms=Terms(season=1.5))
    assert december.expected_cents == pytest.approx(plain.expected_cents * 1.5, abs=1.0)
    assert december.loss_cents.tolist() == plain.loss_cents.tolist()


def test_the_chance_a_month_ago_is_that_of_the_same_fit() -> None:
    judged = judge(SHOP, today=TODAY, terms=Terms())
    joined_since = judged.members.first_day > TODAY - 30
    assert np.isnan(judged.chance_before[joined_since]).all()
    assert not np.isnan(judged.chance_before[~joined_since]).any()
    silent = judged.members.silent_days >= 60
    assert (judged.chance_before[silent] > judged.chance[silent]).all()


def test_the_next_visit_is_a_range_around_the_usual_day() -> None:
    judged = judge(SHOP, today=TODAY, terms=Terms())
    told = judged.next_day >= 0
    assert 30 < told.sum() < 120
    assert (judged.next_from[told] > TODAY).all()
    assert (judged.next_from[told] <= judged.next_day[told]).all()
    assert (judged.next_day[told] <= judged.next_to[told]).all()


def test_twelve_months_are_worth_more_of_a_member_who_still_comes() -> None:
    judged = judge(SHOP, today=TODAY, terms=Terms())
    order = np.argsort(judged.chance)
    assert judged.value_cents[order[-40:]].mean() > 10 * judged.value_cents[order[:40]].mean()


@PATIENT
@given(st.integers(1, 60))
def test_what_comes_after_the_day_has_no_influence(later: int) -> None:
    past = visiting.until(SHOP, TODAY - later)
    assert same(judge(SHOP, today=TODAY - later, terms=Terms()), judge(past, today=TODAY - later, terms=Terms()))


@PATIENT
@given(st.integers(0, 2**32))
def test_rows_in_any_order_are_judged_the_same(seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(SHOP))
    shuffled = visiting.ordered(SHOP.member_ids[order], SHOP.days[order], SHOP.cents[order])
    assert same(judge(shuffled, today=TODAY, terms=Terms()), judge(SHOP, today=TODAY, terms=Terms()))


@PATIENT
@given(st.integers(0, 200), st.integers(1, 200))
def test_no_chance_rises_as_days_pass_without_a_visit(silent: int, more: int) -> None:
    fitted = judging.churn.fit(visiting.at(SHOP, TODAY).histories, model="mbgnbd")
    assert fitted is not None
    sooner, later = (visiting.at(SHOP, TODAY + days) for days in (silent, silent + more))
    before, after = (judging.chances(fitted, None, at, 30) for at in (sooner, later))
    assert (after <= before).all()
    assert after.min() >= 0 and before.max() <= 1


def test_an_empty_shop_has_nobody_to_judge() -> None:
    judged = of([])
    assert (len(judged), judged.level, judged.still_active_shown) == (0, "L0", False)


def test_one_member_of_one_day_is_new_and_no_chance_is_told() -> None:
    judged = of([(7, TODAY, 3000)])
    assert rhythm.STATES[judged.state[0]] == "new"
    assert rfm.GROUPS[judged.group[0]] == "new"
    assert np.isnan(judged.chance[0]) and judged.value_cents[0] == judged.next_day[0] == -1
    assert judged.loss_cents[0] == judged.expected_cents[0] == 3000


def test_a_shop_of_one_day_warns_of_nobody() -> None:
    judged = of([(member, TODAY - 3, 1000) for member in range(200)])
    assert judged.level == "L0"
    assert {rhythm.STATES[state] for state in judged.state} == {"new"}


def test_without_repeats_the_owners_days_decide() -> None:
    judged = of([(1, TODAY - 61, 1000), (2, TODAY - 60, 1000)], silent_days=60)
    assert [rhythm.STATES[state] for state in judged.state] == ["warning", "new"]
    assert judged.warn_days.tolist() == [60, 60]
    assert judged.lost_days.tolist() == [-1, -1]


def test_everyone_daily_is_on_time_and_no_still_active_figure_is_told() -> None:
    judged = of([(member, TODAY - back, 500) for member in range(80) for back in range(120)])
    assert judged.level == "L1"
    assert {rhythm.STATES[state] for state in judged.state} == {"on time"}
    # Nobody ever left: the likelihood of leaving runs to its edge.
    assert not judged.still_active_shown
    assert judged.chance.min() > 0.95


def test_a_fit_that_collapsed_tells_no_chance_of_who_is_silent_out_of_rhythm() -> None:
    daily = [(member, TODAY - back, 500) for member in range(80) for back in range(0, 120, 2) if member or back > 40]
    judged = of(daily)
    assert not judged.still_active_shown
    assert np.isnan(judged.chance).tolist() == [True] + [False] * 79
    assert judged.loss_cents[0] > 0


def test_rhythms_switched_off_leave_the_owners_days() -> None:
    judged = judge(SHOP, today=TODAY, terms=Terms(by_rhythm=False, silent_days=45))
    late = judged.members.silent_days > 45
    assert (judged.state[late] == rhythm.STATES.index("warning")).all()
    assert (judged.state[~late] < rhythm.STATES.index("warning")).all()
    assert (judged.level, judged.by_rhythm) == ("L1", False)


def test_amounts_of_a_day_are_one_visit_and_a_day_paid_back_is_none() -> None:
    visits: Visits = visiting.ordered(np.array([2, 1, 1, 1]), np.array([9, 4, 4, 8]), np.array([5, 70, 30, -10]))
    assert (visits.member_ids.tolist(), visits.days.tolist(), visits.cents.tolist()) == ([1, 2], [4, 9], [100, 5])
