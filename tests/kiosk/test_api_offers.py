"""The API's verbs for offers and the ways back: promotions, coupons, replay, exchange, claim, park, day."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from core.base import db
from tests import shops

Key = Callable[..., dict[str, str]]
HALF = {"effect": "nth", "every": 2, "off_bp": 5000}


class Till:
    """A client with one key, which answers with the status and the body."""

    def __init__(self, client: FlaskClient, key: dict[str, str]) -> None:
        self.client, self.key, self.asked = client, key, 0

    def post(self, path: str, body: object, **headers: str) -> tuple[int, Any]:
        self.asked += 1
        given = {"Idempotency-Key": f"k{self.asked}"} | self.key | headers
        answer = self.client.post(f"/api/v1{path}", json=body, headers=given)
        return answer.status_code, answer.json

    def put(self, path: str, body: object) -> tuple[int, Any]:
        answer = self.client.put(f"/api/v1{path}", json=body, headers=self.key)
        return answer.status_code, answer.json

    def get(self, path: str) -> tuple[int, Any]:
        answer = self.client.get(f"/api/v1{path}", headers=self.key)
        return answer.status_code, answer.json

    def sell(self, product: str, pieces: int, cents: int, **given: Any) -> Any:
        body = {
            "lines": [{"product_id": product, "quantity_milli": pieces * 1000}],
            "expected_cents": cents,
            "tenders": [{"kind": "cash", "cents": cents}] if cents else [],
        }
        status, sale = self.post("/sales", body | given)
        assert status == 201, sale
        return sale


@pytest.fixture
def till(client: FlaskClient, key: Key) -> Till:
    return Till(client, key("members", "sales", "refunds", "marketing", "reports", "settings"))


@pytest.fixture
def tea(one_shop: shops.Shop) -> str:
    return str(one_shop.product("tea", 1800))


def test_a_promotion_is_made_read_changed_and_ended(till: Till, tea: str) -> None:
    status, made = till.post("/promotions", {"name": "第二件半价", "terms": HALF | {"product_ids": [tea]}})
    assert (status, made["number"], made["terms"]["product_ids"]) == (201, 1, [tea])
    one = f"/promotions/{made['id']}"
    changed = till.client.put(f"/api/v1{one}", json={"terms": HALF | {"off_bp": 3000}}, headers=till.key)
    assert (changed.status_code, changed.json["number"], changed.json["terms"]["off_bp"]) == (200, 2, 3000)  # type: ignore[index]
    assert till.post(f"{one}/end", {})[1]["until_at"] is not None
    assert [one["number"] for one in till.get("/promotions")[1]["promotions"]] == [3]


def test_a_draft_is_played_over_past_sales(till: Till, tea: str) -> None:
    for pieces in (1, 2, 3):
        till.sell(tea, pieces, pieces * 1800)
    body = {"terms": HALF, "first_day": "2026-05-01", "last_day": "2026-05-31"}
    status, found = till.post("/promotions/replay", body)
    assert (status, found["sales"], found["used"], found["cost_cents"]) == (200, 3, 2, 1800)


def test_a_promotion_is_measured(till: Till, tea: str) -> None:
    made = till.post("/promotions", {"name": "half", "terms": HALF})[1]
    till.sell(tea, 2, 2700)
    assert till.get(f"/promotions/{made['id']}/result") == (
        200,
        {"sales": 1, "members": 0, "off_cents": 900, "paid_cents": 2700},
    )


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/promotions", {"name": "x", "terms": {"effect": "nth", "every": 1, "off_bp": 1}}, "every"),
        ("/promotions", {"name": "x", "terms": {"effect": "half"}}, "terms.effect"),
        ("/promotions", {"name": "x", "terms": HALF | {"colour": "red"}}, "terms.colour"),
        ("/promotions", {"name": "x", "terms": HALF, "last_day": "31.12."}, "last_day"),
        ("/promotions/replay", {"terms": HALF, "first_day": "2020-01-01", "last_day": "2020-01-02"}, "first_day"),
        ("/coupon-kinds", {"name": "x", "terms": {"effect": "amount"}, "valid_days": 5}, "effect"),
        ("/days/2026-05-29/counts", {"kind": "gold", "counted_cents": 5}, "kind"),
        ("/days/2026-99-99/counts", {"kind": "cash", "counted_cents": 5}, "day"),
    ],
)
def test_what_cannot_be_right_is_422_with_its_field(till: Till, path: str, body: object, field: str) -> None:
    status, problem = till.post(path, body)
    assert (status, problem["field"]) == (422, field)


def test_coupons_are_made_given_used_and_passed_on(till: Till, tea: str, one_shop: shops.Shop) -> None:
    terms = {"effect": "amount", "off_cents": 300, "transferable": True}
    kind = till.post("/coupon-kinds", {"name": "3 off", "terms": terms, "valid_days": 9})[1]
    ann, bo = one_shop.member(), one_shop.member()
    status, given = till.post(f"/members/{ann}/coupons", {"kind_id": kind["id"]})
    assert status == 201
    assert till.post("/coupons/transfer", {"code": given["code"], "to_member_id": str(bo)}) == (200, {"done": True})
    assert till.sell(tea, 1, 1500, member_id=str(bo))["lines"][0]["reasons"][0]["name"] == "3 off"
    assert till.post(f"/coupon-kinds/{kind['id']}/retire", {})[0] == 200
    assert till.post(f"/members/{ann}/coupons", {"kind_id": kind["id"]})[0] == 404


def test_the_same_key_gives_the_same_coupon(till: Till, one_shop: shops.Shop) -> None:
    kind, ann = one_shop.coupon_kind("5", effect="amount", off_cents=500), one_shop.member()
    given = [
        till.post(f"/members/{ann}/coupons", {"kind_id": str(kind)}, **{"Idempotency-Key": "once"})[1] for _ in range(2)
    ]
    assert given[0] == given[1]


def repeated(till: Till, path: str, body: object) -> list[tuple[int, Any, str | None]]:
    """The same request twice: statuses, bodies, and the header that says it was answered before."""
    asked = [
        till.client.post(f"/api/v1{path}", json=body, headers=till.key | {"Idempotency-Key": "same"}) for _ in range(2)
    ]
    return [(one.status_code, one.json, one.headers.get("Idempotent-Replayed")) for one in asked]


def test_whatever_moves_value_is_answered_twice_and_done_once(till: Till, tea: str, one_shop: shops.Shop) -> None:
    ann, kind = str(one_shop.member()), one_shop.coupon_kind("5", effect="amount", off_cents=500)
    sold = [till.sell(tea, 1, 1800) for _ in range(4)]
    back = [{"line_id": sold[0]["lines"][0]["id"], "quantity_milli": 1000}]
    new = [{"line_id": sold[1]["lines"][0]["id"], "quantity_milli": 1000}]
    topped_up = till.sell(
        str(one_shop.product("top-up", 0, kind="top_up")), 1, 5000, member_id=ann,
        lines=[{"product_id": str(one_shop.products["top-up"]), "unit_cents": 5000}],
    )  # fmt: skip
    for path, body in (
        (f"/sales/{sold[0]['id']}/refunds", {"lines": back}),
        (f"/sales/{sold[1]['id']}/exchange",
         {"lines": [{"product_id": tea}], "back": new, "expected_cents": 1800, "tenders": []}),
        (f"/sales/{sold[2]['id']}/void", {}),
        (f"/sales/{topped_up['id']}/reversal", {}),
        ("/claims", {"code": sold[3]["claim_code"], "member_id": ann}),
        (f"/members/{ann}/coupons", {"kind_id": str(kind)}),
    ):  # fmt: skip
        first, again = repeated(till, path, body)
        assert (first[0], first[2]) == (201, None), path
        assert again == (201, first[1], "true"), path
    assert db.value("SELECT count(*) FROM refund") == 4


def test_value_moves_only_with_a_key(till: Till) -> None:
    for path in ("/sales/1/refunds", "/sales/1/void", "/sales/1/reversal", "/claims", "/members/1/coupons"):
        body = {"code": "x", "member_id": "1"} if path == "/claims" else {"kind_id": "1"} if "coupons" in path else {}
        answer = till.client.post(
            f"/api/v1{path}", json=body | ({"lines": []} if "refunds" in path else {}), headers=till.key
        )
        assert (answer.status_code, answer.json["code"]) == (422, "idempotency_key_missing")  # type: ignore[index]


def test_a_coupon_is_passed_on_to_the_same_member_again_without_harm(
    till: Till, one_shop: shops.Shop, tea: str
) -> None:
    kind = one_shop.coupon_kind("3 off", effect="amount", off_cents=300, transferable=True)
    bo = str(one_shop.member())
    code = till.post(f"/members/{one_shop.member()}/coupons", {"kind_id": str(kind)})[1]["code"]
    for _ in range(2):
        assert till.post("/coupons/transfer", {"code": code, "to_member_id": bo})[0] == 200
    assert db.rows("SELECT member_id FROM coupon") == [(int(bo),)]


def test_a_coupon_that_stays_with_its_member_is_not_passed_on(till: Till, one_shop: shops.Shop) -> None:
    kind = one_shop.coupon_kind("3 off", effect="amount", off_cents=300)
    code = till.post(f"/members/{one_shop.member()}/coupons", {"kind_id": str(kind)})[1]["code"]
    refused = till.post("/coupons/transfer", {"code": code, "to_member_id": str(one_shop.member())})
    assert (refused[0], refused[1]["code"]) == (409, "coupon_not_transferable")


def test_lines_are_exchanged_and_the_difference_paid(till: Till, tea: str, one_shop: shops.Shop) -> None:
    cake = str(one_shop.product("cake", 3200))
    sale = till.sell(tea, 2, 3600)
    back = [{"line_id": sale["lines"][0]["id"], "quantity_milli": 1000}]
    new = {"lines": [{"product_id": cake}], "back": back}
    assert till.post(f"/sales/{sale['id']}/exchange/preview", new)[1]["pay_cents"] == 1400
    paid = {"expected_cents": 3200, "tenders": [{"kind": "card", "cents": 1400}]}
    status, made = till.post(f"/sales/{sale['id']}/exchange", new | paid)
    assert (status, [(one["kind"], one["cents"]) for one in made["tenders"]]) == (201, [("cash", 1800), ("card", 1400)])


def test_a_sale_is_undone_on_its_day(till: Till, tea: str) -> None:
    sale = till.sell(tea, 1, 1800)
    status, undone = till.post(f"/sales/{sale['id']}/void", {"reason": "typed twice"})
    assert (status, undone["sale"]["refunded_cents"]) == (201, 1800)
    assert till.post(f"/sales/{sale['id']}/void", {})[0] == 409


def test_a_refund_is_shown_first_and_may_stay_as_stored_value(till: Till, tea: str, one_shop: shops.Shop) -> None:
    ann = str(one_shop.member())
    sale = till.sell(tea, 1, 1800, member_id=ann)
    body = {"lines": [{"line_id": sale["lines"][0]["id"], "quantity_milli": 1000}], "to_wallet": True}
    planned = till.post(f"/sales/{sale['id']}/refunds/preview", body)[1]
    assert (planned["total_cents"], planned["tenders"][0]["kind"]) == (1800, "principal")
    as_paid = till.post(f"/sales/{sale['id']}/refunds/preview", body | {"to_wallet": False})[1]
    assert as_paid["tenders"] == [{"kind": "cash", "cents": 1800, "reference": None}]
    assert till.post(f"/sales/{sale['id']}/refunds", body)[0] == 201
    assert till.get(f"/members/{ann}")[1]["wallet"]["principal_cents"] == 1800


def test_a_receipt_is_claimed_once(till: Till, tea: str, one_shop: shops.Shop) -> None:
    sale, ann = till.sell(tea, 2, 3600), str(one_shop.member())
    claim = {"code": sale["claim_code"], "member_id": ann}
    assert till.post("/claims", claim) == (201, {"points": 36})
    assert till.post("/claims", claim)[1]["code"] == "claimed_before"
    assert till.get(f"/sales/{sale['id']}")[1]["claim_code"] is None


def test_a_basket_is_parked_and_taken_up_once(till: Till, tea: str) -> None:
    basket = {"lines": [{"product_id": tea, "quantity_milli": 2000}], "round_off_cents": 50}
    status, parked = till.post("/parked", basket | {"label": "red coat"})
    assert (status, [one["label"] for one in till.get("/parked")[1]["parked"]]) == (201, ["red coat"])
    taken = till.post(f"/parked/{parked['id']}/recall", {})[1]
    assert (taken["lines"][0]["quantity_milli"], taken["round_off_cents"]) == (2000, 50)
    assert till.post(f"/parked/{parked['id']}/recall", {})[1]["code"] == "parked_gone"


def test_the_day_is_reconciled(till: Till, tea: str) -> None:
    till.sell(tea, 1, 1800)
    till.post("/days/2026-05-29/counts", {"kind": "cash", "counted_cents": 1700})
    day = till.get("/days/2026-05-29")[1]
    assert (day["sales"], day["tenders"][0]["net_cents"], day["tenders"][0]["difference_cents"]) == (1, 1800, -100)


def test_sales_are_listed_a_page_at_a_time(till: Till, tea: str) -> None:
    made = [till.sell(tea, 1, 1800)["id"] for _ in range(3)]
    first = till.get("/sales?limit=2")[1]
    rest = till.get(f"/sales?limit=2&cursor={first['next_cursor']}")[1]
    assert ([one["id"] for one in first["sales"]], [one["id"] for one in rest["sales"]]) == (made[:0:-1], made[:1])
    assert rest["next_cursor"] is None
    assert till.get("/sales?limit=3")[1]["next_cursor"] is None
    assert till.get("/sales?limit=many")[0] == 422


def test_the_sales_of_one_member_are_listed(till: Till, tea: str, one_shop: shops.Shop) -> None:
    ann = str(one_shop.member())
    till.sell(tea, 1, 1800)
    mine = till.sell(tea, 1, 1800, member_id=ann)["id"]
    assert [one["id"] for one in till.get(f"/sales?member_id={ann}")[1]["sales"]] == [mine]


def test_a_sale_names_what_priced_it_and_the_kind_of_its_lines(till: Till, tea: str) -> None:
    version = till.post("/promotions", {"name": "half", "terms": HALF})[1]["version_id"]
    sale = till.sell(tea, 2, 2700)
    assert (sale["versions"], sale["lines"][0]["kind"], sale["tax_cents"]) == ([version], "goods", 0)
    assert till.sell(tea, 1, 1800)["versions"] == []


def test_a_quote_says_tax_rounding_and_what_could_be_claimed(till: Till, one_shop: shops.Shop) -> None:
    cake = str(one_shop.product("cake", 11_333, tax_bp=1300))
    one_shop.rule("tax_mode", "inclusive")
    body = {"lines": [{"product_id": cake, "staff_id": str(one_shop.owner.id)}], "round_off_cents": 33}
    quote = till.post("/quotes", body)[1]
    assert (quote["total_cents"], quote["rounding_cents"], quote["claimable_points"]) == (11_300, 33, 113)
    assert (quote["tax_cents"], quote["lines"][0]["tax_cents"]) == (1300, 1300)
    assert quote["lines"][0]["reasons"] == [{"name": "rounded off", "kind": "rounding", "cents": 33}]
    till.key["Accept-Language"] = "zh-CN"
    assert till.post("/quotes", body)[1]["lines"][0]["reasons"][0]["name"] == "抹零"


def test_a_plan_is_added_listed_and_sold(till: Till, tea: str, one_shop: shops.Shop) -> None:
    year, ann = str(one_shop.product("year", 9900, kind="plan")), str(one_shop.member())
    body = {"name": "year", "product_id": year, "days": 365, "discount_bp": 1000}
    status, plan = till.post("/plans", body)
    facts = {"product_id": year, "name": "year", "days": 365, "discount_bp": 1000, "multiplier_bp": 10_000}
    facts |= {"each_kind_id": None, "early_days": 0, "sold": True}
    assert (status, plan) == (201, facts | {"id": plan["id"]})
    assert till.get("/plans") == (200, {"plans": [plan], "next_cursor": None})
    again = till.post("/plans", body)
    assert (again[0], again[1]["field"]) == (422, "product_id")
    till.sell(year, 1, 9900, member_id=ann)
    till.sell(tea, 1, 1620, member_id=ann)


def test_a_plan_is_changed_for_those_to_come_and_retired(till: Till, tea: str, one_shop: shops.Shop) -> None:
    year, ann = str(one_shop.product("year", 9900, kind="plan")), str(one_shop.member())
    body = {"name": "year", "product_id": year, "days": 365, "discount_bp": 1000}
    old = till.post("/plans", body)[1]
    till.sell(year, 1, 9900, member_id=ann)
    status, new = till.put(f"/plans/{old['id']}", body | {"discount_bp": 500, "early_days": 3})
    assert (status, new["discount_bp"], new["early_days"], new["id"] != old["id"]) == (200, 500, 3, True)
    till.sell(tea, 1, 1620, member_id=ann)
    assert till.put(f"/plans/{old['id']}", body)[0] == 404
    assert till.post(f"/plans/{new['id']}/retire", {})[1]["sold"] is False
    assert [(one["id"], one["sold"]) for one in till.get("/plans")[1]["plans"]] == [
        (old["id"], False), (new["id"], False),
    ]  # fmt: skip


def test_a_lower_price_needs_someone_who_says_yes(till: Till, tea: str, one_shop: shops.Shop) -> None:
    one_shop.rule("override_limit_cents", 100)
    body = {
        "lines": [{"product_id": tea, "unit_cents": 1000}],
        "expected_cents": 1000,
        "tenders": [{"kind": "cash", "cents": 1000}],
    }
    assert till.post("/sales", body)[1]["code"] == "approval_needed"
    approval = {"name": "owner", "password": "correct horse"}
    assert till.post("/sales", body | {"approval": approval})[0] == 201
    assert db.value("SELECT approved_by FROM sale") == one_shop.owner.tag


def test_an_answer_is_repeated_without_asking_for_the_password_again(
    till: Till, tea: str, one_shop: shops.Shop
) -> None:
    one_shop.rule("refund_limit_cents", 100)
    sale = till.sell(tea, 1, 1800)
    body = {"lines": [{"line_id": sale["lines"][0]["id"], "quantity_milli": 1000}]}
    path, once = f"/sales/{sale['id']}/refunds", {"Idempotency-Key": "once"}
    assert till.post(path, body)[1]["code"] == "approval_needed"
    approval = {"name": "owner", "password": "correct horse"}
    first = till.post(path, body | {"approval": approval}, **once)
    again = till.post(path, body | {"approval": approval | {"password": "changed since"}}, **once)
    assert (first[0], again) == (201, first)


def test_offers_need_their_scope(client: FlaskClient, key: Key) -> None:
    till = Till(client, key("sales"))
    for path in ("/promotions", "/promotions/1", "/coupon-kinds", "/days/2026-05-29", "/promotions/1/result"):
        assert till.get(path)[0] == 403
    assert Till(client, key("marketing")).get("/plans")[0] == 403
