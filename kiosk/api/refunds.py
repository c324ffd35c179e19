"""Refunds over the API: parts of a sale come back, a sale is undone, a top-up paid back; once for a key."""

from flask import Response

from core.base import clock
from core.selling import receipts, refunds, reversals
from core.selling.refunds import How
from core.selling.returns import RefundPlan
from kiosk.api import door as api
from kiosk.api import sales
from kiosk.api.baskets import TenderOut
from kiosk.api.exchanges import ONE, back_of
from kiosk.api.returns import RefundIn, RefundOut, RefundPlanOut, WholeIn


@api.pages.post(f"{ONE}/refunds")
@api.operation(201, RefundOut, body=RefundIn)
def refund(sale_id: int) -> Response:
    """Take lines of a sale back.

    Needs the scope refunds and a header Idempotency-Key, as for sales. Money goes back to the ways it
    was paid, or to stored value, points and coupons as the sale recorded them.
    """
    given, (key, replayed) = api.body_of(RefundIn), api.once("refund")
    sales.receipt_of(sale_id, "refund")
    approver = api.approver_of(given.approval, "refund", replayed=replayed)
    how = How(reason=given.reason, approved_by=approver, to_wallet=given.to_wallet)
    refund_id = refunds.refund(sale_id, back_of(given.lines), how, by=api.actor(), now=clock.now(), key=key)
    return _answer(refund_id, sale_id, replayed)


@api.pages.post(f"{ONE}/refunds/preview")
@api.operation(200, RefundPlanOut, body=RefundIn)
def refund_preview(sale_id: int) -> Response:
    """What a refund would pay back and move; nothing is written.

    Needs the scope refunds. Takes the body of the refund itself; nobody has to approve a look.
    """
    given = api.body_of(RefundIn)
    sales.receipt_of(sale_id, "refund")
    found = refunds.preview(sale_id, back_of(given.lines), by=api.actor(), to_wallet=given.to_wallet)
    return api.answer(_planned(found))


@api.pages.post(f"{ONE}/void")
@api.operation(201, RefundOut, body=WholeIn)
def void(sale_id: int) -> Response:
    """Undo a whole sale on its business day, top-ups and plans too.

    Needs the scope refunds and a header Idempotency-Key.
    """
    how, key, replayed = _whole(sale_id, "void")
    return _answer(reversals.void(sale_id, how, by=api.actor(), now=clock.now(), key=key), sale_id, replayed)


@api.pages.post(f"{ONE}/reversal")
@api.operation(201, RefundOut, body=WholeIn)
def reversal(sale_id: int) -> Response:
    """Pay the top-up of a sale back: the principal left less the bonus used.

    Needs the scope refunds and a header Idempotency-Key.
    """
    how, key, replayed = _whole(sale_id, "reverse")
    return _answer(reversals.reverse_top_up(sale_id, how, by=api.actor(), now=clock.now(), key=key), sale_id, replayed)


@api.pages.post(f"{ONE}/cancel-pass")
@api.operation(201, RefundOut, body=WholeIn)
def cancel_pass(sale_id: int) -> Response:
    """End the passes of a sale and pay back what is left, by uses.

    Needs the scope refunds and a header Idempotency-Key.
    """
    how, key, replayed = _whole(sale_id, "cancel-pass")
    return _answer(reversals.cancel_pass(sale_id, how, by=api.actor(), now=clock.now(), key=key), sale_id, replayed)


@api.pages.post(f"{ONE}/cancel-plan")
@api.operation(201, RefundOut, body=WholeIn)
def cancel_plan(sale_id: int) -> Response:
    """End the plans of a sale: all of it back soon and unused, else by the full days left.

    Needs the scope refunds and a header Idempotency-Key.
    """
    how, key, replayed = _whole(sale_id, "cancel-plan")
    return _answer(reversals.cancel_plan(sale_id, how, by=api.actor(), now=clock.now(), key=key), sale_id, replayed)


def _whole(sale_id: int, verb: str) -> tuple[How, str, bool]:
    given, (key, replayed) = api.body_of(WholeIn), api.once(verb)
    sales.receipt_of(sale_id, "refund")
    approver = api.approver_of(given.approval, "refund", replayed=replayed)
    return How(reason=given.reason, approved_by=approver), key, replayed


def _answer(refund_id: int, sale_id: int, replayed: bool) -> Response:
    shape = RefundOut(id=str(refund_id), sale=sales.shown(receipts.of(sale_id)))
    return api.answer(shape, 201, replayed=replayed)


def _planned(found: RefundPlan) -> RefundPlanOut:
    return RefundPlanOut(
        total_cents=found.total_cents,
        tenders=[TenderOut(kind=kind, cents=cents, reference=None) for _, kind, cents in found.tenders],
        returned_points=found.returned_points,
        taken_points=found.due_points,
    )
