"""Imports as they are kept: which file, how its columns were read, how far it got, what it brought."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from core.base import db, ids
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import NotFound, Refused
from core.base.i18n import N_
from core.books import audit
from core.keeping.movein.fields import Kind

RIGHT = "export"
"""Moving in writes people and their money by the thousand: it is for who may take them out."""
State = Literal["running", "done", "undoing", "undone"]


@dataclass(frozen=True)
class Batch:
    """One import. `outcomes` counts rows by what became of them, `figures` is what the new ones brought."""

    id: int
    kind: Kind
    file_name: str
    file_hash: str
    store_id: int
    mapping: str
    state: State
    figures: Mapping[str, int]
    started_at: Millis
    finished_at: Millis | None
    undone_at: Millis | None
    outcomes: Mapping[str, int]


class BatchUnknown(NotFound):
    """No import has this id."""

    code = "import_unknown"
    text = N_("There is no import {batch}. `regulars import list` shows them all.")


class ImportedAlready(Refused):
    """The very same file was imported before."""

    code = "imported_already"
    text = N_("{file} was imported already, as import {batch}. Undo that one first if it is to be done again.")


class ImportUnfinished(Refused):
    """The very same file was begun and not finished."""

    code = "import_unfinished"
    text = N_("Import {batch} of {file} was begun and is not finished. Go on with it (--resume), or undo it.")


_COLUMNS = "id, kind, file_name, file_hash, store_id, mapping, state, figures, started_at, finished_at, undone_at"


def listing(*, by: Actor) -> list[Batch]:
    """All imports, the newest first. Raises: NotAllowed."""
    require(by, RIGHT)
    found = db.rows(f"SELECT {_COLUMNS} FROM import_batch ORDER BY started_at DESC, id DESC")
    counted: dict[int, dict[str, int]] = {}
    sql = "SELECT batch_id, outcome, count(*) FROM import_row GROUP BY batch_id, outcome"
    for batch_id, outcome, count in db.rows(sql):
        counted.setdefault(batch_id, {})[outcome] = count
    return [_batch(row, counted.get(row[0], {})) for row in found]


def _batch(row: db.Row, outcomes: Mapping[str, int]) -> Batch:
    id, kind, name, digest, store_id, mapping, state, figures, *times = row
    started, finished, undone = times
    return Batch(
        id, kind, name, digest, store_id, mapping, state, json.loads(figures), started, finished, undone, outcomes
    )


def get(batch_id: int, *, by: Actor) -> Batch:
    """One import. Raises: NotAllowed, BatchUnknown."""
    require(by, RIGHT)
    row = db.one(f"SELECT {_COLUMNS} FROM import_batch WHERE id = ?", (batch_id,))
    if row is None:
        raise BatchUnknown(batch=str(batch_id), what=str(batch_id))
    sql = "SELECT outcome, count(*) FROM import_row WHERE batch_id = ? GROUP BY outcome"
    return _batch(row, dict(db.rows(sql, (batch_id,))))


def of_file(kind: Kind, file_hash: str, *, by: Actor) -> Batch | None:
    """The import of the very same file that was not undone, if there is one. Raises: NotAllowed."""
    require(by, RIGHT)
    sql = "SELECT id FROM import_batch WHERE kind = ? AND file_hash = ? AND state <> 'undone' ORDER BY id DESC LIMIT 1"
    found = db.value(sql, (kind, file_hash))
    return None if found is None else get(int(found), by=by)


def check_fresh(kind: Kind, file_name: str, file_hash: str, *, by: Actor) -> None:
    """Raise if the very same file was imported, or begun. Raises: NotAllowed, ImportedAlready, ImportUnfinished."""
    before = of_file(kind, file_hash, by=by)
    if before is not None:
        refusal = ImportedAlready if before.state == "done" else ImportUnfinished
        raise refusal(file=file_name, batch=str(before.id))


@db.atomic
def begin(batch: Batch, *, by: Actor, now: Millis) -> int:
    """Note that a file is being imported; its id. Raises: NotAllowed, ImportedAlready, ImportUnfinished."""
    check_fresh(batch.kind, batch.file_name, batch.file_hash, by=by)
    batch_id = ids.new()
    db.add(
        "import_batch",
        id=batch_id,
        kind=batch.kind,
        file_name=batch.file_name,
        file_hash=batch.file_hash,
        store_id=batch.store_id,
        mapping=batch.mapping,
        state="running",
        started_at=now,
        actor=by.tag,
    )
    after = {"list": batch.file_name, "kind": batch.kind}
    audit.record("import.begun", "import_batch", batch_id, by=by, now=now, store_id=batch.store_id, after=after)
    return batch_id


@db.atomic
def finish(batch_id: int, figures: Mapping[str, int], rows: int, *, by: Actor, now: Millis) -> None:
    """Note that all rows are done and what they brought."""
    stored = json.dumps(dict(sorted(figures.items())))
    sql = "UPDATE import_batch SET state = 'done', figures = ?, finished_at = ? WHERE id = ? AND state = 'running'"
    if db.change(sql, (stored, now, batch_id)):
        after = {"rows": rows} | dict(figures)
        audit.record("import.done", "import_batch", batch_id, by=by, now=now, after=after)


def mark(batch_id: int, rows: Mapping[int, tuple[str, int | None]]) -> None:
    """Note what became of rows; inside the transaction that wrote them."""
    sql = "INSERT INTO import_row (batch_id, row_number, outcome, entity_id) VALUES (?, ?, ?, ?)"
    db.run_many(sql, [(batch_id, number, *said) for number, said in rows.items()])


def marked(batch_id: int, first: int, last: int) -> set[int]:
    """Rows between two numbers that are done already."""
    sql = "SELECT row_number FROM import_row WHERE batch_id = ? AND row_number BETWEEN ? AND ?"
    return {number for (number,) in db.rows(sql, (batch_id, first, last))}
