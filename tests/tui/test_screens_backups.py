"""Backups in the back-office: listed with what is in them, made while the shop sells, examined, tried."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

import scheduler
from core.base import settings
from core.base.access import CLERK
from core.base.clock import DAY, Millis
from core.keeping import backup
from core.keeping.copies import manifest
from core.keeping.copies.manifest import Backup
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, notices, widths
from tests.tui.shopfront import LANGUAGES, not_allowed, opened, pressed, screen
from tui.screens.backupspage import BackupsPage


@pytest.fixture
def shop(database: Path, tmp_path: Path) -> Shop:
    settings.use(settings.Settings(secret="test secret", backups=str(tmp_path / "backups")))
    shop = open_shop()
    shop.product("tea", 1800)
    shop.sell(shop.basket(("tea", 2), member=shop.member("13800138000")))
    return shop


def taken(shop: Shop, days: int = 0) -> Backup:
    folder = Path(settings.current().backups)
    return backup.take(folder, by=shop.owner, now=Millis(shop.now + days * DAY))


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_fits_the_screen(shop: Shop, language: str, size: tuple[int, int]) -> None:
    manifest.note(taken(shop), failed="file: x")
    taken(shop, 1)

    async def body() -> None:
        async with opened(shop, BackupsPage, language=language, size=size) as (app, pilot):
            assert "¥36.00" in screen(app) and widths(app) == {size[0]}
            await pressed(pilot, "down")
            assert "file: x" in screen(app) and widths(app) == {size[0]}

    asyncio.run(body())


def test_an_empty_list_says_when_the_next_one_is_made(shop: Shop) -> None:
    (cron,) = [one.cron for one in scheduler.WORKS if one.name == "backup"]
    assert cron == "30 2 * * *"

    async def body() -> None:
        async with opened(shop, BackupsPage) as (app, pilot):
            assert "every night at 02:30" in screen(app)
            await pressed(pilot, "v")
            assert notices(app) == ["The list is empty."]

    asyncio.run(body())


def test_b_makes_one_that_is_examined(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, BackupsPage) as (app, pilot):
            await pressed(pilot, "b")
            assert notices(app)[-1].endswith("and is good.")
            assert "1 sales" in screen(app) and "found good" in screen(app)

    asyncio.run(body())
    (made,) = backup.kept(by=shop.owner)
    assert made.verified_at is not None and made.contents.rows["sale"] == 1


def test_v_finds_a_backup_that_was_changed(shop: Shop) -> None:
    made = taken(shop)
    made.path.write_bytes(made.path.read_bytes()[:-1] + b"!")

    async def body() -> None:
        async with opened(shop, BackupsPage) as (app, pilot):
            await pressed(pilot, "v")
            assert notices(app)[-1].endswith("is not as it was written.")

    asyncio.run(body())


def test_d_restores_the_newest_beside_the_shop(shop: Shop) -> None:
    taken(shop)

    async def body() -> None:
        async with opened(shop, BackupsPage) as (app, pilot):
            assert "not examined" in screen(app)
            await pressed(pilot, "d")
            assert notices(app)[-1].endswith("is good: it can be restored.")
            assert "not examined" not in screen(app)

    asyncio.run(body())
    assert backup.kept(by=shop.owner)[0].verified_at is not None


def test_a_shop_without_a_folder_and_a_clerk_are_told_why_not(shop: Shop) -> None:
    settings.use(replace(settings.current(), backups=""))

    async def body() -> None:
        async with opened(shop, BackupsPage) as (app, pilot):
            await pressed(pilot, "b")
            assert "`backups` in regulars.toml" in notices(app)[-1]
        async with opened(shop, BackupsPage, by=shop.owner_with(CLERK)) as (app, _pilot):
            assert not_allowed(app, "settings")

    asyncio.run(body())
