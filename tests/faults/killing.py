"""Four posters forked from one process, killed one at a time at random moments and forked anew.

A moment is so many answers of all posters after the kill before, and a little more: on a machine that is busy
with other things a kill waits for the work it is to interrupt.

`python -m tests.faults.killing FOLDER URL KILLS SEED STORE TEA TOP_UP MEMBER MEMBER`; each poster notes
its answers in a file of FOLDER. Exit code 0 when all were killed.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

from core.base import db, settings
from tests.faults.posting import Poster, become

POSTERS = 4
PATIENCE_S = 60


def fork(name: str, url: str, folder: Path, given: tuple[int, int, int, tuple[int, int]]) -> int:
    child = os.fork()
    if child:
        return child
    db.open_database(url)
    become(Poster(name, *given), folder / f"{name}.notes")
    return 0


def answers(folder: Path) -> int:
    """How many lines all posters noted."""
    return sum(notes.read_bytes().count(b".\n") for notes in folder.glob("*.notes"))


def wait_for(folder: Path, many: int) -> None:
    """Until so many are noted; posters that answer no more end the run."""
    end = time.monotonic() + PATIENCE_S
    while answers(folder) < many:
        if time.monotonic() > end:
            sys.exit(f"no answer within {PATIENCE_S} s")
        time.sleep(0.002)


def main(folder: Path, url: str, kills: int, seed: int, store: int, tea: int, top_up: int, *members: int) -> None:
    rng, given = random.Random(seed), (store, tea, top_up, (members[0], members[1]))
    settings.use(settings.Settings(secret="kills"))
    running = {f"p{number}": fork(f"p{number}", url, folder, given) for number in range(POSTERS)}
    for _ in range(kills):
        wait_for(folder, answers(folder) + rng.randrange(1, 6))
        time.sleep(rng.uniform(0.0, 0.02))
        name = rng.choice([*running])
        os.kill(running[name], signal.SIGKILL)
        pid, status = os.waitpid(running[name], 0)
        if not os.WIFSIGNALED(status):
            sys.exit(f"{name} ended by itself with {status}")
        running[name] = fork(name, url, folder, given)
    time.sleep(0.3)
    for pid in running.values():
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], *(int(one) for one in sys.argv[3:]))  # type: ignore[arg-type]
