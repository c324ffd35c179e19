"""Merges: which member went into which, and every row that moved, so that it can go back.

Each department carries its own rows with `repoint` and brings them back with `point_back`; what was changed or
taken away beside that is noted with what it held before.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.base import db, ids
from core.base.access import Actor
from core.base.clock import Millis
from core.base.errors import NotFound, Refused
from core.base.i18n import N_
from core.books.accounts import Cause

OVER_BOTH = "(SELECT id FROM member WHERE id = ? OR merged_into = ?)"
"""A member and all who were merged into them, for limits that count once a person; the member's id twice."""


@dataclass(frozen=True)
class Merge:
    """One member who went into another; `by` and `now` are of whoever merges or undoes it at present."""

    id: int
    kept_id: int
    gone_id: int
    at: Millis
    by: Actor
    now: Millis

    def cause(self, kind: str) -> Cause:
        """The cause of the entries it makes."""
        return Cause(kind, "merge", self.id, self.by, self.now)


class MergeUnknown(NotFound):
    """No merge has this number."""

    code = "merge_unknown"
    text = N_("There is no merge {merge}. Its number stands in the audit log of either membership.")


class MergeUndone(Refused):
    """The merge was undone already."""

    code = "merge_undone"
    text = N_("Merge {merge} was undone on {undone_at} already.")


def begin(kept_id: int, gone_id: int, *, by: Actor, now: Millis) -> Merge:
    """Note that one member goes into another; inside the caller's transaction."""
    merge = Merge(ids.new(), kept_id, gone_id, now, by, now)
    db.add("member_merge", id=merge.id, kept_id=kept_id, gone_id=gone_id, at=now, actor=by.tag)
    return merge


def end(merge: Merge) -> None:
    """Note that a merge was undone; inside the caller's transaction."""
    sql = "UPDATE member_merge SET undone_at = ?, undone_by = ? WHERE id = ?"
    db.run(sql, (merge.now, merge.by.tag, merge.id))


def get(merge_id: int, *, by: Actor, now: Millis) -> Merge:
    """A merge that stands, to be looked at or undone. Raises: MergeUnknown, MergeUndone."""
    found = db.one("SELECT kept_id, gone_id, at, undone_at FROM member_merge WHERE id = ?", (merge_id,))
    if found is None:
        raise MergeUnknown(merge=str(merge_id))
    if found[3] is not None:
        raise MergeUndone(merge=str(merge_id), undone_at=found[3])
    return Merge(merge_id, found[0], found[1], found[2], by, now)


def standing(gone_id: int) -> tuple[int, int] | None:
    """The merge by which a member is gone, and the member it went into; None for all others."""
    found = db.one("SELECT id, kept_id FROM member_merge WHERE gone_id = ? AND undone_at IS NULL", (gone_id,))
    return None if found is None else (found[0], found[1])


def leads_to(member_id: int) -> int:
    """The member a merged one leads to; everyone else leads to themselves."""
    found = db.value("SELECT merged_into FROM member WHERE id = ?", (member_id,))
    return member_id if found is None else int(found)


# --- rows that move --------------------------------------------------------------------------------


def repoint(merge: Merge, table: str, column: str = "member_id", *, key: str = "id", only: str = "") -> int:
    """Let the rows of who is gone name who is kept, each noted; how many. `only` narrows which."""
    where = f" WHERE {column} = ?{' AND ' if only else ''}{only}"
    found = [row_id for (row_id,) in db.rows(f"SELECT {key} FROM {table}{where} ORDER BY {key}", (merge.gone_id,))]
    place = f"{table}.{column}"
    db.add_many("merge_move", [_row(merge, place, row_id, None) for row_id in found])
    if found:
        db.run(f"UPDATE {table} SET {column} = ?{where}", (merge.kept_id, merge.gone_id))
    return len(found)


def point_back(merge: Merge, table: str, column: str = "member_id", *, key: str = "id") -> int:
    """Let the rows that moved name who was gone again, unless they went on to somebody else; how many."""
    return db.change(
        f"UPDATE {table} SET {column} = ? WHERE {column} = ?"
        f" AND {key} IN (SELECT row_id FROM merge_move WHERE merge_id = ? AND place = ?)",
        (merge.gone_id, merge.kept_id, merge.id, f"{table}.{column}"),
    )


def note(merge: Merge, place: str, row_id: int, before: Mapping[str, object] | None = None) -> None:
    """Note what a row held before the merge changed it or took it away."""
    db.add("merge_move", **_row(merge, place, row_id, before))


def _row(merge: Merge, place: str, row_id: int, before: Mapping[str, object] | None) -> dict[str, object]:
    stored = None if before is None else json.dumps(before, ensure_ascii=False, sort_keys=True)
    return {"merge_id": merge.id, "place": place, "row_id": row_id, "before": stored}


def noted(merge: Merge, place: str) -> dict[int, dict[str, Any]]:
    """What was noted in a place, by row."""
    sql = "SELECT row_id, before FROM merge_move WHERE merge_id = ? AND place = ? ORDER BY row_id"
    return {row_id: json.loads(before or "{}") for row_id, before in db.rows(sql, (merge.id, place))}


def forget(member_id: int) -> None:
    """Empty what was noted of a person's profile; inside the caller's transaction."""
    db.run("UPDATE merge_move SET before = NULL WHERE row_id = ? AND place LIKE ?", (member_id, "field.%"))


def counted(merge: Merge) -> dict[str, int]:
    """How many rows moved, by place."""
    sql = "SELECT place, count(*) FROM merge_move WHERE merge_id = ? GROUP BY place ORDER BY place"
    return dict(db.rows(sql, (merge.id,)))
