"""What follows a visit: a question after a sale of a category, a word to new members, how near the next tier is."""

from datetime import date, timedelta

from core.base import clock, db
from core.base.access import Actor
from core.base.clock import DAY, Millis
from core.books import outbox, rules
from core.books.stats import Totals
from core.loyalty import benefits, tiers
from core.loyalty.ranks import Tier
from core.outreach import careletters
from core.outreach.careletters import Occasion
from core.outreach.carerules import CareRule, rule_of, rules_of

LATE_DAYS = 3
"""So many days later what was missed is still written."""
PAUSE_DAYS = 30
"""Whoever is here every day is asked once in so many days, whatever they buy."""
NEAR_DAYS = 7


def follow_up(*, by: Actor, now: Millis) -> int:
    """Queue what the rules of categories say about sales some days ago; how many were new."""
    today = clock.day_of(now, rules.current(now=now).zone)
    return sum(
        careletters.write_all(rule, sales_followed(rule, today, now=now), by=by, now=now)
        for rule in rules_of("followup")
    )


def sales_followed(rule: CareRule, today: date, *, now: Millis, late_days: int = LATE_DAYS) -> list[Occasion]:
    """The last sale of each member with goods of the category, some days ago, of which nothing came back."""
    last = today.toordinal() - rule.stages[0]
    of_tiers, tier_ids = careletters.in_tiers(rule)
    sql = (
        "SELECT m.id, s.id, l.name FROM sale s JOIN sale_line l ON l.sale_id = s.id"
        " JOIN product g ON g.id = l.product_id JOIN member m ON m.id = s.member_id"
        " JOIN member_person p ON p.member_id = m.id"
        " WHERE s.day BETWEEN ? AND ? AND g.category_id = ? AND s.refunds = 0 AND m.state = 'active'"
        " AND p.phone IS NOT NULL AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.member_id = m.id"
        f" AND o.template IN ('followup', 'followup_gift') AND o.created_at > ?){of_tiers}"
        " ORDER BY m.id, s.at, l.position"
    )
    values = (last - late_days, last, int(rule.occasion.partition(":")[2]), now - PAUSE_DAYS * DAY, *tier_ids)
    found = {member_id: (sale_id, name) for member_id, sale_id, name in db.rows(sql, values)}
    until = Millis(now + LATE_DAYS * DAY)
    return [
        Occasion(member_id, f"followup:{member_id}:{sale_id}", until, {"product": name})
        for member_id, (sale_id, name) in found.items()
    ]


def welcome_back(*, by: Actor, now: Millis) -> int:
    """Queue a word to who joined some days ago and has not bought since that day; how many were new."""
    rule = rule_of("welcome")
    if not rule.active:
        return 0
    return careletters.write_all(rule, newcomers(rule, clock.day_of(now, rules.current(now=now).zone), now=now),
                             by=by, now=now)  # fmt: skip


def newcomers(rule: CareRule, today: date, *, now: Millis, late_days: int = LATE_DAYS) -> list[Occasion]:
    """Who joined so many days ago, or a few days earlier, and has not bought after the day of joining."""
    zone, joined = rules.current(now=now).zone, today - timedelta(days=rule.stages[0])
    of_tiers, tier_ids = careletters.in_tiers(rule)
    sql = (
        "SELECT m.id, m.joined_at, t.last_day FROM member m JOIN member_person p ON p.member_id = m.id"
        " JOIN member_stats t ON t.member_id = m.id WHERE m.joined_at >= ? AND m.joined_at < ?"
        f" AND m.state = 'active' AND p.phone IS NOT NULL{of_tiers} ORDER BY m.id"
    )
    first = clock.start_of(joined - timedelta(days=late_days), zone)
    until = Millis(now + LATE_DAYS * DAY)
    return [
        Occasion(member_id, f"welcome-back:{member_id}", until)
        for member_id, joined_at, last_day in db.rows(sql, (first, clock.end_of(joined, zone), *tier_ids))
        if last_day is None or last_day <= clock.day_of(joined_at, zone).toordinal()
    ]


# --- near the next tier ----------------------------------------------------------------------------


def tell_near_tiers(*, by: Actor, now: Millis) -> int:
    """Queue a word to who was here lately and lacks little spending to the next tier; how many were new."""
    rule = rule_of("tier_near")
    if not rule.active:
        return 0
    today = clock.day_of(now, rules.current(now=now).zone)
    return careletters.write_all(rule, near_tiers(rule, today, now=now), by=by, now=now)


def near_tiers(rule: CareRule, today: date, *, now: Millis) -> list[Occasion]:
    """Of those who were here yesterday or up to three days before who lacks little; once a tier and year."""
    of_tiers, tier_ids = careletters.in_tiers(rule)
    sql = (
        "SELECT DISTINCT m.id FROM member_day d JOIN member m ON m.id = d.member_id"
        " JOIN member_person p ON p.member_id = m.id WHERE d.day BETWEEN ? AND ? AND d.net_cents > 0"
        f" AND m.state = 'active' AND p.phone IS NOT NULL{of_tiers} ORDER BY m.id"
    )
    yesterday, found = today.toordinal() - 1, []
    for (member_id,) in db.rows(sql, (yesterday - LATE_DAYS, yesterday, *tier_ids)):
        standing = tiers.standing(member_id, now=now)
        above = standing.next
        if above is None or not is_near(above, standing.missing, rule.near_cents):
            continue
        with outbox.in_language_of(member_id, now=now):
            missing = benefits.lacking(above, standing.missing)
        key = f"tier-near:{member_id}:{above.id}:{today.year}"
        found.append(Occasion(member_id, key, Millis(now + NEAR_DAYS * DAY), {"tier": above.name, "missing": missing}))
    return found


def is_near(above: Tier, missing: Totals[int | None], near_cents: int) -> bool:
    """Whether spending alone leads to the tier, and so little of it as the rule says."""
    spend_cents, *others = missing
    alone = above.match == "any" or not any(others)
    return alone and spend_cents is not None and 0 < spend_cents <= near_cents
