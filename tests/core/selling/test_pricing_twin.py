"""Pricing equals an independent brute force on every basket small enough for that."""

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from math import floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.money import Milli
from core.selling.pricing import combine, quote
from core.selling.pricing.quote import PointsTerms
from core.selling.pricing.values import COUPON, LINE, ORDER, TIER, Item, Rule

ITEMS = st.lists(
    st.builds(
        Item,
        product_id=st.integers(1, 3),
        name=st.just("x"),
        kind=st.just("goods"),
        category_id=st.sampled_from([None, 1, 2]),
        quantity=st.sampled_from([1000, 2000, 3000, 355]).map(Milli),
        unit_cents=st.integers(0, 4000),
        discountable=st.sampled_from([True, True, True, False]),
        money_only=st.sampled_from([False, False, False, True]),
    ),
    min_size=1,
    max_size=3,
)


@st.composite
def rules(draw: st.DrawFn, rank: int) -> Rule:
    step = draw(st.sampled_from([LINE, TIER, ORDER, COUPON]))
    effects = ["percent", "amount"] + (["fixed_price"] if step == LINE else [])
    effect = "percent" if step == TIER else draw(st.sampled_from(effects))
    on_order = step in (ORDER, COUPON)
    off = draw(st.integers(1, 3000))
    threshold = draw(st.sampled_from([0, off, 3000, 8000])) if on_order else 0
    kind = {TIER: "tier", COUPON: "coupon"}.get(step, "promotion")
    return Rule(
        kind=kind,  # type: ignore[arg-type]
        id=rank,
        rank=rank,
        name=str(rank),
        step=step,
        effect=effect,  # type: ignore[arg-type]
        group=draw(st.sampled_from(["a", "b", f"own {rank}"])),
        off_bp=draw(st.sampled_from([500, 1000, 3333, 10_000])),
        off_cents=off,
        cap_cents=draw(st.sampled_from([0, 300])) if on_order else 0,
        threshold_cents=threshold,
        per_step=on_order and draw(st.booleans()),
        exclusive=draw(st.sampled_from([False, False, False, True])),
        product_ids=draw(st.sampled_from([frozenset(), frozenset({1}), frozenset({2, 3})])),
        category_ids=draw(st.sampled_from([frozenset(), frozenset(), frozenset({1})])),
        coupon_id=rank if step == COUPON else 0,
        expires_at=draw(st.integers(1, 3)) if step == COUPON else 0,
    )


RULES = st.integers(0, 5).flatmap(lambda count: st.tuples(*(rules(rank) for rank in range(1, count + 1))))


def rounded(amount: Fraction) -> int:
    return floor(amount + Fraction(1, 2))


def touches(rule: Rule, item: Item) -> bool:
    named = bool(rule.product_ids or rule.category_ids)
    fits = item.product_id in rule.product_ids or item.category_id in rule.category_ids
    return item.discountable and not item.money_only and (fits or not named)


def off_line(rule: Rule, item: Item, amount: int) -> int:
    if rule.effect == "percent":
        return rounded(Fraction(amount * rule.off_bp, 10_000))
    by_quantity = rounded(Fraction(rule.off_cents * item.quantity, 1000))
    return max(amount - by_quantity, 0) if rule.effect == "fixed_price" else min(by_quantity, amount)


def split(total: int, amounts: list[int]) -> list[int]:
    """Largest remainder, ties to the earlier: one cent at a time to the part that lacks most."""
    exact = [Fraction(total * amount, sum(amounts)) for amount in amounts]
    parts = [floor(part) for part in exact]
    while sum(parts) < total:
        lacking = [part - got for part, got in zip(exact, parts, strict=True)]
        parts[lacking.index(max(lacking))] += 1
    return parts


def off_order(rule: Rule, base: int) -> int:
    if rule.effect == "percent":
        off = rounded(Fraction(base * rule.off_bp, 10_000))
    elif rule.per_step and rule.threshold_cents:
        off = rule.off_cents * (base // rule.threshold_cents)
    else:
        off = rule.off_cents
    return min(off, base, rule.cap_cents or off)


def priced(items: list[Item], chosen: Iterable[Rule]) -> tuple[list[int], list[Rule]]:
    amounts = [rounded(Fraction(item.unit_cents * item.quantity, 1000)) for item in items]
    used = []
    for rule in sorted(chosen, key=lambda one: (one.step, one.rank)):
        covered = [amount if touches(rule, item) else 0 for item, amount in zip(items, amounts, strict=True)]
        base = sum(covered)
        if rule.step in (LINE, TIER):
            offs = [off_line(rule, item, amount) if amount else 0 for item, amount in zip(items, covered, strict=True)]
        elif base == 0 or base < rule.threshold_cents:
            continue
        else:
            offs = split(off_order(rule, base), covered)
        if any(offs):
            used.append(rule)
            amounts = [amount - off for amount, off in zip(amounts, offs, strict=True)]
    return amounts, used


def permitted(chosen: tuple[Rule, ...]) -> bool:
    groups = [rule.group for rule in chosen]
    alone = len(chosen) == 1
    return len(set(groups)) == len(groups) and (alone or not any(rule.exclusive for rule in chosen))


def cheapest(items: list[Item], found: tuple[Rule, ...]) -> tuple[list[int], list[Rule]]:
    every = [some for size in range(len(found) + 1) for some in combinations(found, size) if permitted(some)]

    def worth(outcome: tuple[list[int], list[Rule]]) -> tuple[object, ...]:
        used = outcome[1]
        lapses = sorted(rule.expires_at for rule in used if rule.kind == "coupon")
        return sum(outcome[0]), len(lapses), lapses, sorted(rule.rank for rule in used)

    return min((priced(items, some) for some in every), key=worth)


@settings(max_examples=300, deadline=None)
@given(ITEMS, RULES)
def test_the_best_combination_is_that_of_brute_force(items: list[Item], found: tuple[Rule, ...]) -> None:
    outcome, exact = combine.best(items, found)
    amounts, used = cheapest(items, found)
    assert exact
    assert (list(outcome.amounts), list(outcome.rules)) == (amounts, used)


@settings(max_examples=100, deadline=None)
@given(ITEMS, RULES, st.integers(0, 3000), st.sampled_from([30, 100, 250]))
def test_a_quote_adds_up_to_the_last_cent(items: list[Item], found: tuple[Rule, ...], points: int, rate: int) -> None:
    terms = PointsTerms(points_per_unit=rate, usable=5000)
    most = quote.price(items, found, terms).most_points
    given_quote = quote.price(items, found, terms, points=min(points, most))
    lines = given_quote.lines
    assert all(line.net_cents >= 0 for line in lines)
    assert all(line.amount_cents - line.discount_cents - line.redeemed_cents == line.net_cents for line in lines)
    assert sum(line.redeemed_points for line in lines) == given_quote.redeemed_points
    assert sum(line.net_cents for line in lines) == given_quote.total_cents


@settings(max_examples=100, deadline=None)
@given(ITEMS, RULES)
def test_what_needs_money_is_never_touched(items: list[Item], found: tuple[Rule, ...]) -> None:
    lines = quote.price(items, found, PointsTerms(usable=1000), points=0).lines
    assert all(not line.offs and not line.redeemed_cents for line in lines if line.item.money_only)


def test_more_combinations_than_can_be_tried_are_climbed_and_the_quote_says_so() -> None:
    item = Item(1, "tea", "goods", None, Milli(1000), 100_000)
    rule = Rule("promotion", 1, 1, "r", ORDER, "amount", "g", off_cents=10)
    many = [replace(rule, id=rank, rank=rank, group=str(rank)) for rank in range(1, 14)]
    given_quote = quote.price([item], many, PointsTerms())
    assert (given_quote.exact, given_quote.total_cents) == (False, 100_000 - 130)


@pytest.mark.parametrize(("bonus", "points"), [(0, [10, 0]), (500, [10, 0]), (700, [8, 0]), (1500, [0, 0])])
def test_tenders_that_do_not_earn_cover_lines_that_do_not_earn_first(bonus: int, points: list[int]) -> None:
    earning = Item(1, "tea", "goods", None, Milli(1000), 1000)
    idle = Item(2, "stamp", "goods", None, Milli(1000), 500, earns=False)
    lines = quote.price([earning, idle], [], PointsTerms()).lines
    assert quote.earned_points(lines, PointsTerms(), not_earning_cents=bonus) == points


def test_a_product_may_add_points_a_unit_but_not_what_needs_money() -> None:
    tea = Item(1, "tea", "goods", None, Milli(3000), 1000, points_each=5)
    card = Item(2, "card", "gift_card", None, Milli(1000), 5000, money_only=True, points_each=50)
    lines = quote.price([tea, card], [], PointsTerms()).lines
    assert quote.earned_points(lines, PointsTerms(), not_earning_cents=0) == [45, 0]
