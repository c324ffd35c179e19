"""Coming and going, corrections with their approval, badges; on both databases."""

from dataclasses import replace
from datetime import date

import pytest

from core.base import codes, db
from core.base.access import Actor
from core.base.clock import HOUR, MINUTE, Millis
from core.base.errors import NotAllowed
from core.keeping import opening
from core.people import attendance, badges, corrections, credentials, devices, owncards, staff
from core.people.attendance import NoSuchPunch, NotOfStore
from core.people.badges import BadgeUnknown
from core.people.corrections import (
    CorrectionDone,
    OwnCorrection,
    PunchAhead,
    PunchLoose,
    PunchOverlaps,
    ReasonMissing,
)
from core.people.owncards import CardOfAnother
from tests.shops import Shop, at

NINE, NOON, FIVE = at(2026, 5, 29, 9), at(2026, 5, 29, 12), at(2026, 5, 29, 17)
DAY = date(2026, 5, 29)


def hire(shop: Shop, login: str, role: str = "clerk", *, stores: tuple[int, ...] = ()) -> Actor:
    new = staff.create(login, login, role, password="correct horse", stores=stores, by=shop.owner, now=shop.now)
    return staff.actor_of(new)


@pytest.fixture
def clerk(shop: Shop) -> Actor:
    return hire(shop, "xiaowang")


@pytest.fixture
def manager(shop: Shop) -> Actor:
    return hire(shop, "manager", "manager")


def worked(shop: Shop, clerk: Actor, *moments: Millis) -> None:
    for moment in moments:
        attendance.punch(shop.store, by=clerk, now=moment)


def minutes(clerk: Actor, now: Millis = FIVE) -> tuple[int, tuple[str, ...]]:
    (line,) = attendance.timesheet(DAY, DAY, by=clerk, now=now)
    return line.workday.minutes, line.workday.missing


def test_coming_and_going_take_turns(shop: Shop, clerk: Actor) -> None:
    first = attendance.punch(shop.store, by=clerk, now=NINE)
    assert (first.way, attendance.mine(by=clerk, now=NOON).at) == ("in", NINE)
    assert [one.name for one in attendance.present(by=shop.owner, now=NOON)] == ["xiaowang"]
    second = attendance.punch(shop.store, by=clerk, now=FIVE)
    assert (second.way, second.minutes, minutes(clerk)) == ("out", 480, (480, ()))
    assert attendance.present(by=shop.owner, now=FIVE) == []


def test_who_forgot_to_go_comes_in_the_morning(shop: Shop, clerk: Actor) -> None:
    worked(shop, clerk, NINE, Millis(NINE + 24 * HOUR))
    assert attendance.mine(by=clerk, now=Millis(NINE + 25 * HOUR)).way == "in"
    assert minutes(clerk, Millis(NINE + 25 * HOUR)) == (0, ("out",))


def test_a_punch_is_never_changed(shop: Shop, clerk: Actor) -> None:
    worked(shop, clerk, NINE)
    with pytest.raises(Exception, match="append-only"):
        db.run("UPDATE punch SET punched_at = 0")


def test_who_does_not_work_in_a_store_does_not_come_in(shop: Shop) -> None:
    other = opening.add_store("静安寺店", zone="Asia/Shanghai", by=shop.owner, now=shop.now)
    with pytest.raises(NotOfStore):
        attendance.punch(shop.store, by=hire(shop, "xiaoli", stores=(other,)), now=NINE)


def test_a_clerk_sees_their_own_hours_only(shop: Shop, clerk: Actor) -> None:
    worked(shop, clerk, NINE, FIVE)
    other = hire(shop, "xiaoli")
    assert attendance.timesheet(DAY, DAY, by=other, now=FIVE, staff_id=clerk.id) == []
    assert len(attendance.timesheet(DAY, DAY, by=shop.owner, now=FIVE)) == 1


def test_rules_of_the_shop_count(shop: Shop, clerk: Actor) -> None:
    shop.now = Millis(NINE - HOUR)
    shop.rule("worktime_round_minutes", 15)
    shop.rule("worktime_breaks", "6 > 30; 9 > 45")
    worked(shop, clerk, NINE, Millis(FIVE + 5 * MINUTE))
    assert minutes(clerk, Millis(FIVE + HOUR)) == (450, ())


# --- corrections -----------------------------------------------------------------------------------


def test_a_forgotten_going_is_asked_for_and_approved(shop: Shop, clerk: Actor, manager: Actor) -> None:
    worked(shop, clerk, NINE)
    next_day = Millis(FIVE + 24 * HOUR)
    asked = corrections.ask_add(clerk.id, shop.store, "out", FIVE, reason="forgot", by=clerk, now=next_day)
    assert minutes(clerk, next_day) == (0, ("out",))
    assert [one.reason for one in corrections.waiting(by=manager)] == ["forgot"]
    corrections.approve(asked, by=manager, now=next_day)
    assert minutes(clerk, next_day) == (480, ())
    assert corrections.waiting(by=manager) == []
    with pytest.raises(CorrectionDone):
        corrections.approve(asked, by=manager, now=next_day)


def test_a_punch_moved_or_dropped_stays_in_the_ledger(shop: Shop, clerk: Actor, manager: Actor) -> None:
    worked(shop, clerk, NINE, NOON, Millis(NOON + 2 * MINUTE), FIVE)
    came, went, again, _ = attendance.standing(clerk.id, Millis(0))
    for punch in (went, again):
        asked = corrections.ask_drop(punch.id, reason="pressed twice", by=clerk, now=FIVE)
        corrections.approve(asked, by=manager, now=FIVE)
    moved = corrections.ask_move(came.id, Millis(NINE - HOUR), reason="kiosk was off", by=clerk, now=FIVE)
    corrections.approve(moved, by=manager, now=FIVE)
    assert minutes(clerk) == (540, ())
    assert db.value("SELECT count(*) FROM punch") == 5
    with pytest.raises(NoSuchPunch):
        corrections.ask_drop(went.id, reason="again", by=clerk, now=FIVE)


def test_declined_nothing_changes(shop: Shop, clerk: Actor, manager: Actor) -> None:
    worked(shop, clerk, NINE, FIVE)
    came = attendance.standing(clerk.id, Millis(0))[0]
    asked = corrections.ask_move(came.id, Millis(NINE - HOUR), reason="came earlier", by=clerk, now=FIVE)
    corrections.decline(asked, by=manager, now=FIVE)
    assert (minutes(clerk), corrections.waiting(by=manager)) == ((480, ()), [])


def test_nobody_approves_their_own_but_the_owner(shop: Shop, clerk: Actor, manager: Actor) -> None:
    worked(shop, manager, NINE)
    asked = corrections.ask_add(manager.id, shop.store, "out", NOON, reason="forgot", by=manager, now=FIVE)
    with pytest.raises(OwnCorrection):
        corrections.approve(asked, by=manager, now=FIVE)
    with pytest.raises(NotAllowed):
        corrections.approve(asked, by=clerk, now=FIVE)
    corrections.approve(asked, by=hire(shop, "second", "manager"), now=FIVE)
    worked(shop, shop.owner, NINE)
    own = corrections.ask_add(shop.owner.id, shop.store, "out", NOON, reason="forgot", by=shop.owner, now=FIVE)
    corrections.approve(own, by=shop.owner, now=FIVE)
    found = attendance.timesheet(DAY, DAY, by=manager, now=FIVE)
    assert [(one.name, one.workday.minutes) for one in found] == [("manager", 180), ("周丽", 180)]


def test_a_manager_of_another_store_decides_nothing(shop: Shop, clerk: Actor) -> None:
    other = opening.add_store("静安寺店", zone="Asia/Shanghai", by=shop.owner, now=shop.now)
    far = hire(shop, "far", "manager", stores=(other,))
    worked(shop, clerk, NINE)
    asked = corrections.ask_add(clerk.id, shop.store, "out", NOON, reason="forgot", by=clerk, now=FIVE)
    assert corrections.waiting(by=far) == []
    with pytest.raises(NotAllowed):
        corrections.approve(asked, by=far, now=FIVE)
    with pytest.raises(NotAllowed):
        corrections.ask_add(clerk.id, shop.store, "out", NOON, reason="forgot", by=far, now=FIVE)


def test_time_is_counted_once(shop: Shop, clerk: Actor, manager: Actor) -> None:
    worked(shop, clerk, NINE, NOON, Millis(NOON + HOUR), FIVE)
    late = Millis(FIVE + 3 * HOUR)
    with pytest.raises(PunchOverlaps) as refused:
        corrections.ask_add(clerk.id, shop.store, "in", Millis(NINE + HOUR), reason="why", by=clerk, now=late)
    assert (refused.value.facts["from_at"], refused.value.facts["until_at"]) == (NINE, NOON)
    _, went, _, _ = attendance.standing(clerk.id, Millis(0))
    with pytest.raises(PunchOverlaps):
        corrections.ask_move(went.id, Millis(NOON + 2 * HOUR), reason="why", by=clerk, now=late)
    with pytest.raises(PunchLoose):
        corrections.ask_move(went.id, Millis(FIVE + HOUR), reason="why", by=clerk, now=late)


def test_a_correction_needs_a_reason_and_a_time_that_has_come(shop: Shop, clerk: Actor) -> None:
    with pytest.raises(ReasonMissing):
        corrections.ask_add(clerk.id, shop.store, "in", NINE, reason=" ", by=clerk, now=NOON)
    with pytest.raises(PunchAhead):
        corrections.ask_add(clerk.id, shop.store, "in", FIVE, reason="soon", by=clerk, now=NOON)


# --- badges ----------------------------------------------------------------------------------------


@pytest.fixture
def kiosk(shop: Shop) -> Actor:
    code = devices.new_pairing(shop.store, "door", by=shop.owner, now=shop.now)
    device, _token = devices.pair(code, now=shop.now)
    return devices.actor_of(device)


def test_a_badge_comes_and_goes_and_opens_nothing_else(shop: Shop, clerk: Actor, kiosk: Actor) -> None:
    badge = badges.make(clerk.id, by=shop.owner, now=shop.now)
    assert badges.is_badge(badge) and not badges.is_badge(codes.new_card())
    assert attendance.punch_by_badge(badge, shop.store, by=kiosk, now=NINE).way == "in"
    stamp = attendance.punch_by_badge(badge, shop.store, by=kiosk, now=FIVE)
    assert (stamp.way, stamp.minutes) == ("out", 480)
    with pytest.raises(credentials.CodeUnknown):
        credentials.prove(badge, now=NINE)


def test_a_badge_held_to_the_screen_counts_once(shop: Shop, clerk: Actor, kiosk: Actor) -> None:
    badge = badges.make(clerk.id, by=shop.owner, now=shop.now)
    for second in (0, 2, 50):
        stamp = attendance.punch_by_badge(badge, shop.store, by=kiosk, now=Millis(NINE + second * 1000))
        assert (stamp.way, stamp.at) == ("in", NINE)
    assert db.value("SELECT count(*) FROM punch") == 1


def test_an_ended_badge_is_nobodys(shop: Shop, clerk: Actor, kiosk: Actor) -> None:
    first = badges.make(clerk.id, by=shop.owner, now=shop.now)
    second = badges.make(clerk.id, by=shop.owner, now=shop.now)
    for lost in (first, "B1.NONSENSE", codes.new_badge()):
        with pytest.raises(BadgeUnknown):
            attendance.punch_by_badge(lost, shop.store, by=kiosk, now=NINE)
    assert badges.of(clerk.id) == second
    badges.end(clerk.id, by=shop.owner, now=shop.now)
    with pytest.raises(BadgeUnknown):
        badges.end(clerk.id, by=shop.owner, now=shop.now)
    third = badges.make(clerk.id, by=shop.owner, now=shop.now)
    staff.close(clerk.id, by=shop.owner, now=shop.now)
    with pytest.raises(BadgeUnknown):
        attendance.punch_by_badge(third, shop.store, by=kiosk, now=NINE)
    with pytest.raises(BadgeUnknown):
        badges.make(clerk.id, by=shop.owner, now=shop.now)


def test_only_who_keeps_the_staff_makes_badges(shop: Shop, clerk: Actor) -> None:
    with pytest.raises(NotAllowed):
        badges.make(clerk.id, by=replace(clerk, name="me"), now=shop.now)


def test_a_member_card_is_one_persons_own(shop: Shop, clerk: Actor) -> None:
    member = shop.member("13800138000")
    owncards.set_own(clerk.id, member, by=shop.owner, now=shop.now)
    with pytest.raises(CardOfAnother):
        owncards.set_own(shop.owner.id, member, by=shop.owner, now=shop.now)
    assert owncards.of(clerk.id) == member
    owncards.set_own(clerk.id, None, by=shop.owner, now=shop.now)
    assert owncards.of(clerk.id) is None
