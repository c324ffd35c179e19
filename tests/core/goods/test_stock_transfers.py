"""Transfers: what leaves one store arrives in the other, and what is missing is written down."""

import pytest

from core.base.clock import Millis
from core.base.errors import NotAllowed
from core.goods import batches, deliveries, stock, transfers
from core.goods.batches import NONE, Batch
from core.goods.deliveries import Delivery, Line
from core.goods.stock import NotCounted, QuantityInvalid, StockShort
from core.goods.transfers import TransferInvalid, TransferOver, TransferUnknown
from core.keeping import doctor
from tests.counter import other_store
from tests.shops import Shop


@pytest.fixture
def tea(shop: Shop) -> int:
    product_id = shop.product("tea", 1800)
    stock.receive(shop.store, product_id, 10_000, by=shop.owner, now=shop.now)
    return product_id


def send(shop: Shop, to: int, product_id: int, milli: int, key: str | None = None) -> int:
    return transfers.send(shop.store, to, [(product_id, milli)], by=shop.owner, now=shop.now, key=key)


def test_goods_on_their_way_are_in_neither_store(shop: Shop, tea: int) -> None:
    other = other_store(shop, "East")
    transfer_id = send(shop, other, tea, 4_000)
    assert (stock.on_hand(shop.store, tea), stock.on_hand(other, tea)) == (6_000, 0)
    (line,) = transfers.arrive(transfer_id, {}, by=shop.owner, now=Millis(shop.now + 1))
    assert (line.arrived_milli, line.missing_milli, stock.on_hand(other, tea)) == (4_000, 0, 4_000)
    assert [move.kind for move in stock.moves(other, tea)] == ["arrived"]
    assert doctor.examine(now=shop.now) == []


@pytest.mark.parametrize(("came", "missing"), [(3_000, 1_000), (0, 4_000), (5_000, -1_000)])
def test_what_arrives_is_what_is_counted_there(shop: Shop, tea: int, came: int, missing: int) -> None:
    other = other_store(shop, "East")
    transfer_id = send(shop, other, tea, 4_000)
    (line,) = transfers.arrive(transfer_id, {tea: came}, by=shop.owner, now=shop.now)
    assert (line.missing_milli, stock.on_hand(other, tea)) == (missing, came)
    assert transfers.get(transfer_id).missing == 1


def test_a_transfer_ends_once(shop: Shop, tea: int) -> None:
    other = other_store(shop, "East")
    transfer_id = send(shop, other, tea, 4_000)
    transfers.call_back(transfer_id, by=shop.owner, now=shop.now)
    assert (stock.on_hand(shop.store, tea), stock.on_hand(other, tea)) == (10_000, 0)
    with pytest.raises(TransferOver):
        transfers.arrive(transfer_id, {}, by=shop.owner, now=shop.now)
    with pytest.raises(TransferUnknown):
        transfers.arrive(1, {}, by=shop.owner, now=shop.now)


def test_the_same_key_sends_once(shop: Shop, tea: int) -> None:
    other = other_store(shop, "East")
    assert send(shop, other, tea, 4_000, "k") == send(shop, other, tea, 4_000, "k")
    assert stock.on_hand(shop.store, tea) == 6_000


def test_more_than_there_is_or_nothing_is_not_sent(shop: Shop, tea: int) -> None:
    other, cut = other_store(shop, "East"), shop.product("cut", 1, kind="service")
    for product_id, milli, error in (
        (tea, 11_000, StockShort), (tea, 0, QuantityInvalid), (tea, 500, QuantityInvalid), (cut, 1_000, NotCounted),
    ):  # fmt: skip
        with pytest.raises(error):
            send(shop, other, product_id, milli)
    for to, goods in ((shop.store, [(tea, 1_000)]), (other, []), (other, [(tea, 1_000)] * 2), (77, [(tea, 1_000)])):
        with pytest.raises(TransferInvalid):
            transfers.send(shop.store, to, goods, by=shop.owner, now=shop.now)
    assert stock.on_hand(shop.store, tea) == 10_000


def test_only_the_other_store_takes_in_and_only_what_was_sent(shop: Shop, tea: int) -> None:
    other, cake = other_store(shop, "East"), shop.product("cake", 900)
    transfer_id = send(shop, other, tea, 4_000)
    with pytest.raises(NotAllowed):
        transfers.arrive(transfer_id, {}, by=shop.owner_in(shop.store), now=shop.now)
    with pytest.raises(TransferInvalid):
        transfers.arrive(transfer_id, {cake: 1_000}, by=shop.owner, now=shop.now)
    (mine,) = transfers.recent(by=shop.owner_in(other))
    assert (mine.id, mine.state, mine.products) == (transfer_id, "sent", 1)


def test_batches_travel_with_their_days(shop: Shop) -> None:
    other, milk = other_store(shop, "East"), shop.product("milk", 1200)
    batches.track(milk, True, by=shop.owner, now=shop.now)
    soon, later = Batch(800_000, "A"), Batch(800_030, "B")
    lines = (Line(milk, 3_000, None, soon), Line(milk, 5_000, None, later))
    deliveries.take_in(Delivery(shop.store, lines), by=shop.owner, now=shop.now)
    transfer_id = send(shop, other, milk, 4_000)
    assert batches.of(shop.store, milk) == {later: 4_000}
    transfers.arrive(transfer_id, {milk: 5_000}, by=shop.owner, now=shop.now)
    assert batches.of(other, milk) == {NONE: 1_000, soon: 3_000, later: 1_000}
