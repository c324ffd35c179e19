"""Jobs whose times a shop changes: picked up as they run, owed slots kept, each slot once."""

from dataclasses import replace

import pytest

import scheduler
from core.base import clock, db, owners
from core.base.clock import DAY, HOUR, MINUTE, Millis
from core.base.errors import NotAllowed
from core.keeping import jobs
from core.keeping.jobs import CatchUpInvalid, Job, JobUnknown
from core.keeping.slots import CronInvalid
from scheduler import Work
from tests.shops import Shop, at

OFTEN = Job("often", "*/20 * * * *", "Asia/Shanghai", True, 2 * 3600, each_slot=True)
DAILY = Job("birthdays", "0 9 * * *", "Asia/Shanghai", True, 12 * 3600)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A job of which each slot counts; the moments it was given."""
    done: list[int] = []
    monkeypatch.setitem(scheduler.BY_NAME, "often", Work("often", OFTEN.cron, lambda by, now: done.append(now)))
    return done


def run(shop: Shop, moment: int) -> None:
    with clock.set_to(moment):
        scheduler.run_due("a", now=Millis(moment))


def keys(name: str = "often") -> list[str]:
    return sorted(one.slot[-5:] for one in jobs.history(name))


def test_each_slot_that_was_missed_is_run_at_its_own_moment(shop: Shop, ran: list[int]) -> None:
    jobs.ensure([OFTEN])
    run(shop, at(2026, 5, 29, 9) + 5 * MINUTE)
    assert ran == [at(2026, 5, 29, 7) + step * 20 * MINUTE for step in range(1, 7)]
    assert keys() == ["07:20", "07:40", "08:00", "08:20", "08:40", "09:00"]
    run(shop, at(2026, 5, 29, 9) + 19 * MINUTE)
    assert len(ran) == 6


def test_other_jobs_merge_what_they_missed_into_the_newest(shop: Shop, ran: list[int]) -> None:
    jobs.ensure([replace(OFTEN, each_slot=False)])
    run(shop, at(2026, 5, 29, 9) + 5 * MINUTE)
    assert (ran, keys()) == ([at(2026, 5, 29, 9) + 5 * MINUTE], ["09:00"])


def test_other_times_hold_from_the_change_on_and_what_was_owed_is_run(shop: Shop, ran: list[int]) -> None:
    jobs.ensure([OFTEN])
    run(shop, at(2026, 5, 29, 9))
    ran.clear()
    changed = Millis(at(2026, 5, 29, 9) + 45 * MINUTE)  # 09:20 and 09:40 were missed
    done = jobs.reschedule("often", cron="*/15  * * * *", by=shop.owner, now=changed)
    assert (done.cron, done.changed_at) == ("*/15 * * * *", changed)
    run(shop, changed + 20 * MINUTE)
    nine = at(2026, 5, 29, 9)
    assert ran == [nine + minutes * MINUTE for minutes in (20, 40, 45, 60)]
    run(shop, changed + 20 * MINUTE)
    assert len(ran) == 4


def test_a_daily_job_put_to_another_hour_runs_once_that_day(shop: Shop, ran: list[int]) -> None:
    jobs.ensure([Job("often", "0 15 * * *", "Asia/Shanghai", True, 12 * 3600)])
    jobs.reschedule("often", cron="0 9 * * *", by=shop.owner, now=shop.now)
    run(shop, shop.now)
    jobs.reschedule("often", cron="0 11 * * *", by=shop.owner, now=shop.now)
    run(shop, shop.now + HOUR)
    assert len(ran) == 1
    assert [one.slot for one in jobs.history("often")] == ["2026-05-29"]


def test_who_may_not_and_what_cannot_be_is_refused(shop: Shop) -> None:
    jobs.ensure([OFTEN])
    with pytest.raises(NotAllowed):
        jobs.reschedule("often", cron="0 9 * * *", by=shop.owner_with(frozenset()), now=shop.now)
    with pytest.raises(JobUnknown, match="offen"):
        jobs.reschedule("offen", cron="0 9 * * *", by=shop.owner, now=shop.now)
    with pytest.raises(CronInvalid):
        jobs.reschedule("often", cron="0 9 30 2 *", by=shop.owner, now=shop.now)
    with pytest.raises(CatchUpInvalid, match="604,800 seconds, not 5"):
        jobs.reschedule("often", catch_up_s=5, by=shop.owner, now=shop.now)
    assert jobs.get("often") == OFTEN
    assert db.value("SELECT count(*) FROM audit WHERE action = 'job.rescheduled'") == 0


def test_a_change_is_noted_with_what_was_before(shop: Shop) -> None:
    jobs.ensure([OFTEN])
    jobs.reschedule("often", zone="America/New_York", catch_up_s=600, by=shop.owner, now=shop.now)
    found = db.one("SELECT before, after FROM audit WHERE action = 'job.rescheduled'")
    assert found is not None
    assert ('"zone": "Asia/Shanghai"' in found[0], '"zone": "America/New_York"' in found[1]) == (True, True)


def test_what_a_job_missed_while_it_was_off_stays_missed(shop: Shop, ran: list[int]) -> None:
    jobs.ensure([OFTEN])
    jobs.set_enabled("often", False, by=shop.owner, now=Millis(shop.now - HOUR))
    jobs.set_enabled("often", True, by=shop.owner, now=Millis(shop.now - MINUTE))
    run(shop, shop.now)
    assert ran == [shop.now]


def test_a_job_of_a_day_misses_what_came_while_it_was_off(shop: Shop) -> None:
    jobs.ensure([replace(DAILY, changed_at=shop.now - 5 * DAY)])
    jobs.set_enabled("birthdays", False, by=shop.owner, now=Millis(shop.now - 6 * HOUR))
    jobs.set_enabled("birthdays", True, by=shop.owner, now=shop.now)
    assert jobs.missed(jobs.get("birthdays"), now=shop.now) == []
    assert [slot.key for slot in jobs.missed(jobs.get("birthdays"), now=Millis(shop.now + DAY))] == ["2026-05-30"]


def test_what_ran_is_not_run_again_at_more_or_fewer_hours(shop: Shop) -> None:
    jobs.ensure([replace(DAILY, changed_at=shop.now - 5 * DAY)])
    jobs.claim("birthdays", "2026-05-29", owner="a", now=shop.now)
    jobs.finish("birthdays", "2026-05-29", state="done", result="", now=shop.now)
    made = jobs.reschedule("birthdays", cron="0 9,13 * * *", by=shop.owner, now=shop.now)
    assert jobs.missed(made, now=shop.now) == []
    later = Millis(shop.now + 90 * MINUTE)
    assert [slot.key for slot in jobs.missed(made, now=later)] == ["2026-05-29T13:00"]
    jobs.claim("birthdays", "2026-05-29T13:00", owner="a", now=later)
    db.atomic(lambda: db.run("DELETE FROM job_run WHERE slot = '2026-05-29'"))()
    assert jobs.missed(jobs.reschedule("birthdays", cron="0 9 * * *", by=shop.owner, now=later), now=later) == []


def test_a_run_that_another_took_up_is_not_ended_by_the_first(shop: Shop) -> None:
    jobs.claim("often", "1", owner="x", now=shop.now)
    assert jobs.crash_others("y") == 1
    jobs.claim("often", "1", owner="y", now=shop.now)
    jobs.finish("often", "1", state="failed", result="late", now=shop.now, owner="x")
    assert [(one.state, one.result) for one in jobs.history("often")] == [("running", "")]


def test_a_run_of_a_live_process_is_not_taken_over(shop: Shop, ran: list[int]) -> None:
    jobs.ensure([OFTEN])
    hold = owners.Hold("other")
    assert hold.take()
    jobs.claim("often", "2026-05-29T11:20", owner="other", now=Millis(shop.now - HOUR))
    assert jobs.crash_others("a") == 0
    hold.leave()
    assert jobs.crash_others("a") == 1


def test_no_other_job_begins_once_the_process_is_to_stop(shop: Shop, ran: list[int]) -> None:
    jobs.ensure([OFTEN])
    scheduler.run_due("a", now=shop.now, go_on=lambda: len(ran) < 2)
    assert len(ran) == 2
