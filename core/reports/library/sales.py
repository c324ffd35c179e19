"""Sales 销售: takings, sales, the basket and what came back, by day, week, month or store."""

from core.base.access import Actor
from core.base.i18n import N_
from core.reports import asked as cut
from core.reports.asked import Asked
from core.reports.report import Chart, Column, Report, Row, each, summed

TAKINGS = N_("Takings are goods and services sold, less what came back that day; top-ups, cards and plans are not in.")
BASKET = N_("A basket is takings by sales; a sale counts if it has goods or services.")


def make(asked: Asked, *, by: Actor) -> Report:
    """What was taken."""
    sold = cut.figures(
        asked,
        f"{cut.cents('l.net_cents')}, count(DISTINCT s.id), {cut.cents('l.quantity_milli')},"
        f" {cut.cents('l.discount_cents')}",
        cut.SOLD,
        store="s.store_id",
    )
    back = cut.figures(asked, cut.cents("r.cents"), cut.BACK, store="f.store_id")
    rows = []
    for key, name in cut.lines(asked):
        cents, sales, units, discount = sold.get(key, (0, 0, 0, 0))
        returned = back.get(key, (0,))[0]
        rows.append((name, cents - returned, sales, each(cents - returned, sales), units, discount, returned))
    columns = (
        cut.head(asked), Column(N_("takings"), "cents"), Column(N_("sales")), Column(N_("basket"), "cents"),
        Column(N_("units"), "quantity"), Column(N_("money off"), "cents"), Column(N_("returned"), "cents"),
    )  # fmt: skip
    totals: Row = summed(rows, (1, 2, 4, 5, 6), len(columns))
    totals = (*totals[:3], each(int(totals[1]), int(totals[2])), *totals[4:])  # type: ignore[arg-type]
    return Report(columns, tuple(rows), totals, Chart("bars"), compared=1, notes=(TAKINGS, BASKET))
