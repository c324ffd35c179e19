"""Data quality in the back-office: the list, and each key that mends a finding."""

import asyncio
from pathlib import Path

import pytest

from core.base import db, settings
from core.people.birthdays import Birthday
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, notices, widths
from tests.tui.shopfront import LANGUAGES, opened, pressed, screen
from tui.screens.mergepage import MergePage
from tui.screens.qualitypage import QualityPage
from tui.screens.reportshelf import ShelfPage


@pytest.fixture
def shop(database: Path) -> Shop:
    settings.use(settings.Settings(secret="test secret"))
    shop = open_shop()
    shop.member("13800138000", name="王伟")
    shop.member("13800138001", name="王伟")
    shop.member("13912345678", name="李雷", birthday=Birthday("solar", 1, 1, 1901))
    return shop


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_fits_the_screen(shop: Shop, language: str, size: tuple[int, int]) -> None:
    async def body() -> None:
        async with opened(shop, QualityPage, language=language, size=size) as (app, pilot):
            await pressed(pilot, "l")
            assert "李雷" in screen(app) and widths(app) == {size[0]}

    asyncio.run(body())


def test_a_birthday_goes_and_a_pair_is_merged_or_kept_apart(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, ShelfPage) as (app, pilot):
            await pressed(pilot, "d", "l", "b")
            assert notices(app)[-1] == "The birthday of 李雷 is taken out. Ask for the right one."
            await pressed(pilot, "home", "m")
            assert isinstance(app.page, MergePage)
            await pressed(pilot, "escape", "x")
            assert notices(app)[-1] == "They stay two people."
            assert "Nothing was found" in screen(app)

    asyncio.run(body())
    assert db.value("SELECT count(*) FROM not_double") == 1


def test_a_key_says_what_it_is_for(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, QualityPage) as (app, pilot):
            await pressed(pilot, "l", "t", "b")
            assert notices(app)[-1] == "This is for: birthday."
            assert "there twice? 1" in screen(app) and "李雷" not in screen(app)

    asyncio.run(body())
