"""The season: how many of those expected a year ago in the same weeks really came."""

import numpy as np

from core.insight import churn, visiting
from core.insight.visiting import Visits

YEAR_DAYS = 364
"""52 weeks, so that the window has the same weekdays."""

LEAST, MOST = 0.5, 2.0
LEAST_EXPECTED = 20.0


def factor(visits: Visits, *, today: int, horizon_days: int) -> float | None:
    """Real visitors of last year's window by those forecast then, between 0.5 and 2.

    None before a year of history and twice the horizon, with under 50 repeat members then, or with fewer than
    20 visitors expected. Only visits up to today are looked at.
    """
    then = today - YEAR_DAYS
    past = visiting.at(visits, then)
    if horizon_days > YEAR_DAYS or not len(past) or then - int(past.first_day.min()) < 2 * horizon_days:
        return None
    if int((past.visits > 1).sum()) < churn.LEAST_REPEAT_MEMBERS:
        return None
    model = churn.fit(past.histories, model="mbgnbd")
    if model is None:
        return None
    expected = float(churn.p_visit(model, past.histories, days=horizon_days).sum())
    if expected < LEAST_EXPECTED:
        return None
    came = int(visiting.came(past, visiting.until(visits, today), days=horizon_days).sum())
    return float(np.clip(came / expected, LEAST, MOST))
