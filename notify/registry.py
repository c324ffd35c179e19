"""From settings to channels."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from email.utils import parseaddr
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from notify.channel import Channel
from notify.console import ConsoleChannel
from notify.file import FileChannel

CHANNEL_NAMES = ("sms", "whatsapp", "email")

_ACCOUNT_SID = re.compile(r"AC[0-9a-f]{32}")
_SERVICE_SID = re.compile(r"MG[0-9a-f]{32}")
# A number, a short code, or a sender name with at least one letter.
_SENDER = re.compile(r"\+[1-9]\d{6,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 &_+-]{1,11}")
_WHATSAPP_SENDER = re.compile(r"(whatsapp:)?\+[1-9]\d{6,14}")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class ConfigError(ValueError):
    """A setting is missing or wrong; says which and what to do."""

    def __init__(self, setting: str, advice: str) -> None:
        super().__init__(f"{setting}: {advice}")
        self.setting = setting
        self.advice = advice


class DemoSendsNothing(ConfigError):
    """A demo was asked to send real messages."""


@dataclass(frozen=True)
class ChannelConfig:
    """Settings of all channels; an empty text counts as not set.

    `kind` says how texts go: "console" and "file" keep every channel on this machine, e-mail too; "twilio" and
    "gateway" send. Beside them, whatsapp goes by Twilio when `twilio_whatsapp_from` is set, and e-mail by SMTP when
    `smtp_url` is. `hook_url` is where a gateway shall post its reports; `now_ms` is the time its signatures hold.
    """

    kind: Literal["console", "file", "twilio", "gateway"] = "console"
    file_path: Path | None = None
    twilio_account_sid: str | None = None
    twilio_auth_token: str | None = field(default=None, repr=False)
    twilio_from: str | None = None
    twilio_messaging_service_sid: str | None = None
    twilio_whatsapp_from: str | None = None
    twilio_base_url: str | None = None
    public_base_url: str | None = None
    gateway_file: Path | None = None
    gateway_key: str | None = None
    gateway_secret: str | None = field(default=None, repr=False)
    hook_url: str | None = None
    now_ms: Callable[[], int] = lambda: 0
    smtp_url: str | None = field(default=None, repr=False)
    mail_from: str | None = None
    demo: bool = False


def open_channels(config: ChannelConfig) -> dict[str, Channel]:
    """Return the channels of a shop by name ("sms", "whatsapp", "email"); only those that are set up.

    In a demo nothing but console and file is ever returned. Opens no connection.

    Raises: ConfigError, DemoSendsNothing.
    """
    if config.kind == "console":
        return {name: ConsoleChannel(name) for name in CHANNEL_NAMES}
    if config.kind == "file":
        path = _file_path(config)
        return {name: FileChannel(path, name) for name in CHANNEL_NAMES}
    if config.demo:
        raise DemoSendsNothing("kind", f"a demo cannot send through {config.kind}; use console or file")
    if config.kind == "twilio":
        _check_twilio(config)
        return _open_twilio(config) | _open_email(config)
    if config.kind == "gateway":
        whatsapp = replace(config, twilio_from=None, twilio_messaging_service_sid=None)
        if config.twilio_whatsapp_from:
            _check_twilio(whatsapp)
        return _open_gateway(config) | _open_twilio(whatsapp) | _open_email(config)
    raise ConfigError("kind", f"{config.kind} is unknown; use console, file, twilio or gateway")


def _file_path(config: ChannelConfig) -> Path:
    if config.file_path is None:
        raise ConfigError("file_path", "not set; name the file that shall receive the messages")
    if not config.file_path.parent.is_dir():
        raise ConfigError("file_path", f"the folder {config.file_path.parent} does not exist; create it")
    return config.file_path


def _open_gateway(config: ChannelConfig) -> dict[str, Channel]:
    from notify import gateway, gatewayplan

    if config.gateway_file is None:
        raise ConfigError("gateway_file", "not set; name the file that describes the provider")
    try:
        plan = gatewayplan.read(config.gateway_file)
    except gatewayplan.PlanError as error:
        raise ConfigError("gateway_file", str(error)) from None
    for setting, value in (("key", config.gateway_key), ("secret", config.gateway_secret)):
        if not value and plan.uses(setting):
            raise ConfigError(f"gateway_{setting}", f"not set, but the file asks for {{{setting}}}")
    made = gatewayplan.Gateway(plan, config.gateway_key or "", config.gateway_secret or "", config.hook_url or "")
    return {"sms": gateway.GatewayChannel(made, now_ms=config.now_ms)}


def _open_twilio(config: ChannelConfig) -> dict[str, Channel]:
    if not (config.twilio_from or config.twilio_messaging_service_sid or config.twilio_whatsapp_from):
        return {}
    # Imported here so that console and file never load the HTTP client.
    from notify.sms import TwilioAccount, TwilioChannel

    account = TwilioAccount(
        account_sid=config.twilio_account_sid or "",
        auth_token=config.twilio_auth_token or "",
        sender=config.twilio_from or None,
        messaging_service_sid=config.twilio_messaging_service_sid or None,
        public_base_url=config.public_base_url or None,
        base_url=config.twilio_base_url or None,
    )
    channels: dict[str, Channel] = {}
    if account.sender or account.messaging_service_sid:
        channels["sms"] = TwilioChannel("sms", account)
    if config.twilio_whatsapp_from:
        # The messaging service belongs to sms: with it, Twilio could pick another sender.
        whatsapp = replace(account, sender=config.twilio_whatsapp_from, messaging_service_sid=None)
        channels["whatsapp"] = TwilioChannel("whatsapp", whatsapp)
    return channels


def _check_twilio(config: ChannelConfig) -> None:
    console = "copy it from the Twilio console"
    _check(
        "twilio_account_sid",
        config.twilio_account_sid,
        _ACCOUNT_SID,
        f"must be AC and 32 hex digits; {console}",
    )
    if not config.twilio_auth_token:
        raise ConfigError("twilio_auth_token", f"not set; {console}")
    senders = (config.twilio_from, config.twilio_messaging_service_sid, config.twilio_whatsapp_from)
    if not any(senders):
        advice = "no sender; set it, or twilio_messaging_service_sid, or twilio_whatsapp_from"
        raise ConfigError("twilio_from", advice)
    sender_advice = "must be a number like +15005550006, a short code or a name of at most 11 letters"
    service_advice = f"must be MG and 32 hex digits; {console}"
    whatsapp_advice = "must be a number like +14155238886"
    optional: tuple[tuple[str, str | None, re.Pattern[str], str], ...] = (
        ("twilio_from", config.twilio_from, _SENDER, sender_advice),
        ("twilio_messaging_service_sid", config.twilio_messaging_service_sid, _SERVICE_SID, service_advice),
        ("twilio_whatsapp_from", config.twilio_whatsapp_from, _WHATSAPP_SENDER, whatsapp_advice),
    )
    for setting, value, pattern, advice in optional:
        if value:
            _check(setting, value, pattern, advice)
    if config.twilio_base_url:
        _check_base_url(config.twilio_base_url)
    if config.public_base_url:
        _check_public_url(config.public_base_url)


def _check(setting: str, value: str | None, pattern: re.Pattern[str], advice: str) -> None:
    if not value or not pattern.fullmatch(value):
        raise ConfigError(setting, advice if value else f"not set; {advice}")


def _check_base_url(url: str) -> None:
    parts = urlsplit(url)
    clear_elsewhere = parts.scheme == "http" and parts.hostname not in _LOOPBACK
    if parts.scheme not in ("http", "https") or not parts.hostname or clear_elsewhere:
        advice = "must start with https:// (http:// only for 127.0.0.1); leave it empty for the real Twilio"
        raise ConfigError("twilio_base_url", advice)


def _check_public_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ConfigError("public_base_url", "must look like https://members.example.com, without ? or #")
    if "_" in parts.hostname or not url.isascii():
        advice = "Twilio refuses host names with an underscore or other letters than ASCII; use another name"
        raise ConfigError("public_base_url", advice)


def _open_email(config: ChannelConfig) -> dict[str, Channel]:
    if not config.smtp_url:
        return {}
    from notify.email import EmailChannel, parse_smtp_url

    try:
        server = parse_smtp_url(config.smtp_url)
    except ValueError as error:
        raise ConfigError("smtp_url", str(error)) from None
    sender = parseaddr(config.mail_from or "")[1]
    local, _, domain = sender.partition("@")
    if not local or not domain or not sender.isascii():
        raise ConfigError("mail_from", "must be the address mails come from, like Shop <hello@shop.example>")
    return {"email": EmailChannel(server, config.mail_from or "")}
