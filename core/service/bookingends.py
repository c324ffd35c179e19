"""What became of a booking: somebody is here, was served and paid, or did not come; by hand, by a sale, by the hour."""

from core.base import clock, db
from core.base.access import Actor, refusal
from core.base.clock import DAY, Millis
from core.base.errors import Invalid, Refused
from core.base.i18n import N_
from core.books import audit
from core.service import bookinglists, bookings
from core.service.bookinglists import OPEN, Booking, moment_shown


class NotToday(Refused):
    """Somebody is noted as here on another day than the one booked."""

    code = "booking_not_today"
    text = N_("This booking is for {time}, not for today. Move it first.")


class NotBegun(Refused):
    """Who is still to come cannot have stayed away."""

    code = "booking_not_begun"
    text = N_("This booking begins at {time}. Cancel it, or wait.")


class SaleOfAnother(Invalid):
    """A sale that is not there or not of this booking's member."""

    code = "sale_of_another"
    text = N_("This sale does not belong to the booking. Look at its receipt.")


@db.atomic
def arrive(booking_id: int, *, by: Actor, now: Millis) -> None:
    """Note that somebody is here, on the day itself; also who came so late that they counted as not come.

    By staff, by the member, or by the kiosk that recognised them. Raises: NotAllowed, BookingUnknown, BookingOver …
    """
    one = bookinglists.get(booking_id, by=by)
    if not (by.kind == "kiosk" and one.member_id is not None and by.may("member.find", store_id=one.store_id)):
        bookings.check_may(one.member_id, one.store_id, by)
    if one.on != clock.day_of(now, one.zone):
        raise NotToday(time=moment_shown(one.from_at, one.zone))
    came = ("booked", "no_show") if by.may("service") else ("booked",)
    marks = ", ".join("?" * len(came))
    sql = f"UPDATE booking SET state = 'arrived', ended_at = NULL WHERE id = ? AND state IN ({marks})"
    if not db.change(sql, (booking_id, *came)):
        raise bookings.over(booking_id, by)
    audit.record("booking.arrived", "booking", booking_id, by=by, now=now, store_id=one.store_id)


@db.atomic
def finish(booking_id: int, sale_id: int | None = None, *, by: Actor, now: Millis) -> None:
    """Note that a service was done, with the sale that paid for it. Raises: NotAllowed, SaleOfAnother, BookingOver …"""
    one = bookinglists.get(booking_id, by=by)
    bookings.check_may(None, one.store_id, by)
    if sale_id is not None:
        found = db.one("SELECT store_id, member_id FROM sale WHERE id = ?", (sale_id,))
        if found is None or found[0] != one.store_id or one.member_id not in (None, found[1]):
            raise SaleOfAnother(field="sale_id")
    bookings.end(one, "done", ("booked", "arrived"), sale_id=sale_id, by=by, now=now)


@db.atomic
def no_show(booking_id: int, *, by: Actor, now: Millis) -> None:
    """Note that nobody came, once it has begun. Raises: NotAllowed, BookingUnknown, BookingOver, NotBegun."""
    one = bookinglists.get(booking_id, by=by)
    if not by.may("service", store_id=one.store_id):
        raise refusal("service")
    if one.from_at > now:
        raise NotBegun(time=moment_shown(one.from_at, one.zone))
    bookings.end(one, "no_show", ("booked",), by=by, now=now)


# --- by a sale, and by the hour --------------------------------------------------------------------


@db.atomic
def finish_sold(sale_id: int, *, by: Actor, now: Millis) -> int:
    """Finish the bookings of a sale's member and day whose service was sold in it, the earliest first; how many.

    As many of each service as were sold. Whoever may sell may do this.
    """
    sql = (
        "SELECT b.id FROM sale s JOIN booking b ON b.member_id = s.member_id AND b.store_id = s.store_id"
        f" WHERE s.id = ? AND b.state IN {OPEN} AND EXISTS (SELECT 1 FROM sale_line l WHERE l.sale_id = s.id"
        " AND l.product_id = b.product_id) ORDER BY b.from_at, b.id"
    )
    return sum(_finish_if_sold(booking_id, sale_id, by, now) for (booking_id,) in db.rows(sql, (sale_id,)))


def _finish_if_sold(booking_id: int, sale_id: int, by: Actor, now: Millis) -> bool:
    one = bookinglists.get(booking_id, by=by)
    if _sale_of(one, sale_id) is None:
        return False
    bookings.end(one, "done", ("booked", "arrived"), sale_id=sale_id, by=by, now=now)
    return True


def _sale_of(one: Booking, sale_id: int | None = None) -> int | None:
    """A sale of the booking's member, day and service that no other booking has used up."""
    day = bookinglists.bounds(one.store_id, one.on)
    sql = (
        "SELECT s.id FROM sale s JOIN sale_line l ON l.sale_id = s.id WHERE s.member_id = ? AND s.store_id = ?"
        " AND s.at >= ? AND s.at < ? AND l.product_id = ?"
        f"{' AND s.id = ?' if sale_id else ''} GROUP BY s.id HAVING sum(l.quantity_milli) > 1000 *"
        " (SELECT count(*) FROM booking b WHERE b.sale_id = s.id AND b.product_id = ?) ORDER BY s.id LIMIT 1"
    )
    values = (one.member_id, one.store_id, day.from_at, day.until_at, one.product_id)
    given = (*values, sale_id, one.product_id) if sale_id else (*values, one.product_id)
    found = db.value(sql, given) if one.member_id is not None else None
    return None if found is None else int(found)


def settle(*, by: Actor, now: Millis) -> str:
    """For the hourly job: what was sold is done, who is not here when their time is over did not come.

    Who was here and bought nothing under their name is done a day later. What it did, in words.
    """
    sql = f"SELECT id FROM booking WHERE state IN {OPEN} AND until_at <= ? ORDER BY from_at, id"
    states = [_settle(booking_id, by, now) for (booking_id,) in db.rows(sql, (now,))]
    return f"{states.count('done')} done, {states.count('no_show')} did not come"


@db.atomic
def _settle(booking_id: int, by: Actor, now: Millis) -> str:
    one = bookinglists.get(booking_id, by=by)
    if one.state not in ("booked", "arrived"):
        return ""
    sale_id = _sale_of(one)
    if sale_id is not None:
        bookings.end(one, "done", ("booked", "arrived"), sale_id=sale_id, by=by, now=now)
        return "done"
    if one.state == "booked":
        bookings.end(one, "no_show", ("booked",), by=by, now=now)
        return "no_show"
    if one.until_at + DAY <= now:
        bookings.end(one, "done", ("arrived",), by=by, now=now)
        return "done"
    return ""
