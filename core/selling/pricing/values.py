"""What pricing takes and gives: items, rules, and a quote with the reason for every cent.

All amounts are cents, quantities are thousandths, rates are basis points.
"""

from dataclasses import dataclass, field
from typing import Literal

from core.base.i18n import Text
from core.base.money import Milli

LINE, TIER, ORDER, COUPON = 2, 3, 4, 5
"""The steps of pricing in which rules take something off (the rules of the shop, section 3)."""

RuleKind = Literal["promotion", "tier", "plan", "coupon"]
Effect = Literal["percent", "amount", "fixed_price"]


@dataclass(frozen=True)
class Item:
    """One line of a basket with what pricing needs to know of its product."""

    product_id: int
    name: str
    kind: str
    category_id: int | None
    quantity: Milli
    unit_cents: int
    discountable: bool = True
    earns: bool = True
    money_only: bool = False
    points_each: int = 0
    staff_id: int | None = None


@dataclass(frozen=True)
class Rule:
    """Something that may take money off. Empty products and categories mean every discountable line.

    `id` is a promotion's version, a tier or a coupon kind; `rank` is the id that orders rules.
    `per_step` repeats an amount for each full threshold. Rules of one `group` exclude each other.
    """

    kind: RuleKind
    id: int
    rank: int
    name: str
    step: int
    effect: Effect
    group: str
    off_bp: int = 0
    off_cents: int = 0
    cap_cents: int = 0
    threshold_cents: int = 0
    per_step: bool = False
    exclusive: bool = False
    product_ids: frozenset[int] = frozenset()
    category_ids: frozenset[int] = frozenset()
    coupon_id: int = 0
    expires_at: int = 0

    def covers(self, item: Item) -> bool:
        """Whether the rule may touch a line."""
        if not item.discountable or item.money_only:
            return False
        if not self.product_ids and not self.category_ids:
            return True
        return item.product_id in self.product_ids or item.category_id in self.category_ids


@dataclass(frozen=True)
class Off:
    """What one rule took off one line."""

    rule: Rule
    cents: int


@dataclass(frozen=True)
class LineQuote:
    """A line with every reduction on it; `net_cents` is what is left to pay by tenders."""

    item: Item
    amount_cents: int
    offs: tuple[Off, ...]
    redeemed_points: int
    redeemed_cents: int
    net_cents: int

    @property
    def discount_cents(self) -> int:
        """All rules together, without points."""
        return sum(off.cents for off in self.offs)


@dataclass(frozen=True)
class NotUsed:
    """A coupon or promotion that did not apply, and the shortest honest reason."""

    name: str
    reason: Text
    coupon_id: int = 0
    code: str = ""


@dataclass(frozen=True)
class Quote:
    """The price of a basket. `exact` is False if not every combination could be tried."""

    lines: tuple[LineQuote, ...]
    gross_cents: int
    total_cents: int
    redeemed_points: int
    redeemed_cents: int
    earned_points: int
    rules: tuple[Rule, ...]
    not_used: tuple[NotUsed, ...] = ()
    exact: bool = True
    most_points: int = 0
    coupon_codes: tuple[str, ...] = field(default=())
