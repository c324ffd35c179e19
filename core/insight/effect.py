"""What a campaign brought: rates and spend of those written to against those held out, each with its interval.

Plain functions over counts and amounts. Intention to treat: everyone counts in the group they were drawn for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from statistics import NormalDist

CONFIDENCE, POWER = 0.95, 0.80
CAP = 0.99
"""Spend above that of this share of those who spent is counted as that much: one wedding does not decide a campaign."""
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


def wilson(count: float, of: float, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
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


def cap_of(amounts: Sequence[int]) -> int:
    """The 99th percentile (⌈0.99 n⌉-th smallest) of what those who came spent; 0 if nobody did.

    Not of all members: where 5 % come, that would cut a fifth of all baskets, and the interval would miss the truth.
    """
    return sorted(amounts)[ceil(CAP * len(amounts)) - 1] if amounts else 0


def welch(one: Spread, other: Spread, *, confidence: float = CONFIDENCE) -> Interval:
    """The difference of two means with unequal variances. Source: Welch 1947, Biometrika 34:28."""
    return weighted_welch([(1.0, one, other)], confidence=confidence)


def weighted_welch(strata: Sequence[tuple[float, Spread, Spread]], *, confidence: float = CONFIDENCE) -> Interval:
    """The mean of differences of two means, each with its weight, by Welch's degrees of freedom over all of them.

    Without bounds where a side has fewer than two, or where nothing varies, as when nobody came.
    """
    difference = sum(weight * (one.mean - other.mean) for weight, one, other in strata)
    parts = [(weight * weight * side.variance / side.n, side.n) for weight, *sides in strata for side in sides]
    variance = sum(part for part, _ in parts)
    if variance == 0 or any(one.n < 2 or other.n < 2 for _, one, other in strata):
        return Interval(difference, float("-inf"), float("inf"))
    freedom = variance**2 / sum(part * part / (n - 1) for part, n in parts)
    reach = student(freedom, confidence=confidence) * sqrt(variance)
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


# --- cost and return ---------------------------------------------------------------------------------


def cost_each(cost_cents: int, written: int, found: Interval) -> tuple[float, float, float] | None:
    """What one more member who came cost: at the difference found, and from its upper to its lower end.

    None where the interval does not lie above 0: then it is not known that anyone came for it.
    """
    if written < 1 or found.low <= 0:
        return None
    each = [cost_cents / (written * share) for share in (found.difference, found.high, found.low)]
    return each[0], each[1], each[2]


def return_bp(return_cents: int, cost_cents: int) -> int | None:
    """What is left for each unit of cost, in basis points; None where nothing was spent."""
    return round(10_000 * return_cents / cost_cents) if cost_cents else None


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


def audience_for(base: float, rise: float, *, held_share: float) -> int | None:
    """How many members in all, so large a share of them held out, to see a rate rise by so much; None if never."""
    if not 0 < held_share < 1 or rise <= 0 or base + rise > 1:
        return None
    ratio = (1 - held_share) / held_share
    held = needed(base, base + rise, ratio=ratio)
    return held + ceil(held * ratio)


def needed_bp(base_bp: int, rise_bp: int, *, held: int, of: int) -> int | None:
    """The same in basis points, when so many of an audience are held out."""
    return audience_for(base_bp / 10_000, rise_bp / 10_000, held_share=held / of) if of else None


def detectable_bp(count: int, of: int, *, held: int, written: int) -> int | None:
    """The rate in basis points that would be seen, when `count` of `of` came before; None if none would be."""
    found = detectable(count / of, held, written) if count < of else None
    return None if found is None else round(found * 10_000)
