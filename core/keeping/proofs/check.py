"""A check is one invariant: a query that finds the rows that break it, asked for one range of ids after another.

No answer takes long, so that no view of the database stays open while the shop writes: a view that stays
keeps SQLite from taking its log up into the file.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from core.base import db
from core.base.i18n import Text


@dataclass(frozen=True)
class Check:
    """One invariant. `sql` finds what breaks it among `table` rows whose `key` lies BETWEEN ? AND ?.

    It gives what the sentence names, in the order of `fields`; `row` is what breaks the invariant. Every
    part of a query that reads much is bound to the range; `rows` is how many rows of the table that are.
    """

    name: str
    sentence: str
    sql: str
    table: str = "account"
    rows: int = 3_000
    key: str = "id"
    fields: tuple[str, ...] = ("row", "found", "expected")

    def said(self, row: db.Row) -> Text:
        """The sentence about one difference; ids are written without separators."""
        facts = zip(self.fields, row, strict=True)
        return Text(self.sentence, tuple((n, v if n in ("found", "expected") else str(v)) for n, v in facts))


def differences(check: Check, *, limit: int, share: int = 1) -> list[db.Row]:
    """The rows that break an invariant, at most `limit`; `share` divides how much is read at once."""
    found: list[db.Row] = []
    for first, last in ranges(check.table, max(check.rows // share, 1), key=check.key):
        bounds = (first, last) * check.sql.count("BETWEEN ? AND ?")
        found += db.rows(f"{check.sql} LIMIT ?", (*bounds, limit - len(found)))
        if len(found) >= limit:
            break
    return found


def ranges(table: str, rows: int, *, key: str = "id") -> Iterator[tuple[int, int]]:
    """Ranges of a table's ids (first, last) that together hold every row, so many in each."""
    after = 0
    while True:
        part = f"SELECT {key} AS key FROM {table} WHERE {key} > ? ORDER BY {key} LIMIT ?"
        last = db.value(f"SELECT max(key) FROM ({part}) part", (after, rows))
        if last is None:
            return
        yield after + 1, last
        after = last
