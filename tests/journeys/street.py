"""A shop with all its doors open: back-office, kiosk and phone in Chromium, HTTP, scheduler, command line.

Steps return what was seen; the journey asserts on it, `make shots` keeps pictures of it.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page
from textual.pilot import Pilot

import scheduler
from core.base import clock, db, i18n, settings
from core.base.access import Actor
from core.base.settings import Settings
from core.goods import catalogue
from core.keeping import opening
from core.keeping.opening import Opening
from core.loyalty import coupons, topups
from core.loyalty.coupons import Terms
from core.loyalty.topups import TopUpTerms
from core.outreach import care
from core.people import devices
from core.selling import promotions
from core.selling.promotions import PromotionTerms
from kiosk import app as door
from tests.serving import served
from tests.tui.hand import Hand
from tests.tui.office import lines
from tests.tui.shopfront import settled
from tui.app import BackOffice
from tui.gateway import Gateway

PASSWORD = "long enough"
PRODUCTS = (
    ("珍珠奶茶", 1800, "6901000000015"),
    ("栗子蛋糕", 3200, "6901000000060"),
    ("保温杯", 6000, "6901000000121"),
)
Script = Callable[["Office"], Coroutine[Any, Any, Any]]


@dataclass
class Office:
    """The back-office under a pilot."""

    app: BackOffice
    pilot: Pilot[int]
    keep: Callable[[str, str], None]
    script: list[str]

    async def press(self, *keys: str) -> None:
        for key in keys:
            self.script.append(key)
            await self.pilot.press(key)
            await settled(self.pilot)

    async def type(self, text: str, *after: str) -> None:
        """Type like a scanner: letter by letter, then keys."""
        self.script.append(f'type "{text}"')
        await self.pilot.press(*text)
        await settled(self.pilot)
        await self.press(*after)

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in lines(self.app))

    def shot(self, name: str) -> str:
        """Keep what stands on the screen under a name."""
        shown = self.text()
        self.script.append(f"-- {name}")
        self.keep(name, shown)
        return shown


class Street:
    """One shop and everything around it."""

    def __init__(self, folder: Path, browser: Browser, size: tuple[int, int] = (120, 40)) -> None:
        self.folder, self.browser, self.size = folder, browser, size
        self.outbox = folder / "outbox.jsonl"
        self.settings = Settings(
            database=str(folder / "regulars.db"), secret="street", channel="file", outbox_file=str(self.outbox)
        )
        settings.use(self.settings)
        self.owner = self._open()
        self.store = opening.stores()[0][0]
        self.pages: list[Page] = []
        self.shots: dict[str, str] = {}
        self.pictures: dict[str, bytes] = {}
        self.keys: list[str] = []

    def _open(self) -> Actor:
        """The shop as its owner would set it up: tea, cake, a promotion, a welcome coupon, top-ups with bonus."""
        now = clock.now()
        owner = opening.open_shop(
            Opening("zh", "桂花里", "南京东路店", "周丽", "owner", PASSWORD, products=PRODUCTS), now=now
        )
        from core.books import rules

        for name, value in (("service_hours", "0-24"), ("greeting_hours", "0-24"), ("marketing_hours", "0-24")):
            rules.change(name, value, by=owner, now=now)
        (tea,) = catalogue.find("珍珠奶茶")
        terms = Terms(effect="amount", off_cents=500, threshold_cents=2000, product_ids=(tea.id,))
        welcome = coupons.create_kind("新客5元", terms, valid_days=30, by=owner, now=now)
        gift = coupons.create_kind("生日8折", Terms(effect="percent", off_bp=2000), valid_days=30, by=owner, now=now)
        rules.change("welcome_coupon_kind_id", welcome, by=owner, now=now)
        care.set_rule("birthday", active=True, coupon_kind_id=gift, by=owner, now=now)
        topups.set_rule(20_000, TopUpTerms(bonus_cents=2000, bonus_days=365), by=owner, now=now)
        full = PromotionTerms(effect="reduction", threshold_cents=10_000, off_cents=2000)
        promotions.create("满100减20", full, by=owner, now=now)
        return owner

    # --- back-office ---------------------------------------------------------------------------------

    def office(self, script: Script, *, language: str = "zh", by: Actor | None = None) -> Any:
        """Run a script at the back-office, the owner's or another's, in a thread of its own as its process would be."""

        async def session() -> Any:
            gateway = Gateway()
            gateway.start()
            try:
                app = BackOffice(by or self.owner, gateway, log=self.folder / "crash.log")
                app.shop_name = "桂花里"
                app.set_language(language)
                async with app.run_test(size=self.size):
                    app.speak_here()
                    pilot = Hand(app)
                    await settled(pilot)
                    return await script(Office(app, pilot, self.shots.__setitem__, self.keys))
            finally:
                gateway.close()

        def alone() -> Any:
            db.attach()
            return asyncio.run(session())

        with ThreadPoolExecutor(1) as one:
            return one.submit(alone).result()

    # --- kiosk and phone -----------------------------------------------------------------------------

    @contextmanager
    def open_doors(self) -> Any:
        """Serve kiosk, phone pages and API on a free port while the block runs."""
        app = door.create_app(self.settings)
        with served(door.server(app, host="127.0.0.1", port=0, threads=4)) as self.url:
            app.config["SETTINGS"] = Settings(**{**self.settings.__dict__, "public_url": self.url})
            yield self
            for page in self.pages:
                page.context.close()

    def page(self, *, phone: bool, locale: str) -> Page:
        size = {"width": 390, "height": 844} if phone else {"width": 1080, "height": 1920}
        context = self.browser.new_context(viewport=size, locale=locale, has_touch=True)  # type: ignore[arg-type]
        page = context.new_page()
        page.set_default_timeout(10_000)
        self.pages.append(page)
        return page

    def kiosk(self, locale: str = "zh-CN") -> Page:
        """A kiosk, paired with a fresh code from the back-office's verb."""
        page = self.page(phone=False, locale=locale)
        page.goto(f"{self.url}/kiosk")
        code = devices.new_pairing(self.store, "door", by=self.owner, now=clock.now())
        for char in code:
            page.locator(f'[data-key="{char}"]').click()
        page.locator('[data-send="pair"]').click()
        page.locator(".face-attract").wait_for()
        return page

    # --- messages, jobs, command line ------------------------------------------------------------------

    def post(self) -> list[dict[str, Any]]:
        """Send what is queued; every message that ever left."""
        channels = scheduler.channels_for(self.settings)
        while scheduler.send_due(channels, "street"):
            continue
        written = self.outbox.read_text("utf-8").splitlines() if self.outbox.exists() else []
        return [json.loads(line) for line in written]

    def jobs_of(self, day: Any) -> dict[str, str]:
        """Run the scheduler as it would on a day."""
        return scheduler.once(self.settings, on=day)

    def command(self, *arguments: str, language: str = "en") -> "subprocess.CompletedProcess[str]":
        """The regulars command in the shop's folder."""
        import os

        environment = {**os.environ, "LANG": "zh_CN.UTF-8" if language == "zh" else "en_US.UTF-8",
                       "REGULARS_SECRET": "street"}  # fmt: skip
        return subprocess.run([sys.executable, "-m", "regulars", "--folder", str(self.folder), *arguments],
                              capture_output=True, text=True, env=environment, timeout=60, check=False)  # fmt: skip


def qr_in(page: Page) -> str:
    """The QR code on a page, read from its screenshot by an independent decoder."""
    found = zxingcpp.read_barcodes(Image.open(BytesIO(page.screenshot())))
    assert len(found) == 1
    return str(found[0].text)


TYPE = """keys => { for (const key of keys) {
  for (const kind of ['keydown', 'keyup']) {
    document.activeElement.dispatchEvent(new KeyboardEvent(kind, { key, bubbles: true, cancelable: true }));
  } } }"""


def scan(page: Page, code: str) -> None:
    """A scanner's keys, faster than any person's."""
    page.evaluate(TYPE, [*code, "Enter"])


def said(language: str, sentence: str, **facts: object) -> str:
    """A sentence as a page says it."""
    with i18n.use(language):
        return i18n.say(sentence, **facts)
