"""Row `lookup`: one member over HTTP, beside bare WSGI and the driver alone on the same server and file.

Both are processes of their own, asked by turns over one connection that is kept open. Ours takes a key
and answers with an ETag; the floor answers as many bytes of JSON and does neither.
"""

import http.client
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

from bench import members
from bench.figures import SEED, Figure, Say, Size, Unmeasurable
from bench.process import cpu_s, peak_mb
from bench.terminal import ROOT
from core.base import clock, db
from core.books import rules
from core.keeping import opening
from core.people import devices, staff

SIZES: dict[Size, tuple[int, int]] = {"tiny": (50, 1), "small": (500, 3), "full": (5000, 5)}
"""Requests a round, and rounds."""
LIMIT = 3.0
WARMING, TURN = 200, 25


@dataclass(frozen=True)
class _Side:
    """A server and the connection to it."""

    pid: int
    connection: http.client.HTTPConnection
    headers: dict[str, str]

    def get(self, id: int) -> tuple[int, str]:
        """How many bytes one member is, and their ETag ('' without one). Raises: Unmeasurable."""
        self.connection.request("GET", f"/api/v1/members/{id}", headers=self.headers)
        answer = self.connection.getresponse()
        length = len(answer.read())
        if answer.status != 200:
            raise Unmeasurable(f"The server answered {answer.status} for member {id}.")
        return length, answer.headers.get("ETag", "")

    def cost(self, ids: Sequence[int]) -> float:
        """CPU seconds of the server for all these."""
        before = cpu_s(self.pid)
        for id in ids:
            self.get(id)
        return cpu_s(self.pid) - before


def measure(size: Size, say: Say) -> Figure:
    """Ask both servers for the same members. Raises: Unmeasurable."""
    n, rounds = SIZES[size]
    file = members.file_of(size, say)
    dice, ids = random.Random(SEED), members.ids_in(file)
    key, sample = _key(file), dice.choices(ids, k=WARMING)
    with serving("ours", file, headers={"Authorization": f"Bearer {key}"}) as ours:
        length = _length(ours, sample)
        with serving("floor", file, str(length), headers={}) as floor:
            floor.cost(sample)
            done = []
            for number in range(rounds):
                say(f"lookup: round {number + 1} of {rounds}, {n:,} requests")
                done.append(_round(ours, floor, dice.choices(ids, k=n)))
            return _figure(size, n, done, length, peak_mb(ours.pid))


def _round(ours: _Side, floor: _Side, asked: Sequence[int]) -> tuple[float, float]:
    """CPU seconds of both for the same members, by turns, so that both meet the same load of the machine."""
    used = {ours.pid: 0.0, floor.pid: 0.0}
    for number, start in enumerate(range(0, len(asked), TURN)):
        for side in (ours, floor) if number % 2 else (floor, ours):
            used[side.pid] += side.cost(asked[start : start + TURN])
    return used[ours.pid], used[floor.pid]


def _figure(size: Size, n: int, done: Sequence[tuple[float, float]], length: int, most_mb: float) -> Figure:
    ratio = median(ours / floor for ours, floor in done)
    return Figure(
        row="lookup",
        ours=median(ours for ours, _ in done) * 1000 / n,
        floor=median(floor for _, floor in done) * 1000 / n,
        peer=None,
        ratio=ratio,
        bar=f"≤ {LIMIT:g} × floor",
        met=ratio <= LIMIT,
        cpu_s=sum(ours for ours, _ in done),
        peak_mb=most_mb,
        size=size,
        seed=SEED,
        n=n,
        rounds=len(done),
        unit="ms",
        note=f"CPU of the server a request, median of rounds; {members.COUNTS[size]:,} members, answers of"
        f" {length} bytes, with key and ETag",
    )


def _length(ours: _Side, sample: Sequence[int]) -> int:
    """The usual length of an answer of ours, which must have its ETag. Raises: Unmeasurable."""
    answers = [ours.get(id) for id in sample]
    if not all(tag for _, tag in answers):
        raise Unmeasurable("The API answered without an ETag.")
    return round(mean(length for length, _ in answers))


def _key(file: Path) -> str:
    """A new API key for the file's store; its rate limit is counted, and never reached."""
    db.open_database(str(file))
    owner = staff.actor_of(int(db.value("SELECT id FROM staff WHERE role = 'owner' ORDER BY id")))
    rules.change("api_per_minute", 10**9, by=owner, now=clock.now())
    store, scopes = opening.stores()[0][0], ("members", "members.phone")
    key = devices.new_key("bench", store, scopes, by=owner, now=clock.now())
    db.close_database()
    return key


@contextmanager
def serving(*arguments: str | Path, headers: dict[str, str]) -> Iterator[_Side]:
    """A server in a process of its own, ended with the block. Raises: Unmeasurable."""
    command = [sys.executable, "-m", "bench.web", *map(str, arguments)]
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors)
        try:
            port = child.stdout.readline() if child.stdout else b""
            if not port:
                errors.seek(0)
                raise Unmeasurable(f"The server did not start: {errors.read().decode(errors='replace')[-300:]}")
            connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=60)
            yield _Side(child.pid, connection, headers)
            connection.close()
        finally:
            child.kill()
            child.communicate()
