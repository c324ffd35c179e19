"""Parked baskets 挂单: they wait in their store, reserve nothing, and are taken up once."""

from dataclasses import replace

import pytest

from core.base import db
from core.base.clock import Millis
from core.base.errors import NotAllowed, RegularsError
from core.base.money import Milli
from core.books.locks import MemberUnknown
from core.goods import catalogue, stock
from core.goods.catalogue import ProductUnknown
from core.goods.stock import QuantityInvalid
from core.selling import parking
from core.selling.quotes import Basket, BasketInvalid, BasketLine, StoreUnknown
from tests.counter import DAY, hired, other_store
from tests.shops import Shop


@pytest.fixture
def tea_shop(shop: Shop) -> Shop:
    shop.product("tea", 1000)
    return shop


@pytest.fixture
def one_tea_shop(one_shop: Shop) -> Shop:
    one_shop.product("tea", 1000)
    return one_shop


def park(shop: Shop, basket: Basket, label: str = "blue coat", *, later: int = 0) -> int:
    return parking.park(basket, label, by=shop.owner, now=Millis(shop.now + later))


def recall(shop: Shop, parked: int) -> Basket:
    return parking.recall(parked, by=shop.owner, now=shop.now)


def test_a_basket_comes_back_as_it_was_parked(tea_shop: Shop) -> None:
    nuts = tea_shop.product("nuts", 3990, weighed=True)
    member = tea_shop.member()
    tea_shop.give_points(member, 100)
    coupon = tea_shop.give_coupon(tea_shop.coupon_kind("5", effect="amount", off_cents=500), member)
    tea = BasketLine(tea_shop.products["tea"], Milli(2000), unit_cents=900, staff_id=tea_shop.owner.id)
    lines = (tea, BasketLine(nuts, Milli(355)))
    basket = Basket(tea_shop.store, lines, member, 100, frozenset({coupon}), round_off_cents=5)
    assert recall(tea_shop, park(tea_shop, basket)) == basket


def test_what_waits_stands_in_a_list_the_first_parked_first(tea_shop: Shop) -> None:
    basket = tea_shop.basket(("tea", 1))
    made = [park(tea_shop, basket, label, later=later) for label, later in (("late", 5), (" early ", 1))]
    found = parking.waiting(tea_shop.store, by=tea_shop.owner)
    assert [(one.id, one.label, one.basket) for one in found] == [
        (made[1], "early", basket),
        (made[0], "late", basket),
    ]


def test_a_basket_waits_in_its_own_store(tea_shop: Shop) -> None:
    elsewhere = other_store(tea_shop)
    park(tea_shop, tea_shop.basket(("tea", 1)))
    assert parking.waiting(elsewhere, by=tea_shop.owner) == []


def test_a_basket_is_taken_up_once(tea_shop: Shop) -> None:
    parked = park(tea_shop, tea_shop.basket(("tea", 1)))
    recall(tea_shop, parked)
    with pytest.raises(parking.ParkedGone):
        recall(tea_shop, parked)
    assert parking.waiting(tea_shop.store, by=tea_shop.owner) == []


def test_a_parked_basket_reserves_nothing(tea_shop: Shop) -> None:
    member = tea_shop.member()
    tea_shop.give_coupon(tea_shop.coupon_kind("5", effect="amount", off_cents=500), member)
    parked = park(tea_shop, tea_shop.basket(("tea", 1), member=member))
    assert stock.on_hand(tea_shop.store, tea_shop.products["tea"]) == 0
    tea_shop.sell(tea_shop.basket(("tea", 1), member=member))
    assert tea_shop.quote(recall(tea_shop, parked)).total_cents == 1000


def test_a_basket_taken_up_has_the_prices_of_now(tea_shop: Shop) -> None:
    parked = park(tea_shop, tea_shop.basket(("tea", 2)))
    catalogue.set_price(tea_shop.products["tea"], 1100, by=tea_shop.owner, now=tea_shop.now)
    assert tea_shop.quote(recall(tea_shop, parked)).total_cents == 2200


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"lines": ()}, BasketInvalid),
        ({"lines": (BasketLine(1),)}, ProductUnknown),
        ({"store_id": 1}, StoreUnknown),
        ({"member_id": 1}, MemberUnknown),
        ({"points": 5}, BasketInvalid),
    ],
)
def test_what_cannot_be_sold_is_not_parked(
    one_tea_shop: Shop, change: dict[str, object], error: type[RegularsError]
) -> None:
    with pytest.raises(error):
        park(one_tea_shop, replace(one_tea_shop.basket(("tea", 1)), **change))  # type: ignore[arg-type]
    assert db.value("SELECT count(*) FROM parked") == 0


def test_half_a_piece_is_not_parked(one_tea_shop: Shop) -> None:
    line = BasketLine(one_tea_shop.products["tea"], Milli(500))
    with pytest.raises(QuantityInvalid):
        park(one_tea_shop, Basket(one_tea_shop.store, (line,)))


def test_a_long_label_is_cut(one_tea_shop: Shop) -> None:
    park(one_tea_shop, one_tea_shop.basket(("tea", 1)), "x" * 50)
    assert [one.label for one in parking.waiting(one_tea_shop.store, by=one_tea_shop.owner)] == ["x" * 40]


def test_who_does_not_sell_in_a_store_parks_and_takes_up_nothing_there(tea_shop: Shop) -> None:
    stranger = hired(tea_shop, "clerk", store=other_store(tea_shop))
    basket = tea_shop.basket(("tea", 1))
    parked = park(tea_shop, basket)
    for attempt in (
        lambda: parking.park(basket, "", by=stranger, now=tea_shop.now),
        lambda: parking.waiting(tea_shop.store, by=stranger),
        lambda: parking.recall(parked, by=stranger, now=tea_shop.now),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    assert [one.id for one in parking.waiting(tea_shop.store, by=tea_shop.owner)] == [parked]


def test_baskets_nobody_took_up_are_forgotten(tea_shop: Shop) -> None:
    old = park(tea_shop, tea_shop.basket(("tea", 1)), later=-3 * DAY)
    park(tea_shop, tea_shop.basket(("tea", 2)))
    assert parking.forget_before(Millis(tea_shop.now - DAY)) == 1
    with pytest.raises(parking.ParkedGone):
        recall(tea_shop, old)


def test_parking_leaves_a_line_in_the_log(tea_shop: Shop) -> None:
    recall(tea_shop, park(tea_shop, tea_shop.basket(("tea", 1))))
    found = [row[0] for row in db.rows("SELECT action FROM audit WHERE entity = 'parked' ORDER BY id")]
    assert found == ["basket.parked", "basket.recalled"]
