"""Reserves 预留: points or stored value set aside for one purpose, then used to the last unit or given free.

A member sets aside their own; staff who may adjust points do it for them. Until its time is over a reserve
can be used even if points of it have expired meanwhile; a refund that finds nothing else takes it back.
"""

from core.base import db
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid
from core.base.i18n import N_
from core.books import accounts, audit, holds, locks, posting, requests
from core.books.holds import Hold
from core.books.posting import Asset, Cause
from core.loyalty import wallet
from core.loyalty.points import SpendProofNeeded


class ReserveTooShort(Invalid):
    """A reserve must last beyond now."""

    code = "reserve_too_short"
    text = N_("What is set aside must be kept for longer than until {lapses_at}. Choose a later time.")


@db.atomic
def reserve(
    member_id: int,
    amount: int,
    *,
    lapses_at: Millis,
    ref: tuple[str, int],
    by: Actor,
    now: Millis,
    asset: Asset = "points",
    proved: bool = False,
    key: str | None = None,
) -> int:
    """Set points (or cents of principal or bonus) aside for a document `ref`; the reserve's id.

    The same key gives the same reserve. Whoever may not adjust needs the member's proof, `proved` by the door.

    Raises: NotAllowed, SpendProofNeeded, AmountInvalid, ReserveTooShort, NotEnoughPoints, NotEnoughStored, KeyReused,
    MemberUnknown, MemberBlocked …
    """
    if not by.may("adjust"):
        _check_right(member_id, "sell", by)
        if not proved and (by.kind, by.id) != ("member", member_id):
            raise SpendProofNeeded(field="proof_code", points=amount)
    accounts.check_amount(amount, "amount")
    if lapses_at <= now:
        raise ReserveTooShort(field="lapses_at", lapses_at=lapses_at)

    def do() -> int:
        locks.hold(member_id)
        cause = Cause("hold", *ref, by, now)
        hold_id = holds.place(posting.account(member_id, asset), amount, cause, lapses_at=lapses_at)
        after = {"member": str(member_id), asset: amount, "for": f"{ref[0]} {ref[1]}"}
        audit.record("value.reserved", "hold", hold_id, by=by, now=now, after=after)
        return hold_id

    request = {"member": member_id, "asset": asset, "amount": amount, "ref": ref}
    return requests.once(key, do, scope=f"{by.tag}/reserve", request=request, now=now)


@db.atomic
def capture(hold_id: int, cause: Cause, *, key: str | None = None) -> int:
    """Use what was set aside, to the last unit; the entry's id. The same key gives the same entry.

    Raises: NotAllowed, HoldUnknown, HoldOver, KeyReused, MemberBlocked …
    """
    by, now, member_id = cause.by, cause.now, holds.owner(hold_id)
    _check_right(member_id, "sell", by, store_id=cause.store_id)

    def do() -> int:
        locks.hold(member_id)
        entry_id = posting.capture(hold_id, cause)
        if holds.of(hold_id).asset != "points":
            wallet.tell(member_id, f"wallet:hold:{hold_id}", now=now)
        _record("value.captured", holds.of(hold_id), by, now, store_id=cause.store_id)
        return entry_id

    request = {"hold": hold_id, "kind": cause.kind, "ref": [cause.ref_kind, cause.ref_id]}
    return requests.once(key, do, scope=f"{by.tag}/capture", request=request, now=now)


@db.atomic
def release(hold_id: int, *, by: Actor, now: Millis) -> None:
    """Give free what was set aside. What has expired meanwhile lapses with the next sweep.

    Raises: NotAllowed, HoldUnknown, HoldOver.
    """
    member_id = holds.owner(hold_id)
    _check_right(member_id, "sell", by)
    locks.hold(beside=(member_id,))
    _record("value.released", holds.end(hold_id, "released", now=now), by, now)


def lapse_due(*, by: Actor, now: Millis, limit: int = 500) -> int:
    """Give free what was set aside for too long, each in a transaction of its own; how many."""
    ended = 0
    while found := holds.due(now=now, limit=limit):
        ended += sum(_lapse(hold_id, member_id, by=by, now=now) for hold_id, member_id in found)
    return ended


@db.atomic
def _lapse(hold_id: int, member_id: int, *, by: Actor, now: Millis) -> bool:
    locks.hold(beside=(member_id,))
    if holds.of(hold_id).state != "held":
        return False
    _record("value.lapsed", holds.end(hold_id, "lapsed", now=now), by, now)
    return True


def held_by(member_id: int) -> list[Hold]:
    """What is set aside for a member now, the first to lapse first."""
    sql = (
        "SELECT h.id FROM hold h JOIN account a ON a.id = h.account_id WHERE a.member_id = ? AND h.state = 'held'"
        " ORDER BY h.lapses_at, h.id"
    )
    with db.read():
        return [holds.of(hold_id) for (hold_id,) in db.rows(sql, (member_id,))]


def _check_right(member_id: int, right: str, by: Actor, *, store_id: int | None = None) -> None:
    """A member acts for themselves; everyone else needs the right. Raises: NotAllowed."""
    if (by.kind, by.id) != ("member", member_id):
        require(by, right, store_id=store_id)


def _record(action: str, held: Hold, by: Actor, now: Millis, *, store_id: int | None = None) -> None:
    after = {"member": str(held.member_id), held.asset: held.amount, "for": f"{held.ref_kind} {held.ref_id}"}
    audit.record(action, "hold", held.id, by=by, now=now, store_id=store_id, after=after)
