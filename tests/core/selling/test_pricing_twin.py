"""Pricing equals an independent brute force on every basket small enough for that."""

import os
import random
from collections import Counter
from dataclasses import replace
from time import monotonic

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.money import Milli
from core.selling.pricing import combine, quote
from core.selling.pricing.values import COUPON, LINE, ORDER, Item, Rule
from tests import pricing_twin as twin

SEED = int(os.environ.get("REGULARS_SEED", "20261121"))


@st.composite
def cases(draw: st.DrawFn, most: int = 6, coupons: int = 3) -> tuple[list[Item], list[Rule]]:
    """A basket of up to 4 lines, and rules of every effect."""

    def pick(options):
        return draw(st.sampled_from(options))

    return twin.any_basket(pick), twin.any_rules(pick, most=most, coupons=coupons)


def agree(items: list[Item], rules: list[Rule]) -> Counter[str]:
    """Assert that the search finds what brute force finds; the effects that made the price."""
    outcome, exact = combine.best(items, rules)
    wanted = twin.cheapest(items, rules)
    assert exact
    assert (outcome.amounts, outcome.taken) == (wanted.amounts, wanted.taken)
    return Counter(f"{rule.effect} in step {rule.step}" for rule, _ in wanted.taken)


@settings(max_examples=400, deadline=None)
@given(cases())
def test_the_best_combination_is_that_of_brute_force(case: tuple[list[Item], list[Rule]]) -> None:
    agree(*case)


FLOORS = {
    "percent in step 2": 500, "amount in step 2": 500, "fixed_price in step 2": 500, "nth in step 2": 500,
    "bundle in step 2": 80, "percent in step 3": 1000, "percent in step 4": 300, "amount in step 4": 500,
    "free in step 4": 200, "percent in step 5": 500, "amount in step 5": 500, "free in step 5": 500,
    "combined": 2000,
}  # fmt: skip
"""How often 20,000 baskets must come to each effect; a run that reaches it more rarely proves too little."""


@pytest.mark.long
@pytest.mark.timeout(900)
def test_twenty_thousand_baskets_are_priced_as_brute_force_prices_them() -> None:
    print(f"REGULARS_SEED={SEED}")
    reached: Counter[str] = Counter()
    for at in range(20_000):
        pick = random.Random(f"{SEED} {at}").choice
        found = agree(twin.any_basket(pick), twin.any_rules(pick))
        reached += found
        reached["combined"] += found.total() > 1
    assert [(name, reached[name]) for name, floor in FLOORS.items() if reached[name] < floor] == []


@settings(max_examples=200, deadline=None)
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_in_which_rules_are_given_changes_nothing(
    case: tuple[list[Item], list[Rule]], chance: random.Random
) -> None:
    items, rules = case
    shuffled = chance.sample(rules, len(rules))
    assert combine.best(items, shuffled) == combine.best(items, rules)


@settings(max_examples=200, deadline=None)
@given(cases(), st.integers(0, 8))
def test_one_rule_more_never_makes_it_dearer(case: tuple[list[Item], list[Rule]], without: int) -> None:
    items, rules = case
    fewer = rules[:without] + rules[without + 1 :]
    assert combine.best(items, rules)[0].total <= combine.best(items, fewer)[0].total


# --- many rules ----------------------------------------------------------------------------------------


def tea(cents: int, product_id: int = 1) -> Item:
    return Item(product_id, "tea", "goods", None, Milli(1000), cents)


def reduction(rank: int, off_cents: int, *, over: int = 0, group: str = "", step: int = ORDER) -> Rule:
    own = group or f"own {rank}"
    return Rule("promotion", rank, rank, str(rank), step, "amount", own, off_cents=off_cents, threshold_cents=over)


def test_rules_that_do_not_exclude_each_other_are_weighed_at_once_however_many() -> None:
    many = [reduction(rank, 10) for rank in range(1, 41)]
    given_quote = quote.price([tea(100_000)], many, quote.Terms())
    assert (given_quote.exact, given_quote.total_cents) == (True, 100_000 - 400)


def test_of_thirty_rules_in_ten_groups_the_best_of_each_group_are_found() -> None:
    """A million combinations; each group is for one product, so the best of each is 3.00 off."""
    items = [tea(1000, product) for product in range(1, 11)]
    rules = [
        replace(reduction(rank, off, group=f"g{product}", step=LINE), product_ids=frozenset({product}))
        for product in range(1, 11)
        for rank, off in ((product * 10, 100), (product * 10 + 1, 300), (product * 10 + 2, 200))
    ]
    outcome, exact = combine.best(items, rules)
    assert (exact, outcome.total, {rule.off_cents for rule in outcome.rules}) == (True, 7000, {300})


def big_case(seed: int) -> tuple[list[Item], list[Rule]]:
    """Ten lines at 25.00 a piece, thirty rules of every effect in ten groups, none worth very much."""
    pick = random.Random(seed).choice
    items = [replace(twin.any_item(pick), discountable=True, money_only=False, unit_cents=2500) for _ in range(10)]
    rules = []
    for rank in range(1, 31):
        rule = twin.any_rule(pick, rank, pick((LINE, LINE, ORDER, COUPON)))
        worth = {"off_bp": pick((500, 1000, 1500)), "off_cents": pick((100, 200, 300)), "price_cents": 2200}
        limits = {"cap_cents": 300 if rule.effect == "free" else 0, "threshold_cents": pick((0, 5000, 20_000))}
        rules.append(replace(rule, group=f"g{rank % 10}", exclusive=False, not_with=frozenset(), **worth, **limits))
    return items, rules


@pytest.mark.parametrize("seed", range(5))
def test_thirty_rules_of_every_effect_are_weighed_at_once_and_no_set_tried_by_chance_is_cheaper(seed: int) -> None:
    items, rules = big_case(seed)
    began = monotonic()
    outcome, exact = combine.best(items, rules)
    assert (exact, monotonic() - began < 5) == (True, True)
    chance = random.Random(seed)
    for _ in range(200):
        shuffled = chance.sample(rules, chance.randint(1, 30))
        chosen = list({rule.group: rule for rule in shuffled}.values())
        assert outcome.total <= sum(twin.by_all(items, chosen).amounts)


def knapsack() -> tuple[list[Item], list[Rule]]:
    """满50减 4.01, 4.03 … off 100.00: no more than a dozen of twenty fit, which ones is a riddle."""
    return [tea(10_000)], [reduction(rank, 399 + 2 * rank, over=5000) for rank in range(1, 21)]


def test_a_riddle_too_big_to_weigh_is_said_to_be_the_best_found() -> None:
    items, rules = knapsack()
    outcome, exact = combine.best(items, rules)
    assert not exact
    again = twin.by_all(items, outcome.rules)
    assert (again.amounts, again.taken) == (outcome.amounts, outcome.taken)
    assert set(outcome.rules) < set(rules)
    assert quote.price(items, rules, quote.Terms()).exact is False


def test_just_as_many_combinations_as_may_be_weighed_are_still_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rules that exclude each other and are worth the same: both are weighed."""
    rules = [reduction(1, 100, group="g"), reduction(2, 100, group="g")]
    found = []
    for limit in (1, 2):
        monkeypatch.setattr(combine, "EXACT_LIMIT", limit)
        found.append(combine.best([tea(1000)], rules)[1])
    assert found == [False, True]


# --- order of preference ---------------------------------------------------------------------------------


def coupon(rank: int, off_cents: int, expires_at: int, *, group: str = "") -> Rule:
    own = group or f"coupon {rank}"
    return Rule(
        "coupon", rank, rank, str(rank), COUPON, "amount", own,
        off_cents=off_cents, coupon_id=rank, expires_at=expires_at,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rules", "chosen"),
    [
        ([coupon(1, 100, 9, group="g"), coupon(2, 100, 8, group="g")], [2]),
        ([coupon(1, 100, 9, group="g"), coupon(2, 100, 9, group="g")], [1]),
        ([coupon(1, 100, 1, group="g"), reduction(2, 100, group="g")], [2]),
        ([coupon(1, 101, 1, group="g"), reduction(2, 100, group="g")], [1]),
        ([reduction(3, 100, group="g"), reduction(2, 100, group="g")], [2]),
    ],
)
def test_of_equal_prices_fewer_coupons_then_the_first_to_expire_then_the_lower_id(
    rules: list[Rule], chosen: list[int]
) -> None:
    assert [rule.rank for rule in combine.best([tea(1000)], rules)[0].rules] == chosen
