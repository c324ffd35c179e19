"""Sales by category 分类销售: takings and units of each category of goods."""

from core.base import db
from core.base.access import Actor
from core.base.i18n import N_, T
from core.reports import asked as cut
from core.reports.asked import Asked
from core.reports.library import sales
from core.reports.report import Chart, Column, Report, share_bp, summed

UNITS = N_("Units are those sold less those that came back; weighed goods count their weight.")


def make(asked: Asked, *, by: Actor) -> Report:
    """What each category brought."""
    return laid_out(brought(asked, "category", "p.category_id"), N_("category"))


def laid_out(found: list[db.Row], head: str) -> Report:
    """What was brought, as a report."""
    whole = sum(row[2] for row in found)
    rows = tuple((name or T("none"), cents, share_bp(cents, whole), units) for _, name, cents, units in found)
    columns = (
        Column(head, "text"), Column(N_("takings"), "cents"), Column(N_("share"), "percent"),
        Column(N_("units"), "quantity"),
    )  # fmt: skip
    return Report(columns, rows, summed(rows, (1, 3), 4), Chart("bars"), compared=1, notes=(sales.TAKINGS, UNITS))


def brought(asked: Asked, table: str, key: str) -> list[db.Row]:
    """Id, name, cents and thousandths by a column of the product `p`, named by a table; who brought most first."""
    sold_in, ids = cut.within(asked, "s.store_id")
    back_in, _ = cut.within(asked, "f.store_id")
    return db.rows(
        f"SELECT {key}, n.name, {cut.cents('x.cents')}, {cut.cents('x.units')} FROM ("
        " SELECT l.product_id, sum(l.net_cents) AS cents, sum(l.quantity_milli) AS units FROM sale s"
        f" JOIN sale_line l ON l.sale_id = s.id AND l.kind {cut.GOODS}"
        f" WHERE s.day BETWEEN ? AND ? AND {sold_in} GROUP BY l.product_id"
        " UNION ALL SELECT l.product_id, -sum(r.cents), -sum(r.quantity_milli) FROM refund f"
        f" JOIN refund_line r ON r.refund_id = f.id JOIN sale_line l ON l.id = r.line_id AND l.kind {cut.GOODS}"
        f" WHERE f.day BETWEEN ? AND ? AND {back_in} GROUP BY l.product_id) x"
        f" JOIN product p ON p.id = x.product_id LEFT JOIN {table} n ON n.id = {key}"
        f" GROUP BY {key}, n.name ORDER BY 3 DESC, 1",
        (*asked.days, *ids, *asked.days, *ids),
    )
