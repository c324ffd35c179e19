"""Receipts read back and as text, and lists of sales."""

import pytest

from core.base import db, ids
from core.base.clock import DAY, Millis
from core.base.text import width
from core.selling import receipts
from core.selling.refunds import SaleUnknown
from tests.shops import Shop


@pytest.fixture
def sale(one_shop: Shop) -> int:
    one_shop.product("一个名字特别特别长的手工限量版龙井绿茶礼盒", 1_234_567)
    one_shop.product("tea", 1000)
    one_shop.promotion("满五千立减五百会员专享超级优惠活动", effect="reduction", threshold_cents=5000, off_cents=500)
    member = one_shop.member(name="王小明")
    one_shop.give_points(member, 5000)
    names = [("一个名字特别特别长的手工限量版龙井绿茶礼盒", 2), ("tea", 1)]
    return one_shop.sell(one_shop.basket(*names, member=member, points=5000), ("card", 50_000))


@pytest.mark.parametrize("columns", [24, 32, 48])
def test_no_line_is_wider_than_the_printer(sale: int, columns: int) -> None:
    rows = receipts.as_text(receipts.of(sale), columns=columns, copy=True).splitlines()
    assert [row for row in rows if width(row) > columns] == []


def test_a_receipt_says_what_was_paid(sale: int) -> None:
    text = receipts.as_text(receipts.of(sale))
    for said in ("No. 20260529-0001", "¥24,691.34", "−¥5.00", "¥500.00", "Cash", "Card"):
        assert said in text


def test_a_copy_says_so(sale: int) -> None:
    assert "copy" in receipts.as_text(receipts.of(sale), copy=True)
    assert "copy" not in receipts.as_text(receipts.of(sale))


def test_an_unknown_sale_is_refused(one_shop: Shop) -> None:
    with pytest.raises(SaleUnknown):
        receipts.of(1)


def test_numbers_begin_anew_each_business_day(shop: Shop) -> None:
    shop.product("tea", 1000)
    sold = [shop.sell(shop.basket(("tea", 1)), now=Millis(shop.now + day * DAY)) for day in (0, 0, 1)]
    numbers = [receipts.of(one).number for one in sold]
    assert numbers == ["20260529-0001", "20260529-0002", "20260530-0001"]


def test_sales_after_midnight_belong_to_the_night_before(shop: Shop) -> None:
    from tests.shops import at

    db.run("UPDATE store SET day_ends_hour = 4")
    shop.product("beer", 1000)
    sold = [shop.sell(shop.basket(("beer", 1)), now=at(2026, 5, 30, hour)) for hour in (3, 4)]
    assert [receipts.of(one).number for one in sold] == ["20260529-0001", "20260530-0001"]


def test_the_newest_sales_come_first_whatever_their_ids(shop: Shop) -> None:
    """Ids come in blocks: a till that sells little gives low ids late."""
    shop.product("tea", 1000)

    @db.atomic
    def skip_a_block() -> None:
        [ids.new() for _ in range(ids.BLOCK)]

    late = shop.sell(shop.basket(("tea", 1)), now=Millis(shop.now + 2000))
    skip_a_block()
    early = shop.sell(shop.basket(("tea", 1)))
    first = receipts.recent(store_id=shop.store, limit=1)
    second = receipts.recent(store_id=shop.store, before_id=first[0].id)
    assert [head.id for head in (*first, *second)] == [late, early]


def test_a_members_sales_are_listed_alone(shop: Shop) -> None:
    shop.product("tea", 1000)
    member = shop.member()
    shop.sell(shop.basket(("tea", 1)))
    mine = shop.sell(shop.basket(("tea", 1), member=member))
    assert [head.id for head in receipts.recent(member_id=member)] == [mine]


@pytest.mark.parametrize("typed", ["20260529-0001", " ２０２６０５２９-1 "])
def test_a_sale_is_found_by_the_number_on_its_receipt(sale: int, typed: str) -> None:
    assert [head.id for head in receipts.by_number(typed)] == [sale]


@pytest.mark.parametrize("typed", ["20260529-0002", "20261399-0001", "0001", "", "20260529"])
def test_what_is_no_number_of_a_receipt_finds_none(sale: int, typed: str) -> None:
    assert receipts.by_number(typed) == []
