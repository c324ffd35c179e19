"""Bundles: a set at its own price; its parts leave the shelf and come back."""

import pytest

from core.base.money import Milli
from core.goods import bundles, catalogue, stock
from core.goods.bundles import BundleInvalid
from core.selling import receipts, refunds
from core.selling.returns import ReturnLine
from tests.shops import Shop


def test_the_parts_of_a_set_are_sold_and_come_back(shop: Shop) -> None:
    tea, cake = shop.product("tea", 1800), shop.product("cake", 900)
    for product_id in (tea, cake):
        stock.receive(shop.store, product_id, 10_000, by=shop.owner, now=shop.now)
    made_of = [(tea, 2_000), (cake, 1_000)]
    shop.products["afternoon"] = bundles.create("afternoon", 4000, made_of, by=shop.owner, now=shop.now)
    sale_id = shop.sell(shop.basket(("afternoon", 2), ("tea", 1)))
    sale = receipts.of(sale_id)
    assert (sale.total_cents, stock.on_hand(shop.store, tea), stock.on_hand(shop.store, cake)) == (9800, 5_000, 8_000)
    line = next(line for line in sale.lines if line.name == "afternoon")
    refunds.refund(sale_id, [ReturnLine(line.id, Milli(1_000))], by=shop.owner, now=shop.now)
    assert (stock.on_hand(shop.store, tea), stock.on_hand(shop.store, cake)) == (7_000, 9_000)
    assert stock.on_hand(shop.store, shop.products["afternoon"]) == 0


def test_a_set_is_made_of_goods_in_whole_pieces(shop: Shop) -> None:
    tea, cut = shop.product("tea", 1800), shop.product("cut", 1, kind="service")
    for made_of in ([], [(cut, 1_000)], [(tea, 500)], [(tea, 0)], [(tea, 1_000), (tea, 1_000)]):
        with pytest.raises(BundleInvalid):
            bundles.create("set", 100, made_of, by=shop.owner, now=shop.now)
    assert [one.name for one in catalogue.find("set")] == []
