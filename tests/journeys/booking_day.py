"""A service with hours: booked on the phone and at the counter, reminded of, kept, sold; and one nobody came for."""

from tests.journeys.rest import Rest, choose
from tests.journeys.street import Office


async def set_up(office: Office) -> str:
    """A service is added, somebody works all week, and the service takes an hour."""
    await office.press("f9", "n")
    await office.type("足部按摩", "enter")
    await office.type("128", "enter", "enter", "enter", "down", "down", "enter")
    office.shot("service made")
    await office.press("f8")
    await choose(office, "Bookings")
    await office.press("w", "enter")
    for _ in range(7):
        await office.type("09:00-19:00", "enter")
    office.shot("hours")
    await office.press("s", "enter", *["enter"] * 4)
    return office.shot("services")


def book_on_the_phone(rest: Rest, day: str) -> str:
    """Service, whom, day, time: a tap each."""
    page = rest.phone
    page.goto(f"{rest.street.url}/me/bookings/new")
    for button in ("[name=service]", "[name=store]", "[name=who][value='0']", f"[name=day][value='{day}']"):
        if page.locator(f"button{button}").count():
            page.locator(f"button{button}").first.click()
    page.locator("button[name=from_at]").first.click()
    page.goto(f"{rest.street.url}/me/bookings")
    return page.locator("main").inner_text()


def book_at_the_counter(typed: str):  # type: ignore[no-untyped-def]
    """Tomorrow, for a member found by typing, at the first time that is free."""

    async def script(office: Office) -> str:
        await office.press("f8")
        await choose(office, "Bookings")
        await office.press("right", "n", "tab")
        await office.type(typed, "enter")
        office.shot("times")
        await office.press("right", "enter")
        return office.shot("booked")

    return script


async def sell(office: Office) -> str:
    """What she has booked goes on the counter with one key, and is paid."""
    await office.press("f3")
    await office.type("8000", "enter")
    await office.press("ctrl+x")
    office.shot("booked on the counter")
    await office.press("ctrl+t", "enter")
    return office.shot("service sold")


async def look_at_the_day(office: Office) -> str:
    await office.press("f8")
    await choose(office, "Bookings")
    return office.shot("day of bookings")
