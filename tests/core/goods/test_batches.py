"""Batches: the first to expire is sold first, and they always add up to what is on hand."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.clock import DAY, Millis
from core.base.money import Milli
from core.goods import batches, deliveries, stock
from core.goods.batches import NONE, Batch, covered, taken
from core.goods.deliveries import Delivery, Line
from core.keeping import doctor
from core.selling import receipts, refunds
from core.selling.returns import ReturnLine
from tests.shops import Shop

TODAY = date(2026, 5, 29).toordinal()
SOON, LATER, GONE = Batch(TODAY + 3, "A"), Batch(TODAY + 30, "B"), Batch(TODAY - 1, "C")


@pytest.fixture
def milk(shop: Shop) -> int:
    """Milk of three batches: five gone by, five good for three days, five for thirty."""
    product_id = shop.product("鲜牛奶", 1200)
    batches.track(product_id, True, by=shop.owner, now=shop.now)
    lines = tuple(Line(product_id, 5_000, None, batch) for batch in (LATER, SOON, GONE))
    deliveries.take_in(Delivery(shop.store, lines), by=shop.owner, now=shop.now)
    return product_id


def test_what_is_sold_expires_first_but_is_still_good(shop: Shop, milk: int) -> None:
    shop.sell(shop.basket(("鲜牛奶", 7)))
    assert batches.of(shop.store, milk) == {GONE: 5_000, LATER: 3_000}
    shop.sell(shop.basket(("鲜牛奶", 4)))
    assert batches.of(shop.store, milk) == {GONE: 4_000}
    assert doctor.examine(now=shop.now) == []


def test_what_is_thrown_away_expired_first(shop: Shop, milk: int) -> None:
    stock.take_out(shop.store, milk, 6_000, why="expired", by=shop.owner, now=shop.now)
    assert batches.of(shop.store, milk) == {SOON: 4_000, LATER: 5_000}


def test_what_comes_back_goes_to_the_batches_it_was_sold_from(shop: Shop, milk: int) -> None:
    sale_id = shop.sell(shop.basket(("鲜牛奶", 7)))
    (line,) = receipts.of(sale_id).lines
    refunds.refund(sale_id, [ReturnLine(line.id, Milli(3_000))], by=shop.owner, now=Millis(shop.now + 1))
    assert batches.of(shop.store, milk) == {GONE: 5_000, SOON: 1_000, LATER: 5_000}
    refunds.refund(sale_id, [ReturnLine(line.id, Milli(4_000))], by=shop.owner, now=Millis(shop.now + 2))
    assert batches.of(shop.store, milk) == {GONE: 5_000, SOON: 5_000, LATER: 5_000}


def test_what_was_oversold_is_covered_by_the_next_delivery(shop: Shop, milk: int) -> None:
    shop.sell(shop.basket(("鲜牛奶", 17)))
    assert batches.of(shop.store, milk) == {NONE: -2_000}
    deliveries.take_in(Delivery(shop.store, (Line(milk, 6_000, None, SOON),)), by=shop.owner, now=shop.now)
    assert batches.of(shop.store, milk) == {SOON: 4_000}


def test_what_lay_there_before_is_of_no_known_batch(shop: Shop) -> None:
    product_id = shop.product("tea", 1800)
    stock.receive(shop.store, product_id, 4_000, by=shop.owner, now=shop.now)
    batches.track(product_id, True, by=shop.owner, now=shop.now)
    assert batches.of(shop.store, product_id) == {NONE: 4_000}
    batches.track(product_id, False, by=shop.owner, now=shop.now)
    assert (batches.of(shop.store, product_id), stock.on_hand(shop.store, product_id)) == ({}, 4_000)


def test_what_expires_within_days_is_listed_the_first_first(shop: Shop, milk: int) -> None:
    found = batches.expiring(14, by=shop.owner, now=shop.now)
    assert [(one.product, one.batch, one.quantity_milli) for one in found] == [
        ("鲜牛奶", GONE, 5_000),
        ("鲜牛奶", SOON, 5_000),
    ]
    assert len(batches.expiring(30, by=shop.owner, now=Millis(shop.now + DAY))) == 3


held = st.dictionaries(st.builds(Batch, st.integers(0, 9), st.sampled_from("AB")), st.integers(-9, 9), max_size=6)


@given(held, st.integers(1, 40), st.integers(0, 9), st.booleans())
def test_what_is_taken_adds_up_and_leaves_no_batch_short(
    there: dict[Batch, int], quantity: int, today: int, good_first: bool
) -> None:
    parts = taken(list(there.items()), quantity, today=today, good_first=good_first)
    assert sum(milli for _, milli in parts) == -quantity
    assert all(-milli <= there.get(batch, 0) for batch, milli in parts if batch != NONE)


@given(held)
def test_covering_moves_nothing_in_or_out(there: dict[Batch, int]) -> None:
    moved = covered(there)
    assert sum(milli for _, milli in moved) == 0
    after = there.get(NONE, 0) + sum(milli for batch, milli in moved if batch == NONE)
    left = [milli for batch, milli in there.items() if batch != NONE and milli > 0]
    assert after >= min(0, there.get(NONE, 0) + sum(left))
