"""The day report 日报: what a store took on one business day, how it was paid, and what was counted.

Each way of paying is reconciled by itself: taken less paid back, against what somebody counted. An
exchange stands in both columns, so that a card's part stays with the card.
"""

from dataclasses import dataclass
from datetime import date

from core.base import db
from core.base.access import Actor, require
from core.selling import quotes
from core.selling.tenders import COUNTED, STORED


@dataclass(frozen=True)
class TenderDay:
    """One way of paying on one day; `counted_cents` is None until somebody counted.

    `moved_cents` is cash put into the drawers by hand, less cash taken out.
    """

    kind: str
    taken_cents: int
    back_cents: int
    counted_cents: int | None
    moved_cents: int = 0

    @property
    def net_cents(self) -> int:
        """Taken less paid back, with what was moved by hand."""
        return self.taken_cents - self.back_cents + self.moved_cents

    @property
    def difference_cents(self) -> int | None:
        """Counted less what should be there."""
        return None if self.counted_cents is None else self.counted_cents - self.net_cents


@dataclass(frozen=True)
class RateDay:
    """The tax of one rate: what is paid for goods of that rate, and the tax in it, less what came back."""

    tax_bp: int
    net_cents: int
    tax_cents: int


@dataclass(frozen=True)
class DayReport:
    """One store's day. Amounts in cents; reductions as (kind, name, cents), the largest first."""

    store_id: int
    day: date
    sales: int
    voids: int
    gross_cents: int
    discount_cents: int
    redeemed_cents: int
    total_cents: int
    refunds: int
    refunded_cents: int
    stored_in_cents: int
    tenders: tuple[TenderDay, ...]
    reductions: tuple[tuple[str, str, int], ...]
    taxes: tuple[RateDay, ...]

    @property
    def net_cents(self) -> int:
        """Sold less paid back, top-ups and cards included."""
        return self.total_cents - self.refunded_cents


def of(store_id: int, day: date, *, by: Actor) -> DayReport:
    """The report of one business day of a store. Raises: NotAllowed, StoreUnknown."""
    require(by, "reports", store_id=store_id)
    with db.read():
        quotes.any_store(store_id)
        ordinal = day.toordinal()
        sold = db.one(
            "SELECT count(*), coalesce(CAST(sum(gross_cents) AS BIGINT), 0), coalesce(CAST(sum(total_cents)"
            " AS BIGINT), 0) FROM sale WHERE store_id = ? AND day = ?",
            (store_id, ordinal),
        ) or (0, 0, 0)
        lines = db.one(
            "SELECT coalesce(CAST(sum(l.discount_cents) AS BIGINT), 0), coalesce(CAST(sum(l.redeemed_cents)"
            " AS BIGINT), 0), coalesce(CAST(sum(CASE WHEN l.kind = 'top_up' THEN l.net_cents ELSE 0 END) AS BIGINT), 0)"
            " FROM sale s JOIN sale_line l ON l.sale_id = s.id WHERE s.store_id = ? AND s.day = ?",
            (store_id, ordinal),
        ) or (0, 0, 0)
        back = db.one(
            "SELECT count(*), coalesce(CAST(sum(total_cents) AS BIGINT), 0),"
            " coalesce(CAST(sum(CASE WHEN kind = 'void' THEN 1 ELSE 0 END) AS BIGINT), 0)"
            " FROM refund WHERE store_id = ? AND day = ?",
            (store_id, ordinal),
        ) or (0, 0, 0)
        return DayReport(
            store_id=store_id,
            day=day,
            sales=sold[0],
            voids=back[2],
            gross_cents=sold[1],
            discount_cents=lines[0],
            redeemed_cents=lines[1],
            total_cents=sold[2],
            refunds=back[0],
            refunded_cents=back[1],
            stored_in_cents=lines[2],
            tenders=_tenders(store_id, ordinal),
            reductions=_reductions(store_id, ordinal),
            taxes=_taxes(store_id, ordinal),
        )


def _tenders(store_id: int, day: int) -> tuple[TenderDay, ...]:
    taken: dict[str, int] = dict(
        db.rows(
            "SELECT t.kind, CAST(sum(t.cents) AS BIGINT) FROM sale s JOIN tender t ON t.sale_id = s.id"
            " WHERE s.store_id = ? AND s.day = ? GROUP BY t.kind",
            (store_id, day),
        )
    )
    back: dict[str, int] = dict(
        db.rows(
            "SELECT p.paid_as, CAST(sum(p.cents) AS BIGINT) FROM refund r JOIN refund_tender p ON p.refund_id = r.id"
            " WHERE r.store_id = ? AND r.day = ? GROUP BY p.paid_as",
            (store_id, day),
        )
    )
    counted: dict[str, int] = dict(
        db.rows(
            "SELECT kind, counted_cents FROM tender_count WHERE store_id = ? AND day = ? ORDER BY at, id",
            (store_id, day),
        )
    )
    cash = "SELECT coalesce(CAST(sum(cents) AS BIGINT), 0) FROM cash_move WHERE store_id = ? AND day = ?"
    moved = {"cash": int(db.value(cash, (store_id, day)))}
    known = taken.keys() | back.keys() | counted.keys() | {kind for kind, cents in moved.items() if cents}
    return tuple(
        TenderDay(kind, taken.get(kind, 0), back.get(kind, 0), counted.get(kind), moved.get(kind, 0))
        for kind in (*COUNTED, *STORED)
        if kind in known
    )


def _reductions(store_id: int, day: int) -> tuple[tuple[str, str, int], ...]:
    found = db.rows(
        "SELECT d.rule_kind, d.name, CAST(sum(d.cents) AS BIGINT) FROM sale s"
        " JOIN sale_discount d ON d.sale_id = s.id WHERE s.store_id = ? AND s.day = ?"
        " GROUP BY d.rule_kind, d.name ORDER BY 3 DESC, 1, 2",
        (store_id, day),
    )
    return tuple((kind, name, cents) for kind, name, cents in found)


def _taxes(store_id: int, day: int) -> tuple[RateDay, ...]:
    found = db.rows(
        "SELECT tax_bp, CAST(sum(net) AS BIGINT), CAST(sum(tax) AS BIGINT) FROM ("
        " SELECT l.tax_bp, l.net_cents AS net, l.tax_cents AS tax FROM sale s JOIN sale_line l ON l.sale_id = s.id"
        " WHERE s.store_id = ? AND s.day = ? AND l.tax_bp > 0"
        " UNION ALL SELECT l.tax_bp, -b.cents, -b.tax_cents FROM refund r JOIN refund_line b ON b.refund_id = r.id"
        " JOIN sale_line l ON l.id = b.line_id WHERE r.store_id = ? AND r.day = ? AND l.tax_bp > 0) x"
        " GROUP BY tax_bp ORDER BY tax_bp",
        (store_id, day, store_id, day),
    )
    return tuple(RateDay(*row) for row in found)
