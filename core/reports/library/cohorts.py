"""Cohorts 同期群: of those whose first visit was in one month, the share that came in each month after."""

from collections import Counter, defaultdict
from datetime import date, timedelta

import numpy as np

from core.base import clock, db
from core.base.access import Actor
from core.base.i18n import N_
from core.insight import visit_days
from core.reports.asked import Asked
from core.reports.report import Chart, Column, Report, Row, share_bp

MOST = 12
"""Months after the first that are shown."""
_APART = 10_000
"""More than months in any span: two numbers of months make one."""


def make(asked: Asked, *, by: Actor) -> Report:
    """A line for each month of first visits."""
    counts = _counts(asked)
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


def _counts(asked: Asked) -> dict[date, Counter[int]]:
    """By the month of the first visit: how many members came so many months after it."""
    first, last = asked.first.toordinal(), asked.last.toordinal()
    until = min(clock.add_months(asked.last.replace(day=1), MOST + 1), asked.today + timedelta(days=1))
    homes = None if asked.every else [id for id, _ in asked.stores]
    came = visit_days.between(first, until.toordinal() - 1, homes=homes)
    sql = "SELECT member_id, first_day FROM member_stats WHERE first_day BETWEEN ? AND ? ORDER BY member_id"
    began = np.array(db.rows(sql, (first, last)), dtype=np.int64).reshape(-1, 2)
    place = np.searchsorted(began[:, 0], came.member_ids)
    new = place < len(began)
    new[new] = began[place[new], 0] == came.member_ids[new]
    months = np.array([_number(date.fromordinal(day)) for day in range(first, until.toordinal())], dtype=np.int64)
    members, month = came.member_ids[new], months[came.days[new] - first]
    once = np.ones(len(members), dtype=bool)  # the first day of each member in a month
    once[1:] = (np.diff(members) != 0) | (np.diff(month) != 0)
    start = months[began[place[new][once], 1] - first]
    codes, people = np.unique(start * _APART + month[once] - start, return_counts=True)
    found: dict[date, Counter[int]] = defaultdict(Counter)
    for code, count in zip(codes.tolist(), people.tolist(), strict=True):
        number, after = divmod(code, _APART)
        found[date(number // 12, number % 12 + 1, 1)][after] = count
    return found


def _number(day: date) -> int:
    return day.year * 12 + day.month - 1
