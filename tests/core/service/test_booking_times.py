"""Free times: within working hours, never over anything taken, and right on days when the clocks change."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.base import clock
from core.base.clock import MINUTE, Millis
from core.service import bookingtimes
from core.service.bookingtimes import Need, Span

MONDAY, SHANGHAI, LONDON = date(2026, 6, 1), "Asia/Shanghai", "Europe/London"
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
"""In London the clocks jump from 1:00 to 2:00, and go back from 2:00 to 1:00."""


def at(hour: int, minute: int = 0, *, day: date = MONDAY, zone: str = SHANGHAI) -> Millis:
    return clock.at_time(day, hour, minute, zone)


def shown(found: list[Millis], zone: str = SHANGHAI) -> list[str]:
    return [f"{clock.local(one, zone):%H:%M}" for one in found]


def test_a_service_with_its_buffer_ends_within_the_hours() -> None:
    found = bookingtimes.free(MONDAY, [(600, 690)], (), Need(45, 15), zone=SHANGHAI, step_minutes=15)
    assert shown(found) == ["10:00", "10:15", "10:30"]


def test_what_is_taken_is_not_offered_and_buffers_keep_apart() -> None:
    taken = [Span(at(11), at(12))]
    found = bookingtimes.free(MONDAY, [(600, 840)], taken, Need(45, 15), zone=SHANGHAI, step_minutes=30)
    assert shown(found) == ["10:00", "12:00", "12:30", "13:00"]


def test_hours_that_touch_are_one_and_a_break_is_none() -> None:
    need = Need(60)
    touching = bookingtimes.free(MONDAY, [(600, 660), (660, 720)], (), need, zone=SHANGHAI, step_minutes=30)
    apart = bookingtimes.free(MONDAY, [(600, 660), (690, 750)], (), need, zone=SHANGHAI, step_minutes=30)
    assert (shown(touching), shown(apart)) == (["10:00", "10:30", "11:00"], ["10:00", "11:30"])


def test_steps_lie_on_the_clock_and_within_the_bounds_of_the_shop() -> None:
    within = Span(at(10, 30), at(11, 15))
    found = bookingtimes.free(MONDAY, [(610, 760)], (), Need(30), zone=SHANGHAI, step_minutes=15, within=within)
    assert shown(found) == ["10:30", "10:45", "11:00"]


def test_a_time_the_clocks_jump_over_is_not_offered() -> None:
    found = bookingtimes.free(SPRING, [(0, 180)], (), Need(30), zone=LONDON, step_minutes=30)
    assert shown(found, LONDON) == ["00:00", "00:30", "02:00", "02:30"]
    assert found[2] - found[1] == 30 * MINUTE


def test_hours_that_begin_in_the_gap_begin_when_the_clocks_have_jumped() -> None:
    found = bookingtimes.free(SPRING, [(90, 180)], (), Need(30), zone=LONDON, step_minutes=30)
    assert shown(found, LONDON) == ["02:00", "02:30"]
    assert bookingtimes.spans(SPRING, [(90, 180)], LONDON) == [
        Span(at(2, day=SPRING, zone=LONDON), at(3, day=SPRING, zone=LONDON))
    ]


def test_of_an_hour_that_comes_twice_the_first_is_offered_and_lengths_are_true() -> None:
    found = bookingtimes.free(AUTUMN, [(0, 180)], (), Need(90), zone=LONDON, step_minutes=30)
    assert shown(found, LONDON) == ["00:00", "00:30", "01:00", "01:30"]
    assert found[3] - found[0] == 90 * MINUTE
    late = bookingtimes.free(AUTUMN, [(60, 120)], (), Need(120), zone=LONDON, step_minutes=30)
    assert shown(late, LONDON) == ["01:00"]  # two true hours lie between one and two


def test_hours_may_end_at_midnight() -> None:
    found = bookingtimes.free(MONDAY, [(1380, 1440)], (), Need(30), zone=SHANGHAI, step_minutes=30)
    assert shown(found) == ["23:00", "23:30"]


minutes = st.integers(0, 288).map(lambda five: five * 5)
hours_of_a_day = st.lists(st.tuples(minutes, minutes).filter(lambda one: one[0] < one[1]), max_size=4)
days = st.sampled_from([(SPRING, LONDON), (AUTUMN, LONDON), (MONDAY, SHANGHAI), (SPRING + timedelta(1), LONDON)])
needs = st.builds(Need, st.integers(1, 40).map(lambda n: n * 5), st.integers(0, 6).map(lambda n: n * 5))
bookings = st.lists(st.tuples(st.integers(-20, 310), st.integers(1, 30)), max_size=6)


def by_minute(
    day: date, zone: str, hours: list[tuple[int, int]], taken: list[Span], need: Need, step: int
) -> list[Millis]:  # fmt: skip
    """The twin: each true five minutes of two days is worked or not, taken or not."""
    start, five = clock.start_of(day, zone), 5 * MINUTE
    open_walls = {minute for first, last in hours for minute in range(first, last, 5)}
    worked, first_seen = set(), {}
    for moment in range(start, start + 50 * 60 * MINUTE, five):
        wall = clock.local(moment, zone)
        minute = wall.hour * 60 + wall.minute
        first_seen.setdefault((wall.date(), minute), moment)
        if wall.date() == day and minute in open_walls:
            worked.add(moment)
    blocked = {moment for one in taken for moment in range(one.from_at, one.until_at, five)}
    found = []
    for minute in range(0, 1440, step):
        moment = first_seen.get((day, minute))
        if moment is None or minute not in open_walls:
            continue
        wanted = range(moment, moment + (need.minutes + need.buffer_minutes) * MINUTE, five)
        if all(one in worked and one not in blocked for one in wanted):
            found.append(Millis(moment))
    return found


@given(
    st.sampled_from([(MONDAY, SHANGHAI), (SPRING, LONDON)]),
    hours_of_a_day,
    bookings,
    needs,
    st.sampled_from([5, 15, 30]),
)
def test_what_is_offered_is_what_a_count_of_minutes_finds(
    where: tuple[date, str], hours: list[tuple[int, int]], booked: list[tuple[int, int]], need: Need, step: int
) -> None:  # fmt: skip
    day, zone = where
    start = clock.start_of(day, zone)
    taken = [Span(Millis(start + at * 5 * MINUTE), Millis(start + (at + length) * 5 * MINUTE)) for at, length in booked]
    found = bookingtimes.free(day, hours, taken, need, zone=zone, step_minutes=step)
    assert found == by_minute(day, zone, hours, taken, need, step)


@given(days, hours_of_a_day, bookings, needs)
def test_nothing_offered_meets_what_is_taken_and_all_of_it_is_worked(
    where: tuple[date, str], hours: list[tuple[int, int]], booked: list[tuple[int, int]], need: Need
) -> None:  # fmt: skip
    day, zone = where
    start = clock.start_of(day, zone)
    taken = [Span(Millis(start + at * 5 * MINUTE), Millis(start + (at + length) * 5 * MINUTE)) for at, length in booked]
    for moment in bookingtimes.free(day, hours, taken, need, zone=zone, step_minutes=15):
        wanted = need.busy(moment)
        assert all(one.until_at <= wanted.from_at or wanted.until_at <= one.from_at for one in taken)
        assert bookingtimes.fits(day, hours, wanted, zone)
        assert clock.local(moment, zone).minute % 15 == 0
