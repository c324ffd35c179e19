"""Printed links in the back-office: made by a form, changed, shown, ended."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from core.base import settings
from core.people import blanks, sources
from core.people.sources import SourceTerms
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, notices, widths
from tests.tui.shopfront import LANGUAGES, opened, pressed, screen, typed
from tui.screens.marketing import MarketingPage
from tui.screens.printed import PrintedPage


@pytest.fixture
def shop(database: Path) -> Shop:
    settings.use(settings.Settings(secret="test secret", public_url="https://vip.example.cn"))
    return open_shop()


def add(shop: Shop, name: str = "橱窗") -> int:
    return sources.create(name, SourceTerms("poster", shop.store), by=shop.owner, now=shop.now).id


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_fits_the_screen(shop: Shop, language: str, size: tuple[int, int]) -> None:
    add(shop, "南京东路店门口的大橱窗")

    async def body() -> None:
        async with opened(shop, MarketingPage, language=language, size=size) as (app, pilot):
            await pressed(pilot, "l")
            assert "南京东" in screen(app) and widths(app) == {size[0]}

    asyncio.run(body())


def test_a_link_is_made_by_a_form(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, PrintedPage) as (app, pilot):
            assert "No printed link yet." in screen(app)
            await pressed(pilot, "n")
            await typed(pilot, "window", "", "", "", "")
            assert "window" in screen(app)

    asyncio.run(body())
    (one,) = sources.listing(by=shop.owner)
    assert (one.link.kind, one.link.daily_budget, one.link.until_at) == ("poster", 30, None)


def test_its_address_is_shown_its_budget_changed_and_it_ends_only_after_y(shop: Shop) -> None:
    link = sources.get(add(shop), by=shop.owner)

    async def body() -> None:
        async with opened(shop, PrintedPage) as (app, pilot):
            await pressed(pilot, "enter")
            assert f"HTTPS://VIP.EXAMPLE.CN/Q/{link.code}" in screen(app)
            await pressed(pilot, "escape", "e", "backspace", "backspace")
            await typed(pilot, "5")
            await pressed(pilot, "x", "enter", "y")
            assert "ended" in screen(app)
            await pressed(pilot, "x")
            assert notices(app)[-1] == "Select a link that is in use."

    asyncio.run(body())
    found = sources.get(link.id, by=shop.owner)
    assert (found.daily_budget, found.ended_at is not None) == (5, True)


def test_posters_and_cards_are_written_as_pdf(shop: Shop, tmp_path: Path) -> None:
    settings.use(replace(settings.current(), exports=str(tmp_path / "out")))
    link = sources.get(add(shop), by=shop.owner)

    async def body() -> None:
        async with opened(shop, PrintedPage) as (app, pilot):
            await pressed(pilot, "p")
            await typed(pilot, "", "Come in")
            assert notices(app)[-1] == f"{tmp_path}/out/poster-{link.code}.pdf is written."
            await pressed(pilot, "c")
            assert "No cards were made ahead." in screen(app)
            await pressed(pilot, "n")
            await pressed(pilot, "enter")
            await pressed(pilot, "p", "enter")
            assert "is written." in notices(app)[-1]
            await pressed(pilot, "x", "y")
            await pressed(pilot, "p")
            assert notices(app)[-1] == "Select a batch with blank cards."

    asyncio.run(body())
    batch = blanks.batches(by=shop.owner)[0]
    assert (batch.blank, batch.void) == (0, 100)
    written = [
        (tmp_path / "out" / name).read_bytes()[:5] for name in (f"poster-{link.code}.pdf", f"cards-{batch.id}.pdf")
    ]
    assert written == [b"%PDF-", b"%PDF-"]
