"""Barcodes: several a product, check digits, and labels of a scale."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.books.rules import RuleInvalid
from core.goods import barcodes, catalogue
from core.goods.barcodes import BarcodeInvalid, check_digit, is_ean13, may_be, read_scale
from core.goods.catalogue import ProductTaken
from tests.shops import Shop
from tui.screens import basket


def test_the_check_digit_is_that_of_the_standard() -> None:
    """The example of the GS1 General Specifications, figure 7.9-2, and two from shelves."""
    assert (check_digit("629104150021"), check_digit("690123456789"), check_digit("400638133393")) == ("3", "2", "1")
    assert check_digit("9638507") == "4"
    assert [may_be(code) for code in ("6901234567892", "6901234567890", "A-17", "123")] == [True, False, True, True]


@given(st.text("0123456789", min_size=12, max_size=12), st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(digits: str, at: int, off: int) -> None:
    code = digits + check_digit(digits)
    wrong = code[:at] + str((int(code[at]) + off) % 10) + code[at + 1 :]
    assert (is_ean13(code), is_ean13(wrong)) == (True, False)


def test_a_product_is_found_by_each_of_its_barcodes(shop: Shop) -> None:
    tea, cake = shop.product("tea", 1800, barcode="6901234567892"), shop.product("cake", 900)
    barcodes.set_others(tea, ["4006381333931", " A-17 "], by=shop.owner, now=shop.now)
    assert barcodes.others(tea) == ["4006381333931", "A-17"]
    assert [[one.id for one in catalogue.find(code)] for code in ("6901234567892", "4006381333931", "A-17")] == [
        [tea]
    ] * 3
    for taken in ("A-17", "6901234567892"):
        with pytest.raises(ProductTaken):
            barcodes.set_others(cake, [taken], by=shop.owner, now=shop.now)
    with pytest.raises(ProductTaken):
        shop.product("pie", 700, barcode="A-17")
    for wrong in (["6901234567890"], ["x"], [f"code {at}" for at in range(21)]):
        with pytest.raises(BarcodeInvalid):
            barcodes.set_others(cake, wrong, by=shop.owner, now=shop.now)
    barcodes.set_others(tea, [], by=shop.owner, now=shop.now)
    assert catalogue.find("A-17") == []


@pytest.mark.parametrize(
    ("pattern", "digits", "read"),
    [
        ("2PPPPPPWWWWWX", "200001701234", ("000017", "weight", 1234)),
        ("21PPPPPVVVVVX", "210001700999", ("00017", "price", 999)),
        ("22PPPPCWWWWWX", "220017901234", ("0017", "weight", 1234)),
        ("21PPPPPVVVVVX", "220001700999", None),
    ],
)
def test_a_scales_label_is_read_by_the_shops_pattern(
    pattern: str, digits: str, read: tuple[str, str, int] | None
) -> None:
    assert read_scale(digits + check_digit(digits), pattern) == read
    assert read_scale(digits + str((int(check_digit(digits)) + 1) % 10), pattern) is None


def test_the_till_takes_weight_and_price_from_a_label(shop: Shop) -> None:
    leaves = shop.product("leaves", 10_000, weighed=True, sku="17")
    code = "200001701234" + check_digit("200001701234")
    (hit,) = basket.look_up(code, shop.owner)
    assert (hit.id, hit.quantity) == (leaves, 1234)
    shop.rule("scale_pattern", "21PPPPPVVVVVX")
    priced = "210001702500" + check_digit("210001702500")
    assert [one.quantity for one in basket.look_up(priced, shop.owner)] == [250]
    assert barcodes.scan(code, now=shop.now) is None
    with pytest.raises(RuleInvalid):
        shop.rule("scale_pattern", "21PPPPP")
