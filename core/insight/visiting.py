"""The shop's visits as arrays, and what they say of each member at the end of a day; nothing later has influence."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.insight.churn import Histories

Ints = NDArray[np.integer[Any]]
Bools = NDArray[np.bool_]

RECENT_DAYS = 90


@dataclass(frozen=True, eq=False)
class Visits:
    """Visits sorted by member, then day (ordinals), one row a member and day; amounts in cents, above 0."""

    member_ids: Ints
    days: Ints
    cents: Ints

    def __len__(self) -> int:
        return len(self.member_ids)


@dataclass(frozen=True, eq=False)
class Members:
    """One entry a member known by the end of a day; recent: visits within 90 days.

    repeat_cents: what the visits after the first brought.
    """

    today: int
    member_ids: Ints
    visits: Ints
    first_day: Ints
    last_day: Ints
    cents: Ints
    repeat_cents: Ints
    recent: Ints

    def __len__(self) -> int:
        return len(self.member_ids)

    @property
    def silent_days(self) -> Ints:
        """Days since the last visit."""
        silent: Ints = self.today - self.last_day
        return silent

    @property
    def histories(self) -> Histories:
        """What the models of visits are fitted to."""
        return Histories(self.visits - 1, self.last_day - self.first_day, self.today - self.first_day)


def ordered(member_ids: Ints, days: Ints, cents: Ints) -> Visits:
    """Bring rows in any order into shape: amounts of a member's day are summed, days of 0 or less left out."""
    order = np.lexsort((days, member_ids))
    member_ids, days, cents = member_ids[order], days[order], cents[order]
    if len(days):
        new = np.concatenate(([True], (member_ids[1:] != member_ids[:-1]) | (days[1:] != days[:-1])))
        starts = np.flatnonzero(new)
        member_ids, days, cents = member_ids[starts], days[starts], np.add.reduceat(cents, starts)
    paid = cents > 0
    return Visits(member_ids[paid], days[paid], cents[paid])


def until(visits: Visits, day: int) -> Visits:
    """The visits up to and with a day."""
    kept = visits.days <= day
    return visits if bool(kept.all()) else Visits(visits.member_ids[kept], visits.days[kept], visits.cents[kept])


def at(visits: Visits, today: int) -> Members:
    """What is known of each member at the end of a day."""
    known = until(visits, today)
    if not len(known):
        none = np.empty(0, dtype=np.int64)
        return Members(today, none, none, none, none, none, none, none)
    starts = np.flatnonzero(np.concatenate(([True], known.member_ids[1:] != known.member_ids[:-1])))
    ends = np.append(starts[1:], len(known)) - 1
    cents = np.add.reduceat(known.cents, starts)
    recent = np.add.reduceat((known.days > today - RECENT_DAYS).astype(np.int64), starts)
    return Members(
        today, known.member_ids[starts], ends - starts + 1, known.days[starts], known.days[ends], cents,
        cents - known.cents[starts], recent,
    )  # fmt: skip


def came(members: Members, visits: Visits, *, days: int) -> Bools:
    """Whether each member came in so many days after the day they are seen at."""
    inside = (visits.days > members.today) & (visits.days <= members.today + days)
    found = np.zeros(len(members), dtype=bool)
    ids = visits.member_ids[inside]
    place = np.searchsorted(members.member_ids, ids)
    known = place < len(members)
    place, ids = place[known], ids[known]
    found[place[members.member_ids[place] == ids]] = True
    return found
