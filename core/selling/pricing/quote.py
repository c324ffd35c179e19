"""The quote: a pure function of basket, member as of now and rules as of now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from core.base import money
from core.base.errors import Invalid, Refused
from core.base.i18n import N_, T, Text
from core.loyalty import points as loyalty_points
from core.selling.pricing import combine, effects, tax
from core.selling.pricing.values import ORDER, PASS, ROUNDING, Item, LineQuote, NotUsed, Off, Quote, Rule, TaxMode

ROUNDED = Rule("rounding", 0, 0, "", ROUNDING, "amount", "rounding")
"""抹零, as the reason of the last cents taken off."""


class TooManyPoints(Refused):
    """More points than the shop lets pay for this basket."""

    code = "too_many_points"
    text = N_("At most {most} points can pay here ({cap_cents} of {left_cents}); {wanted} were asked for.")


class RoundingTooMuch(Invalid):
    """More would be rounded off than the basket costs."""

    code = "rounding_too_much"
    text = N_("At most {most_cents} can be rounded off this basket, not {asked_cents}.")


@dataclass(frozen=True)
class Terms:
    """How the shop prices for one member now.

    `usable` points at most; without a `member` the multiplier is what a claim of the receipt would get.
    `rounding_cents`: the bill is rounded down to a multiple of it; `round_off_cents` instead takes just
    so much off.
    """

    points_per_unit: int = 100
    cap_bp: int = 5000
    cents_per_point: int = 100
    multiplier_bp: int = 10_000
    usable: int = 0
    member: bool = True
    tax_mode: TaxMode = "none"
    rounding_cents: int = 0
    round_off_cents: int | None = None


def price(
    items: Sequence[Item],
    rules: Iterable[Rule],
    terms: Terms,
    *,
    points: int = 0,
    not_matching: Sequence[NotUsed] = (),
) -> Quote:
    """Price a basket: rules, points as money, tax, rounding. Raises: TooManyPoints, RoundingTooMuch."""
    found = _priced(tuple(items), tuple(rules), terms, points)
    return replace(found, not_used=(*found.not_used, *not_matching)) if not_matching else found


@lru_cache(64)
def _priced(items: tuple[Item, ...], rules: tuple[Rule, ...], terms: Terms, points: int) -> Quote:
    """A basket is priced when it is shown and again when it is sold; the answer of the same is kept."""
    outcome, exact = combine.best(items, rules)
    redeemed_cents, most = _redeemable(items, outcome.amounts, terms, points)
    used = loyalty_points.needed_for(redeemed_cents, points_per_unit=terms.points_per_unit)
    lines = _lines(items, outcome, redeemed_cents, used, terms)
    by_line = earned_points(lines, terms, not_earning_cents=0)
    earned = sum(by_line)
    return Quote(
        lines=lines,
        gross_cents=sum([line.amount_cents for line in lines]),
        total_cents=sum([line.net_cents for line in lines]),
        redeemed_points=used,
        redeemed_cents=redeemed_cents,
        earned_points=earned if terms.member else 0,
        rules=outcome.rules,
        not_used=tuple(_not_used(items, rules, outcome)),
        exact=exact,
        most_points=most,
        rounding_cents=sum([off.cents for line in lines for off in line.offs if off.rule is ROUNDED]),
        tax_cents=sum([line.tax_cents for line in lines]),
        claimable_points=0 if terms.member else earned,
        line_points=tuple(by_line),
        pass_cents=sum([off.cents for line in lines for off in line.offs if off.rule.kind == "pass"]),
    )


def _redeemable(items: Sequence[Item], amounts: Sequence[int], terms: Terms, wanted: int) -> tuple[int, int]:
    """Cents the wanted points pay, and the most points that could pay here."""
    left = sum([amount for item, amount in zip(items, amounts, strict=True) if item.priced])
    cap, rate = left * terms.cap_bp // 10_000, terms.points_per_unit
    cap_points = loyalty_points.most_within(cap, points_per_unit=rate)
    cents = loyalty_points.worth(wanted, points_per_unit=rate)
    if cents > cap:
        raise TooManyPoints(field="points", most=cap_points, cap_cents=cap, left_cents=left, wanted=wanted)
    usable_cents = loyalty_points.worth(terms.usable, points_per_unit=rate)
    return cents, min(cap_points, loyalty_points.needed_for(usable_cents, points_per_unit=rate))


# --- lines ---------------------------------------------------------------------------------------


def _lines(
    items: Sequence[Item], outcome: combine.Outcome, redeemed_cents: int, points: int, terms: Terms
) -> tuple[LineQuote, ...]:
    weights = [amount if item.priced else 0 for item, amount in zip(items, outcome.amounts, strict=True)]
    by_cents, by_points = money.shares(redeemed_cents, weights), money.shares(points, weights)
    left = [
        0 if item.pass_id else amount - cents
        for item, amount, cents in zip(items, outcome.amounts, by_cents, strict=True)
    ]
    added = _tax(items, left, terms) if terms.tax_mode == "exclusive" else [0] * len(items)
    due = [amount + extra for amount, extra in zip(left, added, strict=True)]
    rounded = _rounded(items, due, terms)
    net = [amount - off for amount, off in zip(due, rounded, strict=True)]
    taxes = added if terms.tax_mode == "exclusive" else _tax(items, net, terms)
    lines = []
    for i, (item, full) in enumerate(zip(items, combine.line_amounts(items), strict=True)):
        offs = [Off(rule, taken[i]) for rule, taken in outcome.taken if taken[i]]
        if item.pass_id and full:
            offs.append(Off(_pass_rule(item.pass_id, item.pass_name), full))
        if rounded[i]:
            offs.append(Off(ROUNDED, rounded[i]))
        lines.append(LineQuote(item, full, tuple(offs), by_points[i], by_cents[i], net[i], taxes[i], added[i]))
    return tuple(lines)


@lru_cache(256)
def _pass_rule(pass_id: int, name: str) -> Rule:
    """A pass as the reason why a line costs nothing now."""
    return Rule("pass", pass_id, pass_id, name, PASS, "amount", f"pass {pass_id}")


def _tax(items: Sequence[Item], amounts: Sequence[int], terms: Terms) -> list[int]:
    return tax.of_lines(terms.tax_mode, [0 if item.money_only else item.tax_bp for item in items], amounts)


def _rounded(items: Sequence[Item], due: Sequence[int], terms: Terms) -> list[int]:
    """抹零: what is taken off the bill at the very end, shared over the lines that are not money."""
    weights = [0 if item.money_only else amount for item, amount in zip(items, due, strict=True)]
    most = sum(weights)
    if terms.round_off_cents is not None:
        off = terms.round_off_cents
        if not 0 <= off <= most:
            raise RoundingTooMuch(field="round_off_cents", most_cents=most, asked_cents=off)
    else:
        off = min(sum(due) % terms.rounding_cents, most) if terms.rounding_cents else 0
    return money.shares(off, weights) if off else [0] * len(weights)


def earned_points(lines: Sequence[LineQuote], terms: Terms, *, not_earning_cents: int) -> list[int]:
    """Points each line earns when so much is paid by tenders that do not earn.

    Those cover lines that do not earn first, then all others by what is paid for them. Rounded down
    once a sale, shared over the earning lines; fixed points a unit come on top.
    """
    paid = [line.goods_cents if line.item.earns and not line.item.money_only else 0 for line in lines]
    idle = sum([line.net_cents for line in lines if not line.item.money_only]) - sum(paid)
    other = min(max(not_earning_cents - idle, 0), sum(paid))
    free = money.shares(other, paid) if other else [0] * len(paid)
    whole = loyalty_points.earned_on(
        sum([(cents - part) * line.item.boost_bp for cents, part, line in zip(paid, free, lines, strict=True)]),
        cents_per_point=terms.cents_per_point * 10_000,
        multiplier_bp=terms.multiplier_bp,
    )
    weights = [cents * line.item.boost_bp for cents, line in zip(paid, lines, strict=True)]
    by_amount = money.shares(whole, weights) if any(weights) else [0] * len(lines)
    fixed = [0 if not line.item.priced else line.item.points_each * line.item.quantity // 1000 for line in lines]
    return [amount + extra for amount, extra in zip(by_amount, fixed, strict=True)]


# --- reasons -------------------------------------------------------------------------------------


def _not_used(items: Sequence[Item], rules: Sequence[Rule], outcome: combine.Outcome) -> list[NotUsed]:
    """Coupons, and promotions on the whole bill that are for something in the basket, with their reasons."""
    used = {id(rule) for rule in outcome.rules}
    left_out = [rule for rule in rules if rule.step >= ORDER and id(rule) not in used]
    return [
        NotUsed(rule.name, _why_not(rule, items, outcome), rule.coupon_id)
        for rule in sorted(left_out, key=lambda rule: (rule.step, rule.rank))
        if rule.coupon_id or any(map(rule.covers, items))
    ]


def _why_not(rule: Rule, items: Sequence[Item], outcome: combine.Outcome) -> Text:
    found = effects.on_basket(rule, items, combine.line_amounts(items))
    amounts = outcome.before(rule.step)
    if not sum(amounts[at] for at in found.lines):
        return T("nothing in the basket it is for")
    missing = effects.missing_cents(found, amounts)
    if missing > 0:
        return T("another {missing_cents} needed", missing_cents=missing)
    if effects.missing_pieces(found) > 0:
        return T("{pieces} more needed", pieces=effects.missing_pieces(found))
    for other in outcome.rules:
        if rule.bars(other) or other.bars(rule):
            return T("not with {name}", name=other.name)
    return T("the price is better without it")
