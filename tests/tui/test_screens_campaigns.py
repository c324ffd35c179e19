"""Campaigns in the back-office: looked over, approved after y, paused, taken up again and ended."""

import asyncio
import re
from pathlib import Path

import pytest

from core.base import db
from core.base.errors import RegularsError
from core.outreach.campaigns import plan as plans
from core.outreach.segments import saved
from core.outreach.segments import typed as rules_typed
from tests import campaigns
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, lines, notices, widths
from tests.tui.shopfront import LANGUAGES, opened, pressed, screen, typed
from tui.screens import campaignforms
from tui.screens.campaignforms import HourInvalid
from tui.screens.campaignspage import CampaignsPage
from tui.widgets.overlay import Answer, FieldRow, Form


@pytest.fixture
def shop(database: Path) -> Shop:
    shop = open_shop()
    campaigns.people(shop, 6)
    return shop


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_draft_is_looked_over_and_fits(shop: Shop, language: str, size: tuple[int, int]) -> None:
    campaigns.drafted(shop)

    async def body() -> None:
        async with opened(shop, CampaignsPage, language=language, size=size) as (app, pilot):
            assert "夏日" in screen(app) and widths(app) == {size[0]}
            await pressed(pilot, "enter")
            assert "夏日新茶到店" in screen(app) and widths(app) == {size[0]}
            await pressed(pilot, "e")
            assert widths(app) == {size[0]}

    asyncio.run(body())


def test_a_campaign_is_drafted_by_the_form_and_what_is_missing_stands_at_its_field(shop: Shop) -> None:
    saved.save("everyone", rules_typed.read("has:phone"), by=shop.owner, now=shop.now)

    async def body() -> None:
        async with opened(shop, CampaignsPage) as (app, pilot):
            await pressed(pilot, "n", *"Winter", *["enter"] * 10)
            assert app.focused is not None and app.page.overlay.is_open
            refused = next(row for row in app.page.query(FieldRow) if row.field.id == "words_zh")
            assert refused.has_focus_within and "The campaign does not fit: it needs words" in screen(app)
            await typed(pilot, "【{shop}】冬饮上新。{stop}", *[""] * 6)
            assert not app.page.overlay.is_open and "Winter" in screen(app)

    asyncio.run(body())


def test_a_campaign_is_approved_paused_taken_up_and_ended(shop: Shop) -> None:
    one = campaigns.drafted(shop)
    seen: list[str] = []

    async def body() -> None:
        async with opened(shop, CampaignsPage) as (app, pilot):
            for keys in (("enter", "a", "y"), ("p", *"rain", "enter"), ("p", "y"), ("x", "y")):
                await pressed(pilot, *keys)
                seen.append((await app.gateway.read(plans.get, one.id, by=shop.owner)).state)
            await pressed(pilot, "x")
            assert notices(app)[-1] == "It is over already."

    asyncio.run(body())
    assert seen == ["approved", "paused", "approved", "cancelled"]


def test_details_are_filled_in_and_a_test_goes_to_oneself_in_the_second_wording(shop: Shop) -> None:
    one = campaigns.drafted(shop)

    async def body() -> None:
        async with opened(shop, CampaignsPage) as (app, pilot):
            await pressed(pilot, "enter", "m")
            await typed(pilot, "B {shop} {name} {link}{stop}", "https://vip.example.cn/new", "80")
            await typed(pilot, "30", *[""] * 3)
            assert not app.page.is_covered and "¥80.00" in screen(app)
            await pressed(pilot, "t", *"13812340000", "enter", "right", "enter")
            assert notices(app) == ["A test goes to 138****0000."]

    asyncio.run(body())
    plan = plans.get(one.id, by=shop.owner).plan
    assert (plan.words_b["zh"].body, plan.link) == ("B {shop} {name} {link}{stop}", "https://vip.example.cn/new")
    assert (plan.budget_cents, plan.per_minute, plan.hours, plan.until_at) == (8_000, 30, "10-20", one.plan.until_at)
    sent = db.rows("SELECT template, address, campaign_id FROM outbox WHERE address IS NOT NULL")
    assert sent == [(f"campaign.{one.id}.B", "+8613812340000", None)]


def test_details_that_cannot_be_are_refused_at_their_field(shop: Shop) -> None:
    campaigns.drafted(shop)

    async def body() -> None:
        async with opened(shop, CampaignsPage) as (app, pilot):
            await pressed(pilot, "enter", "m")
            await typed(pilot, "", "http://x", "", "", "", "", "")
            refused = next(row for row in app.page.query(FieldRow) if row.field.id == "link")
            assert refused.has_focus_within and "cannot stand in a message" in screen(app)

    asyncio.run(body())


def test_an_email_has_a_subject_and_a_changed_draft_keeps_its_details(shop: Shop) -> None:
    one = campaigns.drafted(shop, channel="email", link="/me", budget_cents=500)

    async def body() -> None:
        async with opened(shop, CampaignsPage) as (app, pilot):
            await pressed(pilot, "enter", "m", "tab", *"新茶", *["enter"] * 7)
            await pressed(pilot, "e", *"!", *["enter"] * 10)
            assert not app.page.is_covered and "夏日!" in screen(app)

    asyncio.run(body())
    kept = plans.get(one.id, by=shop.owner)
    assert (kept.name, kept.plan.link, kept.plan.budget_cents) == ("夏日!", "/me", 500)
    assert kept.plan.words["zh"] == plans.Words(campaigns.BODY, "新茶")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_result_shows_both_wordings_and_says_what_is_proved(
    shop: Shop, language: str, size: tuple[int, int]
) -> None:
    one = campaigns.approved(shop, holdout_bp=3_400, words_b={"zh": plans.Words("【{shop}】B {stop}")})
    campaigns.run(shop)
    campaigns.leave(shop, one)
    told = {"en": "No proof: too few to tell.", "zh": "人数太少，看不出哪个文案更好。"}[language]

    async def body() -> None:
        async with opened(shop, CampaignsPage, language=language, size=size) as (app, pilot):
            await pressed(pilot, "enter")
            assert told in screen(app) and widths(app) == {size[0]}
            assert ["2"] * 3 in [line.split()[1:] for line in lines(app)]
            await pressed(pilot, "m", "e", "a")
            assert len(set(notices(app))) == 1 and not app.page.is_covered

    asyncio.run(body())


def test_an_hour_the_day_does_not_have_is_refused() -> None:
    values = {"hour": 25, "day": "2026-05-29"}
    with pytest.raises(HourInvalid) as refused:
        campaignforms.plan_of(Answer(Form("campaign", ""), values, "key"), None)
    assert isinstance(refused.value, RegularsError) and refused.value.field == "hour"


@db.atomic
def came(members: list[int], day: int) -> None:
    for member_id in members:
        db.add("member_day", member_id=member_id, day=day, net_cents=1000, sales=1)


@pytest.mark.parametrize("size", SIZES)
def test_a_result_says_in_words_what_it_brought_and_what_each_channel_did(shop: Shop, size: tuple[int, int]) -> None:
    campaigns.people(shop, 150, first=20_000_000)
    one = campaigns.approved(shop, rule="joined(1)", holdout_bp=5_129)
    campaigns.run(shop)
    sql = "SELECT member_id FROM campaign_audience WHERE campaign_id = ? AND arm = ? ORDER BY member_id"
    written, held = ([row[0] for row in db.rows(sql, (one.id, arm))] for arm in ("A", "holdout"))
    assert (len(written), len(held)) == (76, 80)
    day = db.value("SELECT started_day FROM campaign WHERE id = ?", (one.id,))
    came([*written[:60], *held[:20]], day)

    async def body() -> None:
        async with opened(shop, CampaignsPage, size=size) as (app, pilot):
            await pressed(pilot, "enter")
            said = " ".join(screen(app).split())
            # The strata drawn move the last digit of the interval.
            assert re.search(
                r"Of a hundred written to 54 more came than without it \(between 39\.\d and 65\.\d\)\.", said
            )
            assert widths(app) == {size[0]}
            await pressed(pilot, "c")
            assert "all campaigns: text" in screen(app) and widths(app) == {size[0]}

    asyncio.run(body())


def test_a_draft_has_no_channels_to_compare(shop: Shop) -> None:
    campaigns.drafted(shop)

    async def body() -> None:
        async with opened(shop, CampaignsPage) as (app, pilot):
            await pressed(pilot, "enter", "c")
            assert notices(app)[-1] == "A draft has brought nothing yet."

    asyncio.run(body())
