"""Promotions 促销: dated rules in versions; a change is a new version, a sale names the ones it used."""

import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Literal

from core.base import clock, db, ids
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid, NotFound
from core.base.i18n import N_, T
from core.books import audit
from core.selling.pricing.values import LINE, ORDER, Rule


@dataclass(frozen=True)
class PromotionTerms:
    """What a promotion does and when. Empty tuples mean no limit; Monday is 0; hours are local.

    effect 'percent', 'amount', 'fixed_price' (lines) or 'reduction' (满减: `off_cents` once or per
    step above `threshold_cents`), 'order_percent', or 'points' (multiplies points by `points_bp`).
    """

    effect: Literal["percent", "amount", "fixed_price", "reduction", "order_percent", "points"]
    off_bp: int = 0
    off_cents: int = 0
    threshold_cents: int = 0
    cap_cents: int = 0
    per_step: bool = False
    points_bp: int = 10_000
    product_ids: tuple[int, ...] = ()
    category_ids: tuple[int, ...] = ()
    tier_ids: tuple[int, ...] = ()
    store_ids: tuple[int, ...] = ()
    weekdays: tuple[int, ...] = ()
    days_of_month: tuple[int, ...] = ()
    from_hour: int = 0
    to_hour: int = 24
    group: str = ""
    exclusive: bool = False


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


@dataclass(frozen=True)
class Moment:
    """When, where and for whom a promotion is judged."""

    now: Millis
    zone: str
    store_id: int
    tier_id: int | None


class PromotionUnknown(NotFound):
    """No promotion has this id."""

    code = "promotion_unknown"
    text = N_("There is no promotion {what}. Open the list and choose one.")


class PromotionInvalid(Invalid):
    """A promotion's terms contradict each other."""

    code = "promotion_invalid"
    text = N_("Promotion “{name}”: {field} does not fit. {wanted}")


def check(name: str, terms: PromotionTerms) -> None:
    """Raise unless the terms make sense. Raises: PromotionInvalid."""
    if terms.effect in ("percent", "order_percent") and not 0 < terms.off_bp <= 10_000:
        raise PromotionInvalid(name=name, field="off_bp", wanted=T("A percentage lies above 0 % up to 100 %."))
    if terms.off_cents < 0 or (terms.effect in ("amount", "reduction") and terms.off_cents == 0):
        raise PromotionInvalid(name=name, field="off_cents", wanted=T("An amount above 0 is needed."))
    if terms.effect == "reduction" and terms.threshold_cents < terms.off_cents:
        raise PromotionInvalid(
            name=name, field="threshold_cents", wanted=T("The threshold is at least the amount taken off.")
        )
    if not 0 <= terms.from_hour < terms.to_hour <= 24:
        raise PromotionInvalid(name=name, field="from_hour", wanted=T("Hours go from 0 to 24, the first before."))


def matches(terms: PromotionTerms, moment: Moment) -> bool:
    """Whether a promotion holds at a moment, in a store, for a tier."""
    local = clock.local(moment.now, moment.zone)
    return (
        (not terms.tier_ids or moment.tier_id in terms.tier_ids)
        and (not terms.store_ids or moment.store_id in terms.store_ids)
        and (not terms.weekdays or local.weekday() in terms.weekdays)
        and (not terms.days_of_month or local.day in terms.days_of_month)
        and terms.from_hour <= local.hour < terms.to_hour
    )


def as_rule(promotion: Promotion) -> Rule:
    """The pricing rule of a promotion that changes prices."""
    terms = promotion.terms
    on_lines = terms.effect in ("percent", "amount", "fixed_price")
    effect = {"reduction": "amount", "order_percent": "percent"}.get(terms.effect, terms.effect)
    return Rule(
        kind="promotion",
        id=promotion.version_id,
        rank=promotion.promotion_id,
        name=promotion.name,
        step=LINE if on_lines else ORDER,
        effect=effect,  # type: ignore[arg-type]
        group=terms.group or f"promotion {promotion.promotion_id}",
        off_bp=terms.off_bp,
        off_cents=terms.off_cents,
        cap_cents=terms.cap_cents,
        threshold_cents=terms.threshold_cents,
        per_step=terms.per_step,
        exclusive=terms.exclusive,
        product_ids=frozenset(terms.product_ids),
        category_ids=frozenset(terms.category_ids),
    )


@lru_cache(512)
def _terms_from(stored: str) -> PromotionTerms:
    raw: dict[str, Any] = json.loads(stored)
    fields: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in raw.items()}
    return PromotionTerms(**fields)


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
    promotion_id = ids.new()
    db.add("promotion", id=promotion_id, name=name, created_at=now)
    _version(promotion_id, 1, terms, from_at or now, until_at, by, now)
    audit.record("promotion.created", "promotion", promotion_id, by=by, now=now, after={"name": name})
    return promotion_id


@db.atomic
def change(promotion_id: int, terms: PromotionTerms, *, by: Actor, now: Millis, until_at: Millis | None = None) -> None:
    """Put a new version in force from now. Raises: NotAllowed, PromotionUnknown, PromotionInvalid."""
    require(by, "marketing")
    name = db.value("SELECT name FROM promotion WHERE id = ?", (promotion_id,))
    if name is None:
        raise PromotionUnknown(what=str(promotion_id))
    check(name, terms)
    number = db.value("SELECT max(number) FROM promotion_version WHERE promotion_id = ?", (promotion_id,))
    _version(promotion_id, number + 1, terms, now, until_at, by, now)
    audit.record("promotion.changed", "promotion", promotion_id, by=by, now=now, after=asdict(terms))


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
        terms=json.dumps(asdict(terms), ensure_ascii=False),
        from_at=from_at,
        until_at=until_at,
        at=now,
        actor=by.tag,
    )


@db.atomic
def end(promotion_id: int, *, by: Actor, now: Millis) -> None:
    """End a promotion now: a last version whose validity is over. Raises: NotAllowed, PromotionUnknown."""
    require(by, "marketing")
    current = next((one for one in running(now=now) if one.promotion_id == promotion_id), None)
    if current is None:
        raise PromotionUnknown(what=str(promotion_id))
    _version(promotion_id, current.number + 1, current.terms, now, now, by, now)
    audit.record("promotion.ended", "promotion", promotion_id, by=by, now=now)


def running(*, now: Millis) -> list[Promotion]:
    """The version in force of each promotion that runs at a moment."""
    found = db.rows(
        "SELECT v.id, v.promotion_id, v.number, p.name, v.terms, v.from_at, v.until_at"
        " FROM promotion_version v JOIN promotion p ON p.id = v.promotion_id"
        " WHERE v.number = (SELECT max(w.number) FROM promotion_version w"
        " WHERE w.promotion_id = v.promotion_id AND w.from_at <= ?)"
        " AND (v.until_at IS NULL OR v.until_at > ?) ORDER BY v.promotion_id",
        (now, now),
    )
    return [Promotion(row[0], row[1], row[2], row[3], _terms_from(row[4]), row[5], row[6]) for row in found]
