"""Labels 价签: price, unit and barcode on sheets of labels, as PDF of A4.

Nothing that starts imports this file: reportlab costs 0.3 s. Bars are rectangles as wide as their modules; EAN-13 where
the code is one, else Code 128.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from reportlab.graphics.barcode.eanbc import Ean13BarcodeWidget
from reportlab.graphics.barcode.widgets import BarcodeCode128
from reportlab.graphics.shapes import Group, Rect
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm

from core.base import clock, i18n
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid
from core.base.i18n import N_, _
from core.books import rules
from core.goods import barcodes, catalogue, prices
from core.goods.catalogue import Product
from core.keeping import pen


@dataclass(frozen=True)
class Format:
    """A sheet of labels: columns, rows, the size of one, and the margins left and above, in millimetres."""

    name: str
    columns: int
    rows: int
    wide: float
    high: float
    left: float
    top: float


FORMATS = {
    "3x8": Format(N_("24 a sheet, 70 × 36 mm"), 3, 8, 70, 36, 0, 4.5),
    "3x7": Format(N_("21 a sheet, 63.5 × 38.1 mm"), 3, 7, 63.5, 38.1, 9.75, 15.15),
    "4x12": Format(N_("48 a sheet, 48.5 × 23.5 mm"), 4, 12, 48.5, 23.5, 8, 7.5),
    "2x5": Format(N_("10 shelf labels, 95 × 55 mm"), 2, 5, 95, 55, 10, 11),
}
MOST = 2_000
EDGE = 2.5 * mm


class LabelsInvalid(Invalid):
    """Such labels cannot be printed."""

    code = "labels_invalid"
    text = N_("No labels can be made of this: choose 1 to {most} labels on one of the sheets {known}.")


def sheet(
    wanted: Sequence[tuple[int, int]], store_id: int, form: str, *, language: str, by: Actor, now: Millis
) -> bytes:
    """Labels of (product, how many) at the prices of a store today, on a sheet of a format.

    Raises: NotAllowed, LabelsInvalid, ProductUnknown.
    """
    require(by, "goods")
    if form not in FORMATS or not 1 <= sum(many for _id, many in wanted) <= MOST:
        raise LabelsInvalid(field="labels", most=MOST, known=" | ".join(FORMATS))
    shop = rules.current(now=now)
    on = clock.day_of(now, shop.zone)
    with i18n.use(language, symbol=shop.symbol):
        page, done = pen.begun(_("Labels"), shop.shop_name, language)
        kind = FORMATS[form]
        for at, product in enumerate(_each(wanted, store_id, on)):
            if at and at % (kind.columns * kind.rows) == 0:
                page.showPage()
            _label(page, product, kind, at % (kind.columns * kind.rows))
        page.showPage()
    return done()


def _each(wanted: Sequence[tuple[int, int]], store_id: int, on: date) -> Iterator[Product]:
    products = prices.in_store(catalogue.many(id for id, _many in wanted), store_id, on)
    for product_id, many in wanted:
        yield from [products[product_id]] * many


def _label(page: Any, product: Product, kind: Format, at: int) -> None:
    left = (kind.left + at % kind.columns * kind.wide) * mm + EDGE
    top = A4[1] - (kind.top + at // kind.columns * kind.high) * mm - EDGE
    wide, high = kind.wide * mm - 2 * EDGE, kind.high * mm - 2 * EDGE
    size, lines = pen.fitted(product.name, high * 0.14 + 2, wide, most=1 if kind.high < 30 else 2, bold=False)
    for line in lines:
        top -= size
        pen.say(page, left, top, line, size)
        top -= size * 0.2
    said, each = i18n.written("price_cents", product.price_cents), _("a kilogram") if product.weighed else _("a piece")
    large = min(high * 0.22, 30)
    top -= large
    pen.say(page, left, top, said, large, bold=True)
    pen.say(page, left + pen.width(said, large, True) + 4, top, each, max(6, large * 0.4))
    room = top - (A4[1] - (kind.top + (at // kind.columns + 1) * kind.high) * mm + EDGE) - 3
    _bars(page, product.barcode or product.sku, left, top - 3 - room, (wide, room))


def _bars(page: Any, code: str, x: float, y: float, room: tuple[float, float]) -> None:
    """A barcode with its figures below it; none where it would be too low or too narrow for a scanner."""
    wide, high = room
    figures = 6.5
    bars = list(_rects(code))
    modules = max((left + width for left, width in bars), default=0)
    if not bars or high < figures + 8 or wide / modules < 0.5:
        pen.say(page, x, y, code, figures)
        return
    module, path = min(wide / modules, 1.0), page.beginPath()
    for left, width in bars:
        path.rect(x + left * module, y + figures + 1, width * module, high - figures - 1)
    page.drawPath(path, stroke=0, fill=1)
    pen.say(page, x + 8 * module, y, code, figures)


def _rects(code: str) -> Iterator[tuple[float, float]]:
    """The bars of a code in modules from the left, behind its quiet zone."""
    if barcodes.is_ean13(code):
        drawn, quiet = Ean13BarcodeWidget(value=code, barWidth=1, humanReadable=False, quiet=False), 11
    elif code and code.isascii() and code.isprintable():
        drawn, quiet = BarcodeCode128(value=code, barWidth=1, humanReadable=False, quiet=False), 10
    else:
        return
    for left, width in _dark(drawn.draw()):
        yield left + quiet, width


def _dark(group: Group) -> Iterator[tuple[float, float]]:
    for shape in group.contents:
        if isinstance(shape, Group):
            yield from _dark(shape)
        elif isinstance(shape, Rect) and shape.fillColor is not None and shape.fillColor.rgb() == (0, 0, 0):
            yield shape.x, shape.width
