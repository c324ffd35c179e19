"""Bookings: made within the shop's limits, moved, cancelled, kept or not, and never two for one person at once."""

from dataclasses import replace
from datetime import date

import pytest

from core.base import access, clock, db
from core.base.access import Actor
from core.base.clock import DAY, HOUR, MINUTE, Millis
from core.base.errors import NotAllowed
from core.books.requests import KeyReused
from core.keeping import erasure, merging
from core.people import members, staff
from core.service import bookingcarrying, bookingends, bookinghours, bookingletters, bookinglists, bookings
from core.service.bookingends import NotBegun, NotToday, SaleOfAnother
from core.service.bookinghours import (
    HoursInvalid,
    ServiceNotBooked,
    ServiceTerms,
    ServiceTimeInvalid,
    StaffNotOfService,
)
from core.service.bookinglists import BookingUnknown
from core.service.bookings import (
    BookingOver,
    BookingsFull,
    BookingTooLate,
    BookingUnnamed,
    BookWithStaff,
    MemberBusy,
    TimeGone,
    Wanted,
)
from tests.shops import Shop, at

SATURDAY = date(2026, 5, 30)
"""The day after the shop's `now`."""


def half(hour: int) -> Millis:
    return Millis(at(2026, 5, 30, hour) + 30 * MINUTE)


def ten(hour: int, day: int = 30) -> Millis:
    return at(2026, 5, day, hour)


class Salon:
    """A shop with a massage of 60 minutes and 15 to tidy up, by two people who work from 10 to 14 every day."""

    def __init__(self, shop: Shop, number: str = "13800138000") -> None:
        self.shop, self.now = shop, shop.now
        self.li = staff.create("li", "李娜", "clerk", password="correct horse", by=shop.owner, now=shop.now)
        self.wang = staff.create("wang", "王强", "clerk", password="correct horse", by=shop.owner, now=shop.now)
        self.massage = shop.product("足部按摩", 12_800, kind="service")
        terms = ServiceTerms(60, 15, True, (self.li, self.wang))
        bookinghours.set_service(self.massage, terms, by=shop.owner, now=shop.now)
        for who in (self.li, self.wang):
            for weekday in range(7):
                bookinghours.set_hours(who, shop.store, weekday, [(600, 840)], by=shop.owner, now=shop.now)
        self.member = shop.member(number, name="王伟芳")
        self.self = members.themselves(self.member)

    def wanted(self, from_at: Millis, who: int | None = None, member: int | None = None) -> Wanted:
        return Wanted(self.shop.store, self.massage, from_at, who, member or self.member)

    def walk_in(self, from_at: Millis, who: int | None = None) -> int:
        wanted = Wanted(self.shop.store, self.massage, from_at, who, name="张先生", phone="13700137000")
        return bookings.book(wanted, by=self.shop.owner, now=self.now)

    def book(
        self, from_at: Millis, who: int | None = None, *, by: Actor | None = None, now: Millis | None = None
    ) -> int:
        return bookings.book(self.wanted(from_at, who), by=by or self.shop.owner, now=now or self.now)

    def get(self, booking_id: int) -> bookinglists.Booking:
        return bookinglists.get(booking_id, by=self.shop.owner)

    def times(self, *, who: int | None = None, by: Actor | None = None, on: date = SATURDAY) -> list[str]:
        found = bookings.free(self.massage, self.shop.store, on, staff_id=who, by=by or self.self, now=self.now)
        return [bookinglists.time_shown(one.from_at, "Asia/Shanghai") for one in found]

    def letters(self) -> list[tuple[str, str]]:
        sql = "SELECT template, state FROM outbox WHERE template LIKE ? ORDER BY created_at, id"
        return db.rows(sql, ("booking%",))


@pytest.fixture
def salon(shop: Shop) -> Salon:
    return Salon(shop)


def test_a_booked_hour_is_offered_by_the_other_person_only(salon: Salon) -> None:
    salon.book(ten(10), salon.li)
    assert salon.times(who=salon.li) == ["11:15", "11:30", "11:45", "12:00", "12:15", "12:30", "12:45"]
    assert salon.times()[:2] == ["10:00", "10:15"]
    (first, *_) = bookings.free(salon.massage, salon.shop.store, SATURDAY, by=salon.self, now=salon.now)
    assert first.staff == ((salon.wang, "王强"),)


def test_anyone_is_whoever_has_less_to_do_and_a_third_finds_the_hour_gone(salon: Salon) -> None:
    salon.walk_in(half(12), salon.li)
    first = salon.book(ten(10))
    second = salon.walk_in(ten(10))
    assert (salon.get(first).staff, salon.get(second).staff) == ("王强", "李娜")
    with pytest.raises(TimeGone, match=r"10:00 is not free"):
        salon.walk_in(ten(10))


def test_a_named_person_is_not_booked_twice_nor_into_their_buffer(salon: Salon) -> None:
    salon.walk_in(ten(10), salon.li)
    with pytest.raises(TimeGone):
        salon.walk_in(ten(11), salon.li)
    assert salon.get(salon.walk_in(Millis(ten(11) + 15 * MINUTE), salon.li)).until == "12:15"


def test_a_member_is_not_served_twice_at_once(salon: Salon) -> None:
    salon.book(ten(10), salon.li)
    with pytest.raises(MemberBusy, match="10:00"):
        salon.book(half(10), salon.wang)


def test_members_book_within_the_limits_of_the_shop(salon: Salon) -> None:
    friday = date(2026, 5, 29)
    assert salon.times(on=friday) == []  # an hour from noon there is no hour left that ends by 14
    assert salon.times(on=friday, by=salon.shop.owner) == ["12:00", "12:15", "12:30", "12:45"]
    assert salon.times(on=date(2026, 6, 28)) != []
    assert salon.times(on=date(2026, 6, 29)) == []
    with pytest.raises(TimeGone):
        salon.book(at(2026, 6, 29, 10), by=salon.self)
    with pytest.raises(TimeGone):
        salon.book(Millis(ten(10) + 5 * MINUTE), by=salon.self)  # between two steps


def test_a_member_books_for_themselves_only_and_as_often_as_allowed(salon: Salon) -> None:
    other = members.themselves(salon.shop.member("13900139000"))
    with pytest.raises(NotAllowed):
        salon.book(ten(10), by=other)
    salon.shop.rule("booking_most", 2)
    salon.book(ten(10), by=salon.self)
    salon.book(ten(12), by=salon.self)
    with pytest.raises(BookingsFull, match="2 bookings"):
        salon.book(ten(10, 31), by=salon.self)
    salon.book(ten(10, 31))  # staff may


def test_a_service_may_be_for_staff_to_book_and_one_without_time_for_nobody(salon: Salon) -> None:
    terms = ServiceTerms(60, 15, False, (salon.li,))
    bookinghours.set_service(salon.massage, terms, by=salon.shop.owner, now=salon.now)
    with pytest.raises(ServiceNotBooked):
        salon.book(ten(10), by=salon.self)
    with pytest.raises(StaffNotOfService, match="李娜"):
        salon.book(ten(10), salon.wang)
    assert salon.get(salon.book(ten(10))).staff == "李娜"
    bookinghours.end_service(salon.massage, by=salon.shop.owner, now=salon.now)
    assert (bookinghours.services(), bookinghours.unset()) == ([], [(salon.massage, "足部按摩")])
    with pytest.raises(ServiceNotBooked):
        salon.book(ten(12))


def test_a_repeated_request_books_once(salon: Salon) -> None:
    first = bookings.book(salon.wanted(ten(10)), by=salon.self, now=salon.now, key="tap")
    assert bookings.book(salon.wanted(ten(10)), by=salon.self, now=salon.now, key="tap") == first
    with pytest.raises(KeyReused):
        bookings.book(salon.wanted(ten(12)), by=salon.self, now=salon.now, key="tap")


def test_a_walk_in_has_a_name_and_their_number_is_masked(salon: Salon) -> None:
    booking_id = salon.walk_in(ten(10))
    clerk = staff.actor_of(salon.li)
    assert (salon.get(booking_id).phone, bookinglists.get(booking_id, by=clerk).phone) == (
        "+8613700137000",
        "137****7000",
    )
    with pytest.raises(BookingUnnamed):
        bookings.book(Wanted(salon.shop.store, salon.massage, ten(12)), by=salon.shop.owner, now=salon.now)


def test_moving_keeps_the_person_who_is_free_and_frees_the_old_time(salon: Salon) -> None:
    booking_id = salon.book(ten(10), salon.li)
    bookings.move(booking_id, half(10), by=salon.shop.owner, now=salon.now)  # over its own old time
    assert (salon.get(booking_id).time, salon.get(booking_id).staff) == ("10:30", "李娜")
    salon.walk_in(ten(12), salon.li)
    bookings.move(booking_id, ten(12), by=salon.shop.owner, now=salon.now)
    assert (salon.get(booking_id).time, salon.get(booking_id).staff, salon.get(booking_id).moves) == (
        "12:00",
        "王强",
        2,
    )
    assert "10:00" in salon.times(who=salon.li)


def test_a_member_moves_and_cancels_until_the_limit_staff_always(salon: Salon) -> None:
    booking_id, late = salon.book(ten(10)), Millis(ten(10) - 11 * HOUR)
    with pytest.raises(BookingTooLate, match="12 hours"):
        bookings.cancel(booking_id, by=salon.self, now=late)
    with pytest.raises(BookingTooLate):
        bookings.move(booking_id, ten(12), by=salon.self, now=late)
    bookings.move(booking_id, ten(12), by=salon.self, now=Millis(ten(10) - 12 * HOUR))
    bookings.cancel(booking_id, by=salon.shop.owner, now=late)
    with pytest.raises(BookingOver, match="cancelled"):
        bookings.cancel(booking_id, by=salon.shop.owner, now=late)
    assert salon.get(booking_id).state == "cancelled"
    with pytest.raises(BookingUnknown):
        bookings.cancel(booking_id, by=members.themselves(1), now=salon.now)


def test_somebody_arrives_on_the_day_and_is_done_with_their_sale(salon: Salon) -> None:
    booking_id = salon.book(ten(10))
    with pytest.raises(NotToday):
        bookingends.arrive(booking_id, by=salon.shop.owner, now=salon.now)
    bookingends.arrive(booking_id, by=salon.self, now=ten(9))
    sale_id = salon.shop.sell(salon.shop.basket(("足部按摩", 1), member=salon.member), now=ten(11))
    stranger = salon.shop.sell(salon.shop.basket(("足部按摩", 1)), now=ten(11))
    with pytest.raises(SaleOfAnother):
        bookingends.finish(booking_id, stranger, by=salon.shop.owner, now=ten(11))
    bookingends.finish(booking_id, sale_id, by=salon.shop.owner, now=ten(11))
    assert (salon.get(booking_id).state, salon.get(booking_id).sale_id) == ("done", sale_id)


def test_a_sale_finishes_as_many_bookings_of_the_day_as_were_sold(salon: Salon) -> None:
    first, second = salon.book(ten(10)), salon.book(ten(12))
    sale_id = salon.shop.sell(salon.shop.basket(("足部按摩", 1), member=salon.member), now=ten(11))
    assert bookingends.finish_sold(sale_id, by=salon.shop.owner, now=ten(11)) == 1
    assert bookingends.finish_sold(sale_id, by=salon.shop.owner, now=ten(11)) == 0
    assert (salon.get(first).state, salon.get(second).state) == ("done", "booked")


def test_a_kiosk_notes_that_a_member_is_here_and_nothing_else(salon: Salon) -> None:
    booking_id = salon.book(ten(10))
    kiosk = Actor("kiosk", 7, "kiosk", "kiosk", access.KIOSK, frozenset({salon.shop.store}))
    (one,) = bookinglists.today_of_member(salon.member, by=kiosk, now=ten(9))
    assert (one.time, one.staff) == ("10:00", "李娜")
    with pytest.raises(NotAllowed):
        bookings.cancel(booking_id, by=kiosk, now=ten(9))
    bookingends.arrive(booking_id, by=kiosk, now=ten(9))
    with pytest.raises(BookingOver):
        bookingends.arrive(booking_id, by=kiosk, now=ten(9))


def test_who_is_not_here_when_their_time_is_over_did_not_come(salon: Salon) -> None:
    missed, here, sold = salon.book(ten(10)), salon.walk_in(ten(10)), salon.book(ten(12))
    bookingends.arrive(here, by=salon.shop.owner, now=ten(10))
    salon.shop.sell(salon.shop.basket(("足部按摩", 1), member=salon.member), now=ten(12))
    job = access.scheduler("bookings")
    assert bookingends.settle(by=job, now=half(10)) == "0 done, 0 did not come"
    bookings.cancel(sold, by=salon.shop.owner, now=salon.now)
    again = salon.book(ten(12))
    assert bookingends.settle(by=job, now=ten(14)) == "1 done, 1 did not come"
    states = [salon.get(one).state for one in (missed, here, again)]
    assert states == ["done", "arrived", "no_show"]  # the sale belongs to the earlier one
    assert bookingends.settle(by=job, now=Millis(ten(14) + DAY)) == "1 done, 0 did not come"
    bookingends.arrive(again, by=salon.shop.owner, now=ten(15))  # came very late after all
    assert salon.get(again).state == "arrived"


def test_nobody_stayed_away_before_it_began(salon: Salon) -> None:
    booking_id = salon.book(ten(10))
    with pytest.raises(NotBegun, match="10:00"):
        bookingends.no_show(booking_id, by=salon.shop.owner, now=salon.now)
    bookingends.no_show(booking_id, by=salon.shop.owner, now=half(10))
    with pytest.raises(NotAllowed):
        bookingends.no_show(booking_id, by=salon.self, now=half(10))


def test_who_often_does_not_come_books_with_staff(salon: Salon) -> None:
    salon.shop.rule("booking_no_shows", 2)
    for day in (30, 31):
        bookingends.no_show(salon.book(ten(10, day)), by=salon.shop.owner, now=ten(11, day))
    june = at(2026, 6, 1, 9)
    with pytest.raises(BookWithStaff, match="2 bookings of the last 180 days"):
        salon.book(at(2026, 6, 2, 10), by=salon.self, now=june)
    salon.book(at(2026, 6, 2, 10), now=june)
    salon.shop.rule("booking_no_show_days", 1)
    salon.book(at(2026, 6, 3, 10), by=salon.self, now=at(2026, 6, 1, 12))


def test_a_day_off_and_other_hours_hold_on_their_day_and_strand_bookings(salon: Salon) -> None:
    salon.book(ten(10), salon.li)
    owner = salon.shop.owner
    assert bookinghours.set_day(salon.li, SATURDAY, [], store_id=salon.shop.store, by=owner, now=salon.now) == 1
    assert salon.times(who=salon.li) == []
    hours = [(900, 1080)]
    assert bookinghours.set_day(salon.wang, SATURDAY, hours, store_id=salon.shop.store, by=owner, now=salon.now) == 0
    assert salon.times()[0] == "15:00"
    assert bookinghours.clear_day(salon.li, SATURDAY, by=owner, now=salon.now) == 0
    assert salon.times()[0] == "11:15"
    planned = {one.staff_id: one for one in bookinghours.plan(salon.shop.store, today=SATURDAY)}
    assert planned[salon.wang].changes == ((SATURDAY, ((900, 1080),)),)
    assert (planned[salon.li].week[0], planned[salon.li].changes) == (((600, 840),), ())


def test_hours_are_read_as_people_write_them() -> None:
    assert bookinghours.read_hours("10-13, 14:00–19:30") == ((600, 780), (840, 1170))
    assert bookinghours.read_hours("  ") == ()
    assert bookinghours.hours_shown([(840, 1170), (600, 780)]) == "10:00-13:00 14:00-19:30"
    for typed in ("10", "13-10", "10-14 13-18", "20-25", "ten"):
        with pytest.raises(HoursInvalid):
            bookinghours.read_hours(typed)


def test_nobody_works_in_two_stores_at_once_and_only_managers_plan(salon: Salon) -> None:
    owner, clerk = salon.shop.owner, staff.actor_of(salon.li)
    other = salon.shop.store + 1
    with pytest.raises(HoursInvalid):
        bookinghours.set_hours(salon.li, other, 0, [(800, 900)], by=owner, now=salon.now)
    with pytest.raises(NotAllowed):
        bookinghours.set_hours(salon.li, salon.shop.store, 0, [], by=clerk, now=salon.now)
    with pytest.raises(ServiceTimeInvalid):
        bookinghours.set_service(salon.massage, ServiceTerms(3), by=owner, now=salon.now)


def test_the_day_and_what_is_left_of_it(salon: Salon) -> None:
    first, second = salon.book(ten(12), salon.li), salon.walk_in(ten(10), salon.wang)
    bookingends.arrive(second, by=salon.shop.owner, now=ten(10))
    assert [one.id for one in bookinglists.day(salon.shop.store, SATURDAY, by=salon.shop.owner)] == [second, first]
    left = bookinglists.coming(by=salon.shop.owner, now=ten(10))
    assert (left.booked, left.arrived, left.next and left.next.id) == (1, 1, first)
    people = bookinglists.people(salon.shop.store, SATURDAY)
    assert [(one.name, len(one.spans)) for one in people] == [("李娜", 1), ("王强", 1)]
    elsewhere = replace(salon.shop.owner, stores=frozenset({1}))
    assert bookinglists.coming(by=elsewhere, now=ten(10)).booked == 0
    with pytest.raises(NotAllowed):
        bookinglists.day(salon.shop.store, SATURDAY, by=elsewhere)
    with pytest.raises(BookingUnknown):
        bookinglists.get(first, by=elsewhere)


def test_members_are_told_and_what_has_not_left_is_taken_back(salon: Salon) -> None:
    booking_id = salon.book(ten(10, 31))
    salon.walk_in(ten(10, 31))
    bookings.move(booking_id, ten(12, 31), by=salon.self, now=Millis(salon.now + 1))
    bookings.cancel(booking_id, by=salon.self, now=Millis(salon.now + 2))
    assert salon.letters() == [
        ("booking_made", "cancelled"), ("booking_moved", "cancelled"), ("booking_cancelled", "queued"),
    ]  # fmt: skip
    said = str(db.value("SELECT variables FROM outbox WHERE template = 'booking_moved'"))
    assert all(word in said for word in ("足部按摩", "12:00", "南京东路店"))


def test_a_reminder_is_written_once_and_not_to_who_just_booked(salon: Salon) -> None:
    salon.book(ten(10, 31))
    job = access.scheduler("booking-reminders")
    assert bookingletters.remind(by=job, now=salon.now) == 0  # 46 hours before
    near = Millis(ten(10, 31) - 24 * HOUR)
    salon.book(ten(12, 31), now=Millis(near + 5 * HOUR // 2))
    assert bookingletters.remind(by=job, now=Millis(near + 3 * HOUR)) == 1
    assert bookingletters.remind(by=job, now=Millis(near + 3 * HOUR)) == 0
    salon.shop.rule("booking_remind_hours", 0)
    assert bookingletters.remind(by=job, now=Millis(near + 4 * HOUR)) == 0


def test_bookings_follow_a_merged_member_and_back(salon: Salon) -> None:
    kept = salon.shop.member("13900139000")
    booking_id = salon.book(ten(10))
    seen = merging.preview(kept, salon.member, by=salon.shop.owner, now=salon.now)
    merge_id = merging.merge(kept, salon.member, mark=seen.mark, by=salon.shop.owner, now=salon.now)
    assert salon.get(booking_id).member_id == kept
    merging.undo(merge_id, by=salon.shop.owner, now=salon.now)
    assert salon.get(booking_id).member_id == salon.member


def test_who_is_forgotten_frees_their_time_and_leaves_no_words(salon: Salon) -> None:
    wanted = replace(salon.wanted(ten(10)), note="left knee")
    booking_id = bookings.book(wanted, by=salon.shop.owner, now=salon.now)
    walk = replace(salon.wanted(ten(12)), member_id=None, name="王女士", phone="13800138000")
    before = bookings.book(walk, by=salon.shop.owner, now=salon.now)
    mark = erasure.preview(salon.member, now=salon.now).mark
    erasure.erase(salon.member, mark=mark, by=salon.shop.owner, now=salon.now)
    assert (salon.get(booking_id).state, salon.get(booking_id).note) == ("cancelled", "")
    assert (salon.get(before).name, salon.get(before).phone) == ("", "")


def test_words_of_old_bookings_are_dropped(salon: Salon) -> None:
    old, open_one = salon.walk_in(ten(10)), salon.walk_in(ten(12))
    bookings.cancel(old, by=salon.shop.owner, now=salon.now)
    assert bookingcarrying.forget_words(Millis(salon.now + 1)) == 1
    assert (salon.get(old).name, salon.get(open_one).name) == ("", "张先生")
    assert clock.day_of(salon.get(old).from_at, "Asia/Shanghai") == SATURDAY
