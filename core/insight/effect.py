"""What a campaign brought: rates and spend of those written to against those held out, each with its interval.

Plain functions over counts and amounts. Intention to treat: everyone counts in the group they were drawn for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from statistics import NormalDist

CONFIDENCE, POWER = 0.95, 0.80
CAP = 0.99
"""Spend above this share of all is counted as that much, so that one wedding does not decide a campaign."""
FEW = 50
"""With fewer in a group there is too little to tell anything."""


@dataclass(frozen=True)
class Interval:
    """A difference and the interval that holds it with 95 % confidence."""

    difference: float
    low: float
    high: float

    @property
    def is_proof(self) -> bool:
        """Whether 0 lies outside: the difference is not chance."""
        return self.low > 0 or self.high < 0


def _z(confidence: float) -> float:
    return NormalDist().inv_cdf((1 + confidence) / 2)


def wilson(count: int, of: int, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The score interval of one rate. Source: Wilson 1927, JASA 22:209. 0 to 1 for nobody."""
    if of == 0:
        return 0.0, 1.0
    z, p = _z(confidence), count / of
    middle, spread = p + z * z / (2 * of), z * sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    whole = 1 + z * z / of
    return max(0.0, (middle - spread) / whole), min(1.0, (middle + spread) / whole)


def newcombe(count: int, of: int, other: int, of_other: int, *, confidence: float = CONFIDENCE) -> Interval:
    """The difference of two independent rates. Source: Newcombe 1998, Stat Med 17:873, method 10 (hybrid score).

    56 of 70 against 48 of 80 gives 0.2000 [0.0524, 0.3339], the example of that paper.
    """
    p, q = (count / of if of else 0.0), (other / of_other if of_other else 0.0)
    (l1, u1), (l2, u2) = wilson(count, of, confidence=confidence), wilson(other, of_other, confidence=confidence)
    difference = p - q
    low, high = sqrt((p - l1) ** 2 + (u2 - q) ** 2), sqrt((u1 - p) ** 2 + (q - l2) ** 2)
    return Interval(difference, max(-1.0, difference - low), min(1.0, difference + high))


@dataclass(frozen=True)
class Spread:
    """How many, their mean and the variance of one of them (n − 1 in the denominator)."""

    n: int
    mean: float
    variance: float


def spread(amounts: Sequence[int], n: int) -> Spread:
    """Of n members of whom all but these spent nothing."""
    if n < 2:
        return Spread(n, float(sum(amounts)), 0.0)
    mean = sum(amounts) / n
    squares = sum((one - mean) ** 2 for one in amounts) + (n - len(amounts)) * mean * mean
    return Spread(n, mean, squares / (n - 1))


def cap_of(amounts: Sequence[int], n: int) -> int:
    """The 99th percentile (⌈0.99 n⌉-th smallest) of n members of whom all but these spent nothing.

    Where that is 0, because hardly anyone came, the largest amount: nothing is capped then.
    """
    place = ceil(CAP * n) - 1 - (n - len(amounts))
    ordered = sorted(amounts)
    return ordered[place] if 0 <= place < len(ordered) else max(ordered, default=0)


def welch(one: Spread, other: Spread, *, confidence: float = CONFIDENCE) -> Interval:
    """The difference of two means with unequal variances. Source: Welch 1947, Biometrika 34:28."""
    difference = one.mean - other.mean
    if one.n < 2 or other.n < 2:
        return Interval(difference, float("-inf"), float("inf"))
    a, b = one.variance / one.n, other.variance / other.n
    if a + b == 0:
        return Interval(difference, difference, difference)
    freedom = (a + b) ** 2 / (a * a / (one.n - 1) + b * b / (other.n - 1))
    reach = student(freedom, confidence=confidence) * sqrt(a + b)
    return Interval(difference, difference - reach, difference + reach)


def student(freedom: float, *, confidence: float = CONFIDENCE) -> float:
    """The two-sided quantile of Student's t. Source: Abramowitz and Stegun 26.7.5, good to 0.003 from 5 degrees on."""
    z = _z(confidence)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / freedom**power for power, term in enumerate(terms, 1))


# --- before sending --------------------------------------------------------------------------------


def needed(base: float, raised: float, *, ratio: float = 1.0) -> int:
    """How many an arm needs to see a rate rise from base to raised with 80 % power; the other has `ratio` times that.

    Source: Fleiss, Levin and Paik 2003, Statistical Methods for Rates and Proportions, 4.14 and 4.19, without the
    correction for continuity. From 10 % to 15 % with equal arms: 686.
    """
    pooled = (base + ratio * raised) / (1 + ratio)
    z_a, z_b = _z(CONFIDENCE), NormalDist().inv_cdf(POWER)
    root = z_a * sqrt((ratio + 1) * pooled * (1 - pooled)) + z_b * sqrt(
        ratio * base * (1 - base) + raised * (1 - raised)
    )
    return ceil(root * root / (ratio * (raised - base) ** 2))


def detectable(base: float, held: int, written: int) -> float | None:
    """The rate that `written` members must reach so that a hold-out of `held` shows it; None if none would do."""
    if held < 2 or written < 2:
        return None
    low, high = base, 1.0
    if needed(base, high, ratio=written / held) > held:
        return None
    for _ in range(40):
        middle = (low + high) / 2
        enough = middle > base and needed(base, middle, ratio=written / held) <= held
        low, high = (low, middle) if enough else (middle, high)
    return high


def holdout_of(audience: int, wanted_bp: int | None) -> int:
    """How many of an audience get nothing: what the owner wants, else 20 %, of fewer than 1,000 the half.

    So never under 50, unless the owner says so or half of the audience is fewer.
    """
    if wanted_bp is not None:
        return audience * wanted_bp // 10_000
    return audience // 2 if audience < 1_000 else audience // 5


# --- in whole numbers, for reports -----------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """A difference with its interval in whole units: basis points for rates, cents for money a member."""

    difference: int
    low: int
    high: int
    is_proof: bool


def whole(found: Interval, *, unit: int = 1) -> Difference | None:
    """An interval in units of 1/unit; None where there is too little to tell."""
    if found.high == float("inf"):
        return None
    low, high = round(found.low * unit), round(found.high * unit)
    return Difference(round(found.difference * unit), low, high, found.is_proof)


def rate_bp(count: int, of: int) -> int:
    """A rate in basis points; 0 of nobody."""
    return round(10_000 * count / of) if of else 0


def detectable_bp(count: int, of: int, *, held: int, written: int) -> int | None:
    """The rate in basis points that would be seen, when `count` of `of` came before; None if none would be."""
    found = detectable(count / of, held, written) if count < of else None
    return None if found is None else round(found * 10_000)
