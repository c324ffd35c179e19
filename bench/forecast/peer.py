"""lifetimes 0.11.3 on the same members: `python peer.py FILE.npz DAYS` prints JSON. Imports nothing of ours."""

import json
import sys
import time

import lifetimes
import numpy as np


def main(path: str, days: str) -> None:
    """Fit MBG/NBD and gamma-gamma, and say each member's visits and spend of the days to come."""
    data = np.load(path)
    frequency, recency, age = data["repeats"], data["last_days"] / 7, data["age_days"] / 7
    spend, came_again = data["spend"], data["repeats"] > 0
    start = time.process_time()
    model = lifetimes.ModifiedBetaGeoFitter(penalizer_coef=0.0)
    model.fit(frequency, recency, age)
    money = lifetimes.GammaGammaFitter(penalizer_coef=0.0)
    money.fit(frequency[came_again], spend[came_again])
    fitted = time.process_time() - start
    visits = model.conditional_expected_number_of_purchases_up_to_time(int(days) / 7, frequency, recency, age)
    expected = visits * money.conditional_expected_average_profit(frequency, spend)
    used = time.process_time() - start
    parameters = [float(model.params_[name]) for name in ("r", "alpha", "a", "b")]
    total = float(np.nansum(np.asarray(expected)[came_again]))
    print(json.dumps({"fit_s": fitted, "score_s": used - fitted, "parameters": parameters, "spend": total}))


if __name__ == "__main__":
    main(*sys.argv[1:])
