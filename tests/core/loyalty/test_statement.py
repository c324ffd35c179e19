"""A statement shows every move with its store and its sale, page by page, and each balance follows from the last."""

import pytest

from core.base import db
from core.base.clock import MINUTE, Millis
from core.loyalty import statement, topups
from core.loyalty.topups import TopUpTerms
from core.selling import receipts, refunds
from core.selling.refunds import ReturnLine
from tests.shops import Shop


@pytest.fixture
def member(shop: Shop) -> int:
    """A member who topped up, was given points, bought with everything, and returned half."""
    shop.product("tea", 1000)
    topups.set_rule(5000, TopUpTerms(bonus_cents=500, bonus_days=30), by=shop.owner, now=shop.now)
    member_id = shop.member()
    shop.top_up(member_id, 5000)
    shop.give_points(member_id, 200)
    shop.rule("wallet_order", "bonus_first")
    sale = shop.sell(shop.basket(("tea", 2), member=member_id, points=100), ("wallet", 1000))
    shop.now = Millis(shop.now + MINUTE)
    refunds.refund(sale, (ReturnLine(receipts.of(sale).lines[0].id, 1000),), by=shop.owner, now=shop.now)
    return member_id


def test_the_statement_of_points_names_store_and_sale(shop: Shop, member: int) -> None:
    number = receipts.of(int(db.value("SELECT max(id) FROM sale"))).number
    rows = [(row.kind, row.amount, row.balance_after, row.store, row.sale_number, row.reason)
            for row in statement.of(member, "points")]  # fmt: skip
    store = "南京东路店"
    assert rows == [
        ("clawback", -7, 157, store, number, None),
        ("refund_return", 50, 164, store, number, None),
        ("earn", 14, 114, store, number, None),
        ("redeem", -100, 100, store, number, None),
        ("adjust", 200, 200, None, None, "test"),
    ]


def test_the_statement_of_everything_stands_by_time(shop: Shop, member: int) -> None:
    found = statement.of(member)
    assert [row.at for row in found] == sorted((row.at for row in found), reverse=True)
    by_asset = {asset: sum(row.amount for row in found if row.asset == asset) for asset in ("principal", "bonus")}
    assert by_asset == {"principal": 4750, "bonus": 250}


@pytest.mark.parametrize("asset", [None, "points"])
def test_pages_follow_each_other_without_gap_or_repeat(shop: Shop, member: int, asset: None) -> None:
    whole = statement.of(member, asset)
    pages, last = [], None
    while page := statement.of(member, asset, before_id=last, limit=2):
        pages += page
        last = page[-1].id
    assert pages == whole


def test_balances_follow_even_when_the_clock_went_back(shop: Shop) -> None:
    member = shop.member()
    for minute in (0, 3, -2):
        shop.give_points(member, 10, now=Millis(shop.now + minute * MINUTE))
    assert [row.balance_after for row in statement.of(member, "points")] == [30, 20, 10]
