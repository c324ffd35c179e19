"""Bookings in the back-office: the day as list and picture, booked and moved with forms, hours and services."""

import asyncio
from datetime import date
from pathlib import Path

import pytest

from core.base import clock, i18n
from core.base.clock import HOUR, Millis
from core.service import bookinghours, bookinglists, bookings
from tests.core.service.test_bookings import SATURDAY, Salon, ten
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, lines, notices, widths
from tests.tui.shopfront import LANGUAGES, opened, pressed, screen, typed
from tui.page import Page
from tui.screens import bookingforms, memberwords
from tui.screens.bookingspage import BookingsPage
from tui.screens.service import ServicePage
from tui.screens.workplanpage import WorkPlanPage

TODAY = date(2026, 5, 29)


@pytest.fixture
def salon(database: Path) -> Salon:
    salon = Salon(open_shop())
    salon.now = Millis(salon.now - 3 * HOUR)
    bookings.book(salon.wanted(Millis(salon.shop.now + HOUR // 2), salon.li), by=salon.shop.owner, now=salon.now)
    salon.walk_in(Millis(salon.shop.now - 2 * HOUR), salon.wang)
    return salon


def states(shop: Shop, on: date = TODAY) -> list[tuple[str, str, str]]:
    found = bookinglists.day(shop.store, on, by=shop.owner, cancelled=True)
    return [(one.time, one.staff, one.state) for one in found]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", [BookingsPage, WorkPlanPage])
def test_pages_fit_the_screen(salon: Salon, page: type[Page], language: str, size: tuple[int, int]) -> None:
    async def body() -> None:
        async with opened(salon.shop, page, language=language, size=size) as (app, pilot):
            assert widths(app) == {size[0]}
            await pressed(pilot, "s")
            assert widths(app) == {size[0]}

    asyncio.run(body())


def test_a_wide_screen_shows_the_day_by_person_and_hour(salon: Salon) -> None:
    async def body() -> None:
        async with opened(salon.shop, BookingsPage, size=(120, 40)) as (app, _pilot):
            shown = screen(app)
            assert "李娜" in shown and "王强" in shown
            assert "12:30 王伟芳" in shown and "10:00 张先生" in shown and "│ 足部按摩" in shown
        async with opened(salon.shop, BookingsPage, size=(80, 24)) as (app, _pilot):
            assert "10:00-11:00" in screen(app) and "│ 足部按摩" not in screen(app)

    asyncio.run(body())


def test_a_booking_is_made_for_a_member_found_by_typing(salon: Salon) -> None:
    async def body() -> None:
        async with opened(salon.shop, BookingsPage) as (app, pilot):
            await pressed(pilot, "right", "n", "tab")
            await typed(pilot, "8000")
            assert "When, on" in screen(app) and "10:00 李娜, 王强" in screen(app)
            await pressed(pilot, "right", "enter")
            assert "10:15-11:15" in screen(app) and "王伟芳" in screen(app)

    asyncio.run(body())
    assert states(salon.shop, SATURDAY) == [("10:15", "李娜", "booked")]


def test_a_day_that_is_full_says_so(salon: Salon) -> None:
    assert bookingforms.DayFull.code == "day_full"
    owner = salon.shop.owner
    for who in (salon.li, salon.wang):
        bookinghours.set_day(who, SATURDAY, [], store_id=salon.shop.store, by=owner, now=salon.now)

    async def body() -> None:
        async with opened(salon.shop, BookingsPage) as (app, pilot):
            await pressed(pilot, "right", "n", "tab")
            await typed(pilot, "8000")
            assert "Nothing is free on 05-30 Sat" in screen(app)

    asyncio.run(body())


def test_a_booking_is_moved_noted_and_cancelled_with_a_key(salon: Salon) -> None:
    store, owner = salon.shop.store, salon.shop.owner
    bookinghours.set_day(salon.li, TODAY, [(600, 1200)], store_id=store, by=owner, now=salon.now)

    async def body() -> None:
        async with opened(salon.shop, BookingsPage) as (app, pilot):
            await pressed(pilot, "x", "y")
            assert "did not come" in screen(app)
            await pressed(pilot, "a", "d")
            await pressed(pilot, "down", "m", "enter", "right", "enter")
            await pressed(pilot, "down", "c", "y")
            assert "王伟芳" not in screen(app)

    asyncio.run(body())
    assert states(salon.shop) == [("10:00", "王强", "done"), ("13:15", "李娜", "cancelled")]


def test_without_a_service_the_page_says_where_one_is_made(database: Path) -> None:
    assert bookingforms.NoServices.code == "no_services_booked"
    shop = open_shop()

    async def body() -> None:
        async with opened(shop, BookingsPage) as (app, pilot):
            await pressed(pilot, "n")
            assert any("No service can be booked yet." in one for one in notices(app))

    asyncio.run(body())


def test_a_week_and_a_day_off_are_planned(salon: Salon) -> None:
    salon.book(ten(10), salon.li)

    async def body() -> None:
        async with opened(salon.shop, WorkPlanPage) as (app, pilot):
            assert "10-14" in screen(app)
            await pressed(pilot, "down", "enter", "end")
            await typed(pilot, " 15-18")
            await pressed(pilot, *["enter"] * 6)
            assert "10-14 15-18" in screen(app)
            await pressed(pilot, "d")
            await typed(pilot, "2026-05-30")
            await pressed(pilot, "enter")
            assert "05-30 Sat: off" in screen(app)
            assert any("1 coming bookings now lie outside" in one for one in notices(app))
            await pressed(pilot, "u", "enter")
            assert "05-30 Sat: off" not in screen(app)

    asyncio.run(body())
    assert bookinghours.hours_on(salon.li, salon.shop.store, date(2026, 6, 1)) == [(600, 840), (900, 1080)]


def test_a_service_gets_its_time_and_is_stopped(salon: Salon) -> None:
    salon.shop.product("剪发", 5_000, kind="service")

    async def body() -> None:
        async with opened(salon.shop, WorkPlanPage) as (app, pilot):
            await pressed(pilot, "s", "down", "enter", *["enter"] * 4)
            assert "60" in next(line for line in lines(app) if "剪发" in line)
            await pressed(pilot, "x", "y")
            assert any("足部按摩" in line and "—" in line for line in lines(app))

    asyncio.run(body())
    assert len(bookinghours.services()) == 1


def test_the_hub_says_what_is_left_of_today(salon: Salon) -> None:
    async def body() -> None:
        async with opened(salon.shop, ServicePage) as (app, _pilot):
            assert "2 today · next 10:00 王强" in screen(app)

    asyncio.run(body())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_card_shows_what_a_member_has_booked(salon: Salon, language: str, size: tuple[int, int]) -> None:
    salon.book(ten(10), salon.li)
    salon.book(ten(10, 31), salon.wang)
    with clock.set_to(salon.shop.now):
        known = memberwords.known(salon.member, salon.shop.owner)
    with i18n.use(language):
        said = [line.plain for line in memberwords.card_lines(known, size[0]) if "足部按摩" in line.plain]
    assert len(said) == 1 and "12:30 足部按摩 · 李娜 · " in said[0]
    assert len(known.bookings) == 3


def test_hours_with_a_pause_are_said_in_full_below_the_week(salon: Salon) -> None:
    for weekday in (0, 2):
        pause = [(600, 780), (840, 1080)]
        bookinghours.set_hours(salon.li, salon.shop.store, weekday, pause, by=salon.shop.owner, now=salon.now)

    async def body() -> None:
        async with opened(salon.shop, WorkPlanPage, size=(80, 24)) as (app, pilot):
            if "10-13 14-18" not in screen(app):
                await pressed(pilot, "down")
            assert "Mon Wed: 10-13 14-18" in screen(app)

    asyncio.run(body())
