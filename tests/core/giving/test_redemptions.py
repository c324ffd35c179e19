"""Points for a reward: a coupon at once, goods at the till, and all of it given back."""

import pytest

from core.base import db
from core.base.clock import DAY, Millis
from core.base.errors import NotAllowed
from core.books.posting import NotEnoughPoints
from core.books.requests import KeyReused
from core.giving import handouts, redemptions, rewards
from core.giving.handouts import HandedElsewhere, HandoutOver, HandoutUnknown
from core.giving.redemptions import Redemption, RedemptionOver, RedemptionUnknown, RewardGone, RewardNotFor
from core.giving.rewards import RewardTerms, RewardUnknown
from core.giving.spending import SpendProofNeeded
from core.goods import stock
from core.keeping import doctor, opening
from core.loyalty import coupons, points
from core.people import members
from tests.shops import Shop


def reward(shop: Shop, *, pieces: int | None = None, cost: int = 100, kind: str = "product", **terms: object) -> int:
    given = RewardTerms(kind=kind, points=cost, **terms)  # type: ignore[arg-type]
    return rewards.create("mug", given, stock=pieces, by=shop.owner, now=shop.now)


@pytest.fixture
def member(shop: Shop) -> int:
    rich = shop.member()
    shop.give_points(rich, 250)
    return rich


def redeem(shop: Shop, member: int, reward_id: int, *, key: str | None = None, proved: bool = True) -> Redemption:
    by = members.themselves(member)
    return redemptions.redeem(member, reward_id, proved=proved, by=by, now=shop.now, key=key)


def balance(shop: Shop, member: int) -> int:
    return points.state(member, now=shop.now).balance


def test_goods_wait_at_the_till_and_leave_its_stock_when_fetched(shop: Shop, member: int) -> None:
    mug = shop.product("mug", 3000)
    got = redeem(shop, member, reward(shop, product_id=mug))
    assert (balance(shop, member), [one.name for one in handouts.waiting(member)]) == (150, ["mug"])
    handouts.hand_over(got.code or "", store_id=shop.store, by=shop.owner, now=shop.now)
    assert (stock.on_hand(shop.store, mug), handouts.waiting(member)) == (-1000, [])
    assert doctor.books() == []


def test_a_coupon_is_on_the_card_at_once(shop: Shop, member: int) -> None:
    kind = shop.coupon_kind("5 off", effect="amount", off_cents=500)
    got = redeem(shop, member, reward(shop, kind="coupon", coupon_kind_id=kind))
    (held,) = coupons.held_by(member, now=shop.now)
    assert (got.coupon_code, got.code, held.kind.name) == (held.code, None, "5 off")


def test_points_leave_only_with_a_proof(shop: Shop, member: int) -> None:
    with pytest.raises(SpendProofNeeded) as refusal:
        redeem(shop, member, reward(shop), proved=False)
    assert (refusal.value.facts["points"], balance(shop, member)) == (100, 250)


def test_only_the_member_staff_and_kiosks_redeem(shop: Shop, member: int) -> None:
    with pytest.raises(NotAllowed):
        redemptions.redeem(shop.member(), reward(shop), proved=True, by=members.themselves(member), now=shop.now)


def test_too_few_points_are_said_with_figures(shop: Shop, member: int) -> None:
    with pytest.raises(NotEnoughPoints) as refusal:
        redeem(shop, member, reward(shop, cost=300))
    assert refusal.value.facts["missing"] == 50


def test_the_last_one_is_gone_for_the_next(shop: Shop, member: int) -> None:
    mug = reward(shop, pieces=1)
    redeem(shop, member, mug)
    with pytest.raises(RewardGone, match="All 1 of “mug” are gone"):
        redeem(shop, member, mug)
    assert balance(shop, member) == 150


def test_a_limit_a_member_and_a_tier_are_refused_with_the_reason(shop: Shop, member: int) -> None:
    mug = reward(shop, each=1)
    redeem(shop, member, mug)
    with pytest.raises(RewardNotFor, match="1 a member, and you had 1"):
        redeem(shop, member, mug)
    with pytest.raises(RewardNotFor, match="for other tiers"):
        redeem(shop, member, reward(shop, tier_ids=(1,)))


def test_a_retired_reward_is_unknown(shop: Shop, member: int) -> None:
    mug = reward(shop)
    rewards.retire(mug, by=shop.owner, now=shop.now)
    with pytest.raises(RewardUnknown):
        redeem(shop, member, mug)


def test_a_reward_whose_coupon_kind_was_retired_takes_no_points(shop: Shop, member: int) -> None:
    kind = shop.coupon_kind("5 off", effect="amount", off_cents=500)
    five = reward(shop, kind="coupon", coupon_kind_id=kind)
    coupons.retire_kind(kind, by=shop.owner, now=shop.now)
    with pytest.raises(RewardUnknown):
        redeem(shop, member, five)
    assert balance(shop, member) == 250


def test_the_same_key_redeems_once(shop: Shop, member: int) -> None:
    mug = reward(shop)
    assert redeem(shop, member, mug, key="a") == redeem(shop, member, mug, key="a")
    assert balance(shop, member) == 150
    with pytest.raises(KeyReused):
        redeem(shop, member, reward(shop), key="a")


# --- handing over ----------------------------------------------------------------------------------


def test_a_code_is_good_once_and_cannot_be_made_up(shop: Shop, member: int) -> None:
    code = redeem(shop, member, reward(shop)).code or ""
    handouts.hand_over(code.lower(), store_id=shop.store, by=shop.owner, now=shop.now)
    with pytest.raises(HandoutOver, match="handed over at 2026-05-29 12:00"):
        handouts.hand_over(code, store_id=shop.store, by=shop.owner, now=shop.now)
    with pytest.raises(HandoutUnknown):
        handouts.hand_over(code[:-1] + "*", store_id=shop.store, by=shop.owner, now=shop.now)


def test_a_reward_of_other_stores_is_sent_there(shop: Shop, member: int) -> None:
    other = opening.add_store("静安寺店", zone="Asia/Shanghai", by=shop.owner, now=shop.now)
    code = redeem(shop, member, reward(shop, store_ids=(other,))).code or ""
    with pytest.raises(HandedElsewhere, match="静安寺店"):
        handouts.hand_over(code, store_id=shop.store, by=shop.owner, now=shop.now)
    assert handouts.hand_over(code, store_id=other, by=shop.owner, now=shop.now).state == "handed_over"


def test_a_member_does_not_hand_over_to_themselves(shop: Shop, member: int) -> None:
    code = redeem(shop, member, reward(shop)).code or ""
    with pytest.raises(NotAllowed):
        handouts.hand_over(code, store_id=shop.store, by=members.themselves(member), now=shop.now)


# --- cancelling ------------------------------------------------------------------------------------


def cancel(shop: Shop, redemption_id: int, *, now: Millis | None = None, key: str | None = None) -> int:
    return redemptions.cancel(redemption_id, by=shop.owner, now=now or shop.now, key=key)


def lots(member: int) -> list[tuple[int, int]]:
    """(original, remaining) of a member's lots, the first to expire first."""
    sql = (
        "SELECT l.original, l.remaining FROM lot l JOIN account a ON a.id = l.account_id WHERE a.member_id = ?"
        " ORDER BY l.expires_at, l.id"
    )
    return [(row[0], row[1]) for row in db.rows(sql, (member,))]


def test_points_go_back_to_the_lots_they_came_from_and_the_reward_to_its_stock(shop: Shop) -> None:
    member, mug = shop.member(), reward(shop, pieces=1)
    shop.give_points(member, 60)
    shop.give_points(member, 60, now=Millis(shop.now + 40 * DAY))
    later = Millis(shop.now + 50 * DAY)
    got = redemptions.redeem(member, mug, proved=True, by=shop.owner, now=later)
    assert lots(member) == [(60, 0), (60, 20)]
    assert cancel(shop, got.id, now=later) == 100
    assert (lots(member), rewards.get(mug).left, handouts.waiting(member)) == ([(60, 60), (60, 60)], 1, [])
    assert doctor.books() == []


def test_a_cancelled_coupon_is_gone(shop: Shop, member: int) -> None:
    kind = shop.coupon_kind("5 off", effect="amount", off_cents=500)
    got = redeem(shop, member, reward(shop, kind="coupon", coupon_kind_id=kind))
    cancel(shop, got.id)
    assert (coupons.held_by(member, now=shop.now), redemptions.of_member(member)[0].state) == ([], "cancelled")


def test_a_cancelled_one_does_not_count_for_the_limit_a_member(shop: Shop, member: int) -> None:
    mug = reward(shop, each=1)
    cancel(shop, redeem(shop, member, mug).id)
    assert redeem(shop, member, mug).state == "given"


def test_what_was_fetched_used_or_cancelled_stays(shop: Shop, member: int) -> None:
    got = redeem(shop, member, reward(shop))
    handouts.hand_over(got.code or "", store_id=shop.store, by=shop.owner, now=shop.now)
    with pytest.raises(RedemptionOver):
        cancel(shop, got.id)
    other = redeem(shop, member, reward(shop))
    assert cancel(shop, other.id, key="a") == cancel(shop, other.id, key="a") == 100
    with pytest.raises(RedemptionOver):
        cancel(shop, other.id)
    assert balance(shop, member) == 150


def test_a_used_coupon_is_not_given_back(shop: Shop, member: int) -> None:
    shop.product("tea", 1000)
    kind = shop.coupon_kind("5 off", effect="amount", off_cents=500)
    got = redeem(shop, member, reward(shop, kind="coupon", coupon_kind_id=kind))
    shop.sell(shop.basket(("tea", 1), member=member))
    with pytest.raises(RedemptionOver):
        cancel(shop, got.id)


def test_members_cannot_renew_expiring_points_by_cancelling(shop: Shop, member: int) -> None:
    got = redeem(shop, member, reward(shop))
    with pytest.raises(NotAllowed):
        redemptions.cancel(got.id, by=members.themselves(member), now=shop.now)


def test_an_unknown_redemption_is_said_so(shop: Shop) -> None:
    with pytest.raises(RedemptionUnknown):
        cancel(shop, 1)
