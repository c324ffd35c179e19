"""AUC, Brier score and the first half of the list, by hand."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.insight.measures import auc, brier, first_half

pairs = st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=30)


def test_a_perfect_order_has_an_auc_of_one() -> None:
    assert auc(np.array([9, 8, 2, 1]), np.array([True, True, False, False])) == 1.0


def test_one_pair_of_four_in_the_wrong_order() -> None:
    assert auc(np.array([9, 3, 5, 1]), np.array([True, True, False, False])) == 0.75


def test_ties_count_half() -> None:
    assert auc(np.array([4, 4, 4, 1]), np.array([True, False, True, False])) == 0.75
    assert auc(np.array([4, 4]), np.array([True, False])) == 0.5


def test_without_both_kinds_there_is_no_auc() -> None:
    assert auc(np.array([1, 2]), np.array([True, True])) is None
    assert auc(np.array([]), np.array([], dtype=bool)) is None


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pairs)
def test_the_auc_is_the_share_of_pairs_in_order(given_pairs: list[tuple[int, bool]]) -> None:
    risk = np.array([one for one, _ in given_pairs])
    left = np.array([one for _, one in given_pairs])
    twin = [(a > b) + (a == b) / 2 for a in risk[left] for b in risk[~left]]
    assert auc(risk, left) == (pytest.approx(sum(twin) / len(twin)) if twin else None)


def test_brier_is_the_mean_squared_distance() -> None:
    assert brier(np.array([1.0, 0.5, 0.0]), np.array([True, True, True])) == pytest.approx(1.25 / 3)
    assert brier(np.array([]), np.array([], dtype=bool)) is None


def test_leavers_in_the_first_half_of_the_list() -> None:
    assert first_half(np.array([9, 8, 2, 1]), np.array([True, False, True, False])) == 0.5
    assert first_half(np.array([9, 8, 2, 1]), np.array([True, True, False, False])) == 1.0
    # Of four equal risks any two may be first.
    assert first_half(np.array([3, 3, 3, 3]), np.array([True, False, True, False])) == 0.5
    assert first_half(np.array([3]), np.array([False])) is None
