"""Retention 保存期限: what names a person is kept as long as it serves, then dropped by a nightly job.

Each kind has a rule of the shop in days; 0 keeps it for good. Ledgers, sales, consents and the audit log are books:
they name a number and hold at most masked values. Members who have not come for years are proposed for erasure,
never erased by themselves.
"""

from dataclasses import dataclass

from core.base import clock, db, limits, text
from core.base.access import Actor, require
from core.base.clock import DAY, Millis
from core.books import audit, events, outbox, requests, rules
from core.giving import joins
from core.insight import warnings
from core.keeping import jobs
from core.outreach import alerting, inbound
from core.people import verification, websessions
from core.selling import parking
from core.service import bookingcarrying, followplans, followups, surveyanswers
from core.service import carrying as served


@dataclass(frozen=True)
class Inactive:
    """A member who has not come for the shop's years; what would be lost with them."""

    id: int
    name: str
    phone: str
    last_at: Millis
    points: int
    stored_cents: int


def sweep(*, by: Actor, now: Millis) -> dict[str, int]:
    """Drop what has been kept long enough; how many of each kind, and how many members are proposed for erasure."""
    shop = rules.current(now=now)

    def since(days: int) -> Millis:
        return Millis(now - days * DAY if days else 0)

    dropped = {
        "messages": outbox.empty_before(since(shop.keep_messages_days)),
        "requests": requests.forget_before(since(shop.keep_requests_days)),
        "events": events.forget_before(since(shop.keep_events_days)),
        "codes": verification.sweep(before=since(shop.keep_codes_days)),
        "replies": inbound.forget_before(since(shop.keep_replies_days)),
        "answers": surveyanswers.empty_before(since(shop.keep_replies_days)),
        "joins": joins.forget_before(since(shop.keep_joins_days)),
        "warnings": warnings.forget_closed(since(shop.keep_warnings_days)),
        "cases": served.forget_closed(since(shop.keep_warnings_days)),
        "contacts": followups.forget_done(since(shop.keep_warnings_days)),
        "planned": followplans.forget_old(now=now),
        "bookings": bookingcarrying.forget_words(since(shop.keep_joins_days)),
        "tickets": served.forget_tickets(since(shop.keep_tickets_days)),
        "runs": jobs.forget_before(since(shop.keep_runs_days)),
        "alerts": alerting.forget_before(since(shop.keep_runs_days)),
        "parked": parking.forget_before(since(shop.keep_parked_days)),
        "sessions": websessions.sweep_sessions(now=now),
        "limits": limits.sweep(now=now),
    }
    _note(sum(dropped.values()), by, now)
    return dropped | {"inactive": _count_inactive(now)}


@db.atomic
def _note(rows: int, by: Actor, now: Millis) -> None:
    if rows:
        audit.record("retention.swept", "job", 0, by=by, now=now, after={"rows": rows})


def said(counts: dict[str, int]) -> str:
    """What a sweep did, for the list of runs: 'messages 3, codes 12', or 'nothing'."""
    return ", ".join(f"{name} {count}" for name, count in counts.items() if count) or "nothing"


# --- members who do not come any more ----------------------------------------------------------------

_FROM = (
    " FROM member m JOIN member_person p ON p.member_id = m.id LEFT JOIN member_stats s ON s.member_id = m.id"
    " WHERE m.state IN ('active', 'blocked') AND m.joined_at < ? AND coalesce(s.last_at, 0) < ?"
    " AND NOT EXISTS (SELECT 1 FROM entry e JOIN account a ON a.id = e.account_id WHERE a.member_id = m.id"
    " AND e.at >= ? AND e.kind <> 'expire')"
)
"""Neither joined nor bought nor moved any value since a moment; what lapses by itself is no sign of life."""


def _cutoff(now: Millis) -> Millis | None:
    shop = rules.current(now=now)
    if not shop.inactive_years:
        return None
    day = clock.add_months(clock.day_of(now, shop.zone), -12 * shop.inactive_years)
    return clock.start_of(day, shop.zone)


def _count_inactive(now: Millis) -> int:
    cutoff = _cutoff(now)
    return 0 if cutoff is None else int(db.value(f"SELECT count(*){_FROM}", (cutoff,) * 3))


def inactive(*, by: Actor, now: Millis, after_id: int = 0, limit: int = 100) -> list[Inactive]:
    """Members proposed for erasure, the oldest numbers first, a page at a time. Raises: NotAllowed."""
    require(by, "member.erase")
    cutoff = _cutoff(now)
    if cutoff is None:
        return []
    stored = "SELECT coalesce(CAST(sum(a.balance) AS BIGINT), 0) FROM account a WHERE a.member_id = m.id AND a.asset"
    found = db.rows(
        f"SELECT m.id, p.name, p.phone, coalesce(s.last_at, m.joined_at), ({stored} = 'points'),"
        f" ({stored} <> 'points'){_FROM} AND m.id > ? ORDER BY m.id LIMIT ?",
        (cutoff, cutoff, cutoff, after_id, limit),
    )
    return [_inactive(row, by) for row in found]


def _inactive(row: db.Row, by: Actor) -> Inactive:
    phone = row[2] or ""
    shown = phone if by.may("member.phone") or not phone else text.masked_phone(phone)
    return Inactive(row[0], row[1] or "", shown, row[3], row[4], row[5])
