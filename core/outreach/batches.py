"""Claiming several messages at once, and giving back what did not begin to leave."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from core.base import db, logs
from core.base.clock import Millis
from core.base.errors import Invalid, NotFound, RegularsError
from core.books import alerts
from core.books.outbox import URGENT
from core.outreach import delivery, policy, suppressions
from core.outreach.delivery import Answer, Claimed
from core.people import consent

log = logs.get("sending")

BATCH = 24
"""Messages claimed in one transaction."""
UNMAKABLE = (Invalid, NotFound, LookupError, ValueError, TypeError, AttributeError)
"""What is wrong with one message alone: a link, a wording or a fact. A fault of the disk is none of these."""


class CannotBeMade(Exception):
    """One message of a batch could not be judged or put into words; nothing of the batch was claimed."""

    def __init__(self, outbox_id: int, code: str) -> None:
        super().__init__(code)
        self.outbox_id, self.code = outbox_id, code


@dataclass(frozen=True)
class Batch:
    """How many were looked at in one transaction, and what of it may leave."""

    seen: int
    claimed: tuple[Claimed, ...]


def claim_some(channel: str, *, urgent: bool | None = None, owner: str, now: Millis, limit: int = BATCH) -> Batch:
    """Judge what is due on a channel, and mark what may leave as being sent by this owner, in one transaction.

    `urgent`: only codes, or all but codes; None: everything, codes first. Nothing is looked at while the channel
    rests. What cannot be put into words is given up by itself, so that it keeps no other waiting.
    """
    for _ in range(limit):
        try:
            return _claim_some(channel, urgent, owner, now, limit)
        except CannotBeMade as error:
            logs.note(log, "cannot be made", level=logging.ERROR, error=error.__cause__, id=error.outbox_id)
            _give_up(error.outbox_id, error.code, now)
    return Batch(limit, ())


@db.atomic
def _claim_some(channel: str, urgent: bool | None, owner: str, now: Millis, limit: int) -> Batch:
    if db.value("SELECT 1 FROM channel_rest WHERE channel = ?", (channel,)):
        return Batch(0, ())
    found: list[int] = []
    for priority in delivery.PRIORITIES:
        if urgent is None or urgent == (priority == URGENT):
            found += delivery.due_on(channel, priority, now=now, limit=limit - len(found))
    claimed = [one for id in found if (one := _claim(id, owner, now)) is not None]
    return Batch(len(found), tuple(claimed))


def _claim(outbox_id: int, owner: str, now: Millis) -> Claimed | None:
    try:
        return delivery.claim(outbox_id, owner=owner, now=now)
    except UNMAKABLE as error:
        # The name alone: what is wrong may be a customer's.
        code = error.code if isinstance(error, RegularsError) else type(error).__name__
        raise CannotBeMade(outbox_id, code) from error


@db.atomic
def _give_up(outbox_id: int, code: str, now: Millis) -> None:
    """End a message that cannot be made, and have staff told. A person may send it again once that is put right."""
    row = db.one("SELECT template, campaign_id FROM outbox WHERE id = ?", (outbox_id,))
    changed = db.change(
        "UPDATE outbox SET state = 'dead', reason = ?, owner = NULL, updated_at = ? WHERE id = ? AND state = 'queued'",
        (f"cannot be made: {code}", now, outbox_id),
    )
    if row is None or not changed:
        return
    policy.give_back(outbox_id)
    alerts.note("unmade", row[0], now=now, code=code, campaign=row[1] or 0)


def still_open(message: Claimed) -> bool:
    """Whether nobody has ended what a claimed message is since it was judged, by a STOP or at the till."""
    if message.template == policy.CODE:
        return True
    ended = suppressions.scopes(message.address, message.channel)
    if "all" in ended or ("marketing" in ended and message.category in policy.OFFERS):
        return False
    purpose = policy.PURPOSE[message.category]
    return message.member_id is None or consent.holds(message.member_id, purpose, message.channel)


@db.atomic
def begin(messages: Sequence[Claimed], *, owner: str) -> set[int]:
    """Note before they leave that several claimed messages begin to; those that may.

    What is another's by now may not, nor what somebody has ended meanwhile.
    """
    sql = (
        "UPDATE outbox SET in_hand = 0 WHERE id = ? AND state = 'sending' AND owner = ? AND attempts = ?"
        " AND in_hand = 1"
    )
    return {one.id for one in messages if still_open(one) and db.change(sql, (one.id, owner, one.attempt))}


@db.atomic
def note(answers: Sequence[Answer], back: Sequence[int], *, owner: str, now: Millis) -> None:
    """Note what came back for several messages, and queue again what did not begin to leave, in one transaction.

    It may be told late and twice: of a message that is another's by now, only that it was accepted counts.
    """
    marks = ", ".join("?" * len(answers))
    mine = {row[0] for row in db.rows(f"SELECT id FROM outbox WHERE owner = ? AND id IN ({marks})",
                                      (owner, *(one.id for one in answers)))} if answers else set()  # fmt: skip
    delivery.record([one for one in answers if one.what == "accepted" or one.id in mine], now=now)
    put_back(back, owner=owner, now=now)


@db.atomic
def put_back(outbox_ids: Sequence[int], *, owner: str, now: Millis) -> int:
    """Queue again what this owner claimed and surely did not begin to send; how many."""
    sql = (
        "UPDATE outbox SET state = 'queued', owner = NULL, attempts = attempts - 1, updated_at = ?"
        " WHERE id = ? AND state = 'sending' AND owner = ?"
    )
    return sum(db.change(sql, (now, outbox_id, owner)) for outbox_id in tuple(outbox_ids))
