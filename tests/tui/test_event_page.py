"""Events in the back-office: the month, keys of the list that is shown, an invitation, a survey of who came."""

import asyncio
from functools import partial
from pathlib import Path

import pytest

from core.base import db
from core.base.clock import HOUR, Millis
from core.service import gatheringday, gatheringsignups
from tests import campaigns
from tests.core.service.gathered import opened as planned
from tests.core.service.gathered import sign_up
from tests.core.service.test_surveys import running
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, notices, widths
from tests.tui.shopfront import LANGUAGES, opened, pressed, screen
from tui.screens.campaignspage import CampaignPage
from tui.screens.eventpage import EventPage
from tui.screens.eventspage import EventsPage


@pytest.fixture
def shop(database: Path) -> Shop:
    return open_shop()


def test_the_footer_shows_what_is_done_in_the_list(shop: Shop) -> None:
    tea = planned(shop)

    async def body() -> None:
        async with opened(shop, partial(EventPage, tea)) as (app, pilot):
            said = {}
            for tab in "12345":
                await pressed(pilot, tab)
                said[tab] = [one.label for one in app.page.footer_items()]
            assert said == {
                "1": ["sign up", "check in", "cancel", "places", "all keys"],
                "2": ["add", "ready", "strike out", "edit", "all keys"],
                "3": ["add", "strike out", "edit", "open / close sign-up", "all keys"],
                "4": ["add", "strike out", "edit", "open / close sign-up", "all keys"],
                "5": ["lessons", "ask guests", "invite", "edit", "all keys"],
            }

    asyncio.run(body())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_invitation_is_drafted_and_opens_to_be_approved(shop: Shop, language: str, size: tuple[int, int]) -> None:
    ann, *_others = campaigns.people(shop, 4)
    tea = planned(shop)
    sign_up(shop, tea, ann)

    async def body() -> None:
        async with opened(shop, partial(EventPage, tea), language=language, size=size) as (app, pilot):
            await pressed(pilot, "v")
            assert isinstance(app.page, CampaignPage) and widths(app) == {size[0]}
            assert {"en": "Invitation 06-05: Tea tasting", "zh": "邀请 06-05：品茶会"}[language] in screen(app)
            await pressed(pilot, "a", "y")

    asyncio.run(body())
    assert db.value("SELECT state FROM campaign") == "approved"
    assert db.value("SELECT count(*) FROM campaign_audience WHERE arm = 'A'") == 3


def test_an_event_that_takes_no_sign_ups_invites_nobody(shop: Shop) -> None:
    tea = planned(shop)

    async def body() -> None:
        async with opened(shop, partial(EventPage, tea)) as (app, pilot):
            await pressed(pilot, "o", "v")
            assert notices(app)[-1] == (
                "“Tea tasting” takes no sign-ups now: sign-up closed. Open its sign-up first, then invite."
            )

    asyncio.run(body())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_guests_are_asked_by_a_survey_from_the_result(shop: Shop, language: str, size: tuple[int, int]) -> None:
    tea = planned(shop, from_at=shop.now, until_at=Millis(shop.now + HOUR))
    ann, bob = shop.member("13800138000"), shop.member("13800138001")
    for member in (ann, bob):
        sign_up(shop, tea, member)
        gatheringday.check_in(tea, member, by=shop.owner, now=shop.now)
    running(shop, points=0, as_service=True)
    said = {
        "en": ("not asked yet", "0 answered, 2 asked", "0 answered, too few"),
        "zh": ("尚未调查", "已答 0", "0 人作答"),
    }

    async def body() -> None:
        async with opened(shop, partial(EventPage, tea), language=language, size=size) as (app, pilot):
            await pressed(pilot, "5")
            assert said[language][0] in screen(app)
            await pressed(pilot, "q", "enter")
            assert widths(app) == {size[0]}
            assert all(words in screen(app) for words in said[language][1:])

    asyncio.run(body())
    assert db.value("SELECT count(*) FROM survey_invite") == 2


def test_without_a_survey_that_runs_a_notice_says_how_to_get_one(shop: Shop) -> None:
    tea = planned(shop)

    async def body() -> None:
        async with opened(shop, partial(EventPage, tea)) as (app, pilot):
            await pressed(pilot, "q")
            assert notices(app)[-1] == "No survey runs. Write one under F8, Surveys, and start it."

    asyncio.run(body())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_month_counts_the_events_of_each_day(shop: Shop, language: str, size: tuple[int, int]) -> None:
    planned(shop)
    planned(shop, name_en="Another", name_zh="另一场")
    gatheringsignups.call_off(planned(shop), by=shop.owner, now=shop.now)
    name, monday = {"en": ("Another", "Mon"), "zh": ("另一场", "周一")}[language]

    async def body() -> None:
        async with opened(shop, EventsPage, language=language, size=size) as (app, pilot):
            assert widths(app) == {size[0]} and name in screen(app) and monday in screen(app)
            assert " 29     · " in screen(app) and " 5     2 " not in screen(app)  # May: nothing on any day
            await pressed(pilot, "plus")
            assert " 5     2 " in screen(app) and "2026-06" in screen(app)
            await pressed(pilot, "plus")
            assert name not in screen(app)
            await pressed(pilot, "t")
            assert "2026-05" in screen(app) and name in screen(app)

    asyncio.run(body())
