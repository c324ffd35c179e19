"""The churn list: warnings by loss, their sentence, reason and close."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from core.base import clock, db
from core.base.access import CLERK
from core.base.clock import Millis
from core.books import stats
from core.insight import profiles, warnings
from core.people import members
from core.people.members import MemberCard
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, lines, widths
from tests.tui.shopfront import LANGUAGES, not_allowed, opened, pressed, screen, settled
from tui.screens.churn import ChurnPage
from tui.screens.member import MemberPage
from tui.screens.memberwords import rhythm_said


def warned(shop: Shop, name: str, phone: str, loss_cents: int, id: int) -> int:
    member_id = shop.member(phone, name=name)
    last = clock.day_of(shop.now, "Asia/Shanghai") - timedelta(days=23)

    @db.atomic
    def warn() -> None:
        db.add(
            "churn_warning", id=id, member_id=member_id, raised_day=last.toordinal() + 20, state="open",
            kind="warning", silent_days=20, usual_days=9, after_days=18, visits=12, chance_bp=4150,
            loss_cents=loss_cents, last_visit_day=last.toordinal(),
        )  # fmt: skip

    warn()
    return member_id


@pytest.fixture
def shop(database: Path) -> Shop:
    shop = open_shop()
    warned(shop, "王伟芳", "13812042046", 4_200, 1)
    warned(shop, "欧阳娜娜 de la Fontaine", "13812042047", 123_456, 2)
    return shop


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_churn_list_fits_the_screen(shop: Shop, language: str, size: tuple[int, int]) -> None:
    async def body() -> None:
        async with opened(shop, ChurnPage, language=language, size=size) as (app, pilot):
            assert widths(app) == {size[0]}
            first = next(line for line in lines(app) if "欧阳娜娜" in line)
            assert "¥1,234.56" in first and "42 %" in first
            assert ("23 days" if language == "en" else "23 天") in first
            await pressed(pilot, "r")
            assert widths(app) == {size[0]}

    asyncio.run(body())


def test_greatest_loss_comes_first_with_its_sentence_below(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, ChurnPage) as (app, _pilot):
            text = screen(app)
            assert text.index("欧阳娜娜") < text.index("王伟芳")
            assert "Usually comes every 9 days (12 visits)." in text
            assert "Churn · 2 away · worth ¥1,276.56 a month" in text

    asyncio.run(body())


def test_reason_is_kept_and_shown_and_close_takes_the_warning_away(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, ChurnPage) as (app, pilot):
            await pressed(pilot, "r", "right", "enter")
            assert "quality" in next(line for line in lines(app) if "欧阳娜娜" in line)
            await pressed(pilot, "x", "enter")
            assert "欧阳娜娜" not in screen(app)
            assert "1 away · worth ¥42.00" in screen(app)

    asyncio.run(body())
    left = warnings.open_warnings(by=shop.owner, now=shop.now)
    assert [one.id for one in left] == [1]
    assert db.value("SELECT leaving_reason FROM churn_warning WHERE id = 2") == "quality"


def test_warning_someone_else_closed_is_refused_with_a_sentence(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, ChurnPage) as (app, pilot):
            await pressed(pilot, "x")
            await app.gateway.write(warnings.close, 2, by=shop.owner, now=shop.now)
            await pressed(pilot, "enter")
            assert "There is no such warning any more." in screen(app)

    asyncio.run(body())


def test_enter_opens_the_member_card(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, ChurnPage) as (app, pilot):
            await pilot.press("enter")
            await settled(pilot)
            assert isinstance(app.page, MemberPage)

    asyncio.run(body())


@pytest.mark.parametrize("language", LANGUAGES)
def test_clerk_is_told_why_there_is_no_list(shop: Shop, language: str) -> None:
    async def body() -> None:
        clerk = replace(shop.owner, role="clerk", rights=CLERK)
        async with opened(shop, ChurnPage, by=clerk, language=language) as (app, _pilot):
            assert not_allowed(app, "churn") and "王伟芳" not in screen(app)

    asyncio.run(body())


def closed_month() -> None:
    @db.atomic
    def write() -> None:
        db.add(
            "backtest", day=739_700, horizon_days=30, members=600, level="L1", auc_days_bp=7480, auc_rfm_bp=7500,
            auc_mbg_bp=8900, auc_lr_bp=None, brier_mbg_bp=1200, brier_lr_bp=None, first_half_bp=7100,
            expected_visitors=412, visitors=398, season_bp=None, at=1,
        )  # fmt: skip

    write()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_b_shows_how_good_the_forecast_was(shop: Shop, language: str, size: tuple[int, int]) -> None:
    closed_month()

    async def body() -> None:
        async with opened(shop, ChurnPage, language=language, size=size) as (app, pilot):
            await pressed(pilot, "h")
            assert widths(app) == {size[0]}
            text = screen(app)
            assert "412" in text and "398" in text
            assert ("Of 412 expected within 30 days 398 came." if language == "en" else "实际来了 398 人") in text

    asyncio.run(body())


def judged_member(shop: Shop) -> MemberCard:
    """A member of three visits, nine days apart, whom the night has judged."""
    member_id = shop.member("13812042048", name="李雷")
    today = clock.day_of(shop.now, "Asia/Shanghai")

    @db.atomic
    def judged() -> None:
        for back in (26, 17, 8):
            stats.count_sale(member_id, day=today - timedelta(days=back), net_cents=3000, points=0, at=Millis(shop.now))
        day = today.toordinal()
        db.add(
            "member_insight", member_id=member_id, day=day, state="on time", rhythm_class=2, usual_days=9, warn_days=18,
            lost_days=68, recency_score=4, frequency_score=3, money_score=3, grouping="good", chance_bp=9340,
            chance_before_bp=9500, expected_cents=9000, loss_cents=600, value_cents=90_000, next_from_day=day + 1,
            next_day=day + 1, next_to_day=day + 6,
        )  # fmt: skip

    judged()
    return members.card(member_id, by=shop.owner, now=shop.now)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_card_of_who_is_on_time_says_rhythm_next_visit_and_chance(shop: Shop, language: str) -> None:
    member_id = judged_member(shop).id

    async def body() -> None:
        async with opened(shop, lambda: MemberPage(member_id), language=language) as (app, _pilot):
            text = "".join(line.strip() for line in lines(app))
            english = language == "en"
            assert ("Usually every 9 days, last here 8 days ago." if english else "通常每 9 天来一次") in text
            assert ("Chance of a visit in the next 30 days: 93 %." if english else "未来 30 天") in text
            assert ("comes often and buys much" if english else "常来，买得多") in text

    asyncio.run(body())


def test_the_till_says_how_often_who_stands_there_comes(shop: Shop) -> None:
    card = judged_member(shop)
    told = profiles.of(card.id, now=shop.now)
    with clock.set_to(shop.now):
        assert rhythm_said(card, told) == "Usually every 9 days, last here 8 days ago."
    assert rhythm_said(card, None) == ""
    assert rhythm_said(replace(card, stats=stats.NOTHING), told) == ""
