"""The stockroom: transfers, counts, what runs low or expires, suppliers, store prices and sets, by keys."""

import asyncio
from datetime import date
from pathlib import Path

import pytest

from core.goods import batches, bundles, catalogue, counts, deliveries, places, prices, stock, transfers
from core.goods.batches import Batch
from core.goods.deliveries import Delivery, Line
from core.goods.places import Place
from tests.counter import other_store
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, widths
from tests.tui.shopfront import LANGUAGES, opened, pressed, screen, settled, typed
from tui.screens.countspage import CountsPage, SheetPage
from tui.screens.goods import GoodsPage
from tui.screens.stockroom import ExpiringPage, GoodsInPage, LowPage, StockroomPage, SuppliersPage
from tui.screens.storeprices import StorePricesPage
from tui.screens.transferspage import TransferPage, TransfersPage


@pytest.fixture
def shop(database: Path) -> Shop:
    """Two stores, tea below its limit, milk of two batches, a transfer on its way and a count begun."""
    shop = open_shop()
    shop.products["milk"], tea = shop.product("鲜牛奶", 1200), shop.product("tea", 1800)
    other, milk = other_store(shop), shop.products["milk"]
    batches.track(milk, True, by=shop.owner, now=shop.now)
    farm = deliveries.set_supplier(None, "云雾茶场", "林先生 0571", "月结", by=shop.owner, now=shop.now)
    today = date(2026, 5, 29).toordinal()
    lines = [Line(milk, 6_000, 500, Batch(today + days, "A")) for days in (-1, 5)]
    delivery = Delivery(shop.store, (*lines, Line(tea, 9_000, 700)), farm, "LS-17")
    deliveries.take_in(delivery, by=shop.owner, now=shop.now)
    places.put(shop.store, tea, Place("A1", 20_000), by=shop.owner, now=shop.now)
    transfers.send(shop.store, other, [(tea, 3_000)], note="周末用", by=shop.owner, now=shop.now)
    counts.note(counts.begin(shop.store, by=shop.owner, now=shop.now), tea, 5_000, by=shop.owner, now=shop.now)
    prices.put(other, tea, 1500, first=date(2026, 5, 29), by=shop.owner, now=shop.now)
    return shop


PAGES = (StockroomPage, TransfersPage, CountsPage, LowPage, ExpiringPage, GoodsInPage, SuppliersPage)
WORDS = {
    StockroomPage: {"en": "1 begun", "zh": "1 张在盘"}, TransfersPage: {"en": "under way", "zh": "在途"},
    CountsPage: {"en": "being counted", "zh": "盘点中"}, LowPage: {"en": "20 pieces", "zh": "20 件"},
    ExpiringPage: {"en": "2026-05-28", "zh": "2026-05-28"}, GoodsInPage: {"en": "¥123.00", "zh": "¥123.00"},
    SuppliersPage: {"en": "云雾茶场", "zh": "云雾茶场"},
}  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__)
@pytest.mark.parametrize(("language", "size"), list(zip(LANGUAGES, SIZES, strict=False)))
def test_pages_of_the_stockroom_fit_the_screen(
    shop: Shop, page: type[StockroomPage], language: str, size: tuple[int, int]
) -> None:
    async def body() -> None:
        async with opened(shop, page, language=language, size=size) as (app, _pilot):
            assert widths(app) == {size[0]}
            assert WORDS[page][language] in screen(app)

    asyncio.run(body())


def test_goods_are_sent_and_arrive_with_a_difference(shop: Shop) -> None:
    tea = shop.products["tea"]

    async def body() -> None:
        async with opened(shop, TransfersPage) as (app, pilot):
            await pressed(pilot, "n", "tab", "tab", *"tea*2", "tab", "enter")
            await settled(pilot)
            assert screen(app).count("under way") == 2
            await pressed(pilot, "enter", "c", *"1", "enter")
            await settled(pilot)
            assert isinstance(app.screen, TransferPage)
            await pressed(pilot, "w", "enter")
            await settled(pilot)

    asyncio.run(body())
    (ended,) = [one for one in transfers.recent(by=shop.owner) if one.state == "arrived"]
    assert (ended.missing, stock.on_hand(ended.to_store_id, tea)) == (1, 1_000)


def test_a_count_is_scanned_typed_and_written(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, CountsPage) as (app, pilot):
            await pressed(pilot, "enter")
            await settled(pilot)
            assert isinstance(app.screen, SheetPage)
            await pressed(pilot, "slash", *"tea", "enter")
            await settled(pilot)
            assert "6 pieces" in screen(app)
            await pressed(pilot, "tab", "w", "enter")
            await settled(pilot)
            assert "written" in screen(app)

    asyncio.run(body())
    assert (counts.recent(by=shop.owner)[0].state, stock.on_hand(shop.store, shop.products["tea"])) == (
        "written",
        6_000,
    )


def test_a_product_gets_shelf_limit_delivery_labels_and_a_price_of_one_store(shop: Shop) -> None:
    tea = shop.products["tea"]

    async def body() -> None:
        async with opened(shop, GoodsPage) as (app, pilot):
            assert "cost ¥7.00, margin 61.11 %" in screen(app)
            await pressed(pilot, "l")
            await typed(pilot, "B2", "", "", "")
            await settled(pilot)
            await pressed(pilot, "g")
            await typed(pilot, "5", "", "", "")
            await settled(pilot)
            await pressed(pilot, "v")
            await settled(pilot)
            assert isinstance(app.screen, StorePricesPage) and "¥15.00" in screen(app)

    asyncio.run(body())
    assert places.of(shop.store, tea).shelf == "A1B2"
    assert stock.on_hand(shop.store, tea) == 11_000


def test_a_set_is_made_of_what_is_typed(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, GoodsPage) as (_app, pilot):
            await pressed(pilot, "u")
            await typed(pilot, "pair", "25", "tea*2, 鲜牛奶", "")
            await settled(pilot)

    asyncio.run(body())
    (pair,) = catalogue.find("pair")
    assert sorted(milli for _id, milli in bundles.parts(pair.id)) == [1_000, 2_000]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_variants_are_made_at_once_and_stand_together(shop: Shop, language: str, size: tuple[int, int]) -> None:
    async def body() -> None:
        async with opened(shop, GoodsPage, language=language, size=size) as (app, pilot):
            await pressed(pilot, "o")
            assert widths(app) == {size[0]}
            await typed(pilot, "果汁", "大杯 22, 小杯", "")
            await settled(pilot)
            assert "价格" in screen(app) if language == "zh" else "a price is missing" in screen(app)
            await pressed(pilot, "escape", "o")
            await typed(pilot, "果汁", "大杯 22, 小杯 18", "")
            await settled(pilot)
            assert "果汁 · 大杯" in screen(app) and "果汁 · 小杯" in screen(app)

    asyncio.run(body())
    assert [one.price_cents for one in catalogue.find("果汁")] == [2200, 1800]
