"""How fast messages may leave by a channel."""

import threading
import time
from dataclasses import dataclass


class Bucket:
    """How many parts a channel takes in a second: it fills by the second, and what is urgent may overdraw it."""

    def __init__(self, per_s: int) -> None:
        self.per_s = per_s
        self._level, self._at = float(per_s), time.monotonic()
        self._lock = threading.Lock()

    def take(self, parts: int, *, urgent: bool = False) -> bool:
        """Take so many parts if any are left; False: not yet."""
        with self._lock:
            now = time.monotonic()
            self._level = min(float(self.per_s), self._level + (now - self._at) * self.per_s)
            self._at = now
            if self._level <= 0 and not urgent:
                return False
            self._level -= parts
            return True


@dataclass(frozen=True)
class Lane:
    """What one sender lets out: by how many threads a channel, and codes only, all but codes, or everything (None)."""

    threads: int = 1
    urgent: bool | None = None


ONE_BY_ONE = Lane()
