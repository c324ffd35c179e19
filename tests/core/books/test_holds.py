"""What is set aside cannot be spent otherwise, is used to the last unit, and comes free once."""

from collections.abc import Callable, Iterator

import pytest

from core.base import db
from core.base.clock import DAY, HOUR, Millis
from core.books import holds, posting
from core.books.posting import Cause
from core.loyalty import points
from core.selling import receipts, refunds
from core.selling.refunds import ReturnLine
from tests import ledgers
from tests.shops import Shop


def do(work: Callable[[], int]) -> int:
    return db.atomic(work)()


@pytest.fixture
def member(shop: Shop) -> Iterator[int]:
    """A member with a lot of 60 for ten days and one of 40 for a month; the books are sound afterwards."""
    member_id = shop.member()
    for amount, days in ((40, 30), (60, 10)):
        do(lambda a=amount, d=days: posting.credit(
            posting.account(member_id, "points"), a, cause(shop), expires_at=Millis(shop.now + d * DAY)))  # fmt: skip
    yield member_id
    assert ledgers.broken() == {}


def cause(shop: Shop, *, now: int = 0) -> Cause:
    return Cause("test", "reward", 1, shop.owner, Millis(now or shop.now))


def place(shop: Shop, member: int, amount: int, *, lapses: int = 0) -> int:
    lapses_at = Millis(lapses or shop.now + HOUR)
    return do(lambda: holds.place(posting.account(member, "points"), amount, cause(shop), lapses_at=lapses_at))


def capture(shop: Shop, hold: int, *, now: int = 0) -> int:
    return do(lambda: posting.capture(hold, cause(shop, now=now)))


def end(shop: Shop, hold: int, how: str) -> int:
    return do(lambda: holds.end(hold, how, now=shop.now).amount)


def remaining(member: int) -> list[tuple[int, int]]:
    """What is left of each lot and how much of it is set aside, the first to expire first."""
    sql = "SELECT l.remaining, l.held FROM lot l JOIN account a ON a.id = l.account_id WHERE a.member_id = ?"
    return [(left, held) for left, held in db.rows(f"{sql} ORDER BY l.expires_at", (member,))]


def test_held_points_are_not_usable(shop: Shop, member: int) -> None:
    place(shop, member, 70)
    assert posting.usable(member, "points", now=shop.now) == 30
    assert remaining(member) == [(60, 60), (40, 10)]


def test_no_more_is_held_than_is_free(shop: Shop, member: int) -> None:
    place(shop, member, 70)
    with pytest.raises(posting.NotEnoughPoints) as refused:
        place(shop, member, 31)
    assert refused.value.facts["missing"] == 1


def test_what_is_held_is_not_spent_otherwise(shop: Shop, member: int) -> None:
    place(shop, member, 70)
    with pytest.raises(posting.NotEnoughPoints):
        shop.give_points(member, -31)
    shop.give_points(member, -30)
    assert remaining(member) == [(60, 60), (10, 10)]


def test_a_captured_hold_spends_the_very_lots_once(shop: Shop, member: int) -> None:
    hold = place(shop, member, 70)
    capture(shop, hold)
    assert remaining(member) == [(0, 0), (30, 0)]
    with pytest.raises(holds.HoldOver) as refused:
        capture(shop, hold)
    assert "used" in refused.value.sentence()


def test_a_captured_hold_can_be_given_back(shop: Shop, member: int) -> None:
    entry = capture(shop, place(shop, member, 70))
    do(lambda: posting.give_back(entry, 70, cause(shop), grace_until=Millis(shop.now + 30 * DAY)))
    assert remaining(member) == [(60, 0), (40, 0)]


@pytest.mark.parametrize("how", ["released", "lapsed"])
def test_an_ended_hold_frees_its_amount_once(shop: Shop, member: int, how: str) -> None:
    hold = place(shop, member, 70)
    assert end(shop, hold, how) == 70
    with pytest.raises(holds.HoldOver):
        end(shop, hold, how)
    assert posting.usable(member, "points", now=shop.now) == 100


def test_a_hold_whose_time_is_over_cannot_be_captured(shop: Shop, member: int) -> None:
    hold = place(shop, member, 70)
    with pytest.raises(holds.HoldOver) as refused:
        capture(shop, hold, now=shop.now + HOUR)
    assert "time was over" in refused.value.sentence()
    assert refused.value.facts["ended_at"] == shop.now + HOUR


def test_an_unknown_hold_is_named(shop: Shop, member: int) -> None:
    with pytest.raises(holds.HoldUnknown):
        capture(shop, 7)


def test_what_expires_meanwhile_is_kept_for_the_hold(shop: Shop, member: int) -> None:
    """70 are set aside for a month; on day eleven the lot of 60 has expired and the sweep has run."""
    hold = place(shop, member, 70, lapses=shop.now + 30 * DAY)
    late = Millis(shop.now + 11 * DAY)
    assert points.expire(member, by=shop.owner, now=late) == 0
    assert points.members_with_expired(now=late) == []
    capture(shop, hold, now=late)
    assert remaining(member) == [(0, 0), (30, 0)]


def test_what_expired_meanwhile_lapses_when_the_hold_is_released(shop: Shop, member: int) -> None:
    hold = place(shop, member, 70, lapses=shop.now + 30 * DAY)
    late = Millis(shop.now + 11 * DAY)
    end(shop, hold, "released")
    assert posting.usable(member, "points", now=late) == 40
    assert points.expire(member, by=shop.owner, now=late) == 60


# --- a refund and what is set aside -----------------------------------------------------------------


@pytest.fixture
def sale(shop: Shop, member: int) -> int:
    """A dress for 100.00 earns 100 that last for a year; then all 200 points are set aside in two holds."""
    shop.product("dress", 10_000)
    return shop.sell(shop.basket(("dress", 1), member=member))


def bring_back(shop: Shop, sale: int) -> int:
    line = receipts.of(sale).lines[0]
    refunds.refund(sale, (ReturnLine(line.id, line.quantity_milli),), by=shop.owner, now=shop.now)
    return int(db.value("SELECT taken_points FROM refund WHERE sale_id = ?", (sale,)))


def states() -> list[str]:
    return [state for (state,) in db.rows("SELECT state FROM hold ORDER BY id")]


def test_a_refund_takes_its_own_lot_even_if_it_is_set_aside(shop: Shop, member: int, sale: int) -> None:
    place(shop, member, 90)
    place(shop, member, 100)
    assert bring_back(shop, sale) == 100
    assert states() == ["held", "broken"]
    assert posting.account(member, "points").debt == 0


def test_a_refund_ends_holds_before_it_makes_a_debt(shop: Shop, member: int, sale: int) -> None:
    """All but 10 of the earned 100 were spent before 100 were set aside: 10 are its own, 90 come from the hold."""
    first = place(shop, member, 100)
    shop.give_points(member, -90)
    assert bring_back(shop, sale) == 100
    assert states() == ["broken"]
    assert posting.usable(member, "points", now=shop.now) == 10
    with pytest.raises(holds.HoldOver, match="taken back by a refund"):
        capture(shop, first)


def test_points_of_grace_go_on_as_the_lot_they_came_from(shop: Shop, member: int, sale: int) -> None:
    """The earned 100 are spent, expire, come back with grace and lapse again: nothing of them is owed."""
    shop.give_points(member, -100)
    db.run("UPDATE lot SET expires_at = ? WHERE ref_kind = 'sale'", (shop.now + DAY,))
    spending = shop.sell(shop.basket(("dress", 1), member=member, points=100))
    shop.now = Millis(shop.now + 2 * DAY)
    bring_back(shop, spending)
    shop.now = Millis(shop.now + 31 * DAY)
    assert bring_back(shop, sale) == 0
    points.expire(member, by=shop.owner, now=shop.now)
    assert posting.account(member, "points").debt == 0


def test_what_has_expired_repays_no_debt(shop: Shop, member: int, sale: int) -> None:
    """55 of the lot of 60 are spent and 5 lapse unswept; the 55 come back with grace and repay alone."""
    entry = do(lambda: posting.spend(posting.account(member, "points"), 55, cause(shop)))
    db.run("UPDATE lot SET expires_at = ? WHERE original = 60", (shop.now + 1,))
    shop.now = Millis(shop.now + 1)
    shop.give_points(member, -140)
    assert bring_back(shop, sale) == 100
    do(lambda: posting.give_back(entry, 55, cause(shop), grace_until=Millis(shop.now + 30 * DAY)))
    assert posting.account(member, "points").debt == 45
    assert remaining(member)[0] == (5, 0)
