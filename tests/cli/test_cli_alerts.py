"""`regulars alert`: a trial is a row, told by the scheduler, and its fate is read back."""

import pytest

import scheduler
from core.base import clock
from core.base.settings import Settings
from tests.cli.test_cli_loyalty import Run, ok
from tests.cli.test_cli_loyalty import run as run
from tests.fakes.alerts import desk
from tests.shops import Shop


def test_a_trial_reaches_a_local_service(run: Run, one_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    with desk() as here:
        monkeypatch.setenv("REGULARS_ALERT_URLS", f"wecom://hush?at={here.url}")
        assert "A test waits" in ok(run("alert", "test"))
        assert "waiting" in ok(run("alert", "list"))
        here.answers = [(200, '{"errcode": 93000}')]
        for later in (0, clock.MINUTE):
            with clock.set_to(one_shop.now + later):
                scheduler.tell_staff(Settings(alert_urls=f"wecom://hush?at={here.url}"))
            listed = ok(run("alert", "list"))
            assert ("wecom: code 93000" in listed, "told" in listed) == (later == 0, later > 0)
    assert "hush" not in listed


def test_without_addresses_it_says_so(run: Run) -> None:
    assert "set alert_urls" in ok(run("alert", "test"))
    assert "只在后台显示" in ok(run("alert", "test", language="zh"))


def test_nothing_to_tell(run: Run) -> None:
    assert ok(run("alert", "list")).strip() == "Nothing had to be told."
