"""Today: figures that follow what is written, nothing drawn while nobody writes, the list behind each line."""

import asyncio
from pathlib import Path

import pytest

from core.base import clock, db
from core.base.clock import MINUTE, Millis
from core.goods import places
from core.goods.places import Place
from core.service import bookings
from tests.core.service.test_bookings import Salon
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, widths
from tests.tui.shopfront import LANGUAGES, opened, pressed, screen, settled
from tui.screens.bookingspage import BookingsPage
from tui.screens.stockroom import LowPage
from tui.screens.today import TodayPage


@pytest.fixture
def shop(database: Path) -> Shop:
    shop = open_shop()
    shop.product("茶", 1800)
    shop.sell(shop.basket(("茶", 2)), ("cash", 3600))
    return shop


def sell_elsewhere(shop: Shop) -> None:
    """At another till, meanwhile."""
    db.attach()
    shop.sell(shop.basket(("茶", 1)), ("cash", 1800), now=clock.Millis(shop.now + 30 * MINUTE))
    db.detach()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_figures_fit_the_screen(shop: Shop, language: str, size: tuple[int, int]) -> None:
    async def body() -> None:
        async with opened(shop, TodayPage, language=language, size=size) as (app, _pilot):
            assert "¥36.00" in screen(app) and widths(app) == {size[0]}

    asyncio.run(body())


def test_a_sale_elsewhere_shows_by_itself(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, lambda: TodayPage(look_s=0.05)) as (app, pilot):
            await asyncio.to_thread(sell_elsewhere, shop)
            await pilot.pause(0.3)
            await settled(pilot)
            assert "¥54.00" in screen(app) and "as of 13:00" in screen(app)

    asyncio.run(body())


def test_another_language_says_every_figure_again(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, TodayPage) as (app, pilot):
            assert "100 % with a member" not in screen(app) and "nothing a week ago" in screen(app)
            app.set_language("zh")
            await settled(pilot)
            assert "nothing a week ago" not in screen(app) and "截至 13:00" in screen(app)

    asyncio.run(body())


def test_enter_opens_the_list_behind_a_line(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, TodayPage, section="reports") as (app, pilot):
            await pressed(pilot, "down", "enter")
            assert app.section == "reports"

    asyncio.run(body())


def test_bookings_and_what_runs_low_open_their_lists(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, TodayPage) as (app, _pilot):
            assert "running low" not in screen(app) and "bookings today" not in screen(app)
        salon = Salon(shop)
        bookings.book(salon.wanted(Millis(shop.now + 30 * MINUTE), salon.li), by=shop.owner, now=shop.now)
        places.put(shop.store, shop.products["茶"], Place("A1", 5000), by=shop.owner, now=shop.now)
        for tile, page, said in (("bookings", BookingsPage, "next 12:30 李娜"), ("low", LowPage, "running low")):
            async with opened(shop, TodayPage) as (app, pilot):
                assert said in screen(app)
                app.screen.query_one(f"#{tile}").focus()
                await pressed(pilot, "enter")
                assert isinstance(app.screen, page)

    asyncio.run(body())
