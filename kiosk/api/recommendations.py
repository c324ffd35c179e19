"""What to offer a member, over the API: what they usually take and what they may like, with why."""

from flask import Response

from core.base import clock
from core.insight import recommend
from core.insight.recommend import Taste
from core.people import members
from kiosk.api import door as api
from kiosk.api.schemas import Shape


class UsualOut(Shape):
    """A product the member takes, on how many visits."""

    product_id: str
    name: str
    times: int
    reason: str


class SuggestionOut(Shape):
    """A product to offer: in `together` of the `baskets` with `beside` it was too.

    `beside` is null for what is popular anyway; then `baskets` is how many it was in.
    """

    product_id: str
    name: str
    beside: str | None
    together: int
    baskets: int
    reason: str


class RecommendationsOut(Shape):
    """What to offer a member. Without their consent to suggestions `agreed` is false and nothing is listed."""

    agreed: bool
    usual: list[UsualOut]
    may_like: list[SuggestionOut]
    time: str | None


@api.pages.get("/members/<int:member_id>/recommendations")
@api.operation(200, RecommendationsOut, refusals=(401, 403, 404, 500, 503))
def recommendations(member_id: int) -> Response:
    """Say what a member usually takes and may like, each with its reason, and when they mostly come.

    Needs the scope members. The sentences are in the language of Accept-Language; neighbours are those counted last
    night.
    """
    now = clock.now()
    members.summary(member_id, by=api.actor(), now=now)
    taste = recommend.of_member(member_id, now=now)
    nothing = RecommendationsOut(agreed=False, usual=[], may_like=[], time=None)
    return api.answer(nothing if taste is None else _shown(taste))


def _shown(taste: Taste) -> RecommendationsOut:
    time = recommend.times_said(taste.times)
    return RecommendationsOut(
        agreed=True,
        usual=[
            UsualOut(product_id=str(one.product_id), name=one.name, times=one.times, reason=str(one.reason))
            for one in taste.usual
        ],
        may_like=[
            SuggestionOut(
                product_id=str(one.product_id),
                name=one.name,
                beside=one.beside or None,
                together=one.together,
                baskets=one.baskets,
                reason=str(one.reason),
            )
            for one in taste.may_like
        ],
        time=None if time is None else str(time),
    )
