"""How good a forecast was: the AUC of an order, the Brier score of chances, the leavers in a list's first half.

Sources: Mann & Whitney 1947, Ann. Math. Statist. 18, 50-60 (ties count half); Brier 1950, Monthly Weather
Review 78, 1-3.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.insight.bfgs import Floats

Numbers = NDArray[np.integer[Any]] | NDArray[np.floating[Any]]
Bools = NDArray[np.bool_]


def auc(risk: Numbers, left: Bools) -> float | None:
    """The chance that a leaver stands above a member who came, ties counting half; None without both kinds."""
    leavers, stayers = int(left.sum()), int((~left).sum())
    if not leavers or not stayers:
        return None
    _, which, count = np.unique(risk, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(count) - (count - 1) / 2
    above = float(mean_rank[which][left].sum()) - leavers * (leavers + 1) / 2
    return above / (leavers * stayers)


def brier(chance: Floats, came: Bools) -> float | None:
    """The mean squared distance of chances from what happened: 0 is best; None without members."""
    return float(np.mean((chance - came) ** 2)) if len(came) else None


def first_half(risk: Numbers, left: Bools) -> float | None:
    """The share of leavers in the first half of a list by risk; None without leavers.

    Members of equal risk on the line between the halves count by the part of them that fits.
    """
    if not left.any():
        return None
    half = len(risk) / 2
    line = np.sort(risk)[::-1][max(int(np.ceil(half)) - 1, 0)]
    above, level = risk > line, risk == line
    part = (half - int(above.sum())) / int(level.sum())
    return float((left & above).sum() + part * (left & level).sum()) / float(left.sum())
