"""Real processes race for the last reward, the last prize, a place at an event: exactly one gets it."""

from collections import Counter
from collections.abc import Iterator
from datetime import date

import pytest

from core.base import db
from core.base.clock import DAY, Millis
from core.giving import lottery, rewards, sharing
from core.giving.lottery import LotteryTerms, PrizeTerms
from core.giving.rewards import RewardTerms
from core.keeping import doctor
from core.loyalty import points
from core.service import gatheringguests, gatherings
from tests.core.service.gathered import opened, sign_up
from tests.faults.racing import Racers, racers
from tests.shops import Shop

COUNT, ROUNDS = 5, 6
TODAY = date(2026, 5, 29)


@pytest.fixture(scope="module")
def track() -> Iterator[Racers]:
    with racers(COUNT) as running:
        yield running


@pytest.fixture
def members(shop: Shop) -> list[int]:
    """As many members as there are racers, with 1,000 points each."""
    found = [shop.member() for _ in range(COUNT)]
    for member in found:
        for _ in range(2):
            shop.give_points(member, 500)
    return found


def balances(shop: Shop, members: list[int]) -> list[int]:
    return sorted(points.state(member, now=shop.now).balance for member in members)


def test_the_last_reward_goes_to_exactly_one(shop: Shop, engine: str, track: Racers, members: list[int]) -> None:
    mug = RewardTerms(kind="product", points=100)
    for _ in range(ROUNDS):
        last = rewards.create("mug", mug, stock=1, by=shop.owner, now=shop.now)
        db.run("DELETE FROM request")
        answers = track.race(engine, "redeem", [(member, last, shop.now) for member in members])
        assert Counter(isinstance(one, int) or one for one in answers) == {True: 1, "reward_gone": COUNT - 1}
    assert sum(balances(shop, members)) == COUNT * 1000 - ROUNDS * 100
    assert doctor.examine(now=shop.now) == []


def test_one_request_sent_by_many_redeems_once(shop: Shop, engine: str, track: Racers, members: list[int]) -> None:
    mug = rewards.create("mug", RewardTerms(kind="product", points=100), stock=None, by=shop.owner, now=shop.now)
    answers = track.race(engine, "redeem", [(members[0], mug, shop.now)] * COUNT)
    assert (len(set(answers)), balances(shop, members)) == (1, [900] + [1000] * (COUNT - 1))


def test_the_last_prize_goes_to_exactly_one(shop: Shop, engine: str, track: Racers, members: list[int]) -> None:
    terms = LotteryTerms(cost_points=10, tries_day=0, first_on=TODAY, last_on=TODAY)
    prize = PrizeTerms(name="mug", kind="product", odds_ppm=1_000_000, stock=1)
    for _ in range(ROUNDS):
        june = lottery.create("June", terms, (prize,), by=shop.owner, now=shop.now)
        track.race(engine, "draw", [(member, june, shop.now) for member in members])
        sql = "SELECT n, given_prize_id IS NULL FROM lottery_draw WHERE lottery_id = ? ORDER BY n"
        assert [(n, bool(fell)) for n, fell in db.rows(sql, (june,))] == [(n, n > 1) for n in range(1, COUNT + 1)]
        assert lottery.verify(lottery.published(june, now=Millis(shop.now + DAY))) == []
    assert balances(shop, members) == [1000 - ROUNDS * 10] * COUNT
    assert doctor.examine(now=shop.now) == []


def test_a_member_checks_in_once_however_often_the_button_is_pressed(
    shop: Shop, engine: str, track: Racers, members: list[int]
) -> None:
    shop.rule("checkin_points", 5)
    for day in range(ROUNDS):
        answers = track.race(engine, "check_in", [(members[0], shop.now + day * DAY)] * COUNT)
        assert sorted(answers) == [0] * (COUNT - 1) + [1]
    assert balances(shop, members)[-1] == 1000 + ROUNDS * 5
    assert doctor.examine(now=Millis(shop.now + ROUNDS * DAY)) == []


def test_one_visitor_at_several_links_counts_for_one(
    shop: Shop, engine: str, track: Racers, members: list[int]
) -> None:
    shop.rule("share_points", 5)
    answers = track.race(engine, "visit", [(sharing.link_of(member), shop.now) for member in members])
    assert (sorted(answers), sum(balances(shop, members))) == ([0] * (COUNT - 1) + [5], COUNT * 1000 + 5)


def test_a_survey_answered_twice_at_once_gives_once(shop: Shop, engine: str, track: Racers, members: list[int]) -> None:
    answers = track.race(engine, "award", [(members[0], shop.now)] * COUNT)
    assert (sorted(answers), sum(balances(shop, members))) == ([0] * (COUNT - 1) + [1], COUNT * 1000 + 30)


def test_there_are_never_more_guests_than_places(shop: Shop, engine: str, track: Racers, members: list[int]) -> None:
    for places in (1, 3, 4):
        tea = opened(shop, places=places, waiting_places=1, fee_points=10)
        db.run("DELETE FROM request")
        track.race(engine, "come", [(tea, member, 1, shop.now) for member in members])
        found = gatherings.get(tea)
        assert (found.booked, found.waiting) == (places, min(1, COUNT - places))
    assert sum(balances(shop, members)) == COUNT * 1000 - 10 * (1 + 3 + 4)
    assert doctor.examine(now=shop.now) == []


def test_places_given_back_while_others_ask_go_to_who_waited(
    shop: Shop, engine: str, track: Racers, members: list[int]
) -> None:
    first, second, third, *others = members
    for _ in range(ROUNDS):
        tea = opened(shop, places=1, waiting_places=9, fee_points=10)
        gives, waits = (sign_up(shop, tea, member).id for member in (first, second))
        db.run("DELETE FROM request")
        asked = [(0, tea, member, shop.now + 1) for member in (third, third, *others)]
        track.race(engine, "come_or_stay_away", [(gives, tea, first, shop.now + 1), *asked])
        assert [one.id for one in gatheringguests.live(tea, "booked")] == [waits]
        assert gatherings.get(tea).waiting == 3
    assert doctor.examine(now=shop.now) == []


def test_one_tap_sent_by_many_signs_up_once(shop: Shop, engine: str, track: Racers, members: list[int]) -> None:
    tea = opened(shop, places=9, fee_points=10)
    answers = track.race(engine, "come", [(tea, members[0], 2, shop.now)] * COUNT)
    assert (len(set(answers)), gatherings.get(tea).booked, balances(shop, members)[0]) == (1, 2, 980)
