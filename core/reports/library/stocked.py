"""Stock 库存: what lies in the stores at its selling price, how fast it sells, what runs low or lies still."""

from core.base import db
from core.base.access import Actor
from core.base.i18n import N_, T
from core.reports import asked as cut
from core.reports.asked import Asked
from core.reports.report import Chart, Column, Report, Row, summed

LOW_DAYS = 7
"""Stock for fewer days is low."""


def make(asked: Asked, *, by: Actor) -> Report:
    """Stocked goods, those that last longest first; what went in a set counts as sold."""
    test, ids = cut.within(asked, "k.store_id")
    sold_in, _ = cut.within(asked, "s.store_id")
    days = (min(asked.last, asked.today) - asked.first).days + 1
    found = db.rows(
        f"SELECT p.name, {cut.cents('x.lies')}, {cut.cents('x.sold')}, max(p.price_cents), max(p.cost_mills) FROM ("
        f" SELECT k.product_id AS id, k.quantity_milli AS lies, 0 AS sold FROM stock k WHERE {test}"
        " UNION ALL SELECT l.product_id, 0, l.quantity_milli FROM sale s JOIN sale_line l ON l.sale_id = s.id"
        f" AND l.kind = 'goods' WHERE s.day BETWEEN ? AND ? AND {sold_in}"
        " UNION ALL SELECT b.product_id, 0, l.quantity_milli * b.quantity_milli / 1000 FROM sale s"
        " JOIN sale_line l ON l.sale_id = s.id JOIN bundle_part b ON b.bundle_id = l.product_id"
        f" WHERE s.day BETWEEN ? AND ? AND {sold_in}) x"
        " JOIN product p ON p.id = x.id AND p.stocked = 1 AND p.active = 1 GROUP BY p.id, p.name",
        (*ids, *asked.days, *ids, *asked.days, *ids),
    )
    rows: list[Row] = []
    for name, lies, sold, price, cost in sorted(found, key=lambda one: (-_lasts(one[1], one[2], days), one[0])):
        lasts = _lasts(lies, sold, days)
        state = T("gone") if lies <= 0 else T("not sold") if not sold else T("low") if lasts < LOW_DAYS else ""
        worth = lies * cost // 1_000_000 if cost else None
        rows.append((name, lies, lies * price // 1000, sold, lasts if sold else None, state, worth))
    columns = (
        Column(N_("product"), "text"), Column(N_("in stock"), "quantity"), Column(N_("at selling price"), "cents"),
        Column(N_("sold"), "quantity"), Column(N_("lasts days")), Column(N_("state"), "text"),
        Column(N_("at cost"), "cents"),
    )  # fmt: skip
    notes = (
        N_("Stock is that of now, at today's selling price, and at the average cost where deliveries named one."),
        N_("Lasts days: stock by what was sold a day in these days; below 7 it is low. Nothing sold: it lies still."),
    )
    return Report(columns, tuple(rows), summed(rows, (2, 6), 7), Chart("bars", 2), notes=notes)


def _lasts(lies: int, sold: int, days: int) -> int:
    if lies <= 0:
        return 0
    return lies * days // sold if sold and days > 0 else 10**9
