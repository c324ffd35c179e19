"""An event with two places: planned, signed up for at every door, waited for, kept, ended, and what it brought."""

from datetime import timedelta

from playwright.sync_api import expect

from core.base import clock
from tests.journeys.rest import ZONE, Rest, choose
from tests.journeys.street import Office


async def plan(office: Office) -> str:
    """A tasting in three days, free of charge, two places and two to wait; opened at once."""
    on = clock.day_of(clock.now(), ZONE) + timedelta(days=3)
    await office.press("f8")
    await choose(office, "Events")
    await office.press("n")
    await office.type("品茶会", "enter")
    await office.type("Tea tasting", "enter")
    await office.type(f"{on}", "enter", "enter", "enter", "right", *["enter"] * 5, *["backspace"] * 2)
    await office.type("2", "enter", *["backspace"] * 2)
    await office.type("2", *["enter"] * 8)
    office.shot("event planned")
    await office.press("o")
    return office.shot("event open")


async def sign_up_at_the_till(office: Office) -> str:
    """Whoever stands at the till is put on the list."""
    await office.press("f3")
    await office.type("9003", "enter")
    office.shot("till with her")
    await office.press("ctrl+p")
    await office.type("event", "enter")
    office.shot("till asks")
    await office.press("enter", "enter")
    return office.shot("till signed up")


async def check_in(office: Office) -> str:
    """One guest is checked in by hand; then it ends, and the last list says what it brought."""
    await open_event(office)
    office.shot("guests")
    await office.press("i", "d", "y")
    office.shot("event over")
    await office.press("5")
    return office.shot("event result")


async def open_event(office: Office) -> None:
    await office.press("f8")
    await choose(office, "Events")
    await choose(office, "品茶会" if office.app.language == "zh" else "Tea tasting")


def sign_up_on_the_phone(rest: Rest) -> str:
    """One tap, one place."""
    rest.phone.goto(f"{rest.street.url}/me/events")
    rest.phone.locator('form[action^="/me/events/"] button').click()
    return rest.phone.locator("main").inner_text()


def give_up_on_the_phone(rest: Rest) -> str:
    rest.phone.goto(f"{rest.street.url}/me/events")
    rest.phone.locator('form[action*="/cancel/"] button').click()
    return rest.phone.locator("main").inner_text()


def wait_at_the_kiosk(rest: Rest, member_id: int) -> str:
    """All is taken, so the list is offered."""
    rest.show(member_id)
    rest.kiosk.locator('[data-event="go"][data-value="events"]').click()
    rest.kiosk.locator('[data-event="event_join"]').click()
    expect(rest.kiosk.locator('[data-event="event_join"]')).to_have_count(0)
    shown = rest.kiosk.locator("#screen").inner_text()
    rest.kiosk.locator('[data-event="back"]').click()
    rest.leave()
    return shown
