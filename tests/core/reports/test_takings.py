"""The day report: what was taken, how it was paid, what was counted."""

from datetime import date

import pytest

from core.base.clock import DAY, Millis
from core.reports import takings
from core.reports.takings import RateDay, TenderDay
from core.selling import receipts, refunds, reversals, shifts
from core.selling.refunds import How, ReturnLine
from tests.shops import Shop

TODAY = date(2026, 5, 29)


@pytest.fixture
def busy(shop: Shop) -> Shop:
    """Three sales of one day: cash, card with cash, and one with a promotion; one tea comes back."""
    shop.product("tea", 1800)
    shop.product("cake", 3200)
    shop.sell(shop.basket(("tea", 1)))
    second = shop.sell(shop.basket(("cake", 2)), ("card", 4000))
    shop.promotion("满50减6", effect="reduction", threshold_cents=5000, off_cents=600)
    shop.sell(shop.basket(("tea", 1), ("cake", 1)), ("wechat", 4400))
    line = receipts.of(second).lines[0].id
    refunds.refund(second, (ReturnLine(line, 1000),), by=shop.owner, now=shop.now)
    return shop


def test_a_day_adds_up(busy: Shop) -> None:
    found = takings.of(busy.store, TODAY, by=busy.owner)
    assert (found.sales, found.refunds, found.voids) == (3, 1, 0)
    assert (found.gross_cents, found.discount_cents, found.total_cents) == (13_200, 600, 12_600)
    assert (found.refunded_cents, found.net_cents) == (3200, 9400)
    assert found.reductions == (("promotion", "满50减6", 600),)


def test_each_way_of_paying_stands_alone(busy: Shop) -> None:
    found = takings.of(busy.store, TODAY, by=busy.owner)
    assert found.tenders == (
        TenderDay("cash", 4200, 1200, None),
        TenderDay("card", 4000, 2000, None),
        TenderDay("wechat", 4400, 0, None),
    )
    assert sum(one.net_cents for one in found.tenders) == found.net_cents


def test_what_was_counted_stands_beside_it_and_a_later_count_wins(busy: Shop) -> None:
    for cents in (2900, 3050):
        shifts.count_tender(busy.store, TODAY, "cash", cents, by=busy.owner, now=busy.now)
    cash = takings.of(busy.store, TODAY, by=busy.owner).tenders[0]
    assert (cash.counted_cents, cash.difference_cents) == (3050, 50)


@pytest.mark.parametrize(("kind", "cents", "field"), [("wallet", 5, "kind"), ("cash", -1, "counted_cents")])
def test_a_count_of_nothing_countable_is_refused(busy: Shop, kind: str, cents: int, field: str) -> None:
    with pytest.raises(shifts.TenderCountInvalid) as caught:
        shifts.count_tender(busy.store, TODAY, kind, cents, by=busy.owner, now=busy.now)
    assert caught.value.field == field


def test_cash_moved_by_hand_is_no_difference(busy: Shop) -> None:
    shift = shifts.open_shift(busy.store, "1", opening_cents=0, by=busy.owner, now=busy.now)
    shifts.move_cash(shift, -2500, reason="送银行", by=busy.owner, now=busy.now)
    shifts.count_tender(busy.store, TODAY, "cash", 500, by=busy.owner, now=busy.now)
    cash = takings.of(busy.store, TODAY, by=busy.owner).tenders[0]
    assert (cash.moved_cents, cash.net_cents, cash.difference_cents) == (-2500, 500, 0)


def test_other_days_and_undone_sales(busy: Shop) -> None:
    tomorrow = Millis(busy.now + DAY)
    sale = busy.sell(busy.basket(("tea", 1)), now=tomorrow)
    reversals.void(sale, How(reason="typed twice"), by=busy.owner, now=tomorrow)
    found = takings.of(busy.store, date(2026, 5, 30), by=busy.owner)
    assert (found.sales, found.voids, found.net_cents) == (1, 1, 0)


def test_taxes_are_by_rate_less_what_came_back(shop: Shop) -> None:
    shop.rule("tax_mode", "inclusive")
    shop.product("tea", 1130, tax_bp=1300)
    shop.product("book", 1090, tax_bp=900)
    sale = shop.sell(shop.basket(("tea", 2), ("book", 1)))
    refunds.refund(sale, (ReturnLine(receipts.of(sale).lines[0].id, 1000),), by=shop.owner, now=shop.now)
    assert takings.of(shop.store, TODAY, by=shop.owner).taxes == (RateDay(900, 1090, 90), RateDay(1300, 1130, 130))


def test_what_stays_as_stored_value_is_no_cash_paid_out(shop: Shop) -> None:
    shop.product("tea", 1800)
    sale = shop.sell(shop.basket(("tea", 1), member=shop.member()))
    line = receipts.of(sale).lines[0].id
    refunds.refund(sale, (ReturnLine(line, 1000),), How(to_wallet=True), by=shop.owner, now=shop.now)
    found = takings.of(shop.store, TODAY, by=shop.owner)
    assert found.tenders == (TenderDay("cash", 1800, 0, None), TenderDay("principal", 0, 1800, None))
