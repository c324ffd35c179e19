"""Reports by mail in the back-office: switched on by a form, listed, switched off."""

import asyncio
from pathlib import Path

import pytest

from core.base import settings
from core.reports import mailing
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, notices, widths
from tests.tui.shopfront import LANGUAGES, opened, pressed, screen, typed
from tui.screens.reportmailspage import ReportMailsPage
from tui.screens.reportshelf import ShelfPage


@pytest.fixture
def shop(database: Path) -> Shop:
    settings.use(settings.Settings(secret="test secret"))
    return open_shop()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_fits_the_screen(shop: Shop, language: str, size: tuple[int, int]) -> None:
    mailing.add("sales", "week", staff_id=shop.owner.id, address="zhou@example.com", language="zh", by=shop.owner,
                now=shop.now)  # fmt: skip

    async def body() -> None:
        async with opened(shop, ReportMailsPage, language=language, size=size) as (app, _pilot):
            assert "周丽" in screen(app) and widths(app) == {size[0]}

    asyncio.run(body())


def test_a_report_is_switched_on_and_off(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, ShelfPage) as (app, pilot):
            await pressed(pilot, "e", "n")
            await typed(pilot, "", "", "", "zhou@b.cn", "")
            assert notices(app)[-1] == "The first goes out when this week or month is over."
            assert "zhou@b.cn" in screen(app) and "not yet" in screen(app)
            await pressed(pilot, "x", "y")
            assert "No report is mailed yet." in screen(app)

    asyncio.run(body())
    assert mailing.listing(by=shop.owner) == []
