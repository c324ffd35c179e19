"""How likely a member is to come again: BG/NBD and MBG/NBD fitted to the shop's own visits.

Sources: Fader, Hardie & Lee 2005, Marketing Science 24(2) 275-284 (BG/NBD); Batislam, Denizel & Filiztekin
2007, IJRM 24(3) 201-209 (MBG/NBD). The models differ in one thing only: in MBG/NBD a member may already drop
out after the first visit. With `chances` = the number of times a member could have dropped out and did not (x
in BG/NBD, x + 1 in MBG/NBD) both have the same formulas, so one set of functions serves both.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.insight.bfgs import Floats, Minimum, minimise

Ints = NDArray[np.integer[Any]]
Model = Literal["bgnbd", "mbgnbd"]
Level = Literal["L0", "L1"]

WEEK_DAYS = 7
LEAST_REPEAT_MEMBERS = 50
LEAST_DROPOUT = 0.002
LARGEST_PARAMETER = 10_000.0
_SAMPLE_MEMBERS = 20_000
_CHUNK_MEMBERS = 20_000


@dataclass(frozen=True, eq=False)
class Histories:
    """One entry a member: repeat visits (the first not counted), and days from the first visit.

    last_days: first visit to last visit (0 without repeats); age_days: first visit to the day of judgement.
    """

    repeats: Ints
    last_days: Ints
    age_days: Ints

    def __len__(self) -> int:
        return len(self.repeats)


@dataclass(frozen=True)
class ChurnFit:
    """Fitted parameters (time in weeks) and the log-likelihood reached."""

    model: Model
    r: float
    alpha: float
    a: float
    b: float
    loglik: float

    @property
    def still_active_shown(self) -> bool:
        """False where the likelihood collapsed, so that no "still active" figure means anything.

        The line: mean dropout a/(a+b) below 0.002, or any parameter above 10,000.
        """
        largest = max(self.r, self.alpha, self.a, self.b)
        return self.leaving_seen and largest <= LARGEST_PARAMETER

    @property
    def leaving_seen(self) -> bool:
        """False where nobody seems ever to leave: then the chance of a visit hardly falls with silence."""
        return self.a / (self.a + self.b) >= LEAST_DROPOUT


@dataclass(frozen=True, eq=False)
class _Packed:
    """Histories with equal rows counted once, and sums over members that need no parameter."""

    extra: int
    members: float
    by_repeats: Floats
    by_age: Floats
    repeats_by_age: Floats
    repeats: Ints
    last_days: Ints
    age_days: Ints
    weight: Floats


def level(*, repeat_members: int, history_days: int, horizon_days: int) -> Level:
    """Say which methods a shop's history carries.

    L0 below 50 members with a repeat visit, or with a history shorter than twice the horizon; else L1.
    """
    if repeat_members < LEAST_REPEAT_MEMBERS or history_days < 2 * horizon_days:
        return "L0"
    return "L1"


def histories(member_ids: Ints, days: Ints, *, today: int) -> Histories:
    """Sum up visits: one row a member and day, sorted by member, then day; days and today as ordinals.

    Members come out in the order of their ids. No row may lie after today.
    """
    if len(member_ids) == 0:
        none = np.empty(0, dtype=np.int64)
        return Histories(none, none, none)
    starts = np.flatnonzero(np.concatenate(([True], member_ids[1:] != member_ids[:-1])))
    ends = np.append(starts[1:], len(member_ids)) - 1
    first = days[starts]
    return Histories(ends - starts, days[ends] - first, today - first)


def fit(members: Histories, *, model: Model) -> ChurnFit | None:
    """Fit by maximum likelihood; None where nothing can be learned (no repeat visit at all).

    With very few members the likelihood may have no maximum: the walk then ends at its edge, parameters stay
    finite and `still_active_shown` is False.
    """
    if len(members) == 0 or int(members.repeats.sum()) == 0:
        return None
    rate = float(members.repeats.sum()) / (float(members.age_days.sum()) / WEEK_DAYS)
    start = np.log(np.array([1.0, 1.0 / rate, 1.0, 2.0]))
    before: Minimum | None = None
    if len(members) > 2 * _SAMPLE_MEMBERS:
        # A sample gives a start so near the top that the whole shop needs only a few evaluations.
        step = len(members) // _SAMPLE_MEMBERS
        sample = Histories(members.repeats[::step], members.last_days[::step], members.age_days[::step])
        if int(sample.repeats.sum()) > 0:
            before = minimise(objective(sample, model=model), start)
    mean_loss = objective(members, model=model)
    if before is None:
        best = minimise(mean_loss, start)
    else:
        best = minimise(mean_loss, before.at, inverse_hessian=before.inverse_hessian)
    r, alpha, a, b = (float(value) for value in np.exp(best.at))
    return ChurnFit(model, r, alpha, a, b, -float(best.value) * len(members))


def objective(members: Histories, *, model: Model) -> Callable[[Floats], tuple[float, Floats]]:
    """Return the function of ln(r, alpha, a, b): minus the mean log-likelihood, with its gradient."""
    packed = _pack(members, extra=_extra(model))

    def mean_loss(logs: Floats) -> tuple[float, Floats]:
        value, slope = _loglik(packed, np.exp(logs))
        return -value / packed.members, -slope * np.exp(logs) / packed.members

    return mean_loss


def p_alive(model: ChurnFit, members: Histories) -> Floats:
    """Return each member's P(not dropped out) at the day of judgement.

    Never to be shown as the chance to come back: BG/NBD gives 1 to every one-time visitor.
    """
    chances = members.repeats + _extra(model.model)
    last, age = members.last_days / WEEK_DAYS, members.age_days / WEEK_DAYS
    with np.errstate(divide="ignore"):
        odds = np.log(model.a) - np.log(np.where(chances > 0, model.b + chances - 1, np.inf))
    odds += (model.r + members.repeats) * np.log((model.alpha + age) / (model.alpha + last))
    alive: Floats = 1.0 / (1.0 + np.exp(np.minimum(odds, 700.0)))
    return alive


def p_visit(model: ChurnFit, members: Histories, *, days: float) -> Floats:
    """Return each member's chance of at least one visit in the next `days` days.

    A member still active can leave only at a visit, so the time to the next one is Gamma-mixed exponential:
    P(alive) · (1 − ((alpha+T)/(alpha+T+h))^(r+x)).
    """
    age = model.alpha + members.age_days / WEEK_DAYS
    silent = -(model.r + members.repeats) * np.log1p(days / WEEK_DAYS / age)
    chance: Floats = p_alive(model, members) * -np.expm1(silent)
    return chance


def expected_visits(model: ChurnFit, members: Histories, *, days: float) -> Floats:
    """Return each member's expected number of visits in the next `days` days.

    With N ~ NB(r+x, h/(alpha+T+h)) the visits of a member who never leaves, the expectation given active is
    Σ_j P(N > j) · (b')_j/(a+b')_j, b' = b + chances. This is the series of the published 2F1 after Euler's
    transformation, with positive terms only: it holds for a = 1 too, and nothing cancels.
    """
    return visits_if_active(model, members, days=days) * p_alive(model, members)


def visits_if_active(model: ChurnFit, members: Histories, *, days: float) -> Floats:
    """Return the visits expected in the next `days` days of members who have not dropped out by today."""
    if days <= 0:
        return np.zeros(len(members))
    shape = model.r + members.repeats
    weeks = days / WEEK_DAYS
    share = weeks / (model.alpha + members.age_days / WEEK_DAYS + weeks)
    stays = model.b + members.repeats + _extra(model.model)
    active = np.empty(len(members))
    # Members who need about the same number of terms share a chunk, so a few daily guests do not slow all
    # others.
    order = np.argsort(shape * share / (1 - share))
    for at in range(0, len(order), _CHUNK_MEMBERS):
        rows = order[at : at + _CHUNK_MEMBERS]
        active[rows] = _visits_if_active(shape[rows], share[rows], stays[rows], model.a)
    return active


def new_member_visits(model: ChurnFit, *, days: float) -> float:
    """Return the expected repeat visits of a member in the `days` days after the first visit."""
    none = np.zeros(1, dtype=np.int64)
    return float(expected_visits(model, Histories(none, none, none), days=days)[0])


def _visits_if_active(shape: Floats, share: Floats, stays: Floats, leaves: float) -> Floats:
    mean = shape * share / (1 - share)
    log_share = np.log(share)
    log_mass = shape * np.log1p(-share)
    more = -np.expm1(log_mass)
    stayed = np.ones_like(shape)
    total = more.copy()
    mass = np.exp(log_mass)
    n = 0
    while bool(np.any((n <= mean) | (mass > 1e-13 * (1 - share)))):
        log_mass += np.log((shape + n) / (n + 1)) + log_share
        mass = np.exp(log_mass)
        stayed *= (stays + n) / (leaves + stays + n)
        more = np.maximum(more - mass, 0.0)
        total += more * stayed
        n += 1
    return total


def _extra(model: Model) -> int:
    return 0 if model == "bgnbd" else 1


def _pack(members: Histories, *, extra: int) -> _Packed:
    repeats, last, age = (part.astype(np.int64) for part in (members.repeats, members.last_days, members.age_days))
    span, most = int(age.max()) + 1, int(repeats.max()) + 1
    can_leave = repeats + extra > 0
    keys = ((repeats * span + last) * span + age)[can_leave]
    keys, count = np.unique(keys, return_counts=True)
    rest, ages = np.divmod(keys, span)
    times, lasts = np.divmod(rest, span)
    return _Packed(
        extra=extra,
        members=float(len(members)),
        by_repeats=np.bincount(repeats, minlength=most).astype(np.float64),
        by_age=np.bincount(age, minlength=span).astype(np.float64),
        repeats_by_age=np.bincount(age, weights=repeats, minlength=span).astype(np.float64),
        repeats=times,
        last_days=lasts,
        age_days=ages,
        weight=count.astype(np.float64),
    )


def _loglik(packed: _Packed, parameters: Floats) -> tuple[float, Floats]:
    """Log-likelihood and gradient by r, alpha, a, b; x is an integer, so gamma ratios are sums of logs."""
    r, alpha, a, b = (float(value) for value in parameters)
    time = alpha + np.arange(len(packed.by_age)) / WEEK_DAYS
    log_time = np.log(time)
    by_chances = np.concatenate((np.zeros(packed.extra), packed.by_repeats))
    visits, by_r = _rising(packed.by_repeats, r)
    stays, by_b = _rising(by_chances, b)
    either, by_ab = _rising(by_chances, a + b)
    shapes = r * packed.by_age + packed.repeats_by_age
    value = visits + stays - either + packed.members * r * np.log(alpha) - float(shapes @ log_time)
    slope = np.array(
        [
            by_r + packed.members * np.log(alpha) - float(packed.by_age @ log_time),
            packed.members * r / alpha - float(shapes @ (1 / time)),
            -by_ab,
            by_b - by_ab,
        ]
    )
    left_value, left_slope = _left(packed, parameters, time, log_time)
    return value + left_value, slope + left_slope


def _left(packed: _Packed, parameters: Floats, time: Floats, log_time: Floats) -> tuple[float, Floats]:
    """The part that differs from member to member: ln(1 + odds of having left since the last visit)."""
    r, _, a, b = (float(value) for value in parameters)
    # Only rows with chances >= 1 are packed; index 0 of a BG/NBD table is never used.
    before = np.maximum(b + np.arange(len(packed.by_repeats)) + packed.extra - 1, 1e-300)
    shape = r + packed.repeats
    ratio = log_time[packed.age_days] - log_time[packed.last_days]
    odds = (np.log(a) - np.log(before))[packed.repeats] + shape * ratio
    small = np.exp(-np.abs(odds))
    value = float(packed.weight @ (np.maximum(odds, 0.0) + np.log(1.0 + small)))
    left = packed.weight * np.where(odds > 0, 1.0, small) / (1.0 + small)
    inverse = 1 / time
    change = shape * (inverse[packed.age_days] - inverse[packed.last_days])
    slope = [left @ ratio, left @ change, left.sum() / a, -(left @ (1 / before)[packed.repeats])]
    return value, np.array(slope, dtype=np.float64)


def _rising(counts: Floats, base: float) -> tuple[float, float]:
    """Return Σ_n counts[n]·ln(Γ(base+n)/Γ(base)) and its derivative by base."""
    # Term i enters once for every member whose n passes i.
    passing = counts.sum() - np.cumsum(counts)[:-1]
    steps = base + np.arange(len(counts) - 1)
    return float(passing @ np.log(steps)), float(passing @ (1 / steps))
