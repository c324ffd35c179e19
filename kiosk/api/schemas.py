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


def whole_of_text(given: object) -> object:
    """A whole number in an address, where everything is text."""
    if not isinstance(given, str) or not (given.isascii() and given.isdecimal()) or len(given) > 15:
        raise ValueError("a whole number is needed")
    return int(given)


Whole = Annotated[int, BeforeValidator(_whole), Field(ge=-LARGEST, le=LARGEST)]
Days = Annotated[int, BeforeValidator(_whole), Field(ge=0, le=36_500)]
Id = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9]{1,15}$")]
Str = Annotated[str, StringConstraints(strict=True, max_length=256, pattern=r"^[^\x00-\x1f\x7f]*$")]
Name = Annotated[Str, StringConstraints(strip_whitespace=True, min_length=1)]


class Shape(BaseModel):
    """Every shape: unknown fields are refused, so that a typing error is noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PageAsked(Shape):
    """Which part of a list: what comes after a cursor, so many."""

    cursor: Id | None = None
    limit: Annotated[int, BeforeValidator(whole_of_text), Field(ge=1, le=200)] = 50


class Problem(Shape):
    """Why a request was refused (RFC 9457). `code` is stable, `detail` is for people."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    field: str | None = None


class Approval(Shape):
    """Someone with the right says yes with their own name and password."""

    name: Str
    password: Str


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
    card: Str | None = None


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
