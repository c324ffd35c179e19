"""`regulars channel`: what is set up, a mistake named, and a trial through a local Twilio and a local mail server."""

import json
from pathlib import Path

import pytest

import scheduler
from core.base import clock, settings
from core.base.settings import Settings
from tests.cli.test_cli_loyalty import Run, ok
from tests.cli.test_cli_loyalty import run as run
from tests.fakes.gateway import KEY, SECRET
from tests.fakes.mailserver import Postbox, mail_server
from tests.fakes.twilio import ACCOUNT_SID, AUTH_TOKEN, SENDER, FakeTwilio
from tests.shops import Shop

EXAMPLE = str(Path(__file__).resolve().parents[2] / "docs" / "examples" / "gateway-json.toml")


def number_of(said: str) -> str:
    return said.split()[1]


def test_trials_reach_a_local_twilio_and_a_local_mail_server(
    run: Run, one_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    postbox = Postbox()
    with FakeTwilio() as twilio, mail_server(postbox) as port:
        given = {"channel": "twilio", "twilio_account_sid": ACCOUNT_SID, "twilio_auth_token": AUTH_TOKEN,
                 "twilio_from": SENDER, "twilio_base_url": twilio.url, "mail_from": "hello@shop.example",
                 "smtp_url": f"smtp://127.0.0.1:{port}?starttls=off"}  # fmt: skip
        for name, value in given.items():
            monkeypatch.setenv(f"REGULARS_{name.upper()}", value)
        assert [line.split()[:2] for line in ok(run("channel", "list")).splitlines()[:3]] == [
            ["sms", "twilio"], ["whatsapp", "not"], ["email", "email"],
        ]  # fmt: skip
        text = number_of(ok(run("channel", "test", "138 0013 8000")))
        mail = number_of(ok(run("channel", "test", "me@shop.example", "--by", "email", "--template", "tier_down")))
        mine = Settings(secret="test secret", **given)  # type: ignore[arg-type]
        settings.use(mine)
        channels = scheduler.channels_for(mine)
        with clock.set_to(one_shop.now):
            assert scheduler.send_due(channels, "a") == 2
        for channel in channels.values():
            channel.close()
        assert [ok(run("channel", "fate", one)).strip() for one in (text, mail)] == ["accepted", "accepted"]
    assert twilio.bodies_to("+8613800138000")[0].endswith("欢迎入会。您的会员卡已开通，结账时出示即可积分。")
    assert "您的会员等级现为金卡" in postbox.mails[0].get_content()


def test_a_gateway_is_listed_with_the_addresses_it_posts_to(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"channel": "gateway", "gateway_file": EXAMPLE, "gateway_key": KEY, "gateway_secret": SECRET,
                        "public_url": "https://vip.example.cn"}.items():  # fmt: skip
        monkeypatch.setenv(f"REGULARS_{name.upper()}", value)
    said = ok(run("channel", "list"))
    assert said.splitlines()[0].split() == ["sms", "gateway"]
    addresses = [line.strip() for line in said.splitlines() if "/hooks/" in line]
    assert [one.rpartition("/")[2] for one in addresses] == ["status", "inbound"]
    assert addresses[0].startswith("https://vip.example.cn/hooks/gateway/")
    assert SECRET not in said


def test_a_mistake_in_the_gateways_file_is_named(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('url = "https://a.example/"\n[answer]\ncode = "c"\n', "utf-8")
    monkeypatch.setenv("REGULARS_CHANNEL", "gateway")
    monkeypatch.setenv("REGULARS_GATEWAY_FILE", str(file))
    refused = run("channel", "list")
    assert str(refused.exception) == "gateway_file: answer.good: missing"


def test_a_trial_needs_a_fitting_address_and_a_known_message(run: Run) -> None:
    assert type(run("channel", "test", "me@shop.example").exception).__name__ == "PhoneInvalid"
    assert type(run("channel", "test", "13800138000", "--by", "email").exception).__name__ == "TrialInvalid"
    assert type(run("channel", "test", "13800138000", "--template", "x").exception).__name__ == "TemplateInvalid"


def test_an_unknown_channel_is_refused_with_those_there_are(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGULARS_CHANNEL", "pigeon")
    assert "console, file, twilio, gateway" in str(run("channel", "list").exception)


def test_a_demo_can_send_nothing_real_by_any_channel(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGULARS_DEMO", "1")
    monkeypatch.setenv("REGULARS_SMTP_URL", "smtps://mail.example.com")
    for channel in ("twilio", "gateway"):
        monkeypatch.setenv("REGULARS_CHANNEL", channel)
        assert f"a demo cannot send through {channel}" in str(run("channel", "list").exception)
    monkeypatch.setenv("REGULARS_CHANNEL", "file")
    assert {line.split()[1] for line in ok(run("channel", "list")).splitlines()[:3]} == {"file"}
    assert json.dumps(SECRET) not in ok(run("channel", "list"))
