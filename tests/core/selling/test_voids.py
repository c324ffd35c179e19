"""Voids 撤单: a whole sale undone on its business day, with everything it gave and took."""

from dataclasses import replace

import pytest

from core.base import db
from core.base.clock import Millis
from core.base.errors import NotAllowed
from core.base.money import Milli
from core.books import stats
from core.books.audit import SignedOut
from core.books.requests import KeyReused
from core.goods import stock
from core.loyalty import plans, tiers, topups
from core.loyalty.plans import Plan
from core.loyalty.topups import TopUpTerms
from core.loyalty.wallet import TopUpSpent
from core.people import members, staff
from core.reports import takings
from core.selling import receipts, refunds, reversals, sales, shifts
from core.selling.quotes import Basket, BasketLine
from core.selling.refunds import AS_PAID, How, SaleUnknown
from core.selling.returns import TooMuchReturned
from core.selling.sales import ApprovalNeeded, SaleRequest, Tender
from tests.counter import (
    WRITTEN,
    all_of,
    give_back,
    hired,
    other_store,
    paid_back,
    points_of,
    rows_of,
    stored,
    tenders,
    unsound,
)
from tests.shops import Shop, at


@pytest.fixture
def tea_shop(shop: Shop) -> Shop:
    shop.product("tea", 1000)
    return shop


def void(shop: Shop, sale: int, how: How = AS_PAID, *, now: Millis | None = None, key: str | None = None) -> int:
    return reversals.void(sale, how, by=shop.owner, now=now or shop.now, key=key)


def test_a_void_pays_everything_back_the_way_it_came(tea_shop: Shop) -> None:
    sale = tea_shop.sell(tea_shop.basket(("tea", 3)), ("card", 1000), ("wechat", 500))
    assert paid_back(void(tea_shop, sale)) == {"card": 1000, "wechat": 500, "cash": 1500}
    assert (receipts.of(sale).refunded_cents, unsound(tea_shop)) == (3000, [])


def test_a_void_gives_back_stock_points_stored_value_and_coupon(tea_shop: Shop) -> None:
    topups.set_rule(500, TopUpTerms(bonus_cents=100, bonus_days=30), by=tea_shop.owner, now=tea_shop.now)
    member = tea_shop.member()
    tea_shop.top_up(member, 500)
    tea_shop.give_points(member, 200)
    coupon = tea_shop.give_coupon(tea_shop.coupon_kind("5", effect="amount", off_cents=500), member)
    sale = tea_shop.sell(tea_shop.basket(("tea", 2), member=member, points=200), ("wallet", 600))
    assert (points_of(member), stored(tea_shop, member)) == (12, (0, 0))
    void(tea_shop, sale)
    assert (points_of(member), stored(tea_shop, member)) == (200, (500, 100))
    assert db.one("SELECT state, used FROM coupon WHERE id = ?", (coupon,)) == ("issued", 0)
    assert stock.on_hand(tea_shop.store, tea_shop.products["tea"]) == 0
    assert unsound(tea_shop) == []


def test_a_void_takes_back_spending_and_the_tier_it_gave(tea_shop: Shop) -> None:
    tea_shop.tier("silver", 1, spend_cents=3000)
    member = tea_shop.member()
    sale = tea_shop.sell(tea_shop.basket(("tea", 3), member=member))
    assert tiers.of(member).name == "silver"
    void(tea_shop, sale)
    assert (tiers.of(member).name, stats.of(member).visits) == ("normal", 0)


def test_a_sale_to_nobody_can_be_undone(tea_shop: Shop) -> None:
    sale = tea_shop.sell(tea_shop.basket(("tea", 1)))
    void(tea_shop, sale)
    assert unsound(tea_shop) == []


def test_cards_sold_are_undone_with_their_sale(tea_shop: Shop) -> None:
    tea_shop.product("gift card", 5000, kind="gift_card")
    sale = tea_shop.sell(tea_shop.basket(("tea", 1), ("gift card", 1)))
    assert paid_back(void(tea_shop, sale)) == {"cash": 6000}


def test_the_sale_of_a_blocked_member_can_be_undone(tea_shop: Shop) -> None:
    member = tea_shop.member()
    sale = tea_shop.sell(tea_shop.basket(("tea", 1), member=member))
    members.set_state(member, "blocked", by=tea_shop.owner, now=tea_shop.now)
    void(tea_shop, sale)
    assert (points_of(member), unsound(tea_shop)) == (0, [])


# --- the same day, nothing back yet --------------------------------------------------------------------


def test_a_sale_of_yesterday_is_not_undone(tea_shop: Shop) -> None:
    sale = tea_shop.sell(tea_shop.basket(("tea", 1)))
    with pytest.raises(reversals.VoidTooLate):
        void(tea_shop, sale, now=at(2026, 5, 30, 0))
    void(tea_shop, sale, now=Millis(at(2026, 5, 30, 0) - 1))


def test_a_bars_day_ends_when_the_bar_says(tea_shop: Shop) -> None:
    """Sold at 20:00 in a bar whose day ends at 04:00: undone at 03:00, not at 04:00."""
    tea_shop.store = other_store(tea_shop, "酒吧", day_ends_hour=4)
    evening = at(2026, 5, 29, 20)
    first, second = (tea_shop.sell(tea_shop.basket(("tea", 1)), now=evening) for _ in range(2))
    void(tea_shop, first, now=at(2026, 5, 30, 3))
    with pytest.raises(reversals.VoidTooLate):
        void(tea_shop, second, now=at(2026, 5, 30, 4))


def test_a_sale_of_which_a_part_came_back_is_not_undone(tea_shop: Shop) -> None:
    sale = tea_shop.sell(tea_shop.basket(("tea", 2)))
    give_back(tea_shop, sale, 1)
    with pytest.raises(reversals.VoidTooLate):
        void(tea_shop, sale)


def test_a_sale_is_undone_once(tea_shop: Shop) -> None:
    sale = tea_shop.sell(tea_shop.basket(("tea", 2)))
    line = all_of(sale)
    void(tea_shop, sale)
    with pytest.raises(reversals.VoidTooLate):
        void(tea_shop, sale)
    with pytest.raises(TooMuchReturned):
        refunds.refund(sale, line, by=tea_shop.owner, now=tea_shop.now)
    assert receipts.of(sale).refunded_cents == 2000


def test_an_unknown_sale_is_not_undone(one_shop: Shop) -> None:
    with pytest.raises(SaleUnknown):
        void(one_shop, 1)


# --- what it sold for later ------------------------------------------------------------------------------


@pytest.fixture
def topped_up(tea_shop: Shop) -> tuple[Shop, int, int]:
    """充100送10 for a member."""
    topups.set_rule(10_000, TopUpTerms(bonus_cents=1000, bonus_days=30), by=tea_shop.owner, now=tea_shop.now)
    member = tea_shop.member("13800138000", purposes=("membership", "service"))
    return tea_shop, member, tea_shop.top_up(member, 10_000)


def test_an_untouched_top_up_is_undone(topped_up: tuple[Shop, int, int]) -> None:
    shop, member, sale = topped_up
    assert paid_back(void(shop, sale)) == {"cash": 10_000}
    assert (stored(shop, member), unsound(shop)) == ((0, 0), [])


@pytest.mark.parametrize("spent", [1, 10_500])
def test_a_top_up_that_was_spent_is_not_undone(topped_up: tuple[Shop, int, int], spent: int) -> None:
    shop, member, sale = topped_up
    shop.product("thing", spent)
    shop.sell(shop.basket(("thing", 1), member=member), ("wallet", spent))
    before = rows_of(*WRITTEN)
    with pytest.raises(TopUpSpent):
        void(shop, sale)
    assert rows_of(*WRITTEN) == before


def test_a_top_up_whose_money_came_back_is_undone(topped_up: tuple[Shop, int, int]) -> None:
    shop, member, sale = topped_up
    bought = shop.sell(shop.basket(("tea", 2), member=member), ("wallet", 2000))
    void(shop, bought)
    assert paid_back(void(shop, sale)) == {"cash": 10_000}
    assert (stored(shop, member), unsound(shop)) == ((0, 0), [])


def test_the_message_after_a_void_tells_what_is_stored_at_the_end(topped_up: tuple[Shop, int, int]) -> None:
    """20.00 of the wallet paid for a sale that also topped up 100.00: undone, 110.00 are left."""
    shop, member, _ = topped_up
    line = BasketLine(shop.products["top-up"], Milli(1000), unit_cents=10_000)
    basket = Basket(shop.store, (line, *shop.basket(("tea", 2)).lines), member_id=member)
    sale = shop.sell(basket, ("wallet", 2000))
    void(shop, sale)
    last = db.value("SELECT variables FROM outbox WHERE template = 'wallet_balance' ORDER BY id DESC LIMIT 1")
    assert (stored(shop, member), '"¥110.00"' in last) == ((10_000, 1000), True)


def test_a_plan_ends_with_the_sale_that_began_it(tea_shop: Shop) -> None:
    plan = tea_shop.product("plan", 9900, kind="plan")
    plans.create(Plan(0, plan, "plan", 30, 1000, 10_000), by=tea_shop.owner, now=tea_shop.now)
    member = tea_shop.member()
    sale = tea_shop.sell(tea_shop.basket(("plan", 1), member=member))
    later = Millis(tea_shop.now + 1)
    tea = tea_shop.basket(("tea", 1), member=member)
    assert tea_shop.quote(tea, now=later).total_cents == 900
    void(tea_shop, sale, now=later)
    assert (tea_shop.quote(tea, now=later).total_cents, unsound(tea_shop)) == (1000, [])


def test_what_a_void_pays_can_stay_as_stored_value(topped_up: tuple[Shop, int, int]) -> None:
    shop, member, _ = topped_up
    sale = shop.sell(shop.basket(("tea", 3), member=member), ("wallet", 1000))
    void(shop, sale, How(to_wallet=True))
    assert (stored(shop, member), unsound(shop)) == ((12_000, 1000), [])


# --- keys, approvals, till -------------------------------------------------------------------------------


def test_the_same_key_undoes_once(tea_shop: Shop) -> None:
    sale = tea_shop.sell(tea_shop.basket(("tea", 1)))
    assert void(tea_shop, sale, key="k") == void(tea_shop, sale, key="k")
    assert db.value("SELECT count(*) FROM refund") == 1


def test_the_same_key_for_another_sale_is_refused(tea_shop: Shop) -> None:
    first, second = (tea_shop.sell(tea_shop.basket(("tea", 1))) for _ in range(2))
    void(tea_shop, first, key="k")
    with pytest.raises(KeyReused):
        void(tea_shop, second, key="k")
    assert receipts.of(second).refunded_cents == 0


def test_the_same_key_with_another_way_of_paying_is_refused(tea_shop: Shop) -> None:
    sale = tea_shop.sell(tea_shop.basket(("tea", 1), member=tea_shop.member()))
    void(tea_shop, sale, key="k")
    with pytest.raises(KeyReused):
        void(tea_shop, sale, How(to_wallet=True), key="k")


def test_a_clerk_needs_an_approval_above_the_limit(tea_shop: Shop) -> None:
    tea_shop.rule("refund_limit_cents", 1000)
    clerk, manager = hired(tea_shop, "clerk"), hired(tea_shop, "manager")
    sale = tea_shop.sell(tea_shop.basket(("tea", 2)))
    for approver in (None, clerk, hired(tea_shop, "manager", store=other_store(tea_shop))):
        with pytest.raises(ApprovalNeeded):
            reversals.void(sale, How(approved_by=approver), by=clerk, now=tea_shop.now)
    assert receipts.of(sale).refunded_cents == 0
    reversals.void(sale, How(approved_by=manager), by=clerk, now=tea_shop.now)
    assert db.value("SELECT approved_by FROM refund") == manager.tag


def test_who_was_dismissed_approves_nothing(tea_shop: Shop) -> None:
    tea_shop.rule("refund_limit_cents", 0)
    clerk, manager = hired(tea_shop, "clerk"), hired(tea_shop, "manager")
    sale = tea_shop.sell(tea_shop.basket(("tea", 1)))
    staff.close(manager.id, by=tea_shop.owner, now=tea_shop.now)
    with pytest.raises(SignedOut):
        reversals.void(sale, How(approved_by=manager), by=clerk, now=tea_shop.now)


def test_only_staff_of_the_store_undo_its_sales(tea_shop: Shop) -> None:
    sale = tea_shop.sell(tea_shop.basket(("tea", 1)))
    stranger = hired(tea_shop, "manager", store=other_store(tea_shop))
    seller = replace(tea_shop.owner, rights=frozenset({"sell"}))
    for by in (stranger, seller):
        with pytest.raises(NotAllowed):
            reversals.void(sale, by=by, now=tea_shop.now)


def test_cash_of_a_void_leaves_the_drawer(tea_shop: Shop) -> None:
    shift = shifts.open_shift(tea_shop.store, "1", opening_cents=5000, by=tea_shop.owner, now=tea_shop.now)
    paid = (Tender("card", 400), Tender("cash", 600))
    request = SaleRequest(tea_shop.basket(("tea", 1)), paid, 1000, shift_id=shift)
    sale = sales.post(request, by=tea_shop.owner, now=tea_shop.now)
    assert (tenders(sale), shifts.expected_cash(shift)) == ([("card", 400), ("cash", 600)], 5600)
    void(tea_shop, sale, How(shift_id=shift))
    assert shifts.expected_cash(shift) == 5000


def test_a_void_stands_in_the_days_report(tea_shop: Shop) -> None:
    from datetime import date

    sale = tea_shop.sell(tea_shop.basket(("tea", 1)))
    void(tea_shop, sale)
    report = takings.of(tea_shop.store, date(2026, 5, 29), by=tea_shop.owner)
    assert (report.sales, report.voids, report.total_cents, report.refunded_cents) == (1, 1, 1000, 1000)
