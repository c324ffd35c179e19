"""Signing up for events 活动报名: places, the waiting list, cancelling; never more places than there are.

Every verb locks the members concerned by id and then the event. Who has a place and who moves up is decided under
that lock alone. Points leave with the place and come back with it; money is taken by the till.
"""

from core.base import db, ids
from core.base.access import Actor, require, require_own
from core.base.clock import Millis
from core.base.errors import Invalid, Refused
from core.base.i18n import N_, Text
from core.books import audit, carrying, locks, requests, rules, stats
from core.books.posting import Cause
from core.loyalty import points as points_of
from core.loyalty import tiers
from core.loyalty.points import SpendProofNeeded
from core.service import gatheringguests as guests
from core.service import gatheringnotes as notes
from core.service import gatheringrules, gatherings
from core.service.gatheringguests import SignUp
from core.service.gatheringrules import Party
from core.service.gatherings import Gathering, Plan


class SignUpNotOpen(Refused):
    """No sign-ups are taken now."""

    code = "signup_not_open"
    text = N_("“{event}” takes no sign-ups now: {state}. Ask our staff for other events.")


class SignUpEarly(Refused):
    """The member's tier may sign up later."""

    code = "signup_early"
    text = N_("Sign-up for “{event}” opens to {tier} members at {from_at}. Come back then.")


class SignUpNotForTier(Refused):
    """The event is for higher tiers."""

    code = "signup_not_for_tier"
    text = N_("“{event}” is not open to {tier} members. Choose another event.")


class SignedUpAlready(Refused):
    """The member has places, or waits for some."""

    code = "signed_up_already"
    text = N_("This member is on the list of “{event}” already, with {places} places: {state}. Change that instead.")


class GatheringFull(Refused):
    """Neither places nor room on the waiting list."""

    code = "gathering_full"
    text = N_("“{event}” has {left} places left and {waiting_left} on the waiting list; {places} were asked for.")


class PartyInvalid(Invalid):
    """A party is too large, or nobody."""

    code = "party_invalid"
    text = N_("{places} places cannot be: from 1 to {most} for one member.")


class SignUpOver(Refused):
    """The sign-up was cancelled, or the guest came."""

    code = "signup_over"
    text = N_("This sign-up is {state} already. Open the event again to see it as it is.")


class CancelLate(Refused):
    """The event has begun."""

    code = "cancel_late"
    text = N_("“{event}” began at {from_at}, so it cannot be cancelled here. Our staff can do it.")


# --- signing up ------------------------------------------------------------------------------------


def _may(by: Actor, member_id: int) -> None:
    if by.kind == "kiosk":
        require(by, "member.find")
    else:
        require_own(by, member_id, "service")


@db.atomic
def sign_up(
    gathering_id: int,
    member_id: int,
    places: int,
    *,
    proved: bool = False,
    by: Actor,
    now: Millis,
    key: str | None = None,
) -> SignUp:
    """Give a member so many places, or a place on the waiting list. The same key gives the same sign-up.

    `proved`: the door has a proof of this member that allows 'place', without which no points leave, now or when
    they move up. Raises: NotAllowed, GatheringUnknown, GatheringOver, SignUpNotOpen, SignUpEarly, SignUpNotForTier,
    SignedUpAlready, GatheringFull, PartyInvalid, SpendProofNeeded, NotEnoughPoints, KeyReused, MemberBlocked …
    """
    _may(by, member_id)

    def do() -> int:
        locks.hold(member_id)
        found = gatherings.hold(gathering_id)
        _check_open(found, member_id, now=now)
        _check_party(places, now=now)
        _check_proof(found, places, proved=proved)
        return _put(found, member_id, places, by=by, now=now)

    request = {"event": gathering_id, "member": member_id, "places": places}
    return guests.get(requests.once(key, do, scope=f"{by.tag}/event", request=request, now=now))


def _check_open(found: Gathering, member_id: int, *, now: Millis) -> None:
    if found.state != "open" or found.plan.until_at <= now:
        state = gatherings.STATES["done" if found.state == "open" else found.state]
        raise SignUpNotOpen(event=found.name, state=Text(state))
    tier = tiers.of(member_id, now=now)
    opens_at = gatheringrules.opens_at(found.plan.openings, tier.rank)
    if opens_at is None:
        raise SignUpNotForTier(event=found.name, tier=tier.name)
    if now < opens_at:
        raise SignUpEarly(event=found.name, tier=tier.name, from_at=opens_at)
    for one in guests.of_both(found.id, member_id):
        raise SignedUpAlready(event=found.name, places=one.places, state=Text(guests.STATES[one.state]))


def _check_party(places: int, *, now: Millis) -> None:
    most = rules.current(now=now).event_party_most
    if not 1 <= places <= most:
        raise PartyInvalid(field="places", places=places, most=most)


def _check_proof(found: Gathering, places: int, *, proved: bool) -> None:
    if found.plan.fee_points and places > 0 and not proved:
        raise SpendProofNeeded(field="proof", points=found.plan.fee_points * places)


def _put(found: Gathering, member_id: int, places: int, *, by: Actor, now: Millis) -> int:
    booked = places <= found.left
    if not booked and found.waiting + places > found.plan.waiting_places:
        left = max(0, found.plan.waiting_places - found.waiting)
        raise GatheringFull(event=found.name, left=found.left, waiting_left=left, places=places)
    signup_id = ids.new()
    db.add(
        "gathering_signup",
        id=signup_id,
        gathering_id=found.id,
        member_id=member_id,
        places=places,
        state="booked" if booked else "waiting",
        at=now,
        waited=int(not booked),
        door=by.door,
        actor=by.tag,
    )
    if booked:
        _charge(found, guests.get(signup_id), places, by=by, now=now)
    notes.tell(found, member_id, "event_booked" if booked else "event_waiting", str(signup_id), now=now)
    after = {"event": found.name, "places": places, "state": "booked" if booked else "waiting"}
    audit.record("gathering.signed_up", "member", member_id, by=by, now=now, store_id=found.plan.store_id, after=after)
    return signup_id


def _cause(found: Gathering, one: SignUp, kind: str, *, by: Actor, now: Millis) -> Cause:
    return Cause(kind, "gathering_signup", one.id, by, now, found.plan.store_id)


def _charge(found: Gathering, one: SignUp, places: int, *, by: Actor, now: Millis) -> None:
    """Take the points for so many places as one entry; the member locked. Raises: NotEnoughPoints."""
    due = found.plan.fee_points * places
    entry_id = points_of.spend(one.member_id, due, _cause(found, one, "event", by=by, now=now)) if due else None
    db.run("UPDATE gathering_signup SET points = ?, entry_id = ? WHERE id = ?", (due, entry_id, one.id))


def _give_back(found: Gathering, one: SignUp, points: int, *, by: Actor, now: Millis) -> None:
    if points and one.entry_id is not None:
        cause = _cause(found, one, "event_back", by=by, now=now)
        carrying.give_back(one.entry_id, points, cause, grace_until=rules.grace_until(now))
        db.run("UPDATE gathering_signup SET points = points - ? WHERE id = ?", (points, one.id))


# --- the waiting list ------------------------------------------------------------------------------


def _hold(gathering_id: int, *member_ids: int) -> Gathering:
    """Lock these members and all who wait, then the event. Who came in between is locked late and never missed."""
    waiting = guests.members_of(guests.live(gathering_id, "waiting"))
    locks.hold(beside=[*member_ids, *waiting])
    return gatherings.hold(gathering_id)


def move_up(gathering_id: int, *, by: Actor, now: Millis) -> int:
    """Give what is free to the waiting list; how many parties moved up. Inside the caller's transaction."""
    passed_over: set[int] = set()
    moved = 0
    while True:
        found = gatherings.get(gathering_id)
        waiting = guests.live(gathering_id, "waiting")
        parties = [Party(one.id, one.member_id, one.places) for one in waiting]
        party = gatheringrules.next_up(parties, found.left, passed_over=passed_over)
        if party is None:
            return moved
        if not _move(found, next(one for one in waiting if one.id == party.id), by=by, now=now):
            passed_over.add(party.id)
            continue
        moved += 1


def _move(found: Gathering, one: SignUp, *, by: Actor, now: Millis) -> bool:
    """Give a waiting party its places; False for who may not collect or spend, or has too few points."""
    locks.hold(beside=[one.member_id])
    state = db.value("SELECT state FROM member WHERE id = ?", (one.member_id,))
    due = found.plan.fee_points * one.places
    if state != "active" or (due and points_of.state(one.member_id, now=now).usable < due):
        return False
    db.run("UPDATE gathering_signup SET state = 'booked', moved_at = ? WHERE id = ?", (now, one.id))
    _charge(found, one, one.places, by=by, now=now)
    notes.tell(found, one.member_id, "event_moved_up", str(one.id), now=now)
    after = {"event": found.name, "places": one.places}
    audit.record("gathering.moved_up", "member", one.member_id, by=by, now=now, after=after)
    return True


# --- cancelling and changing -----------------------------------------------------------------------


@db.atomic
def cancel_signup(signup_id: int, *, by: Actor, now: Millis, key: str | None = None) -> SignUp:
    """Give places back; the first waiting party that fits moves up. Points come back until the event's last moment.

    What was paid in money stands on the list of refunds, for the till. Members cancel until it begins, staff until
    it is closed. Raises: NotAllowed, SignUpUnknown, SignUpOver, CancelLate, GatheringOver, KeyReused.
    """
    one = guests.get(signup_id)
    _may(by, one.member_id)

    def do() -> int:
        found = _hold(one.gathering_id, one.member_id)
        if by.kind in ("member", "kiosk") and now >= found.plan.from_at:
            raise CancelLate(event=found.name, from_at=found.plan.from_at)
        _end(found, _live(signup_id), fee_back=gatheringrules.fee_comes_back(now, found.cancel_until_at),
             by=by, now=now)  # fmt: skip
        move_up(found.id, by=by, now=now)
        return signup_id

    return guests.get(requests.once(key, do, scope=f"{by.tag}/event-cancel", request=signup_id, now=now))


def _live(signup_id: int) -> SignUp:
    one = guests.get(signup_id)
    if not one.is_live:
        raise SignUpOver(state=Text(guests.STATES[one.state]))
    return one


def _end(found: Gathering, one: SignUp, *, fee_back: bool, by: Actor, now: Millis) -> None:
    if fee_back:
        _give_back(found, one, one.points, by=by, now=now)
    db.run(
        "UPDATE gathering_signup SET state = 'cancelled', fee_back = ?, ended_at = ? WHERE id = ?",
        (int(fee_back), now, one.id),
    )
    after = {"event": found.name, "places": one.places, "points": one.points if fee_back else 0}
    audit.record("gathering.signup_cancelled", "member", one.member_id, by=by, now=now, after=after)


def release(member_id: int, *, by: Actor, now: Millis) -> None:
    """Give back the places of somebody who is forgotten; inside the caller's transaction, the member locked."""
    sql = f"SELECT id, gathering_id FROM gathering_signup WHERE member_id = ? AND state IN {guests.LIVE} ORDER BY id"
    for signup_id, gathering_id in db.rows(sql, (member_id,)):
        found = _hold(gathering_id, member_id)
        _end(found, _live(signup_id), fee_back=False, by=by, now=now)
        move_up(gathering_id, by=by, now=now)


@db.atomic
def change_places(
    signup_id: int, places: int, *, proved: bool = False, by: Actor, now: Millis, key: str | None = None
) -> SignUp:
    """Come with more or fewer; more only if there is room, and what becomes free goes to the waiting list.

    Raises: NotAllowed, SignUpUnknown, SignUpOver, PartyInvalid, GatheringFull, SpendProofNeeded, NotEnoughPoints …
    """
    first = guests.get(signup_id)
    _may(by, first.member_id)

    def do() -> int:
        found = _hold(first.gathering_id, first.member_id)
        locks.hold(first.member_id)
        one = _live(signup_id)
        _check_party(places, now=now)
        _check_proof(found, places - one.places, proved=proved)
        _resize(found, one, places, by=by, now=now)
        move_up(found.id, by=by, now=now)
        return signup_id

    request = {"signup": signup_id, "places": places}
    return guests.get(requests.once(key, do, scope=f"{by.tag}/event-places", request=request, now=now))


def _resize(found: Gathering, one: SignUp, places: int, *, by: Actor, now: Millis) -> None:
    more, booked = places - one.places, one.state == "booked"
    waiting_left = found.plan.waiting_places - found.waiting
    if more > (found.left if booked else waiting_left):
        raise GatheringFull(event=found.name, left=found.left, waiting_left=max(0, waiting_left), places=more)
    db.run("UPDATE gathering_signup SET places = ? WHERE id = ?", (places, one.id))
    if booked and more > 0 and found.plan.fee_points:
        _give_back(found, one, one.points, by=by, now=now)
        _charge(found, one, places, by=by, now=now)
    elif booked and more < 0 and gatheringrules.fee_comes_back(now, found.cancel_until_at):
        _give_back(found, one, one.points - found.plan.fee_points * places, by=by, now=now)
    after = {"event": found.name, "places": places}
    audit.record("gathering.places", "member", one.member_id, by=by, now=now, before={"places": one.places},
                 after=after)  # fmt: skip


@db.atomic
def change(gathering_id: int, plan: Plan, *, by: Actor, now: Millis) -> None:
    """Change an event that is not over; guests are told of another time or place, more places go to who waits.

    Raises: NotAllowed, GatheringUnknown, GatheringOver, GatheringInvalid, GatheringTooSmall, FeeFixed.
    """
    require(by, gatherings.PLANNING)
    found = _hold(gathering_id)
    gatherings.put(found, plan, by=by, now=now)
    after = gatherings.get(gathering_id)
    if found.is_coming and (found.plan.from_at, found.where) != (after.plan.from_at, after.where):
        for one in guests.live(gathering_id):
            notes.tell(after, one.member_id, "event_changed", f"{one.id}:{now}", now=now)
    move_up(gathering_id, by=by, now=now)


@db.atomic
def call_off(gathering_id: int, *, by: Actor, now: Millis) -> int:
    """Call an event off: everyone is told, points come back, what was paid stands on the list of refunds; how many.

    Who was checked in already is treated alike, and the check-in counts no more.
    Raises: NotAllowed, GatheringUnknown, GatheringOver.
    """
    require(by, gatherings.PLANNING)
    locks.hold(beside=guests.members_of([*guests.live(gathering_id), *guests.came(gathering_id)]))
    found = gatherings.hold(gathering_id)
    here = guests.came(gathering_id)
    for member_id in {one.member_id for one in here}:
        stats.count_event(member_id, day=gatherings.day_of(found, now=now), events=-1)
    all_of_it = [*guests.live(gathering_id), *here]
    for one in all_of_it:
        _end(found, one, fee_back=True, by=by, now=now)
        notes.tell(found, one.member_id, "event_called_off", str(one.id), now=now)
    gatherings.end(found, "cancelled", by=by, now=now)
    return len(all_of_it)
