"""Which phone a screen is talking to: a join link opened on a phone shows on the screen that made it.

Kept in this process only, without a fact about anyone: a number of two digits and a moment. A phone
served by another process still joins; its screen just goes on showing the code.
"""

import threading
from dataclasses import dataclass, field
from typing import Literal

from core.base.clock import MINUTE, Millis
from core.people.joinlinks import JoinLink

LIFE = 5 * MINUTE


@dataclass(frozen=True)
class Meeting:
    """The phone that came last to a screen; `match` is shown on both."""

    match: int
    state: Literal["opened", "joined"]
    at: Millis


@dataclass
class Board:
    """Every screen's last meeting."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _meetings: dict[int, Meeting] = field(default_factory=dict)

    def opened(self, link: JoinLink, *, now: Millis) -> int:
        """A phone opened a screen's link; the number both show."""
        match = match_of(link)
        with self._lock:
            self._meetings[link.device_id] = Meeting(match, "opened", now)
        return match

    def joined(self, device_id: int, match: int, *, now: Millis) -> None:
        """That phone's owner is a member now."""
        with self._lock:
            self._meetings[device_id] = Meeting(match, "joined", now)

    def with_screen(self, device_id: int, *, after: int, now: Millis) -> Meeting | None:
        """The last meeting of a screen since a moment, while it still counts."""
        with self._lock:
            found = self._meetings.get(device_id)
        if found is None or found.at <= max(after, now - LIFE):
            return None
        return found


def match_of(link: JoinLink) -> int:
    """Two digits, 10 to 99, that follow from the link alone."""
    return int(link.nonce, 16) % 90 + 10
