"""Inviting to an event 邀请报名: a campaign drafted for who may sign up and never did, and what invitations brought.

A campaign belongs to an event by its link, which leads to the event's own page on the phone; so one that somebody
wrote by hand with that link counts as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from core.base import clock, db, i18n
from core.base.access import Actor, require
from core.base.clock import DAY, HOUR, Millis
from core.base.errors import Refused
from core.base.i18n import N_, Text, _
from core.books import rules
from core.books.rules import ShopRules
from core.insight import effect
from core.loyalty import tiers
from core.outreach.campaigns import drafting
from core.outreach.campaigns import plan as plans
from core.outreach.campaigns.plan import Campaign, Words
from core.outreach.campaigns.result import REACHED
from core.outreach.segments import saved
from core.outreach.segments.tree import All, Any_, Is, Not, Rule
from core.service import gatheringnotes, gatherings
from core.service.gatheringrules import Opening, opens_at
from core.service.gatherings import Gathering

HOUR_OF_DAY, LIFE = 10, 2 * DAY
"""Invitations begin at this hour, and leave within these days, never after the event began."""
WORDS: dict[str, str] = {
    "en": "{sign} {{name}}, you are invited: {event}, {when}, {where}. Places are few; sign up: {{link}} {{stop}}",
    "zh": "{sign}{{name}}，诚邀您参加“{event}”：{when}，{where}。名额有限，点此报名：{{link}} {{stop}}",
}
SIGNS = {"zh": "【{shop}】", "en": "[{shop}]"}
"""What an invitation says until somebody changes it, filled with what is known of the event, and how it begins: in
mainland China no message without the Chinese sign is carried."""


@dataclass(frozen=True)
class Invited:
    """What invitations brought: members whose message left, and how many of them then signed up and kept it."""

    written: int
    signed_up: int

    @property
    def signed_up_bp(self) -> int:
        """The share of them that signed up, in basis points."""
        return effect.rate_bp(self.signed_up, self.written)


class InviteNotOpen(Refused):
    """Nobody is invited to what they cannot sign up for."""

    code = "invite_not_open"
    text = N_("“{event}” takes no sign-ups now: {state}. Open its sign-up first, then invite.")


class InviteLate(Refused):
    """Too little time is left for messages."""

    code = "invite_late"
    text = N_("“{event}” begins at {from_at}. Messages need an hour at least, so call those who should still come.")


# --- pure ------------------------------------------------------------------------------------------


def leaves_at(now: Millis, opens: Millis, from_at: Millis, zone: str) -> Millis | None:
    """When invitations begin: the next morning from when somebody may sign up; at once where that is too late.

    None if less than an hour is left before the event.
    """
    first = max(now, opens)
    day = clock.day_of(first, zone)
    mornings = [clock.at_time(day + timedelta(days=later), HOUR_OF_DAY, 0, zone) for later in (0, 1)]
    morning = next(at for at in mornings if at >= first)
    return next((at for at in (morning, first) if at + HOUR <= from_at), None)


def may_sign_up(openings: Sequence[Opening], ranks: Sequence[tuple[int, str]], at: Millis) -> list[str] | None:
    """The names of tiers that may sign up at a moment; None for all of them."""
    found = [name for rank, name in ranks if (opens := opens_at(openings, rank)) is not None and opens <= at]
    return None if len(found) == len(ranks) else found


def rule_of(event: str, tier_names: Sequence[str] | None) -> Rule:
    """Who is invited: of those tiers (None: of all), and never signed up for the event."""
    strangers = Not(Is("event", "is", event))
    if tier_names is None:
        return strangers
    of_tiers = tuple(Is("tier", "is", name) for name in tier_names)
    return All((of_tiers[0] if len(of_tiers) == 1 else Any_(of_tiers), strangers))


def page_of(gathering_id: int) -> str:
    """The page of an event on the phone, as it stands in a campaign's link."""
    return f"/me/events/{gathering_id}"


# --- drafting --------------------------------------------------------------------------------------


@db.atomic
def invite(gathering_id: int, *, by: Actor, now: Millis) -> Campaign:
    """Draft a campaign that invites to an event, or give the draft there is; whoever approves it looks at it first.

    Nobody is held out of it: an event wants its places filled. Raises: NotAllowed, GatheringUnknown, GatheringOver,
    InviteNotOpen, InviteLate.
    """
    require(by, gatherings.PLANNING)
    found = gatherings.hold(gathering_id)
    if found.state != "open":
        raise InviteNotOpen(event=found.name, state=Text(gatherings.STATES[found.state]))
    waiting = next((one for one in plans.leading_to(page_of(gathering_id)) if one.state == "draft"), None)
    if waiting is not None:
        return waiting
    shop, plan = rules.current(now=now), found.plan
    opens = min(one.from_at for one in plan.openings)
    send_at = leaves_at(now, opens, plan.from_at, shop.zone)
    if send_at is None:
        raise InviteLate(event=found.name, from_at=plan.from_at)
    ranks = [(one.rank, one.name) for one in tiers.all_tiers()]
    rule = rule_of(plan.name_zh or plan.name_en, may_sign_up(plan.openings, ranks, send_at))
    title = _title(found)
    segment = saved.save(title, rule, by=by, now=now)
    until_at = Millis(min(send_at + LIFE, plan.from_at))
    written = plans.Plan(words_of(found, shop), send_at, until_at, link=page_of(gathering_id), holdout_bp=0)
    return drafting.draft(title, segment.id, written, by=by, now=now)


def _title(found: Gathering) -> str:
    """The name of campaign and segment, with the event's day; a long name of the event is cut."""
    day = f"{clock.local(found.plan.from_at, i18n.scope().zone):%m-%d}"
    room = plans.LONGEST_NAME - len(_("Invitation {day}: {event}", day=day, event=""))
    event = found.name if len(found.name) <= room else f"{found.name[: room - 1]}…"
    return _("Invitation {day}: {event}", day=day, event=event)


def words_of(found: Gathering, shop: ShopRules) -> dict[str, Words]:
    """The invitation in both languages."""
    said = {}
    for language, words in WORDS.items():
        with i18n.use(language, zone=shop.zone):
            facts = {"event": found.name, "when": gatheringnotes.when(found.plan.from_at), "where": found.where}
        plain = {name: one.replace("{", "(").replace("}", ")") for name, one in facts.items()}
        sign = SIGNS["zh" if shop.region == "CN" else language]
        said[language] = Words(words.format(sign=sign, **plain))
    return said


# --- what came of it -------------------------------------------------------------------------------


def brought(gathering_id: int) -> Invited:
    """How many members were invited by campaigns, and how many of them signed up afterwards and did not cancel."""
    found = [one.id for one in plans.leading_to(page_of(gathering_id)) if one.state != "draft"]
    if not found:
        return Invited(0, 0)
    marks, left = ", ".join("?" * len(found)), ", ".join("?" * len(REACHED))
    row = db.one(
        "SELECT count(*), CAST(coalesce(sum(CASE WHEN EXISTS (SELECT 1 FROM gathering_signup s WHERE s.gathering_id = ?"
        " AND s.member_id = w.member_id AND s.state <> 'cancelled' AND s.at >= w.at) THEN 1 ELSE 0 END), 0) AS BIGINT)"
        " FROM (SELECT member_id, min(created_at) AS at FROM outbox"
        f" WHERE campaign_id IN ({marks}) AND state IN ({left}) AND member_id IS NOT NULL GROUP BY member_id) w",
        (gathering_id, *found, *REACHED),
    )
    return Invited(*row) if row is not None else Invited(0, 0)
