"""Notices when nobody has touched the keys for a while, without looking all the time."""

from collections.abc import Callable
from typing import Any

from textual.message_pump import MessagePump
from textual.timer import Timer

from core.base import clock


class IdleWatch:
    """One timer, set for the moment that would be too long; touching only notes the time."""

    def __init__(self, owner: MessagePump, idle: Callable[[], Any]) -> None:
        self._owner = owner
        self._idle = idle
        self._touched_at = clock.now()
        self._limit_s: float | None = None
        self._timer: Timer | None = None

    def touch(self) -> None:
        """Somebody is there."""
        self._touched_at = clock.now()

    def watch(self, limit_s: float | None) -> None:
        """Call after so many idle seconds; None stops watching."""
        self.touch()
        self._limit_s = limit_s
        self._set(limit_s)

    def _set(self, seconds: float | None) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = None if seconds is None else self._owner.set_timer(seconds, self._look)

    def _look(self) -> None:
        if self._limit_s is None:
            return
        left_s = self._limit_s - (clock.now() - self._touched_at) / clock.SECOND
        if left_s > 0:
            self._set(left_s)
        else:
            self._idle()
