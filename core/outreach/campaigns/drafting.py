"""Drafts of campaigns: begun, changed and thrown away before anybody is chosen."""

import secrets

from core.base import db, ids
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.i18n import T
from core.base.text import clean
from core.books import audit, rules
from core.outreach import shortlinks, templates
from core.outreach.campaigns import plan as plans
from core.outreach.campaigns.plan import LONGEST_NAME, Campaign, CampaignInvalid, Plan, Words
from core.outreach.segments import saved


@db.atomic
def draft(name: str, segment_id: int, plan: Plan, *, by: Actor, now: Millis) -> Campaign:
    """Begin a campaign for a segment as it is now.

    Raises: NotAllowed, SegmentUnknown, CampaignInvalid, TemplateInvalid, LinkInvalid.
    """
    require(by, "marketing")
    segment = saved.get(segment_id, by=by)
    cleaned = _checked(name, plan, now=now)
    campaign_id = ids.new()
    db.add("campaign", id=campaign_id, name=cleaned, state="draft", segment_version_id=segment.version_id,
           channel=plan.channel, plan=plans.as_json(plan), send_at=plan.send_at, until_at=plan.until_at,
           watched_until_at=plans.watched_until(plan), salt=secrets.token_hex(16), created_at=now,
           created_by=by.tag)  # fmt: skip
    _keep_words(campaign_id, plan, by, now)
    after = {"name": cleaned, "segment": segment.name}
    audit.record("campaign.drafted", "campaign", campaign_id, by=by, now=now, after=after)
    return plans.read(campaign_id)


@db.atomic
def change(
    campaign_id: int, plan: Plan, *, name: str | None = None, segment_id: int | None = None, by: Actor, now: Millis
) -> Campaign:  # fmt: skip
    """Give a draft another plan, name or segment; the newest version of its segment counts.

    Raises: NotAllowed, CampaignUnknown, CampaignState, CampaignInvalid, SegmentUnknown, TemplateInvalid.
    """
    require(by, "marketing")
    before = plans.lock(campaign_id)
    if before.state != "draft":
        raise plans.refuse(before, T("only a draft is changed. Cancel it and draft another one."))
    segment = saved.get(segment_id or before.segment.id, by=by)
    cleaned = _checked(name or before.name, plan, now=now)
    db.run(
        "UPDATE campaign SET name = ?, segment_version_id = ?, channel = ?, plan = ?, send_at = ?, until_at = ?,"
        " watched_until_at = ?, version = version + 1 WHERE id = ?",
        (
            cleaned,
            segment.version_id,
            plan.channel,
            plans.as_json(plan),
            plan.send_at,
            plan.until_at,
            plans.watched_until(plan),
            campaign_id,
        ),
    )
    _keep_words(campaign_id, plan, by, now)
    after = {"name": cleaned, "segment": segment.name}
    audit.record("campaign.changed", "campaign", campaign_id, by=by, now=now, after=after)
    return plans.read(campaign_id)


def _checked(name: str, plan: Plan, *, now: Millis) -> str:
    """The name as it is kept. Raises: CampaignInvalid, TemplateInvalid, LinkInvalid."""
    cleaned, shop = clean(name), rules.current(now=now)
    if not 0 < len(cleaned) <= LONGEST_NAME:
        raise CampaignInvalid(field="name", wanted=T("a name has 1 to {longest} characters.", longest=LONGEST_NAME))
    problem = plans.misfit(plan, language=shop.language)
    if problem is not None:
        raise CampaignInvalid(field=problem[0], wanted=problem[1])
    if plan.link:
        shortlinks.check(plan.link)
    if plan.coupon_kind_id is not None and not db.value(
        "SELECT 1 FROM coupon_kind WHERE id = ? AND active = 1", (plan.coupon_kind_id,)
    ):
        raise CampaignInvalid(field="coupon_kind_id", wanted=T("the coupon of its gift is not given any more."))
    for one in (*plan.words.values(), *plan.words_b.values()):
        templates.check(templates.CAMPAIGN, one.body)
        templates.check(templates.CAMPAIGN, one.subject)
    return cleaned


def _keep_words(campaign_id: int, plan: Plan, by: Actor, now: Millis) -> None:
    """Keep the wordings under names of the campaign's own, as the outbox will look for them."""
    for arm, words in (("A", plan.words), ("B", plan.words_b or plan.words)):
        for language, one in sorted(words.items()):
            _keep(plans.template_of(campaign_id, arm), language, one, plan.channel, by, now)


def _keep(template: str, language: str, one: Words, channel: str, by: Actor, now: Millis) -> None:
    in_force = db.one(
        "SELECT body, coalesce(subject, ''), coalesce(provider_template, '') FROM wording WHERE template = ?"
        " AND language = ? AND channel = ? ORDER BY at DESC, id DESC LIMIT 1",
        (template, language, channel),
    )
    if in_force != (one.body, one.subject, one.provider_template):
        db.add("wording", id=ids.new(), template=template, language=language, channel=channel, body=one.body,
               subject=one.subject or None, provider_template=one.provider_template or None, at=now,
               actor=by.tag)  # fmt: skip
