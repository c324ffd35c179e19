"""Quiet hours: when a message may arrive, in the hours of whoever it goes to.

A number of the shop's own country follows the member's home store, else the shop. A number of another country
follows that country; where it has several zones, the hours must fit them all.
"""

from functools import lru_cache

from core.base import db, phones, windows
from core.base.clock import Millis
from core.base.windows import Windows
from core.books.rules import ShopRules

HOURS = {
    "service": "service_hours",
    "greeting": "greeting_hours",
    "gift_greeting": "greeting_hours",
    "marketing": "marketing_hours",
}


def next_allowed(now: Millis, category: str, zones: tuple[str, ...], shop: ShopRules) -> Millis | None:
    """The first moment from now on outside quiet hours; None if the hours of all zones never meet.

    Days without offers hold back marketing alone: a greeting belongs to its day.
    """
    without = _dates(shop.no_offer_days) if category == "marketing" else frozenset()
    return windows.next_open(now, _hours(getattr(shop, HOURS[category])), zones, without=without)


def open_until(now: Millis, category: str, zones: tuple[str, ...], shop: ShopRules) -> Millis:
    """When quiet hours begin for a message that may leave now, in the first of its zones."""
    return windows.closes(now, _hours(getattr(shop, HOURS[category])), zones)


@lru_cache(16)
def _hours(written: str) -> Windows:
    return windows.parse(written) or Windows(((9 * 60, 20 * 60),) * 7)


@lru_cache(16)
def _dates(written: str) -> frozenset[str]:
    return windows.dates(written) or frozenset()


def zones_for(member_id: int | None, address: str, shop: ShopRules) -> tuple[str, ...]:
    """The zones whose hours count for a message."""
    country = phones.region_of(address) if address.startswith("+") else shop.region
    if country and country != shop.region and (abroad := zones_of(country)):
        return abroad
    sql = "SELECT s.zone FROM member m JOIN store s ON s.id = m.home_store_id WHERE m.id = ?"
    home = db.value(sql, (member_id,)) if member_id is not None else None
    return (str(home or shop.zone),)


@lru_cache(64)
def zones_of(country: str) -> tuple[str, ...]:
    """The time zones of a country by its two letters. Source: CLDR, as Babel carries it."""
    from zoneinfo import available_timezones

    from babel.core import get_global

    known = available_timezones()
    found = get_global("zone_territories").items()
    return tuple(sorted(zone for zone, place in found if place == country and zone in known))
