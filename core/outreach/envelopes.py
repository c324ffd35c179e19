"""What goes with a message beside its words: a subject, the provider's number of its wording, what stands in it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.base import db
from core.base.clock import DAY, Millis
from core.outreach import policy, templates

WINDOW = DAY
"""So long after a customer wrote, free words may go to them by whatsapp; later only approved templates."""


@dataclass(frozen=True)
class Envelope:
    """Facts a channel may need; `fields` stand in the order of the words."""

    template: str = ""
    language: str = "en"
    subject: str | None = None
    provider_template: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    answered: bool = False


def of(outbox_id: int, *, address: str, now: Millis) -> Envelope:
    """The envelope of a claimed message, from the version of the wording it was made with."""
    row = db.one(
        "SELECT o.template, o.language, o.channel, o.variables, w.subject, w.provider_template, w.body FROM outbox o"
        " LEFT JOIN wording w ON w.id = o.wording_id WHERE o.id = ?",
        (outbox_id,),
    )
    if row is None:
        return Envelope()
    template, language, channel, variables, subject, number, body = row
    facts = {name: str(value) for name, value in json.loads(variables).items()}
    body = body or templates.WORDS.get((template, language)) or templates.WORDS.get((template, "en"), "")
    return Envelope(
        template=template,
        language=language,
        subject=filled(subject, facts) if subject else None,
        provider_template=number or None,
        fields={name: facts.get(name, "") for name in in_order(body)},
        answered=channel == "whatsapp" and wrote_lately(address, now=now),
    )


def in_order(body: str) -> list[str]:
    """The fields of a wording, each once, as they stand in it."""
    return list(dict.fromkeys(re.findall(r"\{(\w+)\}", body)))


def filled(text: str, facts: Mapping[str, str]) -> str:
    """A subject with its facts, on one line."""
    return " ".join(re.sub(r"\{(\w+)\}", lambda found: facts.get(found[1], ""), text).split())


def wrote_lately(address: str, *, now: Millis) -> bool:
    """Whether somebody wrote to us from an address within a day."""
    sql = "SELECT 1 FROM inbound WHERE address_hash = ? AND at > ? LIMIT 1"
    return db.value(sql, (policy.address_hash(address), now - WINDOW)) is not None
