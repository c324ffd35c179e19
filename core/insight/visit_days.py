"""Reading the shop's visits from the books into arrays."""

from datetime import date

import numpy as np

from core.base import db
from core.insight.visiting import Visits

CHUNK = 50_000


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
