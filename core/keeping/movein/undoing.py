"""An import undone: what nobody used since goes again, by entries that take it back; who was used stays, by name."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.base import db
from core.base.access import Actor
from core.base.clock import Millis
from core.base.errors import Refused
from core.base.i18n import N_
from core.books import audit
from core.books.accounts import Cause
from core.keeping.movein import batches
from core.keeping.movein.moving import SIDES
from core.keeping.movein.sides import Progress, Side

PART = 200


@dataclass(frozen=True)
class Kept:
    """Something an import brought that was used since and therefore stays."""

    row: int
    entity_id: int
    shown: str


@dataclass(frozen=True)
class Undone:
    """How many things were taken back, and what stays."""

    batch_id: int
    undone: int
    kept: tuple[Kept, ...]


class UndoneAlready(Refused):
    """The import was undone before."""

    code = "undone_already"
    text = N_("Import {batch} was undone already. `regulars import list` shows where each stands.")


def _quiet(_done: int, _of: int) -> None:
    return None


def undo(batch_id: int, *, by: Actor, now: Millis, progress: Progress = _quiet) -> Undone:
    """Take back what an import brought, part by part; one that was broken off goes on where it stopped.

    Raises: NotAllowed, BatchUnknown, UndoneAlready.
    """
    batch = batches.get(batch_id, by=by)
    if batch.state == "undone":
        raise UndoneAlready(batch=str(batch_id))
    _begin(batch_id, by, now)
    side = SIDES[batch.kind]
    cause = Cause("opening_undone", "import", batch_id, by, now, batch.store_id)
    sql = "SELECT count(DISTINCT entity_id) FROM import_row WHERE batch_id = ? AND outcome = 'new'"
    total, done, below = int(db.value(sql, (batch_id,))), 0, 2**53
    while found := _some(batch_id, below):
        below, part = found[-1][0], list(dict.fromkeys(entity_id for _, entity_id in found))
        _take_back(side, part, cause)
        done += len(part)
        progress(min(done, total), total)
    return _finish(batch_id, by, now)


@db.atomic
def _begin(batch_id: int, by: Actor, now: Millis) -> None:
    sql = "UPDATE import_batch SET state = 'undoing' WHERE id = ? AND state IN ('running', 'done')"
    if db.change(sql, (batch_id,)):
        audit.record("import.undoing", "import_batch", batch_id, by=by, now=now)


def _some(batch_id: int, below: int) -> list[db.Row]:
    """The last rows of an import before a number that were not looked at yet, and what each became."""
    sql = (
        "SELECT row_number, entity_id FROM import_row WHERE batch_id = ? AND row_number < ? AND outcome = 'new'"
        " ORDER BY row_number DESC LIMIT ?"
    )
    return db.rows(sql, (batch_id, below, PART))


@db.atomic
def _take_back(side: Side, entity_ids: Sequence[int], cause: Cause) -> None:
    audit.confirm(cause.by)
    used = side.used(cause.ref_id, entity_ids)
    free = sorted(one for one in entity_ids if one not in used)
    side.take_back(free, cause)
    sql = "UPDATE import_row SET outcome = ? WHERE batch_id = ? AND entity_id = ? AND outcome = 'new'"
    rows = [("kept" if one in used else "undone", cause.ref_id, one) for one in entity_ids]
    db.run_many(sql, rows)


@db.atomic
def _finish(batch_id: int, by: Actor, now: Millis) -> Undone:
    side = SIDES[batches.get(batch_id, by=by).kind]
    sql = "SELECT min(row_number), entity_id FROM import_row WHERE batch_id = ? AND outcome = 'kept' GROUP BY entity_id"
    found = [(int(row), int(entity_id)) for row, entity_id in db.rows(sql, (batch_id,))]
    named: dict[int, str] = {}
    for start in range(0, len(found), PART):
        named |= side.used(batch_id, [one for _, one in found[start : start + PART]])
    kept = tuple(Kept(row, one, named.get(one, "")) for row, one in sorted(found))
    sql = "SELECT count(DISTINCT entity_id) FROM import_row WHERE batch_id = ? AND outcome = 'undone'"
    undone = int(db.value(sql, (batch_id,)))
    db.run("UPDATE import_batch SET state = 'undone', undone_at = ? WHERE id = ?", (now, batch_id))
    after = {"taken": undone, "rows": len(kept)}
    audit.record("import.undone", "import_batch", batch_id, by=by, now=now, after=after)
    return Undone(batch_id, undone, kept)
