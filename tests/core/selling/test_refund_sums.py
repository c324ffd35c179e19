"""Any sequence of partial refunds adds up to the sale: per line, tender and points."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base import money
from core.selling import receipts, refunds, returns
from core.selling.returns import ReturnLine, SoldLine
from tests import ledgers
from tests.shops import Shop

UNITS = st.integers(1, 6)


@st.composite
def sold(draw: st.DrawFn, line_id: int) -> SoldLine:
    """A line as a sale could have recorded it: reductions never pass its amount."""
    units = draw(UNITS)
    amount = draw(st.sampled_from([1, 2, 7, 999, 1900])) * units
    left, discounts = amount, []
    for _ in range(draw(st.integers(0, 3))):
        off = draw(st.integers(0, left) | st.just(left // 2))
        discounts.append(off)
        left -= off
    redeemed = draw(st.integers(0, left))
    points = draw(st.integers(0, 300))
    earned = draw(st.integers(0, 300))
    return SoldLine(line_id, 1, "x", "goods", units * 1000, amount, tuple(discounts), points, redeemed, earned)


def net(line: SoldLine) -> int:
    return line.amount_cents - sum(line.discounts) - line.redeemed_cents


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[SoldLine], list[int], list[dict[int, int]]]:
    """A sale, how it was paid, and the pieces of each refund until everything is back."""
    lines = [draw(sold(line_id)) for line_id in range(draw(st.integers(1, 3)))]
    total = sum(net(line) for line in lines)
    weights = draw(st.lists(st.integers(1, 9), min_size=1, max_size=3))
    left = {line.id: line.quantity // 1000 for line in lines}
    steps = []
    while any(left.values()):
        chosen = draw(st.lists(st.sampled_from([i for i in left if left[i]]), min_size=1, unique=True))
        step = {line_id: draw(st.integers(1, left[line_id])) for line_id in chosen}
        left = {line_id: count - step.get(line_id, 0) for line_id, count in left.items()}
        steps.append(step)
    return lines, money.shares(total, weights), steps


@settings(max_examples=300, deadline=None)
@given(histories())
def test_every_sequence_of_returns_pays_back_the_sale(
    history: tuple[list[SoldLine], list[int], list[dict[int, int]]],
) -> None:
    lines, paid, steps = history
    by_line, by_tender, points = Counter[int](), Counter[int](), Counter[str]()
    now = {line.id: line for line in lines}
    for step in steps:
        tenders = [(i, "cash", cents - by_tender[i]) for i, cents in enumerate(paid)]
        back = [ReturnLine(line_id, count * 1000) for line_id, count in step.items()]
        plan = returns.plan(1, list(now.values()), tenders, back)
        assert plan.total_cents == sum(cents for _, _, cents in plan.tenders)
        assert all(part.cents >= 0 for part in plan.parts)
        for part in plan.parts:
            by_line[part.line.id] += part.cents
            points["redeemed"] += part.returned_points
            points["earned"] += part.due_points
            now[part.line.id] = replace(
                part.line, returned=part.line.returned + part.quantity, refunded_cents=by_line[part.line.id]
            )
        by_tender.update({i: cents for i, _, cents in plan.tenders})
        assert all(by_tender[i] <= cents for i, cents in enumerate(paid))
    assert [by_line[line.id] for line in lines] == [net(line) for line in lines]
    assert [by_tender[i] for i in range(len(paid))] == paid
    assert points["redeemed"] == sum(line.redeemed_points for line in lines)
    assert points["earned"] == sum(line.earned_points for line in lines)
    assert plan.whole


def test_reductions_that_round_up_together_never_make_a_refund_negative() -> None:
    """Two pieces of 9.99 paid by two coupons of 9.99: half of each is 5.00 twice, more than 9.99."""
    line = SoldLine(1, 1, "tea", "goods", 2000, 1998, (999, 999), 0, 0, 0)
    assert returns.part_of(line, 1000).cents == 0
    assert returns.part_of(replace(line, returned=1000), 1000).cents == 0


def test_a_cent_paid_back_early_is_not_paid_again() -> None:
    """Three pieces at 0.07 less 0.10 and 0.10 cost 0.01, 0.00 and 0.01 so far: the first takes the cent."""
    line = SoldLine(1, 1, "sweet", "goods", 3000, 21, (10, 10), 0, 0, 0)
    paid = []
    for returned in (0, 1000, 2000):
        paid.append(returns.part_of(replace(line, returned=returned, refunded_cents=sum(paid)), 1000).cents)
    assert paid == [1, 0, 0]


LINE = SoldLine(1, 1, "tea", "goods", 2000, 2000, (), 0, 0, 0)
CARD = replace(LINE, id=2, kind="gift_card")


@pytest.mark.parametrize(
    ("back", "error"),
    [
        ([], returns.RefundInvalid),
        ([ReturnLine(1, 1000), ReturnLine(1, 1000)], returns.RefundInvalid),
        ([ReturnLine(9, 1000)], returns.RefundInvalid),
        ([ReturnLine(1, 0)], returns.RefundInvalid),
        ([ReturnLine(1, -1000)], returns.RefundInvalid),
        ([ReturnLine(2, 1000)], returns.RefundInvalid),
        ([ReturnLine(1, 2001)], returns.TooMuchReturned),
    ],
)
def test_what_cannot_come_back_is_refused(back: list[ReturnLine], error: type[Exception]) -> None:
    with pytest.raises(error):
        returns.plan(1, [LINE, CARD], [(1, "cash", 4000)], back)


# --- on the books ------------------------------------------------------------------------------------


@pytest.fixture
def free_tea(shop: Shop) -> tuple[Shop, int]:
    """Two teas of 9.99, wholly paid by two coupons."""
    shop.product("tea", 999)
    member = shop.member()
    for name in ("one", "two"):
        shop.give_coupon(shop.coupon_kind(name, effect="amount", off_cents=999), member)
    return shop, shop.sell(shop.basket(("tea", 2), member=member))


def test_a_part_of_a_free_sale_comes_back_for_nothing(free_tea: tuple[Shop, int]) -> None:
    shop, sale = free_tea
    line = receipts.of(sale).lines[0].id
    for _ in range(2):
        refunds.refund(sale, (ReturnLine(line, 1000),), by=shop.owner, now=shop.now)
    assert (receipts.of(sale).refunded_cents, ledgers.broken()) == (0, {})


def test_a_repeated_refund_is_done_once(shop: Shop) -> None:
    from core.base import db

    shop.product("tea", 1000)
    sale = shop.sell(shop.basket(("tea", 2)))
    back = (ReturnLine(receipts.of(sale).lines[0].id, 1000),)
    given = [refunds.refund(sale, back, by=shop.owner, now=shop.now, key="k") for _ in range(2)]
    assert given[0] == given[1]
    assert db.rows("SELECT refunds FROM sale") == [(1,)]


def test_goods_come_back_to_stock_only_if_they_can_be_sold(shop: Shop) -> None:
    from core.goods import stock

    tea = shop.product("tea", 1000)
    sale = shop.sell(shop.basket(("tea", 3)))
    line = receipts.of(sale).lines[0].id
    refunds.refund(sale, (ReturnLine(line, 1000, sellable=False),), by=shop.owner, now=shop.now)
    refunds.refund(sale, (ReturnLine(line, 1000),), by=shop.owner, now=shop.now)
    assert stock.on_hand(shop.store, tea) == -2000


def test_a_clerk_refunds_up_to_the_shops_limit(shop: Shop) -> None:
    from core.people import staff
    from core.selling.sales import ApprovalNeeded

    shop.rule("refund_limit_cents", 1000)
    shop.product("tea", 1000)
    sale = shop.sell(shop.basket(("tea", 3)))
    line = receipts.of(sale).lines[0].id
    clerk_id = staff.create("xiao", "李", "manager", password="long enough", by=shop.owner, now=shop.now)
    clerk = replace(staff.actor_of(clerk_id), role="clerk")
    refunds.refund(sale, (ReturnLine(line, 1000),), by=clerk, now=shop.now)
    with pytest.raises(ApprovalNeeded):
        refunds.refund(sale, (ReturnLine(line, 2000),), by=clerk, now=shop.now)
    refunds.refund(sale, (ReturnLine(line, 2000),), refunds.How(approved_by=shop.owner), by=clerk, now=shop.now)
    assert receipts.of(sale).refunded_cents == 3000
