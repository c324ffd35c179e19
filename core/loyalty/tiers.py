"""Tiers 等级: who qualifies, promotion at once, demotion at the end of the holding period.

Qualify by net spend or visits in a rolling window of days. Promotion counts for the sales after the
one that earned it; a refund undoes only a promotion that would not have happened without it.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from core.base import clock, db, ids
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid
from core.base.i18n import N_, T
from core.books import audit, revisions, rules, stats


@dataclass(frozen=True)
class Tier:
    """A rank and what it gives. Rates in basis points; conditions None mean 'not by this'."""

    id: int
    rank: int
    name: str
    mark: str
    discount_bp: int
    multiplier_bp: int
    spend_cents: int | None
    visits: int | None
    window_days: int
    hold_months: int
    birthday_coupon_kind_id: int | None = None


@dataclass(frozen=True)
class Standing:
    """Where a member stands: the tier, until when, and what is missing for the next one."""

    tier: Tier
    since_at: Millis
    until_at: Millis | None
    next: Tier | None
    missing_cents: int | None
    missing_visits: int | None


class TierInvalid(Invalid):
    """A tier's terms contradict each other."""

    code = "tier_invalid"
    text = N_("Tier “{name}”: {field} cannot be {given}. {wanted}")


def _load() -> list[Tier]:
    columns = "id, rank, name, mark, discount_bp, multiplier_bp, spend_cents, visits, window_days, hold_months"
    return [Tier(*row) for row in db.rows(f"SELECT {columns}, birthday_coupon_kind_id FROM tier ORDER BY rank")]


_kept = revisions.Remembered("tiers", _load)


def all_tiers() -> list[Tier]:
    """All tiers, lowest rank first."""
    return _kept()


@db.atomic
def create(tier: Tier, *, by: Actor, now: Millis) -> int:
    """Add a tier; its id is given here. Raises: NotAllowed, TierInvalid."""
    require(by, "settings")
    if not 0 <= tier.discount_bp <= 10_000:
        wanted = T("A discount lies between 0 % and 100 %.")
        raise TierInvalid(name=tier.name, field="discount_bp", given=tier.discount_bp, wanted=wanted)
    fresh = replace(tier, id=ids.new())
    db.add("tier", **fresh.__dict__)
    revisions.bump("tiers")
    audit.record("tier.created", "tier", 0, by=by, now=now, after={"name": tier.name, "rank": tier.rank})
    return fresh.id


# --- pure ----------------------------------------------------------------------------------------


def qualified(tiers: list[Tier], totals: dict[int, tuple[int, int]]) -> Tier:
    """The highest tier whose condition is met; `totals` gives (net spend, visits) by window days."""
    best = tiers[0]
    for tier in tiers:
        spend, visits = totals[tier.window_days]
        by_spend = tier.spend_cents is not None and spend >= tier.spend_cents
        by_visits = tier.visits is not None and visits >= tier.visits
        free = tier.spend_cents is None and tier.visits is None
        if by_spend or by_visits or free:
            best = tier if tier.rank > best.rank else best
    return best


def reviewed(tiers: list[Tier], held: Tier, earned: Tier, mode: str) -> Tier:
    """The tier after a review: never below what was earned, by the shop's mode above it."""
    if earned.rank >= held.rank or mode == "never":
        return held if earned.rank < held.rank else earned
    if mode == "step":
        below = [tier for tier in tiers if tier.rank < held.rank]
        return max(below[-1], earned, key=lambda tier: tier.rank)
    return earned


def held_until(since: date, tier: Tier, zone: str) -> Millis | None:
    """The first moment after the holding period; None for the lowest rank, which is never lost."""
    if tier.spend_cents is None and tier.visits is None:
        return None
    return clock.start_of(clock.add_months(since, tier.hold_months), zone)


# --- reads ---------------------------------------------------------------------------------------


def of(member_id: int) -> Tier:
    """The tier a member holds now."""
    tier_id = db.value("SELECT tier_id FROM member_tier WHERE member_id = ?", (member_id,))
    tiers = all_tiers()
    return next((tier for tier in tiers if tier.id == tier_id), tiers[0])


def standing(member_id: int, *, now: Millis) -> Standing:
    """Tier, holding period and what is missing for the next tier."""
    shop = rules.current(now=now)
    tiers, tier = all_tiers(), of(member_id)
    found = db.one("SELECT since_at, until_at FROM member_tier WHERE member_id = ?", (member_id,))
    since_at, until_at = found if found else (now, None)
    above = next((one for one in tiers if one.rank > tier.rank), None)
    if above is None:
        return Standing(tier, since_at, until_at, None, None, None)
    today = clock.day_of(now, shop.zone)
    spend, visits = _totals(member_id, [above], today)[above.window_days]
    missing_cents = None if above.spend_cents is None else max(above.spend_cents - spend, 0)
    missing_visits = None if above.visits is None else max(above.visits - visits, 0)
    return Standing(tier, since_at, until_at, above, missing_cents, missing_visits)


def _totals(member_id: int, tiers: list[Tier], last: date) -> dict[int, tuple[int, int]]:
    return {
        days: stats.window(member_id, first=last - timedelta(days=days - 1), last=last)
        for days in {tier.window_days for tier in tiers}
    }


# --- doing (inside the caller's transaction) -----------------------------------------------------


def start(member_id: int, *, by: Actor, now: Millis) -> None:
    """Give a new member the lowest tier."""
    lowest = all_tiers()[0]
    db.add("member_tier", member_id=member_id, tier_id=lowest.id, since_at=now)
    _note(member_id, None, lowest, "joined", 0, by, now)


def promote(member_id: int, *, sale_id: int, day: date, by: Actor, now: Millis) -> Tier | None:
    """Promote at once if the member now qualifies for more; the new tier, or None."""
    tiers, held = all_tiers(), of(member_id)
    if held.rank == tiers[-1].rank:
        return None
    earned = qualified(tiers, _totals(member_id, tiers, day))
    if earned.rank <= held.rank:
        return None
    _put(member_id, held, earned, "promoted", sale_id, by, now)
    return earned


def undo_promotion(member_id: int, *, by: Actor, now: Millis) -> Tier | None:
    """After a refund: undo promotions that would not have happened without it; the tier, if changed."""
    zone, tiers, start_tier = rules.current(now=now).zone, all_tiers(), of(member_id)
    held = start_tier
    while (found := _last_change(member_id, held)) is not None:
        from_tier_id, why, at, ref_id = found
        before = next((tier for tier in tiers if tier.id == from_tier_id), None)
        if why != "promoted" or before is None:
            break
        days = (clock.day_of(at, zone), clock.day_of(now, zone))
        if any(qualified(tiers, _totals(member_id, tiers, day)).rank >= held.rank for day in days):
            break
        _put(member_id, held, before, "refund", ref_id, by, now)
        _restore_since(member_id, before, zone)
        held = before
    return held if held.id != start_tier.id else None


def _last_change(member_id: int, tier: Tier) -> tuple[int | None, str, Millis, int] | None:
    """How the member came to a tier: the last row that led to it."""
    found = db.one(
        "SELECT from_tier_id, why, at, ref_id FROM tier_change WHERE member_id = ? AND to_tier_id = ?"
        " AND why <> 'refund' ORDER BY at DESC, id DESC LIMIT 1",
        (member_id, tier.id),
    )
    return None if found is None else (found[0], found[1], found[2], found[3])


def _restore_since(member_id: int, tier: Tier, zone: str) -> None:
    """The earlier tier goes on from the day it was first held, as if the promotion had not been."""
    found = _last_change(member_id, tier)
    if found is not None:
        since = found[2]
        until = held_until(clock.day_of(since, zone), tier, zone)
        db.run("UPDATE member_tier SET since_at = ?, until_at = ? WHERE member_id = ?", (since, until, member_id))


def review(member_id: int, *, by: Actor, now: Millis) -> Tier | None:
    """Judge a holding period that has ended; the new tier if it changed."""
    shop = rules.current(now=now)
    found = db.one("SELECT since_at, until_at FROM member_tier WHERE member_id = ?", (member_id,))
    if found is None or found[1] is None or found[1] > now:
        return None
    first, after = clock.day_of(found[0], shop.zone), clock.day_of(found[1], shop.zone)
    tiers, held = all_tiers(), of(member_id)
    window = stats.window(member_id, first=first, last=after - timedelta(days=1))
    earned = qualified(tiers, {tier.window_days: window for tier in tiers})
    result = reviewed(tiers, held, earned, shop.tier_demotion)
    _put(member_id, held, result, "review", 0, by, Millis(found[1]))
    return result if result.id != held.id else None


def due_for_review(*, now: Millis, limit: int = 500) -> list[int]:
    """Members whose holding period has ended."""
    sql = "SELECT member_id FROM member_tier WHERE until_at <= ? ORDER BY until_at LIMIT ?"
    return [row[0] for row in db.rows(sql, (now, limit))]


def _put(member_id: int, before: Tier, after: Tier, why: str, ref_id: int, by: Actor, now: Millis) -> None:
    zone = rules.current(now=now).zone
    until = held_until(clock.day_of(now, zone), after, zone)
    db.run(
        "UPDATE member_tier SET tier_id = ?, since_at = ?, until_at = ?, promoted_by = ? WHERE member_id = ?",
        (after.id, now, until, ref_id or None, member_id),
    )
    _note(member_id, before, after, why, ref_id, by, now)


def _note(member_id: int, before: Tier | None, after: Tier, why: str, ref_id: int, by: Actor, now: Millis) -> None:
    db.add(
        "tier_change",
        id=ids.new(),
        member_id=member_id,
        from_tier_id=before.id if before else None,
        to_tier_id=after.id,
        why=why,
        ref_id=ref_id,
        at=now,
        actor=by.tag,
    )
