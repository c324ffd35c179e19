"""Replies, and who gets nothing: answered, meant as STOP, looked up, put on the list and taken off."""

import asyncio
from pathlib import Path

import pytest

from core.base.clock import Millis
from core.outreach import inbound, suppressions
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, notices, widths
from tests.tui.shopfront import LANGUAGES, opened, pressed, screen, typed
from tui.screens.repliespage import RepliesPage
from tui.screens.suppressionspage import SuppressionsPage

ASKED = "请问周末几点开门？另外别再发短信了"


@pytest.fixture
def shop(database: Path) -> Shop:
    shop = open_shop()
    shop.member("13812042046", name="王伟芳", purposes=("membership", "service", "marketing"))
    return shop


def reply(shop: Shop, sid: str, from_: str, body: str, later: int = 0) -> None:
    inbound.receive(sid=sid, from_=from_, body=body, opt_out_type=None, now=Millis(shop.now + later))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_replies_are_read_whole_and_dealt_with(shop: Shop, language: str, size: tuple[int, int]) -> None:
    reply(shop, "SM1", "+8613812042046", ASKED)

    async def body() -> None:
        async with opened(shop, RepliesPage, language=language, size=size) as (app, pilot):
            assert "王伟芳" in screen(app) and ASKED in screen(app) and widths(app) == {size[0]}
            await pressed(pilot, "d", "enter")
            assert ASKED not in screen(app)
            await pressed(pilot, "f")
            assert ASKED in screen(app) and widths(app) == {size[0]}

    asyncio.run(body())
    assert inbound.replies(by=shop.owner) == []


def test_a_reply_that_means_stop_ends_messages_after_y(shop: Shop) -> None:
    reply(shop, "SM1", "+8613812042046", ASKED)

    async def body() -> None:
        async with opened(shop, RepliesPage) as (app, pilot):
            await pressed(pilot, "t", "enter")
            assert "No reply waits." not in screen(app)
            await pressed(pilot, "y")
            assert "No reply waits." in screen(app)

    asyncio.run(body())
    (one,) = suppressions.listing(by=shop.owner)
    assert (one.channel, one.scope, one.reason) == ("sms", "all", "stop")


def test_a_reply_of_nobody_known_says_what_to_do(shop: Shop) -> None:
    reply(shop, "SM1", "+8613900001111", "are you open on Sunday?")
    reply(shop, "SM2", "+8613900001111", "STOP", later=1000)

    async def body() -> None:
        async with opened(shop, RepliesPage) as (app, pilot):
            assert "unknown" in screen(app) and "STOP" not in screen(app)
            await pressed(pilot, "t")
            assert notices(app)[-1].startswith("Nobody known wrote it.")

    asyncio.run(body())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_address_is_put_on_the_list_and_taken_off_with_a_reason(
    shop: Shop, language: str, size: tuple[int, int]
) -> None:
    async def body() -> None:
        async with opened(shop, SuppressionsPage, language=language, size=size) as (app, pilot):
            await pressed(pilot, "n")
            await typed(pilot, "139 0000 1111", "", "")
            mark = suppressions.address_hash("+8613900001111")[:8]
            assert mark in screen(app) and widths(app) == {size[0]}
            await pressed(pilot, "x", *"asked", "enter", "y")
            assert mark not in screen(app)

    asyncio.run(body())
    assert suppressions.listing(by=shop.owner) == []


def test_one_address_is_looked_up_and_a_bad_one_named(shop: Shop) -> None:
    for number in ("13900001111", "13900002222"):
        suppressions.add(number, by=shop.owner, now=shop.now)
    mark, other = (suppressions.find(n, by=shop.owner, now=shop.now)[0].address_hash[:8]
                   for n in ("13900001111", "13900002222"))  # fmt: skip

    async def body() -> None:
        async with opened(shop, SuppressionsPage) as (app, pilot):
            await pressed(pilot, "slash")
            await typed(pilot, "139")
            assert "“139” is neither a phone number nor an e-mail address." in " ".join(screen(app).split())
            await typed(pilot, "00001111")
            assert mark in screen(app) and other not in screen(app)

    asyncio.run(body())


def test_a_release_without_a_reason_is_refused_at_its_field(shop: Shop) -> None:
    suppressions.add("13900001111", by=shop.owner, now=shop.now)

    async def body() -> None:
        async with opened(shop, SuppressionsPage) as (app, pilot):
            await pressed(pilot, "x", *"ok", "enter", "y")
            assert "Say in at least 3 characters" in screen(app)

    asyncio.run(body())
    assert len(suppressions.listing(by=shop.owner)) == 1
