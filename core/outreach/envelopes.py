"""What goes with a message beside its words: the provider's number of its wording, and what stands in it, in order.

A provider that only sends registered templates puts the words together itself.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.base import db
from core.base.clock import DAY, Millis
from core.outreach import letters, suppressions, templates, unsubscribing

WINDOW = DAY
"""So long after a customer wrote, free words may go to them by whatsapp; later only approved templates."""


@dataclass(frozen=True)
class Envelope:
    """Facts a channel may need; `fields` stand in the order of the words."""

    template: str = ""
    provider_template: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    answered: bool = False


def of(outbox_id: int, *, address: str, now: Millis) -> Envelope:
    """The envelope of a claimed message, from the version of the wording it was made with."""
    sql = "SELECT template, language, channel, variables, wording_id, member_id FROM outbox WHERE id = ?"
    row = db.one(sql, (outbox_id,))
    if row is None:
        return Envelope()
    template, language, channel, variables, wording_id, member_id = row
    used = templates.version(wording_id) if wording_id else templates.wording(template, language, channel)
    stop_url = unsubscribing.url(outbox_id)
    facts = letters.taste(member_id, used, now=now) | templates.facts_of(variables)
    facts |= {"stop": letters.stop_words(address, channel, language, stop_url), "stop_link": stop_url or ""}
    return Envelope(
        template=template,
        provider_template=used.provider_template or None,
        fields={name: facts.get(name, "") for name in in_order(used.body)},
        answered=channel == "whatsapp" and wrote_lately(address, now=now),
    )


def in_order(body: str) -> list[str]:
    """The fields of a wording, each once, as they stand in it."""
    return list(dict.fromkeys(re.findall(r"\{(\w+)\}", body)))


def wrote_lately(address: str, *, now: Millis) -> bool:
    """Whether somebody wrote to us by whatsapp within a day."""
    sql = "SELECT 1 FROM inbound WHERE address_hash = ? AND channel = 'whatsapp' AND at > ? LIMIT 1"
    return db.value(sql, (suppressions.address_hash(address), now - WINDOW)) is not None
