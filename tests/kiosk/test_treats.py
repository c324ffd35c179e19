"""Rewards and the lottery's wheel at the screen: a look-up moves nothing, the code on the phone confirms."""

import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base import clock, db, i18n
from core.base.errors import RegularsError
from core.giving import lottery, redemptions, rewards
from core.giving.lottery import LotteryTerms, PrizeTerms
from core.giving.rewards import RewardTerms
from core.people import credentials
from kiosk import treats, wheel
from tests.kiosk.conftest import Screen, rotating
from tests.shops import Shop

TODAY = date(2026, 5, 29)


@pytest.fixture
def wang(one_shop: Shop) -> int:
    member = one_shop.member("13800138000", name="王伟芳")
    one_shop.give_points(member, 300)
    return member


@pytest.fixture
def cup(one_shop: Shop) -> int:
    tea = one_shop.product("tea", 1800)
    terms = RewardTerms(kind="product", points=200, product_id=tea)
    return rewards.create("A cup of tea", terms, stock=1, by=one_shop.owner, now=one_shop.now)


def a_wheel(shop: Shop, *, cost: int, odds: int = 1_000_000) -> int:
    terms = LotteryTerms(cost_points=cost, tries_day=1, first_on=TODAY, last_on=TODAY)
    prize = PrizeTerms(name="50 points", kind="points", odds_ppm=odds, points=50)
    return lottery.create("Summer wheel", terms, (prize,), by=shop.owner, now=shop.now)


def points_of(member: int) -> int:
    return int(db.value("SELECT balance FROM account WHERE member_id = ? AND asset = 'points'", (member,)))


def chosen(screen: Screen, member: int, reward: int) -> dict[str, object]:
    screen.event("scan", rotating(member))
    screen.event("go", "rewards")
    return screen.event("reward", str(reward))


def test_a_reward_is_chosen_and_confirmed_with_the_code_on_the_phone(screen: Screen, wang: int, cup: int) -> None:
    face = chosen(screen, wang, cup)
    assert (face["screen"], points_of(wang)) == ("confirm", 300)
    face = screen.event("scan", rotating(wang))
    assert (face["screen"], points_of(wang)) == ("got", 100)
    assert str(redemptions.of_member(wang)[0].code) in str(face["html"])


def test_a_printed_card_confirms_nothing(screen: Screen, wang: int, cup: int) -> None:
    chosen(screen, wang, cup)
    face = screen.event("scan", str(credentials.card_of(wang)))
    assert (face["screen"], points_of(wang)) == ("confirm", 300)
    assert "A printed card cannot spend points." in str(face["html"])


def test_the_same_code_confirms_once(screen: Screen, wang: int, cup: int) -> None:
    chosen(screen, wang, cup)
    code = rotating(wang)
    screen.event("scan", code)
    face = chosen(screen, wang, cup)
    assert screen.event("scan", code)["screen"] == "confirm"
    assert (face["screen"], points_of(wang)) == ("confirm", 100)


def test_somebody_elses_code_begins_anew(screen: Screen, wang: int, cup: int, one_shop: Shop) -> None:
    li = one_shop.member("13900139000", name="李娜")
    chosen(screen, wang, cup)
    face = screen.event("scan", rotating(li))
    assert (face["screen"], points_of(wang), points_of(li)) == ("card", 300, 0)
    assert "王" not in str(face["html"])


def test_too_few_points_are_said_beside_the_reward(screen: Screen, one_shop: Shop, cup: int) -> None:
    li = one_shop.member("13900139000")
    screen.event("scan", rotating(li))
    face = screen.event("go", "rewards")
    assert "another 200 points needed" in str(face["html"])
    assert 'data-event="reward"' not in str(face["html"])


def test_the_last_one_gone_is_said_with_the_figures(screen: Screen, wang: int, cup: int) -> None:
    chosen(screen, wang, cup)
    db.run("UPDATE reward SET given = stock")
    code = rotating(wang)
    face = screen.event("scan", code)
    assert points_of(wang) == 300
    assert "“A cup of tea”" in str(face["html"])
    assert credentials.prove(code, now=clock.now()).member_id == wang  # refused, it is still unused


def test_without_a_scan_there_is_nothing_to_choose(screen: Screen, cup: int) -> None:
    for name, value in (("go", "rewards"), ("go", "wheel"), ("reward", str(cup)), ("draw", "1")):
        assert screen.event(name, value)["screen"] == "problem"


def test_what_was_taken_off_the_list_is_said(screen: Screen, wang: int) -> None:
    screen.event("scan", rotating(wang))
    face = screen.event("reward", "x")
    assert wish_said(treats.WishUnknown) in str(face["html"])


def test_a_card_is_told_to_open_the_phone(screen: Screen, wang: int, cup: int) -> None:
    chosen(screen, wang, cup)
    face = screen.event("scan", str(credentials.card_of(wang)))
    assert wish_said(treats.PhoneCodeNeeded) in str(face["html"])


def wish_said(refusal: type[RegularsError]) -> str:
    with i18n.use("en"):
        return i18n.say(refusal.text)


@pytest.mark.parametrize("value", ["", "x", "-1", "999999999999", "1e3", "１"])
def test_a_choice_that_is_none_is_refused_kindly(screen: Screen, wang: int, value: str) -> None:
    screen.event("scan", rotating(wang))
    for name in ("reward", "draw"):
        screen.event("scan", rotating(wang))
        assert screen.event(name, value)["screen"] in ("problem", "confirm")
    assert points_of(wang) == 300


def test_a_turn_that_costs_is_confirmed(screen: Screen, wang: int, one_shop: Shop) -> None:
    found = a_wheel(one_shop, cost=10)
    screen.event("scan", rotating(wang))
    assert "Turn · 10 points" in str(screen.event("go", "wheel")["html"])
    assert screen.event("draw", str(found))["screen"] == "confirm"
    face = screen.event("scan", rotating(wang))
    assert (face["screen"], points_of(wang)) == ("drawn", 340)
    assert "You won: 50 points" in str(face["html"])
    assert "tries for today are used" in str(screen.event("go", "wheel")["html"])


def test_a_free_turn_needs_no_code(screen: Screen, wang: int, one_shop: Shop) -> None:
    found = a_wheel(one_shop, cost=0, odds=1)
    screen.event("scan", str(credentials.card_of(wang)))
    face = screen.event("draw", str(found))
    assert (face["screen"], "No prize this time" in str(face["html"])) == ("drawn", True)


def test_help_leads_back_to_the_card(screen: Screen, wang: int) -> None:
    screen.event("scan", rotating(wang))
    screen.event("go", "help")
    screen.event("go", "tiers")
    assert screen.event("back")["screen"] == "card"


def test_the_next_guest_goes_back_to_the_first_screen(screen: Screen, wang: int) -> None:
    screen.event("scan", rotating(wang))
    screen.event("end")
    screen.event("go", "help")
    face = screen.event("back")
    assert (face["screen"], "王" in str(face["html"])) == ("attract", False)


@pytest.mark.parametrize("start", ["code", "phone"])
def test_starting_anew_from_a_card_forgets_it(screen: Screen, wang: int, start: str) -> None:
    screen.event("scan", rotating(wang))
    screen.event("go", start)
    assert screen.event("back")["screen"] == "attract"


@given(st.lists(st.integers(0, 400_000), min_size=1, max_size=12))
def test_sectors_fill_the_wheel_and_none_that_can_be_drawn_is_invisible(parts: list[int]) -> None:
    whole = [*parts, max(1, 1_000_000 - sum(parts))]
    wide = wheel.angles(whole)
    assert math.isclose(sum(wide), 360)
    assert all((angle >= wheel.LEAST_DEG - 1e-9) == (part > 0) for part, angle in zip(whole, wide, strict=True))


def test_odds_of_a_quarter_are_a_quarter_of_the_wheel() -> None:
    assert wheel.angles([250_000, 0, 750_000]) == [90.0, 0.0, 270.0]


@pytest.mark.parametrize(("angle", "digits"), [(6.0, 1), (6.0, 2), (45.0, 2)])
def test_a_prizes_number_stays_within_its_sector(angle: float, digits: int) -> None:
    written = wheel.label_size(angle, digits)
    assert written * wheel.DIGIT * digits <= 2 * math.pi * wheel.LABEL_AT * angle / 360 + 1e-9
    assert written <= 15.0
