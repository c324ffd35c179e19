"""A draft rule played over past sales: totals, winners and losers, nothing written."""

import pytest

from core.base import db
from core.base.clock import DAY, Millis
from core.selling import promotions, replay, reversals
from core.selling.promotions import PromotionTerms
from core.selling.replay import Change
from tests.shops import Shop

HALF = PromotionTerms(effect="nth", every=2, off_bp=5000)


@pytest.fixture
def sold(shop: Shop) -> tuple[Shop, int, int]:
    """Ann buys 2 teas at 18.00 twice, Bo 1 tea and a cake at 32.00; a stranger 3 cakes."""
    shop.product("tea", 1800, category="drinks")
    shop.product("cake", 3200, category="cakes")
    ann, bo = shop.member(), shop.member()
    for _ in range(2):
        shop.sell(shop.basket(("tea", 2), member=ann))
    shop.sell(shop.basket(("tea", 1), ("cake", 1), member=bo))
    shop.sell(shop.basket(("cake", 3)))
    return shop, ann, bo


def played(shop: Shop, terms: PromotionTerms, **given: object) -> replay.Replayed:
    until = Millis(shop.now + DAY)
    return replay.over("draft", terms, first_at=shop.now, until_at=until, by=shop.owner, **given)  # type: ignore[arg-type]


def test_a_draft_says_what_the_same_sales_would_have_cost(sold: tuple[Shop, int, int]) -> None:
    shop, ann, _ = sold
    found = played(shop, HALF)
    assert (found.sales, found.used, found.cheaper, found.dearer) == (4, 3, 3, 0)
    assert (found.before_cents, found.after_cents, found.off_cents) == (21_800, 18_400, 3400)
    assert (found.winners, found.losers, found.members_better) == ((Change(ann, 2, 1800),), (), 1)
    assert (found.points_before, found.points_after) == (122, 104)


def test_nothing_is_written(sold: tuple[Shop, int, int]) -> None:
    before = db.value("SELECT count(*) FROM audit")
    played(sold[0], HALF)
    assert (db.value("SELECT count(*) FROM audit"), promotions.everything()) == (before, [])


def test_a_draft_instead_of_a_rule_has_losers(sold: tuple[Shop, int, int]) -> None:
    shop, ann, bo = sold
    tenth = shop.promotion("九折", effect="percent", off_bp=1000)
    for member in (ann, bo):
        shop.sell(shop.basket(("tea", 1), member=member), now=Millis(shop.now + 1))
    found = played(shop, HALF, instead_of=tenth)
    assert [(one.member_id, one.cents) for one in found.winners] == [(ann, 900)]
    assert [(one.member_id, one.cents) for one in found.losers] == [(bo, -680)]


def test_each_sale_is_judged_by_its_own_moment(sold: tuple[Shop, int, int]) -> None:
    """29 May 2026 is a Friday; the shop's day is what counts."""
    shop = sold[0]
    friday, tuesday = (PromotionTerms(effect="nth", every=2, off_bp=5000, weekdays=(day,)) for day in (4, 1))
    assert (played(shop, friday).used, played(shop, tuesday).used) == (3, 0)


def test_the_tier_of_the_sale_counts_not_that_of_today(shop: Shop) -> None:
    shop.tier("gold", 2, discount_bp=1000)
    shop.product("tea", 1000)
    ann = shop.member(tier="gold")
    shop.sell(shop.basket(("tea", 2), member=ann))
    shop.put_in_tier(ann, "normal")
    for_gold = PromotionTerms(effect="nth", every=2, off_bp=5000, tier_ids=(shop.tiers["gold"],), group="member")
    found = played(shop, for_gold)
    assert (found.before_cents, found.after_cents) == (1800, 1500)


def test_coupons_of_the_sale_are_tried_again_and_undone_sales_left_out(sold: tuple[Shop, int, int]) -> None:
    shop, ann, _ = sold
    shop.give_coupon(shop.coupon_kind("5 off", effect="amount", off_cents=500), ann)
    shop.sell(shop.basket(("tea", 2), member=ann))
    undone = shop.sell(shop.basket(("cake", 3)))
    reversals.void(undone, by=shop.owner, now=shop.now)
    without = PromotionTerms(effect="nth", every=2, off_bp=5000, not_with=("coupon",))
    found = played(shop, without)
    assert (found.sales, found.before_cents, found.after_cents) == (5, 21_800 + 3100, 18_400 + 2700)


def test_progress_ends_with_all_sales(sold: tuple[Shop, int, int]) -> None:
    steps: list[tuple[int, int]] = []
    played(sold[0], HALF, progress=lambda done, total: steps.append((done, total)))
    assert steps[-1] == (4, 4)


def test_days_without_sales_are_refused(one_shop: Shop) -> None:
    with pytest.raises(replay.ReplayEmpty):
        played(one_shop, HALF)


def test_a_draft_that_contradicts_itself_is_refused(sold: tuple[Shop, int, int]) -> None:
    with pytest.raises(promotions.PromotionInvalid):
        played(sold[0], PromotionTerms(effect="nth", off_bp=5000))


def test_a_replay_without_a_draft_that_bites_gives_what_was_recorded(sold: tuple[Shop, int, int]) -> None:
    shop = sold[0]
    shop.now = later = Millis(shop.now + 1)
    shop.promotion("满30减5", effect="reduction", threshold_cents=3000, off_cents=500)
    for member in sold[1:]:
        shop.sell(shop.basket(("tea", 1), ("cake", 2), member=member), now=later)
    never = PromotionTerms(effect="percent", off_bp=1, weekdays=(0,))
    recorded = db.value("SELECT CAST(sum(total_cents) AS BIGINT) FROM sale")
    shop.now = Millis(later - 1)
    found = played(shop, never)
    assert (found.before_cents, found.after_cents) == (recorded, recorded)
