"""What a campaign would do, before it does it: whom it reaches, what it says at its longest, costs and can prove."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from core.base import clock, db
from core.base.access import Actor
from core.base.clock import Millis
from core.base.i18n import _, use
from core.books import rules
from core.insight import effect
from core.loyalty import coupons
from core.outreach import costs, lint, templates
from core.outreach.budget import CENT
from core.outreach.campaigns import audience
from core.outreach.campaigns import plan as plans
from core.outreach.campaigns.audience import HELD_OUT, Candidate
from core.outreach.campaigns.plan import Arm, Campaign
from core.outreach.careletters import NOBODY
from core.outreach.lint import Draft, Look
from core.outreach.segments import reading


@dataclass(frozen=True)
class Said:
    """One wording looked over, with the longest values of its audience."""

    arm: Arm
    language: str
    look: Look


@dataclass(frozen=True)
class Preview:
    """A campaign as it would go out now. `found` of the segment are `chosen` or excluded, by reason.

    `written` get the message, `held` nothing. `micros` is None where the rate card has no rate. Of the chosen,
    `base_bp` came in the days before as many as the effect is watched for; `seen_bp` is the rate the written-to must
    reach to be told from chance (80 % power), None where nothing can be shown.
    """

    campaign: Campaign
    found: int
    chosen: int
    excluded: Mapping[str, int]
    languages: Mapping[str, int]
    written: int
    held: int
    arms: Mapping[str, int]
    said: tuple[Said, ...]
    segments: int
    micros: int | None
    currency: str | None
    base_bp: int
    seen_bp: int | None

    @property
    def cost_cents(self) -> int:
        """The cost of its messages in whole cents, rounded up; 0 where it is not known."""
        return -(-(self.micros or 0) // CENT)

    def needed(self, rise_bp: int) -> int | None:
        """How many members in all it takes to see so many more come with such a hold-out; None where none would do."""
        return effect.needed_bp(self.base_bp, rise_bp, held=self.held, of=self.chosen)


def preview(campaign_id: int, *, by: Actor, now: Millis) -> Preview:
    """Work out what a campaign would do; nothing is written.

    Raises: NotAllowed, CampaignUnknown, SegmentRuleInvalid.
    """
    campaign = plans.get(campaign_id, by=by)
    found = everyone(campaign, by=by, now=now)
    return of(campaign, found, arms_of(campaign, found), now=now)


def everyone(campaign: Campaign, *, by: Actor, now: Millis) -> list[Candidate]:
    """Every member of its segment with why they are left out, if they are."""
    found: list[Candidate] = []
    for part in reading.chunks(campaign.segment.rule, by=by, now=now):
        found += audience.candidates(campaign, part, now=now)
    return found


def arms_of(campaign: Campaign, found: Sequence[Candidate]) -> dict[int, str]:
    """The arm of everyone who may be written to."""
    chosen = [one for one in found if not one.reason]
    held = effect.holdout_of(len(chosen), campaign.plan.holdout_bp)
    return audience.allot(audience.strata(chosen), held=held, salt=campaign.salt,
                          two_wordings=bool(campaign.plan.words_b))  # fmt: skip


def of(campaign: Campaign, found: Sequence[Candidate], arms: Mapping[int, str], *, now: Millis) -> Preview:
    """The preview of an audience that was worked out."""
    chosen = [one for one in found if not one.reason]
    written = [one for one in chosen if arms[one.member_id] != HELD_OUT]
    shop = rules.current(now=now)
    since = (clock.day_of(now, shop.zone) - timedelta(days=campaign.plan.effect_days)).toordinal()
    came, held = sum(one.last_day > since for one in chosen), len(chosen) - len(written)
    said = looks(campaign, written, now=now)
    segments, micros, currency = _cost(campaign, written, arms, said, now=now)
    return Preview(
        campaign, len(found), len(chosen), audience.counted(one.reason for one in found if one.reason),
        audience.counted(one.language for one in written), len(written), held, audience.counted(arms.values()), said,
        segments, micros, currency, effect.rate_bp(came, len(chosen)),
        effect.detectable_bp(came, len(chosen), held=held, written=len(written)),
    )  # fmt: skip


def looks(campaign: Campaign, written: Sequence[Candidate], *, now: Millis) -> tuple[Said, ...]:
    """Each wording with the longest values its readers have."""
    arms: tuple[Arm, ...] = ("A", "B") if campaign.plan.words_b else ("A",)
    found = []
    for arm in arms:
        for language, words in sorted(campaign.words_of(arm).items()):
            draft = Draft(templates.CAMPAIGN, language, words.body, "marketing", campaign.plan.channel, words.subject,
                          _longest(campaign, written, language, now=now))  # fmt: skip
            found.append(Said(arm, language, lint.look(draft, now=now)))
    return tuple(found)


def _longest(campaign: Campaign, written: Sequence[Candidate], language: str, *, now: Millis) -> dict[str, str]:
    """The longest name and tier among the readers, the word for who has no name among them, and the gift as said."""
    name = max((one.name or NOBODY[language] for one in written), key=len, default="")
    tiers = [str(tier) for (tier,) in db.rows("SELECT name FROM tier")]
    return gift_words(campaign, language) | {"name": name, "tier": max(tiers, key=len, default="")}


def gift_words(campaign: Campaign, language: str) -> dict[str, str]:
    """The gift of a campaign as its fields: the coupon by its name, the points with their word."""
    kind = next((one for one in coupons.kinds(only_active=False) if one.id == campaign.plan.coupon_kind_id), None)
    with use(language):
        points = _("{points} points", points=campaign.plan.points) if campaign.plan.points else ""
    return {"coupon": kind.name if kind else "", "points": points}


def read_in(campaign: Campaign, language: str, shop_language: str) -> str:
    """The language somebody reads the campaign in: their own, if it has words in it, else the shop's."""
    return language if language in campaign.plan.words else shop_language


def _cost(
    campaign: Campaign, written: Sequence[Candidate], arms: Mapping[int, str], said: Sequence[Said], *, now: Millis
) -> tuple[int, int | None, str | None]:
    """Parts, micros and currency of all messages, each counted as long as the longest in its language."""
    looked = {(one.arm, one.language): one.look for one in said}
    shop = rules.current(now=now)
    groups = Counter(
        (arms[one.member_id], read_in(campaign, one.language, shop.language), one.country) for one in written
    )
    segments, micros, currency = 0, 0, None
    for (arm, language, country), count in groups.items():
        look = next((looked[key] for key in ((arm, language), (arm, shop.language)) if key in looked), None)
        parts = max(look.counted.parts, 1) if look is not None else 1
        rate = costs.estimate_to(country, campaign.plan.channel, "x", now=now)
        parts = 1 if campaign.plan.channel == "email" else parts
        segments += parts * count
        if rate.micros is None:
            return segments, None, None
        micros, currency = micros + rate.micros * parts * count, rate.currency
    return segments, micros, currency
