"""Coupons over the API: kinds, giving one to a member, passing one on."""

from flask import Response

from core.base import access, clock
from core.loyalty import coupons
from kiosk.api import door as api
from kiosk.api.offers import (
    CouponKindIn,
    CouponKindOut,
    CouponKindsOut,
    CouponTermsIn,
    DoneOut,
    GiveIn,
    GivenOut,
    TransferIn,
)
from kiosk.api.schemas import PageAsked


@api.pages.get("/coupon-kinds")
@api.operation(200, CouponKindsOut, query=PageAsked, refusals=(401, 403, 422, 500, 503))
def coupon_kinds() -> Response:
    """List coupon kinds, retired ones too.

    Needs the scope marketing. `cursor` is the last answer's `next_cursor`, `limit` at most 200.
    """
    access.require(api.actor(), "marketing")
    found, cursor = api.page_of(coupons.kinds(only_active=False), api.query_of(PageAsked))
    return api.answer(CouponKindsOut(kinds=[_shown(one) for one in found], next_cursor=cursor))


@api.pages.post("/coupon-kinds")
@api.operation(201, CouponKindOut, body=CouponKindIn)
def new_coupon_kind() -> Response:
    """Add a coupon kind.

    Needs the scope marketing.
    """
    given = api.body_of(CouponKindIn)
    kind_id = coupons.create_kind(
        given.name, given.terms.of_core(), valid_days=given.valid_days, by=api.actor(), now=clock.now()
    )
    return api.answer(_shown(next(one for one in coupons.kinds() if one.id == kind_id)), 201)


@api.pages.post("/coupon-kinds/<int:kind_id>/retire")
@api.operation(200, DoneOut)
def retire_coupon_kind(kind_id: int) -> Response:
    """Issue no more coupons of a kind; those issued stay good.

    Needs the scope marketing.
    """
    coupons.retire_kind(kind_id, by=api.actor(), now=clock.now())
    return api.answer(DoneOut())


@api.pages.post("/members/<int:member_id>/coupons")
@api.operation(201, GivenOut, body=GiveIn)
def give_coupon(member_id: int) -> Response:
    """Give a member a coupon.

    Needs the scope marketing and a header Idempotency-Key.
    """
    given, (key, replayed) = api.body_of(GiveIn), api.once("coupon")
    coupon_id = coupons.give(int(given.kind_id), member_id, by=api.actor(), now=clock.now(), key=key)
    found = coupons.many([coupon_id])[coupon_id]
    return api.answer(GivenOut(id=str(found.id), code=found.code), 201, replayed=replayed)


@api.pages.post("/coupons/transfer")
@api.operation(200, DoneOut, body=TransferIn)
def transfer_coupon() -> Response:
    """Pass a coupon on to another member, if its kind allows it.

    Needs the scope sales. To ask again for the same member changes nothing more.
    """
    given = api.body_of(TransferIn)
    coupons.transfer(given.code, int(given.to_member_id), by=api.actor(), now=clock.now())
    return api.answer(DoneOut())


def _shown(one: coupons.CouponKind) -> CouponKindOut:
    return CouponKindOut(
        id=str(one.id),
        name=one.name,
        terms=CouponTermsIn.shown(one.terms),
        valid_days=one.valid_days,
        active=one.active,
    )
