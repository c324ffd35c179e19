"""How often a key, an address, a screen and a row of numbers may ask; and what they are told then."""

import pytest
from flask.testing import FlaskClient

from core.base import clock, db
from core.base.clock import HOUR, MINUTE, Millis
from core.base.limits import TooOften
from core.people import verification
from core.people.verification import CodesStopped
from kiosk import web
from tests import shops
from tests.kiosk.conftest import OURS, Screen, codes_sent
from tests.kiosk.test_api_v1 import Key


def test_a_key_has_so_many_requests_a_minute(client: FlaskClient, key: Key, one_shop: shops.Shop) -> None:
    one_shop.rule("api_per_minute", 3)
    mine, other = key("members"), key("members")
    path = f"/api/v1/members/{one_shop.member('13800138000')}"
    assert [client.get(path, headers=mine).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = client.get(path, headers=mine)
    assert (refused.json["code"], refused.headers["Retry-After"]) == ("too_often", "20")  # type: ignore[index]
    assert refused.mimetype == "application/problem+json"
    assert client.get(path, headers=other).status_code == 200
    with clock.set_to(Millis(shops.NOON + 20_000)):
        assert client.get(path, headers=mine).status_code == 200


def test_wrong_keys_are_counted_by_address(client: FlaskClient, key: Key, one_shop: shops.Shop) -> None:
    mine, path = key("members"), f"/api/v1/members/{one_shop.member('13800138000')}"
    wrong = {"Authorization": "Bearer sk_AAAAAAAA_" + "B" * 32}
    assert {client.get(path, headers=wrong).status_code for _ in range(20)} == {401}
    assert client.get(path, headers=wrong).status_code == 429
    assert client.get(path, headers=mine).status_code == 200


def test_a_row_of_numbers_gets_five_codes_an_hour_and_the_form_says_so(visitor: FlaskClient) -> None:
    """Who makes shops pay for messages buys numbers in rows."""
    for last in range(5):
        assert visitor.post("/join", data={"phone": f"1380013800{last}"}, headers=OURS).status_code == 303
    answer = visitor.post("/join", data={"phone": "13800138009"}, headers=OURS)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "720")
    assert "That was too often. Try again in 720 s." in answer.text
    assert visitor.post("/join", data={"phone": "13900139009"}, headers=OURS).status_code == 303
    assert codes_sent() == 6


def test_a_hundred_sign_ups_at_one_screen_are_thirty_messages(visitor: FlaskClient) -> None:
    numbers = [f"138{row:02d}138000" for row in range(100)]
    answers = [visitor.post("/join", data={"phone": number}, headers=OURS).status_code for number in numbers]
    assert codes_sent() == answers.count(303) == 30


def test_one_address_gets_thirty_codes_an_hour_at_any_screen(visitor: FlaskClient, one_shop: shops.Shop) -> None:
    def asked(number: int, address: str) -> None:
        verification.admit(f"138{number:02d}138000", device_id=number, address=address, now=shops.NOON)

    for number in range(30):
        asked(number, "203.0.113.9")
    with pytest.raises(TooOften):
        asked(30, "203.0.113.9")
    asked(30, "203.0.113.10")
    asked(31, "")  # a proxy tells no address


def test_a_phones_own_address_counts_a_proxys_does_not(visitor: FlaskClient) -> None:
    for address, counted in (("203.0.113.9", True), ("127.0.0.1", False)):
        with visitor.application.test_request_context("/join", environ_base={"REMOTE_ADDR": address}):
            assert web.address() == (address if counted else "")


def test_a_known_number_is_counted_at_the_screen_like_an_unknown_one(
    client: FlaskClient, screen: Screen, one_shop: shops.Shop
) -> None:
    one_shop.member("13800138000")
    faces = {}
    for number in ("13800138000", "13900139000"):
        screen.event("go", "phone")
        faces[number] = []
        for _ in range(6):
            screen.event("go", "phone")
            faces[number].append(screen.event("phone", number)["html"])
    assert faces["13800138000"] == faces["13900139000"]
    assert "That was too often" in faces["13800138000"][-1]


@pytest.mark.parametrize(("entered", "stopped"), [(14, True), (15, False)])
def test_codes_stop_while_most_are_never_entered(shop: shops.Shop, entered: int, stopped: bool) -> None:
    shop.rule("codes_per_day", 1000)
    for number in range(50):
        challenge = verification.send_code(f"138{number:02d}138000", "join", language="zh", now=shop.now)
        if number < entered:
            db.run("UPDATE challenge SET used_at = ? WHERE id = ?", (shop.now, challenge))
    verification.admit("13800138000", device_id=1, now=shop.now)  # those of the last minutes may still be entered
    later = Millis(shop.now + 6 * MINUTE)
    if not stopped:
        verification.admit("13800138000", device_id=1, now=later)
        return
    with pytest.raises(CodesStopped):
        verification.admit("13800138000", device_id=1, now=later)
    verification.admit("13800138000", device_id=1, now=Millis(shop.now + 25 * HOUR))
