"""What the watchdog of the kiosk's browser is told."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.base import db


def wait(app: Flask, seconds: int) -> None:
    """Let seconds pass since the page last asked."""
    app.config["PULSE"].asked_s -= seconds


def told(client: FlaskClient) -> tuple[int, object]:
    answer = client.get("/kiosk/alive")
    return answer.status_code, answer.json


def test_a_page_that_asks_is_alive(app: Flask, client: FlaskClient) -> None:
    client.get("/kiosk/state?since=")
    wait(app, 60)
    assert told(client) == (200, {"silent_s": 60})


def test_a_page_silent_for_longer_than_a_minute_is_not(app: Flask, client: FlaskClient) -> None:
    client.get("/kiosk/state?since=")
    wait(app, 61)
    assert told(client) == (503, {"silent_s": 61})


def test_asking_again_brings_it_back(app: Flask, client: FlaskClient) -> None:
    wait(app, 300)
    assert told(client)[0] == 503
    client.get("/kiosk/state?since=")
    assert told(client) == (200, {"silent_s": 0})


def test_a_server_that_has_just_started_gives_the_page_its_minute(app: Flask, client: FlaskClient) -> None:
    assert told(client) == (200, {"silent_s": 0})
    wait(app, 61)
    assert told(client)[0] == 503


@pytest.mark.parametrize("path", ["/kiosk", "/kiosk/alive", "/health", "/join"])
def test_only_the_question_of_the_page_counts(app: Flask, client: FlaskClient, path: str) -> None:
    wait(app, 61)
    client.get(path)
    assert told(client)[0] == 503


@pytest.mark.parametrize("address", ["192.0.2.7", "10.0.0.5", "::ffff:192.0.2.7", "2001:db8::1"])
def test_other_machines_neither_read_it_nor_keep_it_alive(app: Flask, client: FlaskClient, address: str) -> None:
    wait(app, 61)
    client.get("/kiosk/state?since=", environ_base={"REMOTE_ADDR": address})
    assert client.get("/kiosk/alive", environ_base={"REMOTE_ADDR": address}).status_code == 404
    assert told(client)[0] == 503


def test_it_needs_no_database(app: Flask, client: FlaskClient) -> None:
    drop = db.atomic(lambda: db.run("DROP TABLE shop_rule"))
    drop()
    assert client.get("/kiosk/state?since=").status_code == 500
    wait(app, 5)
    assert told(client) == (200, {"silent_s": 5})


def test_it_carries_the_headers_of_every_answer_and_is_not_kept(client: FlaskClient) -> None:
    headers = client.get("/kiosk/alive").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
