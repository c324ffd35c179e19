"""Channels beside each other: what messages, posters and social media brought, of one campaign and of all of them."""

from collections import Counter
from dataclasses import dataclass

from core.base import db
from core.base.access import Actor
from core.base.clock import DAY, Millis
from core.outreach.budget import CENT
from core.outreach.campaigns import plan as plans
from core.outreach.campaigns import result
from core.outreach.campaigns.audience import HELD_OUT
from core.outreach.campaigns.result import FAILED, REACHED, Result

DAYS = 90
"""How far back all campaigns are looked at."""


@dataclass(frozen=True)
class Beside:
    """One channel: a message's ('sms') or a printed or posted medium's (`is_medium`); None where it does not apply.

    `came` are members written to who came within the days, or who bought of those that joined by the link; they spent
    so much.
    """

    name: str
    is_medium: bool
    sent: int | None
    delivered: int | None
    opened: int
    joined: int | None
    came: int | None
    spent_cents: int | None
    cost_cents: int | None


@dataclass(frozen=True)
class Channels:
    """The channels of one campaign, and those of all campaigns' messages in the last 90 days."""

    own: tuple[Beside, ...]
    all: tuple[Beside, ...]


def beside(campaign_id: int, *, by: Actor, now: Millis) -> Channels:
    """The channels of a campaign beside those of all campaigns. Raises: NotAllowed, CampaignUnknown."""
    with db.read():
        own = of_result(result.result(campaign_id, by=by, now=now))
        found = by_channel(since=Millis(now - DAYS * DAY), until=Millis(now + 1), by=by)
    return Channels(own, tuple(
        Beside(one.channel, False, one.sent, one.delivered, one.clicked, None, None, None, one.cost_cents)
        for one in found
    ))  # fmt: skip


def of_result(found: Result) -> tuple[Beside, ...]:
    """The channel of its messages, then each medium."""
    arms = [one for one in found.arms if one.arm != HELD_OUT]
    messages = Beside(
        found.campaign.plan.channel, False, sum(one.sent for one in arms), sum(one.delivered for one in arms),
        sum(one.clicked for one in arms), None, sum(one.came for one in arms), sum(one.spent_cents for one in arms),
        found.money.messages_cents,
    )  # fmt: skip
    media = [Beside(one.medium, True, None, None, one.counts.opened, one.counts.joined, one.counts.bought,
                    one.counts.spent_cents, None) for one in found.links]  # fmt: skip
    return (messages, *media)


@dataclass(frozen=True)
class ChannelResult:
    """What the messages of all campaigns by one channel came to in a span. `micros` is what they cost."""

    channel: str
    messages: int
    sent: int
    delivered: int
    failed: int
    clicked: int
    micros: int

    @property
    def cost_cents(self) -> int:
        """Their cost in whole cents, rounded up."""
        return -(-self.micros // CENT)


def by_channel(*, since: Millis, until: Millis, by: Actor) -> list[ChannelResult]:
    """The channels of all campaigns' messages queued in a span, beside each other. Raises: NotAllowed."""
    plans.listing(by=by, limit=1)
    found = db.rows(
        "SELECT o.channel, o.state, count(*), count(l.outbox_id),"
        " CAST(sum(coalesce(o.cost_micros, o.estimate_micros, 0)) AS BIGINT) FROM outbox o LEFT JOIN"
        " (SELECT outbox_id FROM short_link WHERE first_at IS NOT NULL GROUP BY outbox_id) l ON l.outbox_id = o.id"
        " WHERE o.campaign_id IS NOT NULL AND o.created_at >= ? AND o.created_at < ? GROUP BY o.channel, o.state",
        (since, until),
    )
    channels: dict[str, Counter[str]] = {}
    for channel, state, count, clicked, micros in found:
        line = channels.setdefault(channel, Counter())
        line.update({"messages": count, "clicked": clicked, "micros": micros, state: count})
        line["left"] += count if state in (*REACHED, "undelivered", "failed") else 0
        line["bad"] += count if state in FAILED else 0
    return [
        ChannelResult(name, line["messages"], line["left"], line["delivered"], line["bad"], line["clicked"],
                      line["micros"])
        for name, line in sorted(channels.items())
    ]  # fmt: skip
