"""Strategies 挽回策略: what is done about a reason for leaving, with what it gives; the owner may change the table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast, get_args

from core.base import db
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid
from core.base.i18n import N_, T, Text
from core.books import audit
from core.goods import catalogue
from core.insight.warnings import REASONS
from core.loyalty import coupons

Kind = Literal["price", "service", "amends", "product", "none"]
KINDS: tuple[Kind, ...] = get_args(Kind)
WORDS: dict[str, str] = {
    "price": N_("better price"),
    "service": N_("better service"),
    "amends": N_("improve or make good"),
    "product": N_("new product"),
    "none": N_("nothing to be done"),
}
DEFAULTS: Mapping[str, tuple[Kind, ...]] = {
    "competitor": ("price", "service"),
    "quality": ("amends", "product"),
    "service": ("service", "amends"),
    "price": ("price",),
    "need": ("product",),
    "moved": ("none",),
    "other": ("service", "none"),
}
"""What a shop begins with, the first to be tried first."""
MOST_POINTS = 100_000


@dataclass(frozen=True)
class Offer:
    """What a strategy gives: a coupon of a kind, points, a word about a product; each may be missing."""

    kind: Kind
    coupon_kind_id: int | None = None
    points: int = 0
    product_id: int | None = None


@dataclass(frozen=True)
class Strategy:
    """One line of the table."""

    reason: str
    active: bool
    offer: Offer


class StrategyInvalid(Invalid):
    """A strategy cannot be as it was asked for."""

    code = "strategy_invalid"
    text = N_("Strategy “{strategy}”: {wanted}")


def table() -> list[Strategy]:
    """Every reason with every strategy, those in use first; what the owner changed stands before the defaults."""
    own = {
        (row[0], row[1]): Strategy(row[0], bool(row[2]), Offer(row[1], *row[3:]))
        for row in db.rows(
            "SELECT reason, kind, active, coupon_kind_id, points, product_id FROM winback_strategy"
            " ORDER BY reason, kind"
        )
    }
    found = []
    for reason in REASONS:
        usual = DEFAULTS[reason]
        order = [*usual, *(kind for kind in KINDS if kind not in usual)]
        lines = [own.get((reason, kind), Strategy(reason, kind in usual, Offer(kind))) for kind in order]
        found += sorted(lines, key=lambda one: not one.active)
    return found


def of_reason(reason: str | None) -> list[Strategy]:
    """What may be done about a reason; about one nobody knows, what is done about another reason."""
    return [one for one in table() if one.active and one.reason == (reason or "other")]


def checked(offer: Offer) -> Offer:
    """The offer, if it can be made. Raises: StrategyInvalid."""
    wrong = _wrong(offer)
    if wrong is not None:
        raise StrategyInvalid(field=wrong[0], strategy=Text(WORDS.get(offer.kind, offer.kind)), wanted=wrong[1])
    return offer


def _wrong(offer: Offer) -> tuple[str, Text] | None:
    if offer.kind not in KINDS:
        return "strategy", T("choose one of the list.")
    if not 0 <= offer.points <= MOST_POINTS:
        return "points", T("give 0 to {most} points.", most=MOST_POINTS)
    kinds = {kind.id for kind in coupons.kinds()}
    if offer.coupon_kind_id is not None and offer.coupon_kind_id not in kinds:
        return "coupon", T("this kind of coupon is not given any more; choose another.")
    if offer.product_id is not None and offer.product_id not in catalogue.many([offer.product_id]):
        return "product", T("there is no such product; choose another.")
    if offer.kind == "none" and (offer.coupon_kind_id or offer.points):
        return "strategy", T("where nothing is done, nothing is given; leave coupon and points empty.")
    return None


@db.atomic
def change(reason: str, offer: Offer, *, active: bool, by: Actor, now: Millis) -> None:
    """Change a line of the table. Raises: NotAllowed, StrategyInvalid."""
    require(by, "settings")
    if reason not in REASONS:
        raise StrategyInvalid(field="reason", strategy=Text(WORDS.get(offer.kind, "")), wanted=T("the reason is none."))
    checked(offer)
    sql = (
        "INSERT INTO winback_strategy (reason, kind, active, coupon_kind_id, points, product_id, changed_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (reason, kind) DO UPDATE SET active = excluded.active,"
        " coupon_kind_id = excluded.coupon_kind_id, points = excluded.points, product_id = excluded.product_id,"
        " changed_at = excluded.changed_at"
    )
    given = (offer.coupon_kind_id, offer.points, offer.product_id)
    db.run(sql, (reason, offer.kind, int(active), *given, now))
    after = {"reason": reason, "strategy": offer.kind, "active": active, "points": offer.points}
    audit.record("winback.strategy", "winback_strategy", 0, by=by, now=now, after=after)


def as_kind(typed: str) -> Kind:
    """A kind of strategy by its word. Raises: StrategyInvalid."""
    return checked(Offer(cast(Kind, typed))).kind
