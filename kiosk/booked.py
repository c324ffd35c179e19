"""Bookings on the phone: a service, a person or anyone, a day, a time; what is booked, moved and cancelled."""

import secrets
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, render_template, request

from core.base import clock
from core.base.access import Actor
from core.base.clock import Millis
from core.base.errors import Invalid, RegularsError
from core.base.i18n import N_
from core.books import rules
from core.keeping import opening
from core.people import members
from core.service import bookinghours, bookinglists, bookings
from core.service.bookinglists import Booking
from core.service.bookings import Wanted
from kiosk import phone

pages = Blueprint("booked", __name__, url_prefix="/me/bookings")
MOST_DAYS = 14
"""So many days with free times are offered."""


class ChoiceUnread(Invalid):
    """A choice that came in is none of those that were offered."""

    code = "choice_unread"
    text = N_("This choice was not understood. Go back and choose again.")


def _number(name: str) -> int:
    """A number of a choice; 0 if it was not made. Raises: ChoiceUnread."""
    given = request.values.get(name, "")
    if given and not (given.isdecimal() and len(given) <= 16):
        raise ChoiceUnread(field=name)
    return int(given or 0)


def _day() -> date | None:
    given = request.values.get("day", "")
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise ChoiceUnread(field="day") from None


def _by() -> tuple[int, Actor, Millis]:
    _visit, member_id = phone.signed_in()
    return member_id, members.themselves(member_id), clock.now()


@pages.get("")
def mine() -> str:
    """What is booked, and what can be."""
    return _mine(None)


def _mine(error: RegularsError | None) -> str:
    member_id, by, now = _by()
    coming = bookinglists.of_member(member_id, by=by, now=now)
    return render_template(
        "phone_bookings.html",
        error=error,
        coming=[(one, bookings.may_change(one, by=by, now=now)) for one in coming],
        past=bookinglists.of_member(member_id, by=by, now=now, past=True)[:8],
        states=bookinglists.STATES,
        when=_when,
        services=bookinghours.services(on_phone=True),
    )


def _when(one: Booking) -> str:
    return bookinglists.moment_shown(one.from_at, one.zone)


@pages.get("/new")
def choose() -> str:
    """The next choice that is to be made."""
    return _choose(None)


def _choose(error: RegularsError | None) -> str:
    _member_id, by, now = _by()
    moved = bookinglists.get(_number("move"), by=by) if request.values.get("move") else None
    stores = opening.stores()
    store_id = moved.store_id if moved else _number("store") or (stores[0][0] if len(stores) == 1 else 0)
    product_id = moved.product_id if moved else _number("service")
    facts: dict[str, Any] = {"error": error, "moved": moved, "store_id": store_id, "stores": stores, "when": _when}
    if not product_id:
        return render_template("phone_book.html", services=bookinghours.services(on_phone=True), **facts)
    facts |= {"service": bookinghours.service(product_id), "who": request.values.get("who", "")}
    if store_id and facts["who"]:
        facts |= _offered(product_id, store_id, moved.id if moved else 0, by, now)
    return render_template("phone_book.html", key=secrets.token_hex(16), **facts)


def _offered(product_id: int, store_id: int, besides: int, by: Actor, now: Millis) -> dict[str, Any]:
    """The days on which something is free, or the times of the day that was chosen."""
    zone, who, chosen = bookinglists.zone_of(store_id), _number("who") or None, _day()
    today, ahead = clock.day_of(now, zone), rules.current(now=now).booking_ahead_days

    def times(on: date) -> list[tuple[int, str]]:
        found = bookings.free(product_id, store_id, on, staff_id=who, besides=besides, by=by, now=now)
        return [(one.from_at, bookinglists.time_shown(one.from_at, zone)) for one in found]

    if chosen is not None:
        return {"day": chosen, "times": times(chosen)}
    days = (today + timedelta(days=count) for count in range(ahead + 1))
    free: list[date] = []
    for on in days:
        if len(free) < MOST_DAYS and times(on):
            free.append(on)
    return {"days": free}


@pages.post("")
def book() -> Response:
    """Book what was chosen."""
    member_id, by, now = _by()
    wanted = Wanted(
        _number("store"), _number("service"), Millis(_number("from_at")), _number("who") or None, member_id
    )  # fmt: skip
    bookings.book(wanted, by=by, now=now, key=request.form.get("key", "")[:64] or None)
    return phone.to("/me/bookings?done=1")


@pages.post("/<int:booking_id>/move")
def move(booking_id: int) -> Response:
    """Move to what was chosen."""
    _member_id, by, now = _by()
    bookings.move(booking_id, Millis(_number("from_at")), staff_id=_number("who") or None, by=by, now=now)
    return phone.to("/me/bookings?done=1")


@pages.post("/<int:booking_id>/cancel")
def cancel(booking_id: int) -> Response:
    """Cancel."""
    _member_id, by, now = _by()
    bookings.cancel(booking_id, by=by, now=now)
    return phone.to("/me/bookings")


phone.AGAIN.update({"booked.book": _choose, "booked.move": _choose, "booked.cancel": _mine})
