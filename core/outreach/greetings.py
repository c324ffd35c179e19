"""Greetings to many: festivals of the shop's choice, and the day a member joined."""

from collections.abc import Iterator
from datetime import date, timedelta

from core.base import clock, db
from core.base.access import Actor
from core.base.clock import Millis
from core.base.i18n import _, use
from core.books import rules
from core.outreach import careletters, festivals
from core.outreach.ahead import joined_spans
from core.outreach.careletters import Occasion
from core.outreach.carerules import CareRule, rule_of, rules_of
from core.outreach.festivals import Festival

CHUNK = 1000


def greet_festivals(*, by: Actor, now: Millis) -> int:
    """Queue the greetings of the festivals that are greeted today; how many were new."""
    today = clock.day_of(now, rules.current(now=now).zone)
    return sum(
        careletters.write_all(rule, festival_greetings(rule, festival, year, day, now=now), by=by, now=now)
        for rule, festival, year, day in festivals_greeted(today)
    )


def festivals_greeted(day: date) -> list[tuple[CareRule, Festival, int, date]]:
    """What is greeted on a day: the rule, its festival, the year it is counted under, and the day of the festival."""
    found = []
    for rule in rules_of("festival"):
        kept_on = day + timedelta(days=rule.stages[0])
        found += [
            (rule, festival, year, kept_on)
            for festival, year in festivals.on(kept_on)
            if rule.occasion == f"festival:{festival.code}"
        ]
    return found


def festival_greetings(rule: CareRule, festival: Festival, year: int, day: date, *, now: Millis) -> Iterator[Occasion]:
    """A greeting to every active member of the rule's tiers who can be written to."""
    shop = rules.current(now=now)
    of_tiers, tier_ids = careletters.in_tiers(rule)
    sql = (
        "SELECT m.id, m.language FROM member m JOIN member_person p ON p.member_id = m.id WHERE m.id > ?"
        f" AND m.state = 'active' AND p.phone IS NOT NULL{of_tiers} ORDER BY m.id LIMIT ?"
    )
    last, until = 0, clock.end_of(day, shop.zone)
    while some := db.rows(sql, (last, *tier_ids, CHUNK)):
        last = some[-1][0]
        for member_id, language in some:
            wish = festival.wish(language or shop.language)
            yield Occasion(member_id, f"festival:{member_id}:{festival.code}:{year}", until, {"wish": wish})


def greet_anniversaries(*, by: Actor, now: Millis) -> int:
    """Queue greetings to who joined on this day of an earlier year; how many were new."""
    rule = rule_of("anniversary")
    if not rule.active:
        return 0
    day = clock.day_of(now, rules.current(now=now).zone)
    return careletters.write_all(rule, anniversaries_on(day, rule, now=now), by=by, now=now)


def anniversaries_on(day: date, rule: CareRule, *, now: Millis) -> list[Occasion]:
    """Those who joined on this day of an earlier year; 29 February is kept by the shop's rule."""
    shop = rules.current(now=now)
    of_tiers, tier_ids = careletters.in_tiers(rule)
    sql = (
        "SELECT m.id, m.language FROM member m JOIN member_person p ON p.member_id = m.id WHERE m.joined_at >= ?"
        f" AND m.joined_at < ? AND m.state = 'active' AND p.phone IS NOT NULL{of_tiers} ORDER BY m.id"
    )
    until = clock.end_of(day, shop.zone)
    return [
        Occasion(member_id, f"anniversary:{member_id}:{day.year}", until,
                 {"years": _years(years, language or shop.language)})
        for first, last, years in joined_spans(day, zone=shop.zone, leap_day=shop.leap_day)
        for member_id, language in db.rows(sql, (first, last, *tier_ids))
    ]  # fmt: skip


def _years(years: int, language: str) -> str:
    with use(language):
        return _("one year") if years == 1 else _("{years} years", years=years)
