"""Coupons 优惠券: kinds with their terms, and the vouchers issued from them to one member each."""

import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Literal

from core.base import clock, codes, db, ids
from core.base.access import Actor, require
from core.base.clock import DAY, Millis
from core.base.errors import Invalid, NotFound, Refused
from core.base.i18n import N_, T
from core.books import audit, rules


@dataclass(frozen=True)
class Terms:
    """What a coupon takes off and when. Money in cents, rates in basis points; empty means no limit.

    `weekdays` count Monday as 0; `from_hour` and `to_hour` are local hours of the day.
    """

    effect: Literal["amount", "percent"]
    off_cents: int = 0
    off_bp: int = 0
    cap_cents: int = 0
    threshold_cents: int = 0
    product_ids: tuple[int, ...] = ()
    category_ids: tuple[int, ...] = ()
    store_ids: tuple[int, ...] = ()
    weekdays: tuple[int, ...] = ()
    from_hour: int = 0
    to_hour: int = 24
    exclusive: bool = False
    group: str = ""


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
    """One issued voucher."""

    id: int
    code: str
    kind: CouponKind
    member_id: int
    state: str
    valid_from_at: Millis
    valid_until_at: Millis


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
    text = N_("Coupon {code} was used or has lapsed. The price is worked out again without it.")


@lru_cache(512)
def terms_from(text: str) -> Terms:
    """Terms as stored, read back."""
    raw: dict[str, Any] = json.loads(text)
    fields: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in raw.items()}
    return Terms(**fields)


@db.atomic
def create_kind(name: str, terms: Terms, *, valid_days: int, by: Actor, now: Millis) -> int:
    """Add a coupon kind. Raises: NotAllowed, CouponTermsInvalid."""
    require(by, "marketing")
    if (terms.effect == "amount") != (terms.off_cents > 0) or (terms.effect == "percent") != (terms.off_bp > 0):
        wanted = T("An amount coupon needs an amount, a percent coupon a percentage.")
        raise CouponTermsInvalid(name=name, field="effect", wanted=wanted)
    kind_id = ids.new()
    stored = json.dumps(asdict(terms), ensure_ascii=False)
    db.add("coupon_kind", id=kind_id, name=name, terms=stored, valid_days=valid_days, active=1, created_at=now)
    audit.record("coupon_kind.created", "coupon_kind", kind_id, by=by, now=now, after={"name": name})
    return kind_id


def kinds(*, only_active: bool = True) -> list[CouponKind]:
    """All coupon kinds, oldest first."""
    sql = "SELECT id, name, terms, valid_days, active FROM coupon_kind ORDER BY id"
    found = [CouponKind(i, n, terms_from(t), d, bool(a)) for i, n, t, d, a in db.rows(sql)]
    return [kind for kind in found if kind.active or not only_active]


_SELECT = (
    "SELECT c.id, c.code, k.id, k.name, k.terms, k.valid_days, c.member_id, c.state, c.valid_from_at,"
    " c.valid_until_at FROM coupon c JOIN coupon_kind k ON k.id = c.kind_id WHERE "
)


def _coupon(row: db.Row) -> Coupon:
    kind = CouponKind(row[2], row[3], terms_from(row[4]), row[5])
    return Coupon(row[0], row[1], kind, row[6], row[7], row[8], row[9])


def held_by(member_id: int, *, now: Millis) -> list[Coupon]:
    """Issued coupons of a member that are valid now or later, the first to lapse first."""
    where = "c.member_id = ? AND c.state = 'issued' AND c.valid_until_at > ? ORDER BY c.valid_until_at, c.id"
    return [_coupon(row) for row in db.rows(_SELECT + where, (member_id, now))]


def by_code(code: str) -> Coupon:
    """The coupon with a code. Raises: CouponUnknown."""
    row = db.one(_SELECT + "c.code = ?", (code,))
    if row is None:
        raise CouponUnknown(what=code)
    return _coupon(row)


def issue(kind_id: int, member_id: int, *, ref_kind: str, ref_id: int, now: Millis) -> int | None:
    """Give a member one coupon for an occasion, at most once; inside the caller's transaction."""
    taken = "ref_kind = ? AND ref_id = ? AND kind_id = ? AND member_id = ?"
    if db.value(f"SELECT 1 FROM coupon WHERE {taken}", (ref_kind, ref_id, kind_id, member_id)):
        return None
    found = db.one("SELECT valid_days, active FROM coupon_kind WHERE id = ?", (kind_id,))
    if found is None or not found[1]:
        return None
    zone = rules.current(now=now).zone
    last_day = clock.day_of(Millis(now + found[0] * DAY), zone)
    coupon_id = ids.new()
    db.add(
        "coupon",
        id=coupon_id,
        kind_id=kind_id,
        member_id=member_id,
        code=codes.new_coupon(),
        state="issued",
        valid_from_at=now,
        valid_until_at=clock.end_of(last_day, zone),
        ref_kind=ref_kind,
        ref_id=ref_id,
    )
    return coupon_id


def use(coupon: Coupon, sale_id: int, *, now: Millis) -> None:
    """Mark a coupon used by a sale; inside the caller's transaction. Raises: CouponGone."""
    changed = db.change(
        "UPDATE coupon SET state = 'used', sale_id = ?, used_at = ? WHERE id = ? AND state = 'issued'"
        " AND valid_until_at > ?",
        (sale_id, now, coupon.id, now),
    )
    if not changed:
        raise CouponGone(code=coupon.code)


def give_back(sale_id: int, *, now: Millis) -> int:
    """Return the coupons of a wholly refunded sale whose validity has not passed; how many."""
    return db.change(
        "UPDATE coupon SET state = 'issued', sale_id = NULL, used_at = NULL"
        " WHERE sale_id = ? AND state = 'used' AND valid_until_at > ?",
        (sale_id, now),
    )


@db.atomic
def lapse_due(*, now: Millis) -> int:
    """Mark coupons whose validity has passed; how many."""
    return db.change("UPDATE coupon SET state = 'lapsed' WHERE state = 'issued' AND valid_until_at <= ?", (now,))
