"""Rewards 积分商品: products, services and coupons that points buy, with stock, a limit a member, tiers and dates.

This is the list; how one is got stands in `redemptions`.
"""

from dataclasses import dataclass, replace
from typing import Literal

from core.base import clock, db, ids, lunar, text
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid, NotFound
from core.base.i18n import N_, T, Text
from core.books import audit, posting, rules
from core.goods import catalogue
from core.loyalty import coupons, limits
from core.loyalty.limits import Limits, Moment

ABOUT_PRODUCTS = ("product_ids", "category_ids")


@dataclass(frozen=True, kw_only=True)
class RewardTerms(Limits):
    """What a reward is and costs; when and for whom stands in `Limits`.

    A 'coupon' names its kind; a 'product' or 'service' may name a product of the catalogue. `each` is how
    many a member may have, 0 without limit; `store_ids` is where it is handed over.
    """

    kind: Literal["product", "service", "coupon"]
    points: int
    product_id: int | None = None
    coupon_kind_id: int | None = None
    each: int = 0
    from_at: Millis | None = None
    until_at: Millis | None = None


@dataclass(frozen=True)
class Reward:
    """A reward on the list; `stock` is how many there are in all, None without limit, `given` how many went."""

    id: int
    name: str
    terms: RewardTerms
    stock: int | None
    given: int
    active: bool

    @property
    def left(self) -> int | None:
        """How many can still be had."""
        return None if self.stock is None else self.stock - self.given


@dataclass(frozen=True)
class Offer:
    """A reward as one member sees it: why not, or None if it can be had now."""

    reward: Reward
    why_not: Text | None


class RewardInvalid(Invalid):
    """A reward cannot be right."""

    code = "reward_invalid"
    text = N_("Reward “{name}”: {field} does not fit. {wanted}")


class RewardUnknown(NotFound):
    """No reward has this id, or it was taken off the list."""

    code = "reward_unknown"
    text = N_("There is no such reward any more. Look at the list again.")


# --- pure ----------------------------------------------------------------------------------------


def why_not(reward: Reward, had: int, moment: Moment) -> Text | None:
    """The shortest honest reason why a member who had so many cannot have a reward, points apart."""
    terms = reward.terms
    if terms.from_at is not None and moment.now < terms.from_at:
        return T("from {start_at}", start_at=terms.from_at)
    if terms.until_at is not None and moment.now >= terms.until_at:
        return T("it ended at {end_at}", end_at=terms.until_at)
    if terms.each and had >= terms.each:
        return T("{each} a member, and you had {had}", each=terms.each, had=had)
    return limits.unmet(replace(terms, store_ids=()), moment)  # where it is handed over is judged there


def _wrong(name: str, terms: RewardTerms, stock: int | None) -> tuple[str, Text] | None:
    if not name or len(name) > 80:
        return "name", T("A name has 1 to 80 characters.")
    if terms.points < 1:
        return "points", T("At least one point.")
    if min(terms.each, stock or 0) < 0:
        return "stock", T("Amounts are 0 or more.")
    if (terms.kind == "coupon") != (terms.coupon_kind_id is not None) or (terms.kind == "coupon" and terms.product_id):
        return "kind", T("A coupon names its kind, anything else may name a product.")
    if terms.from_at is not None and terms.until_at is not None and terms.from_at >= terms.until_at:
        return "until_at", T("The end lies after the beginning.")
    if any(getattr(terms, field) for field in ABOUT_PRODUCTS):
        return "product_ids", T("A reward is not limited to products.")
    return limits.wrong(terms)


# --- the list ------------------------------------------------------------------------------------


@db.atomic
def create(name: str, terms: RewardTerms, *, stock: int | None, by: Actor, now: Millis) -> int:
    """Put a reward on the list; its id. Raises: NotAllowed, RewardInvalid, ProductUnknown."""
    require(by, "marketing")
    name = _checked(name, terms, stock)
    reward_id = ids.new()
    stored = limits.stored(terms)
    db.add("reward", id=reward_id, name=name, terms=stored, stock=stock, given=0, active=1, created_at=now)
    after = {"name": name, "points": terms.points, "stock": stock}
    audit.record("reward.created", "reward", reward_id, by=by, now=now, after=after)
    return reward_id


@db.atomic
def change(reward_id: int, name: str, terms: RewardTerms, *, stock: int | None, by: Actor, now: Millis) -> None:
    """Change a reward for those who come now; `stock` is how many in all, those given among them.

    Raises: NotAllowed, RewardUnknown, RewardInvalid, ProductUnknown.
    """
    require(by, "marketing")
    before = get(reward_id, lock=True)
    name = _checked(name, terms, stock)
    if stock is not None and stock < before.given:
        wanted = T("{given} were given already.", given=before.given)
        raise RewardInvalid(name=name, field="stock", wanted=wanted)
    db.run(
        "UPDATE reward SET name = ?, terms = ?, stock = ? WHERE id = ?", (name, limits.stored(terms), stock, reward_id)
    )
    facts = [{"name": n, "points": t.points, "stock": s} for n, t, s in (
        (before.name, before.terms, before.stock), (name, terms, stock))]  # fmt: skip
    audit.record("reward.changed", "reward", reward_id, by=by, now=now, before=facts[0], after=facts[1])


@db.atomic
def retire(reward_id: int, *, by: Actor, now: Millis) -> None:
    """Take a reward off the list; what was redeemed stays good. Raises: NotAllowed, RewardUnknown."""
    require(by, "marketing")
    if not db.change("UPDATE reward SET active = 0 WHERE id = ? AND active = 1", (reward_id,)):
        raise RewardUnknown(what=str(reward_id))
    audit.record("reward.retired", "reward", reward_id, by=by, now=now)


def _checked(name: str, terms: RewardTerms, stock: int | None) -> str:
    name = text.clean(name)
    found = _wrong(name, terms, stock)
    if found is None and terms.coupon_kind_id is not None:
        known = any(one.id == terms.coupon_kind_id for one in coupons.kinds())
        found = None if known else ("coupon_kind_id", T("Name a coupon kind that is in use."))
    if found is not None:
        raise RewardInvalid(name=name, field=found[0], wanted=found[1])
    if terms.product_id is not None:
        catalogue.get(terms.product_id)
    return name


_SELECT = "SELECT id, name, terms, stock, given, active FROM reward"


def _reward(row: db.Row) -> Reward:
    return Reward(row[0], row[1], limits.read(RewardTerms, row[2]), row[3], row[4], bool(row[5]))


def get(reward_id: int, *, lock: bool = False) -> Reward:
    """One reward. Raises: RewardUnknown."""
    row = db.one(_SELECT + " WHERE id = ?" + (" FOR UPDATE" if lock and not db.is_sqlite() else ""), (reward_id,))
    if row is None:
        raise RewardUnknown(what=str(reward_id))
    return _reward(row)


def all_rewards(*, only_active: bool = True) -> list[Reward]:
    """Every reward, the cheapest first."""
    found = [_reward(row) for row in db.rows(_SELECT)]
    return sorted((one for one in found if one.active or not only_active), key=lambda one: (one.terms.points, one.id))


def offers(member_id: int, *, now: Millis) -> list[Offer]:
    """The list as a member sees it, each with the reason why not."""
    with db.read():
        usable, moment = posting.usable(member_id, "points", now=now), moment_of(member_id, now=now)
        sql = "SELECT reward_id, count(*) FROM redemption WHERE member_id = ? AND state = 'given' GROUP BY reward_id"
        had: dict[int, int] = dict(db.rows(sql, (member_id,)))
        return [Offer(one, _offered(one, had.get(one.id, 0), moment, usable)) for one in all_rewards()]


def _offered(reward: Reward, had: int, moment: Moment, usable: int) -> Text | None:
    if reward.left == 0:
        return T("none is left")
    missing = reward.terms.points - usable
    reason = why_not(reward, had, moment)
    return T("another {missing} points needed", missing=missing) if reason is None and missing > 0 else reason


def moment_of(member_id: int, *, now: Millis) -> Moment:
    """Now, for a member, in no store."""
    shop = rules.current(now=now)
    local = clock.local(now, shop.zone)
    tier_id, visits, *birthday = db.one(
        "SELECT t.tier_id, s.visits, p.birth_calendar, p.birth_month, p.birth_day FROM member m"
        " LEFT JOIN member_tier t ON t.member_id = m.id LEFT JOIN member_stats s ON s.member_id = m.id"
        " LEFT JOIN member_person p ON p.member_id = m.id WHERE m.id = ?",
        (member_id,),
    ) or (None, 0, None, None, None)
    kept = lunar.kept_in_month(local.year, local.month, shop.leap_day)
    return Moment(now, local, 0, True, tier_id, not visits, tuple(birthday) in kept)
