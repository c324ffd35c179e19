"""The logistic regression: its numbers, its guard, and when it is used."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from core.insight import challenger, judging, visiting
from core.insight.judging import Terms
from core.insight.months import Month
from tests.core.insight.crowd import TODAY, crowd


def test_newton_finds_the_log_odds_of_a_table() -> None:
    # 30 of 40 came where the feature is 1, 10 of 40 where it is −1: ln 3 a unit, 0 in the middle.
    feature = np.repeat([1.0, -1.0], 40)[:, None]
    target = np.concatenate((np.repeat([1.0, 0.0], [30, 10]), np.repeat([1.0, 0.0], [10, 30])))
    constant, weight = challenger.newton(feature, target)
    assert constant == pytest.approx(0.0, abs=1e-9)
    assert weight == pytest.approx(np.log(3), abs=0.01)


def test_newton_ends_where_two_kinds_are_told_apart_without_fail() -> None:
    constant, weight = challenger.newton(np.array([[1.0], [-1.0]]), np.array([1.0, 0.0]))
    assert 3 < weight < 10
    assert constant == pytest.approx(0.0, abs=1e-6)


def test_too_few_members_have_no_challenger() -> None:
    members = visiting.at(crowd(60), TODAY - 30)
    assert challenger.fit(members, np.ones(len(members), dtype=bool)) is None


def test_a_challenger_that_won_orders_the_list_and_never_rises_with_silence() -> None:
    shop = crowd(1200)
    judged = judging.judge(shop, today=TODAY, terms=Terms(challenger=True))
    assert judged.level == "L2"
    assert judged.chance.min() >= 0 and judged.chance.max() <= 1
    earlier = visiting.at(shop, TODAY - 30)
    learned = challenger.fit(earlier, visiting.came(earlier, shop, days=30))
    assert learned is not None
    later = [challenger.chance(learned, visiting.at(shop, TODAY + days)) for days in range(0, 200, 20)]
    assert all((after <= before).all() for before, after in pairwise(later))
    assert judged.chance.tolist() == later[0].tolist()


MONTH = Month(1, 30, 2000, "L1", 7000, 7200, 7500, 7600, 1500, 1400, 7100, 412, 398, None)


@pytest.mark.parametrize(
    ("auc_lr", "brier_lr", "won"), [(7600, 1400, True), (7500, 1400, False), (7600, 1500, False), (None, None, False)]
)
def test_the_challenger_wins_only_with_both_measures(auc_lr: int | None, brier_lr: int | None, won: bool) -> None:
    assert replace(MONTH, auc_lr_bp=auc_lr, brier_lr_bp=brier_lr).challenger_won is won


def test_bias_is_what_was_expected_too_much() -> None:
    assert MONTH.bias_bp == 352
    assert replace(MONTH, visitors=0).bias_bp is None
