"""Staff are told by real senders against a real receiver: codes inside 200, one of two addresses down, the demo."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

import scheduler
from core.base import clock, db
from core.base.clock import MINUTE, SECOND
from core.base.settings import Settings
from core.books import alerts
from core.keeping import jobs
from core.outreach import alerting
from tests.fakes.alerts import Desk, desk
from tests.shops import Shop


@pytest.fixture
def here() -> Iterator[Desk]:
    with desk() as made:
        yield made


def urls(here: Desk, *schemes: str) -> Settings:
    own = [f"{scheme}://K?at={here.url}" for scheme in schemes]
    return Settings(alert_urls=" ".join(own))


def tell(shop: Shop, settings: Settings, *, later: int = 0) -> int:
    with clock.set_to(shop.now + later):
        return scheduler.tell_staff(settings)


def note(shop: Shop) -> None:
    db.atomic(lambda: alerts.note("channel_rests", "sms", now=shop.now, reason="http-401"))()


def test_staff_are_told_in_the_shops_language_and_once(shop: Shop, here: Desk) -> None:
    shop.rule("language", "zh")
    note(shop)
    assert (tell(shop, urls(here, "wecom")), tell(shop, urls(here, "wecom"), later=MINUTE)) == (1, 0)
    (told,) = here.taken
    first, *rest = told["text"]["content"].splitlines()
    assert first.endswith(" · 消息发不出去")
    assert rest == ["sms 渠道已停发：http-401。", "请改正账号、密码或余额，然后在后台（F6）恢复该渠道。"]


def test_a_code_inside_200_is_told_again_only_where_it_failed(shop: Shop, here: Desk) -> None:
    note(shop)
    here.answers = [(200, '{"errcode": 0}'), (200, '{"code": 9499, "msg": "too fast"}')]
    both = urls(here, "wecom", "feishu")
    assert tell(shop, both) == 0
    assert alerting.recent(by=shop.owner)[0].error == "feishu: code 9499"
    assert (tell(shop, both, later=9 * SECOND), tell(shop, both, later=10 * SECOND)) == (0, 1)
    assert [path.split("/")[1] for path in here.paths] == ["cgi-bin", "open-apis", "open-apis"]


def test_without_an_address_alerts_stay_rows(one_shop: Shop) -> None:
    note(one_shop)
    assert tell(one_shop, Settings()) == 0
    assert alerting.recent(by=one_shop.owner)[0].attempts == 0


@pytest.mark.parametrize("kind", ["demo", "practice"])
def test_a_demo_tells_nobody(one_shop: Shop, here: Desk, kind: str) -> None:
    note(one_shop)
    assert tell(one_shop, replace(urls(here, "wecom"), **{kind: True})) == 0  # type: ignore[arg-type]
    assert here.taken == []


def test_a_job_that_fails_is_told_by_the_running_scheduler(one_shop: Shop, here: Desk) -> None:
    db.atomic(lambda: db.run("UPDATE job_run SET state = 'done'"))()
    jobs.claim("churn", "2026-05-29", owner="a", now=one_shop.now)
    jobs.finish("churn", "2026-05-29", state="failed", result="StorageFull: full", now=one_shop.now)
    process = scheduler.Scheduler(urls(here, "dingtalk"))
    with clock.set_to(one_shop.now):
        process.warn()
        assert here.taken == []  # another leads
        process.leading = process.hold.take()
        process.warn()
    process.leave()
    assert "churn" in here.taken[0]["text"]["content"]


def test_the_days_figures_are_told_in_the_evening(one_shop: Shop, here: Desk) -> None:
    jobs.ensure(scheduler.default_jobs(one_shop.now))
    evening = clock.Millis(one_shop.now + 9 * clock.HOUR)
    with clock.set_to(evening):
        assert scheduler.run_job("summary", "2026-05-29", now=evening) == "2026-05-29"
        assert scheduler.tell_staff(urls(here, "wecom")) == 1
    assert "2026-05-29" in here.taken[0]["text"]["content"]


def test_what_the_doctor_finds_is_told_with_the_first_finding(one_shop: Shop, here: Desk) -> None:
    with clock.set_to(one_shop.now):
        db.atomic(lambda: db.run("UPDATE account SET balance = balance + 1"))()
        one_shop.give_points(one_shop.member(), 5)
        db.atomic(lambda: db.run("UPDATE account SET balance = balance + 1 WHERE asset = 'points'"))()
        scheduler.run_job("doctor", "2026-05-29", now=one_shop.now)
        assert scheduler.tell_staff(urls(here, "wecom")) == 1
    assert [row[0] for row in db.rows("SELECT kind FROM alert")] == ["doctor"]
    assert "regulars doctor" in here.taken[0]["text"]["content"]
