"""What members decide about their own record on their phone: profile, language, number, a copy of all, leaving.

All but profile and language needs a code entered within ten minutes; a card without a number goes to our staff.
"""

import json
from collections.abc import Callable
from functools import wraps

from flask import Blueprint, Response, render_template, request

from core.base import clock, i18n
from core.base.errors import Invalid, Refused, RegularsError
from core.base.i18n import N_
from core.keeping import erasure, owncopy
from core.people import credentials, members, reissue, verification, websessions
from core.people.cards import own_card
from core.people.credentials import Proof
from core.people.members import Birthday
from kiosk import copied, phone, web
from kiosk.web import Visit

pages = Blueprint("account", __name__, url_prefix="/me")
STEPS = ("number", "copy", "leave")
FRESH = credentials.PROOF_MINUTES * clock.MINUTE


class NumberNeeded(Refused):
    """A card without a number has nothing a code could be sent to."""

    code = "number_needed"
    text = N_("This card has no phone number, so a code cannot be sent. Our staff can do this with you at the till.")


class BirthdayUnread(Invalid):
    """The birthday's parts are not numbers."""

    code = "birthday_unread"
    text = N_("Choose month and day of your birthday, or leave both empty.")


def proof_of(visit: Visit, member_id: int) -> Proof:
    """What this phone proves: its session, or a fresh code."""
    proved_at, expires_at = visit.session.proved_at, visit.session.expires_at
    if proved_at is not None and proved_at + FRESH > clock.now():
        return Proof(member_id, "fresh_code", clock.Millis(proved_at + FRESH))
    return Proof(member_id, "session", expires_at)


def fresh(view: Callable[[int, Proof], Response | str]) -> Callable[[], Response | str]:
    """A page that is shown after a fresh code only; without one the way leads over the code and back."""
    step = view.__name__

    @wraps(view)
    def shown() -> Response | str:
        visit, member_id = phone.signed_in()
        proof = proof_of(visit, member_id)
        return view(member_id, proof) if proof.kind == "fresh_code" else phone.to(f"/me/confirm?next={step}")

    return shown


# --- settings --------------------------------------------------------------------------------------


@pages.get("/settings")
def settings() -> str:
    """Language of messages, and the way to everything else."""
    _visit, member_id = phone.signed_in()
    return render_template("phone_settings.html", card=own_card(member_id, now=clock.now()))


@pages.post("/settings/language")
def set_language() -> Response:
    """The language messages are written in."""
    _visit, member_id = phone.signed_in()
    chosen = request.form.get("language", "")
    reissue.language(member_id, chosen, by=members.themselves(member_id), now=clock.now())
    return phone.to("/me/settings")


@pages.post("/sign-out-everywhere")
def sign_out_everywhere() -> Response:
    """Forget every phone of this member, this one too."""
    _visit, member_id = phone.signed_in()
    websessions.end_sessions_of(member_id)
    web.close_visit("phone")
    return phone.to("/")


# --- name and birthday ------------------------------------------------------------------------------


@pages.get("/profile")
def profile_page() -> str:
    """Name and birthday, both optional."""
    return _profile_page(None)


def _profile_page(error: RegularsError | None) -> str:
    _visit, member_id = phone.signed_in()
    card = own_card(member_id, now=clock.now())
    new = request.args.get("new") == "1"
    return render_template("phone_profile.html", error=error, card=card, given=request.form, new=new)


@pages.post("/profile")
def save_profile() -> Response:
    """Keep what was filled in; what was left empty stays as it is."""
    _visit, member_id = phone.signed_in()
    by, now = members.themselves(member_id), clock.now()
    birthday = _birthday()
    known = own_card(member_id, now=now).birthday
    if birthday is not None and birthday != known:
        members.set_birthday(member_id, birthday, by=by, now=now)
    if request.form.get("name", "").strip():
        members.rename(member_id, request.form["name"][:200], by=by, now=now)
    return phone.to("/me")


def _birthday() -> Birthday | None:
    """The birthday as filled in; None if left empty. Raises: BirthdayUnread."""
    parts = [request.form.get(name, "").strip() for name in ("month", "day", "year")]
    if not any(parts):
        return None
    if not all(part.isdecimal() and len(part) <= 4 for part in parts if part) or not all(parts[:2]):
        raise BirthdayUnread(field="birthday")
    lunar = request.form.get("calendar") == "lunar"
    return Birthday(
        calendar="lunar" if lunar else "solar",
        month=int(parts[0]),
        day=int(parts[1]),
        year=int(parts[2]) if parts[2] else None,
        leap=lunar and request.form.get("leap") == "1",
    )


# --- a fresh code ----------------------------------------------------------------------------------


@pages.get("/confirm")
def confirm_page() -> str:
    """Why a code is needed, and the button that sends it."""
    return _confirm_page(None)


def _confirm_page(error: RegularsError | None) -> str:
    visit, member_id = phone.signed_in()
    card = own_card(member_id, now=clock.now())
    error = error if card.phone else NumberNeeded()
    sent = bool(visit.data.get("fresh")) and request.endpoint != "account.confirm_page"
    ends = card.phone[-4:]
    return render_template("phone_confirm.html", error=error, ends=ends, sent=sent, step=_step())


def _step() -> str:
    given = request.values.get("next", "")
    return given if given in STEPS else STEPS[0]


@pages.post("/confirm")
def send_code() -> str:
    """Send a code to the member's own number."""
    visit, member_id = phone.signed_in()
    if credentials.value_of(member_id, "phone") is None:
        raise NumberNeeded()
    challenge = verification.send_to_member(member_id, "change", now=clock.now())
    web.save(visit, fresh=challenge)
    return _confirm_page(None)


@pages.post("/confirm/code")
def enter_code() -> Response:
    """The right code counts for ten minutes."""
    visit, _member_id = phone.signed_in()
    challenge = int(visit.data.get("fresh") or 0)
    verification.enter_code(challenge, request.form.get("code", "")[:12], now=clock.now())
    web.prove(visit)
    return phone.to(f"/me/{_step()}")


# --- another number --------------------------------------------------------------------------------


@pages.get("/number")
def number_page() -> Response | str:
    """Where the new number is typed; who has none yet needs no code for the old one."""
    visit, member_id = phone.signed_in()
    had = credentials.value_of(member_id, "phone") is not None
    if had and proof_of(visit, member_id).kind != "fresh_code":
        return phone.to("/me/confirm?next=number")
    return _number_page(None)


def _number_page(error: RegularsError | None) -> str:
    phone.signed_in()
    return render_template("phone_number.html", error=error, given=request.form)


@pages.post("/number")
def new_number() -> str:
    """Send a code to the new number."""
    visit, member_id = phone.signed_in()
    now, typed = clock.now(), request.form.get("phone", "")[:40]
    verification.admit(typed, member_id=member_id, address=web.address(), now=now)
    challenge = verification.send_code(typed, "change", language=i18n.scope().language, now=now)
    web.save(visit, number=challenge)
    return _number_code_page(None)


def _number_code_page(error: RegularsError | None) -> str:
    phone.signed_in()
    return render_template("phone_number_code.html", error=error)


@pages.post("/number/code")
def change_number() -> Response:
    """The code that came to the new number makes it the member's."""
    visit, member_id = phone.signed_in()
    challenge, now = int(visit.data.get("number") or 0), clock.now()
    proved = verification.enter_code(challenge, request.form.get("code", "")[:12], now=now)
    reissue.own_phone(member_id, proved, proof=proof_of(visit, member_id), now=now)
    return phone.to("/me/settings")


# --- a copy, and leaving ---------------------------------------------------------------------------


@pages.get("/copy")
@fresh
def copy(member_id: int, proof: Proof) -> str:
    """What the file holds, and the file."""
    kept = owncopy.of_member(member_id, proof=proof, now=clock.now())
    return render_template("phone_copy.html", kept=kept, parts=copied.parts(kept))


@pages.get("/copy.json")
def copy_file() -> Response:
    """The copy as a file. Raises: FreshProofNeeded."""
    visit, member_id = phone.signed_in()
    kept = owncopy.of_member(member_id, proof=proof_of(visit, member_id), now=clock.now())
    response = Response(json.dumps(kept, ensure_ascii=False, indent=1), mimetype="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="membership.json"'
    return response


@pages.get("/leave")
@fresh
def leave(member_id: int, _proof: Proof) -> str:
    """What is lost, before anything is."""
    return _leave_page(None, member_id)


def _leave_page(error: RegularsError | None, member_id: int | None = None) -> str:
    member_id = phone.signed_in()[1] if member_id is None else member_id
    losses = erasure.preview(member_id, now=clock.now())
    return render_template("phone_leave.html", error=error, losses=losses)


@pages.post("/leave")
def left() -> str:
    """Delete the member's own record. Raises: FreshProofNeeded, StoredValueLeft, ErasureOvertaken."""
    visit, member_id = phone.signed_in()
    erasure.erase(
        member_id,
        mark=request.form.get("mark", "")[:40],
        give_up=request.form.get("give_up") == "1",
        proof=proof_of(visit, member_id),
        by=members.themselves(member_id),
        now=clock.now(),
    )
    web.close_visit("phone")
    return render_template("phone_left.html")


phone.AGAIN.update({
    "account.save_profile": _profile_page,
    "account.send_code": _confirm_page,
    "account.enter_code": _confirm_page,
    "account.new_number": _number_page,
    "account.change_number": _number_code_page,
    "account.left": _leave_page,
})  # fmt: skip
