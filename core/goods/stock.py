"""Stock 库存: moves are only added; the quantity on hand is their sum. Quantities in thousandths."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from core.base import db, ids, text
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid, Refused
from core.base.i18n import N_
from core.base.money import quantity_shown
from core.books import audit, requests
from core.goods import batches, catalogue
from core.goods.batches import Move
from core.goods.catalogue import Product

MoveKind = Literal["in", "sale", "refund", "count", "waste", "reward", "sent", "arrived"]
Why = Literal["own_use", "broken", "expired", "lost", "other"]
WHYS: tuple[Why, ...] = get_args(Why)


@dataclass(frozen=True)
class StockMove:
    """One move of a product in a store and what was left after it; `sale_id` where a sale or its return moved it.

    `name` is the staff member's, '' for everyone else; `why` and `note` stand where goods went out unsold.
    """

    id: int
    at: Millis
    kind: MoveKind
    quantity_milli: int
    after_milli: int
    actor: str
    name: str
    why: str
    note: str
    sale_id: int | None
    receipt: str


class QuantityInvalid(Invalid):
    """A quantity cannot be used here."""

    code = "quantity_invalid"
    text = N_("{field}: a quantity is above 0 and has at most three decimals, not “{given}”.")


class NotCounted(Refused):
    """Only goods have a stock."""

    code = "not_counted"
    text = N_("{name} is not counted: only goods have a stock.")


class StockShort(Refused):
    """More goes out than there is."""

    code = "stock_short"
    text = N_("There are {there} of “{name}”, not {wanted}. Count them first, then take out what is gone.")


class StockMoved(Refused):
    """Something was sold or came in between counting and writing it down."""

    code = "stock_moved"
    text = N_("“{name}” went from {before} to {there} while it was counted. Look at the difference again.")


class WhyUnknown(Invalid):
    """What goes out unsold needs a reason from the list."""

    code = "why_unknown"
    text = N_("“{given}” is no reason for goods to go out. Choose from: {known}.")


def move_many(
    store_id: int, moves: Sequence[Move], kind: MoveKind, *, ref_id: int, by: Actor, now: Millis
) -> list[int]:
    """Add moves of (product, quantity) in their order, inside the caller's transaction; their ids.

    A sale may take a count below zero. A move may name the batch that comes in; what leaves chooses its own.
    """
    db.run_many(
        "INSERT INTO stock (store_id, product_id, quantity_milli) VALUES (?, ?, ?)"
        " ON CONFLICT (store_id, product_id) DO UPDATE SET quantity_milli = stock.quantity_milli"
        " + excluded.quantity_milli",
        [(store_id, move[0], move[1]) for move in moves],
    )
    made = [
        batches.Moved(ids.new(), store_id, move[0], move[1], kind, ref_id, move[2] if len(move) > 2 else None)
        for move in moves
    ]
    db.add_many("stock_move", [
        {
            "id": one.id, "store_id": store_id, "product_id": one.product_id, "quantity_milli": one.quantity_milli,
            "kind": kind, "ref_id": ref_id, "at": now, "actor": by.tag,
        }
        for one in made
    ])  # fmt: skip
    batches.follow(made, now=now)
    return [one.id for one in made]


@db.atomic
def receive(
    store_id: int, product_id: int, quantity_milli: int, *, by: Actor, now: Millis, key: str | None = None
) -> None:
    """Take goods in; the same key takes them in once.

    Raises: NotAllowed, QuantityInvalid, ProductUnknown, KeyReused.
    """
    require(by, "goods", store_id=store_id)
    if quantity_milli <= 0:
        raise QuantityInvalid(field="quantity", given=quantity_shown(quantity_milli))
    catalogue.get(product_id)
    asked = {"store": store_id, "product": product_id, "quantity_milli": quantity_milli}

    def do() -> int:
        (move_id,) = move_many(store_id, [(product_id, quantity_milli)], "in", ref_id=0, by=by, now=now)
        after = {"quantity_milli": quantity_milli}
        audit.record("stock.in", "product", product_id, by=by, now=now, store_id=store_id, after=after)
        return move_id

    requests.once(key, do, scope=f"{by.tag}/receive", request=asked, now=now)


@db.atomic
def take_out(
    store_id: int, product_id: int, quantity_milli: int, *, why: str, by: Actor, now: Millis, note: str = ""
) -> None:
    """Take goods out unsold: used, broken, expired, lost. Never more than there is.

    Raises: NotAllowed, QuantityInvalid, WhyUnknown, ProductUnknown, NotCounted, StockShort.
    """
    require(by, "goods", store_id=store_id)
    if quantity_milli <= 0:
        raise QuantityInvalid(field="quantity", given=quantity_shown(quantity_milli))
    if why not in WHYS:
        raise WhyUnknown(field="why", given=why[:20], known=" | ".join(WHYS))
    product = counted(product_id)
    there = held(store_id, product_id)
    if quantity_milli > there:
        figures = {"there": quantity_shown(there), "wanted": quantity_shown(quantity_milli)}
        raise StockShort(field="quantity", name=product.name, **figures)
    (move_id,) = move_many(store_id, [(product_id, -quantity_milli)], "waste", ref_id=0, by=by, now=now)
    said = text.clean(note)[:200]
    db.add("stock_reason", move_id=move_id, why=why, note=said)
    after = {"quantity_milli": -quantity_milli, "why": why, "note": said}
    audit.record("stock.out", "product", product_id, by=by, now=now, store_id=store_id, after=after)


@db.atomic
def count(store_id: int, product_id: int, counted_milli: int, *, expected_milli: int, by: Actor, now: Millis) -> int:
    """Write down what was counted; the difference, which becomes a move unless it is 0.

    `expected_milli` is what the counter was told there is; if that has moved since, nothing is written.

    Raises: NotAllowed, QuantityInvalid, ProductUnknown, NotCounted, StockMoved.
    """
    require(by, "goods", store_id=store_id)
    if counted_milli < 0:
        raise QuantityInvalid(field="quantity", given=quantity_shown(counted_milli))
    product = counted(product_id)
    there = held(store_id, product_id)
    if there != expected_milli:
        figures = {"before": quantity_shown(expected_milli), "there": quantity_shown(there)}
        raise StockMoved(field="quantity", name=product.name, **figures)
    difference = counted_milli - there
    if difference:
        move_many(store_id, [(product_id, difference)], "count", ref_id=0, by=by, now=now)
    was, will = {"quantity_milli": there}, {"quantity_milli": counted_milli}
    audit.record("stock.counted", "product", product_id, by=by, now=now, store_id=store_id, before=was, after=will)
    return difference


def counted(product_id: int) -> Product:
    """A product that has a stock. Raises: ProductUnknown, NotCounted."""
    product = catalogue.get(product_id)
    if not product.stocked:
        raise NotCounted(name=product.name)
    return product


def held(store_id: int, product_id: int) -> int:
    """The quantity on hand, which nobody else moves until the transaction ends."""
    if not db.is_sqlite():
        db.run("INSERT INTO stock (store_id, product_id, quantity_milli) VALUES (?, ?, 0) ON CONFLICT DO NOTHING",
               (store_id, product_id))  # fmt: skip
        db.run("SELECT 1 FROM stock WHERE store_id = ? AND product_id = ? FOR UPDATE", (store_id, product_id))
    return on_hand(store_id, product_id)


def on_hand(store_id: int, product_id: int) -> int:
    """The quantity on hand in thousandths."""
    sql = "SELECT quantity_milli FROM stock WHERE store_id = ? AND product_id = ?"
    return int(db.value(sql, (store_id, product_id)) or 0)


def moves(store_id: int, product_id: int, *, before: StockMove | None = None, limit: int = 100) -> list[StockMove]:
    """The moves of a product in a store, the newest first, a keyset page at a time."""
    older = " AND (m.at, m.id) < (?, ?)" if before else ""
    sql = (
        "SELECT m.id, m.at, m.kind, m.quantity_milli, m.actor, coalesce(f.name, ''), coalesce(w.why, ''),"
        " coalesce(w.note, ''), s.id, s.day, s.receipt_no FROM stock_move m"
        " LEFT JOIN staff f ON 'staff:' || f.id = m.actor LEFT JOIN stock_reason w ON w.move_id = m.id"
        " LEFT JOIN refund r ON m.kind = 'refund' AND r.id = m.ref_id"
        " LEFT JOIN sale s ON m.kind IN ('sale', 'refund') AND s.id = coalesce(r.sale_id, m.ref_id)"
        f" WHERE m.product_id = ? AND m.store_id = ?{older} ORDER BY m.at DESC, m.id DESC LIMIT ?"
    )
    given = (product_id, store_id, *((before.at, before.id) if before else ()), limit)
    with db.read():
        after = before.after_milli - before.quantity_milli if before else on_hand(store_id, product_id)
        found = []
        for id, at, kind, quantity, actor, name, why, note, sale_id, day, number in db.rows(sql, given):
            receipt = text.number_shown(day, number) if sale_id else ""
            found.append(StockMove(id, at, kind, quantity, after, actor, name, why, note, sale_id, receipt))
            after -= quantity
    return found
