"""When a promotion holds, and which version of it."""

import json
from dataclasses import replace

import pytest

from core.base import db
from core.base.clock import DAY, Millis
from core.loyalty import limits
from core.selling import promotions
from core.selling.promotions import PromotionTerms
from tests.shops import Shop, at

NOON = at(2026, 5, 29, 12)
FRIDAY_NOON = replace(limits.at(NOON, "Asia/Shanghai", 7), member=True, tier_id=3)


@pytest.mark.parametrize(
    ("terms", "holds"),
    [
        ({}, True),
        ({"weekdays": (4,)}, True),
        ({"weekdays": (0, 5)}, False),
        ({"days_of_month": (29,)}, True),
        ({"days_of_month": (28,)}, False),
        ({"from_minute": 720}, True),
        ({"from_minute": 780}, False),
        ({"to_minute": 720}, False),
        ({"to_minute": 780}, True),
        ({"store_ids": (7,)}, True),
        ({"store_ids": (8,)}, False),
        ({"tier_ids": (3, 4)}, True),
        ({"tier_ids": (4,)}, False),
        ({"first_purchase": True}, False),
        ({"birthday_month": True}, False),
        ({"weekdays": (4,), "store_ids": (8,)}, False),
    ],
)
def test_a_promotion_holds_when_everything_it_names_does(terms: dict[str, object], holds: bool) -> None:
    given = PromotionTerms(effect="percent", off_bp=1000, **terms)  # type: ignore[arg-type]
    assert (limits.unmet(given, FRIDAY_NOON) is None) is holds


def test_hours_are_those_of_the_store() -> None:
    moment = limits.at(NOON, "Europe/London", 7)
    given = PromotionTerms(effect="percent", off_bp=1, from_minute=300, to_minute=360)
    assert limits.unmet(given, moment) is None


@pytest.mark.parametrize(
    "terms",
    [
        PromotionTerms(effect="percent"),
        PromotionTerms(effect="percent", off_bp=10_001),
        PromotionTerms(effect="amount"),
        PromotionTerms(effect="fixed_price", price_cents=-1),
        PromotionTerms(effect="reduction", off_cents=500, threshold_cents=400),
        PromotionTerms(effect="percent", off_bp=1, from_minute=720, to_minute=720),
        PromotionTerms(effect="percent", off_bp=1, to_minute=1500),
    ],
)
def test_terms_that_contradict_themselves_are_refused(terms: PromotionTerms) -> None:
    with pytest.raises(promotions.PromotionInvalid):
        promotions.check("odd", terms)


def total(shop: Shop, *, now: int = 0) -> int:
    return shop.quote(shop.basket(("tea", 1)), now=Millis(now or shop.now)).total_cents


def test_a_promotion_runs_between_its_dates(shop: Shop) -> None:
    shop.product("tea", 1000)
    terms = PromotionTerms(effect="percent", off_bp=1000)
    promotions.create(
        "sale",
        terms,
        by=shop.owner,
        now=shop.now,
        from_at=Millis(shop.now + DAY),
        until_at=Millis(shop.now + 2 * DAY),
    )
    found = [total(shop, now=shop.now + later) for later in (0, DAY, 2 * DAY - 1, 2 * DAY)]
    assert found == [1000, 900, 900, 1000]


def test_a_change_is_a_new_version_from_now_on(shop: Shop) -> None:
    shop.product("tea", 1000)
    promotion = shop.promotion("sale", effect="percent", off_bp=1000)
    later = Millis(shop.now + DAY)
    promotions.change(promotion, PromotionTerms(effect="percent", off_bp=2000), by=shop.owner, now=later)
    assert (total(shop), total(shop, now=later)) == (900, 800)


def test_an_ended_promotion_is_over(shop: Shop) -> None:
    shop.product("tea", 1000)
    promotion = shop.promotion("sale", effect="percent", off_bp=1000)
    promotions.end(promotion, by=shop.owner, now=Millis(shop.now + 1))
    assert total(shop, now=shop.now + 1) == 1000
    with pytest.raises(promotions.PromotionUnknown):
        promotions.end(promotion, by=shop.owner, now=Millis(shop.now + 2))


def test_a_sale_names_the_versions_that_priced_it_and_multiplied_its_points(shop: Shop) -> None:
    shop.product("tea", 1000)
    for name, terms in (("sale", {"off_bp": 1000}), ("double", {"points_bp": 20_000})):
        shop.promotion(name, effect="percent" if name == "sale" else "points", **terms)
    sale = shop.sell(shop.basket(("tea", 1), member=shop.member()))
    found = json.loads(db.value("SELECT versions FROM sale WHERE id = ?", (sale,)))
    assert sorted(found) == sorted(row[0] for row in db.rows("SELECT id FROM promotion_version"))


def test_the_best_multiplier_multiplies_the_tiers(shop: Shop) -> None:
    shop.tier("gold", 1, multiplier_bp=15_000)
    shop.product("tea", 1000)
    for points_bp in (20_000, 30_000):
        shop.promotion("more", effect="points", points_bp=points_bp)
    assert shop.quote(shop.basket(("tea", 1), member=shop.member(tier="gold"))).earned_points == 45


def test_an_exclusive_rule_says_what_it_stands_against(one_shop: Shop) -> None:
    one_shop.product("tea", 1000)
    one_shop.promotion("half", effect="order_percent", off_bp=5000)
    one_shop.promotion("tenth", effect="order_percent", off_bp=1000, exclusive=True)
    quote = one_shop.quote(one_shop.basket(("tea", 1)))
    assert [(one.name, str(one.reason)) for one in quote.not_used] == [("tenth", "not with half")]
