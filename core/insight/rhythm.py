"""How often a member usually comes, and when a silence is long enough to worry.

Members are put in classes by their shrunk usual interval; each class learns from the shop's own visits after
how many days 90 % and 95 % of those who return have returned (Kaplan & Meier 1958, JASA 53, 457-481; open
silences censored).
"""

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.insight.bfgs import Floats

Ints = NDArray[np.integer[Any]]
State = Literal["new", "on time", "due", "warning", "lost"]
Source = Literal["own", "neighbour", "shop"]

STATES: tuple[State, ...] = ("new", "on time", "due", "warning", "lost")
CLASS_STARTS = (4, 8, 15, 31, 61)
"""Usual days from which the second to the sixth class start: < 4, 4-7, 8-14, 15-30, 31-60, > 60."""

HORIZON_DAYS = 120
"""A silence this long ends an episode without a return."""

LEAST_EPISODES = 60
LEAST_RETURNS = 30
LEAST_GAPS = 2
SHOP_GAPS = 2
_CHUNK_CELLS = 1_000_000


@dataclass(frozen=True)
class Line:
    """Days by which 10, 90 and 95 % of those who return have returned, and where they were learned."""

    early_days: int
    warning_days: int
    back_days: int
    source: Source
    episodes: int
    returns: int

    @property
    def lost_days(self) -> int:
        """Silence beyond which a member counts as lost: twice the 95 % line."""
        return 2 * self.back_days


@dataclass(frozen=True)
class Rhythm:
    """A shop's rhythm: its usual interval (None without any gap) and one line a class.

    lines is empty where even the whole shop has too few episodes; then no member is warned of.
    """

    shop_days: float | None
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Judgement:
    """One member today; None where the shop has nothing to judge by."""

    state: State
    usual_days: float | None
    silent_days: int
    warn_after_days: int | None
    lost_after_days: int | None


@dataclass(frozen=True, eq=False)
class Gaps:
    """Visits turned into gaps: one entry a member, and one entry a gap in the order of members and days.

    gap_count and last_day belong to members; days, place (1 for a member's first gap) and median (of the gaps
    so far) belong to gaps.
    """

    member_ids: Ints
    gap_count: Ints
    last_day: Ints
    days: Ints
    place: Ints
    median: Floats


@dataclass(frozen=True, eq=False)
class Judgements:
    """Judgements of many members as arrays: state is a place in STATES, NaN and -1 stand for None."""

    member_ids: Ints
    state: NDArray[np.int8]
    usual_days: Floats
    silent_days: Ints
    warn_after_days: Ints
    lost_after_days: Ints

    def __len__(self) -> int:
        return len(self.member_ids)

    def __getitem__(self, place: int) -> Judgement:
        usual, warn, lost = self.usual_days[place], self.warn_after_days[place], self.lost_after_days[place]
        return Judgement(
            STATES[self.state[place]],
            None if np.isnan(usual) else float(usual),
            int(self.silent_days[place]),
            None if warn < 0 else int(warn),
            None if lost < 0 else int(lost),
        )


def gaps(member_ids: Ints, days: Ints) -> Gaps:
    """Turn visit days (proleptic ordinals) into gaps: one row a member and day, sorted by member, then day.

    Raises ValueError where rows are not sorted or a member's day stands twice.
    """
    same = member_ids[1:] == member_ids[:-1]
    step = np.diff(days)
    if bool(np.any(same & (step <= 0))) or bool(np.any(member_ids[1:] < member_ids[:-1])):
        raise ValueError("visits must be sorted by member, then day, with one row a member and day")
    starts = np.flatnonzero(np.concatenate((np.ones(min(1, len(days)), dtype=bool), ~same)))
    ends = np.append(starts[1:], len(days))[: len(starts)]
    count = ends - starts - 1
    gap_days = step[same]
    first_gap = np.cumsum(count) - count
    place = np.arange(1, len(gap_days) + 1) - np.repeat(first_gap, count)
    median = _running_medians(gap_days, first_gap, count)
    return Gaps(member_ids[starts], count, days[ends - 1], gap_days, place, median)


def usual_days(visits: Gaps, shop_days: float | None) -> Floats:
    """Return each member's usual interval: exp((n·ln own median + 2·ln shop)/(n+2)) with n gaps.

    Without a gap it is the shop's; NaN where the shop has none (shop_days None).
    """
    usual = np.full(len(visits.member_ids), np.nan if shop_days is None else shop_days)
    if shop_days is not None:
        known = visits.gap_count > 0
        last_gap = np.cumsum(visits.gap_count)[known] - 1
        usual[known] = _shrunk(visits.median[last_gap], visits.gap_count[known], shop_days)
    return usual


def learn(visits: Gaps, *, today: int, horizon_days: int = HORIZON_DAYS) -> Rhythm:
    """Learn a shop's rhythm from its visits up to today (ordinal).

    Every visit after at least two gaps starts an episode in the class of the gaps so far; it ends with the
    next visit, or is censored today or after horizon_days. A class with under 60 episodes or 30 returns takes
    the line of its neighbour (the slower first: a late warning harms less than a false one), then of the
    whole shop; lines never fall from class to class.
    Raises ValueError where a visit lies after today.
    """
    if len(visits.last_day) and int(visits.last_day.max()) > today:
        raise ValueError("a visit lies after the day of judgement")
    known = visits.gap_count > 0
    if not known.any():
        return Rhythm(None, ())
    own = visits.median[np.cumsum(visits.gap_count)[known] - 1]
    shop = round(math.exp(float(np.log(own).mean())), 9)
    returned, left = _episodes(visits, shop, today=today, horizon=horizon_days)
    whole = _line(returned.sum(axis=0), left.sum(axis=0), source="shop")
    if whole is None:
        return Rhythm(shop, ())
    own_lines = [_line(returned[row], left[row], source="own") for row in range(len(returned))]
    return Rhythm(shop, _never_falling(_borrowed(own_lines, whole)))


def judge(visits: Gaps, rhythm: Rhythm, *, today: int) -> Judgements:
    """Judge every member today (ordinal) by the shop's rhythm.

    New: one visit, and no longer silent than the shop's usual interval (or nothing to judge by). Due: past
    the usual interval. Warning: past the class's 90 % line. Lost: past twice its 95 % line. On the line is
    not yet past it.
    """
    usual = usual_days(visits, rhythm.shop_days)
    silent = today - visits.last_day
    due = silent > usual
    state = np.where(due, 2, np.where(visits.gap_count == 0, 0, 1))
    warn = lost = np.full(len(usual), -1)
    if rhythm.lines:
        which = rhythm_class(usual)
        warn = np.array([line.warning_days for line in rhythm.lines])[which]
        lost = np.array([line.lost_days for line in rhythm.lines])[which]
        # A first-timer still within the shop's usual interval stays new even where that interval is past a
        # line.
        judged = (visits.gap_count > 0) | due
        state = np.where(judged & (silent > warn), 3, state)
        state = np.where(judged & (silent > lost), 4, state)
    return Judgements(visits.member_ids, state.astype(np.int8), usual, silent, warn, lost)


def rhythm_class(usual: Floats) -> Ints:
    """Return the class, 0 to 5, of usual intervals in days."""
    return np.searchsorted(np.array(CLASS_STARTS), usual, side="right")


def _shrunk(median: Floats, count: Ints, shop_days: float) -> Floats:
    logs = (count * np.log(median) + SHOP_GAPS * math.log(shop_days)) / (count + SHOP_GAPS)
    # exp(ln 7) falls just short of 7; unrounded, a member on the seventh day would be past a week.
    shrunk: Floats = np.round(np.exp(logs), 9)
    return shrunk


def _episodes(visits: Gaps, shop: float, *, today: int, horizon: int) -> tuple[Floats, Floats]:
    """Count episodes by class (row) and days (column): those that returned, and those that did not."""
    usual = _shrunk(visits.median, visits.place, shop)
    last_gap = np.cumsum(visits.gap_count)[visits.gap_count > 0] - 1
    length = np.empty(len(visits.days), dtype=np.int64)
    length[:-1] = visits.days[1:]
    length[last_gap] = today - visits.last_day[visits.gap_count > 0]
    returned = length <= horizon
    returned[last_gap] = False
    used = visits.place >= LEAST_GAPS
    cell = rhythm_class(usual) * (horizon + 1) + np.minimum(length, horizon)
    shape = (len(CLASS_STARTS) + 1, horizon + 1)
    size = shape[0] * shape[1]
    back = np.bincount(cell[used & returned], minlength=size).reshape(shape)
    left = np.bincount(cell[used & ~returned], minlength=size).reshape(shape)
    return back.astype(np.float64), left.astype(np.float64)


def returned_by(returned: Floats, left: Floats) -> Floats:
    """Return the Kaplan–Meier share returned by each day, from counts of returns and censored ends by day.

    Who is censored on a day still counts as at risk on it. Days with nobody at risk keep the share before.
    """
    ends = returned + left
    at_risk = np.cumsum(ends[::-1])[::-1]
    share: Floats = 1 - np.cumprod(1 - returned / np.maximum(at_risk, 1))
    return share


def _line(returned: Floats, left: Floats, *, source: Source) -> Line | None:
    episodes, returns = int(returned.sum() + left.sum()), int(returned.sum())
    if episodes < LEAST_EPISODES or returns < LEAST_RETURNS:
        return None
    share = returned_by(returned, left)
    # A hair below the share asked for, so that rounding in the product cannot push a line one day on.
    early, warning, back = (
        int(np.searchsorted(share, part * share[-1] - 1e-12, side="left")) for part in (0.10, 0.90, 0.95)
    )
    return Line(early, warning, back, source, episodes, returns)


def _borrowed(own: list[Line | None], whole: Line) -> list[Line]:
    lines = []
    for place, line in enumerate(own):
        slower = own[place + 1] if place + 1 < len(own) else None
        neighbour = slower or (own[place - 1] if place > 0 else None)
        lent = None if neighbour is None else _with(neighbour, source="neighbour", least=None)
        lines.append(line or lent or whole)
    return lines


def _never_falling(lines: list[Line]) -> tuple[Line, ...]:
    raised: list[Line] = []
    for line in lines:
        raised.append(_with(line, source=line.source, least=raised[-1] if raised else None))
    return tuple(raised)


def _with(line: Line, *, source: Source, least: Line | None) -> Line:
    early, warning, back = (0, 0, 0) if least is None else (least.early_days, least.warning_days, least.back_days)
    return Line(
        max(line.early_days, early),
        max(line.warning_days, warning),
        max(line.back_days, back),
        source,
        line.episodes,
        line.returns,
    )


def _running_medians(gap_days: Ints, first_gap: Ints, count: Ints) -> Floats:
    """Return, for every gap, the median of the member's gaps up to and with it."""
    medians = np.empty(len(gap_days))
    members = np.argsort(-count, kind="stable")
    members = members[: int((count > 0).sum())]
    at = 0
    while at < len(members):
        width = int(count[members[at]])
        rows = members[at : at + max(1, _CHUNK_CELLS // width)]
        _fill_medians(medians, gap_days, first_gap[rows], count[rows])
        at += len(rows)
    return medians


def _fill_medians(medians: Floats, gap_days: Ints, first_gap: Ints, count: Ints) -> None:
    """Insert one gap after the other into every member's sorted row; members come longest first."""
    highest = np.iinfo(np.int32).max
    # One row a place and one column a member, so that the members still going are a contiguous slice.
    rows = np.full((int(count[0]) + 1, len(count)), highest, dtype=np.int32)
    rows[0] = 0
    going = len(count) - np.searchsorted(count[::-1], np.arange(1, int(count[0]) + 1), side="left")
    for place in range(1, int(count[0]) + 1):
        still = int(going[place - 1])
        at = first_gap[:still] + place - 1
        new = gap_days[at].astype(np.int32)
        # The i-th smallest becomes min(i-th, max((i-1)-th, new)).
        block = rows[: place + 1, :still]
        block[1:] = np.minimum(block[1:], np.maximum(block[:-1], new))
        low, high = rows[(place + 1) // 2, :still], rows[place // 2 + 1, :still]
        medians[at] = (low.astype(np.float64) + high) / 2
