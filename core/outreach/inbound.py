"""Replies: STOP ends messages at once, START brings back what STOP took, the rest is kept for staff."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from core.base import db
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import NotFound
from core.base.i18n import N_
from core.books import alerts, audit, outbox
from core.outreach import stopping, suppressions

STOP = frozenset("stop stopall unsubscribe cancel end quit revoke optout td t 退订 退訂 拒收".split())
START = frozenset("start unstop yes 订阅 訂閱".split())
HELP = frozenset("help info 帮助 幫助".split())
MENTIONS = re.compile(
    r"\b(?:stop|stopall|unsubscribe|cancel|quit|revoke|optout|opt out|td)\b|退订|退訂|拒收|取消|停止|别再发|不要再发"
)
"""Words in a longer text by which somebody may mean STOP; a person decides."""
LONGEST = 1600

ROBOT = stopping.ROBOT
Word = Literal["stop", "start", "help", "asks", "other"]


@dataclass(frozen=True)
class Reply:
    """A reply that waits for staff, or was dealt with."""

    sid: str
    at: Millis
    member_id: int | None
    name: str
    channel: str
    word: Word
    body: str
    handled_at: Millis | None


class ReplyUnknown(NotFound):
    """No reply with words is kept under this name."""

    code = "reply_unknown"
    text = N_("This reply is not kept any more. Look at the list again.")


def word_of(body: str) -> Word:
    """What a reply says, after folding widths, case and punctuation: a whole word, or words around one ('asks')."""
    folded = unicodedata.normalize("NFKC", body).casefold()
    bare = "".join(char for char in folded if char.isalnum())
    if bare in STOP:
        return "stop"
    if bare in START:
        return "start"
    if bare in HELP:
        return "help"
    return "asks" if MENTIONS.search(folded) else "other"


@db.atomic
def forget_before(moment: Millis) -> int:
    """Drop replies and status reports of before a moment; how many. What was asked by them holds on."""
    db.run("DELETE FROM delivery_status WHERE at < ?", (moment,))
    return db.change("DELETE FROM inbound WHERE at < ?", (moment,))


def forget(member_id: int, address: str | None) -> None:
    """Empty the words of replies by a member or from an address; inside the caller's transaction."""
    db.run("UPDATE inbound SET body = NULL WHERE member_id = ?", (member_id,))
    if address is not None:
        db.run("UPDATE inbound SET body = NULL WHERE address_hash = ?", (suppressions.address_hash(address),))


@db.atomic
def receive(*, sid: str, from_: str, body: str, opt_out_type: str | None, now: Millis, channel: str = "sms") -> str:
    """Take one reply in, once; the provider's own word for opting out is trusted first.

    Only the words of a text that says more than STOP, START or HELP are kept, for staff.
    """
    if from_.startswith("whatsapp:"):
        channel, from_ = "whatsapp", from_.removeprefix("whatsapp:")
    known = (opt_out_type or "").lower()
    word = known if known in ("stop", "start", "help") else word_of(body)
    member_id, kept = stopping.member_of(from_), body[:LONGEST].strip() if word in ("asks", "other") else ""
    fresh = db.change(
        "INSERT INTO inbound (sid, address_hash, member_id, word, at, channel, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (sid) DO NOTHING",
        (sid, suppressions.address_hash(from_), member_id, word, now, channel, kept or None),
    )
    if not fresh:
        return "repeated"
    if word == "stop":
        stopping.stop(from_, channel, reason="stop", now=now)
    if word == "start":
        language = outbox.language_of(member_id, now=now) if member_id is not None else ""
        stopping.start(from_, channel, language=language, now=now)
    if word == "asks":
        alerts.note("reply", channel, now=now)
    return word


# --- for staff -------------------------------------------------------------------------------------


def replies(*, by: Actor, waiting: bool = True, before_sid: str | None = None, limit: int = 100) -> list[Reply]:
    """Replies with words of their own, newest first, a keyset page at a time. Raises: NotAllowed."""
    require(by, "care")
    open_only = " AND i.handled_at IS NULL" if waiting else ""
    page = " AND (i.at, i.sid) < (SELECT b.at, b.sid FROM inbound b WHERE b.sid = ?)" if before_sid else ""
    found = db.rows(
        "SELECT i.sid, i.at, i.member_id, coalesce(p.name, ''), i.channel, i.word, i.body, i.handled_at FROM inbound i"
        " LEFT JOIN member_person p ON p.member_id = i.member_id"
        f" WHERE i.body IS NOT NULL{open_only}{page} ORDER BY i.at DESC, i.sid DESC LIMIT ?",
        (*([before_sid] if before_sid else []), limit),
    )
    return [Reply(*row) for row in found]


@db.atomic
def handle(sid: str, *, stops: bool = False, by: Actor, now: Millis) -> None:
    """Note that staff dealt with a reply; `stops`: its writer meant STOP. Raises: NotAllowed, ReplyUnknown."""
    require(by, "care")
    row = db.one("SELECT channel, member_id FROM inbound WHERE sid = ? AND body IS NOT NULL", (sid,))
    if row is None:
        raise ReplyUnknown(what=sid[:40])
    db.run("UPDATE inbound SET handled_at = ?, handled_by = ? WHERE sid = ?", (now, by.tag, sid))
    address = db.value("SELECT phone FROM member_person WHERE member_id = ?", (row[1],)) if row[1] else None
    if stops and address:
        stopping.stop(address, row[0], reason="stop", now=now)
    audit.record("reply.handled", "member", row[1] or 0, by=by, now=now, after={"stops": stops})


def hand_over(sid: str, *, by: Actor, now: Millis) -> None:
    """Note that a reply is dealt with elsewhere, on a ticket; inside the caller's transaction."""
    db.run("UPDATE inbound SET handled_at = ?, handled_by = ? WHERE sid = ?", (now, by.tag, sid))
