"""Three schedulers on one database, killed, frozen and stopped: no slot missed, none twice."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from core.base import clock, db
from core.base.clock import HOUR, MINUTE, Millis
from core.keeping import jobs, slots
from core.keeping.jobs import Job
from tests.faults.ticking import JOBS
from tests.shops import NOON, Shop

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SEED = int(os.environ.get("REGULARS_SEED", "20261129"))


@dataclass
class Watch:
    """The nursery of schedulers, and what they noted."""

    folder: Path
    nursery: "subprocess.Popen[str]"
    since: int
    times: int
    killed: int = 0
    deeds: list[str] = field(default_factory=list)

    def do(self, deed: str, place: int) -> None:
        assert self.nursery.stdin is not None
        self.killed += deed == "kill"
        self.deeds.append(f"{deed} {place}")
        self.nursery.stdin.write(f"{deed} {place}\n")
        self.nursery.stdin.flush()

    def now(self) -> int:
        return NOON + (time.time_ns() // 1_000_000 - self.since) * self.times

    def leader(self) -> int:
        """The process that leads, by its heartbeat."""
        owner = db.value("SELECT owner FROM job_run WHERE job = 'heartbeat'") or "nobody-0-x"
        return int(owner.rsplit("-", 2)[1])

    def until(self, moment: int) -> None:
        while self.now() < moment:
            time.sleep(0.01)

    def runs(self) -> list[list[str]]:
        written = self.folder / "runs"
        return [line.split() for line in written.read_text().splitlines()] if written.exists() else []


@contextmanager
def watch(folder: Path, url: str, times: int) -> Iterator[Watch]:
    """Three schedulers whose clock, at noon now, runs so many times as fast."""
    # A second later than now, so that all of them are there when it begins.
    since = time.time_ns() // 1_000_000 + 1500
    given = [folder, url, since, times, 3]
    command = [sys.executable, "-m", "tests.faults.ticking", *map(str, given)]
    nursery = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert nursery.stdout is not None
    assert nursery.stdout.readline() == "ready\n"
    made = Watch(folder, nursery, since, times)
    yield made
    nursery.communicate("end\n", timeout=60)
    print(f"seed {SEED}: {', '.join(made.deeds)}")


def settled(made: Watch, names: set[str]) -> None:
    """Until everything that came due has been run."""
    end = time.monotonic() + 30
    with clock.set_to(made.now()):
        while time.monotonic() < end and any(
            jobs.missed(job, now=Millis(made.now() - MINUTE)) for job in jobs.all_jobs() if job.name in names
        ):
            time.sleep(0.02)


def check(made: Watch, wanted: dict[str, list[int]]) -> None:
    """Each slot that came ran to its end; one begun a second time had been begun by a process that was killed."""
    runs = [run for run in made.runs() if run[0] in wanted]
    begun = Counter((job, int(at)) for job, at, what, _ in runs if what == "begin")
    ended = Counter((job, int(at)) for job, at, what, _ in runs if what == "end")
    slots_of = {(job, at) for job, moments in wanted.items() for at in moments}
    assert sorted(slots_of - set(ended)) == []
    assert sorted(set(begun) - slots_of) == []
    again = sum(begun.values()) - len(begun)
    assert again <= made.killed
    assert {state for (state,) in db.rows("SELECT DISTINCT state FROM job_run")} == {"done"}


def moments(job: tuple[str, str, int], first: int, last: int) -> list[int]:
    return [slot.at for slot in slots.between(job[1], "Asia/Shanghai", first, last)]


@pytest.mark.timeout(120)
def test_twenty_slots_across_a_kill_a_freeze_a_stop_downtime_and_a_change(
    engine: str, shop: Shop, tmp_path: Path
) -> None:
    often = JOBS[0]
    jobs.ensure([Job(often[0], often[1], "Asia/Shanghai", True, often[2], True, changed_at=NOON)])
    with watch(tmp_path, engine, 1800) as made:  # half an hour a second
        made.until(NOON + 45 * MINUTE)
        leader, began = made.leader(), time.monotonic()
        made.do("kill", leader)
        while made.leader() == leader:
            time.sleep(0.01)
        assert time.monotonic() - began < 2  # two ticks of a scheduler outside of tests
        made.until(made.now() + 15 * MINUTE)
        made.do("start", 0)
        leader = made.leader()
        for deed, minutes in (("freeze", 35), ("thaw", 15)):
            made.do(deed, leader)
            made.until(made.now() + minutes * MINUTE)
        assert made.leader() == leader
        for place in range(3):
            made.do("stop", place)
        made.until(made.now() + 25 * MINUTE)  # nobody is there
        changed = made.now()
        jobs.reschedule("often", cron="*/5 * * * *", by=shop.owner, now=Millis(changed))
        for place in range(3):
            made.do("start", place)
        made.until(changed + 30 * MINUTE)
        ended = made.now()
        settled(made, {"often"})
        made.until(ended + 10 * MINUTE)
    last = max(int(at) for job, at, what, _ in made.runs() if what == "end" and job == "often")
    assert last >= ended - 5 * MINUTE
    wanted = moments(often, NOON, changed - 1) + moments(("often", "*/5 * * * *", 0), changed, last)
    assert len(wanted) >= 20
    check(made, {"often": wanted})


def ordeal(made: Watch, rng: random.Random, until: int) -> None:
    """Deeds at random; at least one scheduler is left alone at any moment."""
    down: dict[int, str] = {}
    while made.now() < until:
        made.until(made.now() + rng.randrange(10, 90) * MINUTE)
        for place in [place for place in down if rng.random() < 0.6]:
            made.do(down.pop(place), place)
        place = rng.randrange(3)
        if place not in down and len(down) < 2:
            deed = rng.choice(("kill", "kill", "freeze", "stop"))
            made.do(deed, place)
            down[place] = "thaw" if deed == "freeze" else "start"
    for place, deed in down.items():
        made.do(deed, place)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_two_days_of_three_schedulers_killed_and_frozen_at_random(engine: str, shop: Shop, tmp_path: Path) -> None:
    jobs.ensure(Job(name, cron, "Asia/Shanghai", True, window, True, changed_at=NOON) for name, cron, window in JOBS)
    with watch(tmp_path, engine, 1200) as made:
        ordeal(made, random.Random(SEED), NOON + 48 * HOUR)
        ended = made.now()
        settled(made, {job[0] for job in JOBS})
        made.until(ended + 30 * MINUTE)
    last = max(int(at) for _, at, what, _ in made.runs() if what == "end")
    # A job of once a day is due on its day even where the shop is set up after its hour.
    wanted = {job[0]: moments(job, NOON - 12 * HOUR if job[0] == "daily" else NOON, last) for job in JOBS}
    assert sum(map(len, wanted.values())) >= 290
    check(made, wanted)
