"""The outbox on its way: claimed with an owner before anything leaves, settled by what came back.

queued → skipped | expired | sending → accepted → sent → delivered … The provider's create has no
idempotency key, so a row whose fate is unknown is looked up or left to one late retry, never
simply sent again. Sending itself is the scheduler's, with the channels of `notify`.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.base import db
from core.base.access import Actor, require
from core.base.clock import SECOND, Millis
from core.books import alerts, audit
from core.books.outbox import PRIORITY, URGENT
from core.outreach import letters, policy, stopping, suppressions
from core.outreach.campaigns import pausing
from core.outreach.due import ADDRESS, Due
from core.outreach.letters import Made

MAX_FAILURES = 5
FIRST_PAUSE_S = 30
LONGEST_VALID_S = 36_000
PRIORITIES = tuple(sorted({URGENT, *PRIORITY.values()}))
RANK = {"accepted": 1, "sent": 2, "delivered": 3, "undelivered": 3, "failed": 3}
STATUS = {"queued": "accepted", "accepted": "accepted", "sending": "accepted", "sent": "sent",
          "delivered": "delivered", "read": "delivered", "undelivered": "undelivered", "failed": "failed",
          "canceled": "failed"}  # fmt: skip


@dataclass(frozen=True)
class Claimed:
    """A message its owner may send now, exactly once; a provider may hold it for `valid_s` seconds."""

    id: int
    attempt: int
    channel: str
    address: str
    body: str
    language: str
    category: str
    created_at: Millis
    claimed_at: Millis
    valid_s: int
    subject: str = ""
    provider_template: str = ""
    unsubscribe_url: str | None = None
    member_id: int | None = None
    template: str = ""

    def left_s(self, now: Millis) -> int:
        """Whole seconds that are left of `valid_s`; 0: it was judged too long ago to arrive in time."""
        return max(0, self.valid_s - (now - self.claimed_at + SECOND - 1) // SECOND)


@dataclass(frozen=True)
class Answer:
    """What came back for one message: taken under a `sid`, or a `reason`; `about` says whose fault a refusal is."""

    id: int
    what: Literal["accepted", "not_accepted", "refused", "unknown"]
    sid: str = ""
    reason: str = ""
    after_s: int | None = None
    about: str = ""
    rests: bool = False
    """Nothing will pass by this channel until a person has put right what is wrong (password, certificate)."""


_QUEUED = (
    f"SELECT o.id, o.member_id, {ADDRESS}, o.category, o.template, o.dedupe_key, o.expires_at, o.channel,"
    " o.campaign_id, o.created_at FROM outbox o LEFT JOIN member_person p ON p.member_id = o.member_id"
)


def waiting_channels() -> list[str]:
    """Channels that something is queued for: one look into the index for each."""
    found: list[str] = []
    sql = "SELECT min(channel) FROM outbox WHERE state = 'queued' AND channel > ?"
    while (name := db.value(sql, (found[-1] if found else "",))) is not None:
        found.append(name)
    return found


def due_ids(*, now: Millis, limit: int = 50) -> list[int]:
    """Queued messages whose time has come, the most urgent first, then the oldest."""
    found: list[int] = []
    for priority in PRIORITIES:
        for channel in waiting_channels():
            found += due_on(channel, priority, now=now, limit=limit - len(found))
    return found


def due_on(channel: str, priority: int, *, now: Millis, limit: int) -> list[int]:
    """Queued messages of one channel and urgency whose time has come, the oldest first."""
    # Racing senders pass over what another is looking at.
    lock = " FOR UPDATE SKIP LOCKED" if db.in_transaction() and not db.is_sqlite() else ""
    sql = (
        "SELECT id FROM outbox WHERE state = 'queued' AND channel = ? AND priority = ? AND not_before <= ?"
        f" ORDER BY not_before, id LIMIT ?{lock}"
    )
    return [row[0] for row in db.rows(sql, (channel, priority, now, limit))] if limit > 0 else []


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
        verdict = policy.take(due, made.more_micros, now=now)
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
        "UPDATE outbox SET state = 'sending', in_hand = 1, owner = ?, claimed_at = ?, sent_to = ?, attempts = ?,"
        " body = ?, wording_id = ?, segments = ?, estimate_micros = ?, currency = ?, updated_at = ? WHERE id = ?",
        (owner, now, due.address, made.attempt, *kept, made.estimate.segments, made.estimate.micros,
         made.estimate.currency, now, due.id),
    )  # fmt: skip
    valid_s = valid_seconds(min(policy.open_until(due, now=now), due.expires_at), now)
    return Claimed(
        due.id, made.attempt, due.channel, due.address, made.body, made.language, due.category, due.created_at, now,
        valid_s, made.subject, made.provider_template, made.unsubscribe_url, due.member_id, due.template,
    )  # fmt: skip


def valid_seconds(until: int, now: int) -> int:
    """How long a provider may hold a message that must not arrive after a moment; at least a second."""
    return min(LONGEST_VALID_S, max(1, (until - now) // SECOND))


def _settle(outbox_id: int, state: str, reason: str, now: Millis) -> None:
    db.run(
        "UPDATE outbox SET state = ?, reason = ?, owner = NULL, updated_at = ? WHERE id = ?",
        (state, reason or None, now, outbox_id),
    )


# --- what came back --------------------------------------------------------------------------------


@db.atomic
def record(answers: Sequence[Answer], *, now: Millis) -> None:
    """Note what came back for several messages, in one transaction."""
    for one in answers:
        if one.what == "accepted":
            accepted(one.id, sid=one.sid, now=now)
        elif one.what == "refused":
            refused(one.id, code=one.reason, about=one.about, now=now)
        elif one.what == "unknown":
            unknown(one.id, reason=one.reason, now=now)
        elif one.rests:
            rest_channel(one.id, reason=one.reason, now=now)
        else:
            not_accepted(one.id, reason=one.reason, after_s=one.after_s, now=now)


@db.atomic
def accepted(outbox_id: int, *, sid: str, now: Millis) -> None:
    """The provider took it. A code's digits are forgotten with it; reports that came before this answer count.

    A sid that another message was matched to already (same words to the same address) is noted there alone.
    """
    taken = whose(sid)
    free = taken is None or taken == outbox_id
    db.run(
        "UPDATE outbox SET state = 'accepted', sid = ?, reason = ?, owner = NULL, updated_at = ?,"
        " variables = CASE WHEN template = 'code' THEN '{}' ELSE variables END"
        " WHERE id = ? AND state IN ('sending', 'unknown')",
        (sid if free else None, None if free else f"sid of {taken}", now, outbox_id),
    )
    if free and sid:
        noted = db.rows("SELECT status FROM delivery_status WHERE sid = ? ORDER BY at", (sid,))
        if states := [STATUS[status] for (status,) in noted if status in STATUS]:
            _reported(outbox_id, sid, max(states, key=RANK.__getitem__), now)


@db.atomic
def not_accepted(outbox_id: int, *, reason: str, after_s: int | None, now: Millis) -> None:
    """Surely not taken: again later, with growing pauses, at most five times."""
    failures = (db.value("SELECT failures FROM outbox WHERE id = ?", (outbox_id,)) or 0) + 1
    dead = failures >= MAX_FAILURES
    pause_s = max(after_s or 0, pause_seconds(failures, secrets.randbelow(1001)))
    changed = db.change(
        "UPDATE outbox SET state = ?, reason = ?, owner = NULL, failures = ?, not_before = ?, updated_at = ?"
        " WHERE id = ? AND state = 'sending'",
        ("dead" if dead else "queued", reason, failures, now + pause_s * SECOND, now, outbox_id),
    )
    if dead and changed:
        policy.give_back(outbox_id)


def pause_seconds(failures: int, dice: int) -> int:
    """How long to wait after so many failures: twice as long each time, half of it less to half of it more.

    `dice` is 0 to 1000; thrown anew each time, so that what failed together does not come back together.
    """
    return (FIRST_PAUSE_S << (failures - 1)) * (500 + dice) // 1000


@db.atomic
def refused(outbox_id: int, *, code: str, about: str, now: Millis) -> None:
    """The provider will never take it: an address is suppressed, of a fault of the shop's own staff are told.

    What it says of the address or the shop counts for a message too that was cancelled on its way.
    """
    row = db.one("SELECT channel, campaign_id, state FROM outbox WHERE id = ?", (outbox_id,))
    if row is None:
        return
    if row[2] == "sending":
        _settle(outbox_id, "refused", code, now)
        policy.give_back(outbox_id)
    if about == "sender":
        _sender_fault(row[0], row[1], code, now)
    if about in ("address", "opted_out"):
        _close_address(outbox_id, about, now)


def _close_address(outbox_id: int, about: str, now: Millis) -> None:
    """Write no more to where it was sent, whatever number the member has by now."""
    row = db.one("SELECT sent_to, channel FROM outbox WHERE id = ?", (outbox_id,))
    if row is None or not row[0]:
        return
    address, channel = row
    if about == "address":
        suppressions.put(address, "all", reason=about, channel=channel, now=now)
    else:
        stopping.stop(address, channel, reason=about, now=now)


def _sender_fault(channel: str, campaign_id: int | None, code: str, now: Millis) -> None:
    """The provider refuses the shop itself (number, region, service): its campaign pauses, staff are told."""
    alerts.note("sender", channel, now=now, code=code, campaign=campaign_id or 0)
    if campaign_id is not None:
        pausing.for_fault(campaign_id, code=code, now=now)


@db.atomic
def unknown(outbox_id: int, *, reason: str, now: Millis) -> None:
    """It may or may not have been taken: to be looked up, never simply sent again."""
    sql = "UPDATE outbox SET state = 'unknown', reason = ?, updated_at = ? WHERE id = ? AND state = 'sending'"
    db.run(sql, (reason, now, outbox_id))


# --- channels at rest ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rest:
    """A channel by which nothing passes until a person acts, and why."""

    channel: str
    reason: str
    at: Millis


@db.atomic
def rest_channel(outbox_id: int, *, reason: str, now: Millis) -> None:
    """The provider does not let us in at all: the message waits, and its channel rests until a person wakes it."""
    channel = db.value("SELECT channel FROM outbox WHERE id = ?", (outbox_id,))
    db.run(
        "UPDATE outbox SET state = 'queued', reason = ?, owner = NULL, updated_at = ?"
        " WHERE id = ? AND state = 'sending'",
        (reason, now, outbox_id),
    )
    db.run(
        "INSERT INTO channel_rest (channel, reason, at, actor) VALUES (?, ?, ?, 'job:0') ON CONFLICT (channel)"
        " DO NOTHING",
        (channel, reason, now),
    )
    alerts.note("channel_rests", channel, now=now, reason=reason)


def resting() -> list[Rest]:
    """Channels at rest, by name."""
    return [Rest(*row) for row in db.rows("SELECT channel, reason, at FROM channel_rest ORDER BY channel")]


@db.atomic
def wake_channel(channel: str, *, by: Actor, now: Millis) -> bool:
    """Let messages pass by a channel again, once what was wrong is put right; False if it did not rest.

    Raises: NotAllowed.
    """
    require(by, "settings")
    reason = db.value("SELECT reason FROM channel_rest WHERE channel = ?", (channel,))
    if reason is None:
        return False
    db.run("DELETE FROM channel_rest WHERE channel = ?", (channel,))
    about = {"channel": channel, "reason": reason}
    audit.record("channel.woken", "channel", 0, by=by, now=now, before=about)
    return True


suppress = suppressions.put


def whose(sid: str) -> int | None:
    """The message a provider's sid belongs to, so that a look-up does not take one twice."""
    found: int | None = db.value("SELECT id FROM outbox WHERE sid = ?", (sid,))
    return found


@db.atomic
def note_status(*, sid: str, status: str, outbox_id: int | None, attempt: int | None, now: Millis) -> bool:
    """A status report from the provider; repeated and late lower ones change nothing.

    One for a message that was queued again meanwhile wins over the queue: the provider has it.
    """
    fresh = db.change(
        "INSERT INTO delivery_status (sid, status, at) VALUES (?, ?, ?) ON CONFLICT (sid, status) DO NOTHING",
        (sid, status, now),
    )
    state = STATUS.get(status)
    if not fresh or state is None:
        return False
    found = whose(sid)
    if found is None and outbox_id is not None:
        # A gateway may know a message by our own name for it, and have given it another of its own.
        ours = sid == f"{outbox_id}-{attempt}"
        sql = "SELECT id, coalesce(sid, ?) FROM outbox WHERE id = ? AND (sid IS NULL OR ? = 1) AND attempts >= ?"
        found, sid = db.one(sql, (sid, outbox_id, int(ours), attempt or 1)) or (None, sid)
    if found is None:
        return False
    return _reported(found, sid, state, now)


def _reported(outbox_id: int, sid: str, state: str, now: Millis) -> bool:
    """Put a message into the state reported, unless it is there or further; guarded, for two may come at once."""
    above = [one for one, rank in RANK.items() if rank >= RANK[state]]
    changed = db.change(
        "UPDATE outbox SET state = ?, sid = ?, owner = NULL, reason = NULL, updated_at = ?,"
        " variables = CASE WHEN template = 'code' THEN '{}' ELSE variables END"
        f" WHERE id = ? AND (sid IS NULL OR sid = ?) AND state NOT IN ({', '.join('?' * len(above))})",
        (state, sid, now, outbox_id, sid, *above),
    )
    return changed == 1


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
