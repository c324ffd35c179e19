"""The gap: so many days lie between two offers to one member, however many senders run.

Offers and greetings with a gift count and obey; a bare greeting counts but is never held; notices do neither.
"""

from core.base import db
from core.base.clock import DAY, Millis
from core.base.i18n import T, Text
from core.books import rules
from core.books.rules import ShopRules

COUNTS = frozenset({"marketing", "gift_greeting", "greeting"})
"""Categories that start a new gap; of these a bare greeting is never held back by it."""


def take(outbox_id: int, member_id: int | None, category: str, *, now: Millis) -> Millis | None:
    """Claim the gap for a message; None if it may leave, else when the gap ends.

    One compare-and-set UPDATE, so that racing senders cannot both win; who holds it already keeps it.
    Inside the caller's transaction.
    """
    days = rules.current(now=now).gap_days
    if category not in COUNTS or member_id is None or days == 0:
        return None
    free = "" if category == "greeting" else " WHERE contact_gap.last_at <= ? OR contact_gap.outbox_id = ?"
    taken = db.change(
        "INSERT INTO contact_gap (member_id, last_at, outbox_id) VALUES (?, ?, ?) ON CONFLICT (member_id)"
        " DO UPDATE SET before_at = CASE WHEN contact_gap.outbox_id = excluded.outbox_id THEN contact_gap.before_at"
        f" ELSE contact_gap.last_at END, last_at = excluded.last_at, outbox_id = excluded.outbox_id{free}",
        (member_id, now, outbox_id, *([now - days * DAY, outbox_id] if free else [])),
    )
    if taken:
        return None
    last = db.value("SELECT last_at FROM contact_gap WHERE member_id = ?", (member_id,))
    return Millis(last + days * DAY)


def give_back(outbox_id: int) -> None:
    """What surely never reached anyone starts no gap: the one before counts again. Inside the caller's transaction."""
    db.run("DELETE FROM contact_gap WHERE outbox_id = ? AND before_at IS NULL", (outbox_id,))
    db.run("UPDATE contact_gap SET last_at = before_at, before_at = NULL, outbox_id = 0 WHERE outbox_id = ?",
           (outbox_id,))  # fmt: skip


def said(shop: ShopRules) -> Text:
    """The gap in words."""
    if shop.gap_days == 0:
        return T("no gap: offers may follow each other at once")
    return T("{days} days between two offers", days=shop.gap_days)
