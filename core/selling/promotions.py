"""Promotions 促销: dated rules in versions; a change is a new version, a sale names the ones it used."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

from core.base import db, ids
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid, NotFound
from core.base.i18n import N_, T, Text
from core.books import audit, revisions
from core.goods.catalogue import Product
from core.loyalty import limits
from core.loyalty.limits import Limits
from core.selling.pricing.values import LINE, ORDER, Rule
from core.selling.pricing.values import Effect as RuleEffect

Effect = Literal[
    "percent", "amount", "fixed_price", "nth", "buy_get", "bundle",
    "reduction", "order_percent", "gift", "points", "points_each",
]  # fmt: skip
ON_LINES = frozenset({"percent", "amount", "fixed_price", "nth", "buy_get", "bundle"})
ON_POINTS = frozenset({"points", "points_each"})


@dataclass(frozen=True, kw_only=True)
class PromotionTerms(Limits):
    """What a promotion does; when, where and for whom stands in `Limits`. Empty means no limit.

    On lines: 'percent' `off_bp`, 'amount' `off_cents` a piece, 'fixed_price' `price_cents` a piece,
    'nth' every `every`-th piece gets `off_bp` off (第二件半价: 2, 5000), 'buy_get' of `buy` + `get` pieces
    `get` are free, 'bundle' the pieces of `bundle` (product, pieces) cost `price_cents` together.
    On the bill: 'reduction' (满减: `off_cents` once or per step above `threshold_cents`),
    'order_percent', 'gift' (满赠: one of the products is free when the rest reaches the threshold).
    On points: 'points' multiplies by `points_bp`, 'points_each' adds points a piece.
    `mixed` counts pieces of different products together; `most_times` bounds nth, buy_get and bundle.
    `threshold_pieces` asks for so many pieces; `not_with` names groups or 'coupon', 'tier', 'plan'.
    """

    effect: Effect
    off_bp: int = 0
    off_cents: int = 0
    price_cents: int = 0
    threshold_cents: int = 0
    threshold_pieces: int = 0
    cap_cents: int = 0
    per_step: bool = False
    every: int = 0
    buy: int = 0
    get: int = 0
    mixed: bool = False
    most_times: int = 0
    bundle: tuple[tuple[int, int], ...] = ()
    points_bp: int = 10_000
    points_each: int = 0
    group: str = ""
    exclusive: bool = False
    not_with: tuple[str, ...] = ()


@dataclass(frozen=True)
class Promotion:
    """One version of a promotion."""

    version_id: int
    promotion_id: int
    number: int
    name: str
    terms: PromotionTerms
    from_at: Millis
    until_at: Millis | None

    @cached_property
    def rule(self) -> Rule:
        """Its pricing rule."""
        return as_rule(self)

    @cached_property
    def limited(self) -> bool:
        """Whether it depends on when, where or for whom."""
        scope = ("effect", "product_ids", "category_ids")
        return any(
            getattr(self.terms, name) != field.default
            for name, field in Limits.__dataclass_fields__.items()
            if name not in scope
        )

    def promises(self, product: Product) -> bool:
        """Whether its points are for this product."""
        terms = self.terms
        named = terms.product_ids or terms.category_ids
        return product.earns and (
            not named or product.id in terms.product_ids or product.category_id in terms.category_ids
        )


class PromotionUnknown(NotFound):
    """No promotion has this id."""

    code = "promotion_unknown"
    text = N_("There is no promotion {what}. Open the list and choose one.")


class PromotionInvalid(Invalid):
    """A promotion's terms contradict each other."""

    code = "promotion_invalid"
    text = N_("Promotion “{name}”: {field} does not fit. {wanted}")


# --- pure ----------------------------------------------------------------------------------------


def check(name: str, terms: PromotionTerms) -> None:
    """Raise unless the terms make sense. Raises: PromotionInvalid."""
    found = _wrong_effect(terms) or limits.wrong(terms)
    found = found or _wrong_amount(terms) or _wrong_pieces(terms) or _wrong_points(terms)
    if found is not None:
        raise PromotionInvalid(name=name, field=found[0], wanted=found[1])


def _wrong_effect(terms: PromotionTerms) -> tuple[str, Text] | None:
    known = get_args(Effect)
    return None if terms.effect in known else ("effect", T("Choose one of {known}.", known=", ".join(known)))


def _wrong_amount(terms: PromotionTerms) -> tuple[str, Text] | None:
    counts = (terms.off_cents, terms.price_cents, terms.threshold_cents, terms.cap_cents, terms.threshold_pieces)
    if min(counts) < 0:
        return "off_cents", T("Amounts are 0 or more.")
    if terms.effect in ("percent", "order_percent", "nth") and not 0 < terms.off_bp <= 10_000:
        return "off_bp", T("A percentage lies above 0 % up to 100 %.")
    if terms.effect in ("amount", "reduction") and terms.off_cents == 0:
        return "off_cents", T("An amount above 0 is needed.")
    if terms.effect == "reduction" and not terms.threshold_pieces and terms.threshold_cents < terms.off_cents:
        return "threshold_cents", T("The threshold is at least the amount taken off.")
    if terms.per_step and not terms.threshold_cents:
        return "threshold_cents", T("Steps need a threshold.")
    if terms.cap_cents and terms.effect in ON_LINES:
        return "cap_cents", T("A cap is for what is taken off the whole bill.")
    return None


def _wrong_pieces(terms: PromotionTerms) -> tuple[str, Text] | None:
    if terms.effect == "nth" and terms.every < 2:
        return "every", T("The second piece or a later one: 2, 3 …")
    if terms.effect == "buy_get" and min(terms.buy, terms.get) < 1:
        return "buy", T("At least one piece is bought and one is free.")
    if terms.effect == "bundle":
        pieces = [count for _, count in terms.bundle]
        if sum(pieces) < 2 or min(pieces) < 1 or len({product for product, _ in terms.bundle}) != len(pieces):
            return "bundle", T("Name at least two pieces, each product once.")
    if terms.effect == "gift" and not (terms.product_ids or terms.category_ids):
        return "product_ids", T("Name the products one of which is given.")
    if terms.most_times < 0:
        return "most_times", T("0 (as often as it fits) or more.")
    return None


def _wrong_points(terms: PromotionTerms) -> tuple[str, Text] | None:
    if terms.effect == "points" and not 10_000 < terms.points_bp <= 1_000_000:
        return "points_bp", T("A multiplier lies above 1 up to 100.")
    if terms.effect == "points_each" and terms.points_each < 1:
        return "points_each", T("At least one point a piece.")
    return None


EFFECTS: dict[str, RuleEffect] = {
    "percent": "percent", "amount": "amount", "fixed_price": "fixed_price", "nth": "nth", "buy_get": "nth",
    "bundle": "bundle", "reduction": "amount", "order_percent": "percent", "gift": "free",
    "points": "amount", "points_each": "amount",
}  # fmt: skip
"""The effect in pricing of each effect of a promotion."""


def as_rule(promotion: Promotion) -> Rule:
    """The pricing rule of a promotion."""
    terms = promotion.terms
    products = [product for product, _ in terms.bundle] if terms.effect == "bundle" else terms.product_ids
    every = terms.buy + terms.get if terms.effect == "buy_get" else terms.every
    last = {"buy_get": terms.get, "nth": 1, "gift": 1}.get(terms.effect, 0)
    return Rule(
        kind="promotion",
        id=promotion.version_id,
        rank=promotion.promotion_id,
        name=promotion.name,
        step=LINE if terms.effect in ON_LINES else ORDER,
        effect=EFFECTS[terms.effect],
        group=terms.group or f"promotion {promotion.promotion_id}",
        off_bp=10_000 if terms.effect == "buy_get" else terms.off_bp,
        off_cents=terms.off_cents,
        price_cents=terms.price_cents,
        cap_cents=terms.cap_cents,
        threshold_cents=terms.threshold_cents,
        threshold_pieces=terms.threshold_pieces,
        per_step=terms.per_step,
        every=every,
        last=last,
        mixed=terms.mixed,
        most_times=terms.most_times,
        parts=terms.bundle,
        threshold_on_rest=terms.effect == "gift",
        exclusive=terms.exclusive,
        not_with=frozenset(terms.not_with),
        product_ids=frozenset(products),
        category_ids=frozenset(terms.category_ids),
    )


# --- writing -------------------------------------------------------------------------------------


@db.atomic
def create(
    name: str,
    terms: PromotionTerms,
    *,
    by: Actor,
    now: Millis,
    from_at: Millis | None = None,
    until_at: Millis | None = None,
) -> int:
    """Add a promotion with its first version. Raises: NotAllowed, PromotionInvalid."""
    require(by, "marketing")
    check(name, terms)
    start = now if from_at is None else from_at
    if not name.strip():
        raise PromotionInvalid(name=name, field="name", wanted=T("Give a name."))
    _check_end(name, start, until_at)
    promotion_id = ids.new()
    db.add("promotion", id=promotion_id, name=name.strip(), created_at=now)
    _version(promotion_id, 1, terms, start, until_at, by, now)
    audit.record("promotion.created", "promotion", promotion_id, by=by, now=now, after={"name": name})
    return promotion_id


@db.atomic
def change(promotion_id: int, terms: PromotionTerms, *, by: Actor, now: Millis, until_at: Millis | None = None) -> None:
    """Put a new version in force from now. Raises: NotAllowed, PromotionUnknown, PromotionInvalid."""
    require(by, "marketing")
    last = _last(promotion_id)
    start = max(now, last.from_at)
    check(last.name, terms)
    _check_end(last.name, start, until_at)
    _version(promotion_id, last.number + 1, terms, start, until_at, by, now)
    after = json.loads(limits.stored(terms))
    audit.record("promotion.changed", "promotion", promotion_id, by=by, now=now, after=after)


def _check_end(name: str, start: Millis, until_at: Millis | None) -> None:
    if until_at is not None and until_at <= start:
        raise PromotionInvalid(name=name, field="until_at", wanted=T("The end lies after the start."))


@db.atomic
def end(promotion_id: int, *, by: Actor, now: Millis) -> None:
    """End a promotion now, or before it began. Raises: NotAllowed, PromotionUnknown."""
    require(by, "marketing")
    last = _last(promotion_id)
    if last.until_at is not None and last.until_at <= now:
        raise PromotionUnknown(what=last.name)
    start = max(now, last.from_at)
    _version(promotion_id, last.number + 1, last.terms, start, start, by, now)
    audit.record("promotion.ended", "promotion", promotion_id, by=by, now=now)


def _last(promotion_id: int) -> Promotion:
    """The newest version, held until the transaction ends. Raises: PromotionUnknown."""
    if not db.is_sqlite():
        db.run("SELECT 1 FROM promotion WHERE id = ? FOR UPDATE", (promotion_id,))
    found = _read("WHERE v.promotion_id = ? ORDER BY v.number DESC LIMIT 1", (promotion_id,))
    if not found:
        raise PromotionUnknown(what=str(promotion_id))
    return found[0]


def _version(
    promotion_id: int,
    number: int,
    terms: PromotionTerms,
    from_at: Millis,
    until_at: Millis | None,
    by: Actor,
    now: Millis,
) -> None:
    db.add(
        "promotion_version",
        id=ids.new(),
        promotion_id=promotion_id,
        number=number,
        terms=limits.stored(terms),
        from_at=from_at,
        until_at=until_at,
        at=now,
        actor=by.tag,
    )
    revisions.bump("promotions")


# --- reading -------------------------------------------------------------------------------------


def _read(where: str, given: tuple[object, ...] = ()) -> list[Promotion]:
    found = db.rows(
        "SELECT v.id, v.promotion_id, v.number, p.name, v.terms, v.from_at, v.until_at"
        f" FROM promotion_version v JOIN promotion p ON p.id = v.promotion_id {where}",
        given,
    )
    return [Promotion(row[0], row[1], row[2], row[3], limits.read(PromotionTerms, row[4]), *row[5:]) for row in found]


@dataclass(frozen=True)
class Book:
    """The promotions in force from one moment to another, found by what they are for.

    `general` are for every product; the others stand at the products and categories they name.
    """

    since: Millis
    until: int
    all: tuple[Promotion, ...]
    general: tuple[Promotion, ...]
    by_product: dict[int, tuple[Promotion, ...]]
    by_category: dict[int, tuple[Promotion, ...]]

    def for_products(self, products: Iterable[Product]) -> list[Promotion]:
        """Those that are for something in a basket, by id."""
        found = {one.promotion_id: one for one in self.general}
        for product in products:
            for one in self.by_product.get(product.id, ()):
                found[one.promotion_id] = one
            for one in self.by_category.get(product.category_id or 0, ()):
                found[one.promotion_id] = one
        return [found[rank] for rank in sorted(found)]


def _versions() -> list[Promotion]:
    return _read("ORDER BY v.promotion_id, v.number")


_all = revisions.Remembered("promotions", _versions)
_books: list[tuple[list[Promotion], Book]] = []


def book(*, now: Millis) -> Book:
    """The promotions in force at a moment, past or future."""
    versions = _all()
    for made_from, kept in _books:
        if made_from is versions and kept.since <= now < kept.until:
            return kept
    found = _book(versions, now)
    _books[:] = [(versions, found), *[one for one in _books if one[0] is versions]][:2]
    return found


def _book(versions: list[Promotion], now: Millis) -> Book:
    newest: dict[int, Promotion] = {}
    for one in versions:
        if one.from_at <= now:
            newest[one.promotion_id] = one
    running = tuple(one for one in newest.values() if one.until_at is None or one.until_at > now)
    turns = [turn for one in versions for turn in (one.from_at, one.until_at) if turn is not None]
    by_product: dict[int, list[Promotion]] = {}
    by_category: dict[int, list[Promotion]] = {}
    for one in running:
        for product in one.rule.product_ids:
            by_product.setdefault(product, []).append(one)
        for category in one.rule.category_ids:
            by_category.setdefault(category, []).append(one)
    return Book(
        since=Millis(max((turn for turn in turns if turn <= now), default=0)),
        until=min((turn for turn in turns if turn > now), default=2**62),
        all=running,
        general=tuple(one for one in running if not one.rule.product_ids and not one.rule.category_ids),
        by_product={key: tuple(found) for key, found in by_product.items()},
        by_category={key: tuple(found) for key, found in by_category.items()},
    )


def running(*, now: Millis) -> list[Promotion]:
    """The version in force of each promotion that runs at a moment."""
    return list(book(now=now).all)


def everything() -> list[Promotion]:
    """The newest version of each promotion, running, coming or ended, newest promotion first."""
    last = {one.promotion_id: one for one in _all()}
    return sorted(last.values(), key=lambda one: -one.promotion_id)


def get(promotion_id: int) -> Promotion:
    """The newest version of a promotion. Raises: PromotionUnknown."""
    found = next((one for one in everything() if one.promotion_id == promotion_id), None)
    if found is None:
        raise PromotionUnknown(what=str(promotion_id))
    return found


@dataclass(frozen=True)
class Result:
    """What a promotion did: sales it touched and their members, what it took off, what was paid.

    Refunds are taken off `paid_cents`; `off_cents` is what the sales recorded.
    """

    sales: int
    members: int
    off_cents: int
    paid_cents: int


def result(promotion_id: int, *, by: Actor) -> Result:
    """What a promotion did so far, all versions together. Raises: NotAllowed, PromotionUnknown."""
    require(by, "reports")
    get(promotion_id)
    found = db.one(
        "SELECT count(*), count(DISTINCT s.member_id), coalesce(CAST(sum(d.cents) AS BIGINT), 0),"
        " coalesce(CAST(sum(s.total_cents - (SELECT coalesce(CAST(sum(r.total_cents) AS BIGINT), 0)"
        " FROM refund r WHERE r.sale_id = s.id)) AS BIGINT), 0)"
        " FROM (SELECT sale_id, sum(cents) AS cents FROM sale_discount WHERE rule_kind = 'promotion'"
        " AND rule_id IN (SELECT id FROM promotion_version WHERE promotion_id = ?) GROUP BY sale_id) d"
        " JOIN sale s ON s.id = d.sale_id",
        (promotion_id,),
    )
    return Result(*(found or (0, 0, 0, 0)))
