"""Kiosk and scheduler beside a back-office that is not the shop's: the demo's, and those of a copy to practise on.

They are told everything by their folder or their environment, never by settings of a real shop, and end with it.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

FIRST_PORT = 8137


def free_port() -> int:
    """A port of this machine that nobody listens on; 0 if there is none among fifty."""
    for port in range(FIRST_PORT, FIRST_PORT + 50):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    return 0


@contextlib.contextmanager
def running(folder: Path, environ: Mapping[str, str]) -> Iterator[None]:
    """Kiosk and scheduler of a folder, until the block ends; what they say goes to files in it.

    No setting of this process's own environment reaches them but what `environ` names.
    """
    # A terminal that is closed must not leave them behind.
    before = {one: signal.signal(one, lambda *_: sys.exit(1)) for one in (signal.SIGTERM, signal.SIGHUP)}
    children = [_start(folder, name, environ) for name in ("kiosk", "scheduler")]
    try:
        yield
    finally:
        for child in children:
            child.terminate()
        for child in children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout=10)
        for number, handler in before.items():
            signal.signal(number, handler)


def _start(folder: Path, name: str, environ: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    with (folder / f"{name}.log").open("ab") as log:
        return subprocess.Popen(
            _command(folder, name),
            env=_without_settings() | dict(environ), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip


def back_office(folder: Path) -> int:
    """The back-office of a folder, in this terminal, until it is left; its exit code."""
    of_the_terminal = {name: os.environ[name] for name in ("REGULARS_LANGUAGE", "REGULARS_TILL") if name in os.environ}
    return subprocess.run(_command(folder, "tui"), env=_without_settings() | of_the_terminal, check=False).returncode


def _command(folder: Path, name: str) -> list[str]:
    return [sys.executable, "-m", "regulars", "--folder", str(folder), name]


def _without_settings() -> dict[str, str]:
    """This process's environment without what it says of a shop."""
    return {key: value for key, value in os.environ.items() if not key.startswith("REGULARS_")}


def wait_for(url: str) -> None:
    """Wait until a page of our own loopback address answers, at most twenty seconds."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 (our own loopback address)
                answer.read()
            return
        except urllib.error.HTTPError:
            return  # it answers; what it finds wanting beside itself is not waited for
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
