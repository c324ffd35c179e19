"""Churn rate 流失率: who fell silent in a day, week or month, of those who were active before, and who came back.

Recomputed from the visits alone, by the fixed days of the shop's rule, so that it never changes with a model.
"""

from core.base.access import Actor
from core.base.i18n import N_
from core.books import rules
from core.reports import asked as cut
from core.reports.asked import Asked
from core.reports.report import Chart, Column, Report, share_bp, summed

_MEMBER = "JOIN member m ON m.id = d.member_id AND m.state <> 'merged'"


def make(asked: Asked, *, by: Actor) -> Report:
    """Leavers, who came back, and the rate."""
    silent = int(rules.current(now=asked.now).churn_silent_days)
    gone = silent + 1  # days after a visit: the first of them on which somebody has fallen silent
    last = f"CASE WHEN p.last_day - {gone} > p.first_day - 1 THEN p.last_day - {gone} ELSE p.first_day - 1 END"
    active = cut.figures(
        asked, "count(DISTINCT d.member_id)",
        f"member_day d ON d.net_cents > 0 AND d.day BETWEEN p.first_day - {gone} AND {last} {_MEMBER}",
        store="m.home_store_id",
    )  # fmt: skip
    left = cut.figures(
        asked, "count(DISTINCT d.member_id)",
        f"member_day d ON d.net_cents > 0 AND d.day BETWEEN p.first_day - {gone} AND p.last_day - {gone}"
        f" AND d.day < {asked.today.toordinal() - silent} {_MEMBER} AND NOT EXISTS (SELECT 1 FROM member_day n"
        f" WHERE n.member_id = d.member_id AND n.net_cents > 0 AND n.day BETWEEN d.day + 1 AND d.day + {silent})",
        store="m.home_store_id",
    )  # fmt: skip
    back = cut.figures(
        asked, "count(*)",
        f"member_day d ON d.net_cents > 0 AND d.day BETWEEN p.first_day AND p.last_day {_MEMBER}"
        " AND NOT EXISTS (SELECT 1 FROM member_day n WHERE n.member_id = d.member_id AND n.net_cents > 0"
        f" AND n.day BETWEEN d.day - {silent} AND d.day - 1)"
        " JOIN member_stats t ON t.member_id = d.member_id AND t.first_day < d.day",
        store="m.home_store_id",
    )  # fmt: skip
    rows = []
    for key, name in cut.lines(asked):
        was, fell, again = (of.get(key, (0,))[0] for of in (active, left, back))
        rows.append((name, was, fell, share_bp(fell, was), again))
    columns = (cut.head(asked), Column(N_("active members")), Column(N_("fell silent")),
               Column(N_("churn rate"), "percent"), Column(N_("came back")))  # fmt: skip
    notes = (
        N_("Active is who had not fallen silent when the line begins, or came in it and may fall silent in it still;"
           " the days of silence are the shop's (rule churn_silent_days)."),
        N_("Who falls silent is counted on the day after those days ended without a visit, once a line; who came back,"
           " on the visit that ended the silence."),
    )  # fmt: skip
    return Report(columns, tuple(rows), summed(rows, (2, 4), 5), Chart("line", 3), compared=3, notes=notes)
