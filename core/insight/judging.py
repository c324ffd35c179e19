"""The night's judgement of every member, from visits alone: state, rhythm, scores, group, chance, worth, next visit.

Levels: L0 under 50 repeat members or twice the horizon of history (the owner's days, no chance told), L1 rhythm
classes and MBG/NBD, L2 the challenger's chances where it won the last closed window.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.insight import challenger, churn, rfm, rhythm, spend, visiting
from core.insight.bfgs import Floats
from core.insight.churn import ChurnFit, Histories
from core.insight.rhythm import Gaps, Judgements, Rhythm
from core.insight.visiting import Ints, Members, Visits

Level = Literal["L0", "L1", "L2"]

YEAR_DAYS = 365
BEFORE_DAYS = 30
_WARNING = rhythm.STATES.index("warning")
_DUE = rhythm.STATES.index("due")


@dataclass(frozen=True)
class Terms:
    """The shop's settings: the horizon; from how many days silence warns without rhythms; whether rhythms are used.

    challenger: whether it beat L1 on the last closed window. season: last year's ratio for forecasts, 1 without.
    lines: the owner's between the four groups.
    """

    horizon_days: int = 30
    silent_days: int = 60
    by_rhythm: bool = True
    challenger: bool = False
    season: float = 1.0
    lines: rfm.Lines = rfm.MEDIANS


@dataclass(frozen=True, eq=False)
class Judged:
    """One entry a member, in the order of their ids. NaN and -1 stand for "cannot be told".

    still_active_shown: False where the fit collapsed. Where it found that nobody ever leaves, no chance is told of
    members past a line of their rhythm.

    state: place in rhythm.STATES; rhythm_class: -1 without a gap in the shop; group: place in rfm.GROUPS;
    chance: of a visit within the horizon, and `chance_before` as of 30 days ago by the same fit; expected_cents:
    spend in the horizon while still coming, with the season; loss_cents: (1 − chance) × that without the season;
    value_cents: of 12 months. next_from, next_day, next_to: ordinals.
    """

    level: Level
    by_rhythm: bool
    still_active_shown: bool
    members: Members
    state: Ints
    rhythm_class: Ints
    usual_days: Floats
    warn_days: Ints
    lost_days: Ints
    scores: rfm.Scores
    group: Ints
    chance: Floats
    chance_before: Floats
    expected_cents: Ints
    loss_cents: Ints
    value_cents: Ints
    next_from: Ints
    next_day: Ints
    next_to: Ints

    def __len__(self) -> int:
        return len(self.members)


@dataclass(frozen=True, eq=False)
class _Forecast:
    chance: Floats
    before: Floats
    expected: Floats
    value: Floats


def judge(visits: Visits, *, today: int, terms: Terms) -> Judged:
    """Judge every member with a visit up to today (ordinal); what comes later has no influence."""
    known = visiting.until(visits, today)
    members = visiting.at(known, today)
    gaps = rhythm.gaps(known.member_ids, known.days)
    learned = rhythm.learn(gaps, today=today)
    base = level_of(members, terms.horizon_days)
    fitted = churn.fit(members.histories, model="mbgnbd") if base != "L0" else None
    learns = fitted is not None and terms.challenger
    rival = rival_of(known, today, terms.horizon_days) if learns else None
    by_rhythm = terms.by_rhythm and base != "L0" and bool(learned.lines)
    judged = _states(rhythm.judge(gaps, learned, today=today), terms, by_rhythm=by_rhythm)
    forecast = _forecast(known, members, fitted, rival, terms)
    chance = np.nan_to_num(forecast.chance, nan=0.0)
    shown = fitted is not None and fitted.still_active_shown
    # A fit in which nobody ever leaves has nothing to say of whoever is silent out of rhythm.
    blind = fitted is not None and rival is None and not fitted.leaving_seen
    silent = (judged.state >= _WARNING) & blind
    return Judged(
        "L2" if rival is not None else base,
        by_rhythm,
        shown,
        members,
        judged.state,
        rhythm.rhythm_class(judged.usual_days) if learned.shop_days is not None else np.full(len(members), -1),
        judged.usual_days,
        judged.warn_after_days,
        judged.lost_after_days,
        rfm.scores(members.silent_days, members.visits, members.cents),
        _groups(members, learned, terms),
        np.where(silent, np.nan, forecast.chance),
        forecast.before,
        _whole(forecast.expected * terms.season),
        _whole(forecast.expected * (1 - chance)),
        np.where(np.isnan(forecast.value), -1, _whole(np.nan_to_num(forecast.value))),
        *_next_visit(members, gaps, learned, judged, by_rhythm=by_rhythm),
    )


def level_of(members: Members, horizon_days: int) -> Level:
    """L0 or L1, by how much the members have been seen."""
    if not len(members):
        return "L0"
    history = int(members.last_day.max() - members.first_day.min())
    repeat = int((members.visits > 1).sum())
    return churn.level(repeat_members=repeat, history_days=history, horizon_days=horizon_days)


def rival_of(known: Visits, today: int, horizon_days: int) -> challenger.Fit | None:
    """The challenger, learned from the window that ended today."""
    earlier = visiting.at(known, today - horizon_days)
    return challenger.fit(earlier, visiting.came(earlier, known, days=horizon_days))


def _states(judged: Judgements, terms: Terms, *, by_rhythm: bool) -> Judgements:
    """By the rhythm's lines as they are; else a warning past the owner's days, and nobody is lost."""
    if by_rhythm:
        return judged
    late = judged.silent_days > terms.silent_days
    state = np.where(late, _WARNING, np.minimum(judged.state, _DUE)).astype(np.int8)
    size = len(judged)
    warn, lost = np.full(size, terms.silent_days), np.full(size, -1)
    return Judgements(judged.member_ids, state, judged.usual_days, judged.silent_days, warn, lost)


def _groups(members: Members, learned: Rhythm, terms: Terms) -> Ints:
    lines = rfm.shop_lines(members.visits, members.cents, terms.lines)
    new_days = learned.shop_days if learned.shop_days is not None else terms.horizon_days
    age = members.today - members.first_day
    return rfm.groups(members.visits, members.cents, age, lines=lines, new_days=new_days)


def _forecast(
    known: Visits, members: Members, fitted: ChurnFit | None, rival: challenger.Fit | None, terms: Terms
) -> _Forecast:
    basket = _basket(members, shrunk=fitted is not None)
    unknown = np.full(len(members), np.nan)
    if fitted is None:
        # At their own pace up to the last visit; who came once is taken to come once in the horizon.
        span = np.maximum(members.last_day - members.first_day, terms.horizon_days)
        paced = np.maximum(members.visits - 1, 1) * terms.horizon_days / span
        return _Forecast(unknown, unknown, basket * paced, unknown)
    histories, earlier = members.histories, visiting.at(known, members.today - BEFORE_DAYS)
    before = unknown.copy()
    place = np.searchsorted(members.member_ids, earlier.member_ids)
    before[place] = chances(fitted, rival, earlier, terms.horizon_days)
    # The pace while they still came: as if judged on the day of the last visit.
    then = Histories(histories.repeats, histories.last_days, histories.last_days)
    paced = churn.visits_if_active(fitted, then, days=terms.horizon_days)
    value = churn.expected_visits(fitted, histories, days=YEAR_DAYS) * basket
    return _Forecast(chances(fitted, rival, members, terms.horizon_days), before, basket * paced, value)


def chances(fitted: ChurnFit, rival: challenger.Fit | None, members: Members, horizon_days: int) -> Floats:
    """Each member's chance of a visit within the horizon, by the challenger where there is one."""
    if rival is not None:
        found = challenger.chance(rival, members)
    else:
        found = churn.p_visit(fitted, members.histories, days=horizon_days)
    limited: Floats = np.clip(found, 0.0, 1.0)
    return limited


def _basket(members: Members, *, shrunk: bool) -> Floats:
    """What a visit brings in cents: the member's own mean drawn towards the shop's where it can be learned."""
    repeats = members.visits - 1
    own = members.cents / np.maximum(members.visits, 1)
    if not shrunk:
        return own
    mean = np.where(repeats > 0, members.repeat_cents / np.maximum(repeats, 1), 0.0)
    fitted = spend.fit(repeats, mean)
    return own if fitted is None else spend.conditional_mean(fitted, repeats, mean)


def _next_visit(
    members: Members, gaps: Gaps, learned: Rhythm, judged: Judgements, *, by_rhythm: bool
) -> tuple[Ints, Ints, Ints]:
    """The days between which 10 to 90 % of those with this rhythm come again, the shrunk median in between.

    -1 for whoever came once, is past that range, or where the shop knows no rhythms. Never a day gone by.
    """
    if not by_rhythm:
        none = np.full(len(members), -1)
        return none, none, none
    which = rhythm.rhythm_class(judged.usual_days)
    early = members.last_day + np.array([line.early_days for line in learned.lines])[which]
    late = members.last_day + np.array([line.warning_days for line in learned.lines])[which]
    likely = members.last_day + np.rint(judged.usual_days).astype(np.int64)
    told = (gaps.gap_count > 0) & (late > members.today)
    low = np.maximum(early, members.today + 1)
    middle = np.clip(likely, low, np.maximum(late, low))
    return np.where(told, low, -1), np.where(told, middle, -1), np.where(told, late, -1)


def _whole(values: Floats) -> Ints:
    whole: Ints = np.rint(np.clip(values, 0, 2.0**52)).astype(np.int64)
    return whole
