"""Messages whose price is not known yet: a provider tells it hours after it took them."""

from core.base import db
from core.base.clock import DAY, Millis

WAITED = 3 * DAY
"""What has no price after so long gets none; the estimate stays."""


def unpriced(*, now: Millis) -> frozenset[str]:
    """Sids of messages that left within three days and have no price."""
    sql = "SELECT sid FROM outbox WHERE claimed_at > ? AND sid IS NOT NULL AND cost_micros IS NULL AND channel <> ?"
    return frozenset(row[0] for row in db.rows(sql, (now - WAITED, "email")))
