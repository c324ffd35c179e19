"""Attendance 考勤: who came and went, when and where, and what it adds up to.

A punch is written once and never changed. What was wrong is put right by a correction: somebody asks, a manager
of that store agrees, and the ledger gets another row. Nobody agrees to their own, but for an owner.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from core.base import clock, db, ids, windows
from core.base.access import Actor, refusal
from core.base.clock import MINUTE, Millis
from core.base.errors import NotAllowed, NotFound
from core.base.i18n import N_
from core.books import audit, rules
from core.people import badges, worktime
from core.people.worktime import LONGEST, Punch, TimeRules, Way, Workday

AGAIN = MINUTE
"""A badge that is still held to the screen comes or goes once."""


@dataclass(frozen=True)
class Stamp:
    """What a punch came to: the way it went, since when somebody is in, and their minutes of the day so far."""

    staff_id: int
    way: Way
    at: Millis
    minutes: int


@dataclass(frozen=True)
class Present:
    """Somebody who is in now."""

    staff_id: int
    name: str
    store_id: int
    store: str
    since_at: Millis


@dataclass(frozen=True)
class Sheet:
    """A line of the timesheet: one person's day, with the stores worked in."""

    staff_id: int
    name: str
    stores: tuple[str, ...]
    workday: Workday


class NotOfStore(NotAllowed):
    """Who comes and goes works in the store, and is one of the staff."""

    code = "not_of_store"
    text = N_("You do not work in this store. An owner names your stores under Settings, staff.")


class NoSuchPunch(NotFound):
    """A punch that does not stand, or never did."""

    code = "no_such_punch"
    text = N_("There is no such punch any more. Refresh the timesheet.")


# --- coming and going ----------------------------------------------------------------------------


@db.atomic
def punch(store_id: int, *, by: Actor, now: Millis) -> Stamp:
    """Come or go oneself, whichever follows. Raises: NotOfStore, SignedOut."""
    if by.kind != "staff" or (by.stores and store_id not in by.stores):
        raise NotOfStore(right="sell")
    hold(by.id)
    return _turn(by.id, store_id, by, now)


@db.atomic
def punch_by_badge(scanned: str, store_id: int, *, by: Actor, now: Millis) -> Stamp:
    """Come or go by a badge held to the screen of a store; the same badge within a minute changes nothing.

    Raises: BadgeUnknown, NotOfStore.
    """
    staff_id = badges.whose(scanned)
    stores = {store for (store,) in db.rows("SELECT store_id FROM staff_store WHERE staff_id = ?", (staff_id,))}
    if stores and store_id not in stores:
        raise NotOfStore(right="sell")
    hold(staff_id)
    last = max(standing(staff_id, Millis(now - LONGEST)), key=lambda one: (one.at, one.id), default=None)
    if last is not None and now - last.at < AGAIN:
        return Stamp(staff_id, last.way, last.at, _minutes_today(staff_id, now))
    return _turn(staff_id, store_id, by, now)


def hold(staff_id: int) -> None:
    """One punch of a person at a time."""
    db.value("SELECT 1 FROM staff WHERE id = ?" + ("" if db.is_sqlite() else " FOR UPDATE"), (staff_id,))


def _turn(staff_id: int, store_id: int, by: Actor, now: Millis) -> Stamp:
    way: Way = "in" if since(staff_id, now=now) is None else "out"
    write(staff_id, store_id, way, now, by=by, now=now, correction_id=None)
    audit.record("staff.punched", "staff", staff_id, by=by, now=now, store_id=store_id, after={"way": way})
    return Stamp(staff_id, way, now, _minutes_today(staff_id, now))


def write(
    staff_id: int, store_id: int, way: Way, moment: Millis, *, by: Actor, now: Millis, correction_id: int | None
) -> None:
    """Add a row to the ledger; inside the caller's transaction."""
    db.add(
        "punch", id=ids.new(), staff_id=staff_id, store_id=store_id, way=way, punched_at=moment, door=by.door,
        device_id=by.id if by.kind == "kiosk" else None, correction_id=correction_id, at=now, actor=by.tag,
    )  # fmt: skip


STANDING = (
    "NOT EXISTS (SELECT 1 FROM punch_correction c JOIN punch_decision d ON d.correction_id = c.id"
    " AND d.verdict = 'approved' WHERE c.punch_id = p.id)"
)
"""A punch that no correction replaced or took away."""


def standing(staff_id: int, from_at: Millis, until_at: Millis | None = None) -> list[Punch]:
    """The punches of a person that count, from one moment to before another."""
    found = db.rows(
        "SELECT p.id, p.way, p.punched_at, p.store_id FROM punch p WHERE p.staff_id = ? AND p.punched_at >= ?"
        f" AND p.punched_at < ? AND {STANDING} ORDER BY p.punched_at, p.id",
        (staff_id, from_at, 2**62 if until_at is None else until_at),
    )
    return [Punch(*row) for row in found]


def since(staff_id: int, *, now: Millis) -> Punch | None:
    """The coming of somebody who is in."""
    found = worktime.stretches(standing(staff_id, Millis(now - LONGEST), Millis(now + 1)))
    last = found[-1] if found else None
    return last.began if last is not None and last.runs(now) else None


def _minutes_today(staff_id: int, now: Millis) -> int:
    """Counted minutes of the day on which the last stretch began."""
    zone = rules.current(now=now).zone
    found = worktime.stretches(standing(staff_id, Millis(now - 2 * LONGEST)))
    if not found:
        return 0
    day = clock.day_of(found[-1].first.at, zone)
    return worktime.workday(day, worktime.by_day(found, zone)[day], time_rules(now=now), now=now).minutes


def time_rules(*, now: Millis) -> TimeRules:
    """How the shop counted at a moment."""
    shop = rules.current(now=now)
    return TimeRules(shop.worktime_round_minutes, windows.breaks(shop.worktime_breaks) or ())


# --- reads ---------------------------------------------------------------------------------------


def mine(*, by: Actor, now: Millis) -> Stamp:
    """Whether one is in oneself, since when, and today's minutes."""
    with db.read():
        came = since(by.id, now=now)
        found = standing(by.id, Millis(now - LONGEST), Millis(now + 1))
        last_at = found[-1].at if found else Millis(0)
        minutes = _minutes_today(by.id, now)
    return Stamp(by.id, "in", came.at, minutes) if came is not None else Stamp(by.id, "out", last_at, minutes)


def present(*, by: Actor, now: Millis) -> list[Present]:
    """Who is in now, in the stores one works in; who came first stands first. Raises: NotAllowed."""
    _only_staff(by)
    with db.read():
        people = db.rows(
            "SELECT DISTINCT p.staff_id, s.name FROM punch p JOIN staff s ON s.id = p.staff_id"
            " WHERE p.punched_at BETWEEN ? AND ?",
            (now - LONGEST, now),
        )
        stores: dict[int, str] = dict(db.rows("SELECT id, name FROM store"))
        came = [(id, name, since(id, now=now)) for id, name in people]
    found = [
        Present(id, name, one.store_id, stores[one.store_id], one.at)
        for id, name, one in came
        if one is not None and (not by.stores or one.store_id in by.stores)
    ]
    return sorted(found, key=lambda one: (one.since_at, one.staff_id))


def _only_staff(by: Actor) -> None:
    if by.kind != "staff":
        raise refusal("staff")


def timesheet(first: date, last: date, *, by: Actor, now: Millis, staff_id: int | None = None) -> list[Sheet]:
    """Everybody's days from first to last, by day and name; one's own for who may not approve.

    Of a manager of some stores, the stretches worked there. Raises: NotAllowed.
    """
    if not by.may("approve") and not by.may("reports"):
        _only_staff(by)
        staff_id = by.id
    with db.read():
        return sheets(first, last, now=now, staff_id=staff_id, stores=by.stores if staff_id != by.id else frozenset())


def sheets(
    first: date, last: date, *, now: Millis, staff_id: int | None = None, stores: frozenset[int] = frozenset()
) -> list[Sheet]:
    """The timesheet inside the caller's view; no stores named means every store."""
    zone = rules.current(now=now).zone
    names: dict[int, str] = dict(db.rows("SELECT id, name FROM store"))
    found: list[Sheet] = []
    for who, name, punches in _punches(first, last, zone, staff_id):
        for day, parts in worktime.by_day(worktime.stretches(punches), zone).items():
            kept = [one for one in parts if not stores or one.first.store_id in stores]
            if first <= day <= last and kept:
                counted = worktime.workday(day, kept, time_rules(now=kept[0].first.at), now=now)
                places = dict.fromkeys(names[one.first.store_id] for one in kept)
                found.append(Sheet(who, name, tuple(places), counted))
    return sorted(found, key=lambda one: (one.workday.day, one.name, one.staff_id))


def _punches(first: date, last: date, zone: str, staff_id: int | None) -> list[tuple[int, str, list[Punch]]]:
    """Everybody's punches about some days: a night before and after, so that no stretch is cut."""
    day = timedelta(days=1)
    rows = db.rows(
        "SELECT p.staff_id, s.name, p.id, p.way, p.punched_at, p.store_id FROM punch p JOIN staff s ON s.id ="
        f" p.staff_id WHERE p.punched_at >= ? AND p.punched_at < ? AND (? = 0 OR p.staff_id = ?) AND {STANDING}"
        " ORDER BY p.punched_at, p.id",
        (clock.start_of(first - day, zone), clock.end_of(last + day, zone), staff_id or 0, staff_id or 0),
    )
    found: dict[int, tuple[str, list[Punch]]] = {}
    for who, name, *parts in rows:
        found.setdefault(who, (name, []))[1].append(Punch(*parts))
    return [(who, name, punches) for who, (name, punches) in found.items()]
