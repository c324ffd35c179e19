"""What pricing takes and gives: items, rules, and a quote with the reason for every cent.

All amounts are cents, quantities are thousandths, rates are basis points.
"""

from dataclasses import dataclass
from typing import Literal

from core.base.i18n import Text
from core.base.money import Milli

LINE, TIER, ORDER, COUPON, ROUNDING, PASS = 2, 3, 4, 5, 7, 8
"""The steps in which something is taken off (the rules of the shop, section 3; 6 is points as money).

What a pass has paid stands last: no step touches it.
"""

RuleKind = Literal["promotion", "tier", "plan", "coupon", "pass", "rounding"]
Effect = Literal["percent", "amount", "fixed_price", "nth", "bundle", "free"]
TaxMode = Literal["none", "inclusive", "exclusive"]


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a basket with what pricing needs to know of its product.

    `boost_bp` is the best multiplier of points that runs for it; `tax_bp` its rate of tax.
    """

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
    boost_bp: int = 10_000
    tax_bp: int = 0
    weighed: bool = False
    list_cents: int | None = None
    pass_id: int = 0
    pass_name: str = ""

    @property
    def priced(self) -> bool:
        """Whether rules and points may touch it: no money on a card, nothing a pass has paid."""
        return not self.money_only and not self.pass_id

    def __hash__(self) -> int:
        return hash((self.product_id, self.quantity, self.unit_cents))

    @property
    def pieces(self) -> int:
        """How many pieces it is; what is weighed has none."""
        return 0 if self.weighed else self.quantity // 1000


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that may take money off. Empty products and categories mean every discountable line.

    `id` is a promotion's version, a tier, a plan or a coupon kind; `rank` is the id that orders rules.
    Rules of one `group` exclude each other; `not_with` names groups or kinds of rules it excludes.

    percent, amount: off a line (a piece) or, from the step of orders on, off all covered lines at once;
    fixed_price: a piece costs `price_cents`; nth: of every `every` pieces, dearest first, the last `last`
    get `off_bp` off, products counted together if `mixed`; bundle: `parts` (product, pieces) together
    cost `price_cents`; free: the dearest `last` pieces cost nothing, up to `cap_cents`.
    `per_step` repeats an amount for each full threshold; `most_times` bounds nth and bundle.
    `threshold_on_rest` counts all discountable lines but what becomes free.
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
    price_cents: int = 0
    cap_cents: int = 0
    threshold_cents: int = 0
    threshold_pieces: int = 0
    per_step: bool = False
    every: int = 0
    last: int = 0
    mixed: bool = False
    most_times: int = 0
    parts: tuple[tuple[int, int], ...] = ()
    threshold_on_rest: bool = False
    exclusive: bool = False
    not_with: frozenset[str] = frozenset()
    product_ids: frozenset[int] = frozenset()
    category_ids: frozenset[int] = frozenset()
    item_kind: str = ""
    coupon_id: int = 0
    expires_at: int = 0

    def __hash__(self) -> int:
        return hash((self.kind, self.id, self.coupon_id))

    def covers(self, item: Item) -> bool:
        """Whether the rule may touch a line."""
        if not item.discountable or not item.priced or (self.item_kind and item.kind != self.item_kind):
            return False
        if not self.product_ids and not self.category_ids:
            return True
        return item.product_id in self.product_ids or item.category_id in self.category_ids

    def bars(self, other: "Rule") -> bool:
        """Whether the other rule may not stand beside this one."""
        if self.exclusive or self.group == other.group:
            return True
        return bool(self.not_with) and (other.group in self.not_with or other.kind in self.not_with)


@dataclass(frozen=True, slots=True)
class Off:
    """What one rule took off one line."""

    rule: Rule
    cents: int


@dataclass(frozen=True, slots=True)
class LineQuote:
    """A line with every reduction on it; `net_cents` is what is left to pay by tenders.

    `tax_cents` is contained in it; `added_tax_cents` is that part of it which prices do not hold.
    """

    item: Item
    amount_cents: int
    offs: tuple[Off, ...]
    redeemed_points: int
    redeemed_cents: int
    net_cents: int
    tax_cents: int = 0
    added_tax_cents: int = 0

    @property
    def discount_cents(self) -> int:
        """All rules together, without points."""
        return sum(off.cents for off in self.offs)

    @property
    def goods_cents(self) -> int:
        """What is paid for the goods: without tax that comes on top."""
        return max(self.net_cents - self.added_tax_cents, 0)


@dataclass(frozen=True)
class PassOffer:
    """A pass that could pay a line, by the line's place from 1 on."""

    line: int
    pass_id: int
    name: str
    left: int


@dataclass(frozen=True)
class NotUsed:
    """A coupon or promotion that did not apply, and the shortest honest reason."""

    name: str
    reason: Text
    coupon_id: int = 0
    code: str = ""


@dataclass(frozen=True)
class Quote:
    """The price of a basket. `exact` is False if not every combination could be weighed.

    `claimable_points` are what a member who comes later with the receipt would get; `line_points` what
    each line gives of those or of `earned_points`, if all is paid by tenders that earn.
    """

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
    rounding_cents: int = 0
    tax_cents: int = 0
    claimable_points: int = 0
    line_points: tuple[int, ...] = ()
    pass_cents: int = 0
    offers: tuple[PassOffer, ...] = ()
