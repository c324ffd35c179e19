"""Stock: moves are only added; the quantity on hand is their sum. Quantities in thousandths."""

from collections.abc import Sequence
from typing import Literal

from core.base import db, ids
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid
from core.base.i18n import N_
from core.base.money import quantity_shown
from core.books import audit
from core.goods import catalogue

MoveKind = Literal["in", "sale", "refund", "count", "waste", "reward"]


class QuantityInvalid(Invalid):
    """A quantity cannot be used here."""

    code = "quantity_invalid"
    text = N_("{field}: a quantity is above 0 and has at most three decimals, not “{given}”.")


def move_many(
    store_id: int, moves: Sequence[tuple[int, int]], kind: MoveKind, *, ref_id: int, by: Actor, now: Millis
) -> None:
    """Add moves of (product, quantity) in their order, inside the caller's transaction.

    A sale may take a count below zero.
    """
    db.run_many(
        "INSERT INTO stock (store_id, product_id, quantity_milli) VALUES (?, ?, ?)"
        " ON CONFLICT (store_id, product_id) DO UPDATE SET quantity_milli = stock.quantity_milli"
        " + excluded.quantity_milli",
        [(store_id, product_id, quantity) for product_id, quantity in moves],
    )
    rows = (
        {
            "id": ids.new(),
            "store_id": store_id,
            "product_id": product_id,
            "quantity_milli": quantity,
            "kind": kind,
            "ref_id": ref_id,
            "at": now,
            "actor": by.tag,
        }
        for product_id, quantity in moves
    )
    db.add_many("stock_move", rows)


@db.atomic
def receive(store_id: int, product_id: int, quantity_milli: int, *, by: Actor, now: Millis) -> None:
    """Take goods in. Raises: NotAllowed, QuantityInvalid, ProductUnknown."""
    require(by, "goods", store_id=store_id)
    if quantity_milli <= 0:
        raise QuantityInvalid(field="quantity", given=quantity_shown(quantity_milli))
    catalogue.get(product_id)
    move_many(store_id, [(product_id, quantity_milli)], "in", ref_id=0, by=by, now=now)
    after = {"quantity_milli": quantity_milli}
    audit.record("stock.in", "product", product_id, by=by, now=now, store_id=store_id, after=after)


def on_hand(store_id: int, product_id: int) -> int:
    """The quantity on hand in thousandths."""
    sql = "SELECT quantity_milli FROM stock WHERE store_id = ? AND product_id = ?"
    return int(db.value(sql, (store_id, product_id)) or 0)
