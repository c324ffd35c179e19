"""One database for every process of the shop: connections, transactions and fixed SQL.

SQLite (by pysqlite3) or PostgreSQL (by psycopg). SQL is written once with `?`; each thread keeps
its own connection, opened by `attach` and never closed by a read. A transaction is one public verb
decorated with `@atomic`; inner verbs join it; a read of more than one statement is `with read()`.
"""

import fcntl
import functools
import itertools
import os
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, ParamSpec, TypeVar

from core.base import storage
from core.base.drivers import peewee, postgres
from core.base.storage import BeingRestored, StorageBroken, StorageFull, StorageReadOnly, WriterStuck

__all__ = [
    "BeingRestored",
    "StorageBroken",
    "StorageFull",
    "StorageReadOnly",
    "WriterStuck",
]  # beside what is written here

P = ParamSpec("P")
R = TypeVar("R")
Row = tuple[Any, ...]

WAIT_S = 10.0
"""How long a writer waits for the one before it names the holder."""
PAUSE_S = 0.0002
RETRIES = 8
STATEMENTS = 1024
"""Prepared statements a connection keeps: all of ours. With the driver's 128 a sale costs half as much again."""
WAL_SAFE = (3, 51, 3)
"""SQLite 3.7.0 to 3.51.2 can corrupt a WAL file shared by processes (the WAL-reset bug)."""

proxy = peewee.DatabaseProxy()


class Doomed(RuntimeError):
    """A refusal of an inner verb was swallowed; the transaction may not commit half a verb."""


class _Thread(threading.local):
    depth: int = 0
    reading: bool = False
    doomed: str | None = None
    rollbacks: int = 0
    view: int = 0


_thread = _Thread()
_write_lock = threading.RLock()
_lock_file: list[int] = []
_opened = itertools.count(1)
_views = itertools.count(1)
_opening: list[int] = [0]
_driver_errors: list[type[Exception]] = [peewee.sqlite3.Error]  # type: ignore[attr-defined]
_on_sqlite: list[bool] = [False]


class _Sqlite(peewee.SqliteDatabase):
    """SQLite with a rollback that does not hide why SQLite already rolled back (disk full)."""

    def rollback(self) -> None:
        connection: Any = self.connection()  # type: ignore[no-untyped-call]
        if connection.in_transaction:
            super().rollback()


def open_database(url: str, *, durable: bool = True, read_only: bool = False) -> None:
    """Bind this process to a database: a path or sqlite:///path, or postgresql://…

    `durable=False` skips the wait for the disk (demo data and tests only); `read_only` is for a backup, of which
    not a byte may change. Raises: BeingRestored.
    """
    close_database()
    if url.startswith("postgres"):
        database = _postgres(url)
    else:
        database = _sqlite_unchanged(url) if read_only else _sqlite(url, durable=durable)
    proxy.initialize(database)
    _on_sqlite[0] = isinstance(database, peewee.SqliteDatabase)
    _opening[0] = next(_opened)
    attach()


def _postgres(url: str) -> peewee.Database:
    database, error = postgres(url)
    if error not in _driver_errors:
        _driver_errors.append(error)
    return database


def _sqlite(url: str, *, durable: bool) -> peewee.Database:
    path = Path(url.removeprefix("sqlite:///")).absolute()
    version = tuple(peewee.sqlite3.sqlite_version_info)  # type: ignore[attr-defined]
    pragmas = {
        "journal_mode": "wal" if version >= WAL_SAFE else "truncate",
        "synchronous": 2 if durable else 0,
        "foreign_keys": 1,
        "busy_timeout": 10_000,
        "cache_size": -16_000,
        "secure_delete": 1,  # what is deleted is overwritten, so that an erased name is in no free page
        "temp_store": 2,
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _lock_file.extend(os.open(f"{path}.{end}", os.O_RDWR | os.O_CREAT, 0o600) for end in ("lock", "next", "open"))
        _hold_open(_lock_file[2])
        if not path.exists():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        _tell(error)
    return _Sqlite(str(path), pragmas=pragmas, autoconnect=False, cached_statements=STATEMENTS)


def _hold_open(file: int) -> None:
    """Say that the database is in use, until it is closed; a restore waits for none of those who use it."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        while _lock_file:
            os.close(_lock_file.pop())
        raise BeingRestored() from None


def _sqlite_unchanged(path: str) -> peewee.Database:
    pragmas = {"query_only": 1, "cache_size": -16_000, "temp_store": 2}
    return _Sqlite(f"{Path(path).absolute().as_uri()}?immutable=1", pragmas=pragmas, autoconnect=False, uri=True)


def close_database() -> None:
    """Let go of the database: this thread's connection and the lock file."""
    if proxy.obj is not None and not proxy.is_closed():
        proxy.close()
    while _lock_file:
        os.close(_lock_file.pop())
    proxy.obj = None


def attach() -> None:
    """Give the calling thread its own connection, if it has none."""
    if proxy.is_closed():
        try:
            proxy.connect()
        except peewee.DatabaseError as error:
            _tell(error)


def detach() -> None:
    """Close the calling thread's connection."""
    if not proxy.is_closed():
        proxy.close()


def is_open() -> bool:
    """Whether this process has a database."""
    return proxy.obj is not None


def is_sqlite() -> bool:
    """Whether the open database is SQLite."""
    return _on_sqlite[0]


def opening() -> int:
    """Which opening of a database this is; what is remembered of another one is worth nothing."""
    return _opening[0]


def rollbacks() -> int:
    """How many transactions of this thread were rolled back (ids taken in them are dropped)."""
    return _thread.rollbacks


def view() -> int:
    """Which transaction or consistent view of this thread is open; 0 outside of both."""
    return _thread.view if _thread.depth or _thread.reading else 0


def in_transaction() -> bool:
    """Whether the calling thread is inside a writing verb."""
    return _thread.depth > 0


# --- fixed SQL -----------------------------------------------------------------------------------


@functools.lru_cache(2048)
def _for_postgres(sql: str) -> str:
    return sql.replace("?", "%s")


def run(sql: str, params: Sequence[object] = ()) -> Any:
    """Run one statement written with `?` and return its cursor."""
    cursor = proxy.obj.cursor()
    try:
        cursor.execute(sql if _on_sqlite[0] else _for_postgres(sql), params)
    except tuple(_driver_errors) as error:
        _as_ours(error)
    return cursor


def _as_ours(error: BaseException) -> NoReturn:
    """The sentence for a fault of the disk, which SQLite may tell with any row, or the driver's error as peewee's."""
    if (refusal := storage.refusal(error)) is not None:
        raise refusal from error
    with peewee.__exception_wrapper__:  # type: ignore[attr-defined]
        raise error


def rows(sql: str, params: Sequence[object] = ()) -> list[Row]:
    """All rows of a query."""
    cursor = run(sql, params)
    try:
        found: list[Row] = cursor.fetchall()
    except tuple(_driver_errors) as error:
        _as_ours(error)
    return found


def one(sql: str, params: Sequence[object] = ()) -> Row | None:
    """The first row of a query, or None."""
    cursor = run(sql, params)
    try:
        found: Row | None = cursor.fetchone()
    except tuple(_driver_errors) as error:
        _as_ours(error)
    return found


def value(sql: str, params: Sequence[object] = ()) -> Any:
    """The first column of the first row, or None."""
    found = one(sql, params)
    return None if found is None else found[0]


def records(sql: str, params: Sequence[object] = ()) -> Iterator[dict[str, Any]]:
    """Rows as dictionaries by column name."""
    cursor = run(sql, params)
    names = [column[0] for column in cursor.description]
    try:
        found = cursor.fetchall()
    except tuple(_driver_errors) as error:
        _as_ours(error)
    for row in found:
        yield dict(zip(names, row, strict=True))


def change(sql: str, params: Sequence[object] = ()) -> int:
    """Run an UPDATE or DELETE; the number of rows it changed (0 when a guard refused)."""
    count: int = run(sql, params).rowcount
    return count


@functools.lru_cache(1024)
def _insert_sql(table: str, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


def add(table: str, **columns: object) -> None:
    """Insert one row; values in the order of the columns given."""
    run(_insert_sql(table, tuple(columns)), tuple(columns.values()))


def add_many(table: str, many: Iterable[Mapping[str, object]]) -> None:
    """Insert rows that all have the same columns."""
    given = list(many)
    if given:
        run_many(_insert_sql(table, tuple(given[0])), [tuple(row.values()) for row in given])


def run_many(sql: str, many: Sequence[Sequence[object]]) -> None:
    """Run one statement for each row of values, in their order."""
    if not many:
        return
    with peewee.__exception_wrapper__:  # type: ignore[attr-defined]
        proxy.obj.cursor().executemany(sql if _on_sqlite[0] else _for_postgres(sql), many)


# --- transactions --------------------------------------------------------------------------------


def atomic(verb: Callable[P, R]) -> Callable[P, R]:
    """Make a writing verb one transaction; inside another verb it joins that one.

    The whole verb is retried when the engine asks for it, so it takes values, never iterators. An
    exception that leaves an inner verb dooms the transaction even if the caller swallows it.
    """

    @functools.wraps(verb)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        if _thread.depth:
            return _inner(verb, args, kwargs)
        for attempt in range(RETRIES):
            try:
                return _outermost(verb, args, kwargs)
            except peewee.DatabaseError as error:
                if not _retryable(error) or attempt == RETRIES - 1:
                    _tell(error)
                time.sleep(random.uniform(0, 0.004 * 2**attempt))  # noqa: S311 (jitter)
        raise AssertionError("unreachable")

    return call


def _inner(verb: Callable[..., R], args: Any, kwargs: Any) -> R:
    _thread.depth += 1
    try:
        return verb(*args, **kwargs)
    except BaseException as error:
        _thread.doomed = type(error).__name__
        raise
    finally:
        _thread.depth -= 1


def _outermost(verb: Callable[..., R], args: Any, kwargs: Any) -> R:
    if _thread.reading:
        raise RuntimeError(f"{verb.__qualname__} writes inside a read")
    with _sole_writer(verb.__qualname__):
        proxy.begin("IMMEDIATE") if is_sqlite() else proxy.begin()
        _thread.depth, _thread.doomed = 1, None
        _thread.view = next(_views)
        try:
            result = verb(*args, **kwargs)
            if _thread.doomed:
                raise Doomed(f"{verb.__qualname__} swallowed {_thread.doomed}")
            proxy.commit()
        except BaseException:
            _thread.rollbacks += 1
            proxy.rollback()
            raise
        finally:
            _thread.depth = 0
        return result


@contextmanager
def _sole_writer(verb: str) -> Iterator[None]:
    """Writers of one SQLite file queue up here: SQLite's own waiting starves some of them."""
    if not is_sqlite():
        yield
        return
    if not _write_lock.acquire(timeout=WAIT_S):
        raise WriterStuck(seconds=int(WAIT_S), holder=_holder())
    try:
        _flock(_lock_file[1])  # whoever is next waits alone, so the last writer cannot overtake
        try:
            _flock(_lock_file[0])
        finally:
            fcntl.flock(_lock_file[1], fcntl.LOCK_UN)
        try:
            os.pwrite(_lock_file[0], f"{os.getpid()} {verb}".encode().ljust(120), 0)
            yield
        finally:
            fcntl.flock(_lock_file[0], fcntl.LOCK_UN)
    finally:
        _write_lock.release()


def _flock(file: int) -> None:
    deadline = time.monotonic() + WAIT_S
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise WriterStuck(seconds=int(WAIT_S), holder=_holder()) from None
            time.sleep(PAUSE_S)


def _holder() -> str:
    pid, _, verb = os.pread(_lock_file[0], 120, 0).decode().strip().partition(" ")
    return f"{verb or '?'} (process {pid or '?'})"


@contextmanager
def read() -> Iterator[None]:
    """One consistent view for reads of more than one statement; joins a transaction or view."""
    if _thread.depth or _thread.reading:
        yield
        return
    proxy.begin("DEFERRED") if is_sqlite() else proxy.begin("REPEATABLE READ")
    _thread.reading = True
    _thread.view = next(_views)
    try:
        yield
    except peewee.DatabaseError as error:
        _tell(error)
    finally:
        _thread.reading = False
        proxy.rollback()


def take_up_log(*, wait_s: float = 0.5) -> bool:
    """Write SQLite's log into the file and leave it empty: nothing old stands in it. False while readers hold it.

    PostgreSQL looks after its log itself. Not inside a transaction.
    """
    if not is_sqlite():
        return True
    run(f"PRAGMA busy_timeout = {int(wait_s * 1000)}")
    try:
        with _sole_writer("take_up_log"):
            return bool(run("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
    finally:
        run("PRAGMA busy_timeout = 10000")


def interrupt_of_this_thread() -> Callable[[], None]:
    """A function another thread may call to end this thread's running query (stale searches)."""
    connection = proxy.connection()
    stop: Callable[[], None] = connection.interrupt if is_sqlite() else connection.cancel
    return stop


def _retryable(error: BaseException) -> bool:
    for cause in storage.causes(error):
        if getattr(cause, "sqlstate", None) in ("40001", "40P01"):
            return True
        if "database is locked" in str(cause):
            return True
    return False


def _tell(error: BaseException) -> NoReturn:
    """Raise the sentence for a fault of the disk, or the error itself."""
    refusal = storage.refusal(error)
    if refusal is None:
        raise error
    raise refusal from error
