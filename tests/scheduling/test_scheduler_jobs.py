"""Jobs: when they are due, each slot once, what a crash leaves; and sending through a channel."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import scheduler
from core.base import clock, db
from core.base.clock import HOUR, MINUTE, Millis
from core.base.drivers import peewee
from core.base.errors import NotAllowed
from core.base.settings import Settings
from core.books import outbox
from core.keeping import jobs, slots
from notify.channel import Accepted, Outcome, OutMessage, Retry, Unknown
from notify.registry import ConfigError
from tests.shops import Shop


class Post:
    """A provider that answers as told and remembers what it took."""

    name, can_list, inbound, by_template = "sms", True, False, False

    def __init__(self, *answers: Outcome) -> None:
        self.answers, self.taken = list(answers), []  # type: ignore[var-annotated]

    def send(self, message: OutMessage) -> Outcome:
        answer = self.answers.pop(0) if self.answers else Accepted(f"SM{len(self.taken)}")
        if not isinstance(answer, Retry):
            self.taken.append(message)
        return answer

    def find(self, message: OutMessage, *, since_ms: int, taken: Collection[str]) -> str | None:
        return next((f"found-{one.outbox_id}" for one in self.taken if one.outbox_id == message.outbox_id), None)

    def close(self) -> None:
        """Nothing to close."""


def test_each_slot_runs_once_however_often_it_is_looked_at(one_shop: Shop) -> None:
    jobs.ensure(scheduler.default_jobs(one_shop.now))
    with clock.set_to(one_shop.now):
        first = scheduler.run_due("a", now=one_shop.now)
        again = scheduler.run_due("b", now=Millis(one_shop.now + MINUTE))
        later = scheduler.run_due("b", now=Millis(one_shop.now + HOUR))
    # Of Sundays; of evenings; of a quarter or twenty past, which came before the job was there.
    assert set(first) == set(scheduler.BY_NAME) - {"restore-drill", "summary", "log-wipe", "report-mail", "bookings"}
    assert (again, set(later)) == ({}, {
        "reserves-lapse", "log-wipe", "campaigns", "report-mail", "bookings", "booking-reminders",
        "event-reminders", "tickets",
    })  # fmt: skip


def test_what_a_dead_scheduler_left_running_is_taken_up_again(one_shop: Shop) -> None:
    jobs.ensure(scheduler.default_jobs(one_shop.now))
    assert jobs.claim("birthdays", "2026-05-29", owner="dead", now=one_shop.now)
    assert jobs.crash_others("alive") == 1
    with clock.set_to(one_shop.now):
        assert "birthdays" in scheduler.run_due("alive", now=one_shop.now)


def test_a_job_that_is_switched_off_does_not_run(one_shop: Shop) -> None:
    jobs.ensure(scheduler.default_jobs(one_shop.now))
    jobs.set_enabled("birthdays", False, by=one_shop.owner, now=one_shop.now)
    with clock.set_to(one_shop.now):
        assert "birthdays" not in scheduler.run_due("a", now=one_shop.now)


def test_next_times_are_shown_for_every_default_job(one_shop: Shop) -> None:
    for job in scheduler.default_jobs(one_shop.now):
        assert len(slots.next_times(job, now=one_shop.now)) == 3


@pytest.fixture
def waiting(one_shop: Shop) -> int:
    one_shop.member("13800138000", purposes=("membership", "service"))
    return int(db.value("SELECT id FROM outbox WHERE template = 'welcome'"))


def fate(outbox_id: int) -> str:
    return str(db.value("SELECT state FROM outbox WHERE id = ?", (outbox_id,)))


def test_a_queued_message_is_sent_and_its_fate_recorded(one_shop: Shop, waiting: int) -> None:
    post = Post()
    with clock.set_to(one_shop.now):
        assert scheduler.send_due({"sms": post}, "a") == 1
    assert [message.to for message in post.taken] == ["+8613800138000"]
    assert fate(waiting) == "accepted"


def test_an_unknown_fate_is_looked_up_and_not_sent_again(one_shop: Shop, waiting: int) -> None:
    post = Post(Unknown("read time-out"))
    with clock.set_to(one_shop.now):
        scheduler.send_due({"sms": post}, "a")
        assert fate(waiting) == "unknown"
        assert scheduler.settle({"sms": post}, "b", now=one_shop.now) == 1
        scheduler.send_due({"sms": post}, "b")
    assert (fate(waiting), len(post.taken)) == ("accepted", 1)


def test_a_message_no_channel_can_carry_is_refused_with_the_reason(one_shop: Shop, waiting: int) -> None:
    with clock.set_to(one_shop.now):
        scheduler.send_due({}, "a")
    assert db.one("SELECT state, reason FROM outbox WHERE id = ?", (waiting,)) == ("refused", "no channel sms")


def test_the_demo_can_open_no_channel_that_sends_anything_real(tmp_path: Path) -> None:
    real = Settings(channel="twilio", twilio_account_sid="AC1", twilio_auth_token="t", twilio_from="+1", demo=True)
    with pytest.raises(ConfigError):
        scheduler.channels_for(real)


def test_once_runs_a_day_and_sends_what_is_queued(one_shop: Shop, waiting: int, tmp_path: Path) -> None:
    settings = Settings(channel="file", outbox_file=str(tmp_path / "out.jsonl"))
    done = scheduler.once(settings, on=date(2026, 5, 29))
    assert done["sent"] == "1"
    assert "13800138000" in (tmp_path / "out.jsonl").read_text()


def test_at_another_day_nothing_real_leaves(one_shop: Shop, waiting: int) -> None:
    account = "AC" + 32 * "0"
    real = Settings(
        channel="twilio", twilio_account_sid=account, twilio_auth_token=32 * "1", twilio_from="+12025550100"
    )
    with clock.set_to(one_shop.now):
        assert scheduler.once(real, on=date(2026, 5, 28))["sent"] == "0: 2026-05-28 is not today"
    assert db.value("SELECT state FROM outbox WHERE id = ?", (waiting,)) == "queued"


def test_on_today_messages_leave_by_the_real_hour(one_shop: Shop, tmp_path: Path) -> None:
    member = one_shop.member("13800138006", purposes=("membership", "marketing"))
    words = {"shop": "桂花里", "name": "王伟"}
    until = Millis(one_shop.now + 20 * clock.DAY)
    night = Millis(one_shop.now + 15 * clock.HOUR)
    letter = outbox.Letter("winback:1:1:1", "winback", "marketing", "zh", words, until, member_id=member)
    db.atomic(lambda: outbox.put(letter, now=one_shop.now))()
    settings = Settings(channel="file", outbox_file=str(tmp_path / "out.jsonl"))
    with clock.set_to(night):
        assert scheduler.once(settings, on=clock.day_of(night, "Asia/Shanghai"))["sent"] == "0"


@pytest.mark.parametrize(
    ("error", "state"), [(PermissionError(13, "backups"), "failed"), (KeyError("x"), "failed"),
                         (peewee.OperationalError("server closed the connection"), "crashed")]
)  # fmt: skip
def test_whatever_goes_wrong_in_a_job_is_noted_and_told(
    one_shop: Shop, monkeypatch: pytest.MonkeyPatch, error: Exception, state: str
) -> None:
    def broken(by: object, now: Millis) -> object:
        raise error

    monkeypatch.setitem(scheduler.BY_NAME, "backup", replace(scheduler.BY_NAME["backup"], do=broken))
    jobs.ensure(scheduler.default_jobs(one_shop.now))
    with clock.set_to(one_shop.now):
        done = scheduler.run_due("a", now=one_shop.now, apart=True)
        again = scheduler.run_due("a", now=one_shop.now, apart=True)
    assert jobs.last_runs()["backup"].state == state
    assert db.rows("SELECT kind, about FROM alert WHERE about = 'backup'") == [("backup", "backup")]
    assert ("festivals" in done, "backup" in again) == (True, state == "crashed")


def another_version(*, there: bool) -> None:
    """The tables are at a step this program does not know, or as it knows them."""
    db.atomic(lambda: db.run("DELETE FROM migration WHERE number = 9999"))()
    if there:
        db.atomic(lambda: db.add("migration", number=9999, name="later", hash="x", at=1))()


def test_who_finds_other_tables_holds_nothing(one_shop: Shop) -> None:
    old, new = scheduler.Scheduler(Settings()), scheduler.Scheduler(Settings())

    def tick(process: scheduler.Scheduler, minute: int) -> bool:
        with clock.set_to(Millis(one_shop.now + minute * MINUTE)):
            process.tick()
        return process.leading

    another_version(there=True)
    assert not tick(old, 0)
    another_version(there=False)
    assert tick(new, 1)
    another_version(there=True)
    assert not tick(new, 2)
    another_version(there=False)
    assert tick(old, 3)
    old.leave()
    new.leave()


def test_what_expired_is_written_off_before_the_doctor_looks(one_shop: Shop) -> None:
    """A shop that slept for a month wakes up: all its jobs are due at once."""
    one_shop.rule("points_months", 1)
    one_shop.give_points(one_shop.member(), 10)
    later = Millis(one_shop.now + 60 * clock.DAY)
    with clock.set_to(later):
        done = scheduler.run_today("a", now=later)
    assert list(done) == [work.name for work in scheduler.WORKS]
    assert (done["points-expire"], done["doctor"]) == ("10", "all is well")


def test_a_scheduler_that_leads_says_so_each_minute(shop: Shop) -> None:
    process = scheduler.Scheduler(Settings())
    for seconds in (0, 30, 59, 61):
        with clock.set_to(shop.now + seconds * 1000):
            process.tick()
    process.leave()
    assert jobs.last_beat() == shop.now + 61_000
    assert [one.job for one in jobs.runs() if one.job == jobs.BEAT[0]] == []
    assert db.value("SELECT count(*) FROM job_run WHERE job = 'heartbeat'") == 1


def test_long_jobs_run_in_a_thread_of_their_own(one_shop: Shop) -> None:
    jobs.ensure(scheduler.default_jobs(one_shop.now))
    with clock.set_to(one_shop.now):
        apart = scheduler.run_due("a", now=one_shop.now, apart=True)
        others = scheduler.run_due("b", now=one_shop.now, apart=False)
    assert set(apart) == {
        "back-test",
        "backup",
        "campaigns",
        "churn",
        "costs",
        "data-quality",
        "festivals",
        "recommend",
    }
    assert "birthdays" in others
    assert not set(others) & scheduler.APART


def test_a_job_asked_for_runs_once_beside_its_times(shop: Shop) -> None:
    jobs.ensure([jobs.Job("coupons-lapse", "20 3 * * *", "Asia/Shanghai", True, 20 * 3600)])
    with clock.set_to(shop.now):
        assert "coupons-lapse" in scheduler.run_due("a", now=shop.now)
        jobs.ask("coupons-lapse", by=shop.owner, now=shop.now)
        assert list(scheduler.run_due("a", now=shop.now)) == ["coupons-lapse"]
        assert scheduler.run_due("a", now=Millis(shop.now + MINUTE)) == {}
    assert [run.state for run in jobs.history("coupons-lapse")] == ["done", "done"]


def test_a_job_that_is_off_or_unknown_is_not_asked_for(one_shop: Shop) -> None:
    jobs.ensure([jobs.Job("doctor", "30 4 * * *", "Asia/Shanghai", False, 3600)])
    with pytest.raises(jobs.JobOff):
        jobs.ask("doctor", by=one_shop.owner, now=one_shop.now)
    with pytest.raises(jobs.JobUnknown):
        jobs.ask("nothing", by=one_shop.owner, now=one_shop.now)
    with pytest.raises(NotAllowed):
        jobs.ask("doctor", by=one_shop.owner_with(frozenset()), now=one_shop.now)
    assert jobs.all_jobs()[0] == jobs.Job("doctor", "30 4 * * *", "Asia/Shanghai", False, 3600)
