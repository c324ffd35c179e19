"""Whatever is wrong with a request: a status, a sentence, the field, and nothing written."""

from collections.abc import Callable
from typing import Any

import pytest

from core.base import db
from kiosk.api import examples
from tests import shops
from tests.kiosk.counter import Counter, short
from tests.kiosk.furnished import app as app
from tests.kiosk.furnished import counter as counter
from tests.kiosk.furnished import furnished as furnished
from tests.kiosk.furnished import one_shop as one_shop

HALF = {"effect": "nth", "every": 2, "off_bp": 5000}
NASTY = "'; DROP TABLE sale; -- <script>alert(1)</script> {{7*7}}"
WHOLE = "this is not of the kind that is needed; /api/v1/docs shows it"


def written() -> dict[str, int]:
    """How many rows each table holds."""
    names = [name for (name,) in db.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return {name: db.value(f"SELECT count(*) FROM {name}") for name in names}


COUPON = {"effect": "amount", "off_cents": 300}
GOOD = {(method, short(path)): examples.BODIES[method, path] for method, path in examples.BODIES}
ROUTES = pytest.mark.parametrize(("method", "path"), GOOD, ids=[" ".join(one) for one in GOOD])


def test_every_route_that_takes_a_body_is_tried_here(counter: Counter) -> None:
    spec = counter.client.get("/api/v1/openapi.json").json or {}
    taking = {(way, path) for path, ways in spec["paths"].items() for way, one in ways.items() if "requestBody" in one}
    assert taking == {(method, f"/api/v1{path}") for method, path in examples.BODIES}


@ROUTES
def test_the_good_body_is_taken(counter: Counter, method: str, path: str) -> None:
    status, answer = counter.ask(method, counter.filled(path), counter.filled(GOOD[method, path]))
    refused = {"/gift-cards/load": "gift_card_short"} | {
        f"/sales/{{sale}}/{verb}": "nothing_to_reverse" for verb in ("reversal", "cancel-pass", "cancel-plan")
    }
    assert status in (200, 201) or answer["code"] == refused[path], answer


@ROUTES
def test_an_unknown_field_is_named(counter: Counter, method: str, path: str) -> None:
    before = written()
    body = counter.filled(GOOD[method, path]) | {"colour": "red"}
    status, problem = counter.ask(method, counter.filled(path), body)
    assert (status, problem["field"]) == (422, "colour")
    assert problem["detail"] == "colour: this field is not known; look for a typing error"
    assert written() == before


@ROUTES
@pytest.mark.parametrize(
    ("raw", "status"),
    [("x" * 1_000_000, 413), ("[" * 60_000, 400), ('{"lines": ', 400), ("[]", 422), ("null", 422), ('"x"', 422)],
    ids=["1 MB", "deep", "half", "list", "null", "text"],
)
def test_what_is_no_body_is_refused(counter: Counter, method: str, path: str, raw: str, status: int) -> None:
    before = written()
    found, problem = counter.ask(method, counter.filled(path), raw=raw)
    assert (found, written()) == (status, before)
    assert problem["detail"]


WRONG: list[tuple[str, str, dict[str, Any], str, str]] = [
    # a negative quantity, wherever one is taken
    ("post", "/quotes", {"lines": [{"product_id": "{tea}", "quantity_milli": -1000}]}, "lines[1].quantity", "above 0"),
    ("post", "/parked", {"lines": [{"product_id": "{tea}", "quantity_milli": -1000}]}, "lines[1].quantity", "above 0"),
    ("post", "/sales", {"lines": [{"product_id": "{tea}", "quantity_milli": -1}]}, "lines[1].quantity", "above 0"),
    ("post", "/sales/{sale}/refunds", {"lines": [{"line_id": "{line}", "quantity_milli": -1000}]},
     "lines[1].quantity", "above 0"),
    ("post", "/sales/{sale}/refunds/preview", {"lines": [{"line_id": "{line}", "quantity_milli": 0}]},
     "lines[1].quantity", "above 0"),
    ("post", "/sales/{sale}/exchange", {"back": [{"line_id": "{line}", "quantity_milli": -1000}]},
     "lines[1].quantity", "above 0"),
    ("post", "/sales/{sale}/exchange", {"lines": [{"product_id": "{tea}", "quantity_milli": -1000}]},
     "lines[1].quantity", "above 0"),
    # lines
    ("post", "/quotes", {"lines": [{"product_id": "{tea}", "staff_id": "12"}]}, "lines[1].staff_id", "nobody"),
    ("post", "/quotes", {"lines": [{"product_id": "{tea}", "unit_cents": -5}]}, "lines[1].unit_cents", "above 0"),
    ("post", "/quotes", {"lines": [{"product_id": 12}]}, "lines[1].product_id", WHOLE),
    ("post", "/quotes", {"lines": []}, "lines", "empty"),
    ("post", "/quotes", {"round_off_cents": 1801}, "round_off_cents", "At most"),
    ("post", "/quotes", {"round_off_cents": -1}, "round_off_cents", "At most"),
    ("post", "/parked", {"label": "x" * 41}, "label", "at most 40 characters fit here"),
    ("post", "/sales", {"tenders": [{"kind": "gold", "cents": 1800}]}, "tenders[1].kind", "choose one of cash, card,"),
    ("post", "/sales", {"tenders": [{"kind": "cash", "cents": -5}]}, "tenders[1]", "above 0"),
    ("post", "/sales", {"approval": {"name": "owner"}}, "approval.password", "this field is needed"),
    ("post", "/sales/{sale}/refunds", {"lines": [{"line_id": "7", "quantity_milli": 1000}]}, "lines[1].line_id", "not"),
    ("post", "/sales/{sale}/refunds", {"to_wallet": True}, "to_wallet", "no member"),
    ("post", "/sales/{sale}/refunds/preview", {"to_wallet": True}, "to_wallet", "no member"),
    ("post", "/sales/{sale}/refunds", {"to_wallet": "yes"}, "to_wallet", WHOLE),
    # offers
    ("post", "/promotions", {"name": "  "}, "name", "Give a name."),
    ("post", "/promotions", {"name": "x" * 257}, "name", "at most 256 characters fit here"),
    ("post", "/promotions", {"terms": {"effect": "half"}}, "terms.effect", "choose one of percent, amount, fixed"),
    ("post", "/promotions", {"terms": HALF | {"weekdays": [7]}}, "weekdays", "0 (Monday)"),
    ("post", "/promotions", {"terms": HALF | {"weekdays": ["Tue"]}}, "terms.weekdays[1]", WHOLE),
    ("post", "/promotions", {"terms": HALF | {"product_ids": [7]}}, "terms.product_ids[1]", WHOLE),
    ("post", "/promotions", {"terms": HALF | {"off_bp": 10_001}}, "off_bp", "percentage"),
    ("post", "/promotions", {"terms": HALF | {"bundle": [{"product_id": "7"}]}}, "terms.bundle[1].pieces", "needed"),
    ("post", "/promotions", {"terms": HALF | {"every_": 2}}, "terms.every_", "not known"),
    ("post", "/promotions", {"from_day": "2026-06-02", "last_day": "2026-06-01"}, "until_at", "after the start"),
    ("put", "/promotions/{promotion}", {"last_day": "2020-01-01"}, "until_at", "after the start"),
    ("post", "/promotions/replay", {"first_day": "2020-01-01", "last_day": "2020-01-02"}, "first_day", "no sales"),
    ("post", "/promotions/replay", {"first_day": "2026-06-01", "last_day": "2026-05-01"}, "first_day", "no sales"),
    ("post", "/coupon-kinds", {"name": " "}, "name", "this field is empty"),
    ("post", "/coupon-kinds", {"valid_days": 10**15}, "valid_days", "at most 36,500 is possible"),
    ("post", "/coupon-kinds", {"valid_days": 0}, "valid_days", "At least one day."),
    ("post", "/coupon-kinds", {"terms": COUPON | {"starts_after_days": 10**12}}, "terms.starts_after_days", "at most"),
    ("post", "/coupon-kinds", {"terms": COUPON | {"uses": 0}}, "uses", "At least once"),
    ("post", "/plans", {"days": 0}, "days", "From 1 to 36,500 days."),
    ("post", "/plans", {"days": 10**9}, "days", "at most 36,500 is possible"),
    ("post", "/plans", {"discount_bp": 10_001}, "discount_bp", "between"),
    ("post", "/plans", {"product_id": "{tea}"}, "product_id", "plan"),
    ("post", "/plans", {"name": ""}, "name", "this field is empty"),
    # days
    ("post", "/days/2026-05-29/counts", {"counted_cents": -1}, "counted_cents", "0.00 or more"),
    ("post", "/days/2026-05-29/counts", {"kind": "wallet"}, "kind", "count one of cash"),
    ("post", "/claims", {"member_id": "x"}, "member_id", WHOLE),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "wrong", "field", "said"), WRONG)
def test_the_field_is_named_and_nothing_written(
    counter: Counter, method: str, path: str, wrong: dict[str, Any], field: str, said: str
) -> None:
    before = written()
    status, problem = counter.ask(method, counter.filled(path), counter.filled(GOOD[method, path] | wrong))
    assert (status, problem["field"]) == (422, field), problem
    assert said in problem["detail"]
    assert written() == before


DAYS = [
    "2026-13-01",
    "2026-5-9",
    "20260529",
    "2026-W22-5",
    "29.05.2026",
    "9999-12-31",
    "0001-01-01",
    "today",
    "２０２６-05-29",
]


@pytest.mark.parametrize("day", DAYS)
def test_a_day_is_written_one_way(counter: Counter, day: str) -> None:
    before = written()
    asked: list[tuple[str, str, Any, str]] = [
        ("get", f"/days/{day}", None, "day"),
        ("post", f"/days/{day}/counts", {"kind": "cash", "counted_cents": 5}, "day"),
        ("post", "/promotions", {"name": "p", "terms": HALF, "from_day": day}, "from_day"),
        ("post", "/promotions", {"name": "p", "terms": HALF, "last_day": day}, "last_day"),
        ("post", "/promotions/replay", {"terms": HALF, "first_day": day, "last_day": "2026-05-31"}, "first_day"),
        ("post", "/promotions/replay", {"terms": HALF, "first_day": "2026-05-01", "last_day": day}, "last_day"),
    ]
    for method, path, body, field in asked:
        status, problem = counter.ask(method, path, body)
        assert (status, problem["detail"]) == (422, f"{field}: a day is written like 2026-12-31")
    assert written() == before


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("limit=0", 422, "limit"), ("limit=201", 422, "limit"), ("limit=-1", 422, "limit"), ("limit=٣", 422, "limit"),
        ("cursor=x", 422, "cursor"), ("member_id=", 422, "member_id"), ("member=5", 422, "member"),
        ("cursor=5", 404, None),
    ],
)  # fmt: skip
def test_what_stands_behind_the_address_is_checked(counter: Counter, query: str, status: int, field: str) -> None:
    found, problem = counter.ask("get", f"/sales?{query}")
    assert (found, problem.get("field")) == (status, field)


def test_names_are_only_names(counter: Counter) -> None:
    made = {
        "promotion": counter.ask("post", "/promotions", {"name": NASTY, "terms": HALF})[1]["name"],
        "coupon": counter.ask("post", "/coupon-kinds", {"name": NASTY, "terms": COUPON, "valid_days": 9})[1]["name"],
        "plan": counter.ask("post", "/plans", counter.filled(GOOD["post", "/plans"]) | {"name": NASTY})[1]["name"],
    }
    assert set(made.values()) == {NASTY}
    parked = counter.ask("post", "/parked", counter.filled(examples.BASKET) | {"label": NASTY[:40]})[1]
    assert parked["label"] == NASTY[:40].strip()
    quote = counter.ask("post", "/quotes", {"lines": [{"product_id": counter.ids["tea"], "quantity_milli": 4000}]})[1]
    assert NASTY in [reason["name"] for reason in quote["lines"][0]["reasons"]] + [
        one["name"] for one in quote["not_used"]
    ]
    assert db.value("SELECT count(*) FROM sale") == 1


def test_a_wrong_approval_sells_nothing(counter: Counter, one_shop: shops.Shop) -> None:
    one_shop.rule("override_limit_cents", 100)
    before = written()
    cheap = {"lines": [{"product_id": counter.ids["tea"], "unit_cents": 5}], "expected_cents": 5}
    body = cheap | {"tenders": [{"kind": "cash", "cents": 5}], "approval": {"name": "owner", "password": "guessed"}}
    status, problem = counter.ask("post", "/sales", body)
    assert (status, problem["code"], written()) == (403, "sign_in_failed", before)


@pytest.mark.parametrize(
    ("scopes", "method", "path"),
    [
        (("sales",), "post", "/days/2026-05-29/counts"),
        (("reports",), "post", "/days/2026-05-29/counts"),
        (("refunds",), "post", "/sales/{sale}/exchange/preview"),
        (("refunds",), "post", "/sales/{sale}/exchange"),
        (("sales",), "post", "/sales/{sale}/exchange"),
        (("sales",), "post", "/sales/{sale}/void"),
        (("sales",), "post", "/claims"),
        (("sales", "reports"), "post", "/promotions"),
        (("marketing",), "post", "/plans"),
        (("reports",), "post", "/promotions/replay"),
    ],
)
def test_half_of_what_is_needed_writes_nothing(
    counter: Counter, key: Callable[..., dict[str, str]], scopes: tuple[str, ...], method: str, path: str
) -> None:
    counter.key = key(*scopes)
    before = written()
    status, problem = counter.ask(method, counter.filled(path), counter.filled(GOOD[method, path]))
    assert (status, problem["code"], written()) == (403, "not_allowed", before)
