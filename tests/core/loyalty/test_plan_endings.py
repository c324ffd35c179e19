"""Plans that are changed, retired, cancelled, renewed, and told of before they end. Figures by hand."""

from dataclasses import replace

import pytest

from core.base import db
from core.base.clock import DAY, Millis
from core.loyalty import coupons, plans
from core.loyalty.plans import Plan, PlanNotSold, PlanUnknown
from core.outreach import care
from core.selling import refunds, reversals
from core.selling.quotes import NotOpenYet
from core.selling.refunds import How
from core.selling.reversals import NothingToReverse
from core.selling.sales import ApprovalNeeded
from tests.counter import hired, paid_back, rows_of, unsound
from tests.shops import Shop

PRICE = 19_900


@pytest.fixture
def plan_shop(shop: Shop) -> Shop:
    """Tea 100.00; a plan of 30 days for 199.00, 12 % off and points × 2."""
    shop.product("tea", 10_000)
    plans.create(Plan(0, shop.product("month", PRICE, kind="plan"), "month", 30, 1200, 20_000), by=shop.owner,
                 now=shop.now)  # fmt: skip
    return shop


def sold(shop: Shop) -> Plan:
    return plans.all_plans(only_sold=True)[0]


def buy(shop: Shop, member: int, *, day: int = 0, pieces: int = 1) -> int:
    return shop.sell(shop.basket(("month", pieces), member=member), now=Millis(shop.now + day * DAY))


def tea(shop: Shop, member: int, *, day: int = 0) -> int:
    return shop.quote(shop.basket(("tea", 1), member=member), now=Millis(shop.now + day * DAY)).total_cents


def cancel(shop: Shop, sale: int, *, day: float = 0, key: str | None = None) -> int:
    return reversals.cancel_plan(sale, by=shop.owner, now=Millis(shop.now + int(day * DAY)), key=key)


# --- cancelled ---------------------------------------------------------------------------------------


def test_unused_within_the_free_days_all_of_it_comes_back(plan_shop: Shop) -> None:
    member = plan_shop.member()
    sale = buy(plan_shop, member)
    assert reversals.plan_left(sale, by=plan_shop.owner, now=Millis(plan_shop.now + 7 * DAY - 1)) == PRICE
    refund = cancel(plan_shop, sale, day=6.99)
    assert (paid_back(refund), tea(plan_shop, member, day=7)) == ({"cash": PRICE}, 10_000)
    assert unsound(plan_shop) == []


@pytest.mark.parametrize(
    ("day", "cents"),
    [(7, 15_256), (7.5, 14_593), (29, 663), (29.5, 0), (30, 0)],
)
def test_later_the_full_days_left_come_back(plan_shop: Shop, day: float, cents: int) -> None:
    """199.00 × 23 / 30 = 152.566…, × 22 / 30 = 145.933…, × 1 / 30 = 6.633…, rounded down."""
    sale = buy(plan_shop, plan_shop.member())
    assert sum(paid_back(cancel(plan_shop, sale, day=day)).values()) == cents


def test_a_used_plan_is_paid_back_by_its_days_at_once(plan_shop: Shop) -> None:
    """Bought and used on the same day: 30 full days are left a moment after, less that moment 29."""
    member = plan_shop.member()
    sale = buy(plan_shop, member)
    plan_shop.sell(plan_shop.basket(("tea", 1), member=member))
    assert reversals.plan_left(sale, by=plan_shop.owner, now=plan_shop.now) == PRICE
    assert paid_back(cancel(plan_shop, sale, day=1)) == {"cash": 19_236}


def test_what_was_sold_with_a_plan_stays_sold(plan_shop: Shop) -> None:
    sale = plan_shop.sell(plan_shop.basket(("tea", 1), ("month", 1), member=plan_shop.member()))
    assert paid_back(cancel(plan_shop, sale)) == {"cash": PRICE}
    assert [line.returned for line in refunds.sold_lines(sale)] == [0, 1000]


def test_benefits_end_at_once_and_the_plan_is_cancelled_once(plan_shop: Shop) -> None:
    member = plan_shop.member()
    sale = buy(plan_shop, member)
    assert tea(plan_shop, member, day=3) == 8800
    refund = cancel(plan_shop, sale, day=3, key="k")
    assert (tea(plan_shop, member, day=3), cancel(plan_shop, sale, day=3, key="k")) == (10_000, refund)
    with pytest.raises(NothingToReverse):
        cancel(plan_shop, sale, day=3)


def test_a_plan_of_two_pieces_counts_its_sixty_days(plan_shop: Shop) -> None:
    """398.00 for 60 days, 50 left: 331.66."""
    sale = buy(plan_shop, plan_shop.member(), pieces=2)
    assert paid_back(cancel(plan_shop, sale, day=10)) == {"cash": 33_166}


def test_a_renewal_not_begun_is_paid_back_whole(plan_shop: Shop) -> None:
    member = plan_shop.member()
    buy(plan_shop, member)
    second = buy(plan_shop, member, day=1)
    assert paid_back(cancel(plan_shop, second, day=20)) == {"cash": PRICE}
    assert (tea(plan_shop, member, day=29), tea(plan_shop, member, day=30)) == (8800, 10_000)


def test_when_the_first_is_cancelled_the_renewal_begins_at_once(plan_shop: Shop) -> None:
    member = plan_shop.member()
    first = buy(plan_shop, member)
    buy(plan_shop, member, day=1)
    cancel(plan_shop, first, day=10)
    assert [tea(plan_shop, member, day=day) for day in (10, 39, 40)] == [8800, 8800, 10_000]


def test_a_clerk_needs_an_approval_above_the_limit(plan_shop: Shop) -> None:
    sale = buy(plan_shop, plan_shop.member())
    clerk, manager = hired(plan_shop, "clerk"), hired(plan_shop, "manager")
    plan_shop.rule("refund_limit_cents", 5000)
    before = rows_of("refund", "member_plan")
    with pytest.raises(ApprovalNeeded):
        reversals.cancel_plan(sale, by=clerk, now=plan_shop.now)
    assert rows_of("refund", "member_plan") == before
    reversals.cancel_plan(sale, How(approved_by=manager), by=clerk, now=plan_shop.now)


# --- other terms -------------------------------------------------------------------------------------


def test_who_bought_a_plan_keeps_its_terms_when_they_change(plan_shop: Shop) -> None:
    old, new = plan_shop.member(), plan_shop.member()
    buy(plan_shop, old)
    plan = sold(plan_shop)
    plans.change(plan.id, replace(plan, discount_bp=500), by=plan_shop.owner, now=plan_shop.now)
    buy(plan_shop, new)
    assert (tea(plan_shop, old), tea(plan_shop, new)) == (8800, 9500)


def test_a_renewal_with_new_terms_follows_the_old_plan(plan_shop: Shop) -> None:
    member = plan_shop.member()
    buy(plan_shop, member)
    plan = sold(plan_shop)
    plans.change(plan.id, replace(plan, discount_bp=500), by=plan_shop.owner, now=plan_shop.now)
    buy(plan_shop, member, day=1)
    assert [tea(plan_shop, member, day=day) for day in (29, 30, 59, 60)] == [8800, 9500, 9500, 10_000]


def test_a_retired_plan_runs_on_and_is_not_sold(plan_shop: Shop) -> None:
    member = plan_shop.member()
    buy(plan_shop, member)
    plan = sold(plan_shop)
    plans.retire(plan.id, by=plan_shop.owner, now=plan_shop.now)
    assert (tea(plan_shop, member), plans.all_plans(only_sold=True)) == (8800, [])
    with pytest.raises(PlanNotSold):
        buy(plan_shop, member)
    for again in (lambda: plans.retire(plan.id, by=plan_shop.owner, now=plan_shop.now), lambda: plans.get(1)):
        with pytest.raises(PlanUnknown):
            again()


def test_one_product_sells_one_plan(plan_shop: Shop) -> None:
    plan = sold(plan_shop)
    with pytest.raises(plans.PlanInvalid, match="Another plan"):
        plans.create(plan, by=plan_shop.owner, now=plan_shop.now)


# --- every month, early, and told -------------------------------------------------------------------


def test_a_plan_gives_its_coupon_every_month_once(plan_shop: Shop) -> None:
    """29 May to 28 June: May's with the sale, June's by the job of 1 June, none for July."""
    kind = plan_shop.coupon_kind("free tea", effect="product", product_ids=(plan_shop.products["tea"],))
    plan = sold(plan_shop)
    plans.change(plan.id, replace(plan, each_kind_id=kind), by=plan_shop.owner, now=plan_shop.now)
    member = plan_shop.member()
    buy(plan_shop, member)

    def held(day: int) -> int:
        return len(coupons.held_by(member, now=Millis(plan_shop.now + day * DAY)))

    given = [care.give_period_coupons(by=plan_shop.owner, now=Millis(plan_shop.now + day * DAY)) for day in (0, 3, 4)]
    assert (given, held(0), held(3), held(33)) == ([0, 1, 0], 2, 1, 0)
    assert care.give_period_coupons(by=plan_shop.owner, now=Millis(plan_shop.now + 34 * DAY)) == 0


def test_who_has_a_plan_may_buy_what_opens_later(plan_shop: Shop) -> None:
    from core.goods import catalogue

    plan = sold(plan_shop)
    plans.change(plan.id, replace(plan, early_days=2), by=plan_shop.owner, now=plan_shop.now)
    member, other = plan_shop.member(), plan_shop.member()
    buy(plan_shop, member)
    opens = Millis(plan_shop.now + 5 * DAY)
    catalogue.set_opening(plan_shop.products["tea"], opens, by=plan_shop.owner, now=plan_shop.now)
    assert tea(plan_shop, member, day=3) == 8800
    for who, day in ((member, 2), (other, 4)):
        with pytest.raises(NotOpenYet, match="tea"):
            tea(plan_shop, who, day=day)
    assert tea(plan_shop, other, day=5) == 10_000


def test_a_member_is_told_once_before_the_plan_ends_unless_it_was_renewed(plan_shop: Shop) -> None:
    """It ends at noon of the 28th: told from the 21st on."""
    member, renewed = plan_shop.member(), plan_shop.member()
    buy(plan_shop, member)
    buy(plan_shop, renewed, pieces=2)
    told = [care.remind_plans(by=plan_shop.owner, now=Millis(plan_shop.now + day * DAY)) for day in (22, 23, 24)]
    assert told == [0, 1, 0]
    letters = db.rows("SELECT member_id, variables FROM outbox WHERE template = 'plan_ending'")
    assert [row[0] for row in letters] == [member]
    assert '"month"' in letters[0][1]


def test_a_plan_that_was_cancelled_is_not_told_of(plan_shop: Shop) -> None:
    cancel(plan_shop, buy(plan_shop, plan_shop.member()), day=1)
    assert care.remind_plans(by=plan_shop.owner, now=Millis(plan_shop.now + 25 * DAY)) == 0
