from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from notify.channel import OutMessage
from notify.console import ConsoleChannel
from notify.email import EmailChannel
from notify.file import FileChannel
from notify.gateway import GatewayChannel
from notify.registry import ChannelConfig, ConfigError, DemoSendsNothing, open_channels
from notify.sms import TwilioChannel

REAL = ChannelConfig(
    kind="twilio",
    twilio_account_sid="AC" + "a" * 32,
    twilio_auth_token="secret",
    twilio_from="+15005550006",
    twilio_whatsapp_from="+14155238886",
    public_base_url="https://members.example.com",
    smtp_url="smtps://u:secret@mail.example.com",
    mail_from="Shop <hello@shop.example>",
)
EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "gateway-json.toml"
GATEWAY = ChannelConfig(kind="gateway", gateway_file=EXAMPLE, gateway_key="me", gateway_secret="secret")


def test_console_is_the_default_for_every_channel() -> None:
    channels = open_channels(ChannelConfig())
    assert sorted(channels) == ["email", "sms", "whatsapp"]
    assert all(type(channel) is ConsoleChannel for channel in channels.values())


def test_file_serves_every_channel(tmp_path: Path) -> None:
    channels = open_channels(ChannelConfig(kind="file", file_path=tmp_path / "sent.jsonl"))
    channels["sms"].send(OutMessage(1, 1, "+8613800138000", "a"))
    assert channels["email"].find(OutMessage(1, 1, "+8613800138000", "a"), since_ms=0, taken=()) is None
    assert channels["sms"].find(OutMessage(1, 1, "+8613800138000", "a"), since_ms=0, taken=()) == "file-1-1"


def test_twilio_opens_what_is_set_up() -> None:
    channels = open_channels(REAL)
    assert {name: type(channel) for name, channel in channels.items()} == {
        "sms": TwilioChannel,
        "whatsapp": TwilioChannel,
        "email": EmailChannel,
    }
    assert {name: channel.name for name, channel in channels.items()} == {
        "sms": "sms",
        "whatsapp": "whatsapp",
        "email": "email",
    }


def test_texts_by_gateway_whatsapp_by_twilio_and_mail_by_smtp_at_once() -> None:
    mixed = replace(REAL, kind="gateway", gateway_file=EXAMPLE, gateway_key="me", gateway_secret="secret")
    assert {name: type(channel) for name, channel in open_channels(mixed).items()} == {
        "sms": GatewayChannel,
        "whatsapp": TwilioChannel,
        "email": EmailChannel,
    }
    assert list(open_channels(GATEWAY)) == ["sms"]


@pytest.mark.parametrize(
    ("setting", "change"),
    [
        ("gateway_file", {"gateway_file": None}),
        ("gateway_file", {"gateway_file": Path("/nowhere/gateway.toml")}),
        ("gateway_key", {"gateway_key": ""}),
        ("gateway_secret", {"gateway_secret": None}),
        ("twilio_account_sid", {"twilio_whatsapp_from": "+14155238886"}),
        ("mail_from", {"smtp_url": "smtps://u:secret@mail.example.com"}),
    ],
)
def test_a_mistake_of_a_gateway_names_its_setting(setting: str, change: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        open_channels(replace(GATEWAY, **change))
    assert caught.value.setting == setting
    assert "secret" not in str(caught.value).removeprefix("gateway_secret").replace("{secret}", "")


def test_empty_text_counts_as_not_set() -> None:
    channels = open_channels(replace(REAL, twilio_whatsapp_from="", smtp_url="", public_base_url=""))
    assert sorted(channels) == ["sms"]


@pytest.mark.parametrize("kind", ["console", "file"])
def test_a_demo_sends_nothing_real_whatever_else_is_set(kind: Any, tmp_path: Path) -> None:
    demo = replace(REAL, kind=kind, demo=True, file_path=tmp_path / "sent.jsonl")
    kinds = {type(channel) for channel in open_channels(demo).values()}
    assert kinds <= {ConsoleChannel, FileChannel}


@pytest.mark.parametrize("kind", ["twilio", "gateway", ""])
def test_a_demo_refuses_every_kind_that_sends(kind: Any) -> None:
    with pytest.raises(DemoSendsNothing, match="a demo cannot send"):
        open_channels(replace(REAL, kind=kind, demo=True))


@pytest.mark.parametrize(
    ("setting", "change"),
    [
        ("kind", {"kind": "pigeon"}),
        ("file_path", {"kind": "file"}),
        ("file_path", {"kind": "file", "file_path": Path("/nowhere/at/all.jsonl")}),
        ("twilio_account_sid", {"twilio_account_sid": None}),
        ("twilio_account_sid", {"twilio_account_sid": "SK" + "a" * 32}),
        ("twilio_auth_token", {"twilio_auth_token": ""}),
        ("twilio_from", {"twilio_from": None, "twilio_whatsapp_from": None}),
        ("twilio_from", {"twilio_from": "15005550006"}),
        ("twilio_messaging_service_sid", {"twilio_messaging_service_sid": "MGx"}),
        ("twilio_whatsapp_from", {"twilio_whatsapp_from": "whatsapp"}),
        ("twilio_base_url", {"twilio_base_url": "http://twilio.example.com"}),
        ("twilio_base_url", {"twilio_base_url": "twilio"}),
        ("public_base_url", {"public_base_url": "members.example.com"}),
        ("public_base_url", {"public_base_url": "https://my_shop.example.com"}),
        ("public_base_url", {"public_base_url": "https://a.example/?x=1"}),
        ("smtp_url", {"smtp_url": "mail.example.com"}),
        ("mail_from", {"mail_from": None}),
        ("mail_from", {"mail_from": "Shop"}),
    ],
)
def test_a_mistake_names_its_setting(setting: str, change: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        open_channels(replace(REAL, **change))
    assert caught.value.setting == setting
    assert "secret" not in str(caught.value)


def test_secrets_are_not_shown() -> None:
    assert "secret" not in repr(REAL)


@pytest.mark.parametrize("sender", ["+15005550006", "12345", "Regulars"])
def test_numbers_short_codes_and_names_may_send(sender: str) -> None:
    assert "sms" in open_channels(replace(REAL, twilio_from=sender))
