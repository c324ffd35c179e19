"""Batches 批次: of what expires, the stock by its last good day; they add up to what is on hand.

What leaves takes the batch that expires first, of a sale one that is still good; what is known of no batch lies in
`NONE`, which alone may fall below zero. Quantities in thousandths, days as ordinals.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.base import clock, db, ids
from core.base.access import Actor, require
from core.base.clock import Millis
from core.books import audit, revisions, rules
from core.goods import catalogue


@dataclass(frozen=True, order=True)
class Batch:
    """The last day it is good, 0 for none, and the maker's code."""

    expires_day: int = 0
    code: str = ""


NONE = Batch()
Move = tuple[int, int] | tuple[int, int, Batch]
"""A product, its quantity, and its batch where that is known."""
Part = tuple[Batch, int]
SOLD_GOOD = frozenset({"sale", "reward", "sent"})
"""Moves for which what has expired is taken last."""


@dataclass(frozen=True)
class Moved:
    """A move of stock that was written just now."""

    id: int
    store_id: int
    product_id: int
    quantity_milli: int
    kind: str
    ref_id: int
    batch: Batch | None = None


@dataclass(frozen=True)
class Expiring:
    """What of one batch lies in a store."""

    store_id: int
    store: str
    product_id: int
    product: str
    weighed: bool
    batch: Batch
    quantity_milli: int


# --- rules ---------------------------------------------------------------------------------------


def taken(held: Sequence[Part], quantity_milli: int, *, today: int, good_first: bool) -> list[Part]:
    """From which batches so much is taken: the first to expire first; what no batch has comes from `NONE`."""

    def order(part: Part) -> tuple[bool, bool, Batch]:
        day = part[0].expires_day
        return (good_first and 0 < day < today, day == 0, part[0])

    left, found = quantity_milli, []
    for batch, there in sorted((part for part in held if part[1] > 0), key=order):
        take = min(left, there)
        if take:
            found.append((batch, -take))
        left -= take
    return [*found, (NONE, -left)] if left else found


def covered(held: Mapping[Batch, int]) -> list[Part]:
    """What moves between batches so that none is short while another has some."""
    short = -held.get(NONE, 0)
    if short <= 0:
        return []
    there = [(batch, milli) for batch, milli in held.items() if batch != NONE and milli > 0]
    most = min(short, sum(milli for _, milli in there))
    return [*taken(there, most, today=0, good_first=False), (NONE, most)] if most else []


# --- doing ---------------------------------------------------------------------------------------


def tracked(product_ids: Iterable[int]) -> set[int]:
    """Of these products those kept by batches, as it stands now."""
    wanted = sorted(set(product_ids))
    if not wanted:
        return set()
    marks = ", ".join("?" * len(wanted))
    return {id for (id,) in db.rows(f"SELECT id FROM product WHERE batched = 1 AND id IN ({marks})", wanted)}


def follow(moves: Sequence[Moved], *, now: Millis) -> None:
    """Move the batches as the stock moved; after its rows are locked, inside the caller's transaction."""
    by_batch = tracked(move.product_id for move in moves)
    if not by_batch:
        return
    today = clock.day_of(now, rules.current(now=now).zone).toordinal()
    for move in moves:
        if move.product_id not in by_batch:
            continue
        if move.batch is not None and move.quantity_milli > 0:
            parts = [(move.batch, move.quantity_milli)]
        elif move.quantity_milli > 0:
            parts = [(NONE, move.quantity_milli)]
        else:
            held = list(of(move.store_id, move.product_id).items())
            parts = taken(held, -move.quantity_milli, today=today, good_first=move.kind in SOLD_GOOD)
        _book(move, parts)
        _book(move, covered(of(move.store_id, move.product_id)))


def _book(move: Moved, parts: Sequence[Part]) -> None:
    db.run_many(
        "INSERT INTO stock_batch (store_id, product_id, expires_day, code, quantity_milli) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (store_id, product_id, expires_day, code)"
        " DO UPDATE SET quantity_milli = stock_batch.quantity_milli + excluded.quantity_milli",
        [(move.store_id, move.product_id, batch.expires_day, batch.code, milli) for batch, milli in parts],
    )
    db.add_many("stock_batch_move", [
        {
            "id": ids.new(), "move_id": move.id, "store_id": move.store_id, "product_id": move.product_id,
            "expires_day": batch.expires_day, "code": batch.code, "quantity_milli": milli, "ref_id": move.ref_id,
        }
        for batch, milli in parts
    ])  # fmt: skip


def of(store_id: int, product_id: int) -> dict[Batch, int]:
    """What lies in a store of each batch, the first to expire first; nothing for a product not kept by batches."""
    sql = (
        "SELECT expires_day, code, quantity_milli FROM stock_batch WHERE store_id = ? AND product_id = ?"
        " AND quantity_milli <> 0 ORDER BY expires_day, code"
    )
    return {Batch(day, code): milli for day, code, milli in db.rows(sql, (store_id, product_id))}


def moved_by(ref_id: int, product_id: int) -> dict[Batch, int]:
    """What a sale, a transfer … took of each batch; the sums of its moves."""
    sql = (
        "SELECT expires_day, code, CAST(sum(quantity_milli) AS BIGINT) FROM stock_batch_move"
        " WHERE ref_id = ? AND product_id = ? GROUP BY expires_day, code ORDER BY expires_day, code"
    )
    return {Batch(day, code): milli for day, code, milli in db.rows(sql, (ref_id, product_id))}


def returned(sale_id: int, moves: Sequence[tuple[int, int]]) -> list[Move]:
    """What comes back of a sale, in the batches it was sold from, the one that keeps longest first."""
    by_batch = tracked(product_id for product_id, _ in moves)
    found: list[Move] = []
    for product_id, quantity in moves:
        if product_id not in by_batch:
            found.append((product_id, quantity))
            continue
        out = moved_by(sale_id, product_id)
        for (refund_id,) in db.rows("SELECT id FROM refund WHERE sale_id = ? ORDER BY id", (sale_id,)):
            for batch, milli in moved_by(refund_id, product_id).items():
                out[batch] = out.get(batch, 0) + milli
        found += [(product_id, milli, batch) for batch, milli in _back(out, quantity)]
    return found


def _back(out: Mapping[Batch, int], quantity_milli: int) -> list[Part]:
    left, found = quantity_milli, []
    for batch in sorted(out, reverse=True):
        back = min(left, -out[batch])
        if batch != NONE and back > 0:
            found.append((batch, back))
            left -= back
    return [*found, (NONE, left)] if left else found


@db.atomic
def track(product_id: int, on: bool, *, by: Actor, now: Millis) -> None:
    """Keep a product by batches from now on, or no more; what lies there is of no known batch at first.

    Raises: NotAllowed, ProductUnknown.
    """
    require(by, "goods")
    catalogue.get(product_id)
    db.run(
        "INSERT INTO stock (store_id, product_id, quantity_milli) SELECT id, ?, 0 FROM store WHERE true"
        " ON CONFLICT DO NOTHING",
        (product_id,),
    )
    lock = "" if db.is_sqlite() else " FOR UPDATE"
    held = db.rows(
        f"SELECT store_id, quantity_milli FROM stock WHERE product_id = ? ORDER BY store_id{lock}", (product_id,)
    )
    if not db.change("UPDATE product SET batched = ? WHERE id = ? AND batched <> ?", (int(on), product_id, int(on))):
        return
    for store_id, milli in held:
        move = Moved(0, store_id, product_id, milli, "count", 0)
        if on:
            _book(move, [(NONE, milli)] if milli else [])
        else:
            _book(move, [(batch, -there) for batch, there in of(store_id, product_id).items()])
    revisions.bump("goods")
    audit.record("product.batched", "product", product_id, by=by, now=now, after={"active": int(on)})


def expiring(within_days: int, *, by: Actor, now: Millis, limit: int = 200) -> list[Expiring]:
    """What is good for so many days at most or has expired, the first to expire first; of the asker's stores."""
    require(by, "goods")
    until = clock.day_of(now, rules.current(now=now).zone).toordinal() + within_days
    stores = sorted(by.stores)
    test = f" AND b.store_id IN ({', '.join('?' * len(stores))})" if stores else ""
    sql = (
        "SELECT b.store_id, s.name, b.product_id, p.name, p.weighed, b.expires_day, b.code,"
        " b.quantity_milli FROM stock_batch b"
        " JOIN store s ON s.id = b.store_id JOIN product p ON p.id = b.product_id"
        f" WHERE b.quantity_milli > 0 AND b.expires_day > 0 AND b.expires_day <= ?{test}"
        " ORDER BY b.expires_day, p.name, b.store_id, b.code LIMIT ?"
    )
    found = db.rows(sql, (until, *stores, limit))
    return [Expiring(row[0], row[1], row[2], row[3], bool(row[4]), Batch(row[5], row[6]), row[7]) for row in found]
