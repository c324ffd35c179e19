"""What the stories of the departments share: one shop with its doors, the people in it, and steps of many stories."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from playwright.sync_api import Browser, Page, expect

import scheduler
from core.base import clock, db, i18n, settings
from core.base.access import Actor
from core.base.clock import Millis
from core.people import credentials, devices, members
from core.people.members import Joining
from core.tables import schema
from notify import signature
from tests.journeys import day
from tests.journeys.day import Walk
from tests.journeys.street import Office, Script, Street, scan

ZONE = "Asia/Shanghai"
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
TOKEN = "street token"


@dataclass
class Rest:
    """A shop on the morning of a day, spoken of in one language."""

    street: Street
    language: str
    kiosk: Page
    phone: Page
    wang: int = 0
    """The member whose phone it is."""
    slots: Iterator[int] = field(default_factory=count)
    key: str = ""

    @property
    def owner(self) -> Any:
        return self.street.owner

    def said(self, sentence: str, **facts: object) -> str:
        """A sentence as it is said in the language of the stories."""
        with i18n.use(self.language):
            return i18n.say(sentence, **facts)

    @property
    def today(self) -> date:
        """The day it is."""
        return clock.day_of(clock.now(), ZONE)

    def noon(self, days: int) -> Millis:
        """Noon in so many days."""
        return clock.at_time(self.today + timedelta(days=days), 12, 0, ZONE)

    def office(self, script: Script, *, by: Actor | None = None) -> Any:
        """Run a script at the back-office; what it returns."""
        return self.street.office(script, language=self.language, by=by)

    def job(self, name: str, at: Millis | None = None) -> str:
        """Let a job of the scheduler run, now or at another moment; what it says it did."""
        moment = at or clock.now()
        with clock.set_to(moment):
            return scheduler.run_job(name, f"{moment}-{next(self.slots)}", now=moment)

    def letters(self, since: int) -> list[str]:
        """The words of the messages that left after the first so many."""
        return [one["body"] for one in self.street.post()[since:]]

    @property
    def sent(self) -> int:
        """How many messages left so far."""
        return len(self.street.post())

    def points(self, member_id: int) -> int:
        """How many points somebody has."""
        return members.card(member_id, by=self.owner, now=clock.now()).points.balance

    def member(self, phone: str, name: str) -> int:
        """Somebody else who is a member, and gets messages."""
        joining = Joining(phone=phone, name=name, language=self.language, purposes=("membership", "service"),
                          store_id=self.street.store)  # fmt: skip
        return members.join(joining, by=self.owner, now=clock.now())

    def show(self, member_id: int) -> None:
        """Hold the code of a member's phone to the kiosk."""
        scan(self.kiosk, credentials.rotating_code(member_id, now=clock.now()))
        expect(self.kiosk.locator(".face-card")).to_be_visible()
        self.speak()

    def speak(self) -> None:
        """The kiosk goes back to the shop's language for each customer; this one chooses another."""
        if self.language == "en":
            self.kiosk.locator('[data-event="lang"][lang="en"]').click()
            expect(self.kiosk.locator('[data-event="lang"][lang="zh-CN"]')).to_be_visible()

    def arrive(self, member_id: int, event: str) -> str:
        """Hold the code to the kiosk and touch the button that says one is here; what is shown when it is gone."""
        self.show(member_id)
        button = self.kiosk.locator(f'[data-event="{event}"]')
        button.click()
        expect(button).to_have_count(0)
        shown = self.kiosk.locator("#screen").inner_text()
        self.leave()
        return shown

    def leave(self) -> None:
        """End what the kiosk shows."""
        self.kiosk.locator('[data-event="end"]').first.click()
        expect(self.kiosk.locator(".face-attract")).to_be_visible()

    def api(self, path: str, body: object = None) -> tuple[int, Any]:
        """Ask over the API, with a key for everything: the status and the answer."""
        if not self.key:
            scopes = ("members", "sales", "goods", "service", "reports")
            self.key = devices.new_key("web", self.street.store, scopes, by=self.owner, now=clock.now())
        head = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json",
                "Accept-Language": self.language, "Idempotency-Key": f"k{next(self.slots)}"}  # fmt: skip
        data = None if body is None else json.dumps(body).encode()
        try:
            with urlopen(Request(f"{self.street.url}/api/v1{path}", data, head)) as answer:
                return answer.status, json.load(answer)
        except HTTPError as refused:
            return refused.code, json.load(refused)

    def writes(self, number: str, words: str) -> None:
        """Somebody answers the shop's text: the provider posts it to the hook."""
        url = f"{self.street.url}/hooks/twilio/inbound"
        form = {"MessageSid": f"SM{next(self.slots)}", "From": f"+86{number}", "To": "+8610655", "Body": words}
        given = signature.sign(url, form.items(), token=TOKEN)
        with urlopen(Request(url, urlencode(form).encode(), {"X-Twilio-Signature": given})) as answer:
            assert answer.status == 200


@contextmanager
def opened(folder: Path, browser: Browser, language: str) -> Iterator[Rest]:
    """A shop at ten in the morning; 王伟芳 has joined with her phone, which is signed in."""
    today = clock.day_of(clock.now(), ZONE)
    ten = clock.at_time(today, 10, 0, ZONE)
    with clock.running(ten, since=clock.now(), times=1):
        db.open_database(str(folder / "regulars.db"))
        schema.migrate(now=clock.now())
        street = Street(folder, browser)
        street.settings = replace(street.settings, twilio_auth_token=TOKEN, exports=str(folder / "exports"))
        with street.open_doors():
            settings.use(replace(street.settings, public_url=street.url))
            locale = LOCALES[language]
            rest = Rest(street, language, street.kiosk(locale), street.page(phone=True, locale=locale))
            day.join_by_kiosk(Walk(street, rest.kiosk, rest.phone))
            rest.leave()
            rest.wang = int(db.value("SELECT member_id FROM member_person WHERE name = '王伟芳'"))
            yield rest
        db.close_database()


async def choose(office: Office, words: str, *, opens: bool = True) -> None:
    """Bring the cursor of a list to the line that says so, and open it."""
    wanted = i18n.say(words)
    for _ in range(60):
        row = office.app.page.table.row  # type: ignore[union-attr]
        if row is not None and wanted in map(str, row.cells):
            await office.press(*["enter"] * opens)
            return
        await office.press("down")
    raise AssertionError(f"no line says {wanted!r}\n{office.text()}")


async def report(office: Office, title: str) -> None:
    """Open a report of the shelf."""
    await office.press("f10")
    await choose(office, title)
