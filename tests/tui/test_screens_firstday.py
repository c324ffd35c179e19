"""The first day in the back-office: its page, the line on Today, and what Enter and c do."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.base import access, settings
from core.base.access import CLERK
from core.base.clock import DAY, Millis
from core.keeping.golive import CONFIRMABLE, ORDER
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, lines, notices, widths
from tests.tui.shopfront import LANGUAGES, not_allowed, opened, pressed, screen
from tui.screens.firstday import PAGES, PLACES, FirstDayPage
from tui.screens.settings import SettingsPage
from tui.screens.shop import StoresPage
from tui.screens.today import TodayPage


@pytest.fixture
def shop(database: Path) -> Shop:
    settings.use(settings.Settings(secret="test secret"))
    return open_shop()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("language", "said"), [("en", "Products to sell"), ("zh", "在售商品")])
def test_the_checklist_fits_the_screen(shop: Shop, language: str, said: str, size: tuple[int, int]) -> None:
    shop.product("茶", 1800)

    async def body() -> None:
        async with opened(shop, FirstDayPage, language=language, size=size) as (app, _pilot):
            line = next(line for line in lines(app) if said in line)
            assert "✓" in line and widths(app) == {size[0]} and notices(app) == []

    asyncio.run(body())


def test_enter_opens_where_a_step_is_done_and_coming_back_looks_again(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, FirstDayPage) as (app, pilot):
            await pressed(pilot, "down", "enter")
            assert isinstance(app.page, StoresPage)
            await asyncio.to_thread(_set_elsewhere, shop)
            await pressed(pilot, "escape")
            assert "✓" in next(line for line in lines(app) if "Points: how many" in line)

    asyncio.run(body())


def _set_elsewhere(shop: Shop) -> None:
    from core.base import db

    db.attach()
    shop.rule("cents_per_point", 200)
    db.detach()


def test_a_step_done_elsewhere_says_so(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, FirstDayPage) as (app, pilot):
            await pressed(pilot, *["down"] * 13, "enter")
            assert "This step is not done in the back-office" in notices(app)[0]
            assert "`regulars backup` takes one" in screen(app)

    asyncio.run(body())


def test_c_leaves_a_step_as_it_is_and_again_takes_that_back(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, FirstDayPage) as (app, pilot):
            await pressed(pilot, *["down"] * 3, "c")
            assert "left as it is" in next(line for line in lines(app) if "Points: how many" in line)
            await pressed(pilot, "c")
            assert "1 point for each ¥1.00" in next(line for line in lines(app) if "Points: how many" in line)
            await pressed(pilot, "home", "c")
            assert "This step ticks itself when it is done." in notices(app)

    asyncio.run(body())


def test_every_step_that_can_be_left_has_a_page(shop: Shop) -> None:
    ids = {one.__name__.removeprefix("_") for one in ORDER}
    assert {*PAGES, *PLACES} <= ids
    assert ids - {*PAGES, *PLACES} == {"address", "backup", "refund", "members"}
    assert set(CONFIRMABLE) - {*PAGES, *PLACES} == {"members"}


def test_a_clerk_is_refused(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, FirstDayPage, by=shop.owner_with(CLERK)) as (app, _pilot):
            assert not_allowed(app, "settings")

    asyncio.run(body())


@pytest.mark.parametrize("language", LANGUAGES)
def test_today_has_a_line_that_opens_the_checklist(shop: Shop, language: str) -> None:
    said = {"en": "done · next: The shop has its name", "zh": "已完成 · 下一项：店名和语言"}[language]

    async def body() -> None:
        async with opened(shop, TodayPage, language=language, size=(80, 24)) as (app, pilot):
            line = next(line for line in lines(app) if said in line)
            assert "2 of 18" in line or "2 / 18" in line
            await pressed(pilot, "up", "enter")
            assert isinstance(app.page, FirstDayPage)

    asyncio.run(body())


def test_today_has_no_such_line_in_a_shop_that_runs(shop: Shop) -> None:
    shop.product("茶", 1800)
    for _ in range(20):
        shop.sell(shop.basket(("茶", 1)))

    async def shows() -> bool:
        async with opened(shop, TodayPage) as (app, _pilot):
            return "first day" in screen(app)

    assert asyncio.run(shows())
    later = Millis(shop.now + 30 * DAY)
    shop.now = later
    assert not asyncio.run(shows())


@pytest.fixture
def practising(shop: Shop) -> Iterator[None]:
    """The settings are those of a copy to practise on."""
    settings.use(settings.Settings(secret="test secret", practice=True, demo=True))
    yield
    settings.use(settings.Settings(secret="test secret"))


@pytest.mark.parametrize(
    ("language", "said", "size"),
    [("en", "nothing here counts", (80, 24)), ("zh", "不计入店铺数据", (120, 40))],
)
def test_every_page_of_a_copy_says_that_nothing_counts(
    shop: Shop, practising: None, language: str, said: str, size: tuple[int, int]
) -> None:
    async def body() -> None:
        async with opened(shop, SettingsPage, language=language, size=size) as (app, pilot):
            for key in ("f1", "escape", "enter"):
                assert f"练习 PRACTICE · {said}" in lines(app)[0] and widths(app) == {size[0]}
                await pressed(pilot, key)

    asyncio.run(body())


def test_l_writes_the_launch_kit_and_says_where(shop: Shop, tmp_path: Path) -> None:
    online = settings.Settings(secret="test secret", public_url="https://vip.example.cn", exports=str(tmp_path / "out"))
    settings.use(online)

    async def body() -> None:
        async with opened(shop, FirstDayPage) as (app, pilot):
            await pressed(pilot, "l", "enter", "enter", "enter")
            assert "counter-card.pdf, door-poster.pdf, till-card.pdf, first-messages.txt" in notices(app)[-1]

    asyncio.run(body())
    assert len(list((tmp_path / "out" / "launch-kit").iterdir())) == 4


def test_a_kit_nobody_could_use_is_refused_in_its_form(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, FirstDayPage) as (app, pilot):
            await pressed(pilot, "l", "enter", "enter", "enter")
            assert "No phone can open http://127.0.0.1:8080" in screen(app)

    asyncio.run(body())


def test_the_card_for_the_till_is_written_from_any_page(shop: Shop, tmp_path: Path) -> None:
    settings.use(settings.Settings(secret="test secret", exports=str(tmp_path / "out")))

    async def body() -> None:
        async with opened(shop, FirstDayPage) as (app, pilot):
            await pressed(pilot, "ctrl+p", *"till card", "enter", "enter", "enter")
            assert notices(app)[-1] == f"{tmp_path / 'out' / 'till-card.pdf'} is written."

    asyncio.run(body())
    assert (tmp_path / "out" / "till-card.pdf").read_bytes().startswith(b"%PDF")


def test_a_person_who_may_not_sell_writes_no_card(shop: Shop, tmp_path: Path) -> None:
    settings.use(settings.Settings(secret="test secret", exports=str(tmp_path / "out")))
    by = replace(shop.owner, rights=shop.owner.rights - {"sell"})

    async def body() -> None:
        async with opened(shop, FirstDayPage, by=by) as (app, pilot):
            await pressed(pilot, "ctrl+p", *"till card", "enter")
            assert notices(app) == [access.refusal("sell").sentence()]

    asyncio.run(body())
    assert not (tmp_path / "out").exists()
