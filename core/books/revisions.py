"""Revisions: a mark for each kind of rule, changed whenever one of them is, so that rules can be kept.

Rules are read with every sale and changed a few times a month. A process keeps them and looks at the
mark instead, once a transaction. The mark is drawn at random: a number counted on could come again
after a rollback.
"""

import secrets
import threading
from collections.abc import Callable
from typing import Generic, Literal, TypeVar

from core.base import db

Topic = Literal["rules", "tiers", "plans", "promotions", "goods", "stores", "webhooks"]
Kept = TypeVar("Kept")


class _Seen(threading.local):
    """What this thread saw: in which transaction or view, and the marks."""

    def __init__(self) -> None:
        self.view = (0, 0)
        self.marks: dict[str, int] = {}


_seen = _Seen()


def bump(topic: Topic) -> None:
    """Say that something of a topic changed; inside the writing verb that changed it."""
    db.run(
        "INSERT INTO revision (topic, mark) VALUES (?, ?) ON CONFLICT (topic) DO UPDATE SET mark = excluded.mark",
        (topic, secrets.randbits(62)),
    )
    _seen.view = (0, 0)


def mark(topic: Topic) -> tuple[int, int]:
    """What stands for the present state of a topic, in this database."""
    view = db.opening(), db.view()
    if not view[1] or _seen.view != view:
        _seen.marks = dict(db.rows("SELECT topic, mark FROM revision"))
        _seen.view = view
    return view[0], _seen.marks.get(topic, 0)


class Remembered(Generic[Kept]):
    """A value read from tables of one topic, read again when something of it changed."""

    def __init__(self, topic: Topic, load: Callable[[], Kept]) -> None:
        self.topic, self.load = topic, load
        self._kept: tuple[tuple[int, int], Kept] | None = None

    def __call__(self) -> Kept:
        """The value as it stands now."""
        found, key = self._kept, mark(self.topic)
        if found is None or found[0] != key:
            found = key, self.load()
            self._kept = found
        return found[1]
