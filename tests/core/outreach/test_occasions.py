"""Festivals, anniversaries, follow-ups, new members, win-back, near tiers: who is written to, with which gift, once."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base import access, db
from core.base.clock import DAY, Millis
from core.loyalty import points, statement
from core.outreach import care, careletters, carerules, festivals, followups, notices, occasions, policy, winback
from core.outreach.carerules import CareRule
from core.outreach.due import Due
from core.outreach.festivals import Festival
from core.people.birthdays import Birthday
from core.selling import receipts, refunds
from core.selling.refunds import ReturnLine
from tests import queries
from tests.shops import Shop, at

JOB = access.scheduler("test")
PURPOSES = ("membership", "service", "marketing")
MOON = at(2026, 9, 25, 9)


def join(shop: Shop, phone: str, **given: object) -> int:
    return shop.member(phone, **({"purposes": PURPOSES} | given))


def rule(shop: Shop, occasion: str, **given: object) -> None:
    care.save_rule(CareRule(occasion, True, **({"coupon_kind_id": None} | given)), by=shop.owner, now=shop.now)  # type: ignore[arg-type]


def coupon(shop: Shop) -> int:
    return shop.coupon_kind("满50减5", effect="amount", off_cents=500)


def letters_to(member: int) -> list[tuple[str, str, str]]:
    """Template, category and key of what was written to a member beside the welcome, oldest first."""
    sql = "SELECT template, category, dedupe_key FROM outbox WHERE member_id = ? AND template <> 'welcome' ORDER BY id"
    return [tuple(row) for row in db.rows(sql, (member,))]


def facts(template: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(db.value("SELECT variables FROM outbox WHERE template = ?", (template,)))
    return found


def test_a_notice_of_points_that_were_spent_is_not_sent_for_later_ones(shop: Shop) -> None:
    member = join(shop, "13800138000")
    later = at(2026, 8, 31, 12)
    shop.rule("points_months", 2)
    shop.give_points(member, 50, now=later)
    due = Due(1, member, "+8613800138000", "service", "points_expiring", f"points-expiry:{member}:2026-06-30:7",
              Millis(later + DAY), "sms", None, shop.now)  # fmt: skip
    assert not occasions.holds(due, now=shop.now)
    soon = replace(due, dedupe_key=f"points-expiry:{member}:2026-10-31:7")
    assert occasions.holds(soon, now=later)


# --- festivals and anniversaries -------------------------------------------------------------------


def test_a_festival_is_greeted_once_with_its_gift_in_the_same_transaction(shop: Shop) -> None:
    member = join(shop, "13800138000", name="王伟")
    rule(shop, "festival:moon", coupon_kind_id=coupon(shop), points=30)
    assert [care.greet_festivals(by=JOB, now=Millis(MOON + moment)) for moment in (-DAY, 0, 1, DAY)] == [0, 1, 0, 0]
    assert letters_to(member) == [("festival_gift", "gift_greeting", f"festival:{member}:moon:2026")]
    assert facts("festival_gift")["wish"] == "中秋快乐，月圆人圆"
    assert facts("festival_gift")["coupon"] == "满50减5 + 30 积分"
    outbox_id = db.value("SELECT id FROM outbox WHERE template = 'festival_gift'")
    assert db.rows("SELECT ref_kind, ref_id, state FROM coupon") == [("festival", outbox_id, "issued")]
    assert points.state(member, now=MOON).balance == 30
    assert statement.WORDS[statement.of(member, "points", limit=1)[0].kind] == "a gift of the shop"


def test_festivals_that_are_not_switched_on_are_not_greeted(shop: Shop) -> None:
    member = join(shop, "13800138000")
    assert care.greet_festivals(by=JOB, now=MOON) == 0
    assert letters_to(member) == []


@pytest.mark.parametrize(
    ("purposes", "birthday", "written"),
    [
        (PURPOSES, None, ["festival_gift"]),
        (("membership", "service"), None, ["festival"]),
        (PURPOSES, Birthday("solar", 10, 5), []),  # a birthday gift comes ten days later
        (PURPOSES, Birthday("solar", 10, 6), ["festival_gift"]),
    ],
)
def test_a_festival_with_a_gift_gives_way_to_a_birthday_and_to_who_wants_no_offers(
    shop: Shop, purposes: tuple[str, ...], birthday: Birthday | None, written: list[str]
) -> None:
    member = join(shop, "13800138000", purposes=purposes, birthday=birthday)
    rule(shop, "birthday", coupon_kind_id=coupon(shop))
    rule(shop, "festival:moon", points=30)
    care.greet_festivals(by=JOB, now=MOON)
    assert [template for template, *_ in letters_to(member)] == written
    assert points.state(member, now=MOON).balance == (30 if written == ["festival_gift"] else 0)


def test_a_festival_within_the_gap_is_greeted_barely_and_brings_no_gift(shop: Shop) -> None:
    member = join(shop, "13800138000")
    rule(shop, "festival:national", points=30)
    db_gap(member, MOON)
    assert care.greet_festivals(by=JOB, now=at(2026, 10, 1, 9)) == 1
    assert letters_to(member) == [("festival", "greeting", f"festival:{member}:national:2026")]
    assert points.state(member, now=at(2026, 10, 1)).balance == 0


@db.atomic
def db_gap(member: int, moment: Millis) -> None:
    db.add("contact_gap", member_id=member, last_at=moment, outbox_id=1)


def test_a_shop_adds_a_festival_of_its_own_and_ends_it(shop: Shop) -> None:
    own = Festival("shop-day", "solar:6-18", "店庆", "Shop day", "店庆快乐", "Happy shop day")
    festivals.add(own, by=shop.owner, now=shop.now)
    assert [(one.code, year) for one, year in festivals.on(date(2026, 6, 18))] == [("shop-day", 2026)]
    member = join(shop, "13800138000", language="en", name="Anna")
    rule(shop, "festival:shop-day", days=(2,))
    assert care.greet_festivals(by=JOB, now=at(2026, 6, 16, 9)) == 1
    assert letters_to(member) == [("festival", "greeting", f"festival:{member}:shop-day:2026")]
    assert facts("festival") == {"shop": "Regulars", "name": "Anna", "wish": "Happy shop day"}
    festivals.end("shop-day", by=shop.owner, now=shop.now)
    assert festivals.on(date(2026, 6, 18)) == []
    with pytest.raises(festivals.FestivalUnknown):
        festivals.end("shop-day", by=shop.owner, now=shop.now)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("x", "solar:6-18", "店庆"), "code"),
        (("moon", "solar:6-18", "店庆"), "already"),
        (("shop-day", "solar:2-30", "店庆"), "rule like"),
        (("shop-day", "solar:6-18", ""), "name and wish"),
    ],
)
def test_a_festival_that_cannot_be_is_refused(one_shop: Shop, changed: tuple[str, str, str], said: str) -> None:
    with pytest.raises(festivals.FestivalInvalid, match=said):
        festivals.add(Festival(*changed, "Day", "快乐", "Happy day"), by=one_shop.owner, now=one_shop.now)


def test_an_anniversary_is_greeted_on_its_day_in_the_members_words(shop: Shop) -> None:
    member, english = join(shop, "13800138000", name="王伟"), join(shop, "13900139000", name="Anna", language="en")
    rule(shop, "anniversary")
    found = [care.greet_anniversaries(by=JOB, now=at(year, 5, day, 9)) for year, day in ((2026, 29), (2027, 28))]
    assert found == [0, 0]
    assert [care.greet_anniversaries(by=JOB, now=at(year, 5, 29, 9)) for year in (2027, 2027, 2028)] == [2, 0, 2]
    assert letters_to(member)[0] == ("anniversary", "greeting", f"anniversary:{member}:2027")
    sql = "SELECT variables FROM outbox WHERE member_id = ? AND template = 'anniversary' ORDER BY id"
    years = [json.loads(row[0])["years"] for one in (member, english) for row in db.rows(sql, (one,))]
    assert years == ["1 年", "2 年", "one year", "2 years"]


# --- after a visit ---------------------------------------------------------------------------------


@pytest.fixture
def teas(shop: Shop) -> Shop:
    """A shop that sells tea sets of a category, and cakes of none."""
    shop.product("tea set", 48_000, category="茶具")
    shop.product("cake", 3200)
    category = db.value("SELECT id FROM category WHERE name = '茶具'")
    rule(shop, f"followup:{category}", days=(3,))
    return shop


def test_a_sale_of_the_category_is_followed_once_some_days_later(teas: Shop) -> None:
    member, other = join(teas, "13800138000", name="王伟"), join(teas, "13900139000")
    sale = teas.sell(teas.basket(("tea set", 1), member=member))
    teas.sell(teas.basket(("cake", 1), member=other))
    found = [care.follow_up(by=JOB, now=Millis(teas.now + day * DAY)) for day in (2, 3, 4)]
    assert found == [0, 1, 0]
    assert letters_to(member) == [("followup", "service", f"followup:{member}:{sale}")]
    assert facts("followup")["product"] == "tea set"
    assert letters_to(other) == []


def test_a_sale_that_came_back_is_not_followed_and_a_second_one_not_within_30_days(teas: Shop) -> None:
    member = join(teas, "13800138000")
    back = teas.sell(teas.basket(("tea set", 1), member=member))
    line = receipts.of(back).lines[0]
    refunds.refund(back, (ReturnLine(line.id, 1000),), by=teas.owner, now=Millis(teas.now + DAY))
    assert care.follow_up(by=JOB, now=Millis(teas.now + 3 * DAY)) == 0
    for day in (4, 20):
        teas.sell(teas.basket(("tea set", 1), member=member), now=Millis(teas.now + day * DAY))
    assert [care.follow_up(by=JOB, now=Millis(teas.now + day * DAY)) for day in (7, 23)] == [1, 0]


def test_a_follow_up_with_an_offer_waits_for_no_birthday_but_leaves_the_offer_out(teas: Shop) -> None:
    occasion = carerules.rules_of("followup")[0].occasion
    rule(teas, occasion, points=10, days=(3,))
    rule(teas, "birthday", coupon_kind_id=coupon(teas))
    plain = join(teas, "13800138000")
    soon = join(teas, "13900139000", birthday=Birthday("solar", 6, 8))
    for member in (plain, soon):
        teas.sell(teas.basket(("tea set", 1), member=member))
    care.follow_up(by=JOB, now=Millis(teas.now + 3 * DAY))
    assert [letters_to(member)[0][:2] for member in (plain, soon)] == [
        ("followup_gift", "marketing"), ("followup", "service"),
    ]  # fmt: skip


def test_a_new_member_who_did_not_come_back_gets_a_word_and_one_who_did_none(shop: Shop) -> None:
    shop.product("tea", 1800)
    rule(shop, "welcome", days=(7,), points=20)
    stays, comes = join(shop, "13800138000"), join(shop, "13900139000")
    shop.sell(shop.basket(("tea", 1), member=stays))
    shop.sell(shop.basket(("tea", 1), member=comes), now=Millis(shop.now + 2 * DAY))
    found = [care.welcome_back(by=JOB, now=Millis(shop.now + day * DAY)) for day in (6, 7, 8)]
    assert found == [0, 1, 0]
    assert letters_to(stays) == [("welcome_gift", "marketing", f"welcome-back:{stays}")]
    assert letters_to(comes) == []


def test_who_lacks_little_spending_to_the_next_tier_is_told_once(shop: Shop) -> None:
    shop.product("coat", 90_000)
    shop.product("tea", 1000)
    shop.tier("silver", 1, spend_cents=100_000)
    rule(shop, "tier_near", near_cents=10_000)
    near, far = join(shop, "13800138000"), join(shop, "13900139000")
    shop.sell(shop.basket(("coat", 1), member=near))
    shop.sell(shop.basket(("tea", 1), member=far))
    assert [care.tell_near_tiers(by=JOB, now=Millis(shop.now + day * DAY)) for day in (1, 2)] == [1, 0]
    assert letters_to(near) == [("tier_near", "marketing", f"tier-near:{near}:{shop.tiers['silver']}:2026")]
    assert facts("tier_near")["missing"] == "再消费 ¥100.00"
    assert letters_to(far) == []


# --- win-back --------------------------------------------------------------------------------------


def test_silence_is_answered_in_stages_and_ends_with_a_visit(shop: Shop) -> None:
    shop.product("tea", 1800)
    rule(shop, "winback", days=(60, 90), coupon_kind_id=coupon(shop))
    member = join(shop, "13800138000", name="王伟")
    shop.sell(shop.basket(("tea", 1), member=member))
    last = date(2026, 5, 29).toordinal()
    found = [care.win_back(by=JOB, now=Millis(shop.now + day * DAY)) for day in (59, 60, 61, 90, 91)]
    assert found == [0, 1, 0, 1, 0]
    assert letters_to(member) == [
        ("winback_gift", "marketing", f"winback:{member}:{last}:1"),
        ("winback_gift", "marketing", f"winback:{member}:{last}:2"),
    ]
    shop.sell(shop.basket(("tea", 1), member=member), now=Millis(shop.now + 95 * DAY))
    assert care.win_back(by=JOB, now=Millis(shop.now + 100 * DAY)) == 0


def test_a_churn_warning_begins_the_first_stage_by_the_members_own_rhythm(shop: Shop) -> None:
    shop.product("tea", 1800)
    rule(shop, "winback", days=(60,))
    warned, other = join(shop, "13800138000"), join(shop, "13900139000")
    for member in (warned, other):
        shop.sell(shop.basket(("tea", 1), member=member))
    warn(warned)
    assert care.win_back(by=JOB, now=Millis(shop.now + 20 * DAY)) == 1
    assert letters_to(warned)[0][0] == "winback"
    assert care.win_back(by=JOB, now=Millis(shop.now + 60 * DAY)) == 1  # the other; the first stage was written
    assert letters_to(other)[0][0] == "winback"


@db.atomic
def warn(member: int) -> None:
    day = date(2026, 5, 29).toordinal()
    db.add("churn_warning", id=1, member_id=member, raised_day=day + 15, state="open", kind="warning", silent_days=15,
           usual_days=5, after_days=12, visits=9, loss_cents=1000, last_visit_day=day)  # fmt: skip


@pytest.mark.parametrize(
    ("purposes", "birthday"), [(("membership", "service"), None), (PURPOSES, Birthday("solar", 8, 1))]
)
def test_nobody_is_won_back_who_wants_no_offers_or_has_a_birthday_gift_coming(
    shop: Shop, purposes: tuple[str, ...], birthday: Birthday | None
) -> None:
    shop.product("tea", 1800)
    rule(shop, "winback", days=(60,))
    rule(shop, "birthday", coupon_kind_id=coupon(shop))
    member = join(shop, "13800138000", purposes=purposes, birthday=birthday)
    shop.sell(shop.basket(("tea", 1), member=member))
    assert care.win_back(by=JOB, now=Millis(shop.now + 60 * DAY)) == 0


@pytest.mark.parametrize(
    ("silent", "warned", "stage"),
    [
        (20, False, None),
        (20, True, 1),
        (60, False, 1),
        (89, True, 1),
        (90, False, 2),
        (119, False, 2),
        (120, True, None),
    ],
)
def test_stages_of_silence(silent: int, warned: bool, stage: int | None) -> None:
    assert winback.stage((60, 90), silent, warned=warned) == stage


# --- notices ---------------------------------------------------------------------------------------


def test_points_are_announced_in_stages_and_a_late_run_says_the_last_only(shop: Shop) -> None:
    member = join(shop, "13800138000")
    shop.give_points(member, 120)  # until 29 May 2027
    rule(shop, "points", days=(7, 30))
    days = ((2027, 4, 28), (2027, 4, 29), (2027, 4, 30), (2027, 5, 21), (2027, 5, 22))
    assert [care.warn_expiring_points(by=JOB, now=at(*day, 9)) for day in days] == [0, 1, 0, 0, 1]
    assert [key for *_, key in letters_to(member)] == [
        f"points-expiry:{member}:2027-05-29:30", f"points-expiry:{member}:2027-05-29:7",
    ]  # fmt: skip


def test_without_stages_nothing_is_told(shop: Shop) -> None:
    assert notices.spans((), date(2026, 5, 29)) == []
    assert care.warn_expiring_coupons(by=JOB, now=shop.now) == 0


@pytest.mark.parametrize(("left", "stage"), [(31, []), (30, [30]), (8, [30]), (7, [7]), (0, [7])])
def test_stages_before_an_end(left: int, stage: list[int]) -> None:
    today, last_day = date(2026, 5, 29), date(2026, 5, 29) + timedelta(days=left)
    assert [days for days, first, last in notices.spans((30, 7), today) if first <= last_day <= last] == stage


def test_other_stages_tell_nobody_again(shop: Shop) -> None:
    member = join(shop, "13800138000")
    shop.give_points(member, 120)  # until 29 May 2027
    told = []
    for day, days in ((22, (7,)), (22, (30, 7)), (22, (8,)), (23, (30, 10)), (26, (8, 3))):
        rule(shop, "points", days=days)
        told.append(care.warn_expiring_points(by=JOB, now=at(2027, 5, day, 9)))
    assert told == [1, 0, 0, 0, 1]


def test_whom_was_told_is_asked_once_for_all(one_shop: Shop) -> None:
    for number in range(30):
        one_shop.give_points(join(one_shop, f"138{number:08}"), 120)
    rule(one_shop, "points", days=(30,))
    assert care.warn_expiring_points(by=JOB, now=at(2027, 4, 30, 9)) == 30
    with queries.noted() as asked:
        assert care.warn_expiring_points(by=JOB, now=at(2027, 5, 1, 9)) == 0
    assert len(asked) < 10


@pytest.mark.parametrize(("stages", "again"), [((1,), 1), ((30, 7), 0)])
def test_what_was_told_under_its_number_is_not_told_again(shop: Shop, stages: tuple[int, ...], again: int) -> None:
    member = join(shop, "13800138000")
    shop.give_points(member, 120)
    rule(shop, "points", days=(30, 7))
    care.warn_expiring_points(by=JOB, now=at(2027, 5, 22, 9))
    db.run(
        "UPDATE outbox SET dedupe_key = ? WHERE template = 'points_expiring'", (f"points-expiry:{member}:2027-05-29:2",)
    )
    rule(shop, "points", days=stages)
    assert care.warn_expiring_points(by=JOB, now=at(2027, 5, 28, 9)) == again


def test_coupons_that_lapse_on_one_day_are_announced_together(shop: Shop) -> None:
    member = join(shop, "13800138000")
    short = shop.coupon_kind("三日券", effect="amount", off_cents=100, valid_days=3)
    for kind in (coupon(shop), shop.coupon_kind("8折券", effect="percent", off_bp=2000), short):
        shop.give_coupon(kind, member, occasion=kind)
    rule(shop, "coupons", days=(7,))
    found = [care.warn_expiring_coupons(by=JOB, now=Millis(shop.now + day * DAY)) for day in (1, 22, 23, 24)]
    assert found == [0, 0, 1, 0]
    assert letters_to(member) == [("coupons_expiring", "service", f"coupon-expiry:{member}:2026-06-28:7")]
    assert facts("coupons_expiring")["coupon"] == "满50减5、8折券"


def test_a_coupon_younger_than_the_first_stage_is_announced_by_the_next(shop: Shop) -> None:
    member = join(shop, "13800138000")
    shop.give_coupon(shop.coupon_kind("半月券", effect="amount", off_cents=100, valid_days=15), member)
    rule(shop, "coupons", days=(30, 7))
    found = [care.warn_expiring_coupons(by=JOB, now=Millis(shop.now + day * DAY)) for day in (1, 7, 8, 9)]
    assert found == [0, 0, 1, 0]
    assert letters_to(member) == [("coupons_expiring", "service", f"coupon-expiry:{member}:2026-06-13:7")]


# --- how far someone may be written to ---------------------------------------------------------------


@given(
    occasion=st.sampled_from([name for name in carerules.KINDS if name != "birthday"]),
    has_gift=st.booleans(),
    agreed=st.booleans(),
    busy=st.booleans(),
    coming=st.booleans(),
)
def test_no_offer_reaches_who_does_not_want_it_or_had_one_or_has_a_gift_coming(
    occasion: str, has_gift: bool, agreed: bool, busy: bool, coming: bool
) -> None:
    made = CareRule(occasion, True, None)
    has_gift = has_gift and bool(made.kind.gift_template)
    how = careletters.reach(made, has_gift=has_gift, agreed=agreed, busy=busy, coming=coming)
    _template, category = careletters.of_kind(made, has_gift=how == "gift")
    if how != "none" and category in ("marketing", "gift_greeting"):
        assert agreed
        assert not busy
        assert not coming
    if category == "service" or (made.kind.category == "greeting" and not agreed):
        assert how == "bare"
    if agreed and not busy and not coming:
        assert how == ("gift" if has_gift else "bare")


def test_a_tier_that_asks_for_visits_too_is_not_near_by_spending_alone(one_shop: Shop) -> None:
    one_shop.tier("gold", 1, spend_cents=100_000, visits=10, match="all")
    from core.books.stats import Totals
    from core.loyalty import tiers

    gold = tiers.get(one_shop.tiers["gold"], now=one_shop.now)
    assert not followups.is_near(gold, Totals(5000, 2, None, None), 10_000)
    assert followups.is_near(gold, Totals(5000, 0, None, None), 10_000)


# --- what still holds when it leaves -----------------------------------------------------------------


def verdict(member: int, template: str, moment: Millis) -> tuple[str, str]:
    """What the policy says of the message to a member when it is about to leave."""
    row = db.one(
        "SELECT id, member_id, category, template, dedupe_key, expires_at FROM outbox WHERE member_id = ?"
        " AND template = ?",
        (member, template),
    )
    assert row is not None
    outbox_id, member_id, category, template, key, expires_at = row
    due = Due(outbox_id, member_id, "+8613800138000", category, template, key, expires_at, created_at=moment)
    found = policy.judge(due, now=moment)
    return found.state, found.reason


OVER = ("skipped", "occasion over")


def test_a_coupon_that_was_used_meanwhile_is_not_announced(shop: Shop) -> None:
    member = join(shop, "13800138000")
    coupon_id = shop.give_coupon(coupon(shop), member)
    rule(shop, "coupons", days=(7,))
    later = Millis(shop.now + 25 * DAY)
    care.warn_expiring_coupons(by=JOB, now=later)
    assert verdict(member, "coupons_expiring", later)[0] == "send"
    run("UPDATE coupon SET state = 'used', used = 1 WHERE id = ?", coupon_id)
    assert verdict(member, "coupons_expiring", later) == OVER


def test_a_sale_that_came_back_meanwhile_is_not_followed(teas: Shop) -> None:
    member = join(teas, "13800138000")
    sale = teas.sell(teas.basket(("tea set", 1), member=member))
    later = Millis(teas.now + 3 * DAY)
    care.follow_up(by=JOB, now=later)
    assert verdict(member, "followup", later)[0] == "send"
    refunds.refund(sale, (ReturnLine(receipts.of(sale).lines[0].id, 1000),), by=teas.owner, now=later)
    assert verdict(member, "followup", later) == OVER


def test_whoever_reached_the_tier_or_came_back_meanwhile_is_not_written_to(shop: Shop) -> None:
    shop.product("coat", 90_000)
    shop.tier("silver", 1, spend_cents=100_000)
    rule(shop, "tier_near", near_cents=10_000)
    rule(shop, "welcome", days=(7,))
    near, fresh = join(shop, "13800138000"), join(shop, "13900139000")
    shop.sell(shop.basket(("coat", 1), member=near))
    day, week = Millis(shop.now + DAY), Millis(shop.now + 7 * DAY)
    care.tell_near_tiers(by=JOB, now=day)
    care.welcome_back(by=JOB, now=week)
    assert [verdict(near, "tier_near", day)[0], verdict(fresh, "welcome_back", week)[0]] == ["send", "send"]
    for member in (near, fresh):
        shop.sell(shop.basket(("coat", 1), member=member), now=week)
    assert [verdict(near, "tier_near", week), verdict(fresh, "welcome_back", week)] == [OVER, OVER]


@db.atomic
def run(sql: str, row_id: int) -> None:
    db.run(sql, (row_id,))
