"""The quote: a pure function of basket, member as of now and rules as of now."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.base import money
from core.base.errors import Refused
from core.base.i18n import N_, T, Text
from core.loyalty import points as loyalty_points
from core.selling.pricing import combine
from core.selling.pricing.values import COUPON, ORDER, Item, LineQuote, NotUsed, Off, Quote, Rule


class TooManyPoints(Refused):
    """More points than the shop lets pay for this basket."""

    code = "too_many_points"
    text = N_("At most {most} points can pay here ({cap_cents} of {left_cents}); {wanted} were asked for.")


@dataclass(frozen=True)
class PointsTerms:
    """What points are worth and how they are earned, for one member now. `usable` points at most."""

    points_per_unit: int = 100
    cap_bp: int = 5000
    cents_per_point: int = 100
    multiplier_bp: int = 10_000
    usable: int = 0


def price(
    items: Sequence[Item],
    rules: Sequence[Rule],
    terms: PointsTerms,
    *,
    points: int = 0,
    not_matching: Sequence[NotUsed] = (),
) -> Quote:
    """Price a basket: rules, then points as money. Raises: TooManyPoints."""
    outcome, exact = combine.best(items, rules)
    redeemed_cents, most = _redeemable(items, outcome.amounts, terms, points)
    used = loyalty_points.needed_for(redeemed_cents, points_per_unit=terms.points_per_unit)
    lines = _lines(items, outcome, redeemed_cents, used)
    total = sum(line.net_cents for line in lines)
    earned = earned_points(lines, terms, not_earning_cents=0)
    return Quote(
        lines=lines,
        gross_cents=sum(line.amount_cents for line in lines),
        total_cents=total,
        redeemed_points=used,
        redeemed_cents=redeemed_cents,
        earned_points=sum(earned),
        rules=outcome.rules,
        not_used=(*_not_used(items, rules, outcome), *not_matching),
        exact=exact,
        most_points=most,
    )


def _redeemable(items: Sequence[Item], amounts: Sequence[int], terms: PointsTerms, wanted: int) -> tuple[int, int]:
    """Cents the wanted points pay, and the most points that could pay here."""
    left = sum(amount for item, amount in zip(items, amounts, strict=True) if not item.money_only)
    cap, rate = left * terms.cap_bp // 10_000, terms.points_per_unit
    cap_points = loyalty_points.most_within(cap, points_per_unit=rate)
    cents = loyalty_points.worth(wanted, points_per_unit=rate)
    if cents > cap:
        raise TooManyPoints(field="points", most=cap_points, cap_cents=cap, left_cents=left, wanted=wanted)
    usable_cents = loyalty_points.worth(terms.usable, points_per_unit=rate)
    return cents, min(cap_points, loyalty_points.needed_for(usable_cents, points_per_unit=rate))


def _lines(items: Sequence[Item], outcome: combine.Outcome, redeemed_cents: int, points: int) -> tuple[LineQuote, ...]:
    weights = [0 if item.money_only else amount for item, amount in zip(items, outcome.amounts, strict=True)]
    by_cents = money.shares(redeemed_cents, weights)
    by_points = money.shares(points, weights)
    lines = []
    for i, (item, full) in enumerate(zip(items, combine.line_amounts(items), strict=True)):
        offs = tuple(Off(rule, taken[i]) for rule, taken in outcome.taken if taken[i])
        net = outcome.amounts[i] - by_cents[i]
        lines.append(LineQuote(item, full, offs, by_points[i], by_cents[i], net))
    return tuple(lines)


def earned_points(lines: Sequence[LineQuote], terms: PointsTerms, *, not_earning_cents: int) -> list[int]:
    """Points each line earns when so much is paid by tenders that do not earn.

    Those cover lines that do not earn first. Rounded down once a sale, shared over the earning
    lines; fixed points a unit come on top.
    """
    weights = [line.net_cents if line.item.earns and not line.item.money_only else 0 for line in lines]
    idle = sum(line.net_cents for line in lines if not line.item.earns and not line.item.money_only)
    base = sum(weights) - max(not_earning_cents - idle, 0)
    whole = loyalty_points.earned_on(base, cents_per_point=terms.cents_per_point, multiplier_bp=terms.multiplier_bp)
    by_amount = money.shares(whole, weights) if any(weights) else [0] * len(lines)
    fixed = [0 if line.item.money_only else line.item.points_each * line.item.quantity // 1000 for line in lines]
    return [amount + extra for amount, extra in zip(by_amount, fixed, strict=True)]


def _not_used(items: Sequence[Item], rules: Sequence[Rule], outcome: combine.Outcome) -> list[NotUsed]:
    used = set(outcome.rules)
    return [
        NotUsed(rule.name, _why_not(rule, items, outcome), rule.coupon_id)
        for rule in sorted(rules, key=lambda rule: (rule.step, rule.rank))
        if rule not in used and rule.kind in ("coupon", "promotion") and rule.step >= ORDER
    ]


def _why_not(rule: Rule, items: Sequence[Item], outcome: combine.Outcome) -> Text:
    amounts = outcome.before_coupons if rule.step == COUPON else _before_order(items, outcome)
    base = sum(amount for item, amount in zip(items, amounts, strict=True) if rule.covers(item))
    if base == 0:
        return T("nothing in the basket it is for")
    if base < rule.threshold_cents:
        return T("another {missing_cents} needed", missing_cents=rule.threshold_cents - base)
    for other in outcome.rules:
        if rule.exclusive or other.exclusive or other.group == rule.group:
            return T("not with {name}", name=other.name)
    return T("the price is better without it")


def _before_order(items: Sequence[Item], outcome: combine.Outcome) -> tuple[int, ...]:
    kept = [rule for rule in outcome.rules if rule.step < ORDER]
    return combine.apply(items, kept).amounts
