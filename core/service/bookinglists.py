"""Bookings as they are read: a day at a store, a member's own, what is coming, and who stands in the day's columns."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from core.base import clock, db, text
from core.base.access import Actor, require, require_own
from core.base.clock import DAY, Millis
from core.base.errors import NotFound
from core.base.i18n import N_, date_shown
from core.service import bookinghours, bookingtimes
from core.service.bookingtimes import Span

STATES: dict[str, str] = {
    "booked": N_("booked"),
    "arrived": N_("here"),
    "done": N_("done"),
    "no_show": N_("did not come"),
    "cancelled": N_("cancelled"),
}
OPEN = "('booked', 'arrived')"
LAST = 50
"""So many bookings that are over are shown of a member."""


@dataclass(frozen=True)
class Booking:
    """One booking. `name` is the member's or what a walk-in said; `phone` is masked for who may not see numbers."""

    id: int
    store_id: int
    store: str
    zone: str
    member_id: int | None
    name: str
    phone: str
    product_id: int
    service: str
    staff_id: int
    staff: str
    from_at: Millis
    until_at: Millis
    busy_until_at: Millis
    state: str
    note: str
    sale_id: int | None
    moves: int
    made_at: Millis
    door: str

    @property
    def on(self) -> date:
        """Its day at the store."""
        return clock.day_of(self.from_at, self.zone)

    @property
    def time(self) -> str:
        """When it begins, by the store's clock: '14:30'."""
        return time_shown(self.from_at, self.zone)

    @property
    def until(self) -> str:
        """When it ends."""
        return time_shown(self.until_at, self.zone)


class BookingUnknown(NotFound):
    """No booking has this number, or it is somebody else's."""

    code = "booking_unknown"
    text = N_("There is no such booking. Refresh the list.")


def time_shown(moment: int, zone: str) -> str:
    """The time of day of a moment: '14:30'."""
    return f"{clock.local(moment, zone):%H:%M}"


def moment_shown(moment: int, zone: str) -> str:
    """Day and time of a moment at a store: '11-21 Sat 14:30'."""
    return f"{date_shown(clock.day_of(moment, zone))} {time_shown(moment, zone)}"


_SELECT = (
    "SELECT b.id, b.store_id, o.name, o.zone, b.member_id, coalesce(p.name, b.name, ''), coalesce(p.phone, b.phone,"
    " ''), b.product_id, g.name, b.staff_id, s.name, b.from_at, b.until_at, b.busy_until_at, b.state,"
    " coalesce(b.note, ''), b.sale_id, b.moves, b.made_at, b.door FROM booking b JOIN store o ON o.id = b.store_id"
    " JOIN product g ON g.id = b.product_id JOIN staff s ON s.id = b.staff_id"
    " LEFT JOIN member_person p ON p.member_id = b.member_id"
)


def _booking(row: db.Row, by: Actor) -> Booking:
    own = by.kind == "member" and by.id == row[4]
    phone = row[6] if own or by.may("member.phone") else text.masked_phone(row[6]) if row[6] else ""
    cells: tuple[Any, ...] = (*row[:6], phone, *row[7:])
    return Booking(*cells)


def get(booking_id: int, *, by: Actor) -> Booking:
    """One booking; a member finds their own only, whoever is bound to stores those there. Raises: BookingUnknown."""
    row = db.one(_SELECT + " WHERE b.id = ?", (booking_id,))
    if row is None or (by.kind == "member" and by.id != row[4]) or (by.stores and row[1] not in by.stores):
        raise BookingUnknown()
    return _booking(row, by)


def zone_of(store_id: int) -> str:
    """The store's zone."""
    return str(db.value("SELECT zone FROM store WHERE id = ?", (store_id,)) or "UTC")


def bounds(store_id: int, on: date) -> Span:
    """The day at a store, from midnight to midnight."""
    zone = zone_of(store_id)
    return Span(clock.start_of(on, zone), clock.end_of(on, zone))


def day(store_id: int, on: date, *, by: Actor, cancelled: bool = False) -> list[Booking]:
    """The bookings of a day at a store, by time and person. Raises: NotAllowed."""
    require(by, "service", store_id=store_id)
    span = bounds(store_id, on)
    some = "" if cancelled else " AND b.state <> 'cancelled'"
    sql = _SELECT + f" WHERE b.store_id = ? AND b.from_at >= ? AND b.from_at < ?{some} ORDER BY b.from_at, s.name, b.id"
    return [_booking(row, by) for row in db.rows(sql, (store_id, span.from_at, span.until_at))]


def of_member(member_id: int, *, by: Actor, now: Millis, past: bool = False) -> list[Booking]:
    """A member's coming bookings, the next one first; those that are over, the last one first, if asked.

    One that began counts as coming until it has ended. Raises: NotAllowed.
    """
    if by.kind == "key":
        require(by, "sell")
    elif by.kind != "kiosk":
        require_own(by, member_id, "service")
    if past:
        sql = _SELECT + f" WHERE b.member_id = ? AND b.state NOT IN {OPEN} ORDER BY b.from_at DESC, b.id DESC LIMIT ?"
        return [_booking(row, by) for row in db.rows(sql, (member_id, LAST))]
    sql = _SELECT + f" WHERE b.member_id = ? AND b.state IN {OPEN} AND b.until_at > ? ORDER BY b.from_at, b.id"
    return [_booking(row, by) for row in db.rows(sql, (member_id, now - DAY))]


def today_of_member(member_id: int, *, by: Actor, now: Millis) -> list[Booking]:
    """Those of today at the store where somebody stands: still to come, or here. Raises: NotAllowed."""
    found = of_member(member_id, by=by, now=now)
    return [
        one for one in found if one.on == clock.day_of(now, one.zone) and (not by.stores or one.store_id in by.stores)
    ]


@dataclass(frozen=True)
class Coming:
    """What is left of today: how many are to come, how many are here, and the next one to come."""

    booked: int
    arrived: int
    next: Booking | None


def coming(*, by: Actor, now: Millis) -> Coming:
    """Today's bookings in the stores somebody works in; each store has its own day. Raises: NotAllowed."""
    require(by, "service")
    found: list[Booking] = []
    for store_id, zone in db.rows("SELECT id, zone FROM store WHERE closed_at IS NULL ORDER BY id"):
        if by.may("service", store_id=store_id):
            found += day(store_id, clock.day_of(now, zone), by=by)
    booked = sorted((one for one in found if one.state == "booked"), key=lambda one: (one.from_at, one.id))
    here = sum(one.state == "arrived" for one in found)
    return Coming(len(booked), here, booked[0] if booked else None)


@dataclass(frozen=True)
class Person:
    """Somebody's column in a day: the hours they work, as moments."""

    staff_id: int
    name: str
    spans: tuple[Span, ...]


def people(store_id: int, on: date) -> list[Person]:
    """Who works or has bookings at a store on a day, by name."""
    zone, span = zone_of(store_id), bounds(store_id, on)
    sql = (
        "SELECT s.id, s.name, s.active, EXISTS (SELECT 1 FROM booking b WHERE b.staff_id = s.id AND b.store_id = ?"
        " AND b.from_at >= ? AND b.from_at < ? AND b.state <> 'cancelled') FROM staff s ORDER BY s.name, s.id"
    )
    found = []
    for staff_id, name, active, has in db.rows(sql, (store_id, span.from_at, span.until_at)):
        hours = bookinghours.hours_on(staff_id, store_id, on) if active else []
        if hours or has:
            found.append(Person(staff_id, name, tuple(bookingtimes.spans(on, hours, zone))))
    return found
