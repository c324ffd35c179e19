"""Promotions, coupons, top-up rules and tiers in words."""

from core.base import clock
from core.base.clock import Millis
from core.base.i18n import N_, WEEKDAYS, T, _, scope
from core.goods import catalogue, naming
from core.keeping import opening
from core.loyalty import tiers
from core.loyalty.coupons import FREE, Terms
from core.loyalty.limits import DAY_MINUTES, clock_time
from core.loyalty.plans import Plan
from core.loyalty.tiers import Tier
from core.loyalty.topups import TopUpRule
from core.selling.promotions import Promotion, PromotionTerms
from tui.screens.lists import cents, day, days


def promotion_said(terms: PromotionTerms) -> str:
    """What a promotion does: '满100减20', 'points × 2 · 3 products'."""
    return " · ".join([_effect(terms), *_scope(terms)])


def _effect(terms: PromotionTerms) -> str:
    facts = {"off_cents": terms.off_cents, "threshold_cents": terms.threshold_cents}
    if terms.effect == "reduction" and terms.per_step:
        return _("{off_cents} off for every {threshold_cents}", **facts)
    if terms.effect == "reduction":
        return _("{off_cents} off from {threshold_cents}", **facts)
    if terms.effect == "points":
        return _("points × {times}", times=f"{terms.points_bp / 10_000:g}")
    return _by_effect(terms)


NTH = {
    0: N_("every {every}th piece {off_bp} off"),
    2: N_("every 2nd piece {off_bp} off"),
    3: N_("every 3rd piece {off_bp} off"),
}


def _by_effect(terms: PromotionTerms) -> str:
    said = {
        "percent": T("{off_bp} off each", off_bp=terms.off_bp),
        "order_percent": T("{off_bp} off the whole", off_bp=terms.off_bp),
        "amount": T("{off_cents} off each", off_cents=terms.off_cents),
        "fixed_price": T("for {price_cents}", price_cents=terms.price_cents),
        "nth": T(NTH.get(terms.every, NTH[0]), every=terms.every, off_bp=terms.off_bp),
        "buy_get": T("buy {buy}, get {get} free", buy=terms.buy, get=terms.get),
        "bundle": T(
            "{pieces} pieces together for {price_cents}", pieces=_bundled(terms), price_cents=terms.price_cents
        ),
        "gift": T("a gift from {threshold_cents}", threshold_cents=terms.threshold_cents),
        "points_each": T("{points} points a piece more", points=terms.points_each),
    }
    return str(said[terms.effect])


def _bundled(terms: PromotionTerms) -> int:
    return sum(pieces for _product, pieces in terms.bundle)


def _scope(terms: PromotionTerms) -> list[str]:
    said = []
    if terms.cap_cents:
        said.append(_("at most {cap_cents}", cap_cents=terms.cap_cents))
    if terms.product_ids:
        said.append(_("products: {count}", count=len(terms.product_ids)))
    if terms.category_ids:
        said.append(_("categories: {count}", count=len(terms.category_ids)))
    if terms.tier_ids:
        said.append(_("tiers: {count}", count=len(terms.tier_ids)))
    if terms.store_ids:
        said.append(_("stores: {count}", count=len(terms.store_ids)))
    return said


def rule_in_words(terms: PromotionTerms, until_at: Millis | None) -> list[str]:
    """A whole rule in sentences: what it does, on what, for whom, when, beside what. Reads names."""
    said = [_effect(terms) + (" · " + _("at most {cap_cents}", cap_cents=terms.cap_cents) if terms.cap_cents else "")]
    named = terms.bundle or tuple((id, 1) for id in terms.product_ids)
    goods = [naming.said(named)] if named else []
    goods += [name for id, name in catalogue.categories() if id in terms.category_ids]
    if goods:
        said.append(_("On {goods}.", goods=", ".join(goods)))
    whom = [tier.name for tier in tiers.all_tiers() if tier.id in terms.tier_ids]
    whom += [str(words) for id, words in WHO if getattr(terms, id)]
    whom += [name for id, name in opening.stores() if id in terms.store_ids]
    if whom:
        said.append(_("Only for {whom}.", whom=", ".join(whom)))
    times = _times(terms.weekdays, terms.days_of_month, (terms.from_minute, terms.to_minute))
    if until_at is not None:
        times.append(_("until {day}", day=day(clock.day_of(Millis(until_at - 1), scope().zone))))
    said.append(" · ".join(times) or _("always"))
    if terms.exclusive or terms.not_with:
        beside = [str(NOT_WITH[one]) if one in NOT_WITH else one for one in terms.not_with]
        said.append(_("With nothing else.") if terms.exclusive else _("Not with {others}.", others=", ".join(beside)))
    return ["  ".join(said)]


WHO = (
    ("members_only", T("members only")),
    ("first_purchase", T("first purchase")),
    ("birthday_month", T("birthday month")),
)
NOT_WITH = {
    "coupon": T("coupons"), "tier": T("tier discount"), "plan": T("plan discount"), "promotion": T("promotions"),
}  # fmt: skip


def when_said(promotion: Promotion) -> str:
    """When it holds: 'Tue Wed · 14–17 h · until 12-31 Thu'."""
    terms, zone = promotion.terms, scope().zone
    said = _times(terms.weekdays, terms.days_of_month, (terms.from_minute, terms.to_minute))
    if promotion.until_at is not None:
        said.append(_("until {day}", day=day(clock.day_of(promotion.until_at - 1, zone))))
    return " · ".join(said) or _("always, since {since}", since=day(clock.day_of(promotion.from_at, zone)))


def _times(weekdays: tuple[int, ...], days_of_month: tuple[int, ...], minutes: tuple[int, int]) -> list[str]:
    said = []
    if weekdays:
        said.append(" ".join(WEEKDAYS[scope().language][day] for day in weekdays))
    if days_of_month:
        said.append(_("monthly on {days}", days=", ".join(map(str, days_of_month))))
    if minutes != (0, DAY_MINUTES):
        said.append(f"{clock_time(minutes[0])}–{clock_time(minutes[1])}")
    return said


def coupon_said(terms: Terms) -> str:
    """What a coupon takes off: '¥20.00 off from ¥100.00'."""
    if terms.effect in FREE:
        said = [_("{pieces} free", pieces=terms.pieces)]
        if terms.threshold_cents:
            said.append(_("from {threshold_cents}", threshold_cents=terms.threshold_cents))
    else:
        off = cents(terms.off_cents) if terms.effect == "amount" else f"{terms.off_bp / 100:g} %"
        if terms.threshold_cents:
            said = [_("{off} off from {threshold_cents}", off=off, threshold_cents=terms.threshold_cents)]
        else:
            said = [_("{off} off", off=off)]
    if terms.cap_cents:
        said.append(_("at most {cap_cents}", cap_cents=terms.cap_cents))
    if terms.product_ids:
        said.append(_("products: {count}", count=len(terms.product_ids)))
    if terms.uses > 1:
        said.append(_("{uses} times", uses=terms.uses))
    return " · ".join([*said, *_times(terms.weekdays, (), (terms.from_minute, terms.to_minute))])


def bonus_said(rule: TopUpRule) -> str:
    """How long a bonus can be used."""
    return _("does not expire") if rule.bonus_days is None else days(rule.bonus_days)


def plan_gives(plan: Plan) -> str:
    """What a plan gives: '5 % off · points × 2'."""
    said = []
    if plan.discount_bp:
        said.append(_("{off} off", off=f"{plan.discount_bp / 100:g} %"))
    if plan.multiplier_bp != 10_000:
        said.append(_("points × {times}", times=f"{plan.multiplier_bp / 10_000:g}"))
    if plan.early_days:
        said.append(_("first access: {days} days early", days=plan.early_days))
    return " · ".join(said) or _("points as usual")


def tier_lasts(tier: Tier) -> str:
    """How long a tier is held."""
    if tier.by_hand:
        return _("for good")
    return _("1 month") if tier.hold_months == 1 else _("{months} months", months=tier.hold_months)
