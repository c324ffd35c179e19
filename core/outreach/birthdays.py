"""Birthday greetings, solar and lunar: each once a year of its calendar, with the gift of the tier or the shop."""

from dataclasses import dataclass
from datetime import date, timedelta

from core.base import clock, db, lunar
from core.base.access import Actor
from core.base.clock import Millis
from core.books import audit, outbox, rules
from core.books.outbox import Letter
from core.outreach import ahead, careletters, gifts
from core.outreach.carerules import CareRule, rule_of


@dataclass(frozen=True)
class Celebrant:
    """A member whose birthday is kept today, and the year it is counted under."""

    member_id: int
    name: str
    language: str
    year: int


def birthdays_on(day: date, *, leap_day: str, rule: CareRule | None = None) -> list[Celebrant]:
    """Members whose birthday, solar or lunar, is kept on a day; only those of a rule's tiers, if one is given."""
    of_tiers, tier_ids = careletters.in_tiers(rule) if rule else ("", ())
    sql = (
        "SELECT p.member_id, p.name, m.language FROM member_person p JOIN member m ON m.id = p.member_id"
        " WHERE p.birth_calendar = ? AND p.birth_month = ? AND p.birth_day = ? AND m.state = 'active'"
        f"{of_tiers} ORDER BY p.member_id"
    )
    return [
        Celebrant(row[0], row[1] or "", row[2], key.year)
        for key in lunar.kept_on(day, leap_day=leap_day)
        for row in db.rows(sql, (key.calendar, key.month, key.day, *tier_ids))
    ]


def greet_birthdays(*, by: Actor, now: Millis) -> int:
    """Queue the birthday greetings of today, or of so many days ahead as the shop says; how many were new."""
    shop, rule = rules.current(now=now), rule_of("birthday")
    if not rule.active:
        return 0
    day = clock.day_of(now, shop.zone) + timedelta(days=shop.birthday_days_before)
    found = birthdays_on(day, leap_day=shop.leap_day, rule=rule)
    return sum(_greet(one, rule, day, by=by, now=now) for one in found)


@db.atomic
def _greet(one: Celebrant, rule: CareRule, day: date, *, by: Actor, now: Millis) -> int:
    """Within the gap, or to someone who wants no offers, the greeting does not speak of the gift, which is given."""
    key = f"birthday:{one.member_id}:{one.year}"
    if careletters.is_written(key):
        return 0
    gift = gifts.for_birthday(one.member_id, rule, now=now)
    given = gifts.give_birthday(one.member_id, gift, one.year, by=by, now=now)
    language = outbox.language_of(one.member_id, now=now)
    variables = careletters.named(one.member_id, language, now=now)
    told = given != gifts.NOTHING and _may_tell(one.member_id, now)
    if told:
        variables["coupon"] = given.said(language)
    letter = Letter(
        dedupe_key=key,
        template="birthday_gift" if told else "birthday",
        category="gift_greeting" if told else "greeting",
        language=language,
        variables=variables,
        member_id=one.member_id,
        expires_at=clock.end_of(day, rules.current(now=now).zone),
    )
    queued = outbox.put(letter, now=now)
    after = {"occasion": "birthday", "gift": given != gifts.NOTHING}
    audit.record("care.greeted", "member", one.member_id, by=by, now=now, after=after)
    return int(queued is not None)


def _may_tell(member_id: int, now: Millis) -> bool:
    return careletters.wants_offers(member_id) and not ahead.busy([member_id], now=now)
