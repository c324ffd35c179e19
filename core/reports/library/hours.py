"""Sales by hour 时段: takings and sales of each hour of the store's clock, and of each weekday's hours."""

from collections import Counter

from core.base import clock, db
from core.base.access import Actor
from core.base.i18n import N_, WEEKDAYS, scope
from core.reports import asked as cut
from core.reports.asked import Asked
from core.reports.library import sales
from core.reports.report import Chart, Column, Report, Row, each, summed

QUARTER = 15 * clock.MINUTE
"""Hours begin at a quarter of some UTC hour in every zone."""
Slots = Counter[tuple[int, int]]


def make(asked: Asked, *, by: Actor) -> Report:
    """What each hour brought."""
    cents, counts = _slots(asked)
    rows: list[Row] = []
    for hour in _busy(cents, counts):
        taken, count = (sum(of[day, hour] for day in range(7)) for of in (cents, counts))
        rows.append((f"{hour:02d}:00", taken, count, each(taken, count)))
    columns = (Column(N_("hour"), "text"), Column(N_("takings"), "cents"), Column(N_("sales")),
               Column(N_("basket"), "cents"))  # fmt: skip
    notes = (sales.TAKINGS, N_("What comes back counts in the hour it came back."))
    return Report(columns, tuple(rows), summed(rows, (1, 2), 4), Chart("bars"), compared=1, notes=notes)


def weekdays(asked: Asked, *, by: Actor) -> Report:
    """What each hour of each weekday brought."""
    cents, counts = _slots(asked)
    busy = _busy(cents, counts)
    rows: tuple[Row, ...] = tuple(
        (name, *(cents[day, hour] for hour in busy)) for day, name in enumerate(WEEKDAYS[scope().language])
    )
    columns = (Column(N_("weekday"), "text"), *(Column(f"{hour:02d}", "cents") for hour in busy))
    totals = summed(rows, range(1, len(columns)), len(columns))
    return Report(columns, rows, totals, Chart("grid"), notes=(sales.TAKINGS, N_("Hours are those of the clock.")))


def _busy(*slots: Slots) -> range:
    hours = sorted({hour for of in slots for (_, hour), amount in of.items() if amount})
    return range(hours[0], hours[-1] + 1) if hours else range(0)


def _slots(asked: Asked) -> tuple[Slots, Slots]:
    """Takings and sales by weekday and hour."""
    cents, counts = Slots(), Slots()
    sold_in, ids = cut.within(asked, "s.store_id")
    back_in, _ = cut.within(asked, "f.store_id")
    found = db.rows(
        f"SELECT s.at / {QUARTER}, z.zone, {cut.cents('l.net_cents')}, count(DISTINCT s.id) FROM sale s"
        f" JOIN sale_line l ON l.sale_id = s.id AND l.kind {cut.GOODS} JOIN store z ON z.id = s.store_id"
        f" WHERE s.day BETWEEN ? AND ? AND {sold_in} GROUP BY 1, 2"
        f" UNION ALL SELECT f.at / {QUARTER}, z.zone, -{cut.cents('r.cents')}, 0 FROM refund f"
        f" JOIN refund_line r ON r.refund_id = f.id JOIN sale_line l ON l.id = r.line_id AND l.kind {cut.GOODS}"
        f" JOIN store z ON z.id = f.store_id WHERE f.day BETWEEN ? AND ? AND {back_in} GROUP BY 1, 2",
        (*asked.days, *ids, *asked.days, *ids),
    )
    for quarter, zone, amount, count in found:
        then = clock.local(quarter * QUARTER, zone)
        cents[then.weekday(), then.hour] += amount
        counts[then.weekday(), then.hour] += count
    return cents, counts
