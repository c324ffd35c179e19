"""The pages on a customer's phone, without a browser."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.base import clock, db
from core.outreach import inbound
from core.people import joinlinks, members
from tests import shops
from tests.kiosk.conftest import OURS, Screen, code_sent, codes_sent

PHONE = "13800138000"


def _post(client: FlaskClient, path: str, **data: object) -> tuple[int, str]:
    answer = client.post(path, data=data, headers=OURS)
    return answer.status_code, answer.headers.get("Location") or answer.text


def _to_terms(visitor: FlaskClient, phone: str = PHONE) -> str:
    """Phone number, right code; the sealed number in the form that follows."""
    assert _post(visitor, "/join", way="phone", phone=phone) == (303, "/join/code")
    status, page = _post(visitor, "/join/code", code=code_sent())
    assert status == 200
    found = re.search(r'name="sealed" value="([^"]+)"', page)
    assert found
    return found[1]


def test_joining_asks_for_each_consent_unticked(visitor: FlaskClient) -> None:
    _post(visitor, "/join", way="phone", phone=PHONE)
    page = _post(visitor, "/join/code", code=code_sent())[1]
    assert page.count('type="checkbox" name="purpose"') == 5
    assert "checked" not in page


def test_joining_keeps_what_was_ticked_and_nothing_else(visitor: FlaskClient, one_shop: shops.Shop) -> None:
    sealed = _to_terms(visitor)
    given = {"sealed": sealed, "purpose": ["membership", "service"], "age": "yes"}
    assert _post(visitor, "/join/terms", **given) == (303, "/me/profile?new=1")
    hit = members.find("8000", by=one_shop.owner)[0]
    card = members.card(hit.id, by=one_shop.owner, now=shops.NOON)
    assert [(one.purpose, one.granted) for one in card.consents] == [("membership", True), ("service", True)]
    source, store_id = db.one("SELECT source, home_store_id FROM member WHERE id = ?", (hit.id,)) or ("", 0)
    assert (source, store_id) == ("kiosk", one_shop.store)


def test_a_known_number_is_signed_in_and_looks_the_same_before_the_code(
    visitor: FlaskClient, app: Flask, screen: Screen, one_shop: shops.Shop
) -> None:
    one_shop.member("13900139000")
    other = app.test_client()
    other.get(f"/J/{joinlinks.new(screen.device_id, now=shops.NOON)}")
    unknown, known = (
        _post(visitor, "/join", way="phone", phone=PHONE),
        _post(other, "/join", phone="13900139000"),
    )
    assert unknown == known == (303, "/join/code")
    pages = [re.sub(r">\d\d<", "><", one.get("/join/code", headers=OURS).text) for one in (visitor, other)]
    assert pages[0] == pages[1]
    assert _post(other, "/join/code", code=code_sent()) == (303, "/me")


def test_a_wrong_number_shows_the_form_again_with_what_to_do(visitor: FlaskClient) -> None:
    status, page = _post(visitor, "/join", way="phone", phone="12345")
    assert status == 422
    assert "“12345” is not a phone number" in page
    assert 'value="12345"' in page
    assert codes_sent() == 0


def test_a_wrong_code_says_how_many_tries_are_left(visitor: FlaskClient) -> None:
    _post(visitor, "/join", way="phone", phone=PHONE)
    wrong = "000000" if code_sent() != "000000" else "111111"
    status, page = _post(visitor, "/join/code", code=wrong)
    assert (status, "4 tries are left" in page) == (409, True)


def test_terms_need_the_first_tick_and_the_age(visitor: FlaskClient) -> None:
    sealed = _to_terms(visitor)
    status, page = _post(visitor, "/join/terms", sealed=sealed, age="yes")
    assert (status, "tick the first box" in page) == (422, True)
    status, page = _post(visitor, "/join/terms", sealed=sealed, purpose="membership")
    assert (status, "14 or older" in page) == (422, True)


def test_a_child_gets_a_card_without_a_number(visitor: FlaskClient) -> None:
    sealed = _to_terms(visitor)
    given = {"sealed": sealed, "purpose": ["membership", "marketing"], "age": "no"}
    assert _post(visitor, "/join/terms", **given) == (303, "/me")
    assert db.value("SELECT phone FROM member_person") is None
    assert db.rows("SELECT purpose FROM consent") == [("membership",)]


def test_a_sealed_number_of_another_phone_is_refused(visitor: FlaskClient, app: Flask, screen: Screen) -> None:
    sealed = _to_terms(visitor)
    thief = app.test_client()
    thief.get(f"/J/{joinlinks.new(screen.device_id, now=shops.NOON)}")
    status, _ = _post(thief, "/join/terms", sealed=sealed, purpose="membership", age="yes")
    assert status == 409
    assert db.value("SELECT count(*) FROM member") == 0


def test_card_only_needs_no_number(visitor: FlaskClient) -> None:
    page = _post(visitor, "/join", way="card")[1]
    assert page.count('name="purpose"') == 2
    assert _post(visitor, "/join/terms", sealed="", purpose="membership", age="yes")[0] == 303
    assert codes_sent() == 0
    assert "C1." in visitor.get("/me", headers=OURS).text


def test_joining_needs_a_fresh_link(client: FlaskClient, screen: Screen) -> None:
    old = joinlinks.new(screen.device_id, now=clock.Millis(shops.NOON - 6 * clock.MINUTE))
    for path in ("/join", f"/j/{old}", "/j/NOT-A-LINK"):
        answer = client.get(path, headers=OURS)
        assert (answer.status_code, "Scan the code on the screen again" in answer.text) == (409, True)
    assert _post(client, "/join", way="phone", phone=PHONE)[0] == 409
    assert codes_sent() == 0


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>", "'; DROP TABLE member; --"])
def test_a_name_that_is_code_is_refused_and_shown_as_text(visitor: FlaskClient, name: str) -> None:
    _post(visitor, "/join", way="card")
    _post(visitor, "/join/terms", sealed="", purpose="membership", age="yes")
    status, page = _post(visitor, "/me/profile", name=name)
    assert status == 422
    assert "<img src=x" not in page
    assert db.value("SELECT count(*) FROM member") == 1


def test_a_lunar_birthday_of_a_leap_month_is_kept(visitor: FlaskClient) -> None:
    _post(visitor, "/join", way="card")
    _post(visitor, "/join/terms", sealed="", purpose="membership", age="yes")
    told = {"name": "王伟芳", "calendar": "lunar", "month": "6", "day": "15", "leap": "1"}
    assert _post(visitor, "/me/profile", **told) == (303, "/me")
    sql = "SELECT name, birth_calendar, birth_month, birth_day, birth_leap, birth_year FROM member_person"
    assert db.one(sql) == ("王伟芳", "lunar", 6, 15, 1, None)


def test_a_birthday_that_does_not_exist_is_refused(visitor: FlaskClient) -> None:
    _post(visitor, "/join", way="card")
    _post(visitor, "/join/terms", sealed="", purpose="membership", age="yes")
    assert _post(visitor, "/me/profile", month="2", day="30")[0] == 422
    assert _post(visitor, "/me/profile", month="x", day="30")[0] == 422


def test_consent_is_withdrawn_in_one_tap(visitor: FlaskClient) -> None:
    _post(visitor, "/join/terms", sealed=_to_terms(visitor), purpose=["membership", "marketing"], age="yes")
    assert _post(visitor, "/me/consent", purpose="marketing", granted="0") == (303, "/me#choices")
    sql = "SELECT granted FROM consent WHERE purpose = 'marketing' ORDER BY id"
    assert db.rows(sql) == [(1,), (0,)]


def test_the_card_says_which_channel_was_ended(visitor: FlaskClient) -> None:
    _post(visitor, "/join/terms", sealed=_to_terms(visitor), purpose=["membership", "marketing"], age="yes")
    number = db.value("SELECT phone FROM member_person")
    inbound.receive(sid="SM1", from_=number, body="STOP", opt_out_type=None, now=shops.NOON)
    assert "You replied STOP. Reply START to that number" in visitor.get("/me", headers=OURS).text


def test_a_friend_counts_when_the_reader_joins_in_the_shop(
    client: FlaskClient, screen: Screen, one_shop: shops.Shop
) -> None:
    friend = one_shop.member("13900139000")
    card = members.own_card(friend, now=shops.NOON).card
    assert client.get(f"/r/{card.removeprefix('C1.')}").status_code == 200
    client.get(f"/J/{joinlinks.new(screen.device_id, now=shops.NOON)}")
    _post(client, "/join", way="card")
    _post(client, "/join/terms", sealed="", purpose="membership", age="yes")
    assert db.value("SELECT referrer_id FROM referral") == friend


def test_the_member_code_is_a_picture_that_changes(visitor: FlaskClient) -> None:
    _post(visitor, "/join", way="card")
    _post(visitor, "/join/terms", sealed="", purpose="membership", age="yes")
    first = visitor.get("/me/code.svg")
    with clock.set_to(shops.NOON + 15_000):
        second = visitor.get("/me/code.svg")
    assert first.mimetype == "image/svg+xml"
    assert first.data != second.data


def test_signing_out_ends_the_session_on_this_side(visitor: FlaskClient) -> None:
    _post(visitor, "/join", way="card")
    _post(visitor, "/join/terms", sealed="", purpose="membership", age="yes")
    assert _post(visitor, "/sign-out") == (303, "/")
    assert db.value("SELECT count(*) FROM web_session WHERE kind = 'phone'") == 0
    assert visitor.get("/me").status_code == 409


def test_signing_in_changes_the_session_id(visitor: FlaskClient) -> None:
    before = visitor.get_cookie("__Host-sid")
    _post(visitor, "/join", way="card")
    _post(visitor, "/join/terms", sealed="", purpose="membership", age="yes")
    after = visitor.get_cookie("__Host-sid")
    assert before and after and before.value != after.value


def test_pages_speak_the_language_of_the_phone(client: FlaskClient) -> None:
    page = client.get("/", headers={"Accept-Language": "zh-CN,zh;q=0.9"}).text
    assert '<html lang="zh-CN">' in page
    assert "您的会员卡" in page
