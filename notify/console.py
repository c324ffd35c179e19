"""Channel for development and demo: one line a message on a stream, nothing leaves the machine."""

import sys
import threading
from collections.abc import Collection
from typing import TextIO

from notify.channel import Accepted, CannotTell, Outcome, OutMessage, Retry, mask


class ConsoleChannel:
    """Prints each message on one line, to stderr unless a stream is given."""

    can_list = False
    inbound = False
    by_template = False

    def __init__(self, name: str = "console", stream: TextIO | None = None) -> None:
        self.name = name
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, message: OutMessage) -> Outcome:
        """Print the message with its address masked; a stream that fails is a retry."""
        subject = f"{_one_line(message.subject)} | " if message.subject else ""
        line = (
            f"[{self.name}] {mask(message.to)} #{message.outbox_id}/{message.attempt} {message.language}: "
            f"{subject}{_one_line(message.body)}\n"
        )
        try:
            with self._lock:
                stream = self._stream or sys.stderr
                stream.write(line)
                stream.flush()
        except OSError as error:
            return Retry(f"console: {type(error).__name__}")
        return Accepted(f"console-{message.outbox_id}-{message.attempt}")

    def find(self, message: OutMessage, *, since_ms: int, taken: Collection[str]) -> str | None:
        """A console remembers nothing.

        Raises: CannotTell always.
        """
        raise CannotTell("console keeps no list")

    def close(self) -> None:
        """The stream belongs to whoever opened it."""


def _one_line(text: str) -> str:
    # Control characters would let a message body move the cursor or colour the terminal.
    return "".join(char if char.isprintable() else " " for char in text)
