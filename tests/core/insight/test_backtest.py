"""The back-test: what would have been said at month ends, and what happened."""

from datetime import date

import numpy as np
import pytest

from core.base import access, db
from core.base.clock import Millis
from core.books import stats
from core.insight import backtest, months, visiting
from tests.core.insight.crowd import TODAY, crowd
from tests.shops import Shop, at

JOB = access.scheduler("back-test")
SHOP = crowd(400, days=700)


def test_a_window_is_judged_by_what_was_known_and_counted_after() -> None:
    month = backtest.test(SHOP, day=TODAY - 30, horizon_days=30)
    assert month is not None
    known = visiting.at(SHOP, TODAY - 30)
    assert (month.members, month.level) == (len(known), "L1")
    assert month.visitors == int(visiting.came(known, SHOP, days=30).sum())
    assert month.expected_visitors == pytest.approx(month.visitors, rel=0.2)
    assert 8000 < (month.auc_mbg_bp or 0) <= 10_000
    assert 0 < (month.brier_mbg_bp or 0) < 2500
    assert (month.first_half_bp or 0) > 6500
    assert month.auc_lr_bp is None


def test_what_comes_after_the_window_changes_nothing() -> None:
    day = TODAY - 90
    past = visiting.until(SHOP, day + 30)
    assert backtest.test(SHOP, day=day, horizon_days=30) == backtest.test(past, day=day, horizon_days=30)


def test_a_big_shop_tests_the_challenger_too() -> None:
    month = backtest.test(crowd(1200, seed=9), day=TODAY - 30, horizon_days=30, challenger_used=True)
    assert month is not None and month.auc_lr_bp is not None
    assert month.level == "L2"
    assert abs(month.auc_lr_bp - (month.auc_mbg_bp or 0)) < 500


def test_a_young_shop_is_tested_by_days_and_rfm() -> None:
    visits = visiting.ordered(np.array([1, 2, 1]), np.array([TODAY - 40, TODAY - 50, TODAY - 5]), np.array([9, 9, 9]))
    month = backtest.test(visits, day=TODAY - 30, horizon_days=30)
    assert month is not None
    assert (month.level, month.auc_days_bp, month.auc_mbg_bp, month.expected_visitors) == ("L0", 10_000, None, None)
    assert (month.members, month.visitors) == (2, 1)
    assert backtest.test(visits, day=TODAY - 60, horizon_days=30) is None


def test_only_months_whose_window_is_over_are_tested() -> None:
    ends = backtest.month_ends(date(2026, 5, 29), 30, 3)
    assert [date.fromordinal(day) for day in ends] == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)]
    assert date.fromordinal(backtest.month_ends(date(2026, 5, 31), 30)[-1]) == date(2026, 4, 30)


@db.atomic
def visit(member: int, days: list[date]) -> None:
    for day in days:
        stats.count_sale(member, day=day, net_cents=3000, points=0, at=Millis(0))


def test_closed_months_are_written_once_and_read_by_the_owner(shop: Shop) -> None:
    visit(shop.member(), [date(2026, 2, 10), date(2026, 4, 12)])
    visit(shop.member(), [date(2026, 3, 20)])
    assert str(backtest.run(by=JOB, now=shop.now)) == "2 months tested"
    assert backtest.run(by=JOB, now=shop.now).months == 0
    april, march = months.page(by=shop.owner, now=at(2026, 6, 1))
    assert (april.on, april.members, april.visitors) == (date(2026, 3, 31), 2, 1)
    assert (march.on, march.members, march.visitors) == (date(2026, 2, 28), 1, 0)
    assert months.page(by=shop.owner, now=shop.now, below=april.day) == [march]
    assert not months.challenger_won(now=shop.now)


def test_another_horizon_is_tested_anew(shop: Shop) -> None:
    visit(shop.member(), [date(2026, 2, 10)])
    assert backtest.run(by=JOB, now=shop.now).months == 2
    shop.rule("churn_horizon_days", 60)
    assert backtest.run(by=JOB, now=at(2026, 5, 30)).months == 1


def test_a_month_is_said_in_the_owners_words() -> None:
    month = months.Month(1, 30, 600, "L1", 1, 1, 1, None, 1, None, 7100, 412, 398, None)
    assert [str(part) for part in months.sentence(month)] == [
        "Of 412 expected within 30 days 398 came.",
        "The list put 71 % of those who stayed away in its first half.",
    ]
    young = months.Month(1, 30, 20, "L0", 1, 1, None, None, None, None, None, None, 7, None)
    assert [str(part) for part in months.sentence(young)] == [
        "7 of 20 members came within 30 days; too few to forecast."
    ]
