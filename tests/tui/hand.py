"""A hand at the keys of a back-office under test: it waits for what a key set off, and for nothing else.

Textual's own pilot waits, several times a key, until the process has used little CPU for a while. Here the
program is asked: each widget has worked off its messages and waits for the next, no worker is at work, no key
waits for its turn, nothing moves, and nothing waits for the end of a short pause (a search, a preview).
"""

import asyncio
import time
import unicodedata
from collections.abc import Iterable
from contextlib import suppress

from textual import events
from textual.app import App
from textual.keys import REPLACED_KEYS, _character_to_key, _get_unicode_name_from_key
from textual.message_pump import MessagePump
from textual.pilot import Pilot
from textual.timer import Timer
from textual.worker import WorkerCancelled

from tui.typeahead import Typeahead

SHORT_S = 0.5
"""Pauses up to here end before a page is looked at; what flashes or is told stays for longer."""
PATIENCE_S = 60.0


class Hand(Pilot[int]):
    """A pilot that goes on as soon as the program is at rest."""

    async def press(self, *keys: str) -> None:
        """Press keys, each when what the one before set off is done; short pauses do not hold it back."""
        for key in keys:
            send(self.app, key)
            await at_rest(self.app, pauses=False)

    async def pause(self, delay: float | None = None) -> None:
        """Wait for a time, if one is given, and then until the program is at rest."""
        if delay is not None:
            await asyncio.sleep(delay)
        await at_rest(self.app)


async def at_rest(app: App[int], *, pauses: bool = True) -> None:
    """Wait until nothing is on its way and what changed is drawn.

    With `pauses`, also until what waits for the end of a short pause has come.
    """
    deadline = time.monotonic() + PATIENCE_S
    while app._exception is None and not app._exit:
        with suppress(WorkerCancelled):
            await app.workers.wait_for_complete()
        if not (waits := _on_its_way(app, pauses=pauses)):
            _draw(app)
            if not (waits := _on_its_way(app, pauses=pauses)):
                return
        assert time.monotonic() < deadline, f"never at rest: {waits}"
        await asyncio.sleep(0.001)
    await asyncio.sleep(0)


def _draw(app: App[int]) -> None:
    """Draw now what the timer of the screen would draw within a sixtieth of a second."""
    try:
        app.screen._on_timer_update()
    except Exception as error:  # as that timer does
        app._handle_exception(error)


def _on_its_way(app: App[int], *, pauses: bool) -> str:
    """What is not done yet; '' when all is."""
    pumps = [app, *app._registry]
    if any(not worker.is_finished for worker in app.workers):
        return "a worker"
    if busy := next((pump for pump in pumps if not _waits_for_messages(pump)), None):
        return f"the messages of {busy!r}"
    typeahead = getattr(app, "_typeahead", None)
    if isinstance(typeahead, Typeahead) and (typeahead._waiting or typeahead._at_work is not None):
        return "a key typed ahead"
    if app.animator._animations or app.animator._scheduled:
        return "what moves"
    if pauses and any(_is_short(timer) for timer in _timers(pumps)):
        return "a pause"
    return ""


def _waits_for_messages(pump: MessagePump) -> bool:
    if pump._task is None or pump._task.done():
        return True  # not begun, or ended
    queue = pump._message_queue
    return queue.empty() and bool(queue.ready_event._waiters) and not pump._next_callbacks


def _timers(pumps: Iterable[MessagePump]) -> Iterable[Timer]:
    return (timer for pump in pumps for timer in pump._timers)


def _is_short(timer: Timer) -> bool:
    is_on = timer._task is not None and not timer._task.done() and timer._active.is_set()
    return is_on and timer._repeat == 0 and timer._interval <= SHORT_S


def send(app: App[int], key: str) -> None:
    """A key as the driver of a terminal hands it to the program; nothing is waited for."""
    if len(key) == 1 and not key.isalnum():
        key = _character_to_key(key)
    try:
        char: str | None = unicodedata.lookup(_get_unicode_name_from_key(REPLACED_KEYS.get(key, key)))
    except KeyError:
        char = key if len(key) == 1 else None
    event = events.Key(key, char)
    event.set_sender(app)
    app.post_message(event)
