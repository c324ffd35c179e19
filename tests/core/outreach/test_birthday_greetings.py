"""Birthday greetings at the borders: leap months, turns of the year, 29 February, the gap, tiers, no consent."""

from datetime import date, timedelta

import pytest

from core.base import access, clock, db
from core.base.clock import DAY, Millis
from core.outreach import care, carerules, delivery
from core.outreach.carerules import CareRule
from core.people import consent, members
from core.people.birthdays import Birthday
from tests.shops import Shop, at

JOB = access.scheduler("test")
PURPOSES = ("membership", "service", "marketing")


@pytest.fixture
def gifts(shop: Shop) -> Shop:
    """A shop that gives a coupon for birthdays."""
    kind = shop.coupon_kind("生日8折", effect="percent", off_bp=2000)
    care.set_rule("birthday", active=True, coupon_kind_id=kind, by=shop.owner, now=shop.now)
    return shop


def greeted(first: date, last: date) -> list[tuple[str, str]]:
    """The job of each morning between two days: when a greeting was queued, and under which key."""
    found = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        now = clock.at_time(day, 9, 0, "Asia/Shanghai")
        care.greet_birthdays(by=JOB, now=now)
        keys = db.rows(
            "SELECT dedupe_key FROM outbox WHERE created_at = ? AND template IN ('birthday', 'birthday_gift')", (now,)
        )
        found += [(str(day), key.partition(":")[2].partition(":")[2]) for (key,) in keys]
    return found


@pytest.mark.parametrize(
    ("birthday", "first", "last", "kept"),
    [
        # Twice in the solar year 2026, each of its own lunar year.
        (Birthday("lunar", 11, 20), date(2026, 1, 5), date(2026, 1, 11), [("2026-01-08", "2025")]),
        (Birthday("lunar", 11, 20), date(2026, 12, 25), date(2026, 12, 31), [("2026-12-28", "2026")]),
        # Born in a leap month: the plain month, and not again in a leap one.
        (Birthday("lunar", 6, 10, 1987, leap=True), date(2025, 6, 25), date(2025, 8, 10), [("2025-07-04", "2025")]),
        (Birthday("lunar", 11, 10), date(2033, 11, 28), date(2034, 1, 5), [("2033-12-01", "2033")]),
        # The 30th of a twelfth month of 29 days.
        (Birthday("lunar", 12, 30), date(2027, 2, 1), date(2027, 2, 8), [("2027-02-05", "2026")]),
        (Birthday("lunar", 8, 15), date(2026, 9, 20), date(2026, 9, 30), [("2026-09-25", "2026")]),
        (Birthday("solar", 2, 29, 1996), date(2027, 2, 26), date(2027, 3, 2), [("2027-02-28", "2027")]),
        (Birthday("solar", 2, 29, 1996), date(2028, 2, 26), date(2028, 3, 2), [("2028-02-29", "2028")]),
        (Birthday("solar", 12, 31), date(2026, 12, 30), date(2027, 1, 2), [("2026-12-31", "2026")]),
    ],
)  # fmt: skip
def test_a_birthday_is_greeted_once_on_its_day(
    one_shop: Shop, birthday: Birthday, first: date, last: date, kept: list[tuple[str, str]]
) -> None:
    care.set_rule("birthday", active=True, coupon_kind_id=None, by=one_shop.owner, now=one_shop.now)
    one_shop.member("13800138000", birthday=birthday, purposes=PURPOSES)
    assert greeted(first, last) == kept


def sent(member: int) -> tuple[str, str, int]:
    """Template and category of the greeting, and how many coupons the member has."""
    row = db.one(
        "SELECT template, category FROM outbox WHERE member_id = ? AND template IN ('birthday', 'birthday_gift')",
        (member,),
    )
    assert row is not None
    return (*row, db.value("SELECT count(*) FROM coupon WHERE member_id = ?", (member,)))


def test_a_member_who_wants_no_offers_is_greeted_barely_and_finds_the_gift_on_the_card(gifts: Shop) -> None:
    member = gifts.member("13800138000", birthday=Birthday("solar", 6, 1), purposes=("membership", "service"))
    care.greet_birthdays(by=JOB, now=at(2026, 6, 1, 9))
    assert sent(member) == ("birthday", "greeting", 1)


def test_who_ended_offers_by_text_message_alone_is_greeted_barely(gifts: Shop) -> None:
    member = gifts.member("13800138000", name="王伟芳", purposes=PURPOSES)
    members.set_birthday(member, Birthday("solar", 5, 29), by=gifts.owner, now=gifts.now)
    consent.withdraw(member, "marketing", source="sms", channel="sms", by=gifts.owner, now=gifts.now)
    care.greet_birthdays(by=JOB, now=gifts.now)
    ((outbox_id, template),) = db.rows(
        "SELECT id, template FROM outbox WHERE category IN ('greeting', 'gift_greeting')"
    )
    assert template == "birthday"
    assert delivery.claim(outbox_id, owner="a", now=gifts.now) is not None


@pytest.mark.parametrize(("days_ago", "template"), [(5, "birthday"), (10, "birthday_gift")])
def test_within_the_gap_a_greeting_does_not_speak_of_its_gift(gifts: Shop, days_ago: int, template: str) -> None:
    member = gifts.member("13800138000", birthday=Birthday("solar", 6, 20), purposes=PURPOSES)
    had(member, Millis(at(2026, 6, 20, 9) - days_ago * DAY))
    care.greet_birthdays(by=JOB, now=at(2026, 6, 20, 9))
    assert sent(member)[::2] == (template, 1)


@db.atomic
def had(member: int, moment: Millis) -> None:
    db.add("contact_gap", member_id=member, last_at=moment, outbox_id=1)


def test_a_rule_for_tiers_greets_their_members_alone(shop: Shop) -> None:
    shop.tier("gold", 1)
    gold = shop.member("13800138000", tier="gold", birthday=Birthday("solar", 6, 1))
    shop.member("13900139000", birthday=Birthday("solar", 6, 1))
    care.save_rule(CareRule("birthday", True, None, tier_ids=(shop.tiers["gold"],)), by=shop.owner, now=shop.now)
    assert care.greet_birthdays(by=JOB, now=at(2026, 6, 1, 9)) == 1
    assert db.rows("SELECT member_id FROM outbox WHERE template = 'birthday'") == [(gold,)]


def test_a_shop_may_greet_days_before_and_the_greeting_lives_to_the_end_of_the_birthday(gifts: Shop) -> None:
    gifts.rule("birthday_days_before", 2)
    gifts.member("13800138000", birthday=Birthday("solar", 6, 3), purposes=PURPOSES)
    assert [care.greet_birthdays(by=JOB, now=at(2026, 6, day, 9)) for day in (1, 2, 3)] == [1, 0, 0]
    assert db.value("SELECT expires_at FROM outbox WHERE template = 'birthday_gift'") == at(2026, 6, 4, 0)


def test_a_member_without_a_name_is_still_addressed(shop: Shop) -> None:
    care.set_rule("birthday", active=True, coupon_kind_id=None, by=shop.owner, now=shop.now)
    shop.member("13800138000", language="en", birthday=Birthday("solar", 6, 1), purposes=PURPOSES)
    care.greet_birthdays(by=JOB, now=at(2026, 6, 1, 9))
    assert '"name": "dear member"' in db.value("SELECT variables FROM outbox WHERE template = 'birthday'")


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (CareRule("easter", True, None), "no occasion"),
        (CareRule("festival", True, None), "no occasion"),
        (CareRule("birthday:7", True, None), "no occasion"),
        (CareRule("festival:easter", True, None), "no festival"),
        (CareRule("followup:7", True, None), "no category"),
        (CareRule("followup:tea", True, None), "no category"),
        (CareRule("points", True, None, days=(90, 60, 30, 7)), "at most 3"),
        (CareRule("winback", True, None, days=(0,)), "between 1 and 365"),
        (CareRule("coupons", True, None, days=(366,)), "between 0 and 365"),
        (CareRule("points", True, None, points=5), "no gift"),
        (CareRule("birthday", True, None, points=5), "birthday_points"),
        (CareRule("anniversary", True, None, points=-1), "between 0"),
        (CareRule("anniversary", True, 7), "coupon"),
        (CareRule("anniversary", True, None, tier_ids=(7,)), "tiers"),
        (CareRule("tier_near", True, None), "above 0"),
    ],
)
def test_rules_that_make_no_sense_are_refused(one_shop: Shop, rule: CareRule, said: str) -> None:
    with pytest.raises(carerules.CareRuleInvalid) as refused:
        care.save_rule(rule, by=one_shop.owner, now=one_shop.now)
    assert said in str(refused.value)


def test_switching_a_rule_keeps_what_else_it_says(shop: Shop) -> None:
    care.save_rule(CareRule("winback", True, None, days=(90, 60, 60)), by=shop.owner, now=shop.now)
    care.set_rule("winback", active=False, coupon_kind_id=None, by=shop.owner, now=shop.now)
    assert care.rule_of("winback") == CareRule("winback", False, None, days=(60, 90))
    assert [(rule.occasion, rule.active) for rule in care.all_rules() if rule.active] == [("points", True)]
