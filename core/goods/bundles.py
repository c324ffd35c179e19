"""Bundles 组合: a product that is sold as a fixed set; its parts leave the shelf, its price is its own.

What it is made of stays as it was made, so that a return brings back what the sale took. Another set is another
product.
"""

from collections.abc import Sequence

from core.base import db
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid
from core.base.i18n import N_, T, Text
from core.books import audit, revisions
from core.goods import catalogue
from core.goods.catalogue import Product

MOST_PARTS = 20
Parts = tuple[tuple[int, int], ...]


class BundleInvalid(Invalid):
    """A set cannot be made of this."""

    code = "bundle_invalid"
    text = N_("The set “{name}” cannot be made: {problem}. Name goods of the shop, like “tea*2, cake”.")


def _every() -> dict[int, Parts]:
    found: dict[int, Parts] = {}
    sql = "SELECT bundle_id, product_id, quantity_milli FROM bundle_part ORDER BY bundle_id, product_id"
    for bundle_id, product_id, milli in db.rows(sql):
        found[bundle_id] = (*found.get(bundle_id, ()), (product_id, milli))
    return found


_kept = revisions.Remembered("goods", _every)


def parts(product_id: int) -> Parts:
    """What a set is made of: product and thousandths; nothing for any other product."""
    return _kept().get(product_id, ())


def opened(moves: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Moves of sets as moves of their parts, the same product once; others as they are."""
    known = _kept()
    if not any(product_id in known for product_id, _ in moves):
        return list(moves)
    found: dict[int, int] = {}
    for product_id, milli in moves:
        for part_id, each in known.get(product_id, ((product_id, 1000),)):
            found[part_id] = found.get(part_id, 0) + milli * each // 1000
    return list(found.items())


@db.atomic
def create(
    name: str, price_cents: int, made_of: Sequence[tuple[int, int]], *, barcode: str = "", by: Actor, now: Millis
) -> int:
    """Add a set of (product, thousandths) sold at a price of its own; its id.

    Raises: NotAllowed, BundleInvalid, ProductUnknown, ProductInvalid, ProductTaken.
    """
    require(by, "goods")
    products = catalogue.many(product_id for product_id, _ in made_of)
    problem = _problem(made_of, products)
    if problem is not None:
        raise BundleInvalid(field="parts", name=name[:40], problem=problem)
    bundle_id = catalogue.create(name, price_cents, by=by, now=now, barcode=barcode or None)
    db.run("UPDATE product SET stocked = 0 WHERE id = ?", (bundle_id,))
    rows = [{"bundle_id": bundle_id, "product_id": part, "quantity_milli": milli} for part, milli in made_of]
    db.add_many("bundle_part", rows)
    revisions.bump("goods")
    audit.record("product.bundled", "product", bundle_id, by=by, now=now, after={"parts": len(rows)})
    return bundle_id


def _problem(made_of: Sequence[tuple[int, int]], products: dict[int, Product]) -> Text | None:
    if not 1 <= len(made_of) <= MOST_PARTS:
        return T("it has 1 to {most} parts", most=MOST_PARTS)
    if len(products) != len(made_of):
        return T("a part is named twice")
    for product_id, milli in made_of:
        product = products[product_id]
        if not product.stocked:
            return T("{name} has no stock", name=product.name)
        if milli <= 0 or (milli % 1000 and not product.weighed):
            return T("{name} comes in whole pieces", name=product.name)
    return None
