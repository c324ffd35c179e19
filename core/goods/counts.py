"""Counts 盘点单: a sheet of what should be there, what was counted, and moves written once somebody answers for them.

A line keeps what should have been there when it was counted, so goods may be sold on meanwhile: what is written is
the difference of that moment.
"""

from dataclasses import dataclass

from core.base import db, ids, text
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import NotFound, Refused
from core.base.i18n import N_
from core.base.money import quantity_shown
from core.books import audit, rules
from core.goods import stock
from core.goods.stock import QuantityInvalid


@dataclass(frozen=True)
class Sheet:
    """A count of one store: of everything, a category or a shelf. Differences in cents at cost, or at price.

    `off_cents` adds what is missing to what is over; `net_cents` sets them off.
    """

    id: int
    store_id: int
    store: str
    category: str
    shelf: str
    state: str
    at: Millis
    lines: int
    counted: int
    differing: int
    off_cents: int
    net_cents: int


@dataclass(frozen=True)
class Line:
    """A product on a sheet; None while nobody counted it. `unit_mills` is its cost, or its price, a piece."""

    product_id: int
    product: str
    weighed: bool
    there_milli: int | None
    counted_milli: int | None
    unit_mills: int

    @property
    def difference_milli(self) -> int:
        """What is over; below 0 what is missing."""
        return 0 if self.counted_milli is None or self.there_milli is None else self.counted_milli - self.there_milli

    @property
    def difference_cents(self) -> int:
        """What the difference is worth, rounded towards 0."""
        size = abs(self.difference_milli) * self.unit_mills // 1_000_000
        return -size if self.difference_milli < 0 else size


class SheetUnknown(NotFound):
    """No count has this id."""

    code = "count_unknown"
    text = N_("There is no count {what}. F9, m leads to them.")


class SheetClosed(Refused):
    """The sheet is not open any more, or not in the state this needs."""

    code = "count_closed"
    text = N_("This count is {state}. Begin another one to count again.")


class SheetEmpty(Refused):
    """Nothing to count there, or nothing was counted."""

    code = "count_empty"
    text = N_("Nothing is on this sheet. Choose another category or shelf, or count at least one product.")


class CountedSince(Refused):
    """A product was counted elsewhere after it was counted here."""

    code = "counted_since"
    text = N_("“{name}” was counted again outside this sheet. Count it here once more.")


# --- doing ---------------------------------------------------------------------------------------


@db.atomic
def begin(store_id: int, *, category_id: int | None = None, shelf: str = "", by: Actor, now: Millis) -> int:
    """Open a sheet with every product of a category or shelf that is sold or lies there; its id.

    Raises: NotAllowed, SheetEmpty.
    """
    require(by, "goods", store_id=store_id)
    sheet_id, place = ids.new(), text.clean(shelf)[:40]
    db.add(
        "count_sheet", id=sheet_id, store_id=store_id, category_id=category_id, shelf=place, state="open", at=now,
        actor=by.tag,
    )  # fmt: skip
    sql = (
        "INSERT INTO count_line (sheet_id, product_id) SELECT CAST(? AS BIGINT), p.id FROM product p"
        " LEFT JOIN stock k ON k.product_id = p.id AND k.store_id = ?"
        " LEFT JOIN stock_place f ON f.product_id = p.id AND f.store_id = ?"
        " WHERE p.stocked = 1 AND (p.active = 1 OR coalesce(k.quantity_milli, 0) <> 0)"
    )
    given: list[object] = [sheet_id, store_id, store_id]
    for test, value in ((" AND p.category_id = ?", category_id), (" AND f.shelf = ?", place or None)):
        sql, given = (sql + test, [*given, value]) if value is not None else (sql, given)
    if not db.change(sql, given):
        raise SheetEmpty(field="shelf")
    audit.record("count.begun", "count", sheet_id, by=by, now=now, store_id=store_id)
    return sheet_id


@db.atomic
def note(sheet_id: int, product_id: int, counted_milli: int, *, more: bool = False, by: Actor, now: Millis) -> int:
    """Write down what was counted of a product, or that so much `more` was found (a scan); what is counted now.

    Raises: NotAllowed, SheetUnknown, SheetClosed, QuantityInvalid, ProductUnknown, NotCounted.
    """
    store_id = _hold(sheet_id, "open", by)
    product = stock.counted(product_id)
    if counted_milli < 0 or (counted_milli % 1000 and not product.weighed):
        raise QuantityInvalid(field="quantity", given=quantity_shown(counted_milli))
    sql = "SELECT counted_milli FROM count_line WHERE sheet_id = ? AND product_id = ?"
    before = db.value(sql, (sheet_id, product_id)) if more else 0
    counted = counted_milli + (before or 0)
    db.run(
        "INSERT INTO count_line (sheet_id, product_id, there_milli, counted_milli, counted_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (sheet_id, product_id) DO UPDATE SET there_milli = excluded.there_milli,"
        " counted_milli = excluded.counted_milli, counted_at = excluded.counted_at",
        (sheet_id, product_id, stock.held(store_id, product_id), counted, now),
    )
    after = {"quantity_milli": counted}
    audit.record("count.noted", "product", product_id, by=by, now=now, store_id=store_id, after=after)
    return counted


@db.atomic
def close(sheet_id: int, *, by: Actor, now: Millis) -> str:
    """End a count: its moves are written, or it waits for an approval; 'written' or 'waiting'.

    Above the shop's limit only who may approve writes alone. What nobody counted stays as it is.

    Raises: NotAllowed, SheetUnknown, SheetClosed, SheetEmpty, CountedSince.
    """
    store_id = _hold(sheet_id, "open", by)
    found = get(sheet_id)
    if not found.counted:
        raise SheetEmpty(field="sheet")
    limit = rules.current(now=now).count_limit_cents
    if found.off_cents > limit and not by.may("approve", store_id=store_id):
        db.run("UPDATE count_sheet SET state = 'waiting' WHERE id = ?", (sheet_id,))
        audit.record("count.waiting", "count", sheet_id, by=by, now=now, store_id=store_id,
                     after={"cents": found.off_cents})  # fmt: skip
        return "waiting"
    _write(sheet_id, store_id, by, now)
    return "written"


@db.atomic
def approve(sheet_id: int, *, by: Actor, now: Millis) -> None:
    """Write the moves of a count that waits. Raises: NotAllowed, SheetUnknown, SheetClosed, CountedSince."""
    store_id = _hold(sheet_id, "waiting", by)
    require(by, "approve", store_id=store_id)
    _write(sheet_id, store_id, by, now)


@db.atomic
def reopen(sheet_id: int, *, by: Actor, now: Millis) -> None:
    """Count on where a count waits for an approval. Raises: NotAllowed, SheetUnknown, SheetClosed."""
    store_id = _hold(sheet_id, "waiting", by)
    db.run("UPDATE count_sheet SET state = 'open' WHERE id = ?", (sheet_id,))
    audit.record("count.reopened", "count", sheet_id, by=by, now=now, store_id=store_id)


@db.atomic
def drop(sheet_id: int, *, by: Actor, now: Millis) -> None:
    """Give up a count; nothing moves. Raises: NotAllowed, SheetUnknown, SheetClosed."""
    store_id = _hold(sheet_id, get(sheet_id).state, by)
    if not db.change("UPDATE count_sheet SET state = 'dropped', closed_at = ?, closed_by = ? WHERE id = ?"
                     " AND state IN ('open', 'waiting')", (now, by.tag, sheet_id)):  # fmt: skip
        raise SheetClosed(field="sheet", state=get(sheet_id).state)
    audit.record("count.dropped", "count", sheet_id, by=by, now=now, store_id=store_id)


def _hold(sheet_id: int, state: str, by: Actor) -> int:
    """Lock a sheet that stands in a state; its store. Raises: SheetUnknown, NotAllowed, SheetClosed."""
    lock = "" if db.is_sqlite() else " FOR UPDATE"
    found = db.one(f"SELECT store_id, state FROM count_sheet WHERE id = ?{lock}", (sheet_id,))
    if found is None:
        raise SheetUnknown(what=str(sheet_id))
    require(by, "goods", store_id=found[0])
    if found[1] != state:
        raise SheetClosed(field="sheet", state=found[1])
    return int(found[0])


def _write(sheet_id: int, store_id: int, by: Actor, now: Millis) -> None:
    found = [line for line in lines(sheet_id, differing=True) if line.difference_milli]
    found.sort(key=lambda line: line.product_id)
    for line in found:
        stock.held(store_id, line.product_id)
        sql = (
            "SELECT 1 FROM stock_move m JOIN count_line l ON l.product_id = m.product_id AND l.sheet_id = ?"
            " WHERE m.product_id = ? AND m.store_id = ? AND m.kind = 'count' AND m.at > l.counted_at"
        )
        if db.value(sql, (sheet_id, line.product_id, store_id)):
            raise CountedSince(field="sheet", name=line.product)
    moves = [(line.product_id, line.difference_milli) for line in found]
    stock.move_many(store_id, moves, "count", ref_id=sheet_id, by=by, now=now)
    db.run("UPDATE count_sheet SET state = 'written', closed_at = ?, closed_by = ? WHERE id = ?",
           (now, by.tag, sheet_id))  # fmt: skip
    after = {"rows": len(moves), "cents": sum(line.difference_cents for line in found)}
    audit.record("count.written", "count", sheet_id, by=by, now=now, store_id=store_id, after=after)


# --- reading ---------------------------------------------------------------------------------------

_UNIT = "CASE WHEN p.cost_mills > 0 THEN p.cost_mills ELSE p.price_cents * 1000 END"
_WORTH = f"(abs(l.counted_milli - l.there_milli) * ({_UNIT}) / 1000000)"
_SELECT = (
    "SELECT c.id, c.store_id, s.name, coalesce(g.name, ''), c.shelf, c.state, c.at,"
    " (SELECT count(*) FROM count_line l WHERE l.sheet_id = c.id),"
    " (SELECT count(*) FROM count_line l WHERE l.sheet_id = c.id AND l.counted_milli IS NOT NULL),"
    " (SELECT count(*) FROM count_line l WHERE l.sheet_id = c.id AND l.counted_milli <> l.there_milli),"
    f" (SELECT CAST(coalesce(sum({_WORTH}), 0) AS BIGINT) FROM count_line l JOIN product p ON p.id = l.product_id"
    "  WHERE l.sheet_id = c.id),"
    f" (SELECT CAST(coalesce(sum(CASE WHEN l.counted_milli < l.there_milli THEN -{_WORTH} ELSE {_WORTH} END), 0)"
    "  AS BIGINT) FROM count_line l JOIN product p ON p.id = l.product_id WHERE l.sheet_id = c.id)"
    " FROM count_sheet c JOIN store s ON s.id = c.store_id LEFT JOIN category g ON g.id = c.category_id"
)


def get(sheet_id: int) -> Sheet:
    """One count. Raises: SheetUnknown."""
    row = db.one(f"{_SELECT} WHERE c.id = ?", (sheet_id,))
    if row is None:
        raise SheetUnknown(what=str(sheet_id))
    return Sheet(*row)


def recent(*, by: Actor, limit: int = 50) -> list[Sheet]:
    """Counts of the asker's stores: those not ended first, then the newest. Raises: NotAllowed."""
    require(by, "goods")
    stores = sorted(by.stores)
    test = f" WHERE c.store_id IN ({', '.join('?' * len(stores))})" if stores else ""
    order = " ORDER BY CASE WHEN c.state IN ('open', 'waiting') THEN 0 ELSE 1 END, c.at DESC, c.id DESC LIMIT ?"
    return [Sheet(*row) for row in db.rows(_SELECT + test + order, (*stores, limit))]


def lines(
    sheet_id: int, *, differing: bool = False, after_name: str = "", after_id: int = 0, limit: int = 100_000
) -> list[Line]:
    """The products of a sheet by name, a keyset page at a time; only those that differ if asked."""
    test = " AND l.counted_milli <> l.there_milli" if differing else ""
    sql = (
        f"SELECT l.product_id, p.name, p.weighed, l.there_milli, l.counted_milli, {_UNIT} FROM count_line l"
        f" JOIN product p ON p.id = l.product_id WHERE l.sheet_id = ?{test} AND (p.name, p.id) > (?, ?)"
        " ORDER BY p.name, p.id LIMIT ?"
    )
    found = db.rows(sql, (sheet_id, after_name, after_id, limit))
    return [Line(row[0], row[1], bool(row[2]), *row[3:]) for row in found]
