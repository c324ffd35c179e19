"""Keys typed ahead: each is handed on when the one before it has done its work and the focus has come to rest.

Without this, what a scanner or a quick hand sends while a page or a sheet is being opened would still go to the
page before, and Enter would open a row nobody asked for.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from textual.app import App
from textual.events import Key, Paste
from textual.message_pump import MessagePump

PATIENCE_S = 1.0
"""How long one key may keep the others waiting."""

Typed = Key | Paste


class Typeahead:
    """Holds keys back while one is at work."""

    def __init__(self, app: App[Any], hand_on: Callable[[Typed], Awaitable[None]]) -> None:
        """`hand_on` gives a key to whatever has the focus."""
        self._app, self._hand_on = app, hand_on
        self._waiting: deque[Typed] = deque()
        self._at_work: asyncio.Task[None] | None = None

    async def take(self, event: Typed) -> None:
        """Hand a key on now, or when its turn comes."""
        if self._at_work is not None:
            self._waiting.append(event)
        else:
            await self._give(event)

    async def _give(self, event: Typed) -> None:
        target = self._app.focused or self._app.screen
        self._at_work = asyncio.create_task(self._settle(target))
        await self._hand_on(event)

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

    async def _passed(self, target: MessagePump) -> None:
        """Wait until a widget and all above it have worked off what they were sent."""
        pump: MessagePump | None = target
        while pump is not None:
            await _through(pump)
            pump = pump._parent
        await _through(self._app)

    async def _next(self) -> None:
        self._at_work = None
        if self._waiting:
            await self._give(self._waiting.popleft())


async def _through(pump: MessagePump) -> None:
    """Wait until a pump has worked off what it was sent before."""
    done = asyncio.Event()
    if pump.is_running and pump.call_later(done.set):
        await done.wait()
