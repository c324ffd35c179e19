"""Members 会员: who joined, who came, and how many there are, by day, week, month or store."""

from core.base import db
from core.base.access import Actor
from core.base.i18n import N_
from core.reports import asked as cut
from core.reports.asked import Asked
from core.reports.report import Chart, Column, Report, summed

LIVING = "m.state IN ('active', 'blocked')"
"""Who is a member: neither merged into another nor erased."""
NOTES = (
    N_("Members are those who are neither merged into another nor erased; a store's are those who joined there."),
    N_("Who came: members with purchases above nothing on a day, each counted once a line."),
)


def make(asked: Asked, *, by: Actor) -> Report:
    """Joins, visitors and members at the end of each line."""
    joins = cut.figures(
        asked, "count(*)", f"member m ON m.joined_at >= p.from_at AND m.joined_at < p.until_at AND {LIVING}",
        store="m.home_store_id",
    )  # fmt: skip
    came = cut.figures(
        asked, "count(DISTINCT d.member_id)",
        "member_day d ON d.day BETWEEN p.first_day AND p.last_day AND d.net_cents > 0"
        f" JOIN member m ON m.id = d.member_id AND {LIVING}",
        store="m.home_store_id",
    )  # fmt: skip
    standing = _standing(asked)
    rows = []
    running = standing.get(None, 0)
    for key, name in cut.lines(asked):
        joined = joins.get(key, (0,))[0]
        running += joined
        members = standing.get(key, 0) if asked.step == "store" else running
        rows.append((name, joined, came.get(key, (0,))[0], members))
    columns = (cut.head(asked), Column(N_("joined")), Column(N_("who came")), Column(N_("members at the end")))
    totals = (*summed(rows, (1,), 3), sum(standing.values()) if asked.step == "store" else running)
    return Report(columns, tuple(rows), totals, Chart("bars"), compared=1, notes=NOTES)


def _standing(asked: Asked) -> dict[int | None, int]:
    """Members before the span, under None; or at its end, by store."""
    test, ids = cut.within(asked, "m.home_store_id")
    key, moment = ("m.home_store_id", asked.until_at) if asked.step == "store" else ("NULL", asked.from_at)
    sql = f"SELECT {key}, count(*) FROM member m WHERE m.joined_at < ? AND {LIVING} AND {test} GROUP BY 1"
    return {row[0]: row[1] for row in db.rows(sql, (moment, *ids))}
