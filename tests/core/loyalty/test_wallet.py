"""Stored value: presets, spend orders, expiry of bonus and reversals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base import db
from core.base.clock import DAY, Millis
from core.base.money import Milli
from core.loyalty import points, topups, wallet
from core.loyalty.topups import TopUpTerms
from core.selling import receipts, refunds, reversals, sales, tenders
from core.selling.quotes import Basket, BasketInvalid, BasketLine
from core.selling.sales import SaleRequest, Tender
from tests import ledgers
from tests.shops import Shop

ORDERS = st.sampled_from(["principal_first", "bonus_first", "proportional"])


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 100), ORDERS)
def test_a_split_takes_exactly_the_payment_and_never_more_than_there_is(
    principal: int, bonus: int, percent: int, order: str
) -> None:
    cents = (principal + bonus) * percent // 100
    taken = wallet.split(cents, principal=principal, bonus=bonus, order=order)
    assert sum(taken) == cents
    assert 0 <= taken[0] <= principal
    assert 0 <= taken[1] <= bonus


@pytest.fixture
def stored(shop: Shop) -> tuple[Shop, int, int]:
    """A member who paid 500.00 and got 50.00 for 30 days; the sale of the top-up."""
    topups.set_rule(50_000, TopUpTerms(bonus_cents=5000, bonus_days=30), by=shop.owner, now=shop.now)
    shop.product("dress", 12_000)
    member = shop.member()
    return shop, member, shop.top_up(member, 50_000)


def amounts(shop: Shop, member: int, *, now: int = 0) -> tuple[int, int]:
    found = wallet.state(member, now=Millis(now or shop.now))
    return found.principal_cents, found.bonus_cents


def test_a_top_up_gives_the_bonus_of_the_largest_preset_reached(stored: tuple[Shop, int, int]) -> None:
    shop, member, _ = stored
    topups.set_rule(100_000, TopUpTerms(bonus_cents=15_000, bonus_days=30), by=shop.owner, now=shop.now)
    shop.top_up(member, 99_999)
    assert amounts(shop, member) == (149_999, 10_000)


def test_a_changed_preset_replaces_the_one_of_its_amount(stored: tuple[Shop, int, int]) -> None:
    shop, _, _ = stored
    topups.set_rule(50_000, TopUpTerms(bonus_cents=8000, bonus_days=None), by=shop.owner, now=shop.now)
    assert [(rule.pay_cents, rule.bonus_cents) for rule in topups.running(now=shop.now)] == [(50_000, 8000)]


def test_a_top_up_earns_no_points_and_is_no_visit(stored: tuple[Shop, int, int]) -> None:
    _, member, sale = stored
    assert receipts.of(sale).earned_points == 0
    assert db.rows("SELECT visits, net_spend_cents FROM member_stats WHERE member_id = ?", (member,)) == [(0, 0)]


def test_bonus_expires_and_principal_does_not(stored: tuple[Shop, int, int]) -> None:
    shop, member, _ = stored
    late = shop.now + 30 * DAY
    assert amounts(shop, member, now=late) == (50_000, 0)
    points.expire(member, by=shop.owner, now=Millis(late))
    assert ledgers.broken() == {}


def test_a_top_up_needs_a_member(stored: tuple[Shop, int, int]) -> None:
    shop, _, _ = stored
    line = BasketLine(shop.products["top-up"], Milli(1000), unit_cents=5000)
    with pytest.raises(BasketInvalid, match="top-up needs a member"):
        shop.quote(Basket(shop.store, (line,)))


@pytest.mark.parametrize("swept", [True, False])
def test_expired_bonus_was_not_used_when_a_top_up_is_reversed(stored: tuple[Shop, int, int], swept: bool) -> None:
    shop, member, sale = stored
    late = Millis(shop.now + 31 * DAY)
    if swept:
        points.expire(member, by=shop.owner, now=late)
    reversals.reverse_top_up(sale, by=shop.owner, now=late)
    assert receipts.of(sale).refunded_cents == 50_000
    assert ledgers.broken() == {}


def test_a_top_up_is_reversed_once(stored: tuple[Shop, int, int]) -> None:
    shop, _, sale = stored
    reversals.reverse_top_up(sale, by=shop.owner, now=shop.now)
    with pytest.raises(reversals.NothingToReverse):
        reversals.reverse_top_up(sale, by=shop.owner, now=shop.now)


def test_a_reversal_with_more_bonus_used_than_principal_left_is_refused(
    stored: tuple[Shop, int, int],
) -> None:
    shop, member, sale = stored
    shop.product("ring", 54_000)
    shop.sell(shop.basket(("ring", 1), member=member), ("wallet", 54_000))
    with pytest.raises(wallet.TopUpSpent):
        reversals.reverse_top_up(sale, by=shop.owner, now=shop.now)


def test_a_reversal_pays_back_money_and_not_stored_value(stored: tuple[Shop, int, int]) -> None:
    """One sale of a top-up 100.00 for cash and a dress 120.00 from the wallet."""
    shop, member, _ = stored
    lines = (
        BasketLine(shop.products["top-up"], Milli(1000), unit_cents=10_000),
        BasketLine(shop.products["dress"]),
    )
    sale = shop.sell(Basket(shop.store, lines, member_id=member), ("wallet", 12_000))
    refund = reversals.reverse_top_up(sale, by=shop.owner, now=shop.now)
    back = db.rows(
        "SELECT t.kind, r.cents FROM refund_tender r JOIN tender t ON t.id = r.tender_id WHERE r.refund_id = ?",
        (refund,),
    )
    assert back == [("cash", 10_000)]


def test_goods_beside_a_top_up_go_back_to_what_paid_them(stored: tuple[Shop, int, int]) -> None:
    shop, member, _ = stored
    lines = (
        BasketLine(shop.products["dress"]),
        BasketLine(shop.products["top-up"], Milli(1000), unit_cents=10_000),
    )
    sale = shop.sell(Basket(shop.store, lines, member_id=member), ("wallet", 12_000))
    dress = receipts.of(sale).lines[0].id
    refunds.refund(sale, (refunds.ReturnLine(dress, 1000),), by=shop.owner, now=shop.now)
    assert amounts(shop, member) == (60_000, 5000)
    reversals.reverse_top_up(sale, by=shop.owner, now=shop.now)
    assert (amounts(shop, member), ledgers.broken()) == ((50_000, 5000), {})


def test_two_wallet_tenders_are_one(stored: tuple[Shop, int, int]) -> None:
    shop, member, _ = stored
    shop.product("ring", 54_000)
    shop.sell(shop.basket(("ring", 1), member=member), ("wallet", 30_000), ("wallet", 24_000))
    assert amounts(shop, member) == (0, 1000)


def test_two_wallet_tenders_do_not_buy_what_needs_money(stored: tuple[Shop, int, int]) -> None:
    shop, member, _ = stored
    shop.product("gift card", 12_000, kind="gift_card")
    basket = shop.basket(("gift card", 1), ("dress", 1), member=member)
    twice = (Tender("wallet", 12_000), Tender("wallet", 12_000))
    with pytest.raises(tenders.MoneyOnly):
        sales.post(SaleRequest(basket, twice, 24_000, proof=shop.proof(member)), by=shop.owner, now=shop.now)


def test_each_move_is_told_with_the_balance(stored: tuple[Shop, int, int]) -> None:
    shop, member, _ = stored
    shop.sell(shop.basket(("dress", 1), member=member), ("wallet", 12_000))
    told = [row[0] for row in db.rows("SELECT variables FROM outbox WHERE template = 'wallet_balance' ORDER BY id")]
    assert ["¥550.00" in told[0], "¥430.00" in told[1]] == [True, True]
