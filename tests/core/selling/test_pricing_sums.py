"""What must hold for every quote: it adds up, tax and rounding are exact, points are never given twice."""

from dataclasses import replace
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.money import Milli
from core.selling.pricing import quote, tax
from core.selling.pricing.quote import ROUNDED, RoundingTooMuch, Terms, TooManyPoints
from core.selling.pricing.values import Item, LineQuote, Quote, Rule
from tests import pricing_twin as twin


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Item], list[Rule], Terms, int]:
    """A basket, rules, the shop's terms and points to pay with, as many as may."""

    def pick(options):
        return draw(st.sampled_from(options))

    items, rules = twin.any_basket(pick), twin.any_rules(pick, most=3, coupons=2)
    terms = Terms(
        points_per_unit=pick((30, 100, 250)),
        cap_bp=pick((5000, 10_000)),
        cents_per_point=pick((100, 1, 37)),
        multiplier_bp=pick((10_000, 15_000, 12_345)),
        usable=5000,
        member=pick((True, True, False)),
        tax_mode=pick(("none", "inclusive", "exclusive")),
        rounding_cents=pick((0, 0, 5, 10, 100)),
    )
    most = quote.price(items, rules, terms).most_points
    return items, rules, terms, pick((0, most // 2, most))


def priced(case: tuple[list[Item], list[Rule], Terms, int]) -> Quote:
    items, rules, terms, points = case
    return quote.price(items, rules, terms, points=points)


def rounded_off(line: LineQuote) -> int:
    return sum(off.cents for off in line.offs if off.rule is ROUNDED)


many = settings(max_examples=120, deadline=None)


@many
@given(cases())
def test_a_quote_adds_up_to_the_last_cent(case: tuple[list[Item], list[Rule], Terms, int]) -> None:
    found = priced(case)
    for line in found.lines:
        left = line.amount_cents - line.discount_cents - line.redeemed_cents
        assert left + line.added_tax_cents == line.net_cents
        assert min(line.net_cents, left + rounded_off(line), *[off.cents for off in line.offs], 0) == 0
    assert sum(line.amount_cents for line in found.lines) == found.gross_cents
    assert sum(line.net_cents for line in found.lines) == found.total_cents
    assert sum(line.redeemed_points for line in found.lines) == found.redeemed_points
    assert sum(line.redeemed_cents for line in found.lines) == found.redeemed_cents
    assert sum(line.tax_cents for line in found.lines) == found.tax_cents
    assert sum(map(rounded_off, found.lines)) == found.rounding_cents


@many
@given(cases())
def test_what_needs_money_is_never_touched(case: tuple[list[Item], list[Rule], Terms, int]) -> None:
    lines = [line for line in priced(case).lines if line.item.money_only]
    assert [line for line in lines if line.offs or line.redeemed_cents or line.tax_cents] == []
    assert [line for line in lines if line.net_cents != line.amount_cents] == []


@many
@given(cases())
def test_points_pay_in_the_smallest_number_worth_whole_cents_up_to_the_cap(
    case: tuple[list[Item], list[Rule], Terms, int],
) -> None:
    found, terms = priced(case), case[2]
    taken = sum(line.discount_cents - rounded_off(line) for line in found.lines)
    left = found.gross_cents - taken - sum(line.amount_cents for line in found.lines if line.item.money_only)
    worth = Fraction(found.redeemed_points * 100, terms.points_per_unit)
    assert found.redeemed_cents <= left * Fraction(terms.cap_bp, 10_000)
    assert found.redeemed_cents == floor(worth)
    less = Fraction((found.redeemed_points - 1) * 100, terms.points_per_unit)
    assert found.redeemed_points == 0 or floor(less) < found.redeemed_cents


# --- tax -------------------------------------------------------------------------------------------------


@many
@given(cases())
def test_tax_is_rounded_half_up_once_a_rate(case: tuple[list[Item], list[Rule], Terms, int]) -> None:
    found, mode = priced(case), case[2].tax_mode
    for rate in {line.item.tax_bp for line in found.lines}:
        lines = [line for line in found.lines if line.item.tax_bp == rate and not line.item.money_only]
        due = sum(line.net_cents for line in lines)
        if mode == "exclusive":
            due = sum(line.net_cents - line.added_tax_cents + rounded_off(line) for line in lines)
        whole = {"none": 0, "inclusive": Fraction(due * rate, 10_000 + rate), "exclusive": Fraction(due * rate, 10_000)}
        assert sum(line.tax_cents for line in lines) == floor(whole[mode] + Fraction(1, 2))
        assert mode == "exclusive" or not any(line.added_tax_cents for line in lines)


@many
@given(cases())
def test_tax_within_prices_never_changes_what_is_paid(case: tuple[list[Item], list[Rule], Terms, int]) -> None:
    items, rules, terms, points = case
    totals = [
        quote.price(items, rules, replace(terms, tax_mode=mode), points=points).total_cents
        for mode in ("none", "inclusive")
    ]
    assert totals[0] == totals[1]


@pytest.mark.parametrize(
    ("mode", "rates", "amounts", "taxes"),
    [
        ("none", [600, 1300], [1000, 1000], [0, 0]),
        ("inclusive", [600, 1300], [1060, 1130], [60, 130]),
        ("exclusive", [600, 1300], [1000, 1000], [60, 130]),
        ("exclusive", [500, 500, 0], [10, 10, 99], [1, 0, 0]),
        ("exclusive", [500, 1000, 500], [9, 5, 0], [0, 1, 0]),
        ("inclusive", [1300, 0, 1300], [100, 50, 50], [11, 0, 6]),
    ],
)
def test_tax_of_lines(mode, rates: list[int], amounts: list[int], taxes: list[int]) -> None:
    assert tax.of_lines(mode, rates, amounts) == taxes


# --- rounding ----------------------------------------------------------------------------------------------


@many
@given(cases())
def test_a_bill_is_rounded_down_to_the_shops_unit(case: tuple[list[Item], list[Rule], Terms, int]) -> None:
    found, unit = priced(case), case[2].rounding_cents
    if not unit:
        assert found.rounding_cents == 0
        return
    assert 0 <= found.rounding_cents < unit
    fixed = sum(line.net_cents for line in found.lines if line.item.money_only)
    assert found.total_cents % unit == 0 or found.total_cents == fixed


@many
@given(cases(), st.integers(-1, 500))
def test_what_is_rounded_off_by_hand_is_taken_exactly(
    case: tuple[list[Item], list[Rule], Terms, int], cents: int
) -> None:
    items, rules, terms, points = case
    plain = quote.price(items, rules, replace(terms, rounding_cents=0), points=points)
    most = sum(line.net_cents for line in plain.lines if not line.item.money_only)
    by_hand = replace(terms, round_off_cents=cents)
    if 0 <= cents <= most:
        found = quote.price(items, rules, by_hand, points=points)
        assert (found.total_cents, found.rounding_cents) == (plain.total_cents - cents, cents)
    else:
        with pytest.raises(RoundingTooMuch):
            quote.price(items, rules, by_hand, points=points)


# --- points earned -------------------------------------------------------------------------------------------


@many
@given(cases())
def test_points_are_rounded_down_once_and_never_given_for_what_does_not_earn(
    case: tuple[list[Item], list[Rule], Terms, int],
) -> None:
    found, terms = priced(case), case[2]
    lines = [line for line in found.lines if line.item.earns and not line.item.money_only]
    earning = sum(Fraction(line.goods_cents * line.item.boost_bp, 10_000) for line in lines)
    each = [0 if line.item.money_only else line.item.points_each * line.item.quantity // 1000 for line in found.lines]
    whole = floor(earning * Fraction(terms.multiplier_bp, 10_000) / terms.cents_per_point)
    assert found.earned_points + found.claimable_points == whole + sum(each)
    assert (found.earned_points if not terms.member else found.claimable_points) == 0
    by_line = quote.earned_points(found.lines, terms, not_earning_cents=0)
    idle = [at for at, line in enumerate(found.lines) if line not in lines]
    assert [by_line[at] - each[at] for at in idle] == [0] * len(idle)
    assert (sum(by_line), found.line_points) == (whole + sum(each), tuple(by_line))


@many
@given(cases(), st.integers(0, 5000))
def test_what_is_paid_by_tenders_that_do_not_earn_gives_no_points(
    case: tuple[list[Item], list[Rule], Terms, int], bonus: int
) -> None:
    found, terms = priced(case), case[2]
    lines = tuple(replace(line, item=replace(line.item, points_each=0, boost_bp=10_000)) for line in found.lines)
    goods = sum(line.goods_cents for line in lines if line.item.earns and not line.item.money_only)
    other = sum(line.net_cents for line in lines if not line.item.money_only) - goods
    earning = max(goods - max(bonus - other, 0), 0)
    points = floor(Fraction(earning * terms.multiplier_bp, 10_000) / terms.cents_per_point)
    assert sum(quote.earned_points(lines, terms, not_earning_cents=bonus)) == points


@pytest.mark.parametrize(("bonus", "points"), [(0, [10, 0]), (500, [10, 0]), (700, [8, 0]), (1500, [0, 0])])
def test_tenders_that_do_not_earn_cover_lines_that_do_not_earn_first(bonus: int, points: list[int]) -> None:
    earning = Item(1, "tea", "goods", None, Milli(1000), 1000)
    idle = Item(2, "stamp", "goods", None, Milli(1000), 500, earns=False)
    lines = quote.price([earning, idle], [], Terms()).lines
    assert quote.earned_points(lines, Terms(), not_earning_cents=bonus) == points


def test_a_product_may_add_points_a_unit_but_not_what_needs_money() -> None:
    tea = Item(1, "tea", "goods", None, Milli(3000), 1000, points_each=5)
    card = Item(2, "card", "gift_card", None, Milli(1000), 5000, money_only=True, points_each=50)
    lines = quote.price([tea, card], [], Terms()).lines
    assert quote.earned_points(lines, Terms(), not_earning_cents=0) == [45, 0]


def test_points_of_a_boosted_line_stand_at_that_line() -> None:
    """10.00 at three times and 20.00 plain: 30 and 20."""
    tea = Item(1, "tea", "goods", None, Milli(1000), 1000, boost_bp=30_000)
    cake = Item(2, "cake", "goods", None, Milli(1000), 2000)
    lines = quote.price([tea, cake], [], Terms()).lines
    assert quote.earned_points(lines, Terms(), not_earning_cents=0) == [30, 20]


def test_without_terms_a_point_is_a_unit_spent_and_a_hundredth_of_one_paid() -> None:
    tea = Item(1, "tea", "goods", None, Milli(1000), 2000)
    assert Terms() == Terms(100, 5000, 100, 10_000, 0, True, "none", 0, None)
    found = quote.price([tea], [], Terms())
    assert (found.earned_points, found.claimable_points, found.most_points, found.tax_cents) == (20, 0, 0, 0)


def test_points_above_the_cap_are_refused_with_the_most_that_may_pay() -> None:
    tea = Item(1, "tea", "goods", None, Milli(1000), 999)
    with pytest.raises(TooManyPoints) as refused:
        quote.price([tea], [], Terms(usable=2000), points=500)
    assert refused.value.facts["most"] == 499
