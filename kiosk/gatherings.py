"""Events on the customer's phone: what comes, from when one may sign up, signing up, cancelling, a calendar file."""

from datetime import UTC, datetime

from flask import Blueprint, Response, render_template, request

from core.base import clock, settings
from core.base.clock import Millis
from core.base.errors import RegularsError
from core.books import rules
from core.people import members
from core.service import gatheringguests, gatherings, gatheringsignups
from core.service.gatherings import Gathering
from kiosk import phone

pages = Blueprint("gatherings", __name__, url_prefix="/me/events")


@pages.get("")
def all_of_them() -> str:
    """Coming events for this member."""
    return _page(None)


def _page(error: RegularsError | None) -> str:
    _visit, member_id = phone.signed_in()
    now = clock.now()
    offers = gatheringguests.offers(member_id, by=members.themselves(member_id), now=now)
    most = rules.current(now=now).event_party_most
    return render_template("phone_events.html", error=error, offers=offers, most=most, now=now)


@pages.post("/<int:gathering_id>")
def sign_up(gathering_id: int) -> Response:
    """Take places, or wait for some. What costs points needs the screen or the till, where the member proves it."""
    _visit, member_id = phone.signed_in()
    given = request.form.get("places", "1")
    places = int(given) if given.isdecimal() and len(given) < 4 else 0
    gatheringsignups.sign_up(gathering_id, member_id, places, by=members.themselves(member_id), now=clock.now())
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
    offers = gatheringguests.offers(member_id, by=members.themselves(member_id), now=clock.now())
    found = next((one.gathering for one in offers if one.gathering.id == gathering_id), None)
    if found is None:
        raise gatherings.GatheringUnknown(what=str(gathering_id))
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


phone.AGAIN.update({"gatherings.sign_up": _page, "gatherings.cancel": _page})
