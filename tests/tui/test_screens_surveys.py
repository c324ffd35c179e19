"""Surveys in the back-office: made, started, asked for, looked at."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from core.base import db
from core.service import surveys
from tests.core.service.test_surveys import answer, running, terms
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, lines, notices, widths
from tests.tui.shopfront import LANGUAGES, not_allowed, opened, pressed, screen, settled
from tui.page import Page
from tui.screens.service import ServicePage
from tui.screens.surveyquestions import QuestionsPage
from tui.screens.surveyresults import GroupsPage, ResultPage, WordsPage
from tui.screens.surveyspage import FIRST_QUESTIONS, SurveysPage

PAGES: dict[str, Callable[[int], Page]] = {
    "surveys": lambda _id: SurveysPage(), "questions": QuestionsPage, "result": ResultPage, "groups": GroupsPage,
    "words": WordsPage,
}  # fmt: skip


@pytest.fixture
def shop(database: Path) -> Shop:
    return open_shop()


def answered(shop: Shop) -> int:
    survey = running(shop, points=0)
    for number, said in enumerate(("10", "9", "9", "7", "3")):
        member_id = shop.member(f"1381204204{number}", name="王伟芳")
        answer(shop, survey, member_id, said, "5", "1", "茶很好喝，就是等得太久了" if said == "3" else "")
    return survey.id


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_pages_fit_the_screen(shop: Shop, name: str, language: str, size: tuple[int, int]) -> None:
    survey_id = answered(shop)

    async def body() -> None:
        async with opened(shop, lambda: PAGES[name](survey_id), language=language, size=size) as (app, pilot):
            assert widths(app) == {size[0]}
            await pressed(pilot, "n", "down", "i", "a")
            assert widths(app) == {size[0]}

    asyncio.run(body())


def test_a_survey_is_made_and_started(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, SurveysPage) as (app, pilot):
            await pressed(pilot, "n", *"May", *["enter"] * 11)
            assert isinstance(app.page, QuestionsPage)
            assert "What should we do better?" in screen(app)
            for key in ("down", "down", "u", "x", "s", "y"):
                await pilot.press(key)
                await settled(pilot)
            assert notices(app)[-1] == "“May” is started."

    asyncio.run(body())
    (one,) = surveys.listing(by=shop.owner)
    assert (one.state, [q.kind for q in one.questions]) == ("running", ["nps", "csat"])


def test_a_question_is_changed_and_a_choice_added(shop: Shop) -> None:
    survey_id = surveys.draft(terms(), FIRST_QUESTIONS, by=shop.owner, now=shop.now)

    async def body() -> None:
        async with opened(shop, lambda: QuestionsPage(survey_id)) as (app, pilot):
            await pressed(pilot, "a", "3", "enter", *"Why", "enter", *"zh", "enter", *"tea / cake", "enter")
            await pressed(pilot, *"cha / gao", "enter", "enter")
            assert "tea · cake" in screen(app)

    asyncio.run(body())
    made = surveys.get(survey_id).questions[-1]
    assert (made.kind, made.choices) == ("choice", (("tea", "cha"), ("cake", "gao")))


def test_a_member_is_asked_by_hand(shop: Shop) -> None:
    running(shop)
    shop.member("13812042046", name="王伟芳")

    async def body() -> None:
        async with opened(shop, SurveysPage) as (app, pilot):
            await pressed(pilot, "i", *"2046", "enter")
            assert "05-29 Fri – 06-30 Tue" in screen(app)

    asyncio.run(body())
    assert db.value("SELECT count(*) FROM survey_invite") == 1


def test_results_lead_to_groups_and_words(shop: Shop) -> None:
    answered(shop)

    async def body() -> None:
        async with opened(shop, ServicePage) as (app, pilot):
            assert "1 running · 5 in 7 days" in screen(app)
            await pressed(pilot, "down", "down", "enter", "enter")
            assert isinstance(app.page, ResultPage)
            assert "NPS +40.0 (−29.8 … +79.8), 5 answered." in screen(app)
            await pressed(pilot, "g")
            assert next(line for line in lines(app) if "南京东路店" in line).split()[1:3] == ["5", "+40.0"]
            await pressed(pilot, "c", "escape", "w")
            assert "王伟芳" in screen(app) and "茶很好喝" in screen(app)

    asyncio.run(body())


def test_who_may_not_sees_why(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, SurveysPage, by=shop.owner_with(frozenset())) as (app, _pilot):
            assert not_allowed(app, "service")

    asyncio.run(body())
