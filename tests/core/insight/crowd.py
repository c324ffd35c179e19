"""A made-up shop's visits, the same each time: regular comers of many rhythms, some of whom leave."""

import numpy as np

from core.insight import visiting
from core.insight.visiting import Visits

TODAY = 739_000


def crowd(members: int, *, days: int = 500, seed: int = 5, today: int = TODAY) -> Visits:
    """Members who joined over `days`, with their own pace and a chance to leave at every visit."""
    draw = np.random.default_rng(seed)
    ids, seen, cents = [], [], []
    for number in range(1, members + 1):
        pace, day = float(draw.choice([6, 10, 18, 30])), today - days + int(draw.integers(0, days - 30))
        basket, leaves = float(draw.gamma(6, 500)), draw.beta(1, 12)
        while day <= today:
            ids.append(number)
            seen.append(day)
            cents.append(max(100, int(basket * draw.uniform(0.6, 1.4))))
            if draw.random() < leaves:
                break
            day += max(1, round(draw.gamma(3, pace / 3)))
    return visiting.ordered(np.array(ids), np.array(seen), np.array(cents))
