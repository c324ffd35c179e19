"""Which rules apply: the best permitted combination, and what each takes off. Pure functions.

Rules of one group exclude each other, an exclusive rule stands alone, any rule may be left out.
Within a step rules run by rank and read the eligible amounts as they then stand. Of equal totals:
fewer coupons, then the coupon that expires first, then the lower rule rank.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.base import money
from core.selling.pricing.values import COUPON, LINE, TIER, Item, Rule

EXACT_LIMIT = 4096
"""So many combinations are all tried; beyond that the best found is taken and the quote says so."""


@dataclass(frozen=True)
class Outcome:
    """Amounts left on each line, what each rule took off each line, and amounts before coupons."""

    amounts: tuple[int, ...]
    taken: tuple[tuple[Rule, tuple[int, ...]], ...]
    before_coupons: tuple[int, ...]

    @property
    def total(self) -> int:
        """What is left in all."""
        return sum(self.amounts)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that took something off."""
        return tuple(rule for rule, _ in self.taken)


def line_amounts(items: Sequence[Item]) -> tuple[int, ...]:
    """Unit price × quantity of each line, rounded half up once."""
    return tuple(money.line_amount(item.unit_cents, item.quantity) for item in items)


def apply(items: Sequence[Item], chosen: Iterable[Rule]) -> Outcome:
    """Run rules over a basket in the order of steps and ranks."""
    amounts = list(line_amounts(items))
    taken: list[tuple[Rule, tuple[int, ...]]] = []
    before_coupons: tuple[int, ...] | None = None
    for rule in sorted(chosen, key=lambda rule: (rule.step, rule.rank)):
        if rule.step == COUPON and before_coupons is None:
            before_coupons = tuple(amounts)
        offs = _offs(rule, items, amounts)
        if any(offs):
            amounts = [amount - off for amount, off in zip(amounts, offs, strict=True)]
            taken.append((rule, tuple(offs)))
    return Outcome(tuple(amounts), tuple(taken), before_coupons or tuple(amounts))


def _offs(rule: Rule, items: Sequence[Item], amounts: Sequence[int]) -> list[int]:
    eligible = [amount if rule.covers(item) else 0 for item, amount in zip(items, amounts, strict=True)]
    if rule.step in (LINE, TIER):
        return [_line_off(rule, item, amount) if amount else 0 for item, amount in zip(items, eligible, strict=True)]
    base = sum(eligible)
    if base == 0 or base < rule.threshold_cents:
        return [0] * len(items)
    return money.shares(min(_order_off(rule, base), base), eligible)


def _line_off(rule: Rule, item: Item, amount: int) -> int:
    if rule.effect == "percent":
        return money.part_bp(amount, rule.off_bp)
    if rule.effect == "fixed_price":
        return max(amount - money.line_amount(rule.off_cents, item.quantity), 0)
    return min(money.line_amount(rule.off_cents, item.quantity), amount)


def _order_off(rule: Rule, base: int) -> int:
    if rule.effect == "percent":
        off = money.part_bp(base, rule.off_bp)
    else:
        times = base // rule.threshold_cents if rule.per_step and rule.threshold_cents else 1
        off = rule.off_cents * times
    return min(off, rule.cap_cents) if rule.cap_cents else off


def _worth(outcome: Outcome) -> tuple[int, int, tuple[int, ...], tuple[int, ...]]:
    """The order in which combinations are preferred; smaller is better."""
    coupons = sorted(rule.expires_at for rule in outcome.rules if rule.kind == "coupon")
    ranks = sorted(rule.rank for rule in outcome.rules)
    return outcome.total, len(coupons), tuple(coupons), tuple(ranks)


def best(items: Sequence[Item], rules: Sequence[Rule]) -> tuple[Outcome, bool]:
    """The combination that costs the member least, and whether every one was tried."""
    usable = [rule for rule in rules if any(rule.covers(item) for item in items)]
    alone = [apply(items, [rule]) for rule in usable if rule.exclusive]
    groups: dict[str, list[Rule]] = {}
    for rule in usable:
        if not rule.exclusive:
            groups.setdefault(rule.group, []).append(rule)
    combinations = len(alone) + 1
    for group in groups.values():
        combinations *= len(group) + 1
    exact = combinations <= EXACT_LIMIT
    together = _every(items, groups) if exact else [_climbed(items, groups)]
    return min([*alone, *together], key=_worth), exact


def _every(items: Sequence[Item], groups: dict[str, list[Rule]]) -> list[Outcome]:
    choices = [[None, *group] for group in groups.values()]
    return [apply(items, [rule for rule in chosen if rule is not None]) for chosen in itertools.product(*choices)]


def _climbed(items: Sequence[Item], groups: dict[str, list[Rule]]) -> Outcome:
    """The best found by changing one group at a time until nothing gets better."""
    chosen: dict[str, Rule | None] = dict.fromkeys(groups)
    result = apply(items, [])
    better = True
    while better:
        better = False
        for name, group in groups.items():
            for rule in [None, *group]:
                tried = apply(items, [one for one in {**chosen, name: rule}.values() if one is not None])
                if _worth(tried) < _worth(result):
                    chosen[name], result, better = rule, tried, True
    return result
