"""Lots, spends, debts, expiry and returns, with the figures of the rules of the shop, section 12 D."""

from collections.abc import Callable, Iterator

import pytest

from core.base import db
from core.base.clock import DAY, Millis
from core.books import posting
from core.books.posting import Cause
from core.goods import catalogue
from core.loyalty import points, statement
from core.selling import receipts, refunds
from core.selling.refunds import ReturnLine
from tests import ledgers
from tests.shops import Shop, at


@pytest.fixture
def member(shop: Shop) -> Iterator[int]:
    """A member without points; the ledgers are sound when the test ends."""
    yield shop.member()
    assert ledgers.broken() == {}


def cause(shop: Shop, kind: str = "test", *, ref: tuple[str, int] = ("test", 0), now: int = 0) -> Cause:
    return Cause(kind, *ref, shop.owner, Millis(now or shop.now), shop.store)


def do(work: Callable[[], int | tuple[int, int]]) -> int:
    """Run something inside a verb; the first number it gives."""
    given = db.atomic(work)()
    return given if isinstance(given, int) else given[0]


def credit(shop: Shop, member: int, amount: int, *, days: int | None = None, from_day: int = 0) -> int:
    expires = None if days is None else Millis(shop.now + days * DAY)
    available = Millis(shop.now + from_day * DAY) if from_day else None
    return do(
        lambda: posting.credit(
            posting.account(member, "points"), amount, cause(shop), expires_at=expires, available_at=available
        )
    )


def spend(shop: Shop, member: int, amount: int, *, now: int = 0) -> int:
    return do(lambda: posting.spend(posting.account(member, "points"), amount, cause(shop, now=now)))


def give_back(shop: Shop, entry: int, amount: int, *, now: int = 0, grace_days: int = 30) -> int:
    return do(
        lambda: posting.give_back(
            entry, amount, cause(shop, now=now), grace_until=Millis((now or shop.now) + grace_days * DAY)
        )
    )


def remaining(member: int) -> list[int]:
    """What is left of each lot, in the order they were made."""
    sql = "SELECT l.remaining FROM lot l JOIN account a ON a.id = l.account_id WHERE a.member_id = ? ORDER BY l.id"
    return [row[0] for row in db.rows(sql, (member,))]


def state(shop: Shop, member: int, *, now: int = 0) -> tuple[int, int, int]:
    """Balance, usable, debt."""
    found = points.state(member, now=Millis(now or shop.now))
    return found.balance, found.usable, found.debt


# --- spending ------------------------------------------------------------------------------------


def test_lots_are_spent_by_expiry_and_then_by_age(shop: Shop, member: int) -> None:
    for days in (None, 20, 10, 20):
        credit(shop, member, 10, days=days)
    spend(shop, member, 25)
    assert remaining(member) == [10, 0, 0, 5]


def test_an_older_lot_goes_first_even_with_a_higher_id(shop: Shop, member: int) -> None:
    credit(shop, member, 10, from_day=0)
    older = cause(shop, now=shop.now - DAY)
    do(lambda: posting.credit(posting.account(member, "points"), 10, older, expires_at=None))
    spend(shop, member, 10)
    assert remaining(member) == [10, 0]


def test_more_than_there_is_cannot_be_spent(shop: Shop, member: int) -> None:
    credit(shop, member, 10)
    with pytest.raises(posting.NotEnoughPoints) as refused:
        spend(shop, member, 13)
    assert (refused.value.facts["usable"], refused.value.facts["missing"]) == (10, 3)


def test_pending_points_cannot_be_spent_yet(shop: Shop, member: int) -> None:
    credit(shop, member, 10, from_day=7)
    assert state(shop, member) == (10, 0, 0)
    assert state(shop, member, now=shop.now + 7 * DAY) == (10, 10, 0)


def test_an_expired_lot_cannot_be_spent_before_the_sweep(shop: Shop, member: int) -> None:
    credit(shop, member, 10, days=1)
    with pytest.raises(posting.NotEnoughPoints):
        spend(shop, member, 1, now=shop.now + DAY)
    assert state(shop, member, now=shop.now + DAY) == (10, 0, 0)


def test_the_sweep_writes_off_what_has_expired_once(shop: Shop, member: int) -> None:
    credit(shop, member, 10, days=1)
    credit(shop, member, 5, days=2)
    swept = [points.expire(member, by=shop.owner, now=Millis(shop.now + DAY)) for _ in range(2)]
    assert (swept, state(shop, member)) == ([10, 0], (5, 5, 0))


def test_a_wallet_never_goes_below_zero(shop: Shop, member: int) -> None:
    with pytest.raises(posting.NotEnoughStored):
        do(lambda: posting.spend(posting.account(member, "principal"), 1, cause(shop)))


# --- giving back -----------------------------------------------------------------------------------


def test_points_return_to_their_lots_the_last_taken_first(shop: Shop, member: int) -> None:
    for days in (10, 20, 30):
        credit(shop, member, 10, days=days)
    entry = spend(shop, member, 25)
    give_back(shop, entry, 8)
    assert remaining(member) == [0, 3, 10]


def test_a_second_return_goes_on_where_the_first_ended(shop: Shop, member: int) -> None:
    credit(shop, member, 10, days=10)
    credit(shop, member, 10, days=20)
    entry = spend(shop, member, 20)
    give_back(shop, entry, 5)
    give_back(shop, entry, 8)
    assert remaining(member) == [3, 10]


def test_a_second_return_passes_a_lot_that_has_all_come_back(shop: Shop, member: int) -> None:
    credit(shop, member, 10, days=10)
    credit(shop, member, 10, days=20)
    entry = spend(shop, member, 20)
    give_back(shop, entry, 10)
    give_back(shop, entry, 10)
    assert remaining(member) == [10, 10]


def test_points_of_an_expired_lot_return_with_thirty_days_of_grace(shop: Shop, member: int) -> None:
    credit(shop, member, 10, days=10)
    entry = spend(shop, member, 10)
    late = shop.now + 11 * DAY
    give_back(shop, entry, 4, now=late)
    assert remaining(member) == [0, 4]
    assert state(shop, member, now=late + 30 * DAY - 1) == (4, 4, 0)
    assert state(shop, member, now=late + 30 * DAY) == (4, 0, 0)


@pytest.mark.parametrize("amount", [16, 17, 40, 64, 65, 100])
def test_a_spend_takes_as_many_lots_as_it_needs(shop: Shop, member: int, amount: int) -> None:
    """A hundred lots of one point: lots are read sixteen, sixty-four, then more at a time."""
    for _ in range(100):
        credit(shop, member, 1)
    spend(shop, member, amount)
    assert (remaining(member).count(0), state(shop, member)) == (amount, (100 - amount, 100 - amount, 0))


def test_where_nothing_is_due_nothing_is_written(shop: Shop, member: int) -> None:
    credit(shop, member, 10)
    before = db.value("SELECT count(*) FROM entry")
    taken = []

    @db.atomic
    def take() -> None:
        taken.append(posting.take_back(posting.account(member, "points"), 0, cause(shop), sale_id=7))

    take()
    assert (taken, db.value("SELECT count(*) FROM entry")) == ([(0, 0)], before)


def test_more_than_was_spent_never_returns(shop: Shop, member: int) -> None:
    credit(shop, member, 10)
    entry = spend(shop, member, 6)
    with pytest.raises(AssertionError):
        give_back(shop, entry, 7)


# --- taking back: the worked example of section 12 D ------------------------------------------------


@pytest.fixture
def sale_d(shop: Shop, member: int) -> tuple[Shop, int, int]:
    """Lot A 90; a sale redeems 50 of A and earns lot S 134; then 150 are spent: A 40, S 110."""
    shop.now = at(2026, 11, 30)
    credit(shop, member, 90, days=121)
    shop.product("dress", 13_450)
    sale = shop.sell(shop.basket(("dress", 1), member=member, points=50))
    assert receipts.of(sale).earned_points == 134
    spend(shop, member, 150)
    assert remaining(member) == [0, 24]
    return shop, member, sale


def return_whole(shop: Shop, sale: int, *, now: int = 0) -> None:
    lines = tuple(ReturnLine(line.id, line.quantity_milli) for line in receipts.of(sale).lines)
    refunds.refund(sale, lines, by=shop.owner, now=Millis(now or shop.now))


def test_example_d_what_was_spent_of_an_earning_becomes_a_debt(sale_d: tuple[Shop, int, int]) -> None:
    shop, member, sale = sale_d
    return_whole(shop, sale)
    assert state(shop, member) == (-60, 0, 60)


def test_example_d_later_earnings_repay_first(sale_d: tuple[Shop, int, int]) -> None:
    shop, member, sale = sale_d
    return_whole(shop, sale)
    credit(shop, member, 45)
    assert state(shop, member) == (-15, 0, 15)
    credit(shop, member, 80)
    assert (state(shop, member), remaining(member)[-1]) == ((65, 65, 0), 65)


@pytest.mark.parametrize("swept", [True, False])
def test_example_d_what_expired_is_not_owed(sale_d: tuple[Shop, int, int], swept: bool) -> None:
    """S's 24 expire first (A is made to last, as the example's A had not expired)."""
    shop, member, sale = sale_d
    db.run("UPDATE lot SET expires_at = ? WHERE ref_kind = 'sale'", (shop.now + DAY,))
    late = Millis(shop.now + 2 * DAY)
    if swept:
        assert points.expire(member, by=shop.owner, now=late) == 24
    return_whole(shop, sale, now=late)
    points.expire(member, by=shop.owner, now=late)
    assert db.value("SELECT taken_points FROM refund") == 110
    assert state(shop, member, now=late) == (-60, 0, 60)


def test_points_returned_from_a_lapsed_earning_are_not_excused(shop: Shop, member: int) -> None:
    """They went on in a lot of grace: the earning's refund takes them there."""
    shop.product("dress", 10_000)
    earning = shop.sell(shop.basket(("dress", 1), member=member))
    spending = shop.sell(shop.basket(("dress", 1), member=member, points=100))
    late = Millis(shop.now + 500 * DAY)
    points.expire(member, by=shop.owner, now=late)
    return_whole(shop, spending, now=late)
    assert state(shop, member, now=late) == (100, 100, 0)
    return_whole(shop, earning, now=late)
    assert state(shop, member, now=late) == (0, 0, 0)


def test_pending_points_are_taken_before_a_debt_is_made(shop: Shop, member: int) -> None:
    shop.product("dress", 10_000)
    sale = shop.sell(shop.basket(("dress", 1), member=member))
    spend(shop, member, 100)
    credit(shop, member, 30, from_day=7)
    return_whole(shop, sale)
    assert state(shop, member) == (-70, 0, 70)


def test_a_debt_is_repaid_by_returned_points_too(shop: Shop, member: int) -> None:
    shop.product("dress", 10_000)
    sale = shop.sell(shop.basket(("dress", 1), member=member))
    entry = spend(shop, member, 100)
    return_whole(shop, sale)
    assert state(shop, member) == (-100, 0, 100)
    give_back(shop, entry, 100)
    assert state(shop, member) == (0, 0, 0)


def test_a_debt_is_repaid_once_by_points_that_return_to_two_lots(shop: Shop, member: int) -> None:
    credit(shop, member, 60, days=10)
    credit(shop, member, 60, days=20)
    entry = spend(shop, member, 120)
    shop.product("dress", 10_000)
    sale = shop.sell(shop.basket(("dress", 1), member=member))
    spend(shop, member, 100)
    return_whole(shop, sale)
    give_back(shop, entry, 120)
    assert state(shop, member) == (20, 20, 0)


def test_what_lapsed_is_excused_once_over_two_refunds(shop: Shop, member: int) -> None:
    """Two dresses earn 134; 110 are spent and 24 lapse: the refunds owe 67 less 24, then 67."""
    shop.product("dress", 6700)
    sale = shop.sell(shop.basket(("dress", 2), member=member))
    spend(shop, member, 110)
    late = Millis(shop.now + 500 * DAY)
    points.expire(member, by=shop.owner, now=late)
    line = receipts.of(sale).lines[0].id
    for _ in range(2):
        refunds.refund(sale, (ReturnLine(line, 1000),), by=shop.owner, now=late)
    assert [row[0] for row in db.rows("SELECT taken_points FROM refund ORDER BY number")] == [43, 67]


# --- adjusting by hand -------------------------------------------------------------------------------


def test_an_adjustment_says_why(shop: Shop, member: int) -> None:
    with pytest.raises(points.ReasonMissing):
        points.adjust(member, 5, reason="  ", by=shop.owner, now=shop.now)


def test_an_adjustment_stands_in_the_statement(shop: Shop, member: int) -> None:
    points.adjust(member, 50, reason="apology", by=shop.owner, now=shop.now)
    points.adjust(member, -20, reason="mistake", by=shop.owner, now=Millis(shop.now + 1))
    rows = [(row.amount, row.balance_after, row.reason) for row in statement.of(member, "points")]
    assert rows == [(-20, 30, "mistake"), (50, 50, "apology")]


def test_only_the_owner_adjusts_above_the_limit(shop: Shop, member: int) -> None:
    from core.people import staff

    manager_id = staff.create("mei", "梅", "manager", password="long enough", by=shop.owner, now=shop.now)
    with pytest.raises(points.AdjustmentTooLarge):
        points.adjust(member, 501, reason="gift", by=staff.actor_of(manager_id), now=shop.now)


def test_the_catalogue_knows_no_points_on_what_is_bought_with_money_only(shop: Shop, member: int) -> None:
    card = shop.product("gift card", 5000, kind="gift_card", points_each=50)
    assert catalogue.get(card).points_each == 0
