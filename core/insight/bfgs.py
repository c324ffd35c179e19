"""Minimising a smooth function of a few variables whose gradient is known."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Objective = Callable[[Floats], tuple[float, Floats]]

FLAT = 1e-8
"""Largest slope at which a point counts as the bottom (the functions here are means, of order one)."""

NO_FALL = 1e-14
"""A promised fall, relative to the value, that rounding would hide; going on would only follow noise."""

FURTHEST = 16.0
"""Variables are logarithms of parameters; beyond e^16 a likelihood is flat and the walk would never end."""


@dataclass(frozen=True, eq=False)
class Minimum:
    """Where a walk ended, with the curvature learned on the way (a start for a walk on more data)."""

    at: Floats
    value: float
    inverse_hessian: Floats
    steps: int


def minimise(
    objective: Objective, start: Floats, *, inverse_hessian: Floats | None = None, max_steps: int = 300
) -> Minimum:
    """Walk downhill from start by BFGS with backtracking.

    objective: returns value and gradient. A step longer than 2 in any variable is shortened; the walk ends at
    a slope below FLAT, at a promised fall below NO_FALL, at FURTHEST from zero, or when no step lowers the
    value any more.
    Source: Nocedal & Wright, Numerical Optimization, 2nd ed., algorithm 6.1.
    """
    at = start
    inverse: Floats = np.eye(len(start)) if inverse_hessian is None else inverse_hessian
    value, slope = objective(at)
    for steps in range(max_steps):
        if np.abs(slope).max() < FLAT:
            return Minimum(at, value, inverse, steps)
        direction: Floats = -inverse @ slope
        if direction @ slope >= 0:
            inverse, direction = np.eye(len(at)), -slope
        if -float(direction @ slope) < NO_FALL * max(1.0, abs(value)):
            return Minimum(at, value, inverse, steps)
        direction *= min(1.0, 2.0 / float(np.abs(direction).max()))
        found = _backtrack(objective, at, value, slope, direction)
        if found is None:
            return Minimum(at, value, inverse, steps)
        new_at, value, new_slope = found
        first = steps == 0 and inverse_hessian is None
        inverse = _updated(inverse, new_at - at, new_slope - slope, first=first)
        at, slope = new_at, new_slope
    return Minimum(at, value, inverse, max_steps)


def _backtrack(
    objective: Objective, at: Floats, value: float, slope: Floats, direction: Floats
) -> tuple[Floats, float, Floats] | None:
    fall = float(direction @ slope)
    length = 1.0
    for _ in range(30):
        trial = at + length * direction
        if np.abs(trial).max() <= FURTHEST:
            new_value, new_slope = objective(trial)
            if np.isfinite(new_value) and new_value <= value + 1e-4 * length * fall:
                return trial, new_value, new_slope
        length *= 0.5
    return None


def _updated(inverse: Floats, move: Floats, change: Floats, *, first: bool) -> Floats:
    bend = float(move @ change)
    # Without positive bend the update would lose positive definiteness, so the old curvature stays.
    if bend <= 1e-14 * float(np.sqrt((move @ move) * (change @ change))):
        return inverse
    if first:
        inverse = np.eye(len(move)) * (bend / float(change @ change))
    left = np.eye(len(move)) - np.outer(move, change) / bend
    updated: Floats = left @ inverse @ left.T + np.outer(move, move) / bend
    return updated
