import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.insight.rhythm import Gaps, Line, Rhythm, gaps, judge, learn, returned_by, rhythm_class, usual_days

TODAY = 738_000
WEEKLY = Line(early_days=3, warning_days=12, back_days=15, source="own", episodes=90, returns=80)


def shop(*members: list[int]) -> Gaps:
    """Members by their gaps and, last, the days since the last visit."""
    ids, days = [], []
    for number, member in enumerate(members):
        back = np.cumsum(member[::-1])[::-1]
        ids += [number] * len(member)
        days += [TODAY - int(day) for day in back]
    return gaps(np.array(ids), np.array(days, dtype=np.int32))


def regulars(every: int, members: int, silent: int = 1) -> list[list[int]]:
    return [[every] * 6 + [silent]] * members


@given(st.lists(st.lists(st.integers(1, 90), min_size=0, max_size=12), min_size=1, max_size=6))
def test_running_medians_agree_with_sorting(members: list[list[int]]) -> None:
    found = shop(*([*member, 5] for member in members))
    expected = [statistics.median(member[: n + 1]) for member in members for n in range(len(member))]
    assert found.median.tolist() == expected


def test_usual_interval_is_shrunk_to_the_shop() -> None:
    # Own medians 4 and 16 over two gaps each, shop 8: (4² · 8²)^(1/4) and (16² · 8²)^(1/4)
    visits = shop([4, 4, 1], [16, 16, 1], [1])
    assert usual_days(visits, 8.0).tolist() == pytest.approx([math.sqrt(32), math.sqrt(128), 8.0])


def test_shop_interval_is_the_geometric_mean_of_own_medians() -> None:
    assert learn(shop([4, 4, 1], [16, 16, 1], [1]), today=TODAY).shop_days == pytest.approx(8.0)


def test_classes_start_at_the_written_days() -> None:
    usual = np.array([3.9, 4.0, 7.9, 8.0, 15.0, 31.0, 60.9, 61.0])
    assert rhythm_class(usual).tolist() == [0, 1, 1, 2, 3, 4, 4, 5]


def test_kaplan_meier_counts_open_silences_as_at_risk() -> None:
    # 10 at risk on day 1, 2 back; 2 censored; 6 at risk on day 2, 3 back: 1 - 0.8 · 0.5
    found = returned_by(np.array([0.0, 2.0, 3.0]), np.array([0.0, 2.0, 3.0]))
    assert found.tolist() == pytest.approx([0.0, 0.2, 0.6])


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=40))
def test_kaplan_meier_agrees_with_following_every_episode(episodes: list[tuple[int, bool]]) -> None:
    back = np.bincount([day for day, seen in episodes if seen], minlength=21).astype(np.float64)
    left = np.bincount([day for day, seen in episodes if not seen], minlength=21).astype(np.float64)
    away, expected = 1.0, []
    for day in range(21):
        at_risk = sum(length >= day for length, _ in episodes)
        away *= 1 - sum(episode == (day, True) for episode in episodes) / at_risk if at_risk else 1.0
        expected.append(1 - away)
    assert returned_by(back, left).tolist() == pytest.approx(expected)


def test_lines_are_the_days_by_which_shares_of_returners_are_back() -> None:
    # Third gaps end the episodes; the open silence after each is censored on day 1.
    thirds = [7] * 85 + [12] * 8 + [20] * 7
    line = learn(shop(*([7, 7, third, 1] for third in thirds)), today=TODAY).lines[1]
    assert (line.warning_days, line.back_days, line.lost_days) == (12, 20, 40)


def test_lines_never_fall_from_class_to_class() -> None:
    fast = [[3, 3, 20, 3, 3, 20, 3, 3, 20, 1]] * 40
    found = learn(shop(*fast, *regulars(10, 40)), today=TODAY).lines
    assert [line.back_days for line in found] == sorted(line.back_days for line in found)


def test_thin_class_borrows_from_its_neighbour_then_the_shop() -> None:
    found = learn(shop(*regulars(10, 40)), today=TODAY).lines
    assert [line.source for line in found] == ["shop", "neighbour", "own", "neighbour", "shop", "shop"]


def test_small_shop_has_no_lines() -> None:
    assert learn(shop(*regulars(10, 5)), today=TODAY).lines == ()


def test_return_after_the_horizon_counts_as_none() -> None:
    found = learn(shop(*regulars(10, 40), *([[10, 10, 121, 1]] * 9)), today=TODAY, horizon_days=120)
    # 49 open silences, and the nine of 121 days
    assert found.lines[2].episodes - found.lines[2].returns == 58


@pytest.mark.parametrize(
    ("silent", "state"),
    [(7, "on time"), (8, "due"), (12, "due"), (13, "warning"), (30, "warning"), (31, "lost")],
)
def test_silence_passes_from_on_time_to_lost(silent: int, state: str) -> None:
    found = judge(shop([7, 7, 7, silent]), Rhythm(7.0, (WEEKLY,) * 6), today=TODAY)[0]
    assert found.state == state
    assert (found.silent_days, found.warn_after_days, found.lost_after_days) == (silent, 12, 30)
    assert found.usual_days == pytest.approx(7.0)


@pytest.mark.parametrize(("silent", "state"), [(7, "new"), (8, "due"), (31, "lost")])
def test_first_timer_is_new_for_one_usual_interval_of_the_shop(silent: int, state: str) -> None:
    assert judge(shop([silent]), Rhythm(7.0, (WEEKLY,) * 6), today=TODAY)[0].state == state


def test_shop_without_any_gap_calls_everybody_new() -> None:
    visits = shop([3], [400])
    found = judge(visits, learn(visits, today=TODAY), today=TODAY)[1]
    assert (found.state, found.usual_days, found.warn_after_days, found.silent_days) == (
        "new",
        None,
        None,
        400,
    )


def test_empty_shop_has_nobody_to_judge() -> None:
    visits = shop()
    assert len(judge(visits, learn(visits, today=TODAY), today=TODAY)) == 0


def test_unsorted_visits_are_refused() -> None:
    with pytest.raises(ValueError, match="sorted"):
        gaps(np.array([1, 1]), np.array([20, 20]))


def test_visit_after_today_is_refused() -> None:
    with pytest.raises(ValueError, match="after the day"):
        learn(shop([7, 7, 1]), today=TODAY - 2)
