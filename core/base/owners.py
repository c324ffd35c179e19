"""Who is at work: names held by a lock that lives and dies with its process.

A lease by time is not enough: a process frozen for longer than its lease wakes up and goes on with work that another
has taken over. Here the lock is the operating system's (a file beside SQLite) or the server's (a session of
PostgreSQL): a frozen process keeps it, one that ended by whatever cause has lost it.
"""

import fcntl
import os
import threading
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from core.base import db

KEEPALIVE = {"keepalives": 1, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3,
             "tcp_user_timeout": 10_000}  # fmt: skip
"""A server that cannot be reached is noticed within about ten seconds."""


class Hold:
    """One name, held by at most one process; `take` it first. Safe to share between threads."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._file = -1
        self._session: Any = None
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Try to hold the name; False while another does."""
        with self._lock:
            return self._take_file() if db.is_sqlite() else self._take_session()

    def _take_file(self) -> bool:
        if self._file < 0:
            self._file = _locked(_path(self.name))
        return self._file >= 0

    def _take_session(self) -> bool:
        import psycopg

        if self._session is not None and not self._session.closed:
            return True
        session = psycopg.connect(db.proxy.database, autocommit=True, **KEEPALIVE)  # type: ignore[arg-type]
        row = session.execute("SELECT pg_try_advisory_lock(%s)", (_key(self.name),)).fetchone()
        if row is None or not row[0]:
            session.close()
            return False
        self._session = session
        return True

    def holds(self) -> bool:
        """Whether the name is still held: a file's lock cannot be lost, a session with the server can."""
        with self._lock:
            if self._file >= 0:
                return True
            return self._session is not None and self._answers()

    def _answers(self) -> bool:
        import psycopg

        try:
            self._session.execute("SELECT 1")
        except psycopg.Error:
            self._session.close()
            self._session = None
            return False
        return True

    def _give_up(self) -> None:
        import psycopg

        with suppress(psycopg.Error):  # a session that is only closed keeps its lock a moment longer
            self._session.execute("SELECT pg_advisory_unlock(%s)", (_key(self.name),))
        self._session.close()
        self._session = None

    def leave(self) -> None:
        """Give the name up; leaving twice is allowed."""
        with self._lock:
            if self._file >= 0:
                _path(self.name).unlink(missing_ok=True)
                os.close(self._file)
                self._file = -1
            if self._session is not None:
                self._give_up()


def is_gone(name: str) -> bool:
    """Whether no process holds a name (any more). What a dead one left behind is taken away."""
    if not db.is_sqlite():
        free = bool(db.value("SELECT pg_try_advisory_lock(?)", (_key(name),)))
        if free:
            db.value("SELECT pg_advisory_unlock(?)", (_key(name),))
        return free
    path = _path(name)
    if not path.exists():
        return True
    file = _locked(path)
    if file < 0:
        return False
    path.unlink(missing_ok=True)
    os.close(file)
    return True


def _path(name: str) -> Path:
    """The file of a name, beside the database."""
    return Path(f"{db.proxy.database}.{name}.owner")


def _locked(path: Path) -> int:
    """The file open and locked; -1 while another process has it, or took it away meanwhile."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if path.stat().st_ino == os.fstat(file).st_ino:
            return file
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(file)
    return -1


def _key(name: str) -> int:
    """The 64-bit number PostgreSQL locks for a name."""
    return int.from_bytes(sha256(f"owner:{name}".encode()).digest()[:8], signed=True)
