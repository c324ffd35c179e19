"""Consent: per purpose, with wording, time and place; withdrawn as easily as given."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from core.base import db, ids
from core.base.access import Actor, require_own
from core.base.clock import Millis
from core.base.i18n import N_
from core.books import audit, outbox

Purpose = Literal["membership", "service", "marketing", "profiling", "abroad"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)

PURPOSE_WORDS: dict[str, str] = {
    "membership": N_("membership"),
    "service": N_("notices"),
    "marketing": N_("offers"),
    "profiling": N_("suggestions"),
    "abroad": N_("sending abroad"),
}
"""What staff calls each purpose."""
WORDINGS: dict[str, str] = {
    "membership": N_("I want to be a member. The shop keeps what I buy and my points to run my membership."),
    "service": N_(
        "Send me receipts, codes and notices about my points and coupons, by text message, WhatsApp or e-mail."
    ),
    "marketing": N_(
        "Send me offers by text message, WhatsApp or e-mail. I can stop them at any time, by replying STOP,"
        " by the link in an e-mail or on my member page."
    ),
    "profiling": N_("Use my purchases to suggest what I may like."),
    "abroad": N_("Messages to my phone are sent by a company abroad (Twilio); my number is passed to it for that."),
}
"""What is agreed to from now on; each consent keeps the words it was given under."""
TEXTS_ONLY: dict[str, str] = {
    "service": N_("Send me receipts, codes and notices about my points and coupons by text message."),
    "marketing": N_("Send me offers by text message. I can stop them at any time by replying STOP."),
}
"""Words of before. They spoke of text messages, so a yes to them is none to WhatsApp or e-mail."""
BEYOND_TEXTS = ("whatsapp", "email")
FORMER = (
    *TEXTS_ONLY.values(),
    N_("Text messages are sent by a company abroad (Twilio); my number is passed to it for that."),
)
"""All words of before, which reports and copies still say."""


@dataclass(frozen=True)
class ConsentState:
    """What was last said about one purpose."""

    purpose: str
    granted: bool
    at: Millis
    source: str
    channel: str = ""
    wording: str = ""


def give(
    member_id: int, purposes: Iterable[Purpose], *, source: str, language: str, by: Actor, now: Millis,
    store_id: int | None = None, channel: str = "",
) -> None:  # fmt: skip
    """Record consent for purposes, by every channel or by one; inside the caller's transaction."""
    for purpose in purposes:
        _write(member_id, purpose, True, source=source, language=language, by=by, now=now, store_id=store_id,
               channel=channel)  # fmt: skip


Said = tuple[int, Purpose, bool, str, int | None, Millis]
"""What one member said: member, purpose, granted, language, store, when."""


def give_many(said: Iterable[Said], *, source: str, by: Actor) -> None:
    """Record what many members said once; inside the caller's transaction."""
    given = list(said)
    rows = [
        (id, member_id, purpose, int(granted), WORDINGS[purpose], language, source, store_id, at, by.tag)
        for id, (member_id, purpose, granted, language, store_id, at) in zip(
            ids.several(len(given)), given, strict=True
        )
    ]
    sql = (
        "INSERT INTO consent (id, member_id, purpose, granted, wording, language, source, store_id, at, actor)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    )
    db.run_many(sql, rows)


@db.atomic
def withdraw(
    member_id: int, purpose: Purpose, *, source: str, channel: str = "", by: Actor, now: Millis
) -> None:  # fmt: skip
    """Withdraw consent, for every channel or for one; what is queued under it is cancelled in the same transaction.

    Raises: NotAllowed.
    """
    _may_note(member_id, by)
    _write(member_id, purpose, False, source=source, language="", by=by, now=now, channel=channel)
    cancel_queued(member_id, purpose, channel=channel, now=now)
    after = {"purpose": purpose} | ({"channel": channel} if channel else {})
    audit.record("consent.withdrawn", "member", member_id, by=by, now=now, after=after)


def cancel_queued(member_id: int, purpose: str, *, channel: str = "", now: Millis) -> None:
    """Cancel what is queued under a consent that ended; inside the caller's transaction."""
    of_purpose: dict[str, tuple[str, ...]] = {
        "marketing": ("marketing", "gift_greeting"),
        "service": ("service", "greeting"),
    }
    if purpose in of_purpose:
        outbox.cancel(member_id, categories=of_purpose[purpose], channel=channel, reason="withdrawn", now=now)


def put(member_id: int, purpose: Purpose, granted: bool, *, channel: str = "", by: Actor, now: Millis) -> None:
    """Put what held before a merge back in force, in the words it was given under; inside the caller's transaction."""
    sql = (
        "SELECT wording FROM consent WHERE member_id = ? AND purpose = ? AND granted = 1 ORDER BY at DESC, id DESC"
        " LIMIT 1"
    )
    _write(member_id, purpose, granted, source="merge", language="", by=by, now=now, channel=channel,
           wording=db.value(sql, (member_id, purpose)))  # fmt: skip


@db.atomic
def grant(
    member_id: int, purpose: Purpose, *, source: str, language: str, channel: str = "", by: Actor, now: Millis
) -> None:  # fmt: skip
    """Give consent later, by the member's own hand or at the till; for every channel or for one. Raises: NotAllowed."""
    _may_note(member_id, by)
    _write(member_id, purpose, True, source=source, language=language, by=by, now=now, channel=channel)
    after = {"purpose": purpose} | ({"channel": channel} if channel else {})
    audit.record("consent.given", "member", member_id, by=by, now=now, after=after)


def _may_note(member_id: int, by: Actor) -> None:
    """Members themselves, who lets people join at a counter, and the reader of replies by text."""
    if by.kind != "job":
        require_own(by, member_id, "member.join")


def _write(
    member_id: int, purpose: Purpose, granted: bool, *, source: str, language: str, by: Actor, now: Millis,
    store_id: int | None = None, channel: str = "", wording: str | None = None,
) -> None:  # fmt: skip
    db.add(
        "consent",
        id=ids.new(),
        member_id=member_id,
        purpose=purpose,
        granted=int(granted),
        wording=wording or WORDINGS[purpose],
        language=language,
        source=source,
        store_id=store_id,
        at=now,
        actor=by.tag,
        channel=channel,
    )


def _said(member_id: int) -> list[ConsentState]:
    """Everything ever said, in its order."""
    sql = "SELECT purpose, granted, at, source, channel, wording FROM consent WHERE member_id = ? ORDER BY at, id"
    return [ConsentState(row[0], bool(row[1]), *row[2:]) for row in db.rows(sql, (member_id,))]


def states(member_id: int) -> list[ConsentState]:
    """The last word on each purpose that was ever asked, for every channel that has no word of its own."""
    last = {one.purpose: one for one in _said(member_id) if not one.channel}
    return [last[purpose] for purpose in WORDINGS if purpose in last]


def by_channel(member_id: int) -> list[ConsentState]:
    """The words on single channels that stand, because nothing was said on all of them since."""
    last: dict[tuple[str, str], ConsentState] = {}
    for one in _said(member_id):
        if one.channel:
            last[one.purpose, one.channel] = one
        else:
            last = {key: word for key, word in last.items() if key[0] != one.purpose}
    return list(last.values())


def last_word(member_id: int, purpose: str, channel: str = "") -> ConsentState | None:
    """What was last said about a purpose that counts for a channel; '' asks for all that have no word of their own."""
    sql = (
        "SELECT purpose, granted, at, source, channel, wording FROM consent WHERE member_id = ? AND purpose = ?"
        " AND channel IN ('', ?) ORDER BY at DESC, id DESC LIMIT 1"
    )
    row = db.one(sql, (member_id, purpose, channel))
    return None if row is None else ConsentState(row[0], bool(row[1]), *row[2:])


def holds(member_id: int, purpose: str, channel: str = "") -> bool:
    """Whether consent for a purpose stands by a channel; a general yes covers the channels its words name."""
    last = last_word(member_id, purpose, channel)
    return last is not None and last.granted and covers(purpose, last.wording, last.channel, by=channel)


def covers(purpose: str, wording: str, given_for: str, *, by: str) -> bool:
    """Whether a yes covers a channel: one for that channel does, a general one if its words speak of it."""
    return bool(given_for) or by not in BEYOND_TEXTS or wording != TEXTS_ONLY.get(purpose)
