"""Stock: taken in, sold, taken out with a reason, counted; every move in its order."""

import pytest

from core.base.clock import Millis
from core.base.errors import NotAllowed
from core.base.money import Milli
from core.books import audit
from core.goods import catalogue, stock
from core.goods.stock import NotCounted, QuantityInvalid, StockMoved, StockShort, WhyUnknown
from core.keeping import doctor
from core.selling import receipts, refunds
from core.selling.returns import ReturnLine
from tests.shops import Shop


@pytest.fixture
def tea(shop: Shop) -> tuple[Shop, int]:
    product_id = shop.product("珍珠奶茶", 1800)
    stock.receive(shop.store, product_id, 10_000, by=shop.owner, now=shop.now)
    return shop, product_id


def take(shop: Shop, product_id: int, quantity: int, why: str = "broken", minute: int = 1) -> None:
    now = Millis(shop.now + minute * 60_000)
    stock.take_out(shop.store, product_id, quantity, why=why, note="cup fell", by=shop.owner, now=now)


def test_what_goes_out_unsold_keeps_its_reason(tea: tuple[Shop, int]) -> None:
    shop, product_id = tea
    take(shop, product_id, 2_000, "own_use")
    assert stock.on_hand(shop.store, product_id) == 8_000
    moves = stock.moves(shop.store, product_id)
    assert [(m.kind, m.quantity_milli, m.after_milli, m.why, m.note) for m in moves] == [
        ("waste", -2_000, 8_000, "own_use", "cup fell"),
        ("in", 10_000, 10_000, "", ""),
    ]


@pytest.mark.parametrize(
    ("quantity", "why", "error"),
    [(10_001, "broken", StockShort), (0, "broken", QuantityInvalid), (1_000, "gift", WhyUnknown)],
)
def test_more_than_there_is_or_without_a_reason_does_not_go_out(
    tea: tuple[Shop, int], quantity: int, why: str, error: type[Exception]
) -> None:
    shop, product_id = tea
    with pytest.raises(error):
        take(shop, product_id, quantity, why)
    assert stock.on_hand(shop.store, product_id) == 10_000


def test_a_count_writes_the_difference_as_a_move(tea: tuple[Shop, int]) -> None:
    shop, product_id = tea
    difference = stock.count(shop.store, product_id, 7_000, expected_milli=10_000, by=shop.owner, now=shop.now)
    assert (difference, stock.on_hand(shop.store, product_id)) == (-3_000, 7_000)
    (row,) = audit.newest(by=shop.owner, limit=1)
    assert (row.action, row.before) == ("stock.counted", '{"quantity_milli": 10000}')
    assert row.after == '{"quantity_milli": 7000}'
    newest = stock.moves(shop.store, product_id)[0]
    assert (newest.kind, newest.quantity_milli) == ("count", -3_000)


def test_a_count_that_agrees_moves_nothing_and_stands_in_the_log(tea: tuple[Shop, int]) -> None:
    shop, product_id = tea
    assert stock.count(shop.store, product_id, 10_000, expected_milli=10_000, by=shop.owner, now=shop.now) == 0
    assert len(stock.moves(shop.store, product_id)) == 1
    assert audit.newest(by=shop.owner, limit=1)[0].action == "stock.counted"


def test_a_count_is_refused_when_something_was_sold_meanwhile(tea: tuple[Shop, int]) -> None:
    shop, product_id = tea
    shop.sell(shop.basket(("珍珠奶茶", 1)))
    with pytest.raises(StockMoved) as refusal:
        stock.count(shop.store, product_id, 10_000, expected_milli=10_000, by=shop.owner, now=shop.now)
    assert "went from 10 to 9 while it was counted" in refusal.value.sentence()
    assert stock.on_hand(shop.store, product_id) == 9_000


def test_what_was_oversold_is_brought_right_by_a_count(shop: Shop) -> None:
    product_id = shop.product("栗子蛋糕", 3200)
    shop.sell(shop.basket(("栗子蛋糕", 2)))
    assert stock.on_hand(shop.store, product_id) == -2_000
    with pytest.raises(StockShort):
        take(shop, product_id, 1_000)
    stock.count(shop.store, product_id, 5_000, expected_milli=-2_000, by=shop.owner, now=shop.now)
    assert stock.on_hand(shop.store, product_id) == 5_000
    assert doctor.examine(now=shop.now) == []


def test_a_service_has_nothing_to_count_or_take_out(shop: Shop) -> None:
    cut = shop.product("Haircut", 5000, kind="service")
    with pytest.raises(NotCounted):
        stock.count(shop.store, cut, 1_000, expected_milli=0, by=shop.owner, now=shop.now)
    with pytest.raises(NotCounted):
        take(shop, cut, 1_000)


def test_moves_name_the_receipt_that_sold_and_that_brought_back(tea: tuple[Shop, int]) -> None:
    shop, product_id = tea
    sale_id = shop.sell(shop.basket(("珍珠奶茶", 3)), now=Millis(shop.now + 1))
    (line,) = receipts.of(sale_id).lines
    refunds.refund(sale_id, [ReturnLine(line.id, Milli(1000))], by=shop.owner, now=Millis(shop.now + 2))
    found = [(m.kind, m.after_milli, m.sale_id, m.receipt, m.name) for m in stock.moves(shop.store, product_id)]
    assert found == [
        ("refund", 8_000, sale_id, "20260529-0001", "周丽"),
        ("sale", 7_000, sale_id, "20260529-0001", "周丽"),
        ("in", 10_000, None, "", "周丽"),
    ]


def test_moves_come_a_page_at_a_time_with_what_was_left(tea: tuple[Shop, int]) -> None:
    shop, product_id = tea
    for minute in range(1, 6):
        take(shop, product_id, 1_000, minute=minute)
    first = stock.moves(shop.store, product_id, limit=4)
    rest = stock.moves(shop.store, product_id, before=first[-1], limit=4)
    assert [m.after_milli for m in (*first, *rest)] == [5_000, 6_000, 7_000, 8_000, 9_000, 10_000]


def test_nobody_from_another_store_moves_this_ones_stock(tea: tuple[Shop, int]) -> None:
    shop, product_id = tea
    clerk = shop.owner_with(frozenset({"sell"}))
    with pytest.raises(NotAllowed):
        stock.take_out(shop.store, product_id, 1_000, why="lost", by=clerk, now=shop.now)
    with pytest.raises(NotAllowed):
        stock.count(shop.store, product_id, 0, expected_milli=10_000, by=clerk, now=shop.now)
    assert catalogue.get(product_id).active
