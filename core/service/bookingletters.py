"""What members are told of their bookings: made, moved, cancelled, and a word some hours before. Walk-ins get none."""

from core.base import db
from core.base.access import Actor
from core.base.clock import DAY, HOUR, Millis
from core.books import audit, outbox, rules
from core.service import bookinglists
from core.service.bookinglists import Booking, moment_shown


def tell(what: str, one: Booking, *, now: Millis) -> bool:
    """Queue one of the messages, unless it would come too late; inside the caller's transaction.

    A word about an earlier state that has not left yet is taken back.
    """
    if one.member_id is None:
        return False
    earlier = [
        _key("reminder", one),
        *(_key(which, one, at) for which in ("made", "moved") for at in range(one.moves + 1)),
    ]
    outbox.withdraw(*(key for key in earlier if key != _key(what, one)), reason="booking changed", now=now)
    if one.from_at <= now:
        return False
    with outbox.in_language_of(one.member_id, now=now):
        when = moment_shown(one.from_at, one.zone)
    facts: dict[str, str | int] = {"service": one.service, "staff": one.staff, "when": when, "store": one.store}
    until = Millis(min(one.from_at, now + 2 * DAY))
    return outbox.tell(one.member_id, _key(what, one), f"booking_{what}", facts, expires_at=until, now=now)


def _key(what: str, one: Booking, moves: int | None = None) -> str:
    """The occasion: a booking is made once, moved and reminded of once a time."""
    return f"booking:{one.id}:{what}:{one.moves if moves is None else moves}"


def remind(*, by: Actor, now: Millis) -> int:
    """Queue a word for bookings that begin within the shop's hours; how many were new.

    Whoever booked or moved within those hours has been told already. Service messages wait for the hours of notices.
    """
    hours = rules.current(now=now).booking_remind_hours
    sql = (
        "SELECT id FROM booking WHERE state = 'booked' AND member_id IS NOT NULL AND from_at > ? AND from_at <= ?"
        " AND set_at < from_at - ? ORDER BY from_at, id"
    )
    found = db.rows(sql, (now, now + hours * HOUR, hours * HOUR)) if hours else []
    return sum(_remind(booking_id, by=by, now=now) for (booking_id,) in found)


@db.atomic
def _remind(booking_id: int, *, by: Actor, now: Millis) -> bool:
    one = bookinglists.get(booking_id, by=by)
    told = one.state == "booked" and tell("reminder", one, now=now)
    if told:
        audit.record("booking.reminded", "booking", booking_id, by=by, now=now, store_id=one.store_id)
    return told
