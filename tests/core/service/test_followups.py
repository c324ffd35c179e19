"""Planned contacts: due and late, one outcome each, what follows by itself."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base import db
from core.base.clock import DAY, Millis
from core.base.errors import NotAllowed
from core.insight.warnings import ReasonUnknown
from core.service import answers, followups
from core.service.followups import DueDayInvalid, Outcome, OutcomeUnknown, Plan, TaskDone, TaskUnknown
from tests.core.service.test_winback_cases import TODAY, clerk
from tests.shops import Shop


def planned(shop: Shop, due_on: date = TODAY, **given: object) -> int:
    member_id = shop.member()
    return followups.plan(member_id, due_on, Plan(**given), by=shop.owner, now=shop.now)  # type: ignore[arg-type]


def test_tasks_come_by_their_day_and_are_late_the_day_after(shop: Shop) -> None:
    later, first = planned(shop, date(2026, 5, 30)), planned(shop)
    assert [one.id for one in followups.listing(by=shop.owner, now=shop.now)] == [first, later]
    assert followups.due(by=shop.owner, now=shop.now) == (1, 0)
    tomorrow = Millis(shop.now + DAY)
    assert followups.due(by=shop.owner, now=tomorrow) == (2, 1)
    assert [one.late_days for one in followups.listing(by=shop.owner, now=tomorrow)] == [1, 0]


def test_pages_go_on_after_the_last_row(shop: Shop) -> None:
    ids = [planned(shop) for _ in range(3)]
    first = followups.listing(by=shop.owner, now=shop.now, limit=2)
    last = (first[-1].due_on.toordinal(), first[-1].id)
    rest = followups.listing(by=shop.owner, now=shop.now, after=last)
    assert [one.id for one in (*first, *rest)] == ids


def test_staff_see_and_do_what_is_given_to_them(shop: Shop) -> None:
    li = clerk(shop)
    mine, other = planned(shop, assigned_to=li.id), planned(shop)
    assert [one.id for one in followups.listing(by=li, now=shop.now)] == [mine]
    assert followups.due(by=li, now=shop.now) == (1, 0)
    with pytest.raises(NotAllowed):
        answers.note(other, Outcome("reached"), by=li, now=shop.now)
    with pytest.raises(NotAllowed):
        followups.assign(mine, None, TODAY, by=li, now=shop.now)


def test_a_task_is_done_once(shop: Shop) -> None:
    task_id = planned(shop)
    assert answers.note(task_id, Outcome("reached"), by=shop.owner, now=shop.now) is None
    assert followups.listing(by=shop.owner, now=shop.now) == []
    with pytest.raises(TaskDone, match="already"):
        answers.note(task_id, Outcome("reached"), by=shop.owner, now=shop.now)
    with pytest.raises(TaskUnknown):
        answers.note(1, Outcome("reached"), by=shop.owner, now=shop.now)


def test_who_is_not_reached_is_called_three_times_in_a_row(shop: Shop) -> None:
    task_id: int | None = planned(shop)
    now, days = shop.now, []
    while task_id is not None:
        days.append(followups.get(task_id, by=shop.owner, now=now).due_on)
        task_id = answers.note(task_id, Outcome("not_reached"), by=shop.owner, now=now)
        now = Millis(now + DAY)
    assert days == [date(2026, 5, 29), date(2026, 5, 30), date(2026, 5, 31)]


def test_a_day_that_was_named_comes_before_the_usual_one(shop: Shop) -> None:
    next_id = answers.note(
        planned(shop), Outcome("will_come", next_on=date(2026, 6, 20)), by=shop.owner, now=shop.now
    )  # fmt: skip
    assert followups.get(next_id or 0, by=shop.owner, now=shop.now).due_on == date(2026, 6, 20)


@pytest.mark.parametrize("due_on", [date(2026, 5, 28), date(2027, 6, 1)])
def test_days_past_or_far_away_are_refused(shop: Shop, due_on: date) -> None:
    with pytest.raises(DueDayInvalid):
        planned(shop, due_on)


def test_words_off_the_list_are_refused(shop: Shop) -> None:
    task_id = planned(shop)
    with pytest.raises(OutcomeUnknown):
        answers.note(task_id, Outcome("asleep"), by=shop.owner, now=shop.now)
    with pytest.raises(ReasonUnknown):
        answers.note(task_id, Outcome("reached", "weather"), by=shop.owner, now=shop.now)


def test_a_task_is_put_off_given_away_and_dropped(shop: Shop) -> None:
    li, task_id = clerk(shop), planned(shop)
    followups.assign(task_id, li.id, date(2026, 6, 3), by=shop.owner, now=shop.now)
    (task,) = followups.listing(by=li, now=shop.now)
    assert (task.assigned, task.due_on) == ("李娜", date(2026, 6, 3))
    followups.drop(task_id, by=shop.owner, now=shop.now)
    with pytest.raises(TaskDone):
        followups.assign(task_id, None, TODAY, by=shop.owner, now=shop.now)


def test_what_was_done_long_ago_is_dropped(one_shop: Shop) -> None:
    answers.note(planned(one_shop), Outcome("reached"), by=one_shop.owner, now=one_shop.now)
    planned(one_shop)
    assert followups.forget_done(Millis(one_shop.now + 1)) == 1
    assert db.rows("SELECT state FROM follow_up") == [("open",)]


@given(st.sampled_from(sorted(followups.OUTCOMES)), st.integers(1, 5))
def test_the_next_contact_is_after_today_or_never(word: str, tries: int) -> None:
    found = followups.next_day(word, TODAY, tries=tries)
    assert found is None or found > TODAY
