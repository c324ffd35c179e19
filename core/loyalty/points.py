"""Points 积分: earned in lots that expire, spent first-expiring-first, adjusted with a reason."""

from dataclasses import dataclass
from datetime import date, timedelta

from core.base import clock, db
from core.base.access import Actor, require
from core.base.clock import DAY, Millis
from core.base.errors import Invalid, NotAllowed
from core.base.i18n import N_
from core.books import audit, locks, posting, rules
from core.books.posting import Cause
from core.books.rules import ShopRules


@dataclass(frozen=True)
class PointsState:
    """A member's points: the balance, what can be used now, and the next expiry."""

    balance: int
    usable: int
    debt: int
    expiring: int
    expires_on: date | None


@dataclass(frozen=True)
class PointsEntry:
    """One row of the statement."""

    id: int
    at: Millis
    kind: str
    amount: int
    balance_after: int
    reason: str | None


class ReasonMissing(Invalid):
    """A manual adjustment must say why."""

    code = "reason_missing"
    text = N_("Say why the points change, in a few words; it stands in the member's statement.")


class AdjustmentTooLarge(NotAllowed):
    """More points than this person may adjust alone."""

    code = "adjustment_too_large"
    text = N_("You may adjust up to {limit} points; this is {points}. A manager can approve it.")


# --- pure ----------------------------------------------------------------------------------------


def earned_on(earning_cents: int, *, cents_per_point: int, multiplier_bp: int) -> int:
    """Points for what was paid in earning tenders, rounded down once a sale."""
    return max(earning_cents, 0) * multiplier_bp // (cents_per_point * 10_000)


def worth(points: int, *, points_per_unit: int) -> int:
    """Whole cents that points are worth as money, rounded down."""
    return points * 100 // points_per_unit


def needed_for(cents: int, *, points_per_unit: int) -> int:
    """The smallest number of points worth so many cents."""
    return -(-cents * points_per_unit // 100)


def most_within(cents: int, *, points_per_unit: int) -> int:
    """The most points that are worth no more than so many cents, none of them for nothing."""
    most = ((cents + 1) * points_per_unit - 1) // 100
    return needed_for(worth(most, points_per_unit=points_per_unit), points_per_unit=points_per_unit)


def expiry_of(earned_at: Millis, shop: ShopRules) -> Millis | None:
    """The moment points earned now expire, by the shop's method; None for never."""
    day = clock.day_of(earned_at, shop.zone)
    if shop.points_expiry == "never":
        return None
    if shop.points_expiry == "year_end":
        return clock.start_of(date(day.year + 1, 1, 1), shop.zone)
    later = clock.add_months(day, shop.points_months)
    if shop.points_expiry == "month_end":
        return clock.start_of(clock.add_months(later.replace(day=1), 1), shop.zone)
    return clock.end_of(later, shop.zone)


# --- reads ---------------------------------------------------------------------------------------


def state(member_id: int, *, now: Millis) -> PointsState:
    """Balance, usable points and the next lot to expire."""
    zone = rules.current(now=now).zone
    found = posting.account(member_id, "points")
    lots = posting.lots(found.id, now=now)
    dated = [lot for lot in lots if lot.expires_at is not None]
    first = dated[0].expires_at if dated else None
    expiring = sum(lot.remaining for lot in dated if lot.expires_at == first)
    usable = sum(lot.remaining for lot in lots) - found.held
    last_day = None if first is None else clock.day_of(first, zone) - timedelta(days=1)
    return PointsState(found.balance, usable, found.debt, expiring, last_day)


def statement(member_id: int, *, limit: int = 50, before_id: int | None = None) -> list[PointsEntry]:
    """The newest rows of the member's points ledger."""
    account_id = posting.account(member_id, "points").id
    older = " AND (at, id) < (SELECT at, id FROM entry WHERE id = ?)" if before_id else ""
    found = db.rows(
        "SELECT id, at, kind, amount, balance_after, reason FROM entry"
        f" WHERE account_id = ?{older} ORDER BY at DESC, id DESC LIMIT ?",
        (account_id, before_id, limit) if before_id else (account_id, limit),
    )
    return [PointsEntry(*row) for row in found]


# --- doing ---------------------------------------------------------------------------------------


def earn(member_id: int, points: int, cause: Cause) -> int:
    """Add earned points as a lot, pending for the shop's days; inside the caller's transaction."""
    shop = rules.current(now=cause.now)
    return posting.credit(
        posting.account(member_id, "points"),
        points,
        cause,
        expires_at=expiry_of(cause.now, shop),
        available_at=Millis(cause.now + shop.points_pending_days * DAY),
    )


def spend(member_id: int, points: int, cause: Cause) -> int:
    """Take points; inside the caller's transaction. Raises: NotEnoughPoints."""
    return posting.spend(posting.account(member_id, "points"), points, cause)


@db.atomic
def adjust(member_id: int, points: int, *, reason: str, by: Actor, now: Millis) -> int:
    """Add (or with a negative number take) points by hand. Returns the entry's id.

    Raises: NotAllowed, ReasonMissing, AdjustmentTooLarge, NotEnoughPoints, MemberUnknown …
    """
    require(by, "adjust")
    if not reason.strip() or points == 0:
        raise ReasonMissing(field="reason")
    limit = rules.current(now=now).adjust_limit_points
    if by.role != "owner" and abs(points) > limit:
        raise AdjustmentTooLarge(field="points", limit=limit, points=abs(points), right="adjust")
    locks.hold(member_id)
    cause = Cause("adjust", "member", member_id, by, now, reason=reason.strip())
    entry_id = earn(member_id, points, cause) if points > 0 else spend(member_id, -points, cause)
    audit.record("points.adjusted", "member", member_id, by=by, now=now, after={"points": points, "reason": reason})
    return entry_id


def members_with_expired(*, now: Millis, limit: int = 500) -> list[int]:
    """Members who hold lots of any kind that have expired by now."""
    sql = (
        "SELECT DISTINCT a.member_id FROM lot l JOIN account a ON a.id = l.account_id"
        " WHERE l.remaining > 0 AND l.expires_at <= ? ORDER BY a.member_id LIMIT ?"
    )
    return [row[0] for row in db.rows(sql, (now, limit))]


@db.atomic
def expire(member_id: int, *, by: Actor, now: Millis) -> int:
    """Write off a member's expired points and bonus; the points written off."""
    gone = 0
    for asset in ("points", "bonus"):
        account = posting.account(member_id, asset)
        amount = posting.expire(account, Cause("expire", "member", member_id, by, now))
        gone += amount if asset == "points" else 0
    return gone
