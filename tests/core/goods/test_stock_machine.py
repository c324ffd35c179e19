"""Stock in any order of events: the sums hold, and every quantity is that of a model which only adds and subtracts."""

import shutil
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from core.base import db
from core.base import settings as installation
from core.base.clock import DAY, Millis
from core.base.money import Milli
from core.goods import batches, bundles, counts, deliveries, stock, transfers
from core.goods.batches import Batch
from core.goods.deliveries import Delivery, Line
from core.goods.stock import StockShort
from core.selling import receipts, refunds
from core.selling.returns import ReturnLine
from tests import postgres, shops
from tests.core.goods import stockbooks
from tests.counter import other_store

TODAY = 739_765
FLOORS = {
    "oversold": 5, "brought back": 5, "arrived": 5, "arrived short": 2, "arrived over": 2, "called back": 3,
    "refused": 3, "count written": 3, "set sold": 5, "of several batches": 3, "sold expired": 1,
}  # fmt: skip
reached: Counter[str] = Counter()
empty: list[str | postgres.Cluster] = []
ANY = st.integers(0, 1)
FEW = st.integers(1, 5)


class Stock(RuleBasedStateMachine):
    """Two stores, milk by batches and tea without, and a set of both."""

    @initialize()
    def open(self) -> None:
        self.folder = TemporaryDirectory()
        installation.use(installation.Settings(secret="test secret"))
        if isinstance(empty[0], str):
            path = str(Path(self.folder.name) / "shop.db")
            shutil.copy(empty[0], path)
            db.open_database(path, durable=False)
        else:
            db.open_database(empty[0].create("stock", template="migrated"))
        shop = self.shop = shops.open_shop()
        self.stores = (shop.store, other_store(shop))
        self.goods = (shop.product("milk", 1000), shop.product("tea", 1800))
        batches.track(self.goods[0], True, by=shop.owner, now=shop.now)
        made_of = [(self.goods[0], 1_000), (self.goods[1], 2_000)]
        self.set = shop.products["set"] = bundles.create("set", 4000, made_of, by=shop.owner, now=shop.now)
        self.there: Counter[tuple[int, int]] = Counter()
        self.sold: list[tuple[int, int, int]] = []
        self.on_way: list[tuple[int, int, int, int]] = []
        self.sheets: list[int] = []

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            db.close_database()
            self.folder.cleanup()

    def by_now(self) -> dict[str, object]:
        self.shop.now = Millis(self.shop.now + 1)
        return {"by": self.shop.owner, "now": self.shop.now}

    @rule(which=ANY, store=ANY, pieces=FEW, days=st.sampled_from([-1, 0, 1, 3, 9]), cost=st.sampled_from([None, 500]))
    def take_in(self, which: int, store: int, pieces: int, days: int, cost: int | None) -> None:
        batch = Batch(TODAY + days, "A") if which == 0 else batches.NONE
        line = Line(self.goods[which], pieces * 1_000, cost, batch)
        deliveries.take_in(Delivery(self.stores[store], (line,)), **self.by_now())
        self.there[store, which] += pieces

    @rule(which=st.integers(0, 2), store=ANY, pieces=FEW)
    def sell(self, which: int, store: int, pieces: int) -> None:
        here, self.shop.store = self.shop.store, self.stores[store]
        expired = batches.Batch(TODAY - 1, "A") in batches.of(self.stores[store], self.goods[0])
        sale = self.shop.sell(self.shop.basket((("milk", "tea", "set")[which], pieces)), now=self.by_now()["now"])
        self.shop.store = here
        for part, each in ((0, 1), (1, 2)) if which == 2 else ((which, 1),):
            self.there[store, part] -= pieces * each
        self.sold += [(sale, which, store)] * pieces
        reached["set sold"] += which == 2
        reached["oversold"] += min(self.there.values()) < 0
        reached["of several batches"] += len(batches.moved_by(sale, self.goods[0])) > 1
        reached["sold expired"] += expired and batches.Batch(TODAY - 1, "A") in batches.moved_by(sale, self.goods[0])

    @precondition(lambda self: self.sold)
    @rule(which=st.integers(0, 99))
    def bring_back(self, which: int) -> None:
        sale, product, store = self.sold.pop(which % len(self.sold))
        line = receipts.of(sale).lines[0]
        refunds.refund(sale, [ReturnLine(line.id, Milli(1_000))], **self.by_now())
        for part, each in ((0, 1), (1, 2)) if product == 2 else ((product, 1),):
            self.there[store, part] += each
        reached["brought back"] += 1

    @rule(which=ANY, store=ANY, pieces=FEW)
    def send(self, which: int, store: int, pieces: int) -> None:
        given = (self.stores[store], self.stores[1 - store], [(self.goods[which], pieces * 1_000)])
        if pieces > self.there[store, which]:
            with pytest.raises(StockShort):
                transfers.send(*given, **self.by_now())
            reached["refused"] += 1
            return
        self.on_way.append((transfers.send(*given, **self.by_now()), which, store, pieces))
        self.there[store, which] -= pieces

    @precondition(lambda self: self.on_way)
    @rule(more=st.sampled_from([-1, 0, 1, 0]), back=st.sampled_from([False, False, True]))
    def end(self, more: int, back: bool) -> None:
        transfer, which, store, pieces = self.on_way.pop(0)
        if back:
            transfers.call_back(transfer, **self.by_now())
            self.there[store, which] += pieces
            reached["called back"] += 1
            return
        came = {self.goods[which]: (pieces + more) * 1_000}
        transfers.arrive(transfer, came, **self.by_now())
        self.there[1 - store, which] += pieces + more
        reached[("arrived", "arrived over", "arrived short")[more]] += 1

    @rule(which=ANY, store=ANY, pieces=FEW, more=st.sampled_from([-1, 0, 1]), back=st.booleans())
    def send_and_end(self, which: int, store: int, pieces: int, more: int, back: bool) -> None:
        """The way of a transfer that chance alone takes too rarely."""
        self.take_in(which, store, 5, 3, None)
        self.send(which, store, pieces)
        if self.on_way:
            self.end(more, back)

    @rule(store=ANY, expired=st.booleans())
    def sell_through(self, store: int, expired: bool) -> None:
        """More milk than one batch holds, down to what has expired if asked."""
        for days in (-1, 2, 5):
            self.take_in(0, store, 2, days, None)
        there = self.there[store, 0]
        if there > 1:
            self.sell(0, store, there if expired else max(1, there - 2))

    @rule(which=ANY, store=ANY, pieces=FEW)
    def take_out(self, which: int, store: int, pieces: int) -> None:
        given = (self.stores[store], self.goods[which], pieces * 1_000)
        if pieces > self.there[store, which]:
            with pytest.raises(StockShort):
                stock.take_out(*given, why="broken", **self.by_now())
            return
        stock.take_out(*given, why="broken", **self.by_now())
        self.there[store, which] -= pieces

    @rule(which=ANY, store=ANY, pieces=st.integers(0, 6), sells=st.integers(0, 2))
    def count(self, which: int, store: int, pieces: int, sells: int) -> None:
        """A sheet on which one product is counted, and something sold before it is written."""
        sheet = counts.begin(self.stores[store], **self.by_now())
        counts.note(sheet, self.goods[which], pieces * 1_000, **self.by_now())
        self.there[store, which] = pieces
        if sells:
            self.sell(which, store, sells)
        assert counts.close(sheet, **self.by_now()) == "written"
        reached["count written"] += 1

    @rule(on=st.booleans())
    def keep_by_batches(self, on: bool) -> None:
        batches.track(self.goods[0], on, **self.by_now())
        batches.track(self.goods[0], True, **self.by_now())

    @rule()
    def wait(self) -> None:
        self.shop.now = Millis(self.shop.now + DAY // 2)

    @invariant()
    def the_sums_hold(self) -> None:
        if hasattr(self, "sheets"):
            assert stockbooks.broken() == {}

    @invariant()
    def every_quantity_is_the_models(self) -> None:
        if hasattr(self, "sheets"):
            for (store, which), pieces in self.there.items():
                assert stock.on_hand(self.stores[store], self.goods[which]) == pieces * 1_000


def run(examples: int, steps: int) -> None:
    Stock.TestCase.settings = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck), phases=(Phase.generate, Phase.shrink),
    )  # fmt: skip
    reached.clear()
    Stock.TestCase("runTest").runTest()


def test_stock_holds_in_any_order_on_sqlite(empty_sqlite: Path) -> None:
    empty[:] = [str(empty_sqlite)]
    run(25, 30)
    assert {name for name, floor in FLOORS.items() if reached[name] < floor} == set()


@pytest.mark.long
def test_stock_holds_in_any_long_order_on_sqlite(empty_sqlite: Path) -> None:
    empty[:] = [str(empty_sqlite)]
    run(400, 60)


@pytest.mark.postgres
def test_stock_holds_in_any_order_on_postgresql(cluster: postgres.Cluster) -> None:
    empty[:] = [cluster]
    run(4, 30)
