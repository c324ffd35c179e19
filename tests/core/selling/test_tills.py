"""Shifts: the drawer is counted against what the sales and refunds say."""

import threading
from dataclasses import replace

import pytest

from core.base import db
from core.loyalty import topups
from core.loyalty.topups import TopUpTerms
from core.selling import receipts, refunds, reversals, sales, shifts
from core.selling.sales import SaleRequest, Tender
from tests.core.books.test_db import in_thread
from tests.shops import Shop


@pytest.fixture
def till(shop: Shop) -> tuple[Shop, int]:
    """A shop selling tea for 10.00 and its open till with a float of 200.00."""
    shop.product("tea", 1000)
    return shop, shifts.open_shift(shop.store, "1", opening_cents=20_000, by=shop.owner, now=shop.now)


def sell(till: tuple[Shop, int], *paid: tuple[str, int]) -> int:
    shop, shift = till
    basket = shop.basket(("tea", 1))
    tenders = tuple(Tender(kind, cents) for kind, cents in paid)  # type: ignore[arg-type]
    return sales.post(SaleRequest(basket, tenders, 1000, shift_id=shift), by=shop.owner, now=shop.now)


def test_the_drawer_holds_float_and_cash_less_change(till: tuple[Shop, int]) -> None:
    sell(till, ("cash", 5000))
    sell(till, ("card", 1000))
    assert shifts.expected_cash(till[1]) == 21_000


def test_cash_given_back_leaves_the_drawer(till: tuple[Shop, int]) -> None:
    shop, shift = till
    sale = sell(till, ("cash", 400), ("card", 600))
    line = refunds.ReturnLine(receipts.of(sale).lines[0].id, 1000)
    refunds.refund(sale, (line,), refunds.How(shift_id=shift), by=shop.owner, now=shop.now)
    assert shifts.expected_cash(shift) == 20_000


def test_a_reversed_top_up_leaves_the_drawer(till: tuple[Shop, int]) -> None:
    shop, shift = till
    topups.set_rule(5000, TopUpTerms(bonus_cents=500, bonus_days=None), by=shop.owner, now=shop.now)
    sale = shop.top_up(shop.member(), 5000)
    reversals.reverse_top_up(sale, refunds.How(shift_id=shift), by=shop.owner, now=shop.now)
    assert shifts.expected_cash(shift) == 15_000


def test_a_count_is_kept_with_its_difference(till: tuple[Shop, int]) -> None:
    shop, shift = till
    sell(till, ("cash", 1000))
    end = shifts.close_shift(shift, counted_cents=20_950, by=shop.owner, now=shop.now)
    assert (end.expected_cents, end.difference_cents) == (21_000, -50)


def test_a_till_is_open_once(till: tuple[Shop, int]) -> None:
    shop, shift = till
    with pytest.raises(shifts.ShiftOpen):
        shifts.open_shift(shop.store, "1", opening_cents=0, by=shop.owner, now=shop.now)
    shifts.close_shift(shift, counted_cents=0, by=shop.owner, now=shop.now)
    assert shifts.open_of(shop.store, "1") is None


def test_a_closed_till_takes_nothing(till: tuple[Shop, int]) -> None:
    shop, shift = till
    shifts.close_shift(shift, counted_cents=20_000, by=shop.owner, now=shop.now)
    with pytest.raises(shifts.ShiftUnknown):
        sell(till, ("cash", 1000))
    with pytest.raises(shifts.ShiftUnknown):
        shifts.close_shift(shift, counted_cents=20_000, by=shop.owner, now=shop.now)


def test_a_till_is_of_one_store(till: tuple[Shop, int]) -> None:
    from tests import shops

    shop, shift = till
    other = replace(shop.basket(("tea", 1)), store_id=shops._store("徐汇店"))
    request = SaleRequest(other, (Tender("cash", 1000),), 1000, shift_id=shift)
    with pytest.raises(shifts.ShiftUnknown):
        sales.post(request, by=shop.owner, now=shop.now)


@pytest.mark.parametrize("cents", [-1])
def test_a_count_below_nothing_is_refused(till: tuple[Shop, int], cents: int) -> None:
    shop, shift = till
    with pytest.raises(shifts.CountInvalid):
        shifts.close_shift(shift, counted_cents=cents, by=shop.owner, now=shop.now)
    with pytest.raises(shifts.CountInvalid):
        shifts.open_shift(shop.store, "2", opening_cents=cents, by=shop.owner, now=shop.now)


def test_no_sale_slips_into_a_till_while_it_is_counted(till: tuple[Shop, int]) -> None:
    """What was expected at closing is what the sales of the shift still say afterwards."""
    shop, shift = till
    threads = [threading.Thread(target=in_thread, args=(lambda: sell(till, ("cash", 1000)),)) for _ in range(6)]
    for thread in threads:
        thread.start()
    closed = in_thread(lambda: shifts.close_shift(shift, counted_cents=0, by=shop.owner, now=shop.now))
    for thread in threads:
        thread.join(20)
    assert [end.expected_cents for end in closed] == [shifts.expected_cash(shift)]  # type: ignore[attr-defined]


def test_two_who_count_at_once_do_not_both_close(till: tuple[Shop, int]) -> None:
    shop, shift = till
    given: list[object] = []

    def close() -> None:
        given.extend(in_thread(lambda: shifts.close_shift(shift, counted_cents=5, by=shop.owner, now=shop.now)))

    threads = [threading.Thread(target=close) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(type(one).__name__ for one in given) == ["ShiftEnd"] + ["ShiftUnknown"] * 3
    assert db.value("SELECT count(*) FROM audit WHERE action = 'shift.closed'") == 1


def test_cash_moved_by_hand_is_expected_in_the_drawer(till: tuple[Shop, int]) -> None:
    shop, shift = till
    shifts.move_cash(shift, -5_000, reason="送银行", by=shop.owner, now=shop.now)
    first = shifts.move_cash(shift, 1_000, reason="零钱", by=shop.owner, now=shop.now, key="k")
    assert shifts.move_cash(shift, 1_000, reason="零钱", by=shop.owner, now=shop.now, key="k") == first
    assert shifts.expected_cash(shift) == 16_000
    end = shifts.close_shift(shift, counted_cents=16_000, by=shop.owner, now=shop.now)
    assert end.difference_cents == 0


@pytest.mark.parametrize(("cents", "reason", "field"), [(0, "零钱", "cents"), (500, "  ", "reason")])
def test_cash_is_moved_by_an_amount_and_for_a_reason(
    till: tuple[Shop, int], cents: int, reason: str, field: str
) -> None:
    shop, shift = till
    with pytest.raises(shifts.CashMoveInvalid) as refusal:
        shifts.move_cash(shift, cents, reason=reason, by=shop.owner, now=shop.now)
    assert refusal.value.field == field


def test_a_closed_drawer_is_not_moved(till: tuple[Shop, int]) -> None:
    shop, shift = till
    shifts.close_shift(shift, counted_cents=20_000, by=shop.owner, now=shop.now)
    with pytest.raises(shifts.ShiftUnknown):
        shifts.move_cash(shift, 100, reason="零钱", by=shop.owner, now=shop.now)
