"""Four processes move the stock of two stores at once, on both engines: every sum holds afterwards."""

from collections import Counter
from collections.abc import Iterator

import pytest

from core.base import db
from core.goods import batches, bundles
from core.keeping import doctor
from tests.core.goods import stockbooks
from tests.counter import other_store
from tests.faults.test_selling_races import SEED, Rush
from tests.shops import Shop

USUAL = {"done", "StockShort", "TransferOver", "TooMuchReturned"}


@pytest.fixture(scope="module")
def four() -> Iterator[Rush]:
    started = Rush(4)
    yield started
    started.end()


def test_stock_moved_by_four_processes_keeps_its_sums(shop: Shop, engine: str, four: Rush) -> None:
    milk, tea = shop.product("milk", 1000), shop.product("tea", 1800)
    batches.track(milk, True, by=shop.owner, now=shop.now)
    pair = bundles.create("pair", 2500, [(milk, 1_000), (tea, 1_000)], by=shop.owner, now=shop.now)
    stores = [shop.store, other_store(shop)]
    for product in ("milk", "tea"):
        shop.sell(shop.basket((product, 1)))
    task = {"url": engine, "now": shop.now, "owner": shop.owner.id, "stores": stores, "products": [milk, tea, pair],
            "seed": SEED, "times": 40}  # fmt: skip
    given = [*four.do(4, task | {"work": "take_in", "times": 5}), *four.do(4, task | {"work": "send", "times": 5})]
    given += four.do(4, task | {"work": "any_stock"})
    outcomes = Counter(what for what, _ in given)
    assert (set(outcomes) <= USUAL, outcomes["done"] > 120) == (True, True)
    kinds = {kind for (kind,) in db.rows("SELECT DISTINCT kind FROM stock_move")}
    assert kinds == {"in", "sale", "refund", "count", "sent", "arrived"}
    assert (stockbooks.broken(), doctor.examine(now=shop.now)) == ({}, [])
