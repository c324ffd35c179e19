"""A till that sends the same sale a hundred times at once, as when its network stammers."""

import json
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from core.base import db, settings
from core.people import devices
from kiosk import app as door
from tests import shops
from tests.serving import served

TWINS = 100


@pytest.fixture
def door_of(shop: shops.Shop) -> Iterator[str]:
    """The door of a small shop on each engine, served by waitress; its host and port."""
    mine = settings.Settings(secret="test secret")
    settings.use(mine)
    with served(door.server(door.create_app(mine), host="127.0.0.1", port=0)) as url:
        yield urlsplit(url).netloc


def at_once(ask: Callable[[], tuple[int, str | None, bytes]]) -> list[tuple[int, str | None, bytes]]:
    """What a hundred threads are answered that begin together."""
    begin, answers = threading.Barrier(TWINS), []

    def run() -> None:
        begin.wait(20)
        answers.append(ask())

    threads = [threading.Thread(target=run) for _ in range(TWINS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def test_a_hundred_equal_sales_at_once_are_one_sale(door_of: str, shop: shops.Shop) -> None:
    key = devices.new_key("till", shop.store, ("sales",), by=shop.owner, now=shop.now)
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "till-1-42", "Content-Type": "application/json"}
    line = {"product_id": str(shop.product("tea", 1800))}
    sale = {"lines": [line], "expected_cents": 1800, "tenders": [{"kind": "cash", "cents": 1800}]}

    def ask() -> tuple[int, str | None, bytes]:
        connection = HTTPConnection(door_of, timeout=60)
        connection.request("POST", "/api/v1/sales", json.dumps(sale), headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, answer.headers["Idempotent-Replayed"], body

    answers = at_once(ask)
    assert {(status, body) for status, _, body in answers} == {(201, answers[0][2])}
    assert db.value("SELECT count(*) FROM sale") == 1
    marks = [mark for _, mark, _ in answers]
    assert (len(marks), marks.count("true"), marks.count(None)) == (100, 99, 1)
