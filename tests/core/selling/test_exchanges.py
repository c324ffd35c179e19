"""Exchanges 换货: lines come back and others go out at once; each way of paying stays what it was."""

from dataclasses import replace

import pytest

from core.base import db
from core.base.access import Actor
from core.base.errors import NotAllowed, RegularsError
from core.books.locks import MemberBlocked
from core.books.posting import NotEnoughStored
from core.books.requests import KeyReused
from core.goods import stock
from core.loyalty import families, giftcards, topups
from core.loyalty.topups import TopUpTerms
from core.people import members
from core.selling import exchanges, receipts, refunds, sales
from core.selling.exchanges import Difference, ExchangeOfOther
from core.selling.quotes import Basket
from core.selling.refunds import How, SaleUnknown
from core.selling.returns import RefundInvalid, TooMuchReturned
from core.selling.sales import ApprovalNeeded, PriceChanged, ProofNeeded, SaleRequest, Tender
from core.selling.tenders import MoneyOnly, TendersDiffer, TendersTooMuch
from tests.counter import (
    WRITTEN,
    all_of,
    hired,
    other_store,
    paid_back,
    part,
    points_of,
    rows_of,
    stored,
    tenders,
    unsound,
)
from tests.shops import Shop


@pytest.fixture
def dress_shop(shop: Shop) -> Shop:
    shop.product("dress", 8000)
    shop.product("coat", 20_000)
    shop.product("scarf", 3000)
    return shop


@pytest.fixture
def rich(dress_shop: Shop) -> int:
    """A member with 100.00 principal and 20.00 bonus for 30 days, spent proportionally."""
    topups.set_rule(10_000, TopUpTerms(bonus_cents=2000, bonus_days=30), by=dress_shop.owner, now=dress_shop.now)
    dress_shop.rule("wallet_order", "proportional")
    member = dress_shop.member()
    dress_shop.top_up(member, 10_000)
    return member


def ask(shop: Shop, sale: int, basket: Basket) -> Difference:
    return exchanges.preview(sale, all_of(sale), basket, by=shop.owner, now=shop.now)


def exchange(
    shop: Shop,
    sale: int,
    basket: Basket,
    *paid: tuple[str, int],
    how: How = refunds.AS_PAID,
    by: Actor | None = None,
    key: str | None = None,
    back: tuple[refunds.ReturnLine, ...] | None = None,
) -> int:
    """All of a sale for a basket at its full price of now, the difference paid as given."""
    given = tuple(Tender(kind, cents) for kind, cents in paid)  # type: ignore[arg-type]
    proof = shop.proof(basket.member_id) if basket.member_id else None
    request = SaleRequest(basket, given, shop.quote(basket).total_cents, proof=proof)
    lines = all_of(sale) if back is None else back
    return exchanges.exchange(sale, lines, request, how, by=by or shop.owner, now=shop.now, key=key)


# --- dearer, cheaper, equal ------------------------------------------------------------------------------


def test_a_dearer_thing_costs_the_difference(dress_shop: Shop) -> None:
    sale = dress_shop.sell(dress_shop.basket(("dress", 1)), ("card", 8000))
    coat = dress_shop.basket(("coat", 1))
    assert ask(dress_shop, sale, coat).pay_cents == 12_000
    new = exchange(dress_shop, sale, coat, ("wechat", 12_000))
    assert (tenders(new), unsound(dress_shop)) == ([("card", 8000), ("wechat", 12_000)], [])


def test_a_cheaper_thing_pays_the_difference_back(dress_shop: Shop) -> None:
    sale = dress_shop.sell(dress_shop.basket(("dress", 1)), ("card", 8000))
    scarf = dress_shop.basket(("scarf", 1))
    found = ask(dress_shop, sale, scarf)
    assert (found.pay_cents, found.paid_back) == (0, (("card", 5000),))
    assert tenders(exchange(dress_shop, sale, scarf)) == [("card", 3000)]
    assert (receipts.of(sale).refunded_cents, unsound(dress_shop)) == (8000, [])


def test_a_thing_of_the_same_price_costs_nothing(dress_shop: Shop) -> None:
    sale = dress_shop.sell(dress_shop.basket(("dress", 1)))
    found = ask(dress_shop, sale, dress_shop.basket(("dress", 1)))
    assert (found.pay_cents, found.paid_back) == (0, ())
    assert tenders(exchange(dress_shop, sale, dress_shop.basket(("dress", 1)))) == [("cash", 8000)]


def test_each_way_of_paying_carries_its_share(dress_shop: Shop) -> None:
    """80.00 were paid 50.00 by card and 30.00 in cash; a scarf for 30.00 takes 18.75 and 11.25 of them."""
    sale = dress_shop.sell(dress_shop.basket(("dress", 1)), ("card", 5000))
    found = ask(dress_shop, sale, dress_shop.basket(("scarf", 1)))
    assert found.paid_back == (("card", 3125), ("cash", 1875))
    assert tenders(exchange(dress_shop, sale, dress_shop.basket(("scarf", 1)))) == [("card", 1875), ("cash", 1125)]


def test_a_part_of_a_sale_is_exchanged(dress_shop: Shop) -> None:
    sale = dress_shop.sell(dress_shop.basket(("dress", 1), ("scarf", 2)))
    back = part(sale, 0, 1)
    new = exchange(dress_shop, sale, dress_shop.basket(("dress", 1)), ("cash", 5000), back=back)
    assert (receipts.of(sale).refunded_cents, receipts.of(new).total_cents) == (3000, 8000)


def test_an_exchange_moves_stock_both_ways(dress_shop: Shop) -> None:
    sale = dress_shop.sell(dress_shop.basket(("dress", 1)))
    exchange(dress_shop, sale, dress_shop.basket(("scarf", 2)))
    on_hand = [stock.on_hand(dress_shop.store, dress_shop.products[name]) for name in ("dress", "scarf")]
    assert on_hand == [0, -2000]


def test_refund_and_new_sale_know_each_other(dress_shop: Shop) -> None:
    sale = dress_shop.sell(dress_shop.basket(("dress", 1)))
    new = exchange(dress_shop, sale, dress_shop.basket(("dress", 1)))
    refund, kind = db.one("SELECT id, kind FROM refund WHERE sale_id = ?", (sale,)) or (0, "")
    assert (kind, db.value("SELECT exchange_of FROM sale WHERE id = ?", (new,))) == ("exchange", refund)


def test_change_is_given_on_the_difference(dress_shop: Shop) -> None:
    sale = dress_shop.sell(dress_shop.basket(("dress", 1)), ("card", 8000))
    new = exchange(dress_shop, sale, dress_shop.basket(("coat", 1)), ("cash", 15_000))
    assert tenders(new) == [("card", 8000), ("cash", 12_000)]


# --- points, stored value, coupons -----------------------------------------------------------------------


def test_points_earned_follow_the_goods(dress_shop: Shop) -> None:
    member = dress_shop.member()
    sale = dress_shop.sell(dress_shop.basket(("dress", 1), member=member))
    exchange(dress_shop, sale, dress_shop.basket(("coat", 1), member=member), ("cash", 12_000))
    assert (points_of(member), unsound(dress_shop)) == (200, [])


def test_stored_value_carries_principal_and_bonus_as_they_were(dress_shop: Shop, rich: int) -> None:
    """80.00 proportionally: 66.67 and 13.33; a scarf keeps 25.00 and 5.00 of them, the rest is stored again."""
    sale = dress_shop.sell(dress_shop.basket(("dress", 1), member=rich), ("wallet", 8000))
    assert tenders(sale) == [("principal", 6667), ("bonus", 1333)]
    new = exchange(dress_shop, sale, dress_shop.basket(("scarf", 1), member=rich))
    assert tenders(new) == [("principal", 2500), ("bonus", 500)]
    assert (stored(dress_shop, rich), points_of(rich), unsound(dress_shop)) == ((7500, 1500), 25, [])


def test_more_stored_value_pays_the_difference_from_what_is_left(dress_shop: Shop, rich: int) -> None:
    """30.00 are carried; of the 90.00 left 50.00 pay on."""
    sale = dress_shop.sell(dress_shop.basket(("scarf", 1), member=rich), ("wallet", 3000))
    new = exchange(dress_shop, sale, dress_shop.basket(("dress", 1), member=rich), ("wallet", 5000))
    assert tenders(new) == [("principal", 2500), ("bonus", 500), ("principal", 4167), ("bonus", 833)]
    assert (stored(dress_shop, rich), unsound(dress_shop)) == ((3333, 667), [])


def test_what_is_carried_is_not_there_twice(dress_shop: Shop, rich: int) -> None:
    sale = dress_shop.sell(dress_shop.basket(("scarf", 1), member=rich), ("wallet", 3000))
    before = rows_of(*WRITTEN)
    with pytest.raises(NotEnoughStored):
        exchange(dress_shop, sale, dress_shop.basket(("coat", 1), member=rich), ("wallet", 9001), ("cash", 7999))
    assert rows_of(*WRITTEN) == before


def test_carried_stored_value_needs_no_proof_but_more_of_it_does(dress_shop: Shop, rich: int) -> None:
    sale = dress_shop.sell(dress_shop.basket(("scarf", 1), member=rich), ("wallet", 3000))
    dress = dress_shop.basket(("dress", 1), member=rich)
    request = SaleRequest(dress, (Tender("wallet", 5000),), 8000)
    with pytest.raises(ProofNeeded, match=r"¥50\.00"):
        exchanges.exchange(sale, all_of(sale), request, by=dress_shop.owner, now=dress_shop.now)
    cash = replace(request, tenders=(Tender("cash", 5000),))
    exchanges.exchange(sale, all_of(sale), cash, by=dress_shop.owner, now=dress_shop.now)


def test_redeemed_points_come_back_and_can_pay_again(dress_shop: Shop) -> None:
    member = dress_shop.member()
    dress_shop.give_points(member, 1000)
    sale = dress_shop.sell(dress_shop.basket(("dress", 1), member=member, points=1000))
    assert points_of(member) == 70
    dress_shop.give_points(member, 500)
    coat = dress_shop.basket(("coat", 1), member=member, points=500)
    exchange(dress_shop, sale, coat, ("cash", 12_500))
    assert (points_of(member), unsound(dress_shop)) == (1000 + 195, [])


def test_a_preview_knows_the_points_that_come_back(dress_shop: Shop) -> None:
    """All 1,000 points paid for the dress; they pay for the coat."""
    member = dress_shop.member()
    dress_shop.give_points(member, 1000)
    sale = dress_shop.sell(dress_shop.basket(("dress", 1), member=member, points=1000))
    coat = dress_shop.basket(("coat", 1), member=member, points=1000)
    found = ask(dress_shop, sale, coat)
    assert (found.quote.total_cents, found.pay_cents) == (19_000, 12_000)
    request = SaleRequest(coat, (Tender("cash", 12_000),), 19_000, proof=dress_shop.proof(member))
    exchanges.exchange(sale, all_of(sale), request, by=dress_shop.owner, now=dress_shop.now)
    assert (points_of(member), unsound(dress_shop)) == (190, [])


def test_a_coupon_of_the_first_sale_comes_back_and_is_used_again(dress_shop: Shop) -> None:
    """70.00 were paid for a dress with a coupon of 10.00; another dress costs nothing more."""
    member = dress_shop.member()
    coupon = dress_shop.give_coupon(dress_shop.coupon_kind("10", effect="amount", off_cents=1000), member)
    dress = dress_shop.basket(("dress", 1), member=member)
    sale = dress_shop.sell(dress)
    found = ask(dress_shop, sale, dress)
    assert (found.quote.total_cents, found.pay_cents, found.paid_back) == (7000, 0, ())
    exchanges.exchange(sale, all_of(sale), SaleRequest(dress, (), 7000), by=dress_shop.owner, now=dress_shop.now)
    assert db.one("SELECT state, used FROM coupon WHERE id = ?", (coupon,)) == ("used", 1)
    assert unsound(dress_shop) == []


def test_a_price_that_changed_since_the_preview_is_told(dress_shop: Shop) -> None:
    sale, coat = dress_shop.sell(dress_shop.basket(("dress", 1))), dress_shop.basket(("coat", 1))
    dress_shop.promotion("5.00", effect="reduction", threshold_cents=500, off_cents=500)
    request, before = SaleRequest(coat, (Tender("cash", 12_000),), 20_000), rows_of(*WRITTEN)
    with pytest.raises(PriceChanged, match=r"¥195\.00, not ¥200\.00"):
        exchanges.exchange(sale, all_of(sale), request, by=dress_shop.owner, now=dress_shop.now)
    assert rows_of(*WRITTEN) == before


def test_stored_value_is_not_exchanged_for_what_needs_money(dress_shop: Shop, rich: int) -> None:
    dress_shop.product("gift card", 3000, kind="gift_card")
    sale = dress_shop.sell(dress_shop.basket(("scarf", 1), member=rich), ("wallet", 3000))
    with pytest.raises(MoneyOnly):
        exchange(dress_shop, sale, dress_shop.basket(("gift card", 1), member=rich))


def test_what_anothers_wallet_paid_goes_back_there_and_pays_for_nothing_else(dress_shop: Shop, rich: int) -> None:
    """The mother's 80.00 (66.67 and 13.33) are hers again; the scarf is paid anew."""
    son = dress_shop.member()
    families.share(rich, son, limit_cents=8000, by=dress_shop.owner, now=dress_shop.now)
    sale = dress_shop.sell(dress_shop.basket(("dress", 1), member=son), ("family", 8000))
    scarf = dress_shop.basket(("scarf", 1), member=son)
    found = ask(dress_shop, sale, scarf)
    assert (found.carried, found.pay_cents, found.paid_back) == ((), 3000, (("principal", 6667), ("bonus", 1333)))
    assert tenders(exchange(dress_shop, sale, scarf, ("cash", 3000))) == [("cash", 3000)]
    assert [stored(dress_shop, one) for one in (rich, son)] == [(10_000, 2000), (0, 0)]
    assert unsound(dress_shop) == []


def test_what_a_gift_card_paid_goes_back_onto_it_and_may_pay_again(dress_shop: Shop) -> None:
    dress_shop.product("card", 10_000, kind="gift_card")
    card = giftcards.of_sale(dress_shop.sell(dress_shop.basket(("card", 1))))[0]
    dress, scarf = (dress_shop.basket((name, 1)) for name in ("dress", "scarf"))
    paid = SaleRequest(dress, (Tender("gift_card", 8000, card.code),), 8000)
    sale = sales.post(paid, by=dress_shop.owner, now=dress_shop.now)
    found = ask(dress_shop, sale, scarf)
    assert (found.carried, found.pay_cents, found.paid_back) == ((), 3000, (("gift_card", 8000),))
    again = SaleRequest(scarf, (Tender("gift_card", 3000, card.code),), 3000)
    exchanges.exchange(sale, all_of(sale), again, by=dress_shop.owner, now=dress_shop.now)
    assert (giftcards.by_code(card.code).balance_cents, unsound(dress_shop)) == (7000, [])


def test_an_exchanged_sale_comes_back_in_its_turn(dress_shop: Shop, rich: int) -> None:
    sale = dress_shop.sell(dress_shop.basket(("dress", 1), member=rich), ("wallet", 8000))
    new = exchange(dress_shop, sale, dress_shop.basket(("scarf", 1), member=rich))
    again = exchange(dress_shop, new, dress_shop.basket(("dress", 1), member=rich), ("card", 5000))
    refund = refunds.refund(again, all_of(again), by=dress_shop.owner, now=dress_shop.now)
    assert paid_back(refund) == {"principal": 2500, "bonus": 500, "card": 5000}
    assert (stored(dress_shop, rich), points_of(rich), unsound(dress_shop)) == ((10_000, 2000), 0, [])


# --- what is refused leaves nothing ------------------------------------------------------------------------


def test_what_comes_back_and_goes_out_is_of_one_member(dress_shop: Shop) -> None:
    member, other = dress_shop.member(), dress_shop.member()
    sale = dress_shop.sell(dress_shop.basket(("dress", 1), member=member))
    before = rows_of(*WRITTEN)
    for buyer in (other, None):
        basket = dress_shop.basket(("dress", 1), member=buyer)
        with pytest.raises(ExchangeOfOther):
            exchange(dress_shop, sale, basket)
        with pytest.raises(ExchangeOfOther):
            ask(dress_shop, sale, basket)
    assert rows_of(*WRITTEN) == before


def test_a_sale_to_nobody_is_not_exchanged_for_a_members(dress_shop: Shop) -> None:
    sale = dress_shop.sell(dress_shop.basket(("dress", 1)))
    with pytest.raises(ExchangeOfOther):
        exchange(dress_shop, sale, dress_shop.basket(("dress", 1), member=dress_shop.member()))


@pytest.mark.parametrize(
    ("paid", "error"),
    [
        ((), TendersDiffer),
        ((("cash", 11_999),), TendersDiffer),
        ((("card", 12_001),), TendersTooMuch),
        ((("cash", 20_000), ("card", 12_001)), TendersTooMuch),
    ],
)
def test_a_difference_that_is_paid_wrongly_is_refused(
    dress_shop: Shop, paid: tuple[tuple[str, int], ...], error: type[RegularsError]
) -> None:
    sale = dress_shop.sell(dress_shop.basket(("dress", 1)))
    before = rows_of(*WRITTEN)
    with pytest.raises(error):
        exchange(dress_shop, sale, dress_shop.basket(("coat", 1)), *paid)
    assert rows_of(*WRITTEN) == before


def test_what_cannot_come_back_is_not_exchanged(dress_shop: Shop) -> None:
    sale = dress_shop.sell(dress_shop.basket(("dress", 1)))
    dress, back = dress_shop.basket(("dress", 1)), all_of(sale)
    with pytest.raises(TooMuchReturned):
        exchange(dress_shop, sale, dress, back=part(sale, 2))
    with pytest.raises(RefundInvalid):
        exchange(dress_shop, sale, dress, back=())
    exchange(dress_shop, sale, dress, back=back)
    with pytest.raises(TooMuchReturned):
        exchange(dress_shop, sale, dress, back=back)


def test_an_unknown_sale_is_not_exchanged(dress_shop: Shop) -> None:
    with pytest.raises(SaleUnknown):
        exchange(dress_shop, 1, dress_shop.basket(("dress", 1)), back=(refunds.ReturnLine(1, 1000),))


def test_a_blocked_member_gets_money_back_but_no_new_goods(dress_shop: Shop) -> None:
    member = dress_shop.member()
    sale = dress_shop.sell(dress_shop.basket(("dress", 1), member=member))
    members.set_state(member, "blocked", by=dress_shop.owner, now=dress_shop.now)
    with pytest.raises(MemberBlocked):
        exchange(dress_shop, sale, dress_shop.basket(("dress", 1), member=member))
    assert receipts.of(sale).refunded_cents == 0


def test_money_of_an_exchange_never_stays_stored(dress_shop: Shop) -> None:
    member = dress_shop.member()
    sale = dress_shop.sell(dress_shop.basket(("dress", 1), member=member))
    exchange(dress_shop, sale, dress_shop.basket(("scarf", 1), member=member), how=How(to_wallet=True))
    assert stored(dress_shop, member) == (0, 0)


# --- keys and approvals --------------------------------------------------------------------------------------


def test_the_same_key_exchanges_once(dress_shop: Shop) -> None:
    sale = dress_shop.sell(dress_shop.basket(("dress", 1)))
    dress, back = dress_shop.basket(("dress", 1)), all_of(sale)
    given = [exchange(dress_shop, sale, dress, key="k", back=back) for _ in range(2)]
    assert given[0] == given[1]
    assert rows_of("sale", "refund") == [2, 1]


def test_the_same_key_for_another_exchange_is_refused(dress_shop: Shop) -> None:
    first, second = (dress_shop.sell(dress_shop.basket(("dress", 1))) for _ in range(2))
    exchange(dress_shop, first, dress_shop.basket(("dress", 1)), key="k")
    with pytest.raises(KeyReused):
        exchange(dress_shop, second, dress_shop.basket(("dress", 1)), key="k")


def test_a_clerk_needs_an_approval_above_the_limit(dress_shop: Shop) -> None:
    dress_shop.rule("refund_limit_cents", 5000)
    clerk = hired(dress_shop, "clerk")
    sale, dress = dress_shop.sell(dress_shop.basket(("dress", 1))), dress_shop.basket(("dress", 1))
    for approver in (None, hired(dress_shop, "manager", store=other_store(dress_shop))):
        with pytest.raises(ApprovalNeeded):
            exchange(dress_shop, sale, dress, how=How(approved_by=approver), by=clerk)
    exchange(dress_shop, sale, dress, how=How(approved_by=hired(dress_shop, "manager")), by=clerk)


def test_an_exchange_needs_the_right_to_refund_there(dress_shop: Shop) -> None:
    sale, dress = dress_shop.sell(dress_shop.basket(("dress", 1))), dress_shop.basket(("dress", 1))
    stranger = hired(dress_shop, "manager", store=other_store(dress_shop))
    seller = replace(dress_shop.owner, rights=frozenset({"sell"}))
    for by in (stranger, seller):
        with pytest.raises(NotAllowed):
            exchange(dress_shop, sale, dress, by=by)
        with pytest.raises(NotAllowed):
            exchanges.preview(sale, all_of(sale), dress, by=by, now=dress_shop.now)


def test_what_one_store_sold_is_not_exchanged_at_another_without_the_right_at_the_first(dress_shop: Shop) -> None:
    other = other_store(dress_shop)
    sale = dress_shop.sell(dress_shop.basket(("dress", 1)))
    there = replace(dress_shop.basket(("dress", 1)), store_id=other)
    stranger = hired(dress_shop, "manager", store=other)
    with pytest.raises(NotAllowed):
        exchange(dress_shop, sale, there, by=stranger)
    with pytest.raises(NotAllowed):
        exchanges.preview(sale, all_of(sale), there, by=stranger, now=dress_shop.now)
    exchange(dress_shop, sale, there, by=hired(dress_shop, "manager"))


def test_a_preview_is_what_the_exchange_does_and_writes_nothing(dress_shop: Shop, rich: int) -> None:
    sale = dress_shop.sell(dress_shop.basket(("dress", 1), member=rich), ("wallet", 5000))
    before, coat = rows_of(*WRITTEN), dress_shop.basket(("coat", 1), member=rich)
    found = ask(dress_shop, sale, coat)
    assert rows_of(*WRITTEN) == before
    new = exchange(dress_shop, sale, coat, ("cash", found.pay_cents))
    assert tenders(new) == [*[(one.kind, one.cents) for one in found.carried], ("cash", 12_000)]
