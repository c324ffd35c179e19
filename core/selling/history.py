"""Past sales 历史销售: what was sold before this program, as sales that moved nothing.

They count for visits, spend and every report; they earned no points, took nothing from the shelf or a wallet, and were
paid by 'other', whose reference is the old receipt's number. Undone, each gets a refund of its own day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core.base import clock, db, ids, money
from core.base.clock import Millis
from core.books import locks, rules, stats
from core.books.accounts import Cause
from core.goods import catalogue
from core.selling import quotes

EARLIER = "EARLIER"
"""The item number of what stands for products that are no longer known."""
NAMES = {"zh": "以前的商品", "en": "Earlier products"}


@dataclass(frozen=True)
class PastLine:
    """A line: a product of the shop or None for one that is no longer known, what it was called, what was paid."""

    product_id: int | None
    name: str
    quantity_milli: int
    cents: int


@dataclass(frozen=True)
class PastSale:
    """One receipt of the system before."""

    store_id: int
    member_id: int | None
    at: Millis
    receipt: str
    lines: tuple[PastLine, ...]

    @property
    def total_cents(self) -> int:
        """What was paid."""
        return sum(line.cents for line in self.lines)


def write_many(past: Sequence[PastSale], cause: Cause) -> list[int]:
    """Write past sales; their ids. Inside the caller's transaction."""
    locks.hold(beside={one.member_id for one in past if one.member_id is not None})
    zone, earlier = rules.current(now=cause.now).zone, _earlier(past, cause)
    sale_ids = ids.several(len(past))
    sales, lines, tenders = [], [], []
    for sale_id, one in zip(sale_ids, past, strict=True):
        day = business_day(one).toordinal()
        local = clock.day_of(one.at, zone)
        sales.append((sale_id, one.store_id, one.member_id, day, local.toordinal(), _number(one.store_id, day), one.at,
                      one.total_cents, one.total_cents, cause.by.tag))  # fmt: skip
        for position, line in enumerate(one.lines, 1):
            unit = money.half_up(line.cents * 1000, line.quantity_milli)
            lines.append((ids.new(), sale_id, position, line.product_id or earlier, line.name, line.quantity_milli,
                          unit, line.cents, line.cents))  # fmt: skip
        if one.total_cents:
            tenders.append((ids.new(), sale_id, one.total_cents, one.receipt or None))
        if one.member_id is not None:
            stats.count_sale(one.member_id, day=local, net_cents=one.total_cents, points=0, at=one.at)
    db.run_many(_SALE, sales)
    db.run_many(_LINE, lines)
    db.run_many(_TENDER, tenders)
    return sale_ids


_SALE = (
    "INSERT INTO sale (id, store_id, member_id, day, local_day, receipt_no, at, gross_cents, total_cents,"
    " redeemed_points, earned_points, versions, actor) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, '[]', ?)"
)
_LINE = (
    "INSERT INTO sale_line (id, sale_id, position, product_id, name, kind, quantity_milli, unit_cents, amount_cents,"
    " discount_cents, redeemed_points, redeemed_cents, net_cents, earned_points)"
    " VALUES (?, ?, ?, ?, ?, 'service', ?, ?, ?, 0, 0, 0, ?, 0)"
)
_TENDER = "INSERT INTO tender (id, sale_id, position, kind, cents, reference) VALUES (?, ?, 1, 'other', ?, ?)"


def _number(store_id: int, day: int) -> int:
    sql = (
        "INSERT INTO receipt_number (store_id, day, last) VALUES (?, ?, 1) ON CONFLICT (store_id, day)"
        " DO UPDATE SET last = receipt_number.last + 1 RETURNING last"
    )
    return int(db.value(sql, (store_id, day)))


def _earlier(past: Sequence[PastSale], cause: Cause) -> int | None:
    """What stands for unknown products, if there are any: a service item that is not sold."""
    if all(line.product_id is not None for one in past for line in one.lines):
        return None
    found = db.value("SELECT id FROM product WHERE sku = ?", (EARLIER,))
    if found is not None:
        return int(found)
    name = NAMES[rules.current(now=cause.now).language]
    made = catalogue.create(name, 0, by=cause.by, now=cause.now, kind="service", sku=EARLIER, earns=False)
    catalogue.retire(made, by=cause.by, now=cause.now)
    return made


def known(first: date, last: date) -> set[tuple[int, int, str]]:
    """The numbers of old receipts that are there, with store and business day, of some days."""
    sql = (
        "SELECT s.store_id, s.day, t.reference FROM sale s JOIN tender t ON t.sale_id = s.id AND t.kind = 'other'"
        " WHERE s.day BETWEEN ? AND ? AND s.refunds = 0 AND t.reference IS NOT NULL"
    )
    found = db.rows(sql, (first.toordinal() - 1, last.toordinal() + 1))
    return {(store_id, day, number) for store_id, day, number in found}


def business_day(one: PastSale) -> date:
    """The business day of its store a past sale belongs to."""
    store = quotes.any_store(one.store_id)
    return clock.business_day(one.at, store.zone, store.day_ends_hour)


def take_back(sale_ids: Sequence[int], cause: Cause) -> None:
    """Undo past sales by a refund of each on its own day. Inside the caller's transaction."""
    if not sale_ids:
        return
    marks = ", ".join("?" * len(sale_ids))
    sql = f"SELECT id, store_id, member_id, day, local_day, total_cents FROM sale WHERE id IN ({marks}) ORDER BY id"
    found = db.rows(sql, tuple(sale_ids))
    locks.hold(beside={row[2] for row in found if row[2] is not None})
    refunds = {row[0]: ids.new() for row in found}
    rows = [
        (refunds[id], id, store_id, day, cause.now, total, cause.by.tag) for id, store_id, _, day, _, total in found
    ]
    db.run_many(_REFUND, rows)
    for table, sql in (("sale_line", _REFUND_LINE), ("tender", _REFUND_TENDER)):
        columns = "id, sale_id, quantity_milli, net_cents" if table == "sale_line" else "id, sale_id, cents, kind"
        parts = db.rows(f"SELECT {columns} FROM {table} WHERE sale_id IN ({marks}) ORDER BY id", tuple(sale_ids))
        db.run_many(sql, [(ids.new(), refunds[sale_id], id, *rest) for id, sale_id, *rest in parts])
    db.run_many("UPDATE sale SET refunds = 1 WHERE id = ?", [(id,) for id in refunds])
    for _, _, member_id, _, local_day, total in found:
        if member_id is not None:
            stats.count_refund(member_id, day=date.fromordinal(local_day), net_cents=total, points=0)


_REFUND = (
    "INSERT INTO refund (id, sale_id, number, kind, store_id, day, at, total_cents, returned_points, taken_points,"
    " actor) VALUES (?, ?, 1, 'void', ?, ?, ?, ?, 0, 0, ?)"
)
_REFUND_LINE = (
    "INSERT INTO refund_line (id, refund_id, line_id, quantity_milli, cents, returned_points, taken_points, restocked)"
    " VALUES (?, ?, ?, ?, ?, 0, 0, 0)"
)
_REFUND_TENDER = "INSERT INTO refund_tender (id, refund_id, tender_id, cents, paid_as) VALUES (?, ?, ?, ?, ?)"
