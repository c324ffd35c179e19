"""Win-back in the back-office: cases, calls with one key, offers to the first, results and strategies."""

import asyncio
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from core.base import db, i18n
from core.base.access import CLERK
from core.people import staff
from core.service import answers, followups, strategies, winback
from core.service.followups import Outcome
from core.service.strategies import Offer
from tests.core.service.test_winback_batches import judged
from tests.core.service.test_winback_cases import warn
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, lines, widths
from tests.tui.shopfront import LANGUAGES, not_allowed, opened, pressed, screen, settled
from tui.page import Page
from tui.screens.casespage import CasesPage
from tui.screens.churn import ChurnPage
from tui.screens.member import MemberPage
from tui.screens.strategiespage import StrategiesPage
from tui.screens.taskspage import TasksPage
from tui.screens.today import TodayPage
from tui.screens.winbackresults import ResultsPage

TODAY = date(2026, 5, 29)


@pytest.fixture
def shop(database: Path) -> Shop:
    shop = open_shop()
    warn(shop.member("13812042046", name="王伟芳", purposes=("membership", "marketing")))
    return shop


def case(shop: Shop) -> int:
    warning_id = db.value("SELECT id FROM churn_warning")
    return winback.open_case(warning_id, assigned_to=shop.owner.id, by=shop.owner, now=shop.now)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", [CasesPage, TasksPage, StrategiesPage])
def test_pages_fit_the_screen(shop: Shop, page: type[Page], language: str, size: tuple[int, int]) -> None:
    case(shop)

    async def body() -> None:
        async with opened(shop, page, language=language, size=size) as (app, pilot):
            assert widths(app) == {size[0]}
            await pressed(pilot, "e")
            assert widths(app) == {size[0]}

    asyncio.run(body())


def test_a_case_is_opened_from_the_churn_list_and_its_call_noted_with_one_key(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, ChurnPage) as (app, pilot):
            await pressed(pilot, "c", "enter", "enter")
            await pressed(pilot, "t")
            assert isinstance(app.page, TasksPage)
            assert "1 due · 0 late" in screen(app) and "Usually comes every 9 days" in screen(app)
            await pressed(pilot, "5")
            assert "Nothing is planned." in screen(app)

    asyncio.run(body())
    assert [one.state for one in winback.listing(by=shop.owner)] == ["contacted"]


def test_an_offer_is_chosen_of_what_the_reason_asks_for(shop: Shop) -> None:
    strategies.change("price", Offer("price", points=50), active=True, by=shop.owner, now=shop.now)
    winback.note_reason(case(shop), "price", by=shop.owner, now=shop.now)

    async def body() -> None:
        async with opened(shop, CasesPage) as (app, pilot):
            await pressed(pilot, "f")
            assert "better price · 50 points" in screen(app)
            await pressed(pilot, "enter")
            assert "offered" in next(line for line in lines(app) if "王伟芳" in line)

    asyncio.run(body())
    assert winback.listing(by=shop.owner)[0].points == 50


def test_a_case_is_ended_with_its_satisfaction_and_found_among_the_ended(shop: Shop) -> None:
    case(shop)

    async def body() -> None:
        async with opened(shop, CasesPage) as (app, pilot):
            await pressed(pilot, "x", "enter", "enter")
            assert "王伟芳" not in screen(app)
            await pressed(pilot, "e")
            assert "lost" in next(line for line in lines(app) if "王伟芳" in line)
            await pressed(pilot, "s", "enter")
            assert "Satisfaction 3 of 5." in screen(app)

    asyncio.run(body())


def test_an_offer_to_the_first_says_beforehand_whom_it_concerns(shop: Shop) -> None:
    shop.coupon_kind("回来减10", effect="amount", off_cents=1_000)

    async def body() -> None:
        async with opened(shop, ChurnPage, size=(120, 40)) as (app, pilot):
            await pressed(pilot, "b")
            await asyncio.sleep(0.3)
            await settled(pilot)
            assert "1 get the offer, 0 are held out." in screen(app)
            await pressed(pilot, "escape")

    asyncio.run(body())


def test_a_task_is_given_to_somebody_and_dropped(shop: Shop) -> None:
    case(shop)

    async def body() -> None:
        async with opened(shop, TasksPage) as (app, pilot):
            await pressed(pilot, "a", "enter", "enter")
            await pressed(pilot, "e", "enter", "enter", "enter")
            assert "Nothing is planned." in screen(app)

    asyncio.run(body())
    assert db.rows("SELECT state, outcome FROM follow_up") == [("done", "reached")]


def test_a_call_a_colleague_has_noted_meanwhile_is_told_and_the_page_stays(shop: Shop) -> None:
    case(shop)
    (task_id,) = db.one("SELECT id FROM follow_up") or (0,)

    async def body() -> None:
        async with opened(shop, TasksPage) as (app, pilot):
            assert isinstance(app.page, TasksPage)
            await app.page.gateway.write(answers.note, task_id, Outcome("reached"), by=shop.owner, now=shop.now)
            await pressed(pilot, "2")
            assert app.page.is_there and [one.message for one in app._notifications if "done already" in one.message]

    asyncio.run(body())
    assert db.rows("SELECT outcome FROM follow_up") == [("reached",)]


def test_clerks_see_their_own_tasks_and_no_results(shop: Shop) -> None:
    case(shop)
    li = staff.actor_of(staff.create("li", "李娜", "clerk", password="correct horse", by=shop.owner, now=shop.now))
    task = followups.listing(by=shop.owner, now=shop.now)[0]
    followups.assign(task.id, li.id, TODAY, by=shop.owner, now=shop.now)

    async def body() -> None:
        async with opened(shop, TasksPage, by=li) as (app, _pilot):
            assert "王伟芳" in screen(app) and "138****2046" in screen(app)
        async with opened(shop, ResultsPage, by=replace(shop.owner, role="clerk", rights=CLERK)) as (app, _pilot):
            assert not_allowed(app, "churn")

    asyncio.run(body())


@pytest.mark.parametrize("language", LANGUAGES)
def test_results_on_a_small_screen_cut_no_strategy_and_no_verdict(shop: Shop, language: str) -> None:
    judged(shop, offered=(20, 40), held=(9, 41))
    db.atomic(lambda: db.run("UPDATE winback_case SET strategy = 'amends', leaving_reason = 'competitor'"))()

    async def body() -> None:
        async with opened(shop, ResultsPage, language=language, size=(80, 24)) as (app, _pilot):
            shown = screen(app)
            for words in ("improve or make good", "too few to tell", "spent"):
                assert str(with_language(language, words)) in shown

    asyncio.run(body())


def with_language(language: str, words: str) -> str:
    with i18n.use(language):
        return i18n._(words)


def test_results_say_what_the_hold_out_shows(shop: Shop) -> None:
    judged(shop, offered=(56, 70), held=(48, 80))

    async def body() -> None:
        async with opened(shop, ResultsPage, size=(120, 40)) as (app, pilot):
            assert "+20 % (+5…+33)" in screen(app) and "80 %" in screen(app)
            await pressed(pilot, "p", "p")
            assert "last 90 days" in screen(app) and "No case is judged yet." in screen(app)

    asyncio.run(body())


def test_the_owner_changes_a_strategy(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, StrategiesPage) as (_app, pilot):
            await pressed(pilot, "enter", "tab", "tab", "2", "0", "enter", "enter")

    asyncio.run(body())
    assert strategies.of_reason("competitor")[0].offer == Offer("price", points=20)


def test_the_card_and_today_say_what_is_in_work(shop: Shop) -> None:
    case(shop)
    (member_id,) = [one.member_id for one in winback.listing(by=shop.owner)]

    async def body() -> None:
        async with opened(shop, lambda: MemberPage(member_id)) as (app, _pilot):
            assert "win-back" in screen(app) and "in work · 周丽 · call 05-29" in screen(app)
        async with opened(shop, TodayPage, size=(120, 40)) as (app, _pilot):
            assert "due · 0 late" in screen(app)

    asyncio.run(body())
