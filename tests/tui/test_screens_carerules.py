"""Care rules and their calendar: switched, changed, added; and what goes out on which day."""

import asyncio
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from core.base.clock import Millis
from core.outreach import care, costs
from core.outreach.care import CareRule
from core.outreach.costs import Rate
from core.people import members
from core.people.birthdays import Birthday
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, lines, widths
from tests.tui.shopfront import LANGUAGES, opened, pressed, screen
from tui.screens.carecalendarpage import CareCalendarPage
from tui.screens.carerulespage import CareRulesPage, DayNumbersUnreadable, read_days
from tui.widgets.monthgrid import grid


@pytest.fixture
def shop(database: Path) -> Shop:
    return open_shop()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_rules_show_how_they_read_and_what_they_cost(shop: Shop, language: str, size: tuple[int, int]) -> None:
    costs.set_rate(Rate("CN", "sms", "CNY", 45_000), by=shop.owner, now=shop.now)
    told = {"en": ["Happy birthday", "text messages: 1", "CN CNY 0.0450"],
            "zh": ["生日快乐", "短信 1 条", "CN CNY 0.0450"]}  # fmt: skip

    async def body() -> None:
        async with opened(shop, CareRulesPage, language=language, size=size) as (app, pilot):
            assert [words for words in told[language] if words not in screen(app)] == []
            assert widths(app) == {size[0]}
            await pressed(pilot, "enter")
            assert widths(app) == {size[0]}

    asyncio.run(body())


def test_a_rule_is_switched_by_space(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, CareRulesPage) as (app, pilot):
            assert " off" in lines(app)[5]
            await pressed(pilot, "space")
            assert " on" in lines(app)[5]

    asyncio.run(body())
    assert care.rule_of("birthday") == CareRule("birthday", True, None)


def test_a_rule_gets_days_and_a_gift_by_a_form(shop: Shop) -> None:
    kind = shop.coupon_kind("生日8折", effect="percent", off_bp=2000)

    async def body() -> None:
        async with opened(shop, CareRulesPage) as (app, pilot):
            row = next(at for at, line in enumerate(lines(app)[5:]) if "win-back" in line)
            await pressed(pilot, *["down"] * row, "enter", "left", "enter", *"45 90", "enter", "right", "enter")
            await pressed(pilot, *"50", "enter", "enter")
            assert "45 · 90 days after" in screen(app) and "生日8折 + 50 points" in screen(app)

    asyncio.run(body())
    assert care.rule_of("winback") == CareRule("winback", True, kind, 50, (45, 90))


def test_days_that_are_no_numbers_are_refused_at_their_field(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, CareRulesPage) as (app, pilot):
            row = next(at for at, line in enumerate(lines(app)[5:]) if "win-back" in line)
            await pressed(pilot, *["down"] * row, "enter", "enter", *"soon", *["enter"] * 4)
            assert "“soon” are no numbers of days. Type them like 30 7." in screen(app)

    asyncio.run(body())
    assert not care.rule_of("winback").active


def test_a_festival_is_added_and_is_on(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, CareRulesPage, language="zh") as (_app, pilot):
            await pressed(pilot, "n", "enter")

    asyncio.run(body())
    assert [rule.active for rule in care.all_rules() if rule.occasion.startswith("festival:")] == [True]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_calendar_shows_who_is_greeted_when(shop: Shop, language: str, size: tuple[int, int]) -> None:
    care.set_rule("birthday", active=True, coupon_kind_id=None, by=shop.owner, now=shop.now)
    for phone, name in (("13812042046", "王伟芳"), ("13912042047", "李雷")):
        one = shop.member(phone, name=name)
        members.set_birthday(one, Birthday("solar", 6, 3), by=shop.owner, now=Millis(shop.now))

    async def body() -> None:
        async with opened(shop, CareCalendarPage, language=language, size=size) as (app, pilot):
            assert "王伟芳" not in screen(app)
            await pressed(pilot, "right")
            assert "王伟芳, 李雷" in screen(app) and "2026-06" in screen(app)
            assert "   3     2" in screen(app) and widths(app) == {size[0]}
            await pressed(pilot, "left", "left")
            assert "2026-05" in screen(app)

    asyncio.run(body())


def test_a_month_is_drawn_in_weeks_from_monday() -> None:
    drawn = grid(date(2026, 6, 1), Counter({date(2026, 6, 3): 12}), date(2026, 5, 29))
    assert [line.plain[:30] for line in drawn[:2]] == [
        "       Mon       Tue       Wed",
        "   1     ·   2     ·   3    12",
    ]
    assert len(drawn) == 6


def test_numbers_of_days_are_read_with_commas_or_blanks() -> None:
    assert read_days("30, 7") == (30, 7)
    with pytest.raises(DayNumbersUnreadable):
        read_days("1000")
