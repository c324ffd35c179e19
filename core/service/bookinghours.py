"""What can be booked and when staff work: services with their length, who does them, the weekly plan and its changes.

These hours are the plan, by wall time of the store; when somebody really came and went is kept elsewhere.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from core.base import clock, db, ids
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid, NotFound
from core.base.i18n import N_
from core.books import audit
from core.service import bookingtimes
from core.service.bookingtimes import DAY_MINUTES, Hours, Need, Span

TAKES = "('booked', 'arrived', 'done')"
"""States in which a booking takes its person's time."""


@dataclass(frozen=True)
class ServiceTerms:
    """How a service is booked: minutes it takes, minutes its place needs afterwards, whether on the phone, by whom."""

    minutes: int
    buffer_minutes: int = 0
    on_phone: bool = True
    staff_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class Service:
    """A service that can be booked; `staff` are those who do it and work here, as id and name."""

    product_id: int
    name: str
    price_cents: int
    minutes: int
    buffer_minutes: int
    on_phone: bool
    staff: tuple[tuple[int, str], ...]

    @property
    def need(self) -> Need:
        """How long it takes."""
        return Need(self.minutes, self.buffer_minutes)


class ServiceNotBooked(NotFound):
    """A product that is no service, is sold no more, or has no time of its own."""

    code = "service_not_booked"
    text = N_("This cannot be booked. A manager sets its time in F8, Bookings, times.")


class ServiceTimeInvalid(Invalid):
    """A length nobody could keep."""

    code = "service_time_invalid"
    text = N_("A service takes 5 to 720 minutes and 0 to 240 afterwards, not {minutes} and {buffer}.")


class StaffNotOfService(Invalid):
    """Somebody is named who does not do this service."""

    code = "staff_not_of_service"
    text = N_("This person does not do {service}. Choose one of: {staff}.")


class HoursInvalid(Invalid):
    """Hours that cannot be read, or of which a person would be in two places."""

    code = "work_hours_invalid"
    text = N_("“{given}” are no working hours. Write them as 10:00-13:00 14:00-19:30, without overlap; empty is off.")


# --- services --------------------------------------------------------------------------------------

_SERVICE = (
    "SELECT t.product_id, g.name, g.price_cents, t.minutes, t.buffer_minutes, t.on_phone FROM service_time t"
    " JOIN product g ON g.id = t.product_id WHERE g.active = 1 AND g.kind = 'service'"
)


def services(*, on_phone: bool = False) -> list[Service]:
    """What can be booked, by name; on the phone what is offered there."""
    sql = _SERVICE + (" AND t.on_phone = 1" if on_phone else "") + " ORDER BY g.name, g.id"
    who: dict[int, list[tuple[int, str]]] = {}
    able = (
        "SELECT d.product_id, s.id, s.name FROM service_staff d JOIN staff s ON s.id = d.staff_id"
        " WHERE s.active = 1 ORDER BY s.name, s.id"
    )
    for product_id, staff_id, name in db.rows(able):
        who.setdefault(product_id, []).append((staff_id, name))
    return [
        Service(id, name, cents, minutes, buffer, bool(phone), tuple(who.get(id, ())))
        for id, name, cents, minutes, buffer, phone in db.rows(sql)
    ]


def service(product_id: int) -> Service:
    """One of them. Raises: ServiceNotBooked."""
    found = next((one for one in services() if one.product_id == product_id), None)
    if found is None:
        raise ServiceNotBooked(field="product_id")
    return found


def workers() -> list[tuple[int, str]]:
    """Who works here, by name: id and name."""
    return [(id, name) for id, name in db.rows("SELECT id, name FROM staff WHERE active = 1 ORDER BY name, id")]


def unset() -> list[tuple[int, str]]:
    """Services that are sold and have no time yet: id and name."""
    sql = (
        "SELECT g.id, g.name FROM product g WHERE g.kind = 'service' AND g.active = 1 AND NOT EXISTS"
        " (SELECT 1 FROM service_time t WHERE t.product_id = g.id) ORDER BY g.name, g.id"
    )
    return [(id, name) for id, name in db.rows(sql)]


@db.atomic
def set_service(product_id: int, terms: ServiceTerms, *, by: Actor, now: Millis) -> None:
    """Say how a service is booked; bookings made stay as they are.

    Raises: NotAllowed, ServiceNotBooked, ServiceTimeInvalid, StaffNotOfService.
    """
    require(by, "settings")
    name = db.value("SELECT name FROM product WHERE id = ? AND kind = 'service' AND active = 1", (product_id,))
    if name is None:
        raise ServiceNotBooked(field="product_id")
    if not (5 <= terms.minutes <= 720 and 0 <= terms.buffer_minutes <= 240):
        raise ServiceTimeInvalid(field="minutes", minutes=terms.minutes, buffer=terms.buffer_minutes)
    known: dict[int, str] = dict(db.rows("SELECT id, name FROM staff WHERE active = 1 ORDER BY name"))
    if not set(terms.staff_ids) <= set(known):
        raise StaffNotOfService(field="staff", service=name, staff=", ".join(known.values()))
    db.run(
        "INSERT INTO service_time (product_id, minutes, buffer_minutes, on_phone) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (product_id) DO UPDATE SET minutes = excluded.minutes,"
        " buffer_minutes = excluded.buffer_minutes, on_phone = excluded.on_phone",
        (product_id, terms.minutes, terms.buffer_minutes, int(terms.on_phone)),
    )
    db.run("DELETE FROM service_staff WHERE product_id = ?", (product_id,))
    db.add_many("service_staff", [{"product_id": product_id, "staff_id": id} for id in sorted(set(terms.staff_ids))])
    after = {"minutes": terms.minutes, "buffer": terms.buffer_minutes, "staff": len(terms.staff_ids)}
    audit.record("booking.service_set", "product", product_id, by=by, now=now, after=after)


@db.atomic
def end_service(product_id: int, *, by: Actor, now: Millis) -> None:
    """Let a service be booked no more; bookings made stay. Raises: NotAllowed, ServiceNotBooked."""
    require(by, "settings")
    db.run("DELETE FROM service_staff WHERE product_id = ?", (product_id,))
    if not db.change("DELETE FROM service_time WHERE product_id = ?", (product_id,)):
        raise ServiceNotBooked(field="product_id")
    audit.record("booking.service_ended", "product", product_id, by=by, now=now)


# --- hours -----------------------------------------------------------------------------------------

_RANGE = re.compile(r"([0-2]?\d)(?::([0-5]\d))?\s*[-–—~]\s*([0-2]?\d)(?::([0-5]\d))?")


def read_hours(typed: str) -> tuple[Hours, ...]:
    """'10-13, 14:00-19:30' as minutes of the day; nothing typed is off. Raises: HoursInvalid."""
    found = []
    for part in re.split(r"[,;，；、\s]+", re.sub(r"\s*([-–—~])\s*", r"\1", typed.strip())):
        match = _RANGE.fullmatch(part)
        if match is None and part:
            raise HoursInvalid(field="hours", given=typed[:40])
        if match is not None:
            first, first_minute, last, last_minute = (int(one or 0) for one in match.groups())
            found.append((first * 60 + first_minute, last * 60 + last_minute))
    check_hours(found)
    return tuple(sorted(found))


def hours_shown(hours: Iterable[Hours]) -> str:
    """Hours as they are typed: '10:00-13:00 14:00-19:30'."""
    return " ".join(f"{a // 60:02d}:{a % 60:02d}-{b // 60:02d}:{b % 60:02d}" for a, b in sorted(hours))


def check_hours(hours: Sequence[Hours]) -> None:
    """Raise unless the hours lie in a day and do not overlap. Raises: HoursInvalid."""
    ordered = sorted(hours)
    apart = all(one[1] <= after[0] for one, after in pairwise(ordered))
    if not apart or any(not 0 <= start < end <= DAY_MINUTES for start, end in ordered):
        raise HoursInvalid(field="hours", given=hours_shown(ordered))


@db.atomic
def set_hours(staff_id: int, store_id: int, weekday: int, hours: Sequence[Hours], *, by: Actor, now: Millis) -> int:
    """The plan of a weekday (Monday is 0) at a store, none to be off; how many coming bookings now lie outside.

    Raises: NotAllowed, HoursInvalid.
    """
    require(by, "settings", store_id=store_id)
    check_hours(hours)
    sql = "SELECT from_minute, until_minute FROM work_hours WHERE staff_id = ? AND weekday = ? AND store_id <> ?"
    check_hours([*hours, *((a, b) for a, b in db.rows(sql, (staff_id, weekday, store_id)))])
    delete = "DELETE FROM work_hours WHERE staff_id = ? AND store_id = ? AND weekday = ?"
    db.run(delete, (staff_id, store_id, weekday))
    for start, end in hours:
        db.add("work_hours", staff_id=staff_id, store_id=store_id, weekday=weekday, from_minute=start, until_minute=end)
    after = {"weekday": weekday, "hours": hours_shown(hours)}
    audit.record("booking.hours_set", "staff", staff_id, by=by, now=now, store_id=store_id, after=after)
    return outside(staff_id, now=now)


@db.atomic
def set_week(staff_id: int, store_id: int, week: Sequence[Sequence[Hours]], *, by: Actor, now: Millis) -> int:
    """The plan of every weekday from Monday on; only what differs is written. Raises: as set_hours."""
    require(by, "settings", store_id=store_id)
    sql = (
        "SELECT weekday, from_minute, until_minute FROM work_hours WHERE staff_id = ? AND store_id = ?"
        " ORDER BY from_minute"
    )
    known: dict[int, list[Hours]] = {}
    for weekday, start, end in db.rows(sql, (staff_id, store_id)):
        known.setdefault(weekday, []).append((start, end))
    for weekday, hours in enumerate(week):
        if sorted(hours) != known.get(weekday, []):
            set_hours(staff_id, store_id, weekday, hours, by=by, now=now)
    return outside(staff_id, now=now)


@db.atomic
def set_day(
    staff_id: int, day: date, hours: Sequence[Hours], *, store_id: int, by: Actor, now: Millis
) -> int:  # fmt: skip
    """Other hours on one day at a store, none to be off that day; how many coming bookings now lie outside.

    Raises: NotAllowed, HoursInvalid.
    """
    require(by, "settings", store_id=store_id)
    check_hours(hours)
    db.run("DELETE FROM work_change WHERE staff_id = ? AND day = ?", (staff_id, day.toordinal()))
    for start, end in hours or ((None, None),):
        db.add("work_change", id=ids.new(), staff_id=staff_id, day=day.toordinal(),
               store_id=store_id if hours else None, from_minute=start, until_minute=end)  # fmt: skip
    after = {"day": str(day), "hours": hours_shown(hours)}
    audit.record("booking.day_set", "staff", staff_id, by=by, now=now, store_id=store_id, after=after)
    return outside(staff_id, now=now)


@db.atomic
def clear_day(staff_id: int, day: date, *, by: Actor, now: Millis) -> int:
    """Let the weekly plan hold on a day again; how many coming bookings now lie outside. Raises: NotAllowed."""
    require(by, "settings")
    if db.change("DELETE FROM work_change WHERE staff_id = ? AND day = ?", (staff_id, day.toordinal())):
        audit.record("booking.day_cleared", "staff", staff_id, by=by, now=now, after={"day": str(day)})
    return outside(staff_id, now=now)


def hours_on(staff_id: int, store_id: int, day: date) -> list[Hours]:
    """Somebody's hours at a store on a day: the change of that day, else the plan of its weekday."""
    sql = "SELECT store_id, from_minute, until_minute FROM work_change WHERE staff_id = ? AND day = ?"
    changed = db.rows(sql, (staff_id, day.toordinal()))
    if changed:
        return sorted((start, end) for store, start, end in changed if store == store_id)
    sql = (
        "SELECT from_minute, until_minute FROM work_hours WHERE staff_id = ? AND store_id = ? AND weekday = ?"
        " ORDER BY from_minute"
    )
    return [(start, end) for start, end in db.rows(sql, (staff_id, store_id, day.weekday()))]


def outside(staff_id: int, *, now: Millis) -> int:
    """How many coming bookings of somebody lie outside their hours: they are to be called or moved."""
    sql = (
        "SELECT b.store_id, b.from_at, b.until_at, o.zone FROM booking b JOIN store o ON o.id = b.store_id"
        " WHERE b.staff_id = ? AND b.state = 'booked' AND b.from_at > ?"
    )
    count = 0
    for store_id, from_at, until_at, zone in db.rows(sql, (staff_id, now)):
        day = clock.day_of(from_at, zone)
        count += not bookingtimes.fits(day, hours_on(staff_id, store_id, day), Span(from_at, until_at), zone)
    return count


@dataclass(frozen=True)
class Planned:
    """Somebody's week at a store: for each weekday from Monday its hours; and the changes of coming days."""

    staff_id: int
    name: str
    week: tuple[tuple[Hours, ...], ...]
    changes: tuple[tuple[date, tuple[Hours, ...]], ...] = ()


def plan(store_id: int, *, today: date) -> list[Planned]:
    """The plan of everyone who works here, by name, with the changes from today on."""
    sql = "SELECT staff_id, weekday, from_minute, until_minute FROM work_hours WHERE store_id = ? ORDER BY from_minute"
    week: dict[tuple[int, int], list[Hours]] = {}
    for staff_id, weekday, start, end in db.rows(sql, (store_id,)):
        week.setdefault((staff_id, weekday), []).append((start, end))
    sql = (
        "SELECT staff_id, day, store_id, from_minute, until_minute FROM work_change WHERE day >= ?"
        " ORDER BY staff_id, day, from_minute"
    )
    changed: dict[int, dict[date, list[Hours]]] = {}
    for staff_id, day, store, start, end in db.rows(sql, (today.toordinal(),)):
        hours = changed.setdefault(staff_id, {}).setdefault(date.fromordinal(day), [])
        hours += [(start, end)] if store == store_id else []
    return [
        Planned(id, name, tuple(tuple(week.get((id, weekday), ())) for weekday in range(7)),
                tuple((day, tuple(hours)) for day, hours in changed.get(id, {}).items()))
        for id, name in workers()
    ]  # fmt: skip
