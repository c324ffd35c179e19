"""A small shop for tests: one store, an owner, a few tiers and products, made by public verbs."""

from dataclasses import dataclass, field, replace

from core.base import clock, db, ids
from core.base.access import Actor
from core.base.clock import Millis
from core.base.money import Milli
from core.books import rules
from core.goods import catalogue
from core.loyalty import coupons, tiers
from core.loyalty.coupons import Terms
from core.loyalty.tiers import Tier
from core.people import members, staff
from core.people.credentials import Proof
from core.people.members import Joining
from core.selling import promotions, quotes, sales
from core.selling.promotions import PromotionTerms
from core.selling.quotes import Basket, BasketLine
from core.selling.sales import SaleRequest, Tender

NOON = clock.at_time(clock.day_of(1_780_000_000_000, "Asia/Shanghai"), 12, 0, "Asia/Shanghai")
"""29 May 2026, 12:00 in Shanghai."""


def at(year: int, month: int, day: int, hour: int = 12) -> Millis:
    """A moment in the shop's zone."""
    from datetime import date

    return clock.at_time(date(year, month, day), hour, 0, "Asia/Shanghai")


@db.atomic
def _store(name: str) -> int:
    store_id = ids.new()
    db.add("store", id=store_id, name=name, zone="Asia/Shanghai")
    return store_id


@dataclass
class Shop:
    """The shop under test, with shortcuts that call the public verbs."""

    store: int
    owner: Actor
    now: Millis = NOON
    products: dict[str, int] = field(default_factory=dict)
    tiers: dict[str, int] = field(default_factory=dict)

    def rule(self, name: str, value: str | int) -> None:
        rules.change(name, value, by=self.owner, now=self.now)

    def owner_with(self, rights: frozenset[str]) -> Actor:
        """The owner's account with other rights."""
        return replace(self.owner, rights=rights)

    def owner_in(self, store_id: int) -> Actor:
        """The owner's account, bound to one store."""
        return replace(self.owner, stores=frozenset({store_id}))

    def category_of(self, product_id: int) -> int:
        """The category a product is in."""
        return catalogue.get(product_id).category_id or 0

    def product(self, name: str, cents: int, **given: object) -> int:
        self.products[name] = catalogue.create(name, cents, by=self.owner, now=self.now, **given)  # type: ignore[arg-type]
        return self.products[name]

    def tier(self, name: str, rank: int, **given: object) -> int:
        terms = {"discount_bp": 0, "multiplier_bp": 10_000, "spend_cents": None, "visits": None, "window_days": 365,
                 "hold_months": 12, "mark": "○"} | given  # fmt: skip
        self.tiers[name] = tiers.create(Tier(id=0, rank=rank, name=name, **terms), by=self.owner, now=self.now)  # type: ignore[arg-type]
        return self.tiers[name]

    def member(self, phone: str | None = None, *, tier: str | None = None, **given: object) -> int:
        member_id = members.join(Joining(phone=phone, store_id=self.store, **given), by=self.owner, now=self.now)  # type: ignore[arg-type]
        if tier:
            self.put_in_tier(member_id, tier)
        return member_id

    def put_in_tier(self, member_id: int, tier: str) -> None:
        @db.atomic
        def put() -> None:
            db.run("UPDATE member_tier SET tier_id = ? WHERE member_id = ?", (self.tiers[tier], member_id))
            db.add("tier_change", id=ids.new(), member_id=member_id, to_tier_id=self.tiers[tier], why="staff", ref_id=0,
                   at=self.now, actor=self.owner.tag)  # fmt: skip

        put()

    def promotion(self, name: str, **terms: object) -> int:
        return promotions.create(name, PromotionTerms(**terms), by=self.owner, now=self.now)  # type: ignore[arg-type]

    def coupon_kind(self, name: str, *, valid_days: int = 30, **terms: object) -> int:
        return coupons.create_kind(name, Terms(**terms), valid_days=valid_days, by=self.owner, now=self.now)  # type: ignore[arg-type]

    def give_coupon(self, kind_id: int, member_id: int, *, occasion: int = 1, now: Millis | None = None) -> int:
        @db.atomic
        def give() -> int | None:
            return coupons.issue(kind_id, member_id, ref_kind="test", ref_id=occasion, now=now or self.now)

        issued = give()
        assert issued is not None
        return issued

    def give_points(self, member_id: int, points: int, *, now: Millis | None = None) -> None:
        from core.loyalty import points as verbs

        verbs.adjust(member_id, points, reason="test", by=self.owner, now=now or self.now)

    def basket(self, *lines: tuple[str, int], member: int | None = None, points: int = 0) -> Basket:
        """Lines as (product name, pieces)."""
        return Basket(
            self.store,
            tuple(BasketLine(self.products[name], Milli(pieces * 1000)) for name, pieces in lines),
            member_id=member,
            points=points,
        )

    def quote(self, basket: Basket, *, now: Millis | None = None) -> quotes.Quote:
        return quotes.quote(basket, by=self.owner, now=now or self.now)

    def proof(self, member_id: int) -> Proof:
        return Proof(member_id, "rotating", Millis(2**52))

    def sell(self, basket: Basket, *paid: tuple[str, int], now: Millis | None = None, key: str | None = None) -> int:
        """Post a sale; what is not named in `paid` is paid in cash."""
        total = self.quote(basket, now=now).total_cents
        tenders = [Tender(kind, cents) for kind, cents in paid]  # type: ignore[arg-type]
        rest = total - sum(cents for _, cents in paid)
        if rest:
            tenders.append(Tender("cash", rest))
        proof = self.proof(basket.member_id) if basket.member_id else None
        request = SaleRequest(basket, tuple(tenders), total, proof=proof)
        return sales.post(request, by=self.owner, now=now or self.now, key=key)

    def top_up(self, member_id: int, cents: int, *, now: Millis | None = None) -> int:
        if "top-up" not in self.products:
            self.product("top-up", 0, kind="top_up")
        line = BasketLine(self.products["top-up"], Milli(1000), unit_cents=cents)
        return self.sell(Basket(self.store, (line,), member_id=member_id), now=now)


def open_shop(now: Millis = NOON) -> Shop:
    """A shop with its owner and one store, and the lowest tier."""
    store = _store("南京东路店")
    owner_id = staff.create("owner", "周丽", "owner", password="correct horse", by=None, now=now)
    shop = Shop(store, staff.actor_of(owner_id), now)
    shop.tier("normal", 0)
    return shop
