"""The way from the screen to core: two threads, each with a database connection of its own.

Reads and writes never wait for one another, and the screen for neither. The thread of the screen has
no connection, so a call of core there fails by itself.
"""

import asyncio
import functools
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from contextvars import Context, copy_context
from queue import SimpleQueue
from typing import ParamSpec, TypeVar, cast

from core.base import db

P = ParamSpec("P")
R = TypeVar("R")


class Stale(Exception):
    """The answer is no longer wanted: a newer read took its lane, or the lane was dropped."""


class _Call:
    """One call on its way: what to run, in which context, and who waits for it."""

    def __init__(self, work: Callable[[], object]) -> None:
        self.work = work
        self.context: Context = copy_context()
        self.loop = asyncio.get_running_loop()
        self.answer: asyncio.Future[object] = self.loop.create_future()
        self.stale = False

    def settle(self, result: object, error: BaseException | None) -> None:
        """Hand the outcome to the waiting task; nobody may be waiting any more."""
        with suppress(RuntimeError):  # the program has ended meanwhile
            self.loop.call_soon_threadsafe(self._set, result, error)

    def _set(self, result: object, error: BaseException | None) -> None:
        if self.answer.done():
            return
        if self.stale:
            self.answer.set_exception(Stale())
        elif error is not None:
            self.answer.set_exception(error)
        else:
            self.answer.set_result(result)


class _Worker:
    """A thread with one connection that works off calls in their order."""

    def __init__(self, name: str) -> None:
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._guard = threading.Lock()
        self._running: _Call | None = None
        self._interrupt: Callable[[], None] | None = None
        self._ready: Future[None] = Future()
        self._thread = threading.Thread(target=self._live, name=name)

    def start(self) -> None:
        self._thread.start()
        self._ready.result()

    def close(self) -> None:
        if self._thread.ident is not None:
            self._calls.put(None)
            self._thread.join()

    def put(self, call: _Call) -> None:
        self._calls.put(call)

    def drop(self, call: _Call | None = None) -> None:
        """Give up a call, or whatever runs now; the guard keeps the next call from being hit."""
        with self._guard:
            given_up = call or self._running
            if given_up is not None:
                given_up.stale = True
            if given_up is not None and given_up is self._running and self._interrupt is not None:
                self._interrupt()

    def _live(self) -> None:
        try:
            db.attach()
            self._interrupt = db.interrupt_of_this_thread()
        except BaseException as error:  # the one who starts the thread gets it
            self._ready.set_exception(error)
            return
        self._ready.set_result(None)
        try:
            while (call := self._calls.get()) is not None:
                self._do(call)
        finally:
            db.detach()

    def _do(self, call: _Call) -> None:
        with self._guard:
            if call.stale:
                call.settle(None, None)
                return
            self._running = call
        result, error = None, None
        try:
            result = call.context.run(call.work)
        except BaseException as raised:  # the one who waits gets it
            error = raised
        with self._guard:
            self._running = None
        call.settle(result, error)


class Gateway:
    """Hands verbs of core to their threads; they run in the language of whoever asks."""

    def __init__(self) -> None:
        self._reader = _Worker("reads")
        self._writer = _Worker("writes")
        self._lanes: dict[str, _Call] = {}

    def start(self) -> None:
        """Connect both threads and let go of the caller's own connection.

        Raises: what `db.attach` raises.
        """
        db.detach()
        try:
            self._reader.start()
            self._writer.start()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give up running reads, wait for writes to end, disconnect. May be called twice."""
        self._reader.drop()
        self._reader.close()
        self._writer.close()

    async def read(self, verb: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a reading verb; given up when its asker is."""
        return cast("R", await self._given_up_with_asker(_Call(functools.partial(verb, *args, **kwargs))))

    async def latest(self, lane: str, verb: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a reading verb of which only the newest answer counts (search as you type).

        The one before it in the lane is interrupted and raises `Stale` where it was awaited.

        Raises: Stale.
        """
        self.drop(lane)
        call = self._lanes[lane] = _Call(functools.partial(verb, *args, **kwargs))
        try:
            return cast("R", await self._given_up_with_asker(call))
        finally:
            if self._lanes.get(lane) is call:
                del self._lanes[lane]

    async def write(self, verb: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a writing verb to its end, whatever becomes of the one who asked."""
        call = _Call(functools.partial(verb, *args, **kwargs))
        self._writer.put(call)
        return cast("R", await call.answer)

    def drop(self, lane: str) -> None:
        """Give up what a lane is waiting for."""
        if (call := self._lanes.pop(lane, None)) is not None:
            self._reader.drop(call)

    async def _given_up_with_asker(self, call: _Call) -> object:
        self._reader.put(call)
        try:
            result = await call.answer
        except asyncio.CancelledError:
            self._reader.drop(call)
            raise
        if call.stale:  # overtaken between the answer and this line
            raise Stale
        return result
