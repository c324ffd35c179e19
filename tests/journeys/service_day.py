"""A member writes to the shop; the shop answers, deals with it, asks how it was, and calls where it was not good."""

from datetime import timedelta

from core.base import clock
from tests.journeys.rest import ZONE, choose, report
from tests.journeys.street import Office


async def answer(office: Office) -> str:
    """From Today to the ticket; a reply, and a day that is promised."""
    await office.press("f2")
    office.shot("today")
    await office.press("f8")
    await choose(office, "Tickets")
    office.shot("tickets")
    await office.press("enter", "r")
    await office.type("We bake another", "enter", "enter")
    office.shot("ticket replied")
    tomorrow = clock.day_of(clock.now(), ZONE) + timedelta(days=1)
    await office.press("p")
    await office.type(f"{tomorrow}", "enter", "enter")
    return office.shot("ticket promised")


async def deal_with(office: Office) -> str:
    """What the member wrote back stands there; it is dealt with."""
    await office.press("f8")
    await choose(office, "Tickets")
    await office.press("enter")
    office.shot("ticket answered")
    await office.press("x", "enter", "enter")
    return office.shot("ticket closed")


async def call(office: Office) -> str:
    """The call list says what to say; one key notes what came of it."""
    await office.press("f8")
    await choose(office, "Tasks")
    office.shot("calls")
    await office.press("1")
    return office.shot("called")


async def look_back(office: Office) -> str:
    """What the report says of it."""
    await report(office, "Service")
    return office.shot("report of tickets")
