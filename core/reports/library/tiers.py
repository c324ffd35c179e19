"""Tiers 等级: members of each now, who rose and fell into it in the days asked for, and what its members spent."""

from core.base import db
from core.base.access import Actor
from core.base.i18n import N_
from core.reports import asked as cut
from core.reports.asked import Asked
from core.reports.library import joined
from core.reports.report import Chart, Column, Report, Row, each, share_bp, summed


def make(asked: Asked, *, by: Actor) -> Report:
    """By tier, the lowest first."""
    test, ids = cut.within(asked, "m.home_store_id")
    member = f"JOIN member m ON m.id = {{}}.member_id AND {joined.LIVING}"
    held: dict[int, int] = dict(
        db.rows(f"SELECT h.tier_id, count(*) FROM member_tier h {member.format('h')} WHERE {test} GROUP BY 1", ids)
    )
    moved = {
        row[0]: row[1:]
        for row in db.rows(
            "SELECT c.to_tier_id, sum(CASE WHEN t.rank > f.rank THEN 1 ELSE 0 END),"
            " sum(CASE WHEN t.rank < f.rank THEN 1 ELSE 0 END) FROM tier_change c JOIN tier t ON t.id = c.to_tier_id"
            f" JOIN tier f ON f.id = c.from_tier_id {member.format('c')} WHERE c.at >= ? AND c.at < ? AND {test}"
            " GROUP BY 1",
            (asked.from_at, asked.until_at, *ids),
        )
    }
    spent: dict[int, int] = dict(
        db.rows(
            f"SELECT h.tier_id, {cut.cents('d.net_cents')} FROM member_day d JOIN member_tier h"
            f" ON h.member_id = d.member_id {member.format('d')} WHERE d.day BETWEEN ? AND ? AND {test} GROUP BY 1",
            (*asked.days, *ids),
        )
    )
    whole = sum(held.values())
    rows: list[Row] = []
    for tier_id, name in db.rows("SELECT id, name FROM tier ORDER BY rank"):
        members, (up, down) = held.get(tier_id, 0), moved.get(tier_id, (0, 0))
        cents = spent.get(tier_id, 0)
        rows.append((name, members, share_bp(members, whole), int(up), int(down), cents, each(cents, members)))
    columns = (
        Column(N_("tier"), "text"), Column(N_("members")), Column(N_("share"), "percent"), Column(N_("rose into it")),
        Column(N_("fell into it")), Column(N_("spent"), "cents"), Column(N_("spent a member"), "cents"),
    )  # fmt: skip
    notes = (
        joined.NOTES[0],
        N_("Members are who hold the tier now; spent is what they spent in these days, net of returns."),
    )
    return Report(columns, tuple(rows), summed(rows, (1, 3, 4, 5), 7), Chart("bars"), notes=notes)
