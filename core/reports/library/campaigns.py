"""Campaigns 营销活动: what each that began in the days asked for cost and brought, and what its hold-out proves."""

from core.base import db
from core.base.access import Actor
from core.base.i18n import N_, T
from core.reports.asked import Asked
from core.reports.report import Chart, Column, Report, Row, share_bp, summed

MOST = 50
"""The newest; each has a result of its own to be worked out."""


def make(asked: Asked, *, by: Actor) -> Report:
    """Cost, response, redemption and effect. Raises: NotAllowed without the right to marketing."""
    from core.outreach.campaigns import result  # numpy beside it: 100 ms
    from core.outreach.campaigns.audience import HELD_OUT

    found = db.rows(
        "SELECT id FROM campaign WHERE started_at >= ? AND started_at < ? ORDER BY started_at DESC LIMIT ?",
        (asked.from_at, asked.until_at, MOST),
    )
    rows: list[Row] = []
    for (campaign_id,) in found:
        one = result.result(campaign_id, by=by, now=asked.now)
        written = [arm for arm in one.arms if arm.arm != HELD_OUT]
        members, sent, came, redeemed = (
            sum(values) for values in zip(*((a.members, a.sent, a.came, a.redeemed) for a in written), strict=True)
        ) if written else (0, 0, 0, 0)  # fmt: skip
        gained = one.money.gained_cents
        rows.append((one.campaign.name, members, sent, share_bp(came, members), share_bp(redeemed, members),
                     one.money.cost_cents, T("not proven") if gained is None else gained))  # fmt: skip
    columns = (
        Column(N_("campaign"), "text"), Column(N_("members")), Column(N_("sent")), Column(N_("came"), "percent"),
        Column(N_("redeemed"), "percent"), Column(N_("cost"), "cents"), Column(N_("turnover gained"), "cents"),
    )  # fmt: skip
    notes = (
        N_("The newest 50. Came and redeemed are shares of those written to, within the days the campaign is watched."),
        N_("Turnover gained is told only where a hold-out proves it; otherwise nobody knows what it brought."),
    )
    return Report(columns, tuple(rows), summed(rows, (1, 2, 5), 7), Chart("bars", 5), notes=notes)
