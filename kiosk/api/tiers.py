"""Tiers over the API: what each asks and gives, its versions, and a tier given by hand."""

from dataclasses import asdict
from typing import Annotated, Literal

from flask import Response
from pydantic import Field, StrictBool

from core.base import access, clock
from core.base.clock import iso
from core.books import rules
from core.loyalty import tiers
from core.loyalty.tiers import Tier, Version
from kiosk.api import door as api
from kiosk.api.offers import DoneOut
from kiosk.api.schemas import Days, Id, Name, Shape, Str, Whole

ONE = "/tiers/<int:tier_id>"
KINDS = ("welcome", "each_kind_id", "birthday_coupon_kind_id")


class TierTermsIn(Shape):
    """What a tier asks for (left out: not by this) and gives. Without conditions it is given by hand."""

    name: Name
    mark: Str = "○"
    discount_bp: Whole = 0
    multiplier_bp: Whole = 10_000
    spend_cents: Whole | None = None
    visits: Whole | None = None
    points: Whole | None = None
    events: Whole | None = None
    match: Literal["any", "all"] = "any"
    window: Literal["rolling", "year"] = "rolling"
    window_days: Days = 365
    hold_months: Annotated[Whole, Field(ge=1, le=120)] = 12
    welcome: list[Id] = Field(default=[], max_length=20)
    each_kind_id: Id | None = None
    each: Literal["month", "year"] = "month"
    birthday_coupon_kind_id: Id | None = None
    early_days: Days = 0
    adviser: StrictBool = False


class TierIn(TierTermsIn):
    """A tier to be added above or between others."""

    rank: Whole


class TierChangeIn(TierTermsIn):
    """Other terms, from the beginning of a day (now, if left out).

    With `keep_holders` who holds the tier keeps it to the end of the holding period.
    """

    from_day: Str | None = None
    keep_holders: StrictBool = True


class TierTermsOut(TierTermsIn):
    """A tier as it is now."""

    id: str
    rank: int


class TiersOut(Shape):
    """All tiers, the lowest first."""

    tiers: list[TierTermsOut]


class TierVersionOut(Shape):
    """The terms of a tier from a moment on."""

    number: int
    from_at: str
    keep_holders: bool
    terms: TierTermsOut


class TierVersionsOut(Shape):
    """The versions of a tier, the oldest first."""

    versions: list[TierVersionOut]


class TierByHandIn(Shape):
    """A tier for a member, and why."""

    tier_id: Id
    reason: Str


@api.pages.get("/tiers")
@api.operation(200, TiersOut, refusals=(401, 403, 500, 503), bare=(304,))
def all_tiers() -> Response:
    """List tiers: what each asks and gives.

    Needs the scope members. Send If-None-Match to get 304 when nothing changed.
    """
    access.require(api.actor(), "member.find")
    return api.answer(TiersOut(tiers=[_shown(one) for one in tiers.all_tiers(now=clock.now())]), tagged=True)


@api.pages.post("/tiers")
@api.operation(201, TierTermsOut, body=TierIn)
def new_tier() -> Response:
    """Add a tier.

    Needs the scope settings.
    """
    given = api.body_of(TierIn)
    tier_id = tiers.create(_given(given, 0, given.rank), by=api.actor(), now=clock.now())
    return api.answer(_shown(tiers.get(tier_id)), 201)


@api.pages.put(ONE)
@api.operation(200, TierVersionsOut, body=TierChangeIn)
def change_tier(tier_id: int) -> Response:
    """Give a tier other terms from a day on.

    Needs the scope settings.
    """
    given, now = api.body_of(TierChangeIn), clock.now()
    from_at = now
    if given.from_day is not None:
        from_at = clock.start_of(api.day_of(given.from_day, "from_day"), rules.current(now=now).zone)
    rank = tiers.get(tier_id).rank
    tiers.change(
        _given(given, tier_id, rank), from_at=from_at, keep_holders=given.keep_holders, by=api.actor(), now=now
    )
    return api.answer(_versions(tier_id))


@api.pages.get(f"{ONE}/versions")
@api.operation(200, TierVersionsOut, refusals=(401, 403, 404, 500, 503))
def versions(tier_id: int) -> Response:
    """List the versions of a tier.

    Needs the scope settings.
    """
    access.require(api.actor(), "settings")
    tiers.get(tier_id)
    return api.answer(_versions(tier_id))


@api.pages.post("/members/<int:member_id>/tier")
@api.operation(200, DoneOut, body=TierByHandIn)
def put_by_hand(member_id: int) -> Response:
    """Put a member into a tier by hand.

    Needs the scope adjust.
    """
    given = api.body_of(TierByHandIn)
    tiers.put_by_hand(member_id, int(given.tier_id), reason=given.reason, by=api.actor(), now=clock.now())
    return api.answer(DoneOut())


def _given(given: TierTermsIn, tier_id: int, rank: int) -> Tier:
    facts = {name: value for name, value in given.model_dump().items() if name in Tier.__dataclass_fields__}
    facts["welcome"] = tuple(int(one) for one in given.welcome)
    for name in KINDS[1:]:
        facts[name] = int(facts[name]) if facts[name] is not None else None
    return Tier(**(facts | {"id": tier_id, "rank": rank}))


def _shown(one: Tier) -> TierTermsOut:
    facts = asdict(one) | {"id": str(one.id), "welcome": [str(kind) for kind in one.welcome]}
    for name in KINDS[1:]:
        facts[name] = str(facts[name]) if facts[name] is not None else None
    return TierTermsOut(**facts)


def _versions(tier_id: int) -> TierVersionsOut:
    return TierVersionsOut(versions=[_version(one) for one in tiers.versions(tier_id)])


def _version(one: Version) -> TierVersionOut:
    return TierVersionOut(
        number=one.number, from_at=iso(one.from_at), keep_holders=one.keep_holders, terms=_shown(one.tier)
    )
