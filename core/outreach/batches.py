"""Claiming several messages at once, and giving back what did not begin to leave."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.base import db
from core.base.clock import Millis
from core.books.outbox import URGENT
from core.outreach import budget, delivery
from core.outreach.delivery import Claimed

BATCH = 24
"""Messages claimed in one transaction."""


@dataclass(frozen=True)
class Batch:
    """How many were looked at in one transaction, and what of it may leave."""

    seen: int
    claimed: tuple[Claimed, ...]


@db.atomic
def claim_some(channel: str, *, urgent: bool | None = None, owner: str, now: Millis, limit: int = BATCH) -> Batch:
    """Judge what is due on a channel, and mark what may leave as being sent by this owner, in one transaction.

    `urgent`: only codes, or all but codes; None: everything, codes first. Nothing is looked at while the channel
    rests.
    """
    if db.value("SELECT 1 FROM channel_rest WHERE channel = ?", (channel,)):
        return Batch(0, ())
    found: list[int] = []
    for priority in delivery.PRIORITIES:
        if urgent is None or urgent == (priority == URGENT):
            found += delivery.due_on(channel, priority, now=now, limit=limit - len(found))
    claimed = [one for id in found if (one := delivery.claim(id, owner=owner, now=now)) is not None]
    return Batch(len(found), tuple(claimed))


@db.atomic
def put_back(outbox_ids: Sequence[int], *, owner: str, now: Millis) -> int:
    """Queue again what this owner claimed and surely did not begin to send; how many."""
    sql = (
        "UPDATE outbox SET state = 'queued', owner = NULL, attempts = attempts - 1, updated_at = ?"
        " WHERE id = ? AND state = 'sending' AND owner = ?"
    )
    back = [outbox_id for outbox_id in tuple(outbox_ids) if db.change(sql, (now, outbox_id, owner))]
    for outbox_id in back:
        budget.give_back(outbox_id)
    return len(back)
