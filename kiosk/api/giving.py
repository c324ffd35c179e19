"""What the shop gives, over the API: rewards, check-in, share links, punch cards."""

from dataclasses import asdict
from typing import Annotated, Literal

from flask import Response
from pydantic import Field

from core.base import access, clock
from core.books import rules
from core.giving import checkin, handouts, punch, redemptions, rewards, sharing
from core.giving.redemptions import Redemption
from core.giving.rewards import Reward, RewardTerms
from core.people import members, proving
from kiosk.api import door as api
from kiosk.api.offers import DoneOut, LimitsIn
from kiosk.api.schemas import Id, Name, PageAsked, Shape, Str, Whole

LARGEST = 2**53 - 1
MEMBER = "/members/<int:member_id>"
REWARD = "/rewards/<int:reward_id>"
CARD = "/punch-cards/<int:card_id>"


# --- rewards -------------------------------------------------------------------------------------


class RewardTermsIn(LimitsIn):
    """What points buy: a product or service to be fetched, or a coupon; `each` of it a member (0: any number)."""

    kind: Literal["product", "service", "coupon"]
    points: Whole
    product_id: Id | None = None
    coupon_kind_id: Id | None = None
    each: Whole = 0


class RewardIn(Shape):
    """A reward; without `stock` there is any number. It runs to the end of `last_day`."""

    name: Name
    terms: RewardTermsIn
    stock: Annotated[Whole, Field(ge=0)] | None = None
    last_day: Str | None = None


class RewardOut(Shape):
    """A reward, and how many were given."""

    id: str
    name: str
    kind: str
    points: int
    product_id: str | None
    coupon_kind_id: str | None
    each: int
    stock: int | None
    given: int
    active: bool


class RewardsOut(Shape):
    """Rewards, retired ones too, by id."""

    rewards: list[RewardOut]
    next_cursor: str | None


class RedeemIn(Shape):
    """A reward for points; the code on the member's phone lets the points go."""

    reward_id: Id
    proof_code: Str | None = None


class RedemptionOut(Shape):
    """Points that became a reward: a coupon's code, or the code with which it is handed over."""

    id: str
    reward_id: str
    member_id: str
    name: str
    points: int
    state: str
    coupon_code: str | None
    handover_code: str | None


class HandOverIn(Shape):
    """The code of what waits at the till."""

    code: Str


class HandedOut(Shape):
    """What was handed over, and to whom."""

    id: str
    member_id: str
    name: str
    product_id: str | None


@api.pages.get("/rewards")
@api.operation(200, RewardsOut, query=PageAsked, refusals=(401, 403, 422, 500, 503))
def all_rewards() -> Response:
    """List rewards, retired ones too.

    Needs the scope sales. `cursor` is the last answer's `next_cursor`, `limit` at most 200.
    """
    access.require(api.actor(), "sell")
    found, cursor = api.page_of(rewards.all_rewards(only_active=False), api.query_of(PageAsked))
    return api.answer(RewardsOut(rewards=[_reward(one) for one in found], next_cursor=cursor))


@api.pages.post("/rewards")
@api.operation(201, RewardOut, body=RewardIn)
def new_reward() -> Response:
    """Add a reward.

    Needs the scope marketing.
    """
    given = api.body_of(RewardIn)
    reward_id = rewards.create(given.name, _terms(given), stock=given.stock, by=api.actor(), now=clock.now())
    return api.answer(_reward(rewards.get(reward_id)), 201)


@api.pages.put(REWARD)
@api.operation(200, RewardOut, body=RewardIn)
def change_reward(reward_id: int) -> Response:
    """Change a reward; what was redeemed stays as it was.

    Needs the scope marketing.
    """
    given, by = api.body_of(RewardIn), api.actor()
    rewards.change(reward_id, given.name, _terms(given), stock=given.stock, by=by, now=clock.now())
    return api.answer(_reward(rewards.get(reward_id)))


@api.pages.post(f"{REWARD}/retire")
@api.operation(200, DoneOut)
def retire_reward(reward_id: int) -> Response:
    """Offer a reward no more.

    Needs the scope marketing.
    """
    rewards.retire(reward_id, by=api.actor(), now=clock.now())
    return api.answer(DoneOut())


@api.pages.post(f"{MEMBER}/redemptions")
@api.operation(201, RedemptionOut, body=RedeemIn)
def redeem(member_id: int) -> Response:
    """Redeem points for a reward.

    Needs the scope sales and a header Idempotency-Key.
    """
    given, (key, replayed), now, by = api.body_of(RedeemIn), api.once("redeem"), clock.now(), api.actor()

    def do(proved: bool) -> Redemption:
        reward_id = int(given.reward_id)
        return redemptions.redeem(member_id, reward_id, proved=proved, by=by, now=now, key=key)

    found = proving.with_code(given.proof_code, member_id, do, key=key, scope=f"{by.tag}/redeem", now=now)
    return api.answer(_redemption(found), 201, replayed=replayed)


@api.pages.post("/redemptions/<int:redemption_id>/cancel")
@api.operation(200, RedemptionOut)
def cancel_redemption(redemption_id: int) -> Response:
    """Undo a redemption nothing of which was used; the points go back to where they came from.

    Needs the scope refunds and a header Idempotency-Key.
    """
    key, replayed = api.once("cancel-redemption")
    redemptions.cancel(redemption_id, by=api.actor(), now=clock.now(), key=key)
    return api.answer(_redemption(redemptions.get(redemption_id)), replayed=replayed)


@api.pages.post("/handovers")
@api.operation(200, HandedOut, body=HandOverIn)
def hand_over() -> Response:
    """Hand over what a code stands for: a reward or a prize. A code works once.

    Needs the scope sales.
    """
    code = api.body_of(HandOverIn).code
    found = handouts.hand_over(code, store_id=api.store_id(), by=api.actor(), now=clock.now())
    product = None if found.product_id is None else str(found.product_id)
    return api.answer(HandedOut(id=str(found.id), member_id=str(found.member_id), name=found.name, product_id=product))


def _terms(given: RewardIn) -> RewardTerms:
    fields = given.terms.fields_of_core()
    for name in ("product_id", "coupon_kind_id"):
        fields[name] = int(fields[name]) if fields[name] is not None else None
    if given.last_day is not None:
        zone = rules.current(now=clock.now()).zone
        fields["until_at"] = clock.end_of(api.day_of(given.last_day, "last_day"), zone)
    return RewardTerms(**{name: value for name, value in fields.items() if name in RewardTerms.__dataclass_fields__})


def _reward(one: Reward) -> RewardOut:
    terms = one.terms
    return RewardOut(
        id=str(one.id),
        name=one.name,
        kind=terms.kind,
        points=terms.points,
        product_id=None if terms.product_id is None else str(terms.product_id),
        coupon_kind_id=None if terms.coupon_kind_id is None else str(terms.coupon_kind_id),
        each=terms.each,
        stock=one.stock,
        given=one.given,
        active=one.active,
    )


def _redemption(one: Redemption) -> RedemptionOut:
    return RedemptionOut(
        id=str(one.id),
        reward_id=str(one.reward_id),
        member_id=str(one.member_id),
        name=one.name,
        points=one.points,
        state=one.state,
        coupon_code=one.coupon_code,
        handover_code=one.code,
    )


# --- check-in, sharing, punch cards --------------------------------------------------------------


class CheckInOut(Shape):
    """A check-in of today, its points and the days in a row; `already` if it was done before."""

    day: str
    points: int
    streak_days: int
    already: bool


class ShareLinkOut(Shape):
    """The last part of a member's personal link: visits through it bring points."""

    token: str


class PunchCardIn(Shape):
    """A reward for every n-th visit: points, a coupon, or both."""

    name: Name
    every: Whole
    points: Whole = 0
    coupon_kind_id: Id | None = None


class PunchCardOut(Shape):
    """A punch card."""

    id: str
    name: str
    every: int
    points: int
    coupon_kind_id: str | None
    active: bool


class PunchCardsOut(Shape):
    """The punch cards that run."""

    cards: list[PunchCardOut]
    next_cursor: str | None


@api.pages.post(f"{MEMBER}/check-in")
@api.operation(200, CheckInOut)
def check_in(member_id: int) -> Response:
    """Check a member in for today; to ask again the same day gives no more points.

    Needs the scope members.
    """
    members.summary(member_id, by=api.actor(), now=clock.now())
    found = checkin.check_in(member_id, by=api.actor(), now=clock.now())
    return api.answer(
        CheckInOut(day=found.day.isoformat(), points=found.points, streak_days=found.streak_days, already=found.already)
    )


@api.pages.get(f"{MEMBER}/share-link")
@api.operation(200, ShareLinkOut, refusals=(401, 403, 404, 500, 503))
def share_link(member_id: int) -> Response:
    """Give a member's personal link.

    Needs the scope members.
    """
    members.summary(member_id, by=api.actor(), now=clock.now())
    return api.answer(ShareLinkOut(token=sharing.link_of(member_id)))


@api.pages.get("/punch-cards")
@api.operation(200, PunchCardsOut, query=PageAsked, refusals=(401, 403, 422, 500, 503))
def punch_cards() -> Response:
    """List the punch cards that run.

    Needs the scope sales. `cursor` is the last answer's `next_cursor`, `limit` at most 200.
    """
    access.require(api.actor(), "sell")
    found, cursor = api.page_of(punch.cards(), api.query_of(PageAsked))
    return api.answer(PunchCardsOut(cards=[_card(one) for one in found], next_cursor=cursor))


@api.pages.post("/punch-cards")
@api.operation(201, PunchCardOut, body=PunchCardIn)
def new_punch_card() -> Response:
    """Add a punch card.

    Needs the scope marketing.
    """
    given = api.body_of(PunchCardIn)
    kind_id = int(given.coupon_kind_id) if given.coupon_kind_id is not None else None
    card_id = punch.create(
        given.name, given.every, points=given.points, coupon_kind_id=kind_id, by=api.actor(), now=clock.now()
    )
    return api.answer(_card(next(one for one in punch.cards() if one.id == card_id)), 201)


@api.pages.post(f"{CARD}/retire")
@api.operation(200, DoneOut)
def retire_punch_card(card_id: int) -> Response:
    """Fill a punch card no more.

    Needs the scope marketing.
    """
    punch.retire(card_id, by=api.actor(), now=clock.now())
    return api.answer(DoneOut())


def _card(one: punch.PunchCard) -> PunchCardOut:
    kind_id = None if one.coupon_kind_id is None else str(one.coupon_kind_id)
    facts = asdict(one) | {"id": str(one.id), "coupon_kind_id": kind_id}
    return PunchCardOut(**facts)
