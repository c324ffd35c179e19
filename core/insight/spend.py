"""What a member's visit is worth: the gamma-gamma model of mean spend a visit.

Source: Fader, Hardie & Lee 2005, JMR 42(4) 415-430; Fader & Hardie 2013, "The gamma-gamma model of monetary
value".
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.insight.bfgs import Floats, minimise

Ints = NDArray[np.integer[Any]]

LEAST_MEMBERS = 2


@dataclass(frozen=True)
class SpendFit:
    """Fitted p and q (pure numbers) and v (in the currency of the means), with the log-likelihood reached."""

    p: float
    q: float
    v: float
    loglik: float

    @property
    def population_mean(self) -> float | None:
        """The mean spend of an unknown member, p·v/(q−1); None where it does not exist (q not above 1)."""
        return self.p * self.v / (self.q - 1) if self.q > 1 else None


def fit(repeats: Ints, mean_spend: Floats) -> SpendFit | None:
    """Fit by maximum likelihood to members' repeat visits, the first purchase left out.

    mean_spend: mean over the repeat visits, any currency unit. Members without repeats or with a mean of 0 or
    less (all refunded) are left out; None where fewer than two members or a single value are left.
    """
    used = (repeats > 0) & (mean_spend > 0)
    if int(used.sum()) < LEAST_MEMBERS or np.ptp(mean_spend[used]) == 0:
        return None
    scale = float(mean_spend[used].mean())
    best = minimise(objective(repeats[used], mean_spend[used] / scale), np.log(np.array([2.0, 3.0, 1.0])))
    p, q, v = (float(value) for value in np.exp(best.at))
    loglik = -best.value * float(used.sum()) - float(used.sum()) * math.log(scale)
    return SpendFit(p, q, v * scale, loglik)


def objective(repeats: Ints, mean_spend: Floats) -> Callable[[Floats], tuple[float, Floats]]:
    """Return the function of ln(p, q, v) that gives minus the mean log-likelihood, and its gradient.

    All repeats and means must be positive.
    """
    times, which = np.unique(repeats, return_inverse=True)
    counts = np.bincount(which).astype(np.float64)
    sums = times[which] * mean_spend
    log_sums = np.bincount(which, weights=np.log(sums))
    log_means = float(np.log(mean_spend).sum())
    number = len(repeats)

    def mean_loss(logs: Floats) -> tuple[float, Floats]:
        p, q, v = (float(value) for value in np.exp(logs))
        shape = p * times
        total = sums + v
        log_total = np.bincount(which, weights=np.log(total))
        value = counts @ (_log_gamma(shape + q) - _log_gamma(shape)) - number * math.lgamma(q) - log_means
        value += number * q * math.log(v) + shape @ log_sums - (shape + q) @ log_total
        both = _digamma(shape + q)
        by_p = times @ (counts * (both - _digamma(shape)) + log_sums - log_total)
        by_q = counts @ both - log_total.sum()
        by_q += number * (math.log(v) - float(_digamma(np.array([q]))[0]))
        by_v = number * q / v - (shape + q) @ np.bincount(which, weights=1 / total)
        slope = np.array([by_p * p, by_q * q, by_v * v], dtype=np.float64)
        return -float(value) / number, -slope / number

    return mean_loss


def conditional_mean(model: SpendFit, repeats: Ints, mean_spend: Floats) -> Floats:
    """Return each member's expected spend a visit: the own mean drawn towards the population's.

    p(v + x·m)/(p·x + q − 1). Members without repeats, or with a mean of 0 or less, get the population mean;
    where that does not exist (q not above 1) they get the mean of the members' own means.
    """
    known = (repeats > 0) & (mean_spend > 0)
    usual = model.population_mean
    if usual is None:
        usual = float(mean_spend[known].mean()) if known.any() else 0.0
    result = np.full(len(repeats), usual)
    x, mean = repeats[known], mean_spend[known]
    weight = model.p * x + model.q - 1
    shrunk = model.p * (model.v + x * mean) / np.where(weight > 0, weight, 1.0)
    result[known] = np.where(weight > 0, shrunk, mean)
    return result


def _log_gamma(values: Floats) -> Floats:
    return np.array([math.lgamma(value) for value in values])


def _digamma(values: Floats) -> Floats:
    """Digamma for positive values: recurrence up to 8, then the asymptotic series (error below 1e-13)."""
    shifted = values.astype(np.float64)
    result = np.zeros_like(shifted)
    for _ in range(8):
        result -= np.where(shifted < 8, 1 / shifted, 0.0)
        shifted = np.where(shifted < 8, shifted + 1, shifted)
    square = 1 / shifted**2
    tail = square * (1 / 12 - square * (1 / 120 - square * (1 / 252 - square * (1 / 240 - square / 132))))
    digamma: Floats = result + np.log(shifted) - 0.5 / shifted - tail
    return digamma
