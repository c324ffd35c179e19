"""Win-back cases: opened from a warning, worked on by hand, ended once, and whom they may concern."""

import threading
from dataclasses import replace
from datetime import date

import pytest

from core.base import db, ids
from core.base.access import CLERK, Actor
from core.base.errors import NotAllowed
from core.insight import warnings
from core.insight.warnings import ReasonUnknown, WarningUnknown
from core.keeping import erasure, merging
from core.loyalty import coupons, points
from core.people import staff
from core.service import answers, followups, strategies, winback
from core.service.followups import AssigneeUnknown, Outcome
from core.service.strategies import Offer, StrategyInvalid
from core.service.winback import CaseOpen, CaseOver, CaseUnknown, MemberHeldOut, OfferMade, SatisfactionInvalid
from tests.campaigns import approved, people, run
from tests.shops import Shop

TODAY = date(2026, 5, 29)


@db.atomic
def warn(member_id: int, *, loss_cents: int = 4_000, kind: str = "warning") -> int:
    """An open warning about a member who is away for 45 days."""
    id = ids.new()
    db.add(
        "churn_warning", id=id, member_id=member_id, raised_day=TODAY.toordinal() - 5, state="open", kind=kind,
        silent_days=40, usual_days=9, after_days=18, visits=12, chance_bp=4_150, loss_cents=loss_cents,
        last_visit_day=TODAY.toordinal() - 45,
    )  # fmt: skip
    return id


def clerk(shop: Shop, login: str = "li") -> Actor:
    return staff.actor_of(
        staff.create(login, "李娜", "clerk", password="correct horse", by=shop.owner, now=shop.now)
    )  # fmt: skip


def case_of(shop: Shop, **given: object) -> int:
    warning_id = warn(shop.member("13800138000"))
    return winback.open_case(warning_id, by=shop.owner, now=shop.now, **given)  # type: ignore[arg-type]


def test_a_case_opens_with_a_call_for_who_it_is_given_to(shop: Shop) -> None:
    li = clerk(shop)
    case_id = case_of(shop, assigned_to=li.id)
    (case,) = winback.listing(by=shop.owner)
    assert (case.id, case.state, case.assigned, case.loss_cents) == (case_id, "open", "李娜", 4_000)
    (task,) = followups.listing(by=li, now=shop.now)
    assert (task.kind, task.ref_id, task.way, task.due_on, task.late_days) == ("winback", case_id, "call", TODAY, 0)


def test_a_member_has_one_open_case(shop: Shop) -> None:
    member_id = shop.member("13800138000")
    warning_id = warn(member_id)
    winback.open_case(warning_id, by=shop.owner, now=shop.now)
    with pytest.raises(CaseOpen):
        winback.open_case(warning_id, by=shop.owner, now=shop.now)
    with pytest.raises(WarningUnknown):
        winback.open_case(1, by=shop.owner, now=shop.now)


def test_only_who_may_see_churn_and_who_a_case_is_given_to_work_on_it(shop: Shop) -> None:
    li, wang = clerk(shop), clerk(shop, "wang")
    case_id = case_of(shop, assigned_to=li.id)
    assert winback.get(case_id, by=li).phone == "138****8000"
    assert [one.id for one in winback.listing(by=li)] == [case_id]
    assert winback.listing(by=wang) == []
    winback.note_reason(case_id, "price", by=li, now=shop.now)
    with pytest.raises(NotAllowed):
        winback.note_reason(case_id, "price", by=wang, now=shop.now)
    with pytest.raises(NotAllowed):
        winback.offer(case_id, Offer("price"), by=li, now=shop.now)
    with pytest.raises(NotAllowed):
        winback.listing(by=replace(shop.owner, kind="kiosk", rights=CLERK))


def test_a_reason_is_noted_and_decides_what_may_be_done(shop: Shop) -> None:
    case_id = case_of(shop)
    winback.note_reason(case_id, "competitor", by=shop.owner, now=shop.now)
    assert winback.get(case_id, by=shop.owner).reason == "competitor"
    assert [one.offer.kind for one in strategies.of_reason("competitor")] == ["price", "service"]
    with pytest.raises(ReasonUnknown):
        winback.note_reason(case_id, "weather", by=shop.owner, now=shop.now)


def test_an_offer_by_hand_gives_its_coupon_and_points_once(shop: Shop) -> None:
    kind = shop.coupon_kind("回来减10", effect="amount", off_cents=1_000)
    case_id = case_of(shop)
    wanted = Offer("amends", coupon_kind_id=kind, points=50)
    winback.offer(case_id, wanted, by=shop.owner, now=shop.now)
    case = winback.get(case_id, by=shop.owner)
    assert (case.state, case.strategy, case.until_on, case.arm) == ("offered", "amends", date(2026, 6, 27), "")
    assert points.state(case.member_id, now=shop.now).balance == 50
    assert len(coupons.held_by(case.member_id, now=shop.now)) == 1
    with pytest.raises(OfferMade):
        winback.offer(case_id, wanted, by=shop.owner, now=shop.now)


def test_a_case_that_ended_is_worked_on_no_more(shop: Shop) -> None:
    case_id = case_of(shop)
    winback.close(case_id, "lost", satisfaction=2, by=shop.owner, now=shop.now)
    assert followups.listing(by=shop.owner, now=shop.now) == []
    with pytest.raises(CaseOver):
        winback.contacted(case_id, by=shop.owner, now=shop.now)
    winback.rate(case_id, 4, by=shop.owner, now=shop.now)
    (over,) = winback.listing(by=shop.owner, over=True)
    assert (over.state, over.satisfaction) == ("lost", 4)
    with pytest.raises(SatisfactionInvalid):
        winback.rate(case_id, 6, by=shop.owner, now=shop.now)
    with pytest.raises(CaseUnknown):
        winback.rate(1, 3, by=shop.owner, now=shop.now)


def test_of_two_who_end_one_case_one_is_told(shop: Shop) -> None:
    case_id, said = case_of(shop), []
    start = threading.Barrier(2)

    def end(state: str) -> None:
        db.attach()
        start.wait()
        try:
            winback.close(case_id, state, by=shop.owner, now=shop.now)
            said.append(state)
        except CaseOver:
            said.append("too late")
        finally:
            db.detach()

    both = [threading.Thread(target=end, args=(state,)) for state in ("won", "lost")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert "too late" in said and winback.get(case_id, by=shop.owner).state in said
    assert db.value("SELECT count(*) FROM audit WHERE action = 'winback.closed'") == 1


def test_a_case_goes_to_somebody_else_with_its_call(shop: Shop) -> None:
    li, case_id = clerk(shop), case_of(shop)
    winback.assign(case_id, li.id, date(2026, 6, 1), by=shop.owner, now=shop.now)
    (task,) = followups.listing(by=shop.owner, now=shop.now)
    assert (task.assigned, task.due_on) == ("李娜", date(2026, 6, 1))
    with pytest.raises(AssigneeUnknown):
        winback.assign(case_id, 1, date(2026, 6, 1), by=shop.owner, now=shop.now)


def test_the_rule_opens_cases_from_the_shops_line_on_and_once_a_silence(shop: Shop) -> None:
    dear = shop.member("13800138000")
    warn(dear, loss_cents=9_000)
    warn(shop.member("13800138001"), loss_cents=100)
    assert winback.open_by_rule(by=shop.owner, now=shop.now) == 0
    shop.rule("winback_loss_cents", 5_000)
    assert winback.open_by_rule(by=shop.owner, now=shop.now) == 1
    (case,) = winback.listing(by=shop.owner)
    assert case.member_id == dear
    winback.close(case.id, "closed", by=shop.owner, now=shop.now)
    assert winback.open_by_rule(by=shop.owner, now=shop.now) == 0


def test_nobody_held_out_gets_a_case_or_an_offer_by_hand(shop: Shop) -> None:
    case_id = case_of(shop)
    day = TODAY.toordinal()

    @db.atomic
    def hold_out() -> None:
        db.run("INSERT INTO winback_batch (id, at, actor, strategy, salt) VALUES (1, 0, '', 'price', '')")
        db.run("UPDATE winback_case SET arm = 'holdout', batch_id = 1, started_day = ?, until_day = ?", (day, day + 9))

    hold_out()
    with pytest.raises(MemberHeldOut):
        winback.offer(case_id, Offer("price"), by=shop.owner, now=shop.now)
    winback.close(case_id, "closed", by=shop.owner, now=shop.now)
    warning_id = db.value("SELECT id FROM churn_warning")
    with pytest.raises(MemberHeldOut):
        winback.open_case(warning_id, by=shop.owner, now=shop.now)


def test_the_owner_changes_what_is_done_about_a_reason(shop: Shop) -> None:
    kind = shop.coupon_kind("回来减10", effect="amount", off_cents=1_000)
    strategies.change("moved", Offer("price", kind), active=True, by=shop.owner, now=shop.now)
    strategies.change("moved", Offer("none"), active=False, by=shop.owner, now=shop.now)
    assert [one.offer for one in strategies.of_reason("moved")] == [Offer("price", kind)]
    with pytest.raises(StrategyInvalid):
        strategies.change("moved", Offer("price", 1), active=True, by=shop.owner, now=shop.now)
    with pytest.raises(NotAllowed):
        strategies.change("moved", Offer("none"), active=True, by=clerk(shop), now=shop.now)


# --- merges and erasure ----------------------------------------------------------------------------


def merge(shop: Shop, kept: int, gone: int) -> int:
    seen = merging.preview(kept, gone, by=shop.owner, now=shop.now)
    return merging.merge(kept, gone, mark=seen.mark, by=shop.owner, now=shop.now)


def test_cases_and_calls_follow_a_merge_and_come_back(shop: Shop) -> None:
    kept, gone = shop.member("13800138000"), shop.member("13900139000")
    first, second = (winback.open_case(warn(one), by=shop.owner, now=shop.now) for one in (kept, gone))
    merge_id = merge(shop, kept, gone)
    assert [one.id for one in winback.listing(by=shop.owner)] == [first]
    assert [one.member_id for one in followups.listing(by=shop.owner, now=shop.now)] == [kept, kept]
    merging.undo(merge_id, by=shop.owner, now=shop.now)
    assert [(one.id, one.member_id) for one in winback.listing(by=shop.owner)] == [(second, gone), (first, kept)]


def test_the_forgotten_leave_no_call_and_no_reason_behind(shop: Shop) -> None:
    case_id = case_of(shop)
    winback.note_reason(case_id, "price", by=shop.owner, now=shop.now)
    member_id = winback.get(case_id, by=shop.owner).member_id
    mark = erasure.preview(member_id, now=shop.now).mark
    erasure.erase(member_id, mark=mark, by=shop.owner, now=shop.now)
    case = winback.get(case_id, by=shop.owner)
    assert (case.state, case.reason, case.name) == ("closed", None, "")
    assert db.value("SELECT count(*) FROM follow_up") == 0


# --- tasks -----------------------------------------------------------------------------------------


def test_a_call_with_one_key_moves_the_case_on(shop: Shop) -> None:
    li = clerk(shop)
    case_id = case_of(shop, assigned_to=li.id)
    (task,) = followups.listing(by=li, now=shop.now)
    assert answers.note(task.id, Outcome("wont_come", "price"), by=li, now=shop.now) is None
    case = winback.get(case_id, by=li)
    assert (case.state, case.reason, case.until_on) == ("contacted", "price", date(2026, 6, 27))
    assert warnings.count_open() == (1, 4_000)


def test_a_call_that_was_passed_on_is_noted_by_who_made_it(shop: Shop) -> None:
    li, case_id = clerk(shop), case_of(shop)
    (task,) = followups.listing(by=shop.owner, now=shop.now)
    followups.assign(task.id, li.id, TODAY, by=shop.owner, now=shop.now)
    answers.note(task.id, Outcome("reached", "quality"), by=li, now=shop.now)
    case = winback.get(case_id, by=shop.owner)
    assert (case.state, case.reason) == ("contacted", "quality")


def test_a_case_of_the_night_waits_for_whoever_has_time(shop: Shop) -> None:
    shop.rule("winback_loss_cents", 1_000)
    warn(shop.member("13800138000"))
    winback.open_by_rule(by=shop.owner, now=shop.now)
    (task,) = followups.listing(by=shop.owner, now=shop.now)
    assert (task.assigned_to, task.due_on) == (None, TODAY)


def test_who_is_held_out_of_a_campaign_is_offered_nothing_by_hand(shop: Shop) -> None:
    people(shop, 8)
    approved(shop, holdout_bp=5_000)
    run(shop)
    sql = "SELECT min(member_id) FROM campaign_audience WHERE arm = ?"
    held, written = (winback.open_case(warn(int(db.value(sql, (arm,)))), by=shop.owner, now=shop.now)
                     for arm in ("holdout", "A"))  # fmt: skip
    with pytest.raises(MemberHeldOut):
        winback.offer(held, Offer("price", points=20), by=shop.owner, now=shop.now)
    winback.offer(written, Offer("price", points=20), by=shop.owner, now=shop.now)
