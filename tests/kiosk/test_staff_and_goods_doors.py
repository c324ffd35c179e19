"""Transfers and the timesheet over the API."""

from core.base.clock import HOUR, Millis
from core.goods import stock
from core.people import attendance
from tests.kiosk.counter import Counter, header
from tests.kiosk.furnished import app as app
from tests.kiosk.furnished import counter as counter
from tests.kiosk.furnished import furnished as furnished
from tests.kiosk.furnished import one_shop as one_shop


def held(counter: Counter) -> tuple[int, int]:
    """Thousandths of tea in the key's store and in the other."""
    tea = int(counter.ids["tea"])
    return stock.on_hand(counter.shop.store, tea), stock.on_hand(int(counter.ids["other"]), tea)


def test_goods_are_sent_arrive_in_part_and_stay_on_the_transfer(counter: Counter) -> None:
    before = held(counter)
    tea = counter.ids["tea"]
    status, sent = counter.ask("post", "/transfers", {
        "to_store_id": counter.ids["other"], "lines": [{"product_id": tea, "quantity_milli": 3000}]
    })  # fmt: skip
    assert (status, sent["state"], sent["to_store"]) == (201, "sent", "other")
    assert held(counter) == (before[0] - 3000, before[1])
    path = f"/transfers/{counter.ids['transfer']}"
    assert counter.ask("get", path)[1]["lines"] == [
        {"product_id": tea, "name": "tea", "sent_milli": 2000, "arrived_milli": None}
    ]
    body = {"lines": [{"product_id": tea, "quantity_milli": 1000}]}
    status, came = counter.ask("post", f"{path}/arrival", body)
    assert (status, came["state"], came["lines"][0]["arrived_milli"]) == (200, "arrived", 1000)
    assert held(counter) == (before[0] - 2000, before[1])
    assert [one["state"] for one in counter.ask("get", "/transfers")[1]["transfers"]] == ["sent", "sent", "arrived"]


def test_one_key_sends_and_arrives_once(counter: Counter) -> None:
    tea, headers = counter.ids["tea"], counter.key | {"Idempotency-Key": "van 3"}
    body = {"to_store_id": counter.ids["other"], "lines": [{"product_id": tea, "quantity_milli": 1000}]}
    before = held(counter)
    for path, given in (("/transfers", body), (f"/transfers/{counter.ids['transfer']}/arrival", {})):
        first, again = (counter.client.post(f"/api/v1{path}", json=given, headers=headers) for _ in range(2))
        assert first.json == again.json
        assert (first.status_code, again.headers["Idempotent-Replayed"]) == (again.status_code, "true")
    assert held(counter) == (before[0] - 1000 + 2000, before[1])
    assert counter.ask("post", f"/transfers/{counter.ids['transfer']}/arrival", {})[1]["code"] == "transfer_over"


def test_goods_that_never_left_are_called_back_by_the_store_that_sent_them(counter: Counter) -> None:
    before = held(counter)
    assert counter.ask("post", f"/transfers/{counter.ids['sent']}/call-back")[1]["state"] == "called_back"
    assert held(counter) == (before[0] + 2000, before[1])
    assert counter.ask("post", f"/transfers/{counter.ids['transfer']}/call-back")[0] == 403  # the other store's
    assert counter.ask("post", f"/transfers/{counter.ids['sent']}/arrival", {})[0] == 403


def test_transfers_need_the_scope_goods_and_name_what_is_wrong(counter: Counter) -> None:
    tea = counter.ids["tea"]
    line = {"product_id": tea, "quantity_milli": 99_000_000}
    short = counter.ask("post", "/transfers", {"to_store_id": counter.ids["other"], "lines": [line]})
    assert (short[0], short[1]["code"], short[1]["field"]) == (409, "stock_short", "quantity")
    itself = counter.ask("post", "/transfers", {"to_store_id": str(counter.shop.store), "lines": [line]})
    assert (itself[0], itself[1]["field"]) == (422, "to_store")
    counter.key = header(counter.shop, "sales", "reports")
    assert [counter.ask("get", path)[0] for path in ("/transfers", f"/transfers/{counter.ids['sent']}")] == [403, 403]


def test_the_timesheet_is_that_of_the_keys_store(counter: Counter) -> None:
    shop = counter.shop
    other, half = int(counter.ids["other"]), HOUR // 2
    for store, ago in ((shop.store, 18), (shop.store, 11), (other, 8), (other, 2), (shop.store, 1)):
        moment = shop.now - ago * half
        attendance.punch(store, by=shop.owner, now=Millis(moment))
    status, sheet = counter.ask("get", "/timesheet?first_day=2026-05-01&last_day=2026-05-29")
    assert (status, sheet["minutes"]) == (200, 210)
    (day,) = sheet["workdays"]
    assert (day["day"], day["staff"], day["stores"], day["running"]) == ("2026-05-29", "周丽", ["南京东路店"], True)
    assert [one["minutes"] for one in day["stretches"]] == [210, 0]
    assert day["stretches"][0]["from_at"] == "2026-05-28T19:00:00.000+00:00"
    assert day["stretches"][1]["until_at"] is None
    assert counter.ask("get", f"/timesheet?staff_id={shop.owner.id}")[1] == sheet
    assert counter.ask("get", "/timesheet?staff_id=1")[1]["workdays"] == []


def test_the_timesheet_needs_the_scope_reports_and_days_in_their_order(counter: Counter) -> None:
    assert counter.ask("get", "/timesheet?first_day=2026-06-02&last_day=2026-06-01")[1]["code"] == "span_unknown"
    assert counter.ask("get", "/timesheet?first_day=2020-06-02")[1]["code"] == "steps_too_many"
    assert counter.ask("get", "/timesheet?first_day=1+May")[0] == 422
    counter.key = header(counter.shop, "goods")
    assert counter.ask("get", "/timesheet")[0] == 403
