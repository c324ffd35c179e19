"""Products that move in from another system, with what is on the shelf; and gone again."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.base import db
from core.base.access import Actor
from core.base.clock import Millis
from core.books import revisions
from core.goods import catalogue, stock
from core.goods.catalogue import Kind


@dataclass(frozen=True)
class NewProduct:
    """A product checked: nobody else has its number or barcode. `stock` is (store, thousandths) of goods."""

    name: str
    price_cents: int
    kind: Kind = "goods"
    sku: str = ""
    barcode: str = ""
    category: str = ""
    stock: tuple[tuple[int, int], ...] = ()
    cost_cents: int | None = None


def arrive(arrived: Sequence[NewProduct], *, ref_id: int, by: Actor, now: Millis) -> list[int]:
    """Add products with their stock; their ids. Inside the caller's transaction."""
    made: list[int] = []
    for one in arrived:
        product_id = catalogue.create(
            one.name, one.price_cents, by=by, now=now, kind=one.kind, sku=one.sku, barcode=one.barcode or None,
            category=one.category,
        )  # fmt: skip
        made.append(product_id)
        if one.cost_cents:
            db.run("UPDATE product SET cost_mills = ? WHERE id = ?", (one.cost_cents * 1000, product_id))
            revisions.bump("goods")
        for store_id, milli in one.stock:
            stock.move_many(store_id, [(product_id, milli)], "in", ref_id=ref_id, by=by, now=now)
    return made


def leave_again(product_ids: Sequence[int], *, ref_id: int, by: Actor, now: Millis) -> None:
    """Sell products no more that nobody touched: their stock goes, their numbers are free again.

    Inside the caller's transaction.
    """
    for product_id in product_ids:
        sql = (
            "SELECT store_id, quantity_milli FROM stock WHERE product_id = ? AND quantity_milli <> 0 ORDER BY store_id"
        )
        for store_id, milli in db.rows(sql, (product_id,)):
            stock.move_many(store_id, [(product_id, -milli)], "count", ref_id=ref_id, by=by, now=now)
        sql = "UPDATE product SET active = 0, sku = 'undone ' || id, barcode = NULL, search_keys = '' WHERE id = ?"
        db.run(sql, (product_id,))
    revisions.bump("goods")
