"""A member's own record on the phone: a fresh code opens the number, the copy and leaving."""

import json
import re
from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.base import clock, db, i18n
from core.base.clock import DAY, MINUTE, Millis
from core.keeping import doctor
from core.people import credentials, joinlinks, members, verification
from core.service import surveyanswers
from kiosk import copied
from kiosk.account import NumberNeeded
from tests import shops
from tests.core.service.gathered import opened, sign_up
from tests.core.service.test_surveys import running, say
from tests.kiosk.conftest import OURS, Screen, code_sent
from tests.shops import Shop

OLD, NEW = "13800138000", "13900139000"


@pytest.fixture
def phone(visitor: FlaskClient) -> FlaskClient:
    """The phone of 王伟芳, who joined with a number a quarter of an hour ago."""
    visitor.post("/join", data={"way": "phone", "phone": OLD}, headers=OURS)
    page = visitor.post("/join/code", data={"code": code_sent()}, headers=OURS).text
    sealed = re.search(r'name="sealed" value="([^"]+)"', page)
    assert sealed
    given = {"sealed": sealed[1], "purpose": ["membership", "service"], "age": "yes"}
    visitor.post("/join/terms", data=given, headers=OURS)
    visitor.post("/me/profile", data={"name": "王伟芳", "month": "5", "day": "17"}, headers=OURS)
    return visitor


@pytest.fixture
def later(phone: FlaskClient) -> Iterator[FlaskClient]:
    """The same phone, its code no longer fresh."""
    with clock.set_to(shops.NOON + 15 * MINUTE):
        yield phone


@pytest.fixture
def fresh(later: FlaskClient) -> FlaskClient:
    """The same phone with a code entered just now."""
    later.post("/me/confirm", data={"next": "copy"}, headers=OURS)
    answer = later.post("/me/confirm/code", data={"next": "copy", "code": code_sent()}, headers=OURS)
    assert answer.headers["Location"] == "/me/copy"
    return later


def wang() -> int:
    return int(db.value("SELECT max(id) FROM member"))


@pytest.mark.parametrize("step", ["number", "copy", "leave"])
def test_each_step_asks_for_a_code_first(later: FlaskClient, step: str) -> None:
    assert later.get(f"/me/{step}", headers=OURS).headers["Location"] == f"/me/confirm?next={step}"
    page = later.get(f"/me/confirm?next={step}", headers=OURS).text
    assert "your number ending in 8000" in page and OLD not in page


def test_ten_minutes_after_joining_the_code_is_still_fresh(phone: FlaskClient) -> None:
    assert phone.get("/me/copy", headers=OURS).status_code == 200


def test_without_a_code_nothing_is_given_or_deleted(later: FlaskClient) -> None:
    assert later.get("/me/copy.json", headers=OURS).status_code == 403
    assert later.post("/me/leave", data={"mark": "x"}, headers=OURS).status_code == 403
    assert db.value("SELECT state FROM member WHERE id = ?", (wang(),)) == "active"


def test_a_wrong_code_opens_nothing_and_the_form_stays(later: FlaskClient) -> None:
    later.post("/me/confirm", data={"next": "copy"}, headers=OURS)
    wrong = "000000" if code_sent() != "000000" else "111111"
    answer = later.post("/me/confirm/code", data={"next": "copy", "code": wrong}, headers=OURS)
    assert (answer.status_code, "4 tries are left" in answer.text) == (409, True)
    assert 'name="next" value="copy"' in answer.text and 'id="code"' in answer.text
    assert later.get("/me/copy", headers=OURS).status_code == 303


def test_a_fresh_code_lasts_ten_minutes(fresh: FlaskClient) -> None:
    with clock.set_to(clock.now() + 10 * MINUTE):
        assert fresh.get("/me/copy", headers=OURS).status_code == 303


def test_the_number_changes_after_a_code_to_the_new_one_and_the_old_one_is_told(fresh: FlaskClient) -> None:
    fresh.post("/me/number", data={"phone": NEW}, headers=OURS)
    answer = fresh.post("/me/number/code", data={"code": code_sent()}, headers=OURS)
    assert answer.headers["Location"] == "/me/settings"
    assert credentials.by_phone(NEW, now=shops.NOON) == wang()
    assert credentials.by_phone(OLD, now=shops.NOON) is None
    assert db.one("SELECT address, template FROM outbox ORDER BY id DESC") == ("+86" + OLD, "phone_changed")


def test_somebody_elses_number_is_refused(fresh: FlaskClient, one_shop: Shop) -> None:
    one_shop.member(NEW)
    fresh.post("/me/number", data={"phone": NEW}, headers=OURS)
    answer = fresh.post("/me/number/code", data={"code": code_sent()}, headers=OURS)
    assert (answer.status_code, "belongs to a member already" in answer.text) == (409, True)


def test_the_card_number_stays_when_the_phone_number_changes(fresh: FlaskClient) -> None:
    before = credentials.card_of(wang())
    fresh.post("/me/number", data={"phone": NEW}, headers=OURS)
    fresh.post("/me/number/code", data={"code": code_sent()}, headers=OURS)
    assert credentials.card_of(wang()) == before


def test_the_copy_holds_everything(fresh: FlaskClient, one_shop: Shop) -> None:
    one_shop.product("tea", 1800)
    one_shop.sell(one_shop.basket(("tea", 2), member=wang()), ("cash", 3600))
    answer = fresh.get("/me/copy.json", headers=OURS)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="membership.json"'
    kept = json.loads(answer.text)
    assert (kept["profile"]["name"], kept["profile"]["phone"]) == ("王伟芳", "+86" + OLD)
    assert [one["total_cents"] for one in kept["purchases"]] == [3600]
    assert [(one["kind"], one["amount"]) for one in kept["moves"]] == [("earn", 36)]
    assert [one["purpose"] for one in kept["consents"]] == ["membership", "service"]


def test_the_page_of_the_copy_shows_the_newest_rows_of_each_kind(fresh: FlaskClient, one_shop: Shop) -> None:
    one_shop.product("tea", 1800)
    for _sale in range(22):
        one_shop.sell(one_shop.basket(("tea", 1), member=wang()), ("cash", 1800))
    tea = opened(one_shop, places=9)
    sign_up(one_shop, tea, wang())
    survey = running(one_shop, points=0)
    surveyanswers.answer(survey.id, wang(), say(survey, "9", "5"), by=members.themselves(wang()), now=one_shop.now)
    page = fresh.get("/me/copy", headers=OURS).text
    titles = re.findall(r"<summary>(.*?) <span class=\"quiet\">([0-9,]+)</span>", page)
    assert titles[:3] == [("Purchases", "22"), ("Moves of points and stored value", "22"), ("Events", "1")]
    assert titles[3:] == [("Answers to surveys", "2"), ("Answers about consent", "2"), ("Messages", titles[-1][1])]
    assert page.count("<span>¥18.00</span>") == page.count("<span>+18 points</span>") == 20
    assert page.count("and 2 older ones in the file") == 2
    assert "Tea tasting</span><span>signed up</span>" in page
    assert "Would you recommend us?</span><span>9</span>" in page
    fresh.post("/language", data={"language": "zh", "back": "/me/copy"}, headers=OURS)
    assert "品茶会</span><span>已报名</span>" in fresh.get("/me/copy", headers=OURS).text


def test_every_kind_of_the_file_has_its_words(one_shop: Shop) -> None:
    at = "2026-05-29T04:00:00.000+00:00"
    row = {
        "at": at, "from_at": at, "store": "店", "receipt": "1", "total_cents": 1800, "amount": -5, "asset": "principal",
        "kind": "spend", "name": "cup", "points": 30, "question_en": "How?", "question_zh": "如何？", "words": "well",
        "number": None, "subject": "cold", "state": "open", "service": "tea", "staff": "Li", "event_en": "Tasting",
        "event_zh": "", "way": "call", "purpose": "service", "granted": False, "channel": "sms",
    }  # fmt: skip
    kept = {name: [row] for name, _title, _said in copied.KINDS} | {"check_ins": [date(2026, 5, 29).toordinal()]}
    with i18n.use("en", zone="Asia/Shanghai", symbol="¥"):
        found = {part.title: part.lines[0] for part in copied.parts(kept)}
        row["kind"] = "complaint"
        (ticket,) = copied.parts({**kept, **{name: [] for name in kept if name != "tickets"}})
    when = "2026-05-29 12:00"
    assert ticket.lines == [(f"{when} · complaint · cold", "to do")]
    assert found["Moves of points and stored value"] == (f"{when} · used · 店", "−¥0.05")
    assert found["Rewards"] == (f"{when} · cup", "30 points")
    assert found["Answers to surveys"] == (f"{when} · How?", "well")
    assert found["Events"] == (f"{when} · Tasting", "open")
    assert found["Calls of the shop"] == (f"{when} · call", "in work")
    assert found["Answers about consent"] == (f"{when} · notices · text message", "no")
    assert found["Messages"] == (when, "text message")
    assert found["Check-ins"] == ("05-29 Fri", "")


def test_leaving_deletes_the_person_and_keeps_the_books(fresh: FlaskClient, one_shop: Shop) -> None:
    one_shop.product("tea", 1800)
    sale, member = one_shop.sell(one_shop.basket(("tea", 1), member=wang()), ("cash", 1800)), wang()
    page = fresh.get("/me/leave", headers=OURS).text
    mark = re.search(r'name="mark" value="([^"]+)"', page)
    assert mark and "18" in page
    answer = fresh.post("/me/leave", data={"mark": mark[1]}, headers=OURS)
    assert (answer.status_code, "Your data is deleted" in answer.text) == (200, True)
    assert fresh.get("/me", headers=OURS).status_code == 409
    assert named(OLD, "王伟芳") == []
    assert members.find(OLD, by=one_shop.owner) == members.find("王伟芳", by=one_shop.owner) == []
    assert db.value("SELECT member_id FROM sale WHERE id = ?", (sale,)) == member
    assert doctor.examine(now=shops.NOON) == []


def named(*words: str) -> list[str]:
    """The tables in which one of some words stands."""
    tables = [name for (name,) in db.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return [name for name in tables for row in db.rows(f"SELECT * FROM {name}") if any(w in str(row) for w in words)]


def test_what_happens_in_between_stops_it(fresh: FlaskClient, one_shop: Shop) -> None:
    page = fresh.get("/me/leave", headers=OURS).text
    mark = re.search(r'name="mark" value="([^"]+)"', page)
    assert mark
    one_shop.product("tea", 1800)
    one_shop.sell(one_shop.basket(("tea", 1), member=wang()), ("cash", 1800))
    answer = fresh.post("/me/leave", data={"mark": mark[1]}, headers=OURS)
    assert (answer.status_code, "Something changed" in answer.text) == (409, True)
    assert db.value("SELECT state FROM member WHERE id = ?", (wang(),)) == "active"


def test_stored_value_must_be_given_up_by_a_tick(fresh: FlaskClient, one_shop: Shop) -> None:
    one_shop.product("stored value", 0, kind="top_up")
    one_shop.top_up(wang(), 10_000)
    mark = re.search(r'name="mark" value="([^"]+)"', fresh.get("/me/leave", headers=OURS).text)
    assert mark
    answer = fresh.post("/me/leave", data={"mark": mark[1]}, headers=OURS)
    assert (answer.status_code, "¥100.00 of stored value is still yours" in answer.text) == (409, True)
    assert fresh.post("/me/leave", data={"mark": mark[1], "give_up": "1"}, headers=OURS).status_code == 200


def test_a_card_without_a_number_adds_one_and_leaves_the_rest_to_staff(visitor: FlaskClient) -> None:
    visitor.post("/join", data={"way": "card"}, headers=OURS)
    visitor.post("/join/terms", data={"sealed": "", "purpose": "membership", "age": "yes"}, headers=OURS)
    page = visitor.get("/me/copy", headers=OURS, follow_redirects=True).text
    assert NumberNeeded.text.split(",")[0] in page
    visitor.post("/me/number", data={"phone": NEW}, headers=OURS)
    visitor.post("/me/number/code", data={"code": code_sent()}, headers=OURS)
    assert credentials.by_phone(NEW, now=shops.NOON) == wang()


def test_messages_are_written_in_the_language_chosen(phone: FlaskClient) -> None:
    phone.post("/me/settings/language", data={"language": "en"}, headers=OURS)
    assert db.value("SELECT language FROM member WHERE id = ?", (wang(),)) == "en"
    phone.post("/me/settings/language", data={"language": "xx"}, headers=OURS)
    assert db.value("SELECT language FROM member WHERE id = ?", (wang(),)) == "en"


def test_signing_out_everywhere_ends_the_other_phone_too(app: Flask, phone: FlaskClient, screen: Screen) -> None:
    other = app.test_client()
    other.get(f"/J/{joinlinks.new(screen.device_id, now=shops.NOON)}")
    with clock.set_to(shops.NOON + 2 * MINUTE):
        other.post("/join", data={"way": "phone", "phone": OLD}, headers=OURS)
        other.post("/join/code", data={"code": code_sent()}, headers=OURS)
        assert other.get("/me", headers=OURS).status_code == 200
        assert phone.post("/me/sign-out-everywhere", headers=OURS).headers["Location"] == "/"
        assert [one.get("/me", headers=OURS).status_code for one in (phone, other)] == [409, 409]


def test_old_codes_and_their_numbers_are_swept(phone: FlaskClient) -> None:
    assert verification.sweep(before=Millis(shops.NOON - DAY)) == 0
    assert verification.sweep(before=Millis(shops.NOON + DAY)) == 1
    assert db.value("SELECT count(*) FROM challenge") == 0


def test_a_signed_in_phone_sends_five_codes_a_day_to_other_numbers(phone: FlaskClient) -> None:
    numbers = [f"139{row:04d}1234" for row in range(1, 7)]
    answers = [phone.post("/me/number", data={"phone": number}, headers=OURS).status_code for number in numbers]
    assert answers == [200] * 5 + [429]
