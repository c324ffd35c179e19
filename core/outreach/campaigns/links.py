"""A campaign outside the shop's own messages: a link and a text to copy for each medium, counted by their link."""

from dataclasses import dataclass

from core.base import db, settings
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid
from core.base.i18n import N_, T
from core.base.text import clean
from core.books import audit, rules
from core.outreach import templates
from core.outreach.campaigns import plan as plans
from core.outreach.campaigns import preview as previews
from core.people import sources
from core.people.sources import Kind, SourceCounts, SourceTerms

POSTER = "poster"
LONGEST_MEDIUM = 20


@dataclass(frozen=True)
class MediumLink:
    """Where a campaign stands beside its messages, and what came by it."""

    medium: str
    counts: SourceCounts


class MediumInvalid(Invalid):
    """A medium without a name, or one that has a link already."""

    code = "medium_invalid"
    text = N_("“{medium}” cannot be a medium: it needs a name of 1 to {longest} characters and one link only.")


@db.atomic
def add(campaign_id: int, medium: str, *, store_id: int, by: Actor, now: Millis) -> int:
    """Give a campaign its link for a medium ('poster', '朋友圈', …); the id of the source link, which poster prints.

    Raises: NotAllowed, CampaignUnknown, CampaignState, MediumInvalid, SourceInvalid.
    """
    require(by, "marketing", store_id=store_id)
    campaign = plans.lock(campaign_id)
    if campaign.state in ("done", "cancelled"):
        raise plans.refuse(campaign, T("no more links are made for it."))
    name = clean(medium)
    known = db.value("SELECT 1 FROM campaign_link WHERE campaign_id = ? AND medium = ?", (campaign_id, name))
    if known or not 0 < len(name) <= LONGEST_MEDIUM:
        raise MediumInvalid(field="medium", medium=name[:LONGEST_MEDIUM], longest=LONGEST_MEDIUM)
    kind: Kind = "poster" if name == POSTER else "advert"
    title = f"{campaign.name} · {name}"[: sources.LONGEST]
    link = sources.create(title, SourceTerms(kind, store_id), by=by, now=now)
    db.add("campaign_link", campaign_id=campaign_id, medium=name, link_id=link.id)
    audit.record("campaign.linked", "campaign", campaign_id, by=by, now=now, after={"name": name})
    return link.id


def of(campaign_id: int, *, by: Actor) -> list[MediumLink]:
    """The links of a campaign with what each brought. Raises: NotAllowed."""
    sql = "SELECT link_id, medium FROM campaign_link WHERE campaign_id = ? ORDER BY medium"
    media: dict[int, str] = dict(db.rows(sql, (campaign_id,)))
    found = [MediumLink(media[one.link.id], one) for one in sources.listing(by=by) if one.link.id in media]
    return sorted(found, key=lambda one: one.medium)


def copy_text(campaign_id: int, medium: str, *, language: str = "", by: Actor, now: Millis) -> str:
    """The words of a campaign to paste into a medium, with its link; nobody is addressed by name.

    Raises: NotAllowed, CampaignUnknown, MediumInvalid.
    """
    campaign, shop = plans.get(campaign_id, by=by), rules.current(now=now)
    link = next((one for one in of(campaign_id, by=by) if one.medium == clean(medium)), None)
    if link is None:
        raise MediumInvalid(field="medium", medium=medium[:LONGEST_MEDIUM], longest=LONGEST_MEDIUM)
    read_in = previews.read_in(campaign, language or shop.language, shop.language)
    facts = {"shop": shop.shop_name, **previews.gift_words(campaign, read_in)}
    words = templates.filled(campaign.plan.words[read_in].body, facts)
    return f"{words}\n{settings.current().base_url}/q/{link.counts.link.code}"
