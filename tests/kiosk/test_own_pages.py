"""What members do by themselves: history, points of a receipt, the day's check-in; on the phone and at the screen."""

import re

import pytest
from flask.testing import FlaskClient

from core.base import clock, db, settings
from core.base.clock import DAY
from core.selling import claims, receipts
from tests import shops
from tests.kiosk.conftest import OURS, Screen, rotating
from tests.shops import Shop
from tui import printer


@pytest.fixture
def phone(visitor: FlaskClient) -> FlaskClient:
    """The phone of somebody who has just become a member with a card alone."""
    visitor.post("/join", data={"way": "card"}, headers=OURS)
    visitor.post("/join/terms", data={"sealed": "", "purpose": "membership", "age": "yes"}, headers=OURS)
    return visitor


@pytest.fixture
def sold(one_shop: Shop) -> int:
    """A sale of ¥18.00 to nobody: 18 points to be claimed."""
    one_shop.product("tea", 1800)
    return one_shop.sell(one_shop.basket(("tea", 1)), ("cash", 1800))


def member_of() -> int:
    return int(db.value("SELECT max(id) FROM member"))


def points_of(member_id: int) -> int:
    sql = "SELECT coalesce(sum(e.amount), 0) FROM entry e JOIN account a ON a.id = e.account_id WHERE a.member_id = ?"
    return int(db.value(sql + " AND a.asset = 'points'", (member_id,)))


def test_a_receipts_square_opens_the_question_and_one_tap_collects(phone: FlaskClient, sold: int) -> None:
    link = claims.link_of(sold, "https://vip.example.cn").removeprefix("https://vip.example.cn")
    page = phone.get(link, headers=OURS)
    assert (page.status_code, points_of(member_of())) == (200, 0)  # opening a link writes nothing
    code = re.search(r'name="code"[^>]*value="([^"]+)"', page.text)
    assert code and code[1] == claims.code_of(sold)
    answer = phone.post("/me/receipt", data={"code": code[1]}, headers=OURS)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/me/history?new=1")
    assert points_of(member_of()) == 18
    history = phone.get("/me/history?new=1", headers=OURS).text
    assert "The points are yours" in history and "+18 points" in history
    assert receipts.of(sold).number in history
    again = phone.post("/me/receipt", data={"code": code[1]}, headers=OURS)
    assert (again.status_code, points_of(member_of())) == (303, 18)  # pressed twice: once


def test_what_somebody_else_collected_is_gone(phone: FlaskClient, sold: int, one_shop: Shop) -> None:
    wang = one_shop.member("13800138000")
    claims.claim(claims.code_of(sold), wang, by=one_shop.owner, now=shops.NOON)
    answer = phone.post("/me/receipt", data={"code": claims.code_of(sold)}, headers=OURS)
    assert (answer.status_code, points_of(wang)) == (409, 18)
    assert "The points of this receipt were collected before." in answer.text


@pytest.mark.parametrize("typed", ["", "S1.ABC.DEFGHIJKLM", "王伟芳", "../../etc/passwd"])
def test_a_code_of_no_receipt_stays_in_its_form(phone: FlaskClient, typed: str) -> None:
    answer = phone.post("/me/receipt", data={"code": typed}, headers=OURS)
    assert (answer.status_code, "There is no receipt with this code." in answer.text) == (404, True)


def test_the_link_typed_whole_counts_too(phone: FlaskClient, sold: int) -> None:
    typed = " https://vip.example.cn/s/" + claims.code_of(sold).lower() + " "
    assert phone.post("/me/receipt", data={"code": typed}, headers=OURS).status_code == 303


def test_without_a_card_the_link_says_how_to_get_one_and_no_more(client: FlaskClient, sold: int) -> None:
    known, unknown = f"/s/{claims.code_of(sold)}", "/s/S1.AAA.BBBBBBBBBB"
    pages = [client.get(link, headers=OURS).text.replace(link, "") for link in (known, unknown)]
    assert pages[0] == pages[1]
    assert "get yours, then scan the receipt once more" in pages[0]
    assert client.post("/me/receipt", data={"code": claims.code_of(sold)}, headers=OURS).status_code == 409
    assert client.get("/me/history").status_code == 409


def test_history_comes_in_pages_newest_first(phone: FlaskClient, one_shop: Shop) -> None:
    for n in range(1, 36):
        one_shop.give_points(member_of(), n)
    first = phone.get("/me/history", headers=OURS).text
    older = re.search(r"/me/history\?before=\d+", first)
    assert older and first.count("<li>") == 30
    second = phone.get(older[0], headers=OURS).text
    found = re.findall(r"\+(\d+) points", first + second)
    assert [int(one) for one in found] == list(range(35, 0, -1))
    assert "before=" not in second


def test_the_receipt_of_a_shop_that_phones_find_carries_the_link(sold: int) -> None:
    receipt, code = receipts.of(sold), claims.code_of(sold).encode()
    settings.use(settings.Settings(secret="test secret", public_url="https://vip.example.cn"))
    with_link = printer.receipt_bytes(receipt, columns=32, copy=False)
    assert b"https://vip.example.cn/S/" + code in with_link and with_link.count(code) == 2
    settings.use(settings.Settings(secret="test secret"))
    assert b"https" not in printer.receipt_bytes(receipt, columns=32, copy=False)


def test_checking_in_on_the_phone_gives_points_once_a_day(phone: FlaskClient, one_shop: Shop) -> None:
    assert "Check in today" not in phone.get("/me", headers=OURS).text
    assert phone.post("/me/check-in", headers=OURS).status_code == 409
    one_shop.rule("checkin_points", 5)
    assert "Check in today: +5 points" in phone.get("/me", headers=OURS).text
    for _ in range(2):
        assert phone.post("/me/check-in", headers=OURS).status_code == 303
    assert points_of(member_of()) == 5
    assert "Checked in today. Days in a row: 1." in phone.get("/me", headers=OURS).text
    with clock.set_to(shops.NOON + DAY):
        phone.post("/me/check-in", headers=OURS)
        assert "Days in a row: 2." in phone.get("/me", headers=OURS).text


def test_checking_in_at_the_screen_takes_one_press_after_the_scan(screen: Screen, one_shop: Shop) -> None:
    one_shop.rule("checkin_points", 5)
    wang = one_shop.member("13800138000")  # who gave no name
    assert "<h1>Welcome back</h1>" in screen.event("scan", rotating(wang))["html"]
    assert 'data-event="check_in"' in screen.event("scan", rotating(wang))["html"]
    face = screen.event("check_in")
    assert (face["screen"], points_of(wang)) == ("card", 5)
    assert "Checked in today. Days in a row: 1." in face["html"] and 'data-event="check_in"' not in face["html"]
    screen.event("check_in")
    assert points_of(wang) == 5


def test_nobody_checks_in_from_another_face(screen: Screen, one_shop: Shop) -> None:
    one_shop.rule("checkin_points", 5)
    one_shop.member("13800138000")
    assert screen.event("check_in")["screen"] == "problem"
    assert db.value("SELECT count(*) FROM checkin") == 0


def test_the_screen_explains_every_tier(screen: Screen, one_shop: Shop) -> None:
    one_shop.tier("gold", 9)
    assert 'data-value="tiers"' in screen.event("go", "help")["html"]
    face = screen.event("go", "tiers")
    assert "gold" in face["html"] and face["ends_ms"] > 0
    assert screen.event("end")["screen"] == "wipe"
