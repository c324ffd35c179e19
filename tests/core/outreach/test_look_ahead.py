"""Look-ahead: whose greeting with a gift comes within so many days."""

from datetime import date

import pytest

from core.base import db
from core.base.clock import DAY, Millis
from core.outreach import ahead, care
from core.outreach.ahead import gift_due_within
from core.outreach.carerules import CareRule
from core.people import members
from core.people.birthdays import Birthday
from tests.shops import Shop, at


@pytest.fixture
def gifts(shop: Shop) -> Shop:
    """A shop that gives a coupon for birthdays."""
    kind = shop.coupon_kind("生日8折", effect="percent", off_bp=2000)
    care.set_rule("birthday", active=True, coupon_kind_id=kind, by=shop.owner, now=shop.now)
    return shop


def born(shop: Shop, calendar: str, month: int, day: int) -> int:
    return shop.member(birthday=Birthday(calendar, month, day))  # type: ignore[arg-type]


def test_birthdays_of_both_calendars_from_today_to_the_last_day_are_coming(gifts: Shop) -> None:
    # 29 May 2026 is the 13th of the fourth lunar month, 8 June the 23rd.
    today, last, after = born(gifts, "solar", 5, 29), born(gifts, "solar", 6, 8), born(gifts, "solar", 6, 9)
    lunar_last, lunar_after = born(gifts, "lunar", 4, 23), born(gifts, "lunar", 4, 24)
    everyone = [today, last, after, lunar_last, lunar_after]
    assert gift_due_within(everyone, 10, now=gifts.now) == {today, last, lunar_last}
    assert gift_due_within([last, after], 10, now=gifts.now) == {last}
    assert gift_due_within([], 10, now=gifts.now) == set()


def test_without_a_gift_or_switched_off_nothing_is_coming(shop: Shop) -> None:
    member = born(shop, "solar", 6, 1)
    assert gift_due_within([member], 10, now=shop.now) == set()
    care.set_rule("birthday", active=True, coupon_kind_id=None, by=shop.owner, now=shop.now)
    assert gift_due_within([member], 10, now=shop.now) == set()
    shop.rule("birthday_points", 50)
    assert gift_due_within([member], 10, now=shop.now) == {member}


def test_a_gift_of_a_tier_is_coming_for_its_members_alone(shop: Shop) -> None:
    kind = shop.coupon_kind("金卡生日", effect="amount", off_cents=1000)
    shop.tier("gold", 1, birthday_coupon_kind_id=kind)
    care.set_rule("birthday", active=True, coupon_kind_id=None, by=shop.owner, now=shop.now)
    plain, gold = born(shop, "solar", 6, 1), born(shop, "solar", 6, 1)
    shop.put_in_tier(gold, "gold")
    assert gift_due_within([plain, gold], 10, now=shop.now) == {gold}


def test_whoever_had_a_gift_within_300_days_gets_none_again(gifts: Shop) -> None:
    member = born(gifts, "solar", 12, 20)
    care.greet_birthdays(by=gifts.owner, now=at(2026, 12, 20, 9))
    members.set_birthday(member, Birthday("solar", 1, 5), by=gifts.owner, now=at(2026, 12, 21))
    assert gift_due_within([member], 10, now=at(2027, 1, 1)) == set()
    assert gift_due_within([member], 10, now=at(2028, 1, 1)) == {member}


def test_the_day_itself_still_counts_after_the_gift_was_given(gifts: Shop) -> None:
    member = born(gifts, "solar", 12, 20)
    care.greet_birthdays(by=gifts.owner, now=at(2026, 12, 20, 9))
    assert gift_due_within([member], 10, now=at(2026, 12, 20, 10)) == {member}


def test_greetings_before_the_day_are_coming_so_much_earlier(gifts: Shop) -> None:
    gifts.rule("birthday_days_before", 3)
    soon, later = born(gifts, "solar", 6, 11), born(gifts, "solar", 6, 12)
    assert gift_due_within([soon, later], 10, now=gifts.now) == {soon}


def test_anniversaries_and_festivals_with_a_gift_come_before_a_campaign(shop: Shop) -> None:
    member = shop.member()
    now = Millis(shop.now + 360 * DAY)  # 24 May 2027; joined on 29 May
    care.save_rule(CareRule("anniversary", True, None, points=20), by=shop.owner, now=now)
    assert gift_due_within([member], 4, now=now) == set()
    assert gift_due_within([member], 5, now=now) == {member}
    assert gift_due_within([member], 5, now=now, rank=2) == set()  # before a festival an anniversary is no higher
    care.save_rule(CareRule("festival:moon", True, None, points=20), by=shop.owner, now=now)
    assert gift_due_within([member], 10, now=at(2026, 9, 15), rank=3) == {member}
    assert gift_due_within([member], 9, now=at(2026, 9, 15), rank=3) == set()


def test_many_members_are_compared_as_few_are(gifts: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    soon, later = born(gifts, "solar", 6, 1), born(gifts, "solar", 8, 1)
    assert gift_due_within([soon, later], 10, now=gifts.now) == {soon}
    monkeypatch.setattr(ahead, "FEW", 1)
    assert gift_due_within([soon, later], 10, now=gifts.now) == {soon}


def test_an_anniversary_of_29_february_is_kept_by_the_rule_of_the_shop(shop: Shop) -> None:
    shop.now = at(2024, 2, 29)
    member = shop.member()
    care.save_rule(CareRule("anniversary", True, None, points=20), by=shop.owner, now=shop.now)
    found = [day for day in (27, 28) if gift_due_within([member], 0, now=at(2026, 2, day))]
    assert found == [28]
    spans = ahead.joined_spans(date(2026, 2, 28), zone="Asia/Shanghai", leap_day="02-28")
    assert [years for *_, years in spans] == [2, 1, 2]  # the 28th of 2024 and 2025, the 29th of 2024


def test_an_offer_that_waits_keeps_others_back_until_it_is_too_late_for_it(shop: Shop) -> None:
    member, other = shop.member("13800138000", purposes=("membership", "marketing")), shop.member("13900139000")
    care.save_rule(CareRule("welcome", True, None, days=(7,)), by=shop.owner, now=shop.now)
    week = Millis(shop.now + 7 * DAY)
    assert care.welcome_back(by=shop.owner, now=week) == 1
    assert ahead.busy([member, other], now=week) == {member}
    assert ahead.busy([member, other], now=Millis(week + 3 * DAY)) == set()
    assert ahead.busy([], now=week) == set()


def test_a_gap_that_ends_within_hours_is_as_good_as_over_and_a_gap_of_0_is_none(shop: Shop) -> None:
    member = shop.member("13800138000")
    begin_gap(member, shop.now)
    hours = [237, 233]
    found = [ahead.busy([member], now=Millis(shop.now + hour * 3_600_000)) for hour in hours]
    assert found == [set(), {member}]
    shop.rule("gap_days", 0)
    assert ahead.busy([member], now=shop.now) == set()


@db.atomic
def begin_gap(member: int, moment: Millis) -> None:
    db.add("contact_gap", member_id=member, last_at=moment, outbox_id=1)
