"""What the doctor says of how messages leave the shop."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from core.base.i18n import T, Text
from core.base.settings import Settings
from core.keeping import publicaccess
from core.keeping.findings import Finding

PAGE, GATEWAY_PAGE = "docs/en/settings.md", "docs/en/gateway.md"


def findings(settings: Settings) -> list[Finding]:
    """What keeps messages from reaching anyone."""
    return [Finding("channel", what, step) for what, step in _judged(settings)]


def _judged(settings: Settings) -> Iterator[tuple[Text, Text]]:
    if settings.channel == "twilio" or (settings.channel == "gateway" and settings.twilio_whatsapp_from):
        yield from _twilio(settings)
    if settings.channel == "gateway":
        yield from _gateway(settings)
    if settings.channel in ("twilio", "gateway") and settings.smtp_url and not settings.mail_from:
        what = T("Mail goes by {setting}, but mail_from is empty.", setting="smtp_url")
        yield what, T("Set mail_from to the address mails come from, like Shop <hello@shop.example>.")
    if settings.channel == "console" and not settings.demo and publicaccess.is_public(settings.public_url):
        what = T("Phones can reach the shop, but messages go to the console: codes and greetings reach nobody.")
        yield what, T("Set channel to twilio and its keys, once you are ready to send: {page}.", page=PAGE)


def _twilio(settings: Settings) -> Iterator[tuple[Text, Text]]:
    given = {"twilio_account_sid": settings.twilio_account_sid, "twilio_auth_token": settings.twilio_auth_token}
    for name in (name for name, value in given.items() if not value):
        yield (
            T("Messages go by Twilio, but {setting} is empty.", setting=name),
            T("Copy it from Twilio's console into regulars.toml or the file REGULARS_{name}_FILE names.",
              name=name.upper()),
        )  # fmt: skip
    if not (settings.twilio_from or settings.twilio_messaging_service_sid or settings.twilio_whatsapp_from):
        what = T("Messages go by Twilio, but no sender is set.")
        yield what, T("Set twilio_from to your number, or twilio_messaging_service_sid.")


def _gateway(settings: Settings) -> Iterator[tuple[Text, Text]]:
    """The file of a gateway: there, readable, and with what it asks for; sending reads it more closely."""
    try:
        text = Path(settings.gateway_file).read_text("utf-8")
        tomllib.loads(text)
    except (OSError, UnicodeDecodeError):
        what = T("Messages go by a gateway, but its file {file} cannot be read.", file=settings.gateway_file)
        yield what, T("Describe your provider in it; {page} shows two examples.", page=GATEWAY_PAGE)
        return
    except tomllib.TOMLDecodeError as error:
        what = T("The gateway's file {file} is not TOML: {problem}.", file=settings.gateway_file, problem=str(error))
        yield what, T("Correct that line; `regulars channel list` reads the file again.")
        return
    for name, value in (("key", settings.gateway_key), ("secret", settings.gateway_secret)):
        if "{" + name + "}" in text and not value:
            what = T("The gateway's file asks for {mark}, but {setting} is empty.", mark="{" + name + "}",
                     setting=f"gateway_{name}")  # fmt: skip
            step = T("Copy it from your provider's page into regulars.toml or the file REGULARS_{name}_FILE names.",
                     name=f"GATEWAY_{name.upper()}")  # fmt: skip
            yield what, step
