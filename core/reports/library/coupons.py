"""Coupons 优惠券: of each kind, how many were issued, used and lapsed, what they cost and what was sold with them."""

from core.base import db
from core.base.access import Actor
from core.base.i18n import N_
from core.reports import asked as cut
from core.reports.asked import Asked
from core.reports.report import Chart, Column, Report, Row, summed


def make(asked: Asked, *, by: Actor) -> Report:
    """By kind of coupon."""
    span = asked.from_at, asked.until_at
    issued: dict[int, int] = dict(
        db.rows(
            "SELECT kind_id, count(*) FROM coupon WHERE valid_from_at >= ? AND valid_from_at < ? GROUP BY kind_id", span
        )
    )
    lapsed: dict[int, int] = dict(
        db.rows(
            "SELECT kind_id, count(*) FROM coupon WHERE valid_until_at >= ? AND valid_until_at < ?"
            " AND (state = 'lapsed' OR (state = 'issued' AND valid_until_at <= ?)) GROUP BY kind_id",
            (*span, asked.now),
        )
    )
    used = {row[0]: row[1:] for row in _uses(asked)}
    rows: list[Row] = []
    for kind_id, name in db.rows("SELECT id, name FROM coupon_kind ORDER BY name, id"):
        uses, cost, sold = used.get(kind_id, (0, 0, 0))
        row = (name, issued.get(kind_id, 0), uses, lapsed.get(kind_id, 0), cost, sold)
        if any(row[1:]):
            rows.append(row)
    columns = (
        Column(N_("coupon"), "text"), Column(N_("issued")), Column(N_("used")), Column(N_("lapsed")),
        Column(N_("cost"), "cents"), Column(N_("sold with"), "cents"),
    )  # fmt: skip
    notes = (
        N_("Issued on the day they became valid, lapsed on the day they ended; both for the whole shop."),
        N_("Used: in sales of these days and stores; one given back with its sale does not count. Cost is the money off"
           " they made, sold with is what those sales came to; in the total each sale counts once."),
    )  # fmt: skip
    totals: Row = (*summed(rows, (1, 2, 3, 4), 5), _sold(asked))
    return Report(columns, tuple(rows), totals, Chart("bars", 2), compared=2, notes=notes)


def _uses(asked: Asked) -> list[db.Row]:
    """Kind, uses, money off and what was sold; a sale with two coupons of a kind counts once."""
    test, ids = cut.within(asked, "s.store_id")
    off = (
        "(SELECT sum(d.cents) FROM sale_discount d"
        " WHERE d.sale_id = x.sale_id AND d.rule_kind = 'coupon' AND d.rule_id = x.kind_id)"
    )
    return db.rows(
        f"SELECT x.kind_id, {cut.cents('x.uses')}, {cut.cents(off)}, {cut.cents('x.sold')} FROM ("
        " SELECT s.id AS sale_id, c.kind_id, count(*) AS uses, max(s.total_cents) AS sold FROM sale s"
        " JOIN coupon_use u ON u.sale_id = s.id AND u.returned_at IS NULL JOIN coupon c ON c.id = u.coupon_id"
        f" WHERE s.day BETWEEN ? AND ? AND {test} GROUP BY s.id, c.kind_id) x GROUP BY x.kind_id",
        (*asked.days, *ids),
    )


def _sold(asked: Asked) -> int:
    """What sales with coupons came to, each once."""
    test, ids = cut.within(asked, "s.store_id")
    found: int = db.value(
        f"SELECT {cut.cents('s.total_cents')} FROM sale s WHERE s.day BETWEEN ? AND ? AND {test}"
        " AND EXISTS (SELECT 1 FROM coupon_use u WHERE u.sale_id = s.id AND u.returned_at IS NULL)",
        (*asked.days, *ids),
    )
    return found
