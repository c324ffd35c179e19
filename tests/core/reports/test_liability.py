"""What is owed equals the lots; what will lapse is told from the last twelve months."""

from datetime import date

import pytest

from core.base import db
from core.base.access import NotAllowed
from core.base.clock import DAY, Millis
from core.books import holds, posting
from core.books.posting import Cause
from core.loyalty import points, topups
from core.loyalty.topups import TopUpTerms
from core.people import staff
from core.reports import liability
from core.selling import receipts, refunds
from core.selling.refunds import ReturnLine
from tests.shops import Shop, at


@pytest.fixture
def trade(shop: Shop) -> Shop:
    """29 May 2026: points by hand (40), by a sale (100), stored value with bonus; 30 of the points are spent."""
    shop.product("dress", 10_000)
    topups.set_rule(5000, TopUpTerms(bonus_cents=1000, bonus_days=30), by=shop.owner, now=shop.now)
    member = shop.member()
    shop.give_points(member, 40)
    shop.sell(shop.basket(("dress", 1), member=member))
    shop.top_up(member, 5000)
    shop.give_points(member, -30)
    return shop


def rows(shop: Shop) -> list[tuple[object, ...]]:
    found = liability.of(by=shop.owner, now=shop.now)
    assert sum(one.amount + one.unswept for one in found.totals) == db.value("SELECT sum(remaining) FROM lot")
    return [(row.asset, row.month, row.store, row.amount) for row in found.rows]


def total(shop: Shop, asset: str = "points") -> liability.AssetOwed:
    return next(one for one in liability.of(by=shop.owner, now=shop.now).totals if one.asset == asset)


def test_what_is_owed_stands_by_month_of_expiry_and_issuing_store(trade: Shop) -> None:
    may, june, store = date(2027, 5, 1), date(2026, 6, 1), "南京东路店"
    assert rows(trade) == [
        ("points", may, None, 10),
        ("points", may, store, 100),
        ("principal", None, store, 5000),
        ("bonus", june, store, 1000),
    ]


def test_points_are_worth_money_and_some_will_lapse(trade: Shop) -> None:
    """By June 2027 80 lapsed and 30 were used; of 200 new ones 145 are expected to lapse (7,273 in 10,000)."""
    trade.now = at(2026, 6, 10)
    member = db.value("SELECT min(id) FROM member")
    trade.give_points(member, -30)
    trade.now = at(2027, 6, 1)
    points.expire(member, by=trade.owner, now=trade.now)
    trade.give_points(member, 200)
    found = total(trade)
    assert (found.amount, found.worth_cents, found.breakage) == (200, 200, liability.Breakage(80, 30))
    assert (found.breakage.share_bp, found.expected_lapse) == (7273, 145)


def test_nothing_is_expected_to_lapse_before_anything_left(shop: Shop) -> None:
    shop.give_points(shop.member(), 100)
    assert (total(shop).breakage.share_bp, total(shop).expected_lapse) == (None, 0)


def test_what_has_expired_is_named_apart_until_the_sweep(trade: Shop) -> None:
    trade.now = at(2027, 6, 1)
    assert (total(trade).amount, total(trade).unswept) == (0, 110)
    assert [row[0] for row in rows(trade)] == ["principal"]


def test_what_is_set_aside_is_owed_even_if_it_has_expired(trade: Shop) -> None:
    member = int(db.value("SELECT min(id) FROM member"))
    cause = Cause("hold", "reward", 1, trade.owner, trade.now)
    lapses = Millis(trade.now + 500 * DAY)
    db.atomic(lambda: holds.place(posting.account(member, "points"), 60, cause, lapses_at=lapses))()
    trade.now = at(2027, 6, 1)
    assert (total(trade).amount, total(trade).held, total(trade).unswept) == (60, 60, 50)
    assert rows(trade)[:2] == [("points", date(2027, 5, 1), None, 10), ("points", date(2027, 5, 1), "南京东路店", 50)]


def test_points_passed_on_and_points_of_grace_stay_with_the_store_that_issued_them(trade: Shop) -> None:
    member, friend = int(db.value("SELECT min(id) FROM member")), trade.member()
    points.transfer(member, friend, 60, reason="gift", by=trade.owner, now=trade.now)
    sale = trade.sell(trade.basket(("dress", 1), member=friend, points=50))
    trade.now = at(2027, 7, 1)
    line = receipts.of(sale).lines[0].id
    refunds.refund(sale, (ReturnLine(line, 1000),), by=trade.owner, now=trade.now)
    found = liability.of(by=trade.owner, now=trade.now)
    grace = [(row.month, row.store, row.amount) for row in found.rows if row.asset == "points"]
    assert grace == [(date(2027, 7, 1), None, 10), (date(2027, 7, 1), "南京东路店", 40)]


def test_a_debt_is_named(trade: Shop) -> None:
    member = int(db.value("SELECT min(id) FROM member"))
    trade.give_points(member, -110)
    sale = int(db.value("SELECT min(id) FROM sale"))
    refunds.refund(sale, (ReturnLine(receipts.of(sale).lines[0].id, 1000),), by=trade.owner, now=trade.now)
    assert (total(trade).amount, total(trade).debt) == (0, 100)


def test_it_reads_in_parts(trade: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = liability.of(by=trade.owner, now=trade.now)
    monkeypatch.setattr(liability, "CHUNK", 1)
    assert liability.of(by=trade.owner, now=trade.now) == whole


def test_a_clerk_does_not_see_what_is_owed(trade: Shop) -> None:
    clerk = staff.actor_of(staff.create("wu", "吴", "clerk", password="long enough", by=trade.owner, now=trade.now))
    with pytest.raises(NotAllowed):
        liability.of(by=clerk, now=trade.now)
