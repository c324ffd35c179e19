"""Tickets in the back-office: the list, what is done on one, and opening it from card and receipt."""

import asyncio
from datetime import date
from pathlib import Path

import pytest

from core.base import db
from core.base.clock import DAY, Millis
from core.service import ticketlists, tickets
from core.service.tickets import Terms
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, widths
from tests.tui.shopfront import LANGUAGES, not_allowed, opened, pressed, screen
from tui.screens.member import MemberPage
from tui.screens.receipt import ReceiptPage
from tui.screens.service import ServicePage
from tui.screens.ticketpage import TicketPage
from tui.screens.ticketspage import TicketsPage
from tui.screens.today import TodayPage


@pytest.fixture
def shop(database: Path) -> Shop:
    return open_shop()


def complaint(shop: Shop, *, days_ago: int = 0) -> int:
    member = shop.member("13812042046", name="王伟芳")
    terms = Terms("complaint", "The cup leaks", words="It was new.", member_id=member)
    return tickets.open_ticket(terms, by=shop.owner, now=Millis(shop.now - days_ago * DAY))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_fit_the_screen(shop: Shop, language: str, size: tuple[int, int]) -> None:
    complaint(shop, days_ago=2)

    async def body() -> None:
        async with opened(shop, TicketsPage, language=language, size=size) as (app, pilot):
            assert widths(app) == {size[0]}
            await pressed(pilot, "enter")
            assert isinstance(app.page, TicketPage) and widths(app) == {size[0]}
            assert "The cup leaks" in screen(app) and "It was new." in screen(app)

    asyncio.run(body())


def test_service_and_today_say_how_many_are_open_and_late(shop: Shop) -> None:
    complaint(shop, days_ago=2)

    async def body() -> None:
        async with opened(shop, ServicePage) as (app, pilot):
            assert "1 open · 1 late" in screen(app)
            await pressed(pilot, "down", "enter")
            assert isinstance(app.page, TicketsPage)
        async with opened(shop, TodayPage) as (app, _pilot):
            assert "open · 1 late" in screen(app)

    asyncio.run(body())


def test_a_ticket_is_answered_closed_and_opened_again(shop: Shop) -> None:
    ticket = complaint(shop)

    async def body() -> None:
        async with opened(shop, lambda: TicketPage(ticket)) as (app, pilot):
            await pressed(pilot, "r", *"Sorry", "enter", "enter")
            assert "waits for the member" in screen(app) and "Sorry" in screen(app)
            await pressed(pilot, "x", "enter", "enter")
            assert "solved" in screen(app)
            await pressed(pilot, "u")
            assert "opened again" in screen(app)

    asyncio.run(body())
    assert ticketlists.get(ticket, by=shop.owner, now=shop.now).state == "open"


def test_what_is_promised_for_a_day_is_due_at_its_end(shop: Shop) -> None:
    tickets.promise(complaint(shop), date(2026, 6, 1), by=shop.owner, now=shop.now)

    async def body() -> None:
        async with opened(shop, TicketsPage) as (app, pilot):
            assert "06-01 Mon 24:00" in screen(app)
            await pressed(pilot, "enter")
            assert "due 06-01 Mon 24:00" in screen(app)

    asyncio.run(body())


def test_a_ticket_is_opened_from_card_and_receipt(shop: Shop) -> None:
    shop.product("cup", 3000)
    member = shop.member("13812042046", name="王伟芳")
    sale = shop.sell(shop.basket(("cup", 1), member=member))

    async def body() -> None:
        async with opened(shop, lambda: MemberPage(member)) as (app, pilot):
            await pressed(pilot, "w", "enter", *"Hours", *["enter"] * 4)
            assert isinstance(app.page, TicketPage)
        async with opened(shop, lambda: ReceiptPage(sale)) as (app, pilot):
            await pressed(pilot, "w", "enter", "enter", *"Leaks", *["enter"] * 4)
            assert isinstance(app.page, TicketPage)

    asyncio.run(body())
    found = db.rows("SELECT subject, member_id, sale_id FROM ticket ORDER BY id")
    assert found == [("Hours", member, None), ("Leaks", member, sale)]


def test_the_page_needs_the_right(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, TicketsPage, by=shop.owner_with(frozenset())) as (app, _pilot):
            assert not_allowed(app, "service")

    asyncio.run(body())
