"""Printed codes on a phone: joining without a screen, budgets, endings."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.base import db
from core.people import joinlinks, sources
from core.people.sources import SourceLink, SourceTerms
from tests import shops
from tests.kiosk.conftest import OURS, Screen, code_sent, codes_sent
from tests.kiosk.test_api_v1 import Key

PHONE = "13800138000"


@pytest.fixture
def poster(app: Flask, one_shop: shops.Shop) -> SourceLink:
    """A poster with two codes by text a day; no screen is paired."""
    terms = SourceTerms("poster", one_shop.store, daily_budget=2)
    return sources.create("窗口海报", terms, by=one_shop.owner, now=shops.NOON)


@pytest.fixture
def reader(client: FlaskClient, poster: SourceLink) -> FlaskClient:
    """A phone that has just scanned the poster."""
    assert client.get(f"/Q/{poster.code}", headers=OURS).headers["Location"] == "/join"
    return client


def post(client: FlaskClient, path: str, **data: object) -> tuple[int, str]:
    answer = client.post(path, data=data, headers=OURS)
    return answer.status_code, answer.headers.get("Location") or answer.text


def opened() -> list[tuple[int, ...]]:
    return db.rows("SELECT opened, codes, joined FROM source_day")


def test_a_poster_makes_a_member_of_its_store(reader: FlaskClient, poster: SourceLink, one_shop: shops.Shop) -> None:
    page = reader.get("/join", headers=OURS).text
    assert "The screen in the shop shows the same number" not in page
    assert post(reader, "/join", way="phone", phone=PHONE) == (303, "/join/code")
    page = post(reader, "/join/code", code=code_sent())[1]
    sealed = re.search(r'name="sealed" value="([^"]+)"', page)
    assert sealed
    given = {"sealed": sealed[1], "purpose": ["membership"], "age": "yes"}
    assert post(reader, "/join/terms", **given) == (303, "/me/profile?new=1")
    sql = "SELECT source, home_store_id, source_link_id FROM member"
    assert db.rows(sql) == [("poster", one_shop.store, poster.id)]
    assert db.rows("SELECT device_id FROM join_trace") == [(None,)]
    assert opened() == [(1, 1, 1)]


def test_opening_again_counts_nothing_and_lower_case_is_the_same(reader: FlaskClient, poster: SourceLink) -> None:
    for path in (f"/q/{poster.code.lower()}", f"/Q/{poster.code}"):
        assert reader.get(path).headers["Location"] == "/join"
    assert opened() == [(1, 0, 0)]
    assert db.value("SELECT count(*) FROM web_session") == 1


def test_when_the_budget_is_used_up_a_card_is_still_to_be_had(reader: FlaskClient, app: Flask) -> None:
    for last in (1, 2):
        assert post(reader, "/join", phone=f"1380013800{last}")[0] == 303
    status, page = post(reader, "/join", phone=PHONE)
    assert (status, codes_sent()) == (409, 2)
    for shown in (page, reader.get("/join", headers=OURS).text):
        assert "Today&#39;s text messages for this code are used up." in shown
        assert 'name="phone"' not in shown
    assert post(reader, "/join", way="card")[0] == 200
    assert post(reader, "/join/terms", sealed="", purpose="membership", age="yes")[0] == 303
    assert "C1." in reader.get("/me", headers=OURS).text
    assert opened() == [(1, 2, 1)]


def test_a_screens_codes_are_not_the_posters(reader: FlaskClient, screen: Screen) -> None:
    for last in (1, 2):
        post(reader, "/join", phone=f"1380013800{last}")
    reader.get(f"/J/{joinlinks.new(screen.device_id, now=shops.NOON)}")
    assert post(reader, "/join", phone=PHONE)[0] == 303
    assert opened() == [(1, 2, 0)]
    assert codes_sent() == 3


def test_an_ended_code_says_so_at_every_step(reader: FlaskClient, poster: SourceLink, one_shop: shops.Shop) -> None:
    sources.end(poster.id, by=one_shop.owner, now=shops.NOON)
    answers = [reader.get(f"/Q/{poster.code}", headers=OURS)]
    answers.append(reader.post("/join", data={"phone": PHONE}, headers=OURS))
    answers.append(reader.post("/join/terms", data={"purpose": "membership", "age": "yes"}, headers=OURS))
    for answer in answers:
        assert (answer.status_code, "This code is no longer in use." in answer.text) == (409, True)
    assert (codes_sent(), db.value("SELECT count(*) FROM member")) == (0, 0)


@pytest.mark.parametrize("code", ["000000000", "A", "x" * 300, "%E6%B5%B7"])
def test_a_code_nobody_made_opens_nothing(client: FlaskClient, poster: SourceLink, code: str) -> None:
    answer = client.get(f"/Q/{code}", headers=OURS)
    assert (answer.status_code, "This code is not one of ours." in answer.text) == (404, True)
    assert (opened(), db.value("SELECT count(*) FROM web_session")) == ([], 0)


def test_a_signed_in_member_who_scans_a_poster_comes_to_their_card(reader: FlaskClient, poster: SourceLink) -> None:
    post(reader, "/join", way="card")
    post(reader, "/join/terms", sealed="", purpose="membership", age="yes")
    assert reader.get(f"/Q/{poster.code}").headers["Location"] == "/me"
    assert opened() == [(1, 0, 1)]


def test_a_known_number_is_signed_in_by_its_code(reader: FlaskClient, one_shop: shops.Shop) -> None:
    member = one_shop.member(PHONE)
    post(reader, "/join", phone=PHONE)
    assert post(reader, "/join/code", code=code_sent()) == (303, "/me")
    assert db.value("SELECT source_link_id FROM member WHERE id = ?", (member,)) is None
    assert opened() == [(1, 1, 0)]


def test_a_poster_in_chinese(reader: FlaskClient) -> None:
    for last in (1, 2):
        post(reader, "/join", phone=f"1380013800{last}")
    page = reader.get("/join", headers={"Accept-Language": "zh-CN"}).text
    assert "今天" in page
    assert "短信" in page


def test_a_printed_card_is_bound_over_the_api(client: FlaskClient, key: Key, one_shop: shops.Shop) -> None:
    from core.people import blanks

    card = blanks.blank_of(blanks.make(1, by=one_shop.owner, now=shops.NOON), by=one_shop.owner)[0]
    answers = [client.post("/api/v1/members", json={"name": n, "card": card}, headers=key("members")) for n in "ab"]
    assert answers[0].json and (answers[0].status_code, answers[0].json["card"]) == (201, card)
    assert answers[1].json and (answers[1].status_code, answers[1].json["code"]) == (409, "blank_used")
