"""Which address a request counts for, on the real server: the phone's behind our proxy, the peer's otherwise."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import request

from core.base import settings
from kiosk import app as door
from kiosk import web
from tests import shops
from tests.serving import served

PHONE, OTHER = "203.0.113.9", "198.51.100.1"


@contextmanager
def shop(**given: object) -> Iterator[http.client.HTTPConnection]:
    mine = settings.Settings(secret="test secret", **given)  # type: ignore[arg-type]
    settings.use(mine)
    app = door.create_app(mine)
    app.add_url_rule("/who", "who", lambda: f"{request.remote_addr} {web.address()} {request.scheme} {request.host}")
    with served(door.server(app, host="127.0.0.1", port=0, threads=2)) as url:
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
        yield connection
        connection.close()


def asked(connection: http.client.HTTPConnection, headers: dict[str, str]) -> tuple[int, list[str]]:
    connection.request("GET", "/who", headers={"Host": "vip.example.cn"} | headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode().split(" ")


@pytest.mark.parametrize(
    ("given", "forwarded", "counted"),
    [
        ({}, PHONE, "127.0.0.1"),
        ({"trusted_proxy": "10.0.0.2"}, PHONE, "127.0.0.1"),
        ({"trusted_proxy": "127.0.0.1"}, PHONE, PHONE),
        ({"trusted_proxy": "127.0.0.1"}, f"{OTHER}, {PHONE}", PHONE),
        ({"trusted_proxy": "127.0.0.1"}, f"127.0.0.1, {PHONE}", PHONE),
        ({"trusted_proxy": "127.0.0.1", "trusted_proxies": 2}, f"{OTHER}, {PHONE}, 10.0.0.3", PHONE),
    ],
)
def test_only_our_proxy_says_which_phone_asks(
    one_shop: shops.Shop, given: dict[str, object], forwarded: str, counted: str
) -> None:
    with shop(**given) as connection:
        status, (address, limited, scheme, host) = asked(connection, {"X-Forwarded-For": forwarded})
    assert (status, address, scheme, host) == (200, counted, "http", "vip.example.cn")
    assert limited == ("" if counted == "127.0.0.1" else counted)


def test_what_else_a_proxy_says_is_dropped(one_shop: shops.Shop) -> None:
    forged = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example", "Forwarded": f"for={OTHER}"}
    with shop(trusted_proxy="127.0.0.1") as connection:
        assert asked(connection, forged)[1] == ["127.0.0.1", "", "http", "vip.example.cn"]


def test_wrong_keys_are_counted_for_the_phone_and_not_for_the_proxy(one_shop: shops.Shop) -> None:
    def tried(connection: http.client.HTTPConnection, phone: str) -> int:
        connection.request("GET", "/api/v1/tiers", headers={"X-Forwarded-For": phone, "Authorization": "Bearer no"})
        answer = connection.getresponse()
        answer.read()
        return answer.status

    with shop(trusted_proxy="127.0.0.1") as connection:
        assert [tried(connection, PHONE) for _ in range(21)] == [401] * 20 + [429]
        assert tried(connection, OTHER) == 401


def test_the_watchdog_answers_nobody_who_comes_through_the_proxy(one_shop: shops.Shop) -> None:
    with shop(trusted_proxy="127.0.0.1") as connection:
        for headers, status in (({}, 200), ({"X-Forwarded-For": f"127.0.0.1, {PHONE}"}, 404)):
            connection.request("GET", "/kiosk/alive", headers=headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == status


@pytest.mark.parametrize("proxy", ["", "127.0.0.1"])
def test_nobody_gets_the_figures_through_a_proxy_whatever_name_they_ask_by(one_shop: shops.Shop, proxy: str) -> None:
    with shop(trusted_proxy=proxy) as connection:
        for headers, expected in (({}, 200), ({"X-Forwarded-For": "127.0.0.1"}, 404), ({"Via": "1.1 caddy"}, 404)):
            connection.request("GET", "/metrics", headers={"Host": "127.0.0.1"} | headers)
            answer = connection.getresponse()
            assert (answer.status, b"regulars_members" in answer.read()) == (expected, expected == 200)
