"""Every message the shop means to send is a row here first, in the transaction that caused it.

Nothing leaves the process inside a transaction; only the scheduler sends.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from core.base import db, ids
from core.base.clock import Millis

Category = Literal["service", "greeting", "gift_greeting", "marketing"]


@dataclass(frozen=True)
class Letter:
    """What is to be said: a template with frozen variables, to a member or to an address.

    The dedupe key has no channel in it, so another channel cannot greet twice. Times are UTC ms.
    """

    dedupe_key: str
    template: str
    category: Category
    language: str
    variables: Mapping[str, str | int]
    expires_at: Millis
    member_id: int | None = None
    address: str | None = None
    channel: str = "sms"
    not_before: Millis | None = None


def put(letter: Letter, *, now: Millis) -> int | None:
    """Queue a message inside the caller's transaction; None if this occasion was queued before."""
    if db.value("SELECT 1 FROM outbox WHERE dedupe_key = ?", (letter.dedupe_key,)):
        return None
    outbox_id = ids.new()
    added = db.change(
        "INSERT INTO outbox (id, dedupe_key, member_id, channel, address, category, template, variables,"
        " language, state, not_before, expires_at, created_at, updated_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?, ?) ON CONFLICT (dedupe_key) DO NOTHING",
        (
            outbox_id,
            letter.dedupe_key,
            letter.member_id,
            letter.channel,
            letter.address,
            letter.category,
            letter.template,
            json.dumps(dict(letter.variables), ensure_ascii=False),
            letter.language,
            now if letter.not_before is None else letter.not_before,
            letter.expires_at,
            now,
            now,
        ),
    )
    return outbox_id if added else None


def cancel(member_id: int, *, categories: tuple[str, ...], reason: str, now: Millis) -> int:
    """Cancel what is queued for a member in those categories; the number cancelled."""
    marks = ", ".join("?" * len(categories))
    return db.change(
        "UPDATE outbox SET state = 'cancelled', reason = ?, updated_at = ?"
        f" WHERE member_id = ? AND state = 'queued' AND category IN ({marks})",
        (reason, now, member_id, *categories),
    )
