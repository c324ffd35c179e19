"""Small figures that only just differ: what the search may not overlook, what a cent and a million cents do."""

from dataclasses import MISSING, fields, replace
from typing import Any

import pytest

from core.base.money import Milli
from core.selling.pricing import combine, quote, tax
from core.selling.pricing.quote import Terms
from core.selling.pricing.values import COUPON, LINE, ORDER, Item, LineQuote, NotUsed, Quote, Rule


def tea(cents: int, *, product: int = 1, pieces: int = 1) -> Item:
    return Item(product, "tea", "goods", None, Milli(pieces * 1000), cents)


def off(rank: int, cents: int, *, step: int = ORDER, group: str = "", over: int = 0, alone: bool = False) -> Rule:
    """So many cents off, in a group of its own unless told otherwise."""
    return Rule(
        "promotion", rank, rank, str(rank), step, "amount", group or f"own {rank}",
        off_cents=cents, threshold_cents=over, exclusive=alone,
    )  # fmt: skip


def chosen(items: list[Item], rules: list[Rule]) -> tuple[int, list[int]]:
    """What the best combination costs, and its rules."""
    outcome, exact = combine.best(items, rules)
    assert exact
    return outcome.total, [rule.rank for rule in outcome.rules]


# --- what the search may not overlook ------------------------------------------------------------------


@pytest.mark.parametrize(("alone", "found"), [(29, (970, [2, 3, 4])), (30, (970, [1])), (31, (969, [1]))])
def test_three_small_reductions_beat_one_that_stands_alone(alone: int, found: tuple[int, list[int]]) -> None:
    rules = [off(1, alone, step=LINE, alone=True), off(2, 10), off(3, 10), off(4, 10)]
    assert chosen([tea(1000)], rules) == found


def test_reductions_of_a_cent_count() -> None:
    rules = [off(1, 11, step=LINE, alone=True), off(2, 10), off(3, 1), off(4, 1)]
    assert chosen([tea(1000)], rules) == (988, [2, 3, 4])


def test_a_rule_is_not_overlooked_because_the_next_is_barred() -> None:
    rules = [off(1, 19, step=LINE, alone=True), off(2, 10, group="g"), off(3, 10), off(4, 1, group="g")]
    assert chosen([tea(1000)], rules) == (980, [2, 3])


def test_a_rule_that_takes_two_cents_more_from_less_is_not_overlooked() -> None:
    """20 % off the four cheapest of eight: 30.02 four times is 24.00 line by line, 24.02 in one line.

    Four pieces at 40.00 lead until 9.98 is taken off each; then they are the last four.
    """
    items = [*[tea(3002, product=at) for at in (2, 3, 4, 5)], tea(4000, product=6, pieces=4), tea(9000, product=9)]
    few = frozenset({2, 3, 4, 5, 6})
    rules = [
        replace(off(1, 6393, step=LINE, alone=True), product_ids=frozenset({9})),
        replace(off(2, 998, step=LINE), product_ids=frozenset({6})),
        replace(off(3, 0, step=LINE), effect="nth", off_bp=2000, every=8, last=4, mixed=True, product_ids=few),
    ]
    assert chosen(items, rules) == (37_008 - 3992 - 2402, [2, 3])


@pytest.mark.parametrize("given", [{"effect": "percent", "off_bp": 500}, {"effect": "nth", "off_bp": 1000, "every": 2}])
def test_a_cent_below_the_threshold_of_a_line_is_too_little(given: dict[str, object]) -> None:
    """5 % from 10.00 on; with a cent taken off before, it is not reached, so that cent is left alone."""
    rule = replace(off(2, 0, step=LINE, over=1000), last=1, **given)  # type: ignore[arg-type]
    assert chosen([tea(500, pieces=2)], [replace(off(1, 1, step=LINE), off_cents=1), rule]) == (950, [2])


def test_a_threshold_that_is_not_reached_any_more_takes_nothing() -> None:
    """60.50: either 0.10 and 20.00 on the bill, or 10.51 off the line and neither."""
    rules = [off(1, 1051, step=LINE), off(2, 10, over=6000), off(3, 2000, over=5000)]
    assert chosen([tea(6050)], rules) == (4040, [2, 3])


def test_four_thousand_and_ninety_six_combinations_are_weighed() -> None:
    assert combine.EXACT_LIMIT == 4096


# --- a cent and a million ------------------------------------------------------------------------------


def test_one_cent_can_be_taken_off_the_bill() -> None:
    assert chosen([tea(1)], [off(1, 100)]) == (0, [1])


def test_a_bundle_may_save_one_cent() -> None:
    bundle = replace(off(1, 0, step=LINE), effect="bundle", parts=((1, 1), (2, 1)), price_cents=4999)
    assert chosen([tea(1800), tea(3200, product=2)], [bundle]) == (4999, [1])


def test_a_bundle_takes_its_pieces_from_several_lines_of_a_product() -> None:
    """Two teas for 30.00, one of them on each line."""
    bundle = replace(off(1, 0, step=LINE), effect="bundle", parts=((1, 2),), price_cents=3000)
    outcome, _ = combine.best([tea(1800), tea(1800, pieces=2)], [bundle])
    assert outcome.amounts == (1500, 3300)


def test_of_buy_one_get_two_the_dearest_is_paid() -> None:
    rule = replace(off(1, 0, step=LINE), effect="nth", off_bp=10_000, every=3, last=2, mixed=True)
    outcome, _ = combine.best([tea(1800), tea(3200, product=2), tea(2400, product=3), tea(1000, product=4)], [rule])
    assert outcome.amounts == (0, 3200, 0, 1000)


def test_a_fixed_price_leaves_what_is_cheaper() -> None:
    rule = replace(off(1, 0, step=LINE), effect="fixed_price", price_cents=2000)
    assert combine.best([tea(1800), tea(3200, product=2)], [rule])[0].amounts == (1800, 2000)


def test_rates_hold_for_a_million() -> None:
    dear = replace(tea(100_000_000), tax_bp=1300)
    free = replace(off(1, 0, step=LINE), effect="percent", off_bp=10_000)
    assert chosen([dear], [free]) == (0, [1])
    found = quote.price([dear], [], Terms(usable=10**9, tax_mode="inclusive"))
    assert (found.most_points, found.tax_cents) == (50_000_000, 11_504_425)
    assert tax.of_lines("exclusive", [1300], [100_000_000]) == [13_000_000]


def test_a_thousand_pieces_are_a_thousand() -> None:
    many = replace(tea(1, pieces=1000), points_each=3)
    rule = replace(off(1, 0, step=LINE), effect="nth", off_bp=10_000, every=1000, last=999)
    found = quote.price([many], [rule], Terms())
    assert (many.pieces, found.total_cents, found.earned_points) == (1000, 1, 3000)


def test_the_smallest_rate_of_tax_is_one() -> None:
    assert tax.of_lines("exclusive", [1, 0], [10_000, 10_000]) == [1, 0]


# --- as usual --------------------------------------------------------------------------------------------


def test_what_is_not_said_of_a_value_takes_and_gives_nothing() -> None:
    said = {
        f"{kind.__name__}.{one.name}": one.default
        for kind in (Item, Rule, LineQuote, NotUsed, Quote)
        for one in fields(kind)
        if one.default is not MISSING and one.default not in (0, None, "", (), frozenset())
    }
    assert said == {"Item.discountable": True, "Item.earns": True, "Item.boost_bp": 10_000, "Quote.exact": True}


def test_coupons_run_after_promotions_whichever_is_older() -> None:
    """A tenth off 100.00 and then 5.00, not 5.00 and then a tenth."""
    coupon = replace(off(1, 500, step=COUPON), kind="coupon", coupon_id=1)
    tenth = replace(off(2, 0), effect="percent", off_bp=1000)
    assert combine.best([tea(10_000)], [coupon, tenth])[0].rules == (tenth, coupon)


@pytest.mark.parametrize(
    ("terms", "taken"),
    [
        ({"step": LINE, "effect": "percent", "off_bp": 1000}, 500),
        ({"step": LINE, "effect": "nth", "off_bp": 5000, "every": 2, "last": 1}, 1250),
        ({"step": COUPON, "effect": "free", "last": 1}, 2500),
        ({"step": ORDER, "effect": "amount", "off_cents": 300}, 300),
    ],
)
@pytest.mark.parametrize(("threshold", "reached"), [(5000, True), (5001, False)])
def test_a_threshold_is_reached_to_the_cent(terms: dict[str, Any], taken: int, threshold: int, reached: bool) -> None:
    """Two pieces at 25.00: one cent more than the basket is not reached."""
    item = Item(1, "tea", "goods", None, Milli(2000), 2500)
    rule = Rule("promotion", 1, 1, "r", group="g", threshold_cents=threshold, **terms)
    assert quote.price([item], [rule], quote.Terms()).total_cents == 5000 - (taken if reached else 0)
