"""Cohorts 同期群: of those whose first visit was in one month, the share that came in each month after."""

from collections import Counter, defaultdict
from datetime import date

from core.base import clock, db
from core.base.access import Actor
from core.base.i18n import N_
from core.reports import asked as cut
from core.reports.asked import Asked
from core.reports.report import Chart, Column, Report, Row, share_bp

MOST = 12
"""Months after the first that are shown."""


def make(asked: Asked, *, by: Actor) -> Report:
    """A line for each month of first visits."""
    test, ids = cut.within(asked, "m.home_store_id")
    months = _months(asked)
    marks = ", ".join(["(CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT))"] * len(months))
    found = db.rows(
        f"WITH p (n, first_day, last_day) AS (VALUES {marks})"
        " SELECT s.first_day, p.n, count(DISTINCT d.member_id) FROM member_stats s JOIN member m ON m.id = s.member_id"
        " JOIN member_day d ON d.member_id = s.member_id AND d.net_cents > 0"
        " JOIN p ON d.day BETWEEN p.first_day AND p.last_day"
        f" WHERE s.first_day BETWEEN ? AND ? AND {test} GROUP BY s.first_day, p.n",
        (*(value for part in months for value in part), *asked.days, *ids),
    )
    counts: dict[date, Counter[int]] = defaultdict(Counter)
    for day, place, people in found:
        first = date.fromordinal(day).replace(day=1)
        counts[first][place - _number(first)] += people
    last = _number(asked.today)
    rows: list[Row] = []
    for first, by_month in sorted(counts.items()):
        shares = [
            share_bp(by_month[n], by_month[0]) if _number(first) + n <= last else None for n in range(1, MOST + 1)
        ]
        rows.append((first, by_month[0], *shares))
    columns = (Column(N_("first visit in"), "month"), Column(N_("members")),
               *(Column(f"+{n}", "percent") for n in range(1, MOST + 1)))  # fmt: skip
    notes = (N_("+1 is the month after that of the first visit; a member counts once in each month they came."),)
    return Report(columns, tuple(rows), None, Chart("grid", 2), notes=notes)


def _number(day: date) -> int:
    return day.year * 12 + day.month - 1


def _months(asked: Asked) -> list[tuple[int, int, int]]:
    """Months from the first to a year after the last, not past today's: number, first and last day."""
    first = asked.first.replace(day=1)
    last = max(first, min(clock.add_months(asked.last.replace(day=1), MOST), asked.today.replace(day=1)))
    found = []
    while first <= last:
        after = clock.add_months(first, 1)
        found.append((_number(first), first.toordinal(), after.toordinal() - 1))
        first = after
    return found
