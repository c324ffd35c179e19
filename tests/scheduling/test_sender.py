"""Sending by several threads: at a channel's rate, codes first, and ended within the message being sent."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

import scheduler
import sending
from core.base import clock, db, owners
from core.base.clock import DAY, MINUTE, Millis
from core.base.settings import Settings
from core.books import outbox
from core.books.outbox import Letter
from core.keeping import jobs
from core.outreach import batches, delivery, envelopes, inbound, unsettled
from core.outreach.delivery import Answer
from core.people import consent
from notify.channel import Accepted, CannotTell, Outcome, OutMessage, Retry, Unknown
from sending import Bucket, Lane, Sender
from tests.shops import Shop

ROOT = Path(__file__).resolve().parents[2]


class Post:
    """A provider that answers by a function, takes a while, and remembers what it took and how many came at once."""

    name, can_list, inbound, by_template = "sms", True, False, False

    def __init__(self, answer: Callable[[OutMessage], Outcome] | None = None, *, slow_s: float = 0.0) -> None:
        self.answer = answer or (lambda message: Accepted(f"SM{message.outbox_id}"))
        self.slow_s, self.taken, self.asked = slow_s, list[OutMessage](), 0
        self.at_once = self.most = 0
        self._lock = threading.Lock()

    def send(self, message: OutMessage) -> Outcome:
        with self._lock:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        time.sleep(self.slow_s)
        with self._lock:
            self.at_once -= 1
            self.taken.append(message)
        return self.answer(message)

    def find(self, message: OutMessage, *, since_ms: int, taken: Collection[str]) -> str | None:
        self.asked += 1
        raise CannotTell("down")

    def close(self) -> None:
        """Nothing to close."""


def letters(shop: Shop, count: int, *, now: Millis | None = None) -> list[int]:
    @db.atomic
    def put() -> list[int]:
        facts: dict[str, str | int] = {"shop": "店", "stored": "¥1.00", "bonus": "¥0.00"}
        made = [Letter(f"n:{number}", "wallet_balance", "service", "zh", facts, Millis((now or shop.now) + 2 * DAY),
                       address=f"+86138{number:08d}") for number in range(count)]  # fmt: skip
        outbox.put_many(made, now=now or shop.now)
        return [row[0] for row in db.rows("SELECT id FROM outbox ORDER BY id")]

    return put()


def code(shop: Shop, now: Millis) -> int:
    @db.atomic
    def put() -> int | None:
        facts = {"shop": "店", "code": "482913"}
        return outbox.put(Letter(f"code:{now}", "code", "service", "zh", facts, Millis(now + 5 * MINUTE),
                                 address="+8613900139000"), now=now)  # fmt: skip

    return put() or 0


def states() -> dict[str, int]:
    return dict(db.rows("SELECT state, count(*) FROM outbox GROUP BY state"))


@contextmanager
def noon(shop: Shop) -> Iterator[None]:
    with clock.set_to(shop.now):
        yield


def test_eight_threads_send_at_once_and_each_message_once(shop: Shop) -> None:
    ids, post = letters(shop, 60), Post(slow_s=0.02)
    sender = Sender({"sms": post}, "a", lane=Lane(8))
    with noon(shop):
        assert sender.send() == 60
    sender.close()
    assert sorted(one.outbox_id for one in post.taken) == ids
    assert 4 <= post.most <= 8
    assert states() == {"accepted": 60}
    assert sender.busy == set()


def test_a_bucket_lets_out_what_a_channel_takes_in_a_second_and_codes_at_once() -> None:
    bucket = Bucket(50)
    began, taken = time.monotonic(), 0
    while time.monotonic() - began < 0.5:
        taken += bucket.take(1)
    assert 70 <= taken <= 51 + 50 * (time.monotonic() - began)  # a second's worth at first, then fifty a second
    assert bucket.take(100, urgent=True)
    assert not bucket.take(1)


def test_a_channel_is_sent_to_at_its_rate(one_shop: Shop) -> None:
    letters(one_shop, 30)
    sender = Sender({"sms": Post()}, "a", lane=Lane(8), buckets={"sms": Bucket(20)})
    began = time.monotonic()
    with noon(one_shop):
        sender.send()
    assert 0.4 <= time.monotonic() - began < 3
    sender.close()


def test_told_to_stop_the_message_on_its_way_is_finished_and_the_rest_is_queued(shop: Shop) -> None:
    letters(shop, 40)
    stop = threading.Event()

    def taken(message: OutMessage) -> Outcome:
        if len(post.taken) >= 4:
            stop.set()
        return Accepted(f"SM{message.outbox_id}")

    post = Post(taken, slow_s=0.05)
    sender = Sender({"sms": post}, "a", lane=Lane(4), stop=stop)
    with noon(shop):
        left = sender.send()
    sender.close()
    assert 4 <= left < 40
    assert states() == {"accepted": left, "queued": 40 - left}
    assert db.value("SELECT count(*) FROM outbox WHERE owner IS NOT NULL OR attempts > 1") == 0


def test_a_sender_that_lost_its_name_sends_nothing_more(shop: Shop) -> None:
    letters(shop, 3)
    post, hold = Post(), owners.Hold("a")
    with noon(shop):
        assert Sender({"sms": post}, "a", hold=hold).send() == 0
    assert (post.taken, states()) == ([], {"sending": 3})


def test_what_was_judged_long_ago_is_judged_again_before_it_leaves(one_shop: Shop) -> None:
    """The process was frozen between the claim and the message."""
    (one,) = letters(one_shop, 1)
    sender = Sender({"sms": Post()}, "a")
    claimed = batches.claim_some("sms", owner="a", now=one_shop.now).claimed[0]
    with clock.set_to(one_shop.now + sending.STALE + 1):
        assert sender._sent(claimed, sending._out(claimed)) == "stale"
    with clock.set_to(one_shop.now + sending.STALE):
        assert sender._sent(claimed, sending._out(claimed)) == Accepted(f"SM{one}")


def offer(member: int, now: Millis) -> int:
    facts = {"shop": "店", "name": "王"}
    made = Letter(f"winback:{member}:None:1", "winback", "marketing", "zh", facts, Millis(now + 20 * DAY),
                  member_id=member)  # fmt: skip
    return db.atomic(outbox.put)(made, now=now) or 0


def test_a_provider_holds_a_message_no_longer_than_from_when_it_was_judged(one_shop: Shop) -> None:
    evening = clock.at_time(clock.day_of(one_shop.now, "Asia/Shanghai"), 19, 59, "Asia/Shanghai")
    one = offer(one_shop.member("13800138011", purposes=("membership", "marketing")), evening)
    claimed = next(x for x in batches.claim_some("sms", owner="a", now=evening).claimed if x.id == one)
    post = Post()
    for seconds, expected in ((0, Accepted(f"SM{one}")), (20, Accepted(f"SM{one}")), (60, "stale"), (240, "stale")):
        with clock.set_to(Millis(evening + seconds * 1000)):
            assert Sender({"sms": post}, "a")._sent(claimed, sending._out(claimed)) == expected
    assert [message.valid_for_s for message in post.taken] == [60, 40]


@pytest.mark.parametrize("how", ["by a reply", "at the till"])
def test_an_offer_that_waits_in_a_batch_is_held_by_a_stop(shop: Shop, how: str) -> None:
    member = shop.member("13800138007", purposes=("membership", "marketing"))
    letters(shop, 1)
    one = offer(member, shop.now)

    def stopping(message: OutMessage) -> Outcome:
        if how == "at the till":
            consent.withdraw(member, "marketing", source="desk", by=shop.owner, now=shop.now)
        else:
            inbound.receive(sid="1", from_="+8613800138007", body="STOP", opt_out_type=None, now=shop.now)
        post.answer = lambda message: Accepted(f"SM{message.outbox_id}")
        return Accepted(f"SM{message.outbox_id}")

    post = Post(stopping)
    with noon(shop):
        Sender({"sms": post}, "a").send()
    assert one not in [message.outbox_id for message in post.taken]
    assert db.value("SELECT state FROM outbox WHERE id = ?", (one,)) == "skipped"


def test_a_channel_that_rests_gives_back_what_waits(shop: Shop) -> None:
    letters(shop, 10)
    post = Post(lambda _: Retry("http-401", pause_channel=True))
    with noon(shop):
        Sender({"sms": post}, "a").send()
    assert len(post.taken) == 1
    assert states() == {"queued": 10}
    assert [one.reason for one in delivery.resting()] == ["http-401"]


def test_an_error_of_ours_leaves_the_fate_unknown(one_shop: Shop) -> None:
    letters(one_shop, 1)

    def broken(message: OutMessage) -> Outcome:
        raise ZeroDivisionError

    with noon(one_shop), pytest.raises(ZeroDivisionError):
        Sender({"sms": Post(broken)}, "a").send()
    assert states() == {"unknown": 1}


def writable(yes: bool) -> None:
    """Let this thread's connection write, or not: the database then refuses as a full disk does."""
    only = f"PRAGMA query_only = {int(not yes)}" if db.is_sqlite() else f"SET default_transaction_read_only = {not yes}"
    db.run(only)


def test_an_answer_that_cannot_be_written_down_is_kept_until_it_can(shop: Shop) -> None:
    letters(shop, 3)

    def taken(message: OutMessage) -> Outcome:
        writable(False)
        return Accepted(f"SM{message.outbox_id}")

    post = Post(taken)
    sender = Sender({"sms": post}, "a")
    with noon(shop), pytest.raises(db.StorageReadOnly):
        sender.send()
    assert (states(), len(sender.busy)) == ({"sending": 3}, 3)
    writable(True)
    post.answer = lambda message: Accepted(f"SM{message.outbox_id}")
    with noon(shop):
        sender.send()
    assert (states(), len(post.taken), sender.busy) == ({"accepted": 3}, 3, set())


def test_what_cannot_be_given_back_is_given_back_later(shop: Shop) -> None:
    letters(shop, 3)
    stop = threading.Event()

    def stopping(message: OutMessage) -> Outcome:
        stop.set()
        writable(False)
        return Accepted(f"SM{message.outbox_id}")

    sender = Sender({"sms": Post(stopping)}, "a", stop=stop)
    with noon(shop), pytest.raises(db.StorageReadOnly):
        sender.send()
    writable(True)
    with noon(shop):
        sender.send()
    assert (states(), sender.busy) == ({"accepted": 1, "queued": 2}, set())


def test_an_answer_told_late_changes_nothing_of_what_is_anothers_by_now(shop: Shop) -> None:
    one, two = letters(shop, 2)
    batches.claim_some("sms", owner="other", now=shop.now)
    late = [Answer(one, "not_accepted", reason="http-429"), Answer(two, "accepted", sid="SM2")]
    batches.note(late, [one], owner="a", now=shop.now)
    assert db.rows("SELECT state, owner FROM outbox ORDER BY id") == [("sending", "other"), ("accepted", None)]


def test_an_answer_that_a_column_does_not_hold_spoils_no_other(shop: Shop) -> None:
    ids = letters(shop, 2)
    answers: dict[int, Outcome] = {ids[0]: Unknown("a nul \0"), ids[1]: Accepted("SM2")}
    with noon(shop):
        Sender({"sms": Post(lambda message: answers[message.outbox_id])}, "a", lane=Lane(2)).send()
    assert states() == {"accepted": 1, "unknown" if db.is_sqlite() else "sending": 1}


def test_what_goes_with_a_message_is_put_together_before_it_counts_as_leaving(
    one_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters(one_shop, 2)
    post = Post()
    post.by_template = True
    sender = Sender({"sms": post}, "a")
    with monkeypatch.context() as patch, noon(one_shop):
        patch.setattr(envelopes, "of", broken_disk)
        with pytest.raises(db.StorageBroken):
            sender.send()
    assert (states(), sender.busy) == ({"queued": 2}, set())


def broken_disk(*_given: object, **_named: object) -> None:
    raise db.StorageBroken


def test_a_provider_that_cannot_be_asked_is_asked_for_a_day_and_then_a_person(one_shop: Shop) -> None:
    letters(one_shop, 1)
    post = Post(lambda _: Unknown("read-timeout"))
    with noon(one_shop):
        Sender({"sms": post}, "a").send()
    for later, settled in ((unsettled.GRACE, 0), (DAY - 1, 0), (DAY, 1)):
        assert sending.settle({"sms": post}, "b", now=Millis(one_shop.now + later)) == settled
    assert (post.asked, states()) == (3, {"review": 1})


def test_what_a_live_owner_holds_is_left_to_it(shop: Shop) -> None:
    letters(shop, 2)
    hold = owners.Hold("frozen")
    assert hold.take()
    batches.claim_some("sms", owner="frozen", now=shop.now)
    later = Millis(shop.now + DAY)
    assert sending.settle({"sms": Post()}, "b", now=later) == 0
    assert sending.settle({"sms": Post()}, "frozen", now=later, busy={1}) == 2
    hold.leave()


@db.atomic
def mail(shop: Shop, number: int) -> None:
    facts: dict[str, str | int] = {"shop": "店", "stored": "¥1.00", "bonus": "¥0.00"}
    outbox.put(Letter(f"mail:{number}", "wallet_balance", "service", "zh", facts, Millis(shop.now + DAY),
                      address=f"a{number}@example.cn", channel="email"), now=shop.now)  # fmt: skip


def test_a_slow_channel_takes_no_threads_of_another(shop: Shop) -> None:
    letters(shop, 10)
    for number in range(12):
        mail(shop, number)
    order: list[int] = []

    def noted(message: OutMessage) -> Outcome:
        order.append(message.outbox_id)
        return Accepted(f"M{message.outbox_id}")

    sender = Sender({"sms": Post(noted), "email": Post(noted, slow_s=0.5)}, "a", lane=Lane(4))
    with noon(shop):
        sender.send()
    sender.close()
    texts = {row[0] for row in db.rows("SELECT id FROM outbox WHERE channel = 'sms'")}
    assert set(order[:10]) == texts


def test_what_is_queued_during_a_long_run_on_another_channel_leaves_meanwhile(shop: Shop) -> None:
    letters(shop, 60)
    mails = Post()

    def taken(message: OutMessage) -> Outcome:
        if len(texts.taken) == 3:
            mail(shop, 1)
        return Accepted(f"SM{message.outbox_id}")

    texts = Post(taken, slow_s=0.05)
    seen: list[int] = []
    mails.answer = lambda message: seen.append(len(texts.taken)) or Accepted("M1")  # type: ignore[func-returns-value]
    with noon(shop):
        Sender({"sms": texts, "email": mails}, "a").send()
    assert (len(seen), len(texts.taken)) == (1, 60)
    assert seen[0] < 60


@pytest.mark.slow
def test_a_code_leaves_within_two_seconds_while_a_hundred_thousand_offers_are_queued(engine: str, shop: Shop) -> None:
    (first,) = letters(shop, 1, now=clock.now())
    copy_of(first, 100_000)
    shop.rule("service_hours", "0-24")
    post, process = Post(slow_s=0.2), scheduler.Scheduler(Settings())
    process.channels["sms"] = post
    assert process._lead()
    work = [threading.Thread(target=once, args=(process,)), threading.Thread(target=repeated, args=(process,))]
    for thread in work:
        thread.start()
    while len(post.taken) < 16:
        time.sleep(0.01)
    asked, began = code(shop, clock.now()), time.monotonic()
    while all(one.outbox_id != asked for one in post.taken):
        assert time.monotonic() - began < 2
        time.sleep(0.01)
    process.stopping.set()
    for thread in work:
        thread.join()
    process.leave()
    assert states()["queued"] > 99_000
    assert states().get("sending", 0) == 0


@db.atomic
def copy_of(outbox_id: int, count: int) -> None:
    columns = (
        "channel, category, template, variables, language, state, priority, not_before, expires_at, created_at,"
        " updated_at"
    )
    db.run(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
        f" INSERT INTO outbox (id, dedupe_key, address, {columns})"
        f" SELECT n.i, 'copy ' || n.i, '+861' || (3800000000 + n.i), {columns} FROM n, outbox o WHERE o.id = ?",
        (count, outbox_id),
    )


def once(process: scheduler.Scheduler) -> None:
    process.send_letters()
    db.detach()


def repeated(process: scheduler.Scheduler) -> None:
    while not process.stopping.wait(0.25):
        process.send_codes()
    db.detach()


@pytest.mark.slow
def test_sigterm_leaves_nothing_being_sent(engine: str, shop: Shop, tmp_path: Path) -> None:
    letters(shop, 3000, now=clock.now())
    shop.rule("service_hours", "0-24")
    jobs.ensure(replace(job, enabled=False) for job in scheduler.default_jobs(shop.now))
    program = [sys.executable, "-c", "import regulars; regulars.cli()", "--folder", str(tmp_path), "scheduler"]
    written = tmp_path / "out.jsonl"
    given = os.environ | {"REGULARS_DATABASE": engine, "REGULARS_SECRET": "test secret", "REGULARS_CHANNEL": "file",
                          "REGULARS_OUTBOX_FILE": str(written)}  # fmt: skip
    with subprocess.Popen(program, cwd=ROOT, env=given) as running:
        until = time.monotonic() + 60
        while not written.exists() and time.monotonic() < until:
            time.sleep(0.02)
        time.sleep(0.2)
        running.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert running.wait(30) == 0
    assert time.monotonic() - began < 5
    sent = [json.loads(line)["outbox_id"] for line in written.read_text().splitlines()]
    assert len(sent) == len(set(sent)) == states()["accepted"]
    assert states() == {"accepted": len(sent), "queued": 3000 - len(sent)}
