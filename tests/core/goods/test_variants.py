"""Variants: several products at once, each with its own price, barcode and stock, found by what they share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base import db
from core.base.errors import NotAllowed
from core.base.money import Milli
from core.goods import catalogue, stock, variants
from core.goods.catalogue import ProductTaken
from core.goods.variants import Option, VariantsInvalid
from tests.shops import Shop

TYPED = "小杯 18, 大杯 22.5 6901000000015"
SIZES = [Option("小杯", 1800), Option("大杯", 2250, "6901000000015")]


def make(shop: Shop, parent: str = "珍珠奶茶", typed: str = TYPED) -> list[int]:
    return variants.make(parent, variants.read(typed), category="奶茶", by=shop.owner, now=shop.now)


def test_each_variant_is_a_product_with_its_own_price_barcode_and_stock(shop: Shop) -> None:
    small, large = (catalogue.get(id) for id in make(shop))
    assert [(one.name, one.price_cents, one.barcode) for one in (small, large)] == [
        ("珍珠奶茶 · 小杯", 1800, None), ("珍珠奶茶 · 大杯", 2250, "6901000000015"),
    ]  # fmt: skip
    assert small.category_id == large.category_id != None  # noqa: E711 (one category, and there is one)
    stock.receive(shop.store, small.id, Milli(5000), by=shop.owner, now=shop.now)
    assert (stock.on_hand(shop.store, small.id), stock.on_hand(shop.store, large.id)) == (5000, 0)


@pytest.mark.parametrize("typed", ["珍珠奶茶", "zznc", "zhenzhu", "奶茶 大杯", "6901000000015"])
def test_variants_are_found_by_what_they_share_and_by_what_tells_them_apart(shop: Shop, typed: str) -> None:
    _small, large = make(shop)
    assert large in [one.id for one in catalogue.find(typed)]


def test_variants_stand_together_in_the_list(shop: Shop) -> None:
    shop.product("珍珠", 100)
    shop.product("美式", 100)
    made = make(shop)
    listed = [one.product.id for one in catalogue.shelf(shop.store)]
    assert abs(listed.index(made[0]) - listed.index(made[1])) == 1


def test_a_taken_barcode_makes_none_of_them(shop: Shop) -> None:
    shop.product("栗子蛋糕", 3200, barcode="6901000000015")
    with pytest.raises(ProductTaken):
        make(shop)
    assert db.value("SELECT count(*) FROM product") == 1


@pytest.mark.parametrize(
    ("parent", "typed", "problem"),
    [
        ("", TYPED, "it has no name"),
        ("茶", "", "it has 1 to 30 variants"),
        ("茶", "大杯 18, 大杯 20", "named twice"),
        ("茶", "大杯", "a price is missing"),
        ("绿茶", "大杯 18", "绿茶 · 大杯 is there already"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(shop: Shop, parent: str, typed: str, problem: str) -> None:
    make(shop, "绿茶", "大杯 16")
    with pytest.raises(VariantsInvalid, match=problem):
        make(shop, parent, typed)


def test_who_may_not_change_goods_makes_none(shop: Shop) -> None:
    with pytest.raises(NotAllowed):
        variants.make("茶", SIZES, by=shop.owner_with(frozenset({"sell"})), now=shop.now)


def test_options_are_read_as_they_are_typed() -> None:
    assert variants.read(TYPED) == SIZES
    assert variants.read("小杯 18、大杯 22.50 6901000000015；") == SIZES
    assert variants.read("No 5 7, 500 ml 180") == [Option("No 5", 700), Option("500 ml", 18_000)]


@given(st.lists(st.tuples(st.from_regex(r"[a-z]{1,8}( [a-z0-9]{1,3})?", fullmatch=True), st.integers(0, 999_999))))
def test_what_is_written_out_is_read_back(options: list[tuple[str, int]]) -> None:
    typed = ", ".join(f"{name} {cents // 100}.{cents % 100:02d}" for name, cents in options)
    assert [(one.name, one.price_cents) for one in variants.read(typed)] == options
