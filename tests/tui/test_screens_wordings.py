"""The wordings: by channel, looked over while one types, every version with who wrote it."""

import asyncio
from pathlib import Path

import pytest

from core.base.access import CLERK
from core.outreach import costs, templates
from core.outreach.costs import Rate
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, lines, notices, widths
from tests.tui.shopfront import LANGUAGES, not_allowed, opened, pressed, screen, typed
from tui.screens.wordings import WordingsPage

CODE = 2 * list(templates.FIELDS).index("code")
DOWN = ["down"] * CODE


@pytest.fixture
def shop(database: Path) -> Shop:
    return open_shop()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_channel_fits_the_screen(shop: Shop, language: str, size: tuple[int, int]) -> None:
    async def body() -> None:
        async with opened(shop, WordingsPage, language=language, size=size) as (app, pilot):
            for key in ("2", "3", "1", "e", "escape", "v"):
                await pressed(pilot, key)
                assert widths(app) == {size[0]}

    asyncio.run(body())


def test_a_wording_is_shown_filled_in_while_it_is_typed(shop: Shop) -> None:
    costs.set_rate(Rate("CN", "sms", "CNY", 50_000), by=shop.owner, now=shop.now)

    async def body() -> None:
        async with opened(shop, WordingsPage) as (app, pilot):
            await pressed(pilot, *DOWN, "enter", *"请保密" * 12, "home", "end")
            assert "text messages: 2 · costs 0.10" in screen(app) and "验证码 482913" in screen(app)
            await pressed(pilot, "enter", "enter")
            assert "own" in next(line for line in lines(app) if "sign-in code" in line and "中文" in line)

    asyncio.run(body())
    assert templates.wording("code", "zh").body.endswith("请勿告诉他人。" + "请保密" * 12)


def test_a_wording_with_an_unknown_field_is_refused_with_a_sentence(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, WordingsPage) as (app, pilot):
            await pressed(pilot, "enter", *"{colour}", "enter", "enter")
            assert "“{colour}” is not a field of this message." in screen(app) and app.page.is_covered

    asyncio.run(body())
    assert [one.own for one in templates.all_wordings()].count(True) == 0


def test_a_wording_with_an_error_counts_only_after_y(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, WordingsPage) as (app, pilot):
            await pressed(pilot, *DOWN, "enter", "ctrl+u", *"{code}", "enter", "enter")
            assert "✗ Begin with 【{shop}】" in screen(app)
            await pressed(pilot, "enter")
            assert "Use it all the same?" in screen(app)
            await pressed(pilot, "y")
            assert "✗ {code}" in next(line for line in lines(app) if "sign-in code" in line and "中文" in line)

    asyncio.run(body())
    assert templates.wording("code", "zh").body == "{code}"


def test_an_email_has_a_subject_and_a_text_message_the_providers_number(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, WordingsPage) as (app, pilot):
            await pressed(pilot, *DOWN, "enter", "enter", *"SMS_1", "enter")
            await pressed(pilot, "3", *DOWN)
            assert "as text message" in screen(app) and "It has no subject" in screen(app)
            await pressed(pilot, "enter")
            await typed(pilot, "{shop}: {code}", "")
            assert "own" in next(line for line in lines(app) if "sign-in code" in line and "中文" in line)

    asyncio.run(body())
    assert templates.wording("code", "zh").provider_template == "SMS_1"
    assert templates.wording("code", "zh", "email").subject == "{shop}: {code}"


def test_an_old_version_comes_back_as_the_newest(shop: Shop) -> None:
    for body_ in ("【{shop}】一 {code}", "【{shop}】二 {code}"):
        templates.reword("code", "zh", body_, by=shop.owner, now=shop.now)

    async def body() -> None:
        async with opened(shop, WordingsPage) as (app, pilot):
            await pressed(pilot, *DOWN, "v")
            assert sum("周丽" in line and "code" in line for line in lines(app)) == 2 and "as delivered" in screen(app)
            await pressed(pilot, "down", "enter", "enter")
            assert sum("周丽" in line and "code" in line for line in lines(app)) == 3
            await pressed(pilot, *["down"] * 3, "b", "enter", "escape")

    asyncio.run(body())
    kept = [one.body for one in templates.versions("code", "zh")]
    assert kept == [
        templates.as_delivered("code", "zh").body,
        "【{shop}】一 {code}",
        "【{shop}】二 {code}",
        "【{shop}】一 {code}",
    ]


def test_who_may_not_care_sees_no_wordings(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, WordingsPage, by=shop.owner_with(CLERK)) as (app, pilot):
            assert not_allowed(app, "care")
            await pressed(pilot, "e", "v")
            assert notices(app) == [] and not app.page.is_covered

    asyncio.run(body())
