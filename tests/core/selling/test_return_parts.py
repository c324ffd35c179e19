"""What a part of a line carries, in figures: what is left, bounds of its money, what makes a refund whole."""

from dataclasses import replace

import pytest

from core.selling import returns
from core.selling.returns import LinePart, ReturnLine, SoldLine

TEA = SoldLine(1, 1, "tea", "goods", 3000, 3000, (), 0, 0, 0)
TOP_UP = replace(TEA, id=2, kind="top_up", quantity=1000, amount_cents=50000)


def test_what_is_left_of_goods_is_what_did_not_come_back() -> None:
    assert TEA.left == 3000
    assert replace(TEA, returned=1000).left == 2000
    assert replace(TEA, returned=3000).left == 0


def test_nothing_is_left_of_what_is_reversed_as_a_whole() -> None:
    assert TOP_UP.left == 0
    assert replace(TOP_UP, kind="gift_card").left == 0


def test_only_a_top_up_not_reversed_yet_is_reversible() -> None:
    assert TOP_UP.reversible
    assert not replace(TOP_UP, returned=1000).reversible
    assert not TEA.reversible


def test_what_comes_back_of_stored_value_takes_nothing_off_what_was_spent() -> None:
    assert LinePart(TEA, 1000, 1000, 0, 0, sellable=True).spend_cents == 1000
    assert LinePart(TOP_UP, 1000, 50000, 0, 0, sellable=True).spend_cents == 0


def test_a_part_is_sellable_and_bears_no_tax_unless_told() -> None:
    part = returns.part_of(TEA, 1000)
    assert (part.restocks, part.tax_cents) == (True, 0)
    assert not returns.part_of(TEA, 1000, sellable=False).restocks
    assert LinePart(TEA, 1000, 1000, 0, 0, sellable=True).tax_cents == 0
    assert (TEA.tax_cents, TEA.tax_added) == (0, False)


def test_a_third_of_a_line_that_cost_nothing_pays_nothing() -> None:
    """0.03 less three coupons of 0.01: a third is 0.01 less three times 0.00, yet the whole cost 0.00."""
    line = replace(TEA, amount_cents=3, discounts=(1, 1, 1))
    assert returns.part_of(line, 1000).cents == 0


def test_two_thirds_rounded_down_to_nothing_pay_nothing() -> None:
    """0.21 less 0.10 and 0.10: two of three cost 0.14 less 0.07 and 0.07."""
    line = replace(TEA, amount_cents=21, discounts=(10, 10))
    assert returns.part_of(line, 2000).cents == 0
    assert returns.part_of(line, 3000).cents == 1


def test_a_refund_is_whole_when_nothing_of_any_line_is_left() -> None:
    lines = [replace(TEA, returned=1000), replace(TEA, id=3)]

    def whole(*back: ReturnLine) -> bool:
        return returns.plan(1, lines, [(1, "cash", 6000)], back).whole

    assert not whole(ReturnLine(1, 2000))
    assert not whole(ReturnLine(3, 3000))
    assert not whole(ReturnLine(1, 2000), ReturnLine(3, 2000))
    assert whole(ReturnLine(1, 2000), ReturnLine(3, 3000))


def test_no_more_comes_back_than_is_left_and_the_refusal_says_how_much() -> None:
    once = replace(TEA, returned=1000, refunded_cents=1000)
    assert returns.plan(1, [once], [(1, "cash", 2000)], [ReturnLine(1, 2000)]).total_cents == 2000
    assert returns.plan(1, [once], [(1, "cash", 2000)], [ReturnLine(1, 1)]).parts[0].quantity == 1
    with pytest.raises(returns.TooMuchReturned) as caught:
        returns.plan(1, [once], [(1, "cash", 2000)], [ReturnLine(1, 2001)])
    assert (caught.value.facts["left_milli"], caught.value.facts["asked_milli"]) == (2000, 2001)
    assert caught.value.field == "lines[1].quantity"


@pytest.mark.parametrize(
    ("back", "field"),
    [
        (ReturnLine(9, 1000), "lines[2].line_id"),
        (ReturnLine(3, 0), "lines[2].quantity"),
        (ReturnLine(2, 1000), "lines[2]"),
    ],
)
def test_the_field_names_the_line_counted_from_one(back: ReturnLine, field: str) -> None:
    lines = [TEA, TOP_UP, replace(TEA, id=3)]
    with pytest.raises(returns.RefundInvalid) as caught:
        returns.plan(1, lines, [(1, "cash", 56000)], [ReturnLine(1, 1000), back])
    assert caught.value.field == field
