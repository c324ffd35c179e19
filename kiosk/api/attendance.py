"""Attendance over the API: the timesheet, for whoever works out the wages."""

from typing import Literal

from flask import Response

from core.base import clock
from core.base.clock import iso
from core.books import rules
from core.people import attendance
from core.people.attendance import Sheet
from core.people.worktime import Stretch
from core.reports import asked as spans
from kiosk.api import door as api
from kiosk.api.schemas import Id, Shape, Str


class SheetAsked(Shape):
    """Days from first (else the first of the last day's month) to last (else today), of one person or of everybody."""

    first_day: Str = ""
    last_day: Str = ""
    staff_id: Id | None = None


class StretchOut(Shape):
    """From coming to going; null where nobody was seen to."""

    from_at: str | None
    until_at: str | None
    minutes: int


class WorkdayOut(Shape):
    """One person's day. `minutes` are counted, `break_minutes` were taken off by the shop's rule.

    `missing` names punches that are not there: such a stretch counts nothing until it is corrected.
    """

    day: str
    staff_id: str
    staff: str
    stores: list[str]
    stretches: list[StretchOut]
    minutes: int
    break_minutes: int
    missing: list[Literal["in", "out"]]
    running: bool


class TimesheetOut(Shape):
    """Who worked when, by day and name, and the minutes of all."""

    workdays: list[WorkdayOut]
    minutes: int


@api.pages.get("/timesheet")
@api.operation(200, TimesheetOut, query=SheetAsked, refusals=(401, 403, 422, 500, 503))
def timesheet() -> Response:
    """List who worked when in the key's store, at most 400 days at once.

    Needs the scope reports. Days are written as 2026-12-31.
    """
    given = api.query_of(SheetAsked)
    by, now = api.actor(), clock.now()
    today = clock.day_of(now, rules.current(now=now).zone)
    last = api.day_of(given.last_day, "last_day") if given.last_day else today
    first = api.day_of(given.first_day, "first_day") if given.first_day else last.replace(day=1)
    asked = spans.ask(first, last, step="day", store_id=api.store_id(), by=by, now=now)
    staff_id = None if given.staff_id is None else int(given.staff_id)
    found = attendance.timesheet(asked.first, asked.last, by=by, now=now, staff_id=staff_id)
    workdays = [_workday(one) for one in found]
    return api.answer(TimesheetOut(workdays=workdays, minutes=sum(one.minutes for one in workdays)))


def _workday(one: Sheet) -> WorkdayOut:
    day = one.workday
    return WorkdayOut(
        day=day.day.isoformat(), staff_id=str(one.staff_id), staff=one.name, stores=list(one.stores),
        stretches=[_stretch(each) for each in day.stretches], minutes=day.minutes,
        break_minutes=day.break_minutes, missing=list(day.missing), running=day.running,
    )  # fmt: skip


def _stretch(one: Stretch) -> StretchOut:
    return StretchOut(
        from_at=None if one.began is None else iso(one.began.at),
        until_at=None if one.ended is None else iso(one.ended.at),
        minutes=one.minutes,
    )
