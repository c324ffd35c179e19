"""Products with price and stock: found, added, priced, taken in."""

import asyncio
from pathlib import Path

import pytest

from core.goods import catalogue, stock
from core.loyalty import passes
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, lines, notices, widths
from tests.tui.shopfront import LANGUAGES, opened, pressed, screen, settled, typed
from tui.app import BackOffice
from tui.screens.goods import GoodsPage
from tui.screens.receipt import ReceiptPage
from tui.screens.stockmoves import MovesPage


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
            await typed(pilot, "Egg tart", "8", "6901000000015", "", "")
            assert "belongs to 珍珠奶茶 already." in screen(app)
            await pressed(pilot, *["backspace"] * 13, "enter", "enter", "enter")
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


def row_of(app: BackOffice, name: str) -> str:
    return next(line for line in lines(app) if name in line)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_of_the_goods_fits_the_screen(shop: Shop, language: str, size: tuple[int, int]) -> None:
    shop.rule("tax_mode", "inclusive")

    async def body() -> None:
        async with opened(shop, GoodsPage, language=language, size=size) as (app, pilot):
            await pressed(pilot, "down")
            for key in ("n", "e", "p", "i", "t", "c", "x", "f", "s"):
                await pressed(pilot, key)
                assert app.page is not None and app.page.overlay.is_open
                assert widths(app) == {size[0]} and app.page.overlay.size.height <= size[1]
                await pressed(pilot, "escape")
            await pressed(pilot, "enter")
            assert isinstance(app.page, MovesPage) and widths(app) == {size[0]}

    asyncio.run(body())


def test_a_product_is_changed_in_one_form(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, GoodsPage) as (app, pilot):
            await pressed(pilot, "down", "e", *["backspace"] * 4)
            await typed(pilot, "Bubble tea", "", "", "", "drinks")
            await pressed(pilot, "right", "enter", "enter", "backspace")
            await typed(pilot, "5")
            await pressed(pilot, "home")
            assert "drinks · no discounts · 5 points each" in screen(app)

    asyncio.run(body())
    changed = catalogue.find("Bubble tea")[0]
    assert (changed.price_cents, changed.discountable, changed.earns, changed.points_each) == (1800, False, True, 5)


def test_rate_of_tax_is_asked_where_the_shop_has_tax(shop: Shop) -> None:
    shop.rule("tax_mode", "inclusive")

    async def body() -> None:
        async with opened(shop, GoodsPage) as (app, pilot):
            await pressed(pilot, "down", "e")
            await typed(pilot, "", "", "", "", "", "", "", "")
            await pressed(pilot, *["backspace"] * 4)
            await typed(pilot, "13")
            assert "13.00 % tax" in screen(app)

    asyncio.run(body())
    assert catalogue.find("珍珠")[0].tax_bp == 1300


def test_a_retired_product_leaves_the_list_and_comes_back_from_the_filter(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, GoodsPage) as (app, pilot):
            await pressed(pilot, "down", "x", "y")
            assert "珍珠奶茶" not in screen(app)
            await pressed(pilot, "f", "enter", "enter", "right", "right", "enter")
            assert "珍珠奶茶" in screen(app) and "retired" in screen(app) and "Haircut" not in screen(app)
            await pressed(pilot, "x")
            assert "No such product. n adds one, f shows others." in screen(app)

    asyncio.run(body())
    assert [one.name for one in catalogue.find("珍珠")] == ["珍珠奶茶"]


def test_goods_go_out_with_a_reason_and_never_more_than_there_are(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, GoodsPage) as (app, pilot):
            await pressed(pilot, "down", "t")
            await typed(pilot, "2570")
            await pressed(pilot, "2", "enter")
            await typed(pilot, "cups fell")
            assert "There are 2569 of “珍珠奶茶”, not 2570." in screen(app)
            await pressed(pilot, *["backspace"] * 4)
            await typed(pilot, "69", "", "")
            assert "2,500 pieces" in row_of(app, "珍珠奶茶")
            await pressed(pilot, "enter")
            assert "−69 pieces" in row_of(app, "broken") and "cups fell" in screen(app)
            await pressed(pilot, "enter")
            assert notices(app)[-1] == "No receipt stands behind this move."

    asyncio.run(body())


def test_a_count_shows_the_difference_before_it_is_written(shop: Shop) -> None:
    tea = shop.products["珍珠奶茶"]

    async def body() -> None:
        async with opened(shop, GoodsPage) as (app, pilot):
            await pressed(pilot, "down", "c")
            await typed(pilot, "2560")
            assert "珍珠奶茶: −9 pieces" in screen(app)
            assert "2,569 pieces should be there, 2,560 pieces were counted." in screen(app)
            await pressed(pilot, "escape")
            assert "2,569 pieces" in row_of(app, "珍珠奶茶")
            await pressed(pilot, "c")
            await typed(pilot, "2560")
            await pressed(pilot, "enter")
            assert "2,560 pieces" in row_of(app, "珍珠奶茶")
            await pressed(pilot, "c")
            await typed(pilot, "2560")
            assert notices(app)[-1] == "珍珠奶茶: the count agrees."

    asyncio.run(body())
    assert [move.quantity_milli for move in stock.moves(shop.store, tea)] == [-9_000, 2_569_000]


def test_a_sale_among_the_moves_opens_its_receipt(shop: Shop) -> None:
    shop.sell(shop.basket(("珍珠奶茶", 2)))

    async def body() -> None:
        async with opened(shop, GoodsPage, language="zh") as (app, pilot):
            await pressed(pilot, "down", "enter")
            row = row_of(app, "20260529-0001")
            assert "−2 件" in row and "2,567 件" in row and "周丽" in row
            assert "售出" in row
            await pressed(pilot, "enter")
            assert isinstance(app.page, ReceiptPage)

    asyncio.run(body())


def test_passes_and_gift_cards_are_added_as_products(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, GoodsPage) as (app, pilot):
            await pressed(pilot, "n")
            await typed(pilot, "Ten cuts", "400", "", "")
            await pressed(pilot, "down", "down", "down", "enter")
            assert "¥400.00, paid once; each use pays for one service." in screen(app)
            await typed(pilot, "", "")
            await pressed(pilot, "enter")
            assert "Pass “Ten cuts”: name the service items" in screen(app)
            await pressed(pilot, "space", "enter")
            assert "pass" in row_of(app, "Ten cuts")
            await pressed(pilot, "n")
            await typed(pilot, "Card of 100", "100", "", "")
            await pressed(pilot, "down", "down", "down", "down", "enter")
            assert "gift card" in row_of(app, "Card of 100")

    asyncio.run(body())
    assert [(kind.name, kind.uses, kind.valid_days) for kind in passes.kinds()] == [("Ten cuts", 10, 365)]


def test_a_clerk_sees_goods_and_changes_none(shop: Shop) -> None:
    clerk = shop.owner_with(frozenset({"sell"}))

    async def body() -> None:
        async with opened(shop, GoodsPage, by=clerk) as (app, pilot):
            await pressed(pilot, "down", "e", "x", "t", "c")
            assert len(set(notices(app))) == 1 and "goods" in notices(app)[0]

    asyncio.run(body())


def test_nothing_of_the_help_is_hidden_below_its_scrollbar(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, GoodsPage, language="zh", size=(80, 24)) as (app, pilot):
            await pressed(pilot, "question_mark")
            assert "修改名称、价格、条码、分类、优惠、积分和税率。" in "".join(screen(app).split())

    asyncio.run(body())
