"""A day through every door with a peculiar name, number, card and code, and much that breaks on the way.

Afterwards the log, the crash file and the figures hold none of them.
"""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

import scheduler
from core.base import access, clock, db, logs
from core.base.clock import MINUTE, Millis
from core.keeping import jobs
from core.people import credentials, members, staff
from core.people.staff import SignInFailed
from notify import signature
from notify.sms import TwilioAccount, TwilioChannel
from scheduler import Work
from tests.fakes.twilio import ACCOUNT_SID, AUTH_TOKEN, SENDER, FakeTwilio
from tests.kiosk.conftest import OURS, SETTINGS, Screen, app, client, code_sent, noon, screen, visitor
from tests.kiosk.counter import header
from tests.shops import Shop
from tests.tui.office import ListPage, office, running

assert [app, client, noon, screen, visitor]  # fixtures
NAME, PHONE, MAIL = "欧阳青岚", "13987654321", "qinglan.ouyang@example.cn"


class Breaking(ListPage):
    def do_join(self) -> None:
        phone, name = PHONE, NAME
        raise LookupError(f"{name} {phone}")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    logs.begin(file=tmp_path / "regulars.log", level="debug")
    yield tmp_path / "regulars.log"
    logs.end()


def joined(visitor: FlaskClient, shop: Shop) -> tuple[int, str]:
    """Someone joins by phone, wrong code first; the member and the right code."""
    visitor.post("/join", data={"way": "phone", "phone": PHONE}, headers=OURS)
    code = code_sent()
    visitor.post("/join/code", data={"code": "000001"}, headers=OURS)
    page = visitor.post("/join/code", data={"code": code}, headers=OURS).text
    sealed = page.split('name="sealed" value="')[1].split('"')[0]
    given = {"sealed": sealed, "purpose": ["membership", "service", "marketing"], "age": "yes"}
    visitor.post("/join/terms", data=given, headers=OURS)
    visitor.post("/me/profile", data={"name": NAME, "email": MAIL}, headers=OURS)
    visitor.get("/me")
    visitor.post("/me/number", data={"phone": "13700137000"}, headers=OURS)
    return members.find(PHONE, by=shop.owner)[0].id, code


def bought(app: Flask, shop: Shop, member: int) -> str:
    """A till looks up, sells, and asks for what is not there; its key."""
    till, given = app.test_client(), header(shop, "members", "members.phone", "members.edit", "sales")
    tea = shop.product("tea", 1800)
    for path in (f"members/{member}", f"members/{PHONE}", f"nowhere/{PHONE}?name={NAME}"):
        till.get(f"/api/v1/{path}", headers=given)
    body = {"lines": [{"product_id": str(tea)}], "expected_cents": 1800, "member_id": str(member)}
    tenders = [{"kind": "cash", "cents": 1800, "reference": PHONE}]
    till.post("/api/v1/sales", json=body | {"tenders": tenders}, headers=given | {"Idempotency-Key": PHONE})
    till.post("/api/v1/sales", json={"lines": PHONE, NAME: MAIL}, headers=given | {"Idempotency-Key": PHONE})
    till.get("/api/v1/sales", headers={"Authorization": f"Bearer sk_{PHONE}_{PHONE}{PHONE}"})
    return given["Authorization"].removeprefix("Bearer ")


def hooked(client: FlaskClient) -> None:
    """Twilio tells of an answer, and a liar does."""
    form = {"MessageSid": "SM" + "0a" * 16, "From": f"+86{PHONE}", "Body": f"我是{NAME} {PHONE}"}
    signed = signature.sign("https://vip.example.cn/hooks/twilio/inbound", form.items(), token="twilio token")
    for given in (signed, "no"):
        client.post("/hooks/twilio/inbound", data=form, headers={"X-Twilio-Signature": given})


def sent(shop: Shop) -> None:
    """The scheduler sends by the real client, once refused and once left without an answer; a job breaks."""
    with FakeTwilio() as twilio:
        sms = TwilioChannel("sms", TwilioAccount(ACCOUNT_SID, AUTH_TOKEN, sender=SENDER, base_url=twilio.url))
        twilio.inject("500-after", "reset-after", "429")
        for minute in range(3):
            with clock.set_to(shop.now + minute * MINUTE):
                scheduler.send_due({"sms": sms}, "a")
                scheduler.settle({"sms": sms}, "b", now=Millis(shop.now + minute * MINUTE))
        sms.close()

    def fail(by: access.Actor, now: Millis) -> object:
        raise RuntimeError(f"{NAME} {PHONE}")

    jobs.ensure(scheduler.default_jobs(shop.now))
    jobs.claim("churn", "2026-05-29", owner="a", now=shop.now)
    kept = scheduler.BY_NAME["churn"]
    scheduler.BY_NAME["churn"] = Work("churn", "0 4 * * *", fail)
    try:
        scheduler.run_job("churn", "2026-05-29", now=shop.now)
    finally:
        scheduler.BY_NAME["churn"] = kept


def signed_in(shop: Shop, crash_log: Path) -> None:
    """Someone types a member's number where the sign-in name belongs; then the back-office breaks."""
    for login in (PHONE, NAME, "owner"):
        with pytest.raises(SignInFailed):
            staff.sign_in(login, PHONE, now=shop.now)

    async def body() -> None:
        app = office(page=Breaking, log=crash_log)
        with pytest.raises((LookupError, Exception)):
            async with running(app) as (pilot, _page):
                await pilot.press("n")
                await pilot.pause()

    asyncio.run(body())


def broken(app: Flask) -> None:
    """A page breaks with everything in its hands."""

    def fail() -> str:
        name, phone, mail = NAME, PHONE, MAIL
        raise KeyError(f"{name} {phone} {mail}")

    page = next(rule.endpoint for rule in app.url_map.iter_rules() if rule.rule == "/tiers")
    app.view_functions[page] = fail
    assert app.test_client().get(f"/tiers?phone={PHONE}").status_code == 500


def test_no_log_no_crash_file_and_no_figure_names_anyone(
    app: Flask, client: FlaskClient, visitor: FlaskClient, screen: Screen, one_shop: Shop, log: Path, tmp_path: Path
) -> None:
    broken(app)
    member, code = joined(visitor, one_shop)
    card = str(db.value("SELECT value FROM credential WHERE member_id = ? AND kind = 'card'", (member,)))
    turning = credentials.rotating_code(member, now=one_shop.now)
    for scanned in (card, turning, PHONE):
        screen.event("scan", scanned)
    key = bought(app, one_shop, member)
    hooked(client)
    sent(one_shop)
    signed_in(one_shop, tmp_path / "crash.log")
    kept = log.read_text("utf-8") + (tmp_path / "crash.log").read_text("utf-8") + client.get("/metrics").text
    secret = [NAME, PHONE, PHONE[-8:], MAIL, "qinglan", code, card, turning.split(".")[-1], key.split("_")[2],
              "13700137000", SETTINGS.twilio_auth_token, "0a0a0a"]  # fmt: skip
    assert [one for one in secret if one in kept] == []
    said = {json.loads(line)["what"].split(" ")[0] for line in log.read_text("utf-8").splitlines()}
    assert said >= {"request", "message", "job", "key", "sign-in", "error"}
    assert "LookupError" in kept and "RuntimeError" in kept and "KeyError" in kept
