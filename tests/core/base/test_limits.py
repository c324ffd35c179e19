"""Rate limits: as many as are allowed at any rhythm, shared by processes, harmless when their file is."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base import limits, settings
from core.base.clock import DAY, HOUR, MINUTE, SECOND, Millis
from core.base.limits import Limit, TooOften, after

NOW = Millis(1_800_000_000_000)
THREE = Limit("three", 3, MINUTE)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "limits.db"
    settings.use(settings.Settings(secret="test secret", limits=str(path)))
    yield path
    limits.forget()


def taken(limit: Limit, who: object, now: int) -> bool:
    try:
        limits.take((limit, who), now=Millis(now))
    except TooOften:
        return False
    return True


@given(times=st.integers(1, 20), per_ms=st.integers(1, 10**8), gaps=st.lists(st.integers(0, 10**7), max_size=60))
def test_no_span_ever_sees_more_than_twice_what_is_allowed(times: int, per_ms: int, gaps: list[int]) -> None:
    """Those at once from a whole allowance, and those that come back meanwhile; the long run keeps the rate."""
    limit, whole_at, now, happened = Limit("any", times, per_ms), 0, NOW, []
    for gap in gaps:
        now = Millis(now + gap)
        then, wait_ms = after(limit, whole_at, now)
        if not wait_ms:
            whole_at = then
            happened.append(now)
            continue
        assert after(limit, whole_at, now + wait_ms)[1] == 0
        assert after(limit, whole_at, now + wait_ms - 1)[1] == 1
    span = limit.every_ms * times
    for at in happened:
        assert sum(at <= one < at + span for one in happened) <= 2 * times


@given(back=st.integers(0, 100 * DAY))
def test_a_clock_set_back_makes_nobody_wait_longer_than_a_span(back: int) -> None:
    _then, wait_ms = after(THREE, NOW + MINUTE, NOW - back)
    assert wait_ms == (THREE.every_ms if back == 0 else 0)


def test_three_at_once_then_one_each_twenty_seconds(file: Path) -> None:
    assert [taken(THREE, "a", NOW) for _ in range(4)] == [True, True, True, False]
    with pytest.raises(TooOften) as refused:
        limits.take((THREE, "a"), now=Millis(NOW + 1500))
    assert refused.value.wait_s == 19
    assert taken(THREE, "b", NOW)
    assert not taken(THREE, "a", NOW + 20 * SECOND - 1)
    assert taken(THREE, "a", NOW + 20 * SECOND)
    assert not taken(THREE, "a", NOW + 20 * SECOND)


def test_of_several_limits_one_used_up_counts_none(file: Path) -> None:
    one = Limit("one", 1, HOUR)
    limits.take((THREE, "a"), (one, "a"), now=NOW)
    for _ in range(5):
        with pytest.raises(TooOften):
            limits.take((THREE, "a"), (one, "a"), now=NOW)
    assert [taken(THREE, "a", NOW) for _ in range(3)] == [True, True, False]


def test_two_processes_share_one_count(file: Path) -> None:
    program = (
        "import sys; from core.base import limits, settings;"
        "settings.use(settings.Settings(secret='test secret', limits=sys.argv[1]));"
        "limits.take((limits.Limit('three', 3, 60_000), 'a'), now=int(sys.argv[2]))"
    )
    for _ in range(2):
        subprocess.run([sys.executable, "-c", program, str(file), str(NOW)], check=True)
    assert [taken(THREE, "a", NOW) for _ in range(2)] == [True, False]


def test_a_damaged_file_is_made_anew_and_names_nobody(file: Path) -> None:
    assert taken(THREE, "+8613800138000", NOW)
    limits.forget()
    assert not any(b"13800138000" in one.read_bytes() for one in file.parent.iterdir())
    file.write_bytes(b"no database" * 1000)
    assert [taken(THREE, "+8613800138000", NOW) for _ in range(4)] == [True, True, True, False]


def test_what_has_been_whole_for_a_day_is_swept(file: Path) -> None:
    assert taken(THREE, "a", NOW) and taken(THREE, "b", NOW + DAY)
    assert limits.sweep(now=Millis(NOW + DAY + HOUR)) == 1
    assert limits.sweep(now=Millis(NOW + DAY + HOUR)) == 0


def test_where_nothing_can_be_written_nothing_is_counted_and_the_shop_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings.use(settings.Settings(secret="test secret", limits=str(tmp_path / "missing" / "limits.db")))
    assert all(taken(THREE, "a", NOW) for _ in range(5))
    assert "limits are not counted" in caplog.text
    (tmp_path / "missing").mkdir()
    assert [taken(THREE, "a", NOW) for _ in range(4)] == [True, True, True, False]
    limits.forget()


def test_a_file_somebody_holds_is_not_waited_for_long_and_counts_again_later(file: Path) -> None:
    assert taken(THREE, "a", NOW)
    holder = limits.sqlite3.connect(str(file), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert all(taken(THREE, "a", NOW) for _ in range(3))
    holder.execute("ROLLBACK")
    holder.close()
    assert [taken(THREE, "a", NOW) for _ in range(3)] == [True, True, False]


@given(st.integers(1, 9), st.integers(1, 5000), st.lists(st.integers(-3000, 3000), max_size=30))
def test_one_limit_alone_is_counted_like_one_of_several(times: int, per_ms: int, gaps: list[int]) -> None:
    limit, never, now = Limit("x", times, per_ms), Limit("y", 10**9, DAY), 10**9
    limits.forget()
    for gap in gaps:
        now += gap
        told = []
        for asked in ([(limit, "alone")], [(limit, "beside"), (never, "z")]):
            try:
                limits.take(*asked, now=Millis(now))
                told.append(0)
            except TooOften as error:
                told.append(error.wait_s)
        assert told[0] == told[1]
