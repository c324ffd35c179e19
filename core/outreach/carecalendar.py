"""The calendar of care: what goes out on each of the days to come, as far as it is known today."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

from core.base import clock, db
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid
from core.base.i18n import N_, T, Text, scope
from core.books import rules
from core.loyalty import tiers
from core.outreach import birthdays, careletters, followups, gifts, greetings, notices, winback
from core.outreach.carerules import CareRule, rule_of, rules_of

MOST_DAYS, MOST_NAMES = 62, 5

NAMES: dict[str, str] = {
    "birthday": N_("birthdays"),
    "anniversary": N_("anniversaries"),
    "welcome": N_("word to new members"),
    "winback": N_("win-back"),
    "points": N_("points that expire"),
    "coupons": N_("coupons that lapse"),
    "tier_near": N_("next tier near"),
}


@dataclass(frozen=True)
class CareDay:
    """One occasion on one day: how many members it is for, the gift in words, and the first few names.

    Of coming days only what is known today: who joins, buys or stays away until then is not in it.
    """

    day: date
    occasion: str
    name: Text
    count: int
    gift: str = ""
    names: tuple[str, ...] = ()


class CalendarTooLong(Invalid):
    """A calendar is asked for too many days at once, or for none."""

    code = "calendar_too_long"
    text = N_("A calendar shows 1 to {most} days at once, not {days}.")


def calendar(first_day: date, days: int, *, by: Actor, now: Millis) -> list[CareDay]:
    """What goes out on each day from the first, by day and occasion; days gone by are left out.

    Names are given to who may find members. Raises: NotAllowed, CalendarTooLong.
    """
    require(by, "care")
    if not 1 <= days <= MOST_DAYS:
        raise CalendarTooLong(field="days", days=days, most=MOST_DAYS)
    today, found = clock.day_of(now, rules.current(now=now).zone), list[CareDay]()
    away = rule_of("winback")
    with db.read():
        silent = winback.beginning(away, first_day, days) if away.active else {}
        for day in (first_day + timedelta(days=number) for number in range(days)):
            if day >= today:
                found += [*_greeted(day, by=by, now=now), *_told(day, by=by, now=now)]
                found += _line(day, away, silent.get(day, []), by=by)
    return found


def _line(day: date, rule: CareRule, members: Iterable[int], *, by: Actor, name: Text | None = None,
          count: int | None = None, gift: str | None = None) -> list[CareDay]:  # fmt: skip
    """One line, none where nobody is concerned."""
    wanted = list(members)
    number = len(wanted) if count is None else count
    if not number:
        return []
    said = gifts.of_rule(rule).said(scope().language) if gift is None else gift
    names = _names(wanted[:MOST_NAMES]) if by.may("member.find") else ()
    return [CareDay(day, rule.occasion, name or Text(NAMES[rule.occasion]), number, said, names)]


def _greeted(day: date, *, by: Actor, now: Millis) -> list[CareDay]:
    """Birthdays, anniversaries and festivals."""
    shop, found, birthday, joined = rules.current(now=now), list[CareDay](), rule_of("birthday"), rule_of("anniversary")
    if birthday.active:
        kept_on = day + timedelta(days=shop.birthday_days_before)
        born = birthdays.birthdays_on(kept_on, leap_day=shop.leap_day, rule=birthday)
        found += _line(day, birthday, [one.member_id for one in born], by=by, gift=_birthday_gift(birthday, now))
    if joined.active:
        members = [one.member_id for one in greetings.anniversaries_on(day, joined, now=now)]
        found += _line(day, joined, members, by=by)
    for rule, festival, year, kept_on in greetings.festivals_greeted(day):
        some = islice(greetings.festival_greetings(rule, festival, year, kept_on, now=now), MOST_NAMES)
        name, count = Text("{festival}", (("festival", festival.name(scope().language)),)), _reachable(rule)
        found += _line(day, rule, [one.member_id for one in some], by=by, name=name, count=count)
    return found


def _birthday_gift(rule: CareRule, now: Millis) -> str:
    """The shop's gift in words; members of a tier with its own coupon get that one."""
    shop, given = rules.current(now=now), gifts.of_rule(rule)
    said = gifts.Gift(given.kind_id, given.kind_name, shop.birthday_points).said(scope().language)
    own = any(tier.birthday_coupon_kind_id for tier in tiers.all_tiers(now=now))
    return said or (str(T("by tier")) if own else "")


def _told(day: date, *, by: Actor, now: Millis) -> list[CareDay]:
    """Points and coupons that end, follow-ups and new members."""
    found, welcome = list[CareDay](), rule_of("welcome")
    for rule in (rule_of("points"), rule_of("coupons")):
        stages = notices.stages_of(rule, now=now) if rule.active else ()
        members = {
            one[0]
            for days in stages
            for one in notices.ending(rule, days, day + timedelta(days=days), day + timedelta(days=days), now=now)
            if one[1] == day + timedelta(days=days)
        }
        found += _line(day, rule, sorted(members), by=by)
    if welcome.active:
        fresh = followups.newcomers(welcome, day, now=now, late_days=0)
        found += _line(day, welcome, [one.member_id for one in fresh], by=by)
    for rule in rules_of("followup"):
        category = db.value("SELECT name FROM category WHERE id = ?", (int(rule.occasion.partition(":")[2]),))
        name = T("after sales of {category}", category=category or "—")
        sales = followups.sales_followed(rule, day, now=now, late_days=0)
        found += _line(day, rule, [one.member_id for one in sales], by=by, name=name)
    return found


def _reachable(rule: CareRule) -> int:
    """How many members of a rule's tiers can be written to."""
    of_tiers, tier_ids = careletters.in_tiers(rule)
    sql = (
        "SELECT count(*) FROM member m JOIN member_person p ON p.member_id = m.id WHERE m.state = 'active'"
        f" AND p.phone IS NOT NULL{of_tiers}"
    )
    return int(db.value(sql, tier_ids))


def _names(member_ids: Sequence[int]) -> tuple[str, ...]:
    """The names of some members, in their order; '—' for one without."""
    if not member_ids:
        return ()
    marks = ", ".join("?" * len(member_ids))
    known: dict[int, str | None] = dict(
        db.rows(f"SELECT member_id, name FROM member_person WHERE member_id IN ({marks})", member_ids)
    )
    return tuple(known.get(one) or "—" for one in member_ids)
