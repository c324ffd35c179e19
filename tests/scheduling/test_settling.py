"""What became of messages is asked a part at a time, and keeps neither jobs nor the end of the process waiting."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

import scheduler
from core.base import clock, db
from core.base.clock import DAY, MINUTE, Millis
from core.base.settings import Settings
from core.books import outbox
from core.books.outbox import Letter
from core.keeping import jobs
from core.outreach import batches, delivery
from core.outreach.settling import CannotAsk, Settler
from core.outreach.unsettled import Unsettled
from tests.shops import Shop


@pytest.fixture
def open_ids(shop: Shop) -> list[int]:
    """Six messages of unknown fate."""
    facts: dict[str, str | int] = {"shop": "店", "stored": "¥1.00", "bonus": "¥0.00"}
    made = [Letter(f"n:{number}", "wallet_balance", "service", "zh", facts, Millis(shop.now + 2 * DAY),
                   address=f"+86138{number:08d}") for number in range(6)]  # fmt: skip
    db.atomic(outbox.put_many)(made, now=shop.now)
    ids = [one.id for one in batches.claim_some("sms", owner="a", now=shop.now).claimed]
    for id in ids:
        delivery.unknown(id, reason="read-timeout", now=shop.now)
    return ids


def test_the_next_round_goes_on_where_the_time_was_up(shop: Shop, open_ids: list[int]) -> None:
    asked: list[int] = []

    def slow(row: Unsettled) -> str:
        asked.append(row.id)
        time.sleep(0.1)
        return f"SM{row.id}"

    settler = Settler(slow, "b")
    assert settler.settle(now=shop.now, within_s=0.15) < 6
    assert settler.goes_on
    while settler.goes_on:
        settler.settle(now=shop.now, within_s=0.15)
    assert asked == open_ids
    assert db.value("SELECT count(*) FROM outbox WHERE state = 'accepted'") == 6


def test_what_a_dead_sender_had_claimed_and_not_begun_is_queued_as_if_nothing_had_been(shop: Shop) -> None:
    facts = {"shop": "店", "stored": "¥1.00", "bonus": "¥0.00"}
    made = [Letter(f"n:{number}", "wallet_balance", "service", "zh", facts, Millis(shop.now + DAY),
                   address=f"+8613800000{number:03d}") for number in range(3)]  # fmt: skip
    db.atomic(outbox.put_many)(made, now=shop.now)
    claimed = batches.claim_some("sms", owner="dead", now=shop.now).claimed
    assert batches.begin(claimed[:1], owner="dead") == {claimed[0].id}
    assert Settler(unlisted, "b").settle(now=shop.now) == 2
    assert db.rows("SELECT state, attempts FROM outbox ORDER BY id") == [("sending", 1), ("queued", 0), ("queued", 0)]
    assert batches.begin(claimed, owner="dead") == set()


def unlisted(row: Unsettled) -> None:
    raise CannotAsk(DAY)


def test_told_to_stop_it_asks_for_no_other(shop: Shop, open_ids: list[int]) -> None:
    stop, asked = threading.Event(), []

    def ask(row: Unsettled) -> None:
        asked.append(row.id)
        stop.set()
        raise CannotAsk(DAY)

    assert Settler(ask, "b", stop=stop).settle(now=shop.now) == 0
    assert asked == open_ids[:1]


@pytest.fixture
def process(shop: Shop) -> Iterator[scheduler.Scheduler]:
    running = scheduler.Scheduler(Settings())
    yield running
    running.leave()


def test_an_error_in_it_keeps_no_job_from_running(
    shop: Shop, process: scheduler.Scheduler, open_ids: list[int]
) -> None:
    asked = []

    def broken(row: Unsettled) -> None:
        asked.append(row.id)
        raise db.WriterStuck(seconds=10, holder="another")

    jobs.ensure(replace(job, enabled=job.name == "coupons-lapse", changed_at=Millis(shop.now - DAY))
                for job in scheduler.default_jobs(shop.now))  # fmt: skip
    with clock.set_to(Millis(shop.now + MINUTE)):
        assert process._lead()
        process.settler = Settler(broken, process.owner)
        process.settle()
        process.tick()
    assert asked == open_ids[:1]
    assert db.rows("SELECT job, state FROM job_run WHERE job <> 'heartbeat'") == [("coupons-lapse", "done")]
