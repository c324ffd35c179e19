"""Variants 规格: one thing in several sizes, colours or tastes; each a product with its own price, barcode and stock.

What they share is the name before the dot: “milk tea · large”. So they stand together in every list, are found by
that name, and each keeps its own line on receipts and in reports.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from core.base import db, text
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid
from core.base.i18n import N_, T, Text
from core.books import audit
from core.goods import catalogue

MOST = 30
_OPTION = re.compile(r"(.*\S)\s+(\d{1,7})(?:\.(\d{1,2}))?(?:\s+(\d{6,14}))?", re.ASCII)


@dataclass(frozen=True)
class Option:
    """One of the variants: what tells it from the others, what it costs, and its barcode."""

    name: str
    price_cents: int
    barcode: str = ""


class VariantsInvalid(Invalid):
    """Variants cannot be made of this."""

    code = "variants_invalid"
    text = N_("The variants of “{name}” cannot be made: {problem}. Write them like “small 18, large 22”.")


def name_of(parent: str, option: str) -> str:
    """What a variant is called: 'milk tea · large'."""
    return f"{text.clean(parent)} · {text.clean(option)}"


def read(typed: str) -> list[Option]:
    """'small 18, large 22.50 6901000000015' as options: name, price and, where one follows, the barcode.

    Raises: VariantsInvalid.
    """
    found = []
    for part in re.split(r"[,;、\n]", unicodedata.normalize("NFKC", typed)):
        if not part.strip():
            continue
        match = _OPTION.fullmatch(part.strip())
        if match is None:
            raise VariantsInvalid(field="options", name=part.strip()[:40], problem=T("a price is missing"))
        cents = int(match[2]) * 100 + int((match[3] or "").ljust(2, "0"))
        found.append(Option(match[1], cents, match[4] or ""))
    return found


@db.atomic
def make(parent: str, options: Sequence[Option], *, category: str = "", by: Actor, now: Millis) -> list[int]:
    """Add a product for each option, all of them or none; their ids in order.

    Raises: NotAllowed, VariantsInvalid, ProductInvalid, ProductTaken.
    """
    require(by, "goods")
    problem = _problem(parent, options)
    if problem is not None:
        raise VariantsInvalid(field="options", name=text.clean(parent)[:40], problem=problem)
    made = [
        catalogue.create(name_of(parent, one.name), one.price_cents, barcode=one.barcode or None, category=category,
                         by=by, now=now)
        for one in options
    ]  # fmt: skip
    after = {"name": text.clean(parent), "variants": len(made)}
    audit.record("product.variants", "product", made[0], by=by, now=now, after=after)
    return made


def _problem(parent: str, options: Sequence[Option]) -> Text | None:
    if not text.clean(parent):
        return T("it has no name")
    if not 1 <= len(options) <= MOST:
        return T("it has 1 to {most} variants", most=MOST)
    names = [name_of(parent, one.name) for one in options]
    if len({name.casefold() for name in names}) < len(names):
        return T("a variant is named twice")
    marks = ", ".join("?" * len(names))
    sql = f"SELECT name FROM product WHERE active = 1 AND name IN ({marks}) ORDER BY name LIMIT 1"
    there = db.value(sql, names)
    return None if there is None else T("{name} is there already", name=there)
