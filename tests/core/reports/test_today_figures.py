"""Today's figures against a day that was traded by public verbs."""

from core.base.clock import DAY, HOUR, Millis
from core.goods import places
from core.goods.places import Place
from core.keeping import merging, opening
from core.loyalty import topups
from core.loyalty.topups import TopUpTerms
from core.reports import today
from core.selling import receipts, refunds
from core.selling.refunds import ReturnLine
from core.service import bookingends
from tests.core.service.test_bookings import Salon
from tests.shops import Shop


def test_a_day_adds_up(shop: Shop) -> None:
    shop.product("tea", 1900)
    topups.set_rule(4000, TopUpTerms(bonus_cents=1000, bonus_days=365), by=shop.owner, now=shop.now)
    member = shop.member("13800138000", source="kiosk")
    week_ago = Millis(shop.now - 7 * DAY)
    shop.sell(shop.basket(("tea", 1)), now=week_ago)
    shop.top_up(member, 4000)
    sale = shop.sell(shop.basket(("tea", 3), member=member), ("wallet", 4500))
    refunds.refund(sale, (ReturnLine(receipts.of(sale).lines[0].id, 1000),), by=shop.owner, now=shop.now)
    day = today.today(by=shop.owner, now=shop.now)
    assert (day.takings_cents, day.last_week_cents, day.against_last_week_bp) == (3800, 1900, 10_000)
    assert (day.sales, day.member_sales) == (1, 1)
    assert (day.new_members, day.new_at_kiosk) == (1, 1)
    assert (day.wallet_in_cents, day.wallet_out_cents) == (4000 + 1333, 4500)
    assert (day.by_hour_cents[12], sum(day.by_hour_cents)) == (3800, day.takings_cents)


def test_someone_with_one_store_sees_that_store(shop: Shop) -> None:
    from dataclasses import replace

    shop.product("tea", 1900)
    shop.sell(shop.basket(("tea", 1)))
    elsewhere = replace(shop.owner, stores=frozenset({1}))
    assert today.today(by=elsewhere, now=shop.now).takings_cents == 0


def test_hours_are_those_of_the_stores_clock_and_who_went_into_another_is_not_new(shop: Shop) -> None:
    shop.product("tea", 1900)
    kept, gone = shop.member(), shop.member()
    seen = merging.preview(kept, gone, by=shop.owner, now=shop.now)
    merging.merge(kept, gone, mark=seen.mark, by=shop.owner, now=shop.now)
    shop.store = opening.add_store("Urumqi", zone="Asia/Dubai", by=shop.owner, now=shop.now)
    shop.sell(shop.basket(("tea", 1)))
    day = today.today(by=shop.owner, now=shop.now)
    assert (day.by_hour_cents[8], day.by_hour_cents[12], day.new_members) == (1900, 0, 1)


def test_bookings_to_come_and_goods_that_run_low_are_counted(shop: Shop) -> None:
    before = today.today(by=shop.owner, now=shop.now)
    assert (before.bookings, before.goods_low) == (None, 0)
    salon = Salon(shop)
    salon.walk_in(Millis(shop.now + HOUR // 2), salon.wang)
    bookingends.arrive(salon.walk_in(Millis(shop.now), salon.li), by=shop.owner, now=shop.now)
    places.put(shop.store, shop.product("tea", 1900), Place("A1", 5000), by=shop.owner, now=shop.now)
    day = today.today(by=shop.owner, now=shop.now)
    assert day.bookings is not None and day.bookings.next is not None
    assert (day.bookings.booked, day.bookings.arrived, day.bookings.next.staff, day.goods_low) == (1, 1, "王强", 1)
    till_only = today.today(by=shop.owner_with(frozenset({"sell"})), now=shop.now)
    assert (till_only.bookings, till_only.goods_low) == (None, 0)
