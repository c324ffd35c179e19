"""Paid memberships: bought, renewed, ended; of tier and plan the better for each benefit."""

from dataclasses import replace

import pytest

from core.base import db
from core.base.clock import DAY, Millis
from core.base.errors import NotAllowed
from core.loyalty import plans, topups
from core.loyalty.plans import Plan, PlanInvalid, PlanNotSold
from core.loyalty.topups import TopUpTerms
from core.selling import receipts, refunds, reversals
from core.selling.quotes import BasketInvalid
from core.selling.returns import RefundInvalid
from core.selling.tenders import MoneyOnly
from tests.shops import Shop


def stock_up(shop: Shop) -> Shop:
    """Tea 100.00; gold 10 % off and ×1.5, diamond 20 % and ×1.2; a plan of 30 days for 199.00, 12 % and ×2."""
    shop.product("tea", 10_000)
    shop.tier("gold", 2, discount_bp=1000, multiplier_bp=15_000, spend_cents=10**8)
    shop.tier("diamond", 3, discount_bp=2000, multiplier_bp=12_000, spend_cents=10**9)
    plan(shop, "month", 30, discount_bp=1200, multiplier_bp=20_000)
    return shop


def plan(shop: Shop, name: str, days: int, **terms: int) -> int:
    """A plan and the product that sells it."""
    product = shop.product(name, 19_900, kind="plan")
    return plans.create(Plan(0, product, name, days, **terms), by=shop.owner, now=shop.now)


@pytest.fixture
def plan_shop(shop: Shop) -> Shop:
    return stock_up(shop)


@pytest.fixture
def one_plan_shop(one_shop: Shop) -> Shop:
    return stock_up(one_shop)


def buy(shop: Shop, member: int, *, pieces: int = 1, days: int = 0, name: str = "month") -> int:
    return shop.sell(shop.basket((name, pieces), member=member), now=Millis(shop.now + days * DAY))


def on(shop: Shop, member: int, *days: int) -> list[int]:
    """What a tea costs the member so many days later."""
    basket = shop.basket(("tea", 1), member=member)
    return [shop.quote(basket, now=Millis(shop.now + day * DAY)).total_cents for day in days]


def test_a_plan_begins_with_its_sale_and_runs_for_its_days(plan_shop: Shop) -> None:
    member = plan_shop.member()
    sale = buy(plan_shop, member)
    assert on(plan_shop, member, 0, 29) == [8800, 8800]
    last = plan_shop.quote(plan_shop.basket(("tea", 1), member=member), now=Millis(plan_shop.now + 30 * DAY - 1))
    assert [last.total_cents, *on(plan_shop, member, 30)] == [8800, 10_000]
    assert receipts.of(sale).earned_points == 0


def test_a_plan_is_named_as_the_reason_of_the_discount(plan_shop: Shop) -> None:
    member = plan_shop.member()
    buy(plan_shop, member)
    sale = plan_shop.sell(plan_shop.basket(("tea", 1), member=member))
    rows = db.rows("SELECT rule_kind, name, cents FROM sale_discount WHERE sale_id = ?", (sale,))
    assert rows == [("plan", "month", 1200)]


@pytest.mark.parametrize(("tier", "cents"), [("normal", 8800), ("gold", 8800), ("diamond", 8000)])
def test_of_the_discounts_of_tier_and_plan_the_better_holds(one_plan_shop: Shop, tier: str, cents: int) -> None:
    member = one_plan_shop.member(tier=tier)
    buy(one_plan_shop, member)
    assert on(one_plan_shop, member, 0) == [cents]


@pytest.mark.parametrize(
    ("tier", "multiplier_bp", "points"),
    [("normal", 20_000, 160), ("gold", 20_000, 160), ("gold", 14_000, 120), ("normal", 0, 80)],
)
def test_of_the_multipliers_of_tier_and_plan_the_better_holds(
    one_plan_shop: Shop, tier: str, multiplier_bp: int, points: int
) -> None:
    """The plan takes 20 % off: 80.00 earn."""
    plan(one_plan_shop, "other", 30, discount_bp=2000, multiplier_bp=multiplier_bp)
    member = one_plan_shop.member(tier=tier)
    buy(one_plan_shop, member, name="other")
    assert one_plan_shop.quote(one_plan_shop.basket(("tea", 1), member=member)).earned_points == points


def test_each_benefit_is_judged_for_itself(plan_shop: Shop) -> None:
    """20 % of the tier, twice the points of the plan."""
    member = plan_shop.member(tier="diamond")
    buy(plan_shop, member)
    quote = plan_shop.quote(plan_shop.basket(("tea", 1), member=member))
    assert (quote.total_cents, quote.earned_points) == (8000, 160)


def test_a_plan_without_a_discount_leaves_the_tiers(one_plan_shop: Shop) -> None:
    plan(one_plan_shop, "points", 30, discount_bp=0, multiplier_bp=30_000)
    member = one_plan_shop.member(tier="gold")
    buy(one_plan_shop, member, name="points")
    quote = one_plan_shop.quote(one_plan_shop.basket(("tea", 1), member=member))
    assert ([rule.name for rule in quote.rules], quote.earned_points) == (["gold"], 270)


def test_of_two_plans_the_one_with_the_higher_discount_runs(one_plan_shop: Shop) -> None:
    plan(one_plan_shop, "week", 7, discount_bp=3000, multiplier_bp=10_000)
    member = one_plan_shop.member()
    buy(one_plan_shop, member, name="week")
    buy(one_plan_shop, member)
    assert on(one_plan_shop, member, 0, 6, 7, 29, 30) == [7000, 7000, 8800, 8800, 10_000]


def test_a_renewal_goes_on_after_the_one_that_runs(plan_shop: Shop) -> None:
    member = plan_shop.member()
    buy(plan_shop, member)
    buy(plan_shop, member, days=10)
    assert on(plan_shop, member, 30, 59, 60) == [8800, 8800, 10_000]


def test_a_renewal_after_the_end_begins_at_once(one_plan_shop: Shop) -> None:
    member = one_plan_shop.member()
    buy(one_plan_shop, member)
    buy(one_plan_shop, member, days=40)
    assert on(one_plan_shop, member, 29, 30, 40, 69, 70) == [8800, 10_000, 8800, 8800, 10_000]


def test_two_pieces_are_twice_the_days(one_plan_shop: Shop) -> None:
    member = one_plan_shop.member()
    buy(one_plan_shop, member, pieces=2)
    assert on(one_plan_shop, member, 59, 60) == [8800, 10_000]


def test_undoing_the_sale_ends_the_plan_at_once(plan_shop: Shop) -> None:
    member = plan_shop.member()
    sale = buy(plan_shop, member)
    reversals.void(sale, by=plan_shop.owner, now=plan_shop.now)
    assert on(plan_shop, member, 0, 1) == [10_000, 10_000]
    assert receipts.of(sale).refunded_cents == 19_900


def test_undoing_a_renewal_leaves_what_runs(one_plan_shop: Shop) -> None:
    member = one_plan_shop.member()
    buy(one_plan_shop, member)
    renewal = buy(one_plan_shop, member)
    reversals.void(renewal, by=one_plan_shop.owner, now=one_plan_shop.now)
    assert on(one_plan_shop, member, 0, 29, 30) == [8800, 8800, 10_000]


def test_a_plan_is_not_taken_back_like_goods(one_plan_shop: Shop) -> None:
    sale = buy(one_plan_shop, one_plan_shop.member())
    line = receipts.of(sale).lines[0].id
    with pytest.raises(RefundInvalid):
        refunds.refund(sale, (refunds.ReturnLine(line, 1000),), by=one_plan_shop.owner, now=one_plan_shop.now)


def test_a_plan_is_bought_by_a_member_with_money(one_plan_shop: Shop) -> None:
    with pytest.raises(BasketInvalid):
        one_plan_shop.quote(one_plan_shop.basket(("month", 1)))
    member = one_plan_shop.member()
    topups.set_rule(20_000, TopUpTerms(bonus_cents=0, bonus_days=None), by=one_plan_shop.owner, now=one_plan_shop.now)
    one_plan_shop.top_up(member, 20_000)
    with pytest.raises(MoneyOnly):
        one_plan_shop.sell(one_plan_shop.basket(("month", 1), member=member), ("wallet", 19_900))


def test_a_product_of_the_kind_plan_without_a_plan_is_not_sold(one_plan_shop: Shop) -> None:
    one_plan_shop.product("loose", 1000, kind="plan")
    member = one_plan_shop.member()
    with pytest.raises(PlanNotSold, match="loose"):
        buy(one_plan_shop, member, name="loose")
    assert (plans.running(member, now=one_plan_shop.now), db.value("SELECT count(*) FROM sale")) == (None, 0)


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"days": 0}, "days"),
        ({"discount_bp": -1}, "discount_bp"),
        ({"discount_bp": 10_001}, "discount_bp"),
        ({"multiplier_bp": -1}, "multiplier_bp"),
        ({"product_id": 1}, "product_id"),
    ],
)
def test_a_plan_that_cannot_be_right_is_refused_by_field(one_shop: Shop, terms: dict[str, int], field: str) -> None:
    product = one_shop.product("month", 19_900, kind="plan")
    given = {"product_id": product, "days": 30, "discount_bp": 1000, "multiplier_bp": 10_000} | terms
    with pytest.raises(PlanInvalid, match="year") as refused:
        plans.create(Plan(0, name="year", **given), by=one_shop.owner, now=one_shop.now)
    assert (refused.value.facts["field"], plans.all_plans()) == (field, [])


def test_goods_sell_no_plan(one_shop: Shop) -> None:
    tea = one_shop.product("tea", 1000)
    with pytest.raises(PlanInvalid):
        plans.create(Plan(0, tea, "year", 1, 0, 0), by=one_shop.owner, now=one_shop.now)


def test_a_plan_needs_the_right_to_set_the_shop(one_shop: Shop) -> None:
    product = one_shop.product("month", 19_900, kind="plan")
    clerk = replace(one_shop.owner, rights=frozenset({"sell", "goods"}))
    with pytest.raises(NotAllowed):
        plans.create(Plan(0, product, "year", 1, 0, 0), by=clerk, now=one_shop.now)
