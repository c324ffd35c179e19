"""What is tried against the doors, and comes to nothing.

Guessed codes, replays, forms of other sites, forged hooks, ended devices and keys, names that are code.
"""

import html
import re
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from core.base import clock, db
from core.base.clock import MINUTE, Millis
from core.giving import lottery
from core.giving.lottery import LotteryTerms, PrizeTerms
from core.people import credentials, devices, joinlinks, members, verification
from core.selling import claims
from notify import signature
from tests import shops
from tests.kiosk.conftest import OURS, Screen, code_sent, codes_sent, rotating
from tests.kiosk.test_api_v1 import Key

PHONE = "13800138000"
EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture
def other(app: Flask, screen: Screen) -> FlaskClient:
    """A second phone that has just scanned the screen."""
    made = app.test_client()
    made.get(f"/J/{joinlinks.new(screen.device_id, now=shops.NOON)}")
    return made


def post(client: FlaskClient, path: str, **data: object) -> TestResponse:
    return client.post(path, data=data, headers=OURS)


def wrong(digits: str) -> str:
    return f"{(int(digits) + 1) % 10**6:06d}"


def routes(app: Flask, *, ours: bool) -> Iterator[tuple[str, str]]:
    """Every method and address that changes something: pages of ours, or the API; new ones are in by themselves."""
    for rule in app.url_map.iter_rules():
        machine = rule.rule.startswith(("/api/", "/hooks/"))
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if (not machine and method != "GET") if ours else rule.rule.startswith("/api/"):
                yield method, filled(rule)


def filled(rule: Rule) -> str:
    """An address with 1 wherever it takes something."""
    return re.sub(r"<[^>]+>", "1", rule.rule)


# --- guessing codes ----------------------------------------------------------------------------------


def test_after_five_guesses_the_right_code_is_worth_nothing(visitor: FlaskClient) -> None:
    post(visitor, "/join", phone=PHONE)
    digits = code_sent()
    answers = [post(visitor, "/join/code", code=wrong(digits)) for _ in range(5)]
    assert [("tries are left" in one.text, "run out" in one.text) for one in answers] == [(True, False)] * 4 + [
        (False, True)
    ]
    right = post(visitor, "/join/code", code=digits)
    assert (right.status_code, "run out" in right.text) == (409, True)


def test_a_hundred_guesses_at_once_are_five_tries(shop: shops.Shop) -> None:
    challenge = verification.send_code(PHONE, "join", language="zh", now=shop.now)
    digits, told = wrong(code_sent()), []

    def guess() -> None:
        db.attach()
        for _ in range(10):
            try:
                verification.enter_code(challenge, digits, now=shop.now)
            except (verification.CodeWrong, verification.CodeOver) as refused:
                told.append(refused.facts.get("left", "over"))
        db.detach()

    threads = [threading.Thread(target=guess) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(told, key=str) == [1, 2, 3, 4] + ["over"] * 96


def test_new_codes_bring_new_tries_but_no_more_messages(visitor: FlaskClient) -> None:
    """Guesses at one number are bounded by its messages: 3 an hour and 5 a day, so 25 guesses a day."""
    sent = []
    for minute in range(0, 60, 5):
        with clock.set_to(shops.NOON + minute * MINUTE):
            sent.append(post(visitor, "/join", phone=PHONE).status_code)
            for _ in range(5):
                post(visitor, "/join/code", code="no code")
    assert sent == [303] * 3 + [409] * 3 + [409] * 6
    assert (codes_sent(), db.value("SELECT sum(tries) FROM challenge")) == (3, 15)


def test_a_code_opens_nothing_on_another_phone(visitor: FlaskClient, other: FlaskClient) -> None:
    post(visitor, "/join", phone=PHONE)
    digits = code_sent()
    assert post(other, "/join/code", code=digits).status_code == 409  # it asked for none
    assert post(other, "/join", phone="13900139000").status_code == 303
    assert post(other, "/join/code", code=digits).status_code == 409  # it asked for another
    assert post(visitor, "/join/code", code=digits).status_code == 200


def test_a_code_for_the_phone_opens_nothing_at_the_screen(
    visitor: FlaskClient, screen: Screen, one_shop: shops.Shop
) -> None:
    one_shop.member(PHONE)
    post(visitor, "/join", phone=PHONE)
    digits = code_sent()
    screen.event("go", "phone")
    screen.event("phone", PHONE)
    assert screen.event("code", digits)["screen"] == "sent"
    assert post(visitor, "/join/code", code=digits).headers["Location"] == "/me"


# --- replaying ---------------------------------------------------------------------------------------


def test_a_rotating_code_moves_value_once(client: FlaskClient, key: Key, one_shop: shops.Shop) -> None:
    """Nor does the code of the step before it, once a newer one was used."""
    member, cup = one_shop.member(PHONE), str(one_shop.product("cup", 1800))
    one_shop.give_points(member, 900)
    mine, before, now = key("sales"), rotating(member), Millis(shops.NOON + 15_000)
    with clock.set_to(now):
        told = []
        for number, code in enumerate((rotating(member), rotating(member), before)):
            body = {
                "lines": [{"product_id": cup}], "member_id": str(member), "points": 400, "expected_cents": 1400,
                "tenders": [{"kind": "cash", "cents": 1400}], "proof_code": code,
            }  # fmt: skip
            answer = client.post("/api/v1/sales", json=body, headers=mine | {"Idempotency-Key": f"k{number}"})
            told.append((answer.status_code, (answer.json or {}).get("code")))
    assert told == [(201, None), (409, "code_used"), (409, "code_used")]


def test_a_rotating_code_runs_out_and_belongs_to_one_card(one_shop: shops.Shop, noon: None) -> None:
    ann, bo = (rotating(one_shop.member()) for _ in range(2))
    assert credentials.identify(ann, now=Millis(shops.NOON + 29_000)).kind == "rotating"
    with pytest.raises(credentials.CodeOld):
        credentials.identify(ann, now=Millis(shops.NOON + 31_000))
    with pytest.raises(credentials.CodeOld):  # the digits of one with the card of the other
        credentials.identify(ann[: ann.rindex(".")] + bo[bo.rindex(".") :], now=shops.NOON)


def test_a_join_link_opens_for_five_minutes(app: Flask, screen: Screen) -> None:
    link = joinlinks.new(screen.device_id, now=shops.NOON)
    told = []
    for seconds in (0, 300, 301):
        with clock.set_to(shops.NOON + seconds * 1000):
            answer = app.test_client().get(f"/J/{link}")
            told.append((answer.status_code, answer.headers.get("Location")))  # it leaves the address bar at once
    assert told == [(303, "/join"), (303, "/join"), (409, None)]


def test_a_proved_number_is_bound_to_its_own_code(visitor: FlaskClient) -> None:
    """The form that carries it is worth nothing after another number was asked for on the same phone."""
    post(visitor, "/join", phone=PHONE)
    form = post(visitor, "/join/code", code=code_sent()).text
    sealed = html.unescape(re.search(r'name="sealed" value="([^"]+)"', form)[1])  # type: ignore[index]
    post(visitor, "/join", phone="13900139000")
    agreed = {"purpose": "membership", "age": "yes"}
    assert post(visitor, "/join/terms", sealed=sealed, **agreed).status_code == 409
    assert post(visitor, "/join/terms", sealed=sealed[:-1] + "A", **agreed).status_code == 409
    assert db.value("SELECT count(*) FROM member") == 0


def _with_session(app: Flask, session_id: str) -> FlaskClient:
    made = app.test_client()
    made.set_cookie("__Host-sid", session_id, secure=True)
    return made


def test_session_ids_from_before_signing_in_and_out_are_worth_nothing(app: Flask, visitor: FlaskClient) -> None:
    ids = [visitor.get_cookie("__Host-sid").value]  # type: ignore[union-attr]
    post(visitor, "/join/terms", sealed="", purpose="membership", age="yes")
    ids.append(visitor.get_cookie("__Host-sid").value)  # type: ignore[union-attr]
    assert [_with_session(app, one).get("/me").status_code for one in ids] == [409, 200]
    assert _with_session(app, ids[0]).get("/join").status_code == 409
    post(visitor, "/sign-out")
    assert [_with_session(app, one).get("/me").status_code for one in ids] == [409, 409]


def test_a_number_cannot_be_changed_on_the_phone(visitor: FlaskClient, one_shop: shops.Shop) -> None:
    member = one_shop.member(PHONE)
    post(visitor, "/join", phone=PHONE)
    post(visitor, "/join/code", code=code_sent())
    assert post(visitor, "/me/profile", name="王伟芳", phone="13900139000").status_code == 303
    sql = "SELECT p.phone, c.value FROM member_person p JOIN credential c ON c.member_id = p.member_id"
    assert db.one(f"{sql} WHERE p.member_id = ? AND c.kind = 'phone'", (member,)) == (f"+86{PHONE}", f"+86{PHONE}")


OWN = ["GET /me", "GET /me/code.svg", "GET /me/history", "GET /me/profile", "GET /me/receipt", "POST /me/profile",
       "POST /me/receipt", "POST /me/consent", "POST /me/check-in"]  # fmt: skip


@pytest.mark.parametrize("asked", OWN)
def test_a_blocked_member_is_signed_out_wherever_they_go(
    visitor: FlaskClient, one_shop: shops.Shop, asked: str
) -> None:
    post(visitor, "/join/terms", sealed="", purpose="membership", age="yes")
    members.set_state(int(db.value("SELECT id FROM member")), "blocked", by=one_shop.owner, now=shops.NOON)
    method, path = asked.split()
    refused = visitor.open(path, method=method, headers=OURS)
    assert (refused.status_code, "cannot be used at the moment" in refused.text) == (403, True)
    assert db.value("SELECT count(*) FROM web_session WHERE kind = 'phone'") == 0


def test_a_screens_session_is_none_on_a_phone_and_the_other_way_round(
    app: Flask, screen: Screen, one_shop: shops.Shop
) -> None:
    screen.event("scan", rotating(one_shop.member(PHONE)))
    shown = screen.client.get_cookie("__Host-kiosk")
    assert shown and _with_session(app, shown.value).get("/me").status_code == 409


# --- forms of other sites ------------------------------------------------------------------------------

FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://vip.example.cn"},
    {"Sec-Fetch-Site": ""},
    {"Origin": "https://evil.example"},
    {"Origin": "https://vip.example.cn.evil.example"},
    {"Origin": "http://vip.example.cn"},
    {"Origin": "null"},
    {},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_no_page_takes_a_change_from_another_site(app: Flask, visitor: FlaskClient, headers: dict[str, str]) -> None:
    asked = list(routes(app, ours=True))
    assert ("POST", "/join") in asked and ("POST", "/kiosk/event") in asked and len(asked) >= 11
    told = {path: visitor.open(path, method=method, headers=headers).status_code for method, path in asked}
    assert told.pop("/u/1") == 404  # mail programs post there from anywhere (RFC 8058); its signed token is its guard
    assert told == dict.fromkeys(told, 403)


def test_every_change_from_our_own_pages_is_let_in(app: Flask, visitor: FlaskClient) -> None:
    """The control of the test above: it is the origin that is refused, not the request."""
    for own in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": "https://vip.example.cn"}):
        told = [visitor.open(path, method=m, headers=own).status_code for m, path in routes(app, ours=True)]
        assert 403 not in told and 500 not in told


def test_a_signed_in_browser_is_nobody_at_the_api(visitor: FlaskClient, key: Key) -> None:
    post(visitor, "/join/terms", sealed="", purpose="membership", age="yes")
    number = db.value("SELECT id FROM member")
    assert visitor.get("/me").status_code == 200
    assert visitor.get(f"/api/v1/members/{number}", headers=OURS).status_code == 401
    assert visitor.get(f"/api/v1/members/{number}", headers=key("members")).status_code == 200


# --- hooks -------------------------------------------------------------------------------------------

OUTSIDE = "https://vip.example.cn"
STATUS = "/hooks/twilio/status"
REPORT = {"MessageSid": "SM1", "MessageStatus": "delivered", "ErrorCode": ""}
STOP = {"MessageSid": "SM2", "From": f"+86{PHONE}", "Body": "STOP", "OptOutType": "STOP"}


def signed(form: dict[str, str], *, url: str = OUTSIDE + STATUS, token: str = "twilio token") -> dict[str, str]:
    return {"X-Twilio-Signature": signature.sign(url, form.items(), token=token)}


FORGED = {
    "no signature": ({}, REPORT, STATUS),
    "an empty one": ({"X-Twilio-Signature": ""}, REPORT, STATUS),
    "another token": (signed(REPORT, token="other token"), REPORT, STATUS),
    "a changed field": (signed(REPORT), REPORT | {"MessageStatus": "failed"}, STATUS),
    "a field more, empty": (signed(REPORT), REPORT | {"AccountSid": ""}, STATUS),
    "an empty field less": (signed(REPORT), {k: v for k, v in REPORT.items() if v}, STATUS),
    "signed for http": (signed(REPORT, url="http://vip.example.cn" + STATUS), REPORT, STATUS),
    "signed for the host inside": (signed(REPORT, url="http://127.0.0.1:8080" + STATUS), REPORT, STATUS),
    "signed for another path": (signed(REPORT, url=OUTSIDE + "/hooks/twilio/inbound"), REPORT, STATUS),
    "a query dropped": (signed(REPORT, url=OUTSIDE + STATUS + "?o=12&n=1"), REPORT, STATUS),
    "a query added": (signed(REPORT), REPORT, STATUS + "?o=12&n=1"),
    "a query changed": (signed(REPORT, url=OUTSIDE + STATUS + "?o=12&n=1"), REPORT, STATUS + "?o=13&n=1"),
}  # fmt: skip


@pytest.mark.parametrize(("headers", "form", "path"), FORGED.values(), ids=FORGED)
def test_a_forged_report_changes_nothing(
    client: FlaskClient, headers: dict[str, str], form: dict[str, str], path: str
) -> None:
    answer = client.post(path, data=form, headers=headers)
    assert (answer.status_code, db.value("SELECT count(*) FROM delivery_status")) == (403, 0)


def test_the_genuine_report_behind_a_lying_proxy_is_taken(client: FlaskClient) -> None:
    """The address is the configured one, whatever the headers of a proxy say."""
    lies = {"Host": "127.0.0.1:8080", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example"}
    assert client.post(STATUS, data=REPORT, headers=lies | signed(REPORT)).status_code == 204
    assert db.rows("SELECT sid, status FROM delivery_status") == [("SM1", "delivered")]


def test_a_shop_without_a_token_believes_no_hook(app: Flask, client: FlaskClient) -> None:
    from core.base.settings import Settings

    app.config["SETTINGS"] = Settings(secret="test secret", public_url=OUTSIDE)
    assert client.post(STATUS, data=REPORT, headers=signed(REPORT, token="")).status_code == 403


def test_replayed_and_late_reports_never_turn_a_message_back(client: FlaskClient, visitor: FlaskClient) -> None:
    post(visitor, "/join", phone=PHONE)
    db.atomic(lambda: db.run("UPDATE outbox SET state = 'sent', sid = 'SM1', attempts = 1"))()
    states = []
    for status in ("sent", "delivered", "delivered", "sent", "queued", "failed", "undelivered"):
        form = REPORT | {"MessageStatus": status}
        assert client.post(STATUS, data=form, headers=signed(form)).status_code == 204
        states.append(db.value("SELECT state FROM outbox"))
    assert states == ["sent"] + ["delivered"] * 6
    assert db.value("SELECT count(*) FROM delivery_status WHERE status = 'delivered'") == 1


def test_a_replayed_stop_has_one_effect_and_does_not_undo_a_later_yes(
    client: FlaskClient, one_shop: shops.Shop
) -> None:
    one_shop.member(PHONE, purposes=("membership", "marketing"))
    inbound = "/hooks/twilio/inbound"
    start = STOP | {"MessageSid": "SM3", "Body": "START", "OptOutType": "START"}
    for form in (STOP, STOP, start, STOP):
        assert client.post(inbound, data=form, headers=signed(form, url=OUTSIDE + inbound)).status_code == 200
    assert db.rows("SELECT granted FROM consent WHERE purpose = 'marketing' ORDER BY id") == [(1,), (0,), (1,)]
    assert db.rows("SELECT sid, word FROM inbound ORDER BY sid") == [("SM2", "stop"), ("SM3", "start")]
    assert db.value("SELECT count(*) FROM suppression") == 0


# --- ended devices and keys ----------------------------------------------------------------------------


def test_a_revoked_screen_shows_nothing_on_any_route(app: Flask, screen: Screen, one_shop: shops.Shop) -> None:
    screen.event("scan", rotating(one_shop.member(PHONE, name="王伟芳")))
    link = joinlinks.new(screen.device_id, now=shops.NOON)
    devices.revoke(screen.device_id, by=one_shop.owner, now=shops.NOON)
    asked = {rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/kiosk/")}
    assert asked == {"/kiosk/state", "/kiosk/event", "/kiosk/frame", "/kiosk/alive"}  # alive tells seconds, of nobody
    for send in (
        lambda: screen.client.get("/kiosk/state"),
        lambda: screen.client.post("/kiosk/event", json={"event": "go", "value": "phone"}, headers=OURS),
        lambda: screen.client.post("/kiosk/event", json={"event": "stay"}, headers=OURS),
        lambda: screen.client.post("/kiosk/frame?w=1&h=1", data=b"x", headers=OURS),
    ):
        face = send().json
        assert (face["screen"], "out of service" in face["html"], "王" in face["html"]) == ("pair", True, False)
    assert app.test_client().get(f"/J/{link}").status_code == 403


def test_whoever_scanned_a_screen_before_it_was_revoked_gets_no_code(
    visitor: FlaskClient, screen: Screen, one_shop: shops.Shop
) -> None:
    devices.revoke(screen.device_id, by=one_shop.owner, now=shops.NOON)
    told = [post(visitor, "/join", phone=PHONE), post(visitor, "/join/terms", purpose="membership", age="yes")]
    assert [one.status_code for one in told] == [403, 403]
    assert (codes_sent(), db.value("SELECT count(*) FROM member")) == (0, 0)


def test_a_made_up_or_missing_device_token_shows_nothing(app: Flask, screen: Screen, one_shop: shops.Shop) -> None:
    stranger = app.test_client()
    stranger.set_cookie("__Host-device", "A" * 43, secure=True)
    for client in (stranger, app.test_client()):
        face = Screen(client).event("scan", rotating(one_shop.member()))
        assert face["screen"] == "pair"


def test_a_revoked_key_opens_no_operation(app: Flask, client: FlaskClient, key: Key, one_shop: shops.Shop) -> None:
    """Each is asked from another address, or the limit for wrong keys would answer first."""
    mine = key(*devices.SCOPES)
    devices.revoke_key(mine["Authorization"].split("_")[1], by=one_shop.owner, now=shops.NOON)
    public = {"/api/v1/openapi.json", "/api/v1/docs"}
    asked = [one for one in routes(app, ours=False) if one[1] not in public]
    assert ("POST", "/api/v1/sales") in asked and len(asked) >= 60
    told = {}
    for number, (method, path) in enumerate(asked):
        address = {"REMOTE_ADDR": f"203.0.{number // 250}.{number % 250 + 1}"}
        answer = client.open(path, method=method, json={}, headers=mine, environ_base=address)
        told[method, path] = (answer.status_code, (answer.json or {}).get("code"))
    assert told == dict.fromkeys(told, (401, "key_refused"))


@pytest.mark.parametrize("wrong", ["Basic {}", "bearer {}", "{}", "Bearer {}x", "Bearer  {}", "Bearer sk_{}"])
def test_a_key_is_read_in_one_way_only(client: FlaskClient, key: Key, one_shop: shops.Shop, wrong: str) -> None:
    path, secret = f"/api/v1/members/{one_shop.member()}", key("members")["Authorization"].removeprefix("Bearer ")
    assert client.get(path, headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    assert client.get(path, headers={"Authorization": wrong.format(secret)}).status_code == 401


# --- code in names, cookies ------------------------------------------------------------------------------


@pytest.fixture
def evil_shop(one_shop: shops.Shop) -> shops.Shop:
    """A shop whose every name is code, its member's too, put there past the rule for names."""
    one_shop.rule("shop_name", EVIL)
    one_shop.tier(EVIL, 1, mark="<b>")
    member = one_shop.member(PHONE, name="王伟芳")
    one_shop.put_in_tier(member, EVIL)
    for name in range(2):
        one_shop.give_coupon(one_shop.coupon_kind(f"{EVIL}{name}", effect="amount", off_cents=500), member)
    one_shop.product(EVIL, 1800)
    one_shop.sell(one_shop.basket((EVIL, 1), member=member))
    one_shop.sell(one_shop.basket((EVIL, 1)))
    day = clock.day_of(shops.NOON, "Asia/Shanghai")
    prize = PrizeTerms(name=EVIL, kind="points", odds_ppm=500_000, points=10)
    terms = LotteryTerms(cost_points=0, tries_day=1, first_on=day, last_on=day)
    lottery.create(EVIL, terms, (prize,), by=one_shop.owner, now=shops.NOON)
    db.atomic(lambda: db.run("UPDATE member_person SET name = ?", (EVIL,)))()
    return one_shop


def test_code_in_any_name_stays_text_on_every_page(
    evil_shop: shops.Shop, app: Flask, visitor: FlaskClient, screen: Screen
) -> None:
    post(visitor, "/join", phone=PHONE)
    post(visitor, "/join/code", code=code_sent())
    draw, sale = (db.value(f"SELECT max(id) FROM {table}") for table in ("lottery", "sale"))
    paths = ["/", "/me", "/me/profile", "/me/history", "/me/receipt", "/tiers", f"/lottery/{draw}",
             f"/s/{claims.code_of(sale)}", "/nowhere", "/kiosk"]  # fmt: skip
    pages = {path: visitor.get(path, headers=OURS, follow_redirects=True).text for path in paths}
    pages["card"] = screen.event("scan", rotating(db.value("SELECT min(id) FROM member")))["html"]
    pages["tiers"] = screen.event("go", "tiers")["html"]
    assert [path for path, page in pages.items() if "<img src=x" in page or "<b>" in page] == []
    shown = {path for path, page in pages.items() if "&lt;img src=x onerror=alert(1)&gt;" in page}
    assert shown >= {"/me", "/me/profile", "/tiers", f"/lottery/{draw}", "card", "tiers"}


@pytest.mark.parametrize("name", [EVIL, "{{7*7}}", "\u202egnp.exe", "=1+1"])
def test_names_that_are_code_are_refused_at_the_api_or_cleaned(client: FlaskClient, key: Key, name: str) -> None:
    answer = client.post("/api/v1/members", json={"name": name}, headers=key("members", "members.phone"))
    assert answer.status_code == 422 or answer.json["name"] == "gnp.exe"  # type: ignore[index]


def test_every_cookie_of_a_whole_visit_is_for_this_host_and_not_for_scripts(
    screen: Screen, visitor: FlaskClient, app: Flask, one_shop: shops.Shop
) -> None:
    kiosk = app.test_client()
    code = devices.new_pairing(one_shop.store, "door", by=one_shop.owner, now=shops.NOON)
    answers = [
        kiosk.post("/kiosk/event", json={"event": "pair", "value": code}, headers=OURS),
        kiosk.post("/kiosk/event", json={"event": "scan", "value": rotating(one_shop.member())}, headers=OURS),
        app.test_client().get(f"/J/{joinlinks.new(screen.device_id, now=shops.NOON)}"),
        app.test_client().get("/r/ABC"),
        post(visitor, "/language", language="zh"),
        post(visitor, "/join/terms", sealed="", purpose="membership", age="yes"),
        post(visitor, "/sign-out"),
    ]
    cookies = [cookie for answer in answers for cookie in answer.headers.getlist("Set-Cookie")]
    assert {one.split("=")[0] for one in cookies} == {
        f"__Host-{name}" for name in ("sid", "kiosk", "device", "lang", "joined")
    }
    for one in cookies:
        parts = {part.strip() for part in one.split(";")}
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= parts
        assert not any(part.startswith("Domain") for part in parts)


def test_a_form_whose_own_page_is_refused_ends_with_the_sentence_alone(visitor: FlaskClient) -> None:
    told = visitor.post("/rate/1", headers={"Sec-Fetch-Site": "same-origin"})
    assert told.status_code == 404 and "Traceback" not in told.text
