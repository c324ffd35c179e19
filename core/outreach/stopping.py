"""Stopping: somebody wants no more by a channel, or wants it again; at once, in one transaction."""

from core.base import db
from core.base.access import Actor
from core.base.clock import Millis
from core.books import outbox
from core.outreach import policy, suppressions
from core.people import consent, credentials

ROBOT = Actor(kind="job", id=0, name="inbound", door="scheduler", rights=frozenset({"care"}))


def stop(address: str, channel: str, *, reason: str, now: Millis) -> int | None:
    """Write nothing more to an address by a channel; the member it belongs to.

    What is queued for it is cancelled and consent to offers withdrawn; inside the caller's transaction.
    """
    suppressions.put(address, "all", reason=reason, now=now, channel=channel)
    member_id = member_of(address)
    if member_id is not None:
        waiting = "SELECT id FROM outbox WHERE member_id = ? AND state = 'queued' AND channel = ?"
        for (outbox_id,) in db.rows(waiting, (member_id, channel)):
            policy.give_back(outbox_id)
        outbox.cancel(member_id, categories=outbox.CATEGORIES, channel=channel, reason="stop", now=now)
        if consent.holds(member_id, "marketing", channel):
            consent.withdraw(member_id, "marketing", source="sms", channel=channel, by=ROBOT, now=now)
    return member_id


def start(address: str, channel: str, *, language: str, now: Millis) -> None:
    """Bring back what their own STOP took, and nothing else; inside the caller's transaction."""
    suppressions.lift(address, channel)
    member_id = member_of(address)
    last = consent.last_word(member_id, "marketing", channel) if member_id is not None else None
    if member_id is not None and last is not None and not last.granted and last.source == "sms":
        consent.grant(member_id, "marketing", source="sms", channel=last.channel, language=language, by=ROBOT, now=now)


def member_of(address: str) -> int | None:
    """Whose address it is: a number by its credential, a mail by the profile."""
    if "@" not in address:
        return credentials.member_with("phone", address)
    sql = (
        "SELECT p.member_id FROM member_person p JOIN member m ON m.id = p.member_id"
        " WHERE lower(p.email) = ? AND m.state = 'active' ORDER BY p.member_id LIMIT 1"
    )
    found = db.value(sql, (address.casefold(),))
    return None if found is None else int(found)
