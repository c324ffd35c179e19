"""Last year's ratio."""

import numpy as np
import pytest

from core.insight import season, visiting
from tests.core.insight.crowd import TODAY, crowd

SHOP = crowd(300, days=700)


def test_a_year_like_the_other_has_a_factor_near_one() -> None:
    assert season.factor(SHOP, today=TODAY, horizon_days=30) == pytest.approx(1.0, abs=0.15)


def test_a_shop_that_was_closed_a_year_ago_expects_half_at_least() -> None:
    then = TODAY - 364
    closed = (SHOP.days > then) & (SHOP.days <= then + 30)
    shop = visiting.ordered(SHOP.member_ids[~closed], SHOP.days[~closed], SHOP.cents[~closed])
    assert season.factor(shop, today=TODAY, horizon_days=30) == 0.5


def test_a_younger_shop_has_no_season() -> None:
    assert season.factor(crowd(300, days=420), today=TODAY, horizon_days=30) is None
    none = visiting.ordered(*(np.empty(0, dtype=np.int64) for _ in range(3)))
    assert season.factor(none, today=TODAY, horizon_days=30) is None


def test_what_comes_later_has_no_influence() -> None:
    day = TODAY - 20
    past = visiting.until(SHOP, day)
    assert season.factor(SHOP, today=day, horizon_days=30) == season.factor(past, today=day, horizon_days=30)
