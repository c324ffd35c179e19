"""Which rules apply: the permitted combination that costs the member least. Pure functions.

Rules of one group exclude each other, an exclusive rule stands alone, any rule may be left out.
Within a step rules run by rank and read the eligible amounts as they then stand. Of equal totals:
fewer coupons, then the coupon that expires first, then the lower rule rank.

The search walks through the permitted sets, rule by rule in the order in which they run. A set is
left aside, with all that contain it, when even the most that the rules after it could take off does
not reach the best total found: no rule takes more from lower amounts (see `effects`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.base import money
from core.selling.pricing import effects
from core.selling.pricing.effects import Fit
from core.selling.pricing.values import Item, Rule

EXACT_LIMIT = 4096
"""So many combinations are weighed; beyond that the best found is taken and the quote says so."""

Taken = tuple[Rule, tuple[int, ...]]
"""A rule and what it took off each line of the basket."""
Step = tuple[int, Sequence[int]]
"""A fit by its place, and what it took off each of its lines."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Amounts left on each line, and what each rule took off each line, in the order they ran."""

    amounts: tuple[int, ...]
    taken: tuple[Taken, ...]

    @property
    def total(self) -> int:
        """What is left in all."""
        return sum(self.amounts)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that took something off."""
        return tuple(rule for rule, _ in self.taken)

    def before(self, step: int) -> tuple[int, ...]:
        """The amounts as they stood when a step began."""
        amounts = list(self.amounts)
        for rule, offs in self.taken:
            if rule.step >= step:
                amounts = [amount + off for amount, off in zip(amounts, offs, strict=True)]
        return tuple(amounts)


def line_amounts(items: Sequence[Item]) -> tuple[int, ...]:
    """Unit price × quantity of each line, rounded half up once."""
    return tuple([money.line_amount(item.unit_cents, item.quantity) for item in items])


def fitting(items: Sequence[Item], amounts: Sequence[int], rules: Iterable[Rule]) -> list[Fit]:
    """The rules that may take something off this basket, in the order in which they run."""
    fits = [found for rule in rules if (found := effects.fit(rule, items, amounts)) is not None]
    return sorted(fits, key=lambda found: (found.rule.step, found.rule.rank))


def best(items: Sequence[Item], rules: Iterable[Rule]) -> tuple[Outcome, bool]:
    """The combination that costs the member least, and whether that is certain."""
    amounts = line_amounts(items)
    search = _Search(fitting(items, amounts, rules), amounts)
    search.walk(0, 0, list(amounts), sum(amounts), [])
    return search.outcome(), search.left >= 0


class _Search:
    """The walk through permitted sets: where it is, the best so far, how many sets it may still weigh."""

    def __init__(self, fits: list[Fit], amounts: tuple[int, ...]) -> None:
        self.fits, self.start = fits, amounts
        self.bars = _bars(fits)
        self.groups = [found.rule.group for found in fits]
        self.left = EXACT_LIMIT
        self.total = sum(amounts)
        self.amounts: list[int] = list(amounts)
        self.path: list[Step] = []
        self.worth = _worth([])

    def outcome(self) -> Outcome:
        """The best set found."""
        taken = []
        for at, offs in self.path:
            whole = [0] * len(self.start)
            for line, off in zip(self.fits[at].lines, offs, strict=True):
                whole[line] = off
            taken.append((self.fits[at].rule, tuple(whole)))
        return Outcome(tuple(self.amounts), tuple(taken))

    def walk(self, after: int, barred: int, amounts: list[int], total: int, path: list[Step]) -> None:
        """Weigh the sets that add rules from `after` on to the path; `barred` has a bit a rule."""
        reach = [
            (at, effects.total(self.fits[at], amounts)) for at in range(after, len(self.fits)) if not barred >> at & 1
        ]
        reach = [(at, off) for at, off in reach if off or self.fits[at].slack]
        for nth, (at, off) in enumerate(reach):
            if not off or total - off - self._most(reach, nth + 1, self.bars[at]) > self.total:
                continue
            self.left -= 1
            if self.left < 0:
                return
            offs = effects.taken(self.fits[at], amounts)
            lower = list(amounts)
            for line, cents in zip(self.fits[at].lines, offs, strict=True):
                lower[line] -= cents
            path.append((at, offs))
            self._weigh(lower, total - off, path)
            if nth + 1 < len(reach):
                self.walk(at + 1, barred | self.bars[at], lower, total - off, path)
            path.pop()

    def _most(self, reach: list[tuple[int, int]], start: int, barred: int) -> int:
        """The most that rules after this one could still take off: of each group the one that takes most."""
        by_group: dict[str, int] = {}
        for at, off in reach[start:]:
            if not barred >> at & 1:
                most = off + self.fits[at].slack
                group = self.groups[at]
                if most > by_group.get(group, 0):
                    by_group[group] = most
        return sum(by_group.values())

    def _weigh(self, amounts: list[int], total: int, path: list[Step]) -> None:
        if total > self.total:
            return
        worth = _worth([self.fits[at].rule for at, _ in path])
        if total < self.total or worth < self.worth:
            self.total, self.amounts, self.path, self.worth = total, amounts, list(path), worth


def _bars(fits: Sequence[Fit]) -> list[int]:
    """For each rule the later rules that may not stand beside it, a bit each."""
    bars = [0] * len(fits)
    for at, one in enumerate(fits):
        for other in range(at):
            if one.rule.bars(fits[other].rule) or fits[other].rule.bars(one.rule):
                bars[other] |= 1 << at
    return bars


def _worth(rules: Sequence[Rule]) -> tuple[int, list[int], list[int]]:
    """The order of preference among equal totals; smaller is better."""
    coupons = sorted(rule.expires_at for rule in rules if rule.kind == "coupon")
    return len(coupons), coupons, sorted(rule.rank for rule in rules)
