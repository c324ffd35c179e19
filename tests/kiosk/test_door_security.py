"""The door as a whole: headers, origins, sizes, refusals in one shape."""

import re
from collections.abc import Callable
from pathlib import Path

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


PAGES = ["/", "/kiosk", "/tiers", "/me", "/me/code.svg", "/api/v1/docs", "/static/kiosk.js", "/favicon.ico", "/nowhere"]


@pytest.mark.parametrize("path", PAGES)
def test_every_text_names_its_kind_and_letters(visitor: FlaskClient, path: str) -> None:
    visitor.post("/join/terms", data={"sealed": "", "purpose": "membership", "age": "yes"}, headers=OURS)
    answer = visitor.get(path)
    kinds = {".svg": "image/svg+xml", ".ico": "image/svg+xml", ".js": "text/javascript"}
    kind = next((kinds[end] for end in kinds if path.endswith(end)), "text/html")
    assert answer.headers["Content-Type"] == f"{kind}; charset=utf-8"
    answer.close()


@pytest.mark.parametrize("path", ["/api/v1/openapi.json", "/health"])
def test_no_other_origin_may_read_an_answer(client: FlaskClient, path: str) -> None:
    headers = client.get(path, headers={"Origin": "https://evil.example"}).headers
    assert (headers["Content-Type"], headers.get("Access-Control-Allow-Origin")) == ("application/json", None)


def test_what_a_proxy_header_says_of_the_address_counts_for_nothing(client: FlaskClient, key: Key) -> None:
    """Or whoever guesses keys would come from another address each time."""
    told = []
    for number in range(21):
        lies = dict.fromkeys(("X-Forwarded-For", "X-Real-IP", "Forwarded"), f"203.0.113.{number}")
        told.append(client.get("/api/v1/sales", headers={"Authorization": "Bearer x"} | lies).status_code)
    assert told == [401] * 20 + [429]


def test_scripts_keep_nothing_in_the_browser(app: Flask) -> None:
    kept = re.compile(r"localStorage|sessionStorage|indexedDB|document\.cookie|caches\.")
    scripts = sorted(Path(app.static_folder or "").glob("*.js"))
    assert [one.name for one in scripts] == ["kiosk.js", "phone.js"]
    assert not any(kept.search(one.read_text("utf-8")) for one in scripts)


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
