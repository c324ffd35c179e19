"""Win-back 挽回: a word to who stays away, by their own rhythm or by days of silence, in stages."""

from collections.abc import Iterable
from datetime import date

from core.base import clock, db
from core.base.access import Actor
from core.base.clock import DAY, Millis
from core.books import rules
from core.outreach import careletters, heldout
from core.outreach.careletters import Occasion
from core.outreach.carerules import CareRule, rule_of

WINDOW_DAYS = 30
"""So long after a stage began it is still written; whoever is away for longer when a shop begins is left alone."""
GOOD_DAYS = 7


def win_back(*, by: Actor, now: Millis) -> int:
    """Queue a word to members who have an open churn warning or are silent for the days of a stage; how many."""
    rule = rule_of("winback")
    if not rule.active:
        return 0
    today = clock.day_of(now, rules.current(now=now).zone)
    return careletters.write_all(rule, silent(rule, today, now=now), by=by, now=now)


def stage(stages: tuple[int, ...], silent_days: int, *, warned: bool) -> int | None:
    """The stage for so many days of silence, 1 for the first; a warning begins the first by the member's own rhythm."""
    reached = [number for number, days in enumerate(stages, 1) if days <= silent_days]
    if not reached:
        return 1 if warned else None
    late = silent_days - stages[reached[-1] - 1]
    return reached[-1] if late < WINDOW_DAYS else None


def silent(rule: CareRule, today: date, *, now: Millis) -> list[Occasion]:
    """Who is written to today; once a stage and last visit, and nobody who is held out of something watched."""
    until, found, away = Millis(now + GOOD_DAYS * DAY), [], list(_away(rule, today))
    held = heldout.of_any([member_id for member_id, *_ in away], when=now)
    for member_id, last_day, warned in away:
        if member_id in held:
            continue
        number = stage(rule.stages, today.toordinal() - last_day, warned=bool(warned))
        if number is not None:
            found.append(Occasion(member_id, f"winback:{member_id}:{last_day}:{number}", until))
    return found


def _away(rule: CareRule, today: date) -> Iterable[tuple[int, int, int]]:
    """Members with their last visit and whether they are warned of: silent for a stage, or with an open warning."""
    of_tiers, tier_ids = careletters.in_tiers(rule)
    sql = (
        "SELECT m.id, t.last_day, CASE WHEN w.id IS NULL THEN 0 ELSE 1 END FROM member_stats t"
        " JOIN member m ON m.id = t.member_id JOIN member_person p ON p.member_id = m.id"
        " LEFT JOIN churn_warning w ON w.member_id = m.id AND w.state = 'open' AND w.last_visit_day = t.last_day"
        " WHERE t.last_day > ? AND (t.last_day <= ? OR w.id IS NOT NULL) AND m.state = 'active'"
        f" AND p.phone IS NOT NULL{of_tiers} ORDER BY m.id"
    )
    day = today.toordinal()
    return db.rows(sql, (day - rule.stages[-1] - WINDOW_DAYS, day - rule.stages[0], *tier_ids))


def beginning(rule: CareRule, first: date, days: int) -> dict[date, list[int]]:
    """Who begins a stage of silence on which of some days, if they do not come until then."""
    of_tiers, tier_ids = careletters.in_tiers(rule)
    sql = (
        "SELECT m.id, t.last_day FROM member_stats t JOIN member m ON m.id = t.member_id"
        " JOIN member_person p ON p.member_id = m.id WHERE t.last_day >= ? AND t.last_day < ? AND m.state = 'active'"
        f" AND p.phone IS NOT NULL{of_tiers} ORDER BY m.id"
    )
    found: dict[date, list[int]] = {}
    for silent_days in rule.stages:
        since = first.toordinal() - silent_days
        for member_id, last_day in db.rows(sql, (since, since + days, *tier_ids)):
            found.setdefault(date.fromordinal(last_day + silent_days), []).append(member_id)
    return found
