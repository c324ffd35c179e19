"""Rate limits: how often something may happen, counted by GCRA in a file of its own.

A limit keeps one moment for each who it counts: when its allowance would be whole again (the theoretical
arrival time of ITU-T I.371). The file is scratch: it holds keyed hashes instead of numbers and addresses, is
made anew if it is damaged, and where it cannot be written (no room, no right) nothing is counted, for a shop
must go on selling. Without a file the counts live in this process.
"""

import hmac
import logging
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from core.base import logs, settings
from core.base.clock import DAY, Millis
from core.base.drivers import peewee
from core.base.errors import Refused
from core.base.i18n import N_

log = logs.get("limits")
sqlite3: Any = peewee.sqlite3  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Limit:
    """So many times in a span of milliseconds, at any rhythm; afterwards one each `per_ms / times`."""

    name: str
    times: int
    per_ms: int

    @property
    def every_ms(self) -> int:
        """How long one takes to be allowed again; at least 1 ms."""
        return max(1, self.per_ms // self.times)


class TooOften(Refused):
    """A rate limit is used up; `wait_s` says when the next one is allowed."""

    code = "too_often"
    text = N_("That was too often. Try again in {wait_s} s.")

    def __init__(self, *, wait_ms: int) -> None:
        self.wait_s = -(-wait_ms // 1000)
        super().__init__(wait_s=self.wait_s)


def after(limit: Limit, whole_at: int, now: int) -> tuple[int, int]:
    """When the allowance is whole again if one more happens now, and how long that one has to wait.

    `whole_at` is what was kept, 0 for nothing. It is never further ahead than the span, unless the clock was
    set back; then it is forgotten, so that nobody waits for a clock.
    """
    span = limit.every_ms * limit.times
    begun = whole_at if now < whole_at <= now + span else now
    then = begun + limit.every_ms
    return then, max(0, then - span - now)


class _Counts:
    """The file, opened by the first who counts in it; one thread at a time."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.lock = threading.Lock()
        try:
            self.connection = self._opened()
        except sqlite3.OperationalError:  # no room, no right: not damaged
            raise
        except sqlite3.DatabaseError:
            self._remove()
            self.connection = self._opened()

    def _opened(self) -> Any:
        connection = sqlite3.connect(
            self.path or ":memory:", timeout=0.5, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("PRAGMA synchronous = off")
        connection.execute("CREATE TABLE IF NOT EXISTS seen (who TEXT PRIMARY KEY, whole_at INTEGER) WITHOUT ROWID")
        return connection

    def anew(self) -> None:
        """Begin with an empty file: what was counted is lost, nothing else."""
        self.connection.close()
        self._remove()
        self.connection = self._opened()

    def _remove(self) -> None:
        for end in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(self.path + end).unlink()


_counts: list[_Counts] = []
_opening = threading.Lock()


def _open() -> _Counts:
    path = settings.current().limits
    with _opening:
        if not _counts or _counts[0].path != path:
            opened = _Counts(path)
            for before in _counts:
                before.connection.close()
            _counts[:] = [opened]
        return _counts[0]


def forget() -> None:
    """Close the file; counts without a file begin anew (for tests and the end of a process)."""
    with _opening:
        for counts in _counts:
            counts.connection.close()
        _counts.clear()


def take(*asked: tuple[Limit, object], now: Millis) -> None:
    """Count one for each of some limits, or none at all if one of them is used up. Raises: TooOften."""
    try:
        wait_ms = _counted(asked, now)
    except sqlite3.OperationalError as error:
        logs.note(log, "limits are not counted", level=logging.WARNING, error=error)
        return
    if wait_ms:
        raise TooOften(wait_ms=wait_ms)


def _counted(asked: Sequence[tuple[Limit, object]], now: int) -> int:
    counts = _open()
    with counts.lock:
        try:
            return _take(counts.connection, asked, now)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            counts.anew()
            return _take(counts.connection, asked, now)


_ONE = (
    "INSERT INTO seen VALUES (:who, :now + :every) ON CONFLICT (who) DO UPDATE SET"
    " whole_at = :every + CASE WHEN whole_at > :now AND whole_at <= :now + :span THEN whole_at ELSE :now END"
    " WHERE NOT (whole_at > :now + :span - :every AND whole_at <= :now + :span)"
)
"""`after` for one limit in one statement, which changes nothing if the limit is used up."""


def _take(connection: Any, asked: Sequence[tuple[Limit, object]], now: int) -> int:
    if len(asked) == 1:
        limit, who = asked[0][0], _hash(*asked[0])
        span = limit.every_ms * limit.times
        if connection.execute(_ONE, {"who": who, "now": now, "every": limit.every_ms, "span": span}).rowcount:
            return 0
    return _take_all(connection, asked, now)


def _take_all(connection: Any, asked: Sequence[tuple[Limit, object]], now: int) -> int:
    wanted = [(limit, _hash(limit, who)) for limit, who in asked]
    connection.execute("BEGIN IMMEDIATE")
    try:
        kept, wait_ms = [], 0
        for limit, who in wanted:
            row = connection.execute("SELECT whole_at FROM seen WHERE who = ?", (who,)).fetchone()
            then, wait = after(limit, row[0] if row else 0, now)
            kept.append((who, then))
            wait_ms = max(wait_ms, wait)
        if not wait_ms:
            connection.executemany(
                "INSERT INTO seen VALUES (?, ?) ON CONFLICT (who) DO UPDATE SET whole_at = excluded.whole_at", kept
            )
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return wait_ms


def sweep(*, now: Millis) -> int:
    """Forget allowances that have been whole for a day; how many."""
    counts = _open()
    with counts.lock:
        found: int = counts.connection.execute("DELETE FROM seen WHERE whole_at < ?", (now - DAY,)).rowcount
    return found


def _hash(limit: Limit, who: object) -> str:
    return hmac.new(settings.derived_key("limits"), f"{limit.name}/{who}".encode(), sha256).hexdigest()[:32]
