"""Messages whose owner died or whose answer never came: found at the provider, sent once more, or left to a person."""

from dataclasses import dataclass

from core.base import db
from core.base.clock import DAY, MINUTE, Millis
from core.outreach import policy

GRACE = 15 * MINUTE
"""So long a message of unknown fate may still turn up at the provider."""
LONGEST = DAY
"""So long a provider that cannot be asked is asked again; then a person must look."""
PAGE = 200


@dataclass(frozen=True)
class Unsettled:
    """A message that may or may not have left; `address` is where it was sent, '' if that is not known any more."""

    id: int
    attempt: int
    channel: str
    address: str
    body: str
    claimed_at: Millis
    owner: str | None
    state: str
    in_hand: bool = False
    """It was claimed and did not begin to leave."""


def page(*, after_id: int = 0, limit: int = PAGE) -> list[Unsettled]:
    """Messages being sent or of unknown fate, by id, a page at a time."""
    found = db.rows(
        "SELECT id, attempts, channel, coalesce(sent_to, ''), coalesce(body, ''), claimed_at, owner, state,"
        " in_hand = 1 FROM outbox WHERE state IN ('sending', 'unknown') AND id > ? ORDER BY id LIMIT ?",
        (after_id, limit),
    )
    return [Unsettled(*row) for row in found]


@db.atomic
def give_up(outbox_id: int, *, surely_not: bool, now: Millis) -> str:
    """After the grace: once more if the provider surely has it not, else a person must look; the state it got.

    Whether the occasion still holds is judged when it is claimed again. A report that came meanwhile stands.
    """
    row = db.one("SELECT resent, expires_at FROM outbox WHERE id = ?", (outbox_id,))
    if row is None:
        return ""
    resent, expires_at = row
    state, reason, again = "review", "fate unknown", 0
    if surely_not and expires_at <= now:
        state, reason = "expired", "too late"
    elif surely_not and not resent:
        state, reason, again = "queued", "not with the provider", 1
    changed = db.change(
        "UPDATE outbox SET state = ?, reason = ?, owner = NULL, resent = resent + ?, not_before = ?, updated_at = ?"
        " WHERE id = ? AND state IN ('unknown', 'sending')",
        (state, reason, again, now, now, outbox_id),
    )
    if changed and state == "expired":
        policy.give_back(outbox_id)
    return state if changed else ""


@db.atomic
def put_back(row: Unsettled, *, now: Millis) -> bool:
    """Queue again what was claimed and never began to leave, as if nothing had been; False if it did begin."""
    sql = (
        "UPDATE outbox SET state = 'queued', owner = NULL, attempts = attempts - 1, updated_at = ?"
        " WHERE id = ? AND state = 'sending' AND owner = ? AND attempts = ? AND in_hand = 1"
    )
    return db.change(sql, (now, row.id, row.owner, row.attempt)) == 1
