"""Online shops are told: a real receiver that takes, refuses, hangs and leads elsewhere; senders that die or double."""

import base64
import hashlib
import hmac
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import scheduler
from core.base import clock, db
from core.base.clock import DAY, MINUTE, SECOND, Millis
from core.books.events import KINDS
from core.keeping import jobs
from core.outreach import webhooks
from core.outreach.webhooks import Delivery
from notify.webhook import post
from tests.fakes.shop import OnlineShop, online_shop
from tests.shops import Shop

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def online() -> Iterator[OnlineShop]:
    with online_shop() as made:
        yield made


def hooked(shop: Shop, online: OnlineShop, path: str = "/hook") -> tuple[int, str]:
    return webhooks.add(online.url + path, KINDS, store_id=shop.store, by=shop.owner, now=shop.now)


def tell(shop: Shop, *, later: int = 0, **given: Any) -> int:
    with clock.set_to(shop.now + later):
        return scheduler.tell_due(**given)


def log(shop: Shop, hook: int) -> list[Delivery]:
    return webhooks.deliveries(hook, by=shop.owner)


def test_a_sale_arrives_signed_and_whole(shop: Shop, online: OnlineShop) -> None:
    shop.product("tea", 1800)
    ann, (hook, secret) = shop.member("13800138000"), hooked(shop, online)
    sale = shop.sell(shop.basket(("tea", 1), member=ann))
    assert tell(shop) == 2
    taken = {one.event["type"]: one for one in online.taken}
    sold = taken["sale.completed"]
    assert sold.event == {
        "id": sold.id, "type": "sale.completed", "at": "2026-05-29T04:00:00.000+00:00", "store_id": str(shop.store),
        "member_id": str(ann),
        "data": {"sale_id": str(sale), "total_cents": 1800, "redeemed_points": 0, "earned_points": 18,
                 "exchange_refund_id": None},
    }  # fmt: skip
    stamp = sold.headers["webhook-timestamp"]
    assert int(stamp) == shop.now // SECOND
    digest = hmac.digest(base64.b64decode(secret[6:]), f"{sold.id}.{stamp}.".encode() + sold.body, hashlib.sha256)
    assert sold.headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
    assert {(one.state, one.status) for one in log(shop, hook)} == {("sent", 200)}
    assert tell(shop) == 0


def test_a_broken_receiver_is_told_again(shop: Shop, online: OnlineShop) -> None:
    hook, _ = hooked(shop, online)
    shop.give_points(shop.member(), 5)
    joined = db.value("SELECT count(*) FROM event_delivery")
    online.answers = [500]
    assert tell(shop) == 0
    assert tell(shop, later=SECOND) == joined - 1
    (waiting,) = [one for one in log(shop, hook) if one.state == "queued"]
    assert (waiting.status, waiting.error, waiting.attempts) == (500, "http-500", 1)
    assert 10 * SECOND <= (waiting.next_at or 0) - shop.now <= 12 * SECOND
    assert tell(shop, later=12 * SECOND) == 1
    assert {one.state for one in log(shop, hook)} == {"sent"}
    assert len(online.taken) == len(online.known) + 1


def test_who_hangs_is_left_after_the_time_and_keeps_no_other_waiting(shop: Shop, online: OnlineShop) -> None:
    slow, quick = hooked(shop, online, "/slow")[0], hooked(shop, online, "/quick")[0]
    shop.give_points(shop.member(), 5)
    online.answers = ["hang"]
    tell(shop, send=partial(post, timeout_s=0.3))
    assert {one.state for one in log(shop, quick)} == {"sent"}
    assert [(one.error, one.attempts) for one in log(shop, slow) if one.attempts] == [("timeout", 1)]


def test_a_redirect_is_refused(shop: Shop, online: OnlineShop) -> None:
    hook, _ = hooked(shop, online)
    webhooks.test(hook, by=shop.owner, now=shop.now)
    online.answers = [307]
    assert tell(shop) == 0
    assert [one.path for one in online.taken] == ["/hook"]
    assert [(one.state, one.error) for one in log(shop, hook)] == [("queued", "http-307")]


def test_410_ends_the_endpoint(shop: Shop, online: OnlineShop) -> None:
    hook, _ = hooked(shop, online)
    webhooks.test(hook, by=shop.owner, now=shop.now)
    online.answers = [410]
    tell(shop)
    shop.give_points(shop.member(), 5)
    assert tell(shop, later=DAY) == 0
    assert len(online.taken) == 1
    assert webhooks.get(hook, by=shop.owner).ended_at == shop.now


def teller(url: str, moment: int, way: str) -> "subprocess.Popen[bytes]":
    given = [sys.executable, "-m", "tests.faults.telling", url, str(moment), way]
    return subprocess.Popen(given, cwd=ROOT, stdout=subprocess.PIPE)


def test_a_sender_killed_before_it_noted_the_answer_sends_the_same_event_again(
    engine: str, shop: Shop, online: OnlineShop
) -> None:
    hook, _ = hooked(shop, online)
    event = webhooks.test(hook, by=shop.owner, now=shop.now)
    with teller(engine, shop.now, "die") as killed:
        assert killed.wait(30) == -9
    assert tell(shop, later=MINUTE - 1) == 0
    assert tell(shop, later=MINUTE) == 1
    assert [one.id for one in online.taken] == [str(event), str(event)]
    assert online.taken[0].body == online.taken[1].body
    assert [(one.state, one.attempts) for one in log(shop, hook)] == [("sent", 2)]


@pytest.mark.slow
def test_two_schedulers_at_once_send_each_event_once(engine: str, shop: Shop, online: OnlineShop) -> None:
    hooked(shop, online)
    ann = shop.member()
    for points in range(1, 121):
        shop.give_points(ann, points)
    queued = db.value("SELECT count(*) FROM event_delivery")
    both = [teller(engine, shop.now, "work") for _ in range(2)]
    said = [int(one.communicate(timeout=60)[0]) for one in both]
    assert sum(said) == queued == len(online.taken) == len(online.known)


@pytest.mark.slow
def test_the_running_scheduler_tells_and_ends_when_told_to(
    engine: str, shop: Shop, online: OnlineShop, tmp_path: Path
) -> None:
    hook, _ = hooked(shop, online)
    event = webhooks.test(hook, by=shop.owner, now=clock.now())
    jobs.ensure(replace(job, enabled=False) for job in scheduler.default_jobs(shop.now))
    program = [sys.executable, "-c", "import regulars; regulars.cli()", "--folder", str(tmp_path), "scheduler"]
    given = os.environ | {"REGULARS_DATABASE": engine, "REGULARS_SECRET": "test secret"}
    with subprocess.Popen(program, cwd=ROOT, env=given) as running:
        until = time.monotonic() + 60
        while not online.taken and time.monotonic() < until:
            time.sleep(0.05)
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 0
    assert [one.id for one in online.taken] == [str(event)]
    assert [one.state for one in log(shop, hook)] == ["sent"]


def test_the_nightly_sweep_forgets_events_after_thirty_days(one_shop: Shop, online: OnlineShop) -> None:
    hook, _ = hooked(one_shop, online)
    webhooks.test(hook, by=one_shop.owner, now=one_shop.now)
    for days, left in ((30, 1), (31, 0)):
        later = Millis(one_shop.now + days * DAY)
        with clock.set_to(later):
            said = scheduler.run_job("retention", f"day {days}", now=later)
            assert ("events 1" in said) == (left == 0)
        assert db.value("SELECT count(*) FROM event") == left


def test_one_run_of_the_scheduler_tells_too(one_shop: Shop, online: OnlineShop, tmp_path: Path) -> None:
    from core.base.settings import Settings

    hook, _ = hooked(one_shop, online)
    webhooks.test(hook, by=one_shop.owner, now=one_shop.now)
    with clock.set_to(one_shop.now):
        done = scheduler.once(Settings(channel="file", outbox_file=str(tmp_path / "out.jsonl")))
    assert done["told"] == "1"
