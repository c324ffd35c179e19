"""Ids of everything: taken in blocks of 1,000 from a counter in the database.

They are known before the first INSERT, stay below 2^53 (JSON), and a restored database raises the
counter by 10^9 so that ids given out after the backup are never given again.
"""

import threading

from core.base import db

BLOCK = 1000
FIRST = 1_000_000
RESTORE_GAP = 1_000_000_000


class _Block(threading.local):
    next: int = 0
    end: int = 0
    rollbacks: int = -1
    database: int = 0


_block = _Block()


def new() -> int:
    """The next id; only inside a writing verb."""
    key = db.opening()
    fresh = _block.rollbacks == db.rollbacks() and _block.database == key
    if not fresh or _block.next >= _block.end:
        _block.next = _take_block()
        _block.end = _block.next + BLOCK
        _block.rollbacks, _block.database = db.rollbacks(), key
    given = _block.next
    _block.next += 1
    return given


def leave_gap() -> None:
    """Raise the counter of a restored database, inside a writing verb: ids given out after the backup never return."""
    if db.is_sqlite():
        db.run("UPDATE id_counter SET next = next + ? WHERE one = 1", (RESTORE_GAP,))
    else:
        db.value("SELECT setval('id_block', nextval('id_block') + ?)", (RESTORE_GAP,))
    _block.next = _block.end = 0


def go_on_from(following: int) -> None:
    """Set the counter of a database that was moved here, inside a writing verb."""
    if db.is_sqlite():
        db.run("UPDATE id_counter SET next = ? WHERE one = 1", (following,))
    else:
        db.value("SELECT setval('id_block', ?, false)", (following,))
    _block.next = _block.end = 0


def several(count: int) -> list[int]:
    """So many ids, in rising order within each block; only inside a writing verb."""
    found: list[int] = []
    while len(found) < count:
        first = new()
        more = min(count - len(found) - 1, _block.end - _block.next)
        found += range(first, first + 1 + more)
        _block.next += more
    return found


def _take_block() -> int:
    if not db.in_transaction():
        raise RuntimeError("an id was asked for outside a writing verb")
    if db.is_sqlite():
        sql = "UPDATE id_counter SET next = next + ? WHERE one = 1 RETURNING next"
        return int(db.value(sql, (BLOCK,))) - BLOCK
    # A sequence, because a counter row would stay locked until the transaction ends.
    return int(db.value("SELECT nextval('id_block')"))
