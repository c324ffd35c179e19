"""One of the staff: hired, given a badge, comes and goes, forgets once; sells, earns, and may not do everything."""

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.core.keeping.test_sheets import codes_read, pages
from tests.journeys.rest import Rest, choose, report
from tests.journeys.street import Office, scan


async def hire(office: Office) -> str:
    """An account for a clerk of all stores, and a badge to print."""
    await office.press("ctrl+g")
    await choose(office, "Staff")
    await office.press("n")
    await office.type("xiaowu", "enter")
    await office.type("小吴", *["enter"] * 4)
    await office.type("correct horse", "enter")
    office.shot("hired")
    await find(office, "小吴")
    await office.press("b", "enter")
    return office.shot("badge")


async def find(office: Office, words: str) -> None:
    """Bring the cursor to a line."""
    await choose(office, words, opens=False)


def badge_in(folder: Path) -> str:
    """The code on the badge, as drawn, read by an independent decoder."""
    (page,) = pages((folder / "exports" / "badge-xiaowu.pdf").read_bytes())
    (code,) = codes_read(re.sub(r"[\d. ]+ re S\b", "", page))  # the frame to cut along is drawn, not filled
    return code


def punch(rest: Rest, badge: str) -> str:
    """Hold the badge to the kiosk; what it says."""
    scan(rest.kiosk, badge)
    expect(rest.kiosk.locator(".face-punched")).to_be_visible()
    rest.speak()
    shown = rest.kiosk.locator("#screen h1").inner_text()
    rest.leave()
    return shown


async def ask_for_correction(office: Office) -> str:
    """The day before the going was forgotten; it is asked for."""
    await office.press("f8")
    await choose(office, "Attendance")
    await office.press("2")
    if "?" not in office.text():
        await office.press("b")  # a Monday: yesterday is in the week before
    while "?" not in str(office.app.page.table.row.cells[2]):  # type: ignore[union-attr]
        await office.press("down")
    office.shot("a punch is missing")
    await office.press("c", "enter", "enter")
    await office.type("18:00", "enter", "enter")
    await office.type("锁门忘了", "enter")
    return office.shot("asked for")


async def approve(office: Office) -> str:
    await office.press("f8")
    await choose(office, "Attendance")
    await office.press("3")
    office.shot("to approve")
    await office.press("a", "2")
    if "–18:00" not in office.text():
        await office.press("b")
    return office.shot("hours")


async def make_rule(office: Office) -> str:
    """Ten percent of everything, for everybody."""
    await office.press("ctrl+g")
    await choose(office, "Commission")
    await office.press("n")
    await office.type("人人一成", "enter", "enter", "enter", "enter")
    await office.type("10", *["enter"] * 4)
    return office.shot("rule of commission")


async def sell(office: Office) -> str:
    """A cup, served by two: 60 and 40."""
    await office.press("f3")
    await office.type("baowen", "enter")
    await office.press("ctrl+p")
    await office.type("served", "enter")
    await office.press("tab", "down", "tab")
    await office.type("60", "enter")
    await office.press("down", "down", "tab")
    await office.type("40", "enter", "enter", "enter")
    office.shot("shared")
    await office.press("ctrl+t", "enter")
    return office.shot("sold by two")


async def statement(office: Office) -> str:
    await office.press("ctrl+g")
    await choose(office, "Staff")
    await find(office, "小吴")
    await office.press("s")
    return office.shot("statement")


async def goals(office: Office) -> str:
    """A goal of the month, and how far it is."""
    await office.press("f10", "g", "enter", "enter")
    await office.type("50", "enter")
    office.shot("goal set")
    await report(office, "Goals")
    return office.shot("goals")


async def conduct(office: Office) -> str:
    """A card that is opened and sells nothing stands in the report of its opener."""
    await office.press("f4")
    await office.type("8000", "enter")
    await report(office, "Conduct at the till")
    return office.shot("conduct")


async def try_settings(office: Office) -> str:
    """What a clerk may not open says why."""
    await office.press("ctrl+g")
    return office.shot("refused")
