"""The worked example of section 12 D through the verbs of a shop: a debt of points, and what repays it."""

import pytest

from core.base import db
from core.base.clock import Millis
from core.loyalty import points
from core.selling import receipts, refunds
from core.selling.refunds import ReturnLine
from tests import ledgers
from tests.shops import Shop, at

NOW = at(2026, 11, 30)


@pytest.fixture
def before(shop: Shop) -> tuple[Shop, int]:
    """Lot A of 90 points, to 31 Mar 2027."""
    shop.now = at(2026, 11, 1)
    shop.rule("points_expiry", "month_end")
    shop.rule("points_months", 4)
    shop.product("dress", 13_450)
    member = shop.member()
    shop.now = NOW
    shop.give_points(member, 90)
    assert lots(member) == [(90, 90, at(2027, 4, 1, 0))]
    return shop, member


def lots(member: int) -> list[tuple[int, int, Millis]]:
    """Every lot as (amount, what is left, the moment it ends), in the order they were made."""
    sql = (
        "SELECT l.original, l.remaining, l.expires_at FROM lot l JOIN account a ON a.id = l.account_id"
        " WHERE a.member_id = ? AND a.asset = 'points' ORDER BY l.id"
    )
    return [(row[0], row[1], row[2]) for row in db.rows(sql, (member,))]


def sold(shop: Shop, member: int) -> int:
    """A sale that redeems 50 of A and earns lot S of 134, to 30 Nov 2027; then 150 are spent: A 40, S 110."""
    shop.rule("points_expiry", "months")
    shop.rule("points_months", 12)
    sale = shop.sell(shop.basket(("dress", 1), member=member, points=50))
    assert receipts.of(sale).earned_points == 134
    shop.give_points(member, -150)
    assert [left for _, left, _ in lots(member)] == [0, 24]
    return sale


def give_back(shop: Shop, sale: int, now: Millis) -> int:
    """The whole sale comes back; the points taken."""
    lines = tuple(ReturnLine(line.id, line.quantity_milli) for line in receipts.of(sale).lines)
    refund = refunds.refund(sale, lines, by=shop.owner, now=now)
    return int(db.value("SELECT taken_points FROM refund WHERE id = ?", (refund,)))


def test_example_d_a_refund_makes_a_debt_that_later_earnings_repay(before: tuple[Shop, int]) -> None:
    """50 return to A; 134 are taken: S 24, A 50, debt 60. 45 leave a debt of 15; of 80 a lot keeps 65."""
    shop, member = before
    sale = sold(shop, member)
    assert lots(member)[1] == (134, 24, at(2027, 12, 1, 0))
    assert give_back(shop, sale, shop.now) == 134
    found = points.state(member, now=shop.now)
    assert ([left for _, left, _ in lots(member)], found.debt, found.balance) == ([0, 0], 60, -60)
    shop.give_points(member, 45)
    assert (points.state(member, now=shop.now).debt, points.state(member, now=shop.now).balance) == (15, -15)
    shop.give_points(member, 80)
    found = points.state(member, now=shop.now)
    assert ([left for _, left, _ in lots(member)], found.debt, found.balance, found.usable) == (
        [0, 0, 0, 65],
        0,
        65,
        65,
    )
    assert ledgers.broken() == {}


@pytest.mark.parametrize("swept", [False, True])
def test_example_d_the_expired_part_is_not_owed(before: tuple[Shop, int], swept: bool) -> None:
    """Had S's 24 expired before the refund: 110 are taken, A's 50 (which live on for the grace) and debt 60."""
    shop, member = before
    sale = sold(shop, member)
    later = at(2027, 12, 15)
    if swept:
        assert points.expire(member, by=shop.owner, now=later) == 24
    assert give_back(shop, sale, later) == 110
    points.expire(member, by=shop.owner, now=later)
    found = points.state(member, now=later)
    assert ([left for _, left, _ in lots(member)], found.debt, found.balance) == ([0, 0, 0], 60, -60)
    assert lots(member)[2] == (50, 0, at(2028, 1, 15, 0))
    assert ledgers.broken() == {}
