"""Timesheet 工时表: each person's days: from when to when, how long, what is missing."""

from core.base import clock
from core.base.access import Actor
from core.base.i18n import N_, T
from core.people import attendance, worktime
from core.people.attendance import Sheet
from core.reports.asked import Asked
from core.reports.report import Cell, Chart, Column, Report, Row, summed

MISSING = {"in": N_("coming is missing"), "out": N_("going is missing")}


def make(asked: Asked, *, by: Actor) -> Report:
    """By day and person; a night is of the day on which it began."""
    stores = frozenset(id for id, _ in asked.stores) if not asked.every else frozenset[int]()
    rows: list[Row] = [_row(one, asked) for one in attendance.sheets(asked.first, asked.last, now=asked.now,
                                                                      stores=stores)]  # fmt: skip
    columns = (
        Column(N_("day"), "day"), Column(N_("staff"), "text"), Column(N_("came at"), "text"),
        Column(N_("went"), "text"), Column(N_("minutes")), Column(N_("hours worked"), "text"),
        Column(N_("break taken off")), Column(N_("remark"), "text"), Column(N_("store"), "text"),
    )  # fmt: skip
    notes = (
        N_("Minutes are those that really passed, in nights in which clocks change too; rounding and breaks are rules"
           " of the shop."),
        N_("A stretch with a missing end counts nothing until it is put right."),
    )  # fmt: skip
    return Report(columns, tuple(rows), summed(rows, (4, 6), 9), Chart("bars", 4), notes=notes)


def _row(one: Sheet, asked: Asked) -> Row:
    day = one.workday
    came = [_time(part.began.at, asked) if part.began else "?" for part in day.stretches]
    went = [
        _time(part.ended.at, asked) if part.ended else "…" if part.runs(asked.now) else "?" for part in day.stretches
    ]
    remark: Cell = T("is in") if day.running else ""
    if day.missing:
        remark = T(MISSING[day.missing[0]])
    return (
        day.day, one.name, " ".join(came), " ".join(went), day.minutes, worktime.shown(day.minutes), day.break_minutes,
        remark, " · ".join(one.stores),
    )  # fmt: skip


def _time(moment: int, asked: Asked) -> str:
    return f"{clock.local(moment, asked.zone):%H:%M}"
