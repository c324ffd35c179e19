"""Care 关怀: every job that writes to members for an occasion, and what the calendar says of the days to come."""

from core.base import db
from core.base.access import Actor
from core.base.clock import Millis
from core.books import audit
from core.loyalty import benefits, plans, points, tiers
from core.outreach.birthdays import greet_birthdays
from core.outreach.carecalendar import CareDay, calendar
from core.outreach.carerules import CareRule, all_rules, rule_of, save_rule, set_rule
from core.outreach.followups import follow_up, tell_near_tiers, welcome_back
from core.outreach.greetings import greet_anniversaries, greet_festivals
from core.outreach.notices import remind_plans, warn_expiring_coupons, warn_expiring_points, warn_reviews
from core.outreach.winback import win_back

__all__ = [
    "CareDay",
    "CareRule",
    "all_rules",
    "calendar",
    "follow_up",
    "greet_anniversaries",
    "greet_birthdays",
    "greet_festivals",
    "remind_plans",
    "rule_of",
    "save_rule",
    "set_rule",
    "tell_near_tiers",
    "warn_expiring_coupons",
    "warn_expiring_points",
    "warn_reviews",
    "welcome_back",
    "win_back",
]


def review_tiers(*, by: Actor, now: Millis) -> int:
    """Judge members by terms that have come into force, then every holding period that has ended; the changes."""
    changed = sum(tiers.judge(version, by=by, now=now) for version in tiers.due_versions(now=now))
    while due := tiers.due_for_review(now=now):
        changed += sum(_review(member_id, by=by, now=now) for member_id in due)
    return changed


@db.atomic
def _review(member_id: int, *, by: Actor, now: Millis) -> int:
    result = tiers.review(member_id, by=by, now=now)
    if result is None:
        return 0
    audit.record("tier.reviewed", "member", member_id, by=by, now=now, after={"tier": result.name})
    return 1


def give_period_coupons(*, by: Actor, now: Millis) -> int:
    """Give the month's or year's coupons of tiers and plans to who lacks them; how many."""
    given = plans.give_month(by=by, now=now)
    for tier in tiers.all_tiers(now=now):
        while batch := benefits.give_period(tier, by=by, now=now):
            given += batch
    return given


def expire_points(*, by: Actor, now: Millis) -> int:
    """Write off what has expired, member by member; the points written off."""
    gone = 0
    while due := points.members_with_expired(now=now):
        gone += sum(points.expire(member_id, by=by, now=now) for member_id in due)
    return gone
