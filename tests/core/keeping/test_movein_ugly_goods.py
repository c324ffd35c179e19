"""Products and services from an ugly workbook: every planted fault is named, the rest comes in and out."""

import unicodedata
from pathlib import Path

import pytest

from core.base import db
from core.goods import catalogue, deliveries
from core.keeping.movein import undoing
from tests.core.keeping import uglygoods
from tests.movers import brought, looked
from tests.shops import Shop


def move_in(shop: Shop, folder: Path, goods: int, services: int) -> uglygoods.Planted:
    """Look at the file, compare with what was planted, bring it in and take it back."""
    path = folder / "商品.xlsx"
    planted = uglygoods.make(path, goods=goods, services=services)
    found = looked(shop, path, "products")
    assert {one.row: one.column for one in found.faults} == planted.faults
    assert {one.row for one in found.doubles if not one.near} == planted.doubles
    assert {one.row for one in found.doubles if one.near} == planted.near
    assert all(str(one.reason) and str(one.step) for one in found.faults)
    done = brought(shop, found)
    assert done.rows == {"new": planted.goods + planted.services, "double": len(planted.doubles),
                         "faulty": len(planted.faults)}  # fmt: skip
    kinds = dict(db.rows("SELECT kind, count(*) FROM product GROUP BY kind"))
    assert kinds == {"goods": planted.goods, "service": planted.services}
    prices = dict(db.rows("SELECT name, price_cents FROM product"))
    prices = {unicodedata.normalize("NFKC", name): cents for name, cents in prices.items() if "珍珠" not in name}
    assert prices == planted.prices
    assert db.value("SELECT count(*) FROM product WHERE category_id IS NULL") == 0
    undone = undoing.undo(done.batch_id, by=shop.owner, now=shop.now)
    assert (undone.undone, list(undone.kept)) == (planted.goods + planted.services, [])
    assert db.value("SELECT count(*) FROM product WHERE active = 1") == 0
    return planted


def test_a_small_ugly_list_comes_in_and_out(shop: Shop, tmp_path: Path) -> None:
    planted = move_in(shop, tmp_path, 380, 60)
    assert (len(planted.faults), len(planted.doubles), len(planted.near)) == (27, 2, 2)


@pytest.mark.long
def test_twenty_thousand_products_and_two_thousand_services_come_in_and_out(one_shop: Shop, tmp_path: Path) -> None:
    planted = move_in(one_shop, tmp_path, 20_000, 2_000)
    assert len(planted.faults) == 1354


def test_a_cost_column_is_the_cost_a_piece(one_shop: Shop, tmp_path: Path) -> None:
    uglygoods.make(tmp_path / "商品.xlsx", goods=3, services=0)
    brought(one_shop, looked(one_shop, tmp_path / "商品.xlsx", "products"))
    (product,) = catalogue.find("SP000000")
    assert deliveries.cost_of(product.id) == product.price_cents // 2 * 1000
