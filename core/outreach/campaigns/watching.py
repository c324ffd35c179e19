"""Watching a campaign while it runs: how many opted out after it, of those it reached."""

from core.base import db

LEAST = 50
"""Before so many messages left, a few who opt out are no sign."""
LEFT = "('accepted', 'sent', 'delivered', 'undelivered', 'failed', 'unknown', 'review', 'sending')"
"""States of messages that left, or may have."""


def opt_outs(campaign_id: int) -> int:
    """How many of those written to withdrew their consent to offers afterwards."""
    sql = (
        "SELECT count(*) FROM campaign_audience w WHERE w.campaign_id = ? AND w.queued_at IS NOT NULL AND EXISTS"
        " (SELECT 1 FROM consent c WHERE c.member_id = w.member_id AND c.purpose = 'marketing' AND c.granted = 0"
        " AND c.at >= w.queued_at)"
    )
    return int(db.value(sql, (campaign_id,)))


def left(campaign_id: int) -> int:
    """How many messages left."""
    return int(db.value(f"SELECT count(*) FROM outbox WHERE campaign_id = ? AND state IN {LEFT}", (campaign_id,)))


def are_too_many(opted_out: int, known: int, of: int, *, most_bp: int) -> bool:
    """Whether more opted out, beside those known before, than a shop bears; 0 bears any number."""
    return most_bp > 0 and of >= LEAST and (opted_out - known) * 10_000 > of * most_bp
