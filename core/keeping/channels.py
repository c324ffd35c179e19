"""What the doctor says of how messages leave the shop."""

from collections.abc import Iterator

from core.base.i18n import T, Text
from core.base.settings import Settings
from core.keeping import publicaccess
from core.keeping.findings import Finding

PAGE = "docs/en/settings.md"


def findings(settings: Settings) -> list[Finding]:
    """What keeps messages from reaching anyone."""
    return [Finding("channel", what, step) for what, step in _judged(settings)]


def _judged(settings: Settings) -> Iterator[tuple[Text, Text]]:
    if settings.channel == "twilio":
        given = {"twilio_account_sid": settings.twilio_account_sid, "twilio_auth_token": settings.twilio_auth_token}
        for name in (name for name, value in given.items() if not value):
            yield (
                T("Messages go by Twilio, but {setting} is empty.", setting=name),
                T("Copy it from Twilio's console into regulars.toml or the file REGULARS_{name}_FILE names.",
                  name=name.upper()),
            )  # fmt: skip
        if not settings.twilio_from and not settings.twilio_messaging_service_sid:
            what = T("Messages go by Twilio, but no sender is set.")
            yield what, T("Set twilio_from to your number, or twilio_messaging_service_sid.")
    elif settings.channel == "console" and not settings.demo and publicaccess.is_public(settings.public_url):
        what = T("Phones can reach the shop, but messages go to the console: codes and greetings reach nobody.")
        yield what, T("Set channel to twilio and its keys, once you are ready to send: {page}.", page=PAGE)
