"""Barcodes 条码: several a product, EAN-13 checked by its last digit, and those a scale prints with weight or price.

EAN-13: the digits before the last, weighted 1 and 3 in turn, and the last make a multiple of ten (GS1 General
Specifications, section 7.9). Prefixes 20 to 29 are a shop's own.
"""

import re
from dataclasses import dataclass
from typing import Literal

from core.base import db
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid
from core.base.i18n import N_, T, Text
from core.books import audit, revisions, rules
from core.goods import catalogue
from core.goods.catalogue import LABELS, Product, ProductTaken

MOST = 20
_EAN = re.compile(r"\d{13}", re.ASCII)


class BarcodeInvalid(Invalid):
    """A barcode cannot be right."""

    code = "barcode_invalid"
    text = N_("The barcode “{given}” does not fit: {problem}. Scan it again from the product.")


@dataclass(frozen=True)
class Scanned:
    """What a scale's label says: the product, and its weight in thousandths or its price in cents."""

    product: Product
    what: Literal["weight", "price"]
    amount: int

    @property
    def quantity_milli(self) -> int:
        """Thousandths of a kilogram; from a price the nearest gram."""
        if self.what == "weight":
            return self.amount
        price = self.product.price_cents
        return (2 * self.amount * 1000 + price) // (2 * price) if price else 0


# --- rules ---------------------------------------------------------------------------------------


def check_digit(digits: str) -> str:
    """The last digit for these before it: 12 of an EAN-13, 7 of an EAN-8."""
    weights = (3, 1) * len(digits)
    return str(-sum(int(one) * weight for one, weight in zip(reversed(digits), weights, strict=False)) % 10)


def is_ean13(code: str) -> bool:
    """Whether these are 13 digits of which the last fits."""
    return _EAN.fullmatch(code) is not None and check_digit(code[:12]) == code[12]


def may_be(code: str) -> bool:
    """Whether a code can be right: 13 digits only with their check digit, anything else as it is."""
    return _EAN.fullmatch(code) is None or is_ean13(code)


def read_scale(code: str, pattern: str) -> tuple[str, str, int] | None:
    """Product number, 'weight' or 'price', and the amount of a scale's label; None if it is none.

    A pattern is 13 signs: digits the label begins with, P for the product, W for weight in grams, V for the price in
    cents, C for a check digit inside the label that is not looked at, and X for the last.
    """
    if len(pattern) != 13 or not is_ean13(code):
        return None
    found: dict[str, str] = {}
    for sign, digit in zip(pattern, code, strict=True):
        if sign.isdigit() and sign != digit:
            return None
        found[sign] = found.get(sign, "") + digit
    if "W" in found:
        return found["P"], "weight", int(found["W"])
    return found["P"], "price", int(found["V"])


# --- doing ---------------------------------------------------------------------------------------


def others(product_id: int) -> list[str]:
    """The barcodes of a product beside its own."""
    sql = "SELECT barcode FROM other_barcode WHERE product_id = ? ORDER BY barcode"
    return [code for (code,) in db.rows(sql, (product_id,))]


@db.atomic
def set_others(product_id: int, codes: list[str], *, by: Actor, now: Millis) -> None:
    """Give a product these barcodes beside its own.

    Raises: NotAllowed, ProductUnknown, BarcodeInvalid, ProductTaken.
    """
    require(by, "goods")
    catalogue.get(product_id)
    wanted = sorted({code.strip() for code in codes if code.strip()})
    if len(wanted) > MOST:
        raise BarcodeInvalid(field="barcodes", given=wanted[MOST], problem=T("a product has at most {most}", most=MOST))
    for code in wanted:
        _refuse(code, product_id)
    before = others(product_id)
    db.run("DELETE FROM other_barcode WHERE product_id = ?", (product_id,))
    db.add_many("other_barcode", [{"barcode": code, "product_id": product_id} for code in wanted])
    revisions.bump("goods")
    was, will = {"barcodes": " ".join(before)}, {"barcodes": " ".join(wanted)}
    audit.record("product.barcodes", "product", product_id, by=by, now=now, before=was, after=will)


def _refuse(code: str, product_id: int) -> None:
    problem: Text | None = None
    if not 3 <= len(code) <= 40:
        problem = T("it has 3 to 40 signs")
    elif not may_be(code):
        problem = T("its last digit should be {digit}", digit=check_digit(code[:12]))
    if problem is not None:
        raise BarcodeInvalid(field="barcodes", given=code[:40], problem=problem)
    taken = (
        "SELECT name FROM product WHERE (barcode = ? OR sku = ?) AND id <> ?"
        " UNION ALL SELECT p.name FROM other_barcode b JOIN product p ON p.id = b.product_id"
        " WHERE b.barcode = ? AND p.id <> ?"
    )
    if (other := db.value(taken, (code, code, product_id, code, product_id))) is not None:
        raise ProductTaken(field="barcode", label=LABELS["barcode"], given=code, other=other)


def scan(code: str, *, now: Millis) -> Scanned | None:
    """What a scale's label says, by the shop's pattern; None for any other code, or one of nothing sold by weight."""
    read = read_scale(code, rules.current(now=now).scale_pattern)
    if read is None:
        return None
    number, what, amount = read
    found = catalogue.find(number.lstrip("0")) or catalogue.find(number)
    exact = [one for one in found if one.sku in (number, number.lstrip("0")) and one.weighed]
    return Scanned(exact[0], "weight" if what == "weight" else "price", amount) if exact else None
