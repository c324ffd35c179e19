"""Blank cards: numbers that are printed before they have a member, handed out and bound when someone joins."""

from dataclasses import dataclass

from core.base import codes, db, ids
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid, NotFound, Refused
from core.base.i18n import N_
from core.books import audit
from core.people import credentials

MOST = 1000


@dataclass(frozen=True)
class Batch:
    """Cards made at once, and how many of them are in which state."""

    id: int
    made_at: Millis
    blank: int
    used: int
    void: int


class BlankCount(Invalid):
    """So many cards are not made at once."""

    code = "blank_count"
    text = N_("1 to {most} cards are made at once, not {given}. Make several batches.")


class BlankUnknown(NotFound):
    """No blank card has this number."""

    code = "blank_unknown"
    text = N_("{card} is not a card that was printed for new members. Scan it again, or leave the card out.")


class BlankUsed(Refused):
    """A blank card becomes a member's once."""

    code = "blank_used"
    text = N_("Card {card} was given to a member before. Scan it to find them, and take another card.")


class BlankVoid(Refused):
    """The card was declared void."""

    code = "blank_void"
    text = N_("Card {card} was declared void. Put it aside and take another one.")


class BatchUnknown(NotFound):
    """No batch of cards has this number."""

    code = "batch_unknown"
    text = N_("There is no batch {batch} of cards. `regulars cards list` shows them all.")


@db.atomic
def make(count: int, *, by: Actor, now: Millis) -> int:
    """Make numbers for so many cards; the batch they are in. Raises: NotAllowed, BlankCount."""
    require(by, "member.edit")
    if not 1 <= count <= MOST:
        raise BlankCount(field="count", most=MOST, given=count)
    batch_id, fresh = ids.new(), {codes.new_card() for _ in range(count)}
    while len(fresh) < count:
        fresh.add(codes.new_card())
    shared = {"batch_id": batch_id, "state": "blank", "made_at": now}
    db.add_many("blank_card", [{"card": card, "place": place} | shared for place, card in enumerate(sorted(fresh), 1)])
    audit.record("cards.made", "card_batch", batch_id, by=by, now=now, after={"count": count})
    return batch_id


def batches(*, by: Actor) -> list[Batch]:
    """Every batch, the newest first. Raises: NotAllowed."""
    require(by, "member.edit")
    sums = ", ".join(f"count(CASE WHEN state = '{state}' THEN 1 END)" for state in ("blank", "used", "void"))
    sql = f"SELECT batch_id, min(made_at), {sums} FROM blank_card GROUP BY batch_id ORDER BY batch_id DESC"
    return [Batch(*row) for row in db.rows(sql)]


def blank_of(batch_id: int, *, by: Actor) -> list[str]:
    """The numbers of a batch that are still blank, in their order. Raises: NotAllowed, BatchUnknown."""
    require(by, "member.edit")
    found = db.rows("SELECT card, state FROM blank_card WHERE batch_id = ? ORDER BY place", (batch_id,))
    if not found:
        raise BatchUnknown(batch=str(batch_id))
    return [card for card, state in found if state == "blank"]


@db.atomic
def void(batch_id: int, *, by: Actor, now: Millis) -> int:
    """Declare the cards of a batch that are still blank void; how many. Raises: NotAllowed, BatchUnknown."""
    count = len(blank_of(batch_id, by=by))
    sql = "UPDATE blank_card SET state = 'void', ended_at = ? WHERE batch_id = ? AND state = 'blank'"
    count = db.change(sql, (now, batch_id)) if count else 0
    audit.record("cards.void", "card_batch", batch_id, by=by, now=now, after={"count": count})
    return count


def grouped(card: str) -> str:
    """A card's number as it is printed: 'C1.7K3M9QXV2B8DT' → '7K3M 9QXV 2B8DT'."""
    bare = card.removeprefix("C1.")
    return f"{bare[:4]} {bare[4:8]} {bare[8:]}"


def read(typed: str) -> str | None:
    """The number as scanned, or typed from the card with or without spaces; None if it cannot be one."""
    bare = "".join(typed.split()).replace("-", "").upper().removeprefix("C1.")
    code = codes.parse(f"C1.{bare}")
    return None if code is None else code.body


def bind(typed: str, member_id: int, *, now: Millis) -> str:
    """Let a blank card be a member's card; its number. Inside the caller's transaction.

    Raises: BlankUnknown, BlankUsed, BlankVoid.
    """
    card = read(typed)
    sql = "UPDATE blank_card SET state = 'used', ended_at = ? WHERE card = ? AND state = 'blank'"
    if card is not None and db.change(sql, (now, card)):
        if credentials.add(member_id, "card", card, now=now):
            return card
        raise BlankUsed(field="card", card=grouped(card))
    state = db.value("SELECT state FROM blank_card WHERE card = ?", (card,)) if card else None
    if card is None or state is None:
        raise BlankUnknown(field="card", what="card", card=typed[:24])
    raise (
        BlankVoid(field="card", card=grouped(card)) if state == "void" else BlankUsed(field="card", card=grouped(card))
    )
