"""Joining at a human pace, and what is left of a customer for the next one: nothing."""

import time

import pytest
from playwright.sync_api import Page, expect

from core.base import db
from tests.kiosk.conftest import Windows, code_sent, rotating
from tests.kiosk.faces import tell, visit_url

pytestmark = pytest.mark.browser

LOOK, KEY = 700, 180
"""Milliseconds somebody needs to find where to touch, and for each key; a code is read off a message in 3 s."""


def _typed(page: Page, label: str, text: str) -> None:
    page.wait_for_timeout(LOOK)
    page.get_by_label(label).click()
    page.keyboard.type(text, delay=KEY)


def _tap(page: Page, name: str) -> None:
    page.wait_for_timeout(LOOK)
    page.get_by_role("button", name=name).click()


def test_from_the_code_on_the_screen_to_the_card_in_thirty_seconds(kiosk_page: Page, windows: Windows) -> None:
    phone = windows.open(phone=True)
    url = visit_url(kiosk_page)
    began = time.monotonic()
    phone.wait_for_timeout(2000)  # camera out, pointed, link tapped
    phone.goto(url)
    _typed(phone, "Phone number", "13800138000")
    _tap(phone, "Send the code")
    phone.wait_for_timeout(3000)  # the message comes and is read
    _typed(phone, "Code", code_sent())
    _tap(phone, "Continue")
    for box in ("I want to be a member.", "Yes"):
        phone.wait_for_timeout(LOOK)
        phone.get_by_label(box).check()
    _tap(phone, "Join")
    phone.wait_for_timeout(LOOK)
    phone.get_by_role("link", name="Skip").click()
    expect(phone.locator("#code")).to_be_visible()
    took = time.monotonic() - began
    print(f"joined in {took:.1f} s")
    assert took <= 30


LEFT = """() => [document.documentElement.outerHTML, JSON.stringify(localStorage), JSON.stringify(sessionStorage),
  document.cookie, document.title, location.href].join('\\n')"""
KEPT = "async () => [(await indexedDB.databases()).length, (await caches.keys()).length]"


def test_the_next_customer_finds_nothing_of_the_last(kiosk_page: Page, wang: int) -> None:
    page, seen = kiosk_page, ("王", "2,431", "186.40", "新客5元", "C1.", "R1.", "13800138000")
    tell(page, "card", ("scan", rotating(wang)))
    assert "王" in page.evaluate(LEFT)
    page.get_by_role("button", name="完成").click()
    page.clock.run_for(4000)
    expect(page.locator(".face-attract")).to_be_visible()
    left = page.evaluate(LEFT)
    assert [word for word in seen if word in left] == []
    assert page.evaluate(KEPT) == [0, 0]
    assert db.value("SELECT count(*) FROM web_session WHERE kind = 'kiosk' AND member_id IS NOT NULL") == 0
    page.go_back()
    page.go_forward()
    assert [word for word in seen if word in page.evaluate(LEFT)] == []


def test_a_number_typed_and_left_is_gone_too(kiosk_page: Page) -> None:
    page = kiosk_page
    tell(page, "phone", ("go", "phone"))
    for digit in "13800138000":
        page.locator(f'[data-key="{digit}"]').click()
    page.clock.fast_forward(40_000)
    page.clock.run_for(4000)
    expect(page.locator(".face-attract")).to_be_visible()
    assert "13800138000" not in page.evaluate(LEFT)
    tell(page, "phone", ("go", "phone"))
    expect(page.locator("#typed")).to_have_text(" ")


def test_a_page_weighs_little(windows: Windows, site: str) -> None:
    page, bytes_sent = windows.open(), []
    page.on("response", lambda answer: bytes_sent.append(len(answer.body())))
    page.goto(f"{site}/kiosk")
    expect(page.locator(".face-pair")).to_be_visible()
    assert 0 < sum(bytes_sent) <= 60 * 1024  # even before any compression
