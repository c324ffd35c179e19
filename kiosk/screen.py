"""The kiosk: a screen that is shown one face after another by a state machine on this side.

The page sends what happened (a scan, a key, the end of waiting) and shows what comes back. A session
row is one customer: a new scan, the end button or 35 quiet seconds end it and nothing of it stays.
"""

import time
from contextlib import suppress
from typing import Any

from flask import Blueprint, Response, current_app, g, jsonify, render_template, request

from core.base import clock, i18n
from core.base.clock import SECOND
from core.base.errors import NotAllowed, RegularsError
from core.base.i18n import N_, _
from core.books import rules
from core.giving import checkin
from core.people import attendance, badges, credentials, devices, members, verification
from core.people.devices import DeviceRefused
from core.people.joinlinks import FRESH
from core.people.verification import TRIES, CodeBudget, CodeOver, CodeWrong
from core.service import bookingends, bookinglists
from kiosk import eventfaces, faces, public, questions, scan, treats, turns, web
from kiosk.faces import Face
from kiosk.meeting import Board
from kiosk.turns import Turn
from kiosk.web import DEVICE

IDLE = 35 * SECOND
WARN = 20 * SECOND
SLACK = 5 * SECOND
"""What the page may be late with its own wipe before this side does it."""
LOOK_UP_S = 0.25
"""How long a look-up by phone takes at least, found or not, so that time tells nothing."""

WATCHING = frozenset({"code", "confirm"})
RESTING = frozenset({"attract", "matched", "pair"})
START = frozenset({"code", "phone"})
GO = frozenset({"help", "tiers"})
GO_AS_MEMBER = frozenset({"help", "tiers", "rewards", "wheel", "events"})
FOR_CUSTOMERS = {
    credentials.CodeUnknown.code: N_("This code is not known here. Hold it to the reader again, or ask our staff."),
}
"""What core says to staff, said to the customer at the screen."""
ENDS = {"problem": 8 * SECOND, "welcome": 8 * SECOND, "punched": 6 * SECOND, "wipe": 2 * SECOND}

OWN_FACES = treats.FACES | eventfaces.FACES
TELLING = treats.TELLING | questions.TELLING | eventfaces.TELLING

pages = Blueprint("kiosk", __name__)


class MembershipStopped(NotAllowed):
    """A membership that is blocked, merged or ended shows nothing."""

    code = "membership_stopped"
    text = N_("This membership cannot be used at the moment. Our staff can tell you why.")


class EventUnknown(NotAllowed):
    """The page sent something that does not exist or does not fit the screen."""

    code = "event_unknown"
    text = N_("That did not work. Start again from the first screen.")


def board() -> Board:
    """The meetings of this application's screens and phones."""
    found: Board = current_app.config["BOARD"]
    return found


# --- what happens ----------------------------------------------------------------------------------


@pages.get("/kiosk")
def shell() -> str:
    """The one page of the screen; everything on it comes from `state`."""
    return render_template("kiosk.html")


@pages.get("/kiosk/state")
def state() -> Response:
    """What to show, or 204 when the page shows it already."""
    since = request.args.get("since", "")
    device = turns.here()
    if device is None:
        # What was wrong with a code stays beside it until the next input.
        return Response(status=204) if since in ("again", "out") else _answer(faces.pairing(), since)
    turn = _moved_on(turns.current(device))
    return _answer(_face(turn), since)


@pages.post("/kiosk/event")
def event() -> Response:
    """Something happened at the screen."""
    given = request.get_json()
    name, value = (given.get("event"), given.get("value", "")) if isinstance(given, dict) else (None, "")
    if not isinstance(name, str) or not isinstance(value, str):
        raise EventUnknown(right="member.find")
    if len(value) > scan.LONGEST_TEXT or not value.isprintable():
        raise EventUnknown(right="member.find")
    device = turns.here()
    if device is None:
        return _paired(value) if name == "pair" else _answer(faces.pairing(), "")
    turn = turns.current(device)
    g.turn = turn
    if name == "stay":
        web.save(turn.visit, at=clock.now())
        return Response(status=204)
    return _answer(_face(_after(turn, name, value)), "")


@pages.post("/kiosk/frame")
def frame() -> Response:
    """A grey picture from the camera while a code is being shown to it; 204 if there is no code in it."""
    request.max_content_length = scan.FRAME_LIMIT
    size = [request.args.get(side, 0, type=int) for side in ("w", "h")]
    device = turns.here()
    if device is None:
        return Response(status=204)
    g.turn = turn = turns.current(device)
    picture = request.get_data(cache=False)
    found = scan.read(picture, width=size[0], height=size[1]) if turn.screen in WATCHING else None
    if found is None:
        return Response(status=204)
    return _answer(_face(_after(turn, "scan", found)), "")


def _after(turn: Turn, name: str, value: str) -> Turn:
    """The turn after an event."""
    if name == "scan":
        return (treats.confirmed(turn, value) if turn.screen == "confirm" else None) or _scanned(turn, value)
    if name == "go" and value in START:
        return turns.show(turns.fresh(turn.device, "attract", lang=turn.language), value)
    if name == "go" and value in (GO_AS_MEMBER if turn.member_id else GO):
        return turns.show(turn, value)
    if name == "back":
        return turns.show(turn, "card") if turn.member_id else turns.fresh(turn.device, "attract", lang=turn.language)
    if name in treats.WISHES and turn.member_id:
        return treats.wish(turn, name, value)
    if name in eventfaces.EVENTS:
        return eventfaces.after(turn, name, value)
    if name in questions.EVENTS:
        return questions.after(turn, name, value)
    if name == "phone" and turn.screen == "phone":
        return _looked_up(turn, value)
    if name == "code" and turn.screen == "sent":
        return _code_entered(turn, value)
    if name == "check_in" and turn.screen == "card":
        return _checked_in(turn)
    if name == "here" and turn.screen == "card":
        return _here(turn, value)
    if name == "lang":
        return _in_other_language(turn)
    if name == "end":
        return turns.wiped(turn) if turn.screen not in ("wipe", "attract") else turns.fresh(turn.device, "attract")
    raise EventUnknown(right="member.find")


def _scanned(turn: Turn, scanned: str) -> Turn:
    """A code was read: it replaces whatever stood there."""
    now, language = clock.now(), turn.language
    g.turn = turn = turns.fresh(turn.device, "attract", lang=language)
    if badges.is_badge(scanned):
        return _punched(turn, scanned)
    proof = credentials.identify(scanned, now=now)
    return _carded(turn, proof.member_id, proof.kind)


def _punched(turn: Turn, scanned: str) -> Turn:
    """One of the staff held a badge to the screen: they come or go, and nothing else of theirs is here."""
    by = devices.actor_of(turn.device)
    stamp = attendance.punch_by_badge(scanned, turn.device.store_id, by=by, now=clock.now())
    return turns.show(turn, "punched", way=stamp.way, punched_at=stamp.at, minutes=stamp.minutes)


def _carded(turn: Turn, member_id: int, kind: str) -> Turn:
    card = members.summary(member_id, by=devices.actor_of(turn.device), now=clock.now())
    if card.state != "active":
        raise MembershipStopped(right="member.find")
    language = turn.language
    return turns.fresh(turn.device, "card", member_id=member_id, lang=language, proof=kind)


def _checked_in(turn: Turn) -> Turn:
    """The member whose card is shown checks in for today; pressed twice it happens once."""
    if turn.member_id is not None:
        checkin.check_in(turn.member_id, by=devices.actor_of(turn.device), now=clock.now())
    return turns.show(turn, "card")


def _here(turn: Turn, value: str) -> Turn:
    """The member whose card is shown says that they are here for a booking of today."""
    by, now = devices.actor_of(turn.device), clock.now()
    if turn.member_id is not None:
        for one in bookinglists.today_of_member(turn.member_id, by=by, now=now):
            if str(one.id) == value and one.state == "booked":
                bookingends.arrive(one.id, by=by, now=now)
    return turns.show(turn, "card")


def _looked_up(turn: Turn, digits: str) -> Turn:
    """Someone typed a number: the same page, as slowly, whether it is known or not."""
    began = time.monotonic()
    challenge, now = 0, clock.now()
    verification.admit(digits, device_id=turn.device.id, now=now)
    with suppress(CodeBudget):  # the page says that a code may have come before
        challenge = verification.look_up(digits, language=i18n.scope().language, now=now)
    turn = turns.show(turn, "sent", challenge=challenge, tries=0)
    time.sleep(max(0.0, LOOK_UP_S - (time.monotonic() - began)))
    return turn


def _code_entered(turn: Turn, digits: str) -> Turn:
    """The code from the message; a number whose budget is used up fails in the same words."""
    challenge, tries = turn.number("challenge"), turn.number("tries") + 1
    g.turn = turn = turns.show(turn, "sent", tries=tries)
    if challenge:
        proof = verification.proof_by_code(challenge, digits, now=clock.now())
        return _carded(turn, proof.member_id, proof.kind)
    if tries >= TRIES:
        raise CodeOver(field="code")
    raise CodeWrong(field="code", left=TRIES - tries)


def _in_other_language(turn: Turn) -> Turn:
    other = "en" if turn.language == "zh" else "zh"
    web.speak(other)
    return turns.show(turn, turn.screen, lang=other)


def _moved_on(turn: Turn) -> Turn:
    """What time and phones did to the screen since it was last asked for."""
    now = clock.now()
    if turn.screen not in RESTING and now - turn.number("at") > ENDS.get(turn.screen, IDLE) + SLACK:
        return turns.wiped(turn) if turn.screen != "wipe" else turns.fresh(turn.device, "attract")
    if turn.screen not in ("attract", "matched"):
        return turn
    met = board().with_screen(turn.device.id, after=turn.number("met"), now=now)
    if met is not None and met.state == "joined":
        return turns.show(turn, "welcome", met=met.at)
    if met is not None and (turn.screen, turn.number("match")) != ("matched", met.match):
        return turns.show(turn, "matched", match=met.match)
    if met is None and turn.screen == "matched":
        return turns.show(turn, "attract")
    return turn


def _paired(code: str) -> Response:
    """A pairing code was typed by our staff."""
    device, token = devices.pair(code, now=clock.now())
    web.put_cookie(DEVICE, token, life_ms=web.YEAR)
    return _answer(_face(turns.fresh(device, "attract")), "")


# --- what is shown ---------------------------------------------------------------------------------


def _face(turn: Turn) -> Face:
    """The face of a turn; the ones with a live code change every minute."""
    data, now = turn.visit.session.data, clock.now()
    screen = turn.screen
    version = f"{data['n']}.{now // FRESH}" if screen in ("attract", "matched") else f"{data['n']}"
    facts: dict[str, Any] = {"device": turn.device, "error": turn.error}
    if screen in ("attract", "matched"):
        facts |= faces.join_code(turn.device, now=now) | {"match": data.get("match")}
    if screen == "card" and turn.member_id is not None:
        facts |= faces.card(turn.member_id, str(data["proof"]), turn.device, came=turn.number("came"), now=now)
    if screen in OWN_FACES and turn.member_id:
        facts |= OWN_FACES[screen](turn, now)
    if screen in questions.FACES:
        facts |= questions.FACES[screen](turn)
    if screen == "help" and turn.member_id is None:
        facts["survey"] = questions.for_guest(turn.device, now=now)
    if screen == "punched":
        since = clock.local(turn.number("punched_at"), rules.current(now=now).zone)
        facts |= {"way": data["way"], "since": f"{since:%H:%M}", "minutes": turn.number("minutes")}
    if screen == "tiers":
        facts["tiers"] = public.explained(now=now)
    if screen == "problem":
        facts["sentence"] = _(str(data.get("problem")))
    ends = ENDS.get(screen, 0 if screen in RESTING and not _strange(turn) else IDLE)
    warn = WARN if ends == IDLE and screen not in RESTING else 0
    return faces.make(screen, version, ends_ms=ends, warn_ms=warn, **facts)


def _strange(turn: Turn) -> bool:
    """Whether the resting screen speaks another language than the shop's."""
    return turn.language != rules.current(now=clock.now()).language


def _answer(face: Face, since: str) -> Response:
    if since and since == face.version:
        return Response(status=204)
    return jsonify(face.as_json())


def problem(error: RegularsError) -> Response:
    """A refusal at the screen: beside the keypad if it is about what was typed, else a face of its own."""
    if isinstance(error, DeviceRefused):
        face = faces.pairing(error.sentence(), version="out")
        return _answer(face, request.args.get("since", ""))
    turn: Turn | None = g.get("turn")
    if turn is None:
        return _answer(faces.pairing(error.sentence(), version="again"), "")
    if turn.screen in ("phone", "sent", "confirm"):
        return _answer(_face(Turn(turn.device, turn.visit, error.sentence())), "")
    plain = FOR_CUSTOMERS.get(error.code, error.text)
    if "{" in plain:
        plain = error.sentence() if error.code in TELLING else EventUnknown.text
    return _answer(_face(turns.show(turn, "problem", problem=plain)), "")
