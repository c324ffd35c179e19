"""Events over the API: what comes, signing members up, giving places back, who came."""

from typing import Annotated

from flask import Response
from pydantic import Field

from core.base import access, clock
from core.base.clock import Millis, iso
from core.people import proving
from core.service import gatheringday, gatheringguests, gatherings, gatheringsignups
from core.service.gatheringguests import Offer, SignUp
from core.service.gatherings import Gathering
from kiosk.api import door as api
from kiosk.api.schemas import Id, Shape, Str

MOST = 200
EVENT = "/events/<int:event_id>"


class EventsAsked(Shape):
    """For which member; without one every event that comes."""

    member_id: Id | None = None


class SignUpOut(Shape):
    """A sign-up; `state` is booked, waiting, cancelled, attended or absent. `points` is what it cost."""

    id: str
    event_id: str
    member_id: str
    places: int
    state: str
    at: str
    points: int


class EventOut(Shape):
    """An event; the fee is points a place or `product_id`, sold at `fee_cents`.

    `sign_up_from` and `signup` are of the member asked for.
    """

    id: str
    state: str
    name_en: str
    name_zh: str
    about_en: str
    about_zh: str
    store: str
    venue: str
    link: str
    from_at: str
    until_at: str
    places: int
    places_left: int
    waiting: int
    fee_points: int
    fee_cents: int
    product_id: str | None
    cancel_until_at: str
    sign_up_from: str | None
    signup: SignUpOut | None


class EventsOut(Shape):
    """Events that have not ended, the next first."""

    events: list[EventOut]


class SignUpIn(Shape):
    """Who comes with how many; `proof_code` is the code on the member's phone, needed where places cost points."""

    member_id: Id
    places: Annotated[int, Field(strict=True, ge=1, le=100)] = 1
    proof_code: Str | None = None


class CheckInIn(Shape):
    """Who came."""

    member_id: Id


@api.pages.get("/events")
@api.operation(200, EventsOut, query=EventsAsked)
def all_events() -> Response:
    """List the events whose sign-up was opened; for a member those open to their tier.

    Needs the scope service, and for a member the scope members.
    """
    asked, by, now = api.query_of(EventsAsked), api.actor(), clock.now()
    access.require(by, "service")
    if asked.member_id is None:
        offers = [Offer(one, None, None) for one in gatherings.coming(now=now, limit=MOST)]
    else:
        offers = gatheringguests.offers(int(asked.member_id), by=by, now=now)
    return api.answer(EventsOut(events=[_event(one) for one in offers]))


@api.pages.post(f"{EVENT}/signups")
@api.operation(201, SignUpOut, body=SignUpIn)
def sign_up(event_id: int) -> Response:
    """Give a member places, or let them wait for some where all are taken.

    Needs the scope service and a header Idempotency-Key.
    """
    given, (key, replayed), now, by = api.body_of(SignUpIn), api.once("event"), clock.now(), api.actor()
    member_id = int(given.member_id)

    def do(proved: bool) -> SignUp:
        return gatheringsignups.sign_up(event_id, member_id, given.places, proved=proved, by=by, now=now, key=key)

    done = proving.with_code(given.proof_code, member_id, do, key=key, scope=f"{by.tag}/event", now=now)
    return api.answer(_signup(done), 201, replayed=replayed)


@api.pages.post(f"{EVENT}/signups/<int:signup_id>/cancel")
@api.operation(200, SignUpOut)
def cancel_signup(event_id: int, signup_id: int) -> Response:
    """Give the places of a sign-up back; points come back until the event's last moment for that.

    Needs the scope service and a header Idempotency-Key.
    """
    key, replayed = api.once("event-cancel")
    if gatheringguests.get(signup_id).gathering_id != event_id:
        raise gatheringguests.SignUpUnknown(what=str(signup_id))
    done = gatheringsignups.cancel_signup(signup_id, by=api.actor(), now=clock.now(), key=key)
    return api.answer(_signup(done), replayed=replayed)


@api.pages.post(f"{EVENT}/check-ins")
@api.operation(200, SignUpOut, body=CheckInIn)
def check_in_guest(event_id: int) -> Response:
    """Note that a member came, from three hours before it begins; a second time changes nothing.

    Needs the scope service.
    """
    member_id = int(api.body_of(CheckInIn).member_id)
    return api.answer(_signup(gatheringday.check_in(event_id, member_id, by=api.actor(), now=clock.now())))


def _event(one: Offer) -> EventOut:
    found: Gathering = one.gathering
    plan = found.plan
    return EventOut(
        id=str(found.id),
        state=found.state,
        name_en=plan.name_en,
        name_zh=plan.name_zh,
        about_en=plan.about_en,
        about_zh=plan.about_zh,
        store=found.store,
        venue=plan.venue,
        link=plan.link,
        from_at=iso(plan.from_at),
        until_at=iso(plan.until_at),
        places=plan.places,
        places_left=found.left,
        waiting=found.waiting,
        fee_points=plan.fee_points,
        fee_cents=found.fee_cents,
        product_id=None if plan.product_id is None else str(plan.product_id),
        cancel_until_at=iso(found.cancel_until_at),
        sign_up_from=_moment(one.opens_at),
        signup=None if one.mine is None else _signup(one.mine.signup),
    )


def _moment(at: Millis | None) -> str | None:
    """Open from the beginning is no moment."""
    return iso(at) if at else None


def _signup(one: SignUp) -> SignUpOut:
    return SignUpOut(
        id=str(one.id),
        event_id=str(one.gathering_id),
        member_id=str(one.member_id),
        places=one.places,
        state=one.state,
        at=iso(one.at),
        points=one.points,
    )
