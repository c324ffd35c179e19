"""The shapes of the API: money in whole cents, quantities in thousandths, ids as strings.

A whole number may be written 83 or 83.0, as JSON Schema has it; "83" and true are refused.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StringConstraints

LARGEST = 2**53 - 1


def _whole(given: object) -> object:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise ValueError("a whole number is needed")
    if isinstance(given, float) and not given.is_integer():
        raise ValueError("a whole number is needed")
    return int(given)


Whole = Annotated[int, BeforeValidator(_whole), Field(ge=-LARGEST, le=LARGEST)]
Id = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9]{1,15}$")]
Str = Annotated[str, StringConstraints(strict=True, max_length=256, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Shape(BaseModel):
    """Every shape: unknown fields are refused, so that a typing error is noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Problem(Shape):
    """Why a request was refused (RFC 9457). `code` is stable, `detail` is for people."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    field: str | None = None


# --- members -------------------------------------------------------------------------------------


class BirthdayIn(Shape):
    """A birthday in its own calendar; the year may be left out."""

    calendar: Literal["solar", "lunar"] = "solar"
    month: Whole
    day: Whole
    year: Whole | None = None
    leap: StrictBool = False


class MemberIn(Shape):
    """Someone who joins; without a phone number they get a card only."""

    phone: Str | None = None
    name: Str | None = None
    birthday: BirthdayIn | None = None
    language: Literal["zh", "en"] = "zh"
    purposes: list[Literal["membership", "service", "marketing", "profiling", "abroad"]] = Field(
        default=["membership"], max_length=5
    )
    referrer_card: Str | None = None
    old_card: Str | None = None


class IdentifyIn(Shape):
    """A code as scanned: a printed card or the rotating code of a phone."""

    code: Str


class TierOut(Shape):
    """Where a member stands and what is missing for the next tier."""

    name: str
    mark: str
    next: str | None
    missing_cents: int | None
    missing_visits: int | None


class IdentifiedOut(Shape):
    """Who a code belongs to and what it proves until when; uses nothing up."""

    member_id: str
    proof: str
    allows: list[str]
    until: str
    name: str
    tier: TierOut
    points: int


class PointsOut(Shape):
    """Points: all of them, what can be used now, and the next to expire."""

    balance: int
    usable: int
    expiring: int
    expires_on: str | None


class WalletOut(Shape):
    """Stored value, paid in and given."""

    principal_cents: int
    bonus_cents: int


class CouponOut(Shape):
    """A coupon a member holds."""

    id: str
    code: str
    name: str
    valid_from: str
    valid_until: str


class MemberOut(Shape):
    """A member; name and phone are masked without the scope members.phone."""

    id: str
    state: str
    name: str
    phone: str
    card: str
    language: str
    joined_at: str
    tier: TierOut
    points: PointsOut
    wallet: WalletOut
    coupons: list[CouponOut]


# --- quotes and sales ------------------------------------------------------------------------------


class LineIn(Shape):
    """A product and how much of it, in thousandths (2000 is two pieces)."""

    product_id: Id
    quantity_milli: Whole = 1000
    unit_cents: Whole | None = None
    staff_id: Id | None = None


class QuoteIn(Shape):
    """A basket to be priced; coupons of the member are tried by themselves.

    `round_off_cents` is taken off at the very end instead of the shop's own rounding.
    """

    lines: list[LineIn] = Field(max_length=1000)
    member_id: Id | None = None
    points: Whole = 0
    without_coupons: list[Id] = Field(default=[], max_length=200)
    round_off_cents: Whole | None = None


class ReasonOut(Shape):
    """One rule and what it took off."""

    name: str
    kind: str
    cents: int


class LineOut(Shape):
    """A line with every reduction on it."""

    product_id: str
    name: str
    quantity_milli: int
    unit_cents: int
    amount_cents: int
    reasons: list[ReasonOut]
    redeemed_points: int
    redeemed_cents: int
    tax_cents: int
    net_cents: int


class NotUsedOut(Shape):
    """A coupon or promotion that did not apply, and why."""

    name: str
    reason: str
    code: str


class QuoteOut(Shape):
    """The price of a basket now. `exact` is false if not every combination could be tried."""

    lines: list[LineOut]
    gross_cents: int
    total_cents: int
    redeemed_points: int
    redeemed_cents: int
    earned_points: int
    claimable_points: int
    most_points: int
    tax_cents: int
    rounding_cents: int
    not_used: list[NotUsedOut]
    exact: bool


class TenderIn(Shape):
    """How a part is paid."""

    kind: Literal["cash", "card", "wechat", "alipay", "voucher", "other", "wallet"]
    cents: Whole
    reference: Str | None = None


class Approval(Shape):
    """Someone with the right says yes with their own name and password."""

    name: Str
    password: Str


class SaleIn(QuoteIn):
    """A sale to be posted. `expected_cents` is the total the customer saw.

    `proof_code` is the rotating code on the member's phone, needed to pay with points or stored value.
    `approval` is needed for prices below the catalogue's and rounding above the shop's limits.
    """

    expected_cents: Whole
    tenders: list[TenderIn] = Field(max_length=20)
    proof_code: Str | None = None
    approval: Approval | None = None


class SoldLineOut(Shape):
    """A line as the sale recorded it."""

    id: str
    name: str
    quantity_milli: int
    returned_milli: int
    unit_cents: int
    amount_cents: int
    reasons: list[ReasonOut]
    redeemed_cents: int
    tax_cents: int
    net_cents: int
    earned_points: int


class TenderOut(Shape):
    """How a part was paid; stored value is split into principal and bonus."""

    kind: str
    cents: int
    reference: str | None


class SaleOut(Shape):
    """A sale as it was made. `claim_code` is for the receipt of a sale without a member."""

    id: str
    number: str
    claim_code: str | None
    store_id: str
    at: str
    member_id: str | None
    lines: list[SoldLineOut]
    tenders: list[TenderOut]
    gross_cents: int
    tax_cents: int
    total_cents: int
    refunded_cents: int
    redeemed_points: int
    earned_points: int
    points_after: int | None
    stored_after_cents: int | None


class ReturnIn(Shape):
    """So much of a sold line comes back; sellable goods go to stock."""

    line_id: Id
    quantity_milli: Whole
    sellable: StrictBool = True


class RefundIn(Shape):
    """Lines of one sale that come back. `to_wallet` keeps the money as the member's stored value."""

    lines: list[ReturnIn] = Field(max_length=200)
    reason: Str = ""
    to_wallet: StrictBool = False
    approval: Approval | None = None


class WholeIn(Shape):
    """A whole sale, or its top-up, is taken back."""

    reason: Str = ""
    approval: Approval | None = None


class RefundOut(Shape):
    """A refund and its sale as it stands afterwards."""

    id: str
    sale: SaleOut


class RefundPlanOut(Shape):
    """What a refund would pay back and move; nothing was written."""

    total_cents: int
    tenders: list[TenderOut]
    returned_points: int
    taken_points: int


class ExchangeIn(SaleIn):
    """Lines that come back, and the basket that goes out; `tenders` pay the difference only."""

    back: list[ReturnIn] = Field(max_length=200)
    reason: Str = ""


class ExchangePlanIn(QuoteIn):
    """Lines that would come back, and the basket that would go out."""

    back: list[ReturnIn] = Field(max_length=200)


class ExchangePlanOut(Shape):
    """What an exchange would cost: `pay_cents` by the customer, or paid back by way of paying."""

    back_cents: int
    new_cents: int
    pay_cents: int
    paid_back: list[TenderOut]


class ClaimIn(Shape):
    """The code of a receipt, and the member who collects its points."""

    code: Str
    member_id: Id


class ClaimOut(Shape):
    """The points that were given."""

    points: int


class SaleHeadOut(Shape):
    """A sale in a list."""

    id: str
    number: str
    at: str
    total_cents: int
    refunded_cents: int
    member_id: str | None


class SalesOut(Shape):
    """Sales of the key's store, newest first; `next_cursor` asks for older ones."""

    sales: list[SaleHeadOut]
    next_cursor: str | None


class ParkIn(QuoteIn):
    """A basket to be put aside, and what is written on it."""

    label: Str = ""


class ParkedOut(Shape):
    """A basket that waits."""

    id: str
    label: str
    at: str
    basket: QuoteIn


class AllParkedOut(Shape):
    """The baskets that wait in the key's store."""

    parked: list[ParkedOut]


# --- days ------------------------------------------------------------------------------------------


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
