"""API keys over HTTP: their end, their addresses, two at once, when they were last used."""

from collections.abc import Callable

from flask.testing import FlaskClient

from core.base import clock, db
from core.base.clock import DAY, MINUTE, Millis
from core.people import devices
from tests import shops
from tests.kiosk.test_api_v1 import _sale, tea

__all__ = ["tea"]
Key = Callable[..., dict[str, str]]
TIERS = "/api/v1/tiers"


def name_of(mine: dict[str, str]) -> str:
    return mine["Authorization"].split("_")[1]


def with_key(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", "Accept-Language": "en"}


def test_an_expired_key_is_401_and_says_when_it_ended(client: FlaskClient, one_shop: shops.Shop) -> None:
    mine = with_key(devices.new_key("till", one_shop.store, ("members",), by=one_shop.owner, now=shops.NOON,
                                    expires_at=Millis(shops.NOON + DAY)))  # fmt: skip
    assert client.get(TIERS, headers=mine).status_code == 200
    with clock.set_to(shops.NOON + DAY):
        answer = client.get(TIERS, headers=mine)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.json["code"] == "key_expired"  # type: ignore[index]
    assert "2026-05-30 12:00" in answer.json["detail"]  # type: ignore[index]


def test_a_revoked_key_stops_at_once(client: FlaskClient, key: Key, one_shop: shops.Shop) -> None:
    mine = key("members")
    assert client.get(TIERS, headers=mine).status_code == 200
    devices.revoke_key(name_of(mine), by=one_shop.owner, now=shops.NOON)
    assert client.get(TIERS, headers=mine).status_code == 401


def test_a_key_of_another_place_is_401(client: FlaskClient, one_shop: shops.Shop) -> None:
    mine = with_key(devices.new_key("till", one_shop.store, ("members",), by=one_shop.owner, now=shops.NOON,
                                    addresses=("203.0.113.0/24",)))  # fmt: skip
    for address, status in (("203.0.113.8", 200), ("198.51.100.1", 401)):
        assert client.get(TIERS, headers=mine, environ_base={"REMOTE_ADDR": address}).status_code == status


def test_a_sale_sent_again_with_the_next_key_happens_once(
    client: FlaskClient, key: Key, tea: str, one_shop: shops.Shop
) -> None:
    old = key("sales")
    first = client.post("/api/v1/sales", json=_sale(tea), headers=old | {"Idempotency-Key": "till-1-42"})
    new = with_key(devices.rotate_key(name_of(old), by=one_shop.owner, now=shops.NOON))
    again = client.post("/api/v1/sales", json=_sale(tea), headers=new | {"Idempotency-Key": "till-1-42"})
    assert (again.status_code, again.json) == (201, first.json)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert db.value("SELECT count(*) FROM sale") == 1


def test_the_last_use_is_noted_after_the_answer_once_a_minute(client: FlaskClient, key: Key) -> None:
    mine, seen = key("members"), []
    for after in (0, MINUTE - 1, MINUTE + 1):
        with clock.set_to(shops.NOON + after):
            client.get(TIERS, headers=mine).close()
            seen.append(int(db.value("SELECT last_used_at FROM api_key")) - shops.NOON)
    assert seen == [0, 0, MINUTE + 1]


def test_a_refused_key_is_not_noted_and_a_refused_request_is(client: FlaskClient, key: Key) -> None:
    mine = key("members")
    client.get(TIERS, headers=with_key(f"sk_{name_of(mine)}_WRONG")).close()
    assert db.value("SELECT last_used_at FROM api_key") is None
    client.get("/api/v1/sales", headers=mine).close()
    assert db.value("SELECT last_used_at FROM api_key") == shops.NOON


def test_a_look_up_is_answered_where_nothing_can_be_noted(client: FlaskClient, key: Key) -> None:
    mine = key("members")
    db.run("PRAGMA query_only = 1")
    answer = client.get(TIERS, headers=mine)
    answer.close()
    db.run("PRAGMA query_only = 0")
    assert (answer.status_code, db.value("SELECT last_used_at FROM api_key")) == (200, None)
