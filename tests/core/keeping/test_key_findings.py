"""The doctor on API keys: those that run out, those that are not taken up, those nobody uses."""

from core.base.clock import DAY, Millis
from core.keeping import doctor
from core.people import devices
from tests.shops import Shop


def made(shop: Shop, days: int | None = None) -> str:
    ends = None if days is None else Millis(shop.now + days * DAY)
    key = devices.new_key("web shop", shop.store, ("sales",), by=shop.owner, now=shop.now, expires_at=ends)
    return key.split("_")[1]


def said(shop: Shop, days: int) -> list[tuple[str, str]]:
    found = doctor.examine(now=Millis(shop.now + days * DAY))
    return [(str(one.what), str(one.next_step)) for one in found if one.check == "API keys"]


def test_a_key_is_named_two_weeks_before_it_runs_out(shop: Shop) -> None:
    key = made(shop, 90)
    assert said(shop, 75) == []
    assert said(shop, 76) == [
        (
            f"The API key {key} of web shop runs out at 2026-08-27 12:00.",
            f"Make its next one: `regulars key rotate {key}`.",
        )
    ]
    assert said(shop, 90) == []


def test_a_replaced_key_is_named_only_while_its_program_stays_with_it(shop: Shop) -> None:
    key = made(shop)
    after = devices.rotate_key(key, by=shop.owner, now=shop.now).split("_")[1]
    assert said(shop, 1) == []
    devices.key_used(key, now=Millis(shop.now + DAY))
    assert said(shop, 2) == [
        (
            f"web shop still uses its old API key {key}, which ends at 2026-06-05 12:00.",
            f"Give it the new key, {after}; if that was lost, end it and rotate again.",
        )
    ]
    devices.key_used(after, now=Millis(shop.now + 2 * DAY))
    assert said(shop, 3) == []


def test_a_key_nobody_uses_is_named_after_half_a_year(shop: Shop) -> None:
    key = made(shop)
    assert said(shop, 179) == []
    assert said(shop, 180) == [
        (
            f"The API key {key} of web shop was not used for 180 days.",
            f"If no program needs it, end it: `regulars key revoke {key}`.",
        )
    ]
    devices.key_used(key, now=Millis(shop.now + DAY))
    assert said(shop, 180) == []
    devices.revoke_key(key, by=shop.owner, now=shop.now)
    assert said(shop, 400) == []
