"""Recency, frequency, money: quintile scores, the order of the list without a model, and the four groups."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.insight.bfgs import Floats

Numbers = NDArray[np.integer[Any]] | NDArray[np.floating[Any]]
Bytes = NDArray[np.int8]
Group = Literal["good", "basket should rise", "frequency should rise", "poor", "new"]

GROUPS: tuple[Group, ...] = ("good", "basket should rise", "frequency should rise", "poor", "new")
_FIFTHS = 5
_LEAST_FREQUENT = 2.0


@dataclass(frozen=True)
class Lines:
    """The lines between the four groups: visits, and mean basket in the unit of the spend."""

    visits: float
    basket: float


MEDIANS = Lines(0.0, 0.0)
"""No line of the owner's own."""


@dataclass(frozen=True, eq=False)
class Scores:
    """One score from 1 (worst) to 5 a member for recency, frequency and money."""

    recency: Bytes
    frequency: Bytes
    money: Bytes


def quintile_cuts(values: Numbers) -> tuple[float, float, float, float]:
    """Return the inverse empirical CDF at 20, 40, 60 and 80 %: the ⌈q·n⌉-th smallest value.

    Raises ValueError without values.
    """
    if len(values) == 0:
        raise ValueError("no values to cut into fifths")
    # Whole-number ceiling: 0.2 · n as a float may land just above a whole number.
    places = [-(-fifth * len(values) // _FIFTHS) - 1 for fifth in range(1, _FIFTHS)]
    chosen = np.partition(values, places)[places]
    return float(chosen[0]), float(chosen[1]), float(chosen[2]), float(chosen[3])


def quintile_scores(values: Numbers) -> Bytes:
    """Return 1 + the number of cuts below each value: 1 to 5, equal values equal, so a score may be empty."""
    if len(values) == 0:
        return np.empty(0, dtype=np.int8)
    cuts = np.array(quintile_cuts(values))
    return (1 + np.searchsorted(cuts, values, side="left")).astype(np.int8)


def scores(silent_days: Numbers, visits: Numbers, money: Numbers) -> Scores:
    """Score members by days since the last visit (fewer is better), visits, and money net of refunds."""
    return Scores(quintile_scores(-silent_days), quintile_scores(visits), quintile_scores(money))


def percentile_sum(silent_days: Numbers, visits: Numbers, money: Numbers) -> Floats:
    """Return the sum of the three percentile ranks, above 0 to 3; the highest is the likeliest to come again.

    Equal values share their mean rank; the rank of the best of n is n/n.
    """
    return _percentile(-silent_days) + _percentile(visits) + _percentile(money)


def shop_lines(visits: Numbers, money: Numbers, own: Lines = MEDIANS) -> Lines:
    """Return the owner's lines, and for those that are 0 the shop's medians of visits (at least 2) and mean basket.

    visits: all visits, the first included (at least 1); money: their sum, net of refunds. Without members 2 and 0.
    """
    if len(visits) == 0:
        return Lines(own.visits or _LEAST_FREQUENT, own.basket)
    often = own.visits or max(_LEAST_FREQUENT, float(np.median(visits)))
    return Lines(often, own.basket or float(np.median(money / visits)))


def groups(visits: Numbers, money: Numbers, age_days: Numbers, *, lines: Lines, new_days: float) -> Bytes:
    """Return each member's place in GROUPS.

    On the line counts as high. Members with one visit whose first is at most new_days (one usual interval)
    ago are "new" and in none of the four.
    """
    frequent = visits >= lines.visits
    big = money / visits >= lines.basket
    place = np.where(frequent, np.where(big, 0, 1), np.where(big, 2, 3))
    new = (visits == 1) & (age_days <= new_days)
    return np.where(new, 4, place).astype(np.int8)


def _percentile(values: Numbers) -> Floats:
    if len(values) == 0:
        return np.empty(0)
    _, which, count = np.unique(values, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(count) - (count - 1) / 2
    ranks: Floats = mean_rank[which] / len(values)
    return ranks
