"""Webhooks in the back-office: added by a form, tried, shown with what came back, ended."""

import asyncio
from pathlib import Path

import pytest

from core.base import settings
from core.base.clock import Millis
from core.books.events import KINDS
from core.outreach import telling, webhooks
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, lines, notices, widths
from tests.tui.shopfront import LANGUAGES, opened, pressed, screen, typed
from tui.screens.webhookspage import WebhooksPage


@pytest.fixture
def shop(database: Path) -> Shop:
    settings.use(settings.Settings(secret="test secret"))
    return open_shop()


def add(shop: Shop) -> int:
    return webhooks.add("https://shop.example.com/in?t=1", KINDS, store_id=None, by=shop.owner, now=shop.now)[0]


def fail_once(shop: Shop, hook: int) -> None:
    (due,) = telling.due(hook, now=shop.now)
    claimed = telling.claim(due, now=shop.now)
    assert claimed is not None
    telling.settle(claimed, status=500, error="", now=shop.now)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_both_pages_fit_the_screen(shop: Shop, language: str, size: tuple[int, int]) -> None:
    hook = add(shop)
    webhooks.test(hook, by=shop.owner, now=shop.now)
    fail_once(shop, hook)

    async def body() -> None:
        async with opened(shop, WebhooksPage, language=language, size=size) as (app, pilot):
            assert "shop.example.com" in screen(app) and widths(app) == {size[0]}
            await pressed(pilot, "enter")
            assert "500" in screen(app) and widths(app) == {size[0]}

    asyncio.run(body())


def test_an_address_is_added_and_its_secret_shown(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, WebhooksPage) as (app, pilot):
            assert "No webhook yet." in screen(app)
            await pressed(pilot, "n")
            await typed(pilot, "shop.example.com", "", "")
            assert "it looks like https://shop.example.com/regulars" in " ".join(screen(app).split())
            await pressed(pilot, *["backspace"] * 20)
            await typed(pilot, "https://shop.example.com/in", "", "")
            assert "whsec_" in screen(app)
            await pressed(pilot, "enter")
            copied.append(app.clipboard)
            assert "everything" in screen(app) and "whsec_" not in screen(app)

    copied: list[str] = []
    asyncio.run(body())
    (one,) = webhooks.all_webhooks(by=shop.owner)
    assert copied == [webhooks.secret_of(one.id, by=shop.owner)]
    assert (one.url, one.store_id, set(one.kinds)) == ("https://shop.example.com/in", None, set(KINDS))


def test_it_is_tried_sent_again_and_ended_after_y(shop: Shop) -> None:
    hook = add(shop)

    async def body() -> None:
        async with opened(shop, WebhooksPage) as (app, pilot):
            await pressed(pilot, "t")
            assert notices(app)[-1].startswith("A test is on its way to shop.example.com")
            await pressed(pilot, "enter")
            assert any("test" in line and "waiting" in line for line in lines(app))
            await pressed(pilot, "f", "enter")
            assert notices(app)[-1] == "0 events are on their way again."
            await pressed(pilot, "escape", "x", "enter", "y")
            assert "ended" in screen(app)
            await pressed(pilot, "t")
            assert notices(app)[-1] == "Select a webhook that is in use."

    asyncio.run(body())
    assert webhooks.get(hook, by=shop.owner).ended_at is not None


def test_a_new_secret_takes_the_place_of_the_one_before(shop: Shop) -> None:
    hook = add(shop)
    before = webhooks.secret_of(hook, by=shop.owner)

    async def body() -> None:
        async with opened(shop, WebhooksPage) as (app, pilot):
            await pressed(pilot, "r", "enter", "enter")
            copied.append(app.clipboard)
            await pressed(pilot, "s")
            assert copied[0] in " ".join(screen(app).split())

    copied: list[str] = []
    asyncio.run(body())
    assert copied == [webhooks.secret_of(hook, by=shop.owner)] != [before]
    assert webhooks.get(hook, by=shop.owner).rotated_at is not None


def test_what_takes_nothing_is_named_with_the_next_step(shop: Shop) -> None:
    hook = add(shop)
    webhooks.test(hook, by=shop.owner, now=shop.now)
    fail_once(shop, hook)

    async def body() -> None:
        async with opened(shop, WebhooksPage) as (app, _pilot):
            assert "It has taken nothing since" in screen(app)

    asyncio.run(body())
    assert webhooks.get(hook, by=shop.owner).failing_since == Millis(shop.now)
