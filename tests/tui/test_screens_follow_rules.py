"""Rules for tasks in the back-office: added, changed and switched; what their calls say and how they end."""

import asyncio
from datetime import date
from pathlib import Path

import pytest

from core.base import access, db
from core.service import followplans, followrules, followups, tickets
from core.service.followrules import Terms
from core.service.followups import Plan
from tests.core.service.test_surveys import answer, running
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, lines, notices, widths
from tests.tui.shopfront import LANGUAGES, opened, pressed, screen
from tui.screens.followrulespage import FollowRulesPage
from tui.screens.member import MemberPage
from tui.screens.taskspage import TasksPage
from tui.screens.ticketpage import TicketPage

TODAY = date(2026, 5, 29)


@pytest.fixture
def shop(database: Path) -> Shop:
    return open_shop()


def planned(shop: Shop, kind: str, ref_id: int = 0, member_id: int | None = None) -> int:
    member_id = member_id or shop.member("13812042046", name="王伟芳")
    return followups.plan(member_id, TODAY, Plan(kind, ref_id), by=shop.owner, now=shop.now)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_rules_fit_the_screen(shop: Shop, language: str, size: tuple[int, int]) -> None:
    for terms in (Terms("after_sale", days=7, least_cents=5_000), Terms("check_data", months=12, a_night=10)):
        followrules.create(terms, by=shop.owner, now=shop.now)

    async def body() -> None:
        async with opened(shop, FollowRulesPage, language=language, size=size) as (app, pilot):
            assert widths(app) == {size[0]}
            await pressed(pilot, "e")
            assert widths(app) == {size[0]}

    asyncio.run(body())


def test_a_rule_is_added_from_the_tasks_and_switched(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, TasksPage) as (app, pilot):
            await pressed(pilot, "f", "n", "enter", *["enter"] * 7)
            assert "7 days after" in next(line for line in lines(app) if "after a sale" in line)
            await pressed(pilot, "space")
            assert "Switched off." in screen(app)

    asyncio.run(body())
    (rule,) = followrules.listing(by=shop.owner)
    assert (rule.terms, rule.active) == (Terms("after_sale", days=7), False)


def test_a_call_about_data_says_what_is_kept_and_ends_with_one_key(shop: Shop) -> None:
    task_id = planned(shop, "check_data")

    async def body() -> None:
        async with opened(shop, TasksPage) as (app, pilot):
            assert "Birthday not known." in screen(app)
            await pressed(pilot, "7")
            assert "Nothing is planned." in screen(app)

    asyncio.run(body())
    assert followups.get(task_id, by=shop.owner, now=shop.now).outcome == "right"


def test_only_a_call_about_data_finds_that_all_is_right(shop: Shop) -> None:
    planned(shop, "care")

    async def body() -> None:
        async with opened(shop, TasksPage) as (app, pilot):
            await pressed(pilot, "7")
            assert notices(app) == ["Only a task that checks phone and birthday ends so."]

    asyncio.run(body())


def test_a_call_about_a_ticket_says_how_it_ended_and_enter_opens_it(shop: Shop) -> None:
    member_id = shop.member("13812042046", name="王伟芳")
    ticket = tickets.open_ticket(
        tickets.Terms("complaint", "Leaky cup", member_id=member_id), by=shop.owner, now=shop.now
    )
    tickets.close(ticket, "goodwill", by=shop.owner, now=shop.now)
    planned(shop, "ticket", ticket, member_id)

    async def body() -> None:
        async with opened(shop, TasksPage, size=(120, 40)) as (app, pilot):
            assert "complaint: Leaky cup" in screen(app) and "made good." in screen(app)
            await pressed(pilot, "enter")
            assert isinstance(app.page, TicketPage)
            await pressed(pilot, "escape", "m")
            assert isinstance(app.page, MemberPage)

    asyncio.run(body())


def test_a_call_after_a_sale_says_what_was_bought(shop: Shop) -> None:
    shop.product("Jasmine tea", 5_000)
    followrules.create(Terms("after_sale", days=0), by=shop.owner, now=shop.now)
    shop.sell(shop.basket(("Jasmine tea", 1), member=shop.member("13812042046", name="王伟芳")))
    assert followplans.plan_due(by=access.scheduler("follow-ups-planned"), now=shop.now) == 1

    async def body() -> None:
        async with opened(shop, TasksPage, size=(120, 40)) as (app, _pilot):
            assert "Bought on 05-29 Fri for ¥50.00: Jasmine tea." in screen(app)

    asyncio.run(body())


def test_a_call_about_a_survey_shows_the_answers(shop: Shop) -> None:
    """Low answers planned such calls before they opened complaints; what is planned is still to be made."""
    survey, member_id = running(shop, points=0), shop.member("13812042046", name="王伟芳")
    reply = answer(shop, survey, member_id, "3", "2", "1", "The tea was cold")
    call = followups.Plan("survey", reply.id)
    db.atomic(lambda: followups.put(member_id, date(2026, 5, 30), call, by=shop.owner, now=shop.now))()

    async def body() -> None:
        async with opened(shop, TasksPage, size=(120, 40)) as (app, _pilot):
            assert "“How was the service?” 2 of 5" in screen(app)
            assert "“Would you recommend us?” 3 of 10" in screen(app)
            assert "“Anything else?” The tea was cold" in screen(app)

    asyncio.run(body())


def test_a_call_is_planned_from_the_card(shop: Shop) -> None:
    member_id = shop.member("13812042046", name="王伟芳")

    async def body() -> None:
        async with opened(shop, lambda: MemberPage(member_id), size=(120, 40)) as (_app, pilot):
            await pressed(pilot, "l", "enter", "enter", "enter")

    asyncio.run(body())
    (task,) = followups.of_member(member_id, by=shop.owner, now=shop.now)
    assert (task.kind, task.way, task.due_on, task.assigned_to) == ("care", "call", TODAY, None)
