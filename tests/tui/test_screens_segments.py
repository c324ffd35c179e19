"""Segments in the back-office: written as text, said in words and counted while one types, saved in versions."""

import asyncio
from pathlib import Path

import pytest

from core.outreach.segments import saved
from core.outreach.segments import typed as rules
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, widths
from tests.tui.shopfront import LANGUAGES, opened, pressed, screen, typed
from tui.screens.segmentspage import SegmentsPage


@pytest.fixture
def shop(database: Path) -> Shop:
    shop = open_shop()
    shop.tier("金卡", 1)
    for phone, tier in (("13812042046", "金卡"), ("13912042047", "金卡"), ("13700137001", None)):
        shop.member(phone, name="王", tier=tier)
    return shop


def keep(shop: Shop, name: str, rule: str) -> None:
    saved.save(name, rules.read(rule), by=shop.owner, now=shop.now)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_segment_shows_its_rule_and_how_many_it_finds(shop: Shop, language: str, size: tuple[int, int]) -> None:
    keep(shop, "熟客", "tier:金卡")
    told = {"en": "Members now: 2", "zh": "现有会员：2"}[language]

    async def body() -> None:
        async with opened(shop, SegmentsPage, language=language, size=size) as (app, pilot):
            assert told in screen(app) and "tier:金卡" in screen(app) and widths(app) == {size[0]}
            await pressed(pilot, "enter")
            assert widths(app) == {size[0]}

    asyncio.run(body())


def test_a_rule_is_said_and_counted_before_it_is_saved(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, SegmentsPage) as (app, pilot):
            await pressed(pilot, "n", *"gold", "enter", *"tier:金卡")
            assert "Members now: 2" in screen(app)
            await pressed(pilot, "enter")
            assert "gold" in screen(app)

    asyncio.run(body())
    assert saved.by_name("gold", by=shop.owner).number == 1


def test_a_rule_that_cannot_be_read_is_refused_at_its_field(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, SegmentsPage) as (app, pilot):
            await pressed(pilot, "n")
            await typed(pilot, "x", "tier:金卡 visits > 3")
            assert "The rule cannot be read at “visits > 3”" in " ".join(screen(app).split())

    asyncio.run(body())
    assert saved.listing(by=shop.owner) == []


def test_a_changed_rule_is_another_version_and_a_retired_one_is_gone(shop: Shop) -> None:
    keep(shop, "gold", "tier:金卡")

    async def body() -> None:
        async with opened(shop, SegmentsPage) as (app, pilot):
            await pressed(pilot, "enter", "enter", "end", *" or points > 5", "enter")
            assert "Members now: 2" in screen(app)
            await pressed(pilot, "x", "y")
            assert "No segment yet." in screen(app)

    asyncio.run(body())
    assert saved.listing(by=shop.owner) == []
