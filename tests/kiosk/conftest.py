"""A shop with its door open: a test client, a paired screen, and Chromium against a real server."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page

from core.base import clock, db, settings
from core.people import credentials, devices, joinlinks
from kiosk import app as door
from tests import shops
from tests.kiosk.counter import header
from tests.serving import served

SETTINGS = settings.Settings(
    secret="test secret", public_url="https://vip.example.cn", channel="file", twilio_auth_token="twilio token"
)
OURS = {"Sec-Fetch-Site": "same-origin", "Accept-Language": "en"}


@pytest.fixture
def noon() -> Iterator[None]:
    """The clock stands at noon of the test shop's day."""
    with clock.set_to(shops.NOON):
        yield


@pytest.fixture
def app(one_shop: shops.Shop, noon: None) -> Flask:
    """The door of the small shop, at its public address."""
    settings.use(SETTINGS)
    return door.create_app(SETTINGS)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser of its own, without a session."""
    return app.test_client()


@dataclass
class Screen:
    """A paired kiosk driven by hand."""

    client: FlaskClient
    device_id: int = 0

    def event(self, name: str, value: str = "") -> dict[str, Any]:
        """Tell the kiosk something; the face it shows then."""
        answer = self.client.post("/kiosk/event", json={"event": name, "value": value}, headers=OURS)
        assert answer.status_code == 200
        return dict(answer.json or {})

    def face(self) -> dict[str, Any]:
        """What the kiosk shows now."""
        return dict(self.client.get("/kiosk/state?since=").json or {})


@pytest.fixture
def screen(app: Flask, one_shop: shops.Shop) -> Screen:
    """A paired kiosk speaking English."""
    made = Screen(app.test_client())
    code = devices.new_pairing(one_shop.store, "door", by=one_shop.owner, now=shops.NOON)
    made.event("pair", code)
    made.device_id = devices.all_devices(by=one_shop.owner)[0].id
    made.event("lang")
    return made


@pytest.fixture
def visitor(client: FlaskClient, screen: Screen) -> FlaskClient:
    """A phone that has just scanned the screen."""
    link = joinlinks.new(screen.device_id, now=shops.NOON)
    assert client.get(f"/J/{link}").headers["Location"] == "/join"
    return client


@pytest.fixture
def key(one_shop: shops.Shop) -> Callable[..., dict[str, str]]:
    """Makes the header of an API key with scopes."""

    return partial(header, one_shop)


def code_sent() -> str:
    """The digits of the newest code in the outbox."""
    variables = db.value("SELECT variables FROM outbox WHERE template = 'code' ORDER BY id DESC")
    return str(json.loads(variables)["code"])


def codes_sent() -> int:
    """How many codes were queued."""
    return int(db.value("SELECT count(*) FROM outbox WHERE template = 'code'"))


def rotating(member_id: int) -> str:
    """The code on a member's phone now."""
    return credentials.rotating_code(member_id, now=clock.now())


# --- a real server and a real browser --------------------------------------------------------------


@pytest.fixture
def site(one_shop: shops.Shop) -> Iterator[str]:
    """The door served by waitress; its address."""
    mine = settings.Settings(secret="test secret")
    settings.use(mine)
    app = door.create_app(mine)
    with served(door.server(app, host="127.0.0.1", port=0, threads=4)) as url:
        app.config["SETTINGS"] = settings.Settings(secret="test secret", public_url=url)
        yield url


@dataclass
class Windows:
    """Opens pages and keeps what their consoles complain about."""

    browser: Browser
    opened: list[Page] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, *, phone: bool = False, locale: str = "en-GB") -> Page:
        """A page of its own browser context: a kiosk of 1080 × 1920, or a phone."""
        size = {"width": 390, "height": 844} if phone else {"width": 1080, "height": 1920}
        context = self.browser.new_context(viewport=size, locale=locale, has_touch=True)  # type: ignore[arg-type]
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.opened.append(page)
        return page


@pytest.fixture
def windows(browser: Browser, site: str) -> Iterator[Windows]:
    """Pages whose consoles must stay silent."""
    made = Windows(browser)
    yield made
    for page in made.opened:
        page.context.close()
    assert made.complaints == []


@pytest.fixture
def kiosk_page(windows: Windows, site: str, one_shop: shops.Shop) -> Page:
    """A kiosk in Chromium, paired by its own keypad, resting on its first face."""
    page = windows.open()
    page.clock.install()
    page.goto(f"{site}/kiosk")
    code = devices.new_pairing(one_shop.store, "door", by=one_shop.owner, now=clock.now())
    for char in code:
        page.locator(f'[data-key="{char}"]').click()
    page.locator('[data-send="pair"]').click()
    page.locator(".face-attract").wait_for()
    return page


@pytest.fixture
def wang(one_shop: shops.Shop) -> int:
    """王伟芳, gold, with points, stored value and coupons."""
    one_shop.tier("gold", 1, discount_bp=1000, spend_cents=100_000, mark="●")
    member_id = one_shop.member("13800138000", name="王伟芳")
    one_shop.give_points(member_id, 2431)
    one_shop.top_up(member_id, 18_640)
    for name in ("新客5元", "满100减20"):
        kind = one_shop.coupon_kind(name, effect="amount", off_cents=500, valid_days=900)
        one_shop.give_coupon(kind, member_id)
    return member_id
