"""Keys typed ahead: each is handed on when the one before it has done its work and the focus has come to rest.

Without this, what a scanner or a quick hand sends while a page or a sheet is being opened would still go to the
page before, and Enter would open a row nobody asked for. What prints comes as fast as it is typed; any other key
also waits for the reads and writes that the key before it set off, so that paying comes after the scan is counted.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from textual.app import App
from textual.events import Key, Paste
from textual.message_pump import MessagePump

PATIENCE_S = 1.0
"""How long the messages of one key may keep the others waiting."""
WORK_S = 3.0
"""How long the reads and writes of one key may."""
AT_ONCE = frozenset({"escape", "ctrl+c", "ctrl+q"})
"""Keys that wait for no work: they leave it."""
WORK = frozenset({"reads", "writes"})
"""The groups of workers that are such work."""

Typed = Key | Paste


class Typeahead:
    """Holds keys back while one is at work."""

    def __init__(self, app: App[Any], hand_on: Callable[[Typed], Awaitable[None]]) -> None:
        """`hand_on` gives a key to whatever has the focus."""
        self._app, self._hand_on = app, hand_on
        self._waiting: deque[Typed] = deque()
        self._at_work: asyncio.Task[None] | None = None
        self._before: Typed | None = None
        self._since = 0.0

    async def take(self, event: Typed) -> None:
        """Hand a key on now, or when its turn comes."""
        self._waiting.append(event)
        if self._at_work is None:
            await self._next()

    async def _next(self) -> None:
        self._at_work = None
        if not self._waiting:
            return
        if self._waits_for_work(self._waiting[0]):
            self._at_work = asyncio.create_task(self._rest())
        else:
            await self._give(self._waiting.popleft())

    async def _give(self, event: Typed) -> None:
        target = self._app.focused or self._app.screen
        self._before, self._since = event, time.monotonic()
        self._at_work = asyncio.create_task(self._settle(target))
        await self._hand_on(event)

    def _waits_for_work(self, event: Typed) -> bool:
        if _prints(event) and _prints(self._before):
            return False
        return not (isinstance(event, Key) and event.key in AT_ONCE) and self._is_busy()

    def _is_busy(self) -> bool:
        soon = time.monotonic() < self._since + WORK_S
        return soon and any(worker.group in WORK and not worker.is_finished for worker in self._app.workers)

    async def _settle(self, target: MessagePump) -> None:
        """Wait for what a key set off, then for the page that is open now, then let the next key come."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                for _round in range(2):  # a key becomes a message of the widget it came to
                    await self._passed(target)
                while not self._app.screen.is_mounted:
                    await asyncio.sleep(0.005)
                await _through(self._app.screen)
                await _through(self._app)
        except TimeoutError:
            pass
        finally:
            self._app.call_later(self._next)

    async def _rest(self) -> None:
        """Wait for reads and writes, and for what their answers set off."""
        try:
            while self._is_busy():
                await asyncio.sleep(0.005)
            async with asyncio.timeout(PATIENCE_S):
                for pump in reversed([*self._app.screen.walk_children(with_self=True)]):  # messages go upwards
                    await _through(pump)
                await _through(self._app)
        except TimeoutError:
            pass
        finally:
            self._app.call_later(self._next)

    async def _passed(self, target: MessagePump) -> None:
        """Wait until a widget and all above it have worked off what they were sent."""
        pump: MessagePump | None = target
        while pump is not None:
            await _through(pump)
            pump = pump._parent
        await _through(self._app)


def _prints(event: Typed | None) -> bool:
    return isinstance(event, Key) and event.is_printable


async def _through(pump: MessagePump) -> None:
    """Wait until a pump has worked off what it was sent before."""
    done = asyncio.Event()
    if pump.is_running and pump.call_later(done.set):
        await done.wait()
