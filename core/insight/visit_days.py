"""Reading the shop's visits from the books into arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

import numpy as np

from core.base import db
from core.insight.visiting import Ints, Visits

CHUNK = 50_000
WEEK = 7


def read(today: date) -> Visits:
    """All visits of active members up to a day, in keyset chunks so that no reader holds the log for long."""
    chunks, last = [], (0, 0)
    while True:
        with db.read():
            found = db.rows(
                "SELECT d.member_id, d.day, d.net_cents FROM member_day d JOIN member m ON m.id = d.member_id"
                " WHERE (d.member_id, d.day) > (?, ?) AND d.net_cents > 0 AND d.day <= ? AND m.state = 'active'"
                " ORDER BY d.member_id, d.day LIMIT ?",
                (*last, today.toordinal(), CHUNK),
            )
        if found:
            chunks.append(np.array(found, dtype=np.int64))
            last = (found[-1][0], found[-1][1])
        if len(found) < CHUNK:
            break
    table = np.concatenate(chunks) if chunks else np.zeros((0, 3), dtype=np.int64)
    # Columns of their own: a view of the table would be walked with gaps, and keep it all in memory.
    return Visits(table[:, 0].copy(), table[:, 1].astype(np.int32), table[:, 2].copy())


WEEK = 7


@dataclass(frozen=True, eq=False)
class Days:
    """Days on which members came, sorted by member, then day (ordinals).

    `homes` are the members' home stores, 0 where no stores were asked for.
    """

    member_ids: Ints
    days: Ints
    homes: Ints

    def of_home(self, store_id: int) -> "Days":
        """Those of a store's members."""
        kept = self.homes == store_id
        return Days(self.member_ids[kept], self.days[kept], self.homes[kept])


def between(first: int, last: int, *, homes: Sequence[int] | None = None) -> Days:
    """The days of members from one ordinal to another, of the members of some stores or, with None, of all.

    Read a week at a time, as they lie in the books, so that no reader holds the log for long.
    """
    source, columns = "SELECT d.member_id, d.day FROM member_day d", 2
    test = "d.day BETWEEN ? AND ? AND d.net_cents > 0"
    if homes is not None:
        source, columns = "SELECT d.member_id, d.day, m.home_store_id FROM member_day d JOIN member m", 3
        test = f"m.home_store_id IN ({', '.join('?' * len(homes))}) AND {test}"
        source += " ON m.id = d.member_id"
    parts = [np.zeros(0, dtype=np.int64)]
    for start in range(first, last + 1, WEEK):
        found = db.rows(f"{source} WHERE {test}", (*(homes or ()), start, min(last, start + WEEK - 1)))
        parts.append(np.fromiter(chain.from_iterable(found), np.int64, columns * len(found)))
    table = np.concatenate(parts).reshape(-1, columns)
    order = np.lexsort((table[:, 1], table[:, 0]))
    stores = np.zeros(len(table), dtype=np.int64) if homes is None else table[order, 2]
    return Days(table[order, 0], table[order, 1], stores)
