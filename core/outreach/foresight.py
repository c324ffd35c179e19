"""Looking ahead: who gets a greeting with a gift within some days, so that no campaign takes its gap."""

from collections.abc import Collection, Iterable

from core.base import db
from core.base.clock import DAY, Millis
from core.outreach import ahead

MANY = 500
"""Members a statement is asked about at once."""


def coming(member_id: int, within_days: int, *, now: Millis) -> bool:
    """Whether a greeting with a gift is due for a member within so many days."""
    return member_id in coming_of([member_id], within_days, now=now)


def coming_of(member_ids: Iterable[int], within_days: int, *, now: Millis) -> set[int]:
    """Of many members those for whom a greeting with a gift is due within so many days, today included."""
    wanted = list(member_ids)
    found = ahead.gift_due_within(wanted, within_days, now=now)
    for start in range(0, len(wanted), MANY):
        found |= _queued(wanted[start : start + MANY], within_days, now=now)
    return found


def _queued(member_ids: Collection[int], within_days: int, *, now: Millis) -> set[int]:
    sql = (
        "SELECT member_id FROM outbox WHERE state IN ('queued', 'held') AND category = 'gift_greeting'"
        f" AND not_before <= ? AND expires_at > ? AND member_id IN ({', '.join('?' * len(member_ids))})"
    )
    return {row[0] for row in db.rows(sql, (now + within_days * DAY, now, *member_ids))}
