"""Hours by weekday and zone: what is read, and the first moment that lies in them, beside a brute-force twin."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base import windows
from core.base.clock import DAY, MINUTE, Millis

ZONES = ("Asia/Shanghai", "America/New_York", "Europe/London", "Australia/Lord_Howe", "Pacific/Apia")


def moment(written: str, zone: str = "UTC") -> Millis:
    return Millis(int(datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000))


@pytest.mark.parametrize(
    "written", ["", "9", "20-9", "9-25", "9-20; fun 10-12", "9-20; sat", "9:70-20", "sat 9-10", "9-9"]
)
def test_what_cannot_be_read_is_none(written: str) -> None:
    assert windows.parse(written) is None


def test_days_that_differ_stand_behind_the_hours_of_all() -> None:
    read = windows.parse("9:30-20; fri-sat 11-24; SUN off")
    assert read is not None
    assert read.by_day == ((570, 1200),) * 4 + ((660, 1440),) * 2 + (None,)


@pytest.mark.parametrize(
    ("written", "read"), [("", set()), ("12-25, 2027-02-06", {"12-25", "2027-02-06"}), ("02-30", None)]
)
def test_days_without_are_every_year_or_once(written: str, read: set[str] | None) -> None:
    assert windows.dates(written) == read


@pytest.mark.parametrize(
    ("now", "hours", "zone", "opens"),
    [
        ("2026-05-29T21:00", "10-20", "Asia/Shanghai", "2026-05-30T10:00"),
        ("2026-05-29T10:00", "10-20", "Asia/Shanghai", "2026-05-29T10:00"),
        ("2026-05-29T20:00", "10-20", "Asia/Shanghai", "2026-05-30T10:00"),
        ("2026-05-30T22:00", "9-21; sun 12-21", "America/Chicago", "2026-05-31T12:00"),
        ("2026-05-29T20:00", "10-20; sat-sun off", "Asia/Shanghai", "2026-06-01T10:00"),
        ("2027-03-13T23:00", "2:30-4", "America/New_York", "2027-03-14T03:30"),
        ("2027-03-13T23:00", "2:30-3", "America/New_York", "2027-03-15T02:30"),
    ],
)
def test_the_first_moment_in_the_hours(now: str, hours: str, zone: str, opens: str) -> None:
    read = windows.parse(hours)
    assert read is not None
    assert windows.next_open(moment(now, zone), read, (zone,)) == moment(opens, zone)


def test_an_autumn_hour_that_comes_twice_is_open_both_times() -> None:
    read = windows.parse("1-2")
    assert read is not None
    second = Millis(moment("2026-11-01T06:30"))  # 01:30 for the second time
    assert windows.next_open(Millis(second - 60 * MINUTE), read, ("America/New_York",)) == second - 60 * MINUTE


def test_hours_of_two_zones_must_both_be_open() -> None:
    read, coasts = windows.parse("10-20"), ("America/New_York", "America/Los_Angeles")
    assert read is not None
    assert windows.next_open(moment("2026-05-29T14:00"), read, coasts) == moment("2026-05-29T17:00")
    assert windows.next_open(moment("2026-05-30T00:00"), read, coasts) == moment("2026-05-30T17:00")


def test_hours_that_never_meet_never_open() -> None:
    read = windows.parse("9-12")
    assert read is not None
    assert windows.next_open(moment("2026-05-29T00:00"), read, ("Asia/Shanghai", "America/New_York")) is None


def test_a_day_without_is_left_out_in_its_own_zone() -> None:
    read = windows.parse("0-24")
    assert read is not None
    late = moment("2026-12-24T23:00", "Asia/Shanghai")
    assert windows.next_open(late, read, ("Asia/Shanghai",), without=frozenset({"12-25"})) == late
    christmas = moment("2026-12-25T08:00", "Asia/Shanghai")
    opens = windows.next_open(christmas, read, ("Asia/Shanghai",), without=frozenset({"12-25"}))
    assert opens == moment("2026-12-26T00:00", "Asia/Shanghai")


def is_open(at: Millis, read: windows.Windows, zones: tuple[str, ...], without: frozenset[str]) -> bool:
    """The twin: wall times looked at one by one."""
    for zone in zones:
        here = datetime.fromtimestamp(at / 1000, UTC).astimezone(ZoneInfo(zone))
        span = read.by_day[here.weekday()]
        minutes = here.hour * 60 + here.minute
        if span is None or not span[0] <= minutes < span[1] or {f"{here:%m-%d}", here.date().isoformat()} & without:
            return False
    return True


spans = st.tuples(st.integers(16, 60), st.integers(8, 30)).map(lambda s: (s[0] * 15, min((s[0] + s[1]) * 15, 1440)))


@settings(max_examples=60)
@given(
    start=st.integers(0, 2 * 365 * 96),
    by_day=st.lists(st.one_of(spans, st.none()), min_size=7, max_size=7).filter(any),
    zones=st.lists(st.sampled_from(ZONES), min_size=1, max_size=2, unique=True),
)
def test_nothing_opens_earlier_than_the_first_moment_found(start: int, by_day: list[object], zones: list[str]) -> None:
    first = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000)
    now, step = Millis(first + start * 15 * MINUTE), 15 * MINUTE
    read, without = windows.Windows(tuple(by_day)), frozenset({"05-01", "2026-10-04"})  # type: ignore[arg-type]
    found = windows.next_open(now, read, tuple(zones), without=without)
    until = found if found is not None else now + 9 * DAY
    assert not any(is_open(Millis(at), read, tuple(zones), without) for at in range(now, until, step))
    assert found is None or is_open(found, read, tuple(zones), without)
