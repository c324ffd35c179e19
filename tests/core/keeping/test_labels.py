"""Labels: the codes on a sheet are read by a decoder, with name and price beside them."""

import re
from datetime import date

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from core.goods import prices
from core.keeping import labels
from core.keeping.labels import FORMATS, LabelsInvalid
from tests.core.keeping.test_sheets import pages, said
from tests.shops import Shop

SCALE = 3


def codes_read(page: str) -> list[tuple[str, str]]:
    """The barcodes on a page, from its rectangles as drawn, with their kinds."""
    picture = Image.new("L", (int(595.3 * SCALE), int(841.9 * SCALE)), 255)
    pen = ImageDraw.Draw(picture)
    for found in re.findall(r"([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) re", page):
        x, y, wide, high = (float(one) * SCALE for one in found)
        top = picture.height - y - high
        pen.rectangle((round(x), round(top), round(x + wide) - 1, round(top + high) - 1), fill=0)
    return sorted((one.format.name, one.text) for one in zxingcpp.read_barcodes(picture))


def sheet(shop: Shop, form: str, *wanted: tuple[str, int], language: str = "zh") -> list[str]:
    asked = [(shop.products[name], many) for name, many in wanted]
    return pages(labels.sheet(asked, shop.store, form, language=language, by=shop.owner, now=shop.now))


@pytest.mark.parametrize("form", FORMATS)
def test_every_code_of_every_sheet_is_read(one_shop: Shop, form: str) -> None:
    one_shop.product("明前龙井 Longjing 礼盒装", 88_000, barcode="6901234567892")
    one_shop.product("散装红茶", 12_800, weighed=True, sku="HC-0017")
    kind = FORMATS[form]
    whole = kind.columns * kind.rows
    first, second = sheet(one_shop, form, ("明前龙井 Longjing 礼盒装", whole), ("散装红茶", 2))
    assert codes_read(first) == [("EAN13", "6901234567892")] * whole
    assert codes_read(second) == [("Code128", "HC-0017")] * 2
    assert r"\245880.00" in first and "6901234567892" in said(first)
    assert r"\245128.00" in second and "公斤" in said(second)


def test_a_label_has_the_stores_price_and_only_codes_that_fit(one_shop: Shop) -> None:
    tea = one_shop.product("tea", 1800, sku="A" * 40)
    prices.put(one_shop.store, tea, 1550, first=date(2026, 5, 1), by=one_shop.owner, now=one_shop.now)
    (page,) = sheet(one_shop, "4x12", ("tea", 1), language="en")
    assert codes_read(page) == []
    assert r"\24515.50" in page and "a piece" in said(page) and "A" * 40 in said(page)


def test_no_labels_or_too_many_or_on_no_sheet_are_refused(one_shop: Shop) -> None:
    one_shop.product("tea", 1800)
    for form, many in (("3x8", 0), ("3x8", 2001), ("9x9", 1)):
        with pytest.raises(LabelsInvalid):
            sheet(one_shop, form, ("tea", many))
