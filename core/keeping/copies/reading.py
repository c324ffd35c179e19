"""Every row of a database in the order of its keys, the same from either engine, from one view nobody writes to."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.base import db
from core.keeping.copies import placing, servers

AT_ONCE = 2_000
APART = frozenset({"migration", "id_counter"})
"""Tables of the engine's own, which are not copied row by row; the search index is made anew."""


@dataclass(frozen=True)
class Table:
    """A table, its columns, and those of them that put its rows in order."""

    name: str
    columns: tuple[str, ...]
    keys: tuple[str, ...]
    texts: frozenset[str]


@dataclass(frozen=True)
class Reader:
    """A connection that reads."""

    connection: Any
    sqlite: bool

    def rows(self, sql: str) -> list[db.Row]:
        """All rows of a query without values."""
        found: list[db.Row] = self.connection.execute(sql).fetchall()
        return found

    def value(self, sql: str) -> Any:
        """The first column of the first row, or None."""
        found = self.connection.execute(sql).fetchone()
        return None if found is None else found[0]


@contextmanager
def reading(url: str) -> Iterator[Reader]:
    """Read a database that nobody else uses, in one view; writers of PostgreSQL wait until the end.

    Raises: StillOpen, ServerRefused.
    """
    if url.startswith("postgres"):
        servers.check_alone(url)
        with servers.connect(url) as connection, connection.transaction():
            names = ", ".join(_names(Reader(connection, False)))
            if names:
                connection.execute(f"LOCK TABLE {names} IN SHARE MODE")
            yield Reader(connection, False)
        return
    with placing.alone(Path(url)):
        connection = placing.sqlite3.connect(url, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield Reader(connection, True)
        finally:
            connection.close()


@contextmanager
def looking(url: str) -> Iterator[Reader]:
    """Read a database that this process writes to as well, in one view."""
    if url.startswith("postgres"):
        with servers.connect(url) as connection, connection.transaction():
            yield Reader(connection, False)
        return
    connection = placing.sqlite3.connect(url, isolation_level=None)
    try:
        connection.execute("BEGIN")
        yield Reader(connection, True)
    finally:
        connection.close()


def _names(reader: Reader) -> list[str]:
    sql = (
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
        if reader.sqlite
        else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    )
    return sorted(str(row[0]) for row in reader.rows(sql))


def names(reader: Reader) -> set[str]:
    """The tables that are copied."""
    return {name for name in _names(reader) if name not in APART and not name.startswith("member_search")}


def tables(reader: Reader) -> list[Table]:
    """The tables that are copied, as SQLite describes them."""
    found = []
    for name in sorted(names(reader)):
        described = reader.rows(f"PRAGMA table_info('{name}')")
        keys = [row[1] for row in sorted((row for row in described if row[5]), key=lambda row: row[5])]
        texts = frozenset(row[1] for row in described if row[2] == "TEXT")
        found.append(Table(name, tuple(row[1] for row in described), tuple(keys), texts))
    return found


def read(reader: Reader, table: Table) -> Iterator[list[db.Row]]:
    """All rows of a table in the order of its keys, so many at once."""
    plain = reader.sqlite
    order = ", ".join(key if plain or key not in table.texts else f'{key} COLLATE "C"' for key in table.keys)
    sql = f"SELECT {', '.join(table.columns)} FROM {table.name} ORDER BY {order}"
    if plain:
        cursor = reader.connection.execute(sql)
    else:
        cursor = reader.connection.cursor(f"rows_of_{table.name}")  # kept on the server: it never holds them all here
        cursor.execute(sql)
    while rows := cursor.fetchmany(AT_ONCE):
        yield [tuple(row) for row in rows]
    cursor.close()


class Sum:
    """The checksum of rows in their order, and how many there were."""

    def __init__(self) -> None:
        self.count, self._hash = 0, hashlib.sha256()

    def add(self, rows: Iterable[db.Row]) -> None:
        """Take more rows in."""
        for row in rows:
            self.count += 1
            self._hash.update(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")

    @property
    def digest(self) -> str:
        """SHA-256 of the rows as JSON, a line each."""
        return self._hash.hexdigest()


def sum_of(reader: Reader, table: Table) -> Sum:
    """The checksum of a whole table."""
    total = Sum()
    for rows in read(reader, table):
        total.add(rows)
    return total
