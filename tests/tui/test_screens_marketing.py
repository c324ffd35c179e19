"""Promotions, coupon kinds and top-up rules: three lists, made and ended by forms."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from core.base.access import CLERK
from core.base.clock import HOUR, Millis
from core.loyalty import coupons, topups
from core.loyalty.topups import TopUpTerms
from core.selling import promotions
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, lines, notices, widths
from tests.tui.shopfront import LANGUAGES, not_allowed, opened, pressed, screen, typed
from tui.screens.marketing import MarketingPage


@pytest.fixture
def shop(database: Path) -> Shop:
    shop = open_shop()
    shop.promotion("满100减20", effect="reduction", threshold_cents=10_000, off_cents=2_000)
    shop.promotion("周三双倍积分", effect="points", points_bp=20_000, weekdays=(2,), from_minute=840, to_minute=1080)
    shop.coupon_kind("生日8折", effect="percent", off_bp=2000, cap_cents=3000)
    topups.set_rule(50_000, TopUpTerms(bonus_cents=5_000, bonus_days=365), by=shop.owner, now=shop.now)
    return shop


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_lists_fit_the_screen(shop: Shop, language: str, size: tuple[int, int]) -> None:
    async def body() -> None:
        async with opened(shop, MarketingPage, language=language, size=size) as (app, pilot):
            for key, name in (("1", "满100减20"), ("2", "生日8折"), ("3", "¥50.00")):
                await pressed(pilot, key)
                assert name in screen(app)
                assert widths(app) == {size[0]}

    asyncio.run(body())


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["¥20.00 off from ¥100.00", "points × 2", "Wed · 14:00–18:00"]),
        ("zh", ["满 ¥100.00 减 ¥20.00", "积分 × 2", "周三 · 14:00–18:00"]),
    ],
)
def test_promotions_are_said_in_words(shop: Shop, language: str, said: list[str]) -> None:
    async def body() -> None:
        async with opened(shop, MarketingPage, language=language) as (app, _pilot):
            assert all(words in screen(app) for words in said)

    asyncio.run(body())


def test_new_promotion_is_asked_kind_first_and_runs_at_once(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, MarketingPage) as (app, pilot):
            await pressed(pilot, "n", "right", "enter")
            await typed(pilot, "Ten off", "50", "10")
            await pressed(pilot, "right", "enter")
            await typed(pilot, "2026-06-30")
            row = next(line for line in lines(app) if "Ten off" in line)
            assert "¥10.00 off for every ¥50.00" in row and "until 06-30 Tue" in row

    asyncio.run(body())


def test_impossible_percentage_is_refused_at_its_field(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, MarketingPage) as (app, pilot):
            await pressed(pilot, "n", "enter")
            await typed(pilot, "All", "200", "")
            assert "above 0 % up to 100 %." in screen(app)
            assert app.page is not None and app.page.overlay.is_open
            await pressed(pilot, "escape")

    asyncio.run(body())
    assert len(promotions.running(now=shop.now)) == 2


def test_day_that_does_not_exist_is_refused_at_its_field(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, MarketingPage) as (app, pilot):
            await pressed(pilot, "n", "enter")
            await typed(pilot, "All", "20", "2026-02-30")
            assert "“2026-02-30” is no date." in screen(app)

    asyncio.run(body())


def test_coupon_kind_and_top_up_rule_are_added(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, MarketingPage) as (app, pilot):
            await pressed(pilot, "2", "n")
            await typed(pilot, "Five", "5", "", "30", "")
            assert "¥5.00 off from ¥30.00" in screen(app)
            await pressed(pilot, "3", "n")
            await typed(pilot, "1000", "150", "")
            assert "does not expire" in screen(app)

    asyncio.run(body())
    assert [kind.name for kind in coupons.kinds()] == ["生日8折", "Five"]
    assert [rule.pay_cents for rule in topups.running(now=Millis(shop.now + 2 * HOUR))] == [50_000, 100_000]


def test_promotion_ends_only_after_y(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, MarketingPage) as (app, pilot):
            await pressed(pilot, "e", "enter")
            assert "满100减20" in screen(app)
            await pressed(pilot, "y")
            assert "满100减20" not in screen(app)
            await pressed(pilot, "2", "e")
            assert notices(app)[-1].startswith("Only a promotion that runs can be ended.")

    asyncio.run(body())


def test_clerk_is_told_why_there_is_no_marketing(shop: Shop) -> None:
    async def body() -> None:
        clerk = replace(shop.owner, role="clerk", rights=CLERK)
        async with opened(shop, MarketingPage, by=clerk) as (app, pilot):
            assert not_allowed(app, "marketing")
            await pressed(pilot, "2")
            assert "生日8折" not in screen(app)

    asyncio.run(body())
