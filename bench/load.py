"""`python -m bench.load [SIZE] [SECONDS]`: look-ups and sales together at a steady pace, over HTTP.

Requests begin by the clock, not when the one before ends, and a wait counts from the moment the request
was due; so a server that stops for a second is seen in every request of that second. The floor is bare
WSGI answering the look-ups alone, at the same pace on the same file.
"""

import http.client
import itertools
import json
import queue
import random
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench import lookup, members
from bench.figures import SEED, Say, Size
from bench.process import cpu_s
from core.base import clock, db
from core.books import rules
from core.goods import catalogue
from core.keeping import opening
from core.people import devices, staff

LOOK_UPS, SALES = 200, 20
CONNECTIONS = 6
"""The server has eight threads; one connection is one thread's work at a time."""
Ask = Callable[[http.client.HTTPConnection, int], int]


@dataclass
class Heard:
    """What came back: waits in milliseconds, and how many answers were not what they should be."""

    waits: list[float] = field(default_factory=list)
    errors: int = 0

    def at(self, share: float) -> float:
        """The wait that a share of requests stayed within."""
        return sorted(self.waits)[min(int(len(self.waits) * share), len(self.waits) - 1)]

    def __str__(self) -> str:
        return (
            f"{len(self.waits):,} requests, {self.errors} errors, p50 {self.at(0.5):.1f} ms,"
            f" p99 {self.at(0.99):.1f} ms, longest {max(self.waits):.0f} ms"
        )


def _paced(port: int, per_s: int, seconds: int, ask: Ask, heard: Heard, connections: int) -> list[threading.Thread]:
    """Threads that ask so often a second for so long; each takes the request that is due next."""
    due: queue.SimpleQueue[float | None] = queue.SimpleQueue()
    lock = threading.Lock()

    def clockwork() -> None:
        start = time.monotonic()
        for number in range(per_s * seconds):
            at = start + number / per_s
            time.sleep(max(0.0, at - time.monotonic()))
            due.put(at)
        for _ in range(connections):
            due.put(None)

    def work() -> None:
        connection, count = http.client.HTTPConnection("127.0.0.1", port, timeout=60), itertools.count()
        while (at := due.get()) is not None:
            status = ask(connection, next(count))
            wait = (time.monotonic() - at) * 1000
            with lock:
                heard.waits.append(wait)
                heard.errors += status not in (200, 201)
        connection.close()

    return [threading.Thread(target=clockwork)] + [threading.Thread(target=work) for _ in range(connections)]


def _run(*groups: list[threading.Thread]) -> None:
    threads = [one for group in groups for one in group]
    for one in threads:
        one.start()
    for one in threads:
        one.join()


def _looking(ids: Sequence[int], headers: dict[str, str]) -> Ask:
    dice = random.Random(SEED)
    asked = dice.choices(ids, k=100_000)
    turn = itertools.count()

    def ask(connection: http.client.HTTPConnection, _number: int) -> int:
        return _send(connection, "GET", f"/api/v1/members/{asked[next(turn) % len(asked)]}", headers)[0]

    return ask


def _send(
    connection: http.client.HTTPConnection, method: str, path: str, headers: dict[str, str], body: bytes | None = None
) -> tuple[int, bytes]:
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        return 0, b""


def _selling(port: int, ids: Sequence[int], product: int, headers: dict[str, str], many: int) -> Ask:
    """Sales of two pieces to members taken by chance, each quoted before the clock starts."""
    dice, connection = random.Random(SEED + 1), http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    baskets: queue.SimpleQueue[dict[str, object]] = queue.SimpleQueue()
    lines = [{"product_id": str(product), "quantity_milli": 2000}]
    for member in dice.sample(ids, k=many):
        basket: dict[str, object] = {"lines": lines, "member_id": str(member)}
        status, answer = _send(connection, "POST", "/api/v1/quotes", headers, json.dumps(basket).encode())
        if status != 200:
            raise RuntimeError(f"No quote: {status} {answer[:200]!r}")
        cents = json.loads(answer)["total_cents"]
        baskets.put(basket | {"expected_cents": cents, "tenders": [{"kind": "cash", "cents": cents}]})
    connection.close()

    def ask(connection: http.client.HTTPConnection, _number: int) -> int:
        mine = headers | {"Idempotency-Key": f"load-{time.monotonic_ns()}-{threading.get_ident()}"}
        return _send(connection, "POST", "/api/v1/sales", mine, json.dumps(baskets.get()).encode())[0]

    return ask


def _furnished(file: Path) -> tuple[str, int]:
    """A key that may look up and sell as often as it likes, and a product to sell."""
    db.open_database(str(file))
    owner, now = staff.actor_of(int(db.value("SELECT id FROM staff WHERE role = 'owner' ORDER BY id"))), clock.now()
    rules.change("api_per_minute", 10**9, by=owner, now=now)
    store = opening.stores()[0][0]
    key = devices.new_key("load", store, ("members", "members.phone", "sales"), by=owner, now=now)
    product = catalogue.create("Load tea", 1800, by=owner, now=now)
    db.close_database()
    return key, product


def run(size: Size, seconds: int, say: Say) -> Iterator[tuple[str, Heard, float]]:
    """What was heard of each kind of request, and the share of one processor the server used meanwhile."""
    kept, ids = members.file_of(size, say), members.ids_in(members.file_of(size, say))
    with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
        file = Path(folder) / "shop.db"
        shutil.copy(kept, file)
        key, product = _furnished(file)
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        with lookup.serving("ours", file, headers=headers) as ours:
            port = ours.connection.port
            sell = _selling(port, ids, product, headers, SALES * seconds)
            for warm in ids[:200]:
                length = ours.get(warm)[0]
            looks, sales, before = Heard(), Heard(), cpu_s(ours.pid)
            say(f"load: {LOOK_UPS} look-ups and {SALES} sales a second for {seconds} s")
            _run(
                _paced(port, LOOK_UPS, seconds, _looking(ids, headers), looks, CONNECTIONS),
                _paced(port, SALES, seconds, sell, sales, 2),
            )
            used = (cpu_s(ours.pid) - before) / seconds
            yield "look-ups, ours", looks, used
            yield "sales, ours", sales, used
        with lookup.serving("floor", kept, str(length), headers={}) as floor:
            bare, before = Heard(), cpu_s(floor.pid)
            say(f"load: the floor, {LOOK_UPS} look-ups a second for {seconds} s")
            _run(_paced(floor.connection.port, LOOK_UPS, seconds, _looking(ids, {}), bare, CONNECTIONS))
            yield "look-ups, floor", bare, (cpu_s(floor.pid) - before) / seconds


def main(size: str = "full", seconds: str = "60") -> None:
    """Print the figures."""
    for name, heard, used in run(size, int(seconds), print):  # type: ignore[arg-type]
        print(f"{name}: {heard}; the server used {used:.0%} of a processor")


if __name__ == "__main__":
    main(*sys.argv[1:])
