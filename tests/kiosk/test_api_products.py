"""Products and stock over the API."""

import pytest

from core.base import db
from core.goods import stock
from tests.kiosk.counter import Counter, header
from tests.kiosk.furnished import app as app
from tests.kiosk.furnished import counter as counter
from tests.kiosk.furnished import furnished as furnished
from tests.kiosk.furnished import one_shop as one_shop


def test_a_product_is_added_read_changed_and_retired(counter: Counter) -> None:
    status, made = counter.ask("post", "/products", {"name": "Oolong", "price_cents": 4800, "barcode": "690"})
    assert (status, made["price_cents"], made["barcode"], made["on_hand_milli"]) == (201, 4800, "690", 0)
    path = f"/products/{made['id']}"
    counter.ask("put", path, {"name": "Oolong", "price_cents": 5000})
    assert counter.ask("get", path)[1]["price_cents"] == 5000
    assert counter.ask("post", f"{path}/retire") == (200, {"done": True})
    assert counter.ask("get", path)[1]["active"] is False


def test_goods_come_in_once_for_a_key(counter: Counter) -> None:
    tea, headers = counter.ids["tea"], counter.key | {"Idempotency-Key": "box 7"}
    path, before = f"/api/v1/products/{tea}/deliveries", stock.on_hand(counter.shop.store, int(tea))
    answers = [counter.client.post(path, json={"quantity_milli": 24_000}, headers=headers) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    assert stock.on_hand(counter.shop.store, int(tea)) == before + 24_000
    other = counter.client.post(path, json={"quantity_milli": 1000}, headers=headers)
    assert (other.status_code, (other.json or {})["code"]) == (409, "idempotency_key_reused")


def test_the_list_goes_by_name_page_by_page(counter: Counter) -> None:
    names, cursor = [], ""
    while True:
        page = counter.ask("get", f"/products?limit=2{cursor}")[1]
        names += [one["name"] for one in page["products"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert names == sorted(names) and {"tea", "cut", "year", "month"} <= set(names)
    assert len(names) == db.value("SELECT count(*) FROM product WHERE active = 1")
    assert [one["name"] for one in counter.ask("get", "/products?find=tea")[1]["products"]] == ["tea"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"price_cents": -1}, "price_cents"),
        ({"tax_bp": 10_001}, "tax_bp"),
        ({"name": " "}, "name"),
        ({"kind": "x"}, "kind"),
    ],
)
def test_a_product_that_cannot_be_is_refused_by_field(counter: Counter, body: dict[str, object], field: str) -> None:
    status, problem = counter.ask("post", "/products", {"name": "Oolong", "price_cents": 4800} | body)
    assert (status, problem["field"]) == (422, field)


def test_without_the_scope_nothing_is_changed(counter: Counter) -> None:
    counter.key = header(counter.shop, "sales")
    tea = counter.ids["tea"]
    assert counter.ask("get", f"/products/{tea}")[0] == 200
    for method, path, body in (
        ("post", "/products", {"name": "x", "price_cents": 1}),
        ("put", f"/products/{tea}", {"name": "x", "price_cents": 1}),
        ("post", f"/products/{tea}/retire", {}),
        ("post", f"/products/{tea}/deliveries", {"quantity_milli": 1}),
    ):
        assert counter.ask(method, path, body)[0] == 403
