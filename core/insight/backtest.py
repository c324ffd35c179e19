"""The back-test: at the end of each month gone by, what the list would have said, and what then happened.

Everything of a row is learned from visits up to its day; the window after it is only counted.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from core.base import clock, db
from core.base.access import Actor, require
from core.base.clock import Millis
from core.books import audit, rules
from core.insight import churn, judging, measures, months, profiles, rfm, season, visit_days, visiting
from core.insight.months import Month
from core.insight.visiting import Visits

MONTHS = 12
"""So many months back a first run looks."""


@dataclass(frozen=True)
class Tested:
    """What a run did."""

    months: int

    def __str__(self) -> str:
        return f"{self.months} months tested"


def test(visits: Visits, *, day: int, horizon_days: int, challenger_used: bool = False) -> Month | None:
    """Judge a shop as it was on a day, and count what came; None without members then.

    challenger_used: the challenger had won the window before, so the list would have been in its order.
    """
    known = visiting.until(visits, day)
    members = visiting.at(known, day)
    if not len(members):
        return None
    came = visiting.came(members, visits, days=horizon_days)
    left = ~came
    base = judging.level_of(members, horizon_days)
    fitted = churn.fit(members.histories, model="mbgnbd") if base != "L0" else None
    mbg = None if fitted is None else judging.chances(fitted, None, members, horizon_days)
    rival = None if fitted is None else judging.rival_of(known, day, horizon_days)
    lr = None if fitted is None or rival is None else judging.chances(fitted, rival, members, horizon_days)
    rfm_order = -rfm.percentile_sum(members.silent_days, members.visits, members.cents)
    used = lr if challenger_used and lr is not None else mbg
    season_factor = None if used is None else season.factor(known, today=day, horizon_days=horizon_days)
    return Month(
        day, horizon_days, len(members), "L0" if used is None else "L2" if used is lr else "L1",
        _bp(measures.auc(members.silent_days, left)),
        _bp(measures.auc(rfm_order, left)),
        None if mbg is None else _bp(measures.auc(-mbg, left)),
        None if lr is None else _bp(measures.auc(-lr, left)),
        None if mbg is None else _bp(measures.brier(mbg, came)),
        None if lr is None else _bp(measures.brier(lr, came)),
        _bp(measures.first_half(rfm_order if used is None else -used, left)),
        None if used is None else round(float(used.sum()) * (season_factor or 1.0)),
        int(came.sum()),
        _bp(season_factor),
    )  # fmt: skip


def _bp(share: float | None) -> int | None:
    return None if share is None else profiles.bp(share)


def month_ends(today: date, horizon_days: int, count: int = MONTHS) -> list[int]:
    """The last days (ordinals) of the months whose window is over, the oldest first."""
    ends: list[int] = []
    first = today.replace(day=1)
    while len(ends) < count and first.year > 1:
        end = first - timedelta(days=1)
        if end.toordinal() + horizon_days < today.toordinal():
            ends.append(end.toordinal())
        first = end.replace(day=1)
    return ends[::-1]


def run(*, by: Actor, now: Millis) -> Tested:
    """Write the rows of closed months that are not there yet. Raises: NotAllowed."""
    require(by, "churn")
    shop = rules.current(now=now)
    today, horizon = clock.day_of(now, shop.zone), shop.churn_horizon_days
    there = {month.day: month for month in months.stored(horizon)}
    missing = [day for day in month_ends(today, horizon) if day not in there]
    if not missing:
        return Tested(0)
    seen = visit_days.read(today)
    written = 0
    for day in missing:
        before = there.get((date.fromordinal(day).replace(day=1) - timedelta(days=1)).toordinal())
        won = before is not None and before.challenger_won
        month = test(seen, day=day, horizon_days=horizon, challenger_used=won)
        if month is not None:
            there[day] = month
            _write(month, by=by, now=now)
            written += 1
    return Tested(written)


@db.atomic
def _write(month: Month, *, by: Actor, now: Millis) -> None:
    values = {name: getattr(month, name) for name in months.COLUMNS}
    db.add("backtest", **values, at=now)
    after = {"expected": month.expected_visitors, "visitors": month.visitors, "level": month.level}
    audit.record("churn.tested", "backtest", month.day, by=by, now=now, after=after)
