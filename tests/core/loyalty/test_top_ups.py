"""Top-up rules: by amount, tier, store and date; bonus, points, coupons, passes, instalments; their reversal."""

import pytest

from core.base import db
from core.base.clock import DAY, Millis
from core.loyalty import coupons, passes, points, topups, wallet
from core.loyalty.topups import TopUpTerms
from core.selling import reversals
from core.selling.reversals import TopUpTooOld
from tests.shops import Shop, at


def rule(shop: Shop, pay_cents: int, **terms: object) -> int:
    return topups.set_rule(pay_cents, TopUpTerms(**terms), by=shop.owner, now=shop.now)  # type: ignore[arg-type]


def stored(shop: Shop, member: int, *, now: Millis | None = None) -> tuple[int, int]:
    found = wallet.state(member, now=now or shop.now)
    return found.principal_cents, found.bonus_cents


def test_the_largest_preset_not_above_what_is_paid_in(shop: Shop) -> None:
    rule(shop, 20_000, bonus_cents=2000)
    rule(shop, 50_000, bonus_cents=6000)
    member = shop.member()
    shop.top_up(member, 49_999)
    assert stored(shop, member) == (49_999, 2000)


def test_a_rule_for_a_tier_beats_the_one_for_everyone_where_it_gives_more(shop: Shop) -> None:
    gold = shop.tier("gold", 2)
    rule(shop, 50_000, bonus_cents=5000)
    rule(shop, 50_000, bonus_cents=8000, tier_ids=(gold,))
    plain, rich = shop.member(), shop.member(tier="gold")
    for member in (plain, rich):
        shop.top_up(member, 50_000)
    assert (stored(shop, plain), stored(shop, rich)) == ((50_000, 5000), (50_000, 8000))


def test_a_rule_runs_from_a_day_to_a_day(shop: Shop) -> None:
    start, end = Millis(shop.now + DAY), Millis(shop.now + 3 * DAY)
    topups.set_rule(10_000, TopUpTerms(bonus_cents=900), by=shop.owner, now=shop.now, from_at=start, until_at=end)
    member = shop.member()
    for day in (0, 1, 4):
        shop.top_up(member, 10_000, now=Millis(shop.now + day * DAY))
    assert stored(shop, member, now=Millis(shop.now + 5 * DAY)) == (30_000, 900)


def test_a_bonus_in_instalments_comes_month_by_month(shop: Shop) -> None:
    shop.now = at(2026, 1, 31)
    rule(shop, 100_000, bonus_cents=10_000, instalments=3, bonus_days=60)
    member = shop.member()
    shop.top_up(member, 100_000)
    by_day = [stored(shop, member, now=at(2026, *day))[1] for day in ((1, 31), (2, 27), (2, 28), (3, 31))]
    assert by_day == [3334, 3334, 6667, 10_000]


def test_a_rule_may_give_points_a_coupon_and_a_pass(shop: Shop) -> None:
    cut = shop.product("cut", 8000, kind="service")
    kind = passes.create_kind("2 cuts", None, uses=2, valid_days=30, service_ids=[cut], by=shop.owner, now=shop.now)
    rule(
        shop,
        50_000,
        points=300,
        coupon_kind_id=shop.coupon_kind("5", effect="amount", off_cents=500),
        pass_kind_id=kind,
    )
    member = shop.member()
    shop.top_up(member, 50_000)
    assert points.state(member, now=shop.now).balance == 300
    assert [one.kind.name for one in coupons.held_by(member, now=shop.now)] == ["5"]
    assert [(one.kind.name, one.left, one.paid_cents) for one in passes.held_by(member, now=shop.now)] == [
        ("2 cuts", 2, 0)
    ]


@pytest.fixture
def generous(shop: Shop) -> tuple[Shop, int, int]:
    """500.00 paid in brought 300 points and a coupon of 5.00."""
    rule(shop, 50_000, points=300, coupon_kind_id=shop.coupon_kind("5", effect="amount", off_cents=500))
    shop.product("tea", 1800)
    member = shop.member()
    return shop, member, shop.top_up(member, 50_000)


def test_reversing_takes_back_what_was_given(generous: tuple[Shop, int, int]) -> None:
    shop, member, sale = generous
    refund = reversals.reverse_top_up(sale, by=shop.owner, now=shop.now)
    assert db.value("SELECT total_cents FROM refund WHERE id = ?", (refund,)) == 50_000
    assert (points.state(member, now=shop.now).balance, coupons.held_by(member, now=shop.now)) == (0, [])


def test_what_was_used_of_it_is_kept_back_at_face_value(generous: tuple[Shop, int, int]) -> None:
    """200 of the points pay 2.00 and the coupon took 5.00 off: 500.00 − 7.00."""
    shop, member, sale = generous
    shop.sell(shop.basket(("tea", 1), member=member, points=200))
    refund = reversals.reverse_top_up(sale, by=shop.owner, now=shop.now)
    assert db.value("SELECT total_cents FROM refund WHERE id = ?", (refund,)) == 49_300
    assert points.state(member, now=shop.now).balance == 11


def test_after_the_free_days_a_clerk_needs_an_approval(generous: tuple[Shop, int, int]) -> None:
    from core.people import staff
    from core.selling.refunds import How

    shop, _, sale = generous
    clerk_id = staff.create("clerk", "Wu", "clerk", password="correct horse", by=shop.owner, now=shop.now)
    clerk, late = staff.actor_of(clerk_id), Millis(shop.now + 8 * DAY)
    shop.rule("refund_limit_cents", 100_000)
    with pytest.raises(TopUpTooOld):
        reversals.reverse_top_up(sale, by=clerk, now=late)
    reversals.reverse_top_up(sale, How(approved_by=shop.owner), by=clerk, now=late)


def test_the_law_bounds_what_may_be_stored(shop: Shop) -> None:
    shop.rule("wallet_cap_cents", 500_000)
    shop.rule("wallet_cap_unnamed_cents", 100_000)
    named, unnamed = shop.member("13800138000"), shop.member()
    shop.top_up(named, 450_000)
    with pytest.raises(topups.WalletFull) as caught:
        shop.top_up(named, 60_000)
    assert caught.value.facts["room_cents"] == 50_000
    with pytest.raises(topups.WalletFull):
        shop.top_up(unnamed, 100_001)


@pytest.mark.parametrize("given", [{"bonus_cents": -1}, {"bonus_days": 0}, {"instalments": 0}, {"weekdays": (7,)}])
def test_a_rule_that_cannot_be_right_is_refused(one_shop: Shop, given: dict[str, object]) -> None:
    with pytest.raises(topups.TopUpRuleInvalid):
        rule(one_shop, 100, **given)
    with pytest.raises(topups.TopUpRuleInvalid):
        rule(one_shop, 0)


def test_a_retired_rule_gives_nothing(shop: Shop) -> None:
    topups.retire(rule(shop, 10_000, bonus_cents=900), by=shop.owner, now=shop.now)
    member = shop.member()
    shop.top_up(member, 10_000)
    assert stored(shop, member) == (10_000, 0)
