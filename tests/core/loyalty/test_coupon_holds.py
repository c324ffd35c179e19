"""Coupons set aside for one order: nobody else uses them, that order does, and in the end they are free again."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from core.base import access, db
from core.base.clock import DAY, HOUR, Millis
from core.books.holds import HoldOver, HoldUnknown
from core.keeping import doctor
from core.loyalty import couponholds, coupons
from core.loyalty.coupons import CouponGone, CouponProofNeeded, CouponUnknown
from core.loyalty.reserves import ReserveTooShort
from core.people import staff
from core.selling import parking
from core.selling.quotes import Basket
from tests.shops import Shop


@pytest.fixture
def coupon(shop: Shop) -> Iterator[int]:
    """A coupon of 3.00 off, held by a member; the books are right afterwards."""
    shop.product("tea", 1800)
    yield shop.give_coupon(shop.coupon_kind("3 off", effect="amount", off_cents=300, transferable=True), shop.member())
    assert [one for one in doctor.examine(now=shop.now) if one.check.startswith("coupon")] == []


def hold(shop: Shop, coupon: int, **given: object) -> int:
    facts = {"lapses_at": Millis(shop.now + HOUR), "ref": ("api", 7), "by": shop.owner, "now": shop.now} | given
    return couponholds.hold(coupon, **facts)  # type: ignore[arg-type]


def basket(shop: Shop, coupon: int, **given: object) -> Basket:
    return replace(shop.basket(("tea", 1), member=couponholds.owner(coupon)), **given)


def state(coupon: int) -> tuple[object, ...] | None:
    return db.one("SELECT state, used FROM coupon WHERE id = ?", (coupon,))


def test_a_coupon_set_aside_takes_nothing_off_elsewhere(shop: Shop, coupon: int) -> None:
    hold(shop, coupon)
    priced = shop.quote(basket(shop, coupon))
    assert priced.total_cents == 1800
    assert "set aside for another order until" in str(priced.not_used[0].reason)


def test_the_sale_that_names_the_hold_uses_the_coupon(shop: Shop, coupon: int) -> None:
    hold_id = hold(shop, coupon)
    sale = shop.sell(basket(shop, coupon, reserved=frozenset([hold_id])), now=Millis(shop.now + 1))
    assert db.value("SELECT total_cents FROM sale WHERE id = ?", (sale,)) == 1500
    assert state(coupon) == ("used", 1)
    ended = couponholds.of(hold_id)
    assert (ended.state, ended.sale_id) == ("captured", sale)


def test_it_is_captured_for_what_was_sold_elsewhere(shop: Shop, coupon: int) -> None:
    hold_id = hold(shop, coupon)
    for _ in range(2):
        couponholds.capture(hold_id, by=shop.owner, now=shop.now, key="c")
    assert state(coupon) == ("used", 1)
    with pytest.raises(HoldOver):
        couponholds.capture(hold_id, by=shop.owner, now=shop.now)


def test_given_free_it_is_good_for_everyone_again(shop: Shop, coupon: int) -> None:
    hold_id = hold(shop, coupon)
    couponholds.release(hold_id, by=shop.owner, now=shop.now)
    assert shop.quote(basket(shop, coupon)).total_cents == 1500
    for verb in (couponholds.release, couponholds.capture):
        with pytest.raises(HoldOver) as refused:
            verb(hold_id, by=shop.owner, now=shop.now)
    assert "given free" in refused.value.sentence()


def test_a_second_order_waits(shop: Shop, coupon: int) -> None:
    first = hold(shop, coupon, key="a")
    assert hold(shop, coupon, key="a") == first
    with pytest.raises(couponholds.CouponHeld) as refused:
        hold(shop, coupon, key="b")
    assert refused.value.facts["until_at"] == shop.now + HOUR


def test_when_its_time_is_over_it_is_free_even_before_the_job_ran(shop: Shop, coupon: int) -> None:
    hold_id, later = hold(shop, coupon), Millis(shop.now + HOUR)
    with pytest.raises(HoldOver):
        couponholds.capture(hold_id, by=shop.owner, now=later)
    shop.sell(basket(shop, coupon), now=later)
    assert (state(coupon), couponholds.of(hold_id).state) == (("used", 1), "lapsed")


def test_a_new_hold_takes_the_place_of_one_that_ran_out(shop: Shop, coupon: int) -> None:
    first, later = hold(shop, coupon), Millis(shop.now + HOUR)
    second = hold(shop, coupon, now=later, lapses_at=Millis(later + HOUR))
    assert (couponholds.of(first).state, couponholds.of(second).state) == ("lapsed", "held")


def test_the_job_gives_free_what_was_forgotten(shop: Shop, coupon: int) -> None:
    hold_id = hold(shop, coupon)
    by = access.scheduler("reserves-lapse")
    assert couponholds.lapse_due(by=by, now=shop.now) == 0
    assert couponholds.lapse_due(by=by, now=Millis(shop.now + HOUR)) == 1
    assert couponholds.of(hold_id).state == "lapsed"
    assert couponholds.held_by(couponholds.owner(coupon)) == []


def test_validity_that_passes_meanwhile_is_no_loss_for_who_set_it_aside(shop: Shop, coupon: int) -> None:
    much_later = Millis(shop.now + 40 * DAY)
    hold_id = hold(shop, coupon, lapses_at=Millis(much_later + HOUR))
    assert coupons.lapse_due(now=much_later) == 0
    shop.sell(basket(shop, coupon, reserved=frozenset([hold_id])), now=much_later)
    assert state(coupon) == ("used", 1)


def test_a_coupon_set_aside_stays_with_its_member(shop: Shop, coupon: int) -> None:
    hold(shop, coupon)
    code = coupons.many([coupon])[coupon].code
    with pytest.raises(CouponGone):
        coupons.transfer(code, shop.member(), by=shop.owner, now=shop.now)


def test_taken_back_meanwhile_it_is_gone(shop: Shop, coupon: int) -> None:
    hold_id = hold(shop, coupon)
    db.atomic(coupons.cancel)(coupon)
    with pytest.raises(CouponGone):
        couponholds.capture(hold_id, by=shop.owner, now=shop.now)
    with pytest.raises(CouponGone):
        hold(shop, coupon)


def test_what_cannot_be_set_aside(shop: Shop, coupon: int) -> None:
    with pytest.raises(CouponUnknown):
        hold(shop, 1)
    with pytest.raises(ReserveTooShort):
        hold(shop, coupon, lapses_at=shop.now)
    with pytest.raises(HoldUnknown):
        couponholds.release(1, by=shop.owner, now=shop.now)


def test_where_coupons_need_proof_setting_aside_does_too(shop: Shop, coupon: int) -> None:
    shop.rule("coupon_proof", True)
    clerk = staff.actor_of(staff.create("wu", "吴", "clerk", password="long enough", by=shop.owner, now=shop.now))
    with pytest.raises(CouponProofNeeded):
        hold(shop, coupon, by=clerk)
    assert hold(shop, coupon, by=clerk, proved=True)


def test_a_parked_basket_keeps_its_holds(shop: Shop, coupon: int) -> None:
    hold_id = hold(shop, coupon)
    kept = basket(shop, coupon, reserved=frozenset([hold_id]))
    parked = parking.park(kept, "red coat", by=shop.owner, now=shop.now)
    assert parking.recall(parked, by=shop.owner, now=shop.now) == kept
