"""The doctor finds what was done to given points, rewards and draws behind their back."""

from datetime import date

import pytest

from core.base import db
from core.giving import checkin, draws, lottery, redemptions, rewards
from core.giving.lottery import LotteryTerms, PrizeTerms
from core.giving.rewards import RewardTerms
from core.keeping import doctor
from core.people import credentials
from tests.shops import Shop

TODAY = date(2026, 5, 29)


@pytest.fixture
def generous(shop: Shop) -> Shop:
    """A day with a check-in, a friend, two redemptions of which one was cancelled, and two draws."""
    by, now = shop.owner, shop.now
    shop.rule("checkin_points", 5)
    shop.product("tea", 1000)
    member = shop.member()
    shop.give_points(member, 400)
    checkin.check_in(member, by=by, now=now)
    shop.sell(shop.basket(("tea", 1), member=shop.member(referrer_card=credentials.card_of(member))))
    mug = rewards.create("mug", RewardTerms(kind="product", points=100), stock=5, by=by, now=now)
    got = [redemptions.redeem(member, mug, proved=True, by=by, now=now) for _ in range(2)]
    redemptions.cancel(got[1].id, by=by, now=now)
    terms = LotteryTerms(cost_points=10, tries_day=0, first_on=TODAY, last_on=TODAY)
    june = lottery.create("June", terms, (PrizeTerms(name="tea", kind="product", odds_ppm=1_000_000),), by=by, now=now)
    for _ in range(2):
        draws.draw(member, june, "", proved=True, by=by, now=now)
    return shop


def harmed(sql: str, table: str) -> None:
    """Change what is append-only, as somebody with the file could."""
    if db.is_sqlite():
        db.run(f"DROP TRIGGER IF EXISTS {table}_no_update")
        db.run(f"DROP TRIGGER IF EXISTS {table}_no_delete")
    else:
        db.run(f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}")
    db.run(sql)


def test_a_generous_day_leaves_no_difference(generous: Shop) -> None:
    assert doctor.examine(now=generous.now) == []


@pytest.mark.parametrize(
    ("table", "sql", "check"),
    [
        ("redemption", "UPDATE redemption SET points = points + 1 WHERE state = 'given'", "redemptions"),
        ("redemption", "UPDATE redemption SET state = 'cancelled'", "redemptions"),
        ("reward", "UPDATE reward SET given = given + 1", "rewards given"),
        ("lottery_prize", "UPDATE lottery_prize SET given = given - 1", "prizes given"),
        ("lottery", "UPDATE lottery SET cost_points = 20", "draws paid"),
        ("lottery_draw", "DELETE FROM lottery_draw WHERE n = 1", "draw numbers"),
        ("lottery_draw", "DELETE FROM lottery_draw WHERE n = 2", "last draw"),
        ("checkin", "UPDATE checkin SET points = 6", "check-ins"),
        ("checkin", "DELETE FROM checkin", "check-ins that are missing"),
        ("checkin", "UPDATE checkin SET streak_days = 7", "check-in streaks"),
        ("referral", "UPDATE referral SET friend_points = 1000", "referral rewards"),
    ],
)
def test_each_harm_is_named(generous: Shop, table: str, sql: str, check: str) -> None:
    harmed(sql, table)
    assert check in {one.check for one in doctor.examine(now=generous.now)}
