"""What a message says when it is claimed: its wording, links and opt-out words filled in, its parts and its cost."""

from dataclasses import dataclass

from core.base import db, settings
from core.base.clock import Millis
from core.insight import recommend
from core.outreach import costs, shortlinks, templates, unsubscribing
from core.outreach.costs import Estimate
from core.outreach.due import Due
from core.outreach.templates import Wording

REPLY = {"en": "Reply STOP to end these messages.", "zh": "回复 退订 不再接收。"}
BY_LINK = {"en": "No more offers: {stop_link}", "zh": "不再接收：{stop_link}"}
AT_THE_TILL = {"en": "Tell our staff to end these messages.", "zh": "如不想再收到，请告知店员。"}


@dataclass(frozen=True)
class Made:
    """A message ready to leave; `wording_id` is None for a wording as delivered."""

    body: str
    subject: str
    language: str
    attempt: int
    wording_id: int | None
    provider_template: str
    unsubscribe_url: str | None
    estimate: Estimate
    counted_micros: int

    @property
    def more_micros(self) -> int:
        """What it costs beyond what an earlier attempt counted."""
        return (self.estimate.micros or 0) - self.counted_micros


def make(due: Due, *, now: Millis) -> Made:
    """Make a message; what was made for an earlier attempt stays as it was. Inside the caller's transaction."""
    row = db.one(
        "SELECT attempts, language, variables, body, wording_id, estimate_micros FROM outbox WHERE id = ?", (due.id,)
    )
    assert row is not None  # noqa: S101 (read a moment ago under the same lock)
    attempts, language, variables, body, wording_id, counted = row
    stop_url = unsubscribing.url(due.id) if due.category != "service" else None
    used = templates.version(wording_id) if wording_id else templates.wording(due.template, language, due.channel)
    facts = templates.facts_of(variables)
    facts |= {"stop": stop_words(due.address, due.channel, language, stop_url), "stop_link": stop_url or ""}
    facts = taste(due.member_id, used, now=now) | facts
    if body is None:
        if "link" in facts:
            facts["link"] = shortlinks.short(facts["link"], due.id, campaign_id=due.campaign_id, now=now)
        body = templates.filled(used.body, facts)
    subject = templates.filled(used.subject or templates.SUBJECTS[language], facts) if due.channel == "email" else ""
    estimate = costs.estimate(due.address, due.channel, body, now=now)
    return Made(body, subject, language, attempts + 1, used.id or None, used.provider_template, stop_url, estimate,
                counted or 0)  # fmt: skip


def taste(member_id: int | None, used: Wording, *, now: Millis) -> dict[str, str]:
    """What the member takes and may like, for a wording that says it; nothing without their consent to suggestions."""
    if member_id is None or not any(f"{{{name}}}" in used.body + used.subject for name in templates.TASTE):
        return {}
    usual, may_like = recommend.in_short(member_id, now=now)
    return {"usual": usual, "may_like": may_like}


def stop_words(address: str, channel: str, language: str, stop_url: str | None) -> str:
    """How offers are ended, in words that are true for this address and channel."""
    if replies_reach_us(address, channel):
        return REPLY[language]
    return AT_THE_TILL[language] if stop_url is None else templates.filled(BY_LINK[language], {"stop_link": stop_url})


def replies_reach_us(address: str, channel: str) -> bool:
    """Whether a reply to a message comes back. Source: Twilio's guidelines for mainland China, which has none."""
    if channel == "email":
        return False
    return not (settings.current().channel == "twilio" and channel == "sms" and address.startswith("+86"))
