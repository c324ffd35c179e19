"""Checking in: once a local day, more at every n-th day in a row."""

import pytest

from core.base import db
from core.base.errors import NotAllowed
from core.books.locks import MemberBlocked
from core.books.requests import KeyReused
from core.giving import checkin
from core.giving.checkin import CheckIn, CheckInOff, Outlook
from core.loyalty import points
from core.people import members
from tests.shops import Shop, at


@pytest.fixture
def open_for(shop: Shop) -> Shop:
    """5 points a day, 20 more at every third day in a row."""
    for name, value in {"checkin_points": 5, "checkin_streak_days": 3, "checkin_streak_points": 20}.items():
        shop.rule(name, value)
    return shop


def check_in(member: int, day: int, hour: int = 12, *, key: str | None = None) -> CheckIn:
    return checkin.check_in(member, by=members.themselves(member), now=at(2026, 6, day, hour), key=key)


def test_days_in_a_row_bring_a_bonus_at_every_third(open_for: Shop) -> None:
    member = open_for.member()
    given = [check_in(member, day) for day in range(1, 8)]
    assert [one.points for one in given] == [5, 5, 25, 5, 5, 25, 5]
    assert [one.streak_days for one in given] == [1, 2, 3, 4, 5, 6, 7]
    assert points.state(member, now=at(2026, 6, 7)).balance == 75


def test_a_day_left_out_begins_anew(open_for: Shop) -> None:
    member = open_for.member()
    assert [check_in(member, day).streak_days for day in (1, 2, 4, 5)] == [1, 2, 1, 2]


def test_the_second_time_on_a_day_gives_nothing(open_for: Shop) -> None:
    member = open_for.member()
    first, second = check_in(member, 1, 0), check_in(member, 1, 23)
    assert (first.already, second.already, second.points) == (False, True, 5)
    assert points.state(member, now=at(2026, 6, 1)).balance == 5


def test_the_day_is_the_shops_own(open_for: Shop) -> None:
    open_for.rule("zone", "America/New_York")
    member = open_for.member()
    shanghai_morning_of_the_2nd = check_in(member, 2, 11)  # 23:00 of the 1st in New York
    assert (str(shanghai_morning_of_the_2nd.day), check_in(member, 2, 13).already) == ("2026-06-01", False)


def test_the_same_key_gives_the_same_answer(open_for: Shop) -> None:
    member = open_for.member()
    assert check_in(member, 1, key="a") == check_in(member, 1, key="a")
    assert check_in(member, 1, key="b").already


def test_a_key_is_for_one_member(open_for: Shop) -> None:
    checkin.check_in(open_for.member(), by=open_for.owner, now=open_for.now, key="a")
    with pytest.raises(KeyReused):
        checkin.check_in(open_for.member(), by=open_for.owner, now=open_for.now, key="a")


def test_a_shop_that_gives_nothing_has_no_check_in(shop: Shop) -> None:
    shop.rule("checkin_streak_points", 20)
    with pytest.raises(CheckInOff):
        check_in(shop.member(), 1)


def test_nobody_checks_another_member_in(open_for: Shop) -> None:
    with pytest.raises(NotAllowed):
        checkin.check_in(open_for.member(), by=members.themselves(open_for.member()), now=open_for.now)


def test_a_blocked_member_does_not_check_in(open_for: Shop) -> None:
    member = open_for.member()
    members.set_state(member, "blocked", by=open_for.owner, now=open_for.now)
    with pytest.raises(MemberBlocked):
        check_in(member, 1)


def test_the_page_can_say_what_the_next_time_gives(open_for: Shop) -> None:
    member = open_for.member()
    check_in(member, 1)
    check_in(member, 2)
    assert checkin.outlook(member, now=at(2026, 6, 2)) == Outlook(2, True, 25)
    assert checkin.outlook(member, now=at(2026, 6, 3)) == Outlook(2, False, 25)
    assert checkin.outlook(member, now=at(2026, 6, 4)) == Outlook(0, False, 5)


def test_each_check_in_stands_in_the_log(open_for: Shop) -> None:
    member = open_for.member()
    check_in(member, 1)
    sql = "SELECT actor, after FROM audit WHERE action = 'checkin.made'"
    assert db.rows(sql) == [(f"member:{member}", '{"points": 5, "streak_days": 1}')]
