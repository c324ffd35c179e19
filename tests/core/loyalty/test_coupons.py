"""Coupon kinds, issuing, validity and use."""

import pytest

from core.base import db
from core.base.clock import DAY, Millis
from core.loyalty import coupons
from core.loyalty.coupons import Terms
from core.selling import receipts, refunds
from tests.shops import Shop, at


@pytest.fixture
def member(shop: Shop) -> int:
    shop.product("tea", 5000)
    return shop.member()


@db.atomic
def issue(kind: int, member: int, *, now: Millis, occasion: int = 1) -> int | None:
    return coupons.issue(kind, member, ref_kind="test", ref_id=occasion, now=now)


def states(member: int) -> list[str]:
    return [row[0] for row in db.rows("SELECT state FROM coupon WHERE member_id = ? ORDER BY id", (member,))]


def test_an_occasion_gives_one_coupon(shop: Shop, member: int) -> None:
    kind = shop.coupon_kind("5 off", effect="amount", off_cents=500)
    assert issue(kind, member, now=shop.now) is not None
    assert issue(kind, member, now=shop.now) is None
    assert issue(kind, member, now=shop.now, occasion=2) is not None


def test_an_unknown_kind_gives_nothing(shop: Shop, member: int) -> None:
    assert issue(1, member, now=shop.now) is None


def test_a_coupon_holds_through_the_end_of_its_last_day(shop: Shop, member: int) -> None:
    kind = shop.coupon_kind("5 off", effect="amount", off_cents=500, valid_days=7)
    issue(kind, member, now=at(2026, 5, 29, 23))
    held = [coupons.held_by(member, now=Millis(moment)) for moment in (at(2026, 6, 6, 0) - 1, at(2026, 6, 6, 0))]
    assert [len(one) for one in held] == [1, 0]


def test_a_used_coupon_is_not_used_again(shop: Shop, member: int) -> None:
    shop.give_coupon(shop.coupon_kind("5 off", effect="amount", off_cents=500), member)
    basket = shop.basket(("tea", 1), member=member)
    totals = [receipts.of(shop.sell(basket)).total_cents for _ in range(2)]
    assert totals == [4500, 5000]


def test_one_coupon_of_a_kind_at_a_time(shop: Shop, member: int) -> None:
    kind = shop.coupon_kind("5 off", effect="amount", off_cents=500)
    for occasion in (1, 2):
        shop.give_coupon(kind, member, occasion=occasion)
    quote = shop.quote(shop.basket(("tea", 1), member=member))
    assert (quote.total_cents, [str(one.reason) for one in quote.not_used]) == (
        4500,
        ["one of this kind at a time"],
    )


def _give_back(shop: Shop, sale: int, pieces: int, *, now: int = 0) -> None:
    line = receipts.of(sale).lines[0].id
    refunds.refund(sale, (refunds.ReturnLine(line, pieces * 1000),), by=shop.owner, now=Millis(now or shop.now))


def test_a_coupon_returns_only_when_the_whole_sale_has_come_back(shop: Shop, member: int) -> None:
    shop.give_coupon(shop.coupon_kind("5 off", effect="amount", off_cents=500), member)
    sale = shop.sell(shop.basket(("tea", 2), member=member))
    _give_back(shop, sale, 1)
    assert states(member) == ["used"]
    _give_back(shop, sale, 1)
    assert states(member) == ["issued"]


def test_a_coupon_whose_validity_has_passed_stays_used(shop: Shop, member: int) -> None:
    shop.give_coupon(shop.coupon_kind("5 off", effect="amount", off_cents=500, valid_days=7), member)
    sale = shop.sell(shop.basket(("tea", 1), member=member))
    _give_back(shop, sale, 1, now=shop.now + 9 * DAY)
    assert states(member) == ["used"]


def test_unused_coupons_lapse(shop: Shop, member: int) -> None:
    shop.give_coupon(shop.coupon_kind("5 off", effect="amount", off_cents=500, valid_days=7), member)
    assert coupons.lapse_due(now=Millis(shop.now + 6 * DAY)) == 0
    assert coupons.lapse_due(now=Millis(shop.now + 9 * DAY)) == 1
    assert states(member) == ["lapsed"]


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"from_minute": 840}, "from 14:00"),
        ({"to_minute": 720}, "until 12:00"),
        ({"weekdays": (5, 6)}, "on other days of the week"),
        ({"store_ids": (1,)}, "in another store"),
        ({"threshold_cents": 6200}, "another ¥12.00 needed"),
        ({"product_ids": (1,)}, "nothing in the basket it is for"),
    ],
)
def test_a_coupon_that_does_not_apply_says_why(one_shop: Shop, terms: dict[str, object], reason: str) -> None:
    """It is noon on a Friday."""
    one_shop.product("tea", 5000)
    member = one_shop.member()
    one_shop.give_coupon(one_shop.coupon_kind("5 off", effect="amount", off_cents=500, **terms), member)
    quote = one_shop.quote(one_shop.basket(("tea", 1), member=member))
    assert (quote.total_cents, [str(one.reason) for one in quote.not_used]) == (5000, [reason])


@pytest.mark.parametrize(
    "terms",
    [
        Terms(effect="amount"),
        Terms(effect="percent"),
        Terms(effect="amount", off_cents=5, off_bp=5),
        Terms(effect="percent", off_cents=5),
    ],
)
def test_terms_that_contradict_themselves_are_refused(one_shop: Shop, terms: Terms) -> None:
    with pytest.raises(coupons.CouponTermsInvalid):
        coupons.create_kind("odd", terms, valid_days=5, by=one_shop.owner, now=one_shop.now)


def test_a_scanned_coupon_is_found(shop: Shop, member: int) -> None:
    shop.give_coupon(shop.coupon_kind("5 off", effect="amount", off_cents=500), member)
    held = coupons.held_by(member, now=shop.now)[0]
    assert coupons.by_code(held.code) == held


def test_an_unknown_coupon_is_refused(one_shop: Shop) -> None:
    with pytest.raises(coupons.CouponUnknown):
        coupons.by_code("K1.00000000000")
