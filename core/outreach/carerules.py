"""Care rules 关怀规则: for each occasion whether the shop writes at all, when, to which tiers and with which gift.

An occasion is `birthday`, or names what it is about: `festival:moon`, `followup:<category id>`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from core.base import db, ids
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid
from core.base.i18n import N_, T, Text
from core.books import audit
from core.books.outbox import Category
from core.goods import catalogue
from core.loyalty import coupons, tiers
from core.outreach import festivals

FURTHEST, MOST_POINTS = 365, 1_000_000


@dataclass(frozen=True)
class Kind:
    """What an occasion is: when its days lie, how many there may be, and how it reads without and with a gift.

    `days` are those of a rule that names none. `marketing` needs consent to offers and obeys the gap; so does a
    `gift_greeting`.
    """

    when: Literal["before", "after", ""]
    most: int
    days: tuple[int, ...]
    template: str
    category: Category
    gift_template: str = ""
    gift_category: Category = "gift_greeting"
    rank: int = 3
    """Of two that a member would get within the gap the lower one is written; campaigns have 3."""


KINDS: dict[str, Kind] = {
    "birthday": Kind("", 0, (), "birthday", "greeting", "birthday_gift", rank=0),
    "anniversary": Kind("", 0, (), "anniversary", "greeting", "anniversary_gift", rank=2),
    "festival": Kind("before", 1, (0,), "festival", "greeting", "festival_gift", rank=2),
    "welcome": Kind("after", 1, (7,), "welcome_back", "marketing", "welcome_gift", "marketing"),
    "followup": Kind("after", 1, (3,), "followup", "service", "followup_gift", "marketing"),
    "winback": Kind("after", 3, (60, 90), "winback", "marketing", "winback_gift", "marketing", rank=1),
    "tier_near": Kind("", 0, (), "tier_near", "marketing"),
    "points": Kind("before", 3, (), "points_expiring", "service"),
    "coupons": Kind("before", 3, (7,), "coupons_expiring", "service"),
}
NAMED = frozenset({"festival", "followup"})
"""Occasions of which there are several, each with a rule of its own."""
ALWAYS = frozenset({"points"})
"""Occasions that are on until the shop switches them off."""


@dataclass(frozen=True)
class CareRule:
    """What happens on an occasion. `days` before or after it, the furthest first; empty `tier_ids` mean everyone.

    A gift is a coupon, points, or both. `near_cents`: what may be missing to the next tier.
    """

    occasion: str
    active: bool
    coupon_kind_id: int | None
    points: int = 0
    days: tuple[int, ...] = ()
    tier_ids: tuple[int, ...] = ()
    near_cents: int = 0

    @property
    def kind(self) -> Kind:
        """What the occasion is."""
        return KINDS[self.occasion.partition(":")[0]]

    @property
    def stages(self) -> tuple[int, ...]:
        """The days that count."""
        return self.days or self.kind.days


class CareRuleInvalid(Invalid):
    """A care rule contradicts itself or its occasion."""

    code = "care_rule_invalid"
    text = N_("Care rule “{occasion}”: {wanted}")


_FIELDS = "occasion, active, coupon_kind_id, points, days, tier_ids, near_cents"


def _numbers(stored: str) -> tuple[int, ...]:
    return tuple(int(one) for one in stored.split(",") if one)


def _rule(row: db.Row) -> CareRule:
    return CareRule(row[0], bool(row[1]), row[2], row[3], _numbers(row[4]), _numbers(row[5]), row[6])


def rule_of(occasion: str) -> CareRule:
    """The rule for an occasion; switched off until the shop sets it, but for notices of points."""
    row = db.one(f"SELECT {_FIELDS} FROM care_rule WHERE occasion = ?", (occasion,))
    return _rule(row) if row else CareRule(occasion, occasion in ALWAYS, None)


def all_rules() -> list[CareRule]:
    """Every rule: those of single occasions, then those the shop set for festivals and categories."""
    kept = {row[0]: _rule(row) for row in db.rows(f"SELECT {_FIELDS} FROM care_rule ORDER BY occasion")}
    single = [kept.pop(name, CareRule(name, name in ALWAYS, None)) for name in KINDS if name not in NAMED]
    return [*single, *kept.values()]


def rules_of(name: str) -> list[CareRule]:
    """The active rules of an occasion of which there are several."""
    return [rule for rule in all_rules() if rule.active and rule.occasion.startswith(f"{name}:")]


@db.atomic
def set_rule(occasion: str, *, active: bool, coupon_kind_id: int | None, by: Actor, now: Millis) -> None:
    """Switch an occasion on or off, with or without a coupon; what else its rule says stays.

    Raises: NotAllowed, CareRuleInvalid.
    """
    held = rule_of(occasion) if occasion.partition(":")[0] in KINDS else CareRule(occasion, False, None)
    changed = CareRule(occasion, active, coupon_kind_id, held.points, held.days, held.tier_ids, held.near_cents)
    save_rule(changed, by=by, now=now)


@db.atomic
def save_rule(rule: CareRule, *, by: Actor, now: Millis) -> None:
    """Set the whole rule of an occasion. Raises: NotAllowed, CareRuleInvalid."""
    require(by, "care")
    wrong = _wrong(rule) or _wrong_gift(rule, now=now)
    if wrong is not None:
        raise CareRuleInvalid(field="occasion", occasion=rule.occasion, wanted=wrong)
    days, tier_ids = (",".join(str(one) for one in numbers) for numbers in (_in_order(rule), rule.tier_ids))
    db.run(
        f"INSERT INTO care_rule (id, {_FIELDS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (occasion)"
        " DO UPDATE SET active = excluded.active, coupon_kind_id = excluded.coupon_kind_id, points = excluded.points,"
        " days = excluded.days, tier_ids = excluded.tier_ids, near_cents = excluded.near_cents",
        (ids.new(), rule.occasion, int(rule.active), rule.coupon_kind_id, rule.points, days, tier_ids, rule.near_cents),
    )
    after = {"occasion": rule.occasion, "active": rule.active}
    audit.record("care_rule.set", "care_rule", 0, by=by, now=now, after=after)


def _in_order(rule: CareRule) -> Iterable[int]:
    """Days in the order in which they come."""
    return sorted(set(rule.days), reverse=rule.kind.when == "before")


def _wrong(rule: CareRule) -> Text | None:
    name, _, of = rule.occasion.partition(":")
    if name not in KINDS or bool(of) != (name in NAMED):
        known = ", ".join(f"{one}:…" if one in NAMED else one for one in KINDS)
        return T("this is no occasion. There are: {known}.", known=known)
    if rule.active and name == "festival" and all(one.code != of for one in festivals.all_festivals()):
        return T("there is no festival “{code}”.", code=of[:20])
    if rule.active and name == "followup" and all(str(id) != of for id, _name in catalogue.categories()):
        return T("there is no category “{given}”.", given=of[:20])
    kind = KINDS[name]
    if len(rule.days) > kind.most:
        return T("at most {most} numbers of days.", most=kind.most)
    least = 1 if kind.when == "after" else 0
    if any(not least <= one <= FURTHEST for one in rule.days):
        return T("days lie between {least} and {most}.", least=least, most=FURTHEST)
    if rule.near_cents < 0 or (name == "tier_near" and rule.active and not rule.near_cents):
        return T("say how much may be missing to the next tier, above 0.")
    return None


def _wrong_gift(rule: CareRule, *, now: Millis) -> Text | None:
    has_gift = rule.coupon_kind_id is not None or rule.points > 0
    if has_gift and not rule.kind.gift_template:
        return T("it brings no gift.")
    if rule.coupon_kind_id is not None and all(kind.id != rule.coupon_kind_id for kind in coupons.kinds()):
        return T("choose a kind of coupon that is still given.")
    if not 0 <= rule.points <= MOST_POINTS:
        return T("points lie between 0 and {most}.", most=MOST_POINTS)
    if rule.occasion == "birthday" and rule.points:
        return T("points for a birthday are a rule of the shop, birthday_points.")
    if set(rule.tier_ids) - {tier.id for tier in tiers.all_tiers(now=now)}:
        return T("choose tiers that are there.")
    return None
