"""What the shop gives, over the API: rewards, check-in, share links, punch cards, the lottery and its public list."""

from dataclasses import asdict
from typing import Annotated, Literal

from flask import Response
from pydantic import Field

from core.base import access, clock
from core.books import rules
from core.giving import checkin, draws, handouts, lottery, punch, redemptions, rewards, sharing
from core.giving.lottery import Lottery, LotteryTerms, PrizeTerms
from core.giving.redemptions import Redemption
from core.giving.rewards import Reward, RewardTerms
from core.people import members, proving
from kiosk.api import door as api
from kiosk.api.offers import DoneOut, LimitsIn
from kiosk.api.schemas import Id, Name, Shape, Str, Whole

LARGEST = 2**53 - 1
MEMBER = "/members/<int:member_id>"
REWARD = "/rewards/<int:reward_id>"
LOTTERY = "/lotteries/<int:lottery_id>"
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
    """All rewards."""

    rewards: list[RewardOut]


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
@api.operation(200, RewardsOut, refusals=(401, 403, 500, 503))
def all_rewards() -> Response:
    """List rewards, retired ones too.

    Needs the scope sales.
    """
    access.require(api.actor(), "sell")
    return api.answer(RewardsOut(rewards=[_reward(one) for one in rewards.all_rewards(only_active=False)]))


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
@api.operation(200, PunchCardsOut, refusals=(401, 403, 500, 503))
def punch_cards() -> Response:
    """List the punch cards that run.

    Needs the scope sales.
    """
    access.require(api.actor(), "sell")
    return api.answer(PunchCardsOut(cards=[_card(one) for one in punch.cards()]))


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


# --- the lottery ---------------------------------------------------------------------------------


class PrizeIn(Shape):
    """A prize: its odds in parts per million, how many there are (left out: any number), and what it gives."""

    name: Name
    kind: Literal["points", "coupon", "product"]
    odds_ppm: Whole
    stock: Annotated[Whole, Field(ge=0)] | None = None
    points: Whole = 0
    coupon_kind_id: Id | None = None
    product_id: Id | None = None


class LotteryIn(Shape):
    """A lottery: what a draw costs, how often a member may draw a day (0: any number), its days and prizes."""

    name: Name
    cost_points: Annotated[Whole, Field(ge=0)]
    tries_day: Annotated[Whole, Field(ge=0)] = 1
    first_day: Str
    last_day: Str
    prizes: Annotated[list[PrizeIn], Field(max_length=50)]


class LotteryOut(Shape):
    """A lottery; the commitment was made before its first draw, the list to check it with is at /published."""

    id: str
    name: str
    cost_points: int
    tries_day: int
    first_day: str
    last_day: str
    commitment: str
    ended: bool


class LotteriesOut(Shape):
    """Every lottery there was, the newest first."""

    lotteries: list[LotteryOut]


class DrawIn(Shape):
    """A draw; the member's own word goes into it, so that nobody could know its number before."""

    member_id: Id
    word: Str = ""
    proof_code: Str | None = None


class DrawOut(Shape):
    """A draw: its place in the day's list, its number, and what it gave."""

    id: str
    day: str
    n: int
    mark: str
    number: int
    prize: str | None
    fell: bool
    points: int
    coupon_code: str | None
    handover_code: str | None


@api.pages.get("/lotteries")
@api.operation(200, LotteriesOut, refusals=(401, 403, 500, 503))
def lotteries() -> Response:
    """List lotteries.

    Needs the scope sales.
    """
    access.require(api.actor(), "sell")
    return api.answer(LotteriesOut(lotteries=[_lottery(one) for one in lottery.all_lotteries()]))


@api.pages.post("/lotteries")
@api.operation(201, LotteryOut, body=LotteryIn)
def new_lottery() -> Response:
    """Add a lottery; its prizes and days stay as they are published now.

    Needs the scope marketing.
    """
    given = api.body_of(LotteryIn)
    terms = LotteryTerms(
        cost_points=given.cost_points,
        tries_day=given.tries_day,
        first_on=api.day_of(given.first_day, "first_day"),
        last_on=api.day_of(given.last_day, "last_day"),
    )
    prizes = tuple(_prize(one) for one in given.prizes)
    lottery_id = lottery.create(given.name, terms, prizes, by=api.actor(), now=clock.now())
    return api.answer(_lottery(lottery.get(lottery_id)), 201)


@api.pages.post(f"{LOTTERY}/end")
@api.operation(200, LotteryOut)
def end_lottery(lottery_id: int) -> Response:
    """End a lottery before its last day.

    Needs the scope marketing.
    """
    lottery.end(lottery_id, by=api.actor(), now=clock.now())
    return api.answer(_lottery(lottery.get(lottery_id)))


@api.pages.post(f"{LOTTERY}/draws")
@api.operation(201, DrawOut, body=DrawIn)
def draw(lottery_id: int) -> Response:
    """Draw for a member.

    Needs the scope sales and a header Idempotency-Key.
    """
    given, (key, replayed), now, by = api.body_of(DrawIn), api.once("draw"), clock.now(), api.actor()
    member_id = int(given.member_id)

    def do(proved: bool) -> draws.Draw:
        return draws.draw(member_id, lottery_id, given.word, proved=proved, by=by, now=now, key=key)

    found = proving.with_code(given.proof_code, member_id, do, key=key, scope=f"{by.tag}/draw", now=now)
    out = DrawOut(
        id=str(found.id), day=found.day.isoformat(), n=found.n, mark=found.mark, number=found.number,
        prize=found.prize, fell=found.fell, points=found.points, coupon_code=found.coupon_code,
        handover_code=found.code,
    )  # fmt: skip
    return api.answer(out, 201, replayed=replayed)


def _prize(one: PrizeIn) -> PrizeTerms:
    named = {name: int(value) if (value := getattr(one, name)) is not None else None
             for name in ("coupon_kind_id", "product_id")}  # fmt: skip
    return PrizeTerms(**(one.model_dump() | named))


def _lottery(one: Lottery) -> LotteryOut:
    return LotteryOut(
        id=str(one.id),
        name=one.name,
        cost_points=one.terms.cost_points,
        tries_day=one.terms.tries_day,
        first_day=one.terms.first_on.isoformat(),
        last_day=one.terms.last_on.isoformat(),
        commitment=one.commitment,
        ended=one.ended_at is not None,
    )
