"""Idempotent requests: the same key with the same request gives the first answer and writes nothing."""

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import asdict, is_dataclass

from core.base import db
from core.base.clock import Millis
from core.base.errors import Refused
from core.base.i18n import N_


class KeyReused(Refused):
    """The idempotency key was used before with another request."""

    code = "idempotency_key_reused"
    text = N_("This request key was used before for something else. Nothing was done; use a new key.")


class _Thread(threading.local):
    repeated: bool = False


_thread = _Thread()


def fingerprint(request: object) -> str:
    """A digest of a request that does not depend on the order of its fields."""
    return hashlib.sha256(_canonical.encode(request).encode()).hexdigest()


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return str(value)


_canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=False, default=_plain)


def once(key: str | None, do: Callable[[], int], *, scope: str, request: object, now: Millis) -> int:
    """Do something once for a key and answer its id; a repeated call answers the same id.

    Inside the caller's transaction, so that answer and effect are kept together. A concurrent twin
    waits for the first and then finds its answer. Without a key it is simply done.

    Raises: KeyReused.
    """
    if key is None:
        return do()
    _wait_for_twin(key, scope)
    asked = fingerprint(request)
    found = db.one("SELECT fingerprint, answer FROM request WHERE scope = ? AND key = ?", (scope, key))
    _thread.repeated = found is not None
    if found is not None:
        if found[0] != asked:
            raise KeyReused()
        return int(found[1])
    answer = do()
    db.add("request", scope=scope, key=key, fingerprint=asked, answer=str(answer), at=now)
    return answer


def _wait_for_twin(key: str, scope: str) -> None:
    """A twin that came a moment earlier holds this lock until its answer can be read."""
    if not db.is_sqlite():
        db.run("SELECT pg_advisory_xact_lock(hashtext(?))", (f"{scope}/{key}",))


def answered_by_twin(key: str, *, scope: str) -> bool:
    """Whether a key has an answer, after waiting for a twin that is at it; inside the caller's transaction."""
    _wait_for_twin(key, scope)
    return was_answered(key, scope=scope)


def was_answered(key: str, *, scope: str) -> bool:
    """Whether a key already has an answer; a twin at the same moment may be the first, so ask `repeated` later."""
    _thread.repeated = db.value("SELECT 1 FROM request WHERE scope = ? AND key = ?", (scope, key)) is not None
    return _thread.repeated


def repeated() -> bool:
    """Whether the last request with a key in this thread was answered from before (for the header that says so)."""
    return _thread.repeated


@db.atomic
def forget_before(moment: Millis) -> int:
    """Drop answers older than their retention; the number dropped."""
    return db.change("DELETE FROM request WHERE at < ?", (moment,))
