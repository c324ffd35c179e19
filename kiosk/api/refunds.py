"""Refunds over the API: parts of a sale come back, once for a key."""

from flask import Response

from core.base import clock
from core.books import requests
from core.selling import receipts, refunds
from core.selling.refunds import How, ReturnLine
from kiosk.api import door as api
from kiosk.api import sales
from kiosk.api.schemas import RefundIn, RefundOut


@api.pages.post(f"/sales/<int(max={2**53 - 1}):sale_id>/refunds")
@api.operation(201, RefundOut, body=RefundIn)
def refund(sale_id: int) -> Response:
    """Take lines of a sale back.

    Needs the scope refunds and a header Idempotency-Key, as for sales. Money goes back to the ways it
    was paid, points and coupons as the sale recorded them.
    """
    given, key, by, now = api.body_of(RefundIn), api.key_of_request(), api.actor(), clock.now()
    sales.receipt_of(sale_id, "refund")
    back = tuple(ReturnLine(int(one.line_id), one.quantity_milli, one.sellable) for one in given.lines)
    replayed = requests.was_answered(key, scope=f"{by.tag}/refund")
    refund_id = refunds.refund(sale_id, back, How(reason=given.reason), by=by, now=now, key=key)
    shape = RefundOut(id=str(refund_id), sale=sales.shown(receipts.of(sale_id)))
    return api.answer(shape, 201, replayed=replayed)
