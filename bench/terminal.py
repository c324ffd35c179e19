"""A program on a pseudo-terminal, and what a key costs it: CPU and bytes until it is quiet again."""

import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.figures import Unmeasurable
from bench.process import cpu_s

ROOT = Path(__file__).parents[1]
COLUMNS, LINES = 120, 40
QUIET_S = 0.15
AT_REST_S = 0.0005
"""CPU within QUIET_S below which a program that sends nothing is at rest."""


@dataclass(frozen=True)
class Stroke:
    """What one key cost."""

    cpu_ms: float
    sent: int


class Terminal:
    """A Python module that runs with arguments on a terminal of 120 × 40."""

    def __init__(self, module: str, arguments: Sequence[str]) -> None:
        self.pid, self._file = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            environ = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONUTF8": "1"}
            os.execve(sys.executable, [sys.executable, "-m", module, *arguments], environ)
        fcntl.ioctl(self._file, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))

    def press(self, keys: str) -> Stroke:
        """Send keys and wait until all they cause is over. Raises: Unmeasurable."""
        before = cpu_s(self.pid)
        os.write(self._file, keys.encode())
        sent = self.settle()
        return Stroke((cpu_s(self.pid) - before) * 1000, sent)

    def settle(self, *, limit_s: float = 60) -> int:
        """Read until nothing is sent and next to no CPU is used; the bytes sent. Raises: Unmeasurable."""
        sent, used, end = 0, cpu_s(self.pid), time.monotonic() + limit_s
        while time.monotonic() < end:
            if select.select([self._file], [], [], QUIET_S)[0]:
                sent += len(self._read())
                used = cpu_s(self.pid)
            elif (now := cpu_s(self.pid)) - used > AT_REST_S:
                used = now
            else:
                return sent
        raise Unmeasurable(f"The program on the terminal was not quiet within {limit_s:g} seconds.")

    def idle(self, seconds: float) -> int:
        """Leave it alone; the bytes it sends meanwhile, which should be none. Raises: Unmeasurable."""
        sent, end = 0, time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self._file], [], [], left)[0]:
                sent += len(self._read())
        return sent

    def until(self, text: str, *, limit_s: float = 60) -> int:
        """Read until a text was sent, and on until it is quiet; the bytes sent. Raises: Unmeasurable."""
        seen, end = b"", time.monotonic() + limit_s
        while text.encode() not in seen:
            if time.monotonic() > end:
                raise Unmeasurable(f"“{text}” was not on the terminal within {limit_s:g} seconds.")
            if select.select([self._file], [], [], QUIET_S)[0]:
                seen += self._read()
        return len(seen) + self.settle()

    def _read(self) -> bytes:
        try:
            some = os.read(self._file, 65536)
        except OSError:  # the other end is closed
            some = b""
        if not some:
            raise Unmeasurable("The program on the terminal ended early; run it by hand to see why.")
        return some

    def close(self) -> None:
        """End the program."""
        os.close(self._file)
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(self.pid, 9)
            os.waitpid(self.pid, 0)
