"""Steering a campaign on its way: paused, taken up again, cancelled, and tried on one's own phone before."""

from core.base import db, ids, limits
from core.base.access import Actor, require
from core.base.clock import HOUR, Millis
from core.base.i18n import T
from core.base.limits import Limit
from core.base.text import clean, masked_phone
from core.books import audit, outbox, rules
from core.books.outbox import Letter
from core.outreach import policy, suppressions, templates
from core.outreach.campaigns import pausing, watching
from core.outreach.campaigns import plan as plans
from core.outreach.campaigns import preview as previews
from core.outreach.campaigns.plan import Arm

TESTS = Limit("tests of a campaign", 10, HOUR)
LONGEST_REASON = 200
TRIED = ("name", "tier", "coupon", "points", "link", "usual", "may_like")
"""Fields that are made up when a campaign is tried out."""


@db.atomic
def pause(campaign_id: int, *, reason: str, by: Actor, now: Millis) -> None:
    """Let nothing more of a campaign leave until it is taken up again; what waits stays in the outbox.

    Raises: NotAllowed, CampaignUnknown, CampaignState.
    """
    if by.kind != "job":
        require(by, "marketing")
    campaign = plans.lock(campaign_id)
    if campaign.state not in ("approved", "running"):
        raise plans.refuse(campaign, T("only one that is approved or runs is paused."))
    pausing.pause(campaign, clean(reason)[:LONGEST_REASON], by=by, now=now)


@db.atomic
def resume(campaign_id: int, *, by: Actor, now: Millis) -> None:
    """Let a paused campaign go on; those who opted out so far pause it no second time.

    Raises: NotAllowed, CampaignUnknown, CampaignState.
    """
    require(by, "marketing")
    campaign = plans.lock(campaign_id)
    if campaign.state != "paused":
        raise plans.refuse(campaign, T("only a paused one is taken up again."))
    state = "approved" if campaign.started_at is None else "running"
    db.run(
        "UPDATE campaign SET state = ?, paused_reason = NULL, opt_outs_known = ?, version = version + 1 WHERE id = ?",
        (state, watching.opt_outs(campaign_id), campaign_id),
    )
    sql = (
        "UPDATE outbox SET not_before = ?, reason = NULL, updated_at = ? WHERE campaign_id = ? AND state = 'queued'"
        " AND reason = 'campaign paused'"
    )
    db.run(sql, (now, now, campaign_id))
    audit.record("campaign.resumed", "campaign", campaign_id, by=by, now=now)


@db.atomic
def cancel(campaign_id: int, *, by: Actor, now: Millis) -> int:
    """End a campaign for good; how many queued messages are cancelled. What has left stays, and its result too.

    Raises: NotAllowed, CampaignUnknown, CampaignState.
    """
    require(by, "marketing")
    campaign = plans.lock(campaign_id)
    if campaign.state in ("done", "cancelled"):
        raise plans.refuse(campaign, T("it is over already."))
    sql = "UPDATE campaign SET state = 'cancelled', ended_at = ?, version = version + 1 WHERE id = ?"
    db.run(sql, (now, campaign_id))
    waiting = "SELECT id FROM outbox WHERE campaign_id = ? AND state IN ('queued', 'held') AND claimed_at IS NOT NULL"
    for (outbox_id,) in db.rows(waiting, (campaign_id,)):
        policy.give_back(outbox_id)
    stopped = db.change(
        "UPDATE outbox SET state = 'cancelled', reason = 'campaign cancelled', updated_at = ?"
        " WHERE campaign_id = ? AND state IN ('queued', 'held')",
        (now, campaign_id),
    )
    audit.record("campaign.cancelled", "campaign", campaign_id, by=by, now=now, after={"count": stopped})
    return stopped


@db.atomic
def test(campaign_id: int, to: str, *, language: str = "", arm: Arm = "A", by: Actor, now: Millis) -> str:
    """Send a campaign to one address as members will read it, with made-up facts; where it goes, masked.

    It counts in no result and takes nobody's gap. Ten an hour a campaign.
    Raises: NotAllowed, CampaignUnknown, AddressUnreadable, TooOften.
    """
    require(by, "marketing")
    campaign, shop = plans.get(campaign_id, by=by), rules.current(now=now)
    address = suppressions.normal(to, now=now)
    limits.take((TESTS, campaign_id), now=now)
    read_in = previews.read_in(campaign, language or shop.language, shop.language)
    facts: dict[str, str | int] = {**templates.SAMPLES[read_in], **previews.gift_words(campaign, read_in)}
    if campaign.plan.link:
        facts["link"] = campaign.plan.link
    letter = Letter(
        dedupe_key=f"campaign-test:{campaign_id}:{ids.new()}",
        template=campaign.template(arm if campaign.plan.words_b else "A"),
        category="service",
        language=read_in,
        variables={name: facts[name] for name in TRIED if name in facts} | {"shop": shop.shop_name},
        expires_at=Millis(now + HOUR),
        address=address,
        channel=campaign.plan.channel,
    )
    outbox.put(letter, now=now)
    shown = masked_phone(address) if address.startswith("+") else address[:1] + "***"
    audit.record("campaign.tested", "campaign", campaign_id, by=by, now=now, after={"to": shown})
    return shown
