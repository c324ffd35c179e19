"""The shapes of baskets: quoted, parked, sold, listed."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from kiosk.api.schemas import Approval, Id, PageAsked, Shape, Str, Whole


class ServerShape(Shape):
    """One who served, and their share of what the line earns, in basis points."""

    staff_id: Id
    share_bp: Annotated[Whole, Field(ge=1, le=10_000)]


class LineIn(Shape):
    """A product and how much of it, in thousandths (2000 is two pieces).

    `served_by` shares what the line earns among several of the staff; their shares add up to 10,000.
    `pass_id` lets a pass of the member pay the line; `gift_code` is the blank gift card the line sells.
    """

    product_id: Id
    quantity_milli: Whole = 1000
    unit_cents: Whole | None = None
    staff_id: Id | None = None
    pass_id: Id | None = None
    gift_code: Str | None = None
    served_by: list[ServerShape] = Field(default=[], max_length=5)


class QuoteIn(Shape):
    """A basket to be priced; coupons of the member are tried by themselves.

    `coupon_holds` are holds of coupons set aside for this basket: a sale that uses such a coupon ends its hold.
    `round_off_cents` is taken off at the very end instead of the shop's own rounding.
    """

    lines: list[LineIn] = Field(max_length=1000)
    member_id: Id | None = None
    points: Whole = 0
    without_coupons: list[Id] = Field(default=[], max_length=200)
    coupon_holds: list[Id] = Field(default=[], max_length=200)
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
    """How a part is paid; `wallet` and `family` from stored value, a `gift_card` by the code in `reference`."""

    kind: Literal["cash", "card", "wechat", "alipay", "voucher", "other", "wallet", "family", "gift_card"]
    cents: Whole
    reference: Str | None = None


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
    """A line as the sale recorded it; `kind` is goods, service, top_up …"""

    id: str
    kind: str
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
    """A sale as it was made.

    `claim_code` is for the receipt of a sale without a member; `versions` are those of the promotions that
    priced it.
    """

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
    versions: list[str]


class SalesAsked(PageAsked):
    """Which sales: one member's, those before a cursor, so many."""

    member_id: Id | None = None


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

    label: Annotated[Str, StringConstraints(strip_whitespace=True, max_length=40)] = ""


class ParkedOut(Shape):
    """A basket that waits."""

    id: str
    label: str
    at: str
    basket: QuoteIn


class AllParkedOut(Shape):
    """The baskets that wait in the key's store, by id."""

    parked: list[ParkedOut]
    next_cursor: str | None
