"""Deliveries 进货: goods that come in with a supplier, a paper's number, what they cost and how long they keep.

The cost of a product is the moving average of what was paid: what lies there at its cost so far, and what comes in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.base import db, ids, text
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid, NotFound, Refused
from core.base.i18n import N_, T
from core.base.money import quantity_shown
from core.books import audit, requests, revisions
from core.goods import stock
from core.goods.batches import NONE, Batch
from core.goods.stock import QuantityInvalid

MILLS = 1000
"""A cost is kept in thousandths of a cent a piece, so that averages do not creep."""
MOST_CENTS, MOST_LINES = 10**9, 500


@dataclass(frozen=True)
class Supplier:
    """Who delivers, how they are reached, and on what terms."""

    id: int
    name: str
    contact: str
    terms: str
    active: bool


@dataclass(frozen=True)
class Line:
    """One product that comes in; the cost a piece (or kilogram) where it is known."""

    product_id: int
    quantity_milli: int
    cost_cents: int | None = None
    batch: Batch = NONE


@dataclass(frozen=True)
class Delivery:
    """What comes into a store at once."""

    store_id: int
    lines: tuple[Line, ...]
    supplier_id: int | None = None
    document: str = ""


@dataclass(frozen=True)
class Came:
    """A delivery as a list shows it; what it cost where every line says so."""

    id: int
    at: Millis
    supplier: str
    document: str
    lines: int
    cost_cents: int


class SupplierUnknown(NotFound):
    """No supplier has this id."""

    code = "supplier_unknown"
    text = N_("There is no supplier {what}. F9, m leads to them.")


class SupplierTaken(Refused):
    """Another supplier has this name."""

    code = "supplier_taken"
    text = N_("There is a supplier “{name}” already. Change that one, or give another name.")


class DeliveryInvalid(Invalid):
    """A delivery cannot be right."""

    code = "delivery_invalid"
    text = N_("This delivery cannot be written down: {problem}.")


# --- rules ---------------------------------------------------------------------------------------


def averaged(there_milli: int, cost_mills: int, came_milli: int, came_mills: int) -> int:
    """The cost after something came in, half up; what is short or lay there without a cost takes the new one."""
    if there_milli <= 0 or not cost_mills:
        return came_mills
    whole = there_milli + came_milli
    return (2 * (there_milli * cost_mills + came_milli * came_mills) + whole) // (2 * whole)


def margin_bp(price_cents: int, cost_mills: int) -> int | None:
    """What of a price is left after the cost, in basis points; None without a price or cost."""
    if not price_cents or not cost_mills:
        return None
    return (price_cents * MILLS - cost_mills) * 10_000 // (price_cents * MILLS)


# --- suppliers -----------------------------------------------------------------------------------


def suppliers(*, by: Actor) -> list[Supplier]:
    """Suppliers by name, those still used first. Raises: NotAllowed."""
    require(by, "goods")
    found = db.rows("SELECT id, name, contact, terms, active FROM supplier ORDER BY active DESC, name, id")
    return [Supplier(row[0], row[1], row[2], row[3], bool(row[4])) for row in found]


@db.atomic
def set_supplier(
    supplier_id: int | None, name: str, contact: str = "", terms: str = "", *, by: Actor, now: Millis
) -> int:
    """Add a supplier, or change one; its id. Raises: NotAllowed, DeliveryInvalid, SupplierTaken, SupplierUnknown."""
    require(by, "goods")
    said = text.clean(name)
    if not 1 <= len(said) <= 60:
        raise DeliveryInvalid(field="name", problem=T("a supplier's name has 1 to 60 characters"))
    if db.value("SELECT 1 FROM supplier WHERE name = ? AND id <> ?", (said, supplier_id or 0)):
        raise SupplierTaken(field="name", name=said)
    given = (said, text.clean(contact)[:200], text.clean(terms)[:200])
    if supplier_id is None:
        supplier_id = ids.new()
        db.add("supplier", id=supplier_id, name=given[0], contact=given[1], terms=given[2])
    elif not db.change("UPDATE supplier SET name = ?, contact = ?, terms = ? WHERE id = ?", (*given, supplier_id)):
        raise SupplierUnknown(what=str(supplier_id))
    audit.record("supplier.changed", "supplier", supplier_id, by=by, now=now, after={"name": said})
    return supplier_id


@db.atomic
def use_supplier(supplier_id: int, active: bool, *, by: Actor, now: Millis) -> None:
    """Offer a supplier no more where goods come in, or again. Raises: NotAllowed, SupplierUnknown."""
    require(by, "goods")
    if not db.change("UPDATE supplier SET active = ? WHERE id = ?", (int(active), supplier_id)):
        raise SupplierUnknown(what=str(supplier_id))
    after = {"active": int(active)}
    audit.record("supplier.changed", "supplier", supplier_id, by=by, now=now, after=after)


# --- deliveries ----------------------------------------------------------------------------------


@db.atomic
def take_in(delivery: Delivery, *, by: Actor, now: Millis, key: str | None = None) -> int:
    """Write down what came in and put it on the shelf; the delivery's id. The same key takes it in once.

    Raises: NotAllowed, DeliveryInvalid, QuantityInvalid, ProductUnknown, NotCounted, SupplierUnknown, KeyReused.
    """
    require(by, "goods", store_id=delivery.store_id)
    asked = [delivery.store_id, delivery.supplier_id, delivery.document, [repr(line) for line in delivery.lines]]
    return requests.once(key, lambda: _take_in(delivery, by, now), scope=f"{by.tag}/delivery", request=asked, now=now)


def _take_in(delivery: Delivery, by: Actor, now: Millis) -> int:
    _check(delivery)
    delivery_id = ids.new()
    db.add(
        "stock_delivery", id=delivery_id, store_id=delivery.store_id, supplier_id=delivery.supplier_id,
        document=text.clean(delivery.document)[:60], at=now, actor=by.tag,
    )  # fmt: skip
    lines = sorted(delivery.lines, key=lambda line: (line.product_id, line.batch))
    for line in lines:
        if line.cost_cents is not None:
            _average(line.product_id, line.quantity_milli, line.cost_cents)
        stock.move_many(
            delivery.store_id, [(line.product_id, line.quantity_milli, line.batch)], "in", ref_id=delivery_id,
            by=by, now=now,
        )  # fmt: skip
    db.add_many("stock_delivery_line", [
        {
            "id": ids.new(), "delivery_id": delivery_id, "product_id": line.product_id,
            "quantity_milli": line.quantity_milli, "cost_cents": line.cost_cents,
            "expires_day": line.batch.expires_day, "code": line.batch.code,
        }
        for line in lines
    ])  # fmt: skip
    after = {"rows": len(lines), "quantity_milli": sum(line.quantity_milli for line in lines)}
    audit.record("stock.delivered", "delivery", delivery_id, by=by, now=now, store_id=delivery.store_id, after=after)
    return delivery_id


def _check(delivery: Delivery) -> None:
    if not 1 <= len(delivery.lines) <= MOST_LINES:
        raise DeliveryInvalid(field="lines", problem=T("it has 1 to {most} lines", most=MOST_LINES))
    for line in delivery.lines:
        product = stock.counted(line.product_id)
        whole = product.weighed or line.quantity_milli % 1000 == 0
        if line.quantity_milli <= 0 or not whole:
            raise QuantityInvalid(field="quantity", given=quantity_shown(line.quantity_milli))
        if line.cost_cents is not None and not 0 <= line.cost_cents < MOST_CENTS:
            raise DeliveryInvalid(field="cost", problem=T("a cost lies from 0.00 upwards"))
    supplier_id = delivery.supplier_id
    if supplier_id is not None and not db.value("SELECT 1 FROM supplier WHERE id = ?", (supplier_id,)):
        raise SupplierUnknown(what=str(supplier_id))


def _average(product_id: int, milli: int, cost_cents: int) -> None:
    """Before the stock moves: what lies in all stores, at its cost so far, and what comes in."""
    # Not FOR UPDATE: that would wait for every sale of the product, whose rows name it.
    lock = "" if db.is_sqlite() else " FOR NO KEY UPDATE"
    before = int(db.value(f"SELECT cost_mills FROM product WHERE id = ?{lock}", (product_id,)))
    sql = "SELECT coalesce(CAST(sum(quantity_milli) AS BIGINT), 0) FROM stock WHERE product_id = ?"
    cost = averaged(int(db.value(sql, (product_id,))), before, milli, cost_cents * MILLS)
    db.run("UPDATE product SET cost_mills = ? WHERE id = ?", (cost, product_id))
    revisions.bump("goods")


def cost_of(product_id: int) -> int:
    """What a piece cost on average, in thousandths of a cent; 0 where nobody said."""
    return int(db.value("SELECT cost_mills FROM product WHERE id = ?", (product_id,)) or 0)


def recent(store_id: int, *, by: Actor, limit: int = 100) -> Sequence[Came]:
    """The newest deliveries of a store. Raises: NotAllowed."""
    require(by, "goods", store_id=store_id)
    found = db.rows(
        "SELECT d.id, d.at, coalesce(s.name, ''), d.document, count(*),"
        " CAST(coalesce(sum(l.quantity_milli * l.cost_cents / 1000), 0) AS BIGINT) FROM stock_delivery d"
        " JOIN stock_delivery_line l ON l.delivery_id = d.id LEFT JOIN supplier s ON s.id = d.supplier_id"
        " WHERE d.store_id = ? GROUP BY d.id, d.at, s.name, d.document ORDER BY d.at DESC, d.id DESC LIMIT ?",
        (store_id, limit),
    )
    return [Came(*row) for row in found]
