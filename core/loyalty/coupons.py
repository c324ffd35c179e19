"""Coupons 优惠券: kinds with their terms, and the vouchers issued from them to one member each."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from core.base import clock, codes, db, ids
from core.base.access import Actor, require
from core.base.clock import DAY, Millis
from core.base.errors import Invalid, NotFound, Refused
from core.base.i18n import N_, T, Text
from core.books import audit, events, locks, requests, rules
from core.loyalty import limits
from core.loyalty.limits import Limits

FREE = frozenset({"product", "gift", "service"})
"""Effects that make pieces free."""


@dataclass(frozen=True, kw_only=True)
class Terms(Limits):
    """What a coupon takes off; when, where and for whom stands in `Limits`. Empty means no limit.

    'amount' `off_cents`, 'percent' `off_bp` up to `cap_cents`, both off the lines it is for together;
    'product' and 'service' make `pieces` of the products (service items) free, 'gift' does when the
    rest of the bill reaches the threshold; `cap_cents` bounds what is free. `uses` sales can be paid
    with one coupon. It starts after `starts_after_days`. `not_with` names groups, 'promotion', 'tier'.
    """

    effect: Literal["amount", "percent", "product", "gift", "service"]
    off_cents: int = 0
    off_bp: int = 0
    cap_cents: int = 0
    threshold_cents: int = 0
    threshold_pieces: int = 0
    pieces: int = 1
    uses: int = 1
    starts_after_days: int = 0
    transferable: bool = False
    exclusive: bool = False
    group: str = ""
    not_with: tuple[str, ...] = ()


@dataclass(frozen=True)
class CouponKind:
    """A coupon template 券模板."""

    id: int
    name: str
    terms: Terms
    valid_days: int
    active: bool = True


@dataclass(frozen=True)
class Coupon:
    """One issued voucher; `hold_id` is the hold that keeps it for one order, until `held_until_at`."""

    id: int
    code: str
    kind: CouponKind
    member_id: int
    state: str
    valid_from_at: Millis
    valid_until_at: Millis
    uses_left: int = 1
    hold_id: int = 0
    held_until_at: int = 0


class CouponTermsInvalid(Invalid):
    """The terms of a coupon kind contradict each other."""

    code = "coupon_terms_invalid"
    text = N_("Coupon “{name}”: {field} does not fit. {wanted}")


class CouponUnknown(NotFound):
    """No coupon has this id or code."""

    code = "coupon_unknown"
    text = N_("There is no such coupon. Scan it again, or look in the member's card.")


class CouponGone(Refused):
    """The coupon was used or has lapsed since the price was quoted."""

    code = "coupon_gone"
    text = N_("Coupon {code} was used, has lapsed or is set aside. The price is worked out again without it.")


class CouponProofNeeded(Refused):
    """This shop takes coupons only from members who proved to be there."""

    code = "coupon_proof_needed"
    text = N_("A coupon needs the member's card or code here. Scan it, or leave the coupon aside.")


class CouponNotTransferable(Refused):
    """Coupons of this kind stay with the member they were given to."""

    code = "coupon_not_transferable"
    text = N_("“{name}” belongs to the member it was given to and cannot be passed on.")


def check(name: str, terms: Terms, valid_days: int) -> None:
    """Raise unless the terms make sense. Raises: CouponTermsInvalid."""
    found = limits.wrong(terms) or _wrong(terms, valid_days)
    if found is not None:
        raise CouponTermsInvalid(name=name, field=found[0], wanted=found[1])


def _wrong(terms: Terms, valid_days: int) -> tuple[str, Text] | None:
    if (terms.effect == "amount") != (terms.off_cents > 0) or (terms.effect == "percent") != (terms.off_bp > 0):
        return "effect", T("An amount coupon needs an amount, a percent coupon a percentage.")
    if terms.off_bp > 10_000:
        return "off_bp", T("A percentage lies above 0 % up to 100 %.")
    if min(terms.cap_cents, terms.threshold_cents, terms.threshold_pieces, terms.starts_after_days) < 0:
        return "threshold_cents", T("Amounts are 0 or more.")
    if terms.effect in ("product", "gift") and not (terms.product_ids or terms.category_ids):
        return "product_ids", T("Name the products one of which is given.")
    if terms.pieces < 1 or terms.uses < 1:
        return "pieces" if terms.pieces < 1 else "uses", T("At least once, at least one piece.")
    if valid_days < 1:
        return "valid_days", T("At least one day.")
    return None


@db.atomic
def create_kind(name: str, terms: Terms, *, valid_days: int, by: Actor, now: Millis) -> int:
    """Add a coupon kind. Raises: NotAllowed, CouponTermsInvalid."""
    require(by, "marketing")
    check(name, terms, valid_days)
    kind_id = ids.new()
    stored = limits.stored(terms)
    db.add("coupon_kind", id=kind_id, name=name, terms=stored, valid_days=valid_days, active=1, created_at=now)
    audit.record("coupon_kind.created", "coupon_kind", kind_id, by=by, now=now, after={"name": name})
    return kind_id


@db.atomic
def retire_kind(kind_id: int, *, by: Actor, now: Millis) -> None:
    """Issue no more coupons of a kind; those issued stay good. Raises: NotAllowed, CouponUnknown."""
    require(by, "marketing")
    if not db.change("UPDATE coupon_kind SET active = 0 WHERE id = ? AND active = 1", (kind_id,)):
        raise CouponUnknown(what=str(kind_id))
    audit.record("coupon_kind.retired", "coupon_kind", kind_id, by=by, now=now)


def kinds(*, only_active: bool = True) -> list[CouponKind]:
    """All coupon kinds, oldest first."""
    sql = "SELECT id, name, terms, valid_days, active FROM coupon_kind ORDER BY id"
    found = [CouponKind(i, n, limits.read(Terms, t), d, bool(a)) for i, n, t, d, a in db.rows(sql)]
    return [kind for kind in found if kind.active or not only_active]


_SELECT = (
    "SELECT c.id, c.code, k.id, k.name, k.terms, k.valid_days, c.member_id, c.state, c.valid_from_at,"
    " c.valid_until_at, c.uses - c.used, h.id, h.lapses_at FROM coupon c JOIN coupon_kind k ON k.id = c.kind_id"
    " LEFT JOIN coupon_hold h ON h.coupon_id = c.id AND h.state = 'held' WHERE "
)


def _coupon(row: db.Row) -> Coupon:
    kind = CouponKind(row[2], row[3], limits.read(Terms, row[4]), row[5])
    held = (row[11] or 0, row[12] or 0)
    return Coupon(row[0], row[1], kind, row[6], row[7], row[8], row[9], row[10], *held)


def held_by(member_id: int, *, now: Millis) -> list[Coupon]:
    """Issued coupons of a member that are valid now or later, the first to lapse first; those set aside too."""
    where = (
        "c.member_id = ? AND c.state = 'issued' AND (c.valid_until_at > ? OR h.lapses_at > ?)"
        " ORDER BY c.valid_until_at, c.id"
    )
    return [_coupon(row) for row in db.rows(_SELECT + where, (member_id, now, now))]


def many(coupon_ids: Iterable[int]) -> dict[int, Coupon]:
    """Coupons by id, whatever their state."""
    wanted = sorted(set(coupon_ids))
    if not wanted:
        return {}
    marks = ", ".join("?" * len(wanted))
    return {row[0]: _coupon(row) for row in db.rows(f"{_SELECT}c.id IN ({marks})", wanted)}


def by_code(code: str) -> Coupon:
    """The coupon with a code. Raises: CouponUnknown."""
    row = db.one(_SELECT + "c.code = ?", (code,))
    if row is None:
        raise CouponUnknown(what=code)
    return _coupon(row)


def issue(
    kind_id: int, member_id: int, *, ref_kind: str, ref_id: int, now: Millis, until_at: Millis | None = None
) -> int | None:
    """Give a member one coupon for an occasion, at most once; inside the caller's transaction.

    It is good for the days of its kind, or from now to `until_at`.
    """
    taken = "ref_kind = ? AND ref_id = ? AND kind_id = ? AND member_id = ?"
    if db.value(f"SELECT 1 FROM coupon WHERE {taken}", (ref_kind, ref_id, kind_id, member_id)):
        return None
    found = db.one("SELECT valid_days, active, terms FROM coupon_kind WHERE id = ?", (kind_id,))
    if found is None or not found[1]:
        return None
    terms, zone = limits.read(Terms, found[2]), rules.current(now=now).zone
    wait = terms.starts_after_days if until_at is None else 0
    starts = clock.start_of(clock.day_of(Millis(now + wait * DAY), zone), zone)
    last_day = clock.day_of(Millis(now + (terms.starts_after_days + found[0]) * DAY), zone)
    coupon_id = ids.new()
    db.add(
        "coupon",
        id=coupon_id,
        kind_id=kind_id,
        member_id=member_id,
        code=codes.new_coupon(),
        state="issued",
        valid_from_at=max(now, starts),
        valid_until_at=clock.end_of(last_day, zone) if until_at is None else until_at,
        uses=terms.uses,
        ref_kind=ref_kind,
        ref_id=ref_id,
    )
    events.tell("coupon.issued", member_id=member_id, now=now, coupon_id=coupon_id, kind_id=kind_id, ref_kind=ref_kind)
    return coupon_id


@db.atomic
def give(kind_id: int, member_id: int, *, by: Actor, now: Millis, key: str) -> int:
    """Give a member a coupon by hand; the coupon's id. The same key gives the same coupon.

    Raises: NotAllowed, CouponUnknown (no such kind, or retired), KeyReused, MemberUnknown, MemberBlocked …
    """
    require(by, "marketing")
    locks.hold(member_id)

    def do() -> int:
        coupon_id = issue(kind_id, member_id, ref_kind="given", ref_id=ids.new(), now=now)
        if coupon_id is None:
            raise CouponUnknown(what=str(kind_id))
        audit.record("coupon.given", "member", member_id, by=by, now=now, after={"kind": str(kind_id)})
        return coupon_id

    request = {"kind": kind_id, "member": member_id}
    return requests.once(key, do, scope=f"{by.tag}/coupon", request=request, now=now)


def use(coupon: Coupon, sale_id: int, *, now: Millis) -> None:
    """Use a coupon for a sale, which ends a hold of it; inside the caller's transaction. Raises: CouponGone."""
    use_up(coupon, now=now)
    db.add("coupon_use", sale_id=sale_id, coupon_id=coupon.id, at=now)
    if coupon.hold_id:
        ended = ("captured", now, sale_id) if coupon.held_until_at > now else ("lapsed", now, None)
        sql = "UPDATE coupon_hold SET state = ?, ended_at = ?, sale_id = ? WHERE id = ?"
        db.run(sql, (*ended, coupon.hold_id))


def use_up(coupon: Coupon, *, now: Millis) -> None:
    """Count one use, valid still or set aside in time; inside the caller's transaction. Raises: CouponGone."""
    changed = db.change(
        "UPDATE coupon SET used = used + 1, state = CASE WHEN used + 1 = uses THEN 'used' ELSE state END"
        " WHERE id = ? AND member_id = ? AND state = 'issued' AND (valid_until_at > ? OR ? > ?)",
        (coupon.id, coupon.member_id, now, coupon.held_until_at, now),
    )
    if not changed:
        raise CouponGone(code=coupon.code)


def give_back(sale_id: int, *, now: Millis) -> int:
    """Return the coupons of a wholly refunded sale whose validity has not passed; how many."""
    sql = "SELECT coupon_id FROM coupon_use WHERE sale_id = ? AND returned_at IS NULL ORDER BY coupon_id"
    back = 0
    for (coupon_id,) in db.rows(sql, (sale_id,)):
        given = db.change(
            "UPDATE coupon SET used = used - 1, state = 'issued' WHERE id = ? AND valid_until_at > ?",
            (coupon_id, now),
        )
        if given:
            where = (now, sale_id, coupon_id)
            db.run("UPDATE coupon_use SET returned_at = ? WHERE sale_id = ? AND coupon_id = ?", where)
            back += 1
    return back


def cancel(coupon_id: int) -> bool:
    """Take back a coupon that was not used; False if it was, or has lapsed. Inside the caller's transaction."""
    sql = "UPDATE coupon SET state = 'cancelled' WHERE id = ? AND state = 'issued' AND used = 0"
    return db.change(sql, (coupon_id,)) == 1


def reopen(coupon_id: int) -> bool:
    """Give a coupon again that was taken back; inside the caller's transaction."""
    return db.change("UPDATE coupon SET state = 'issued' WHERE id = ? AND state = 'cancelled'", (coupon_id,)) == 1


@db.atomic
def transfer(code: str, to_member_id: int, *, by: Actor, now: Millis) -> None:
    """Pass a coupon on to another member, if its kind allows it.

    Raises: NotAllowed, CouponUnknown, CouponNotTransferable, CouponGone, MemberUnknown, MemberBlocked …
    """
    require(by, "sell")
    coupon = by_code(code)
    if not coupon.kind.terms.transferable:
        raise CouponNotTransferable(name=coupon.kind.name)
    locks.hold(coupon.member_id, to_member_id)
    changed = db.change(
        "UPDATE coupon SET member_id = ? WHERE id = ? AND member_id = ? AND state = 'issued' AND valid_until_at > ?"
        " AND NOT EXISTS (SELECT 1 FROM coupon_hold h WHERE h.coupon_id = coupon.id AND h.state = 'held')",
        (to_member_id, coupon.id, coupon.member_id, now),
    )
    if not changed:
        raise CouponGone(code=coupon.code)
    who = {"member": str(coupon.member_id)}, {"member": str(to_member_id)}
    audit.record("coupon.transferred", "coupon", coupon.id, by=by, now=now, before=who[0], after=who[1])


@db.atomic
def lapse_due(*, now: Millis) -> int:
    """Mark coupons whose validity has passed and that nobody set aside; how many."""
    return db.change(
        "UPDATE coupon SET state = 'lapsed' WHERE state = 'issued' AND valid_until_at <= ?"
        " AND NOT EXISTS (SELECT 1 FROM coupon_hold h WHERE h.coupon_id = coupon.id AND h.state = 'held')",
        (now,),
    )
