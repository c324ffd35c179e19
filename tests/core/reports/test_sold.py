"""Sales found by day, store, member, seller, way of paying and number; sums and charts that add up to the list."""

from datetime import date

import pytest

from core.base import db
from core.base.clock import DAY, HOUR, Millis
from core.base.errors import NotAllowed
from core.base.money import Milli
from core.keeping import opening
from core.people import staff
from core.reports import sold
from core.reports.sold import Sought
from core.selling import receipts, refunds
from core.selling.quotes import Basket, BasketLine
from core.selling.returns import ReturnLine
from core.selling.tenders import COUNTED, STORED
from tests.shops import Shop


@pytest.fixture
def week(shop: Shop) -> Shop:
    """Six sales on three days in two stores, one of them partly returned."""
    shop.product("tea", 1800)
    shop.product("cake", 12_000)
    member_id = shop.member("13812042046", name="王伟芳")
    shop.sell(shop.basket(("tea", 1)), now=Millis(shop.now - 2 * DAY))
    shop.sell(shop.basket(("tea", 2), member=member_id), ("card", 3600), now=Millis(shop.now - DAY))
    back = shop.sell(shop.basket(("cake", 1)), ("card", 2000), now=Millis(shop.now - DAY + 3 * HOUR))
    shop.sell(shop.basket(("cake", 2)), now=shop.now)
    shop.sell(shop.basket(("tea", 1)), ("wechat", 1800), now=Millis(shop.now + HOUR))
    first = shop.store
    shop.store = opening.add_store("静安寺店", zone="Asia/Shanghai", by=shop.owner, now=shop.now)
    shop.sell(shop.basket(("tea", 3)), now=Millis(shop.now + 2 * HOUR))
    shop.store = first
    (line,) = receipts.of(back).lines
    refunds.refund(back, [ReturnLine(line.id, Milli(1000))], by=shop.owner, now=Millis(shop.now + DAY))
    return shop


def totals(shop: Shop, **sought: object) -> list[int]:
    return [head.total_cents for head in sold.page(Sought(**sought), by=shop.owner)]  # type: ignore[arg-type]


DAY_28, DAY_29 = date(2026, 5, 28), date(2026, 5, 29)


def test_sales_are_found_by_days_store_and_way_of_paying(week: Shop) -> None:
    assert totals(week) == [5400, 1800, 24_000, 12_000, 3600, 1800]
    assert totals(week, since=DAY_28, until=DAY_28) == [12_000, 3600]
    assert totals(week, since=DAY_29, store_id=week.store) == [1800, 24_000]
    assert totals(week, tender="card") == [12_000, 3600]
    assert totals(week, tender="wechat", until=DAY_28) == []


def test_sales_are_found_by_member_and_by_number(week: Shop) -> None:
    member_id = db.value("SELECT member_id FROM member_person")
    assert totals(week, member_id=member_id) == [3600]
    assert totals(week, number="20260528-0002") == [12_000]
    assert totals(week, number="0002") == [1800, 12_000]
    assert totals(week, number="tea") == [] and totals(week, number="²") == []


def test_a_seller_is_who_stands_on_a_line_or_else_who_rang_it_up(week: Shop) -> None:
    mei = staff.create("mei", "梅", "clerk", password="long enough", by=week.owner, now=week.now)
    line = BasketLine(week.products["tea"], Milli(5000), staff_id=mei)
    week.sell(Basket(week.store, (line,)), now=Millis(week.now + 3 * HOUR))
    assert totals(week, seller=mei) == [9000]
    assert totals(week, seller=week.owner.id) == [5400, 1800, 24_000, 12_000, 3600, 1800]


def test_the_sum_is_that_of_the_list_with_what_came_back(week: Shop) -> None:
    assert sold.total(Sought(), by=week.owner) == sold.Sum(6, 48_600, 12_000)
    assert sold.total(Sought(since=DAY_29), by=week.owner) == sold.Sum(3, 31_200, 0)
    assert sold.total(Sought(tender="card"), by=week.owner) == sold.Sum(2, 15_600, 12_000)
    assert sold.total(Sought(number="x"), by=week.owner) == sold.Sum(0, 0, 0)


@pytest.mark.parametrize("sought", [Sought(), Sought(since=DAY_28), Sought(tender="card"), Sought(number="0001"),
                                    Sought(number="none")])  # fmt: skip
def test_every_chart_adds_up_to_the_sum_of_the_list(week: Shop, sought: Sought) -> None:
    drawn, listed = sold.charts(sought, by=week.owner), sold.page(sought, by=week.owner)
    cents = sum(head.total_cents for head in listed)
    assert (drawn.sum.sales, drawn.sum.total_cents) == (len(listed), cents)
    assert sum(amount for _day, amount in drawn.days) == cents
    assert sum(sum(row) for row in drawn.hours) == cents
    assert sum(amount for _kind, amount in drawn.tenders) == cents
    assert sum(drawn.baskets) == len(listed)


def test_charts_place_sales_by_day_hour_tender_and_size(week: Shop) -> None:
    drawn = sold.charts(Sought(), by=week.owner)
    assert drawn.days == ((date(2026, 5, 27), 1800), (DAY_28, 15_600), (DAY_29, 31_200))
    assert (drawn.hours[2][12], drawn.hours[3][12], drawn.hours[3][15], drawn.hours[4][14]) == (
        1800,
        3600,
        12_000,
        5400,
    )
    assert drawn.tenders == (("cash", 41_200), ("card", 5600), ("wechat", 1800))
    assert drawn.baskets == (0, 2, 1, 1, 1, 1, 0, 0)


def test_pages_go_on_where_the_last_one_ended(week: Shop) -> None:
    first = sold.page(Sought(until=DAY_29), by=week.owner, limit=4)
    rest = sold.page(Sought(until=DAY_29), by=week.owner, before_id=first[-1].id, limit=4)
    assert [head.total_cents for head in (*first, *rest)] == [5400, 1800, 24_000, 12_000, 3600, 1800]


def test_who_works_in_one_store_finds_its_sales_alone(week: Shop) -> None:
    account = staff.create("mei", "梅", "manager", password="long enough", stores=(week.store,), by=week.owner,
                           now=week.now)  # fmt: skip
    mei = staff.actor_of(account)
    assert sold.total(Sought(), by=mei).sales == 5
    with pytest.raises(NotAllowed):
        sold.page(Sought(store_id=week.store + 1_000), by=mei)
    with pytest.raises(NotAllowed):
        sold.charts(Sought(), by=week.owner_with(frozenset({"sell"})))


def test_every_way_of_paying_has_a_name_of_its_own() -> None:
    kinds = dict.fromkeys((*COUNTED, *STORED))
    assert [kind for kind in kinds if receipts.tender_name(kind) == kind] == []
