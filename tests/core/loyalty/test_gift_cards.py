"""Gift cards: sold, activated, paid with, given back, loaded, undone."""

import pytest

from core.base import db
from core.loyalty import giftcards, wallet
from core.selling import receipts, refunds, reversals, sales
from core.selling.quotes import Basket, BasketInvalid, BasketLine
from core.selling.refunds import ReturnLine
from core.selling.sales import SaleRequest, Tender
from core.selling.tenders import MoneyOnly
from tests.shops import Shop


@pytest.fixture
def sold(shop: Shop) -> tuple[Shop, giftcards.GiftCard]:
    """A card of 50.00, sold to nobody known."""
    shop.product("card 50", 5000, kind="gift_card")
    shop.product("tea", 1800)
    sale = shop.sell(shop.basket(("card 50", 1)))
    return shop, giftcards.of_sale(sale)[0]


def pay(shop: Shop, card: giftcards.GiftCard, cents: int, pieces: int = 1) -> int:
    basket = shop.basket(("tea", pieces))
    tenders = [Tender("gift_card", cents, card.code)]
    if pieces * 1800 > cents:
        tenders.append(Tender("cash", pieces * 1800 - cents))
    return sales.post(SaleRequest(basket, tuple(tenders), pieces * 1800), by=shop.owner, now=shop.now)


def left(card: giftcards.GiftCard) -> int:
    return giftcards.by_code(card.code).balance_cents


def test_a_card_pays_in_parts_and_gets_back_what_comes_back(sold: tuple[Shop, giftcards.GiftCard]) -> None:
    shop, card = sold
    sale = pay(shop, card, 3000, pieces=2)
    assert left(card) == 2000
    refunds.refund(sale, (ReturnLine(receipts.of(sale).lines[0].id, 1000),), by=shop.owner, now=shop.now)
    assert left(card) == 3500
    assert db.value("SELECT CAST(sum(cents) AS BIGINT) FROM gift_card_entry") == 3500


def test_more_than_is_on_it_is_refused(sold: tuple[Shop, giftcards.GiftCard]) -> None:
    shop, card = sold
    with pytest.raises(giftcards.GiftCardShort) as caught:
        pay(shop, card, 5400, pieces=3)
    assert (caught.value.facts["balance_cents"], left(card)) == (5000, 5000)


def test_a_card_buys_no_card(sold: tuple[Shop, giftcards.GiftCard]) -> None:
    shop, card = sold
    request = SaleRequest(shop.basket(("card 50", 1)), (Tender("gift_card", 5000, card.code),), 5000)
    with pytest.raises(MoneyOnly):
        sales.post(request, by=shop.owner, now=shop.now)


def test_a_blank_card_is_activated_once(sold: tuple[Shop, giftcards.GiftCard]) -> None:
    shop, _ = sold
    code = giftcards.make_blank(3, by=shop.owner, now=shop.now)[1]
    basket = Basket(shop.store, (BasketLine(shop.products["card 50"], gift_code=code),))
    shop.sell(basket)
    assert giftcards.by_code(code).balance_cents == 5000
    with pytest.raises(giftcards.GiftCardNotBlank):
        shop.sell(basket)


def test_a_code_is_for_one_card_on_a_line_of_its_own(sold: tuple[Shop, giftcards.GiftCard]) -> None:
    shop, card = sold
    for name in ("tea", "card 50"):
        line = BasketLine(shop.products[name], 2000, gift_code=card.code)  # type: ignore[arg-type]
        with pytest.raises(BasketInvalid):
            shop.quote(Basket(shop.store, (line,)))


@pytest.mark.parametrize("code", ["", "G1.X.Y", "G1.YGM0.AAAAAAAAAAAAAA", "K1.00000000000"])
def test_a_made_up_code_is_unknown(sold: tuple[Shop, giftcards.GiftCard], code: str) -> None:
    with pytest.raises(giftcards.GiftCardUnknown):
        giftcards.by_code(code)


def test_what_is_on_a_card_becomes_a_members_stored_value_once(sold: tuple[Shop, giftcards.GiftCard]) -> None:
    shop, card = sold
    member = shop.member()
    assert giftcards.load(card.code, member, by=shop.owner, now=shop.now) == 5000
    assert (wallet.state(member, now=shop.now).principal_cents, left(card)) == (5000, 0)
    with pytest.raises(giftcards.GiftCardShort):
        giftcards.load(card.code, member, by=shop.owner, now=shop.now)


def test_an_undone_sale_takes_its_cards_out_of_use(sold: tuple[Shop, giftcards.GiftCard]) -> None:
    shop, card = sold
    reversals.void(db.value("SELECT min(id) FROM sale"), by=shop.owner, now=shop.now)
    assert (giftcards.by_code(card.code).state, left(card)) == ("void", 0)


def test_a_sale_whose_card_was_spent_is_not_undone(sold: tuple[Shop, giftcards.GiftCard]) -> None:
    shop, card = sold
    pay(shop, card, 1800)
    with pytest.raises(giftcards.GiftCardShort):
        reversals.void(db.value("SELECT min(id) FROM sale"), by=shop.owner, now=shop.now)
    assert left(card) == 3200


def test_what_a_gift_card_pays_earns_like_money(shop: Shop) -> None:
    shop.product("card 50", 5000, kind="gift_card")
    shop.product("tea", 1800)
    card = giftcards.of_sale(shop.sell(shop.basket(("card 50", 1))))[0]
    basket = shop.basket(("tea", 1), member=shop.member())
    sale = sales.post(SaleRequest(basket, (Tender("gift_card", 1800, card.code),), 1800), by=shop.owner, now=shop.now)
    assert receipts.of(sale).earned_points == 18
