"""Care rules 关怀: standing occasions for which a message is queued, each at most once a member and year."""

from dataclasses import dataclass
from datetime import date, timedelta

from core.base import clock, db, lunar
from core.base.access import Actor
from core.base.clock import DAY, Millis
from core.base.i18n import _, date_shown, use
from core.books import audit, merges, outbox, rules
from core.books.outbox import Letter
from core.giving import once
from core.loyalty import benefits, coupons, plans, points, tiers
from core.loyalty.plans import Bought
from core.outreach.ahead import GIFT_PAUSE_DAYS
from core.outreach.carerules import CareRule, all_rules, rule_of, save_rule, set_rule

__all__ = ["CareRule", "all_rules", "rule_of", "save_rule", "set_rule"]


@dataclass(frozen=True)
class Celebrant:
    """A member whose birthday is kept today, and the year it is counted under."""

    member_id: int
    name: str
    language: str
    year: int


def birthdays_on(day: date, *, leap_day: str) -> list[Celebrant]:
    """Members whose birthday, solar or lunar, is kept on a day."""
    sql = (
        "SELECT p.member_id, p.name, m.language FROM member_person p JOIN member m ON m.id = p.member_id"
        " WHERE p.birth_calendar = ? AND p.birth_month = ? AND p.birth_day = ? AND m.state = 'active'"
        " ORDER BY p.member_id"
    )
    return [
        Celebrant(row[0], row[1] or "", row[2], key.year)
        for key in lunar.kept_on(day, leap_day=leap_day)
        for row in db.rows(sql, (key.calendar, key.month, key.day))
    ]


def greet_birthdays(*, by: Actor, now: Millis) -> int:
    """Queue today's birthday greetings with the shop's gift; how many were new."""
    shop, rule = rules.current(now=now), rule_of("birthday")
    if not rule.active:
        return 0
    day = clock.day_of(now, shop.zone)
    return sum(
        _greet(one, rule.coupon_kind_id, day, by=by, now=now) for one in birthdays_on(day, leap_day=shop.leap_day)
    )


@db.atomic
def _greet(one: Celebrant, kind_id: int | None, day: date, *, by: Actor, now: Millis) -> int:
    shop = rules.current(now=now)
    key = f"birthday:{one.member_id}:{one.year}"
    if db.value("SELECT 1 FROM outbox WHERE dedupe_key = ?", (key,)):
        return 0
    gifts = [] if _had_gift(one.member_id, now) else _give(one, kind_id, shop.birthday_points, by, now)
    variables: dict[str, str | int] = {
        "shop": shop.shop_name,
        "name": one.name or ("您" if one.language == "zh" else ""),
    }
    if gifts:
        variables["coupon"] = " + ".join(gifts)
    letter = Letter(
        dedupe_key=key,
        template="birthday_gift" if gifts else "birthday",
        category="gift_greeting" if gifts else "greeting",
        language=one.language,
        variables=variables,
        member_id=one.member_id,
        expires_at=clock.end_of(day, shop.zone),
    )
    queued = outbox.put(letter, now=now)
    after = {"occasion": "birthday", "gift": bool(gifts)}
    audit.record("care.greeted", "member", one.member_id, by=by, now=now, after=after)
    return int(queued is not None)


def _give(one: Celebrant, kind_id: int | None, points_: int, by: Actor, now: Millis) -> list[str]:
    """Coupon (the tier's before the shop's) and points for a birthday; what was given, in the member's words."""
    gifts = []
    kind_id = tiers.of(one.member_id, now=now).birthday_coupon_kind_id or kind_id
    kind = next((kind for kind in coupons.kinds() if kind.id == kind_id), None)
    if kind and coupons.issue(kind.id, one.member_id, ref_kind="birthday", ref_id=one.year, now=now):
        gifts.append(kind.name)
    if once.award_once(one.member_id, points_, "birthday", one.year, by=by, now=now) is not None:
        with use(one.language):
            gifts.append(_("{points} points", points=points_))
    return gifts


def _had_gift(member_id: int, now: Millis) -> bool:
    """Whether a coupon or points for a birthday were given within the pause."""
    since = now - GIFT_PAUSE_DAYS * DAY
    sql = (
        "SELECT 1 FROM coupon WHERE member_id = ? AND ref_kind = 'birthday' AND valid_from_at > ?"
        f" UNION ALL SELECT 1 FROM award WHERE member_id IN {merges.OVER_BOTH} AND occasion = 'birthday' AND at > ?"
    )
    return db.value(sql, (member_id, since, member_id, member_id, since)) is not None


def warn_expiring_points(*, by: Actor, now: Millis) -> int:
    """Queue notices for points that expire within the shop's days; how many were new."""
    shop = rules.current(now=now)
    today = clock.day_of(now, shop.zone)
    until = clock.end_of(today + timedelta(days=shop.points_notice_days), shop.zone)
    found = db.rows(
        "SELECT a.member_id, l.expires_at, CAST(sum(l.remaining) AS BIGINT) FROM lot l"
        " JOIN account a ON a.id = l.account_id JOIN member m ON m.id = a.member_id"
        " WHERE l.remaining > 0 AND l.expires_at > ? AND l.expires_at <= ? AND a.asset = 'points'"
        " AND m.state = 'active' GROUP BY a.member_id, l.expires_at ORDER BY l.expires_at, a.member_id",
        (now, until),
    )
    by_day: dict[tuple[int, date], tuple[Millis, int]] = {}
    for member_id, expires_at, left in found:
        key = member_id, clock.day_of(expires_at - 1, shop.zone)
        by_day[key] = expires_at, by_day.get(key, (expires_at, 0))[1] + left
    return sum(_warn_points(*key, *what, by=by, now=now) for key, what in by_day.items())


@db.atomic
def _warn_points(member_id: int, last_day: date, expires_at: Millis, points: int, *, by: Actor, now: Millis) -> int:
    with outbox.in_language_of(member_id, now=now):
        day = date_shown(last_day)
    letter = Letter(
        dedupe_key=f"points-expiry:{member_id}:{last_day.isoformat()}:1",
        template="points_expiring",
        category="service",
        language=outbox.language_of(member_id, now=now),
        variables={"shop": rules.current(now=now).shop_name, "points": points, "day": day},
        member_id=member_id,
        expires_at=expires_at,
    )
    queued = outbox.put(letter, now=now)
    if queued is not None:
        audit.record("care.points_notice", "member", member_id, by=by, now=now, after={"points": points})
    return int(queued is not None)


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


def warn_reviews(*, by: Actor, now: Millis) -> int:
    """Tell members 30 days before a review what is missing to keep their tier; how many were told."""
    return sum(_warn_review(member_id, by=by, now=now) for member_id in tiers.soon_reviewed(now=now))


@db.atomic
def _warn_review(member_id: int, *, by: Actor, now: Millis) -> int:
    coming = tiers.outlook(member_id, now=now)
    if coming is None:
        return 0
    with outbox.in_language_of(member_id, now=now):
        missing = benefits.lacking(coming.held, coming.missing)
        day = date_shown(clock.day_of(Millis(coming.until_at - 1), rules.current(now=now).zone))
    facts: dict[str, str | int] = {"tier": coming.held.name, "missing": missing, "day": day, "then": coming.then.name}
    letter = Letter(
        dedupe_key=f"tier-warning:{member_id}:{coming.until_at}",
        template="tier_review",
        category="service",
        language=outbox.language_of(member_id, now=now),
        variables={"shop": rules.current(now=now).shop_name, **facts},
        member_id=member_id,
        expires_at=coming.until_at,
    )
    queued = outbox.put(letter, now=now)
    if queued is not None:
        audit.record("tier.warned", "member", member_id, by=by, now=now, after={"tier": coming.held.name})
    return int(queued is not None)


def remind_plans(*, by: Actor, now: Millis) -> int:
    """Tell members that their plan ends soon; how many were told."""
    return sum(_remind_plan(one, by=by, now=now) for one in plans.ending(now=now))


@db.atomic
def _remind_plan(one: Bought, *, by: Actor, now: Millis) -> int:
    with outbox.in_language_of(one.member_id, now=now):
        day = date_shown(clock.day_of(Millis(one.until_at - 1), rules.current(now=now).zone))
    outbox.tell(one.member_id, f"plan-ending:{one.id}", "plan_ending", {"plan": one.plan.name, "day": day}, now=now)
    audit.record("plan.reminded", "member", one.member_id, by=by, now=now, after={"plan": one.plan.name})
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
