"""The challenger: logistic regression on recency, frequency and money, learned from the shop's last closed window.

Newton steps with a small ridge (Cox 1958, JRSS B 20, 215-242; le Cessie & van Houwelingen 1992).
"""

from dataclasses import dataclass

import numpy as np

from core.insight.bfgs import Floats
from core.insight.visiting import Bools, Members

LEAST_MEMBERS = 1000
RIDGE = 1e-3
"""Of the mean loss, on features of variance 1."""
_STEPS = 40


@dataclass(frozen=True, eq=False)
class Fit:
    """Weights of the features (the constant first), with the mean and spread each was scaled by."""

    weights: Floats
    mean: Floats
    spread: Floats

    @property
    def falls_with_silence(self) -> bool:
        """Whether no further day without a visit can raise the chance.

        A day adds 1/(1+silent) to the log of the silence and at most as much to that of the age, and may take
        a recent visit away.
        """
        silent, age, _visits, recent, _money = self.weights[1:] / self.spread
        return bool(silent + max(age, 0.0) <= 0 and recent >= 0)


def features(members: Members) -> Floats:
    """Logs of silence, age, visits, visits of the last 90 days, and mean spend a visit."""
    columns = (
        np.log1p(members.silent_days), np.log1p(members.today - members.first_day), np.log(members.visits),
        np.log1p(members.recent), np.log(members.cents / members.visits),
    )  # fmt: skip
    return np.column_stack(columns)


def fit(members: Members, came: Bools) -> Fit | None:
    """Learn from members at the start of a window and whether they came in it.

    None where there are under 1,000 members or all or none of them came, and where the weights would let a
    chance rise with silence.
    """
    if len(members) < LEAST_MEMBERS or came.all() or not came.any():
        return None
    raw = features(members)
    mean, spread = raw.mean(axis=0), np.maximum(raw.std(axis=0), 1e-9)
    weights = newton((raw - mean) / spread, came.astype(np.float64))
    found = Fit(weights, mean, spread)
    return found if found.falls_with_silence else None


def newton(scaled: Floats, target: Floats) -> Floats:
    """Minimise the ridged mean log loss; the constant comes first and is not ridged."""
    design = np.column_stack((np.ones(len(scaled)), scaled))
    ridge = np.full(design.shape[1], RIDGE)
    ridge[0] = 0.0
    weights = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        chance = _logistic(design @ weights)
        slope = design.T @ (chance - target) / len(target) + ridge * weights
        # The floor keeps the matrix regular where all chances are near 0 or 1.
        bend = np.maximum(chance * (1 - chance), 1e-9)
        curve = (design * bend[:, None]).T @ design / len(target) + np.diag(ridge + 1e-12)
        step = np.linalg.solve(curve, slope)
        weights = weights - step * min(1.0, 5.0 / float(np.abs(step).max() + 1e-300))
        if float(np.abs(step).max()) < 1e-9:
            break
    return weights


def chance(model: Fit, members: Members) -> Floats:
    """Each member's chance of a visit in a window as long as the one learned from."""
    scaled = (features(members) - model.mean) / model.spread
    return _logistic(model.weights[0] + scaled @ model.weights[1:])


def _logistic(value: Floats) -> Floats:
    result: Floats = 1.0 / (1.0 + np.exp(-np.clip(value, -700.0, 700.0)))
    return result
