"""Punch cards: every n-th visit gives a coupon or points, the same number never twice."""

import pytest

from core.base.clock import DAY, Millis
from core.giving import punch
from core.giving.punch import PunchCardInvalid, PunchCardUnknown
from core.keeping import doctor
from core.loyalty import coupons, points
from core.selling import receipts, refunds
from core.selling.refunds import ReturnLine
from tests.shops import Shop


@pytest.fixture
def tea_shop(shop: Shop) -> Shop:
    shop.rule("cents_per_point", 100_000)
    shop.product("tea", 1000)
    return shop


def visit(shop: Shop, member: int, day: int, *, hours: int = 0) -> int:
    now = Millis(shop.now + day * DAY + hours * 3_600_000)
    return shop.sell(shop.basket(("tea", 1), member=member), now=now)


def give_back(shop: Shop, sale: int, day: int) -> None:
    line = receipts.of(sale).lines[0].id
    refunds.refund(sale, (ReturnLine(line, 1000),), by=shop.owner, now=Millis(shop.now + day * DAY))


def balance(shop: Shop, member: int) -> int:
    return points.state(member, now=shop.now).balance


def test_every_third_visit_gives_points(tea_shop: Shop) -> None:
    punch.create("3 visits", 3, points=50, by=tea_shop.owner, now=tea_shop.now)
    member, held = tea_shop.member(), []
    for day in range(7):
        visit(tea_shop, member, day)
        held.append(balance(tea_shop, member))
    assert held == [0, 0, 50, 50, 50, 100, 100]


def test_two_purchases_of_a_day_are_one_visit(tea_shop: Shop) -> None:
    punch.create("2 visits", 2, points=50, by=tea_shop.owner, now=tea_shop.now)
    member = tea_shop.member()
    visit(tea_shop, member, 0)
    visit(tea_shop, member, 0, hours=2)
    assert balance(tea_shop, member) == 0


def test_a_card_may_give_a_coupon(tea_shop: Shop) -> None:
    kind = tea_shop.coupon_kind("free tea", effect="amount", off_cents=1000)
    punch.create("2 visits", 2, coupon_kind_id=kind, by=tea_shop.owner, now=tea_shop.now)
    member = tea_shop.member()
    visit(tea_shop, member, 0)
    visit(tea_shop, member, 1)
    assert [one.kind.name for one in coupons.held_by(member, now=Millis(tea_shop.now + DAY))] == ["free tea"]


def test_a_visit_undone_and_made_again_gives_the_number_once(tea_shop: Shop) -> None:
    punch.create("2 visits", 2, points=50, by=tea_shop.owner, now=tea_shop.now)
    member = tea_shop.member()
    visit(tea_shop, member, 0)
    for day in (1, 2, 3):
        give_back(tea_shop, visit(tea_shop, member, day), day)
    visit(tea_shop, member, 4)
    assert balance(tea_shop, member) == 50
    visit(tea_shop, member, 5)
    visit(tea_shop, member, 6)
    assert balance(tea_shop, member) == 100
    assert doctor.books() == []


def test_the_page_can_say_how_full_a_card_is(tea_shop: Shop) -> None:
    punch.create("5 visits", 5, points=50, by=tea_shop.owner, now=tea_shop.now)
    member = tea_shop.member()
    for day in range(7):
        visit(tea_shop, member, day)
    (one,) = punch.progress(member)
    assert (one.card.name, one.stamps, one.missing) == ("5 visits", 2, 3)


def test_a_retired_card_fills_no_more(tea_shop: Shop) -> None:
    card = punch.create("2 visits", 2, points=50, by=tea_shop.owner, now=tea_shop.now)
    punch.retire(card, by=tea_shop.owner, now=tea_shop.now)
    member = tea_shop.member()
    visit(tea_shop, member, 0)
    visit(tea_shop, member, 1)
    assert (balance(tea_shop, member), punch.cards(), len(punch.cards(only_active=False))) == (0, [], 1)
    with pytest.raises(PunchCardUnknown):
        punch.retire(card, by=tea_shop.owner, now=tea_shop.now)


@pytest.mark.parametrize("given", [{"every": 1}, {"points": 0}, {"coupon_kind_id": 1}, {"name": " "}, {"points": -5}])
def test_a_card_that_cannot_be_right_is_refused(one_shop: Shop, given: dict[str, object]) -> None:
    terms: dict[str, object] = {"name": "card", "every": 5, "points": 10} | given
    with pytest.raises(PunchCardInvalid):
        punch.create(**terms, by=one_shop.owner, now=one_shop.now)  # type: ignore[arg-type]


def test_a_card_names_a_coupon_kind_that_is_in_use(one_shop: Shop) -> None:
    with pytest.raises(PunchCardInvalid):
        punch.create("card", 5, coupon_kind_id=1, by=one_shop.owner, now=one_shop.now)
