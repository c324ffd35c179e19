"""Sales over the API: posted once for a key, read back as recorded."""

from flask import Response

from core.base import access, clock
from core.base.access import Actor
from core.base.clock import iso
from core.base.i18n import _
from core.selling import claims, receipts, sales
from core.selling.receipts import SaleReceipt
from core.selling.refunds import SaleUnknown
from core.selling.sales import SaleRequest, Tender
from kiosk.api import door as api
from kiosk.api.baskets import ReasonOut, SaleHeadOut, SaleIn, SaleOut, SalesAsked, SalesOut, SoldLineOut, TenderOut
from kiosk.api.quotes import basket_of


@api.pages.post("/sales")
@api.operation(201, SaleOut, body=SaleIn)
def post() -> Response:
    """Post a sale.

    Needs the scope sales and a header Idempotency-Key: the same key and body give the same sale again
    with `Idempotent-Replayed: true`, another body is refused. The total must be `expected_cents`.
    """
    given, (key, replayed), by = api.body_of(SaleIn), api.once("sale"), api.actor()
    access.require(by, "sell", store_id=api.store_id())
    approver = api.approver_of(given.approval, "adjust", replayed=replayed)
    sale_id = sales.post(request_of(given, approver), by=by, now=clock.now(), key=key)
    return api.answer(shown(receipts.of(sale_id)), 201, replayed=replayed)


def request_of(given: SaleIn, approver: Actor | None) -> SaleRequest:
    """A sale as core takes it."""
    return SaleRequest(
        basket=basket_of(given),
        tenders=tuple(Tender(one.kind, one.cents, one.reference) for one in given.tenders),
        expected_cents=given.expected_cents,
        proof_code=given.proof_code,
        approved_by=approver,
    )


@api.pages.get("/sales")
@api.operation(200, SalesOut, query=SalesAsked, refusals=(401, 403, 404, 422, 500, 503))
def newest() -> Response:
    """List the sales of the key's store, newest first.

    Needs the scope sales. `member_id` asks for one member's; `cursor` is the last answer's `next_cursor`,
    `limit` at most 200.
    """
    access.require(api.actor(), "sell", store_id=api.store_id())
    asked = api.query_of(SalesAsked)
    found = receipts.recent(
        store_id=api.store_id(),
        member_id=int(asked.member_id) if asked.member_id else None,
        before_id=receipt_of(int(asked.cursor), "sell").id if asked.cursor else None,
        limit=asked.limit + 1,
    )
    heads = [
        SaleHeadOut(
            id=str(one.id),
            number=one.number,
            at=iso(one.at),
            total_cents=one.total_cents,
            refunded_cents=one.refunded_cents,
            member_id=None if one.member_id is None else str(one.member_id),
        )
        for one in found[: asked.limit]
    ]
    more = len(found) > asked.limit
    return api.answer(SalesOut(sales=heads, next_cursor=heads[-1].id if more else None))


@api.pages.get("/sales/<int:sale_id>")
@api.operation(200, SaleOut, refusals=(401, 403, 404, 500, 503), bare=(304,))
def sale(sale_id: int) -> Response:
    """Read one sale of the key's store.

    Needs the scope sales. Send If-None-Match to get 304 when nothing changed.
    """
    return api.answer(shown(receipt_of(sale_id, "sell")), tagged=True)


def receipt_of(sale_id: int, right: str) -> SaleReceipt:
    """A sale of the key's own store. Raises: NotAllowed, SaleUnknown."""
    access.require(api.actor(), right, store_id=api.store_id())
    receipt = receipts.of(sale_id)
    if receipt.store_id not in api.actor().stores:
        raise SaleUnknown(what=str(sale_id))
    return receipt


def shown(receipt: SaleReceipt) -> SaleOut:
    """A sale as the API gives it."""
    return SaleOut(
        id=str(receipt.id),
        number=receipt.number,
        claim_code=claims.code_of(receipt.id) if receipt.member_id is None else None,
        store_id=str(receipt.store_id),
        at=iso(receipt.at),
        member_id=None if receipt.member_id is None else str(receipt.member_id),
        lines=[
            SoldLineOut(
                id=str(line.id),
                kind=line.kind,
                name=line.name,
                quantity_milli=line.quantity_milli,
                returned_milli=line.returned_milli,
                unit_cents=line.unit_cents,
                amount_cents=line.amount_cents,
                reasons=[
                    ReasonOut(name=name or _("rounded off"), kind=kind, cents=cents)
                    for kind, name, cents in line.reasons
                ],
                tax_cents=line.tax_cents,
                redeemed_cents=line.redeemed_cents,
                net_cents=line.net_cents,
                earned_points=line.earned_points,
            )
            for line in receipt.lines
        ],
        tenders=[TenderOut(kind=kind, cents=cents, reference=ref) for kind, cents, ref in receipt.tenders],
        gross_cents=receipt.gross_cents,
        tax_cents=receipt.tax_cents,
        total_cents=receipt.total_cents,
        refunded_cents=receipt.refunded_cents,
        redeemed_points=receipt.redeemed_points,
        earned_points=receipt.earned_points,
        points_after=receipt.points_after,
        stored_after_cents=receipt.stored_after_cents,
        versions=[str(one) for one in receipt.versions],
    )
