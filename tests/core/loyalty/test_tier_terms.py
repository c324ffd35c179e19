"""What tiers ask and give: every condition, both windows, versions with their day, benefits, tiers by hand."""

from dataclasses import replace
from datetime import date

import pytest

from core.base import clock, db, i18n
from core.base.clock import DAY, Millis
from core.base.errors import NotAllowed
from core.books import stats
from core.books.stats import Totals
from core.goods import catalogue
from core.loyalty import benefits, coupons, ranks, tiers
from core.loyalty.ranks import Tier
from core.loyalty.tiers import TierInvalid, TierUnknown
from core.outreach import care
from core.selling import reversals
from core.selling.quotes import NotOpenYet
from tests.counter import hired, unsound
from tests.shops import Shop, at

PLAIN = Tier(0, 1, "silver", "○", 0, 10_000, None, None, 365, 12)


@pytest.fixture
def tea_shop(shop: Shop) -> Shop:
    """Tea 100.00 each."""
    shop.product("tea", 10_000)
    return shop


def buy(shop: Shop, member: int, pieces: int = 1, *, now: Millis | None = None) -> int:
    return shop.sell(shop.basket(("tea", pieces), member=member), now=now or shop.now)


def name_of(member: int) -> str:
    return tiers.of(member).name


# --- conditions, as pure rules ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "totals", "met"),
    [
        ({"spend_cents": 100}, (100, 0, 0, 0), True),
        ({"spend_cents": 100}, (99, 9, 9, 9), False),
        ({"visits": 2}, (0, 2, 0, 0), True),
        ({"points": 50}, (0, 0, 50, 0), True),
        ({"points": 50}, (0, 0, 49, 0), False),
        ({"events": 3}, (0, 0, 0, 3), True),
        ({"events": 3}, (900, 9, 99, 2), False),
        ({"spend_cents": 100, "visits": 2}, (0, 2, 0, 0), True),
        ({"spend_cents": 100, "visits": 2, "match": "all"}, (0, 2, 0, 0), False),
        ({"spend_cents": 100, "visits": 2, "match": "all"}, (100, 2, 0, 0), True),
        ({}, (10**9, 99, 99, 99), False),
        ({"match": "all"}, (10**9, 99, 99, 99), False),
    ],
)
def test_conditions_join_by_any_unless_the_tier_says_all(
    terms: dict[str, object], totals: tuple[int, int, int, int], met: bool
) -> None:
    assert replace(PLAIN, **terms).met_by(Totals(*totals)) is met  # type: ignore[arg-type]


def test_a_rolling_window_and_a_calendar_year() -> None:
    assert PLAIN.first_day(date(2027, 5, 31)) == date(2026, 6, 1)
    assert replace(PLAIN, window_days=1).first_day(date(2027, 5, 31)) == date(2027, 5, 31)
    assert replace(PLAIN, window="year").first_day(date(2027, 5, 31)) == date(2027, 1, 1)


def test_terms_are_stored_and_read_as_they_were() -> None:
    full = Tier(7, 2, "gold", "◆", 500, 15_000, 300_000, 20, 180, 6, 11, 900, 3, "all", "year", (12, 13), 14, "year",
                3, True)  # fmt: skip
    for tier in (PLAIN, full):
        assert ranks.read(tier.id, tier.rank, tier.name, tier.mark, ranks.stored(tier)) == tier


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"discount_bp": -1}, "discount_bp"),
        ({"discount_bp": 10_001}, "discount_bp"),
        ({"multiplier_bp": -1}, "multiplier_bp"),
        ({"multiplier_bp": 1_000_001}, "multiplier_bp"),
        ({"window_days": 0}, "window_days"),
        ({"hold_months": 0}, "hold_months"),
        ({"spend_cents": 0}, "spend_cents"),
        ({"visits": 0}, "visits"),
        ({"points": -5}, "points"),
        ({"events": 0}, "events"),
        ({"early_days": 366}, "early_days"),
        ({"match": "most"}, "match"),
        ({"window": "month"}, "window"),
        ({"each": "day"}, "each"),
        ({"welcome": (1,)}, "welcome"),
        ({"each_kind_id": 1}, "each_kind_id"),
        ({"birthday_coupon_kind_id": 1}, "birthday_coupon_kind_id"),
        ({"rank": 0}, "rank"),
        ({"name": ""}, "name"),
        ({"mark": "○○○○○"}, "mark"),
    ],
)
def test_terms_that_cannot_be_right_are_refused_by_field(one_shop: Shop, terms: dict[str, object], field: str) -> None:
    with pytest.raises(TierInvalid) as caught:
        tiers.create(replace(PLAIN, **terms), by=one_shop.owner, now=one_shop.now)  # type: ignore[arg-type]
    assert (caught.value.facts["field"], len(tiers.all_tiers())) == (field, 1)


# --- conditions, through sales -----------------------------------------------------------------------


def test_points_from_purchases_earn_a_tier(tea_shop: Shop) -> None:
    tea_shop.tier("silver", 1, points=200)
    member = tea_shop.member()
    buy(tea_shop, member)
    tea_shop.give_points(member, 500)
    assert name_of(member) == "normal"
    buy(tea_shop, member)
    assert name_of(member) == "silver"


@db.atomic
def attend(member: int, day: date) -> None:
    stats.count_event(member, day=day)


def test_events_and_visits_together_earn_a_tier(tea_shop: Shop) -> None:
    tea_shop.tier("friend", 1, events=2, visits=2, match="all")
    member = tea_shop.member()
    for day in (date(2026, 5, 1), date(2026, 5, 2)):
        attend(member, day)
    buy(tea_shop, member)
    standing = tiers.standing(member, now=tea_shop.now)
    assert (standing.tier.name, standing.missing) == ("normal", (None, 1, None, 0))
    buy(tea_shop, member, now=Millis(tea_shop.now + DAY))
    assert name_of(member) == "friend"


def test_a_calendar_year_begins_at_nothing(tea_shop: Shop) -> None:
    tea_shop.tier("silver", 1, spend_cents=20_000, window="year")
    member = tea_shop.member()
    buy(tea_shop, member, now=at(2026, 12, 31))
    buy(tea_shop, member, now=at(2027, 1, 1))
    assert name_of(member) == "normal"
    buy(tea_shop, member, now=at(2027, 12, 31))
    assert name_of(member) == "silver"


# --- versions ----------------------------------------------------------------------------------------


@pytest.fixture
def silver(tea_shop: Shop) -> tuple[Shop, Tier, dict[str, int]]:
    """Silver from 300.00 a year, 5 % off; a spent 300.00, b 200.00, c nothing."""
    tea_shop.tier("silver", 1, spend_cents=30_000, discount_bp=500)
    people = {name: tea_shop.member() for name in "abc"}
    buy(tea_shop, people["a"], 3)
    buy(tea_shop, people["b"], 2)
    return tea_shop, tiers.get(tea_shop.tiers["silver"]), people


def judged(shop: Shop, day: int) -> int:
    return care.review_tiers(by=shop.owner, now=Millis(shop.now + day * DAY))


def change(shop: Shop, tier: Tier, *, day: int = 10, keep: bool = True) -> int:
    from_at = Millis(shop.now + day * DAY)
    return tiers.change(tier, from_at=from_at, keep_holders=keep, by=shop.owner, now=shop.now)


def test_holders_keep_their_tier_to_its_end_if_the_shop_says_so(silver: tuple[Shop, Tier, dict[str, int]]) -> None:
    shop, tier, people = silver
    assert change(shop, replace(tier, spend_cents=50_000)) == 2
    assert (judged(shop, 9), judged(shop, 10), judged(shop, 364)) == (0, 0, 0)
    assert name_of(people["a"]) == "silver"
    assert judged(shop, 366) == 1
    assert name_of(people["a"]) == "normal"


def test_else_who_falls_short_is_judged_on_the_day(silver: tuple[Shop, Tier, dict[str, int]]) -> None:
    shop, tier, people = silver
    change(shop, replace(tier, spend_cents=50_000), keep=False)
    assert (judged(shop, 9), name_of(people["a"])) == (0, "silver")
    assert (judged(shop, 10), name_of(people["a"])) == (1, "normal")
    assert (judged(shop, 10), judged(shop, 11)) == (0, 0)
    why = db.rows("SELECT why FROM tier_change WHERE member_id = ? ORDER BY id DESC LIMIT 1", (people["a"],))
    assert why == [("terms",)]


@pytest.mark.parametrize(("mode", "tier_after"), [("never", "silver"), ("step", "normal"), ("qualify", "normal")])
def test_the_shops_mode_holds_on_that_day_too(
    silver: tuple[Shop, Tier, dict[str, int]], mode: str, tier_after: str
) -> None:
    shop, tier, people = silver
    shop.rule("tier_demotion", mode)
    change(shop, replace(tier, spend_cents=50_000), keep=False)
    judged(shop, 10)
    assert name_of(people["a"]) == tier_after


def test_who_reaches_it_by_easier_terms_gets_it_that_day_and_is_told(silver: tuple[Shop, Tier, dict[str, int]]) -> None:
    shop, tier, people = silver
    change(shop, replace(tier, spend_cents=20_000))
    assert judged(shop, 9) == 0
    assert judged(shop, 10) == 1
    assert [name_of(people[name]) for name in "abc"] == ["silver", "silver", "normal"]
    told = db.rows("SELECT member_id FROM outbox WHERE template = 'tier_up' ORDER BY id")
    assert [row[0] for row in told] == [people["a"], people["b"]]


def test_other_benefits_hold_from_their_day(silver: tuple[Shop, Tier, dict[str, int]]) -> None:
    shop, tier, people = silver
    change(shop, replace(tier, discount_bp=1000))
    basket = shop.basket(("tea", 1), member=people["a"])
    prices = [shop.quote(basket, now=Millis(shop.now + day * DAY - 1)).total_cents for day in (1, 10)]
    prices.append(shop.quote(basket, now=Millis(shop.now + 10 * DAY)).total_cents)
    assert prices == [9500, 9500, 9000]
    assert [one.number for one in tiers.versions(tier.id)] == [1, 2]


def test_of_versions_for_one_day_the_newer_holds(silver: tuple[Shop, Tier, dict[str, int]]) -> None:
    shop, tier, _ = silver
    change(shop, replace(tier, discount_bp=1000))
    change(shop, replace(tier, discount_bp=700))
    assert tiers.get(tier.id, now=Millis(shop.now + 10 * DAY)).discount_bp == 700


def test_a_new_name_holds_at_once(silver: tuple[Shop, Tier, dict[str, int]]) -> None:
    shop, tier, people = silver
    change(shop, replace(tier, name="platinum"))
    assert name_of(people["a"]) == "platinum"


@pytest.mark.parametrize(
    ("terms", "day", "field"), [({"rank": 5}, 1, "rank"), ({}, -1, "from_at"), ({"discount_bp": -1}, 1, "discount_bp")]
)
def test_a_change_that_cannot_be_right_is_refused(
    silver: tuple[Shop, Tier, dict[str, int]], terms: dict[str, int], day: int, field: str
) -> None:
    shop, tier, _ = silver
    with pytest.raises(TierInvalid) as caught:
        change(shop, replace(tier, **terms), day=day)  # type: ignore[arg-type]
    assert (caught.value.facts["field"], len(tiers.versions(tier.id))) == (field, 1)


def test_an_unknown_tier_is_not_changed(one_shop: Shop) -> None:
    with pytest.raises(TierUnknown):
        change(one_shop, PLAIN)


def test_a_day_of_new_terms_broken_off_goes_on(
    silver: tuple[Shop, Tier, dict[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, tier, people = silver
    change(shop, replace(tier, spend_cents=10_000))
    d = shop.member()
    buy(shop, d)
    put = tiers._put
    calls = []

    def breaks(*given: object, **named: object) -> None:
        calls.append(given[0])
        if len(calls) == 2:
            raise ConnectionError
        put(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(tiers, "_put", breaks)
    with pytest.raises(ConnectionError):
        judged(shop, 10)
    monkeypatch.undo()
    assert judged(shop, 10) == 1
    assert ([name_of(one) for one in (people["b"], d)], judged(shop, 10)) == (["silver", "silver"], 0)


# --- benefits ----------------------------------------------------------------------------------------


@pytest.fixture
def rich_tier(tea_shop: Shop) -> tuple[Shop, int]:
    """Silver from 200.00: coupons on reaching it, every month, for the birthday; 3 days early; an adviser."""
    named = {"welcome 5": 500, "welcome 8": 800, "monthly 3": 300, "birthday 9": 900}
    kinds = [tea_shop.coupon_kind(name, effect="amount", off_cents=named[name], exclusive=True) for name in named]
    tea_shop.tier(
        "silver", 1, spend_cents=20_000, discount_bp=500, multiplier_bp=15_000, welcome=tuple(kinds[:2]),
        each_kind_id=kinds[2], birthday_coupon_kind_id=kinds[3], early_days=3, adviser=True,
    )  # fmt: skip
    return tea_shop, tea_shop.member("13800138000", purposes=("membership", "service"))


def held(shop: Shop, member: int, *, day: int = 0) -> list[str]:
    found = coupons.held_by(member, now=Millis(shop.now + day * DAY))
    return sorted(one.kind.name for one in found)


def test_reaching_a_tier_brings_its_coupons_and_says_what_is_gained(rich_tier: tuple[Shop, int]) -> None:
    shop, member = rich_tier
    buy(shop, member, 2)
    assert held(shop, member) == ["monthly 3", "welcome 5", "welcome 8"]
    said = db.value("SELECT variables FROM outbox WHERE template = 'tier_up'")
    assert "monthly 3" in said
    assert unsound(shop) == []


def test_the_months_coupon_is_good_to_its_end_and_comes_again(rich_tier: tuple[Shop, int]) -> None:
    """29 May: May's with the promotion, June's by the job of 1 June."""
    shop, member = rich_tier
    buy(shop, member, 2)
    given = [care.give_period_coupons(by=shop.owner, now=Millis(shop.now + day * DAY)) for day in (0, 2, 3, 4)]
    assert given == [0, 0, 1, 0]
    months = [one for one in coupons.held_by(member, now=Millis(shop.now + 3 * DAY)) if one.kind.name == "monthly 3"]
    assert [one.valid_until_at for one in months] == [at(2026, 7, 1, 0)]


def test_an_undone_promotion_takes_its_unused_coupons_back(rich_tier: tuple[Shop, int]) -> None:
    shop, member = rich_tier
    sale = buy(shop, member, 2)
    quote = shop.quote(shop.basket(("tea", 1), member=member))
    used = [rule.name for rule in quote.rules if rule.kind == "coupon"]
    buy(shop, member)
    assert used == ["welcome 8"]
    reversals.void(sale, by=shop.owner, now=shop.now)
    assert (name_of(member), held(shop, member)) == ("normal", [])
    buy(shop, member, 2)
    assert (name_of(member), held(shop, member)) == ("silver", ["monthly 3", "welcome 5"])


def test_the_tiers_birthday_gift_comes_before_the_shops(rich_tier: tuple[Shop, int]) -> None:
    from core.people.birthdays import Birthday

    shop, _ = rich_tier
    care.set_rule("birthday", active=True, coupon_kind_id=None, by=shop.owner, now=shop.now)
    day = clock.day_of(shop.now, "Asia/Shanghai")
    born = Birthday("solar", day.month, day.day, 1990)
    gold, plain = (shop.member(birthday=born, purposes=("membership", "service")) for _ in range(2))
    shop.put_in_tier(gold, "silver")
    care.greet_birthdays(by=shop.owner, now=shop.now)
    assert (held(shop, gold), held(shop, plain)) == (["birthday 9"], [])


def test_named_tiers_buy_days_before_the_others(rich_tier: tuple[Shop, int]) -> None:
    shop, member = rich_tier
    other = shop.member()
    buy(shop, member, 2)
    opens = Millis(shop.now + 5 * DAY)
    catalogue.set_opening(shop.products["tea"], opens, by=shop.owner, now=shop.now)
    for who, day, sold in ((member, 2, True), (other, 4, False), (None, 4, False), (other, 5, True)):
        basket = shop.basket(("tea", 1), member=who)
        if sold:
            assert shop.quote(basket, now=Millis(shop.now + day * DAY)).total_cents > 0
        else:
            with pytest.raises(NotOpenYet) as caught:
                shop.quote(basket, now=Millis(shop.now + day * DAY))
            assert caught.value.facts == {"name": "tea", "opens_at": opens}
    catalogue.set_opening(shop.products["tea"], None, by=shop.owner, now=shop.now)
    assert shop.quote(shop.basket(("tea", 1))).total_cents == 10_000


def test_an_adviser_is_shown_while_the_tier_gives_one(rich_tier: tuple[Shop, int]) -> None:
    shop, member = rich_tier
    clerk = hired(shop, "clerk")
    benefits.set_adviser(member, clerk.id, by=shop.owner, now=shop.now)
    assert benefits.adviser_of(member, tiers.of(member)) is None
    buy(shop, member, 2)
    assert benefits.adviser_of(member, tiers.of(member)) == "clerk"
    benefits.set_adviser(member, None, by=shop.owner, now=shop.now)
    assert benefits.adviser_of(member, tiers.of(member)) is None
    with pytest.raises(benefits.AdviserInvalid):
        benefits.set_adviser(member, 1, by=shop.owner, now=shop.now)


def test_a_tier_in_words(one_shop: Shop) -> None:
    one_shop.tier(
        "silver", 1, spend_cents=100_000, visits=10, discount_bp=500, multiplier_bp=12_000, early_days=2, adviser=True
    )
    one_shop.tier("friend", 2, points=300, events=2, match="all", window="year")
    one_shop.tier("guest", 3)
    found = tiers.all_tiers()
    with i18n.use("en"):
        assert [benefits.asked(one) for one in found] == [
            "everyone", "¥1,000.00 spent or 10 visits in 365 days",
            "300 points from purchases and 2 events in a calendar year", "by invitation",
        ]  # fmt: skip
        said = [benefits.said(one) for one in found]
    gives = "5 % off, points × 1.2, first access: 2 days early, an adviser of your own"
    assert said == ["points as usual", gives, "points as usual", "points as usual"]
    with i18n.use("zh"):
        assert [benefits.asked(one) for one in found] == [
            "所有会员", "365 天内消费满 ¥1,000.00 或 到店满 10 次",
            "一个自然年内消费得 300 积分 且 参加活动 2 次", "仅限邀请",
        ]  # fmt: skip


# --- by hand -----------------------------------------------------------------------------------------


def test_a_tier_by_invitation_is_given_by_hand_and_never_reviewed(tea_shop: Shop) -> None:
    tea_shop.tier("guest", 1)
    member = tea_shop.member()
    buy(tea_shop, member, 50)
    assert name_of(member) == "normal"
    by, now = tea_shop.owner, tea_shop.now
    tiers.put_by_hand(member, tea_shop.tiers["guest"], reason="the mayor", by=by, now=now)
    assert (name_of(member), tiers.standing(member, now=now).until_at) == ("guest", None)
    assert judged(tea_shop, 4000) == 0
    logged = db.value("SELECT after FROM audit WHERE action = 'tier.by_hand'")
    assert "the mayor" in logged


def test_a_tier_by_hand_is_reviewed_after_its_period(tea_shop: Shop) -> None:
    tea_shop.tier("silver", 1, spend_cents=20_000)
    member = tea_shop.member()
    tiers.put_by_hand(member, tea_shop.tiers["silver"], reason="sorry", by=tea_shop.owner, now=tea_shop.now)
    assert (judged(tea_shop, 364), judged(tea_shop, 366), name_of(member)) == (0, 1, "normal")


def test_by_hand_needs_the_right_a_reason_and_another_tier(tea_shop: Shop) -> None:
    tea_shop.tier("silver", 1, spend_cents=20_000)
    member, silver = tea_shop.member(), tea_shop.tiers["silver"]
    with pytest.raises(NotAllowed):
        tiers.put_by_hand(member, silver, reason="x", by=hired(tea_shop, "clerk"), now=tea_shop.now)
    for tier_id, reason, field in ((silver, " ", "reason"), (tea_shop.tiers["normal"], "x", "tier_id")):
        with pytest.raises(TierInvalid) as caught:
            tiers.put_by_hand(member, tier_id, reason=reason, by=tea_shop.owner, now=tea_shop.now)
        assert caught.value.facts["field"] == field
    with pytest.raises(TierUnknown):
        tiers.put_by_hand(member, 1, reason="x", by=tea_shop.owner, now=tea_shop.now)
