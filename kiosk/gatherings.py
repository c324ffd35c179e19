"""Events on the customer's phone: what comes, from when one may sign up, signing up, cancelling, a calendar file.

Points leave after a page that names them and what is left (decision 0046).
"""

import secrets
from datetime import UTC, datetime

from flask import Blueprint, Response, render_template, request

from core.base import clock, settings
from core.base.clock import Millis
from core.base.errors import Refused, RegularsError
from core.base.i18n import N_
from core.books import posting, rules
from core.people import members
from core.service import gatheringguests, gatherings, gatheringsignups
from core.service.gatheringguests import Offer
from core.service.gatherings import Gathering
from kiosk import account, phone, web

pages = Blueprint("gatherings", __name__, url_prefix="/me/events")
LONGEST_KEY = 40


class PlaceCostChanged(Refused):
    """More or fewer points are due than the member agreed to."""

    code = "place_cost_changed"
    text = N_("It is {points} points now, not what you agreed to. Look at the figures, then confirm once more.")


@pages.get("")
def all_of_them() -> str:
    """Coming events for this member."""
    return _page(None)


def _page(error: RegularsError | None) -> str:
    _visit, member_id = phone.signed_in()
    return _events(_offers(member_id), error)


def _offers(member_id: int) -> list[Offer]:
    return gatheringguests.offers(member_id, by=members.themselves(member_id), now=clock.now())


def _offer(member_id: int, gathering_id: int) -> Offer:
    """What a member is offered of one event. Raises: GatheringUnknown."""
    found = next((one for one in _offers(member_id) if one.gathering.id == gathering_id), None)
    if found is None:
        raise gatherings.GatheringUnknown(what=str(gathering_id))
    return found


def _events(offers: list[Offer], error: RegularsError | None = None, *, only: bool = False) -> str:
    now = clock.now()
    most = rules.current(now=now).event_party_most
    return render_template("phone_events.html", error=error, offers=offers, most=most, now=now, only=only)


@pages.get("/<int:gathering_id>")
def one_of_them(gathering_id: int) -> str:
    """The event an invitation leads to; without a card on this phone what it is, and where one signs up."""
    found = web.visit("phone")
    if found is not None and found.session.member_id is not None:
        _visit, member_id = phone.signed_in()
        return _events([_offer(member_id, gathering_id)], only=True)
    event = gatherings.get(gathering_id)
    if not event.is_coming or event.plan.until_at <= clock.now():
        raise gatherings.GatheringUnknown(what=str(gathering_id))
    return render_template("phone_event.html", event=event)


def _places(given: str | None) -> int:
    return int(given) if given is not None and given.isdecimal() and len(given) < 4 else 0


@pages.post("/<int:gathering_id>")
def sign_up(gathering_id: int) -> Response:
    """Take places, or wait for some; where they cost points, ask first."""
    _visit, member_id = phone.signed_in()
    places = _places(request.form.get("places", "1"))
    if gatherings.get(gathering_id).plan.fee_points and places:
        return phone.to(f"/me/events/{gathering_id}/points?places={places}")
    gatheringsignups.sign_up(gathering_id, member_id, places, by=members.themselves(member_id), now=clock.now())
    return phone.to("/me/events")


@pages.get("/<int:gathering_id>/points")
def points_page(gathering_id: int) -> str:
    """How many points leave, and what is left of them."""
    return _points_page(None, gathering_id=gathering_id)


def _points_page(error: RegularsError | None, *, gathering_id: int = 0) -> str:
    _visit, member_id = phone.signed_in()
    which = gathering_id or int((request.view_args or {}).get("gathering_id", 0))
    event, places = _offer(member_id, which).gathering, _places(request.values.get("places", "1"))
    return render_template(
        "phone_points.html",
        error=error,
        event=event,
        places=places,
        points=event.plan.fee_points * places,
        usable=posting.usable(member_id, "points", now=clock.now()),
        key=secrets.token_urlsafe(12),
    )


@pages.post("/<int:gathering_id>/points")
def give_points(gathering_id: int) -> Response:
    """Take places for as many points as the page named; pressed twice it happens once."""
    visit, member_id = phone.signed_in()
    now, places = clock.now(), _places(request.form.get("places"))
    due = gatherings.get(gathering_id).plan.fee_points * places
    if request.form.get("points") != str(due):
        raise PlaceCostChanged(points=due)
    proved = account.proof_of(visit, member_id).allows("place", now=now)
    key = request.form.get("key", "")[:LONGEST_KEY] or None
    by = members.themselves(member_id)
    gatheringsignups.sign_up(gathering_id, member_id, places, proved=proved, by=by, now=now, key=key)
    return phone.to("/me/events")


@pages.post("/cancel/<int:signup_id>")
def cancel(signup_id: int) -> Response:
    """Give the places back."""
    _visit, member_id = phone.signed_in()
    gatheringsignups.cancel_signup(signup_id, by=members.themselves(member_id), now=clock.now())
    return phone.to("/me/events")


@pages.get("/<int:gathering_id>.ics")
def calendar_file(gathering_id: int) -> Response:
    """The event for the phone's own calendar."""
    _visit, member_id = phone.signed_in()
    found = _offer(member_id, gathering_id).gathering
    response = Response(ics(found, host=settings.current().base_url, now=clock.now()), mimetype="text/calendar")
    response.headers["Content-Disposition"] = 'attachment; filename="event.ics"'
    return response


def ics(found: Gathering, *, host: str, now: Millis) -> str:
    """An event as iCalendar. Source: RFC 5545, 3.6.1; a line longer than 75 bytes is folded (3.1)."""
    lines = (
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Regulars//EN", "BEGIN:VEVENT",
        f"UID:event-{found.id}@{host.split('//')[-1]}", f"DTSTAMP:{_utc(now)}", f"DTSTART:{_utc(found.plan.from_at)}",
        f"DTEND:{_utc(found.plan.until_at)}", f"SUMMARY:{_text(found.name)}", f"LOCATION:{_text(found.where)}",
        f"DESCRIPTION:{_text(found.about)}", "END:VEVENT", "END:VCALENDAR",
    )  # fmt: skip
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _utc(moment: Millis) -> str:
    return f"{datetime.fromtimestamp(moment / 1000, tz=UTC):%Y%m%dT%H%M%SZ}"


def _text(words: str) -> str:
    for mark in ("\\", ";", ","):
        words = words.replace(mark, f"\\{mark}")
    return words.replace("\r\n", "\n").replace("\n", "\\n")


def _folded(line: str) -> str:
    parts, length = [""], 0
    for letter in line:
        width = len(letter.encode())
        if length + width > 74:
            parts.append("")
            length = 0
        parts[-1] += letter
        length += width
    return "\r\n ".join(parts)


phone.AGAIN.update({
    "gatherings.sign_up": _page, "gatherings.cancel": _page, "gatherings.give_points": _points_page,
})  # fmt: skip
