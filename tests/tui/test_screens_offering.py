"""What to offer: the quiet lines at the till, the card's lines with consent, products by hour and weekday."""

import asyncio
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from core.base import access, clock, settings
from core.base.clock import DAY, HOUR, Millis
from core.insight import baskets
from core.insight.slots import Slot
from core.people import consent, members
from core.reports import producttimes
from core.reports.producttimes import ProductTimes
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, widths
from tests.tui.shopfront import LANGUAGES, opened, pressed, screen, typed
from tui.screens import memberwords
from tui.screens.goods import GoodsPage
from tui.screens.producttimespage import ProductTimesPage, drawn, peaks
from tui.screens.till import TillPage

PHONE = "13812042046"
till = partial(opened, page=TillPage, section="till")


@pytest.fixture
def shop(database: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Latte and tart together in nine of ten baskets, some of them a member's own latte."""
    settings.use(settings.Settings(secret="test secret"))
    monkeypatch.setattr(baskets, "LEAST_BASKETS", 5)
    shop = open_shop()
    for name, cents in (("桂花拿铁", 2400), ("蛋挞", 800), ("珍珠奶茶", 1800)):
        shop.product(name, cents)
    member = shop.member(PHONE, name="王伟芳", purposes=("membership", "profiling"))
    for day in range(1, 10):
        shop.sell(shop.basket(("桂花拿铁", 1), ("蛋挞", 1)), now=Millis(shop.now - day * DAY))
    for day in range(1, 4):
        mine = shop.basket(("桂花拿铁", 1), ("珍珠奶茶", 1), member=member)
        shop.sell(mine, now=Millis(shop.now - day * DAY + 7 * HOUR))
    baskets.count(by=access.scheduler("recommend"), now=shop.now)
    return shop


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_till_says_what_a_member_may_like_and_what_goes_with_the_goods(
    shop: Shop, language: str, size: tuple[int, int]
) -> None:
    async def body() -> None:
        async with till(shop, language=language, size=size) as (app, pilot):
            await typed(pilot, PHONE)
            taste = {"en": "usual 桂花拿铁 · may like 蛋挞", "zh": "常点桂花拿铁 · 可能喜欢蛋挞"}[language]
            assert taste in screen(app) and widths(app) == {size[0]}
            await typed(pilot, "ghnt")
            goes = {"en": "goes with it: 蛋挞 (9 of 12 with 桂花拿铁) · 珍珠奶茶",
                    "zh": "可搭配：蛋挞（12 单桂花拿铁中 9 单） · 珍珠奶茶"}[language]  # fmt: skip
            assert goes in screen(app) and widths(app) == {size[0]}
            await pressed(pilot, "ctrl+d", "y")
            assert taste not in screen(app) and goes not in screen(app)

    asyncio.run(body())


def test_without_consent_the_till_offers_only_what_goes_with_the_goods(shop: Shop) -> None:
    (hit,) = members.find(PHONE, by=shop.owner)
    consent.withdraw(hit.id, "profiling", source="phone", by=members.themselves(hit.id), now=shop.now)

    async def body() -> None:
        async with till(shop) as (app, pilot):
            await typed(pilot, PHONE, "ghnt")
            assert "王伟芳" in screen(app) and "may like" not in screen(app) and "usual" not in screen(app)
            assert "goes with it: 蛋挞" in screen(app)

    asyncio.run(body())
    lines = memberwords.card_lines(memberwords.known(hit.id, shop.owner), 120)
    assert not [line.plain for line in lines if line.plain.startswith(("usual", "may like", "comes"))]


def test_the_card_says_what_is_usual_what_may_be_liked_and_why(shop: Shop) -> None:
    (hit,) = members.find(PHONE, by=shop.owner)
    lines = memberwords.card_lines(memberwords.known(hit.id, shop.owner), 120)
    said = [line.plain.strip() for line in lines if line.plain.startswith(("usual", "may like", "comes"))]
    assert [part.split(maxsplit=1)[1] for part in said] == [
        "桂花拿铁 × 3 · 珍珠奶茶 × 3", "like  蛋挞: bought together with 桂花拿铁 in 9 of 12 baskets",
        "no usual time; most members come Wed, 11 to 14",
    ]  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_products_by_time_are_one_key_from_the_goods(shop: Shop, language: str, size: tuple[int, int]) -> None:
    async def body() -> None:
        async with opened(shop, GoodsPage, language=language, size=size) as (app, pilot):
            await pressed(pilot, "h")
            assert isinstance(app.page, ProductTimesPage)
            assert "桂花拿铁" in screen(app) and "12 " in screen(app) and widths(app) == {size[0]}
            await pressed(pilot, "d")
            assert {"en": "Fri", "zh": "周五"}[language] in screen(app) and widths(app) == {size[0]}

    asyncio.run(body())


def test_only_sure_peaks_are_told_the_strongest_first() -> None:
    few, even, less = Slot(29, None, False), Slot(50, 10_000, False), Slot(40, 5000, True)
    tea = ProductTimes(1, "tea", 200, (), (few, Slot(60, 15_000, True), even, less, Slot(40, 21_400, True), few, few))
    assert [str(one) for one in peaks([tea], by_weekday=True)] == [
        "tea Fri: 2.1 × the shop's share, 40 bought", "tea Tue: 1.5 × the shop's share, 60 bought",
    ]  # fmt: skip


def test_the_grid_shades_each_row_against_its_own_best_time(shop: Shop) -> None:
    today = clock.day_of(shop.now, "Asia/Shanghai")
    found = producttimes.of(today - timedelta(days=89), today, by=shop.owner)
    first, *rows = [line.plain for line in drawn(found, 60, by_weekday=False)][:4]
    assert first.split() == ["12", "13", "14", "15", "16", "17", "18", "19"]
    assert [row.split()[0] for row in rows] == ["桂花拿铁", "蛋挞", "珍珠奶茶"]
    assert rows[2].endswith("███") and rows[1].rstrip().endswith("███")
