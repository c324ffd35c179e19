"""Scores of answers: the net promoter score and the share of satisfied, each with its interval at 95 % confidence.

Plain functions over counts. Shares are in basis points: a net promoter score of 33.3 is 3333, from −10,000 to 10,000.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from core.insight import effect

FEW = 5
"""A group of fewer answers shows no score: it would be chance, and point at who answered."""
PROMOTERS, DETRACTORS, SATISFIED = range(9, 11), range(7), range(4, 6)
LOWEST_GOOD = {"nps": 7, "csat": 3}
"""An answer below this is low: somebody should talk to who gave it."""
ADDED = 3
"""Answers added to an interval: three quarters each to promoters and detractors, the rest to those between."""


@dataclass(frozen=True)
class Score:
    """A score from so many answers, and its interval."""

    count: int
    value_bp: int
    low_bp: int
    high_bp: int


def counted(numbers: Iterable[int]) -> dict[int, int]:
    """How often each number was given."""
    found: dict[int, int] = {}
    for one in numbers:
        found[one] = found.get(one, 0) + 1
    return found


def score(kind: str, counts: Mapping[int, int]) -> Score | None:
    """The score of a question by how often each number was given; None of fewer than five answers."""
    total = sum(counts.values())
    if total < FEW:
        return None
    if kind == "csat":
        return _share(_sum(counts, SATISFIED), total)
    return _net(_sum(counts, PROMOTERS), _sum(counts, DETRACTORS), total)


def _sum(counts: Mapping[int, int], of: range) -> int:
    return sum(counts.get(number, 0) for number in of)


def _share(count: int, total: int) -> Score:
    low, high = effect.wilson(count, total)
    return Score(total, _bp(count / total), _bp(low), _bp(high))


def _net(promoters: int, detractors: int, total: int) -> Score:
    """Its interval is Wald's with three answers added. Source: Rocks 2016, The American Statistician 70:365."""
    value, more = (promoters - detractors) / total, ADDED / 4
    middle, error = spread(promoters + more, detractors + more, total + ADDED)
    reach = NormalDist().inv_cdf((1 + effect.CONFIDENCE) / 2) * error
    low, high = max(-1.0, min(value, middle - reach)), min(1.0, max(value, middle + reach))
    return Score(total, _bp(value), _bp(low), _bp(high))


def spread(promoters: float, detractors: float, total: float) -> tuple[float, float]:
    """The net share of promoters and its standard error: that of the mean of +1, 0 and −1 in a multinomial sample.

    162 promoters and 54 detractors of 324 give 1/3 ± 0.0414. Source: Huber, Cross Validated 18603, with that example.
    """
    plus, minus = promoters / total, detractors / total
    variance = plus + minus - (plus - minus) ** 2
    return plus - minus, sqrt(max(0.0, variance) / total)


def _bp(share: float) -> int:
    return round(10_000 * share)


def is_low(kind: str, number: int) -> bool:
    """Whether an answer is one that somebody should talk about: 0 to 6 of ten, 1 or 2 of five."""
    return kind in LOWEST_GOOD and number < LOWEST_GOOD[kind]
