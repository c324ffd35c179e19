"""The outbox on its way: claimed with an owner before anything leaves, settled by what came back.

queued → skipped | expired | sending → accepted → sent → delivered … The provider's create has no
idempotency key, so a row whose fate is unknown is looked up or left to one late retry, never
simply sent again. Sending itself is the scheduler's, with the channels of `notify`.
"""

from dataclasses import dataclass
from typing import Literal

from core.base import db
from core.base.access import Actor, require
from core.base.clock import MINUTE, SECOND, Millis
from core.base.text import masked_phone
from core.books.outbox import PRIORITY, URGENT
from core.outreach import budget, letters, policy, stopping, suppressions
from core.outreach.due import Due
from core.outreach.letters import Made

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
    subject: str = ""
    provider_template: str = ""
    unsubscribe_url: str | None = None


@dataclass(frozen=True)
class OutboxRow:
    """A message and its fate, for the back-office; `to` is masked for who may not see numbers."""

    id: int
    created_at: Millis
    not_before: Millis
    member_id: int | None
    name: str
    template: str
    category: str
    channel: str
    state: str
    reason: str
    body: str
    to: str


ADDRESS = "coalesce(o.address, CASE WHEN o.channel = 'email' THEN p.email ELSE p.phone END, '')"
"""Where a message goes: the address it was given, else the member's for its channel."""

_QUEUED = (
    f"SELECT o.id, o.member_id, {ADDRESS}, o.category, o.template, o.dedupe_key, o.expires_at, o.channel,"
    " o.campaign_id, o.created_at FROM outbox o LEFT JOIN member_person p ON p.member_id = o.member_id"
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
    if verdict.state == "send":
        made = letters.make(due, now=now)
        verdict = policy.take(due, made.estimate.micros or 0, now=now)
        if verdict.state == "send":
            return _sending(due, made, owner, now)
    if verdict.until_at is not None:
        _put_off(due, verdict.until_at, verdict.reason, now)
        return None
    _settle(outbox_id, verdict.state, verdict.reason, now)
    policy.give_back(outbox_id)
    return None


def _put_off(due: Due, until: Millis, reason: str, now: Millis) -> None:
    sql = "UPDATE outbox SET not_before = ?, reason = ?, updated_at = ? WHERE id = ?"
    db.run(sql, (until, reason, now, due.id))


def _sending(due: Due, made: Made, owner: str, now: Millis) -> Claimed:
    kept = (None, None) if due.template == policy.CODE else (made.body, made.wording_id)
    db.run(
        "UPDATE outbox SET state = 'sending', owner = ?, claimed_at = ?, attempts = ?, body = ?, wording_id = ?,"
        " segments = ?, estimate_micros = ?, currency = ?, updated_at = ? WHERE id = ?",
        (owner, now, made.attempt, *kept, made.estimate.segments, made.estimate.micros, made.estimate.currency, now,
         due.id),
    )  # fmt: skip
    return Claimed(due.id, made.attempt, due.channel, due.address, made.body, made.language, due.category,
                   due.created_at, made.subject, made.provider_template, made.unsubscribe_url)  # fmt: skip


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
        policy.give_back(outbox_id)
        return
    budget.give_back(outbox_id)
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
    policy.give_back(outbox_id)
    row = db.one(_QUEUED + " WHERE o.id = ?", (outbox_id,))
    if row is None or not row[2]:
        return
    if about == "address":
        suppressions.put(row[2], "all", reason=about, channel=row[7], now=now)
    if about == "opted_out":
        stopping.stop(row[2], row[7], reason=about, now=now)


@db.atomic
def unknown(outbox_id: int, *, reason: str, now: Millis) -> None:
    """It may or may not have been taken: to be looked up, never simply sent again."""
    sql = "UPDATE outbox SET state = 'unknown', reason = ?, updated_at = ? WHERE id = ? AND state = 'sending'"
    db.run(sql, (reason, now, outbox_id))


suppress = suppressions.put


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
        f"SELECT o.id, o.attempts, o.channel, {ADDRESS}, coalesce(o.body, ''), o.claimed_at,"
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
        budget.give_back(outbox_id)
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


def listing(
    *,
    by: Actor,
    state: str | None = None,
    member_id: int | None = None,
    before_id: int | None = None,
    limit: int = 100,
) -> list[OutboxRow]:
    """The outbox, newest first, a keyset page at a time; `before_id` is the last one seen. Raises: NotAllowed."""
    require(by, "care")
    tests = {
        "o.member_id = ?": member_id,
        "o.state = ?": state,
        "(o.created_at, o.id) < (SELECT b.created_at, b.id FROM outbox b WHERE b.id = ?)": before_id,
    }
    given = {test: value for test, value in tests.items() if value is not None}
    where = f" WHERE {' AND '.join(given)}" if given else ""
    found = db.rows(
        "SELECT o.id, o.created_at, o.not_before, o.member_id, coalesce(p.name, ''), o.template, o.category,"
        " o.channel,"
        f" o.state, coalesce(o.reason, ''), coalesce(o.body, ''), {ADDRESS} FROM outbox o"
        " LEFT JOIN member_person p ON p.member_id = o.member_id"
        f"{where} ORDER BY o.created_at DESC, o.id DESC LIMIT ?",
        (*given.values(), limit),
    )
    return [OutboxRow(*[*row[:11], _address(row[11], by)]) for row in found]


def _address(address: str, by: Actor) -> str:
    return address if not address or by.may("member.phone") else masked_phone(address)


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
