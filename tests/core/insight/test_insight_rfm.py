import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.insight.rfm import (
    GROUPS,
    Lines,
    groups,
    percentile_sum,
    quintile_cuts,
    quintile_scores,
    scores,
    shop_lines,
)


def test_cuts_are_values_of_the_shop() -> None:
    assert quintile_cuts(np.array([10, 20, 30, 40, 50, 60, 70, 80, 90, 100])) == (20.0, 40.0, 60.0, 80.0)


def test_equal_values_score_equal_and_leave_scores_empty() -> None:
    assert quintile_scores(np.array([1, 1, 1, 1, 1, 1, 2, 2, 3, 4])).tolist() == [1] * 6 + [4, 4, 5, 5]


@given(st.lists(st.integers(0, 30), min_size=1, max_size=60))
def test_scores_agree_with_counting_by_hand(values: list[int]) -> None:
    cuts = []
    for percent in (20, 40, 60, 80):
        reached = [v for v in values if sum(w <= v for w in values) * 100 >= percent * len(values)]
        cuts.append(min(reached))
    expected = [1 + sum(cut < value for cut in cuts) for value in values]
    assert quintile_scores(np.array(values)).tolist() == expected


def test_no_values_have_no_cuts() -> None:
    with pytest.raises(ValueError, match="no values"):
        quintile_cuts(np.empty(0))


def test_no_members_have_no_scores() -> None:
    assert quintile_scores(np.empty(0)).tolist() == []


def test_the_latest_visitor_scores_five_for_recency() -> None:
    found = scores(np.array([1, 10, 20, 30, 40]), np.array([5, 4, 3, 2, 1]), np.array([1, 2, 3, 4, 5]))
    assert found.recency.tolist() == [5, 4, 3, 2, 1]
    assert found.frequency.tolist() == [5, 4, 3, 2, 1]
    assert found.money.tolist() == [1, 2, 3, 4, 5]


def test_percentile_sum_shares_ranks_between_equals() -> None:
    found = percentile_sum(np.array([3, 9, 9, 30]), np.array([4, 2, 2, 1]), np.array([80, 20, 20, 10]))
    assert found.tolist() == pytest.approx([3.0, 1.875, 1.875, 0.75])
    assert math.isclose(found.sum(), 7.5)


def test_frequency_line_never_falls_below_two_visits() -> None:
    assert shop_lines(np.array([1, 1, 3]), np.array([10, 20, 90])) == Lines(2.0, 20.0)


def test_a_line_the_owner_set_stands_for_the_median() -> None:
    visits, money = np.array([1, 1, 3]), np.array([10, 20, 90])
    assert shop_lines(visits, money, Lines(1, 0)) == Lines(1, 20.0)
    assert shop_lines(visits, money, Lines(0, 25)) == Lines(2.0, 25)
    assert shop_lines(visits[:0], money[:0], Lines(4, 0)) == Lines(4, 0.0)


def test_four_groups_count_the_line_as_high() -> None:
    visits, money = np.array([2, 3, 1, 1]), np.array([40, 30, 25, 19])
    found = groups(visits, money, np.array([90, 90, 90, 90]), lines=Lines(2, 20), new_days=10)
    names = [GROUPS[place] for place in found]
    assert names == ["good", "basket should rise", "frequency should rise", "poor"]


@pytest.mark.parametrize(("age_days", "name"), [(9, "new"), (10, "poor")])
def test_first_timer_is_new_for_one_usual_interval(age_days: int, name: str) -> None:
    found = groups(np.array([1]), np.array([5]), np.array([age_days]), lines=Lines(2, 20), new_days=9)
    assert GROUPS[found[0]] == name
