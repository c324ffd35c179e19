"""Products move in with their prices, numbers and stock, and out again where nobody touched them."""

from pathlib import Path

import pytest

from core.base import db
from core.goods import catalogue, stock
from core.keeping.movein import mapping, moving, reading, undoing
from tests.counter import other_store
from tests.movers import brought, looked, text, well
from tests.shops import Shop

HEAD = "商品名称,货号,条码,零售价,分类,类型,库存\n"
TEA = "乌龙茶,T1,6901234567892,18.00,茶,商品,12\n"


def test_a_product_brings_price_numbers_category_and_stock(shop: Shop, tmp_path: Path) -> None:
    done = brought(shop, looked(shop, text(tmp_path, f"{HEAD}{TEA}剪发,,,¥58,,服务,\n"), "products"))
    assert done.held == {"products": 2, "stock_milli": 12_000}
    (tea,) = catalogue.find("6901234567892")
    assert (tea.name, tea.sku, tea.price_cents, tea.kind) == ("乌龙茶", "T1", 1800, "goods")
    assert (catalogue.terms_of(tea).category, stock.on_hand(shop.store, tea.id)) == ("茶", 12_000)
    assert [one.kind for one in catalogue.find("剪发")] == ["service"]
    assert well(shop)


def test_each_store_has_a_column_of_its_own(shop: Shop, tmp_path: Path) -> None:
    second = other_store(shop)
    brought(shop, looked(shop, text(tmp_path, "品名,售价,库存,徐汇店库存\n乌龙茶,18,3,4.5\n"), "products"))
    (tea,) = catalogue.find("乌龙茶")
    assert [stock.on_hand(store, tea.id) for store in (shop.store, second)] == [3_000, 4_500]


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        (",T1,,18,,,", "商品名称", "A product's name has 1 to 80 characters."),
        ("茶,T1,,,,,", "零售价", "There is no price."),
        ("茶,T1,,1.800,5,,", "零售价", None),
        ("茶,T1,,10000000,,,", "零售价", "This price is too high to be one."),
        ("茶,T1,,18,,次卡,", "类型", "Only goods and services are brought in."),
        ("剪发,T1,,18,,服务,5", "库存", "Only goods have a stock."),
        ("茶,T1,,18,,,-1", "库存", "A stock is 0 or more with at most three decimals."),
        ("茶,T1,6.9E+12,18,,,", "条码", "Excel shortened this number, so its last digits are lost."),
    ],
)
def test_a_product_that_cannot_be_is_a_fault(
    one_shop: Shop, tmp_path: Path, line: str, column: str, reason: str | None
) -> None:
    found = looked(one_shop, text(tmp_path, f"{HEAD}{line}\n"), "products")
    assert [(one.column, str(one.reason)) for one in found.faults] == ([(column, reason)] if reason else [])


def test_numbers_that_are_there_stay_outside(shop: Shop, tmp_path: Path) -> None:
    shop.product("old tea", 900, barcode="6901234567892")
    found = looked(shop, text(tmp_path, f"{HEAD}{TEA}绿茶,T2,,9,,,\n红茶,T2,,9,,,\nold tea,,,9,,,\n"), "products")
    assert found.rows == {"there": 2, "new": 1, "double": 1}
    assert [(one.row, one.like, one.why) for one in found.doubles] == [
        (2, None, "barcode"), (4, 3, "number"), (5, None, "name"),
    ]  # fmt: skip
    assert brought(shop, found).held == {"products": 1}


def test_a_product_added_between_looking_and_bringing_in_stays(shop: Shop, tmp_path: Path) -> None:
    found = looked(shop, text(tmp_path, HEAD + TEA), "products")
    shop.product("tea", 1800, sku="T1")
    assert brought(shop, found).rows == {"there": 1}


def test_products_are_undone_unless_they_were_sold(shop: Shop, tmp_path: Path) -> None:
    done = brought(shop, looked(shop, text(tmp_path, f"{HEAD}{TEA}绿茶,T2,,9,,,3\n"), "products"))
    (sold,), (idle,) = catalogue.find("T2"), catalogue.find("T1")
    shop.products["green"] = sold.id
    shop.sell(shop.basket(("green", 1)))
    undone = undoing.undo(done.batch_id, by=shop.owner, now=shop.now)
    assert (undone.undone, [one.shown for one in undone.kept]) == (1, ["绿茶"])
    assert (catalogue.find("T1"), stock.on_hand(shop.store, idle.id)) == ([], 0)
    assert stock.on_hand(shop.store, sold.id) == 2_000
    assert well(shop)
    assert brought(shop, looked(shop, text(tmp_path, HEAD + TEA, "again.csv"), "products")).rows == {"new": 1}


def test_a_stock_column_is_mapped_by_hand(one_shop: Shop, tmp_path: Path) -> None:
    table = reading.read(text(tmp_path, "品名,售价,存货\n乌龙茶,18,7\n"), "products")
    columns = mapping.changed(mapping.guess(table, "products"), "存货", f"stock:{one_shop.store}")
    found = moving.preview(table, columns, store_id=one_shop.store, by=one_shop.owner, now=one_shop.now)
    assert found.amounts == {"products": 1, "stock_milli": 7_000}
    assert str(mapping.label("products", f"stock:{one_shop.store}")) == "stock"
    assert db.value("SELECT count(*) FROM import_batch") == 0
