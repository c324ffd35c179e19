"""Return rate 复购率: of those who came for the first time, how many came again within 30, 60 and 90 days."""

from collections import defaultdict
from datetime import date, timedelta

from core.base import db
from core.base.access import Actor
from core.base.i18n import N_
from core.reports import asked as cut
from core.reports.asked import Asked
from core.reports.report import Chart, Column, Report, Row, share_bp

WITHIN = (30, 60, 90)


def make(asked: Asked, *, by: Actor) -> Report:
    """By the month of the first visit."""
    test, ids = cut.within(asked, "m.home_store_id")
    found = db.rows(
        "SELECT x.first_day, count(*), "
        + ", ".join(f"coalesce(sum(CASE WHEN x.again <= x.first_day + {days} THEN 1 ELSE 0 END), 0)" for days in WITHIN)
        + " FROM (SELECT s.first_day, (SELECT min(d.day) FROM member_day d WHERE d.member_id = s.member_id"
        " AND d.day > s.first_day AND d.net_cents > 0) AS again"
        " FROM member_stats s JOIN member m ON m.id = s.member_id"
        f" WHERE s.first_day BETWEEN ? AND ? AND {test}) x GROUP BY x.first_day",
        (*asked.days, *ids),
    )
    months: dict[date, list[int]] = defaultdict(lambda: [0] * 7)
    for day, people, *again in found:
        sums = months[date.fromordinal(day).replace(day=1)]
        sums[0] += people
        for at, days in enumerate(WITHIN):
            if date.fromordinal(day) + timedelta(days=days) < asked.today:  # they have had their time
                sums[1 + at] += people
                sums[4 + at] += int(again[at])
    rows = [_row(month, sums) for month, sums in sorted(months.items())]
    totals = _row(None, [sum(sums[at] for sums in months.values()) for at in range(7)])
    columns = (Column(N_("first visit in"), "month"), Column(N_("came first")),
               Column(N_("within 30 days"), "percent"), Column(N_("within 60 days"), "percent"),
               Column(N_("within 90 days"), "percent"))  # fmt: skip
    notes = (N_("Of who came for the first time, the share that came again on a later day within so many days."),
             N_("Only those count whose days are over, so the youngest months may be empty."))  # fmt: skip
    return Report(columns, tuple(rows), totals, Chart("line", 3), notes=notes)


def _row(month: date | None, sums: list[int]) -> Row:
    return (month, sums[0], *(share_bp(sums[4 + at], sums[1 + at]) for at in range(3)))
