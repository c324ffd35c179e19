"""Moving in 迁入: look at a file first, then bring it in, part by part; a part is whole or not there.

`preview` writes nothing. `begin` notes the import; `go_on` writes what is not written yet, so that one that was
broken off goes on where it stopped. It ends only when the shop holds exactly what the file brought.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.base import db
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.drivers import peewee
from core.base.errors import Refused
from core.base.i18n import N_, Text
from core.books import audit
from core.books.accounts import Cause
from core.books.openings import KIND
from core.keeping.movein import batches, mapping, memberside, productside, saleside, sides
from core.keeping.movein.batches import Batch
from core.keeping.movein.faults import Fault
from core.keeping.movein.fields import Kind
from core.keeping.movein.mapping import Mapping as Columns
from core.keeping.movein.reading import Table
from core.keeping.movein.sides import Double, Item, Progress, Side

SIDES: dict[Kind, Side] = {"members": memberside.SIDE, "products": productside.SIDE, "sales": saleside.SIDE}
PART, EXAMPLES = 500, 5


@dataclass(frozen=True)
class Reason:
    """One thing that is wrong in a file: how many cells, and the first of them."""

    reason: Text
    step: Text
    count: int
    examples: tuple[Fault, ...]


@dataclass(frozen=True)
class Preview:
    """What an import would do. Rows are counted by outcome: 'new', 'double' (a row before it is the same), 'there'
    (in the shop already), 'faulty'; `near` are new ones that look like somebody else. `amounts` is what the new bring.
    """

    kind: Kind
    table: Table
    columns: Columns
    store_id: int
    rows: Mapping[str, int]
    near: int
    amounts: Mapping[str, int]
    reasons: tuple[Reason, ...]
    items: tuple[Item, ...]
    faults: tuple[Fault, ...]
    doubles: tuple[Double, ...]


@dataclass(frozen=True)
class Moved:
    """What an import did: rows by outcome, what the file brought and what the shop holds of it: the same."""

    batch_id: int
    rows: Mapping[str, int]
    brought: Mapping[str, int]
    held: Mapping[str, int]


class TotalsDiffer(Refused):
    """The shop does not hold what the rows of a file brought."""

    code = "totals_differ"
    text = N_(
        "Import {batch} is not finished: of {what} the file brought {brought}, the shop holds {held}."
        " Undo it, run `regulars doctor`, then import again."
    )


class ImportOver(Refused):
    """An import that is done or undone cannot go on."""

    code = "import_over"
    text = N_("Import {batch} is not running. `regulars import list` shows where each stands.")


class ImportOther(Refused):
    """The file is not the one an import was begun with, or its columns are read in another way."""

    code = "import_other_file"
    text = N_("Import {batch} was begun with {file} and columns read otherwise. Go on with that one, read as then.")


def _quiet(_done: int, _of: int) -> None:
    return None


def preview(
    table: Table, columns: Columns, *, store_id: int, by: Actor, now: Millis, progress: Progress = _quiet
) -> Preview:
    """Look at a file; nothing is written. Raises: NotAllowed, FieldTwice, ColumnMissing."""
    require(by, batches.RIGHT, store_id=store_id)
    mapping.check(columns)
    kind = columns.kind
    place = sides.place(store_id, now=now)
    found = SIDES[kind].look(table, columns, place, progress)
    rows: Counter[str] = Counter()
    for item in found.items:
        rows[item.outcome] += len(item.rows)
    amounts = _sum(SIDES[kind], (item.value for item in found.items if item.outcome == "new"))
    return Preview(
        kind, table, columns, store_id, dict(rows), sum(one.near for one in found.doubles), amounts,
        _reasons(found.faults), tuple(found.items), tuple(found.faults), tuple(found.doubles),
    )  # fmt: skip


def _sum(side: Side, values: Iterable[object]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for value in values:
        for name, amount in side.amounts(value).items():
            total[name] += amount
    return {name: amount for name, amount in total.items() if amount}


def _reasons(faults: Sequence[Fault]) -> tuple[Reason, ...]:
    """Faults by what is wrong, the most frequent first."""
    grouped: dict[str, list[Fault]] = {}
    for one in faults:
        grouped.setdefault(one.reason.template, []).append(one)
    many = sorted(grouped.values(), key=lambda one: (-len(one), one[0].row))
    return tuple(Reason(one[0].reason, one[0].step, len(one), tuple(one[:EXAMPLES])) for one in many)


def begin(found: Preview, *, by: Actor, now: Millis) -> int:
    """Note that what was looked at is brought in; the import's id. Raises: NotAllowed, ImportedAlready …"""
    table = found.table
    batch = Batch(
        0, found.kind, table.file_name, table.hash, found.store_id, found.columns.stored(), "running", {}, now, None,
        None, {},
    )  # fmt: skip
    return batches.begin(batch, by=by, now=now)


def go_on(batch_id: int, found: Preview, *, by: Actor, now: Millis, progress: Progress = _quiet) -> Moved:
    """Bring in what is not there yet, and compare totals; each part of it is one transaction.

    Raises: NotAllowed, BatchUnknown, ImportOver, ImportOther, TotalsDiffer.
    """
    batch = batches.get(batch_id, by=by)
    if batch.state != "running":
        raise ImportOver(batch=str(batch_id))
    if (batch.file_hash, batch.mapping) != (found.table.hash, found.columns.stored()):
        raise ImportOther(batch=str(batch_id), file=batch.file_name)
    side, done = SIDES[found.kind], 0
    cause = Cause(KIND, "import", batch_id, by, now, batch.store_id)
    for start in range(0, len(found.items), PART):
        part = found.items[start : start + PART]
        try:
            _bring(side, part, cause)
        except peewee.IntegrityError:  # somebody joined at this very moment; the second look sees them
            _bring(side, part, cause)
        done += len(part)
        progress(done, len(found.items))
    return _finished(batch_id, side, found, by, now)


@db.atomic
def _bring(side: Side, part: Sequence[Item], cause: Cause) -> None:
    """One part: whoever became a member meanwhile stays outside, rows that are done are left alone."""
    audit.confirm(cause.by)
    numbers = [number for item in part for number in item.rows]
    marked = batches.marked(cause.ref_id, min(numbers), max(numbers))
    left = [item for item in part if item.rows[0] not in marked]
    fresh = [item for item in left if item.outcome == "new"]
    there = side.there([item.value for item in fresh])
    new = [item for at, item in enumerate(fresh) if at not in there]
    made = side.write([item.value for item in new], cause) if new else []
    said: dict[int, tuple[str, int | None]] = {}
    for item in left:
        outcome = "there" if item.outcome == "new" else item.outcome
        said |= dict.fromkeys(item.rows, (outcome, None))
    for item, entity_id in zip(new, made, strict=True):
        said |= dict.fromkeys(item.rows, ("new", entity_id))
    batches.mark(cause.ref_id, dict(sorted(said.items())))


def _finished(batch_id: int, side: Side, found: Preview, by: Actor, now: Millis) -> Moved:
    sql = "SELECT row_number FROM import_row WHERE batch_id = ? AND outcome = 'new'"
    new = {number for (number,) in db.rows(sql, (batch_id,))}
    brought = _sum(side, (item.value for item in found.items if item.rows[0] in new))
    held = {name: amount for name, amount in side.held(batch_id).items() if amount}
    for name in sorted({*brought, *held}):
        if brought.get(name, 0) != held.get(name, 0):
            said = brought.get(name, 0), held.get(name, 0)
            raise TotalsDiffer(batch=str(batch_id), what=name, brought=said[0], held=said[1])
    batches.finish(batch_id, held, len(found.table.rows), by=by, now=now)
    return Moved(batch_id, batches.get(batch_id, by=by).outcomes, brought, held)
