"""Refunds 退款: to the wallet instead, of blocked members, after a claim, with approvals."""

from dataclasses import replace

import pytest

from core.base import db
from core.base.clock import Millis
from core.base.errors import NotAllowed
from core.books import revisions, stats
from core.books.requests import KeyReused
from core.loyalty import topups
from core.loyalty.topups import TopUpTerms
from core.people import members
from core.selling import claims, receipts, refunds
from core.selling.refunds import How, WalletNeedsMember
from core.selling.sales import ApprovalNeeded
from tests.counter import (
    DAY,
    WRITTEN,
    all_of,
    give_back,
    hired,
    other_store,
    paid_back,
    part,
    points_of,
    rows_of,
    stored,
    unsound,
)
from tests.shops import Shop

TO_WALLET = How(to_wallet=True)


@pytest.fixture
def tea_shop(shop: Shop) -> Shop:
    shop.product("tea", 1000)
    return shop


@pytest.fixture
def rich(tea_shop: Shop) -> int:
    """A member with 100.00 principal and 10.00 bonus for 30 days, spent proportionally."""
    topups.set_rule(10_000, TopUpTerms(bonus_cents=1000, bonus_days=30), by=tea_shop.owner, now=tea_shop.now)
    tea_shop.rule("wallet_order", "proportional")
    member = tea_shop.member()
    tea_shop.top_up(member, 10_000)
    return member


# --- to the wallet -----------------------------------------------------------------------------------


def test_cash_can_stay_as_stored_value(tea_shop: Shop) -> None:
    member = tea_shop.member()
    sale = tea_shop.sell(tea_shop.basket(("tea", 3), member=member), ("card", 1000))
    give_back(tea_shop, sale, 2, how=TO_WALLET)
    assert (stored(tea_shop, member), unsound(tea_shop)) == ((2000, 0), [])


def test_stored_value_returns_as_what_it_was_and_money_as_principal(tea_shop: Shop, rich: int) -> None:
    """30.00 paid by 10.00 principal, 1.00 bonus and 19.00 cash: all to the wallet."""
    sale = tea_shop.sell(tea_shop.basket(("tea", 3), member=rich), ("wallet", 1100))
    give_back(tea_shop, sale, how=TO_WALLET)
    assert (stored(tea_shop, rich), unsound(tea_shop)) == ((11_900, 1000), [])


def test_a_refund_to_the_wallet_says_so_beside_what_was_paid(tea_shop: Shop, rich: int) -> None:
    sale = tea_shop.sell(tea_shop.basket(("tea", 2), member=rich), ("wallet", 1100))
    refund = give_back(tea_shop, sale, how=TO_WALLET)
    found = db.rows("SELECT paid_as, cents FROM refund_tender WHERE refund_id = ? ORDER BY id", (refund,))
    assert (paid_back(refund), found) == (
        {"principal": 1000, "bonus": 100, "cash": 900},
        [("principal", 1000), ("bonus", 100), ("principal", 900)],
    )


def test_stored_value_from_a_refund_does_not_expire(tea_shop: Shop) -> None:
    member = tea_shop.member()
    give_back(tea_shop, tea_shop.sell(tea_shop.basket(("tea", 1), member=member)), how=TO_WALLET)
    assert stored(tea_shop, member, now=Millis(tea_shop.now + 4000 * DAY)) == (1000, 0)


def test_a_member_is_told_what_is_stored_after_a_refund(tea_shop: Shop) -> None:
    member = tea_shop.member()
    give_back(tea_shop, tea_shop.sell(tea_shop.basket(("tea", 1), member=member)), how=TO_WALLET)
    assert '"¥10.00"' in db.value("SELECT variables FROM outbox WHERE template = 'wallet_balance'")


def test_without_a_member_money_cannot_stay_stored(tea_shop: Shop) -> None:
    sale = tea_shop.sell(tea_shop.basket(("tea", 1)))
    before = rows_of(*WRITTEN)
    with pytest.raises(WalletNeedsMember):
        give_back(tea_shop, sale, how=TO_WALLET)
    assert rows_of(*WRITTEN) == before


def test_the_same_key_with_another_way_of_paying_is_refused(tea_shop: Shop) -> None:
    member = tea_shop.member()
    sale = tea_shop.sell(tea_shop.basket(("tea", 2), member=member))
    given = part(sale, 1)
    first = refunds.refund(sale, given, TO_WALLET, by=tea_shop.owner, now=tea_shop.now, key="k")
    assert refunds.refund(sale, given, TO_WALLET, by=tea_shop.owner, now=tea_shop.now, key="k") == first
    with pytest.raises(KeyReused):
        refunds.refund(sale, given, by=tea_shop.owner, now=tea_shop.now, key="k")
    assert stored(tea_shop, member) == (1000, 0)


# --- whose sale --------------------------------------------------------------------------------------


def test_a_sale_of_a_blocked_member_comes_back(tea_shop: Shop, rich: int) -> None:
    tea_shop.give_points(rich, 100)
    sale = tea_shop.sell(tea_shop.basket(("tea", 2), member=rich, points=100), ("wallet", 1100))
    members.set_state(rich, "blocked", by=tea_shop.owner, now=tea_shop.now)
    give_back(tea_shop, sale, 1)
    give_back(tea_shop, sale, how=TO_WALLET)
    assert (points_of(rich), stored(tea_shop, rich)[1], unsound(tea_shop)) == (100, 1000, [])


def test_a_claimed_sale_goes_to_the_wallet_of_who_claimed_it(tea_shop: Shop) -> None:
    sale, member = tea_shop.sell(tea_shop.basket(("tea", 2))), tea_shop.member()
    claims.claim(claims.code_of(sale), member, by=tea_shop.owner, now=tea_shop.now)
    give_back(tea_shop, sale, 1, how=TO_WALLET)
    assert (points_of(member), stored(tea_shop, member), stats.of(member).net_spend_cents) == (10, (1000, 0), 1000)


def test_a_sale_of_a_store_that_closed_comes_back(tea_shop: Shop) -> None:
    sale = tea_shop.sell(tea_shop.basket(("tea", 2)))

    @db.atomic
    def close() -> None:
        db.run("UPDATE store SET closed_at = ? WHERE id = ?", (tea_shop.now, tea_shop.store))
        revisions.bump("stores")

    close()
    give_back(tea_shop, sale)
    assert receipts.of(sale).refunded_cents == 2000


# --- who may -----------------------------------------------------------------------------------------


def test_a_manager_of_another_store_approves_nothing_here(tea_shop: Shop) -> None:
    tea_shop.rule("refund_limit_cents", 500)
    clerk, stranger = hired(tea_shop, "clerk"), hired(tea_shop, "manager", store=other_store(tea_shop))
    sale = tea_shop.sell(tea_shop.basket(("tea", 1)))
    with pytest.raises(ApprovalNeeded, match=r"¥10\.00 is above your limit of ¥5\.00"):
        refunds.refund(sale, all_of(sale), How(approved_by=stranger), by=clerk, now=tea_shop.now)
    how = How(reason="torn", approved_by=hired(tea_shop, "manager", store=tea_shop.store))
    refunds.refund(sale, all_of(sale), how, by=clerk, now=tea_shop.now)
    assert db.one("SELECT reason, approved_by FROM refund") == ("torn", how.approved_by.tag)


def test_who_may_not_refund_sees_no_preview_either(tea_shop: Shop) -> None:
    sale = tea_shop.sell(tea_shop.basket(("tea", 1)))
    seller = replace(tea_shop.owner, rights=frozenset({"sell"}))
    with pytest.raises(NotAllowed):
        refunds.preview(sale, all_of(sale), by=seller)
    with pytest.raises(NotAllowed):
        refunds.refund(sale, all_of(sale), by=hired(tea_shop, "clerk", store=other_store(tea_shop)), now=tea_shop.now)


def test_a_preview_is_what_the_refund_does_and_writes_nothing(tea_shop: Shop, rich: int) -> None:
    sale = tea_shop.sell(tea_shop.basket(("tea", 3), member=rich), ("wallet", 1100))
    before = rows_of(*WRITTEN)
    planned = refunds.preview(sale, part(sale, 2), by=tea_shop.owner)
    assert rows_of(*WRITTEN) == before
    refund = give_back(tea_shop, sale, 2)
    assert paid_back(refund) == {kind: cents for _, kind, cents in planned.tenders}


# --- what stays with what is not returned ----------------------------------------------------------------


def test_the_money_that_bought_a_card_stays_when_the_goods_come_back(tea_shop: Shop, rich: int) -> None:
    """Tea 20.00 and a card 50.00, paid 10.00 from the wallet and 60.00 in cash: 10.00 cash are left for the tea."""
    tea_shop.product("gift card", 5000, kind="gift_card")
    sale = tea_shop.sell(tea_shop.basket(("tea", 2), ("gift card", 1), member=rich), ("wallet", 1000))
    assert paid_back(give_back(tea_shop, sale, 2)) == {"principal": 909, "bonus": 91, "cash": 1000}
    assert unsound(tea_shop) == []
