"""Clients that take their time or send too much, against a real server: the others do not notice."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from core.base import settings
from core.people import devices
from kiosk import app as door
from tests import shops
from tests.serving import served

PATIENCE_S, JUST_BEFORE_S = 1, 0.9
HEAD = b"POST /language HTTP/1.1\r\nHost: shop\r\n"
BODY = HEAD + b"Content-Length: 1000\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\nlanguage="


@pytest.fixture
def place(one_shop: shops.Shop) -> Iterator[str]:
    """The door served by waitress with one second of patience; its host and port."""
    mine = settings.Settings(secret="test secret", twilio_auth_token="twilio token")
    settings.use(mine)
    app = door.create_app(mine)
    with served(door.server(app, host="127.0.0.1", port=0, threads=4, patience_s=PATIENCE_S)) as url:
        yield urlsplit(url).netloc


def connected(place: str, stack: ExitStack, said: bytes = b"") -> socket.socket:
    """A connection that said something and does not wait for an answer."""
    host, port = place.split(":")
    made = stack.enter_context(socket.create_connection((host, int(port))))
    made.sendall(said)
    made.setblocking(False)
    return made


def is_open(connection: socket.socket) -> bool:
    """Whether the other side still listens; what it said is dropped."""
    try:
        return connection.recv(4096) != b""
    except BlockingIOError:
        return True
    except ConnectionError:
        return False


def drip(connection: socket.socket) -> None:
    """One more byte, if it is still wanted."""
    try:
        connection.send(b"x")
    except (BlockingIOError, ConnectionError):
        return


def page_s(place: str) -> float:
    """How long an ordinary page takes now."""
    began = time.monotonic()
    connection = HTTPConnection(place, timeout=10)
    connection.request("GET", "/")
    assert connection.getresponse().status == 200
    connection.close()
    return time.monotonic() - began


def lasted_s(connections: list[socket.socket], each_round: Callable[[], object]) -> list[float]:
    """How long each connection stayed open, at most 12 seconds; something happens four times a second."""
    began, ended = time.monotonic(), dict.fromkeys(connections, 12.0)
    still = list(connections)
    while still and time.monotonic() - began < 12:
        each_round()
        for one in [one for one in still if not is_open(one)]:
            ended[one] = time.monotonic() - began
            still.remove(one)
        time.sleep(0.25)
    return list(ended.values())


@pytest.mark.parametrize("said", [HEAD + b"X-Slow: ", BODY], ids=["headers", "body"])
def test_who_drips_byte_by_byte_is_cut_off(place: str, said: bytes) -> None:
    """It is never idle, so a time-out that counts from the last byte would wait for hours."""
    with ExitStack() as stack:
        slow = connected(place, stack, said)
        lasted = lasted_s([slow], lambda: drip(slow))
    assert JUST_BEFORE_S <= lasted[0] < 2 * PATIENCE_S + 2


@pytest.mark.parametrize("said", [b"", HEAD, BODY], ids=["nothing", "half a head", "half a body"])
def test_who_stops_in_the_middle_is_cut_off(place: str, said: bytes) -> None:
    with ExitStack() as stack:
        lasted = lasted_s([connected(place, stack, said)], lambda: None)
    assert JUST_BEFORE_S <= lasted[0] < 2 * PATIENCE_S + 2


def test_fifty_slow_clients_do_not_hold_up_the_others(place: str) -> None:
    """Twice as many as would be needed to keep every thread busy; the pages between them stay quick."""
    pages: list[float] = []
    with ExitStack() as stack:
        slow = [connected(place, stack, said) for said in (HEAD + b"X-Slow: ", BODY) for _ in range(25)]

        def each_round() -> None:
            for one in slow:
                drip(one)
            pages.append(page_s(place))

        lasted = lasted_s(slow, each_round)
    assert len(pages) >= 4 and max(pages) < 1
    assert min(lasted) >= JUST_BEFORE_S and max(lasted) < 2 * PATIENCE_S + 2


def test_who_asks_again_and_again_keeps_the_connection(place: str) -> None:
    connection = HTTPConnection(place, timeout=10)
    for _ in range(6):
        connection.request("GET", "/")
        answer = connection.getresponse()
        assert (answer.status, answer.read() != b"", answer.will_close) == (200, True, False)
        mine = connection.sock
        time.sleep(0.4)
    assert connection.sock is mine
    connection.close()


def test_without_being_told_the_server_waits_half_a_minute(one_shop: shops.Shop) -> None:
    made = door.server(door.create_app(settings.current()), host="127.0.0.1", port=0)
    try:
        assert (made.adj.channel_timeout, made.adj.cleanup_interval, made.adj.connection_limit) == (30, 30, 200)
        assert made.adj.max_request_body_size == 188_416
    finally:
        made.task_dispatcher.shutdown()
        made.close()


FORM, JSON = "application/x-www-form-urlencoded", "application/json"
DOORS = [("/api/v1/sales", JSON), ("/language", FORM), ("/kiosk/event", JSON), ("/hooks/twilio/status", FORM)]


def _asked(place: str, path: str, kind: str, size: int, *, chunked: bool = False, key: str = "") -> tuple[int, bool]:
    """The status for a body of a size and whether the connection goes on; the next request is always served."""
    connection = HTTPConnection(place, timeout=10)
    body = iter([b"x" * 4096] * (size // 4096)) if chunked else b"x" * size
    headers = {"Content-Type": kind, "Sec-Fetch-Site": "same-origin", "Authorization": f"Bearer {key}"}
    connection.request("POST", path, body, headers, encode_chunked=chunked)
    answer = connection.getresponse()
    answer.read()
    connection.request("GET", "/health")  # on the same connection, or on a new one if it ended
    assert json.loads(connection.getresponse().read())["checks"]["database"] == "ok"
    connection.close()
    return answer.status, not answer.will_close


@pytest.mark.parametrize(("path", "kind"), DOORS)
@pytest.mark.parametrize("chunked", [False, True], ids=["whole", "chunked"])
def test_a_megabyte_is_answered_and_ends_the_connection(place: str, path: str, kind: str, chunked: bool) -> None:
    """The server does not take it in; it answers before the client is done with sending."""
    assert _asked(place, path, kind, 2**20, chunked=chunked) == (413, False)


@pytest.mark.parametrize(("path", "kind"), DOORS)
@pytest.mark.parametrize("chunked", [False, True], ids=["whole", "chunked"])
def test_a_little_too_much_is_refused_and_the_connection_goes_on(
    place: str, one_shop: shops.Shop, path: str, kind: str, chunked: bool
) -> None:
    key = devices.new_key("till", one_shop.store, ("sales",), by=one_shop.owner, now=shops.NOON)
    assert _asked(place, path, kind, 25 * 4096, chunked=chunked, key=key) == (413, True)


def test_who_never_ends_a_refused_request_is_cut_off(place: str) -> None:
    with ExitStack() as stack:
        slow = connected(place, stack, HEAD + b"Content-Length: 10000000\r\n\r\n")
        time.sleep(0.3)
        assert slow.recv(4096).startswith(b"HTTP/1.1 413 ")
        assert slow.recv(4096) == b""
        began = time.monotonic()
        while time.monotonic() - began < 12:
            try:
                slow.send(b"x")
            except ConnectionError:
                break
            time.sleep(0.25)
        assert time.monotonic() - began < 2 * PATIENCE_S + 2
