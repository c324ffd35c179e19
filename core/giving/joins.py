"""Joins by screen: where somebody joined, kept so that one screen or one phone cannot make members by the dozen.

A trace holds the screen and a keyed hash of the browser's mark; a join by staff or an API key leaves none.
"""

import hmac
from hashlib import sha256

from core.base import db, settings
from core.base.access import Actor
from core.base.clock import HOUR, Millis
from core.base.errors import Refused
from core.base.i18n import N_
from core.books import rules


class JoinsTooMany(Refused):
    """One screen lets only so many people join within an hour."""

    code = "joins_too_many"
    text = N_("{limit} people joined at this screen within an hour, which is the shop's limit. Again from {again_at}.")


def admit(device_id: int | None, *, by: Actor, now: Millis) -> int | None:
    """The screen of a join, if it has room for one more this hour; inside the caller's transaction.

    Raises: JoinsTooMany.
    """
    screen = by.id if by.kind == "kiosk" else device_id
    limit = rules.current(now=now).join_per_hour
    if screen is None or not limit:
        return screen
    if not db.is_sqlite():
        db.run("SELECT 1 FROM device WHERE id = ? FOR UPDATE", (screen,))  # the next join waits for this one
    sql = "SELECT at FROM join_trace WHERE device_id = ? AND at > ? ORDER BY at DESC LIMIT ?"
    lately = db.rows(sql, (screen, now - HOUR, limit))
    if len(lately) >= limit:
        raise JoinsTooMany(limit=limit, again_at=Millis(lately[-1][0] + HOUR))
    return screen


def trace(member_id: int, device_id: int | None, browser: str | None, *, now: Millis) -> None:
    """Keep where a member joined; inside the caller's transaction."""
    if device_id is not None or browser:
        db.add("join_trace", member_id=member_id, device_id=device_id, browser_hash=_hash(browser), at=now)


def forget(member_id: int) -> None:
    """Forget where a member joined; inside the caller's transaction."""
    db.run("DELETE FROM join_trace WHERE member_id = ?", (member_id,))


@db.atomic
def forget_before(moment: Millis) -> int:
    """Forget where members joined before a moment; how many."""
    return db.change("DELETE FROM join_trace WHERE at < ?", (moment,))


def _hash(browser: str | None) -> str | None:
    if not browser:
        return None
    return hmac.new(settings.derived_key("joining browser"), browser.encode(), sha256).hexdigest()
