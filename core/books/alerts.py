"""Alerts: what staff must be told at once is a row first, in the transaction of its cause.

A row holds ids and figures, never a name or a number. Telling staff is the scheduler's.
"""

import json

from core.base import db, ids
from core.base.clock import HOUR, Millis

QUIET = 6 * HOUR
"""The same alert about the same thing is told once within so long; what comes meanwhile is counted."""

Fact = str | int


def note(kind: str, about: str, /, *, now: Millis, **facts: Fact) -> None:
    """Note that staff must be told; inside the caller's transaction. `about` is a channel, a job, a campaign."""
    counted = db.change(
        "UPDATE alert SET again = again + 1, last_at = ? WHERE kind = ? AND about = ? AND at > ?",
        (now, kind, about, now - QUIET),
    )
    if not counted:
        db.add("alert", id=ids.new(), kind=kind, about=about, facts=json.dumps(facts, ensure_ascii=False), at=now,
               last_at=now, next_at=now)  # fmt: skip
