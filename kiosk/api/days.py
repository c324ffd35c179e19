"""Days over the API: the report of the key's store, and what was counted."""

from flask import Response

from core.base import access, clock
from core.reports import takings
from core.selling import shifts
from kiosk.api import door as api
from kiosk.api.schemas import Shape, Str, Whole


class TenderDayOut(Shape):
    """One way of paying on one day."""

    kind: str
    taken_cents: int
    back_cents: int
    net_cents: int
    counted_cents: int | None
    difference_cents: int | None


class DayReductionOut(Shape):
    """What one rule took off on one day."""

    kind: str
    name: str
    cents: int


class DayTaxOut(Shape):
    """One rate of tax on one day."""

    tax_bp: int
    net_cents: int
    tax_cents: int


class DayOut(Shape):
    """What the key's store took on one business day."""

    day: str
    sales: int
    voids: int
    gross_cents: int
    discount_cents: int
    redeemed_cents: int
    total_cents: int
    refunds: int
    refunded_cents: int
    net_cents: int
    stored_in_cents: int
    tenders: list[TenderDayOut]
    reductions: list[DayReductionOut]
    taxes: list[DayTaxOut]


class CountIn(Shape):
    """What was counted of one way of paying."""

    kind: Str
    counted_cents: Whole


@api.pages.get("/days/<day>")
@api.operation(200, DayOut, refusals=(401, 403, 404, 422, 500, 503))
def day_report(day: str) -> Response:
    """What the store took on a business day, each way of paying reconciled.

    Needs the scope reports. The day is written like 2026-12-31.
    """
    return api.answer(_shown(takings.of(api.store_id(), api.day_of(day, "day"), by=api.actor())))


@api.pages.post("/days/<day>/counts")
@api.operation(201, DayOut, body=CountIn)
def count_tender(day: str) -> Response:
    """Note what was counted of one way of paying; a later count stands for an earlier one.

    Needs the scopes sales and reports.
    """
    given, on, by = api.body_of(CountIn), api.day_of(day, "day"), api.actor()
    access.require(by, "reports", store_id=api.store_id())  # before anything is written: the answer is a report
    shifts.count_tender(api.store_id(), on, given.kind, given.counted_cents, by=by, now=clock.now())
    return api.answer(_shown(takings.of(api.store_id(), on, by=by)), 201)


def _shown(found: takings.DayReport) -> DayOut:
    facts = {name: value for name, value in found.__dict__.items() if name in DayOut.model_fields}
    return DayOut(
        **facts
        | {
            "day": found.day.isoformat(),
            "net_cents": found.net_cents,
            "tenders": [
                TenderDayOut(
                    kind=one.kind,
                    taken_cents=one.taken_cents,
                    back_cents=one.back_cents,
                    net_cents=one.net_cents,
                    counted_cents=one.counted_cents,
                    difference_cents=one.difference_cents,
                )
                for one in found.tenders
            ],
            "reductions": [
                DayReductionOut(kind=kind, name=name, cents=cents) for kind, name, cents in found.reductions
            ],
            "taxes": [DayTaxOut(**one.__dict__) for one in found.taxes],
        }
    )
