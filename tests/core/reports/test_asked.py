"""Spans, cuts and who may ask; every report in an empty shop."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import NotAllowed
from core.reports import asked as cut
from core.reports import goals, shelf
from core.reports.asked import Asked, SpanUnknown, Step, StepsTooMany
from core.reports.goals import GoalInvalid, GoalUnknown
from core.reports.report import each, share_bp
from core.reports.shelf import ReportUnknown
from tests.shops import NOON, Shop

MAY = date(2026, 5, 1), date(2026, 5, 31)


def ask(shop: Shop, first: date, last: date, step: Step = "month") -> Asked:
    return cut.ask(first, last, step=step, store_id=None, by=shop.owner, now=NOON)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("today", "2026-05-29", "2026-05-29"), ("week", "2026-05-25", "2026-05-31"),
        ("last-week", "2026-05-18", "2026-05-24"), ("month", "2026-05-01", "2026-05-31"),
        ("last-month", "2026-04-01", "2026-04-30"), ("quarter", "2026-04-01", "2026-06-30"),
        ("last-quarter", "2026-01-01", "2026-03-31"), ("year", "2026-01-01", "2026-12-31"),
        ("last-year", "2025-01-01", "2025-12-31"),
        ("12-months", "2025-06-01", "2026-05-31"),
    ],
)  # fmt: skip
def test_spans_have_names(name: str, first: str, last: str) -> None:
    assert cut.span(name, date(2026, 5, 29)) == (date.fromisoformat(first), date.fromisoformat(last))


def test_a_span_nobody_knows_or_that_runs_backwards_is_refused(one_shop: Shop) -> None:
    with pytest.raises(SpanUnknown):
        cut.span("fortnight", date(2026, 5, 29))
    with pytest.raises(SpanUnknown):
        ask(one_shop, MAY[1], MAY[0])
    with pytest.raises(StepsTooMany, match="731"):
        ask(one_shop, date(2024, 1, 1), date(2025, 12, 31), "day")


def test_before_whole_months_are_as_many_months(one_shop: Shop) -> None:
    earlier = cut.before(ask(one_shop, *MAY), "period")
    assert (earlier.first, earlier.last) == (date(2026, 4, 1), date(2026, 4, 30))
    quarter = cut.before(ask(one_shop, date(2026, 4, 1), date(2026, 6, 30)), "period")
    assert (quarter.first, quarter.last) == (date(2026, 1, 1), date(2026, 3, 31))
    week = cut.before(ask(one_shop, date(2026, 5, 25), date(2026, 5, 31)), "period")
    assert (week.first, week.last) == (date(2026, 5, 18), date(2026, 5, 24))
    february = cut.before(ask(one_shop, date(2025, 2, 1), date(2025, 2, 28)), "year")
    assert (february.first, february.last) == (date(2024, 2, 1), date(2024, 2, 29))


@given(st.dates(date(2020, 1, 1), date(2026, 1, 1)), st.integers(0, 390), st.sampled_from(["day", "week", "month"]))
def test_periods_cover_every_day_once(first: date, days: int, step: Step) -> None:
    last = date.fromordinal(first.toordinal() + days)
    asked = Asked(first, last, step, (), True, "Asia/Shanghai", NOON, last)
    found = cut.periods(asked)
    covered = [day for one, other in found for day in range(one.toordinal(), other.toordinal() + 1)]
    assert covered == list(range(first.toordinal(), last.toordinal() + 1))


def test_shares_are_rounded_half_up_and_unknown_of_nothing() -> None:
    assert [share_bp(1, 3), share_bp(2, 3), share_bp(-1, 3), share_bp(1, 0)] == [3333, 6667, -3333, None]
    assert [each(5, 2), each(-5, 2), each(5, 0)] == [3, -3, None]


def test_who_may_not_see_reports_or_the_store_is_refused(one_shop: Shop) -> None:
    asked = {"step": "day", "now": NOON}
    with pytest.raises(NotAllowed):
        cut.ask(*MAY, store_id=None, by=one_shop.owner_with(frozenset()), **asked)  # type: ignore[arg-type]
    with pytest.raises(NotAllowed):
        cut.ask(*MAY, store_id=one_shop.store, by=replace(one_shop.owner, stores=frozenset({1})), **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("one", shelf.ENTRIES, ids=lambda one: one.id)
def test_every_report_runs_in_an_empty_shop(one_shop: Shop, one: shelf.Entry) -> None:
    for step in one.steps or ("month",):
        for compare in ("", "period", "year"):
            report = shelf.show(one.id, ask(one_shop, *MAY, step), compare=compare, by=one_shop.owner)  # type: ignore[arg-type]
            assert report.notes
            assert {len(row) for row in (*report.rows, report.totals or report.columns)} <= {len(report.columns)}


def test_a_report_nobody_knows_is_refused(one_shop: Shop) -> None:
    with pytest.raises(ReportUnknown, match="weather"):
        shelf.show("weather", ask(one_shop, *MAY), by=one_shop.owner)


def test_a_goal_is_set_changed_and_dropped(shop: Shop) -> None:
    first = goals.set_goal("takings", 90_000, month=MAY[0], store_id=None, by=shop.owner, now=NOON)
    assert goals.set_goal("takings", 100_000, month=MAY[1], store_id=None, by=shop.owner, now=NOON) == first
    goals.set_goal("sales", 80, month=MAY[0], store_id=shop.store, by=shop.owner, now=NOON)
    assert [(one.what, one.target) for one in goals.between(*MAY)] == [("takings", 100_000), ("sales", 80)]
    goals.end_goal(first, by=shop.owner, now=NOON)
    with pytest.raises(GoalUnknown):
        goals.end_goal(first, by=shop.owner, now=NOON)
    with pytest.raises(GoalInvalid):
        goals.set_goal("rain", 5, month=MAY[0], store_id=None, by=shop.owner, now=NOON)


def test_how_much_of_a_month_is_over() -> None:
    assert [goals.days_over_bp(MAY[0], date(2026, month, 15)) for month in (4, 5, 6)] == [0, 4838, 10_000]
