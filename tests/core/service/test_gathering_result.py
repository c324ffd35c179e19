"""What an event takes and what it brought: turnout, costs, and the rise of spend against who found no place."""

import pytest

from core.base import db
from core.base.clock import DAY, Millis
from core.base.errors import NotAllowed
from core.insight.effect import Difference
from core.service import gatheringday, gatheringkit, gatheringresult
from core.service.followups import AssigneeUnknown
from core.service.gatheringkit import KitInvalid, KitUnknown
from core.service.gatheringresult import Turnout, lift_of, turnout_of
from tests.core.service.gathered import opened, sign_up
from tests.shops import Shop


def test_places_are_counted_by_what_became_of_them() -> None:
    found = turnout_of([("attended", 2), ("attended", 1), ("absent", 1), ("cancelled", 2), ("waiting", 3)])
    assert found == Turnout(signed_up=4, came=3, absent=1, cancelled=2, waiting=3)
    assert (found.came_bp, found.absent_bp) == (7500, 2500)


def test_difference_in_differences_of_a_fixed_example() -> None:
    """Rises 40, 50, 60, 30, 70 (mean 50, variance 250) against 10, 20, 0, 10 (mean 10, variance 200/3).

    40 ± t(6.18; 0.975) · √(250/5 + 200/12) = 40 ± 2.431 · 8.165 by Welch's formula.
    """
    guests = [(10_000, 14_000), (8_000, 13_000), (0, 6_000), (5_000, 8_000), (2_000, 9_000)]
    others = [(9_000, 10_000), (1_000, 3_000), (4_000, 4_000), (6_000, 7_000)]
    found = lift_of(guests, others, days=60, least=4, is_over=True)
    assert (found.guests_before_cents, found.guests_after_cents) == (5_000, 10_000)
    assert (found.others_before_cents, found.others_after_cents) == (5_000, 6_000)
    assert found.more_cents is not None
    assert found.more_cents == Difference(4_000, found.more_cents.low, found.more_cents.high, True)
    assert found.more_cents.low == pytest.approx(4_000 - 1_985, abs=4)
    assert found.more_cents.high == pytest.approx(4_000 + 1_985, abs=4)


@pytest.mark.parametrize(("least", "is_over"), [(5, True), (4, False)])
def test_too_few_or_too_early_says_nothing(least: int, is_over: bool) -> None:
    side = [(0, 100), (0, 300), (50, 20), (0, 0)]
    assert lift_of([*side, (1, 2)], side, days=60, least=least, is_over=is_over).more_cents is None
    assert lift_of([], [], days=60, least=0, is_over=True).more_cents is None


def test_a_whole_event_adds_up(shop: Shop) -> None:
    shop.rule("event_group_least", 2)
    shop.rule("event_compare_days", 10)
    shop.product("tea", 1000)
    fee = shop.product("tasting", 500, kind="service")
    tea = opened(shop, places=3, waiting_places=9, budget_cents=9_000, product_id=fee)
    members = [shop.member() for _ in range(5)]
    for member in members:
        sign_up(shop, tea, member)
    shop.sell(shop.basket(("tasting", 1), member=members[0]), now=Millis(shop.now + DAY))
    day = Millis(shop.now + 7 * DAY)
    for member in members[:2]:
        gatheringday.check_in(tea, member, by=shop.owner, now=day)
    gatheringday.close(tea, by=shop.owner, now=day)
    for place, member in enumerate(members):
        shop.sell(shop.basket(("tea", 1 + place), member=member), now=Millis(day + DAY))
    gatheringkit.add_supply(tea, "cups", 20, 6_000, by=shop.owner, now=day)
    gatheringkit.add_cost(tea, "speaker", 5_001, by=shop.owner, now=day)
    early = gatheringresult.of(tea, by=shop.owner, now=day)
    assert (early.lift.is_over, early.lift.more_cents) == (False, None)
    found = gatheringresult.of(tea, by=shop.owner, now=Millis(day + 11 * DAY))
    assert found.turnout == Turnout(signed_up=3, came=2, absent=1, cancelled=0, waiting=2)
    assert (found.cost_cents, found.over_budget_cents, found.guest_cents, found.income_cents) == (
        11_001, 2_001, 5_501, 500,
    )  # fmt: skip
    lift = found.lift
    assert (lift.guests, lift.guests_before_cents, lift.guests_after_cents) == (2, 250, 1_500)
    assert (lift.others, lift.others_before_cents, lift.others_after_cents) == (2, 0, 4_500)
    assert lift.more_cents is not None
    assert (lift.more_cents.difference, lift.more_cents.is_proof) == (-3_250, False)


def test_what_an_event_takes_is_written_down_and_struck_out(shop: Shop) -> None:
    tea = opened(shop)
    cups = gatheringkit.add_supply(tea, "cups", 20, 6_000, by=shop.owner, now=shop.now)
    cost = gatheringkit.add_cost(tea, "speaker", 5_000, by=shop.owner, now=shop.now)
    gatheringkit.give_to(tea, shop.owner.id, "welcome", by=shop.owner, now=shop.now)
    gatheringkit.give_to(tea, shop.owner.id, "tea", by=shop.owner, now=shop.now)
    gatheringkit.set_ready(cups, True, by=shop.owner, now=shop.now)
    kit = gatheringkit.of(tea)
    assert (kit.cost_cents, kit.supplies[0].ready, [one.task for one in kit.staff]) == (11_000, True, ["tea"])
    for line in (cups, cost):
        gatheringkit.drop(line, by=shop.owner, now=shop.now)
    gatheringkit.free(tea, shop.owner.id, by=shop.owner, now=shop.now)
    assert gatheringkit.of(tea) == gatheringkit.Kit((), (), ())
    with pytest.raises(KitUnknown):
        gatheringkit.drop(cups, by=shop.owner, now=shop.now)
    assert db.value("SELECT count(*) FROM audit WHERE action LIKE ?", ("gathering.%",)) == 10


def test_what_does_not_fit_is_refused(one_shop: Shop) -> None:
    shop, tea = one_shop, opened(one_shop)
    for what, quantity, cents in (("", 1, 0), ("cups", 0, 0), ("cups", 1, -1)):
        with pytest.raises(KitInvalid):
            gatheringkit.add_supply(tea, what, quantity, cents, by=shop.owner, now=shop.now)
    with pytest.raises(KitInvalid):
        gatheringkit.add_cost(tea, "speaker", 0, by=shop.owner, now=shop.now)
    with pytest.raises(AssigneeUnknown):
        gatheringkit.give_to(tea, 1, "", by=shop.owner, now=shop.now)
    with pytest.raises(NotAllowed):
        gatheringkit.add_cost(tea, "x", 1, by=shop.owner_with(frozenset({"service"})), now=shop.now)
