"""The job of campaigns: begins those whose time has come, queues them a portion at a time, watches and ends them."""

from collections.abc import Sequence
from contextlib import suppress

from core.base import clock, db
from core.base.access import Actor
from core.base.clock import DAY, MINUTE, Millis
from core.books import audit, outbox, rules
from core.books.outbox import Letter
from core.giving import once
from core.loyalty import coupons
from core.outreach import careletters
from core.outreach.campaigns import audience, steering, watching
from core.outreach.campaigns import plan as plans
from core.outreach.campaigns import preview as previews
from core.outreach.campaigns.plan import Campaign, CampaignState

EVERY_MINUTES = 5
"""How often the job runs; a portion is what may leave until the next time."""
BATCH, GIFTED = 500, 50
"""Members queued in one transaction; fewer where each gets a gift with the message."""


def advance(*, by: Actor, now: Millis) -> str:
    """Do what is due for every campaign; what was done, for the log of the job."""
    queued = 0
    for campaign in plans.in_state("approved", "running"):
        if campaign.plan.send_at > now:
            continue
        if campaign.state == "approved":
            _begin(campaign.id, by=by, now=now)
        if _watch(campaign.id, by=by, now=now):
            continue
        queued += _portion(plans.read(campaign.id), by=by, now=now)
        _end(campaign.id, by=by, now=now)
    for campaign in plans.in_state("paused"):
        _end(campaign.id, by=by, now=now)
    return f"{queued} queued"


@db.atomic
def _begin(campaign_id: int, *, by: Actor, now: Millis) -> None:
    campaign = plans.lock(campaign_id)
    if campaign.state != "approved":
        return
    day = clock.day_of(now, rules.current(now=now).zone).toordinal()
    watched = max(plans.watched_until(campaign.plan), now + campaign.plan.effect_days * DAY)
    db.run(
        "UPDATE campaign SET state = 'running', watched_until_at = CASE WHEN started_at IS NULL THEN ? ELSE"
        " watched_until_at END, started_at = coalesce(started_at, ?), started_day = coalesce(started_day, ?),"
        " version = version + 1 WHERE id = ?",
        (watched, now, day, campaign_id),
    )
    audit.record("campaign.begun", "campaign", campaign_id, by=by, now=now)


def _watch(campaign_id: int, *, by: Actor, now: Millis) -> bool:
    """Pause a campaign after which too many opt out; whether it rests. It is counted while tills go on."""
    most_bp = rules.current(now=now).campaign_opt_outs_bp
    with db.read():
        if plans.read(campaign_id).state != "running":
            return True
        known = db.value("SELECT opt_outs_known FROM campaign WHERE id = ?", (campaign_id,))
        gone, left = (watching.opt_outs(campaign_id), watching.left(campaign_id)) if most_bp else (0, 0)
    if not watching.are_too_many(gone, known, left, most_bp=most_bp):
        return False
    with suppress(CampaignState):  # a person was quicker
        steering.pause(campaign_id, reason=f"{gone} of {left} opted out", by=by, now=now)
    return True


def _portion(campaign: Campaign, *, by: Actor, now: Millis) -> int:
    """Queue what may leave until the job runs again, spread over its minutes; nothing outside the campaign's hours."""
    if campaign.state != "running" or not is_open(campaign.plan.hours, rules.current(now=now).zone, now):
        return 0
    queued, batch = 0, GIFTED if campaign.plan.gives else BATCH
    for minute in range(EVERY_MINUTES):
        left = campaign.plan.per_minute
        while left > 0:
            done = _queue(campaign.id, min(left, batch), Millis(now + minute * MINUTE), by=by, now=now)
            if done == 0:
                return queued
            left, queued = left - done, queued + done
    return queued


def is_open(hours: str, zone: str, now: Millis) -> bool:
    """Whether a moment lies within hours like '10-20' of a zone."""
    first, last = plans.read_hours(hours) or (0, 24)
    return first <= clock.local(now, zone).hour < last


@db.atomic
def _queue(campaign_id: int, most: int, not_before: Millis, *, by: Actor, now: Millis) -> int:
    """Queue some members; how many were done with. Who left or withdrew since gets neither gift nor message."""
    campaign = plans.lock(campaign_id)
    if campaign.state != "running" or campaign.plan.until_at <= not_before:
        return 0
    found = db.rows(
        "SELECT w.member_id, w.arm, m.state, m.language, coalesce(p.name, ''), coalesce(t.name, '')"
        " FROM campaign_audience w JOIN member m ON m.id = w.member_id"
        " LEFT JOIN member_person p ON p.member_id = m.id LEFT JOIN member_tier r ON r.member_id = m.id"
        " LEFT JOIN tier t ON t.id = r.tier_id WHERE w.campaign_id = ? AND w.queued_at IS NULL"
        " AND w.arm IN ('A', 'B') ORDER BY w.member_id LIMIT ?",
        (campaign_id, most),
    )
    members = [row[0] for row in found]
    if not members:
        return 0
    db.run(f"UPDATE campaign_audience SET queued_at = ? WHERE campaign_id = ? AND member_id IN"
           f" ({', '.join('?' * len(members))})", (now, campaign_id, *members))  # fmt: skip
    agreed = audience.agreed(members, campaign.plan.channel)
    written = [row for row in found if row[2] == "active" and row[0] in agreed]
    outbox.put_many(_letters(campaign, written, not_before, now=now), now=now)
    for row in written if campaign.plan.gives else ():
        _give(campaign, row[0], by=by, now=now)
    return len(found)


def _letters(campaign: Campaign, written: Sequence[db.Row], not_before: Millis, *, now: Millis) -> list[Letter]:
    """What each member is to read, in their language."""
    shop, plan, gifts = rules.current(now=now), campaign.plan, dict[str, dict[str, str]]()
    letters = []
    for member_id, arm, _state, language, name, tier in written:
        read_in = previews.read_in(campaign, language or shop.language, shop.language)
        if read_in not in gifts:
            gifts[read_in] = previews.gift_words(campaign, read_in)
        facts = {"shop": shop.shop_name, "name": name or careletters.NOBODY[read_in], "tier": tier}
        letters.append(
            Letter(
                dedupe_key=f"campaign:{campaign.id}:{member_id}",
                template=campaign.template(arm),
                category="marketing",
                language=read_in,
                variables=facts | gifts[read_in] | ({"link": plan.link} if plan.link else {}),
                expires_at=plan.until_at,
                member_id=member_id,
                channel=plan.channel,
                not_before=not_before,
                campaign_id=campaign.id,
            )
        )
    return letters


def _give(campaign: Campaign, member_id: int, *, by: Actor, now: Millis) -> None:
    """The gift of a campaign, once a member."""
    plan = campaign.plan
    if plan.coupon_kind_id is not None:
        coupons.issue(plan.coupon_kind_id, member_id, ref_kind="campaign", ref_id=campaign.id, now=now)
    if plan.points:
        once.award_once(member_id, plan.points, "campaign", campaign.id, by=by, now=now)


@db.atomic
def _end(campaign_id: int, *, by: Actor, now: Millis) -> None:
    """Done when everyone was queued and nothing waits any more, or when its time is over."""
    campaign = plans.lock(campaign_id)
    if campaign.state not in ("running", "paused"):
        return
    waiting = db.value(
        "SELECT 1 FROM campaign_audience WHERE campaign_id = ? AND queued_at IS NULL AND arm IN ('A', 'B') LIMIT 1",
        (campaign_id,),
    )
    open_ = db.value(
        "SELECT 1 FROM outbox WHERE campaign_id = ? AND state IN ('queued', 'held', 'sending', 'unknown') LIMIT 1",
        (campaign_id,),
    )
    if campaign.plan.until_at > now and (waiting or open_ or campaign.state == "paused"):
        return
    sql = "UPDATE campaign SET state = 'done', ended_at = ?, version = version + 1 WHERE id = ?"
    db.run(sql, (now, campaign_id))
    audit.record("campaign.ended", "campaign", campaign_id, by=by, now=now)
