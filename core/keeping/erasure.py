"""Erasure 注销: a member leaves for good. What names a person goes; books, sales and balances stay, about nobody.

In two steps: `preview` says what is lost, with a mark of how things stand; `erase` refuses if anything
happened since that mark.
"""

from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256

from core.base import db
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Refused
from core.base.i18n import N_
from core.books import audit, locks, outbox
from core.giving import joins
from core.insight import profiles, warnings
from core.loyalty import passes
from core.outreach import inbound
from core.people import cards, credentials, forgetting
from core.people.credentials import FreshProofNeeded, Proof
from core.selling import parking
from core.service import carrying as served


@dataclass(frozen=True)
class Losses:
    """What ends with a membership; `mark` changes with every purchase and every move of value."""

    points: int
    stored_cents: int
    coupons: int
    pass_uses: int
    mark: str


class ErasureOvertaken(Refused):
    """Something happened between the preview and the answer."""

    code = "erasure_overtaken"
    text = N_("Something changed on this membership in between, so nothing was deleted. Look at it again, then decide.")


class StoredValueLeft(Refused):
    """Money that was paid in is still there."""

    code = "stored_value_left"
    text = N_(
        "{stored_cents} of stored value is still yours. "
        "Spend it or ask for it at the till, or tick that you give it up."
    )


def preview(member_id: int, *, now: Millis) -> Losses:
    """What would be lost now. Raises: MemberUnknown."""
    with db.read():
        card = cards.own_card(member_id, now=now)
        uses = sum(one.left for one in passes.held_by(member_id, now=now))
        stored = card.wallet.total_cents
        return Losses(card.points.balance, stored, len(card.coupons), uses, _mark(member_id))


def _mark(member_id: int) -> str:
    # counted, for ids come in blocks: a row written later by another process may have a lower one
    last = db.one(
        "SELECT (SELECT count(*) FROM entry e JOIN account a ON a.id = e.account_id WHERE a.member_id = ?),"
        " (SELECT count(*) FROM sale WHERE member_id = ?), (SELECT count(*) FROM coupon WHERE member_id = ?),"
        " (SELECT version FROM member WHERE id = ?)",
        (member_id,) * 4,
    )
    return sha256(repr(last).encode()).hexdigest()[:16]


def erase(
    member_id: int, *, mark: str, give_up: bool = False, proof: Proof | None = None, by: Actor, now: Millis
) -> None:
    """Delete whatever names a person; the mark is the one of the preview that was looked at.

    Members do it themselves with a fresh code, staff with a right of its own. Afterwards SQLite's log is emptied too,
    at once or, while somebody reads, by the next run of a job. Raises: NotAllowed, FreshProofNeeded, StoredValueLeft,
    ErasureOvertaken, MemberUnknown …
    """
    _erase(member_id, mark, give_up, proof, by, now)
    if not db.in_transaction():
        with suppress(db.WriterStuck):  # they are gone; the hourly job empties the log
            db.take_up_log()


@db.atomic
def _erase(member_id: int, mark: str, give_up: bool, proof: Proof | None, by: Actor, now: Millis) -> None:
    check_own(member_id, "erase", proof=proof, by=by, now=now)
    locks.hold(member_id)
    losses = preview(member_id, now=now)
    if losses.mark != mark:
        raise ErasureOvertaken()
    if losses.stored_cents and not give_up:
        raise StoredValueLeft(stored_cents=losses.stored_cents, field="give_up")
    outbox.cancel(member_id, categories=outbox.CATEGORIES, reason="erased", now=now)
    for number in credentials.all_numbers(member_id):
        outbox.forget(member_id, number)
        inbound.forget(member_id, number)
    outbox.forget(member_id, None)
    inbound.forget(member_id, None)
    warnings.close_all(member_id, now=now)
    served.forget(member_id, by=by, now=now)
    profiles.forget(member_id)
    parking.forget(member_id)
    joins.forget(member_id)
    forgetting.forget(member_id, now=now)
    after = {"points": losses.points, "stored_cents": losses.stored_cents}
    audit.record("member.erased", "member", member_id, by=by, now=now, after=after)


def check_own(member_id: int, what: str, *, proof: Proof | None, by: Actor, now: Millis) -> None:
    """Raise unless staff may do this to a member, or the member proved just now who they are."""
    if by.kind != "member":
        require(by, "member.erase")
    elif by.id != member_id or proof is None or proof.member_id != member_id or not proof.allows(what, now=now):
        raise FreshProofNeeded(right="member.erase")
