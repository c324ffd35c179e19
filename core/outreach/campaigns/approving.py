"""Approving a campaign: its audience is frozen, and from then on nobody enters it; who leaves drops out at sending."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.base import access, db
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Refused
from core.base.i18n import N_, T
from core.books import audit, rules
from core.outreach import budget
from core.outreach.campaigns import audience
from core.outreach.campaigns import plan as plans
from core.outreach.campaigns import preview as previews
from core.outreach.campaigns.plan import Campaign
from core.outreach.campaigns.preview import Preview

CHUNK = 1_000
"""Rows of an audience written at once, so that a till waits for none of them."""


class CampaignEmpty(Refused):
    """Nobody is left to write to."""

    code = "campaign_empty"
    text = N_(
        "Nobody is left to write to: of {found} members of the segment {excluded} are excluded. Look at the reasons."
    )


class CampaignWording(Refused):
    """A wording has errors that must be mended first."""

    code = "campaign_wording"
    text = N_("The wording in {language} must be mended first: {problem}")


class CampaignLate(Refused):
    """The time to send is over."""

    code = "campaign_late"
    text = N_("The campaign would end at {until_at}, which is over. Change when it is sent.")


class CampaignChanged(Refused):
    """The draft, or its audience, was changed since it was looked at."""

    code = "campaign_changed"
    text = N_("The campaign was changed since you looked at it. Look at the preview again, then approve it.")


class CampaignOwnApproval(Refused):
    """In this shop whoever drafted a campaign does not approve it."""

    code = "campaign_own_approval"
    text = N_("In this shop another person approves what you drafted. Ask a colleague who may.")


@dataclass(frozen=True)
class Limits:
    """Above which size and cost a campaign is a large one."""

    members: int
    cents: int

    def is_large(self, written: int, cost_cents: int) -> bool:
        """Whether it takes the right to approve large campaigns."""
        return written > self.members or cost_cents > self.cents


def limits_at(now: Millis) -> Limits:
    """The shop's limits."""
    shop = rules.current(now=now)
    return Limits(shop.campaign_limit_members, shop.campaign_limit_cents)


def approve(campaign_id: int, *, version: int, by: Actor, now: Millis) -> Preview:
    """Freeze the audience of a draft and let it go at its time; what it will do.

    `version` is that of the draft that was looked at. The rows are written some at a time; the campaign is approved
    by the last step alone, so what was left half done is done again.
    Raises: NotAllowed, CampaignUnknown, CampaignState, CampaignChanged, CampaignLate, CampaignEmpty, CampaignWording,
    CampaignOwnApproval, SegmentRuleInvalid.
    """
    campaign = plans.get(campaign_id, by=by)
    _check_state(campaign, version, now)
    found = previews.everyone(campaign, by=by, now=now)
    arms = previews.arms_of(campaign, found)
    seen = previews.of(campaign, found, arms, now=now)
    _check(seen, by, now)
    strata = audience.strata([one for one in found if not one.reason])
    rows = [(campaign_id, one.member_id, arms.get(one.member_id, ""), one.reason or None, strata.get(one.member_id, ""),
             one.before_cents) for one in found]  # fmt: skip
    while _clear(campaign_id, version):
        pass
    for start in range(0, len(rows), CHUNK):
        _freeze(campaign_id, version, rows[start : start + CHUNK])
    _approved(campaign, len(rows), seen, by, now)
    return seen


def _check_state(campaign: Campaign, version: int, now: Millis) -> None:
    if campaign.state != "draft":
        raise plans.refuse(campaign, T("only a draft is approved."))
    if campaign.version != version:
        raise CampaignChanged()
    if campaign.plan.until_at <= now:
        raise CampaignLate(until_at=campaign.plan.until_at)


def _check(seen: Preview, by: Actor, now: Millis) -> None:
    if not seen.written:
        raise CampaignEmpty(found=seen.found, excluded=seen.found - seen.chosen)
    for one in seen.said:
        for finding in one.look.findings:
            if finding.severity == "error":
                raise CampaignWording(field="words", language=one.language, problem=finding.said)
    require(by, "marketing")
    if limits_at(now).is_large(seen.written, seen.cost_cents) and not by.may("campaigns"):
        raise access.refusal("campaigns")
    if rules.current(now=now).campaign_second_person and seen.campaign.created_by == by.tag:
        raise CampaignOwnApproval()


@db.atomic
def _clear(campaign_id: int, version: int) -> int:
    """Drop rows an approval left behind that did not finish."""
    _still(campaign_id, version)
    return db.change(
        "DELETE FROM campaign_audience WHERE campaign_id = ? AND member_id IN"
        " (SELECT member_id FROM campaign_audience WHERE campaign_id = ? ORDER BY member_id LIMIT ?)",
        (campaign_id, campaign_id, CHUNK),
    )


@db.atomic
def _freeze(campaign_id: int, version: int, rows: Sequence[tuple[object, ...]]) -> None:
    _still(campaign_id, version)
    sql = (
        "INSERT INTO campaign_audience (campaign_id, member_id, arm, excluded, stratum, before_cents)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (campaign_id, member_id) DO UPDATE SET arm = excluded.arm,"
        " excluded = excluded.excluded, stratum = excluded.stratum, before_cents = excluded.before_cents"
    )
    db.run_many(sql, rows)


def _still(campaign_id: int, version: int) -> Campaign:
    campaign = plans.lock(campaign_id)
    if campaign.state != "draft" or campaign.version != version:
        raise CampaignChanged()
    return campaign


@db.atomic
def _approved(campaign: Campaign, rows: int, seen: Preview, by: Actor, now: Millis) -> None:
    _still(campaign.id, campaign.version)
    frozen = db.value("SELECT count(*) FROM campaign_audience WHERE campaign_id = ?", (campaign.id,))
    if frozen != rows:
        raise CampaignChanged()
    sql = "UPDATE campaign SET state = 'approved', approved_at = ?, approved_by = ?, version = version + 1 WHERE id = ?"
    db.run(sql, (now, by.tag, campaign.id))
    if campaign.plan.budget_cents:
        budget.set_campaign(campaign.id, campaign.plan.budget_cents * budget.CENT, by=by, now=now)
    after = {"name": campaign.name, "members": seen.written, "held_out": seen.held, "cost_cents": seen.cost_cents}
    audit.record("campaign.approved", "campaign", campaign.id, by=by, now=now, after=after)
