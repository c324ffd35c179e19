"""Products by hour and weekday, against a count by the clock of each store."""

from datetime import date, timedelta

import pytest

from core.base.clock import DAY, HOUR, Millis
from core.base.errors import NotAllowed
from core.base.money import Milli
from core.insight.slots import Slot
from core.keeping import opening
from core.reports import producttimes
from core.selling import receipts, refunds
from core.selling.returns import ReturnLine
from tests.shops import Shop

TODAY = date(2026, 5, 29)


@pytest.fixture
def week(shop: Shop) -> Shop:
    """Tea at noon, forty times on Fridays; cake at six in the evening, thirty-five times on Thursdays."""
    shop.product("tea", 1800)
    shop.product("cake", 3000)
    for week in range(10):
        for minute in range(4):
            shop.sell(shop.basket(("tea", 1)), now=Millis(shop.now - week * 7 * DAY + minute * 60_000))
    for at in range(35):
        then = Millis(shop.now - (at % 10 * 7 + 1) * DAY + 6 * HOUR + at * 1000)
        shop.sell(shop.basket(("cake", 1)), now=then)
    return shop


def test_products_stand_in_the_hours_and_weekdays_they_are_bought(week: Shop) -> None:
    tea, cake = producttimes.of(TODAY - timedelta(days=89), TODAY, by=week.owner)
    assert (tea.name, tea.count, cake.name, cake.count) == ("tea", 40, "cake", 35)
    assert {hour: slot.count for hour, slot in enumerate(tea.hours) if slot.count} == {12: 40}
    assert {hour: slot.count for hour, slot in enumerate(cake.hours) if slot.count} == {18: 35}
    assert [slot.count for slot in tea.weekdays] == [0, 0, 0, 0, 40, 0, 0]
    assert cake.weekdays[3] == Slot(35, 21_429, True)


def test_days_stores_and_what_came_back_are_left_out(week: Shop) -> None:
    sale = week.sell(week.basket(("tea", 1)))
    (line,) = receipts.of(sale).lines
    refunds.refund(sale, [ReturnLine(line.id, Milli(1000))], by=week.owner, now=week.now)
    (tea,) = producttimes.of(TODAY, TODAY, by=week.owner)
    assert (tea.count, tea.hours[12]) == (4, Slot(4, None, False))
    other = opening.add_store("静安寺店", zone="Europe/Berlin", by=week.owner, now=week.now)
    assert producttimes.of(TODAY, TODAY, store_id=other, by=week.owner) == []
    week.store = other
    week.sell(week.basket(("tea", 1)))
    (there,) = producttimes.of(TODAY, TODAY, store_id=other, by=week.owner)
    assert [hour for hour, slot in enumerate(there.hours) if slot.count] == [6]


def test_only_who_may_see_reports_sees_them(week: Shop) -> None:
    with pytest.raises(NotAllowed):
        producttimes.of(TODAY, TODAY, by=week.owner_with(frozenset({"sell"})))
