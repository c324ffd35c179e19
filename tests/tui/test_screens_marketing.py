"""Promotions, coupon kinds and top-up rules: three lists, made and ended by forms."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from core.base.access import CLERK
from core.base.clock import HOUR, Millis
from core.giving import rewards
from core.giving.rewards import RewardTerms
from core.goods import catalogue
from core.loyalty import coupons, plans, topups
from core.loyalty.plans import Plan
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


@pytest.fixture
def full_shop(shop: Shop) -> Shop:
    """Also a reward and a plan."""
    terms = RewardTerms(kind="product", points=300)
    rewards.create("茶杯", terms, stock=8, by=shop.owner, now=shop.now)
    plans.create_with_product(Plan(0, 0, "年卡", 365, 1200, 20_000), 19_900, by=shop.owner, now=shop.now)
    return shop


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_lists_fit_the_screen(full_shop: Shop, language: str, size: tuple[int, int]) -> None:
    async def body() -> None:
        async with opened(full_shop, MarketingPage, language=language, size=size) as (app, pilot):
            for key, name in (("1", "满100减20"), ("2", "生日8折"), ("3", "¥50.00"), ("4", "茶杯"), ("5", "年卡")):
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
            await pressed(pilot, "4", "e")
            assert notices(app)[-1].startswith("Nothing is selected.")

    asyncio.run(body())


def test_clerk_is_told_why_there_is_no_marketing(shop: Shop) -> None:
    async def body() -> None:
        clerk = replace(shop.owner, role="clerk", rights=CLERK)
        async with opened(shop, MarketingPage, by=clerk) as (app, pilot):
            assert not_allowed(app, "marketing")
            await pressed(pilot, "2")
            assert "生日8折" not in screen(app)

    asyncio.run(body())


def test_a_reward_is_added_and_ended(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, MarketingPage) as (app, pilot):
            await pressed(pilot, "4")
            assert "No rewards" in screen(app)
            await pressed(pilot, "n")
            await typed(pilot, "Cup", "200")
            await pressed(pilot, "enter")
            await typed(pilot, "10", "1")
            row = next(line for line in lines(app) if "Cup" in line)
            assert row.split()[:5] == ["Cup", "200", "goods", "10", "0"]
            await pressed(pilot, "n")
            await typed(pilot, "Birthday", "50")
            await pressed(pilot, "right", "right", "enter")
            await typed(pilot, "", "")
            assert next(line for line in lines(app) if "Birthday" in line).split()[1:4] == ["50", "coupon", "—"]
            await pressed(pilot, "e", "y")

    asyncio.run(body())
    found = rewards.all_rewards()
    assert [(one.name, one.terms.points, one.stock, one.terms.each) for one in found] in (
        [("Cup", 200, 10, 1)], [("Birthday", 50, None, 0)],
    )  # fmt: skip


def test_a_plan_is_added_with_its_product_and_ended(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, MarketingPage) as (app, pilot):
            await pressed(pilot, "5", "n")
            await typed(pilot, "Tea pass", "99", "", "10", "", "2")
            row = next(line for line in lines(app) if "Tea pass" in line)
            assert "365 days" in row and "10 % off · first access: 2 days early" in row
            await pressed(pilot, "e", "y")
            assert "No plans" in screen(app)

    asyncio.run(body())
    (plan,) = plans.all_plans()
    assert (plan.days, plan.discount_bp, plan.multiplier_bp, plan.retired_at is not None) == (365, 1000, 10_000, True)
    assert [(one.name, one.kind, one.price_cents) for one in catalogue.find("Tea pass")] == [("Tea pass", "plan", 9900)]


def test_a_plan_that_cannot_be_leaves_no_product(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, MarketingPage) as (app, pilot):
            await pressed(pilot, "5", "n")
            await typed(pilot, "Tea pass", "99", "0000", "10", "", "2")
            assert "From 1 to 36,500 days." in screen(app)

    asyncio.run(body())
    assert catalogue.find("Tea pass") == []


@pytest.mark.parametrize("key", ["2", "3"])
def test_coupon_kinds_and_top_up_rules_end_after_y(shop: Shop, key: str) -> None:
    async def body() -> None:
        async with opened(shop, MarketingPage) as (_app, pilot):
            await pressed(pilot, key, "e", "y")

    asyncio.run(body())
    left = len(coupons.kinds()), len(topups.running(now=shop.now))
    assert left == ((0, 1) if key == "2" else (1, 0))
