"""Benefits 权益: what a tier gives beside discount and points: coupons on reaching it and every period, an adviser.

Coupons given on reaching a tier are taken back, if still unused, when the promotion is undone.
"""

from collections.abc import Mapping
from datetime import date

from core.base import clock, db
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid
from core.base.i18n import N_, T, Text, _
from core.books import audit, locks, rules
from core.books.stats import Totals
from core.loyalty import coupons
from core.loyalty.ranks import Period, Tier

WELCOME = "tier"
"""What a coupon given on reaching a tier refers to: the row of the change."""


class AdviserInvalid(Invalid):
    """Nobody of the staff can be this member's adviser."""

    code = "adviser_invalid"
    text = N_("{field}: {problem}")


def wrong(tier: Tier) -> tuple[str, object, Text] | None:
    """The coupon kind of a tier that is not there or no longer given."""
    known = {kind.id for kind in coupons.kinds()}
    named = (("each_kind_id", tier.each_kind_id), ("birthday_coupon_kind_id", tier.birthday_coupon_kind_id))
    for field, kind_id in (*named, *(("welcome", one) for one in tier.welcome)):
        if kind_id is not None and kind_id not in known:
            return field, kind_id, T("Choose a kind of coupon that is still given.")
    return None


# --- in words ------------------------------------------------------------------------------------


def said(tier: Tier, names: Mapping[int, str] | None = None) -> str:
    """What a tier gives, in the current language: '5 % off, points × 1.5, a birthday gift'.

    `names` of the coupon kinds are read if they are not given.
    """
    return _(", ").join(listed(tier, names)) or _("points as usual")


def listed(tier: Tier, names: Mapping[int, str] | None = None) -> list[str]:
    """The same one by one."""
    found = []
    if tier.discount_bp:
        found.append(_("{off_bp} off", off_bp=tier.discount_bp))
    if tier.multiplier_bp != 10_000:
        found.append(_("points × {times}", times=_times(tier.multiplier_bp)))
    if names is None:
        names = {kind.id: kind.name for kind in coupons.kinds()} if _has_coupons(tier) else {}
    found += [_("“{coupon}” on reaching it", coupon=names[one]) for one in tier.welcome if one in names]
    if tier.each_kind_id is not None and tier.each_kind_id in names:
        template = N_("“{coupon}” every month") if tier.each == "month" else N_("“{coupon}” every year")
        found.append(_(template, coupon=names[tier.each_kind_id]))
    if tier.birthday_coupon_kind_id is not None and tier.birthday_coupon_kind_id in names:
        found.append(_("“{coupon}” for your birthday", coupon=names[tier.birthday_coupon_kind_id]))
    if tier.early_days:
        found.append(_("first access: {days} days early", days=tier.early_days))
    if tier.adviser:
        found.append(_("an adviser of your own"))
    return found


def _times(multiplier_bp: int) -> str:
    """A multiplier as it is read: 15 000 basis points are '1.5'."""
    whole, rest = divmod(multiplier_bp, 10_000)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".")


def asked(tier: Tier) -> str:
    """What it takes to reach a tier: '¥1,000.00 spent or 10 visits in 365 days'."""
    if tier.by_hand:
        return _("everyone") if tier.rank == 0 else _("by invitation")
    spend_cents, visits, points, events = tier.conditions
    ways = []
    if spend_cents:
        ways.append(_("{spend_cents} spent", spend_cents=spend_cents))
    if visits:
        ways.append(_("{visits} visits", visits=visits))
    if points:
        ways.append(_("{points} points from purchases", points=points))
    if events:
        ways.append(_("{events} events", events=events))
    joined = (_(" or ") if tier.match == "any" else _(" and ")).join(ways)
    if tier.window == "year":
        return _("{ways} in a calendar year", ways=joined)
    return _("{ways} in {days} days", ways=joined, days=tier.window_days)


def lacking(tier: Tier, missing: Totals[int | None]) -> str:
    """What is still missing for a tier: 'another ¥350.00 or 2 more visits'; empty if nothing is."""
    spend_cents, visits, points, events = missing
    found = []
    if spend_cents:
        found.append(_("another {spend_cents}", spend_cents=spend_cents))
    if visits:
        found.append(_("{visits} more visits", visits=visits))
    if points:
        found.append(_("{points} more points from purchases", points=points))
    if events:
        found.append(_("{events} more events", events=events))
    return (_(" or ") if tier.match == "any" else _(" and ")).join(found)


def _has_coupons(tier: Tier) -> bool:
    return bool(tier.welcome or tier.each_kind_id or tier.birthday_coupon_kind_id)


# --- giving (inside the caller's transaction) ----------------------------------------------------


def welcome(member_id: int, tier: Tier, change_id: int, *, now: Millis) -> None:
    """Give what comes with reaching a tier: its welcome coupons, once a holding period, and this period's coupon."""
    zone = rules.current(now=now).zone
    since = clock.start_of(clock.add_months(clock.day_of(now, zone), -tier.hold_months), zone)
    for kind_id in tier.welcome:
        had = (
            "SELECT 1 FROM coupon WHERE member_id = ? AND kind_id = ? AND ref_kind = ? AND state <> 'cancelled'"
            " AND valid_from_at > ?"
        )
        if db.value(had, (member_id, kind_id, WELCOME, since)) is None:
            coupons.issue(kind_id, member_id, ref_kind=WELCOME, ref_id=change_id, now=now)
    each_of(member_id, tier.each_kind_id, "tier", tier.each, now=now)


def each_of(member_id: int, kind_id: int | None, by_what: str, each: Period, *, now: Millis) -> bool:
    """Give this month's or year's coupon of a tier or plan, good to the end of it; False if it was given already."""
    if kind_id is None:
        return False
    period, until_at = period_of(each, now)
    ref = f"{by_what}-{each}"
    sql = "SELECT id, kind_id, state FROM coupon WHERE member_id = ? AND ref_kind = ? AND ref_id = ? ORDER BY id"
    before = db.rows(sql, (member_id, ref, period))
    if any(state != "cancelled" for _id, _kind, state in before):
        return False
    for coupon_id, kind_before, _state in before:
        if kind_before == kind_id:
            return coupons.reopen(coupon_id)
    return coupons.issue(kind_id, member_id, ref_kind=ref, ref_id=period, now=now, until_at=until_at) is not None


def period_of(each: Period, now: Millis) -> tuple[int, Millis]:
    """The present month (202611) or year (2026), and the first moment after it."""
    zone = rules.current(now=now).zone
    day = clock.day_of(now, zone)
    if each == "month":
        return day.year * 100 + day.month, clock.start_of(clock.add_months(day.replace(day=1), 1), zone)
    return day.year, clock.start_of(date(day.year + 1, 1, 1), zone)


def take_back(member_id: int, tier: Tier, change_id: int) -> int:
    """Cancel the unused coupons that a promotion brought, when it is undone; how many."""
    sql = (
        "SELECT id FROM coupon WHERE member_id = ? AND (ref_kind = ? AND ref_id = ?"
        " OR ref_kind = ? AND kind_id = ?) AND state = 'issued' ORDER BY id"
    )
    found = db.rows(sql, (member_id, WELCOME, change_id, f"tier-{tier.each}", tier.each_kind_id))
    return sum(coupons.cancel(coupon_id) for (coupon_id,) in found)


@db.atomic
def give_period(tier: Tier, *, by: Actor, now: Millis) -> int:
    """Give this period's coupon to up to 500 active members of a tier who lack it; how many."""
    if tier.each_kind_id is None or all(kind.id != tier.each_kind_id for kind in coupons.kinds()):
        return 0
    period, _after = period_of(tier.each, now)
    found = db.rows(
        "SELECT t.member_id FROM member_tier t JOIN member m ON m.id = t.member_id WHERE t.tier_id = ?"
        " AND m.state = 'active' AND NOT EXISTS (SELECT 1 FROM coupon c WHERE c.member_id = t.member_id"
        " AND c.ref_kind = ? AND c.ref_id = ? AND c.state <> 'cancelled') ORDER BY t.member_id LIMIT 500",
        (tier.id, f"tier-{tier.each}", period),
    )
    given = sum(each_of(member_id, tier.each_kind_id, "tier", tier.each, now=now) for (member_id,) in found)
    if given:
        after = {"period": period, "members": given}
        audit.record("tier.coupons_given", "tier", tier.id, by=by, now=now, after=after)
    return given


# --- advisers ------------------------------------------------------------------------------------


@db.atomic
def set_adviser(member_id: int, staff_id: int | None, *, by: Actor, now: Millis) -> None:
    """Name who looks after a member, or nobody; shown while their tier gives an adviser.

    Raises: NotAllowed, AdviserInvalid, MemberUnknown, MemberBlocked …
    """
    require(by, "member.edit")
    locks.hold(member_id)
    if staff_id is not None and db.value("SELECT 1 FROM staff WHERE id = ? AND active = 1", (staff_id,)) is None:
        raise AdviserInvalid(field="staff_id", problem=T("nobody on the staff has this id"))
    db.run("UPDATE member_tier SET adviser_id = ? WHERE member_id = ?", (staff_id, member_id))
    audit.record("member.adviser", "member", member_id, by=by, now=now, after={"staff": str(staff_id or "—")})


def adviser_of(member_id: int, tier: Tier) -> str | None:
    """The name of a member's adviser, if their tier gives one and somebody is named."""
    found = _adviser(member_id, tier)
    return None if found is None else found[1]


def adviser_id_of(member_id: int, tier: Tier) -> int | None:
    """The account of a member's adviser, if their tier gives one and somebody is named."""
    found = _adviser(member_id, tier)
    return None if found is None else found[0]


def _adviser(member_id: int, tier: Tier) -> tuple[int, str] | None:
    if not tier.adviser:
        return None
    sql = (
        "SELECT s.id, s.name FROM member_tier t JOIN staff s ON s.id = t.adviser_id"
        " WHERE t.member_id = ? AND s.active = 1"
    )
    found = db.one(sql, (member_id,))
    return None if found is None else (found[0], found[1])
