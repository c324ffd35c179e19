"""Senders forked from one process, killed and frozen at random while they send through a Twilio full of faults.

`python -m tests.faults.letters ORDER FOLDER URL TWILIO SINCE KILLS FREEZES SEED WORKERS`: nothing is done to them
before the file `begun` is in FOLDER, and they end when `done` is. ORDER is `ours`, or one of three naive orders,
which are known to lose or double messages.
"""

import contextlib
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from core.base import clock, db, owners, settings
from notify.channel import Accepted, OutMessage
from notify.sms import TwilioAccount, TwilioChannel
from sending import Lane, Sender, settle
from tests.fakes.twilio import ACCOUNT_SID, AUTH_TOKEN, SENDER
from tests.shops import NOON

TIMES = 600
"""So many times as fast as the true clock: 15 minutes of grace take 1.5 seconds."""
PATIENCE_S = 300
PUBLIC = "https://vip.example.cn"


def moment(since: int) -> int:
    """What the fast clock shows."""
    return NOON + (time.time_ns() // 1_000_000 - since) * TIMES


def channel_to(twilio: str) -> TwilioChannel:
    account = TwilioAccount(ACCOUNT_SID, AUTH_TOKEN, sender=SENDER, base_url=twilio, public_base_url=PUBLIC,
                            connect_timeout_s=0.5, read_timeout_s=0.3)  # fmt: skip
    return TwilioChannel("sms", account)


def ours(channel: TwilioChannel, name: str) -> None:
    """The sender as the scheduler runs it, and what settles unknown fates."""
    hold, stop, last = owners.Hold(name), threading.Event(), 0.0
    assert hold.take()
    sender = Sender({"sms": channel}, name, lane=Lane(4), hold=hold, stop=stop)
    while True:
        sender.send(most=40)
        if time.monotonic() - last > 0.25:
            settle({"sms": channel}, name, now=clock.now(), busy=sender.busy)
            last = time.monotonic()
        time.sleep(0.02)


# --- orders that are known not to hold -----------------------------------------------------------


@db.atomic
def queued() -> list[tuple[int, str, str]]:
    found = db.rows("SELECT id, address, dedupe_key FROM outbox WHERE state = 'queued' ORDER BY id LIMIT 20")
    return [(row[0], row[1], row[2]) for row in found]


@db.atomic
def mark(outbox_ids: list[int]) -> None:
    for outbox_id in outbox_ids:
        db.run("UPDATE outbox SET state = 'sent' WHERE id = ?", (outbox_id,))


def left(channel: TwilioChannel, row: tuple[int, str, str]) -> bool:
    """Send one; whatever is not accepted counts as failed."""
    return isinstance(channel.send(OutMessage(row[0], 1, row[1], f"words of {row[2]}")), Accepted)


def after_batch(channel: TwilioChannel, name: str) -> None:
    while True:
        mark([row[0] for row in queued() if left(channel, row)])


def after_each(channel: TwilioChannel, name: str) -> None:
    while True:
        for row in queued():
            if left(channel, row):
                mark([row[0]])


def dequeue_first(channel: TwilioChannel, name: str) -> None:
    while True:
        for row in queued():
            mark([row[0]])
            left(channel, row)


ORDERS: dict[str, Callable[[TwilioChannel, str], None]] = {
    "ours": ours, "after_batch": after_batch, "after_each": after_each, "dequeue_first": dequeue_first,
}  # fmt: skip


# --- the nursery ---------------------------------------------------------------------------------


def fork(order: str, url: str, twilio: str, since: int, name: str) -> int:
    child = os.fork()
    if child:
        return child
    db.open_database(url)
    with clock.running(NOON, since=since, times=TIMES):
        ORDERS[order](channel_to(twilio), name)
    return 0


def thaw(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # killed while it was frozen
        os.kill(pid, signal.SIGCONT)


def main(order: str, folder: Path, url: str, twilio: str, since: int, *numbers: int) -> None:
    kills, freezes, seed, workers = numbers
    rng, count = random.Random(seed), workers
    settings.use(settings.Settings(secret="test secret"))
    running = [fork(order, url, twilio, since, f"w{number}") for number in range(workers)]
    deeds = rng.sample(["kill"] * kills + ["freeze"] * freezes, kills + freezes)
    end = time.monotonic() + PATIENCE_S
    while not (folder / "done").exists() and time.monotonic() < end:
        time.sleep(rng.uniform(0.05, 0.3))
        if not deeds or not (folder / "begun").exists():
            continue
        place = rng.randrange(workers)
        if deeds.pop() == "kill":
            os.kill(running[place], signal.SIGKILL)
            os.waitpid(running[place], 0)
            running[place] = fork(order, url, twilio, since, f"w{count}")
            count += 1
        else:
            os.kill(running[place], signal.SIGSTOP)
            threading.Timer(rng.uniform(0.3, 2.0), thaw, (running[place],)).start()
    for pid in running:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4], *(int(one) for one in sys.argv[5:]))  # type: ignore[arg-type]
