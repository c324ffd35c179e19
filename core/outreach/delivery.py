"""The outbox on its way: claimed with an owner before anything leaves, settled by what came back.

queued → skipped | expired | sending → accepted → sent → delivered … The provider's create has no
idempotency key, so a row whose fate is unknown is looked up or left to one late retry, never
simply sent again. Sending itself is the scheduler's, with the channels of `notify`.
"""

from dataclasses import dataclass
from typing import Literal

from core.base import db
from core.base.clock import MINUTE, SECOND, Millis
from core.books.outbox import PRIORITY, URGENT
from core.outreach import policy, templates
from core.outreach.policy import Due

MAX_ATTEMPTS = 5
GRACE = 15 * MINUTE
RANK = {"accepted": 1, "sent": 2, "delivered": 3, "undelivered": 3, "failed": 3}
STATUS = {"queued": "accepted", "accepted": "accepted", "sending": "accepted", "sent": "sent",
          "delivered": "delivered", "undelivered": "undelivered", "failed": "failed"}  # fmt: skip


@dataclass(frozen=True)
class Claimed:
    """A message its owner may send now, exactly once."""

    id: int
    attempt: int
    channel: str
    address: str
    body: str
    language: str
    category: str
    created_at: Millis


_QUEUED = (
    "SELECT o.id, o.member_id, coalesce(o.address, p.phone, ''), o.category, o.template, o.dedupe_key, o.expires_at"
    " FROM outbox o LEFT JOIN member_person p ON p.member_id = o.member_id"
)


def due_ids(*, now: Millis, limit: int = 50) -> list[int]:
    """Queued messages whose time has come, the most urgent first, then the oldest."""
    sql = (
        "SELECT id FROM outbox WHERE state = 'queued' AND priority = ? AND not_before <= ?"
        " ORDER BY not_before, id LIMIT ?"
    )
    found: list[int] = []
    for priority in sorted({URGENT, *PRIORITY.values()}):
        found += [row[0] for row in db.rows(sql, (priority, now, limit - len(found)))]
        if len(found) == limit:
            break
    return found


@db.atomic
def claim(outbox_id: int, *, owner: str, now: Millis) -> Claimed | None:
    """Judge one queued message and, if it may leave, mark it as being sent by this owner.

    None if it was skipped, expired, put off, or claimed by another.
    """
    lock = "" if db.is_sqlite() else " FOR UPDATE OF o"
    row = db.one(f"{_QUEUED} WHERE o.id = ? AND o.state = 'queued'{lock}", (outbox_id,))
    if row is None:
        return None
    due = Due(*row)
    verdict = policy.judge(due, now=now)
    if verdict.state in ("skipped", "expired"):
        _settle(outbox_id, verdict.state, verdict.reason, now)
        return None
    until = verdict.until_at or policy.take_gap(due, now=now)
    if until is not None:
        _put_off(due, until, verdict.reason or "gap", now)
        return None
    return _sending(outbox_id, due, owner, now)


def _put_off(due: Due, until: Millis, reason: str, now: Millis) -> None:
    if until >= due.expires_at:
        _settle(due.id, "expired", reason, now)
        return
    sql = "UPDATE outbox SET not_before = ?, reason = ?, updated_at = ? WHERE id = ?"
    db.run(sql, (until, reason, now, due.id))


def _sending(outbox_id: int, due: Due, owner: str, now: Millis) -> Claimed:
    found = db.one(
        "SELECT attempts, channel, language, variables, created_at, body FROM outbox WHERE id = ?", (outbox_id,)
    )
    assert found is not None  # noqa: S101 (read a moment ago under the same lock)
    attempts, channel, language, variables, created_at, body = found
    body = body or templates.render(due.template, language, variables)
    db.run(
        "UPDATE outbox SET state = 'sending', owner = ?, claimed_at = ?, attempts = ?, body = ?, updated_at = ?"
        " WHERE id = ?",
        (owner, now, attempts + 1, None if due.template == "code" else body, now, outbox_id),
    )
    return Claimed(outbox_id, attempts + 1, channel, due.address, body, language, due.category, created_at)


def _settle(outbox_id: int, state: str, reason: str, now: Millis) -> None:
    db.run(
        "UPDATE outbox SET state = ?, reason = ?, owner = NULL, updated_at = ? WHERE id = ?",
        (state, reason or None, now, outbox_id),
    )


# --- what came back --------------------------------------------------------------------------------


@db.atomic
def accepted(outbox_id: int, *, sid: str, now: Millis) -> None:
    """The provider took it. A code's digits are forgotten with it."""
    db.run(
        "UPDATE outbox SET state = 'accepted', sid = ?, reason = NULL, owner = NULL, updated_at = ?,"
        " variables = CASE WHEN template = 'code' THEN '{}' ELSE variables END"
        " WHERE id = ? AND state IN ('sending', 'unknown')",
        (sid, now, outbox_id),
    )


@db.atomic
def not_accepted(outbox_id: int, *, reason: str, after_s: int | None, now: Millis) -> None:
    """Surely not taken: again later, with growing pauses, at most five times."""
    attempts = db.value("SELECT attempts FROM outbox WHERE id = ?", (outbox_id,)) or 0
    if attempts >= MAX_ATTEMPTS:
        _settle(outbox_id, "dead", reason, now)
        return
    pause = max(after_s or 0, 30 * 2 ** max(attempts - 1, 0)) * SECOND
    db.run(
        "UPDATE outbox SET state = 'queued', reason = ?, owner = NULL, not_before = ?, updated_at = ?"
        " WHERE id = ? AND state = 'sending'",
        (reason, now + pause, now, outbox_id),
    )


@db.atomic
def refused(outbox_id: int, *, code: str, about: str, now: Millis) -> None:
    """The provider will never take it; a bad or opted-out address is suppressed."""
    _settle(outbox_id, "refused", code, now)
    if about in ("address", "opted_out"):
        row = db.one(_QUEUED + " WHERE o.id = ?", (outbox_id,))
        if row is not None and row[2]:
            suppress(row[2], "all", reason=about, now=now)


@db.atomic
def unknown(outbox_id: int, *, reason: str, now: Millis) -> None:
    """It may or may not have been taken: to be looked up, never simply sent again."""
    sql = "UPDATE outbox SET state = 'unknown', reason = ?, updated_at = ? WHERE id = ? AND state = 'sending'"
    db.run(sql, (reason, now, outbox_id))


def suppress(address: str, scope: Literal["all", "marketing"], *, reason: str, now: Millis) -> None:
    """Never write to an address again; inside the caller's transaction."""
    db.run(
        "INSERT INTO suppression (address_hash, scope, reason, at) VALUES (?, ?, ?, ?) ON CONFLICT (address_hash)"
        " DO UPDATE SET scope = CASE WHEN suppression.scope = 'all' THEN 'all' ELSE excluded.scope END",
        (policy.address_hash(address), scope, reason, now),
    )


@dataclass(frozen=True)
class Unsettled:
    """A message whose owner died or whose answer never came."""

    id: int
    attempt: int
    channel: str
    address: str
    body: str
    claimed_at: Millis
    owner: str | None
    state: str


def unsettled(*, limit: int = 200) -> list[Unsettled]:
    """Messages being sent or of unknown fate, the oldest first."""
    found = db.rows(
        "SELECT o.id, o.attempts, o.channel, coalesce(o.address, p.phone, ''), coalesce(o.body, ''), o.claimed_at,"
        " o.owner, o.state FROM outbox o LEFT JOIN member_person p ON p.member_id = o.member_id"
        " WHERE o.state IN ('sending', 'unknown') ORDER BY o.id LIMIT ?",
        (limit,),
    )
    return [Unsettled(*row) for row in found]


def known_sids(*, since: Millis) -> set[str]:
    """Sids already matched to a row, so that a look-up does not take one twice."""
    return {row[0] for row in db.rows("SELECT sid FROM outbox WHERE sid IS NOT NULL AND created_at >= ?", (since,))}


@db.atomic
def give_up_waiting(outbox_id: int, *, surely_not: bool, now: Millis) -> None:
    """After the grace: once more if the provider surely has it not, else a person must look."""
    row = db.one("SELECT attempts, expires_at, state FROM outbox WHERE id = ?", (outbox_id,))
    if row is None or row[2] not in ("unknown", "sending"):
        return
    if surely_not and row[0] < 2 and row[1] > now:
        db.run(
            "UPDATE outbox SET state = 'queued', owner = NULL, not_before = ?, updated_at = ? WHERE id = ?",
            (now, now, outbox_id),
        )
        return
    _settle(outbox_id, "review", "fate unknown", now)


@db.atomic
def note_status(*, sid: str, status: str, outbox_id: int | None, attempt: int | None, now: Millis) -> bool:
    """A status report from the provider; repeated and late lower ones change nothing."""
    fresh = db.change(
        "INSERT INTO delivery_status (sid, status, at) VALUES (?, ?, ?) ON CONFLICT (sid, status) DO NOTHING",
        (sid, status, now),
    )
    state = STATUS.get(status)
    if not fresh or state is None:
        return False
    row = db.one("SELECT id, state FROM outbox WHERE sid = ?", (sid,))
    if row is None and outbox_id is not None:
        row = db.one(
            "SELECT id, state FROM outbox WHERE id = ? AND sid IS NULL AND attempts >= ?", (outbox_id, attempt or 1)
        )
    if row is None or RANK.get(row[1], 0) >= RANK[state]:
        return False
    sql = "UPDATE outbox SET state = ?, sid = ?, owner = NULL, reason = NULL, updated_at = ? WHERE id = ?"
    db.run(sql, (state, sid, now, row[0]))
    return True


@db.atomic
def close_history(*, before: Millis) -> int:
    """Count messages of a shop's past (imported, or of the demo) as delivered; they must not leave now."""
    return db.change(
        "UPDATE outbox SET state = 'delivered', variables = '{}', updated_at = created_at"
        " WHERE state = 'queued' AND created_at < ?",
        (before,),
    )


@db.atomic
def cancel_all(*, reason: str, now: Millis) -> int:
    """Cancel every message that has not left, whoever it is for; the number cancelled."""
    return db.change(
        "UPDATE outbox SET state = 'cancelled', reason = ?, updated_at = ?"
        " WHERE state IN ('queued', 'sending', 'unknown')",
        (reason, now),
    )
