"""The list of rewards: made, changed, retired, and why a member cannot have one."""

import pytest

from core.base.clock import DAY, Millis
from core.base.errors import NotAllowed
from core.giving import redemptions, rewards
from core.giving.rewards import RewardInvalid, RewardTerms, RewardUnknown
from core.goods.catalogue import ProductUnknown
from core.people import members
from core.people.birthdays import Birthday
from tests.shops import Shop


def reward(shop: Shop, name: str = "mug", *, stock: int | None = None, points: int = 100, **terms: object) -> int:
    given = RewardTerms(kind="product", points=points, **terms)  # type: ignore[arg-type]
    return rewards.create(name, given, stock=stock, by=shop.owner, now=shop.now)


def why(shop: Shop, member: int) -> str | None:
    (offer,) = rewards.offers(member, now=shop.now)
    return None if offer.why_not is None else str(offer.why_not)


def test_the_list_shows_the_cheapest_first_and_what_is_missing(shop: Shop) -> None:
    member = shop.member()
    shop.give_points(member, 120)
    reward(shop, "bowl", points=150)
    reward(shop, "mug", points=100)
    said = [(one.reward.name, one.why_not and str(one.why_not)) for one in rewards.offers(member, now=shop.now)]
    assert said == [("mug", None), ("bowl", "another 30 points needed")]


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"from_at": Millis(1_780_027_200_000 + DAY)}, "from 2026-05-30 12:00"),
        ({"until_at": Millis(1_780_027_200_000)}, "it ended at 2026-05-29 12:00"),
        ({"from_minute": 780}, "from 13:00"),
        ({"tier_ids": (1,)}, "for other tiers"),
        ({"birthday_month": True}, "in the month of the birthday"),
        ({"store_ids": (1,)}, None),
        ({}, None),
    ],
)
def test_the_reason_why_not_is_the_shortest_honest_one(
    shop: Shop, terms: dict[str, object], reason: str | None
) -> None:
    member = shop.member()
    shop.give_points(member, 100)
    reward(shop, **terms)  # type: ignore[arg-type]
    assert why(shop, member) == reason


def test_a_reward_of_the_birthday_month_is_for_those_who_have_one(shop: Shop) -> None:
    member = shop.member(birthday=Birthday("solar", 5, 2))
    shop.give_points(member, 100)
    reward(shop, birthday_month=True)
    assert why(shop, member) is None


def test_what_is_gone_and_what_was_had_is_said(shop: Shop) -> None:
    first, second = shop.member(), shop.member()
    mug = reward(shop, stock=1, each=1)
    for member in (first, second):
        shop.give_points(member, 200)
    redemptions.redeem(first, mug, proved=True, by=shop.owner, now=shop.now)
    assert why(shop, second) == "none is left"
    rewards.change(mug, "mug", RewardTerms(kind="product", points=100, each=1), stock=2, by=shop.owner, now=shop.now)
    assert (why(shop, first), why(shop, second)) == ("1 a member, and you had 1", None)


def test_a_changed_reward_cannot_have_less_than_was_given(shop: Shop) -> None:
    mug, member = reward(shop, stock=3), shop.member()
    shop.give_points(member, 200)
    for _ in range(2):
        redemptions.redeem(member, mug, proved=True, by=shop.owner, now=shop.now)
    with pytest.raises(RewardInvalid, match="2 were given already"):
        rewards.change(mug, "mug", RewardTerms(kind="product", points=1), stock=1, by=shop.owner, now=shop.now)
    assert (rewards.get(mug).stock, rewards.get(mug).left) == (3, 1)


def test_a_retired_reward_leaves_the_list(shop: Shop) -> None:
    mug = reward(shop)
    rewards.retire(mug, by=shop.owner, now=shop.now)
    assert (rewards.all_rewards(), len(rewards.all_rewards(only_active=False))) == ([], 1)
    with pytest.raises(RewardUnknown):
        rewards.retire(mug, by=shop.owner, now=shop.now)


@pytest.mark.parametrize(
    ("name", "terms", "stock"),
    [
        ("", {}, None),
        ("mug", {"points": 0}, None),
        ("mug", {}, -1),
        ("mug", {"each": -1}, None),
        ("mug", {"kind": "coupon"}, None),
        ("mug", {"coupon_kind_id": 1}, None),
        ("mug", {"kind": "coupon", "coupon_kind_id": 1}, None),
        ("mug", {"from_at": Millis(2), "until_at": Millis(1)}, None),
        ("mug", {"product_ids": (1,)}, None),
        ("mug", {"weekdays": (7,)}, None),
    ],
)
def test_a_reward_that_cannot_be_right_is_refused(
    one_shop: Shop, name: str, terms: dict[str, object], stock: int | None
) -> None:
    given = RewardTerms(**({"kind": "product", "points": 10} | terms))  # type: ignore[arg-type]
    with pytest.raises(RewardInvalid):
        rewards.create(name, given, stock=stock, by=one_shop.owner, now=one_shop.now)


def test_a_reward_names_a_product_there_is_and_is_made_by_marketing(one_shop: Shop) -> None:
    with pytest.raises(ProductUnknown):
        reward(one_shop, product_id=1)
    with pytest.raises(NotAllowed):
        given = RewardTerms(kind="product", points=1)
        rewards.create("mug", given, stock=None, by=members.themselves(1), now=one_shop.now)
