"""The effect within strata: who is alike is compared with each other, and what they spent before is taken out.

Plain functions over members as they were drawn. With one stratum and nothing known of before, rates are compared by
Newcombe's interval and spending by Welch's, exactly as in `effect`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from core.insight import effect
from core.insight.effect import Interval, Spread

LEAST = 20
"""With fewer on either side of a stratum it is put together with its neighbours."""
NEGLIGIBLE = 0.01
"""Where spending before explains less of the variance than this, it is left out: it would mend nothing."""


@dataclass(frozen=True)
class Seen:
    """So many members of one side and stratum who spent alike: before (None: not known) and in the days, in cents."""

    written: bool
    stratum: str
    before_cents: int | None
    spent_cents: int
    count: int = 1


@dataclass(frozen=True)
class Side:
    """One side of a stratum: how many, and how many of them came."""

    n: int
    came: int


@dataclass(frozen=True)
class Spending:
    """How much more one of the written-to spent, in cents, capped; `plain` without regard to strata and before.

    `explained` is the share of the variance that spending before takes out (0 to 1).
    """

    found: Interval
    plain: Interval
    explained: float


# --- strata ----------------------------------------------------------------------------------------


def fitting(found: Iterable[Seen]) -> list[Seen]:
    """The same members in strata large enough: as they are, by the first half of their names alone, or all in one."""
    kept = list(found)
    for name in (str, _first, _none):
        fitted = [Seen(one.written, name(one.stratum), one.before_cents, one.spent_cents, one.count) for one in kept]
        if all(min(side.n for side in sides) >= LEAST for sides in counted(fitted).values()):
            return fitted
    return fitted


def _first(stratum: str) -> str:
    return stratum.partition(":")[0]


def _none(_stratum: str) -> str:
    return ""


def counted(found: Iterable[Seen]) -> dict[str, tuple[Side, Side]]:
    """By stratum those written to and those held out."""
    n: dict[tuple[str, bool], int] = defaultdict(int)
    came: dict[tuple[str, bool], int] = defaultdict(int)
    names: dict[str, None] = {}
    for one in found:
        names[one.stratum] = None
        n[one.stratum, one.written] += one.count
        came[one.stratum, one.written] += one.count if one.spent_cents > 0 else 0
    return {
        name: (Side(n[name, True], came[name, True]), Side(n[name, False], came[name, False])) for name in sorted(names)
    }


# --- rates -----------------------------------------------------------------------------------------


def rates(strata: Iterable[tuple[Side, Side]]) -> Interval:
    """How many more of those written to came: the mean of the strata's differences by their size.

    Source: each side by the score interval at its effective size p(1 − p)/variance (Korn and Graubard 1998, Survey
    Methodology 24:193), both joined like Newcombe's (Zou and Donner 2008, Stat Med 27:1693). With one stratum it is
    Newcombe's own.
    """
    sides = list(strata)
    whole = sum(one.n + other.n for one, other in sides)
    weights = [(one.n + other.n) / whole for one, other in sides]
    p, low, high = _weighted_rate([one for one, _ in sides], weights)
    q, other_low, other_high = _weighted_rate([other for _, other in sides], weights)
    below, above = sqrt((p - low) ** 2 + (other_high - q) ** 2), sqrt((high - p) ** 2 + (q - other_low) ** 2)
    return Interval(p - q, max(-1.0, p - q - below), min(1.0, p - q + above))


def _weighted_rate(sides: Sequence[Side], weights: Sequence[float]) -> tuple[float, float, float]:
    """A rate over strata with its score interval."""
    shares = [side.came / side.n for side in sides]
    rate = sum(weight * share for weight, share in zip(weights, shares, strict=True))
    parts = zip(weights, shares, sides, strict=True)
    variance = sum(weight * weight * share * (1 - share) / side.n for weight, share, side in parts)
    size = float(sum(side.n for side in sides))
    if len(sides) > 1 and variance > 0:
        size = rate * (1 - rate) / variance
    return rate, *effect.wilson(rate * size, size)


# --- spending --------------------------------------------------------------------------------------


@dataclass
class _Sums:
    """Sums of one side of a stratum: spending y, spending before x, their squares and product."""

    n: int = 0
    y: int = 0
    x: int = 0
    yy: int = 0
    xx: int = 0
    xy: int = 0

    def add(self, count: int, y: int, x: int) -> None:
        """Count members who spent alike."""
        self.n += count
        self.y += count * y
        self.x += count * x
        self.yy += count * y * y
        self.xx += count * x * x
        self.xy += count * x * y

    def squares(self) -> tuple[float, float, float]:
        """The squares of y and of x about their means, and the products."""
        n = self.n
        return (n * self.yy - self.y**2) / n, (n * self.xx - self.x**2) / n, (n * self.xy - self.x * self.y) / n

    def spread(self, theta: float) -> Spread:
        """Mean and variance of y − θ x."""
        yy, xx, xy = self.squares()
        left = max(0.0, yy - 2 * theta * xy + theta * theta * xx)
        return Spread(self.n, (self.y - theta * self.x) / self.n, left / (self.n - 1) if self.n > 1 else 0.0)


def spending(found: Sequence[Seen]) -> Spending:
    """How much more those written to spent; what is above the 99th percentile of those who spent counts as that much.

    CUPED: y − θ x with θ = cov(x, y)/var(x) within the sides of the strata, pooled; variance falls by r². The strata's
    differences are weighed by their size. Source: Deng, Xu, Kohavi and Walker 2013, WSDM:123; Miratrix, Sekhon and Yu
    2013, JRSS B 75:369.
    """
    plain = _sums([Seen(one.written, "", 0, one.spent_cents, one.count) for one in found])
    sums = _sums(found)
    theta, explained = _theta(sums.values()) if all(one.before_cents is not None for one in found) else (0.0, 0.0)
    return Spending(_difference(sums, theta), _difference(plain, 0.0), explained)


def _sums(found: Sequence[Seen]) -> dict[tuple[str, bool], _Sums]:
    most = _cap((one.spent_cents, one.count) for one in found)
    most_before = _cap((one.before_cents or 0, one.count) for one in found)
    sums: dict[tuple[str, bool], _Sums] = defaultdict(_Sums)
    for one in found:
        cell = sums[one.stratum, one.written]
        cell.add(one.count, min(one.spent_cents, most), min(one.before_cents or 0, most_before))
    return sums


def _cap(amounts: Iterable[tuple[int, int]]) -> int:
    """The cap of amounts that come so often."""
    return effect.cap_of([cents for cents, count in amounts if cents > 0 for _ in range(count)])


def _theta(sums: Iterable[_Sums]) -> tuple[float, float]:
    """θ and r² within the cells; 0 where before explains nothing worth taking out."""
    yy = xx = xy = 0.0
    for cell in sums:
        squares = cell.squares()
        yy, xx, xy = yy + squares[0], xx + squares[1], xy + squares[2]
    if xx <= 0 or yy <= 0 or (explained := xy * xy / (xx * yy)) < NEGLIGIBLE:
        return 0.0, 0.0
    return xy / xx, explained


def _difference(sums: Mapping[tuple[str, bool], _Sums], theta: float) -> Interval:
    names = sorted({stratum for stratum, _ in sums})
    whole = sum(cell.n for cell in sums.values())
    return effect.weighted_welch([
        ((sums[name, True].n + sums[name, False].n) / whole, sums[name, True].spread(theta),
         sums[name, False].spread(theta))
        for name in names
    ])  # fmt: skip
