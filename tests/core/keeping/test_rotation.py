"""Which backups stay: worked by hand, and for any dates."""

from datetime import date, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from core.base import clock
from core.base.clock import DAY, Millis
from core.keeping.copies.rotation import Dated, Keep, to_remove

ZONE = "Asia/Shanghai"


def of(day: date, *, verified: bool = False, hour: int = 3) -> Dated:
    return Dated(Path(f"{day}T{hour:02}"), clock.at_time(day, hour, 0, ZONE), verified)


def left(backups: list[Dated], keep: Keep) -> list[str]:
    gone = to_remove(backups, keep, zone=ZONE)
    return sorted(one.path.name[:10] for one in backups if one not in gone)


def test_a_year_of_nights_leaves_days_weeks_and_months() -> None:
    nights = [of(date(2026, 1, 1) + timedelta(days=n)) for n in range(333)]  # to 29 Nov 2026, a Sunday
    assert left(nights, Keep(3, 3, 4)) == [
        "2026-08-31", "2026-09-30", "2026-10-31", "2026-11-15", "2026-11-22", "2026-11-27", "2026-11-28", "2026-11-29",
    ]  # fmt: skip


def test_the_last_of_a_day_stands_for_it() -> None:
    morning, night = of(date(2026, 11, 29), hour=9), of(date(2026, 11, 29), hour=22)
    assert to_remove([night, morning], Keep(7, 4, 12), zone=ZONE) == [morning]


def test_the_newest_good_one_stays_however_old() -> None:
    good, bad = of(date(2025, 1, 1), verified=True), [of(date(2026, 11, day)) for day in range(1, 20)]
    assert good not in to_remove([good, *bad], Keep(1, 1, 1), zone=ZONE)


DATED = st.builds(
    lambda at, verified, n: Dated(Path(f"{at}-{n}"), Millis(at), verified),
    st.integers(0, 4 * 365).map(lambda days: 1_700_000_000_000 + days * DAY // 2),
    st.booleans(),
    st.integers(0, 2),
)
KEEP = st.builds(Keep, st.integers(0, 9), st.integers(0, 6), st.integers(0, 14))


@given(st.lists(DATED, unique_by=lambda one: one.path), KEEP)
def test_the_newest_and_the_newest_good_one_are_never_removed(backups: list[Dated], keep: Keep) -> None:
    gone = to_remove(backups, keep, zone=ZONE)
    ordered = sorted(backups, key=lambda one: (one.made_at, one.path.name))
    assert not set(ordered[-1:]) & set(gone)
    assert not set([one for one in ordered if one.verified][-1:]) & set(gone)


@given(st.lists(DATED, unique_by=lambda one: one.path), KEEP)
def test_removing_twice_removes_nothing_more(backups: list[Dated], keep: Keep) -> None:
    gone = to_remove(backups, keep, zone=ZONE)
    rest = [one for one in backups if one not in gone]
    assert to_remove(rest, keep, zone=ZONE) == []
    assert len(rest) <= keep.daily + keep.weekly + keep.monthly + 2


@given(st.lists(DATED, unique_by=lambda one: one.path), KEEP)
def test_each_of_the_newest_days_keeps_its_last(backups: list[Dated], keep: Keep) -> None:
    kept = set(backups) - set(to_remove(backups, keep, zone=ZONE))
    days = sorted({clock.day_of(one.made_at, ZONE) for one in backups}, reverse=True)[: keep.daily]
    for day in days:
        last = max(
            (one for one in backups if clock.day_of(one.made_at, ZONE) == day), key=lambda o: (o.made_at, o.path.name)
        )
        assert last in kept
