"""A program on a pseudo-terminal, and the screen it draws."""

import fcntl
import os
import pty
import re
import select
import struct
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pyte

ROOT = Path(__file__).parents[2]
SIZE = (120, 40)


class Terminal:
    """A program on a pseudo-terminal and the screen it draws; `sent` is all it sent so far."""

    def __init__(self, pid: int, file: int, size: tuple[int, int] = SIZE) -> None:
        self.pid = pid
        self.file = file
        self.sent = b""
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)

    @property
    def sleeps(self) -> bool:
        """Whether no thread of the program has anything to do."""
        states = []
        for task in Path(f"/proc/{self.pid}/task").glob("*/stat"):
            with suppress(OSError):  # a thread that has just ended
                states.append(task.read_text("utf-8").rpartition(")")[2].split()[0])
        return all(state == "S" for state in states)

    def read(self, *, quiet_s: float = 0.4, limit_s: float = 15) -> bytes:
        """What comes until nothing comes for a while."""
        got, end = b"", time.monotonic() + limit_s
        while time.monotonic() < end and select.select([self.file], [], [], quiet_s)[0]:
            try:
                some = os.read(self.file, 65536)
            except OSError:  # the other end is closed
                break
            if not some:
                break
            got += some
        self.sent += got
        # pyte prints the ends of private sequences it does not know.
        self._stream.feed(re.sub(rb"\x1b\[[<>=?][0-9;]*[a-zA-Z]", b"", got))
        return got

    def until(self, text: str) -> bytes:
        """What comes until a text stands on the screen and nothing more comes."""
        got, end = b"", time.monotonic() + 30
        while time.monotonic() < end and not any(text in line for line in self.lines):
            got += self.read(quiet_s=0.2)
        return got + self.read(quiet_s=1)

    def send(self, keys: bytes) -> None:
        """Bytes as they come from the keyboard."""
        os.write(self.file, keys)

    def press(self, keys: str) -> bytes:
        self.send(keys.encode())
        return self.read()

    @property
    def lines(self) -> list[str]:
        # A wide character stands in one cell of pyte's and leaves the next one empty.
        rows, cells = range(self._screen.lines), range(self._screen.columns)
        return ["".join(self._screen.buffer[row][cell].data for cell in cells) for row in rows]

    @property
    def grounds(self) -> list[list[str]]:
        """The colour behind every cell, line by line."""
        rows, cells = range(self._screen.lines), range(self._screen.columns)
        return [[self._screen.buffer[row][cell].bg for cell in cells] for row in rows]

    def resize(self, columns: int, lines: int) -> None:
        """As when someone pulls at the window."""
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self._screen.resize(lines, columns)

    def ended(self, *, limit_s: float = 10) -> int:
        """The exit code of the program, which has to end by itself."""
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            self.read(quiet_s=0.1, limit_s=0.2)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
        raise AssertionError("it runs on")


@contextmanager
def running(command: Sequence[str], environ: Mapping[str, str], *, size: tuple[int, int] = SIZE) -> Iterator[Terminal]:
    """A command on a terminal of its own, killed at the end if it still runs."""
    pid, file = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.execvpe(command[0], list(command), dict(environ))
    fcntl.ioctl(file, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    try:
        yield Terminal(pid, file, size)
    finally:
        os.close(file)
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(pid, 9)
            os.waitpid(pid, 0)
