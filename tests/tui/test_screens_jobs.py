"""Jobs in the back-office: when they run next, how they went, other times, and run at once."""

import asyncio
from pathlib import Path

import pytest

from core.base.clock import MINUTE, Millis
from core.keeping import jobs
from core.keeping.jobs import CatchUpInvalid, Job
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, lines, notices, widths
from tests.tui.shopfront import LANGUAGES, opened, pressed, screen
from tui.screens import jobtimes
from tui.screens.jobs import JobsPage
from tui.screens.jobtimes import TimesDoubled, TimeUnreadable
from tui.widgets.overlay import Answer, Form


@pytest.fixture
def shop(database: Path) -> Shop:
    shop = open_shop()
    jobs.ensure([Job("doctor", "30 4 * * *", "Asia/Shanghai", True, 3600)])
    return shop


def failed(shop: Shop) -> None:
    jobs.claim("doctor", "2026-05-28", owner="x", now=shop.now)
    now = Millis(shop.now + 2 * MINUTE)
    jobs.finish("doctor", "2026-05-28", state="failed", result="lot 7: 12 remains", now=now)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_jobs_show_their_next_times_and_how_they_went(shop: Shop, language: str, size: tuple[int, int]) -> None:
    failed(shop)
    told = {
        "en": ["failed", "next 05-30 Sat 04:30 · 05-31 Sun 04:30 · 06-01 Mon 04:30", "lot 7: 12 remains"],
        "zh": ["失败", "05-30 周六 04:30 · 05-31 周日 04:30 · 06-01 周一 04:30", "lot 7: 12 remains"],
    }

    async def body() -> None:
        async with opened(shop, JobsPage, language=language, size=size) as (app, pilot):
            assert [words for words in told[language] if words not in screen(app)] == []
            assert widths(app) == {size[0]}
            await pressed(pilot, "enter")
            assert "2026-05-28" in screen(app) and "120" in screen(app) and widths(app) == {size[0]}

    asyncio.run(body())


def test_a_job_is_switched_off_and_not_run_then(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, JobsPage) as (app, pilot):
            await pressed(pilot, "space")
            assert " off" in next(line for line in lines(app) if "doctor" in line)
            await pressed(pilot, "r")
            assert notices(app)[-1] == "“doctor” is off. Switch it on first."

    asyncio.run(body())
    assert not jobs.get("doctor").enabled


def test_another_hour_on_two_weekdays_is_said_before_it_is_kept(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, JobsPage) as (app, pilot):
            await pressed(pilot, "e", *["backspace"] * 5, *"6:05", "enter", "right", "space", "6")
            assert "next 05-30 Sat 06:05 · 06-02 Tue 06:05 · 06-06 Sat 06:05" in " ".join(screen(app).split())
            await pressed(pilot, "enter", "enter", "enter", "enter")
            assert "Tue Sat 06:05" in screen(app)

    asyncio.run(body())
    one = jobs.get("doctor")
    assert (one.cron, one.zone, one.catch_up_s) == ("5 6 * * tue,sat", "Asia/Shanghai", 3600)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ((*["backspace"] * 5, *"25:00"), "“25:00” is no time of the day. Type it like 09:30."),
        (("tab", "tab", *"0 9 * * mon"), "Either a time or five fields: empty one of the two."),
        ((*["backspace"] * 5, "tab", "tab", *"0 9 * * 1"), "“1” is no weekday; write names"),
        ((*["backspace"] * 5, "tab", "tab", *"0 9 31 2 *"), "such a day never comes."),
        (("tab", "tab", "tab", *["backspace"] * 13, *"Mars"), "There is no time zone “Mars”."),
        (("tab", "tab", "tab", "tab", *"0"), "A missed run can be caught up for 60 to 604,800 seconds"),
    ],
)
def test_times_that_make_no_sense_are_refused_at_their_field(shop: Shop, typed: tuple[str, ...], told: str) -> None:
    async def body() -> None:
        async with opened(shop, JobsPage) as (app, pilot):
            await pressed(pilot, "e", *typed, *["enter"] * 5)
            assert told in " ".join(screen(app).split())

    asyncio.run(body())
    assert jobs.get("doctor").cron == "30 4 * * *"


def test_a_job_asked_for_is_taken_up_by_the_scheduler(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, JobsPage) as (app, pilot):
            await pressed(pilot, "r", "enter")
            assert "asked for" in screen(app) and "by hand" in screen(app)

    asyncio.run(body())
    asked = jobs.missed(jobs.get("doctor"), now=Millis(shop.now + 61 * MINUTE))
    assert [slot.key.startswith(jobs.BY_HAND) for slot in asked] == [True]


def test_times_are_said_shortly_where_they_are_simple() -> None:
    assert jobtimes.said("5 3 * * *") == "daily 03:05"
    assert jobtimes.said("0 5 * * sun") == "Sun 05:00"
    assert jobtimes.said("*/15 * * * mon") == "*/15 * * * mon"
    assert jobtimes.said("0 9 1 * *") == "0 9 1 * *"


def test_a_window_to_catch_up_in_has_bounds(shop: Shop) -> None:
    with pytest.raises(CatchUpInvalid):
        jobs.reschedule("doctor", catch_up_s=59, by=shop.owner, now=shop.now)


@pytest.mark.parametrize(
    ("time", "cron", "refusal"),
    [("9.30", "", TimeUnreadable), ("", "", TimeUnreadable), ("9:30", "0 9 * * *", TimesDoubled)],
)
def test_a_form_without_one_readable_time_is_refused(time: str, cron: str, refusal: type[Exception]) -> None:
    values = {"time": time, "cron": cron, "days": "", "zone": "Asia/Shanghai"}
    with pytest.raises(refusal):
        jobtimes.checked(Answer(Form("times", ""), values, "key"))
