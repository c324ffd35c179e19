"""Bookings over the API: what is free, booking for a member or a name, cancelling, what a member has booked."""

from typing import Annotated

from flask import Response
from pydantic import Field

from core.base import clock
from core.base.clock import iso
from core.service import bookinghours, bookinglists, bookings
from core.service.bookinglists import Booking
from core.service.bookings import Wanted
from kiosk.api import door as api
from kiosk.api.schemas import Id, Shape, Str


class FreeAsked(Shape):
    """Which day (today, if left out), and by whom if not by anyone."""

    day: Str = ""
    staff_id: Id | None = None


class PersonOut(Shape):
    """Somebody who does a service."""

    id: str
    name: str


class FreeTimeOut(Shape):
    """When a service can begin, and who is free then."""

    from_at: str
    staff: list[PersonOut]


class FreeOut(Shape):
    """What is free on a day at the key's store, the earliest first."""

    service: str
    minutes: int
    times: list[FreeTimeOut]


class BookingIn(Shape):
    """A booking: a service at a time that was free, by a person or left out by anyone; for a member or a name."""

    service_id: Id
    from_at: Str
    staff_id: Id | None = None
    member_id: Id | None = None
    name: Str = ""
    phone: Str = ""
    note: Annotated[Str, Field(max_length=200)] = ""


class BookingOut(Shape):
    """A booking; `state` is booked, arrived, done, no_show or cancelled."""

    id: str
    state: str
    member_id: str | None
    name: str
    service_id: str
    service: str
    staff_id: str
    staff: str
    from_at: str
    until_at: str


class BookingsOut(Shape):
    """What a member has booked and is still to come, the next one first."""

    bookings: list[BookingOut]


@api.pages.get("/services/<int:service_id>/free")
@api.operation(200, FreeOut, query=FreeAsked)
def free_times(service_id: int) -> Response:
    """List the times at which a service can be booked on a day.

    Needs the scope sales. `day` is written as 2026-12-31, `staff_id` asks for one person.
    """
    asked, by, now = api.query_of(FreeAsked), api.actor(), clock.now()
    bookings.check_may(None, api.store_id(), by)
    service = bookinghours.service(service_id)
    today = clock.day_of(now, bookinglists.zone_of(api.store_id()))
    on = api.day_of(asked.day, "day") if asked.day else today
    found = bookings.free(
        service_id, api.store_id(), on, staff_id=int(asked.staff_id) if asked.staff_id else None, by=by, now=now,
    )  # fmt: skip
    times = [
        FreeTimeOut(
            from_at=iso(one.from_at),
            staff=[PersonOut(id=str(id), name=name) for id, name in one.staff],
        )
        for one in found
    ]
    return api.answer(FreeOut(service=service.name, minutes=service.minutes, times=times))


@api.pages.post("/bookings")
@api.operation(201, BookingOut, body=BookingIn)
def book() -> Response:
    """Book a service at the key's store, within the limits members have.

    Needs the scope sales and a header Idempotency-Key.
    """
    given, (key, replayed), by = api.body_of(BookingIn), api.once("booking"), api.actor()
    wanted = Wanted(
        api.store_id(),
        int(given.service_id),
        api.moment_of(given.from_at, "from_at"),
        int(given.staff_id) if given.staff_id else None,
        int(given.member_id) if given.member_id else None,
        given.name,
        given.phone,
        given.note,
    )
    booking_id = bookings.book(wanted, by=by, now=clock.now(), key=key)
    return api.answer(_booking(bookinglists.get(booking_id, by=by)), 201, replayed=replayed)


@api.pages.post("/bookings/<int:booking_id>/cancel")
@api.operation(200, BookingOut)
def cancel(booking_id: int) -> Response:
    """Cancel a booking, until the hours before it that the shop allows.

    Needs the scope sales.
    """
    by = api.actor()
    bookings.cancel(booking_id, by=by, now=clock.now())
    return api.answer(_booking(bookinglists.get(booking_id, by=by)))


@api.pages.get("/members/<int:member_id>/bookings")
@api.operation(200, BookingsOut)
def of_member(member_id: int) -> Response:
    """List what a member has booked.

    Needs the scope sales.
    """
    found = bookinglists.of_member(member_id, by=api.actor(), now=clock.now())
    return api.answer(BookingsOut(bookings=[_booking(one) for one in found]))


def _booking(one: Booking) -> BookingOut:
    return BookingOut(
        id=str(one.id),
        state=one.state,
        member_id=None if one.member_id is None else str(one.member_id),
        name=one.name,
        service_id=str(one.product_id),
        service=one.service,
        staff_id=str(one.staff_id),
        staff=one.staff,
        from_at=iso(one.from_at),
        until_at=iso(one.until_at),
    )
