"""Churn rate 流失率: who fell silent in a day, week or month, of those who were active before, and who came back.

Recomputed from the visits alone, by the fixed days of the shop's rule, so that it never changes with a model.
"""

from collections import Counter, defaultdict

from core.base import db
from core.base.access import Actor
from core.base.i18n import N_
from core.books import rules
from core.reports import asked as cut
from core.reports.asked import Asked
from core.reports.report import Chart, Column, Report, share_bp, summed


def make(asked: Asked, *, by: Actor) -> Report:
    """Leavers, who came back, and the rate."""
    active, left, back = _by_line(asked, int(rules.current(now=asked.now).churn_silent_days))
    rows = [
        (name, active[key], left[key], share_bp(left[key], active[key]), back[key]) for key, name in cut.lines(asked)
    ]
    columns = (cut.head(asked), Column(N_("active members")), Column(N_("fell silent")),
               Column(N_("churn rate"), "percent"), Column(N_("came again")))  # fmt: skip
    notes = (
        N_("Active is who had not fallen silent when the line begins, or came in it and may fall silent in it still;"
           " the days of silence are the shop's (rule churn_silent_days)."),
        N_("Who falls silent is counted on the day after those days ended without a visit, once a line; who came back,"
           " on the visit that ended the silence."),
    )  # fmt: skip
    return Report(columns, tuple(rows), summed(rows, (2, 4), 5), Chart("line", 3), compared=3, notes=notes)


def _by_line(asked: Asked, silent: int) -> tuple[Counter[int], Counter[int], Counter[int]]:
    """Active members, leavers and returns by line.

    A visit begins a spell, which ends with the member's next visit or on the day they fall silent. One pass over the
    visits tells how many spells begin and end on each day, and their difference up to a day is who is active then.
    That answers every line too short to fall silent in twice; the members of a longer one are counted apart.
    """
    by_store = asked.step == "store"
    spells, today = _spells(asked, silent), asked.today.toordinal()
    parts = [(first.toordinal(), last.toordinal()) for first, last in cut.periods(asked)]
    counted = _members(asked, silent) if any(last - first > silent for first, last in parts) else {}
    active, left, back = Counter[int](), Counter[int](), Counter[int]()
    for key, _ in cut.lines(asked):
        first, last = parts[0 if by_store else key]
        for day, begun, returned, ended, fell in spells[key if by_store else 0]:
            if day < first:
                active[key] += begun - ended
            elif day <= last:
                left[key] += fell if day <= today else 0
                back[key] += returned
        if last - first > silent:
            active[key], left[key] = counted.get(key, (0, 0))
    return active, left, back


_VISITS = (
    "SELECT d.member_id, d.day, lead(d.day) OVER w AS next, lag(d.day) OVER w AS before FROM member_day d"
    " WHERE d.net_cents > 0 AND d.day BETWEEN CAST(? AS BIGINT) AND CAST(? AS BIGINT)"
    " WINDOW w AS (PARTITION BY d.member_id ORDER BY d.day)"
)
"""Visits of some days, each with the day of the member's next one and of the one before."""


def _spells(asked: Asked, silent: int) -> dict[int, list[tuple[int, int, int, int, int]]]:
    """By store (0 where the report is not cut by store): day, spells begun, of them returns, spells ended, of them
    those that ended in silence."""
    test, ids = cut.within(asked, "m.home_store_id")
    store = "m.home_store_id" if asked.step == "store" else "0"
    member = "" if asked.every and asked.step != "store" else " JOIN member m ON m.id = v.member_id"
    first, last = asked.days
    found: dict[int, list[tuple[int, int, int, int, int]]] = defaultdict(list)
    for place, *row in db.rows(
        f"WITH spell AS MATERIALIZED (SELECT {store} AS place, v.day,"
        f" CASE WHEN v.next <= v.day + {silent} THEN v.next ELSE v.day + {silent + 1} END AS until, count(*) AS many,"
        f" sum(CASE WHEN v.before >= v.day - {silent} THEN 0 WHEN v.before IS NOT NULL THEN 1 WHEN (SELECT t.first_day"
        " FROM member_stats t WHERE t.member_id = v.member_id) < v.day THEN 1 ELSE 0 END) AS back"
        f" FROM ({_VISITS}) v{member} WHERE {test} GROUP BY 1, 2, 3)"
        " SELECT place, day, CAST(sum(many) AS BIGINT), CAST(sum(back) AS BIGINT), 0, 0 FROM spell GROUP BY 1, 2"
        " UNION ALL SELECT place, until, 0, 0, CAST(sum(many) AS BIGINT),"
        f" CAST(sum(CASE WHEN until = day + {silent + 1} THEN many ELSE 0 END) AS BIGINT) FROM spell GROUP BY 1, 2",
        (first - silent - 1, last, *ids),
    ):
        found[place].append(tuple(row))
    return found


def _members(asked: Asked, silent: int) -> dict[int, tuple[int, ...]]:
    """Who may fall silent in a line, and who did."""
    first, last = asked.days
    return cut.figures(
        asked,
        f"count(DISTINCT v.member_id), count(DISTINCT CASE WHEN v.next <= v.day + {silent}"
        f" OR v.day >= {asked.today.toordinal() - silent} THEN NULL ELSE v.member_id END)",
        f"({_VISITS}) v ON v.day BETWEEN p.first_day - {silent + 1} AND p.last_day - {silent + 1}"
        " JOIN member m ON m.id = v.member_id",
        store="m.home_store_id",
        given=(first - silent - 1, last),
    )
