"""The shapes of promotions and coupons: the fields of core's terms, ids as strings."""

from dataclasses import asdict
from typing import Any, Literal

from pydantic import Field, StrictBool

from core.loyalty import coupons
from core.selling.promotions import PromotionTerms
from kiosk.api.schemas import Days, Id, Name, Shape, Str, Whole

IDS = ("product_ids", "category_ids", "store_ids", "tier_ids")


class LimitsIn(Shape):
    """When, where and for whom; empty means no limit. Monday is 0; minutes count from midnight."""

    product_ids: list[Id] = Field(default=[], max_length=1000)
    category_ids: list[Id] = Field(default=[], max_length=200)
    store_ids: list[Id] = Field(default=[], max_length=200)
    tier_ids: list[Id] = Field(default=[], max_length=50)
    weekdays: list[Whole] = Field(default=[], max_length=7)
    days_of_month: list[Whole] = Field(default=[], max_length=31)
    from_minute: Whole = 0
    to_minute: Whole = 1440
    members_only: StrictBool = False
    first_purchase: StrictBool = False
    birthday_month: StrictBool = False
    group: Str = ""
    exclusive: StrictBool = False
    not_with: list[Str] = Field(default=[], max_length=20)

    def fields_of_core(self) -> dict[str, Any]:
        """The same for core: tuples, ids as numbers."""
        given = self.model_dump()
        for name, value in given.items():
            if name in IDS:
                given[name] = tuple(int(one) for one in value)
            elif isinstance(value, list):
                given[name] = tuple(value)
        return given


class BundlePartIn(Shape):
    """So many pieces of one product in a bundle."""

    product_id: Id
    pieces: Whole


class PromotionTermsIn(LimitsIn):
    """What a promotion does; docs/en/promotions.md has an example of each effect."""

    effect: Literal[
        "percent", "amount", "fixed_price", "nth", "buy_get", "bundle",
        "reduction", "order_percent", "gift", "points", "points_each",
    ]  # fmt: skip
    off_bp: Whole = 0
    off_cents: Whole = 0
    price_cents: Whole = 0
    threshold_cents: Whole = 0
    threshold_pieces: Whole = 0
    cap_cents: Whole = 0
    per_step: StrictBool = False
    every: Whole = 0
    buy: Whole = 0
    get: Whole = 0
    mixed: StrictBool = False
    most_times: Whole = 0
    bundle: list[BundlePartIn] = Field(default=[], max_length=20)
    points_bp: Whole = 10_000
    points_each: Whole = 0

    def of_core(self) -> PromotionTerms:
        """The terms as core takes them."""
        given = self.fields_of_core()
        given["bundle"] = tuple((int(part.product_id), part.pieces) for part in self.bundle)
        return PromotionTerms(**given)

    @staticmethod
    def shown(terms: PromotionTerms) -> "PromotionTermsIn":
        """Core's terms as the API gives them."""
        given = _plain(asdict(terms))
        given["bundle"] = [{"product_id": str(product), "pieces": pieces} for product, pieces in terms.bundle]
        return PromotionTermsIn(**given)


class CouponTermsIn(LimitsIn):
    """What a coupon takes off."""

    effect: Literal["amount", "percent", "product", "gift", "service"]
    off_cents: Whole = 0
    off_bp: Whole = 0
    cap_cents: Whole = 0
    threshold_cents: Whole = 0
    threshold_pieces: Whole = 0
    pieces: Whole = 1
    uses: Whole = 1
    starts_after_days: Days = 0
    transferable: StrictBool = False

    def of_core(self) -> coupons.Terms:
        """The terms as core takes them."""
        return coupons.Terms(**self.fields_of_core())

    @staticmethod
    def shown(terms: coupons.Terms) -> "CouponTermsIn":
        """Core's terms as the API gives them."""
        return CouponTermsIn(**_plain(asdict(terms)))


def _plain(given: dict[str, Any]) -> dict[str, Any]:
    for name, value in given.items():
        if name in IDS:
            given[name] = [str(one) for one in value]
        elif isinstance(value, tuple):
            given[name] = list(value)
    return given


class PromotionIn(Shape):
    """A promotion to be added; it runs from `from_day` (now, if left out) to the end of `last_day`."""

    name: Str
    terms: PromotionTermsIn
    from_day: Str | None = None
    last_day: Str | None = None


class PromotionChangeIn(Shape):
    """New terms, in force from now."""

    terms: PromotionTermsIn
    last_day: Str | None = None


class PromotionOut(Shape):
    """The newest version of a promotion."""

    id: str
    version_id: str
    number: int
    name: str
    terms: PromotionTermsIn
    from_at: str
    until_at: str | None


class PromotionsOut(Shape):
    """Promotions, the newest first."""

    promotions: list[PromotionOut]
    next_cursor: str | None


class ResultOut(Shape):
    """What a promotion did so far."""

    sales: int
    members: int
    off_cents: int
    paid_cents: int


class ReplayIn(Shape):
    """A draft to be played over the sales of these days, both included."""

    name: Str = "draft"
    terms: PromotionTermsIn
    first_day: Str
    last_day: Str
    instead_of: Id | None = None


class ChangeOut(Shape):
    """What the draft would have changed for one member; above 0 they would have paid less."""

    member_id: str
    sales: int
    cents: int


class ReplayOut(Shape):
    """A draft played over past sales; amounts are to pay before points as money."""

    sales: int
    used: int
    cheaper: int
    dearer: int
    before_cents: int
    after_cents: int
    cost_cents: int
    off_cents: int
    points_before: int
    points_after: int
    members_better: int
    members_worse: int
    winners: list[ChangeOut]
    losers: list[ChangeOut]
    unsure: int


class CouponKindIn(Shape):
    """A coupon kind to be added."""

    name: Name
    terms: CouponTermsIn
    valid_days: Days


class CouponKindOut(Shape):
    """A coupon kind."""

    id: str
    name: str
    terms: CouponTermsIn
    valid_days: int
    active: bool


class CouponKindsOut(Shape):
    """Coupon kinds, the oldest first."""

    kinds: list[CouponKindOut]
    next_cursor: str | None


class GiveIn(Shape):
    """A coupon of this kind for a member."""

    kind_id: Id


class GivenOut(Shape):
    """The coupon that was given."""

    id: str
    code: str


class TransferIn(Shape):
    """A coupon, and the member it is passed on to."""

    code: Str
    to_member_id: Id


class DoneOut(Shape):
    """It was done."""

    done: bool = True
