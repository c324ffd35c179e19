"""The outbox of a restored backup: what waited in it may have left before the loss, so none of it leaves now."""

from dataclasses import dataclass

from core.base import db
from core.base.clock import Millis

REASON = "restored"


@dataclass(frozen=True)
class HeldBack:
    """Messages called off, left for a person to look at, and kept because they were not due before now."""

    cancelled: int
    review: int
    kept: int


@db.atomic
def hold_back(*, now: Millis) -> HeldBack:
    """Call off what is due, and set aside what was on its way.

    A message that is due later than now cannot have left yet and stays. Events for online shops stay too: they
    carry the ids they had, by which a receiver knows one it was told before.
    """
    cancelled = db.change(
        "UPDATE outbox SET state = 'cancelled', reason = ?, owner = NULL, updated_at = ?,"
        " variables = CASE WHEN template = 'code' THEN '{}' ELSE variables END"
        " WHERE state IN ('queued', 'held') AND not_before <= ?",
        (REASON, now, now),
    )
    review = db.change(
        "UPDATE outbox SET state = 'review', reason = ?, owner = NULL, updated_at = ?"
        " WHERE state IN ('sending', 'unknown')",
        (REASON, now),
    )
    kept = db.value("SELECT count(*) FROM outbox WHERE state IN ('queued', 'held')")
    return HeldBack(cancelled, review, int(kept))


@db.atomic
def suppress_again(rows: list[tuple[str, str, str, str, Millis]]) -> int:
    """Addresses that said no after the backup was made (hash, channel, scope, reason, time); how many are new."""
    added = 0
    for row in rows:
        added += db.change(
            "INSERT INTO suppression (address_hash, channel, scope, reason, at) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (address_hash, channel) DO NOTHING",
            row,
        )
    return added
