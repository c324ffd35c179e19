"""Quotes 试算: read what pricing needs to know of basket, member and rules, and price it."""

from dataclasses import dataclass, field

from core.base import clock, db
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid, NotFound
from core.base.i18n import N_, T, Text
from core.base.money import PIECE, Milli, quantity_shown
from core.books import posting, rules
from core.books.locks import MemberUnknown
from core.books.rules import ShopRules
from core.goods import catalogue
from core.goods.catalogue import MONEY_ONLY, Product
from core.goods.stock import QuantityInvalid
from core.loyalty import coupons, tiers
from core.loyalty.coupons import Coupon
from core.loyalty.tiers import Tier
from core.selling import promotions
from core.selling.pricing import quote as pricing
from core.selling.pricing.quote import PointsTerms
from core.selling.pricing.values import COUPON, TIER, Item, NotUsed, Quote, Rule

MAX_LINES = 200
MAX_UNIT_CENTS = 10**9
MAX_QUANTITY = Milli(1_000_000)


@dataclass(frozen=True)
class BasketLine:
    """A product and how much of it; `unit_cents` only for an amount to top up or an approved price."""

    product_id: int
    quantity: Milli = PIECE
    unit_cents: int | None = None
    staff_id: int | None = None


@dataclass(frozen=True)
class Basket:
    """What is to be priced, where and for whom; `without` leaves coupons aside."""

    store_id: int
    lines: tuple[BasketLine, ...]
    member_id: int | None = None
    points: int = 0
    without: frozenset[int] = field(default=frozenset())


class BasketInvalid(Invalid):
    """The basket as a whole cannot be priced."""

    code = "basket_invalid"
    text = N_("{field}: {problem}")


class StoreUnknown(NotFound):
    """No store has this id."""

    code = "store_unknown"
    text = N_("There is no store {what}. The back-office lists them under Settings.")


@dataclass(frozen=True)
class Read:
    """Everything a quote was made from; a sale is written from the same."""

    quote: Quote
    terms: PointsTerms
    tier: Tier | None
    coupons: dict[int, Coupon]
    versions: tuple[int, ...]


def quote(basket: Basket, *, by: Actor, now: Millis) -> Quote:
    """The price of a basket now, with the reason for every cent; writes nothing.

    Raises: NotAllowed, BasketInvalid, QuantityInvalid, ProductUnknown, StoreUnknown, MemberUnknown,
    TooManyPoints, NotEnoughPoints.
    """
    require(by, "sell", store_id=basket.store_id)
    with db.read():
        return read(basket, now=now).quote


def read(basket: Basket, *, now: Millis) -> Read:
    """Read and price; inside the caller's transaction or view."""
    shop, zone = rules.current(now=now), store_zone(basket.store_id)
    if basket.member_id is not None and not db.value("SELECT 1 FROM member WHERE id = ?", (basket.member_id,)):
        raise MemberUnknown(member=str(basket.member_id))
    items = _items(basket)
    tier = tiers.of(basket.member_id) if basket.member_id else None
    moment = promotions.Moment(now, zone, basket.store_id, tier.id if tier else None)
    running = [one for one in promotions.running(now=now) if promotions.matches(one.terms, moment)]
    held = coupons.held_by(basket.member_id, now=now) if basket.member_id else []
    usable, unmatched = _sorted_out(held, basket, now, zone)
    changing = [one for one in running if one.terms.effect != "points"]
    found = [promotions.as_rule(one) for one in changing] + _tier_rule(tier) + [_coupon_rule(c) for c in usable]
    boosts = [one for one in running if one.terms.effect == "points" and one.terms.points_bp > 10_000]
    boost = max(boosts, key=lambda one: one.terms.points_bp, default=None)
    terms = _terms(shop, tier, boost, basket, now)
    priced = pricing.price(items, found, terms, points=basket.points, not_matching=unmatched)
    versions = [rule.id for rule in priced.rules if rule.kind == "promotion"]
    versions += [boost.version_id] if boost and tier else []
    return Read(priced, terms, tier, {one.id: one for one in usable}, tuple(versions))


def _check_member(member_id: int | None) -> None:
    if member_id is not None and not db.value("SELECT 1 FROM member WHERE id = ?", (member_id,)):
        raise MemberUnknown(member=str(member_id))


def store_zone(store_id: int) -> str:
    """The time zone of a store. Raises: StoreUnknown."""
    zone = db.value("SELECT zone FROM store WHERE id = ? AND closed_at IS NULL", (store_id,))
    if zone is None:
        raise StoreUnknown(what=str(store_id))
    return str(zone)


def _items(basket: Basket) -> list[Item]:
    if not basket.lines:
        raise BasketInvalid(field="lines", problem=T("the basket is empty"))
    if len(basket.lines) > MAX_LINES:
        raise BasketInvalid(field="lines", problem=T("more than 200 lines"))
    if basket.points < 0:
        raise BasketInvalid(field="points", problem=T("a number from 0 upwards is needed"))
    if basket.points and basket.member_id is None:
        raise BasketInvalid(field="points", problem=T("points need a member; find the member first"))
    products = catalogue.many(line.product_id for line in basket.lines)
    if basket.member_id is None and any(product.kind == "top_up" for product in products.values()):
        raise BasketInvalid(field="member_id", problem=T("a top-up needs a member; find the member first"))
    return [_item(line, products[line.product_id], at) for at, line in enumerate(basket.lines, 1)]


def _item(line: BasketLine, product: Product, at: int) -> Item:
    whole = product.weighed or line.quantity % 1000 == 0
    if not 0 < line.quantity <= MAX_QUANTITY or not whole:
        raise QuantityInvalid(field=f"lines[{at}].quantity", given=quantity_shown(line.quantity))
    unit = product.price_cents if line.unit_cents is None else line.unit_cents
    if not 0 <= unit < MAX_UNIT_CENTS or (product.kind == "top_up" and unit == 0):
        raise BasketInvalid(field=f"lines[{at}].unit_cents", problem=T("an amount above 0 is needed"))
    return Item(
        product_id=product.id,
        name=product.name,
        kind=product.kind,
        category_id=product.category_id,
        quantity=line.quantity,
        unit_cents=unit,
        discountable=product.discountable,
        earns=product.earns,
        money_only=product.kind in MONEY_ONLY,
        points_each=product.points_each,
        staff_id=line.staff_id,
    )


def _terms(
    shop: ShopRules, tier: Tier | None, boost: promotions.Promotion | None, basket: Basket, now: Millis
) -> PointsTerms:
    best = boost.terms.points_bp if boost else 10_000
    usable = posting.usable(basket.member_id, "points", now=now) if basket.member_id else 0
    if basket.points > usable:
        missing = basket.points - usable
        raise posting.NotEnoughPoints(field="points", wanted=basket.points, usable=usable, missing=missing)
    return PointsTerms(
        points_per_unit=shop.points_per_unit,
        cap_bp=shop.redeem_cap_bp,
        cents_per_point=shop.cents_per_point,
        multiplier_bp=(tier.multiplier_bp if tier else 0) * best // 10_000,
        usable=usable,
    )


def _tier_rule(tier: Tier | None) -> list[Rule]:
    if tier is None or not tier.discount_bp:
        return []
    return [
        Rule(
            kind="tier", id=tier.id, rank=tier.id, name=tier.name, step=TIER, effect="percent",
            group="member", off_bp=tier.discount_bp,
        )
    ]  # fmt: skip


def _coupon_rule(coupon: Coupon) -> Rule:
    terms = coupon.kind.terms
    return Rule(
        kind="coupon",
        id=coupon.kind.id,
        rank=coupon.kind.id,
        name=coupon.kind.name,
        step=COUPON,
        effect=terms.effect,
        group=terms.group or f"coupon {coupon.kind.id}",
        off_bp=terms.off_bp,
        off_cents=terms.off_cents,
        cap_cents=terms.cap_cents,
        threshold_cents=terms.threshold_cents,
        exclusive=terms.exclusive,
        product_ids=frozenset(terms.product_ids),
        category_ids=frozenset(terms.category_ids),
        coupon_id=coupon.id,
        expires_at=coupon.valid_until_at,
    )


def _sorted_out(held: list[Coupon], basket: Basket, now: Millis, zone: str) -> tuple[list[Coupon], list[NotUsed]]:
    """Coupons that may be tried (of each kind the first to lapse), and the others with their reason."""
    usable: dict[int, Coupon] = {}
    unmatched = []
    for coupon in held:
        reason = _not_now(coupon, basket, now, zone)
        if reason is not None:
            unmatched.append(NotUsed(coupon.kind.name, reason, coupon.id, coupon.code))
        elif coupon.kind.id in usable:
            unmatched.append(NotUsed(coupon.kind.name, T("one of this kind at a time"), coupon.id, coupon.code))
        else:
            usable[coupon.kind.id] = coupon
    return list(usable.values()), unmatched


def _not_now(coupon: Coupon, basket: Basket, now: Millis, zone: str) -> Text | None:
    terms, local = coupon.kind.terms, clock.local(now, zone)
    if coupon.id in basket.without:
        return T("left aside")
    if coupon.valid_from_at > now:
        return T("from {valid_at}", valid_at=coupon.valid_from_at)
    if terms.store_ids and basket.store_id not in terms.store_ids:
        return T("in another store")
    if terms.weekdays and local.weekday() not in terms.weekdays:
        return T("on other days of the week")
    if local.hour < terms.from_hour:
        return T("from {hour}:00", hour=terms.from_hour)
    if local.hour >= terms.to_hour:
        return T("until {hour}:00", hour=terms.to_hour)
    return None
