"""Notices 提醒 before something ends: points, bonus, coupons, tiers soon reviewed, plans. They know no gap."""

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise

from core.base import clock, db
from core.base.access import Actor
from core.base.clock import DAY, Millis
from core.base.i18n import _, date_shown, written
from core.books import audit, outbox, rules
from core.books.accounts import Asset
from core.loyalty import benefits, plans, tiers
from core.loyalty.plans import Bought
from core.outreach import careletters
from core.outreach.carerules import CareRule, rule_of

CHUNK = 500
"""So many members are asked about at once."""
EXPIRING: tuple[Asset, ...] = ("points", "bonus")
"""What lapses in lots of its own, and is told of by one rule."""
Ending = tuple[int, date, Millis, int, tuple[str, ...]]
"""Whose something ends: member, its last day, the moment it ends, how much, and what it is called (coupons)."""


def stages_of(rule: CareRule, *, now: Millis) -> tuple[int, ...]:
    """How many days before the end something is told, the earliest first; of points what the shop says, if no rule."""
    return rule.stages or ((rules.current(now=now).points_notice_days,) if rule.occasion == "points" else ())


def spans(stages: tuple[int, ...], today: date) -> list[tuple[int, date, date]]:
    """The days of each stage with the first and the last end it holds today, the earliest stage first.

    Of several stages that were missed only the last is told.
    """
    ordered = sorted(set(stages), reverse=True)
    return [
        (days, today + timedelta(days=nearer + 1), today + timedelta(days=days))
        for days, nearer in pairwise([*ordered, -1])
    ]


def ending(rule: CareRule, days: int, first: date, last: date, *, now: Millis) -> list[Ending]:
    """What a stage of so many days tells of, whose last day lies between two days, by member and day."""
    if rule.occasion == "coupons":
        return coupons_ending(rule, days, first, last, now=now)
    return [one for asset in EXPIRING for one in value_ending(rule, asset, first, last, now=now)]


def _untold(found: list[Ending], template: str, days: int, *, now: Millis) -> list[Ending]:
    """Those of whom neither this stage was told, nor another that was the shop's since this one began."""
    zone = rules.current(now=now).zone
    began_at = {str(one[1]): clock.start_of(one[1] - timedelta(days=days), zone) for one in found}
    told: set[tuple[int, str]] = set()
    for start in range(0, len(found), CHUNK):
        member_ids = [one[0] for one in found[start : start + CHUNK]]
        sql = (
            "SELECT member_id, dedupe_key, created_at FROM outbox WHERE template = ? AND created_at >= ?"
            f" AND member_id IN ({', '.join('?' * len(member_ids))})"
        )
        for member_id, key, created_at in db.rows(sql, (template, min(began_at.values()), *member_ids)):
            last_day = key.split(":")[2]
            if last_day in began_at and created_at >= began_at[last_day]:
                told.add((member_id, last_day))
    return [one for one in found if (one[0], str(one[1])) not in told]


# --- points ----------------------------------------------------------------------------------------


def warn_expiring_points(*, by: Actor, now: Millis) -> int:
    """Queue notices for points and bonus that expire within the days of a stage; how many were new."""
    rule = rule_of("points")
    today = clock.day_of(now, rules.current(now=now).zone)
    return sum(
        _warn_value(one, asset, days, by=by, now=now)
        for days, first, last in spans(stages_of(rule, now=now) if rule.active else (), today)
        for asset in EXPIRING
        for one in _untold(value_ending(rule, asset, first, last, now=now), f"{asset}_expiring", days, now=now)
    )


def value_ending(rule: CareRule, asset: Asset, first: date, last: date, *, now: Millis) -> list[Ending]:
    """Points, or bonus in cents, of active members whose last day lies between two days, by member and day."""
    zone = rules.current(now=now).zone
    of_tiers, tier_ids = careletters.in_tiers(rule)
    found = db.rows(
        "SELECT m.id, l.expires_at, CAST(sum(l.remaining) AS BIGINT) FROM lot l"
        " JOIN account a ON a.id = l.account_id JOIN member m ON m.id = a.member_id"
        " WHERE l.remaining > 0 AND l.expires_at > ? AND l.expires_at <= ? AND a.asset = ?"
        f" AND m.state = 'active'{of_tiers} GROUP BY m.id, l.expires_at ORDER BY l.expires_at, m.id",
        (max(now, clock.start_of(first, zone)), clock.end_of(last, zone), asset, *tier_ids),
    )
    return by_day(((member_id, expires_at, left, "") for member_id, expires_at, left in found), zone)


def by_day(found: Iterable[tuple[int, Millis, int, str]], zone: str) -> list[Ending]:
    """What ends on the same day put together: the last moment, the sum, the names one after another."""
    known: dict[tuple[int, date], tuple[Millis, int, list[str]]] = {}
    for member_id, ends_at, amount, name in found:
        key = member_id, clock.day_of(ends_at - 1, zone)
        latest, total, names = known.get(key, (ends_at, 0, []))
        known[key] = max(latest, ends_at), total + amount, [*names, *([name] if name not in names else [])]
    return [(*key, until, amount, tuple(names)) for key, (until, amount, names) in known.items()]


@db.atomic
def _warn_value(found: Ending, asset: Asset, days: int, *, by: Actor, now: Millis) -> int:
    member_id, last_day, expires_at, amount, _names = found
    template = f"{asset}_expiring"
    with outbox.in_language_of(member_id, now=now):
        day, said = date_shown(last_day), written("bonus_cents", amount)
    facts: dict[str, str | int] = {asset: amount if asset == "points" else said, "day": day}
    key = f"{asset}-expiry:{member_id}:{last_day.isoformat()}:{days}"
    told = outbox.tell(member_id, key, template, facts, expires_at=expires_at, now=now)
    if told:
        audit.record("care.points_notice", "member", member_id, by=by, now=now, after={asset: amount})
    return int(told)


# --- coupons ---------------------------------------------------------------------------------------


def warn_expiring_coupons(*, by: Actor, now: Millis) -> int:
    """Queue notices for coupons that lapse within the days of a stage; how many were new."""
    rule = rule_of("coupons")
    today = clock.day_of(now, rules.current(now=now).zone)
    return sum(
        _warn_coupons(one, days, by=by, now=now)
        for days, first, last in spans(rule.stages if rule.active else (), today)
        for one in _untold(ending(rule, days, first, last, now=now), "coupons_expiring", days, now=now)
    )


def coupons_ending(rule: CareRule, days: int, first: date, last: date, *, now: Millis) -> list[Ending]:
    """Coupons of active members whose last day lies between two days, if they were good for longer than the stage."""
    zone = rules.current(now=now).zone
    of_tiers, tier_ids = careletters.in_tiers(rule)
    found = db.rows(
        "SELECT m.id, c.valid_until_at, c.uses - c.used, k.name FROM coupon c JOIN coupon_kind k ON k.id = c.kind_id"
        " JOIN member m ON m.id = c.member_id WHERE c.state = 'issued' AND c.valid_until_at > ?"
        f" AND c.valid_until_at <= ? AND c.valid_until_at - c.valid_from_at > ? AND m.state = 'active'{of_tiers}"
        " ORDER BY c.valid_until_at, m.id, c.id",
        (max(now, clock.start_of(first, zone)), clock.end_of(last, zone), (days + 1) * DAY, *tier_ids),
    )
    return by_day(found, zone)


@db.atomic
def _warn_coupons(found: Ending, days: int, *, by: Actor, now: Millis) -> int:
    member_id, last_day, until_at, _uses, names = found
    with outbox.in_language_of(member_id, now=now):
        day, coupons = date_shown(last_day), _(", ").join(names)
    key, facts = f"coupon-expiry:{member_id}:{last_day.isoformat()}:{days}", {"coupon": coupons, "day": day}
    told = outbox.tell(member_id, key, "coupons_expiring", facts, expires_at=until_at, now=now)
    if told:
        after = {"occasion": "coupons", "gift": False}
        audit.record("care.written", "member", member_id, by=by, now=now, after=after)
    return int(told)


# --- tiers and plans -------------------------------------------------------------------------------


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
    facts = {"tier": coming.held.name, "missing": missing, "day": day, "then": coming.then.name}
    key = f"tier-warning:{member_id}:{coming.until_at}"
    told = outbox.tell(member_id, key, "tier_review", facts, expires_at=coming.until_at, now=now)
    if told:
        audit.record("tier.warned", "member", member_id, by=by, now=now, after={"tier": coming.held.name})
    return int(told)


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
