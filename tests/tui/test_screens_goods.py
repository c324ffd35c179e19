"""Products with price and stock: found, added, priced, taken in."""

import asyncio
from pathlib import Path

import pytest

from core.goods import catalogue, stock
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, lines, notices, widths
from tests.tui.shopfront import LANGUAGES, opened, pressed, screen, settled, typed
from tui.screens.goods import GoodsPage


@pytest.fixture
def shop(database: Path) -> Shop:
    shop = open_shop()
    shop.product("珍珠奶茶", 1800, barcode="6901000000015")
    shop.product("龙井茶叶", 88000, weighed=True)
    shop.product("Haircut", 5000, kind="service")
    stock.receive(shop.store, shop.products["珍珠奶茶"], 2_569_000, by=shop.owner, now=shop.now)
    stock.receive(shop.store, shop.products["龙井茶叶"], 12_350, by=shop.owner, now=shop.now)
    return shop


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_goods_fit_the_screen_with_units(shop: Shop, language: str, size: tuple[int, int]) -> None:
    async def body() -> None:
        async with opened(shop, GoodsPage, language=language, size=size) as (app, _pilot):
            assert widths(app) == {size[0]}
            pieces, weight = {"en": ("2,569 pieces", "12.35 kg"), "zh": ("2,569 件", "12.35 公斤")}[language]
            assert pieces in screen(app) and weight in screen(app) and "¥880.00/kg" in screen(app)

    asyncio.run(body())


def test_box_finds_by_initials_and_by_barcode(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, GoodsPage) as (app, pilot):
            await pressed(pilot, "slash", *"zznc")
            await pilot.pause(0.2)
            await settled(pilot)
            assert "珍珠奶茶" in screen(app) and "Haircut" not in screen(app)
            await pressed(pilot, "enter")
            assert app.focused is app.screen.query_one("#list")

    asyncio.run(body())


def test_new_product_appears_and_a_taken_barcode_is_refused_at_its_field(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, GoodsPage) as (app, pilot):
            await pressed(pilot, "n")
            await typed(pilot, "Egg tart", "8", "6901000000015", "")
            assert "belongs to 珍珠奶茶 already." in screen(app)
            await pressed(pilot, *["backspace"] * 13, "enter", "enter")
            assert "Egg tart" in screen(app)

    asyncio.run(body())
    assert catalogue.find("Egg tart")[0].price_cents == 800


def test_price_and_stock_are_changed_where_the_cursor_is(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, GoodsPage) as (app, pilot):
            await pressed(pilot, "down", "p", *["backspace"] * 5)
            await typed(pilot, "19.5")
            assert "“19.5” is not an amount." in screen(app)
            await typed(pilot, "0")
            await pressed(pilot, "i")
            await typed(pilot, "31")
            row = next(line for line in lines(app) if "珍珠奶茶" in line)
            assert "¥19.50" in row and "2,600 pieces" in row

    asyncio.run(body())
    assert stock.on_hand(shop.store, shop.products["珍珠奶茶"]) == 2_600_000


def test_service_has_no_stock_to_take_in(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, GoodsPage) as (app, pilot):
            await pressed(pilot, "i")
            assert notices(app) == ["Haircut is not counted: only goods have a stock."]

    asyncio.run(body())


def test_shelf_pages_by_name_and_knows_what_a_store_has(shop: Shop) -> None:
    first = catalogue.shelf(shop.store, limit=2)
    last = first[-1].product
    rest = catalogue.shelf(shop.store, after_name=last.name, after_id=last.id, limit=2)
    found = {one.product.name: one.on_hand_milli for one in (*first, *rest)}
    assert found == {"Haircut": None, "珍珠奶茶": 2_569_000, "龙井茶叶": 12_350}
    assert {one.on_hand_milli for one in catalogue.shelf(0)} == {None, 0}
    assert [one.product.name for one in catalogue.shelf(shop.store, typed="longjing")] == ["龙井茶叶"]
