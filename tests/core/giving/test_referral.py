"""Bringing a friend: both sides are rewarded at the first purchase, within the month's cap; one person is not two."""

import pytest

from core.base import db
from core.base.clock import DAY, HOUR, Millis
from core.giving import referral
from core.keeping import doctor
from core.loyalty import points
from core.people import credentials, devices, members
from core.people.birthdays import Birthday
from core.people.members import Joining
from core.selling import exchanges, receipts, refunds, reversals
from core.selling.refunds import ReturnLine
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


# --- one person is not two -------------------------------------------------------------------------


def screen(shop: Shop, name: str = "screen") -> int:
    code = devices.new_pairing(shop.store, name, by=shop.owner, now=shop.now)
    return devices.pair(code, now=shop.now)[0].id


def joined(shop: Shop, *, after: int = 0, **given: object) -> int:
    joining = Joining(store_id=shop.store, **given)  # type: ignore[arg-type]
    return members.join(joining, by=shop.owner, now=Millis(shop.now + after))


def pair(shop: Shop, first: dict[str, object], second: dict[str, object], *, after: int = 0) -> tuple[int, int]:
    """Somebody, and a friend they brought."""
    shop.product("tea", 1000)
    referrer = joined(shop, **first)
    return referrer, joined(shop, referrer_card=credentials.card_of(referrer), after=after, **second)


@pytest.mark.parametrize(
    ("first", "second", "after", "why"),
    [
        ({"device_id": 0}, {"device_id": 0}, HOUR, "both joined at one screen within an hour"),
        ({"device_id": 0}, {"device_id": 0}, HOUR + 1, None),
        ({"device_id": 0}, {"device_id": 1}, 1, None),
        ({"browser": "a"}, {"browser": "a"}, 20 * DAY, "both joined on one phone"),
        ({"browser": "a"}, {"browser": "b"}, 1, None),
        ({}, {}, 1, None),
    ],
)
def test_a_friend_on_the_same_screen_or_phone_is_noted_and_not_rewarded(
    shop: Shop, first: dict[str, object], second: dict[str, object], after: int, why: str | None
) -> None:
    screens = {0: screen(shop), 1: screen(shop, "other")}
    at_screens = [
        {name: screens[value] if isinstance(value, int) else value for name, value in given.items()}
        for given in (first, second)
    ]
    referrer, brought = pair(shop, *at_screens, after=after)
    shop.sell(shop.basket(("tea", 1), member=brought), now=Millis(shop.now + after))
    (noted,) = referral.brought_by(referrer)
    assert (None if noted.why_not is None else str(noted.why_not)) == why
    assert (balance(shop, referrer), balance(shop, brought)) == ((0, 10) if why else (100, 110))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"email": "li@example.com"}, {"email": "LI@example.com"}),
        ({"name": "李雷", "birthday": Birthday("solar", 3, 1, 1990)},) * 2,
    ],
)
def test_two_cards_of_one_person_are_found_at_the_first_purchase(
    shop: Shop, first: dict[str, object], second: dict[str, object]
) -> None:
    referrer, brought = pair(shop, first, second)
    shop.sell(shop.basket(("tea", 1), member=brought))
    assert (balance(shop, referrer), balance(shop, brought)) == (0, 10)
    assert str(referral.of_friend(brought).why_not) == "both seem to be one person"  # type: ignore[union-attr]


def test_two_people_of_one_name_are_two(shop: Shop) -> None:
    referrer, brought = pair(shop, {"name": "李雷"}, {"name": "李雷"})
    shop.sell(shop.basket(("tea", 1), member=brought))
    assert balance(shop, referrer) == 100


def test_nobody_brings_themselves(shop: Shop) -> None:
    @db.atomic
    def refer(member: int) -> None:
        referral.referred(member, member, by=shop.owner, now=shop.now)

    member = shop.member()
    refer(member)
    assert referral.of_friend(member) is None


# --- what comes back -------------------------------------------------------------------------------


def give_back(shop: Shop, sale: int, *, now: Millis | None = None) -> None:
    line = receipts.of(sale).lines[0]
    refunds.refund(sale, (ReturnLine(line.id, 1000),), by=shop.owner, now=now or shop.now)


def test_a_friend_who_brings_everything_back_takes_the_reward_with_it(shop: Shop, referrer: int) -> None:
    brought = friend(shop, referrer)
    give_back(shop, shop.sell(shop.basket(("tea", 1), member=brought)))
    assert (balance(shop, referrer), balance(shop, brought)) == (0, 0)
    assert doctor.examine(now=shop.now) == []


def test_the_next_purchase_brings_the_reward_again(shop: Shop, referrer: int) -> None:
    brought = friend(shop, referrer)
    give_back(shop, shop.sell(shop.basket(("tea", 1), member=brought)))
    shop.sell(shop.basket(("tea", 1), member=brought))
    assert (balance(shop, referrer), balance(shop, brought)) == (100, 110)


def test_a_reward_that_was_spent_is_owed(shop: Shop, referrer: int) -> None:
    sale = shop.sell(shop.basket(("tea", 1), member=friend(shop, referrer)))
    points.adjust(referrer, -80, reason="mug", by=shop.owner, now=shop.now)
    give_back(shop, sale)
    assert points.state(referrer, now=shop.now).debt == 80


def test_another_purchase_keeps_the_reward(shop: Shop, referrer: int) -> None:
    brought = friend(shop, referrer)
    sale = shop.sell(shop.basket(("tea", 1), member=brought))
    shop.sell(shop.basket(("tea", 1), member=brought))
    give_back(shop, sale)
    assert (balance(shop, referrer), balance(shop, brought)) == (100, 110)


@pytest.mark.parametrize(("days", "kept"), [(29, 0), (30, 100)])
def test_after_the_shops_days_a_refund_leaves_the_reward(shop: Shop, referrer: int, days: int, kept: int) -> None:
    sale = shop.sell(shop.basket(("tea", 1), member=friend(shop, referrer)))
    give_back(shop, sale, now=Millis(shop.now + days * DAY))
    assert balance(shop, referrer) == kept


def test_a_sale_undone_takes_the_reward_with_it(shop: Shop, referrer: int) -> None:
    sale = shop.sell(shop.basket(("tea", 1), member=friend(shop, referrer)))
    reversals.void(sale, by=shop.owner, now=shop.now)
    assert balance(shop, referrer) == 0


def test_an_exchange_leaves_the_reward_as_it_was(shop: Shop, referrer: int) -> None:
    brought = friend(shop, referrer)
    sale = shop.sell(shop.basket(("tea", 1), member=brought))
    basket = shop.basket(("tea", 1), member=brought)
    request = exchanges.SaleRequest(basket, (), 1000, proof=shop.proof(brought))
    line = receipts.of(sale).lines[0].id
    exchanges.exchange(sale, (ReturnLine(line, 1000),), request, by=shop.owner, now=shop.now)
    assert (balance(shop, referrer), balance(shop, brought)) == (100, 110)
    assert doctor.examine(now=shop.now) == []
