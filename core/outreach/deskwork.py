"""Deskwork 人工处理: what a person sees and does of messages: look one up, send it again, withdraw it, say what became
of it.

Nothing is sent here: a message that is to go again is queued again, and the policy judges it anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from core.base import db
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import NotFound, Refused
from core.base.i18n import N_
from core.base.text import masked_phone
from core.books import audit
from core.outreach import policy
from core.outreach.due import ADDRESS

AGAIN = ("dead", "refused", "review")
"""States of which a person may send a message again."""
WAITING = ("queued", "held")
BY_STAFF, LOOKED_UP = "staff", "looked up"
"""Reasons: withdrawn by staff; looked up with the provider by staff."""


@dataclass(frozen=True)
class Sought:
    """Which messages: in one state, of one category, to one member; empty means all."""

    state: str = ""
    category: str = ""
    member_id: int | None = None


ALL = Sought()


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


@dataclass(frozen=True)
class Step:
    """One thing that happened to a message: `kind` is 'written', 'tried', 'reported' (by the provider) or 'desk'.

    `word` is the provider's status or the name of the audited action, `who` the staff member who did it.
    """

    at: Millis
    kind: str
    word: str = ""
    who: str = ""


@dataclass(frozen=True)
class Message:
    """One message with its whole history, the oldest step first; what it cost, or is thought to, in millionths.

    `wording_at` is when its version of the wording was written; None for one as it was delivered.
    """

    row: OutboxRow
    language: str
    expires_at: Millis
    attempts: int
    segments: int | None
    cost_micros: int | None
    currency: str | None
    wording_at: Millis | None
    updated_at: Millis
    steps: tuple[Step, ...]


class MessageNotFound(NotFound):
    """No message has this number."""

    code = "message_not_found"
    text = N_("There is no such message any more. Look at the list again.")


class MessageNotAgain(Refused):
    """Only what ended without being taken can be sent again."""

    code = "message_not_again"
    text = N_("Only a message that was given up, refused or is to be checked can be sent again. Look at it once more.")


class MessageTooLate(Refused):
    """The time in which a message makes sense is over."""

    code = "message_too_late"
    text = N_("It was good until {expires_at} and would come too late now. Write a new one.")


class MessageEmptied(Refused):
    """What a message said is not kept any more."""

    code = "message_emptied"
    text = N_("What it said is not kept any more, so it cannot be sent again. Write a new one.")


class MessageGone(Refused):
    """A message does not wait any more."""

    code = "message_gone"
    text = N_("It does not wait any more: it left or ended meanwhile. Look at it once more.")


class MessageSettled(Refused):
    """A message is not to be checked, or not any more."""

    code = "message_settled"
    text = N_("Only a message that is to be checked can be marked. Look at it once more.")


# --- looking -----------------------------------------------------------------------------------------

_ROW = (
    "SELECT o.id, o.created_at, o.not_before, o.member_id, coalesce(p.name, ''), o.template, o.category, o.channel,"
    f" o.state, coalesce(o.reason, ''), coalesce(o.body, ''), {ADDRESS} FROM outbox o"
    " LEFT JOIN member_person p ON p.member_id = o.member_id"
)


def listing(sought: Sought = ALL, *, by: Actor, before_id: int | None = None, limit: int = 100) -> list[OutboxRow]:
    """The outbox, newest first, a keyset page at a time; `before_id` is the last one seen. Raises: NotAllowed."""
    require(by, "care")
    tests: Mapping[str, object] = {
        "o.member_id = ?": sought.member_id,
        "o.state = ?": sought.state or None,
        "o.category = ?": sought.category or None,
        "(o.created_at, o.id) < (SELECT b.created_at, b.id FROM outbox b WHERE b.id = ?)": before_id,
    }
    given = {test: value for test, value in tests.items() if value is not None}
    where = f" WHERE {' AND '.join(given)}" if given else ""
    found = db.rows(f"{_ROW}{where} ORDER BY o.created_at DESC, o.id DESC LIMIT ?", (*given.values(), limit))
    return [_row(row, by) for row in found]


def _row(row: db.Row, by: Actor) -> OutboxRow:
    address = row[11] if not row[11] or by.may("member.phone") else masked_phone(row[11])
    return OutboxRow(*[*row[:11], address])


def look(outbox_id: int, *, by: Actor) -> Message:
    """One message with everything that happened to it. Raises: NotAllowed, MessageNotFound."""
    require(by, "care")
    row = db.one(f"{_ROW} WHERE o.id = ?", (outbox_id,))
    rest = db.one(
        "SELECT o.language, o.expires_at, o.attempts, o.segments, coalesce(o.cost_micros, o.estimate_micros),"
        " o.currency, w.at, o.updated_at, o.claimed_at, o.sid FROM outbox o LEFT JOIN wording w ON w.id = o.wording_id"
        " WHERE o.id = ?",
        (outbox_id,),
    )
    if row is None or rest is None:
        raise MessageNotFound()
    one, claimed_at, sid = _row(row, by), rest[8], rest[9]
    tried = [] if claimed_at is None else [Step(claimed_at, "tried")]
    steps = [Step(one.created_at, "written"), *tried, *_reported(sid), *_at_the_desk(outbox_id)]
    return Message(*[one, *rest[:8], tuple(sorted(steps, key=lambda step: step.at))])


def _reported(sid: str | None) -> list[Step]:
    if sid is None:
        return []
    found = db.rows("SELECT at, status FROM delivery_status WHERE sid = ? ORDER BY at, status", (sid,))
    return [Step(at, "reported", status) for at, status in found]


def _at_the_desk(outbox_id: int) -> list[Step]:
    sql = (
        "SELECT a.at, a.action, coalesce(s.name, '') FROM audit a LEFT JOIN staff s ON a.actor = 'staff:' || s.id"
        " WHERE a.entity = 'outbox' AND a.entity_id = ? ORDER BY a.id"
    )
    return [Step(at, "desk", action, who) for at, action, who in db.rows(sql, (outbox_id,))]


# --- doing -------------------------------------------------------------------------------------------


@db.atomic
def retry(outbox_id: int, *, by: Actor, now: Millis) -> None:
    """Queue a message again that was given up, refused or is to be checked.

    Raises: NotAllowed, MessageNotFound, MessageNotAgain, MessageTooLate, MessageEmptied.
    """
    require(by, "care")
    row = db.one("SELECT state, expires_at, body, variables FROM outbox WHERE id = ?", (outbox_id,))
    if row is None:
        raise MessageNotFound()
    state, expires_at, body, variables = row
    if state not in AGAIN:
        raise MessageNotAgain()
    if expires_at <= now:
        raise MessageTooLate(expires_at=expires_at)
    if not body and variables == "{}":
        raise MessageEmptied()
    sql = (
        "UPDATE outbox SET state = 'queued', reason = NULL, owner = NULL, failures = 0, not_before = ?, updated_at = ?"
        " WHERE id = ? AND state = ?"
    )
    if not db.change(sql, (now, now, outbox_id, state)):
        raise MessageNotAgain()
    audit.record("message.again", "outbox", outbox_id, by=by, now=now, before={"state": state})


@db.atomic
def withdraw(outbox_id: int, *, by: Actor, now: Millis) -> None:
    """Take back a message that still waits. Raises: NotAllowed, MessageGone."""
    require(by, "care")
    if not _settle(outbox_id, WAITING, ("cancelled", BY_STAFF), now):
        raise MessageGone()
    policy.give_back(outbox_id)
    audit.record("message.withdrawn", "outbox", outbox_id, by=by, now=now)


@db.atomic
def mark_sent(outbox_id: int, *, by: Actor, now: Millis) -> None:
    """Note of a message to be checked that it did leave. Raises: NotAllowed, MessageSettled."""
    require(by, "care")
    if not _settle(outbox_id, ("review",), ("sent", LOOKED_UP), now):
        raise MessageSettled()
    audit.record("message.was_sent", "outbox", outbox_id, by=by, now=now)


@db.atomic
def mark_unsent(outbox_id: int, *, by: Actor, now: Millis) -> None:
    """Note of a message to be checked that it never left; it may be sent again. Raises: NotAllowed, MessageSettled."""
    require(by, "care")
    if not _settle(outbox_id, ("review",), ("dead", LOOKED_UP), now):
        raise MessageSettled()
    policy.give_back(outbox_id)
    audit.record("message.was_not_sent", "outbox", outbox_id, by=by, now=now)


def _settle(outbox_id: int, states: tuple[str, ...], end: tuple[str, str], now: Millis) -> bool:
    """End a message that is in one of some states; False if it is in none of them any more."""
    marks = ", ".join("?" * len(states))
    sql = f"UPDATE outbox SET state = ?, reason = ?, owner = NULL, updated_at = ? WHERE id = ? AND state IN ({marks})"
    return db.change(sql, (*end, now, outbox_id, *states)) == 1
