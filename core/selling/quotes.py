"""Quotes 试算: read what pricing needs to know of basket, member and rules, and price it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal

from core.base import clock, db, lunar
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid, NotFound, Refused
from core.base.i18n import N_, T
from core.base.money import PIECE, Milli, quantity_shown
from core.books import posting, revisions, rules
from core.books.locks import MemberUnknown
from core.books.rules import ShopRules
from core.goods import catalogue, prices
from core.goods.catalogue import MONEY_ONLY, Product
from core.goods.stock import QuantityInvalid
from core.loyalty import coupons, limits, passes, plans, ranks, tiers
from core.loyalty.coupons import FREE, Coupon, CouponKind
from core.loyalty.limits import Moment
from core.loyalty.passes import Pass
from core.loyalty.plans import Plan
from core.loyalty.tiers import Tier
from core.selling import promotions
from core.selling.pricing import quote as pricing
from core.selling.pricing.quote import Terms
from core.selling.pricing.values import COUPON, TIER, Effect, Item, NotUsed, PassOffer, Quote, Rule
from core.selling.promotions import Promotion

MAX_LINES = 200
MAX_SERVERS = 5
MAX_UNIT_CENTS = 10**9
MAX_QUANTITY = Milli(1_000_000)


@dataclass(frozen=True)
class BasketLine:
    """A product and how much of it; `unit_cents` only for an amount to top up or an approved price.

    `pass_id` pays the whole line with uses of a pass; `gift_code` is the blank card to be activated.
    `served_by` are those who share what the line earns, with shares in basis points that add up to 10,000;
    `staff_id` alone is one of them with the whole.
    """

    product_id: int
    quantity: Milli = PIECE
    unit_cents: int | None = None
    staff_id: int | None = None
    pass_id: int | None = None
    gift_code: str | None = None
    served_by: tuple[tuple[int, int], ...] = ()

    @property
    def seller(self) -> int | None:
        """Who stands on the line: of several the one with the largest share."""
        return max(self.served_by, key=lambda one: one[1])[0] if self.served_by else self.staff_id


@dataclass(frozen=True)
class Basket:
    """What is to be priced, where and for whom; `without` leaves coupons aside.

    `reserved` are the holds of coupons that were set aside for this very basket.
    `round_off_cents` is what someone at the till takes off at the end instead of the shop's own rounding.
    """

    store_id: int
    lines: tuple[BasketLine, ...]
    member_id: int | None = None
    points: int = 0
    without: frozenset[int] = field(default=frozenset())
    round_off_cents: int | None = None
    reserved: frozenset[int] = field(default=frozenset())


class BasketInvalid(Invalid):
    """The basket as a whole cannot be priced."""

    code = "basket_invalid"
    text = N_("{field}: {problem}")


class NotOpenYet(Refused):
    """A product of the basket is sold from a later moment on."""

    code = "not_open_yet"
    text = N_("“{name}” is sold from {opens_at} on. Take it out of the basket, or find a member who may buy earlier.")


class ProductRetired(Refused):
    """A product of the basket is sold no more."""

    code = "product_retired"
    text = N_("“{name}” is not sold any more. Take it out of the basket, or bring it back under Goods.")


class StoreUnknown(NotFound):
    """No store has this id."""

    code = "store_unknown"
    text = N_("There is no store {what}. The back-office lists them under Settings.")


@dataclass(frozen=True)
class MemberNow:
    """What pricing needs to know of a member; `usable` points are free to be spent."""

    id: int
    tier: Tier
    plan: Plan | None
    usable: int
    first_purchase: bool
    birthday: tuple[str, int, int] | None


@dataclass(frozen=True)
class Store:
    """A store: its zone, the hour its day ends, whether it sells."""

    id: int
    zone: str
    day_ends_hour: int
    open: bool


@dataclass(frozen=True)
class Read:
    """Everything a quote was made from; a sale is written from the same."""

    quote: Quote
    terms: Terms
    shop: ShopRules
    store: Store
    moment: Moment
    member: MemberNow | None
    coupons: dict[int, Coupon]
    versions: tuple[int, ...]


def quote(basket: Basket, *, by: Actor, now: Millis) -> Quote:
    """The price of a basket now, with the reason for every cent; writes nothing.

    Raises: NotAllowed, BasketInvalid, QuantityInvalid, ProductUnknown, ProductRetired, StoreUnknown, MemberUnknown,
    TooManyPoints, NotEnoughPoints, RoundingTooMuch.
    """
    require(by, "sell", store_id=basket.store_id)
    with db.read():
        return read(basket, now=now).quote


def read(basket: Basket, *, now: Millis) -> Read:
    """Read and price; inside the caller's transaction or view."""
    shop, where = rules.current(now=now), store(basket.store_id)
    member = None if basket.member_id is None else _member(basket.member_id, now)
    moment = _moment(now, where, member, shop)
    products = prices.in_store(_products(basket), where.id, moment.local.date())
    _check_open(products.values(), member, now)
    _check_staff(basket)
    found = promotions.book(now=now).for_products(products.values())
    holding = [one for one in found if not one.limited or limits.unmet(one.terms, moment) is None]
    on_points = [one for one in holding if one.terms.effect in promotions.ON_POINTS]
    items = [_item(line, products[line.product_id], at, on_points) for at, line in enumerate(basket.lines, 1)]
    passes_held = _passes(basket, products, member, now)
    if any(line.pass_id for line in basket.lines):
        items = _paid_by_pass(basket, items, passes_held)
    held = coupons.held_by(member.id, now=now) if member else []
    usable, unmatched = _sorted_out(held, basket, moment)
    on_prices = [one.rule for one in holding if one.terms.effect not in promotions.ON_POINTS]
    who = (member.tier, member.plan) if member else (None, None)
    given = [*on_prices, *standing_rules(*who), *[coupon_rule(one) for one in usable]]
    terms = _terms(shop, member, basket)
    priced = pricing.price(items, given, terms, points=basket.points, not_matching=unmatched)
    versions = [rule.id for rule in priced.rules if rule.kind == "promotion"]
    versions += _boosting(products.values(), on_points)
    if passes_held:
        priced = replace(priced, offers=_offers(items, passes_held))
    return Read(priced, terms, shop, where, moment, member, {one.id: one for one in usable}, tuple(versions))


# --- member and store ----------------------------------------------------------------------------


def _stores() -> dict[int, Store]:
    found = db.rows("SELECT id, zone, day_ends_hour, closed_at IS NULL FROM store")
    return {row[0]: Store(row[0], row[1], row[2], bool(row[3])) for row in found}


_kept = revisions.Remembered("stores", _stores)


def any_store(store_id: int) -> Store:
    """A store, open or closed. Raises: StoreUnknown."""
    found = _kept().get(store_id)
    if found is None:
        raise StoreUnknown(what=str(store_id))
    return found


def store(store_id: int) -> Store:
    """A store that sells. Raises: StoreUnknown."""
    found = any_store(store_id)
    if not found.open:
        raise StoreUnknown(what=str(store_id))
    return found


def _member(member_id: int, now: Millis) -> MemberNow:
    found = db.one(
        "SELECT t.tier_id, s.visits, p.birth_calendar, p.birth_month, p.birth_day,"
        " coalesce((SELECT CAST(sum(l.remaining) AS BIGINT) FROM lot l WHERE l.account_id = a.id AND l.remaining > 0"
        " AND l.available_at <= ? AND (l.expires_at IS NULL OR l.expires_at > ?)), 0) - a.held"
        " FROM member m JOIN account a ON a.member_id = m.id AND a.asset = 'points'"
        " LEFT JOIN member_tier t ON t.member_id = m.id LEFT JOIN member_stats s ON s.member_id = m.id"
        " LEFT JOIN member_person p ON p.member_id = m.id WHERE m.id = ?",
        (now, now, member_id),
    )
    if found is None:
        raise MemberUnknown(member=str(member_id))
    known = tiers.all_tiers(now=now)
    tier = next((one for one in known if one.id == found[0]), known[0])
    birthday = (found[2], found[3], found[4]) if found[2] else None
    return MemberNow(member_id, tier, plans.running(member_id, now=now), found[5], not found[1], birthday)


def _moment(now: Millis, where: Store, member: MemberNow | None, shop: ShopRules) -> Moment:
    local = clock.local(now, where.zone)
    if member is None:
        return Moment(now, local, where.id)
    kept = lunar.kept_in_month(local.year, local.month, shop.leap_day)
    return Moment(now, local, where.id, True, member.tier.id, member.first_purchase, member.birthday in kept)


def standing_rules(tier: Tier | None, plan: Plan | None) -> list[Rule]:
    """The discounts of tier and plan; they exclude each other, so the better one holds."""
    found = []
    if tier is not None and tier.discount_bp:
        found.append(_discount("tier", tier.id, tier.name, tier.discount_bp))
    if plan is not None and plan.discount_bp:
        found.append(_discount("plan", plan.id, plan.name, plan.discount_bp))
    return found


@lru_cache(256)
def _discount(kind: Literal["tier", "plan"], rank: int, name: str, off_bp: int) -> Rule:
    return Rule(
        kind=kind, id=rank, rank=rank, name=name, step=TIER, effect="percent", group="member", off_bp=off_bp
    )  # fmt: skip


def _terms(shop: ShopRules, member: MemberNow | None, basket: Basket) -> Terms:
    usable = member.usable if member else 0
    if basket.points > usable:
        missing = basket.points - usable
        raise posting.NotEnoughPoints(field="points", wanted=basket.points, usable=usable, missing=missing)
    who = (member.tier, member.plan) if member else (None, None)
    return terms_of(shop, *who, usable=usable, round_off_cents=basket.round_off_cents)


def terms_of(
    shop: ShopRules, tier: Tier | None, plan: Plan | None, *, usable: int = 0, round_off_cents: int | None = None
) -> Terms:
    """How the shop prices for someone of a tier with a plan; no tier is no member."""
    multiplier_bp = max((tier or tiers.all_tiers()[0]).multiplier_bp, plan.multiplier_bp if plan else 0)
    return Terms(
        points_per_unit=shop.points_per_unit,
        cap_bp=shop.redeem_cap_bp,
        cents_per_point=shop.cents_per_point,
        multiplier_bp=multiplier_bp,
        usable=usable,
        member=tier is not None,
        tax_mode=shop.tax_mode,  # type: ignore[arg-type]
        rounding_cents=shop.rounding_cents,
        round_off_cents=round_off_cents,
    )


# --- items ---------------------------------------------------------------------------------------


def _products(basket: Basket) -> dict[int, Product]:
    """The products of a basket that can be priced. Raises: BasketInvalid, ProductUnknown, ProductRetired."""
    if not basket.lines:
        raise BasketInvalid(field="lines", problem=T("the basket is empty"))
    if len(basket.lines) > MAX_LINES:
        raise BasketInvalid(field="lines", problem=T("more than 200 lines"))
    if basket.points < 0:
        raise BasketInvalid(field="points", problem=T("a number from 0 upwards is needed"))
    if basket.points and basket.member_id is None:
        raise BasketInvalid(field="points", problem=T("points need a member; find the member first"))
    products = catalogue.many(line.product_id for line in basket.lines)
    for product in products.values():
        if not product.active:
            raise ProductRetired(name=product.name)
    if basket.member_id is None and any(product.kind in ("top_up", "plan", "pass") for product in products.values()):
        raise BasketInvalid(field="member_id", problem=T("a top-up needs a member; find the member first"))
    return products


def _check_open(products: Iterable[Product], member: MemberNow | None, now: Millis) -> None:
    """Raise for what is not sold yet to this member, or to anyone. Raises: NotOpenYet."""
    for product in products:
        if product.opens_at is not None and now < product.opens_at:
            early_days = max(member.tier.early_days, member.plan.early_days if member.plan else 0) if member else 0
            opens_at = ranks.opens_for(product.opens_at, early_days)
            if now < opens_at:
                raise NotOpenYet(name=product.name, opens_at=opens_at)


def _check_staff(basket: Basket) -> None:
    named = {line.staff_id: at for at, line in enumerate(basket.lines, 1) if line.staff_id is not None}
    for at, line in enumerate(basket.lines, 1):
        shares = [share for _, share in line.served_by]
        if shares and (sum(shares) != 10_000 or min(shares) < 1 or len(shares) > MAX_SERVERS):
            raise BasketInvalid(field=f"lines[{at}].served_by", problem=T("shares from 0.01 % that make 100 %"))
        if len({one for one, _ in line.served_by}) < len(shares):
            raise BasketInvalid(field=f"lines[{at}].served_by", problem=T("each person once"))
        named |= {one: at for one, _ in line.served_by}
    if not named:
        return
    known = {row[0] for row in db.rows(f"SELECT id FROM staff WHERE id IN ({', '.join('?' * len(named))})", [*named])}
    for staff_id, at in named.items():
        if staff_id not in known:
            raise BasketInvalid(field=f"lines[{at}].staff_id", problem=T("nobody on the staff has this id"))


def _item(line: BasketLine, product: Product, at: int, on_points: Sequence[Promotion]) -> Item:
    whole = product.weighed or line.quantity % 1000 == 0
    if not 0 < line.quantity <= MAX_QUANTITY or not whole:
        raise QuantityInvalid(field=f"lines[{at}].quantity", given=quantity_shown(line.quantity))
    unit = product.price_cents if line.unit_cents is None else line.unit_cents
    if not 0 <= unit < MAX_UNIT_CENTS or (product.kind == "top_up" and unit == 0):
        raise BasketInvalid(field=f"lines[{at}].unit_cents", problem=T("an amount above 0 is needed"))
    if line.gift_code is not None and (product.kind != "gift_card" or line.quantity != PIECE):
        raise BasketInvalid(field=f"lines[{at}].gift_code", problem=T("one gift card a line, each with its code"))
    changed = line.unit_cents is not None and product.kind != "top_up" and unit != product.price_cents
    return item_of(
        product,
        line.quantity,
        unit,
        on_points,
        staff_id=line.seller,
        list_cents=product.price_cents if changed else None,
    )


def item_of(
    product: Product,
    quantity: Milli,
    unit_cents: int,
    on_points: Sequence[Promotion],
    *,
    staff_id: int | None = None,
    list_cents: int | None = None,
) -> Item:
    """A line for pricing, with what promotions on points promise for its product."""
    boost_bp, points_each = 10_000, product.points_each
    for one in on_points:
        if one.promises(product):
            boost_bp = max(boost_bp, one.terms.points_bp)
            points_each += one.terms.points_each
    return Item(
        product_id=product.id,
        name=product.name,
        kind=product.kind,
        category_id=product.category_id,
        quantity=quantity,
        unit_cents=unit_cents,
        discountable=product.discountable,
        earns=product.earns,
        money_only=product.kind in MONEY_ONLY,
        points_each=points_each,
        staff_id=staff_id,
        boost_bp=boost_bp,
        tax_bp=product.tax_bp,
        weighed=product.weighed,
        list_cents=list_cents,
    )


def _boosting(products: Iterable[Product], on_points: Sequence[Promotion]) -> list[int]:
    """The versions that give points for these products: all fixed points, of multipliers the best a product."""
    used = set()
    for product in products if on_points else ():
        fitting = [one for one in on_points if one.promises(product)]
        best = max(fitting, key=lambda one: one.terms.points_bp, default=None)
        used |= {one.version_id for one in fitting if one is best or one.terms.effect == "points_each"}
    return sorted(used)


# --- passes --------------------------------------------------------------------------------------


def _passes(basket: Basket, products: Mapping[int, Product], member: MemberNow | None, now: Millis) -> list[Pass]:
    """The member's passes, asked for only where a service is sold. Raises: BasketInvalid."""
    if member is None:
        if any(line.pass_id for line in basket.lines):
            raise BasketInvalid(field="member_id", problem=T("a pass needs its member; find the member first"))
        return []
    if not any(product.kind == "service" for product in products.values()):
        return []
    return passes.held_by(member.id, now=now)


def _paid_by_pass(basket: Basket, items: list[Item], held: list[Pass]) -> list[Item]:
    """Items with the passes that pay their lines. Raises: PassUnknown, PassNotFor, PassOver."""
    by_id, wanted, paid = {one.id: one for one in held}, dict[int, int](), []
    for line, item in zip(basket.lines, items, strict=True):
        if line.pass_id is None:
            paid.append(item)
            continue
        found = by_id.get(line.pass_id)
        if found is None:
            raise passes.PassUnknown(what=str(line.pass_id))
        if item.product_id not in found.kind.service_ids or not item.pieces:
            raise passes.PassNotFor(field="pass_id", name=found.kind.name, product=item.name)
        wanted[found.id] = wanted.get(found.id, 0) + item.pieces
        if wanted[found.id] > found.left:
            raise passes.over(found.id, wanted[found.id])
        paid.append(replace(item, pass_id=found.id, pass_name=found.kind.name))
    return paid


def _offers(items: Sequence[Item], held: list[Pass]) -> tuple[PassOffer, ...]:
    """For each line not paid by a pass the first to lapse that could pay it, counting what others take."""
    left = {one.id: one.left for one in held}
    for item in items:
        if item.pass_id:
            left[item.pass_id] -= item.pieces
    offers = []
    for at, item in enumerate(items, 1):
        fitting = [one for one in held if one.pays_for(item.product_id, item.pieces) and left[one.id] >= item.pieces]
        if fitting and not item.pass_id:
            offers.append(PassOffer(at, fitting[0].id, fitting[0].kind.name, left[fitting[0].id]))
            left[fitting[0].id] -= item.pieces
    return tuple(offers)


# --- coupons -------------------------------------------------------------------------------------


def coupon_rule(coupon: Coupon) -> Rule:
    """The pricing rule of a coupon."""
    return replace(_kind_rule(coupon.kind), coupon_id=coupon.id, expires_at=coupon.valid_until_at)


@lru_cache(1024)
def _kind_rule(kind: CouponKind) -> Rule:
    terms = kind.terms
    effect: Effect = "free" if terms.effect in FREE else terms.effect  # type: ignore[assignment]
    return Rule(
        kind="coupon",
        id=kind.id,
        rank=kind.id,
        name=kind.name,
        step=COUPON,
        effect=effect,
        group=terms.group or f"coupon {kind.id}",
        off_bp=terms.off_bp,
        off_cents=terms.off_cents,
        cap_cents=terms.cap_cents,
        threshold_cents=terms.threshold_cents,
        threshold_pieces=terms.threshold_pieces,
        last=terms.pieces,
        threshold_on_rest=terms.effect in FREE,
        exclusive=terms.exclusive,
        not_with=frozenset(terms.not_with),
        product_ids=frozenset(terms.product_ids),
        category_ids=frozenset(terms.category_ids),
        item_kind="service" if terms.effect == "service" else "",
    )


def _sorted_out(held: list[Coupon], basket: Basket, moment: Moment) -> tuple[list[Coupon], list[NotUsed]]:
    """Coupons that may be tried (of each kind the first to lapse), and the others with their reason."""
    usable: dict[int, Coupon] = {}
    unmatched = []
    for coupon in held:
        reason = T("left aside") if coupon.id in basket.without else None
        if reason is None and coupon.held_until_at > moment.now and coupon.hold_id not in basket.reserved:
            reason = T("set aside for another order until {until_at}", until_at=coupon.held_until_at)
        if reason is None and coupon.valid_from_at > moment.now:
            reason = T("from {valid_at}", valid_at=coupon.valid_from_at)
        reason = reason or limits.unmet(coupon.kind.terms, moment)
        if reason is None and coupon.kind.id in usable:
            reason = T("one of this kind at a time")
        if reason is None:
            usable[coupon.kind.id] = coupon
        else:
            unmatched.append(NotUsed(coupon.kind.name, reason, coupon.id, coupon.code))
    return list(usable.values()), unmatched
