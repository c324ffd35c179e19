"""Pausing a campaign, by whoever finds a reason: nothing more of it leaves until a person takes it up again."""

from core.base import access, db
from core.base.access import Actor
from core.base.clock import Millis
from core.books import alerts, audit
from core.outreach.campaigns import plan as plans
from core.outreach.campaigns.plan import Campaign

PAUSABLE = ("approved", "running")


def pause(campaign: Campaign, reason: str, *, by: Actor, now: Millis) -> None:
    """Pause a locked campaign and tell staff; inside the caller's transaction."""
    sql = "UPDATE campaign SET state = 'paused', paused_reason = ?, version = version + 1 WHERE id = ?"
    db.run(sql, (reason, campaign.id))
    alerts.note("campaign", str(campaign.id), now=now, reason=reason)
    audit.record("campaign.paused", "campaign", campaign.id, by=by, now=now, after={"reason": reason})


def for_fault(campaign_id: int, *, code: str, now: Millis) -> bool:
    """Pause a campaign whose sender was refused by the provider; whether it ran. Inside the caller's transaction."""
    if db.value("SELECT state FROM campaign WHERE id = ?", (campaign_id,)) not in PAUSABLE:
        return False
    campaign = plans.lock(campaign_id)
    if campaign.state not in PAUSABLE:
        return False
    pause(campaign, f"sender fault {code}", by=access.scheduler("outbox"), now=now)
    return True
