"""Rows for any table, found by trying: a value for each column until the table's own rules let the row in.

Tried on SQLite, which is quick to ask; what it takes goes into PostgreSQL as it is.
"""

import random
import re
from typing import Any

from core.base import db
from core.base.drivers import peewee
from core.tables import schema

OWN = ("migration", "id_counter", "sqlite_sequence", "member_search")
"""Filled by the program itself, or no plain table."""
TRIES = 400
Row = dict[str, object]


def tables() -> list[str]:
    """Our tables in an order in which each comes after those it refers to; the open database is SQLite."""
    names = [name for (name,) in db.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    left = [name for name in names if name not in OWN and not name.startswith(("member_search", "sqlite_"))]
    ordered: list[str] = []
    while left:
        free = [one for one in left if {parent for parent, _ in _parents(one).values()} - {one} <= set(ordered)]
        assert free, left
        ordered += free
        left = [one for one in left if one not in free]
    return ordered


def _parents(table: str) -> dict[str, tuple[str, str]]:
    return {row[3]: (row[2], row[4] or "id") for row in db.rows(f"PRAGMA foreign_key_list('{table}')")}


def row_for(table: str, chance: random.Random) -> Row:
    """A row the table takes, put into it."""
    columns = db.rows(f"PRAGMA table_info('{table}')")
    sql = str(db.value("SELECT sql FROM sqlite_master WHERE name = ?", (table,)))
    parents, fault = _parents(table), ""
    for _ in range(TRIES):
        row = {name: _value(name, kind, must or key, sql, parents.get(name), table, chance)
               for _n, name, kind, must, _default, key in columns}  # fmt: skip
        try:
            db.atomic(lambda row=row: db.add(table, **row))()
        except peewee.DatabaseError as error:
            fault = str(error)
        else:
            return row
    raise AssertionError(f"{table} takes no row: {fault}")


def _value(
    name: str, kind: str, must: bool, sql: str, parent: tuple[str, str] | None, table: str, chance: random.Random
) -> object:
    if not must and chance.random() < 0.5:
        return None
    if parent is not None:
        keys = [row[0] for row in db.rows(f"SELECT {parent[1]} FROM {parent[0]}")]
        return chance.choice(keys) if keys else None
    if choices := re.search(rf"\b{name} IN \(([^)]*)\)", sql):
        return chance.choice([one.strip().strip("'") for one in choices[1].split(",")])
    if kind == "INTEGER":
        return chance.choice((0, 1, 2, 5, 1000)) if chance.random() < 0.5 else chance.randrange(1, 10**9)
    if kind == "BLOB":
        return b"x"
    return f"{name} {chance.randrange(10**6)}"


def fill(names: list[str], chance: random.Random) -> list[tuple[str, Row]]:
    """Two rows for each of some tables, in the open SQLite database."""
    return [(name, row_for(name, chance)) for name in names for _ in range(2)]


def upto(number: int) -> Any:
    """Steps of the migrations up to one."""
    return [step for step in schema.steps() if step[0] <= number]
