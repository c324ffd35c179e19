"""What is set aside cannot be spent otherwise, and comes free once."""

from collections.abc import Callable

import pytest

from core.base import db
from core.base.clock import HOUR, Millis
from core.books import holds, posting
from core.books.posting import Cause
from tests.shops import Shop


def do(work: Callable[[], int]) -> int:
    return db.atomic(work)()


@pytest.fixture
def member(shop: Shop) -> int:
    member_id = shop.member()
    shop.give_points(member_id, 100)
    return member_id


def place(shop: Shop, member: int, amount: int) -> int:
    cause = Cause("hold", "reward", 1, shop.owner, shop.now)
    lapses = Millis(shop.now + HOUR)
    return do(lambda: holds.place(posting.account(member, "points"), amount, cause, lapses_at=lapses))


def test_held_points_are_not_usable(shop: Shop, member: int) -> None:
    place(shop, member, 70)
    assert posting.usable(member, "points", now=shop.now) == 30


def test_no_more_is_held_than_is_free(shop: Shop, member: int) -> None:
    place(shop, member, 70)
    with pytest.raises(posting.NotEnoughPoints):
        place(shop, member, 31)


@pytest.mark.parametrize("how", ["captured", "released", "lapsed"])
def test_an_ended_hold_frees_its_amount_once(shop: Shop, member: int, how: str) -> None:
    hold = place(shop, member, 70)
    assert do(lambda: holds.end(hold, how, now=shop.now)) == 70
    with pytest.raises(holds.HoldOver):
        do(lambda: holds.end(hold, how, now=shop.now))
    assert posting.usable(member, "points", now=shop.now) == 100


def test_a_hold_whose_time_is_over_cannot_be_captured(shop: Shop, member: int) -> None:
    hold = place(shop, member, 70)
    with pytest.raises(holds.HoldOver):
        do(lambda: holds.end(hold, "captured", now=Millis(shop.now + HOUR)))
