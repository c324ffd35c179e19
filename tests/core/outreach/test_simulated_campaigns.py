"""Simulated campaigns whose truth is known: the intervals hold it as often as they say."""

from dataclasses import dataclass

import numpy as np
import pytest

from core.insight import effect, strata
from core.insight.strata import Seen
from core.outreach.campaigns import audience
from core.outreach.campaigns.audience import HELD_OUT, Candidate

BASKET = 3000
SHAPE = 0.7
"""Of the gamma distribution of how often members come: most seldom, some often."""


@dataclass
class Truth:
    """Visits become `lift` times as many, of members who come `base` times in the mean, with skewed baskets."""

    members: int
    base: float
    lift: float
    skew: float

    @property
    def rate(self) -> float:
        """How many more come: of the negative binomial distribution that gamma and Poisson make."""
        return float((1 + self.base / SHAPE) ** -SHAPE - (1 + self.base * self.lift / SHAPE) ** -SHAPE)

    @property
    def cents(self) -> float:
        """How much more a member spends, without any cap."""
        return self.base * (self.lift - 1) * BASKET


def simulated(truth: Truth, chance: np.random.Generator) -> list[Seen]:
    """Members drawn as a campaign draws them, and what they spend before and afterwards."""
    often = chance.gamma(SHAPE, truth.base / SHAPE, truth.members)
    basket = BASKET * np.exp(chance.normal(-(truth.skew**2) / 2, truth.skew, truth.members))

    def spends(times: np.ndarray) -> list[int]:
        noise = np.exp(chance.normal(-0.125, 0.5, truth.members))
        return [int(cents) for cents in np.rint(chance.poisson(times) * basket * noise)]

    earlier, before = spends(often * 6), spends(often)
    people = [Candidate(id, "", "", "", "", earlier[id], earlier[id] // BASKET, None, before[id])
              for id in range(truth.members)]  # fmt: skip
    stratum_of = audience.strata(people)
    held = effect.holdout_of(truth.members, None)
    arms = audience.allot(stratum_of, held=held, salt=str(chance.integers(2**40)), two_wordings=False)
    is_written = np.array([arms[id] != HELD_OUT for id in range(truth.members)])
    after = spends(np.where(is_written, often * truth.lift, often))
    return [Seen(bool(is_written[id]), stratum_of[id], before[id], after[id]) for id in range(truth.members)]


def covered(campaigns: int, sizes: list[int], seed: int) -> dict[str, float]:
    """How often the intervals that tell anything hold the truth; how wide that of spending is beside the plain one."""
    chance = np.random.default_rng(seed)
    held: dict[str, list[bool]] = {"rate": [], "spent": [], "plain": []}
    widths = []
    for _ in range(campaigns):
        truth = Truth(int(chance.choice(sizes)), float(chance.choice([0.05, 0.15, 0.4, 1.0])),
                      float(chance.choice([1.0, 1.2, 1.5])), float(chance.choice([0.4, 0.8])))  # fmt: skip
        seen = strata.fitting(simulated(truth, chance))
        rate, spent = strata.rates(strata.counted(seen).values()), strata.spending(seen)
        held["rate"].append(rate.low <= truth.rate <= rate.high)
        if effect.whole(spent.plain) is not None:
            held["spent"].append(spent.found.low <= truth.cents <= spent.found.high)
            held["plain"].append(spent.plain.low <= truth.cents <= spent.plain.high)
            widths.append((spent.found.high - spent.found.low) / (spent.plain.high - spent.plain.low))
    return {name: float(np.mean(found)) for name, found in (held | {"width": widths}).items()}


def test_of_400_simulated_campaigns_as_many_intervals_hold_the_truth_as_chance_allows() -> None:
    found = covered(400, [120, 300, 600, 1000], seed=3)
    # 95 % of 400, give or take three standard errors of 1.1 points
    assert all(0.917 <= found[name] <= 0.983 for name in ("rate", "spent", "plain")), found
    assert found["width"] < 0.95


@pytest.mark.long
def test_of_2000_simulated_campaigns_93_to_97_percent_of_the_intervals_hold_the_truth() -> None:
    found = covered(2000, [120, 300, 600, 1200, 2500], seed=2013)
    assert all(0.93 <= found[name] <= 0.97 for name in ("rate", "spent", "plain")), found
    assert found["width"] < 0.95
