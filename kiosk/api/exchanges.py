"""Exchanges and claims over the API."""

from flask import Response

from core.base import access, clock
from core.selling import claims, exchanges, receipts
from core.selling.refunds import How
from core.selling.returns import ReturnLine
from kiosk.api import door as api
from kiosk.api import sales
from kiosk.api.baskets import SaleOut, TenderOut
from kiosk.api.quotes import basket_of
from kiosk.api.returns import ClaimIn, ClaimOut, ExchangeIn, ExchangePlanIn, ExchangePlanOut, ReturnIn

ONE = "/sales/<int:sale_id>"


@api.pages.post(f"{ONE}/exchange/preview")
@api.operation(200, ExchangePlanOut, body=ExchangePlanIn)
def exchange_preview(sale_id: int) -> Response:
    """What an exchange would cost; nothing is written.

    Needs the scopes sales and refunds.
    """
    given, by = api.body_of(ExchangePlanIn), api.actor()
    access.require(by, "sell", store_id=api.store_id())
    sales.receipt_of(sale_id, "refund")
    found = exchanges.preview(sale_id, back_of(given.back), basket_of(given), by=by, now=clock.now())
    return api.answer(
        ExchangePlanOut(
            back_cents=found.back.total_cents,
            new_cents=found.quote.total_cents,
            pay_cents=found.pay_cents,
            paid_back=[TenderOut(kind=kind, cents=cents, reference=None) for kind, cents in found.paid_back],
        )
    )


@api.pages.post(f"{ONE}/exchange")
@api.operation(201, SaleOut, body=ExchangeIn)
def exchange(sale_id: int) -> Response:
    """Take lines back and sell others in one go; the new sale.

    Needs the scopes sales and refunds and a header Idempotency-Key. `tenders` pay the difference only.
    """
    given, (key, replayed), by, now = api.body_of(ExchangeIn), api.once("exchange"), api.actor(), clock.now()
    sales.receipt_of(sale_id, "refund")
    approver = api.approver_of(given.approval, "refund", replayed=replayed)
    how, new = How(reason=given.reason, approved_by=approver), sales.request_of(given, approver)
    new_id = exchanges.exchange(sale_id, back_of(given.back), new, how, by=by, now=now, key=key)
    return api.answer(sales.shown(receipts.of(new_id)), 201, replayed=replayed)


@api.pages.post("/claims")
@api.operation(201, ClaimOut, body=ClaimIn)
def claim() -> Response:
    """Give a member the points of a receipt; each receipt once.

    Needs the scope members and a header Idempotency-Key.
    """
    given, (key, replayed) = api.body_of(ClaimIn), api.once("claim")
    points = claims.claim(given.code, int(given.member_id), by=api.actor(), now=clock.now(), key=key)
    return api.answer(ClaimOut(points=points), 201, replayed=replayed)


def back_of(given: list[ReturnIn]) -> tuple[ReturnLine, ...]:
    """Lines that come back, for core."""
    return tuple(ReturnLine(int(one.line_id), one.quantity_milli, one.sellable) for one in given)
