"""Quotes over the API: the price of a basket now, with the reason for every cent."""

from flask import Response

from core.base import clock
from core.base.i18n import _
from core.base.money import Milli
from core.selling import quotes
from core.selling.pricing.values import LineQuote, Quote
from core.selling.quotes import Basket, BasketLine
from kiosk.api import door as api
from kiosk.api.baskets import LineOut, NotUsedOut, QuoteIn, QuoteOut, ReasonOut


@api.pages.post("/quotes")
@api.operation(200, QuoteOut, body=QuoteIn)
def quote() -> Response:
    """Price a basket; nothing is written.

    Needs the scope sales.
    """
    given = api.body_of(QuoteIn)
    found = quotes.quote(basket_of(given), by=api.actor(), now=clock.now())
    return api.answer(_shown(found))


def basket_of(given: QuoteIn) -> Basket:
    """A basket in the key's store."""
    return Basket(
        store_id=api.store_id(),
        lines=tuple(
            BasketLine(
                int(line.product_id),
                Milli(line.quantity_milli),
                line.unit_cents,
                int(line.staff_id) if line.staff_id else None,
                int(line.pass_id) if line.pass_id else None,
                line.gift_code,
                tuple((int(one.staff_id), one.share_bp) for one in line.served_by),
            )
            for line in given.lines
        ),
        member_id=int(given.member_id) if given.member_id else None,
        points=given.points,
        without=frozenset(int(one) for one in given.without_coupons),
        reserved=frozenset(int(one) for one in given.coupon_holds),
        round_off_cents=given.round_off_cents,
    )


def _shown(found: Quote) -> QuoteOut:
    return QuoteOut(
        lines=[_line(line) for line in found.lines],
        gross_cents=found.gross_cents,
        total_cents=found.total_cents,
        redeemed_points=found.redeemed_points,
        redeemed_cents=found.redeemed_cents,
        earned_points=found.earned_points,
        claimable_points=found.claimable_points,
        most_points=found.most_points,
        tax_cents=found.tax_cents,
        rounding_cents=found.rounding_cents,
        not_used=[NotUsedOut(name=one.name, reason=str(one.reason), code=one.code) for one in found.not_used],
        exact=found.exact,
    )


def _line(line: LineQuote) -> LineOut:
    return LineOut(
        product_id=str(line.item.product_id),
        name=line.item.name,
        quantity_milli=line.item.quantity,
        unit_cents=line.item.unit_cents,
        amount_cents=line.amount_cents,
        reasons=[
            ReasonOut(name=off.rule.name or _("rounded off"), kind=off.rule.kind, cents=off.cents) for off in line.offs
        ],
        redeemed_points=line.redeemed_points,
        redeemed_cents=line.redeemed_cents,
        tax_cents=line.tax_cents,
        net_cents=line.net_cents,
    )
