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
    "service": N_("Send me receipts, codes and notices about my points and coupons by text message."),
    "marketing": N_("Send me offers by text message. I can stop them at any time by replying STOP."),
    "profiling": N_("Use my purchases to suggest what I may like."),
    "abroad": N_("Text messages are sent by a company abroad (Twilio); my number is passed to it for that."),
}


@dataclass(frozen=True)
class ConsentState:
    """What was last said about one purpose."""

    purpose: str
    granted: bool
    at: Millis
    source: str


def give(
    member_id: int, purposes: Iterable[Purpose], *, source: str, language: str, by: Actor, now: Millis,
    store_id: int | None = None,
) -> None:  # fmt: skip
    """Record consent for purposes; inside the caller's transaction."""
    for purpose in purposes:
        _write(member_id, purpose, True, source=source, language=language, by=by, now=now, store_id=store_id)


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
def withdraw(member_id: int, purpose: Purpose, *, source: str, by: Actor, now: Millis) -> None:
    """Withdraw consent; what is queued under it is cancelled in the same transaction. Raises: NotAllowed."""
    _may_note(member_id, by)
    _write(member_id, purpose, False, source=source, language="", by=by, now=now)
    cancel_queued(member_id, purpose, now=now)
    audit.record("consent.withdrawn", "member", member_id, by=by, now=now, after={"purpose": purpose})


def cancel_queued(member_id: int, purpose: str, *, now: Millis) -> None:
    """Cancel what is queued under a consent that ended; inside the caller's transaction."""
    if purpose == "marketing":
        outbox.cancel(member_id, categories=("marketing", "gift_greeting"), reason="withdrawn", now=now)
    if purpose == "service":
        outbox.cancel(member_id, categories=("service", "greeting"), reason="withdrawn", now=now)


def put(member_id: int, purpose: Purpose, granted: bool, *, by: Actor, now: Millis) -> None:
    """Put what held before a merge back in force; inside the caller's transaction."""
    _write(member_id, purpose, granted, source="merge", language="", by=by, now=now)


@db.atomic
def grant(member_id: int, purpose: Purpose, *, source: str, language: str, by: Actor, now: Millis) -> None:
    """Give consent later, by the member's own hand or at the till. Raises: NotAllowed."""
    _may_note(member_id, by)
    _write(member_id, purpose, True, source=source, language=language, by=by, now=now)
    audit.record("consent.given", "member", member_id, by=by, now=now, after={"purpose": purpose})


def _may_note(member_id: int, by: Actor) -> None:
    """Members themselves, who lets people join at a counter, and the reader of replies by text."""
    if by.kind != "job":
        require_own(by, member_id, "member.join")


def _write(
    member_id: int, purpose: Purpose, granted: bool, *, source: str, language: str, by: Actor, now: Millis,
    store_id: int | None = None,
) -> None:  # fmt: skip
    db.add(
        "consent",
        id=ids.new(),
        member_id=member_id,
        purpose=purpose,
        granted=int(granted),
        wording=WORDINGS[purpose],
        language=language,
        source=source,
        store_id=store_id,
        at=now,
        actor=by.tag,
    )


def states(member_id: int) -> list[ConsentState]:
    """The last word on each purpose that was ever asked."""
    found = db.rows(
        "SELECT purpose, granted, at, source FROM consent WHERE member_id = ? ORDER BY at, id", (member_id,)
    )
    last = {row[0]: ConsentState(row[0], bool(row[1]), row[2], row[3]) for row in found}
    return [last[purpose] for purpose in WORDINGS if purpose in last]


def holds(member_id: int, purpose: str) -> bool:
    """Whether consent for a purpose stands."""
    sql = "SELECT granted FROM consent WHERE member_id = ? AND purpose = ? ORDER BY at DESC, id DESC LIMIT 1"
    return bool(db.value(sql, (member_id, purpose)))
