"""Whether a queued message may leave now: the rules in their order, judged when it is claimed.

Member active → suppression → consent (channel, purpose, provider abroad) → not expired → occasion still true →
quiet hours → look-ahead → gap → budget. Facts are read first, `decide` is pure; gap and budget are taken last.
"""

from dataclasses import dataclass
from typing import Literal

from core.base import db, settings
from core.base.clock import EPOCH, MINUTE, Millis
from core.books import rules
from core.outreach import budget, foresight, gap, hours, occasions, suppressions
from core.outreach.due import Due
from core.people import consent

PURPOSE = {"service": "service", "greeting": "service", "gift_greeting": "marketing", "marketing": "marketing"}
OFFERS = frozenset({"marketing", "gift_greeting"})
CODE = "code"
"""A code for signing in was asked for a moment ago: only the life of it and of its member are judged."""
PAUSE = 10 * MINUTE
"""A message of a paused campaign is looked at again so much later; whoever resumes it lets it go at once."""

address_hash = suppressions.address_hash


@dataclass(frozen=True)
class Verdict:
    """What happens to it: 'send', a final state with its reason, or 'wait' until a moment."""

    state: Literal["send", "skipped", "expired", "wait"]
    reason: str = ""
    until_at: Millis | None = None


SEND = Verdict("send")


@dataclass(frozen=True)
class Facts:
    """What the rules ask about a message. `opens_at` is when quiet hours end, None if they never do."""

    member_state: str = "active"
    suppressed: frozenset[str] = frozenset()
    agreed: bool = True
    agreed_abroad: bool = True
    occasion_holds: bool = True
    opens_at: Millis | None = EPOCH
    greeting_comes: bool = False
    campaign: str = ""


def decide(due: Due, facts: Facts, *, now: Millis) -> Verdict:
    """The rules in their order, without gap and budget."""
    purpose = PURPOSE[due.category]
    stopped = "all" in facts.suppressed or ("marketing" in facts.suppressed and due.category in OFFERS)
    asked_for = due.template == CODE
    refusals = (
        (facts.member_state != "active", Verdict("skipped", f"member {facts.member_state}")),
        (not due.address, Verdict("skipped", "no address")),
        (stopped and not asked_for, Verdict("skipped", "suppressed")),
        (not facts.agreed and not asked_for, Verdict("skipped", f"no consent ({purpose})")),
        (not facts.agreed_abroad and not asked_for, Verdict("skipped", "no consent (abroad)")),
        (due.expires_at <= now, Verdict("expired", "too late")),
        (facts.campaign == "cancelled", Verdict("skipped", "campaign cancelled")),
        (facts.campaign == "paused", _later(due, "campaign paused", Millis(now + PAUSE))),
        (not facts.occasion_holds, Verdict("skipped", "occasion over")),
    )
    for refused, verdict in refusals:
        if refused:
            return verdict
    if not asked_for and facts.opens_at is None:
        return Verdict("expired", "quiet hours")
    if not asked_for and facts.opens_at is not None and facts.opens_at > now:
        return _later(due, "quiet hours", facts.opens_at)
    return Verdict("skipped", "a greeting with a gift comes") if facts.greeting_comes else SEND


def _later(due: Due, reason: str, until_at: Millis) -> Verdict:
    return Verdict("expired", reason) if until_at >= due.expires_at else Verdict("wait", reason, until_at)


def judge(due: Due, *, now: Millis) -> Verdict:
    """Judge one message by what the books say now; gap and budget are for `take`."""
    return decide(due, _facts(due, now=now), now=now)


def _facts(due: Due, *, now: Millis) -> Facts:
    member_id, shop = due.member_id, rules.current(now=now)
    state = "active"
    if member_id is not None:
        state = str(db.value("SELECT state FROM member WHERE id = ?", (member_id,)))
    if due.template == CODE or state != "active" or not due.address:
        return Facts(state)
    zones = hours.zones_for(member_id, due.address, shop)
    ahead = due.campaign_id is not None and due.category == "marketing" and member_id is not None and shop.gap_days > 0
    return Facts(
        suppressed=suppressions.scopes(due.address, due.channel),
        agreed=member_id is None or consent.holds(member_id, PURPOSE[due.category], due.channel),
        agreed_abroad=not shop.abroad_consent or _agreed_abroad(due),
        occasion_holds=occasions.holds(due, now=now),
        opens_at=hours.next_allowed(now, due.category, zones, shop),
        campaign=_campaign_state(due),
        greeting_comes=ahead and foresight.coming(member_id or 0, shop.gap_days, now=now),
    )


def _agreed_abroad(due: Due) -> bool:
    """Whether the provider of a message sits in the country, or its member agreed to one abroad."""
    goes_abroad = due.channel == "whatsapp" or (due.channel == "sms" and settings.current().channel == "twilio")
    return not goes_abroad or due.member_id is None or consent.holds(due.member_id, "abroad", due.channel)


def open_until(due: Due, *, now: Millis) -> Millis:
    """When a message that may leave now must have arrived: quiet hours begin; a code has none."""
    if due.template == CODE:
        return due.expires_at
    shop = rules.current(now=now)
    return hours.open_until(now, due.category, hours.zones_for(due.member_id, due.address, shop), shop)


def _campaign_state(due: Due) -> str:
    """The state of the campaign a message belongs to; '' for none."""
    if due.campaign_id is None:
        return ""
    return str(db.value("SELECT state FROM campaign WHERE id = ?", (due.campaign_id,)) or "")


def take(due: Due, micros: int, *, now: Millis) -> Verdict:
    """Take gap and budget for a message that may leave; inside the caller's transaction.

    `micros` is what it costs beyond what an earlier attempt counted already.
    """
    until = gap.take(due.id, due.member_id, due.category, now=now)
    if until is not None:
        return _later(due, "gap", until)
    spent = budget.take(due.campaign_id, due.category, micros, now=now)
    if spent is None:
        return SEND
    gap.give_back(due.id)
    again = budget.next_month(now) if spent == "month" else Millis(now + budget.AGAIN)
    return _later(due, f"budget ({spent})", again)


def give_back(outbox_id: int) -> None:
    """A message surely never left: neither gap nor budget counts it. Inside the caller's transaction."""
    gap.give_back(outbox_id)
    budget.give_back(outbox_id)
