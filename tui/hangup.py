"""Notices that the terminal is gone, where no signal says so (a parent that stays, as make does)."""

import asyncio
import select
import sys
import threading

_open: list[object] = []
"""What is collected is closed."""


def watch() -> None:
    """End the program when its terminal hangs up; costs nothing while it does not. Call inside its loop.

    Without this the thread that reads keys would read the end of a closed terminal for ever.
    """
    if not hasattr(select, "epoll") or sys.__stdin__ is None or not sys.__stdin__.isatty():
        return
    poll = select.epoll()
    _open.append(poll)
    poll.register(sys.__stdin__.fileno(), 0)  # no event asked for: hang-up and errors are always told
    asyncio.get_running_loop().add_reader(poll.fileno(), _ended)


def _ended() -> None:
    raise SystemExit(1)


def let_go(app: object) -> None:
    """End the thread that reads keys, which waits for a terminal that may be gone, and with it the program."""
    ended = getattr(getattr(app, "_driver", None), "exit_event", None)
    if isinstance(ended, threading.Event):
        ended.set()
