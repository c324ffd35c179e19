"""When jobs run: expressions, clock changes, what was missed; beside a walk over every minute and APScheduler."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from apscheduler.triggers.cron import CronTrigger
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base import clock
from core.base.clock import HOUR, MINUTE, Millis
from core.keeping import slots
from core.keeping.jobs import Job
from core.keeping.slots import CronInvalid, ZoneInvalid
from tests.shops import at

DAILY = Job("birthdays", "0 9 * * *", "Asia/Shanghai", True, 12 * 3600)


def keys(job: Job, now: int) -> list[str]:
    return [slot.key for slot in slots.due_slots(job, now=Millis(now))]


def test_a_daily_job_is_due_after_its_hour_and_keyed_by_the_date() -> None:
    assert keys(DAILY, at(2026, 5, 29, 9)) == ["2026-05-29"]
    assert keys(DAILY, at(2026, 5, 29, 9) - 1) == []


def test_a_slot_missed_for_longer_than_its_window_is_let_go() -> None:
    assert keys(DAILY, at(2026, 5, 29, 20)) == ["2026-05-29"]
    assert keys(DAILY, at(2026, 5, 29, 22)) == []


def test_slots_within_the_window_come_oldest_first() -> None:
    often = Job("lapse", "*/20 * * * *", "Asia/Shanghai", True, 3600)
    assert keys(often, at(2026, 5, 29, 9)) == [
        "2026-05-29T08:00", "2026-05-29T08:20", "2026-05-29T08:40", "2026-05-29T09:00",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("zone", "day"), [("America/New_York", date(2026, 11, 1)), ("Australia/Sydney", date(2027, 4, 4))]
)
def test_the_hour_that_comes_twice_in_autumn_has_one_slot_of_a_daily_job(zone: str, day: date) -> None:
    twice = Job("churn", "30 1,2 * * *", zone, True, 6 * 3600)
    (first, second) = slots.of_day(twice.cron, zone, day)
    assert (first.key, second.key) == (f"{day}T01:30", f"{day}T02:30")
    assert len(slots.of_day("30 1 * * *", zone, day)) == 1


@pytest.mark.parametrize(
    ("zone", "day"), [("America/New_York", date(2027, 3, 14)), ("Australia/Sydney", date(2026, 10, 4))]
)
def test_the_hour_that_is_missing_in_spring_comes_an_hour_later(zone: str, day: date) -> None:
    (slot,) = slots.of_day("30 2 * * *", zone, day)
    assert slot.key == str(day)
    assert clock.local(slot.at, zone).strftime("%H:%M") == "03:30"


def test_a_job_of_every_hour_runs_through_both_hours_of_autumn_and_skips_none_in_spring() -> None:
    autumn = slots.of_day("0 * * * *", "America/New_York", date(2026, 11, 1))
    assert len(autumn) == 25
    assert [slot.key for slot in autumn[1:3]] == ["2026-11-01T01:00", "2026-11-01T01:00 again"]
    spring = slots.of_day("0 * * * *", "America/New_York", date(2027, 3, 14))
    assert [b.at - a.at for a, b in pairwise(spring)] == [HOUR] * 22


@pytest.mark.parametrize(
    ("cron", "why"),
    [
        ("0 9 * *", "not five fields but 4"),
        ("0 9 * * 1", "“1” is no weekday"),
        ("0 9 * * mon-fry", "“mon-fry” is no weekday"),
        ("60 9 * * *", "“60” is no minute (0 to 59)"),
        ("0 24 * * *", "“24” is no hour (0 to 23)"),
        ("0 9 0 * *", "“0” is no day (1 to 31)"),
        ("0 9 * 5-2 *", "“5-2” is no month (1 to 12)"),
        ("*/0 9 * * *", "“*/0” is no minute"),
        ("5/10 9 * * *", "“5/10” is no minute"),
        ("@daily", "not five fields but 1"),
        ("0 9 31 2,4 *", "such a day never comes"),
    ],
)
def test_times_that_cannot_be_read_or_never_come_are_refused(cron: str, why: str) -> None:
    with pytest.raises(CronInvalid) as refusal:
        slots.validate(cron, "Asia/Shanghai")
    assert why in refusal.value.sentence()


def test_a_zone_that_is_none_is_refused() -> None:
    with pytest.raises(ZoneInvalid, match="Beijing"):
        slots.validate("0 9 * * *", "Beijing")


def test_weekdays_are_names_and_a_range_may_go_over_the_weekend() -> None:
    assert slots.read("0 9 * * sat-mon").weekdays == {5, 6, 0}
    assert slots.read("0 9 * * MON,wed").weekdays == {0, 2}


def test_the_next_times_of_a_leap_day_are_years_apart() -> None:
    leap = Job("x", "0 9 29 2 *", "Asia/Shanghai", True, 60)
    found = slots.next_times(leap, now=at(2026, 5, 29))
    assert [moment.year for moment in found] == [2028, 2032, 2036]


numbers = st.integers
FIELDS = st.builds(
    "{} {} {} {} {}".format,
    st.one_of(numbers(0, 59).map(str), st.sampled_from(("*/7", "*/15", "0,30", "5-50/9"))),
    st.one_of(st.just("*"), numbers(0, 23).map(str), st.sampled_from(("1-3", "2,14", "*/6"))),
    st.one_of(st.just("*"), numbers(1, 28).map(str), st.just("1-15")),
    st.just("*"),
    st.sampled_from(("*", "mon-fri", "sun", "sat-mon", "tue,thu")),
)
CHANGES = st.sampled_from(
    [
        ("America/New_York", date(2026, 11, 1)),
        ("America/New_York", date(2027, 3, 14)),
        ("Australia/Sydney", date(2027, 4, 4)),
        ("Australia/Sydney", date(2026, 10, 4)),
        ("Asia/Shanghai", date(2026, 5, 29)),
    ]
)


@settings(max_examples=40, deadline=None)
@given(FIELDS, CHANGES)
def test_each_wall_time_has_one_slot_and_each_true_time_of_an_hourly_job_has_one(
    cron: str, place: tuple[str, date]
) -> None:
    zone, day = place
    fields = slots.read(cron)
    found = slots.of_day(cron, zone, day)
    wanted = [(hour, minute) for hour in fields.hours for minute in fields.minutes] if fields.on(day) else []
    if fields.hourly and wanted:
        # Every true minute of the day, one by one.
        walk = range(clock.start_of(day, zone), clock.end_of(day, zone), MINUTE)
        assert [slot.at for slot in found] == [one for one in walk if clock.local(one, zone).minute in fields.minutes]
    else:
        assert len(found) == len(wanted)
    assert len({slot.key for slot in found}) == len(found)
    assert [slot.at for slot in found] == sorted(slot.at for slot in found)


@settings(max_examples=25, deadline=None)
@given(FIELDS, st.dates(date(2026, 1, 1), date(2026, 12, 20)))
def test_where_clocks_do_not_change_the_times_are_those_of_apscheduler(cron: str, day: date) -> None:
    start, end = clock.start_of(day, "Asia/Shanghai"), clock.start_of(day + timedelta(days=3), "Asia/Shanghai")
    trigger = CronTrigger.from_crontab(cron.replace("sat-mon", "sat,sun,mon"), timezone=clock.zone_of("Asia/Shanghai"))
    theirs, moment = [], datetime.fromtimestamp(start / 1000, UTC)
    while (moment := trigger.get_next_fire_time(None, moment)) is not None and moment.timestamp() * 1000 < end:
        theirs.append(int(moment.timestamp() * 1000))
        moment = moment.astimezone(UTC) + timedelta(seconds=1)
    assert [slot.at for slot in slots.between(cron, "Asia/Shanghai", start, end - 1)] == theirs
