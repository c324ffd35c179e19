"""Events: planned, opened, signed up for; who waits moves up, fees come back, guests are checked in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base import db
from core.base.clock import DAY, HOUR, Millis
from core.base.errors import NotAllowed
from core.books import stats
from core.books.accounts import NotEnoughPoints
from core.books.locks import MemberBlocked
from core.keeping import erasure
from core.loyalty import points
from core.loyalty.points import SpendProofNeeded
from core.people import members
from core.service import gatheringday, gatheringguests, gatheringnotes, gatherings, gatheringsignups
from core.service.gatheringday import CheckInEarly, NotOnList
from core.service.gatheringguests import SignUpUnknown
from core.service.gatheringrules import Opening, Party, fee_comes_back, next_up, opens_at
from core.service.gatherings import (
    FeeFixed,
    GatheringEarly,
    GatheringInvalid,
    GatheringOver,
    GatheringTooSmall,
    GatheringUnknown,
)
from core.service.gatheringsignups import (
    CancelLate,
    GatheringFull,
    PartyInvalid,
    SignedUpAlready,
    SignUpEarly,
    SignUpNotForTier,
    SignUpNotOpen,
    SignUpOver,
)
from tests.core.service.gathered import opened, plan, sign_up
from tests.shops import Shop


def states(gathering_id: int) -> list[tuple[str, int]]:
    sql = "SELECT state, places FROM gathering_signup WHERE gathering_id = ? ORDER BY at, id"
    return [(state, places) for state, places in db.rows(sql, (gathering_id,))]


def told() -> list[str]:
    return [template for (template,) in db.rows("SELECT template FROM outbox ORDER BY id")]


def balance(shop: Shop, member: int) -> int:
    return points.state(member, now=shop.now).balance


# --- rules -----------------------------------------------------------------------------------------


def test_a_tier_may_sign_up_when_it_or_one_below_it_may() -> None:
    openings = (Opening(0, Millis(300)), Opening(2, Millis(100)))
    assert [opens_at(openings, rank) for rank in (0, 1, 2, 3)] == [300, 300, 100, 100]
    assert opens_at((Opening(2, Millis(100)),), 1) is None


def test_a_large_party_is_passed_by_and_keeps_its_place() -> None:
    waiting = [Party(1, 11, 4), Party(2, 12, 2), Party(3, 13, 1)]
    assert [next_up(waiting, free) for free in (0, 1, 2, 4)] == [None, waiting[2], waiting[1], waiting[0]]
    assert next_up(waiting, 4, passed_over={1}) == waiting[1]


@given(st.lists(st.integers(1, 5), max_size=8), st.integers(0, 6))
def test_whoever_moves_up_fits_and_nobody_before_them_would(places: list[int], free: int) -> None:
    waiting = [Party(place, place, many) for place, many in enumerate(places)]
    found = next_up(waiting, free)
    before = waiting if found is None else waiting[: found.id]
    assert all(one.places > free for one in before)
    assert found is None or found.places <= free


def test_a_fee_comes_back_up_to_the_last_moment() -> None:
    assert [fee_comes_back(Millis(moment), Millis(100)) for moment in (99, 100, 101)] == [True, True, False]


# --- planning --------------------------------------------------------------------------------------


def test_an_event_is_planned_and_opened(shop: Shop) -> None:
    gathering_id = gatherings.draft(plan(shop), by=shop.owner, now=shop.now)
    with pytest.raises(SignUpNotOpen):
        sign_up(shop, gathering_id, shop.member())
    gatherings.open_signup(gathering_id, by=shop.owner, now=shop.now)
    (found,) = gatherings.calendar(shop.now, Millis(shop.now + 8 * DAY))
    assert (found.name, found.where, found.left, found.state) == ("Tea tasting", "南京东路店", 2, "open")
    assert gatherings.calendar(shop.now, Millis(shop.now + 7 * DAY)) == []
    gatherings.close_signup(gathering_id, by=shop.owner, now=shop.now)
    with pytest.raises(SignUpNotOpen, match="sign-up closed"):
        sign_up(shop, gathering_id, shop.member())


@pytest.mark.parametrize(
    "given",
    [
        {"name_en": "", "name_zh": " "},
        {"until_at": Millis(0)},
        {"places": 0},
        {"waiting_places": -1},
        {"budget_cents": -1},
        {"openings": ()},
        {"openings": (Opening(0, Millis(0)), Opening(0, Millis(1)))},
        {"fee_points": 5, "product_id": 1},
        {"product_id": 1},
        {"link": "ftp://example.com"},
        {"cancel_until_at": Millis(2**52)},
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(one_shop: Shop, given: dict[str, object]) -> None:
    with pytest.raises(GatheringInvalid):
        gatherings.draft(plan(one_shop, **given), by=one_shop.owner, now=one_shop.now)


def test_a_product_is_the_fee_of_one_event_at_a_time(one_shop: Shop) -> None:
    fee = one_shop.product("tasting", 5000, kind="service")
    first = opened(one_shop, product_id=fee)
    with pytest.raises(GatheringInvalid, match="another event"):
        opened(one_shop, product_id=fee)
    gatheringsignups.call_off(first, by=one_shop.owner, now=one_shop.now)
    assert opened(one_shop, product_id=fee)


def test_who_may_not_plan_is_refused(one_shop: Shop) -> None:
    clerk = one_shop.owner_with(frozenset({"service"}))
    with pytest.raises(NotAllowed):
        gatherings.draft(plan(one_shop), by=clerk, now=one_shop.now)
    with pytest.raises(GatheringUnknown):
        gatherings.get(1)


def test_what_is_taken_bounds_a_change(shop: Shop) -> None:
    gathering_id = opened(shop, fee_points=10)
    member = shop.member()
    shop.give_points(member, 100)
    sign_up(shop, gathering_id, member, 2)
    with pytest.raises(GatheringTooSmall, match="2 places"):
        gatheringsignups.change(gathering_id, plan(shop, places=1, fee_points=10), by=shop.owner, now=shop.now)
    with pytest.raises(FeeFixed):
        gatheringsignups.change(gathering_id, plan(shop, fee_points=20), by=shop.owner, now=shop.now)


def test_more_places_go_to_who_waits_and_another_time_is_told(shop: Shop) -> None:
    gathering_id = opened(shop, places=1)
    for _ in range(3):
        sign_up(shop, gathering_id, shop.member())
    later = Millis(shop.now + 9 * DAY)
    wanted = plan(shop, places=2, from_at=later, until_at=Millis(later + HOUR))
    gatheringsignups.change(gathering_id, wanted, by=shop.owner, now=shop.now)
    assert states(gathering_id) == [("booked", 1), ("booked", 1), ("waiting", 1)]
    assert told()[3:] == ["event_changed", "event_changed", "event_changed", "event_moved_up"]


# --- signing up ------------------------------------------------------------------------------------


def test_places_then_the_waiting_list_then_no_more(shop: Shop) -> None:
    gathering_id = opened(shop)
    for places in (2, 1, 1):
        sign_up(shop, gathering_id, shop.member(), places)
    assert states(gathering_id) == [("booked", 2), ("waiting", 1), ("waiting", 1)]
    with pytest.raises(GatheringFull, match="0 places left and 0 on the waiting list"):
        sign_up(shop, gathering_id, shop.member())
    assert told() == ["event_booked", "event_waiting", "event_waiting"]


def test_who_may_come_when(shop: Shop) -> None:
    shop.tier("gold", 1)
    shop.tier("diamond", 2)
    openings = (Opening(1, Millis(shop.now + DAY)), Opening(2, shop.now))
    gathering_id = opened(shop, openings=openings)
    with pytest.raises(SignUpNotForTier, match="normal"):
        sign_up(shop, gathering_id, shop.member())
    gold = shop.member(tier="gold")
    with pytest.raises(SignUpEarly, match="gold"):
        sign_up(shop, gathering_id, gold)
    assert sign_up(shop, gathering_id, shop.member(tier="diamond")).state == "booked"
    assert sign_up(shop, gathering_id, gold, now=Millis(shop.now + DAY)).state == "booked"


def test_blocked_members_and_second_parties_are_refused(shop: Shop) -> None:
    gathering_id, member, blocked = opened(shop), shop.member(), shop.member()
    members.set_state(blocked, "blocked", by=shop.owner, now=shop.now)
    with pytest.raises(MemberBlocked):
        sign_up(shop, gathering_id, blocked)
    sign_up(shop, gathering_id, member)
    with pytest.raises(SignedUpAlready, match="1 places"):
        sign_up(shop, gathering_id, member)
    for places in (0, 5):
        with pytest.raises(PartyInvalid, match="1 to 4"):
            sign_up(shop, gathering_id, shop.member(), places)


def test_members_sign_up_themselves_and_nobody_else(shop: Shop) -> None:
    gathering_id, member, other = opened(shop), shop.member(), shop.member()
    by = members.themselves(member)
    one = gatheringsignups.sign_up(gathering_id, member, 1, by=by, now=shop.now, key="tap")
    assert gatheringsignups.sign_up(gathering_id, member, 1, by=by, now=shop.now, key="tap") == one
    with pytest.raises(NotAllowed):
        gatheringsignups.sign_up(gathering_id, other, 1, by=by, now=shop.now)
    with pytest.raises(NotAllowed):
        gatheringsignups.cancel_signup(one.id, by=members.themselves(other), now=shop.now)


def test_points_leave_with_the_place_and_come_back_with_it(shop: Shop) -> None:
    gathering_id, member = opened(shop, fee_points=30), shop.member()
    shop.give_points(member, 100)
    with pytest.raises(SpendProofNeeded):
        gatheringsignups.sign_up(gathering_id, member, 1, by=members.themselves(member), now=shop.now)
    one = sign_up(shop, gathering_id, member, 2)
    assert (one.points, balance(shop, member)) == (60, 40)
    gatheringsignups.change_places(one.id, 1, by=shop.owner, now=shop.now)
    assert balance(shop, member) == 70
    gatheringsignups.change_places(one.id, 2, proved=True, by=shop.owner, now=shop.now)
    assert balance(shop, member) == 40
    gatheringsignups.cancel_signup(one.id, by=members.themselves(member), now=shop.now)
    assert (balance(shop, member), gatheringguests.get(one.id).points) == (100, 0)


def test_after_the_last_moment_points_stay(shop: Shop) -> None:
    gathering_id, member = opened(shop, fee_points=30, cancel_until_at=shop.now), shop.member()
    shop.give_points(member, 100)
    one = sign_up(shop, gathering_id, member)
    gatheringsignups.cancel_signup(one.id, by=shop.owner, now=Millis(shop.now + 1))
    assert balance(shop, member) == 70


def test_too_few_points_take_no_place(shop: Shop) -> None:
    gathering_id, member = opened(shop, fee_points=30), shop.member()
    shop.give_points(member, 50)
    with pytest.raises(NotEnoughPoints):
        sign_up(shop, gathering_id, member, 2)
    assert states(gathering_id) == []


def test_the_first_that_fits_moves_up_pays_and_is_told(shop: Shop) -> None:
    gathering_id = opened(shop, fee_points=10, places=2, waiting_places=9)
    first, poor, large, small = (shop.member() for _ in range(4))
    for member in (first, large, small):
        shop.give_points(member, 100)
    one = sign_up(shop, gathering_id, first, 1)
    sign_up(shop, gathering_id, large, 2)
    sign_up(shop, gathering_id, small, 1)
    assert states(gathering_id) == [("booked", 1), ("waiting", 2), ("booked", 1)]
    sign_up(shop, gathering_id, poor, 1)
    other = shop.member()
    shop.give_points(other, 10)
    sign_up(shop, gathering_id, other, 1)
    gatheringsignups.cancel_signup(one.id, by=shop.owner, now=shop.now)
    assert states(gathering_id) == [("cancelled", 1), ("waiting", 2), ("booked", 1), ("waiting", 1), ("booked", 1)]
    assert (balance(shop, other), balance(shop, first), told()[-1]) == (0, 100, "event_moved_up")


def test_a_party_that_shrinks_makes_room(shop: Shop) -> None:
    gathering_id = opened(shop)
    one = sign_up(shop, gathering_id, shop.member(), 2)
    sign_up(shop, gathering_id, shop.member())
    with pytest.raises(GatheringFull):
        gatheringsignups.change_places(one.id, 3, by=shop.owner, now=shop.now)
    gatheringsignups.change_places(one.id, 1, by=shop.owner, now=shop.now)
    assert states(gathering_id) == [("booked", 1), ("booked", 1)]


def test_what_was_cancelled_is_not_cancelled_again(shop: Shop) -> None:
    gathering_id, member = opened(shop), shop.member()
    one = sign_up(shop, gathering_id, member)
    by = members.themselves(member)
    gatheringsignups.cancel_signup(one.id, by=by, now=shop.now, key="x")
    assert gatheringsignups.cancel_signup(one.id, by=by, now=shop.now, key="x").state == "cancelled"
    with pytest.raises(SignUpOver, match="cancelled"):
        gatheringsignups.cancel_signup(one.id, by=by, now=shop.now)
    with pytest.raises(SignUpUnknown):
        gatheringsignups.cancel_signup(1, by=by, now=shop.now)
    again = sign_up(shop, gathering_id, member)
    with pytest.raises(CancelLate):
        gatheringsignups.cancel_signup(again.id, by=by, now=Millis(shop.now + 7 * DAY))


# --- money -----------------------------------------------------------------------------------------


def test_a_fee_is_paid_at_the_till_and_refunded_there(shop: Shop) -> None:
    fee = shop.product("tasting", 5000, kind="service")
    member = shop.member()
    shop.sell(shop.basket(("tasting", 5), member=member))
    later = Millis(shop.now + 1)
    gathering_id = gatherings.draft(plan(shop, product_id=fee), by=shop.owner, now=later)
    gatherings.open_signup(gathering_id, by=shop.owner, now=later)
    one = sign_up(shop, gathering_id, member, 2, now=later)
    assert [guest.to_pay for guest in gatheringguests.signups(gathering_id, by=shop.owner)] == [2]
    shop.sell(shop.basket(("tasting", 1), member=member), now=Millis(shop.now + 2))
    (mine,) = gatheringguests.of_member(member, by=shop.owner, now=later)
    assert (mine.to_pay, mine.gathering.fee_cents) == (1, 5000)
    shop.sell(shop.basket(("tasting", 1), member=member), now=Millis(shop.now + 3))
    gatheringsignups.cancel_signup(one.id, by=shop.owner, now=Millis(shop.now + 4))
    (guest,) = gatheringguests.signups(gathering_id, by=shop.owner)
    assert (guest.to_pay, guest.to_refund) == (0, 2)


def test_an_event_called_off_gives_everything_back_and_tells_all(shop: Shop) -> None:
    gathering_id, first, second = opened(shop, fee_points=10, places=1), shop.member(), shop.member()
    shop.give_points(first, 10)
    sign_up(shop, gathering_id, first)
    sign_up(shop, gathering_id, second)
    assert gatheringsignups.call_off(gathering_id, by=shop.owner, now=Millis(shop.now + 9 * DAY)) == 2
    assert (balance(shop, first), told()[-2:]) == (10, ["event_called_off"] * 2)
    with pytest.raises(GatheringOver, match="called off"):
        gatheringsignups.call_off(gathering_id, by=shop.owner, now=shop.now)


def test_who_was_checked_in_when_it_is_called_off_gets_the_points_back_and_no_event_counted(shop: Shop) -> None:
    gathering_id, member, gone = opened(shop, fee_points=10), shop.member(), shop.member()
    day = Millis(shop.now + 7 * DAY)
    for one in (member, gone):
        shop.give_points(one, 10)
        sign_up(shop, gathering_id, one)
        gatheringday.check_in(gathering_id, one, by=shop.owner, now=day)
    erasure.erase(gone, mark=erasure.preview(gone, now=day).mark, give_up=True, by=shop.owner, now=day)
    assert gatheringsignups.call_off(gathering_id, by=shop.owner, now=day) == 1
    assert (states(gathering_id), balance(shop, member)) == ([("cancelled", 1), ("attended", 1)], 10)
    on = gatherings.day_of(gatherings.get(gathering_id), now=day)
    assert (stats.window(member, first=on, last=on).events, told()[-1]) == (0, "event_called_off")


# --- on the day ------------------------------------------------------------------------------------


def test_guests_are_checked_in_once_and_it_counts_for_their_tier(shop: Shop) -> None:
    shop.tier("silver", 1, events=1)
    gathering_id, member = opened(shop), shop.member()
    one = sign_up(shop, gathering_id, member, 2)
    with pytest.raises(CheckInEarly):
        gatheringday.check_in(gathering_id, member, by=shop.owner, now=shop.now)
    now = Millis(shop.now + 7 * DAY - HOUR)
    with pytest.raises(NotOnList):
        gatheringday.check_in(gathering_id, shop.member(), by=shop.owner, now=now)
    assert gatheringguests.arriving(member, store_id=shop.store, now=now) is not None
    for _ in range(2):
        assert gatheringday.check_in(gathering_id, member, by=shop.owner, now=now).state == "attended"
    day = gatherings.day_of(gatherings.get(gathering_id), now=now)
    assert stats.window(member, first=day, last=day).events == 1
    assert db.value("SELECT tier_id FROM member_tier WHERE member_id = ?", (member,)) == shop.tiers["silver"]
    assert gatheringguests.arriving(member, store_id=shop.store, now=now) is None
    gatheringday.undo_check_in(one.id, by=shop.owner, now=now)
    assert stats.window(member, first=day, last=day).events == 0
    with pytest.raises(SignUpOver):
        gatheringday.undo_check_in(one.id, by=shop.owner, now=now)


def test_at_the_end_who_did_not_come_was_absent(shop: Shop) -> None:
    gathering_id, came, absent, waited = opened(shop), shop.member(), shop.member(), shop.member()
    for member in (came, absent, waited):
        sign_up(shop, gathering_id, member)
    now = Millis(shop.now + 7 * DAY)
    with pytest.raises(GatheringEarly):
        gatheringday.close(gathering_id, by=shop.owner, now=Millis(now - 1))
    gatheringday.check_in(gathering_id, came, by=shop.owner, now=now)
    assert gatheringday.close(gathering_id, by=shop.owner, now=now) == 1
    assert states(gathering_id) == [("attended", 1), ("absent", 1), ("waiting", 1)]
    with pytest.raises(GatheringOver, match="over"):
        sign_up(shop, gathering_id, shop.member())
    gatherings.learn(gathering_id, "more cups", by=shop.owner, now=now)
    assert gatherings.get(gathering_id).lessons == "more cups"


def test_guests_are_reminded_a_day_before_and_once(shop: Shop) -> None:
    gathering_id = opened(shop, places=1)
    for _ in range(2):
        sign_up(shop, gathering_id, shop.member())
    moments = [shop.now + 5 * DAY, shop.now + 6 * DAY, shop.now + 6 * DAY + HOUR]
    assert [gatheringnotes.remind(by=shop.owner, now=Millis(one)) for one in moments] == [0, 1, 0]


def test_somebody_forgotten_gives_their_place_to_the_next(shop: Shop) -> None:
    gathering_id, gone = opened(shop, places=1), shop.member()
    sign_up(shop, gathering_id, gone)
    sign_up(shop, gathering_id, shop.member())

    @db.atomic
    def forget() -> None:
        gatheringsignups.release(gone, by=shop.owner, now=shop.now)

    forget()
    assert states(gathering_id) == [("cancelled", 1), ("booked", 1)]
