"""Contacts planned by rule: each occasion once, within the pause nobody twice, set by set however many there are."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base import access, clock, db
from core.base.clock import DAY, Millis
from core.base.errors import NotAllowed
from core.books import audit
from core.keeping import erasure, merging
from core.people import staff
from core.service import answers, followplans, followrules, followups, tickets, winback
from core.service.followplans import chosen, window
from core.service.followrules import FollowRuleInvalid, FollowRuleUnknown, Occasion, Terms, wrong_with
from core.service.followups import AssigneeUnknown, Outcome, OutcomeUnknown
from tests import queries
from tests.core.service.test_winback_cases import TODAY, clerk, warn
from tests.shops import Shop, _store

JOB = access.scheduler("follow-ups-planned")
PHONES = [f"138{number:08d}" for number in range(10_000_000, 10_000_100)]
AFTER_SALE = Terms("after_sale", days=3, pause_days=1)


def rule(shop: Shop, terms: Terms = AFTER_SALE, *, now: int | None = None) -> int:
    return followrules.create(terms, by=shop.owner, now=Millis(now or shop.now))


def night(shop: Shop, days: int = 0) -> int:
    return followplans.plan_due(by=JOB, now=Millis(shop.now + days * DAY))


def tasks(shop: Shop, days: int = 0) -> list[followups.Task]:
    return followups.listing(by=shop.owner, now=Millis(shop.now + days * DAY))


def sold(shop: Shop, member_id: int, cents: int = 5_000, *, now: int | None = None) -> int:
    name = f"tea {cents}"
    if name not in shop.products:
        shop.product(name, cents)
    return shop.sell(shop.basket((name, 1), member=member_id), now=Millis(now or shop.now))


def test_a_sale_is_followed_once_so_many_days_later(shop: Shop) -> None:
    rule(shop)
    member_id = shop.member(PHONES[0], name="王伟芳")
    sale_id = sold(shop, member_id)
    assert [night(shop, days) for days in (2, 3, 3, 4, 5, 6, 7)] == [0, 1, 0, 0, 0, 0, 0]
    (task,) = tasks(shop, 3)
    assert (task.member_id, task.kind, task.ref_id, task.due_on) == (member_id, "after_sale", sale_id, date(2026, 6, 1))
    assert audit.newest(by=shop.owner, limit=1)[0].action == "followrule.planned"


def test_a_night_that_was_missed_is_planned_up_to_three_days_later(one_shop: Shop) -> None:
    rule(one_shop)
    sold(one_shop, one_shop.member(PHONES[0]))
    assert night(one_shop, 7) == 0
    assert night(one_shop, 6) == 1


def test_what_happened_before_the_rule_was_in_use_is_left_alone(shop: Shop) -> None:
    sold(shop, shop.member(PHONES[0]))
    rule_id = rule(shop, now=shop.now + 4 * DAY)
    assert night(shop, 4) == 0
    sold(shop, shop.member(PHONES[1]), now=shop.now + 4 * DAY)
    followrules.switch(rule_id, active=False, by=shop.owner, now=Millis(shop.now + 5 * DAY))
    assert night(shop, 7) == 0
    followrules.switch(rule_id, active=True, by=shop.owner, now=Millis(shop.now + 8 * DAY))
    assert night(shop, 8) == 0


def test_sales_are_chosen_by_category_amount_and_store_and_nothing_that_came_back(shop: Shop) -> None:
    other = _store("人民广场店")
    members = [shop.member(phone) for phone in PHONES[:2]]
    sold(shop, members[0], 2_000)
    sold(shop, members[1], 9_000)
    assert _planned_for(shop, replace(AFTER_SALE, least_cents=5_000)) == {members[1]}
    assert _planned_for(shop, replace(AFTER_SALE, store_id=other)) == set()
    category = shop.category_of(shop.products["tea 2000"])
    assert category == 0
    db.atomic(lambda: db.run("UPDATE sale SET refunds = 1 WHERE member_id = ?", (members[1],)))()
    assert _planned_for(shop, AFTER_SALE) == {members[0]}


def _planned_for(shop: Shop, terms: Terms) -> set[int]:
    rule_id = rule(shop, terms)
    night(shop, 3)
    found = {row[0] for row in db.rows("SELECT member_id FROM follow_planned WHERE rule_id = ?", (rule_id,))}
    followrules.switch(rule_id, active=False, by=shop.owner, now=shop.now)
    db.atomic(lambda: db.run("DELETE FROM follow_planned"))()
    return found


def test_a_category_chooses_sales_with_goods_of_it(shop: Shop) -> None:
    cake, tea = shop.member(PHONES[0]), shop.member(PHONES[1])
    shop.product("cake", 3_000, category="烘焙")
    shop.sell(shop.basket(("cake", 1), member=cake))
    sold(shop, tea)
    category = shop.category_of(shop.products["cake"])
    assert _planned_for(shop, replace(AFTER_SALE, category_id=category)) == {cake}


def test_a_complaint_that_was_dealt_with_is_followed_and_an_enquiry_is_not(shop: Shop) -> None:
    rule(shop, Terms("after_ticket", days=2))
    member_id = shop.member(PHONES[0])
    for kind in ("complaint", "enquiry"):
        ticket = tickets.open_ticket(tickets.Terms(kind, "杯子漏水", member_id=member_id), by=shop.owner, now=shop.now)
        tickets.close(ticket, "solved", by=shop.owner, now=shop.now)
    assert [night(shop, days) for days in (1, 2, 3)] == [0, 1, 0]
    (task,) = tasks(shop, 2)
    assert task.kind == "after_ticket"
    assert db.value("SELECT kind FROM ticket WHERE id = ?", (task.ref_id,)) == "complaint"


def test_a_warning_is_followed_unless_a_case_is_open_or_the_member_is_held_out(shop: Shop) -> None:
    members = [shop.member(phone) for phone in PHONES[:3]]
    warned = [warn(member_id) for member_id in members]  # raised five days ago
    winback.open_case(warned[1], by=shop.owner, now=shop.now)
    held = winback.open_case(warned[2], by=shop.owner, now=shop.now)

    @db.atomic
    def hold_out() -> None:
        today = TODAY.toordinal()
        db.run("INSERT INTO winback_batch (id, at, actor, strategy, salt) VALUES (1, 0, 'staff:1', 'price', 's')")
        db.run("UPDATE winback_case SET state = 'closed', closed_at = 1, arm = 'holdout', batch_id = 1,"
               " started_day = ?, until_day = ? WHERE id = ?", (today, today + 30, held))  # fmt: skip

    hold_out()
    rule(shop, Terms("after_warning", days=5))
    assert night(shop) == 1
    assert [(one.member_id, one.ref_id) for one in tasks(shop) if one.kind == "after_warning"] == [
        (members[0], warned[0])
    ]


def test_data_is_checked_every_so_many_months_the_longest_unasked_first(shop: Shop) -> None:
    members = [shop.member(phone) for phone in PHONES[:3]]
    rule(shop, Terms("check_data", months=6, a_night=2))
    later = (clock.add_months(TODAY, 6) - TODAY).days
    for member_id in members:
        sold(shop, member_id)
    assert [night(shop, days) for days in (0, later - 1, later, later, later + 1)] == [0, 0, 2, 0, 1]
    asked = db.rows("SELECT member_id FROM follow_up ORDER BY due_day, member_id")
    assert [row[0] for row in asked] == members


def test_within_the_pause_a_member_is_called_once_whatever_the_rules_say(shop: Shop) -> None:
    rule(shop, replace(AFTER_SALE, pause_days=10))
    rule(shop, replace(AFTER_SALE, days=4, pause_days=10))
    member_id = shop.member(PHONES[0])
    sold(shop, member_id)
    sold(shop, member_id, now=shop.now + DAY)
    sold(shop, member_id, now=shop.now + 10 * DAY)
    assert [night(shop, days) for days in range(3, 15)] == [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]


def test_a_contact_goes_to_the_person_the_adviser_or_nobody(shop: Shop) -> None:
    li = clerk(shop)
    shop.tier("gold", 5, adviser=True)
    gold, plain = shop.member(PHONES[0], tier="gold"), shop.member(PHONES[1])
    db.atomic(lambda: db.run("UPDATE member_tier SET adviser_id = ?", (li.id,)))()
    for member_id in (gold, plain):
        sold(shop, member_id)
    rule(shop, replace(AFTER_SALE, given_to="adviser"))
    night(shop, 3)
    assert {one.member_id: one.assigned_to for one in tasks(shop, 3)} == {gold: li.id, plain: None}
    rule(shop, replace(AFTER_SALE, days=4, given_to="person", staff_id=li.id))
    night(shop, 4)
    assert {one.assigned_to for one in tasks(shop, 4) if one.due_on == date(2026, 6, 2)} == {li.id}


def test_who_left_gets_no_more_contacts(one_shop: Shop) -> None:
    li = clerk(one_shop)
    rule(one_shop, replace(AFTER_SALE, given_to="person", staff_id=li.id))
    sold(one_shop, one_shop.member(PHONES[0]))
    staff.close(li.id, by=one_shop.owner, now=one_shop.now)
    night(one_shop, 3)
    assert [one.assigned_to for one in tasks(one_shop, 3)] == [None]


def test_a_hundred_members_are_planned_with_as_many_questions_as_two(one_shop: Shop) -> None:
    asked = []
    for first, count in ((0, 2), (2, 98)):
        rule_id = rule(one_shop, replace(AFTER_SALE, given_to="adviser"))
        for phone in PHONES[first : first + count]:
            sold(one_shop, one_shop.member(phone))
        with queries.noted() as found:
            assert night(one_shop, 3) == count
        asked.append(len(found))
        followrules.switch(rule_id, active=False, by=one_shop.owner, now=one_shop.now)
    assert asked[0] == asked[1] < 15


def test_members_blocked_or_without_a_number_are_not_called(shop: Shop) -> None:
    rule(shop)
    blocked = shop.member(PHONES[0])
    for member_id in (blocked, shop.member()):
        sold(shop, member_id)
    db.atomic(lambda: db.run("UPDATE member SET state = 'blocked' WHERE id = ?", (blocked,)))()
    assert night(shop, 3) == 0


def test_what_was_planned_follows_a_merge_and_goes_with_the_person(shop: Shop) -> None:
    rule(shop)
    kept, gone = shop.member(PHONES[0]), shop.member(PHONES[1])
    sold(shop, gone)
    night(shop, 3)
    seen = merging.preview(kept, gone, by=shop.owner, now=shop.now)
    merge_id = merging.merge(kept, gone, mark=seen.mark, by=shop.owner, now=shop.now)
    assert db.rows("SELECT member_id FROM follow_planned") == [(kept,)]
    merging.undo(merge_id, by=shop.owner, now=shop.now)
    assert db.rows("SELECT member_id FROM follow_planned") == [(gone,)]
    mark = erasure.preview(gone, now=shop.now).mark
    erasure.erase(gone, mark=mark, by=shop.owner, now=shop.now)
    assert db.rows("SELECT member_id FROM follow_planned") == []


def test_a_check_ends_with_all_is_right_and_other_contacts_do_not(shop: Shop) -> None:
    member_id = shop.member(PHONES[0])
    check, care = (
        followups.plan(member_id, TODAY, followups.Plan(kind), by=shop.owner, now=shop.now)
        for kind in ("check_data", "care")
    )
    assert answers.note(check, Outcome("right"), by=shop.owner, now=shop.now) is None
    with pytest.raises(OutcomeUnknown):
        answers.note(care, Outcome("right"), by=shop.owner, now=shop.now)


def test_rules_are_listed_changed_and_switched(shop: Shop) -> None:
    rule_id = rule(shop, replace(AFTER_SALE, store_id=shop.store))
    followrules.change(rule_id, replace(AFTER_SALE, days=9), by=shop.owner, now=shop.now)
    (one,) = followrules.listing(by=shop.owner)
    assert (one.terms.days, one.store, one.active, one.planned, one.from_on) == (9, "", True, 0, TODAY)
    with pytest.raises(FollowRuleInvalid, match="kind stays"):
        followrules.change(rule_id, Terms("after_ticket"), by=shop.owner, now=shop.now)
    with pytest.raises(FollowRuleUnknown):
        followrules.switch(7, active=True, by=shop.owner, now=shop.now)
    with pytest.raises(AssigneeUnknown):
        rule(shop, replace(AFTER_SALE, given_to="person", staff_id=7))
    with pytest.raises(NotAllowed):
        followrules.listing(by=clerk(shop))


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (Terms("never"), "kind"),  # type: ignore[arg-type]
        (Terms("after_sale", days=366), "days"),
        (Terms("after_sale", months=2), "days"),
        (Terms("check_data", a_night=5), "months"),
        (Terms("check_data", months=6), "a_night"),
        (Terms("after_ticket", least_cents=100), "least"),
        (Terms("after_sale", given_to="person"), "staff"),
        (Terms("after_sale", pause_days=0), "pause"),
        (AFTER_SALE, None),
    ],
)
def test_a_rule_says_what_it_lacks(terms: Terms, field: str | None) -> None:
    assert (wrong_with(terms) or (None,))[0] == field


@given(st.integers(0, 365), st.integers(0, 40), st.integers(0, 400))
def test_each_day_after_the_start_is_in_the_window_of_the_night_that_is_due(days: int, begun: int, later: int) -> None:
    terms, start = Terms("after_sale", days=days), TODAY + timedelta(days=begun)
    occasion = start.toordinal() + later
    first, last = window(terms, date.fromordinal(occasion + days), from_day=start.toordinal())
    assert first <= occasion == last


@given(st.lists(st.builds(Occasion, st.integers(1, 4), st.integers(1, 99), st.integers(1, 9))))
def test_one_occasion_a_member_the_latest_is_chosen(found: list[Occasion]) -> None:
    picked = chosen(found)
    assert sorted({one.member_id for one in found}) == sorted(one.member_id for one in picked)
    for one in found:
        assert any(best.member_id == one.member_id and best.day >= one.day for best in picked)
