"""A Twilio full of faults, senders killed and frozen at random: each message at most once, none lost without a word."""

import collections
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.base import clock, db, settings
from core.base.clock import DAY, Millis
from core.books import outbox
from core.books.outbox import Letter
from kiosk import app as door
from tests.fakes.twilio import AUTH_TOKEN, FakeTwilio, Fault
from tests.faults import letters
from tests.faults.racing import Racers, racers
from tests.serving import served
from tests.shops import NOON, Shop

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SEED = int(os.environ.get("REGULARS_SEED", "20261129"))
SHARES: dict[Fault, int] = {
    "429": 6, "500-before": 3, "500-after": 5, "reset-before": 3, "reset-after": 4, "hang-before": 1, "hang-after": 2,
    "html-502": 2, "garbage": 2,
}  # fmt: skip
"""Of a hundred answers so many are of each kind; the rest are right."""
AT_PROVIDER = ("accepted", "sent", "delivered", "undelivered", "failed")


@dataclass(frozen=True)
class Ordeal:
    """How a run is made hard."""

    order: str = "ours"
    messages: int = 150
    kills: int = 5
    freezes: int = 3
    workers: int = 3
    seed: int = SEED


@dataclass(frozen=True)
class Outcome:
    """What came of it: how often the provider took each message, states, and messages with neither."""

    taken: dict[str, int]
    states: dict[str, int]
    lost: list[str]

    @property
    def doubled(self) -> list[str]:
        return sorted(body for body, count in self.taken.items() if count > 1)


def fault_of(rng: random.Random) -> Fault | None:
    dice = rng.randrange(100)
    for fault, share in SHARES.items():
        dice -= share
        if dice < 0:
            return fault
    return None


@db.atomic
def put(shop: Shop, count: int) -> None:
    facts = [{"shop": "店", "stored": f"¥{number}.00", "bonus": "¥0.00"} for number in range(count)]
    outbox.put_many(
        [Letter(f"n:{number}", "wallet_balance", "service", "zh", facts[number], Millis(shop.now + 20 * DAY),
                address=f"+86138{number:08d}") for number in range(count)],
        now=shop.now,
    )  # fmt: skip


def report(fake: FakeTwilio, ended: threading.Event, rng: random.Random) -> None:
    """Status reports of what was accepted, in any order, some of them twice; a third never come."""
    told = 0
    while not ended.wait(0.02):
        for message in fake.accepted[told:]:
            told += 1
            statuses = rng.choices(("queued", "sent", "delivered"), k=rng.choice((0, 2, 4)))
            for status in statuses:
                fake.call_back(message.sid, status)


@contextmanager
def reporting(fake: FakeTwilio, rng: random.Random) -> Iterator[None]:
    """The kiosk's door takes reports, signed, while the block runs."""
    mine = settings.Settings(secret="test secret", public_url=letters.PUBLIC, channel="file",
                             twilio_auth_token=AUTH_TOKEN)  # fmt: skip
    settings.use(mine)
    ended = threading.Event()
    with served(door.server(door.create_app(mine), host="127.0.0.1", port=0, threads=2)) as fake.webhook_target:
        thread = threading.Thread(target=report, args=(fake, ended, rng))
        thread.start()
        yield
        ended.set()
        thread.join()


def open_rows() -> int:
    return int(db.value("SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending', 'unknown')"))


def endure(ordeal: Ordeal, url: str, shop: Shop, folder: Path, *, most: int = 10**6) -> Outcome:
    """Let senders loose on the fake until nothing is open any more, or they asked it so often."""
    print(f"seed {ordeal.seed}")
    shop.rule("service_hours", "0-24")
    put(shop, ordeal.messages)
    rng, since = random.Random(ordeal.seed), time.time_ns() // 1_000_000
    with FakeTwilio(plan=lambda: fault_of(rng), hang_s=1.0) as fake:
        fake.clock = lambda: datetime.fromtimestamp(letters.moment(since) / 1000, UTC)
        with clock.running(NOON, since=since, times=letters.TIMES), reporting(fake, random.Random(ordeal.seed)):
            given = [
                ordeal.order,
                folder,
                url,
                fake.url,
                since,
                ordeal.kills,
                ordeal.freezes,
                ordeal.seed,
                ordeal.workers,
            ]
            nursery = subprocess.Popen([sys.executable, "-m", "tests.faults.letters", *map(str, given)], cwd=ROOT)
            end = time.monotonic() + 0.2 * ordeal.messages + 40
            while open_rows() and fake.requests < most and time.monotonic() < end:
                time.sleep(0.05)
                if fake.accepted:
                    (folder / "begun").touch()
            (folder / "done").touch()
            assert nursery.wait(30) == 0
        return outcome(fake)


def outcome(fake: FakeTwilio) -> Outcome:
    taken = collections.Counter(message.to for message in fake.accepted)
    rows = db.rows("SELECT address, state, reason FROM outbox ORDER BY id")
    lost = [
        f"{address} {state} {reason} taken {taken[address]}"
        for address, state, reason in rows
        if (state in AT_PROVIDER) != (taken[address] > 0) and not (state == "review" and reason)
        if not (state in ("dead", "expired") and reason and not taken[address])
    ]
    return Outcome(dict(taken), dict(collections.Counter(row[1] for row in rows)), lost)


@pytest.mark.timeout(180)
def test_each_message_is_taken_once_whatever_dies_or_freezes(engine: str, shop: Shop, tmp_path: Path) -> None:
    came = endure(Ordeal(), engine, shop, tmp_path)
    print(came.states, sum(came.taken.values()), db.value("SELECT sum(resent) FROM outbox"))
    assert (came.doubled, came.lost) == ([], [])
    assert sum(came.states.get(state, 0) for state in AT_PROVIDER) >= 120
    assert open_rows() == 0


@pytest.mark.parametrize("order", ["after_batch", "after_each", "dequeue_first"])
def test_naive_orders_lose_or_double(order: str, sqlite: str, one_shop: Shop, tmp_path: Path) -> None:
    came = endure(Ordeal(order, messages=60, workers=1, kills=4, freezes=0), sqlite, one_shop, tmp_path, most=180)
    assert came.doubled or came.lost


@pytest.fixture(scope="module")
def six() -> Iterator[Racers]:
    with racers(6) as running:
        yield running


def test_six_racing_senders_never_break_the_gap(six: Racers, engine: str, shop: Shop) -> None:
    members = [shop.member(f"1380013{number:04d}", purposes=("membership", "marketing")) for number in range(40)]
    facts = {"shop": "店", "name": "王"}
    offers = [Letter(f"winback:{one}:None:{stage}", "winback", "marketing", "zh", facts, Millis(shop.now + 20 * DAY),
                     member_id=one) for stage in range(6) for one in members]  # fmt: skip
    db.atomic(lambda: outbox.put_many(offers, now=shop.now))()
    won = six.race(engine, "offers", [(place, shop.now) for place in range(6)])
    assert sum(int(one) for one in won) == 40
    each = db.rows("SELECT member_id, count(*) FROM outbox WHERE state = 'sending' GROUP BY member_id ORDER BY 1")
    assert [tuple(row) for row in each] == [(one, 1) for one in sorted(members)]
    assert db.value("SELECT min(not_before) FROM outbox WHERE state = 'queued'") == shop.now + 10 * DAY


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_two_thousand_messages_are_taken_once_each(engine: str, shop: Shop, tmp_path: Path) -> None:
    came = endure(Ordeal(messages=2000, kills=40, freezes=25), engine, shop, tmp_path)
    assert (came.doubled, came.lost) == ([], [])
    assert sum(came.states.get(state, 0) for state in AT_PROVIDER) >= 1900
    print(came.states)
