"""Points passed on keep their dates, pay the receiver's debt first, and need an approval above the limit."""

from collections.abc import Iterator

import pytest

from core.base import access, db
from core.base.access import Actor
from core.base.clock import DAY, Millis
from core.books import accounts, posting, requests
from core.books.posting import Cause
from core.loyalty import points
from core.people import staff
from core.selling import receipts, refunds
from core.selling.refunds import ReturnLine
from tests import ledgers
from tests.shops import Shop


@pytest.fixture
def pair(shop: Shop) -> Iterator[tuple[int, int]]:
    """A giver with 300 for ten days, issued by the store, and 300 for ever; and a friend without any."""
    giver, friend = shop.member(), shop.member()
    for days, store in ((None, None), (10, shop.store)):
        cause = Cause("test", "test", 0, shop.owner, shop.now, store)
        expires = None if days is None else Millis(shop.now + days * DAY)
        db.atomic(lambda e=expires, c=cause: posting.credit(posting.account(giver, "points"), 300, c, expires_at=e))()
    yield giver, friend
    assert ledgers.broken() == {}


def pass_on(shop: Shop, pair: tuple[int, int], amount: int, **given: object) -> int:
    facts = {"reason": "gift", "by": shop.owner, "now": shop.now} | given
    return points.transfer(*pair, amount, **facts)  # type: ignore[arg-type]


def lots(member: int) -> list[tuple[int, int | None, int | None]]:
    sql = (
        "SELECT l.remaining, l.expires_at, l.store_id FROM lot l JOIN account a ON a.id = l.account_id"
        " WHERE a.member_id = ? AND l.remaining > 0 ORDER BY l.expires_at IS NULL, l.expires_at"
    )
    return [(left, expires, store) for left, expires, store in db.rows(sql, (member,))]


def member_actor(member: int) -> Actor:
    return Actor(kind="member", id=member, name="", door="phone", rights=access.SELF)


def clerk(shop: Shop, *rights: str) -> Actor:
    clerk_id = staff.create(f"clerk{len(rights)}", "吴", "clerk", password="long enough", by=shop.owner, now=shop.now)
    given = [{"staff_id": clerk_id, "name": right, "granted": 1} for right in rights]
    db.atomic(lambda: db.add_many("staff_right", given))()
    return staff.actor_of(clerk_id)


def test_points_passed_on_keep_their_dates_and_their_store(shop: Shop, pair: tuple[int, int]) -> None:
    pass_on(shop, pair, 400)
    assert lots(pair[0]) == [(200, None, None)]
    assert lots(pair[1]) == [(300, shop.now + 10 * DAY, shop.store), (100, None, None)]


def test_each_new_lot_names_the_one_it_goes_on_from(shop: Shop, pair: tuple[int, int]) -> None:
    pass_on(shop, pair, 400)
    sql = "SELECT f.original, l.original FROM lot l JOIN lot f ON f.id = l.from_lot_id ORDER BY l.id"
    assert db.rows(sql) == [(300, 300), (300, 100)]


def test_a_transfer_repays_the_receivers_debt_first(shop: Shop, pair: tuple[int, int]) -> None:
    _giver, friend = pair
    shop.product("dress", 10_000)
    sale = shop.sell(shop.basket(("dress", 1), member=friend))
    shop.give_points(friend, -100)
    line = receipts.of(sale).lines[0].id
    refunds.refund(sale, (ReturnLine(line, 1000),), by=shop.owner, now=shop.now)
    pass_on(shop, pair, 350)
    assert lots(friend) == [(200, shop.now + 10 * DAY, shop.store), (50, None, None)]
    assert points.state(friend, now=shop.now).debt == 0


def test_points_passed_on_are_owed_when_their_sale_comes_back(shop: Shop, pair: tuple[int, int]) -> None:
    giver, friend = pair
    shop.product("dress", 10_000)
    sale = shop.sell(shop.basket(("dress", 1), member=friend))
    points.transfer(friend, giver, 100, reason="back", by=shop.owner, now=shop.now)
    refunds.refund(sale, (ReturnLine(receipts.of(sale).lines[0].id, 1000),), by=shop.owner, now=shop.now)
    assert points.state(friend, now=shop.now).debt == 100


def test_no_more_is_passed_on_than_is_free(shop: Shop, pair: tuple[int, int]) -> None:
    with pytest.raises(posting.NotEnoughPoints) as refused:
        pass_on(shop, pair, 601)
    assert refused.value.facts["missing"] == 1


def test_the_same_key_passes_on_once(shop: Shop, pair: tuple[int, int]) -> None:
    assert pass_on(shop, pair, 100, key="k") == pass_on(shop, pair, 100, key="k")
    assert points.state(pair[1], now=shop.now).balance == 100
    with pytest.raises(requests.KeyReused):
        pass_on(shop, pair, 101, key="k")


@pytest.mark.parametrize("amount", [0, -5])
def test_nothing_cannot_be_passed_on(shop: Shop, pair: tuple[int, int], amount: int) -> None:
    with pytest.raises(accounts.AmountInvalid):
        pass_on(shop, pair, amount)


def test_a_member_cannot_pass_points_on_to_themselves(shop: Shop, pair: tuple[int, int]) -> None:
    with pytest.raises(points.TransferToSelf):
        points.transfer(pair[0], pair[0], 5, reason="x", by=shop.owner, now=shop.now)


def test_a_transfer_says_why(shop: Shop, pair: tuple[int, int]) -> None:
    with pytest.raises(points.ReasonMissing):
        pass_on(shop, pair, 5, reason=" ")


def test_a_clerk_passes_nothing_on(shop: Shop, pair: tuple[int, int]) -> None:
    with pytest.raises(access.NotAllowed):
        pass_on(shop, pair, 5, by=clerk(shop))


def test_a_member_passes_on_their_own_up_to_the_limit(shop: Shop, pair: tuple[int, int]) -> None:
    pass_on(shop, pair, 500, by=member_actor(pair[0]))
    with pytest.raises(access.NotAllowed):
        pass_on(shop, pair, 5, by=member_actor(pair[1]))


def test_above_the_limit_a_manager_approves(shop: Shop, pair: tuple[int, int]) -> None:
    trusted = clerk(shop, "adjust")
    with pytest.raises(points.TransferTooLarge) as refused:
        pass_on(shop, pair, 501, by=trusted, approved_by=clerk(shop))
    assert "500" in refused.value.sentence()
    pass_on(shop, pair, 501, by=trusted, approved_by=shop.owner)
    after = db.value("SELECT after FROM audit WHERE action = 'points.transferred'")
    assert f'"approved_by": "{shop.owner.tag}"' in after


def test_an_approval_of_someone_dismissed_is_worth_nothing(shop: Shop, pair: tuple[int, int]) -> None:
    from core.books.audit import SignedOut

    manager_id = staff.create("mei", "梅", "manager", password="long enough", by=shop.owner, now=shop.now)
    manager = staff.actor_of(manager_id)
    staff.close(manager_id, by=shop.owner, now=shop.now)
    with pytest.raises(SignedOut):
        pass_on(shop, pair, 501, by=clerk(shop, "adjust"), approved_by=manager)


def test_two_transfers_that_cross_both_end(shop: Shop, pair: tuple[int, int]) -> None:
    """Each locks both members in the order of their ids."""
    import threading

    giver, friend = pair
    shop.give_points(friend, 500)
    wrong: list[BaseException] = []

    def send(one: int, other: int) -> None:
        db.attach()
        try:
            for _ in range(10):
                points.transfer(one, other, 10, reason="x", by=shop.owner, now=shop.now)
        except BaseException as error:  # told to the test's own thread
            wrong.append(error)
        finally:
            db.detach()

    both = [threading.Thread(target=send, args=way) for way in ((giver, friend), (friend, giver))]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert wrong == []
    assert (points.state(giver, now=shop.now).balance, points.state(friend, now=shop.now).balance) == (600, 500)
