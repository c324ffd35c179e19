"""The owner's signs: which one raises a warning, and what lies idle."""

from datetime import date, timedelta

import numpy as np
import pytest

from core.base import access, db
from core.base.clock import DAY, Millis
from core.books import stats
from core.insight import profiles, scan, visiting, warnings
from core.insight.signs import Idle, Lines, Silence, baskets, falling, idle_of, sign_of
from core.keeping import erasure
from core.loyalty import topups
from core.loyalty.topups import TopUpTerms
from tests.core.insight.test_churn_scan import regulars
from tests.shops import Shop, at

JOB = access.scheduler("churn")
ALL = Lines(fixed_days=90, spend_fall_bp=4000, points_days=60, wallet_days=30)
IDLE = Idle(points=420, points_days=64, wallet_cents=5000, wallet_days=40)
FALLEN = {"basket_cents": 3800, "last_basket_cents": 2200}


def silence(state: str, days: int, basket_cents: int | None = None, last_basket_cents: int | None = None) -> Silence:
    return Silence(state, days, basket_cents, last_basket_cents)


@pytest.mark.parametrize(
    ("found", "idle", "lines", "sign"),
    [
        (silence("warning", 31), Idle(), Lines(), "rhythm"),
        (silence("lost", 80), IDLE, ALL, "rhythm"),
        (silence("warning", 61), Idle(), Lines(by_rhythm=False), "days"),
        (silence("due", 91), Idle(), ALL, "days"),
        (silence("due", 20, **FALLEN), IDLE, ALL, "spend"),
        (silence("due", 20), IDLE, ALL, "points"),
        (silence("due", 20), Idle(0, 0, 5000, 30), ALL, "wallet"),
        (silence("due", 20), Idle(420, 59, 5000, 29), ALL, None),
        (silence("due", 20, **FALLEN), IDLE, Lines(), None),
        (silence("on time", 5, **FALLEN), IDLE, ALL, None),
    ],
)
def test_silence_comes_first_and_what_is_off_says_nothing(
    found: Silence, idle: Idle, lines: Lines, sign: str | None
) -> None:
    assert sign_of(found, idle, lines) == sign


def test_baskets_fall_from_the_owners_line_on() -> None:
    assert falling(1000, 600, 4000)
    assert not falling(1000, 601, 4000)
    assert not falling(None, 600, 4000)


def test_the_last_three_baskets_are_held_against_those_before() -> None:
    ids = np.array([1] * 6 + [2] * 5)
    visits = visiting.ordered(ids, np.arange(11), np.array([10, 20, 30, 5, 6, 7, 9, 9, 9, 9, 9]))
    before, last = baskets(visits, visiting.at(visits, 20))
    assert (before[0], last[0]) == (20, 6)
    assert np.isnan(before[1]) and np.isnan(last[1])


def test_points_and_stored_value_lie_idle_since_their_last_use(shop: Shop) -> None:
    ann, ben = shop.member(), shop.member()
    shop.give_points(ann, 420, now=Millis(shop.now - 64 * DAY))
    shop.top_up(ann, 5000, now=Millis(shop.now - 10 * DAY))
    assert idle_of([ann, ben], now=shop.now) == {ann: Idle(420, 64, 5000, 10)}
    assert idle_of([], now=shop.now) == {}


def test_what_came_after_the_old_was_gone_does_not_lie_idle_since_then(shop: Shop) -> None:
    ann = shop.member()
    shop.give_points(ann, 100, now=Millis(shop.now - 300 * DAY))
    shop.give_points(ann, -100, now=Millis(shop.now - 290 * DAY))
    shop.give_points(ann, 420, now=Millis(shop.now - DAY))
    assert idle_of([ann], now=shop.now) == {ann: Idle(420, 1)}


def test_a_wallet_was_used_when_the_principal_was_though_that_is_empty_now(shop: Shop) -> None:
    shop.product("dress", 5000)
    topups.set_rule(5000, TopUpTerms(bonus_cents=1000, bonus_days=365), by=shop.owner, now=Millis(shop.now - 90 * DAY))
    ann = shop.member()
    shop.top_up(ann, 5000, now=Millis(shop.now - 80 * DAY))
    shop.sell(shop.basket(("dress", 1), member=ann), ("wallet", 5000), now=Millis(shop.now - 2 * DAY))
    found = idle_of([ann], now=shop.now)[ann]
    assert (found.wallet_cents, found.wallet_days) == (1000, 2)


def due(shop: Shop) -> int:
    """A member ten days away who usually comes every nine."""
    return regulars(shop, 80, date(2026, 5, 29), silent=10)


def test_idle_points_warn_of_who_is_due_where_the_owner_wants_it(shop: Shop) -> None:
    member = due(shop)
    shop.give_points(member, 420, now=Millis(shop.now - 64 * DAY))
    assert scan.scan(by=JOB, now=shop.now).raised == 0
    shop.rule("churn_points_days", 60)
    assert scan.scan(by=JOB, now=shop.now).raised == 1
    warning = warnings.of_member(member, by=shop.owner, now=shop.now)
    assert warning is not None and warning.sign == "points"
    said = [str(part) for part in warnings.sentence(warning)]
    assert said[1] == "Now 10 days away."
    assert said[-1] == "420 points unused for 64 days."


def test_fixed_days_are_said_as_days(one_shop: Shop) -> None:
    member = due(one_shop)
    one_shop.rule("churn_fixed_days", 9)
    assert scan.scan(by=JOB, now=one_shop.now).raised == 1
    warning = warnings.of_member(member, by=one_shop.owner, now=one_shop.now)
    assert warning is not None
    first = str(warnings.sentence(warning)[0])
    assert first == "Away for 10 days (12 visits so far); the shop warns after 9 days."


def test_falling_baskets_are_said_with_both_figures(one_shop: Shop) -> None:
    member = due(one_shop)
    last = date(2026, 5, 19)
    sql = "SELECT day FROM member_day WHERE member_id = ? ORDER BY day DESC LIMIT 3"

    @db.atomic
    def spend_less() -> None:
        for (day,) in db.rows(sql, (member,)):
            stats.count_refund(member, day=date.fromordinal(day), net_cents=2000, points=0)

    spend_less()
    one_shop.rule("churn_spend_fall_bp", 5000)
    scan.scan(by=JOB, now=one_shop.now)
    warning = warnings.of_member(member, by=one_shop.owner, now=one_shop.now)
    assert warning is not None and warning.raised_on == last + timedelta(days=10)
    assert "Spent ¥30.00 a visit before, ¥10.00 on the last three." in map(str, warnings.sentence(warning))


def test_the_sentence_says_the_chance_of_now_and_of_a_month_ago(one_shop: Shop) -> None:
    member = regulars(one_shop, 60, date(2026, 5, 29), silent=35)
    for silent in range(100, 300, 10):
        regulars(one_shop, 1, date(2026, 5, 29), silent=silent)
    scan.scan(by=JOB, now=one_shop.now)
    warning = warnings.of_member(member, by=one_shop.owner, now=one_shop.now)
    assert warning is not None and warning.chance_before_bp is not None and warning.chance_bp is not None
    assert warning.chance_before_bp > warning.chance_bp + 2000
    said = [str(part) for part in warnings.sentence(warning)]
    now, before = ((bp + 50) // 100 for bp in (warning.chance_bp, warning.chance_before_bp))
    assert said[2] == f"Chance of a visit in the next 30 days {now} % (a month ago {before} %)."


def test_each_member_has_a_row_and_who_is_blocked_loses_it(shop: Shop) -> None:
    member = due(shop)
    scan.scan(by=JOB, now=shop.now)
    assert db.value("SELECT count(*) FROM member_insight") == 80
    profile = profiles.of(member, now=shop.now)
    assert profile is not None
    assert (profile.on, profile.state, profile.usual_days) == (date(2026, 5, 29), "due", 9)
    assert profile.next_to is not None and profile.next_to > profile.on

    @db.atomic
    def block() -> None:
        db.run("UPDATE member SET state = 'blocked' WHERE id = ?", (member,))

    block()
    scan.scan(by=JOB, now=at(2026, 5, 30))
    assert profiles.of(member, now=shop.now) is None
    assert db.value("SELECT count(*) FROM member_insight") == 79


def test_a_second_scan_counts_no_old_warning_as_new_and_renews_its_figures(shop: Shop) -> None:
    member = regulars(shop, 80, date(2026, 5, 29), silent=45)
    assert scan.scan(by=JOB, now=shop.now).raised == 1
    assert scan.scan(by=JOB, now=at(2026, 5, 30)).raised == 0
    assert db.value("SELECT silent_days FROM churn_warning WHERE member_id = ?", (member,)) == 46


def test_the_card_says_the_rhythm_and_the_next_visit_as_a_range() -> None:
    told = profiles.Profile(
        date(2026, 5, 29),
        "on time",
        9,
        "good",
        9340,
        9500,
        60_000,
        date(2026, 5, 30),
        date(2026, 6, 1),
        date(2026, 6, 4),
    )
    assert [str(part) for part in profiles.sentence(told, visits=12, silent_days=8)] == [
        "Usually every 9 days, last here 8 days ago.",
        "Next between 05-30 Sat and 06-04 Thu.",
        "Chance of a visit in the next 30 days: 93 %.",
    ]
    assert str(profiles.grouped(told)) == "comes often and buys much"
    assert profiles.sentence(told, visits=1, silent_days=8) == []


def test_whoever_is_erased_keeps_no_row(shop: Shop) -> None:
    member = due(shop)
    scan.scan(by=JOB, now=shop.now)
    assert profiles.of(member, now=shop.now) is not None
    erasure.erase(member, mark=erasure.preview(member, now=shop.now).mark, by=shop.owner, now=shop.now)
    assert profiles.of(member, now=shop.now) is None
