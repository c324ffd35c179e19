"""Parked baskets over the API: put aside, listed, taken up once."""

from flask import Response

from core.base import clock
from core.base.clock import iso
from core.selling import parking
from core.selling.quotes import Basket
from kiosk.api import door as api
from kiosk.api.baskets import AllParkedOut, LineIn, ParkedOut, ParkIn, QuoteIn, ServerShape
from kiosk.api.quotes import basket_of
from kiosk.api.schemas import PageAsked


@api.pages.post("/parked")
@api.operation(201, ParkedOut, body=ParkIn)
def park() -> Response:
    """Put a basket aside; nothing is reserved.

    Needs the scope sales.
    """
    given, now = api.body_of(ParkIn), clock.now()
    basket = basket_of(given)
    parked_id = parking.park(basket, given.label, by=api.actor(), now=now)
    return api.answer(ParkedOut(id=str(parked_id), label=given.label, at=iso(now), basket=_shown(basket)), 201)


@api.pages.get("/parked")
@api.operation(200, AllParkedOut, query=PageAsked, refusals=(401, 403, 422, 500, 503))
def all_parked() -> Response:
    """The baskets that wait in the key's store, the first parked first.

    Needs the scope sales. `cursor` is the last answer's `next_cursor`, `limit` at most 200.
    """
    waiting = parking.waiting(api.store_id(), by=api.actor())
    found, cursor = api.page_of(waiting, api.query_of(PageAsked))
    shown = [ParkedOut(id=str(one.id), label=one.label, at=iso(one.at), basket=_shown(one.basket)) for one in found]
    return api.answer(AllParkedOut(parked=shown, next_cursor=cursor))


@api.pages.post("/parked/<int:parked_id>/recall")
@api.operation(200, QuoteIn)
def recall_parked(parked_id: int) -> Response:
    """Take a basket up; of several tills one gets it. Quote it anew: prices are those of now.

    Needs the scope sales.
    """
    return api.answer(_shown(parking.recall(parked_id, by=api.actor(), now=clock.now())))


def _shown(basket: Basket) -> QuoteIn:
    return QuoteIn(
        lines=[
            LineIn(
                product_id=str(line.product_id),
                quantity_milli=line.quantity,
                unit_cents=line.unit_cents,
                pass_id=None if line.pass_id is None else str(line.pass_id),
                gift_code=line.gift_code,
                staff_id=None if line.staff_id is None else str(line.staff_id),
                served_by=[ServerShape(staff_id=str(one), share_bp=share) for one, share in line.served_by],
            )
            for line in basket.lines
        ],
        member_id=None if basket.member_id is None else str(basket.member_id),
        points=basket.points,
        without_coupons=[str(one) for one in sorted(basket.without)],
        coupon_holds=[str(one) for one in sorted(basket.reserved)],
        round_off_cents=basket.round_off_cents,
    )
