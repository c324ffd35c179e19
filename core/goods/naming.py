"""Naming 按名选商品: products as a person types them, in a form or a rule: '珍珠奶茶, 栗子蛋糕*2'."""

import re
import unicodedata
from collections.abc import Iterable

from core.base.errors import Invalid
from core.base.i18n import N_
from core.base.text import clean
from core.goods import catalogue
from core.goods.catalogue import Product

MOST_SAID = 3
_PIECES = re.compile(r"(.*\S)\s*[*×x]\s*(\d{1,3})")


class ProductNotFound(Invalid):
    """A name typed fits no product."""

    code = "product_not_found"
    text = N_("No product is called “{typed}”. Type a part of its name, its number or barcode.")


class ProductSeveral(Invalid):
    """A name typed fits several products."""

    code = "product_several"
    text = N_("“{typed}” fits {names}. Type more of the name.")


def parts(typed: str) -> list[tuple[str, int]]:
    """What is typed between commas, each with its number of pieces: 'tea*2、cake' → [('tea', 2), ('cake', 1)]."""
    found = []
    for part in re.split(r"[,;、]", unicodedata.normalize("NFKC", clean(typed))):
        if part.strip():
            match = _PIECES.fullmatch(part.strip())
            found.append((match[1].strip(), int(match[2])) if match else (part.strip(), 1))
    return found


def products(typed: str, *, field: str) -> list[tuple[Product, int]]:
    """The products typed, with pieces; each by its whole name, number or barcode, or by a part that fits one only.

    Raises: ProductNotFound, ProductSeveral.
    """
    return [(_one(name, field), pieces) for name, pieces in parts(typed)]


def _one(typed: str, field: str) -> Product:
    found = catalogue.find(typed, limit=20)
    if not found:
        raise ProductNotFound(field=field, typed=typed[:24])
    exact = [one for one in found if typed.casefold() in (one.name.casefold(), one.sku, one.barcode or "")]
    chosen = exact or found
    if len(chosen) > 1:
        names = ", ".join(one.name for one in chosen[:MOST_SAID]) + (" …" if len(chosen) > MOST_SAID else "")
        raise ProductSeveral(field=field, typed=typed[:24], names=names)
    return chosen[0]


def said(pieces: Iterable[tuple[int, int]]) -> str:
    """Products by id, with pieces, as they would be typed; those that are gone are left out."""
    wanted = list(pieces)
    known = catalogue.many(product_id for product_id, _ in wanted)
    return ", ".join(known[id].name + (f"*{count}" if count > 1 else "") for id, count in wanted if id in known)
