"""Promotions, coupon kinds and top-up rules: three lists, made and ended by forms."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from core.base import clock
from core.base.access import CLERK
from core.base.clock import HOUR, Millis
from core.giving import lottery, punch, rewards
from core.giving.lottery import LotteryTerms, PrizeTerms
from core.giving.rewards import RewardTerms
from core.goods import catalogue
from core.loyalty import coupons, plans, topups
from core.loyalty.plans import Plan
from core.loyalty.topups import TopUpTerms
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
    """Also a reward, a plan, a lottery and a punch card."""
    terms = RewardTerms(kind="product", points=300)
    rewards.create("茶杯", terms, stock=8, by=shop.owner, now=shop.now)
    plans.create_with_product(Plan(0, 0, "年卡", 365, 1200, 20_000), 19_900, by=shop.owner, now=shop.now)
    day = clock.day_of(shop.now, "Asia/Shanghai")
    prize = PrizeTerms(name="谢谢券", kind="points", odds_ppm=5_000, points=10)
    draw = LotteryTerms(cost_points=20, tries_day=1, first_on=day, last_on=day)
    lottery.create("周年抽奖", draw, (prize,), by=shop.owner, now=shop.now)
    punch.create("喝十送一", 10, points=100, by=shop.owner, now=shop.now)
    return shop


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_lists_fit_the_screen(full_shop: Shop, language: str, size: tuple[int, int]) -> None:
    async def body() -> None:
        async with opened(full_shop, MarketingPage, language=language, size=size) as (app, pilot):
            for key, name in (
                ("1", "满100减20"),
                ("2", "生日8折"),
                ("3", "¥50.00"),
                ("4", "茶杯"),
                ("5", "年卡"),
                ("6", "周年抽奖"),
                ("7", "喝十送一"),
            ):
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


def test_a_top_up_rule_is_added(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, MarketingPage) as (app, pilot):
            await pressed(pilot, "3", "n")
            await typed(pilot, "1000", "150", "")
            assert "does not expire" in screen(app)

    asyncio.run(body())
    assert [rule.pay_cents for rule in topups.running(now=Millis(shop.now + 2 * HOUR))] == [50_000, 100_000]


def test_promotion_ends_only_after_y(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, MarketingPage) as (app, pilot):
            await pressed(pilot, "x", "enter")
            assert "周三双倍积分" in screen(app)
            await pressed(pilot, "y")
            assert "周三双倍积分" not in screen(app)
            await pressed(pilot, "f", "3", "enter")
            assert "周三双倍积分" in screen(app) and "满100减20" not in screen(app)
            await pressed(pilot, "4", "x")
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
            await pressed(pilot, "x", "y")

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
            await pressed(pilot, "x", "y")
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
            await pressed(pilot, key, "x", "y")

    asyncio.run(body())
    left = len(coupons.kinds()), len(topups.running(now=shop.now))
    assert left == ((0, 1) if key == "2" else (1, 0))


def test_a_lottery_is_asked_for_prize_by_prize(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, MarketingPage) as (app, pilot):
            await pressed(pilot, "6", "n")
            await typed(pilot, "Anniversary", "20", "1", "", "")
            assert "100 % are left for “no prize”." in screen(app)
            await typed(pilot, "Cup")
            await pressed(pilot, "enter", "enter")
            await typed(pilot, "0.5", "8")
            await pressed(pilot, "enter")
            assert "Cup 0.5 %" in screen(app) and "99.5 % are left" in screen(app)
            await typed(pilot, "Points")
            await pressed(pilot, "right", "enter")
            await typed(pilot, "10", "12.25", "")
            await pressed(pilot, "2", "enter")
            assert "No prize 87.25 %" in screen(app)
            await pressed(pilot, "enter")
            assert "Cup 0.5 % · Points 12.25 %" in screen(app)

    asyncio.run(body())
    (made,) = lottery.all_lotteries()
    prizes = [(one.terms.name, one.terms.kind, one.terms.odds_ppm, one.terms.stock) for one in made.prizes]
    assert prizes == [("Cup", "product", 5_000, 8), ("Points", "points", 122_500, None)]


def test_a_punch_card_is_added_and_ended(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, MarketingPage) as (app, pilot):
            await pressed(pilot, "7", "n")
            await typed(pilot, "Ten", "", "", "100")
            assert "100 points" in next(line for line in lines(app) if "Ten" in line)
            await pressed(pilot, "x", "y")

    asyncio.run(body())
    assert [(one.every, one.points, one.active) for one in punch.cards(only_active=False)] == [(10, 100, False)]


def test_what_a_promotion_brought_is_said(shop: Shop) -> None:
    shop.product("茶", 10_000)
    shop.sell(shop.basket(("茶", 1)), ("cash", 8_000))

    async def body() -> None:
        async with opened(shop, MarketingPage) as (app, pilot):
            await pressed(pilot, "down", "r")
            assert "1 sales by 0 members" in screen(app) and "¥20.00 taken off, ¥80.00 paid" in screen(app)

    asyncio.run(body())
