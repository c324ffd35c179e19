"""Value paid in advance, over the API: top-up rules, passes, gift cards, family wallets, what is owed."""

from typing import Annotated

from flask import Response
from pydantic import Field

from core.base import access, clock
from core.base.clock import iso
from core.books import rules
from core.loyalty import families, giftcards, passes, topups, wallet
from core.loyalty.families import Share
from core.loyalty.giftcards import GiftCard
from core.loyalty.passes import PassKind
from core.loyalty.topups import TopUpRule, TopUpTerms
from core.people import members
from core.reports import liability
from kiosk.api import door as api
from kiosk.api.offers import DoneOut, LimitsIn
from kiosk.api.schemas import Days, Id, Name, PageAsked, Shape, Str, Whole

LARGEST = 2**53 - 1
MEMBER = "/members/<int:member_id>"


# --- top-up rules --------------------------------------------------------------------------------


class TopUpTermsIn(LimitsIn):
    """What a top-up brings: a bonus that lives so many days (left out: for good), in monthly instalments; points …"""

    bonus_cents: Whole = 0
    bonus_days: Days | None = None
    instalments: Whole = 1
    points: Whole = 0
    coupon_kind_id: Id | None = None
    pass_kind_id: Id | None = None


class TopUpRuleIn(Shape):
    """Who pays in so much gets this, to the end of `last_day`. One for everyone replaces that of the same amount."""

    pay_cents: Whole
    terms: TopUpTermsIn
    last_day: Str | None = None


class TopUpRuleOut(Shape):
    """A preset that runs."""

    id: str
    pay_cents: int
    bonus_cents: int
    bonus_days: int | None
    instalments: int
    points: int
    coupon_kind_id: str | None
    pass_kind_id: str | None
    until: str | None


class TopUpRulesOut(Shape):
    """The presets in force, smallest first."""

    rules: list[TopUpRuleOut]


@api.pages.get("/top-up-rules")
@api.operation(200, TopUpRulesOut, refusals=(401, 403, 500, 503))
def top_up_rules() -> Response:
    """List the top-up rules in force.

    Needs the scope sales.
    """
    access.require(api.actor(), "sell")
    return api.answer(TopUpRulesOut(rules=[_rule(one) for one in topups.running(now=clock.now())]))


@api.pages.post("/top-up-rules")
@api.operation(201, TopUpRuleOut, body=TopUpRuleIn)
def new_top_up_rule() -> Response:
    """Add a top-up rule.

    Needs the scope marketing.
    """
    given, now = api.body_of(TopUpRuleIn), clock.now()
    fields = given.terms.fields_of_core()
    for name in ("coupon_kind_id", "pass_kind_id"):
        fields[name] = int(fields[name]) if fields[name] is not None else None
    until = None
    if given.last_day is not None:
        until = clock.end_of(api.day_of(given.last_day, "last_day"), rules.current(now=now).zone)
    known = {name: value for name, value in fields.items() if name in TopUpTerms.__dataclass_fields__}
    rule_id = topups.set_rule(given.pay_cents, TopUpTerms(**known), by=api.actor(), now=now, until_at=until)
    return api.answer(_rule(next(one for one in topups.running(now=now) if one.id == rule_id)), 201)


@api.pages.post("/top-up-rules/<int:rule_id>/retire")
@api.operation(200, DoneOut)
def retire_top_up_rule(rule_id: int) -> Response:
    """Take a top-up rule away.

    Needs the scope marketing.
    """
    topups.retire(rule_id, by=api.actor(), now=clock.now())
    return api.answer(DoneOut())


def _rule(one: TopUpRule) -> TopUpRuleOut:
    terms = one.terms
    return TopUpRuleOut(
        id=str(one.id),
        pay_cents=one.pay_cents,
        bonus_cents=terms.bonus_cents,
        bonus_days=terms.bonus_days,
        instalments=terms.instalments,
        points=terms.points,
        coupon_kind_id=None if terms.coupon_kind_id is None else str(terms.coupon_kind_id),
        pass_kind_id=None if terms.pass_kind_id is None else str(terms.pass_kind_id),
        until=iso(one.until_at) if one.until_at else None,
    )


# --- passes ----------------------------------------------------------------------------


class PassKindIn(Shape):
    """A kind of pass: uses of any of these service items within so many days; no product: only given."""

    name: Name
    product_id: Id | None = None
    uses: Whole
    valid_days: Days
    service_ids: Annotated[list[Id], Field(max_length=200)]


class PassKindOut(Shape):
    """A kind of pass."""

    id: str
    product_id: str | None
    name: str
    uses: int
    valid_days: int
    service_ids: list[str]


class PassKindsOut(Shape):
    """All kinds of passes."""

    kinds: list[PassKindOut]
    next_cursor: str | None


class PassOut(Shape):
    """A pass of a member: what is left of it, and until when."""

    id: str
    kind_id: str
    name: str
    uses: int
    left: int
    until: str


class PassesOut(Shape):
    """The passes a member can use now, the first to lapse first."""

    passes: list[PassOut]


@api.pages.get("/pass-kinds")
@api.operation(200, PassKindsOut, query=PageAsked, refusals=(401, 403, 422, 500, 503))
def pass_kinds() -> Response:
    """List kinds of passes.

    Needs the scope sales. `cursor` is the last answer's `next_cursor`, `limit` at most 200.
    """
    access.require(api.actor(), "sell")
    found, cursor = api.page_of(passes.kinds(), api.query_of(PageAsked))
    return api.answer(PassKindsOut(kinds=[_kind(one) for one in found], next_cursor=cursor))


@api.pages.post("/pass-kinds")
@api.operation(201, PassKindOut, body=PassKindIn)
def new_pass_kind() -> Response:
    """Add a kind of pass.

    Needs the scope marketing.
    """
    given = api.body_of(PassKindIn)
    product_id = int(given.product_id) if given.product_id is not None else None
    services = [int(one) for one in given.service_ids]
    kind_id = passes.create_kind(
        given.name, product_id, uses=given.uses, valid_days=given.valid_days, service_ids=services, by=api.actor(),
        now=clock.now(),
    )  # fmt: skip
    return api.answer(_kind(next(one for one in passes.kinds() if one.id == kind_id)), 201)


@api.pages.get(f"{MEMBER}/passes")
@api.operation(200, PassesOut, refusals=(401, 403, 404, 500, 503))
def passes_of(member_id: int) -> Response:
    """List a member's passes.

    Needs the scope members.
    """
    now = clock.now()
    members.summary(member_id, by=api.actor(), now=now)
    found = [
        PassOut(id=str(one.id), kind_id=str(one.kind.id), name=one.kind.name, uses=one.uses, left=one.left,
                until=iso(one.until_at))
        for one in passes.held_by(member_id, now=now)
    ]  # fmt: skip
    return api.answer(PassesOut(passes=found))


def _kind(one: PassKind) -> PassKindOut:
    return PassKindOut(
        id=str(one.id),
        product_id=None if one.product_id is None else str(one.product_id),
        name=one.name,
        uses=one.uses,
        valid_days=one.valid_days,
        service_ids=[str(service) for service in sorted(one.service_ids)],
    )


# --- gift cards ----------------------------------------------------------------------------------


class GiftCardIn(Shape):
    """The code of a gift card; it stands in the body, as addresses are written into logs."""

    code: Str


class GiftCardOut(Shape):
    """What is on a card; state is blank, active or void."""

    state: str
    original_cents: int
    balance_cents: int


class BlankCardsIn(Shape):
    """So many cards to be printed, to be activated when they are sold."""

    count: Annotated[Whole, Field(ge=1, le=1000)]


class BlankCardsOut(Shape):
    """Their codes, to be printed; they are not shown again."""

    codes: list[str]


class LoadIn(Shape):
    """The code of a gift card, and the member whose stored value it becomes."""

    code: Str
    member_id: Id


class LoadedOut(Shape):
    """What was moved, and the member's stored value afterwards."""

    moved_cents: int
    principal_cents: int
    bonus_cents: int


@api.pages.post("/gift-cards/look-up")
@api.operation(200, GiftCardOut, body=GiftCardIn)
def look_up_gift_card() -> Response:
    """Say what is on a gift card.

    Needs the scope sales.
    """
    access.require(api.actor(), "sell")
    found: GiftCard = giftcards.by_code(api.body_of(GiftCardIn).code)
    return api.answer(
        GiftCardOut(state=found.state, original_cents=found.original_cents, balance_cents=found.balance_cents)
    )


@api.pages.post("/gift-cards")
@api.operation(201, BlankCardsOut, body=BlankCardsIn)
def blank_gift_cards() -> Response:
    """Make blank gift cards to be printed.

    Needs the scope settings.
    """
    count = api.body_of(BlankCardsIn).count
    return api.answer(BlankCardsOut(codes=giftcards.make_blank(count, by=api.actor(), now=clock.now())), 201)


@api.pages.post("/gift-cards/load")
@api.operation(200, LoadedOut, body=LoadIn)
def load_gift_card() -> Response:
    """Move what is on a gift card into a member's stored value.

    Needs the scope sales and a header Idempotency-Key.
    """
    given, (key, replayed), now = api.body_of(LoadIn), api.once("gift-card"), clock.now()
    member_id = int(given.member_id)
    moved = giftcards.load(given.code, member_id, by=api.actor(), now=now, key=key)
    stored = wallet.state(member_id, now=now)
    out = LoadedOut(moved_cents=moved, principal_cents=stored.principal_cents, bonus_cents=stored.bonus_cents)
    return api.answer(out, replayed=replayed)


# --- family wallets ------------------------------------------------------------------------------


class PayerIn(Shape):
    """Whose stored value may pay, and how much a calendar month (left out: any amount)."""

    payer_id: Id
    limit_cents: Annotated[Whole, Field(ge=1)] | None = None


class PayerOut(Shape):
    """Who pays for a member, the limit a month, and what this month used of it."""

    payer_id: str
    limit_cents: int | None
    spent_cents: int


@api.pages.put(f"{MEMBER}/payer")
@api.operation(200, PayerOut, body=PayerIn)
def set_payer(member_id: int) -> Response:
    """Let a member pay from another's stored value, or change the limit.

    Needs the scope members.edit.
    """
    given, now = api.body_of(PayerIn), clock.now()
    found = families.share(int(given.payer_id), member_id, limit_cents=given.limit_cents, by=api.actor(), now=now)
    return api.answer(_payer(found))


@api.pages.post(f"{MEMBER}/payer/end")
@api.operation(200, DoneOut)
def end_payer(member_id: int) -> Response:
    """Let a member no longer pay from another's stored value.

    Needs the scope members.edit.
    """
    families.end(member_id, by=api.actor(), now=clock.now())
    return api.answer(DoneOut())


def _payer(found: Share) -> PayerOut:
    return PayerOut(payer_id=str(found.payer_id), limit_cents=found.limit_cents, spent_cents=found.spent_cents)


# --- what is owed --------------------------------------------------------------------------------


class OwedOut(Shape):
    """What is owed of one asset that can be used for the last time in a month (null: for good), by issuing store."""

    asset: str
    month: str | None
    store_id: str | None
    amount: int


class AssetOwedOut(Shape):
    """The totals of one asset; `expected_lapse` is what nobody will use if all goes on as in the last twelve months."""

    asset: str
    amount: int
    worth_cents: int
    held: int
    debt: int
    unswept: int
    breakage_bp: int | None
    expected_lapse: int


class LiabilityOut(Shape):
    """What the shop owes in points and stored value."""

    totals: list[AssetOwedOut]
    rows: list[OwedOut]


@api.pages.get("/liability")
@api.operation(200, LiabilityOut, refusals=(401, 403, 500, 503))
def owed() -> Response:
    """Say what is owed in points and stored value, by month of expiry and store.

    Needs the scope reports.
    """
    found = liability.of(by=api.actor(), now=clock.now())
    totals = [
        AssetOwedOut(asset=one.asset, amount=one.amount, worth_cents=one.worth_cents, held=one.held, debt=one.debt,
                     unswept=one.unswept, breakage_bp=one.breakage.share_bp, expected_lapse=one.expected_lapse)
        for one in found.totals
    ]  # fmt: skip
    rows = [
        OwedOut(asset=one.asset, month=one.month.isoformat()[:7] if one.month else None,
                store_id=None if one.store_id is None else str(one.store_id), amount=one.amount)
        for one in found.rows
    ]  # fmt: skip
    return api.answer(LiabilityOut(totals=totals, rows=rows))
