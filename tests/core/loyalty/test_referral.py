"""Bringing a friend: both sides are rewarded at the first purchase, within the month's cap."""

import pytest

from core.base.clock import DAY, Millis
from core.loyalty import points
from core.people import credentials, members
from core.selling import receipts
from tests.shops import Shop


@pytest.fixture
def referrer(shop: Shop) -> int:
    shop.product("tea", 1000)
    return shop.member()


def friend(shop: Shop, referrer: int) -> int:
    return shop.member(referrer_card=credentials.card_of(referrer))


def balance(shop: Shop, member: int) -> int:
    return points.state(member, now=shop.now).balance


def test_joining_alone_gives_nothing(shop: Shop, referrer: int) -> None:
    friend(shop, referrer)
    assert balance(shop, referrer) == 0


def test_both_sides_are_rewarded_at_the_first_purchase(shop: Shop, referrer: int) -> None:
    brought = friend(shop, referrer)
    shop.sell(shop.basket(("tea", 1), member=brought))
    assert (balance(shop, referrer), balance(shop, brought)) == (100, 110)


def test_the_second_purchase_gives_nothing_more(shop: Shop, referrer: int) -> None:
    brought = friend(shop, referrer)
    for _ in range(2):
        shop.sell(shop.basket(("tea", 1), member=brought))
    assert (balance(shop, referrer), balance(shop, brought)) == (100, 120)


def test_beyond_the_months_cap_only_the_friend_is_rewarded(shop: Shop, referrer: int) -> None:
    shop.rule("referral_cap_month", 2)
    for _ in range(3):
        shop.sell(shop.basket(("tea", 1), member=friend(shop, referrer)))
    assert balance(shop, referrer) == 200
    shop.sell(shop.basket(("tea", 1), member=friend(shop, referrer)), now=Millis(shop.now + 5 * DAY))
    assert balance(shop, referrer) == 300


def test_a_top_up_is_no_first_purchase(shop: Shop, referrer: int) -> None:
    brought = friend(shop, referrer)
    shop.top_up(brought, 5000)
    assert balance(shop, referrer) == 0


def test_a_blocked_referrer_keeps_no_friend_from_buying(shop: Shop, referrer: int) -> None:
    brought = friend(shop, referrer)
    members.set_state(referrer, "blocked", by=shop.owner, now=shop.now)
    sale = shop.sell(shop.basket(("tea", 1), member=brought))
    assert receipts.of(sale).total_cents == 1000
    assert (balance(shop, referrer), balance(shop, brought)) == (0, 110)


def test_an_unknown_card_brings_nobody(shop: Shop) -> None:
    member = shop.member(referrer_card="C1.0000000000000")
    shop.product("tea", 1000)
    shop.sell(shop.basket(("tea", 1), member=member))
    assert balance(shop, member) == 10
