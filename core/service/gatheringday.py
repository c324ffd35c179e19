"""The day of an event 活动当天: who came is checked in, and at the end whoever did not come was absent."""

from collections.abc import Sequence

from core.base import db
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import NotFound, Refused
from core.base.i18n import N_, Text
from core.books import audit, locks, stats
from core.loyalty import tiers
from core.service import gatheringguests as guests
from core.service import gatheringrules, gatherings
from core.service.gatheringguests import SignUp
from core.service.gatherings import Gathering
from core.service.gatheringsignups import SignUpNotOpen, SignUpOver


class NotOnList(NotFound):
    """The member has no places in this event."""

    code = "not_on_list"
    text = N_("This member has no place in “{event}”. Sign them up first, if there is one left.")


class CheckInEarly(Refused):
    """Nobody is checked in days before."""

    code = "check_in_early"
    text = N_("Guests of “{event}” are checked in from {from_at} on.")


@db.atomic
def check_in(gathering_id: int, member_id: int, *, by: Actor, now: Millis) -> SignUp:
    """Note that a member came; it counts towards tiers that ask for events. A second time changes nothing.

    Raises: NotAllowed, GatheringUnknown, GatheringOver, SignUpNotOpen, CheckInEarly, NotOnList, MemberBlocked …
    """
    require(by, "member.find" if by.kind == "kiosk" else "service")
    locks.hold(member_id)
    found = gatherings.hold(gathering_id)
    if not found.is_coming:
        raise SignUpNotOpen(event=found.name, state=Text(gatherings.STATES[found.state]))
    if now < (opens_at := gatheringrules.check_in_from(found.plan.from_at)):
        raise CheckInEarly(event=found.name, from_at=opens_at)
    mine = [one for one in guests.of_both(gathering_id, member_id) if one.state != "waiting"]
    if not mine:
        raise NotOnList(event=found.name)
    booked = [one for one in mine if one.state == "booked"]
    if booked:
        _came(found, booked, by=by, now=now)
    return guests.get(mine[0].id)


def _came(found: Gathering, booked: Sequence[SignUp], *, by: Actor, now: Millis) -> None:
    member_id, day = booked[0].member_id, gatherings.day_of(found, now=now)
    for one in booked:
        db.run("UPDATE gathering_signup SET state = 'attended', ended_at = ? WHERE id = ?", (now, one.id))
    stats.count_event(member_id, day=day)
    tiers.promote(member_id, sale_id=0, day=day, by=by, now=now)
    after = {"event": found.name, "places": sum(one.places for one in booked)}
    audit.record("gathering.checked_in", "member", member_id, by=by, now=now, store_id=found.plan.store_id, after=after)


@db.atomic
def undo_check_in(signup_id: int, *, by: Actor, now: Millis) -> None:
    """Take a check-in by mistake back; a tier reached by it meanwhile stays. Raises: NotAllowed, SignUpOver …"""
    require(by, "service")
    one = guests.get(signup_id)
    locks.hold(beside=[one.member_id])
    found = gatherings.hold(one.gathering_id)
    sql = "UPDATE gathering_signup SET state = 'booked', ended_at = NULL WHERE id = ? AND state = 'attended'"
    if not db.change(sql, (signup_id,)):
        raise SignUpOver(state=Text(guests.STATES[guests.get(signup_id).state]))
    if not any(other.state == "attended" for other in guests.of_both(found.id, one.member_id)):
        stats.count_event(one.member_id, day=gatherings.day_of(found, now=now), events=-1)
    audit.record("gathering.check_in_undone", "member", one.member_id, by=by, now=now, after={"event": found.name})


@db.atomic
def close(gathering_id: int, *, by: Actor, now: Millis) -> int:
    """End an event that took place: who did not check in was absent; how many parties came.

    Raises: NotAllowed, GatheringUnknown, GatheringOver, GatheringEarly.
    """
    require(by, gatherings.PLANNING)
    found = gatherings.hold(gathering_id)
    if now < found.plan.from_at or not found.is_coming:
        raise gatherings.GatheringEarly(event=found.name, from_at=found.plan.from_at)
    db.run(
        "UPDATE gathering_signup SET state = 'absent', ended_at = ? WHERE gathering_id = ? AND state = 'booked'",
        (now, gathering_id),
    )
    gatherings.end(found, "done", by=by, now=now)
    sql = "SELECT count(*) FROM gathering_signup WHERE gathering_id = ? AND state = 'attended'"
    return int(db.value(sql, (gathering_id,)))
