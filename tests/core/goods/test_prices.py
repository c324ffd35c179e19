"""Prices of one store for some days: quotes and sales take them, and nothing is asked for a line more."""

from datetime import date, timedelta

import pytest

from core.base import db
from core.base.clock import DAY, Millis
from core.goods import prices
from core.goods.prices import StorePriceInvalid, StorePriceUnknown
from core.selling import receipts
from tests.counter import other_store
from tests.shops import Shop

TODAY = date(2026, 5, 29)


def total(shop: Shop, now: int | None = None) -> int:
    return shop.quote(shop.basket(("tea", 2))).total_cents if now is None else _at(shop, now)


def _at(shop: Shop, now: int) -> int:
    before, shop.now = shop.now, Millis(now)
    found = shop.quote(shop.basket(("tea", 2))).total_cents
    shop.now = before
    return found


def test_a_price_holds_in_its_store_on_its_days(shop: Shop) -> None:
    tea, other = shop.product("tea", 1800), other_store(shop)
    tomorrow = TODAY + timedelta(1)
    price = prices.put(shop.store, tea, 1500, first=tomorrow, until=tomorrow, by=shop.owner, now=shop.now)
    prices.put(other, tea, 100, first=TODAY, by=shop.owner, now=shop.now)
    assert [total(shop, shop.now + days * DAY) for days in (0, 1, 2)] == [3600, 3000, 3600]
    assert [(one.price_cents, one.until) for one in prices.of(tea)] == [(100, None), (1500, tomorrow)]
    prices.end(price, by=shop.owner, now=shop.now)
    assert total(shop, shop.now + DAY) == 3600
    with pytest.raises(StorePriceUnknown):
        prices.end(price, by=shop.owner, now=shop.now)


def test_the_newest_of_two_prices_holds_and_is_what_is_sold_at(shop: Shop) -> None:
    tea = shop.product("tea", 1800)
    for cents in (1500, 1600):
        prices.put(shop.store, tea, cents, first=TODAY, by=shop.owner, now=shop.now)
    (line,) = receipts.of(shop.sell(shop.basket(("tea", 1)))).lines
    assert (line.unit_cents, line.net_cents) == (1600, 1600)


def test_a_price_that_cannot_hold_is_refused(shop: Shop) -> None:
    tea = shop.product("tea", 1800)
    for store, cents, until in ((shop.store, -1, None), (shop.store, 5, TODAY - timedelta(1)), (7, 5, None)):
        with pytest.raises(StorePriceInvalid):
            prices.put(store, tea, cents, first=TODAY, until=until, by=shop.owner, now=shop.now)


def test_a_basket_asks_no_more_of_the_database_for_prices_of_stores(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    tea = shop.product("tea", 1800)
    prices.put(shop.store, tea, 1500, first=TODAY, by=shop.owner, now=shop.now)
    total(shop)
    asked: list[str] = []
    rows = db.rows
    monkeypatch.setattr(db, "rows", lambda sql, params=(): asked.append(sql) or rows(sql, params))
    total(shop)
    assert [sql for sql in asked if "store_price" in sql] == []
