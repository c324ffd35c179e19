"""Plans of events as they are typed."""

from dataclasses import replace
from datetime import date

import pytest

from core.base import i18n
from core.service.gatheringrules import Opening
from core.service.gatherings import Plan
from tests.shops import at
from tui.screens.eventforms import plan_fields, read_plan, read_time
from tui.screens.jobtimes import TimeUnreadable
from tui.widgets.overlay import Answer, Form


def test_a_time_of_day_is_read_in_the_zone_of_the_session() -> None:
    with i18n.use("en", zone="Asia/Shanghai"):
        assert read_time("14:00", date(2026, 6, 5), field="begins") == at(2026, 6, 5, 14)
        assert read_time("１４：００", date(2026, 6, 5), field="begins") == at(2026, 6, 5, 14)


@pytest.mark.parametrize("typed", ["", "25:00", "14", "2 pm"])
def test_anything_else_is_refused(typed: str) -> None:
    with pytest.raises(TimeUnreadable), i18n.use("en", zone="Asia/Shanghai"):
        read_time(typed, date(2026, 6, 5), field="begins")


PLAN = Plan(
    "Tasting",
    "品茶会",
    at(2026, 6, 5, 19),
    at(2026, 6, 5, 21),
    12,
    4,
    "Six teas.",
    "六款茶。",
    7,
    "",
    "https://meet.example/tea",
    50,
    None,
    30_000,
    at(2026, 6, 3, 20),
    (Opening(2, 0), Opening(0, at(2026, 6, 1, 0))),
)


def saved_as_it_is(plan: Plan) -> Plan:
    """What is written where the form is opened and saved without a change."""
    fields = plan_fields(plan, ([(7, "南京东路店")], [], [(0, "普通"), (2, "金卡")]))
    return read_plan(Answer(Form("event", "", (), fields), {one.id: one.value for one in fields}, "k"))


@pytest.mark.parametrize("plan", [PLAN, replace(PLAN, store_id=None, venue="公园", until_at=at(2026, 6, 6, 1))])
def test_saving_a_plan_without_a_change_changes_nothing(plan: Plan) -> None:
    with i18n.use("en", zone="Asia/Shanghai"):
        assert saved_as_it_is(plan) == plan


def test_who_may_cancel_until_it_begins_still_may_when_it_was_saved() -> None:
    with i18n.use("en", zone="Asia/Shanghai"):
        assert saved_as_it_is(replace(PLAN, cancel_until_at=PLAN.from_at)).cancel_until_at is None
