"""Who may be written to, when: the rules in their order, the look-ahead, gap and budget."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.base import db
from core.base import settings as deployment
from core.base.clock import DAY, HOUR, MINUTE, Millis
from core.books import outbox, rules
from core.books.outbox import Category, Letter
from core.books.rules import RuleInvalid
from core.outreach import budget, care, costs, delivery, foresight, gap, hours, policy
from core.outreach.costs import Rate
from core.outreach.due import Due
from core.outreach.policy import Facts
from core.people import consent, members
from core.people.birthdays import Birthday
from tests.shops import NOON, Shop, at

PURPOSES = ("membership", "service", "marketing")
DUE = Due(7, 1, "+8613800138000", "marketing", "winback", "winback:1:None:1", Millis(NOON + DAY))


@pytest.fixture
def member(shop: Shop) -> int:
    return shop.member("13800138000", name="王伟", purposes=PURPOSES)


@db.atomic
def put(member: int | None, key: str, now: Millis, **given: object) -> int:
    letter = Letter(key, "winback", "marketing", "zh", {"shop": "店", "name": "王"}, Millis(now + 40 * DAY), member)
    queued = outbox.put(replace(letter, **given), now=now)  # type: ignore[arg-type]
    assert queued is not None
    return queued


def state(outbox_id: int) -> tuple[object, ...]:
    found = db.one("SELECT state, reason FROM outbox WHERE id = ?", (outbox_id,))
    assert found is not None
    return found


def leaves(outbox_id: int, now: Millis) -> bool:
    return delivery.claim(outbox_id, owner="a", now=now) is not None


# --- the order -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({"member_state": "blocked"}, ("skipped", "member blocked")),
        ({"suppressed": frozenset({"all"})}, ("skipped", "suppressed")),
        ({"suppressed": frozenset({"marketing"})}, ("skipped", "suppressed")),
        ({"agreed": False}, ("skipped", "no consent (marketing)")),
        ({"agreed_abroad": False}, ("skipped", "no consent (abroad)")),
        ({"occasion_holds": False}, ("skipped", "occasion over")),
        ({"opens_at": Millis(NOON + HOUR)}, ("wait", "quiet hours")),
        ({"opens_at": Millis(NOON + 2 * DAY)}, ("expired", "quiet hours")),
        ({"opens_at": None}, ("expired", "quiet hours")),
        ({"greeting_comes": True}, ("skipped", "a greeting with a gift comes")),
        ({}, ("send", "")),
    ],
)
def test_each_rule_has_its_verdict(changed: dict[str, object], verdict: tuple[str, str]) -> None:
    found = policy.decide(DUE, replace(Facts(), **changed), now=NOON)  # type: ignore[arg-type]
    assert (found.state, found.reason) == verdict


@pytest.mark.parametrize(
    ("channel", "asked", "agreed", "provider", "left"),
    [("sms", 1, False, "twilio", False), ("sms", 1, True, "twilio", True), ("sms", 0, False, "twilio", True),
     ("sms", 1, False, "gateway", True), ("whatsapp", 1, False, "gateway", False)],
)  # fmt: skip
def test_a_provider_abroad_needs_consent_where_the_shop_says_so(
    shop: Shop, member: int, channel: str, asked: int, agreed: bool, provider: str, left: bool
) -> None:
    deployment.use(replace(deployment.current(), channel=provider))
    shop.rule("abroad_consent", asked)
    if agreed:
        consent.grant(member, "abroad", source="till", language="zh", by=shop.owner, now=shop.now)
    one = put(member, "receipt:1", shop.now, channel=channel, category="service")
    assert leaves(one, shop.now) is left
    assert state(one)[1] == (None if left else "no consent (abroad)")


def test_a_code_that_was_asked_for_leaves_by_a_provider_abroad() -> None:
    code = replace(DUE, template="code", category="service")
    assert policy.decide(code, Facts(agreed_abroad=False), now=NOON).state == "send"


def test_a_notice_leaves_although_offers_are_suppressed() -> None:
    notice = replace(DUE, category="service")
    assert policy.decide(notice, Facts(suppressed=frozenset({"marketing"})), now=NOON).state == "send"


facts = st.builds(
    Facts,
    member_state=st.sampled_from(["active", "blocked", "merged", "erased"]),
    suppressed=st.frozensets(st.sampled_from(["all", "marketing"])),
    agreed=st.booleans(),
    occasion_holds=st.booleans(),
    opens_at=st.one_of(st.none(), st.integers(NOON - DAY, NOON + 3 * DAY).map(Millis)),
    greeting_comes=st.booleans(),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(facts=facts, category=st.sampled_from(outbox.CATEGORIES), life=st.integers(-DAY, 2 * DAY))
def test_what_is_sent_is_allowed_and_what_waits_can_still_leave(facts: Facts, category: Category, life: int) -> None:
    due = replace(DUE, category=category, expires_at=Millis(NOON + life))
    found = policy.decide(due, facts, now=NOON)
    if found.state == "send":
        assert facts.agreed
        assert facts.member_state == "active"
        assert "all" not in facts.suppressed
        assert facts.occasion_holds
        assert life > 0
        assert facts.opens_at is not None
        assert facts.opens_at <= NOON
    if found.state == "wait":
        assert found.until_at is not None
        assert NOON < found.until_at < due.expires_at


# --- hours -----------------------------------------------------------------------------------------


def test_hours_may_differ_by_weekday_and_days_may_have_no_offers(shop: Shop, member: int) -> None:
    shop.rule("marketing_hours", "10-20; sat-sun 14-18")
    shop.rule("no_offer_days", "05-30")
    friday_night = at(2026, 5, 29, 21)
    one = put(member, "x:1", friday_night)
    assert not leaves(one, friday_night)
    assert db.value("SELECT not_before FROM outbox WHERE id = ?", (one,)) == at(2026, 5, 31, 14)


def test_the_home_store_and_the_country_of_a_number_say_whose_hours_count(shop: Shop, member: int) -> None:
    @db.atomic
    def move() -> None:
        db.run("UPDATE store SET zone = 'Europe/London' WHERE id = ?", (shop.store,))

    move()
    now_rules = rules.current(now=shop.now)
    assert hours.zones_for(member, "+8613800138000", now_rules) == ("Europe/London",)
    assert hours.zones_for(None, "+8613800138000", now_rules) == ("Asia/Shanghai",)
    assert hours.zones_for(member, "+818012345678", now_rules) == ("Asia/Tokyo",)
    assert "Pacific/Honolulu" in hours.zones_for(member, "+12125551234", now_rules)
    assert hours.zones_for(member, "wang@example.com", now_rules) == ("Europe/London",)


def test_a_number_abroad_is_written_to_in_its_own_hours(shop: Shop, member: int) -> None:
    early = at(2026, 5, 29, 10)  # 04:00 in Berlin
    one = put(member, "x:1", early, address="+4930901820")
    assert not leaves(one, early)
    assert db.value("SELECT not_before FROM outbox WHERE id = ?", (one,)) == at(2026, 5, 29, 16)


def test_a_message_must_have_arrived_when_quiet_hours_begin(shop: Shop, member: int) -> None:
    due = replace(DUE, member_id=member)
    assert policy.open_until(due, now=NOON) == at(2026, 5, 29, 20)
    assert policy.open_until(replace(due, template="code", expires_at=Millis(NOON + MINUTE)), now=NOON) == NOON + MINUTE


@pytest.mark.parametrize(("name", "value"), [("marketing_hours", "20-10"), ("no_offer_days", "13-45")])
def test_hours_that_cannot_be_read_are_refused(shop: Shop, name: str, value: str) -> None:
    with pytest.raises(RuleInvalid):
        shop.rule(name, value)


# --- occasions and the look-ahead ------------------------------------------------------------------


def test_a_birthday_that_was_changed_meanwhile_is_not_greeted(shop: Shop) -> None:
    care.set_rule("birthday", active=True, coupon_kind_id=None, by=shop.owner, now=shop.now)
    member = shop.member("13800138000", purposes=PURPOSES, birthday=Birthday("solar", 5, 29))
    care.greet_birthdays(by=shop.owner, now=shop.now)
    members.set_birthday(member, Birthday("solar", 6, 29), by=shop.owner, now=shop.now)
    one = db.value("SELECT id FROM outbox WHERE template = 'birthday'")
    assert not leaves(one, shop.now)
    assert state(one) == ("skipped", "occasion over")


def test_a_campaign_makes_way_for_a_birthday_with_a_gift(shop: Shop) -> None:
    kind = shop.coupon_kind("生日8折", effect="percent", off_bp=2000)
    care.set_rule("birthday", active=True, coupon_kind_id=kind, by=shop.owner, now=shop.now)
    soon = shop.member("13800138000", purposes=PURPOSES, birthday=Birthday("solar", 6, 8))
    late = shop.member("13900139000", purposes=PURPOSES, birthday=Birthday("solar", 6, 9))
    moon = shop.member("13700137000", purposes=PURPOSES, birthday=Birthday("lunar", 4, 20))
    plain = shop.member("13600136000", purposes=PURPOSES)
    assert foresight.coming_of([soon, late, moon, plain], 10, now=shop.now) == {soon, moon}
    one = put(soon, "campaign:5:1", shop.now, campaign_id=5)
    assert not leaves(one, shop.now)
    assert state(one) == ("skipped", "a greeting with a gift comes")
    assert leaves(put(plain, "campaign:5:2", shop.now, campaign_id=5), shop.now)


def test_without_a_gift_nothing_is_foreseen_but_what_is_queued(shop: Shop) -> None:
    care.set_rule("birthday", active=True, coupon_kind_id=None, by=shop.owner, now=shop.now)
    member = shop.member("13800138000", purposes=PURPOSES, birthday=Birthday("solar", 6, 1))
    assert not foresight.coming(member, 10, now=shop.now)
    put(member, "festival:1:x:2026", shop.now, category="gift_greeting", not_before=Millis(shop.now + 5 * DAY))
    assert foresight.coming(member, 10, now=shop.now)
    assert not foresight.coming(member, 4, now=shop.now)


# --- the gap ---------------------------------------------------------------------------------------


def test_a_refused_message_gives_the_gap_back_and_an_unclear_one_does_not(shop: Shop, member: int) -> None:
    first, second = put(member, "a:1", shop.now), put(member, "a:2", shop.now)
    assert leaves(first, shop.now)
    delivery.refused(first, code="30006", about="message", now=shop.now)
    assert leaves(second, shop.now)
    delivery.unknown(second, reason="time-out", now=shop.now)
    assert not leaves(put(member, "a:3", shop.now), Millis(shop.now + MINUTE))


def test_what_was_given_back_leaves_the_gap_before_it_in_force(shop: Shop, member: int) -> None:
    assert leaves(put(member, "a:1", shop.now), shop.now)
    eleven = Millis(shop.now + 11 * DAY)
    second = put(member, "a:2", eleven)
    assert leaves(second, eleven)
    delivery.refused(second, code="30006", about="message", now=eleven)
    assert db.value("SELECT last_at FROM contact_gap WHERE member_id = ?", (member,)) == shop.now


def test_a_message_that_was_not_taken_does_not_stand_in_its_own_way(shop: Shop, member: int) -> None:
    one = put(member, "a:1", shop.now)
    assert leaves(one, shop.now)
    delivery.not_accepted(one, reason="refused", after_s=None, now=shop.now)
    assert leaves(one, Millis(shop.now + MINUTE))


def test_a_bare_greeting_counts_but_is_never_held(shop: Shop, member: int) -> None:
    assert leaves(put(member, "a:1", shop.now), shop.now)
    greeting = put(member, "a:2", shop.now, category="greeting")
    assert leaves(greeting, Millis(shop.now + MINUTE))
    eleven = Millis(shop.now + 10 * DAY)
    assert not leaves(put(member, "a:3", eleven), eleven)


def test_no_gap_is_said_in_words(shop: Shop) -> None:
    assert str(gap.said(rules.current(now=shop.now))) == "10 days between two offers"
    shop.rule("gap_days", 0)
    assert str(gap.said(rules.current(now=shop.now))) == "no gap: offers may follow each other at once"


# --- budgets ---------------------------------------------------------------------------------------


@pytest.fixture
def priced(shop: Shop) -> Shop:
    """Five fen a part, ten fen a month."""
    costs.set_rate(Rate("CN", "sms", "CNY", 50_000), by=shop.owner, now=shop.now)
    shop.rule("budget_month_cents", 10)
    shop.rule("gap_days", 0)
    return shop


def test_what_is_over_the_budget_of_the_month_waits_for_the_next(priced: Shop, member: int) -> None:
    rows = [put(member, f"a:{number}", priced.now) for number in range(3)]
    assert [leaves(one, priced.now) for one in rows] == [True, True, False]
    assert state(rows[2]) == ("queued", "budget (month)")
    assert db.value("SELECT not_before FROM outbox WHERE id = ?", (rows[2],)) == at(2026, 6, 1, 0)
    assert db.rows("SELECT kind, about FROM alert") == [("budget", "month:2026-05")]
    assert leaves(rows[2], at(2026, 6, 1, 10))


def test_notices_leave_whatever_they_cost_and_count(priced: Shop, member: int) -> None:
    rows = [put(member, f"a:{number}", priced.now, category="service") for number in range(3)]
    assert [leaves(one, priced.now) for one in rows] == [True, True, True]
    assert budget.used("month:2026-05") == 150_000


def test_a_campaign_stops_at_its_own_budget_and_goes_on_when_it_is_raised(priced: Shop, member: int) -> None:
    budget.set_campaign(5, 50_000, by=priced.owner, now=priced.now)
    rows = [put(member, f"a:{number}", priced.now, campaign_id=5) for number in range(2)]
    assert [leaves(one, priced.now) for one in rows] == [True, False]
    assert state(rows[1]) == ("queued", "budget (campaign)")
    assert budget.used("month:2026-05") == 50_000
    budget.set_campaign(5, 100_000, by=priced.owner, now=priced.now)
    assert leaves(rows[1], Millis(priced.now + 6 * HOUR))


def test_a_message_is_counted_once_however_often_it_is_tried_and_given_back_when_refused(
    priced: Shop, member: int
) -> None:
    one = put(member, "a:1", priced.now)
    assert leaves(one, priced.now)
    for tried in (1, 2):
        delivery.not_accepted(one, reason="refused", after_s=None, now=Millis(priced.now + tried * HOUR - HOUR))
        assert leaves(one, Millis(priced.now + tried * HOUR))
        assert budget.used("month:2026-05") == 50_000
    delivery.refused(one, code="30006", about="message", now=priced.now)
    assert budget.used("month:2026-05") == 0


def test_without_a_rate_card_a_budget_holds_nothing(shop: Shop, member: int) -> None:
    shop.rule("budget_month_cents", 1)
    assert leaves(put(member, "a:1", shop.now), shop.now)
    assert db.one("SELECT segments, estimate_micros FROM outbox WHERE template = 'winback'") == (1, None)


# --- consent by channel ----------------------------------------------------------------------------


def test_consent_withdrawn_for_mail_leaves_text_messages(shop: Shop, member: int) -> None:
    consent.withdraw(member, "marketing", source="link", channel="email", by=shop.owner, now=shop.now)
    mail = put(member, "a:1", shop.now, channel="email", address="wang@example.com")
    assert not leaves(mail, shop.now)
    assert state(mail) == ("skipped", "no consent (marketing)")
    assert leaves(put(member, "a:2", shop.now), shop.now)
