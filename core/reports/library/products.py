"""Sales by product 单品销售: takings and units of each product, and what of the takings is left after its cost."""

from core.base import db
from core.base.access import Actor
from core.base.i18n import N_
from core.goods.deliveries import MILLS
from core.reports.asked import Asked
from core.reports.library import categories
from core.reports.report import Column, Report, Row, number, share_bp, summed

MARGIN = N_("Margin is takings less units at the average cost of now, of products whose deliveries named a cost.")


def make(asked: Asked, *, by: Actor) -> Report:
    """What each product brought; the margin for who holds the right to goods."""
    found = categories.brought(asked, "product", "p.id")
    report = categories.laid_out(found, N_("product"))
    if not by.may("goods"):
        return report
    costs: dict[int, int] = dict(db.rows("SELECT id, cost_mills FROM product WHERE cost_mills > 0"))
    rows = tuple(_with_margin(row, costs.get(id, 0)) for (id, *_), row in zip(found, report.rows, strict=True))
    known = [row for row in rows if row[4] is not None]
    total = summed(rows, (1, 3, 4), 6)
    totals = (*total[:4], total[4] if known else None, share_bp(number(total[4]), sum(number(row[1]) for row in known)))
    columns = (*report.columns, Column(N_("margin"), "cents"), Column(N_("of takings"), "percent"))
    notes = (*report.notes, MARGIN)
    return Report(columns, rows, totals, report.chart, report.compared, notes)


def _with_margin(row: Row, cost_mills: int) -> Row:
    """A line with its margin, and that as a share; nothing where the cost is not known."""
    if not cost_mills:
        return (*row, None, None)
    margin = number(row[1]) - number(row[3]) * cost_mills // (1000 * MILLS)
    return (*row, margin, share_bp(margin, number(row[1])))
