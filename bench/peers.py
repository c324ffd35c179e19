"""Peers live in environments of their own under .bench/: made once from pinned hashes, used by their own Python."""

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from bench.figures import Say

FOLDER = Path(__file__).parents[1] / ".bench"
CHOICE = "BENCH_PEERS"
"""The variable that leaves all peers out when it is 'no'."""
PATIENCE_S = 900


class Unavailable(Exception):
    """A peer could not be asked; the text says why. The row goes on without it."""


def python_of(name: str, locks: Sequence[Path], say: Say) -> Path:
    """The Python of a peer's environment, made if it is not there or a lock of it has changed.

    The locks are installed in their order, so that one may bring what the next is built with. Raises: Unavailable.
    """
    if os.environ.get(CHOICE) == "no":
        raise Unavailable("peers were left out")
    folder = FOLDER / name
    python, stamp = folder / "bin" / "python", folder / "made-from"
    wanted = f"{sys.version}\n{sha256(b''.join(lock.read_bytes() for lock in locks)).hexdigest()}"
    if not stamp.exists() or stamp.read_text("utf-8") != wanted:
        say(f"{name}: making an environment in {folder}")
        try:
            shutil.rmtree(folder, ignore_errors=True)
            venv.create(folder, with_pip=True)
            for lock in locks:
                _install(python, lock)
            stamp.write_text(wanted, "utf-8")
        except (OSError, subprocess.CalledProcessError) as error:
            raise Unavailable(f"no environment could be made in {folder}: {error}") from error
    return python


def _install(python: Path, lock: Path) -> None:
    pip: list[str | Path] = [python, "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "-q"]
    run([*pip, "--retries", "1", "--no-build-isolation", "--require-hashes", "-r", lock])


def run(command: list[str | Path]) -> None:
    """Run a program of a peer to its end. Raises: Unavailable, with the last thing it said."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=PATIENCE_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(str(error)) from error
    if done.returncode:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise Unavailable((said or [f"{command[0]} ended with {done.returncode}"])[-1][:200])
