"""The API for tills: answers, refusals, replays."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from core.base import db
from tests import shops
from tests.kiosk.conftest import rotating

Key = Callable[..., dict[str, str]]


@pytest.fixture
def tea(one_shop: shops.Shop) -> str:
    """A tea for 18.00; its id."""
    return str(one_shop.product("tea", 1800))


def _sale(tea: str, **given: Any) -> dict[str, Any]:
    body = {
        "lines": [{"product_id": tea}],
        "expected_cents": 1800,
        "tenders": [{"kind": "cash", "cents": 1800}],
    }
    return body | given


def test_no_key_is_401_and_the_wrong_scope_403(client: FlaskClient, key: Key) -> None:
    assert client.post("/api/v1/quotes", json={}).status_code == 401
    assert client.post("/api/v1/quotes", json={}).headers["WWW-Authenticate"] == "Bearer"
    answer = client.get("/api/v1/sales/1", headers=key("members"))
    assert (answer.status_code, answer.json["code"]) == (403, "not_allowed")  # type: ignore[index]


def test_a_member_joins_and_is_read_masked(client: FlaskClient, key: Key) -> None:
    made = client.post("/api/v1/members", json={"phone": "13800138000", "name": "王伟芳"}, headers=key("members"))
    assert made.status_code == 201
    assert made.json["phone"] == "138****8000"  # type: ignore[index]
    assert made.json["name"] == "王**"  # type: ignore[index]
    full = client.get(f"/api/v1/members/{made.json['id']}", headers=key("members", "members.phone"))  # type: ignore[index]
    assert (full.json["phone"], full.json["name"]) == ("+8613800138000", "王伟芳")  # type: ignore[index]


def test_an_unchanged_member_is_304(client: FlaskClient, key: Key, one_shop: shops.Shop) -> None:
    path, mine = f"/api/v1/members/{one_shop.member('13800138000')}", key("members")
    tag = client.get(path, headers=mine).headers["ETag"]
    assert client.get(path, headers=mine | {"If-None-Match": tag}).status_code == 304


def test_a_taken_number_is_409_with_the_field(client: FlaskClient, key: Key, one_shop: shops.Shop) -> None:
    one_shop.member("13800138000")
    answer = client.post("/api/v1/members", json={"phone": "138 0013 8000"}, headers=key("members"))
    assert answer.status_code == 409
    assert (answer.json["code"], answer.json["field"]) == ("phone_taken", "phone")  # type: ignore[index]


def test_identify_says_what_the_code_allows(client: FlaskClient, key: Key, one_shop: shops.Shop) -> None:
    code = rotating(one_shop.member("13800138000"))
    answer = client.post("/api/v1/identify", json={"code": code}, headers=key("members"))
    assert answer.json["proof"] == "rotating"  # type: ignore[index]
    assert answer.json["allows"] == ["coupon", "earn", "place", "see", "spend"]  # type: ignore[index]


def test_an_unknown_card_is_404(client: FlaskClient, key: Key) -> None:
    answer = client.post("/api/v1/identify", json={"code": "C1.NOBODY"}, headers=key("members"))
    assert (answer.status_code, answer.json["code"]) == (404, "code_unknown")  # type: ignore[index]
    assert answer.mimetype == "application/problem+json"


def test_a_quote_gives_every_line(client: FlaskClient, key: Key, tea: str) -> None:
    answer = client.post(
        "/api/v1/quotes",
        json={"lines": [{"product_id": tea, "quantity_milli": 2000.0}]},
        headers=key("sales"),
    )
    assert answer.status_code == 200
    assert answer.json["total_cents"] == 3600  # type: ignore[index]
    assert answer.json["lines"][0]["product_id"] == tea  # type: ignore[index]


def test_a_negative_quantity_is_422_with_the_field(client: FlaskClient, key: Key, tea: str) -> None:
    lines = [{"product_id": tea, "quantity_milli": -1000}]
    answer = client.post("/api/v1/quotes", json={"lines": lines}, headers=key("sales"))
    assert (answer.status_code, answer.json["field"]) == (422, "lines[1].quantity")  # type: ignore[index]


@pytest.mark.parametrize("wrong", ["1", True, 1.5, None, [1]])
def test_only_whole_numbers_are_numbers(client: FlaskClient, key: Key, tea: str, wrong: object) -> None:
    lines = [{"product_id": tea, "quantity_milli": wrong}]
    answer = client.post("/api/v1/quotes", json={"lines": lines}, headers=key("sales"))
    assert answer.status_code == 422
    assert answer.json["field"] == "lines[1].quantity_milli"  # type: ignore[index]


def test_an_unknown_field_is_refused(client: FlaskClient, key: Key, tea: str) -> None:
    answer = client.post("/api/v1/quotes", json={"lines": [], "memberid": "5"}, headers=key("sales"))
    assert (answer.status_code, answer.json["field"]) == (422, "memberid")  # type: ignore[index]


def test_what_is_no_json_is_400_or_415(client: FlaskClient, key: Key) -> None:
    mine = key("sales")
    assert client.post("/api/v1/quotes", data="{", content_type="application/json", headers=mine).status_code == 400
    assert client.post("/api/v1/quotes", data="{}", content_type="text/plain", headers=mine).status_code == 415
    wrong = client.get("/api/v1/quotes", headers=mine)
    assert (wrong.status_code, wrong.json["code"]) == (405, "method_not_allowed")  # type: ignore[index]
    assert "POST" in wrong.headers["Allow"]


def test_a_sale_needs_a_key_of_its_own(client: FlaskClient, key: Key, tea: str) -> None:
    answer = client.post("/api/v1/sales", json=_sale(tea), headers=key("sales"))
    assert (answer.status_code, answer.json["code"]) == (422, "idempotency_key_missing")  # type: ignore[index]


def test_a_repeated_sale_is_answered_from_the_first(client: FlaskClient, key: Key, tea: str) -> None:
    mine = key("sales") | {"Idempotency-Key": "till-1-42"}
    first = client.post("/api/v1/sales", json=_sale(tea), headers=mine)
    again = client.post("/api/v1/sales", json=_sale(tea), headers=mine)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json == first.json
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert db.value("SELECT count(*) FROM sale") == 1


def test_the_same_key_with_another_body_is_409(client: FlaskClient, key: Key, tea: str) -> None:
    mine = key("sales") | {"Idempotency-Key": "till-1-42"}
    client.post("/api/v1/sales", json=_sale(tea), headers=mine)
    other = _sale(tea, tenders=[{"kind": "card", "cents": 1800}])
    answer = client.post("/api/v1/sales", json=other, headers=mine)
    assert (answer.status_code, answer.json["code"]) == (409, "idempotency_key_reused")  # type: ignore[index]


def test_another_price_than_the_customer_saw_is_409(client: FlaskClient, key: Key, tea: str) -> None:
    mine = key("sales") | {"Idempotency-Key": "k"}
    answer = client.post("/api/v1/sales", json=_sale(tea, expected_cents=1700), headers=mine)
    assert (answer.status_code, answer.json["code"]) == (409, "price_changed")  # type: ignore[index]


def test_points_are_spent_with_the_code_on_the_phone_once(
    client: FlaskClient, key: Key, tea: str, one_shop: shops.Shop
) -> None:
    member = one_shop.member("13800138000")
    one_shop.give_points(member, 900)
    body = _sale(tea, member_id=str(member), points=400, expected_cents=1400, tenders=[{"kind": "cash", "cents": 1400}])
    mine = key("sales")
    assert client.post("/api/v1/sales", json=body, headers=mine | {"Idempotency-Key": "a"}).status_code == 409
    body["proof_code"] = rotating(member)
    sold = client.post("/api/v1/sales", json=body, headers=mine | {"Idempotency-Key": "b"})
    assert (sold.status_code, sold.json["redeemed_points"]) == (201, 400)  # type: ignore[index]
    assert client.post("/api/v1/sales", json=body, headers=mine | {"Idempotency-Key": "b"}).status_code == 201
    used = client.post("/api/v1/sales", json=body, headers=mine | {"Idempotency-Key": "c"})
    assert (used.status_code, used.json["code"]) == (409, "code_used")  # type: ignore[index]


def test_a_refused_sale_leaves_the_code_on_the_phone_good(
    client: FlaskClient, key: Key, tea: str, one_shop: shops.Shop
) -> None:
    member = one_shop.member("13800138000")
    one_shop.give_points(member, 400)
    body = _sale(tea, member_id=str(member), points=400, expected_cents=1, tenders=[{"kind": "cash", "cents": 1400}])
    body["proof_code"] = rotating(member)
    mine = key("sales")
    wrong = client.post("/api/v1/sales", json=body, headers=mine | {"Idempotency-Key": "a"})
    assert wrong.json["code"] == "price_changed"  # type: ignore[index]
    body["expected_cents"] = 1400
    assert client.post("/api/v1/sales", json=body, headers=mine | {"Idempotency-Key": "b"}).status_code == 201


def test_a_refund_is_written_once(client: FlaskClient, key: Key, tea: str) -> None:
    mine = key("sales", "refunds")
    sale = client.post("/api/v1/sales", json=_sale(tea), headers=mine | {"Idempotency-Key": "s"}).json or {}
    body = {"lines": [{"line_id": sale["lines"][0]["id"], "quantity_milli": 1000}], "reason": "cold"}
    path = f"/api/v1/sales/{sale['id']}/refunds"
    first = client.post(path, json=body, headers=mine | {"Idempotency-Key": "r"})
    again = client.post(path, json=body, headers=mine | {"Idempotency-Key": "r"})
    assert (first.status_code, first.json["sale"]["refunded_cents"]) == (201, 1800)  # type: ignore[index]
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (201, "true")
    assert db.value("SELECT count(*) FROM refund") == 1


def test_the_document_names_every_status_and_no_foreign_host(client: FlaskClient) -> None:
    spec = client.get("/api/v1/openapi.json").json or {}
    assert set(spec["paths"]["/api/v1/sales"]["post"]["responses"]) == {
        "201", "400", "401", "403", "404", "409", "413", "415", "422", "429", "500", "503",
    }  # fmt: skip
    problem = spec["paths"]["/api/v1/quotes"]["post"]["responses"]["422"]["content"]
    assert list(problem) == ["application/problem+json"]
    page = client.get("/api/v1/docs").text
    assert "POST</span> <code>/sales/{sale_id}/refunds</code>" in page
    assert "http" not in page.replace("application/problem", "").replace("https://shop.example.com/regulars", "")


@pytest.mark.parametrize("text", [r'"\ud800"', r'"\u0000"', '"' + "A" * 300 + '"', "1", "[]"])
def test_texts_that_no_database_can_keep_are_422(client: FlaskClient, key: Key, tea: str, text: str) -> None:
    body = json.dumps(_sale(tea, tenders=[{"kind": "cash", "cents": 1800, "reference": 0}]))
    body = body.replace('"reference": 0', f'"reference": {text}')
    mine = key("sales") | {"Idempotency-Key": "k"}
    answer = client.post("/api/v1/sales", data=body, content_type="application/json", headers=mine)
    assert (answer.status_code, answer.json["field"]) == (422, "tenders[1].reference")  # type: ignore[index]
