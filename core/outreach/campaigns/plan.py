"""A campaign and its plan: what is said to whom, when, how fast, at what cost, with what gift."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from core.base import db
from core.base.access import Actor, require
from core.base.clock import DAY, HOUR, Millis
from core.base.errors import Invalid, NotFound, Refused
from core.base.i18n import N_, T, Text
from core.outreach.segments import saved
from core.outreach.segments.saved import Segment

State = Literal["draft", "approved", "running", "paused", "done", "cancelled"]
Arm = Literal["A", "B"]
CHANNELS = ("sms", "whatsapp", "email")
LONGEST_NAME, LONGEST_BODY = 60, 1000
MOST_A_MINUTE, LONGEST_LIFE, LONGEST_EFFECT = 6_000, 30 * DAY, 180
SHORTEST_LIFE = HOUR


@dataclass(frozen=True)
class Words:
    """What a campaign says in one language; `subject` for e-mail, `provider_template` where texts are registered."""

    body: str
    subject: str = ""
    provider_template: str = ""


@dataclass(frozen=True)
class Plan:
    """Everything about a campaign but its name and segment. Times are UTC ms, money in cents, rates in basis points.

    `words` by language; `words_b` is the second wording of a test of two, which half of the written-to get.
    `holdout_bp` None leaves the size of the hold-out to the house (20 %, half under 1,000); 0 proves nothing.
    `budget_cents` 0 is no bound of its own. `hours` is when rows may be queued, within the shop's quiet hours.
    """

    words: Mapping[str, Words]
    send_at: Millis
    until_at: Millis
    channel: str = "sms"
    words_b: Mapping[str, Words] = field(default_factory=dict)
    link: str = ""
    coupon_kind_id: int | None = None
    points: int = 0
    holdout_bp: int | None = None
    budget_cents: int = 0
    per_minute: int = 120
    hours: str = "10-20"
    effect_days: int = 14

    @property
    def gives(self) -> bool:
        """Whether a gift comes with the message."""
        return self.coupon_kind_id is not None or self.points > 0


@dataclass(frozen=True)
class Campaign:
    """A campaign as it is kept; `version` rises with each change of its draft."""

    id: int
    name: str
    state: State
    segment: Segment
    plan: Plan
    version: int
    created_at: Millis
    created_by: str
    approved_at: Millis | None
    approved_by: str | None
    started_at: Millis | None
    started_day: int | None
    paused_reason: str | None
    ended_at: Millis | None
    salt: str

    def template(self, arm: Arm) -> str:
        """The name under which the wording of an arm is kept."""
        return template_of(self.id, arm)

    def words_of(self, arm: Arm) -> Mapping[str, Words]:
        """What an arm reads."""
        return self.plan.words_b if arm == "B" and self.plan.words_b else self.plan.words


def template_of(campaign_id: int, arm: str) -> str:
    """The name under which a wording of a campaign is kept: 'campaign.1000012.A'."""
    return f"campaign.{campaign_id}.{arm}"


class CampaignUnknown(NotFound):
    """No campaign has this id."""

    code = "campaign_unknown"
    text = N_("There is no campaign {what}. `regulars campaign list` shows them all.")


class CampaignInvalid(Invalid):
    """A plan that cannot be."""

    code = "campaign_invalid"
    text = N_("The campaign does not fit: {wanted}")


class CampaignState(Refused):
    """What was asked for is not possible in the campaign's state."""

    code = "campaign_state"
    text = N_("The campaign “{name}” is {state}; {wanted}")


STATES: dict[str, str] = {
    "draft": N_("a draft"),
    "approved": N_("approved"),
    "running": N_("running"),
    "paused": N_("paused"),
    "done": N_("done"),
    "cancelled": N_("cancelled"),
}


def refuse(campaign: Campaign, wanted: Text) -> CampaignState:
    """The refusal that names the state a campaign is in, and what is possible."""
    return CampaignState(name=campaign.name, state=Text(STATES[campaign.state]), wanted=wanted)


def misfit(plan: Plan, *, language: str) -> tuple[str, Text] | None:
    """What is wrong with a plan, with its field; None if nothing. The shop's language must be among the words."""
    for name, words in (("words", plan.words), *([("words_b", plan.words_b)] if plan.words_b else [])):
        if language not in words:
            return f"{name}_{language}", T("it needs words in the shop's language ({language}).", language=language)
        for read_in, one in words.items():
            if not 0 < len(one.body) <= LONGEST_BODY:
                return f"{name}_{read_in}", T("words have 1 to {longest} characters.", longest=LONGEST_BODY)
    checks = (
        ("channel", plan.channel in CHANNELS, T("the channel is one of: {known}.", known=", ".join(CHANNELS))),
        ("until_at", SHORTEST_LIFE <= plan.until_at - plan.send_at <= LONGEST_LIFE,
         T("messages leave within 1 hour to 30 days of their beginning.")),
        ("holdout_bp", plan.holdout_bp is None or 0 <= plan.holdout_bp <= 9_000,
         T("the hold-out is 0 to 90 % of the audience.")),
        ("per_minute", 1 <= plan.per_minute <= MOST_A_MINUTE,
         T("1 to {most} messages a minute.", most=MOST_A_MINUTE)),
        ("hours", read_hours(plan.hours) is not None, T("hours are written 10-20.")),
        ("effect_days", 1 <= plan.effect_days <= LONGEST_EFFECT,
         T("the effect is looked at for 1 to {most} days.", most=LONGEST_EFFECT)),
        ("points", plan.points >= 0 and plan.budget_cents >= 0, T("points and budget are 0 or more.")),
    )  # fmt: skip
    return next(((name, wanted) for name, fits, wanted in checks if not fits), None)


def read_hours(typed: str) -> tuple[int, int] | None:
    """The first and the last hour of '10-20'; None if it is none."""
    first, _, last = typed.partition("-")
    if not (first.isdecimal() and last.isdecimal() and len(first) < 3 and len(last) < 3):
        return None
    return (int(first), int(last)) if int(first) < int(last) <= 24 else None


def watched_until(plan: Plan) -> Millis:
    """Until when its hold-out gets nothing from other campaigns either."""
    return Millis(plan.send_at + plan.effect_days * DAY)


def as_json(plan: Plan) -> str:
    """A plan as it is kept, without what has columns of its own."""
    kept = {name: value for name, value in asdict(plan).items() if name not in ("send_at", "until_at", "channel")}
    return json.dumps(kept, ensure_ascii=False)


def _plan(stored: str, channel: str, send_at: int, until_at: int) -> Plan:
    kept: dict[str, Any] = json.loads(stored)
    for name in ("words", "words_b"):
        kept[name] = {language: Words(**one) for language, one in kept[name].items()}
    return Plan(**kept, channel=channel, send_at=Millis(send_at), until_at=Millis(until_at))


_SELECT = (
    "SELECT id, name, state, segment_version_id, channel, plan, send_at, until_at, version, created_at, created_by,"
    " approved_at, approved_by, started_at, started_day, paused_reason, ended_at, salt FROM campaign"
)


def _campaign(row: db.Row) -> Campaign:
    plan = _plan(row[5], row[4], row[6], row[7])
    return Campaign(row[0], row[1], row[2], saved.version(row[3]), plan, *row[8:])


def get(campaign_id: int, *, by: Actor) -> Campaign:
    """One campaign. Raises: NotAllowed, CampaignUnknown."""
    require(by, "marketing")
    return read(campaign_id)


def read(campaign_id: int) -> Campaign:
    """One campaign, for who was judged before. Raises: CampaignUnknown."""
    row = db.one(f"{_SELECT} WHERE id = ?", (campaign_id,))
    if row is None:
        raise CampaignUnknown(what=str(campaign_id))
    return _campaign(row)


def lock(campaign_id: int) -> Campaign:
    """One campaign, its row held until the transaction ends. Raises: CampaignUnknown."""
    if not db.change("UPDATE campaign SET version = version WHERE id = ?", (campaign_id,)):
        raise CampaignUnknown(what=str(campaign_id))
    return read(campaign_id)


def listing(*, by: Actor, before_id: int = 2**53, limit: int = 100) -> list[Campaign]:
    """Campaigns, the newest first, a keyset page at a time. Raises: NotAllowed."""
    require(by, "marketing")
    return [_campaign(row) for row in db.rows(f"{_SELECT} WHERE id < ? ORDER BY id DESC LIMIT ?", (before_id, limit))]


def leading_to(page: str) -> list[Campaign]:
    """Campaigns whose link leads to a page of the shop, the newest first, for who was judged before."""
    like = f'%"link": "{page}"%'
    found = [_campaign(row) for row in db.rows(f"{_SELECT} WHERE plan LIKE ? ORDER BY id DESC", (like,))]
    return [one for one in found if one.plan.link == page]


def in_state(*states: State) -> list[Campaign]:
    """Campaigns in these states, the first to begin first; for the scheduler."""
    marks = ", ".join("?" * len(states))
    return [_campaign(row) for row in db.rows(f"{_SELECT} WHERE state IN ({marks}) ORDER BY send_at, id", states)]
