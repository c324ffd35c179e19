"""Referral 推荐: friends who joined for a friend, who of them bought, the points it cost and what they spent."""

from core.base.access import Actor
from core.base.i18n import N_
from core.reports import asked as cut
from core.reports.asked import Asked
from core.reports.report import Chart, Column, Report, share_bp, summed


def make(asked: Asked, *, by: Actor) -> Report:
    """By the day the friend joined."""
    found = cut.figures(
        asked,
        "count(*), count(r.sale_id), count(DISTINCT r.referrer_id),"
        f" {cut.cents('CASE WHEN r.rewarded_at IS NOT NULL THEN r.friend_points + r.referrer_points ELSE 0 END')},"
        f" {cut.cents('t.net_spend_cents')}",
        "referral r ON r.at >= p.from_at AND r.at < p.until_at JOIN member m ON m.id = r.friend_id"
        " JOIN member_stats t ON t.member_id = r.friend_id",
        store="m.home_store_id",
    )
    rows = []
    for key, name in cut.lines(asked):
        friends, bought, referrers, points, spent = found.get(key, (0, 0, 0, 0, 0))
        rows.append((name, friends, bought, share_bp(bought, friends), referrers, points, spent))
    columns = (
        cut.head(asked), Column(N_("friends")), Column(N_("of them bought")), Column(N_("share"), "percent"),
        Column(N_("who brought them")), Column(N_("points given"), "points"), Column(N_("spent since"), "cents"),
    )  # fmt: skip
    notes = (N_("Friends count on the day they joined by a member's link; spent since is everything up to now."),
             N_("Points are those of both sides, given when the friend bought first."))  # fmt: skip
    return Report(columns, tuple(rows), summed(rows, (1, 2, 5, 6), 7), Chart("bars"), compared=1, notes=notes)
