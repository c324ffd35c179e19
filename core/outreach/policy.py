"""Whether a queued message may leave now: the rules in their order, judged when it is claimed.

Member active → suppression → consent → not expired → occasion still true → quiet hours → gap.
"""

import hmac
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Literal

from core.base import clock, db, settings
from core.base.clock import DAY, Millis
from core.books import rules
from core.books.rules import ShopRules
from core.people import consent

HOURS = {
    "service": "service_hours",
    "greeting": "greeting_hours",
    "gift_greeting": "greeting_hours",
    "marketing": "marketing_hours",
}
PURPOSE = {"service": "service", "greeting": "service", "gift_greeting": "marketing", "marketing": "marketing"}
COUNTS = frozenset({"marketing", "gift_greeting", "greeting"})
"""Categories that start a new gap; of these a bare greeting is never held back by it."""


@dataclass(frozen=True)
class Due:
    """A queued message as the policy sees it."""

    id: int
    member_id: int | None
    address: str
    category: str
    template: str
    dedupe_key: str
    expires_at: Millis


@dataclass(frozen=True)
class Verdict:
    """What happens to it: 'send', a final state with its reason, or 'wait' until a moment."""

    state: Literal["send", "skipped", "expired", "wait"]
    reason: str = ""
    until_at: Millis | None = None


SEND = Verdict("send")


def address_hash(address: str) -> str:
    """The keyed hash under which an address is suppressed; it outlives erasure and re-import."""
    return hmac.new(settings.derived_key("suppression"), address.encode(), sha256).hexdigest()


def judge(due: Due, *, now: Millis) -> Verdict:
    """Judge one message; the gap is judged last, by `take_gap`."""
    if due.expires_at <= now:
        return Verdict("expired", "too late")
    if due.member_id is not None:
        state = db.value("SELECT state FROM member WHERE id = ?", (due.member_id,))
        if state != "active":
            return Verdict("skipped", f"member {state}")
    if not due.address:
        return Verdict("skipped", "no address")
    scope = db.value("SELECT scope FROM suppression WHERE address_hash = ?", (address_hash(due.address),))
    if due.template != "code":
        if scope == "all" or (scope == "marketing" and due.category in ("marketing", "gift_greeting")):
            return Verdict("skipped", "suppressed")
        if due.member_id is not None and not consent.holds(due.member_id, PURPOSE[due.category]):
            return Verdict("skipped", f"no consent ({PURPOSE[due.category]})")
        if not _still_true(due, now=now):
            return Verdict("skipped", "occasion over")
        opens = next_allowed(now, due.category, rules.current(now=now))
        if opens > now:
            return (
                Verdict("expired", "quiet hours") if opens >= due.expires_at else Verdict("wait", "quiet hours", opens)
            )
    return SEND


def next_allowed(now: Millis, category: str, shop: ShopRules) -> Millis:
    """The first moment from now on outside quiet hours; wall times of the shop's zone."""
    first, last = (int(part) for part in getattr(shop, HOURS[category]).split("-"))
    day = clock.day_of(now, shop.zone)
    opens = clock.at_time(day, first, 0, shop.zone)
    closes = clock.end_of(day, shop.zone) if last == 24 else clock.at_time(day, last, 0, shop.zone)
    if now < opens:
        return opens
    return now if now < closes else clock.at_time(day + timedelta(days=1), first, 0, shop.zone)


def open_until(due: Due, *, now: Millis) -> Millis:
    """When a message that may leave now must have arrived: quiet hours begin; a code has none."""
    if due.template == "code":
        return due.expires_at
    shop = rules.current(now=now)
    last = int(getattr(shop, HOURS[due.category]).split("-")[1])
    day = clock.day_of(now, shop.zone)
    return clock.end_of(day, shop.zone) if last == 24 else clock.at_time(day, last, 0, shop.zone)


def _still_true(due: Due, *, now: Millis) -> bool:
    """Whether the occasion of a message still holds: points unspent, the member still away."""
    if due.template == "points_expiring" and due.member_id is not None:
        sql = (
            "SELECT 1 FROM lot l JOIN account a ON a.id = l.account_id WHERE a.member_id = ? AND a.asset = 'points'"
            " AND l.remaining > 0 AND l.expires_at > ?"
        )
        return db.value(sql, (due.member_id, now)) is not None
    if due.template == "winback" and due.member_id is not None:
        last = db.value("SELECT last_day FROM member_stats WHERE member_id = ?", (due.member_id,))
        return due.dedupe_key.split(":")[2] == str(last)
    return True


def take_gap(due: Due, *, now: Millis) -> Millis | None:
    """Claim the gap between two offers for a member; None if it is free, else when it ends.

    One compare-and-set UPDATE, so that racing senders cannot both win. Inside the caller's transaction.
    """
    days = rules.current(now=now).gap_days
    if due.category not in COUNTS or due.member_id is None or days == 0:
        return None
    since = now - days * DAY if due.category != "greeting" else now
    taken = db.change(
        "INSERT INTO contact_gap (member_id, last_at, outbox_id) VALUES (?, ?, ?) ON CONFLICT (member_id)"
        " DO UPDATE SET last_at = excluded.last_at, outbox_id = excluded.outbox_id WHERE contact_gap.last_at <= ?"
        " OR contact_gap.outbox_id = excluded.outbox_id",  # its own, from an attempt that failed
        (due.member_id, now, due.id, since),
    )
    if taken:
        return None
    last = db.value("SELECT last_at FROM contact_gap WHERE member_id = ?", (due.member_id,))
    return Millis(last + days * DAY)
