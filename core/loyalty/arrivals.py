"""Arrivals: tiers, passes and coupons that new members bring from the system before, many at once.

What `tiers.start`, `passes.issue` and `coupons.issue` write for one member, without telling anyone: nothing
was gained here. A pass holds the uses that were left, a coupon is good as long as it was, or as its kind says.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from core.base import clock, codes, db, ids
from core.base.clock import DAY, Millis
from core.books import events, rules
from core.books.accounts import Cause
from core.loyalty import coupons, passes, ranks, tiers


@dataclass(frozen=True)
class BroughtPass:
    """Uses left of a kind of pass; `until` its last day, None for as long as the kind lives from now."""

    kind_id: int
    left: int
    until: date | None = None


@dataclass(frozen=True)
class BroughtCoupon:
    """A coupon of a kind; `until` its last day, None for as long as the kind lives from now."""

    kind_id: int
    until: date | None = None


@dataclass(frozen=True)
class Rank:
    """The tier someone held; `until` its last day, None for a full holding period from now."""

    tier_id: int
    until: date | None = None


def start_tiers(held: Sequence[tuple[int, Rank | None]], cause: Cause) -> None:
    """Give new members the tier they held, or the lowest; inside the caller's transaction."""
    zone, now, tag = rules.current(now=cause.now).zone, cause.now, cause.by.tag
    known = tiers.all_tiers(now=now)
    by_id, today = {tier.id: tier for tier in known}, clock.day_of(now, zone)
    holders, changes = [], []
    for (member_id, rank), change_id in zip(held, ids.several(len(held)), strict=True):
        tier = known[0] if rank is None else by_id[rank.tier_id]
        until: Millis | None = None
        if tier.rank > known[0].rank:
            ends = rank.until if rank is not None else None
            until = ranks.held_until(today, tier, zone) if ends is None else clock.end_of(ends, zone)
        holders.append((member_id, tier.id, now, until))
        changes.append((change_id, member_id, tier.id, now, tag))
    db.run_many("INSERT INTO member_tier (member_id, tier_id, since_at, until_at) VALUES (?, ?, ?, ?)", holders)
    sql = (
        "INSERT INTO tier_change (id, member_id, to_tier_id, why, ref_id, at, actor)"
        " VALUES (?, ?, ?, 'joined', 0, ?, ?)"
    )
    db.run_many(sql, changes)


def give_passes(brought: Iterable[tuple[int, BroughtPass]], cause: Cause) -> None:
    """Give new members what was left of their passes; inside the caller's transaction."""
    zone, now, tag = rules.current(now=cause.now).zone, cause.now, cause.by.tag
    days = {kind.id: kind.valid_days for kind in passes.kinds()}
    given, entries = [], []
    for member_id, one in brought:
        pass_id, entry_id = ids.several(2)
        last = one.until or clock.day_of(Millis(now + days[one.kind_id] * DAY), zone)
        given.append((pass_id, one.kind_id, member_id, one.left, one.left, clock.end_of(last, zone), now))
        entries.append((entry_id, pass_id, one.left, cause.ref_kind, cause.ref_id, now, tag))
    sql = (
        "INSERT INTO pass (id, kind_id, member_id, uses, left_uses, paid_cents, until_at, at)"
        " VALUES (?, ?, ?, ?, ?, 0, ?, ?)"
    )
    db.run_many(sql, given)
    sql = (
        "INSERT INTO pass_entry (id, pass_id, kind, uses, ref_kind, ref_id, at, actor)"
        " VALUES (?, ?, 'issue', ?, ?, ?, ?, ?)"
    )
    db.run_many(sql, entries)


def give_coupons(brought: Iterable[tuple[int, BroughtCoupon]], cause: Cause) -> None:
    """Give new members the coupons they held; inside the caller's transaction."""
    zone, now = rules.current(now=cause.now).zone, cause.now
    kinds = {kind.id: kind for kind in coupons.kinds()}
    given = []
    for member_id, one in brought:
        kind, coupon_id = kinds[one.kind_id], ids.new()
        last = one.until or clock.day_of(Millis(now + kind.valid_days * DAY), zone)
        given.append(
            (coupon_id, kind.id, member_id, codes.new_coupon(), now, clock.end_of(last, zone), kind.terms.uses,
             cause.ref_kind, coupon_id)
        )  # fmt: skip
        events.tell(
            "coupon.issued", member_id=member_id, now=now, coupon_id=coupon_id, kind_id=kind.id, ref_kind=cause.ref_kind
        )
    sql = (
        "INSERT INTO coupon (id, kind_id, member_id, code, state, valid_from_at, valid_until_at, uses, ref_kind,"
        " ref_id) VALUES (?, ?, ?, ?, 'issued', ?, ?, ?, ?, ?)"
    )
    db.run_many(sql, given)


def cancel_all(member_id: int, cause: Cause) -> None:
    """End what somebody who never came holds of passes and coupons; inside the caller's transaction."""
    found = db.rows("SELECT id, left_uses FROM pass WHERE member_id = ? AND ended_at IS NULL", (member_id,))
    for pass_id, left in found:
        passes.cancel(pass_id, left, cause)
    for (coupon_id,) in db.rows("SELECT id FROM coupon WHERE member_id = ? AND state = 'issued'", (member_id,)):
        coupons.cancel(coupon_id)
