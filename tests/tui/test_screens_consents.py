"""Consents in the back-office: counted by purpose, source, store, month and wording, and exported."""

import asyncio
from pathlib import Path

import pytest

from core.base import settings
from core.base.access import MANAGER
from core.people import consent
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, lines, notices, widths
from tests.tui.shopfront import LANGUAGES, opened, pressed, screen
from tui.screens.consentspage import ConsentsPage
from tui.screens.reports import ReportsPage


@pytest.fixture
def shop(database: Path, tmp_path: Path) -> Shop:
    settings.use(settings.Settings(secret="test secret", exports=str(tmp_path / "out")))
    shop = open_shop()
    first, second = shop.member("13800138000"), shop.member("13900139000")
    shop.member("13700137000")
    consent.grant(first, "marketing", source="till", language="zh", by=shop.owner, now=shop.now)
    consent.grant(second, "marketing", source="till", language="zh", by=shop.owner, now=shop.now)
    consent.withdraw(second, "marketing", source="sms", by=shop.owner, now=shop.now)
    return shop


def offers(app: object) -> list[list[str]]:
    return [line.split() for line in lines(app) if "offers" in line]  # type: ignore[arg-type]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_list_fits_the_screen(shop: Shop, language: str, size: tuple[int, int]) -> None:
    async def body() -> None:
        async with opened(shop, ConsentsPage, language=language, size=size) as (app, pilot):
            for key in "12345":
                await pressed(pilot, key)
                assert widths(app) == {size[0]}
            assert "zh" in screen(app)

    asyncio.run(body())


def test_reports_lead_to_consents_by_purpose_source_and_month(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, ReportsPage) as (app, pilot):
            await pressed(pilot, "k")
            assert "members counted: 3" in screen(app)
            assert offers(app) == [["offers", "1", "1", "1"]]
            await pressed(pilot, "2")
            assert offers(app) == [["offers", "sms", "0", "1"], ["offers", "till", "1", "0"]]
            await pressed(pilot, "4")
            assert offers(app) == [["offers", "2026-05", "2", "1"]]

    asyncio.run(body())


def test_a_list_and_every_last_word_go_to_files(shop: Shop, tmp_path: Path) -> None:
    async def body() -> None:
        async with opened(shop, ConsentsPage) as (app, pilot):
            await pressed(pilot, "ctrl+x", "enter", "w")
            assert notices(app)[-1].endswith(".csv is written.")

    asyncio.run(body())
    figures, words = sorted((tmp_path / "out").iterdir(), key=lambda path: len(path.read_text("utf-8-sig")))
    assert "offers,1,1,1" in figures.read_text("utf-8-sig").splitlines()
    assert len(words.read_text("utf-8-sig").splitlines()) == 6


def test_last_words_go_out_only_by_who_may_export(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, ConsentsPage, by=shop.owner_with(MANAGER)) as (app, pilot):
            await pressed(pilot, "w")
            assert "export" in notices(app)[-1]

    asyncio.run(body())
