"""Points 积分: earned in lots that expire, spent first-expiring-first, adjusted or passed on with a reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from core.base import clock, db, ids
from core.base.access import Actor, require
from core.base.clock import DAY, Millis
from core.base.errors import Invalid, NotAllowed, Refused
from core.base.i18n import N_
from core.books import accounts, audit, locks, posting, requests, rules
from core.books.accounts import Account, Lot
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


class ReasonMissing(Invalid):
    """A manual adjustment must say why."""

    code = "reason_missing"
    text = N_("Say why the points change, in a few words; it stands in the member's statement.")


class AdjustmentTooLarge(NotAllowed):
    """More points than this person may adjust alone."""

    code = "adjustment_too_large"
    text = N_("You may adjust up to {limit} points; this is {points}. A manager can approve it.")


class TransferTooLarge(NotAllowed):
    """More points than this person may pass on without an approval."""

    code = "transfer_too_large"
    text = N_("Up to {limit} points may be passed on without an approval; this is {points}. A manager can approve it.")


class SpendProofNeeded(Refused):
    """Points may leave an account only when its owner proved to be there."""

    code = "spend_proof_needed"
    text = N_(
        "Spending {points} points needs the member's proof. "
        "Scan the code on their phone, or send a code by text message."
    )


class TransferToSelf(Invalid):
    """Both ends of a transfer are the same member."""

    code = "transfer_to_self"
    text = N_("Giver and receiver are the same member. Choose whom the {points} points are for.")


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


def lot_times(earned_at: Millis, shop: ShopRules) -> tuple[Millis, Millis | None]:
    """From when points earned now can be used, and when they expire.

    Points that would expire while they are pending live as if they were earned on the day they come free.
    """
    starts = Millis(earned_at + shop.points_pending_days * DAY)
    expires = expiry_of(earned_at, shop)
    return starts, expiry_of(starts, shop) if expires is not None and expires <= starts else expires


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
    found = posting.account(member_id, "points")
    return of_lots(found, posting.lots(found.id, now=now), now=now)


def of_lots(found: Account, lots: Sequence[Lot], *, now: Millis) -> PointsState:
    """The state of an account of points with its usable lots."""
    dated = [lot for lot in lots if lot.expires_at is not None]
    first = dated[0].expires_at if dated else None
    expiring = sum(lot.free for lot in dated if lot.expires_at == first)
    usable = sum(lot.free for lot in lots)
    last_day = None if first is None else clock.day_of(first, rules.current(now=now).zone) - timedelta(days=1)
    return PointsState(found.balance, usable, found.debt, expiring, last_day)


# --- doing ---------------------------------------------------------------------------------------


def earn(member_id: int, points: int, cause: Cause) -> int:
    """Add earned points as a lot, pending for the shop's days; inside the caller's transaction."""
    starts, expires = lot_times(cause.now, rules.current(now=cause.now))
    account = posting.account(member_id, "points")
    return posting.credit(account, points, cause, expires_at=expires, available_at=starts)


def spend(member_id: int, points: int, cause: Cause) -> int:
    """Take points; inside the caller's transaction. Raises: NotEnoughPoints."""
    return posting.spend(posting.account(member_id, "points"), points, cause)


def check_adjustment(points: int, *, reason: str, by: Actor, now: Millis) -> None:
    """Raise unless one may change anybody's points by so many. Raises: NotAllowed, AmountInvalid, ReasonMissing …"""
    require(by, "adjust")
    accounts.check_amount(abs(points), "points")
    if not reason.strip():
        raise ReasonMissing(field="reason")
    limit = rules.current(now=now).adjust_limit_points
    if by.role != "owner" and abs(points) > limit:
        raise AdjustmentTooLarge(field="points", limit=limit, points=abs(points), right="adjust")


@db.atomic
def adjust(member_id: int, points: int, *, reason: str, by: Actor, now: Millis, key: str | None = None) -> int:
    """Add (or with a negative number take) points by hand. Returns the entry's id; the same key gives the same one.

    Raises: NotAllowed, AmountInvalid, ReasonMissing, AdjustmentTooLarge, NotEnoughPoints, KeyReused, MemberUnknown …
    """
    check_adjustment(points, reason=reason, by=by, now=now)

    def do() -> int:
        locks.hold(member_id)
        cause = Cause("adjust", "member", member_id, by, now, reason=reason.strip())
        entry_id = earn(member_id, points, cause) if points > 0 else spend(member_id, -points, cause)
        after = {"points": points, "reason": reason}
        audit.record("points.adjusted", "member", member_id, by=by, now=now, after=after)
        return entry_id

    request = {"member": member_id, "points": points, "reason": reason}
    return requests.once(key, do, scope=f"{by.tag}/adjust", request=request, now=now)


@db.atomic
def transfer(
    from_member: int,
    to_member: int,
    points: int,
    *,
    reason: str,
    by: Actor,
    now: Millis,
    approved_by: Actor | None = None,
    key: str | None = None,
) -> int:
    """Pass points on to another member; they keep their dates. Returns the transfer's id.

    By the giver, up to the shop's limit, or by staff who may adjust points; above the limit with an
    approval. A debt of the receiver is repaid first. The same key gives the same transfer.

    Raises: NotAllowed, AmountInvalid, TransferToSelf, ReasonMissing, TransferTooLarge, NotEnoughPoints,
    KeyReused, MemberUnknown, MemberBlocked …
    """
    if (by.kind, by.id) != ("member", from_member):
        require(by, "adjust")
    accounts.check_amount(points, "points")
    if from_member == to_member:
        raise TransferToSelf(field="to_member", points=points)
    if not reason.strip():
        raise ReasonMissing(field="reason")
    _check_transfer(points, by, approved_by, now)
    request = {"from": from_member, "to": to_member, "points": points, "reason": reason.strip()}
    approver = {"approved_by": approved_by.tag} if approved_by else {}

    def do() -> int:
        locks.hold(from_member, to_member)
        transfer_id = ids.new()
        out, into = (Cause(f"transfer_{way}", "transfer", transfer_id, by, now, reason=reason.strip())
                     for way in ("out", "in"))  # fmt: skip
        giver, taker = (posting.account(one, "points") for one in (from_member, to_member))
        posting.move(giver, taker, points, out, into)
        after = {"to": str(to_member), "points": points, "reason": reason.strip(), **approver}
        audit.record("points.transferred", "member", from_member, by=by, now=now, after=after)
        return transfer_id

    return requests.once(key, do, scope=f"{by.tag}/transfer", request=request, now=now)


def _check_transfer(points: int, by: Actor, approved_by: Actor | None, now: Millis) -> None:
    limit = rules.current(now=now).transfer_limit_points
    if points <= limit or by.role in ("owner", "manager"):
        return
    if approved_by is None or not approved_by.may("approve") or not approved_by.may("adjust"):
        raise TransferTooLarge(field="approved_by", limit=limit, points=points, right="approve")
    audit.confirm(approved_by)


def members_with_expired(*, now: Millis, limit: int = 500) -> list[int]:
    """Members who hold lots of any kind of which something has expired by now and is not set aside."""
    sql = (
        "SELECT DISTINCT a.member_id FROM lot l JOIN account a ON a.id = l.account_id"
        " WHERE l.remaining > 0 AND l.remaining > l.held AND l.expires_at <= ? ORDER BY a.member_id LIMIT ?"
    )
    return [row[0] for row in db.rows(sql, (now, limit))]


@db.atomic
def expire(member_id: int, *, by: Actor, now: Millis) -> int:
    """Write off a member's expired points and bonus; the points written off."""
    locks.hold(beside=(member_id,))
    gone: dict[str, int] = {}
    for asset in posting.EXPIRING:
        cause = Cause("expire", "member", member_id, by, now)
        gone[asset] = posting.expire(posting.account(member_id, asset), cause)
    lapsed = {asset: amount for asset, amount in gone.items() if amount}
    if lapsed:
        audit.record("value.expired", "member", member_id, by=by, now=now, after=lapsed)
    return gone["points"]
