"""A trial: one message with made-up facts to an address of the shop's own, the same way every other one goes."""

import re

from core.base import db, ids, phones
from core.base.access import Actor, require
from core.base.clock import HOUR, Millis
from core.base.errors import Invalid
from core.base.i18n import N_
from core.books import audit, outbox, rules
from core.books.outbox import Letter
from core.outreach import templates

TEMPLATE = "welcome"
_MAIL = re.compile(r"[^@\s,;:<>()\"\\\[\]]+@[^@\s,;:<>()\"\\\[\]]+")


class TrialInvalid(Invalid):
    """A trial by mail needs an address of mail."""

    code = "trial_invalid"
    text = N_("“{given}” is no address for {channel}. Name a number for sms and whatsapp, an address for email.")


@db.atomic
def send(address: str, channel: str, *, template: str = TEMPLATE, by: Actor, now: Millis) -> int:
    """Queue a trial in the shop's language; its number in the outbox. The scheduler sends it within a second.

    Raises: NotAllowed, TrialInvalid, PhoneInvalid, TemplateInvalid.
    """
    require(by, "settings")
    shop = rules.current(now=now)
    known = templates.known_fields(template)
    if channel == "email" and not _MAIL.fullmatch(address):
        raise TrialInvalid(field="address", given=address[:40], channel=channel)
    to = address if channel == "email" else phones.normal(address, region=shop.region)
    samples = {"shop": shop.shop_name, **templates.SAMPLES[shop.language]}
    facts = {name: value for name, value in samples.items() if name in known - templates.EVERYWHERE}
    letter = Letter(
        dedupe_key=f"trial:{ids.new()}", template=template, category="service", language=shop.language,
        variables=facts, expires_at=Millis(now + HOUR), address=to, channel=channel,
    )  # fmt: skip
    outbox_id = outbox.put(letter, now=now)
    assert outbox_id is not None  # noqa: S101 (the key is fresh)
    audit.record("message.trial", "outbox", outbox_id, by=by, now=now, after={"channel": channel, "template": template})
    return outbox_id


def fate(outbox_id: int, *, by: Actor) -> tuple[str, str]:
    """State and reason of a trial. Raises: NotAllowed."""
    require(by, "settings")
    row = db.one("SELECT state, coalesce(reason, '') FROM outbox WHERE id = ?", (outbox_id,))
    return (row[0], row[1]) if row is not None else ("", "")
