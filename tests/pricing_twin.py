"""The price of a basket once more, slowly: every permitted set of rules, piece by piece, in fractions.

Written from the rules of the shop (section 3) and from what `Rule` says of itself. Of the code under
test it uses the values only, never its arithmetic.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import TypeVar

from core.base.money import Milli
from core.selling.pricing.values import COUPON, LINE, ORDER, TIER, Item, Rule

T = TypeVar("T")
Pick = Callable[[Sequence[T]], T]
"""Chooses one of several; of a test's own source of chance."""


# --- the rules, slowly -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Priced:
    """Amounts left, and what each rule that took something took off each line, in the order they ran."""

    amounts: tuple[int, ...]
    taken: tuple[tuple[Rule, tuple[int, ...]], ...]

    @property
    def worth(self) -> tuple[object, ...]:
        """Smaller is better: total, coupons, the coupon that expires first, the lower ids."""
        rules = [rule for rule, _ in self.taken]
        lapses = sorted(rule.expires_at for rule in rules if rule.kind == "coupon")
        return sum(self.amounts), len(lapses), lapses, sorted(rule.rank for rule in rules)


@dataclass(frozen=True)
class Piece:
    """One piece of a line and what it now costs."""

    line: int
    product: int
    cents: Fraction


def rounded(amount: Fraction) -> int:
    return floor(amount + Fraction(1, 2))


def full(items: Sequence[Item]) -> tuple[int, ...]:
    return tuple(rounded(Fraction(item.unit_cents * item.quantity, 1000)) for item in items)


def split(total: int, amounts: Sequence[int]) -> list[int]:
    """Largest remainder, ties to the earlier: one cent at a time to the part that lacks most."""
    if not sum(amounts):
        return [0] * len(amounts)
    exact = [Fraction(total * amount, sum(amounts)) for amount in amounts]
    parts = [floor(part) for part in exact]
    while sum(parts) < total:
        lacking = [part - got for part, got in zip(exact, parts, strict=True)]
        parts[lacking.index(max(lacking))] += 1
    return parts


def allows(item: Item) -> bool:
    return item.discountable and not item.money_only


def touches(rule: Rule, item: Item) -> bool:
    """A line that costs nothing takes no part."""
    named = bool(rule.product_ids or rule.category_ids)
    fits = item.product_id in rule.product_ids or item.category_id in rule.category_ids
    of_kind = not rule.item_kind or item.kind == rule.item_kind
    return allows(item) and of_kind and (fits or not named) and full([item]) != (0,)


def clash(one: Rule, other: Rule) -> bool:
    barred = [other.group in one.not_with, other.kind in one.not_with]
    barred += [one.group in other.not_with, one.kind in other.not_with]
    return one.group == other.group or one.exclusive or other.exclusive or any(barred)


def count(item: Item) -> int:
    return 1 if item.weighed else item.quantity // 1000


def unpacked(items: Sequence[Item], amounts: Sequence[int], lines: Sequence[int]) -> list[Piece]:
    """The pieces of lines, in the order of the basket; what is weighed has none."""
    return [
        Piece(at, items[at].product_id, Fraction(amounts[at], count(items[at])))
        for at in lines
        if not items[at].weighed
        for _ in range(count(items[at]))
    ]


def by_line(pieces: Sequence[Piece], lines: int, bp: int = 10_000) -> list[int]:
    return [rounded(sum((p.cents for p in pieces if p.line == at), Fraction()) * bp / 10_000) for at in range(lines)]


def dearest(pieces: Sequence[Piece]) -> list[Piece]:
    return sorted(pieces, key=lambda piece: -piece.cents)


def given(rule: Rule, items: Sequence[Item], amounts: Sequence[int]) -> list[Piece]:
    """The pieces that a 'free' rule makes free."""
    lines = [at for at, item in enumerate(items) if touches(rule, item)]
    return dearest(unpacked(items, amounts, lines))[: rule.last]


def nth(rule: Rule, pieces: Sequence[Piece]) -> list[Piece]:
    """Of every full group of pieces, dearest first, the last ones."""
    reduced = []
    for product in [0] if rule.mixed else {piece.product for piece in pieces}:
        row = dearest([piece for piece in pieces if rule.mixed or piece.product == product])
        groups = [row[start : start + rule.every] for start in range(0, len(row), rule.every)]
        groups = [group for group in groups if len(group) == rule.every]
        for group in groups[: rule.most_times or None]:
            reduced += group[-rule.last :]
    return reduced


def bundles(rule: Rule, pieces: Sequence[Piece]) -> tuple[list[Piece], int]:
    """The pieces that make full bundles, taken in the order of the basket, and how many bundles."""
    left, packed, times = list(pieces), [], 0
    while not rule.most_times or times < rule.most_times:
        one = []
        for product, needed in rule.parts:
            found = [at for at, piece in enumerate(left) if piece.product == product][:needed]
            if len(found) < needed:
                return packed, times
            one += [left.pop(at) for at in reversed(found)]
        packed += one
        times += 1
    return packed, times


def reached(rule: Rule, items: Sequence[Item], amounts: Sequence[int], lines: Sequence[int]) -> bool:
    """Whether both thresholds are reached by what counts towards them."""
    towards, free = lines, []
    if rule.threshold_on_rest:
        towards = [at for at, item in enumerate(items) if allows(item) and full([item]) != (0,)]
        free = given(rule, items, amounts)
    cents = sum(amounts[at] for at in towards) - sum(by_line(free, len(items)))
    pieces = sum(count(items[at]) for at in towards) - len(free)
    return cents >= rule.threshold_cents and pieces >= rule.threshold_pieces


def off_line(rule: Rule, item: Item, amount: int) -> int:
    if rule.effect == "percent":
        return rounded(Fraction(amount * rule.off_bp, 10_000))
    each = rule.price_cents if rule.effect == "fixed_price" else rule.off_cents
    by_quantity = rounded(Fraction(each * item.quantity, 1000))
    return max(amount - by_quantity, 0) if rule.effect == "fixed_price" else min(by_quantity, amount)


def off_order(rule: Rule, base: int) -> int:
    if rule.effect == "percent":
        off = rounded(Fraction(base * rule.off_bp, 10_000))
    elif rule.per_step and rule.threshold_cents:
        off = rule.off_cents * (base // rule.threshold_cents)
    else:
        off = rule.off_cents
    return min(off, base, rule.cap_cents or off)


def off(rule: Rule, items: Sequence[Item], amounts: Sequence[int]) -> list[int]:
    """What a rule takes off each line as it stands."""
    lines = [at for at, item in enumerate(items) if touches(rule, item)]
    if not lines or not reached(rule, items, amounts, lines):
        return [0] * len(items)
    pieces = unpacked(items, amounts, lines)
    if rule.effect == "nth":
        return by_line(nth(rule, pieces), len(items), rule.off_bp)
    if rule.effect == "bundle":
        packed, times = bundles(rule, pieces)
        values = by_line(packed, len(items))
        return split(max(sum(values) - rule.price_cents * times, 0), values)
    if rule.effect == "free":
        values = by_line(given(rule, items, amounts), len(items))
        return split(min(sum(values), rule.cap_cents or sum(values)), values)
    covered = [amount if at in lines else 0 for at, amount in enumerate(amounts)]
    if rule.step in (LINE, TIER):
        return [off_line(rule, item, amount) if amount else 0 for item, amount in zip(items, covered, strict=True)]
    return split(off_order(rule, sum(covered)), covered)


def after(so_far: Priced, rule: Rule, items: Sequence[Item]) -> Priced:
    """The price after one more rule."""
    offs = tuple(off(rule, items, so_far.amounts))
    if not any(offs):
        return so_far
    lower = tuple(amount - cents for amount, cents in zip(so_far.amounts, offs, strict=True))
    return Priced(lower, (*so_far.taken, (rule, offs)))


def in_order(rules: Sequence[Rule]) -> list[Rule]:
    return sorted(rules, key=lambda rule: (rule.step, rule.rank))


def by_all(items: Sequence[Item], rules: Sequence[Rule]) -> Priced:
    """The price by all of the rules together, permitted or not."""
    so_far = Priced(full(items), ())
    for rule in in_order(rules):
        so_far = after(so_far, rule, items)
    return so_far


def every(items: Sequence[Item], rules: Sequence[Rule]) -> Iterator[Priced]:
    """The price by each permitted set of rules."""
    ordered = in_order(rules)

    def walk(at: int, chosen: tuple[Rule, ...], so_far: Priced) -> Iterator[Priced]:
        if at == len(ordered):
            yield so_far
            return
        rule = ordered[at]
        yield from walk(at + 1, chosen, so_far)
        if not any(clash(rule, other) for other in chosen):
            yield from walk(at + 1, (*chosen, rule), after(so_far, rule, items))

    yield from walk(0, (), Priced(full(items), ()))


def cheapest(items: Sequence[Item], rules: Sequence[Rule]) -> Priced:
    """The permitted set that costs the member least; of equal ones the one to be preferred."""
    return min(every(items, rules), key=lambda priced: priced.worth)


# --- baskets and rules by chance -----------------------------------------------------------------------


PRICES = (0, 1, 2, 3, 5, 99, 333, 500, 1000, 1000, 1200, 1799, 1800, 2400, 3333)
"""Few and some alike, so that ties and rounding come up; the smallest show what a cent hides."""
CENTS = (1, 2, 50, 100, 333, 500, 1000, 2500)


def any_item(pick: Pick) -> Item:
    weighed = pick((False, False, False, True))
    return Item(
        product_id=pick((1, 2, 3)),
        name="x",
        kind=pick(("goods", "goods", "service")),
        category_id=pick((None, 1, 2)),
        quantity=Milli(pick((355, 1250, 2000) if weighed else (1000, 1000, 2000, 3000, 5000))),
        unit_cents=pick(PRICES),
        discountable=pick((True, True, True, True, False)),
        money_only=pick((False, False, False, False, False, True)),
        earns=pick((True, True, True, False)),
        points_each=pick((0, 0, 3)),
        boost_bp=pick((10_000, 10_000, 20_000)),
        tax_bp=pick((0, 600, 900, 1300)),
        weighed=weighed,
    )


def any_basket(pick: Pick) -> list[Item]:
    return [any_item(pick) for _ in range(pick((1, 2, 3, 4)))]


EFFECTS = {
    LINE: ("percent", "amount", "fixed_price", "nth", "nth", "bundle"),
    TIER: ("percent",),
    ORDER: ("percent", "amount", "amount", "free"),
    COUPON: ("percent", "amount", "free"),
}
PARTS = (((1, 1), (2, 1)), ((1, 2),), ((2, 1), (3, 2)), ((1, 1), (2, 1), (3, 1)))


def any_rule(pick: Pick, rank: int, step: int) -> Rule:
    effect, on_bill = pick(EFFECTS[step]), step in (ORDER, COUPON)
    every_nth, off_cents = pick((2, 2, 3)), pick(CENTS)
    return Rule(
        kind={TIER: pick(("tier", "plan")), COUPON: "coupon"}.get(step, "promotion"),
        id=rank,
        rank=rank,
        name=str(rank),
        step=step,
        effect=effect,
        group="member" if step == TIER else pick(("a", "b", "member", f"own {rank}", f"own {rank}")),
        off_bp=pick((1, 500, 1000, 3333, 5000, 10_000)),
        off_cents=off_cents,
        price_cents=pick((*CENTS, 0)),
        cap_cents=pick((0, 0, 3, 300)) if on_bill else 0,
        threshold_cents=pick((0, 0, off_cents, 2000, 5000)),
        threshold_pieces=pick((0, 0, 0, 2, 4)),
        per_step=on_bill and pick((False, True)),
        every=every_nth,
        last=pick((1, 1, 2)) if effect == "free" else pick(range(1, every_nth)),
        mixed=pick((False, True)),
        most_times=pick((0, 0, 1)),
        parts=pick(PARTS) if effect == "bundle" else (),
        threshold_on_rest=effect == "free" and pick((True, True, False)),
        exclusive=pick((False,) * 7 + (True,)),
        not_with=pick((frozenset(),) * 4 + tuple(frozenset({one}) for one in ("a", "coupon", "tier", "promotion"))),
        product_ids=pick((frozenset(), frozenset(), frozenset({1}), frozenset({2, 3}))),
        category_ids=pick((frozenset(), frozenset(), frozenset({1}))),
        item_kind=pick(("", "", "", "service")) if step == COUPON else "",
        coupon_id=rank if step == COUPON else 0,
        expires_at=pick((1, 2, 3)) if step == COUPON else 0,
    )


def any_rules(pick: Pick, *, most: int = 6, coupons: int = 3) -> list[Rule]:
    """So many rules and coupons at most, in no order."""
    steps = [pick((LINE, LINE, TIER, ORDER)) for _ in range(pick(range(most + 1)))]
    steps += [COUPON] * pick(range(coupons + 1))
    ranks = list(range(1, len(steps) + 1))
    rules = []
    for step in steps:
        rank = pick(ranks)
        ranks.remove(rank)
        rules.append(any_rule(pick, rank, step))
    return rules
