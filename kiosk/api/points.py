"""Points over the API: by hand, passed on, set aside and captured, and the statement of a member."""

from typing import Annotated, Literal

from flask import Response
from pydantic import Field

from core.base import access, clock
from core.base.clock import MINUTE, Millis, iso
from core.books import holds
from core.books.holds import Hold
from core.books.posting import Cause
from core.loyalty import couponholds, points, reserves, statement
from core.loyalty.couponholds import CouponHold
from core.loyalty.statement import StatementLine
from core.people import members, proving
from kiosk.api import door as api
from kiosk.api.schemas import Approval, Id, PageAsked, Shape, Str, Whole

MEMBER = "/members/<int:member_id>"
HOLD = "/holds/<int:hold_id>"


class AdjustIn(Shape):
    """Points added by hand, or with a negative number taken, and why."""

    points: Whole
    reason: Str


class EntryOut(Shape):
    """The entry in the books, and the member's points afterwards."""

    id: str
    balance: int
    usable: int


class TransferPointsIn(Shape):
    """Points that go from one member to another with their dates, why, and who approved above the limit."""

    from_member_id: Id
    to_member_id: Id
    points: Whole
    reason: Str
    approval: Approval | None = None


class HoldIn(Shape):
    """An amount set aside for `minutes`, for something of yours named by `reference`.

    Without the scope adjust the code on the member's phone is needed.
    """

    amount: Whole
    asset: Literal["points", "principal", "bonus"] = "points"
    minutes: Annotated[Whole, Field(ge=1, le=525_600)] = 30
    reference: Id
    proof_code: Str | None = None


class CouponHoldIn(Shape):
    """A coupon set aside for `minutes`, for something of yours named by `reference`.

    Where the shop asks for proof with coupons, the code on the member's phone is needed.
    """

    minutes: Annotated[Whole, Field(ge=1, le=525_600)] = 30
    reference: Id
    proof_code: Str | None = None


class HoldOut(Shape):
    """What is, or was, set aside; state is held, captured, released, lapsed or broken.

    Of a coupon (the asset "coupon") the amount is 1, and `coupon_id` names it.
    """

    id: str
    member_id: str
    asset: str
    amount: int
    coupon_id: str | None
    state: str
    until: str
    ended_at: str | None


class HoldsOut(Shape):
    """What is set aside for a member now."""

    holds: list[HoldOut]
    next_cursor: str | None


class StatementAsked(PageAsked):
    """Which part of a statement."""

    asset: Literal["points", "principal", "bonus"] | None = None


class StatementLineOut(Shape):
    """One entry: what moved, when, where, why, and the balance it left."""

    id: str
    at: str
    asset: str
    kind: str
    amount: int
    balance_after: int
    reason: str | None
    store: str | None
    sale_id: str | None
    sale_number: str | None


class StatementOut(Shape):
    """A page of a statement, newest first."""

    lines: list[StatementLineOut]
    next_cursor: str | None


@api.pages.post(f"{MEMBER}/points")
@api.operation(201, EntryOut, body=AdjustIn)
def adjust(member_id: int) -> Response:
    """Add points by hand, or take them.

    Needs the scope adjust and a header Idempotency-Key.
    """
    given, (key, replayed), now = api.body_of(AdjustIn), api.once("adjust"), clock.now()
    entry_id = points.adjust(member_id, given.points, reason=given.reason, by=api.actor(), now=now, key=key)
    state = points.state(member_id, now=now)
    out = EntryOut(id=str(entry_id), balance=state.balance, usable=state.usable)
    return api.answer(out, 201, replayed=replayed)


@api.pages.post("/points/transfers")
@api.operation(201, EntryOut, body=TransferPointsIn)
def transfer() -> Response:
    """Pass points on to another member; the answer shows the giver's points.

    Needs the scope adjust and a header Idempotency-Key; above the limit of points, someone's approval.
    """
    given, (key, replayed), now = api.body_of(TransferPointsIn), api.once("transfer"), clock.now()
    approver = api.approver_of(given.approval, "approve", replayed=replayed)
    giver, taker = int(given.from_member_id), int(given.to_member_id)
    moved = points.transfer(
        giver, taker, given.points, reason=given.reason, by=api.actor(), now=now, approved_by=approver, key=key
    )
    state = points.state(giver, now=now)
    return api.answer(EntryOut(id=str(moved), balance=state.balance, usable=state.usable), 201, replayed=replayed)


@api.pages.get(f"{MEMBER}/statement")
@api.operation(200, StatementOut, query=StatementAsked, refusals=(401, 403, 404, 422, 500, 503))
def statement_of(member_id: int) -> Response:
    """List what moved in a member's points and stored value, newest first.

    Needs the scope members. `cursor` is the last answer's `next_cursor`, `limit` at most 200.
    """
    asked = api.query_of(StatementAsked)
    members.summary(member_id, by=api.actor(), now=clock.now())
    before = int(asked.cursor) if asked.cursor else None
    found = statement.of(member_id, asked.asset, before_id=before, limit=asked.limit + 1)
    lines = [_line(one) for one in found[: asked.limit]]
    return api.answer(StatementOut(lines=lines, next_cursor=lines[-1].id if len(found) > asked.limit else None))


@api.pages.post(f"{MEMBER}/holds")
@api.operation(201, HoldOut, body=HoldIn)
def hold(member_id: int) -> Response:
    """Set points or stored value aside, until it is captured, released or its time is over.

    Needs the scope sales and a header Idempotency-Key.
    """
    given, (key, replayed), now, by = api.body_of(HoldIn), api.once("reserve"), clock.now(), api.actor()
    until, ref = Millis(now + given.minutes * MINUTE), ("api", int(given.reference))

    def do(proved: bool) -> int:
        return reserves.reserve(
            member_id, given.amount, lapses_at=until, ref=ref, by=by, now=now, asset=given.asset,
            proved=proved, key=key,
        )  # fmt: skip

    hold_id = proving.with_code(given.proof_code, member_id, do, key=key, scope=f"{by.tag}/reserve", now=now)
    return api.answer(_shown(holds.of(hold_id)), 201, replayed=replayed)


@api.pages.get(f"{MEMBER}/holds")
@api.operation(200, HoldsOut, query=PageAsked, refusals=(401, 403, 404, 422, 500, 503))
def held(member_id: int) -> Response:
    """List what is set aside for a member now, by id.

    Needs the scope members. `cursor` is the last answer's `next_cursor`, `limit` at most 200.
    """
    asked = api.query_of(PageAsked)
    members.summary(member_id, by=api.actor(), now=clock.now())
    both: list[Hold | CouponHold] = [*reserves.held_by(member_id), *couponholds.held_by(member_id)]
    found, cursor = api.page_of(both, asked)
    return api.answer(HoldsOut(holds=[_shown(one) for one in found], next_cursor=cursor))


@api.pages.post("/coupons/<int:coupon_id>/holds")
@api.operation(201, HoldOut, body=CouponHoldIn)
def hold_coupon(coupon_id: int) -> Response:
    """Set a coupon aside: nobody else can use it until a sale names the hold, or it is captured or released.

    Needs the scope sales and a header Idempotency-Key.
    """
    given, (key, replayed), now, by = api.body_of(CouponHoldIn), api.once("coupon-hold"), clock.now(), api.actor()
    until, ref = Millis(now + given.minutes * MINUTE), ("api", int(given.reference))

    def do(proved: bool) -> int:
        return couponholds.hold(coupon_id, lapses_at=until, ref=ref, by=by, now=now, proved=proved, key=key)

    owner = couponholds.owner(coupon_id)
    hold_id = proving.with_code(given.proof_code, owner, do, key=key, scope=f"{by.tag}/coupon-hold", now=now)
    return api.answer(_shown(couponholds.of(hold_id)), 201, replayed=replayed)


@api.pages.post(f"{HOLD}/capture")
@api.operation(200, HoldOut)
def capture(hold_id: int) -> Response:
    """Use what was set aside, to the last unit; of a coupon, for what was sold in a system of yours.

    Needs the scope sales and a header Idempotency-Key.
    """
    if couponholds.known(hold_id):
        return _capture_coupon(hold_id)
    (key, replayed), by, now = api.once("capture"), api.actor(), clock.now()
    cause = Cause("redeem", "hold", hold_id, by, now, api.store_id())
    reserves.capture(hold_id, cause, key=key)
    return api.answer(_shown(holds.of(hold_id)), replayed=replayed)


@api.pages.post(f"{HOLD}/release")
@api.operation(200, HoldOut)
def release(hold_id: int) -> Response:
    """Give free what was set aside.

    Needs the scope sales.
    """
    access.require(api.actor(), "sell", store_id=api.store_id())
    if couponholds.known(hold_id):
        couponholds.release(hold_id, by=api.actor(), now=clock.now())
        return api.answer(_shown(couponholds.of(hold_id)))
    reserves.release(hold_id, by=api.actor(), now=clock.now())
    return api.answer(_shown(holds.of(hold_id)))


def _capture_coupon(hold_id: int) -> Response:
    key, replayed = api.once("coupon-capture")
    couponholds.capture(hold_id, by=api.actor(), now=clock.now(), store_id=api.store_id(), key=key)
    return api.answer(_shown(couponholds.of(hold_id)), replayed=replayed)


def _shown(one: Hold | CouponHold) -> HoldOut:
    return HoldOut(
        id=str(one.id),
        member_id=str(one.member_id),
        asset="coupon" if isinstance(one, CouponHold) else one.asset,
        amount=1 if isinstance(one, CouponHold) else one.amount,
        coupon_id=str(one.coupon_id) if isinstance(one, CouponHold) else None,
        state=one.state,
        until=iso(one.lapses_at),
        ended_at=iso(one.ended_at) if one.ended_at else None,
    )


def _line(one: StatementLine) -> StatementLineOut:
    return StatementLineOut(
        id=str(one.id),
        at=iso(one.at),
        asset=one.asset,
        kind=one.kind,
        amount=one.amount,
        balance_after=one.balance_after,
        reason=one.reason,
        store=one.store,
        sale_id=None if one.sale_id is None else str(one.sale_id),
        sale_number=one.sale_number,
    )
