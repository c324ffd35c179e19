"""Campaigns for tests: members who agreed to offers, and a draft for all of them."""

from dataclasses import replace

from core.base import access, db
from core.base.clock import DAY, MINUTE, Millis
from core.outreach import delivery
from core.outreach.campaigns import approving, drafting, running
from core.outreach.campaigns.plan import Campaign, Plan, Words
from core.outreach.segments import saved, typed
from tests.shops import Shop

JOB = access.scheduler("campaigns")
BODY = "【{shop}】{name}，夏日新茶到店。{stop}"


def people(shop: Shop, count: int, *, first: int = 10_000_000, **given: object) -> list[int]:
    """Members with a number each who agreed to offers."""
    wanted = {"purposes": ("membership", "service", "marketing")} | given
    return [shop.member(f"138{number:08d}", **wanted) for number in range(first, first + count)]  # type: ignore[arg-type]


def drafted(shop: Shop, *, rule: str = "has:phone", name: str = "夏日", **plan: object) -> Campaign:
    """A draft for everyone with a phone, by text message, from now on for two days."""
    segment = saved.save(f"客群 {name}", typed.read(rule), by=shop.owner, now=shop.now)
    given = {"words": {"zh": Words(BODY)}, "send_at": shop.now, "until_at": Millis(shop.now + 2 * DAY)} | plan
    return drafting.draft(name, segment.id, Plan(**given), by=shop.owner, now=shop.now)  # type: ignore[arg-type]


def approved(shop: Shop, **plan: object) -> Campaign:
    """The same, approved."""
    one = drafted(shop, **plan)
    approving.approve(one.id, version=one.version, by=shop.owner, now=shop.now)
    return one


def run(shop: Shop, *, minutes: int = 0) -> str:
    """The job once, so many minutes after noon."""
    return running.advance(by=JOB, now=Millis(shop.now + minutes * MINUTE))


def leave(shop: Shop, campaign: Campaign, *, minutes: int = 5) -> list[delivery.Claimed]:
    """Everything of the campaign that may leave by then is taken by the provider and arrives."""
    now = Millis(shop.now + minutes * MINUTE)
    sql = "SELECT id FROM outbox WHERE campaign_id = ? AND state = 'queued' AND not_before <= ? ORDER BY id"
    found = [delivery.claim(row[0], owner="test", now=now) for row in db.rows(sql, (campaign.id, now))]
    left = [one for one in found if one is not None]
    for one in left:
        delivery.accepted(one.id, sid=f"SM{one.id}", now=now)
    return left


def arms(campaign: Campaign) -> dict[str, int]:
    """How many members are in each arm."""
    sql = "SELECT arm, count(*) FROM campaign_audience WHERE campaign_id = ? GROUP BY arm"
    return dict(db.rows(sql, (campaign.id,)))


def states(campaign: Campaign) -> dict[str, int]:
    """How many messages are in each state."""
    return dict(db.rows("SELECT state, count(*) FROM outbox WHERE campaign_id = ? GROUP BY state", (campaign.id,)))


def with_plan(campaign: Campaign, **given: object) -> Plan:
    """Its plan, changed."""
    return replace(campaign.plan, **given)  # type: ignore[arg-type]
