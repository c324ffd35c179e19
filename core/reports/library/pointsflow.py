"""Points 积分: what was given and used in the days asked for, by what it was for."""

from core.base import db
from core.base.access import Actor
from core.base.i18n import N_, Text
from core.loyalty.statement import WORDS
from core.reports import asked as cut
from core.reports.asked import Asked
from core.reports.report import Chart, Column, Report, summed

MOVED = ("merge_in", "merge_out", "unmerge_in", "unmerge_out", "transfer_in", "transfer_out")
"""Points that only changed hands."""


def make(asked: Asked, *, by: Actor) -> Report:
    """Points by source and use."""
    test, ids = cut.within(asked, "e.store_id")
    found = db.rows(
        f"SELECT e.kind, count(*), {cut.cents('CASE WHEN e.amount > 0 THEN e.amount ELSE 0 END')},"
        f" {cut.cents('CASE WHEN e.amount < 0 THEN -e.amount ELSE 0 END')} FROM entry e"
        f" WHERE e.at >= ? AND e.at < ? AND e.asset = 'points' AND e.kind NOT IN ({', '.join('?' * len(MOVED))})"
        f" AND {test} GROUP BY e.kind ORDER BY 3 DESC, 4 DESC, 1",
        (asked.from_at, asked.until_at, *MOVED, *ids),
    )
    rows = tuple((Text(WORDS[kind]) if kind in WORDS else kind, up, down, times) for kind, times, up, down in found)
    columns = (Column(N_("for what"), "text"), Column(N_("points given"), "points"),
               Column(N_("points taken"), "points"), Column(N_("times")))  # fmt: skip
    notes = (N_("Every move of points on its day; what members passed on or a merge moved is left out."),
             N_("Points that no store gave (a birthday, say) count only where all stores are asked for."))  # fmt: skip
    return Report(columns, rows, summed(rows, (1, 2, 3), 4), Chart("bars"), compared=1, notes=notes)
