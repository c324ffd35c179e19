"""Row `messages`: the outbox sent through Twilio by eight threads, beside the twilio client alone with as many.

Both send to the tests' Twilio in a process of its own, by turns. Ours claims messages in batches, judges and renders
each, commits it as being sent, sends it, and commits what came back, on SQLite that waits for the disk. Afterwards
the provider must have accepted as many as the outbox says. Planning is what the job of campaigns does: the audience of
a campaign is drawn and frozen, then queued, each member once.
"""

import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import provider
from bench.figures import SEED, Figure, Say, Size, Unmeasurable
from bench.process import peak_mb
from bench.provider import Provider
from core.base import clock, db, settings
from core.base.clock import DAY, Millis
from core.books import outbox
from core.books.outbox import Letter
from core.outreach.campaigns.plan import MOST_A_MINUTE
from core.outreach.campaigns.running import EVERY_MINUTES
from core.tables import schema
from notify.sms import TwilioAccount, TwilioChannel
from sending import Lane, Sender
from tests import campaigns, shops
from tests.fakes.twilio import ACCOUNT_SID, AUTH_TOKEN, SENDER

SIZES: dict[Size, tuple[int, int, int]] = {
    "tiny": (80, 1, 2_000),
    "small": (600, 3, 20_000),
    "full": (2000, 5, 100_000),
}
"""Messages a round, rounds, and rows planned."""
THREADS, LEAST, PLANNED_S = 8, 0.6, 20.0
"""Threads; the least part of the client's rate; seconds for 100,000 rows."""
FIRST = 10_000_000
"""The id before that of the first member a campaign is planned for."""
WARMING = 40


@dataclass(frozen=True)
class Round:
    """Seconds for the same number of messages, and ours of CPU."""

    ours_s: float
    peer_s: float
    cpu_s: float


def measure(size: Size, say: Say) -> Figure:
    """Plan rows, then send by turns. Raises: Unmeasurable."""
    n, rounds, planned = SIZES[size]
    settings.use(settings.Settings(secret="bench"))
    with tempfile.TemporaryDirectory(prefix="regulars-bench-") as name, provider.running() as twilio:
        say(f"messages: planning {planned:,} rows")
        plan_s, again_s = _planned(Path(name, "plan.db"), planned)
        shop = _opened(Path(name, "send.db"))
        channel = TwilioChannel("sms", TwilioAccount(ACCOUNT_SID, AUTH_TOKEN, sender=SENDER, base_url=twilio.url))
        with clock.set_to(shop.now):
            _ours(channel, shop, WARMING)
            _peer(twilio, WARMING)
            done = []
            for number in range(rounds):
                say(f"messages: round {number + 1} of {rounds}, {n:,} messages")
                done.append(_round(channel, twilio, shop, n, first_ours=number % 2 == 0))
        channel.close()
        _check(twilio, 2 * (WARMING + n * rounds))
        db.close_database()
        return figure(size, n, done, (planned, plan_s, again_s))


def _opened(path: Path) -> shops.Shop:
    db.open_database(str(path))
    schema.migrate(now=shops.NOON)
    return shops.open_shop()


def _letters(first: int, count: int, now: Millis) -> list[Letter]:
    return [
        Letter(
            f"bench:{number}", "wallet_balance", "service", "zh",
            {"shop": "店", "stored": f"¥{number}.00", "bonus": "¥0.00"}, Millis(now + 2 * DAY),
            address=f"+86138{number % 10**8:08d}",
        )
        for number in range(first, first + count)
    ]  # fmt: skip


@db.atomic
def _put(letters: Sequence[Letter], now: Millis) -> int:
    return outbox.put_many(letters, now=now)


def _planned(path: Path, count: int) -> tuple[float, float]:
    """Seconds to freeze a campaign's audience and queue it, and to find all of it queued. Raises: Unmeasurable.

    As the job of campaigns does it, without the pace that keeps a provider from choking.
    """
    shop = _opened(path)
    _agreed(shop, count)
    began = time.perf_counter()
    one = campaigns.approved(shop, holdout_bp=0, per_minute=MOST_A_MINUTE)
    taken = [_queued(shop, count, time.perf_counter() - began)]
    db.atomic(lambda: db.run("UPDATE campaign_audience SET queued_at = NULL WHERE campaign_id = ?", (one.id,)))()
    taken.append(_queued(shop, count, 0.0))
    db.close_database()
    return taken[0], taken[1]


def _queued(shop: shops.Shop, count: int, taken_s: float) -> float:
    """Seconds of the runs of the job until the whole audience is queued, each once. Raises: Unmeasurable."""
    waiting, minutes = "SELECT count(*) FROM campaign_audience WHERE queued_at IS NULL AND arm = 'A'", 0
    while db.value(waiting):
        began = time.perf_counter()
        campaigns.run(shop, minutes=minutes)
        taken_s, minutes = taken_s + time.perf_counter() - began, minutes + EVERY_MINUTES
    queued = db.value("SELECT count(*) FROM outbox WHERE campaign_id IS NOT NULL")
    if queued != count:
        raise Unmeasurable(f"{queued} rows were planned, not {count}.")
    return taken_s


@db.atomic
def _agreed(shop: shops.Shop, count: int) -> None:
    """So many members with a number who agreed to offers."""
    numbers = f"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
    for rows in (
        f"INSERT INTO member (id, state, source, language, joined_at) SELECT {FIRST} + i, 'active', 'till', 'zh', 1",
        f"INSERT INTO member_person (member_id, name, phone) SELECT {FIRST} + i, '王伟', '+86138' || (10000000 + i)",
        f"INSERT INTO member_tier (member_id, tier_id, since_at) SELECT {FIRST} + i, {shop.tiers['normal']}, 0",
        "INSERT INTO member_stats (member_id, visits, net_spend_cents, first_day, last_day)"
        f" SELECT {FIRST} + i, 6, 1000 + i % 5000, 739000, 739700 - i % 300",
        "INSERT INTO consent (id, member_id, purpose, granted, wording, language, source, at, actor)"
        f" SELECT {2 * FIRST} + i, {FIRST} + i, 'marketing', 1, 'x', 'zh', 'till', 1, 'bench'",
    ):
        head, _, what = rows.partition(" SELECT ")
        db.run(f"{head} {numbers} SELECT {what} FROM n")


def _round(channel: TwilioChannel, twilio: Provider, shop: shops.Shop, n: int, *, first_ours: bool) -> Round:
    if first_ours:
        ours, cpu = _ours(channel, shop, n)
        return Round(ours, _peer(twilio, n), cpu)
    peer = _peer(twilio, n)
    ours, cpu = _ours(channel, shop, n)
    return Round(ours, peer, cpu)


def _ours(channel: TwilioChannel, shop: shops.Shop, n: int) -> tuple[float, float]:
    """Seconds, of the clock and of CPU, to send so many queued messages. Raises: Unmeasurable."""
    _put(_letters(int(db.value("SELECT count(*) FROM outbox")), n, shop.now), shop.now)
    sender = Sender({"sms": channel}, "bench", lane=Lane(THREADS))
    began, used = time.perf_counter(), time.process_time()
    left = sender.send()
    taken = time.perf_counter() - began, time.process_time() - used
    sender.close()
    if left != n:
        raise Unmeasurable(f"{left} messages left, not {n}.")
    return taken


def _peer(twilio: Provider, n: int) -> float:
    """Seconds the client alone takes for as many messages of the same length."""
    one = provider.client(twilio.url)

    def send(number: int) -> None:
        body = f"【店】您的储值余额为 ¥{number}.00（其中赠送金 ¥0.00）。如非本人操作，请告知店员。"
        one.messages.create(to=f"+86139{number:08d}", from_=SENDER, body=body)

    began = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(send, range(n)))
    return time.perf_counter() - began


def _check(twilio: Provider, wanted: int) -> None:
    """Raises: Unmeasurable if the provider did not accept each message once, or the outbox says otherwise."""
    accepted, noted = twilio.accepted(), int(db.value("SELECT count(*) FROM outbox WHERE state = 'accepted'"))
    if (accepted, noted) != (wanted, wanted // 2):
        raise Unmeasurable(f"The provider accepted {accepted} of {wanted} messages, the outbox says {noted} of ours.")


def figure(size: Size, n: int, done: Sequence[Round], planned: tuple[int, float, float]) -> Figure:
    """The row: rates, and whether both bars hold."""
    share = median(one.peer_s / one.ours_s for one in done)
    rows, plan_s, again_s = planned
    ours_s, peer_s = median(one.ours_s for one in done), median(one.peer_s for one in done)
    return Figure(
        row="messages",
        ours=ours_s * 1000 / n,
        floor=None,
        peer=peer_s * 1000 / n,
        ratio=None,
        bar=f"≥ {LEAST:.0%} of the client's rate",
        met=share >= LEAST and plan_s * 100_000 / rows <= PLANNED_S,
        cpu_s=sum(one.cpu_s for one in done),
        peak_mb=peak_mb(),
        size=size,
        seed=SEED,
        n=n,
        rounds=len(done),
        unit="ms",
        note=f"a message, median of rounds; ours {n / ours_s:.0f}/s, the twilio client alone {n / peer_s:.0f}/s,"
        f" {THREADS} threads each; a campaign frozen and {rows:,} rows queued in {plan_s:.1f} s (≤ {PLANNED_S:g} s for"
        f" 100,000), known to be queued already in {again_s:.1f} s",
        peer_ratio=share,
    )
