"""The door as a whole: headers, origins, sizes, refusals in one shape."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.base import db
from tests.kiosk.conftest import OURS

Key = Callable[..., dict[str, str]]


@pytest.mark.parametrize("path", ["/", "/kiosk", "/kiosk/state", "/join", "/api/v1/docs", "/nowhere", "/health"])
def test_every_answer_carries_the_security_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Strict-Transport-Security"] == "max-age=31536000"


def test_cookies_are_for_this_host_only_and_not_for_scripts(client: FlaskClient) -> None:
    cookie = client.post("/language", data={"language": "zh"}, headers=OURS).headers["Set-Cookie"]
    assert cookie.startswith("__Host-lang=zh;")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_form_from_another_site_is_refused(client: FlaskClient, site: str) -> None:
    assert client.post("/sign-out", headers={"Sec-Fetch-Site": site}).status_code == 403


def test_without_fetch_metadata_the_origin_decides(client: FlaskClient) -> None:
    assert client.post("/sign-out", headers={"Origin": "https://vip.example.cn"}).status_code == 303
    assert client.post("/sign-out", headers={"Origin": "https://evil.example"}).status_code == 403
    assert client.post("/sign-out").status_code == 403


def test_a_megabyte_is_refused(client: FlaskClient, key: Key) -> None:
    answer = client.post("/api/v1/quotes", data=b"x" * 2**20, content_type="application/json", headers=key("sales"))
    assert answer.status_code == 413
    assert answer.json and answer.json["code"] == "too_large"
    assert client.post("/language", data={"language": "z" * 2**20}, headers=OURS).status_code == 413


def test_an_unknown_address_says_what_to_do(client: FlaskClient) -> None:
    answer = client.get("/nowhere", headers=OURS)
    assert answer.status_code == 404
    assert "Check it, or scan the code in the shop again." in answer.text


def test_health_reads_the_database(client: FlaskClient) -> None:
    assert client.get("/health").json == {"ok": True}
    forget = db.atomic(lambda: db.run("DELETE FROM migration WHERE number > 3"))
    forget()
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json and answer.json["code"] == "not_migrated"


def test_an_unforeseen_error_gives_nothing_away(
    app: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> str:
        raise RuntimeError("+8613800138000")

    app.add_url_rule("/fail", view_func=fail)
    answer = client.get("/fail", headers=OURS)
    assert answer.status_code == 500
    assert "13800138000" not in answer.text + caplog.text
    assert answer.headers["X-Error-Id"] in caplog.text


def test_a_broken_database_is_said_on_a_page_of_our_own(client: FlaskClient) -> None:
    drop = db.atomic(lambda: db.run("DROP TABLE shop_rule"))
    drop()
    answer = client.get("/", headers=OURS)
    assert answer.status_code == 500
    assert "nothing half done was kept" in answer.text
