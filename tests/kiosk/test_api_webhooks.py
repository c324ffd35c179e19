"""Webhooks over the API: an online shop adds its address, is told, reads the log, changes its secret and leaves."""

from typing import Any

import pytest

import scheduler
from core.base import db
from core.outreach import webhooks
from tests.fakes.shop import online_shop
from tests.kiosk.counter import Counter
from tests.kiosk.furnished import app as app
from tests.kiosk.furnished import counter as counter
from tests.kiosk.furnished import furnished as furnished
from tests.kiosk.furnished import one_shop as one_shop
from tests.shops import NOON

HOOK = {"url": "https://web.example/regulars", "types": ["points.changed"]}
WRONG: list[tuple[str, dict[str, Any], str, str]] = [
    ("/webhooks", {"url": "http://web.example/"}, "url", "https://"),
    ("/webhooks", {"url": "x" * 501}, "url", "at most 500 characters fit here"),
    ("/webhooks", {"url": 7}, "url", "kind that is needed"),
    ("/webhooks", {"types": []}, "types", "sale.completed"),
    ("/webhooks", {"types": ["sale.posted"]}, "types", "sale.posted"),
    ("/webhooks", {"types": "sale.completed"}, "types", "kind that is needed"),
    ("/webhooks/{webhook}/resend", {"since": "2026-05-28"}, "since", "2026-12-31T12:00:00Z"),
    ("/webhooks/{webhook}/resend", {"since": "2026-05-28T00:00:00"}, "since", "2026-12-31T12:00:00Z"),
    ("/webhooks/{webhook}/resend", {"since": "0001-01-01T00:00:00+14:00"}, "since", "2026-12-31T12:00:00Z"),
    ("/webhooks/{webhook}/resend", {"since": "yesterday"}, "since", "2026-12-31T12:00:00Z"),
]


@pytest.mark.parametrize(("path", "wrong", "field", "said"), WRONG)
def test_the_field_is_named_and_nothing_written(
    counter: Counter, path: str, wrong: dict[str, Any], field: str, said: str
) -> None:
    before = db.rows("SELECT id, url, failures FROM webhook"), db.value("SELECT count(*) FROM event")
    good: dict[str, Any] = HOOK if path == "/webhooks" else {"since": "2026-05-28T00:00:00Z"}
    status, problem = counter.ask("post", counter.filled(path), good | wrong)
    assert (status, problem["field"]) == (422, field), problem
    assert said in problem["detail"]
    assert (db.rows("SELECT id, url, failures FROM webhook"), db.value("SELECT count(*) FROM event")) == before


def test_the_whole_life_of_an_endpoint(counter: Counter) -> None:
    with online_shop() as online:
        status, made = counter.ask("post", "/webhooks", HOOK | {"url": f"{online.url}/hook"})
        assert (status, made["secret"][:6]) == (201, "whsec_")
        path = f"/webhooks/{made['id']}"
        assert (
            counter.ask("post", "/members/{ann}/points".format(**counter.ids), {"points": 5, "reason": "x"})[0] == 201
        )
        ping = counter.ask("post", f"{path}/test")[1]["event_id"]
        scheduler.tell_due()
    mine = [one.event for one in online.taken]
    assert [one["type"] for one in mine] == ["ping", "points.changed"]
    assert (mine[0]["id"], mine[1]["member_id"], mine[1]["data"]["amount"]) == (ping, counter.ids["ann"], 5)
    log = counter.ask("get", f"{path}/deliveries?limit=1")[1]
    older = counter.ask("get", f"{path}/deliveries?limit=1&cursor={log['next_cursor']}")[1]
    assert [one["type"] for one in log["deliveries"] + older["deliveries"]] == ["ping", "points.changed"]
    assert (log["deliveries"][0]["state"], log["deliveries"][0]["status"], older["next_cursor"]) == ("sent", 200, None)
    assert counter.ask("get", f"{path}/deliveries?state=failed")[1]["deliveries"] == []
    assert counter.ask("post", f"{path}/rotate")[1]["secret"] != made["secret"]
    assert counter.ask("post", f"{path}/end") == (200, {"done": True})
    assert counter.ask("post", f"{path}/rotate")[1]["code"] == "webhook_ended"
    shown = [one for one in counter.ask("get", "/webhooks")[1]["webhooks"] if one["id"] == made["id"]]
    assert [(one["ended_at"] is None, one["waiting"], one["types"]) for one in shown] == [
        (False, 0, ["points.changed"])
    ]


def test_what_failed_is_told_again(counter: Counter) -> None:
    hook = counter.ids["webhook"]
    counter.ask("post", f"/webhooks/{hook}/test")
    db.run("UPDATE event_delivery SET state = 'failed'")
    failed = db.value("SELECT count(*) FROM event_delivery")
    given = {"since": "2026-05-29T03:59:59+00:00"}
    assert counter.ask("post", f"/webhooks/{hook}/resend", given) == (200, {"queued": failed})


def test_another_stores_endpoint_is_not_there(counter: Counter) -> None:
    from tests.counter import other_store
    from tests.shops import Shop

    owner = webhooks_owner()
    there = other_store(Shop(0, owner))
    hook, _ = webhooks.add("https://b.example/", ("sale.completed",), store_id=there, by=owner, now=NOON)
    for path in ("test", "rotate", "end"):
        status, problem = counter.ask("post", f"/webhooks/{hook}/{path}")
        assert (status, problem["code"]) == (404, "webhook_unknown")
    assert counter.ask("get", f"/webhooks/{hook}/deliveries")[0] == 404
    assert str(hook) not in str(counter.ask("get", "/webhooks"))


def webhooks_owner() -> Any:
    from core.people import staff

    return staff.first_owner()


def test_a_key_without_the_scope_may_do_none_of_it(counter: Counter, key: Any) -> None:
    counter.key, hook = key("members", "sales"), counter.ids["webhook"]
    asked = [("get", "/webhooks", None), ("post", "/webhooks", HOOK), ("get", f"/webhooks/{hook}/deliveries", None),
             *(("post", f"/webhooks/{hook}/{verb}", None) for verb in ("rotate", "test", "end")),
             ("post", f"/webhooks/{hook}/resend", {"since": "2026-05-28T00:00:00Z"})]  # fmt: skip
    for method, path, body in asked:
        status, problem = counter.ask(method, path, body)
        assert (status, problem["code"]) == (403, "not_allowed"), path
