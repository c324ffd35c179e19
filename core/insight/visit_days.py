"""Reading the shop's visits from the books into arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from core.base import db
from core.insight.visiting import Ints, Visits

CHUNK = 50_000
MONTH = 31


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


MONTH = 31


@dataclass(frozen=True, eq=False)
class Days:
    """Days on which members came, sorted by member, then day (ordinals); `homes` are the members' home stores."""

    member_ids: Ints
    days: Ints
    homes: Ints

    def of_home(self, store_id: int) -> "Days":
        """Those of a store's members."""
        kept = self.homes == store_id
        return Days(self.member_ids[kept], self.days[kept], self.homes[kept])


def between(first: int, last: int, *, homes: Sequence[int] | None = None) -> Days:
    """The days of members from one ordinal to another, of the members of some stores or, with None, of all.

    Read a month at a time, as they lie in the books, so that no reader holds the log for long.
    """
    home = "0" if homes is None else "m.home_store_id"
    source = "member_day d" if homes is None else "member_day d JOIN member m ON m.id = d.member_id"
    test = "" if homes is None else f" AND m.home_store_id IN ({', '.join('?' * len(homes))})"
    parts = [np.zeros((0, 3), dtype=np.int64)]
    for start in range(first, last + 1, MONTH):
        found = db.rows(
            f"SELECT d.member_id, d.day, {home} FROM {source} WHERE d.day BETWEEN ? AND ? AND d.net_cents > 0{test}",
            (start, min(last, start + MONTH - 1), *(homes or ())),
        )
        parts.append(np.array(found, dtype=np.int64).reshape(-1, 3))
    table = np.concatenate(parts)
    order = np.lexsort((table[:, 1], table[:, 0]))
    member_ids, days, stores = (table[order, column] for column in range(3))
    return Days(member_ids, days, stores)
