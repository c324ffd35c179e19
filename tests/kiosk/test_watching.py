"""What watches a shop: /health says which part fails and nothing else, /metrics counts for this machine alone."""

import json
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from core.base import db, logs
from core.base.clock import HOUR, MINUTE, Millis
from core.keeping import jobs, vitals
from core.tables import schema
from core.tables.schema import NotMigrated
from tests.shops import Shop

Key = Callable[..., dict[str, str]]


@pytest.fixture
def beating(one_shop: Shop) -> Shop:
    jobs.beat("host-1", now=one_shop.now)
    return one_shop


def checks(client: FlaskClient) -> tuple[int, dict[str, str]]:
    answer = client.get("/health")
    return answer.status_code, dict((answer.json or {})["checks"])


def figures(client: FlaskClient) -> dict[str, float]:
    found = text_string_to_metric_families(client.get("/metrics").text)
    return {
        one.name + "".join(f" {value}" for value in one.labels.values()): one.value
        for family in found
        for one in family.samples
    }


# --- health ----------------------------------------------------------------------------------------


def test_health_names_each_part(beating: Shop, client: FlaskClient) -> None:
    answer = client.get("/health")
    parts = {"database": "ok", "schema": "ok", "disk": "ok", "scheduler": "ok"}
    assert (answer.status_code, answer.json) == (200, {"ok": True, "checks": parts})


def test_health_is_told_by_the_schema(beating: Shop, client: FlaskClient) -> None:
    db.atomic(lambda: db.run("DELETE FROM migration WHERE number > 3"))()
    with pytest.raises(NotMigrated, match=r"from step 3 to \d+"):
        schema.check()
    status, found = checks(client)
    assert (status, [name for name, said in found.items() if said == "failed"]) == (503, ["schema"])


def test_health_is_told_by_a_scheduler_that_is_silent(one_shop: Shop, client: FlaskClient) -> None:
    assert checks(client)[1]["scheduler"] == "failed"
    jobs.beat("host-1", now=Millis(one_shop.now - 11 * MINUTE))
    assert checks(client)[0] == 503
    jobs.claim("churn", "2026-05-29", owner="host-1", now=Millis(one_shop.now - 30 * MINUTE))
    assert checks(client)[0] == 200


def test_health_is_told_by_a_full_disk(beating: Shop, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 49_999_999}))
    assert checks(client) == (503, {"database": "ok", "schema": "ok", "disk": "failed", "scheduler": "ok"})


def test_health_answers_when_the_database_does_not(beating: Shop, client: FlaskClient) -> None:
    for table in ("shop_rule", "job_run", "migration"):
        db.atomic(lambda table=table: db.run(f"DROP TABLE {table}"))()
    status, found = checks(client)
    assert (status, found["database"], found["scheduler"]) == (503, "failed", "failed")


# --- figures ---------------------------------------------------------------------------------------


def test_figures_are_of_the_shop_and_of_the_server(beating: Shop, client: FlaskClient, key: Key) -> None:
    beating.product("tea", 1800)
    beating.member("13800138000", purposes=("membership", "service"))
    beating.sell(beating.basket(("tea", 1)))
    jobs.claim("churn", "2026-05-29", owner="a", now=Millis(beating.now - HOUR))
    jobs.finish("churn", "2026-05-29", state="done", result="", now=Millis(beating.now - HOUR))
    for _ in range(2):
        client.get("/api/v1/products", headers=key("goods"))
    client.get("/nowhere")
    found = figures(client)
    assert found["regulars_members"] == found["regulars_sales_today"] == found["regulars_outbox_messages queued"] == 1
    assert found["regulars_job_success_age_seconds churn"] == 3600
    assert found["regulars_scheduler_beat_age_seconds"] == 0
    assert found["regulars_http_request_seconds_count GET /api/v1/products"] == 2
    assert found["regulars_http_answers_total 404"] == 1
    assert found["regulars_disk_free_bytes"] > 0 and found["regulars_database_bytes"] > 0


@pytest.mark.parametrize(
    ("address", "host"),
    [("203.0.113.9", "127.0.0.1"), ("127.0.0.1", "vip.example.cn"), ("127.0.0.1", "127.0.0.1.evil.example")],
)
def test_figures_are_for_this_machine_alone(client: FlaskClient, address: str, host: str) -> None:
    asked = client.get("/metrics", headers={"Host": host}, environ_base={"REMOTE_ADDR": address})
    assert (asked.status_code, "regulars_" in asked.text) == (404, False)


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "[::1]:8080", "[::1]"])
def test_this_machine_may_call_itself_as_it_likes(beating: Shop, client: FlaskClient, host: str) -> None:
    assert client.get("/metrics", headers={"Host": host}).status_code == 200


def test_figures_are_the_same_on_both_databases(shop: Shop) -> None:
    shop.product("tea", 1800)
    shop.sell(shop.basket(("tea", 1), member=shop.member()))
    jobs.beat("a", now=shop.now)
    found = vitals.vitals(now=Millis(shop.now + 5000))
    assert (found.members, found.sales_today, found.holds, found.scheduler_beat_s) == (1, 1, 0, 5)
    assert found.database_bytes > 100_000
    assert vitals.health(now=shop.now) == {"database": True, "schema": True, "disk": True, "scheduler": True}


# --- lines -----------------------------------------------------------------------------------------


@pytest.fixture
def kept() -> Iterator[StringIO]:
    stream = StringIO()
    logs.begin(stream=stream, level="debug")
    yield stream
    logs.end()


def test_a_line_of_a_request_names_the_route_and_never_the_address(
    one_shop: Shop, client: FlaskClient, key: Key, kept: StringIO
) -> None:
    member = one_shop.member("13800138000", name="王伟芳")
    client.get(f"/api/v1/members/{member}?phone=13800138000", headers=key("members"))
    client.get("/q/ABCDEFGH2")
    client.get("/13800138000")
    said = [json.loads(line) for line in kept.getvalue().splitlines() if json.loads(line)["what"] == "request"]
    assert [(one["method"], one["route"], one["status"]) for one in said] == [
        ("GET", "/api/v1/members/<int:member_id>", 200), ("GET", "/q/<code>", 404), ("GET", "-", 404),
    ]  # fmt: skip
    assert (said[0]["by"], said[0]["by_id"] > one_shop.store, said[2]["by"]) == ("key", True, "-")
    assert "13800138000" not in kept.getvalue() and "ABCDEFGH2" not in kept.getvalue()


def test_a_look_up_that_went_well_is_no_news(one_shop: Shop, client: FlaskClient, key: Key) -> None:
    member, stream = one_shop.member("13800138000"), StringIO()
    logs.begin(stream=stream)
    client.get(f"/api/v1/members/{member}", headers=key("members"))
    client.get("/api/v1/members/5", headers=key("members"))
    logs.end()
    said = [json.loads(line) for line in stream.getvalue().splitlines() if json.loads(line)["what"] == "request"]
    assert [one["status"] for one in said] == [404]


def test_a_refused_key_is_noted_without_the_key(one_shop: Shop, client: FlaskClient, kept: StringIO) -> None:
    wrong = "sk_ABCDEFGH_ABCDEFGHJKMNPQRSTVWXYZ0123456789"
    client.get("/api/v1/sales", headers={"Authorization": f"Bearer {wrong}"})
    assert '"what": "key refused", "why": "key_refused"' in kept.getvalue()
    assert "ABCDEFGH" not in kept.getvalue()


def test_an_id_that_is_shown_is_found_in_the_log(app: Flask, client: FlaskClient, kept: StringIO) -> None:
    def fail() -> str:
        name = "王伟芳"
        raise RuntimeError(f"{name} +8613800138000")

    app.add_url_rule("/fail", view_func=fail)
    id = client.get("/fail").headers["X-Error-Id"]
    (line,) = [json.loads(one) for one in kept.getvalue().splitlines() if json.loads(one)["level"] == "error"]
    assert (line["id"], line["error"], Path(str(line["at"][-1]).split(":")[0]).name) == (
        id, "RuntimeError", "test_watching.py",
    )  # fmt: skip
    assert "王伟芳" not in kept.getvalue() and "13800138000" not in kept.getvalue()
    assert figures(client)["regulars_errors_total"] == 1
