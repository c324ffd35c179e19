"""Bookings 预约: a person's time for one service, promised to somebody: made, moved, cancelled, kept or not kept.

Nobody has two at once: the rows of those who could do it are locked before their time is looked at, so of two who
want the same hour one is told that it is gone. Members book within the shop's limits, staff book at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from core.base import clock, db, ids, phones, text
from core.base.access import Actor, refusal
from core.base.clock import DAY, HOUR, MINUTE, Millis
from core.base.errors import Invalid, Refused
from core.base.i18n import N_, Text
from core.books import audit, locks, requests, rules
from core.service import bookinghours, bookingletters, bookinglists, bookingtimes
from core.service.bookinghours import TAKES, Service, ServiceNotBooked, StaffNotOfService
from core.service.bookinglists import OPEN, STATES, Booking, moment_shown
from core.service.bookingtimes import Span

STAFF_AHEAD_DAYS = 366


@dataclass(frozen=True)
class Wanted:
    """What somebody wants: a service at a moment, by a named person or by anyone; for a member or a name."""

    store_id: int
    product_id: int
    from_at: Millis
    staff_id: int | None = None
    member_id: int | None = None
    name: str = ""
    phone: str = ""
    note: str = ""


@dataclass(frozen=True)
class Free:
    """A moment at which a service can begin, and who is free then, as id and name."""

    from_at: Millis
    staff: tuple[tuple[int, str], ...]


class TimeGone(Refused):
    """The time is taken, outside of working hours, or outside of the days that can be booked."""

    code = "time_gone"
    text = N_("{time} is not free. Choose another time.")


class MemberBusy(Refused):
    """Nobody is served in two places at once."""

    code = "member_busy"
    text = N_("There is a booking at {time} already. Choose another time, or move that one.")


class BookingsFull(Refused):
    """A member has as many coming bookings as the shop allows."""

    code = "bookings_full"
    text = N_("You have {count} bookings to come, more cannot be made here. Ask our staff, or cancel one.")


class BookWithStaff(Refused):
    """Somebody did not come too often."""

    code = "book_with_staff"
    text = N_("{count} bookings of the last {days} days were not kept. Please book with our staff.")


class BookingTooLate(Refused):
    """The shop's limit for moving and cancelling by oneself has passed."""

    code = "booking_too_late"
    text = N_("This can be changed until {hours} hours before. Please call the shop.")


class BookingOver(Refused):
    """The booking is not in a state for this."""

    code = "booking_over"
    text = N_("This booking is “{state}” already. Refresh the list.")


class BookingUnnamed(Invalid):
    """A booking is for nobody."""

    code = "booking_unnamed"
    text = N_("Whom is it for? Choose a member, or type a name of 1 to {most} characters.")


MOST_NAME = 40
MOST_NOTE = 200


# --- what is free ----------------------------------------------------------------------------------


def free(
    product_id: int, store_id: int, on: date, *, staff_id: int | None = None, besides: int = 0, by: Actor, now: Millis
) -> list[Free]:  # fmt: skip
    """When a service can begin on a day, and who could do it; `besides` leaves a booking out that is to be moved.

    Members see what is booked on the phone, within the shop's limits. Raises: ServiceNotBooked, StaffNotOfService.
    """
    with db.read():
        service = _service(product_id, by)
        able = _able(service, staff_id)
        return _free(service, store_id, on, able, besides=besides, by=by, now=now)


def _service(product_id: int, by: Actor) -> Service:
    service = bookinghours.service(product_id)
    if not service.on_phone and not by.may("service"):
        raise ServiceNotBooked(field="product_id")
    return service


def _able(service: Service, staff_id: int | None) -> tuple[tuple[int, str], ...]:
    able = tuple(one for one in service.staff if staff_id in (None, one[0]))
    if staff_id is not None and not able:
        names = ", ".join(name for _id, name in service.staff)
        raise StaffNotOfService(field="staff_id", service=service.name, staff=names)
    return able


def _free(
    service: Service, store_id: int, on: date, able: Sequence[tuple[int, str]], *, besides: int, by: Actor, now: Millis
) -> list[Free]:  # fmt: skip
    zone, step = bookinglists.zone_of(store_id), rules.current(now=now).booking_step_minutes
    within = _limits(zone, by, now)
    day = bookinglists.bounds(store_id, on)
    found: dict[Millis, list[tuple[int, str]]] = {}
    if day.until_at <= within.from_at or day.from_at >= within.until_at:
        return []
    for one in able:
        hours = bookinghours.hours_on(one[0], store_id, on)
        taken = _taken(one[0], Span(day.from_at, Millis(day.until_at + DAY)), besides) if hours else ()
        for moment in bookingtimes.free(on, hours, taken, service.need, zone=zone, step_minutes=step, within=within):
            found.setdefault(moment, []).append(one)
    return [Free(moment, tuple(found[moment])) for moment in sorted(found)]


def _limits(zone: str, by: Actor, now: Millis) -> Span:
    """From when to when a booking may begin: staff book from the step that just began on, a year ahead."""
    shop, today = rules.current(now=now), clock.day_of(now, zone)
    if by.may("service"):
        last = clock.end_of(today + timedelta(days=STAFF_AHEAD_DAYS), zone)
        return Span(Millis(now - shop.booking_step_minutes * MINUTE + 1), last)
    last = clock.end_of(today + timedelta(days=shop.booking_ahead_days), zone)
    return Span(Millis(now + shop.booking_lead_minutes * MINUTE), last)


def _taken(staff_id: int, span: Span, besides: int) -> list[Span]:
    sql = (
        "SELECT from_at, busy_until_at FROM booking WHERE staff_id = ? AND busy_until_at > ? AND from_at < ?"
        f" AND state IN {TAKES} AND id <> ?"
    )
    return [Span(a, b) for a, b in db.rows(sql, (staff_id, span.from_at, span.until_at, besides))]


# --- booking and moving ----------------------------------------------------------------------------


@db.atomic
def book(wanted: Wanted, *, by: Actor, now: Millis, key: str | None = None) -> int:
    """Book; its id. Of several who are free the one with the fewest minutes that day does it.

    Raises: NotAllowed, ServiceNotBooked, StaffNotOfService, TimeGone, MemberBusy, BookingsFull, BookWithStaff,
    BookingUnnamed, KeyReused, MemberUnknown, MemberBlocked …
    """
    check_may(wanted.member_id, wanted.store_id, by)
    return requests.once(key, lambda: _book(wanted, by, now), scope=f"{by.tag}/booking", request=wanted, now=now)


def check_may(member_id: int | None, store_id: int, by: Actor) -> None:
    """Staff for anyone, a member for themselves, an online shop for anyone within the limits of members."""
    own = by.kind == "member" and by.id == member_id
    online = by.kind == "key" and by.may("sell", store_id=store_id)
    if not (own or online or by.may("service", store_id=store_id)):
        raise refusal("service")


def _book(wanted: Wanted, by: Actor, now: Millis) -> int:
    service = _service(wanted.product_id, by)
    name, phone = _named(wanted, now)
    if wanted.member_id is not None:
        locks.hold(wanted.member_id)
        if not by.may("service"):
            _check_member(wanted.member_id, now)
    staff_id = _choose(service, wanted, besides=0, by=by, now=now)
    busy = service.need.busy(wanted.from_at)
    _check_not_twice(wanted.member_id, busy, 0, wanted.store_id)
    booking_id = ids.new()
    db.add(
        "booking", id=booking_id, store_id=wanted.store_id, member_id=wanted.member_id, name=name, phone=phone,
        product_id=service.product_id, staff_id=staff_id, from_at=wanted.from_at,
        until_at=wanted.from_at + service.minutes * MINUTE, busy_until_at=busy.until_at, state="booked",
        note=text.clean(wanted.note)[:MOST_NOTE] or None, set_at=now, made_at=now, made_by=by.tag, door=by.door,
    )  # fmt: skip
    after = {"from_at": wanted.from_at, "staff": staff_id, "product": service.product_id}
    audit.record("booking.made", "booking", booking_id, by=by, now=now, store_id=wanted.store_id, after=after)
    bookingletters.tell("made", bookinglists.get(booking_id, by=by), now=now)
    return booking_id


def _named(wanted: Wanted, now: Millis) -> tuple[str | None, str | None]:
    """What a walk-in is called and their number; nothing of a member, whose record says it. Raises: BookingUnnamed."""
    if wanted.member_id is not None:
        return None, None
    name = text.clean(wanted.name)
    if not 1 <= len(name) <= MOST_NAME:
        raise BookingUnnamed(field="name", most=MOST_NAME)
    region = rules.current(now=now).region
    return name, phones.normal(wanted.phone, region=region) if wanted.phone.strip() else None


def _check_member(member_id: int, now: Millis) -> None:
    """Raise if a member may not book by themselves. Raises: BookingsFull, BookWithStaff."""
    shop = rules.current(now=now)
    sql = "SELECT count(*) FROM booking WHERE member_id = ? AND state = 'booked' AND from_at > ?"
    coming = int(db.value(sql, (member_id, now)))
    if shop.booking_most and coming >= shop.booking_most:
        raise BookingsFull(count=coming)
    missed = no_shows(member_id, now=now)
    if shop.booking_no_shows and missed >= shop.booking_no_shows:
        raise BookWithStaff(count=missed, days=shop.booking_no_show_days)


def no_shows(member_id: int, *, now: Millis) -> int:
    """How many bookings of the days the shop looks back on a member did not keep."""
    since = now - rules.current(now=now).booking_no_show_days * DAY
    sql = "SELECT count(*) FROM booking WHERE member_id = ? AND state = 'no_show' AND from_at > ?"
    return int(db.value(sql, (member_id, since)))


def _choose(service: Service, wanted: Wanted, *, besides: int, by: Actor, now: Millis) -> int:
    """Who does it; from here on nobody else can book any of those who could. Raises: StaffNotOfService, TimeGone."""
    able = _able(service, wanted.staff_id)
    zone = bookinglists.zone_of(wanted.store_id)
    _lock([staff_id for staff_id, _name in able])
    on = clock.day_of(wanted.from_at, zone)
    for one in _free(service, wanted.store_id, on, able, besides=besides, by=by, now=now):
        if one.from_at == wanted.from_at:
            return min((_minutes(staff_id, on, zone), staff_id) for staff_id, _name in one.staff)[1]
    raise TimeGone(field="from_at", time=moment_shown(wanted.from_at, zone))


def _lock(staff_ids: Sequence[int]) -> None:
    """Lock people's rows until the transaction ends, in id order; a SQLite transaction stands alone already."""
    if not db.is_sqlite():
        for staff_id in sorted(staff_ids):
            db.run("SELECT 1 FROM staff WHERE id = ? FOR NO KEY UPDATE", (staff_id,))


def _minutes(staff_id: int, on: date, zone: str) -> int:
    day = Span(clock.start_of(on, zone), clock.end_of(on, zone))
    return sum(one.until_at - one.from_at for one in _taken(staff_id, day, 0)) // MINUTE


def _check_not_twice(member_id: int | None, busy: Span, besides: int, store_id: int) -> None:
    sql = (
        f"SELECT from_at FROM booking WHERE member_id = ? AND state IN {OPEN} AND until_at > ? AND from_at < ?"
        " AND id <> ? ORDER BY from_at"
    )
    other = db.value(sql, (member_id, busy.from_at, busy.until_at, besides)) if member_id else None
    if other is not None:
        raise MemberBusy(field="from_at", time=moment_shown(other, bookinglists.zone_of(store_id)))


@db.atomic
def move(booking_id: int, from_at: Millis, *, staff_id: int | None = None, by: Actor, now: Millis) -> None:
    """Move a booking to another time, to a named person or, if they are free, whoever it was, else to anyone.

    Raises: NotAllowed, BookingUnknown, BookingOver, BookingTooLate, TimeGone, MemberBusy, StaffNotOfService …
    """
    one = _changeable(booking_id, by, now)
    service = _service(one.product_id, by)
    if one.member_id is not None:
        locks.hold(one.member_id)
    wanted = Wanted(one.store_id, one.product_id, from_at, staff_id)
    chosen = _choose_again(service, one, wanted, by=by, now=now)
    busy = service.need.busy(from_at)
    _check_not_twice(one.member_id, busy, booking_id, one.store_id)
    sql = (
        "UPDATE booking SET from_at = ?, until_at = ?, busy_until_at = ?, staff_id = ?, moves = moves + 1, set_at = ?"
        " WHERE id = ? AND state = 'booked'"
    )
    values = (from_at, from_at + service.minutes * MINUTE, busy.until_at, chosen, now, booking_id)
    if not db.change(sql, values):
        raise over(booking_id, by)
    before, after = {"from_at": one.from_at, "staff": one.staff_id}, {"from_at": from_at, "staff": chosen}
    audit.record("booking.moved", "booking", booking_id, by=by, now=now, store_id=one.store_id, before=before,
                 after=after)  # fmt: skip
    bookingletters.tell("moved", bookinglists.get(booking_id, by=by), now=now)


def _choose_again(service: Service, one: Booking, wanted: Wanted, *, by: Actor, now: Millis) -> int:
    """The same person if nobody is named and they are free; else whoever is."""
    able = _able(service, wanted.staff_id)
    _lock([staff_id for staff_id, _name in able])
    zone = one.zone
    same = [who for who in able if who[0] == one.staff_id] if wanted.staff_id is None else []
    on = clock.day_of(wanted.from_at, zone)
    kept = _free(service, one.store_id, on, same, besides=one.id, by=by, now=now)
    if any(found.from_at == wanted.from_at for found in kept):
        return one.staff_id
    return _choose(service, wanted, besides=one.id, by=by, now=now)


def _changeable(booking_id: int, by: Actor, now: Millis) -> Booking:
    """A booking that may be moved or cancelled by who asks. Raises: NotAllowed, BookingUnknown, BookingOver …"""
    one = bookinglists.get(booking_id, by=by)
    check_may(one.member_id, one.store_id, by)
    if one.state != "booked":
        raise BookingOver(state=Text(STATES[one.state]))
    if not may_change(one, by=by, now=now):
        raise BookingTooLate(hours=rules.current(now=now).booking_cancel_hours)
    return one


def may_change(one: Booking, *, by: Actor, now: Millis) -> bool:
    """Whether it is early enough to move or cancel it; staff always may."""
    early = now <= one.from_at - rules.current(now=now).booking_cancel_hours * HOUR
    return one.state == "booked" and (by.may("service") or early)


def over(booking_id: int, by: Actor) -> BookingOver:
    """The refusal for a booking whose state changed meanwhile."""
    return BookingOver(state=Text(STATES[bookinglists.get(booking_id, by=by).state]))


# --- ending ------------------------------------------------------------------------------------------


@db.atomic
def cancel(booking_id: int, *, by: Actor, now: Millis) -> None:
    """Cancel: members until the shop's limit, staff always. Raises: NotAllowed, BookingUnknown, BookingOver, …"""
    one = _changeable(booking_id, by, now)
    end(one, "cancelled", ("booked",), by=by, now=now)
    bookingletters.tell("cancelled", one, now=now)


def end(
    one: Booking, state: str, was: tuple[str, ...], *, sale_id: int | None = None, by: Actor, now: Millis
) -> None:  # fmt: skip
    """Let a booking end in a state, if it is in one of those; inside the caller's transaction. Raises: BookingOver."""
    marks = ", ".join("?" * len(was))
    sql = f"UPDATE booking SET state = ?, ended_at = ?, sale_id = ? WHERE id = ? AND state IN ({marks})"
    if not db.change(sql, (state, now, sale_id, one.id, *was)):
        raise over(one.id, by)
    after = {"sale": sale_id} if sale_id else None
    audit.record(f"booking.{state}", "booking", one.id, by=by, now=now, store_id=one.store_id, after=after)
