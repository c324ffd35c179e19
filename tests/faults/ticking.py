"""A scheduler on a fast clock, whose jobs only note that they ran, for tests that kill, freeze and stop it.

`python -m tests.faults.ticking FOLDER URL SINCE TIMES SCHEDULERS`: reads lines, each a deed and a place or a process
(`kill 1`), until `end`. Each run of a job notes its begin and its end in a file of FOLDER, with the process.
"""

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

import scheduler
from core.base import access, clock, db, settings
from core.base.clock import Millis
from core.base.settings import Settings
from scheduler import Work
from tests.shops import NOON


def note(folder: Path, job: str, now: int, what: str) -> None:
    line = f"{job} {now} {what} {os.getpid()}\n".encode()
    file = os.open(folder / "runs", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, line)
    os.close(file)


def work(folder: Path, name: str, cron: str, catch_up_s: int) -> Work:
    def do(by: access.Actor, now: Millis) -> object:
        note(folder, name, now, "begin")
        time.sleep(0.01)
        note(folder, name, now, "end")
        return "done"

    return Work(name, cron, do, catch_up_s, each_slot=True)


def become(folder: Path, url: str, since: int, times: int) -> None:
    """One scheduler: ticks often, for its clock is fast."""
    db.open_database(url)
    made = [work(folder, *one) for one in JOBS]
    scheduler.WORKS = tuple(made)
    scheduler.BY_NAME.clear()
    scheduler.BY_NAME.update({one.name: one for one in made})
    with clock.running(NOON, since=since, times=times):
        process = scheduler.Scheduler(Settings())
        signal.signal(signal.SIGTERM, lambda *_: process.stopping.set())
        while not process.stopping.is_set():
            process.tick()
            time.sleep(0.02)
        process.leave()
    db.close_database()
    os._exit(0)


JOBS = (("often", "*/10 * * * *", 86_400), ("thrice", "5 1,9,17 * * *", 86_400), ("daily", "30 3 * * *", 86_400))
"""Name, expression, window to catch up in."""


def fork(folder: Path, url: str, since: int, times: int) -> int:
    child = os.fork()
    if not child:
        become(folder, url, since, times)
    return child


def end(pid: int, number: signal.Signals) -> None:
    os.kill(pid, number)
    os.waitpid(pid, 0)


def main(folder: Path, url: str, since: int, times: int, count: int) -> None:
    settings.use(Settings(secret="test secret"))
    running = {place: fork(folder, url, since, times) for place in range(count)}
    print("ready", flush=True)
    for line in sys.stdin:
        deed, _, given = line.strip().partition(" ")
        if deed == "end":
            break
        # A place, or the process that stands there; who starts takes a free one.
        free = [one for one in range(count) if one not in running]
        place = free[0] if deed == "start" else next((p for p, pid in running.items() if pid == int(given)), int(given))
        if deed in ("kill", "stop"):
            end(running.pop(place), signal.SIGKILL if deed == "kill" else signal.SIGTERM)
        elif deed == "start":
            running[place] = fork(folder, url, since, times)
        else:
            os.kill(running[place], signal.SIGSTOP if deed == "freeze" else signal.SIGCONT)
    for pid in running.values():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
        end(pid, signal.SIGTERM)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], *(int(one) for one in sys.argv[3:]))  # type: ignore[arg-type]
