"""One screen lets only so many people join within an hour."""

import pytest

from core.base.clock import HOUR, MINUTE, Millis
from core.giving.joins import JoinsTooMany
from core.people import devices, members
from core.people.devices import Device
from core.people.members import Joining
from tests.shops import Shop


@pytest.fixture
def screen(shop: Shop) -> Device:
    shop.rule("join_per_hour", 2)
    code = devices.new_pairing(shop.store, "door", by=shop.owner, now=shop.now)
    return devices.pair(code, now=shop.now)[0]


def join(shop: Shop, screen: Device, after: int) -> int:
    return members.join(Joining(), by=devices.actor_of(screen), now=Millis(shop.now + after))


def test_the_third_join_within_an_hour_is_told_when_to_come_again(shop: Shop, screen: Device) -> None:
    join(shop, screen, 0)
    join(shop, screen, MINUTE)
    with pytest.raises(JoinsTooMany) as refusal:
        join(shop, screen, 2 * MINUTE)
    assert refusal.value.facts == {"limit": 2, "again_at": shop.now + HOUR}
    assert join(shop, screen, HOUR)


def test_another_screen_has_its_own_count(shop: Shop, screen: Device) -> None:
    code = devices.new_pairing(shop.store, "bar", by=shop.owner, now=shop.now)
    other = devices.pair(code, now=shop.now)[0]
    for minute in range(2):
        join(shop, screen, minute)
        join(shop, other, minute)


def test_a_phone_counts_for_the_screen_it_scanned(shop: Shop, screen: Device) -> None:
    for _ in range(2):
        members.join(Joining(device_id=screen.id), by=shop.owner, now=shop.now)
    with pytest.raises(JoinsTooMany):
        join(shop, screen, 0)


def test_staff_join_as_many_as_come(shop: Shop, screen: Device) -> None:
    assert len({shop.member() for _ in range(4)}) == 4


def test_0_is_no_bound(shop: Shop, screen: Device) -> None:
    shop.rule("join_per_hour", 0)
    assert len({join(shop, screen, 0) for _ in range(4)}) == 4
