"""Bookings 预约: how many were made, kept and not kept, and how much of the working hours they took."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from core.base import clock, db
from core.base.access import Actor
from core.base.clock import DAY, HOUR
from core.base.i18n import N_, WEEKDAYS, scope
from core.reports import asked as cut
from core.reports.asked import Asked
from core.reports.report import Cell, Chart, Column, Report, Row, each, share_bp
from core.service import bookingtimes
from core.service.bookingtimes import Hours

SHOWN = ("done", "no_show", "cancelled")
NOTES = (
    N_("A booking counts on the day it is for, in its store; booked is what was not cancelled."),
    N_("Not kept: the share of who did not come, of those that were done or not kept."),
    N_("Use of hours: hours booked of working hours, up to today, by the plan as it stands now."),
)


@dataclass
class _Sums:
    """What a person, or a weekday, came to; lengths in milliseconds."""

    booked: int = 0
    done: int = 0
    no_show: int = 0
    cancelled: int = 0
    busy: int = 0
    worked: int = 0

    def row(self, name: Cell) -> Row:
        """A line of the report."""
        kept = share_bp(self.no_show, self.done + self.no_show)
        hours = (each(self.busy * 100, HOUR), each(self.worked * 100, HOUR))
        return (name, self.booked, self.done, self.no_show, kept, self.cancelled, *hours,
                share_bp(self.busy, self.worked))  # fmt: skip


def make(asked: Asked, *, by: Actor) -> Report:
    """By the person who is booked, who has most of them first."""
    sums = _added(asked, weekdays=False)
    names: dict[int, str] = dict(db.rows("SELECT id, name FROM staff"))
    ordered = sorted(sums.items(), key=lambda one: (-one[1].booked, names[one[0]], one[0]))
    return _report("staff", [(names[staff_id], one) for staff_id, one in ordered])


def weekdays(asked: Asked, *, by: Actor) -> Report:
    """By the weekday of the booking."""
    sums = _added(asked, weekdays=True)
    return _report("weekday", [(name, sums[day]) for day, name in enumerate(WEEKDAYS[scope().language])])


def _report(first: str, lines: list[tuple[str, _Sums]]) -> Report:
    whole = _Sums()
    for _, one in lines:
        for field in vars(whole):
            setattr(whole, field, getattr(whole, field) + getattr(one, field))
    columns = (
        Column(N_("staff") if first == "staff" else N_("weekday"), "text"), Column(N_("booked")), Column(N_("done")),
        Column(N_("did not come")), Column(N_("not kept"), "percent"), Column(N_("cancelled")),
        Column(N_("hours booked"), "hundredth"), Column(N_("working hours"), "hundredth"),
        Column(N_("use of hours"), "percent"),
    )  # fmt: skip
    rows = tuple(one.row(name) for name, one in lines)
    return Report(columns, rows, whole.row(None), Chart("bars"), compared=1, notes=NOTES)


def _added(asked: Asked, *, weekdays: bool) -> dict[int, _Sums]:
    """Sums by staff, or by weekday."""
    sums: dict[int, _Sums] = defaultdict(_Sums)
    test, ids = cut.within(asked, "b.store_id")
    for staff_id, from_at, until_at, state, zone in db.rows(
        "SELECT b.staff_id, b.from_at, b.until_at, b.state, o.zone FROM booking b JOIN store o ON o.id = b.store_id"
        f" WHERE b.from_at >= ? AND b.from_at < ? AND {test}",
        (asked.from_at - DAY, asked.until_at + DAY, *ids),  # a store's day is not quite the shop's
    ):
        day = clock.day_of(from_at, zone)
        if not asked.first <= day <= asked.last:
            continue
        one = sums[day.weekday() if weekdays else staff_id]
        one.booked += state != "cancelled"
        if state in SHOWN:
            setattr(one, state, getattr(one, state) + 1)
        if day <= asked.today and state not in ("no_show", "cancelled"):
            one.busy += until_at - from_at
    for staff_id, day, length in _worked(asked):
        sums[day.weekday() if weekdays else staff_id].worked += length
    return sums


def _worked(asked: Asked) -> Iterator[tuple[int, date, int]]:
    """Who works when and how long, a day and store at a time, up to today."""
    zones: dict[int, str] = dict(db.rows("SELECT id, zone FROM store"))
    plan, changes = _plan(), _changes(asked)
    staff = {who for who, *_ in plan} | {who for who, _ in changes}
    for number in range(asked.first.toordinal(), min(asked.last, asked.today).toordinal() + 1):
        day = date.fromordinal(number)
        for staff_id in sorted(staff):
            changed = changes.get((staff_id, number))
            for store_id, _ in asked.stores:
                hours = plan[staff_id, store_id, day.weekday()] if changed is None else changed.get(store_id, [])
                if hours:
                    spans = bookingtimes.spans(day, hours, zones[store_id])
                    yield staff_id, day, sum(one.until_at - one.from_at for one in spans)


def _plan() -> dict[tuple[int, int, int], list[Hours]]:
    """Hours by staff, store and weekday, of those who work here."""
    found: dict[tuple[int, int, int], list[Hours]] = defaultdict(list)
    sql = (
        "SELECT h.staff_id, h.store_id, h.weekday, h.from_minute, h.until_minute FROM work_hours h"
        " JOIN staff s ON s.id = h.staff_id AND s.active = 1"
    )
    for staff_id, store_id, weekday, start, end in db.rows(sql):
        found[staff_id, store_id, weekday].append((start, end))
    return found


def _changes(asked: Asked) -> dict[tuple[int, int], dict[int | None, list[Hours]]]:
    """Other hours by staff and day, then by store; a day off has none."""
    found: dict[tuple[int, int], dict[int | None, list[Hours]]] = {}
    sql = (
        "SELECT c.staff_id, c.day, c.store_id, c.from_minute, c.until_minute FROM work_change c"
        " JOIN staff s ON s.id = c.staff_id AND s.active = 1 WHERE c.day BETWEEN ? AND ?"
    )
    for staff_id, day, store_id, start, end in db.rows(sql, asked.days):
        of_day = found.setdefault((staff_id, day), {})
        if store_id is not None:
            of_day.setdefault(store_id, []).append((start, end))
    return found
