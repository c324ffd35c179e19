"""The lottery over the API: its terms and prizes, and a member's draws."""

from typing import Annotated, Literal

from flask import Response
from pydantic import Field

from core.base import access, clock
from core.giving import draws, lottery
from core.giving.lottery import Lottery, LotteryTerms, PrizeTerms
from core.people import proving
from kiosk.api import door as api
from kiosk.api.schemas import Id, Name, PageAsked, Shape, Str, Whole

LOTTERY = "/lotteries/<int:lottery_id>"


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
    next_cursor: str | None


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
@api.operation(200, LotteriesOut, query=PageAsked, refusals=(401, 403, 422, 500, 503))
def lotteries() -> Response:
    """List lotteries.

    Needs the scope sales. `cursor` is the last answer's `next_cursor`, `limit` at most 200.
    """
    access.require(api.actor(), "sell")
    found, cursor = api.page_of(lottery.all_lotteries(), api.query_of(PageAsked), newest=True)
    return api.answer(LotteriesOut(lotteries=[_lottery(one) for one in found], next_cursor=cursor))


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
