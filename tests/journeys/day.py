"""One customer's day, walked through the doors. Each step returns what its asserts and pictures need."""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta

from playwright.sync_api import Page, expect

from core.base import clock, lunar
from tests.journeys.street import Office, Street, qr_in, scan

PHONE = "13800138000"
CODE = re.compile(r"\b\d{6}\b")


@dataclass
class Walk:
    """What the day leaves behind for its next steps."""

    street: Street
    kiosk: Page
    phone: Page
    seen: dict[str, str] = field(default_factory=dict)
    birthday: date = field(default_factory=lambda: clock.day_of(clock.now(), "Asia/Shanghai") + timedelta(days=40))

    def picture(self, name: str, page: Page) -> None:
        """Keep a screenshot under a name."""
        self.street.pictures[name] = page.screenshot()


def join_by_kiosk(walk: Walk) -> None:
    """1. She scans the join code with her phone, proves her number, consents, tells her lunar birthday."""
    street, phone = walk.street, walk.phone
    walk.picture("1 kiosk", walk.kiosk)
    phone.goto(qr_in(walk.kiosk))
    expect(walk.kiosk.locator(".match")).to_have_text(phone.locator(".match").inner_text())
    walk.picture("2 kiosk matched", walk.kiosk)
    walk.picture("3 phone join", phone)
    phone.locator("#phone").fill("138 0013 8000")
    phone.locator("button[value=phone]").click()
    (message,) = street.post()
    walk.seen["code message"] = message["body"]
    phone.locator("input[name=code]").fill(CODE.findall(message["body"])[0])
    phone.locator("button.main").click()
    for purpose in ("membership", "service", "marketing"):
        phone.locator(f"input[name=purpose][value={purpose}]").check()
    walk.picture("4 phone terms", phone)
    phone.locator("input[name=age][value=yes]").check()
    phone.locator("button.main").click()
    expect(walk.kiosk.locator(".face-welcome")).to_be_visible()
    walk.picture("5 kiosk welcome", walk.kiosk)
    born = lunar.of(walk.birthday)
    phone.locator("#name").fill("王伟芳")
    phone.locator("input[name=calendar][value=lunar]").check()
    phone.locator("#month").fill(str(born.month))
    phone.locator("#day").fill(str(born.day))
    phone.locator("button.main").click()
    phone.goto(f"{street.url}/me")
    walk.picture("6 phone card", phone)
    walk.seen["card"] = phone.locator("body").inner_text()


async def give_points(office: Office) -> str:
    """The manager thanks her with points, with a reason, from her card."""
    await office.press("f4")
    await office.type("wwf", "enter")
    await office.press("p", "enter")
    await office.type("300", "enter")
    await office.type("welcome gift", "enter")
    return office.shot("member")


async def top_up(office: Office) -> str:
    """The clerk finds her by the last four digits and tops up 200.00 for cash."""
    await office.press("f3", "ctrl+s")
    await office.type("500", "enter")
    await office.type("8000", "enter")
    await office.press("ctrl+k", "enter")
    office.shot("top-up")
    await office.press("ctrl+t", "enter")
    return office.shot("top-up receipt")


async def first_purchase(office: Office) -> str:
    """Twenty cups for her office, paid in cash: that earns her the next tier."""
    await office.press("f3")
    await office.type("wang wei", "enter")
    await office.type("20*baowen", "enter")
    await office.press("ctrl+t", "enter")
    return office.shot("first receipt")


def sale(code: str):  # type: ignore[no-untyped-def]
    """2. Three products, her code, points, stored value and cash."""

    async def script(office: Office) -> str:
        await office.press("f3")
        await office.type(code, "enter")
        await office.type("2*zznc", "enter")
        await office.type("6901000000060", "enter")
        await office.type("baowen", "enter")
        office.shot("till quote")
        await office.press("ctrl+u")
        await office.press(*["backspace"] * 5)
        await office.type("300", "enter")
        office.shot("till with points")
        await office.press("ctrl+t", *"50", "tab", "5", "enter")  # the fifth way is stored value
        office.shot("till half paid")
        await office.type("100", "enter")
        return office.shot("receipt")

    return script


def look_at_kiosk(walk: Walk) -> str:
    """3. She shows her phone's code at the kiosk, reads her card, and it wipes itself."""
    walk.phone.goto(f"{walk.street.url}/me")
    scan(walk.kiosk, qr_in(walk.phone))
    expect(walk.kiosk.locator(".face-card")).to_be_visible()
    shown = walk.kiosk.locator("#screen").inner_text()
    walk.picture("7 kiosk card", walk.kiosk)
    walk.kiosk.locator('[data-event="end"]').first.click()
    expect(walk.kiosk.locator(".face-card")).to_have_count(0)
    return shown


async def give_back(office: Office) -> str:
    """4. She returns one cup; what the sale recorded goes back."""
    await office.press("f10", "l", "enter", "r")
    await office.type("1", "enter")
    office.shot("return form")
    await office.press("enter", "enter", "enter", "enter")
    office.shot("return preview")
    await office.press("y")
    return office.shot("returned")


async def look_back(office: Office) -> list[str]:
    """6. The manager sees all of it."""
    await office.press("f2")
    found = [office.shot("today")]
    await office.press("f4")
    await office.type("8000", "enter")
    found.append(office.shot("member card"))
    await office.press("f7")
    found.append(office.shot("churn"))
    await office.press("f6")
    found.append(office.shot("outbox"))
    return found
