"""The shapes of what comes back, refunds and exchanges, and of receipts that are claimed."""

from pydantic import Field, StrictBool

from kiosk.api.baskets import QuoteIn, SaleIn, SaleOut, TenderOut
from kiosk.api.schemas import Approval, Id, Shape, Str, Whole


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
