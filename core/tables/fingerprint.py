"""The catalogue as it is and as the migrations make it: every table, column, rule, index and trigger by name.

What it should be is not written down anywhere: the migrations are run again, on SQLite in memory, on PostgreSQL
in a schema of their own that is rolled back.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import cache
from typing import Any, Literal

from core.base import db
from core.base.drivers import peewee
from core.tables import schema

Read = Callable[[str], list[tuple[Any, ...]]]
PROBE = "regulars_probe"
_SPACES = re.compile(r"\s+")

_POSTGRES = (
    "SELECT 'column ' || c.relname || '.' || a.attname, format_type(a.atttypid, a.atttypmod) || ' '"
    " || a.attnotnull::text || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '') FROM pg_attribute a"
    " JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum"
    " WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attnum > 0"
    " AND NOT a.attisdropped",
    "SELECT 'rule ' || r.relname || '.' || c.conname, pg_get_constraintdef(c.oid) FROM pg_constraint c"
    " JOIN pg_class r ON r.oid = c.conrelid WHERE c.connamespace = current_schema()::regnamespace"
    " AND c.contype IN ('c', 'f', 'p', 'u')",
    "SELECT 'index ' || i.relname, pg_get_indexdef(x.indexrelid) || ' ' || x.indisvalid::text FROM pg_index x"
    " JOIN pg_class i ON i.oid = x.indexrelid WHERE i.relnamespace = current_schema()::regnamespace",
    "SELECT 'trigger ' || t.tgname, pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text FROM pg_trigger t"
    " JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = current_schema()::regnamespace"
    " AND NOT t.tgisinternal",
    "SELECT 'sequence ' || sequencename, increment_by::text FROM pg_sequences WHERE schemaname = current_schema()",
)


def found() -> dict[str, str]:
    """What is in the open database: names with how each is made."""
    if db.is_sqlite():
        return _of_sqlite(lambda sql: db.rows(sql))
    with db.read():
        return _of_postgres(lambda sql: db.rows(sql), str(db.value("SELECT current_schema()")))


def expected() -> dict[str, str]:
    """What the migrations of this program make."""
    return _expected("sqlite" if db.is_sqlite() else str(db.proxy.database))


@cache
def _expected(kind: str) -> dict[str, str]:
    return _made_in_memory() if kind == "sqlite" else _made_aside()


def digest(catalogue: Mapping[str, str]) -> str:
    """One short text that is the same for the same catalogue."""
    text = "\n".join(f"{name}: {made}" for name, made in sorted(catalogue.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def differences() -> list[tuple[str, Literal["missing", "changed"]]]:
    """What is not as this program makes it, by name. What others added beside it is no concern of ours."""
    here, wanted = found(), expected()
    return [
        (name, "changed" if name in here else "missing")
        for name, made in sorted(wanted.items())
        if here.get(name) != made
    ]


def _of_sqlite(read: Read) -> dict[str, str]:
    rows = read("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")
    return {f"{kind} {name}": _SPACES.sub(" ", sql).strip() for kind, name, sql in rows}


def _of_postgres(read: Read, own: str) -> dict[str, str]:
    rows = [row for sql in _POSTGRES for row in read(sql)]
    return {name: made.replace(f"{own}.", "").replace(f'"{own}".', "") for name, made in rows}


def _made_in_memory() -> dict[str, str]:
    sqlite3: Any = peewee.sqlite3  # type: ignore[attr-defined]
    with closing(sqlite3.connect(":memory:")) as fresh:
        for number, _name, path in schema.steps():
            for statement in schema.statements_of(number, path):
                fresh.execute(statement)
        return _of_sqlite(lambda sql: fresh.execute(sql).fetchall())


def _made_aside() -> dict[str, str]:
    db.proxy.begin()
    try:
        db.run(f"CREATE SCHEMA {PROBE}")
        db.run(f"SET LOCAL search_path = {PROBE}")
        for number, _name, path in schema.steps():
            for statement in schema.statements_of(number, path):
                db.run(statement)
        return _of_postgres(lambda sql: db.rows(sql), PROBE)
    finally:
        db.proxy.rollback()
