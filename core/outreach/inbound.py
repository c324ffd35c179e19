"""Replies: STOP ends messages at once, START brings back what STOP took, the rest is kept for staff."""

import unicodedata
from typing import Literal

from core.base import db
from core.base.access import Actor
from core.base.clock import Millis
from core.books import outbox
from core.outreach import delivery, policy
from core.people import consent, credentials

STOP = frozenset("stop unsubscribe cancel end quit revoke optout td t 退订 退訂 拒收".split())
START = frozenset("start yes 订阅".split())
HELP = frozenset("help 帮助".split())

ROBOT = Actor(kind="job", id=0, name="inbound", door="scheduler", rights=frozenset({"care"}))


def word_of(body: str) -> Literal["stop", "start", "help", "other"]:
    """What a whole reply says, after folding widths, case and punctuation."""
    folded = unicodedata.normalize("NFKC", body).casefold()
    bare = "".join(char for char in folded if char.isalnum())
    for word, words in (("stop", STOP), ("start", START), ("help", HELP)):
        if bare in words:
            return word  # type: ignore[return-value]
    return "other"


@db.atomic
def forget_before(moment: Millis) -> int:
    """Drop replies and status reports of before a moment; how many. What was asked by them holds on."""
    db.run("DELETE FROM delivery_status WHERE at < ?", (moment,))
    return db.change("DELETE FROM inbound WHERE at < ?", (moment,))


@db.atomic
def receive(*, sid: str, from_: str, body: str, opt_out_type: str | None, now: Millis) -> str:
    """Take one reply in, once; the provider's own word for opting out is trusted first."""
    word = (opt_out_type or "").lower() if opt_out_type in ("STOP", "START", "HELP") else word_of(body)
    member_id = credentials.member_with("phone", from_)
    fresh = db.change(
        "INSERT INTO inbound (sid, address_hash, member_id, word, at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (sid) DO NOTHING",
        (sid, policy.address_hash(from_), member_id, word, now),
    )
    if not fresh:
        return "repeated"
    if word == "stop":
        delivery.suppress(from_, "all", reason="stop", now=now)
        if member_id is not None:
            consent.withdraw(member_id, "marketing", source="sms", by=ROBOT, now=now)
            categories = ("service", "greeting", "gift_greeting", "marketing")
            outbox.cancel(member_id, categories=categories, reason="stop", now=now)
    if word == "start":
        sql = "DELETE FROM suppression WHERE address_hash = ? AND reason IN ('stop', 'opted_out')"
        db.run(sql, (policy.address_hash(from_),))
    return word
