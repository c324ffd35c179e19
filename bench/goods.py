"""What the rows about selling sell: goods, deals, baskets, and our shop with all of it.

Plain values that name products and shelves by their place, so that a peer's shop can be made of the very
same ones. Deals mean the same in every system that knows ranges and discounts: percentages are whole, prices
are whole yuan (so nothing is rounded), and no product is in two deals of a comparison (so nothing is combined).
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bench.figures import SEED
from core.base import db
from core.base.money import Milli
from core.selling.quotes import Basket, BasketLine
from tests import shops

PRODUCTS, SHELVES, LINES, MEMBERS = 40, 4, 5, 100
LEAST_CENTS, MOST_CENTS, STEP_CENTS = 1800, 9800, 100
PRAGMAS = ("journal_mode", "synchronous", "foreign_keys", "cache_size", "temp_store")

Picked = tuple[tuple[int, int], ...]
"""A basket: places of products, and pieces of each."""


@dataclass(frozen=True)
class Goods:
    """The price in cents of each product, and the place of the shelf it stands on."""

    prices: tuple[int, ...]
    shelves: tuple[int, ...]


@dataclass(frozen=True)
class Deal:
    """A promotion in money, for shelves or for products (the places of them).

    percent: `off_bp` off the line; amount: `off_cents` off each piece; reduction: `off_cents` once, off all
    lines it is for, from `threshold_cents` on.
    """

    name: str
    effect: Literal["percent", "amount", "reduction"]
    off_bp: int = 0
    off_cents: int = 0
    threshold_cents: int = 0
    shelves: tuple[int, ...] = ()
    products: tuple[int, ...] = ()

    def matches(self, goods: Goods, picked: Picked) -> bool:
        """Whether it takes something off a basket."""
        lines = [(at, many) for at, many in picked if at in self.products or goods.shelves[at] in self.shelves]
        return bool(lines) and sum(goods.prices[at] * many for at, many in lines) >= self.threshold_cents


THREE = (
    Deal("一架九折", "percent", off_bp=1000, shelves=(0,)),
    Deal("满100减20", "reduction", threshold_cents=10_000, off_cents=2000, shelves=(1, 2)),
    Deal("每件减2元", "amount", off_cents=200, shelves=(3,)),
)


def goods_of(products: int, shelves: int) -> Goods:
    """So many products, each on the next shelf, at prices that are the same each time."""
    dice = random.Random(SEED)
    prices = tuple(dice.randrange(LEAST_CENTS, MOST_CENTS, STEP_CENTS) for _ in range(products))
    return Goods(prices, tuple(at % shelves for at in range(products)))


def baskets(goods: Goods, n: int) -> tuple[Picked, ...]:
    """Baskets of five lines with one to three pieces each, the same ones each time."""
    dice, places = random.Random(SEED), range(len(goods.prices))
    return tuple(tuple((at, dice.randint(1, 3)) for at in dice.sample(places, LINES)) for _ in range(n))


def open_shop(goods: Goods) -> shops.Shop:
    """A shop that has the goods, in the order of their places."""
    shop = shops.open_shop()
    for at, (cents, shelf) in enumerate(zip(goods.prices, goods.shelves, strict=True)):
        shop.product(f"茶 {at + 1}", cents, category=f"架 {shelf}")
    return shop


def run(shop: shops.Shop, deals: Sequence[Deal]) -> None:
    """Start promotions that do what the deals say."""
    categories = {name: id for id, name in db.rows("SELECT id, name FROM category")}
    products = list(shop.products.values())
    for deal in deals:
        shop.promotion(
            deal.name,
            effect=deal.effect,
            off_bp=deal.off_bp,
            off_cents=deal.off_cents,
            threshold_cents=deal.threshold_cents,
            category_ids=tuple(categories[f"架 {shelf}"] for shelf in deal.shelves),
            product_ids=tuple(products[at] for at in deal.products),
        )


def tea_shop() -> tuple[shops.Shop, Goods, list[int]]:
    """The shop of the rows `sale` and `processes`, its goods and its members.

    Three deals and double points; every second member has a tier with a discount; all have points.
    """
    goods = goods_of(PRODUCTS, SHELVES)
    shop = open_shop(goods)
    shop.tier("silver", 1, discount_bp=300, multiplier_bp=12_000, spend_cents=10**9)
    run(shop, THREE)
    shop.promotion("双倍积分", effect="points", points_bp=20_000)
    members = [shop.member(f"199{at:08d}", tier="silver" if has_tier(at) else None) for at in range(MEMBERS)]
    for member_id in members:
        shop.give_points(member_id, 50_000)
    return shop, goods, members


def has_tier(member: int) -> bool:
    """Whether the member at a place has the tier with a discount."""
    return bool(member % 2)


def basket(shop: shops.Shop, picked: Picked, member_id: int, *, points: int = 0) -> Basket:
    """What was picked, as our shop takes it."""
    products = list(shop.products.values())
    lines = tuple(BasketLine(products[at], Milli(many * 1000)) for at, many in picked)
    return Basket(shop.store, lines, member_id=member_id, points=points)


def pragmas() -> tuple[str, ...]:
    """What ours has set on its connection to SQLite; floor and peer set the same."""
    return tuple(f"PRAGMA {name} = {db.value(f'PRAGMA {name}')}" for name in PRAGMAS)
