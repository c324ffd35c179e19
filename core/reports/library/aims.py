"""Goals reached 目标达成: what each month's goals asked for and what came of it so far."""

from dataclasses import replace
from datetime import timedelta

from core.base import clock
from core.base.access import Actor
from core.base.i18n import N_, T, Text
from core.reports import asked as cut
from core.reports import goals
from core.reports.asked import Asked
from core.reports.goals import What
from core.reports.library import joined
from core.reports.report import Chart, Column, Report, Row, share_bp

Reached = dict[tuple[int, int], int]


def make(asked: Asked, *, by: Actor) -> Report:
    """Goals of the months touched, each against the whole month."""
    found = goals.between(asked.first, asked.last)
    mine = {id for id, _ in asked.stores}
    found = [one for one in found if (one.store_id is None and asked.every) or one.store_id in mine]
    last = clock.add_months(asked.last.replace(day=1), 1) - timedelta(days=1)
    months = replace(asked, first=asked.first.replace(day=1), last=last, step="month")
    place = {first: number for number, (first, _) in enumerate(cut.periods(months))}
    sums = {what: _reached(months, what) for what in {one.what for one in found}}
    names = dict(asked.stores)
    rows: list[Row] = []
    for one in found:
        came = sum(
            cents for (month, store), cents in sums[one.what].items()
            if month == place[one.month] and one.store_id in (None, store)
        )  # fmt: skip
        money = one.what == "takings"
        rows.append((
            one.month, T("whole shop") if one.store_id is None else names[one.store_id], Text(goals.WHATS[one.what]),
            one.target if money else None, came if money else None, None if money else one.target,
            None if money else came, share_bp(came, one.target), goals.days_over_bp(one.month, asked.today),
        ))  # fmt: skip
    columns = (
        Column(N_("month"), "month"), Column(N_("store"), "text"), Column(N_("goal"), "text"),
        Column(N_("target"), "cents"), Column(N_("reached so far"), "cents"), Column(N_("target count")),
        Column(N_("reached count")), Column(N_("share"), "percent"), Column(N_("month over"), "percent"),
    )  # fmt: skip
    notes = (N_("Takings, sales and new members are those of the reports of that name; points those given for sales."),
             N_("A goal is on its way when its share is at least the share of the month that is over."))  # fmt: skip
    return Report(columns, tuple(rows), None, Chart("bars", 7), notes=notes)


def _reached(months: Asked, what: What) -> Reached:
    if what == "takings":
        sold = cut.by_store(months, cut.cents("l.net_cents"), cut.SOLD, store="s.store_id")
        back = cut.by_store(months, cut.cents("r.cents"), cut.BACK, store="f.store_id")
        return {key: sold.get(key, 0) - back.get(key, 0) for key in sold.keys() | back.keys()}
    if what == "sales":
        return cut.by_store(months, "count(DISTINCT s.id)", cut.SOLD, store="s.store_id")
    if what == "points":
        earned = "sale s ON s.day BETWEEN p.first_day AND p.last_day"
        return cut.by_store(months, cut.cents("s.earned_points"), earned, store="s.store_id")
    source = f"member m ON m.joined_at >= p.from_at AND m.joined_at < p.until_at AND {joined.LIVING}"
    return cut.by_store(months, "count(*)", source, store="coalesce(m.home_store_id, 0)")
