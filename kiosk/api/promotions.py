"""Promotions over the API: made, changed, ended, tried over past sales, measured."""

from flask import Response

from core.base import access, clock
from core.base.clock import Millis, iso
from core.books import rules
from core.selling import promotions, replay
from core.selling.promotions import Promotion
from kiosk.api import door as api
from kiosk.api.offers import (
    ChangeOut,
    PromotionChangeIn,
    PromotionIn,
    PromotionOut,
    PromotionsOut,
    PromotionTermsIn,
    ReplayIn,
    ReplayOut,
    ResultOut,
)
from kiosk.api.schemas import PageAsked

ONE = "/promotions/<int:promotion_id>"


@api.pages.get("/promotions")
@api.operation(200, PromotionsOut, query=PageAsked, refusals=(401, 403, 422, 500, 503))
def all_promotions() -> Response:
    """List promotions, running, coming and ended.

    Needs the scope marketing. `cursor` is the last answer's `next_cursor`, `limit` at most 200.
    """
    access.require(api.actor(), "marketing")
    found, cursor = api.page_of(
        promotions.everything(), api.query_of(PageAsked), id_of=lambda one: one.promotion_id, newest=True
    )
    return api.answer(PromotionsOut(promotions=[_shown(one) for one in found], next_cursor=cursor))


@api.pages.post("/promotions")
@api.operation(201, PromotionOut, body=PromotionIn)
def new_promotion() -> Response:
    """Add a promotion.

    Needs the scope marketing.
    """
    given, now = api.body_of(PromotionIn), clock.now()
    from_at = None if given.from_day is None else clock.start_of(api.day_of(given.from_day, "from_day"), _zone())
    promotion_id = promotions.create(
        given.name,
        given.terms.of_core(),
        by=api.actor(),
        now=now,
        from_at=from_at,
        until_at=_end_of(given.last_day),
    )
    return api.answer(_shown(promotions.get(promotion_id)), 201)


@api.pages.get(ONE)
@api.operation(200, PromotionOut, refusals=(401, 403, 404, 500, 503), bare=(304,))
def promotion(promotion_id: int) -> Response:
    """Read the newest version of a promotion.

    Needs the scope marketing. Send If-None-Match to get 304 when nothing changed.
    """
    access.require(api.actor(), "marketing")
    return api.answer(_shown(promotions.get(promotion_id)), tagged=True)


@api.pages.put(ONE)
@api.operation(200, PromotionOut, body=PromotionChangeIn)
def change_promotion(promotion_id: int) -> Response:
    """Put new terms in force from now; sales made before name the version that priced them.

    Needs the scope marketing.
    """
    given = api.body_of(PromotionChangeIn)
    until_at = _end_of(given.last_day)
    promotions.change(promotion_id, given.terms.of_core(), by=api.actor(), now=clock.now(), until_at=until_at)
    return api.answer(_shown(promotions.get(promotion_id)))


@api.pages.post(f"{ONE}/end")
@api.operation(200, PromotionOut)
def end_promotion(promotion_id: int) -> Response:
    """End a promotion now.

    Needs the scope marketing.
    """
    promotions.end(promotion_id, by=api.actor(), now=clock.now())
    return api.answer(_shown(promotions.get(promotion_id)))


@api.pages.get(f"{ONE}/result")
@api.operation(200, ResultOut, refusals=(401, 403, 404, 500, 503))
def promotion_result(promotion_id: int) -> Response:
    """What a promotion did so far: sales, members, what it took off, what was paid.

    Needs the scope reports.
    """
    return api.answer(ResultOut(**promotions.result(promotion_id, by=api.actor()).__dict__))


@api.pages.post("/promotions/replay")
@api.operation(200, ReplayOut, body=ReplayIn)
def replayed() -> Response:
    """Play a draft over past sales; nothing is written.

    Needs the scope marketing. `instead_of` leaves a running promotion out of the comparison.
    """
    given, zone = api.body_of(ReplayIn), _zone()
    found = replay.over(
        given.name,
        given.terms.of_core(),
        first_at=clock.start_of(api.day_of(given.first_day, "first_day"), zone),
        until_at=clock.end_of(api.day_of(given.last_day, "last_day"), zone),
        by=api.actor(),
        instead_of=int(given.instead_of) if given.instead_of else None,
    )
    facts = found.__dict__ | {
        "winners": [ChangeOut(member_id=str(one.member_id), sales=one.sales, cents=one.cents) for one in found.winners],
        "losers": [ChangeOut(member_id=str(one.member_id), sales=one.sales, cents=one.cents) for one in found.losers],
    }
    return api.answer(ReplayOut(cost_cents=found.cost_cents, **facts))


def _zone() -> str:
    return rules.current(now=clock.now()).zone


def _end_of(last_day: str | None) -> Millis | None:
    return None if last_day is None else clock.end_of(api.day_of(last_day, "last_day"), _zone())


def _shown(one: Promotion) -> PromotionOut:
    return PromotionOut(
        id=str(one.promotion_id),
        version_id=str(one.version_id),
        number=one.number,
        name=one.name,
        terms=PromotionTermsIn.shown(one.terms),
        from_at=iso(one.from_at),
        until_at=None if one.until_at is None else iso(one.until_at),
    )
