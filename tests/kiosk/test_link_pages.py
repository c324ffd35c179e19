"""Addresses in messages, opened on a phone or by a mail program."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page

from core.base import db
from core.base.clock import DAY, Millis
from core.books import outbox
from core.books.outbox import Letter
from core.outreach import shortlinks, unsubscribing
from core.people import consent
from tests import shops
from tests.kiosk.conftest import OURS, Windows
from tests.kiosk.faces import unfit


@db.atomic
def queued(member: int, key: str, channel: str = "email") -> int:
    until = Millis(shops.NOON + DAY)
    letter = Letter(key, "winback", "marketing", "zh", {"shop": "店"}, until, member, channel=channel)
    found = outbox.put(letter, now=shops.NOON)
    assert found is not None
    return found


@pytest.fixture
def wei(app: Flask, one_shop: shops.Shop) -> int:
    """A member who agreed to offers."""
    return one_shop.member("13800138000", purposes=("membership", "service", "marketing"))


def test_a_short_link_leads_on_and_is_counted(client: FlaskClient, wei: int) -> None:
    short = db.atomic(lambda: shortlinks.short("https://tea.example/new?a=1", queued(wei, "a:1"), now=shops.NOON))()
    path = short.removeprefix("https://vip.example.cn")
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (302, "https://tea.example/new?a=1")
    assert client.get(path.lower()).status_code == 302
    assert db.value("SELECT clicks FROM short_link") == 2
    assert client.get("/l/AAAAAAAAA").status_code == 404


def test_opening_ends_nothing_and_the_button_ends_offers(client: FlaskClient, wei: int) -> None:
    first, waiting = queued(wei, "a:1"), queued(wei, "a:2")
    path = f"/u/{unsubscribing.token(first)}"
    assert "Offers by e-mail then end at once." in client.get(path, headers=OURS).text
    assert consent.holds(wei, "marketing", "email")
    assert "You get no more offers by e-mail." in client.post(path, headers=OURS).text
    assert not consent.holds(wei, "marketing", "email")
    assert db.value("SELECT state FROM outbox WHERE id = ?", (waiting,)) == "cancelled"
    assert "You get no more offers by e-mail." in client.get(path, headers=OURS).text


def test_a_mail_program_ends_offers_by_itself(client: FlaskClient, wei: int) -> None:
    path = f"/u/{unsubscribing.token(queued(wei, 'a:1'))}"
    answer = client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert not consent.holds(wei, "marketing", "email")
    assert "Set-Cookie" not in answer.headers


def test_a_forged_token_ends_nothing(client: FlaskClient, wei: int) -> None:
    good = unsubscribing.token(queued(wei, "a:1"))
    assert client.post(f"/u/{good[:-1]}{'0' if good[-1] != '0' else '1'}").status_code == 404
    assert consent.holds(wei, "marketing", "email")


def test_the_page_speaks_chinese_and_comes_back_after_choosing_a_language(client: FlaskClient, wei: int) -> None:
    path = f"/u/{unsubscribing.token(queued(wei, 'a:1', 'sms'))}"
    assert "不再接收优惠" in client.get(path, headers={"Accept-Language": "zh-CN"}).text
    answer = client.post("/language", data={"language": "en", "back": path}, headers=OURS)
    assert answer.headers["Location"] == path


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_page_can_be_read_and_touched(
    windows: Windows, kiosk_page: Page, one_shop: shops.Shop, wang: int, language: str
) -> None:
    consent.grant(wang, "marketing", source="till", language="zh", by=one_shop.owner, now=one_shop.now)
    page, base = windows.open(phone=True), kiosk_page.url.partition("/kiosk")[0]
    token = unsubscribing.token(queued(wang, "a:1", "sms"))
    page.set_extra_http_headers({"Accept-Language": language})
    page.goto(f"{base}/u/{token}")
    assert unfit(page) == {}
    page.locator("button.main").click()
    assert unfit(page) == {}
