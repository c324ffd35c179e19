"""Scores of answers: the published example, the limits of small groups, and what must hold of any counts."""

from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.insight import satisfaction
from core.insight.satisfaction import Score, is_low, score, spread

NPS = st.dictionaries(st.integers(0, 10), st.integers(0, 300))
CSAT = st.dictionaries(st.integers(1, 5), st.integers(0, 300))


def test_the_published_example() -> None:
    """Huber, Cross Validated 18603: a half, a third and a sixth; 324 answers are good for ± 4.1 points."""
    value, error = spread(162, 54, 324)
    assert isclose(value, 1 / 3)
    assert isclose(error * 324**0.5, (5 / 9) ** 0.5)
    assert round(100 * error, 1) == 4.1


def test_scores_of_a_fixed_example() -> None:
    """By hand: (162.75 − 54.75) / 327 ± 1.96 × √((217.5 / 327 − 0.33028²) / 327)."""
    assert score("nps", {10: 100, 9: 62, 8: 58, 7: 50, 6: 30, 0: 24}) == Score(324, 3333, 2495, 4111)
    assert score("csat", {5: 5, 4: 3, 3: 1, 1: 1}) == Score(10, 8000, 4902, 9433)


@pytest.mark.parametrize("kind", ["nps", "csat"])
def test_fewer_than_five_answers_show_no_score(kind: str) -> None:
    assert score(kind, {5: 4}) is None
    assert score(kind, {5: 5}) is not None


def test_what_is_low() -> None:
    assert [number for number in range(11) if is_low("nps", number)] == [0, 1, 2, 3, 4, 5, 6]
    assert [number for number in range(1, 6) if is_low("csat", number)] == [1, 2]
    assert not is_low("choice", 1)


@given(NPS)
def test_the_net_score_lies_in_its_interval_and_turns_with_the_answers(counts: dict[int, int]) -> None:
    found = score("nps", counts)
    if found is None:
        assert sum(counts.values()) < satisfaction.FEW
        return
    assert -10_000 <= found.low_bp <= found.value_bp <= found.high_bp <= 10_000
    groups = [sum(n for number, n in counts.items() if number in span) for span in (range(7), range(9, 11))]
    mirrored = score("nps", {10: groups[0], 0: groups[1], 8: found.count - sum(groups)})
    assert mirrored == Score(found.count, -found.value_bp, -found.high_bp, -found.low_bp)


@given(CSAT)
def test_the_share_of_satisfied_lies_in_its_interval(counts: dict[int, int]) -> None:
    found = score("csat", counts)
    if found is not None:
        assert 0 <= found.low_bp <= found.value_bp <= found.high_bp <= 10_000


@given(NPS, st.integers(2, 20))
def test_more_of_the_same_answers_narrow_the_interval(counts: dict[int, int], times: int) -> None:
    one, many = score("nps", counts), score("nps", {number: n * times for number, n in counts.items()})
    if one is not None and many is not None:
        assert many.high_bp - many.low_bp <= one.high_bp - one.low_bp
