"""What runs low: by product and store, told once a day."""

import json

from core.base import access, db
from core.base.clock import DAY, Millis
from core.goods import batches, deliveries, places, stock, transfers
from core.goods.batches import Batch
from core.goods.deliveries import Delivery, Line
from core.goods.places import Place
from core.outreach import alerting
from tests.counter import other_store
from tests.shops import Shop

JOB = access.scheduler("stock")


def test_below_its_limit_a_product_runs_low_in_that_store(shop: Shop) -> None:
    tea, other = shop.product("tea", 1800), other_store(shop, "East")
    stock.receive(shop.store, tea, 5_000, by=shop.owner, now=shop.now)
    places.put(shop.store, tea, Place("A1", 5_000), by=shop.owner, now=shop.now)
    assert places.low(by=shop.owner) == []
    shop.sell(shop.basket(("tea", 1)))
    places.put(other, tea, Place("", 1_000), by=shop.owner, now=shop.now)
    transfers.send(shop.store, other, [(tea, 1_000)], by=shop.owner, now=shop.now)
    found = [
        (one.store_id, one.on_hand_milli, one.least_milli, one.on_the_way_milli) for one in places.low(by=shop.owner)
    ]
    assert sorted(found) == sorted([(shop.store, 3_000, 5_000, 0), (other, 0, 1_000, 1_000)])
    assert (places.count_low(by=shop.owner_in(other)), places.of(shop.store, tea)) == (1, Place("A1", 5_000))


def test_staff_are_told_once_a_day(shop: Shop) -> None:
    tea = shop.product("tea", 1800)
    assert places.tell(by=JOB, now=shop.now) == "0 low, 0 expiring"
    places.put(shop.store, tea, Place("", 1_000), by=shop.owner, now=shop.now)
    batches.track(tea, True, by=shop.owner, now=shop.now)
    lines = (Line(tea, 500_000, None, Batch(739_766, "A")),)
    deliveries.take_in(Delivery(shop.store, lines), by=shop.owner, now=shop.now)
    shop.sell(shop.basket(("tea", 1)))
    places.put(shop.store, tea, Place("", 900_000), by=shop.owner, now=shop.now)
    for later in (0, 1, DAY):
        places.tell(by=JOB, now=Millis(shop.now + later))
    found = db.rows("SELECT about, facts, again FROM alert WHERE kind = 'stock' ORDER BY at")
    assert [(about, json.loads(facts), again) for about, facts, again in found] == [
        ("2026-05-29", {"low": 1, "expiring": 1}, 1),
        ("2026-05-30", {"low": 1, "expiring": 1}, 0),
    ]
    title, said = alerting.said("stock", "2026-05-29", {"low": 1, "expiring": 1})
    assert (title, said.splitlines()[0]) == ("Stock", "Running low: 1. Expiring soon: 1.")
