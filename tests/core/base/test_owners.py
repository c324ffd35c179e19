"""Names held by a lock that lives and dies with its process."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.base import clock, db, owners
from core.base.owners import Hold

ROOT = Path(__file__).resolve().parents[3]
HOLDER = """
import sys, time
from core.base import db, owners
db.open_database(sys.argv[1])
hold = owners.Hold("worker")
print(hold.take(), flush=True)
time.sleep(60)
"""


@pytest.fixture
def other(engine: str) -> "subprocess.Popen[str]":
    """A process that holds the name “worker”."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, engine], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "True\n"
    yield process
    process.kill()
    process.communicate()


def test_a_name_is_held_by_one(engine: str) -> None:
    first, second = Hold("a"), Hold("a")
    assert first.take() and first.take() and first.holds()
    assert not second.take() and not second.holds()
    first.leave()
    first.leave()
    assert second.take() and not first.holds()
    second.leave()


def test_a_name_nobody_ever_held_is_gone(engine: str) -> None:
    assert owners.is_gone("nobody")
    assert list(Path(engine).parent.glob("*.owner")) == []


def test_a_frozen_process_keeps_its_name_and_a_killed_one_has_lost_it(
    engine: str, other: "subprocess.Popen[str]"
) -> None:
    assert not owners.is_gone("worker") and not Hold("worker").take()
    other.send_signal(signal.SIGSTOP)
    assert not owners.is_gone("worker")
    os.kill(other.pid, signal.SIGKILL)
    other.wait()
    until = time.monotonic() + 20
    while not owners.is_gone("worker") and time.monotonic() < until:
        time.sleep(0.02)  # a server notices that a client was killed when it next looks
    assert owners.is_gone("worker")
    assert list(Path(engine).parent.glob("*.owner")) == []


@pytest.mark.postgres
def test_a_session_the_server_ended_is_noticed(cluster: object, engine: str) -> None:
    hold = Hold("a")
    assert hold.take()
    if db.is_sqlite():
        assert hold.holds()
        hold.leave()
        return
    db.value("SELECT pg_terminate_backend(l.pid) FROM pg_locks l WHERE l.locktype = 'advisory'")
    assert not hold.holds()
    assert owners.is_gone("a")


def test_a_running_clock_goes_so_many_times_as_fast() -> None:
    true = clock.now()
    with clock.running(1_000_000, since=true, times=1000):
        first = clock.now()
        assert 1_000_000 <= first < 1_000_000 + 5_000_000
        while clock.now() == first:
            pass
        assert (clock.now() - first) % 1000 == 0
