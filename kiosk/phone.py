"""The pages on a customer's phone: joining from the screen's code or a printed one, and the member's own card."""

import re
from collections.abc import Callable
from typing import cast

from flask import Blueprint, Response, redirect, render_template, request
from itsdangerous import BadSignature, URLSafeSerializer

from core.base import access, clock, codes, i18n, settings
from core.base.access import Actor
from core.base.errors import Invalid, Refused, RegularsError
from core.base.i18n import N_
from core.books import rules
from core.giving import checkin, handouts
from core.insight import recommend
from core.loyalty import benefits, passes, statement
from core.people import consent, credentials, devices, joinlinks, members, sources, verification
from core.people.consent import WORDINGS, Purpose
from core.people.joinlinks import JoinLinkOld
from core.people.members import Joining
from core.people.sources import SourceEarly, SourceOver, SourceSpent, SourceUnknown
from core.people.verification import CodeOver
from core.service import bookinghours, surveys
from kiosk import qr, web
from kiosk.screen import MembershipStopped, board
from kiosk.web import Visit

pages = Blueprint("phone", __name__)

OWN_PAGES = (
    "/", "/join", "/join/code", "/me", "/me/profile", "/me/history", "/me/receipt", "/me/settings", "/me/confirm",
    "/me/number", "/me/bookings", "/me/copy", "/me/leave", "/me/events", "/me/tickets", "/tiers",
)  # fmt: skip
PUBLIC_PAGE = re.compile(
    r"/lottery/[0-9]{1,16}|/[sS]/[0-9A-Za-z.]{1,60}|/[qQ]/[0-9A-Za-z]{1,20}|/u/[0-9a-z.]{1,40}"
    r"|/survey/[0-9A-Za-z.]{1,60}|/me/survey/[0-9]{1,15}"
    r"|/me/events/[0-9]{1,16}(?:/points)?"
    r"|/rate/[0-9A-Z.]{1,40}|/me/tickets/[0-9]{1,16}"
)
NEWCOMER = Actor(kind="member", id=0, name="", door="phone", rights=access.SELF)
"""Whoever holds a fresh join link or opened a source link may join, and nothing else."""


class SignedOut(Refused):
    """The page belongs to a member who is signed in on this phone."""

    code = "phone_signed_out"
    text = N_("You are not signed in on this phone. Scan the code on the shop's screen to open your card.")


class ConsentMissing(Invalid):
    """Nobody becomes a member without wanting to."""

    code = "consent_missing"
    text = N_("To become a member, tick the first box. The others are up to you.")


class AgeMissing(Invalid):
    """The question about age has no answer."""

    code = "age_missing"
    text = N_("Say whether you are 14 or older. Younger guests get a card without any personal data.")


# --- joining ---------------------------------------------------------------------------------------


@pages.get("/j/<token>")
@pages.get("/J/<token>")
def arrive(token: str) -> Response:
    """A code on a shop's screen was scanned: a session begins and the token leaves the address bar."""
    now = clock.now()
    link = joinlinks.read(token, now=now)
    devices.by_id(link.device_id)
    before = web.visit("phone")
    if before is not None and before.session.member_id is not None:
        return to("/me")
    match = board().opened(link, now=now)
    data: web.Data = {"match": match, "ref": before.data.get("ref") if before else None}
    web.open_visit("phone", data, life_ms=web.VISITOR_LIFE, device_id=link.device_id)
    return to("/join")


@pages.get("/q/<code>")
@pages.get("/Q/<code>")
def from_source(code: str) -> Response:
    """A printed code was scanned: the same, but no screen stands beside it. Nothing is kept but that it was opened."""
    before = web.visit("phone")
    if before is not None and before.session.member_id is not None:
        return to("/me")
    link = sources.opened(code[:40], browser=web.browser_mark(), address=web.address(), now=clock.now())
    data: web.Data = {"link": link.id, "ref": before.data.get("ref") if before else None}
    web.open_visit("phone", data, life_ms=web.VISITOR_LIFE)
    return to("/join")


@pages.get("/r/<card>")
def referred(card: str) -> str:
    """A friend's link: it counts when its reader joins in a shop from this phone."""
    read = codes.parse(f"C1.{card}")
    before = web.visit("phone")
    signed_in = before is not None and before.session.member_id is not None
    if read is not None and not signed_in:
        data = (before.data if before else {}) | {"ref": read.body}
        device_id = before.session.device_id if before else None
        web.open_visit("phone", data, life_ms=web.SIGNED_IN_LIFE, device_id=device_id)
    return render_template("phone_friend.html")


@pages.get("/")
def start() -> Response | str:
    """The bare address: the card, or how to get one."""
    found = web.visit("phone")
    if found is not None and found.session.member_id is not None:
        return to("/me")
    return render_template("phone_start.html")


def _joiner() -> Visit:
    """The session of someone who scanned a screen or a printed code a moment ago. Raises: JoinLinkOld."""
    found = web.visit("phone")
    if found is None or found.session.member_id is not None:
        raise JoinLinkOld()
    if found.session.device_id is None and _link_of(found) is None:
        raise JoinLinkOld()
    return found


def _link_of(visitor: Visit) -> int | None:
    """The source link that let a visitor in, if it was none of our screens."""
    found = visitor.data.get("link")
    return int(found) if found is not None and visitor.session.device_id is None else None


@pages.get("/join")
def join_page() -> str:
    """Phone number or card only."""
    return _join_page(None)


def _join_page(error: RegularsError | None) -> str:
    visitor = _joiner()
    link_id = _link_of(visitor)
    if link_id is not None and not sources.has_room(link_id, now=clock.now()):
        error = SourceSpent()
    spent, match = isinstance(error, SourceSpent), visitor.data.get("match")
    return render_template("phone_join.html", error=error, spent=spent, match=match, given=request.form)


@pages.post("/join")
def join() -> Response | str:
    """A number gets a code; a card needs none."""
    visitor = _joiner()
    if request.form.get("way") == "card":
        return _terms_page(None, sealed="")
    language, now = i18n.scope().language, clock.now()
    link_id, number = _link_of(visitor), request.form.get("phone", "")[:40]
    device_id = visitor.session.device_id
    if device_id is not None:
        devices.by_id(device_id)  # a screen shut out sends no more codes
    verification.admit(number, device_id=device_id, link_id=link_id, address=web.address(), now=now)
    if link_id is None:
        challenge = verification.send_code(number, "join", language=language, now=now)
    else:
        challenge = verification.send_by_link(link_id, number, language=language, now=now)
    web.save(visitor, challenge=challenge)
    return to("/join/code")


@pages.get("/join/code")
def code_page() -> str:
    """Where the six digits are typed."""
    return _code_page(None)


def _code_page(error: RegularsError | None) -> str:
    visitor = _joiner()
    return render_template("phone_code.html", error=error, match=visitor.data.get("match"))


@pages.post("/join/code")
def enter_code() -> Response | str:
    """The right code signs a member in; anyone else goes on to join. Until here both look the same."""
    visitor, now = _joiner(), clock.now()
    challenge = int(visitor.data.get("challenge") or 0)
    number = verification.enter_code(challenge, request.form.get("code", "")[:12], now=now)
    member_id = credentials.by_phone(number, now=now)
    if member_id is None:
        return _terms_page(None, sealed=_seal(number, challenge))
    _sign_in(member_id, proved=True)
    return to("/me")


def _seal(number: str, challenge: int) -> str:
    """A proved number on its way through the owner's own browser: signed, bound to this challenge.

    The session table holds no personal fact, so the number waits with its owner until they agree.
    """
    until = clock.now() + web.VISITOR_LIFE
    return str(_sealer().dumps([number, challenge, until]))


def _unseal(sealed: str, challenge: int) -> str:
    try:
        number, bound_to, until = _sealer().loads(sealed)
    except BadSignature:
        raise CodeOver(field="code") from None
    if bound_to != challenge or until < clock.now():
        raise CodeOver(field="code")
    return str(number)


def _sealer() -> URLSafeSerializer:
    return URLSafeSerializer(settings.derived_key("proved number"))


def _terms_page(error: RegularsError | None, *, sealed: str | None = None) -> str:
    visitor = _joiner()
    sealed = request.form.get("sealed", "") if sealed is None else sealed
    asked = WORDINGS if sealed else {"membership": WORDINGS["membership"], "profiling": WORDINGS["profiling"]}
    return render_template(
        "phone_terms.html",
        error=error,
        sealed=sealed,
        asked=asked,
        given=request.form,
        match=visitor.data.get("match"),
    )


@pages.post("/join/terms")
def agree() -> Response:
    """Join with what was ticked, and nothing else."""
    visitor, now = _joiner(), clock.now()
    purposes = _ticked()
    sealed = request.form.get("sealed", "")
    number = _unseal(sealed, int(visitor.data.get("challenge") or 0)) if sealed else None
    if request.form.get("age") == "no":
        number, purposes = None, ("membership",)
    link_id = _link_of(visitor)
    device = devices.by_id(visitor.session.device_id or 0) if link_id is None else None
    joining = Joining(
        phone=number,
        language=i18n.scope().language,
        source="kiosk",
        store_id=device.store_id if device else None,
        purposes=purposes,
        referrer_card=cast("str | None", visitor.data.get("ref")),
        device_id=device.id if device else None,
        link_id=link_id,
        browser=web.browser_mark(),
    )
    member_id = members.join(joining, by=NEWCOMER, now=now)
    if device is not None:
        board().joined(device.id, int(visitor.data.get("match") or 0), now=now)
    _sign_in(member_id, proved=number is not None)
    return to("/me" if request.form.get("age") == "no" else "/me/profile?new=1")


def _ticked() -> tuple[Purpose, ...]:
    """The purposes agreed to. Raises: ConsentMissing, AgeMissing."""
    given = request.form.getlist("purpose")
    if "membership" not in given:
        raise ConsentMissing(field="purpose")
    if request.form.get("age") not in ("yes", "no"):
        raise AgeMissing(field="age")
    return tuple(cast("Purpose", purpose) for purpose in WORDINGS if purpose in given)


def _sign_in(member_id: int, *, proved: bool) -> None:
    """A new session id, so that one known before the proof is worth nothing after it."""
    web.open_visit("phone", {}, life_ms=web.SIGNED_IN_LIFE, member_id=member_id, proved=proved)


# --- the member's own pages --------------------------------------------------------------------------


def signed_in() -> tuple[Visit, int]:
    """The session and its member. Raises: SignedOut, and MembershipStopped, which ends the session."""
    found = web.visit("phone")
    if found is None or found.session.member_id is None:
        raise SignedOut()
    if not members.is_active(found.session.member_id):
        web.close_visit("phone")
        raise MembershipStopped(right="member.find")
    return found, found.session.member_id


@pages.get("/me")
def me() -> str:
    """The card: rotating code, points, level, coupons, stored value, choices."""
    now = clock.now()
    _visit, member_id = signed_in()
    card = members.own_card(member_id, now=now)
    agreed = {one.purpose for one in card.consents if one.granted}
    return render_template(
        "phone_me.html",
        adviser=benefits.adviser_of(member_id, card.standing.tier),
        taste=recommend.of_member(member_id, now=now),
        card=card,
        agreed=agreed,
        ended=[one for one in consent.by_channel(member_id) if not one.granted and one.purpose in agreed],
        wordings=WORDINGS if card.phone else {key: WORDINGS[key] for key in ("membership", "profiling")},
        entries=statement.of(member_id, "points", limit=8),
        referral_points=rules.current(now=now).referral_points,
        checkin=checkin.outlook(member_id, now=now),
        surveys=surveys.open_for(member_id, now=now),
        passes=passes.held_by(member_id, now=now),
        bookable=bool(bookinghours.services(on_phone=True)),
        waiting=[(one, handouts.code_of(one.id)) for one in handouts.waiting(member_id)],
        referral=f"{web.shop_settings().base_url}/r/{card.card.removeprefix('C1.')}",
    )


@pages.get("/me/code.svg")
def my_code() -> Response:
    """The code of this quarter minute as a picture."""
    _visit, member_id = signed_in()
    picture = qr.svg(credentials.rotating_code(member_id, now=clock.now()))
    return Response(picture, mimetype="image/svg+xml")


@pages.post("/me/consent")
def choose() -> Response:
    """One purpose on or off, one tap each way."""
    _visit, member_id = signed_in()
    purpose, now = request.form.get("purpose", ""), clock.now()
    if purpose not in WORDINGS or purpose == "membership":
        raise ConsentMissing(field="purpose")
    chosen, by = cast("Purpose", purpose), members.themselves(member_id)
    if request.form.get("granted") == "1":
        language = i18n.scope().language
        consent.grant(member_id, chosen, source="phone", language=language, by=by, now=now)
    else:
        consent.withdraw(member_id, chosen, source="phone", by=by, now=now)
    return to("/me#choices")


@pages.post("/sign-out")
def sign_out() -> Response:
    """Forget this phone."""
    web.close_visit("phone")
    return to("/")


@pages.post("/language")
def choose_language() -> Response:
    """Chinese or English on this phone from here on."""
    wanted = request.form.get("language", "")
    if wanted in i18n.LANGUAGES:
        web.put_cookie(web.LANGUAGE, wanted, life_ms=web.YEAR)
    back = request.form.get("back", "/")
    return to(back if back in OWN_PAGES or PUBLIC_PAGE.fullmatch(back) else "/")


def to(path: str) -> Response:
    """Go on to a page by GET."""
    return cast("Response", redirect(path, code=303))


AGAIN: dict[str, Callable[[RegularsError], str]] = {
    "phone.join": _join_page,
    "phone.enter_code": _code_page,
    "phone.agree": _terms_page,
}
"""The form to show again, with the sentence above it, when what was sent is refused."""


def again(endpoint: str | None, error: RegularsError) -> str | None:
    """The form a refusal is about, if its session still lives."""
    make = AGAIN.get(endpoint or "")
    over = JoinLinkOld | SignedOut | MembershipStopped | SourceOver | SourceEarly | SourceUnknown
    if make is None or isinstance(error, over):
        return None
    try:
        return make(error)
    except RegularsError:  # what the form is about is refused too: the sentence stands alone
        return None
