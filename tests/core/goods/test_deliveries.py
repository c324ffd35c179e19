"""Deliveries: supplier, paper, cost; the cost of a product is a moving average."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.goods import deliveries, stock
from core.goods.deliveries import Delivery, DeliveryInvalid, Line, SupplierTaken, SupplierUnknown, averaged, margin_bp
from core.goods.stock import NotCounted, QuantityInvalid
from tests.shops import Shop


def take_in(shop: Shop, product_id: int, milli: int, cost: int | None, **given: object) -> int:
    delivery = Delivery(shop.store, (Line(product_id, milli, cost),), **given)  # type: ignore[arg-type]
    return deliveries.take_in(delivery, by=shop.owner, now=shop.now)


def test_the_cost_is_the_moving_average_of_what_was_paid(shop: Shop) -> None:
    """10 at 4.00 and 30 at 6.00 cost 5.50; after 20 are sold 20 more at 7.00 make 6.25."""
    tea = shop.product("tea", 1800)
    take_in(shop, tea, 10_000, 400)
    take_in(shop, tea, 30_000, 600)
    assert deliveries.cost_of(tea) == 550_000
    shop.sell(shop.basket(("tea", 20)))
    take_in(shop, tea, 20_000, 700)
    assert deliveries.cost_of(tea) == 625_000
    take_in(shop, tea, 5_000, None)
    assert (deliveries.cost_of(tea), stock.on_hand(shop.store, tea)) == (625_000, 45_000)
    assert margin_bp(1800, 625_000) == 6527


def test_after_selling_short_the_new_cost_counts_alone(shop: Shop) -> None:
    tea = shop.product("tea", 1800)
    take_in(shop, tea, 1_000, 400)
    shop.sell(shop.basket(("tea", 3)))
    take_in(shop, tea, 10_000, 500)
    assert deliveries.cost_of(tea) == 500_000


@given(st.integers(1, 10**6), st.integers(1, 10**8), st.integers(1, 10**6), st.integers(0, 10**8))
def test_an_average_lies_between_both_costs(there: int, cost: int, came: int, paid: int) -> None:
    assert min(cost, paid) <= averaged(there, cost, came, paid) <= max(cost, paid)


def test_a_delivery_names_its_supplier_and_paper(shop: Shop) -> None:
    tea = shop.product("tea", 1800)
    farm = deliveries.set_supplier(None, "云雾茶场", "Lin 0571", "30 days", by=shop.owner, now=shop.now)
    take_in(shop, tea, 10_000, 400, supplier_id=farm, document="LS-17")
    (one,) = deliveries.recent(shop.store, by=shop.owner)
    assert (one.supplier, one.document, one.lines, one.cost_cents) == ("云雾茶场", "LS-17", 1, 4000)


def test_suppliers_are_changed_and_rested(shop: Shop) -> None:
    one = deliveries.set_supplier(None, "Hill", by=shop.owner, now=shop.now)
    deliveries.set_supplier(one, "Hill farm", "me", "cash", by=shop.owner, now=shop.now)
    deliveries.use_supplier(one, False, by=shop.owner, now=shop.now)
    (found,) = deliveries.suppliers(by=shop.owner)
    assert (found.name, found.contact, found.terms, found.active) == ("Hill farm", "me", "cash", False)
    with pytest.raises(SupplierTaken):
        deliveries.set_supplier(None, "Hill farm", by=shop.owner, now=shop.now)
    with pytest.raises(DeliveryInvalid):
        deliveries.set_supplier(None, " ", by=shop.owner, now=shop.now)
    for wrong in (lambda: deliveries.use_supplier(7, True, by=shop.owner, now=shop.now),
                  lambda: deliveries.set_supplier(7, "x", by=shop.owner, now=shop.now)):  # fmt: skip
        with pytest.raises(SupplierUnknown):
            wrong()


def test_a_delivery_that_cannot_be_right_moves_nothing(shop: Shop) -> None:
    tea, cut = shop.product("tea", 1800), shop.product("cut", 1, kind="service")
    for product_id, milli, cost, error in (
        (tea, 0, None, QuantityInvalid), (tea, 1_500, None, QuantityInvalid), (tea, 1_000, -1, DeliveryInvalid),
        (cut, 1_000, None, NotCounted),
    ):  # fmt: skip
        with pytest.raises(error):
            take_in(shop, product_id, milli, cost)
    with pytest.raises(DeliveryInvalid):
        deliveries.take_in(Delivery(shop.store, ()), by=shop.owner, now=shop.now)
    with pytest.raises(SupplierUnknown):
        take_in(shop, tea, 1_000, None, supplier_id=7)
    assert stock.on_hand(shop.store, tea) == 0
