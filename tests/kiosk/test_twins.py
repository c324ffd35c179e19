"""A till that sends the same request a hundred times at once, as when its network stammers."""

import json
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from core.base import db, settings
from core.giving import rewards
from core.giving.rewards import RewardTerms
from core.people import devices
from kiosk import app as door
from tests import shops
from tests.kiosk.conftest import rotating
from tests.serving import served

TWINS = 100
Answer = tuple[int, str | None, bytes]


@pytest.fixture
def place(shop: shops.Shop, noon: None) -> Iterator[str]:
    """The door of a small shop on each engine, served by waitress; its host and port."""
    mine = settings.Settings(secret="test secret")
    settings.use(mine)
    with served(door.server(door.create_app(mine), host="127.0.0.1", port=0)) as url:
        yield urlsplit(url).netloc


@pytest.fixture
def twins(place: str, shop: shops.Shop) -> Callable[[str, object], list[Answer]]:
    """Asks for the same a hundred times with one key: what each was answered."""
    key = devices.new_key("till", shop.store, ("sales",), by=shop.owner, now=shop.now)
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "till-1-42", "Content-Type": "application/json"}

    def ask(path: str, body: object) -> list[Answer]:
        begin, answers = threading.Barrier(TWINS), []

        def run() -> None:
            connection = HTTPConnection(place, timeout=60)
            begin.wait(20)
            connection.request("POST", f"/api/v1{path}", json.dumps(body), headers)
            answer = connection.getresponse()
            answers.append((answer.status, answer.headers["Idempotent-Replayed"], answer.read()))
            connection.close()

        threads = [threading.Thread(target=run) for _ in range(TWINS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return answers

    return ask


def are_one(answers: list[Answer]) -> bool:
    """Whether all were told the same, and all but one that it had been done before."""
    marks = [mark for _, mark, _ in answers]
    alike = {(status, body) for status, _, body in answers} == {(201, answers[0][2])}
    return alike and (len(marks), marks.count("true"), marks.count(None)) == (100, 99, 1)


def test_a_hundred_equal_sales_at_once_are_one_sale(twins: Callable[..., list[Answer]], shop: shops.Shop) -> None:
    line = {"product_id": str(shop.product("tea", 1800))}
    sale = {"lines": [line], "expected_cents": 1800, "tenders": [{"kind": "cash", "cents": 1800}]}
    assert are_one(twins("/sales", sale))
    assert db.value("SELECT count(*) FROM sale") == 1


def test_a_hundred_equal_redemptions_use_the_code_on_the_phone_once(
    twins: Callable[..., list[Answer]], shop: shops.Shop
) -> None:
    """A twin must not be told that the code was used: its own request used it."""
    member, cup = shop.member("13800138000"), shop.product("cup", 3000)
    shop.give_points(member, 500)
    terms = RewardTerms(kind="product", points=200, product_id=cup)
    reward = rewards.create("cup", terms, stock=9, by=shop.owner, now=shop.now)
    body = {"reward_id": str(reward), "proof_code": rotating(member)}
    assert are_one(twins(f"/members/{member}/redemptions", body))
    assert db.value("SELECT count(*) FROM redemption") == 1
