"""API keys: what they may do, until when, from where; one follows another without a gap."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base import access, db
from core.base.clock import DAY, MINUTE, Millis
from core.people import devices
from core.people.devices import (
    KeyElsewhere,
    KeyEndsBefore,
    KeyExpired,
    KeyRefused,
    KeyReplaced,
    KeyUnknown,
    NetworkUnreadable,
)
from tests.shops import Shop


def made(shop: Shop, *scopes: str, days: int | None = None, addresses: tuple[str, ...] = ()) -> str:
    ends = None if days is None else Millis(shop.now + days * DAY)
    return devices.new_key("web shop", shop.store, scopes or ("sales",), by=shop.owner, now=shop.now, expires_at=ends,
                           addresses=addresses)  # fmt: skip


def name_of(key: str) -> str:
    return key.split("_")[1]


def later(shop: Shop, days: float) -> Millis:
    return Millis(shop.now + int(days * DAY))


def test_a_key_ends_at_its_moment(shop: Shop) -> None:
    key = made(shop, days=30)
    assert devices.by_key(key, now=Millis(shop.now + 30 * DAY - 1)).name == "web shop"
    with pytest.raises(KeyExpired) as refused:
        devices.by_key(key, now=later(shop, 30))
    assert refused.value.sentence().startswith("This API key ran out at 2026-06-28 12:00.")


def test_a_wrong_secret_does_not_learn_that_the_key_ran_out(shop: Shop) -> None:
    key = made(shop, days=1)
    with pytest.raises(KeyRefused) as refused:
        devices.by_key(key[:-1] + "?", now=later(shop, 2))
    assert type(refused.value) is KeyRefused


def test_a_key_that_would_be_over_already_is_not_made(shop: Shop) -> None:
    with pytest.raises(KeyEndsBefore):
        made(shop, days=0)
    with pytest.raises(KeyEndsBefore):
        devices.rotate_key(name_of(made(shop)), by=shop.owner, now=shop.now, days=-1)


@pytest.mark.parametrize(
    ("bound", "address", "good"),
    [
        ("203.0.113.7", "203.0.113.7", True), ("203.0.113.7", "203.0.113.8", False),
        ("203.0.113.9/24", "203.0.113.200", True), ("203.0.113.0/24", "203.0.114.1", False),
        ("2001:db8::/32", "2001:db8::5", True), ("2001:db8::/32", "203.0.113.7", False),
        ("fe80::/10", "fe80::1%eth0", True), ("203.0.113.7", "", False),
    ],
)  # fmt: skip
def test_a_key_bound_to_a_network_is_good_from_there(one_shop: Shop, bound: str, address: str, good: bool) -> None:
    key = made(one_shop, addresses=("198.51.100.1", bound))
    if good:
        assert devices.by_key(key, now=one_shop.now, address=address).may("sell")
        return
    with pytest.raises(KeyElsewhere):
        devices.by_key(key, now=one_shop.now, address=address)


@pytest.mark.parametrize("wrong", ["shop.example", "203.0.113.0/99", "", "300.1.1.1"])
def test_what_is_no_network_is_refused(one_shop: Shop, wrong: str) -> None:
    with pytest.raises(NetworkUnreadable):
        made(one_shop, addresses=(wrong,))


def test_two_keys_are_good_until_the_old_one_ends(shop: Shop) -> None:
    old = made(shop, "sales", "members", addresses=("203.0.113.0/24",))
    new = devices.rotate_key(name_of(old), by=shop.owner, now=shop.now)
    here = "203.0.113.7"
    assert devices.by_key(old, now=later(shop, 6.9), address=here) == devices.by_key(
        new, now=later(shop, 6.9), address=here
    )
    with pytest.raises(KeyExpired):
        devices.by_key(old, now=later(shop, 7), address=here)
    assert devices.by_key(new, now=later(shop, 700), address=here).scopes == {"sales", "members"}


def test_a_key_that_ends_sooner_is_not_lengthened_and_its_next_lives_as_long(shop: Shop) -> None:
    old = made(shop, days=30)
    new = devices.rotate_key(name_of(old), by=shop.owner, now=later(shop, 25))
    for key, last in ((old, 30), (new, 55)):
        assert devices.by_key(key, now=Millis(shop.now + last * DAY - 1))
        with pytest.raises(KeyExpired):
            devices.by_key(key, now=later(shop, last))


def test_a_third_key_lives_as_long_as_the_first(shop: Shop) -> None:
    second = devices.rotate_key(name_of(made(shop, days=30)), by=shop.owner, now=shop.now, days=0)
    third = devices.rotate_key(name_of(second), by=shop.owner, now=later(shop, 29))
    assert devices.by_key(third, now=later(shop, 58.9))
    assert devices.by_key(third, now=later(shop, 58.9)).id == devices.by_key(second, now=later(shop, 29)).id


def test_only_the_newest_key_is_followed_unless_it_was_ended(shop: Shop) -> None:
    old = made(shop)
    lost = devices.rotate_key(name_of(old), by=shop.owner, now=shop.now)
    with pytest.raises(KeyReplaced):
        devices.rotate_key(name_of(old), by=shop.owner, now=shop.now)
    devices.revoke_key(name_of(lost), by=shop.owner, now=shop.now)
    again = devices.rotate_key(name_of(old), by=shop.owner, now=shop.now)
    assert devices.by_key(again, now=shop.now).may("sell")


def test_an_ended_key_is_not_followed_and_ends_once(shop: Shop) -> None:
    key = made(shop, days=1)
    with pytest.raises(KeyUnknown):
        devices.rotate_key(name_of(key), by=shop.owner, now=later(shop, 1))
    devices.revoke_key(name_of(key), by=shop.owner, now=shop.now)
    with pytest.raises(KeyUnknown):
        devices.rotate_key(name_of(key), by=shop.owner, now=shop.now)
    with pytest.raises(KeyUnknown):
        devices.revoke_key(name_of(key), by=shop.owner, now=shop.now)


def test_the_log_names_a_rotation_and_no_secret(shop: Shop) -> None:
    old = made(shop)
    new = devices.rotate_key(name_of(old), by=shop.owner, now=shop.now, days=3)
    logged = db.rows("SELECT action, after FROM audit ORDER BY id")
    logged = [row for row in logged if row[0].startswith("key.")]
    assert [row[0] for row in logged] == ["key.created", "key.rotated", "key.created"]
    assert json.loads(logged[1][1]) == {"key": name_of(old), "days": 3}
    assert not any(key.split("_")[2] in str(logged) for key in (old, new))


def test_a_use_is_noted_once_a_minute(shop: Shop) -> None:
    name = name_of(made(shop))
    for after in (0, MINUTE - 1, MINUTE + 1):
        devices.key_used(name, now=Millis(shop.now + after))
        (one,) = devices.all_keys(by=shop.owner)
        assert one.last_used_at == shop.now + (after if after > MINUTE else 0)


@given(st.sets(st.sampled_from(sorted(devices.SCOPES))))
def test_scopes_are_exactly_their_rights(scopes: set[str]) -> None:
    """Straight from the table: a right is held if and only if one of the scopes gives it."""
    stored, rights = devices._granted(" ".join(sorted(scopes)))
    assert stored == scopes
    for right in access.RIGHTS:
        assert (right in rights) == any(right in devices.SCOPES[one] for one in scopes)
    assert rights <= set(access.RIGHTS)


def test_no_scope_makes_staff_keys_or_devices() -> None:
    given_ = frozenset(right for rights in devices.SCOPES.values() for right in rights)
    assert given_ == {
        "adjust", "goods", "marketing", "member.edit", "member.find", "member.join", "member.phone", "refund",
        "reports", "sell", "service", "settings",
    }  # fmt: skip
