"""What Twilio's published description says of messages: the names, types and patterns we rely on.

Taken from github.com/twilio/twilio-oai (MIT), spec/json/twilio_api_v2010.json at commit
d50069b44ea8cd23141385bdb6db48f16ff75bb5 of 2026-04-14: operations CreateMessage, ListMessage, FetchMessage and the
schema api.v2010.account.message, reduced to a table.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Fact:
    """A field: its JSON type, its format if any, a pattern, an enumeration, a range."""

    type: str
    format: str = ""
    pattern: str = ""
    enum: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None


def sid(start: str) -> Fact:
    return Fact("string", pattern=rf"^{start}[0-9a-fA-F]{{32}}$")


TEXT, PHONE = Fact("string"), Fact("string", "phone-number")
ACCOUNT, MESSAGE, SERVICE = sid("AC"), sid("(SM|MM)"), sid("MG")
PATH = {"AccountSid": ACCOUNT, "Sid": MESSAGE}
CREATE = {
    "To": PHONE,
    "StatusCallback": Fact("string", "uri"),
    "ApplicationSid": sid("AP"),
    "MaxPrice": Fact("number"),
    "ProvideFeedback": Fact("boolean"),
    "Attempt": Fact("integer"),
    "ValidityPeriod": Fact("integer"),
    "ForceDelivery": Fact("boolean"),
    "ContentRetention": Fact("string", enum=("retain", "discard")),
    "AddressRetention": Fact("string", enum=("retain", "obfuscate")),
    "SmartEncoded": Fact("boolean"),
    "PersistentAction": Fact("array"),
    "TrafficType": Fact("string", enum=("free",)),
    "ShortenUrls": Fact("boolean"),
    "ScheduleType": Fact("string", enum=("fixed",)),
    "SendAt": Fact("string", "date-time"),
    "SendAsMms": Fact("boolean"),
    "ContentVariables": TEXT,
    "RiskCheck": Fact("string", enum=("enable", "disable")),
    "From": PHONE,
    "FallbackFrom": PHONE,
    "MessagingServiceSid": SERVICE,
    "Body": TEXT,
    "MediaUrl": Fact("array"),
    "ContentSid": sid("HX"),
}
CREATE_REQUIRED = ("To",)
LIST = {
    "To": PHONE,
    "From": PHONE,
    "DateSent": Fact("string", "date-time"),
    "DateSent<": Fact("string", "date-time"),
    "DateSent>": Fact("string", "date-time"),
    "PageSize": Fact("integer", least=1, most=1000),
    "Page": Fact("integer", least=0),
    "PageToken": TEXT,
}
PAGE = {
    "end": Fact("integer"),
    "first_page_uri": Fact("string", "uri"),
    "next_page_uri": Fact("string", "uri"),
    "page": Fact("integer"),
    "page_size": Fact("integer"),
    "previous_page_uri": Fact("string", "uri"),
    "start": Fact("integer"),
    "uri": Fact("string", "uri"),
    "messages": Fact("array"),
}
RECORD = {
    "body": TEXT,
    "num_segments": TEXT,
    "direction": Fact("string", enum=("inbound", "outbound-api", "outbound-call", "outbound-reply")),
    "from": PHONE,
    "to": TEXT,
    "date_updated": Fact("string", "date-time-rfc-2822"),
    "price": TEXT,
    "error_message": TEXT,
    "uri": TEXT,
    "account_sid": ACCOUNT,
    "num_media": TEXT,
    "status": Fact(
        "string",
        enum=(
            "queued", "sending", "sent", "failed", "delivered", "undelivered", "receiving", "received", "accepted",
            "scheduled", "read", "partially_delivered", "canceled",
        ),
    ),
    "messaging_service_sid": SERVICE,
    "sid": MESSAGE,
    "date_sent": Fact("string", "date-time-rfc-2822"),
    "date_created": Fact("string", "date-time-rfc-2822"),
    "error_code": Fact("integer"),
    "price_unit": Fact("string", "currency"),
    "api_version": TEXT,
    "subresource_uris": Fact("object"),
}  # fmt: skip
NOT_NULL = ("direction", "status")
TYPES = {"string": str, "integer": int, "number": int | float, "boolean": bool, "array": list, "object": dict}
FORMATS = {
    # Senders may be names or short codes, and channels stand before a number.
    "phone-number": lambda value: bool(re.fullmatch(r"(whatsapp:)?\+[1-9]\d{6,14}|\d{3,8}|[\w &+-]{1,11}", value)),
    "uri": lambda value: bool(urlsplit(value).path) and value.isascii() and " " not in value,
    "date-time": lambda value: bool(re.match(r"\d{4}-\d\d-\d\d", value)),
    "date-time-rfc-2822": lambda value: parsedate_to_datetime(value) is not None,
    "currency": lambda value: bool(re.fullmatch(r"[A-Z]{3}", value)),
}


def unfit_form(given: Mapping[str, str], facts: Mapping[str, Fact], required: tuple[str, ...] = ()) -> list[str]:
    """What of a form or a query the description does not know or would refuse; a form holds text alone."""
    missing = [f"{name} is missing" for name in required if name not in given]
    return missing + [
        f"{name}: {value}" for name, value in given.items() if not _fits(name, _parsed(facts, name, value), facts)
    ]


def unfit_answer(given: Mapping[str, Any], facts: Mapping[str, Fact], not_null: tuple[str, ...] = ()) -> list[str]:
    """What of an answer is missing or not as described; null is allowed but where it is not."""
    missing = [f"{name} is missing" for name in facts if name not in given]
    return missing + [
        f"{name}: {value}"
        for name, value in given.items()
        if (value is None and name in not_null) or (value is not None and not _fits(name, value, facts))
    ]


def _parsed(facts: Mapping[str, Fact], name: str, value: str) -> Any:
    kind = facts[name].type if name in facts else ""
    if kind in ("integer", "number"):
        return int(value) if value.lstrip("-").isdigit() else value
    return {"true": True, "false": False}.get(value, value) if kind == "boolean" else value


def _fits(name: str, value: Any, facts: Mapping[str, Fact]) -> bool:
    fact = facts.get(name)
    if fact is None or not isinstance(value, TYPES[fact.type]):
        return False
    if isinstance(value, bool) != (fact.type == "boolean"):
        return False
    if isinstance(value, int) and not (fact.least is None or fact.least <= value <= (fact.most or 2**63)):
        return False
    if fact.enum and value not in fact.enum:
        return False
    if fact.pattern and not re.fullmatch(fact.pattern, value):
        return False
    return fact.format not in FORMATS or bool(FORMATS[fact.format](value))
