"""Alerts: claimed once, told everywhere at least once, given up after a day, in words with figures."""

import pytest

from core.base import db, i18n
from core.base.clock import DAY, HOUR, MINUTE, SECOND, Millis
from core.books import alerts
from core.keeping import doctor, jobs
from core.keeping.findings import Finding
from core.outreach import alerting
from core.reports import summary
from tests.shops import Shop


def note(shop: Shop, kind: str = "job", about: str = "churn", **facts: str | int) -> int:
    db.atomic(lambda: alerts.note(kind, about, now=shop.now, **facts))()
    return int(db.value("SELECT max(id) FROM alert"))


def test_an_alert_is_claimed_once_and_told(shop: Shop) -> None:
    alert = note(shop, error="boom")
    assert alerting.due(now=shop.now) == [alert]
    waiting = alerting.claim(alert, now=shop.now)
    assert waiting is not None
    assert (waiting.kind, waiting.about, waiting.facts, waiting.attempt) == ("job", "churn", {"error": "boom"}, 1)
    assert alerting.claim(alert, now=shop.now) is None
    alerting.settle(waiting, reached=["a1"], error="", now=shop.now)
    (told,) = alerting.recent(by=shop.owner)
    assert (told.told_at, told.attempts, told.error) == (shop.now, 1, "")
    assert alerting.due(now=Millis(shop.now + HOUR)) == []


def test_who_died_while_telling_leaves_it_due_again(shop: Shop) -> None:
    alert = note(shop)
    alerting.claim(alert, now=shop.now)
    assert alerting.due(now=Millis(shop.now + MINUTE - 1)) == []
    assert alerting.due(now=Millis(shop.now + MINUTE)) == [alert]


def test_a_late_settling_of_a_former_claim_changes_nothing(shop: Shop) -> None:
    alert = note(shop)
    first = alerting.claim(alert, now=shop.now)
    later = Millis(shop.now + MINUTE)
    second = alerting.claim(alert, now=later)
    assert first is not None and second is not None
    alerting.settle(first, reached=["a1"], error="", now=later)
    assert alerting.recent(by=shop.owner)[0].told_at is None


def test_who_took_it_is_not_told_again(shop: Shop) -> None:
    alert = note(shop)
    waiting = alerting.claim(alert, now=shop.now)
    assert waiting is not None
    alerting.settle(waiting, reached=["a1"], error="feishu: code 9499", now=shop.now)
    assert alerting.due(now=Millis(shop.now + 10 * SECOND - 1)) == []
    again = alerting.claim(alert, now=Millis(shop.now + 10 * SECOND))
    assert again is not None
    assert (again.reached, again.attempt) == (frozenset({"a1"}), 2)
    assert alerting.recent(by=shop.owner)[0].error == "feishu: code 9499"


@pytest.mark.parametrize(("attempt", "pause"), [(1, 10 * SECOND), (2, MINUTE), (8, 4 * HOUR), (30, 4 * HOUR)])
def test_pauses_grow(attempt: int, pause: int) -> None:
    assert alerting.pause_after(attempt) == pause


def test_what_nobody_could_be_told_within_a_day_is_given_up(shop: Shop) -> None:
    note(shop)
    assert len(alerting.due(now=Millis(shop.now + DAY - 1))) == 1
    assert alerting.due(now=Millis(shop.now + DAY)) == []
    (one,) = alerting.recent(by=shop.owner)
    assert (one.is_given_up(Millis(shop.now + DAY - 1)), one.is_given_up(Millis(shop.now + DAY))) == (False, True)


def test_old_alerts_are_forgotten(one_shop: Shop) -> None:
    note(one_shop)
    assert alerting.forget_before(one_shop.now) == 0
    assert alerting.forget_before(Millis(one_shop.now + 1)) == 1


# --- words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", [*alerting.KINDS, "never heard of"])
def test_every_kind_is_said_even_without_its_figures(kind: str, language: str) -> None:
    with i18n.use(language):
        title, text = alerting.said(kind, "churn", {})
    assert title and text
    assert "{" not in title + text


def test_a_channel_at_rest_is_said_with_its_reason_and_the_next_step() -> None:
    with i18n.use("en"):
        title, text = alerting.said("channel_rests", "sms", {"reason": "http-401"}, again=3)
    assert title == "Messages wait"
    assert text.splitlines() == [
        "Nothing goes out by sms any more: http-401.",
        "Put its account, password or balance right, then wake it in the back-office (F6).",
        "It came 3 times more meanwhile.",
    ]


def test_a_failed_job_is_an_alert_in_the_transaction_of_its_end(shop: Shop) -> None:
    for name in ("churn", "backup", "doctor", "retention"):
        jobs.claim(name, "2026-05-29", owner="a", now=shop.now)
        state = "done" if name == "retention" else "failed"
        jobs.finish(name, "2026-05-29", state=state, result="RuntimeError: 13800138000 is full", now=shop.now)
    found = db.rows("SELECT kind, about, facts FROM alert ORDER BY kind")
    assert [row[:2] for row in found] == [("backup", "backup"), ("job", "churn")]
    assert found[1][2] == '{"error": "RuntimeError: … is full"}'


def test_what_the_doctor_found_is_said_in_the_shops_language(shop: Shop) -> None:
    from core.base.i18n import T

    shop.rule("language", "zh")
    found = [Finding("channel", T("Messages go by Twilio, but no sender is set."), T("x"))] * 2
    doctor.tell(found, now=shop.now)
    with i18n.use("zh"):
        waiting = alerting.claim(alerting.due(now=shop.now)[0], now=shop.now)
        assert waiting is not None
        _, text = alerting.said(waiting.kind, waiting.about, waiting.facts)
    assert text.startswith("共发现 2 处问题，第一处：消息经 Twilio 发送")


def test_the_day_is_told_in_figures(shop: Shop) -> None:
    shop.product("tea", 1800)
    shop.sell(shop.basket(("tea", 2), member=shop.member("13800138000")))
    assert summary.tell(by=shop.owner, now=shop.now) == "2026-05-29"
    waiting = alerting.claim(alerting.due(now=shop.now)[0], now=shop.now)
    assert waiting is not None
    with i18n.use("en"):
        title, text = alerting.said(waiting.kind, waiting.about, waiting.facts)
    assert title == "The day 2026-05-29"
    assert text == (
        "Takings ¥36.00 in 1 sales, 1 by members; 1 new members. Messages: 0 sent, 0 failed. 0 churn warnings wait."
    )


def test_alerts_come_newest_first_and_those_told_can_be_left_out(shop: Shop) -> None:
    @db.atomic
    def note() -> None:
        alerts.note("channel", "sms", now=shop.now, status=401)
        alerts.note("job", "doctor", now=Millis(shop.now + HOUR))
        alerts.note("channel", "sms", now=Millis(shop.now + HOUR), status=401)
        db.run("UPDATE alert SET told_at = ? WHERE kind = 'job'", (shop.now + HOUR,))

    note()
    job, channel = alerting.recent(by=shop.owner)
    assert (job.kind, channel.kind, channel.again, channel.facts) == ("job", "channel", 1, (("status", 401),))
    assert [one.kind for one in alerting.recent(by=shop.owner, waiting=True)] == ["channel"]
    assert [one.kind for one in alerting.recent(by=shop.owner, before_id=job.id)] == ["channel"]
