"""Settling what became of messages whose owner died or whose answer never came, a part at a time.

Asking the provider takes a while and may hang, so a round ends when it is told to or its time is up, and the next one
goes on from there. Whoever calls knows the channels and asks; what follows from the answer is decided here.
"""

import threading
import time
from collections.abc import Callable, Collection

from core.base import owners
from core.base.clock import MINUTE, Millis
from core.outreach import delivery, unsettled
from core.outreach.unsettled import Unsettled


class CannotAsk(Exception):
    """The provider could not say whether it has a message; it stays open for so long after it was claimed."""

    def __init__(self, patience: int) -> None:
        super().__init__(patience)
        self.patience = patience


Ask = Callable[[Unsettled], str | None]
"""The provider's sid of a message, None when it surely has it not. Raises: CannotAsk."""


class Settler:
    """Asks for each open message in turn, and goes round."""

    def __init__(self, ask: Ask, owner: str, *, stop: threading.Event | None = None) -> None:
        self._ask, self._owner, self._stop = ask, owner, stop
        self._after_id = 0

    @property
    def goes_on(self) -> bool:
        """Whether the last round ended before all were asked for."""
        return self._after_id > 0

    def settle(self, *, now: Millis, busy: Collection[int] | None = None, within_s: float | None = None) -> int:
        """Ask on until all were asked for, the time is up or one is told to stop; how many were settled.

        A message of a live owner is left to it, however long it has been frozen. `busy` is what this owner has in
        hand: the rest of its own was sent, and its answer could not be noted.
        """
        settled, began_s, gone = 0, time.monotonic(), dict[str, bool]()
        while rows := unsettled.page(after_id=self._after_id):
            for row in rows:
                late = within_s is not None and time.monotonic() - began_s >= within_s
                if late or (self._stop is not None and self._stop.is_set()):
                    return settled
                self._after_id = row.id
                settled += self._is_free(row, busy, gone) and self._one(row, now)
        self._after_id = 0
        return settled

    def _is_free(self, row: Unsettled, busy: Collection[int] | None, gone: dict[str, bool]) -> bool:
        if row.state != "sending" or row.owner is None:
            return True
        if row.owner == self._owner:
            return busy is not None and row.id not in busy
        if row.owner not in gone:
            gone[row.owner] = owners.is_gone(row.owner)
        return gone[row.owner]

    def _one(self, row: Unsettled, now: Millis) -> bool:
        if row.state == "sending" and row.in_hand:
            # What is this owner's own may be on its way into its hands this moment.
            mine_still = row.owner == self._owner and row.claimed_at + MINUTE > now
            return not mine_still and unsettled.put_back(row, now=now)
        patience, surely_not = unsettled.GRACE, False
        try:
            sid = self._ask(row)
        except CannotAsk as error:
            patience = error.patience
        else:
            if sid is not None:
                delivery.accepted(row.id, sid=sid, now=now)
                return True
            surely_not = True
        if row.claimed_at + patience > now:
            return False
        return unsettled.give_up(row.id, surely_not=surely_not, now=now) != ""
