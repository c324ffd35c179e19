"""Coupons set aside 预留: kept for one order until a sale uses them, their time is over or they are given free.

An online shop sets a coupon aside when its customer begins to pay, and names the hold in the sale; what was
sold in a system of its own is captured without one. A coupon whose validity passes meanwhile is still good
for whoever set it aside.
"""

from dataclasses import dataclass

from core.base import db, ids
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Refused
from core.base.i18n import N_
from core.books import audit, locks, requests, rules
from core.books.holds import HoldUnknown, check_held, check_open
from core.loyalty import coupons
from core.loyalty.coupons import CouponGone, CouponProofNeeded, CouponUnknown
from core.loyalty.reserves import ReserveTooShort


@dataclass(frozen=True)
class CouponHold:
    """A coupon that is, or was, set aside; `sale_id` is the sale that used it, if one did."""

    id: int
    coupon_id: int
    member_id: int
    state: str
    lapses_at: Millis
    ended_at: Millis | None
    sale_id: int | None
    ref_kind: str
    ref_id: int


class CouponHeld(Refused):
    """Somebody set the coupon aside already."""

    code = "coupon_held"
    text = N_("Coupon {code} is set aside for another order until {until_at}. Wait, or let that order give it free.")


_SELECT = (
    "SELECT h.id, h.coupon_id, c.member_id, h.state, h.lapses_at, h.ended_at, h.sale_id, h.ref_kind, h.ref_id"
    " FROM coupon_hold h JOIN coupon c ON c.id = h.coupon_id WHERE "
)


def of(hold_id: int) -> CouponHold:
    """A hold as it stands. Raises: HoldUnknown."""
    found = db.one(f"{_SELECT}h.id = ?", (hold_id,))
    if found is None:
        raise HoldUnknown(hold=str(hold_id))
    return CouponHold(*found)


def known(hold_id: int) -> bool:
    """Whether a coupon, and not an amount, was set aside under this number."""
    return db.value("SELECT 1 FROM coupon_hold WHERE id = ?", (hold_id,)) is not None


def owner(coupon_id: int) -> int:
    """Whose coupon it is. Raises: CouponUnknown."""
    found: int | None = db.value("SELECT member_id FROM coupon WHERE id = ?", (coupon_id,))
    if found is None:
        raise CouponUnknown(what=str(coupon_id))
    return found


def held_by(member_id: int) -> list[CouponHold]:
    """What is set aside of a member's coupons, the first to lapse first."""
    found = db.rows(f"{_SELECT}c.member_id = ? AND h.state = 'held' ORDER BY h.lapses_at, h.id", (member_id,))
    return [CouponHold(*row) for row in found]


@db.atomic
def hold(
    coupon_id: int,
    *,
    lapses_at: Millis,
    ref: tuple[str, int],
    by: Actor,
    now: Millis,
    proved: bool = False,
    key: str | None = None,
) -> int:
    """Set a coupon aside for a document `ref`; the hold's id. The same key gives the same hold.

    Where coupons need the member's proof, `proved` is the door's word for it.

    Raises: NotAllowed, CouponProofNeeded, ReserveTooShort, CouponUnknown, CouponGone, CouponHeld, KeyReused,
    MemberBlocked …
    """
    require(by, "sell")
    if rules.current(now=now).coupon_proof and not proved and not by.may("adjust"):
        raise CouponProofNeeded(field="proof_code")
    if lapses_at <= now:
        raise ReserveTooShort(field="lapses_at", lapses_at=lapses_at)

    def do() -> int:
        coupon = _locked(coupon_id)
        if coupon.state != "issued" or coupon.valid_until_at <= now:
            raise CouponGone(code=coupon.code)
        if coupon.held_until_at > now:
            raise CouponHeld(code=coupon.code, until_at=coupon.held_until_at)
        if coupon.hold_id:
            _end(of(coupon.hold_id), "lapsed", by, now)
        hold_id = ids.new()
        db.add(
            "coupon_hold", id=hold_id, coupon_id=coupon_id, state="held", lapses_at=lapses_at,
            ref_kind=ref[0], ref_id=ref[1], at=now, actor=by.tag,
        )  # fmt: skip
        after = {"coupon": str(coupon_id), "for": f"{ref[0]} {ref[1]}"}
        audit.record("coupon.reserved", "coupon_hold", hold_id, by=by, now=now, after=after)
        return hold_id

    request = {"coupon": coupon_id, "ref": ref}
    return requests.once(key, do, scope=f"{by.tag}/coupon-hold", request=request, now=now)


def _locked(coupon_id: int) -> coupons.Coupon:
    """The coupon as it stands once its member is locked. Raises: CouponUnknown, MemberBlocked …"""
    member_id = owner(coupon_id)
    locks.hold(member_id)
    found = coupons.many([coupon_id])[coupon_id]
    if found.member_id != member_id:  # passed on to another member while we waited
        raise CouponGone(code=found.code)
    return found


@db.atomic
def capture(hold_id: int, *, by: Actor, now: Millis, store_id: int | None = None, key: str | None = None) -> None:
    """Use the coupon for what was sold elsewhere; a sale of ours names the hold instead.

    Raises: NotAllowed, HoldUnknown, HoldOver, CouponGone, KeyReused, MemberBlocked …
    """
    require(by, "sell", store_id=store_id)

    def do() -> int:
        coupon = _locked(of(hold_id).coupon_id)
        held = _still_open(hold_id, now)
        coupons.use_up(coupon, now=now)
        _end(held, "captured", by, now, store_id=store_id)
        return hold_id

    requests.once(key, do, scope=f"{by.tag}/coupon-capture", request={"hold": hold_id}, now=now)


@db.atomic
def release(hold_id: int, *, by: Actor, now: Millis) -> None:
    """Give the coupon free. Raises: NotAllowed, HoldUnknown, HoldOver."""
    require(by, "sell")
    locks.hold(beside=(of(hold_id).member_id,))
    held = of(hold_id)
    check_held(held.state, held.ended_at)
    _end(held, "released", by, now)


def lapse_due(*, by: Actor, now: Millis, limit: int = 500) -> int:
    """Give free the coupons that were set aside for too long, each in a transaction of its own; how many."""
    sql = "SELECT id FROM coupon_hold WHERE state = 'held' AND lapses_at <= ? ORDER BY lapses_at, id LIMIT ?"
    ended = 0
    while found := db.rows(sql, (now, limit)):
        ended += sum(_lapse(hold_id, by=by, now=now) for (hold_id,) in found)
    return ended


@db.atomic
def _lapse(hold_id: int, *, by: Actor, now: Millis) -> bool:
    locks.hold(beside=(of(hold_id).member_id,))
    held = of(hold_id)
    if held.state != "held":
        return False
    _end(held, "lapsed", by, now)
    return True


def _still_open(hold_id: int, now: Millis) -> CouponHold:
    held = of(hold_id)
    check_open(held.state, held.ended_at, held.lapses_at, now=now)
    return held


def _end(held: CouponHold, state: str, by: Actor, now: Millis, *, store_id: int | None = None) -> None:
    db.run("UPDATE coupon_hold SET state = ?, ended_at = ? WHERE id = ?", (state, now, held.id))
    after = {"coupon": str(held.coupon_id), "for": f"{held.ref_kind} {held.ref_id}"}
    audit.record(f"coupon.{state}", "coupon_hold", held.id, by=by, now=now, store_id=store_id, after=after)
