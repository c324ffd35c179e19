"""Till, kiosk and scheduler are killed in the middle of writes: nothing is lost, nothing doubled."""

import collections
import contextlib
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

import scheduler
from core.base import clock, db, settings
from core.keeping import doctor, jobs
from core.outreach import unsettled
from core.people import devices
from core.tables import schema
from notify.registry import ChannelConfig, open_channels
from tests import shops

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("REGULARS_SEED", "20261121"))


class Street:
    """A shop whose three processes can be killed at any moment and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.database = folder, str(folder / "regulars.db")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.shop = shops.open_shop(now=clock.now())
        self.shop.rule("service_hours", "0-24")
        jobs.ensure(scheduler.default_jobs(clock.now()))
        jobs.set_enabled("backup", False, by=self.shop.owner, now=clock.now())  # else each start after a kill makes one
        self.shop.product("tea", 1800)
        self.member = self.shop.member("13800138000", purposes=("membership", "service"))
        self.shop.top_up(self.member, 5_000_000)
        self.key = devices.new_key("street", self.shop.store, ("members", "sales"), by=self.shop.owner, now=clock.now())
        self.acked: dict[str, int] = {}
        self.processes: dict[str, subprocess.Popen[str]] = {}
        self.stopping = threading.Event()

    def environment(self) -> dict[str, str]:
        own = {"REGULARS_DATABASE": self.database, "REGULARS_SECRET": "kills", "REGULARS_KIOSK_PORT": str(self.port),
               "REGULARS_CHANNEL": "file", "REGULARS_OUTBOX_FILE": str(self.folder / "outbox.jsonl")}  # fmt: skip
        kept = {key: value for key, value in os.environ.items() if not key.startswith("REGULARS_")}
        return kept | own

    def start(self, name: str) -> None:
        tea = self.shop.products["tea"]
        first = 1 + self.work_done("till")
        command = {
            "till": [
                "-m",
                "tests.faults.till",
                self.database,
                str(self.shop.store),
                str(tea),
                str(self.member),
                str(first),
            ],
            "kiosk": ["-m", "regulars", "--folder", str(self.folder), "kiosk"],
            "scheduler": ["-m", "regulars", "--folder", str(self.folder), "scheduler"],
        }[name]
        out = subprocess.PIPE if name == "till" else subprocess.DEVNULL
        with (self.folder / f"{name}.err").open("a") as err:
            process = subprocess.Popen([sys.executable, *command], env=self.environment(), stdout=out, stderr=err,
                                       text=True)  # fmt: skip
        self.processes[name] = process
        if name == "till":
            threading.Thread(target=self._listen, args=(process,), daemon=True).start()

    def _listen(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        for line in process.stdout:
            number, _, sale_id = line.strip().partition(" ")
            if sale_id:
                self.acked[f"till-{number}"] = int(sale_id)
        process.stdout.close()

    def kill(self, name: str) -> None:
        process = self.processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def wait_until_busy(self, name: str) -> None:
        """A process is killed in the middle of its work, not while it starts."""
        done, deadline = self.work_done(name), time.monotonic() + 20
        while self.work_done(name) == done and time.monotonic() < deadline:
            time.sleep(0.01)

    def work_done(self, name: str) -> int:
        if name == "scheduler":
            outbox = self.folder / "outbox.jsonl"
            return outbox.stat().st_size if outbox.exists() else 0
        door = {"till": "till-", "kiosk": "web-"}[name]
        return sum(key.startswith(door) for key in list(self.acked))

    def order_online(self) -> None:
        """An online shop that sends each order until it is answered, always with the same key."""
        number = 0
        while not self.stopping.is_set():
            number += 1
            while not self.stopping.is_set():
                with contextlib.suppress(
                    urllib.error.URLError, ConnectionError, TimeoutError, http.client.HTTPException, ValueError
                ):
                    self.acked[f"web-{number}"] = self._post(f"web-{number}")
                    break
                time.sleep(0.02)

    def _post(self, key: str) -> int:
        body = {
            "lines": [{"product_id": str(self.shop.products["tea"]), "quantity_milli": 1000}],
            "member_id": str(self.member),
            "tenders": [{"kind": "card", "cents": 1800}],
            "expected_cents": 1800,
        }
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1/sales", json.dumps(body).encode(), method="POST",
            headers={"Authorization": f"Bearer {self.key}", "Content-Type": "application/json", "Idempotency-Key": key},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=5) as answer:
            return int(json.load(answer)["id"])


@pytest.fixture
def street(tmp_path: Path, empty_sqlite: Path) -> Street:
    settings.use(settings.Settings(secret="kills"))
    shutil.copy(empty_sqlite, tmp_path / "regulars.db")
    db.open_database(str(tmp_path / "regulars.db"))
    schema.check()
    street = Street(tmp_path)
    yield street
    street.stopping.set()
    for name in list(street.processes):
        street.kill(name)
    db.close_database()


def shake(street: Street, kills: int, dice: random.Random) -> None:
    for name in ("till", "kiosk", "scheduler"):
        street.start(name)
    online = threading.Thread(target=street.order_online)
    online.start()
    time.sleep(3)
    for _ in range(kills):
        name = dice.choice(("till", "kiosk", "scheduler"))
        street.wait_until_busy(name)
        time.sleep(dice.uniform(0, 0.3))
        street.kill(name)
        street.start(name)
    time.sleep(3)
    street.kill("till")
    street.stopping.set()
    online.join()
    street.kill("kiosk")


def settle(street: Street) -> None:
    """End the last scheduler and send what is left as the next one would, without its pause after each fifty."""
    street.kill("scheduler")
    # What was on its way when the last owner died is looked up, or sent once more after the grace.
    channels = open_channels(ChannelConfig(kind="file", file_path=street.folder / "outbox.jsonl"))
    with clock.set_to(clock.now() + unsettled.GRACE + clock.MINUTE):
        scheduler.settle(channels, "after", now=clock.now())
        while scheduler.send_due(channels, "after"):
            pass


def check(street: Street) -> None:
    found = [f"{one.check}: {one.what}" for one in doctor.examine(now=clock.now()) if one.check != "jobs"]
    assert found == []
    # The last answer of a killed process may have died on its way: its key is answered, its ack is not.
    kept = {key: int(answer) for key, answer in db.rows("SELECT key, answer FROM request")}
    assert {key: kept.get(key) for key in street.acked} == street.acked
    assert len(set(kept.values())) == len(kept)
    assert db.value("SELECT count(*) FROM sale") == len(kept) + 1
    lines = [json.loads(line) for line in (street.folder / "outbox.jsonl").read_text().splitlines()]
    times = collections.Counter(line["outbox_id"] for line in lines)
    assert [one for one, count in times.items() if count > 1] == []
    assert dict(db.rows("SELECT state, count(*) FROM outbox GROUP BY state")) == {"accepted": len(lines)}
    for door in ("till-", "web-"):
        assert sum(key.startswith(door) for key in street.acked) >= 20


@pytest.mark.timeout(300)
def test_fifty_kills_lose_and_double_nothing(street: Street) -> None:
    shake(street, 50, random.Random(SEED))
    settle(street)
    check(street)


@pytest.mark.long
@pytest.mark.timeout(3000)
def test_five_hundred_kills_lose_and_double_nothing(street: Street) -> None:
    shake(street, 500, random.Random(SEED + 1))
    settle(street)
    check(street)
