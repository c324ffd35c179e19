"""Promotion, refunds and reviews, with the figures of the rules of the shop, section 12 F."""

from datetime import date

import pytest

from core.base import db
from core.base.clock import DAY, Millis
from core.books import stats
from core.books.stats import Totals
from core.loyalty import ranks as ranks_of
from core.loyalty import tiers, topups
from core.loyalty.tiers import Tier
from core.loyalty.topups import TopUpTerms
from core.outreach import care, templates
from core.selling import receipts, refunds
from core.selling.refunds import ReturnLine
from tests.shops import Shop, at


@pytest.fixture
def ranks(shop: Shop) -> Shop:
    """silver 1,000.00 (×1.2), gold 3,000.00, net spend in 365 days, held 12 months."""
    shop.now = at(2026, 1, 1)
    shop.tier("silver", 1, spend_cents=100_000, multiplier_bp=12_000)
    shop.tier("gold", 2, spend_cents=300_000, multiplier_bp=15_000)
    for name, cents in (("coat", 280_000), ("shirt", 10_000), ("scarf", 15_000), ("boots", 50_000)):
        shop.product(name, cents)
    return shop


def buy(shop: Shop, member: int, *lines: tuple[str, int], on: tuple[int, int]) -> int:
    return shop.sell(shop.basket(*lines, member=member), now=at(2026, *on))


def give_back(shop: Shop, sale: int, pieces: int, *, on: tuple[int, int]) -> int:
    line = receipts.of(sale).lines[0]
    return refunds.refund(sale, (ReturnLine(line.id, pieces * 1000),), by=shop.owner, now=at(2026, *on))


def review(shop: Shop, now: Millis) -> int:
    """The job of a day: how many tiers changed."""
    return care.review_tiers(by=shop.owner, now=now)


@pytest.fixture
def f(ranks: Shop) -> tuple[Shop, int, int]:
    """Example F up to 10 May: 2,800.00 and 400.00."""
    member = ranks.member()
    buy(ranks, member, ("coat", 1), on=(3, 10))
    assert tiers.of(member).name == "silver"
    return ranks, member, buy(ranks, member, ("shirt", 4), on=(5, 10))


@db.atomic
def reads(member: int, language: str) -> None:
    db.run("UPDATE member SET language = ? WHERE id = ?", (language, member))


def test_example_f_the_promoting_sale_earns_at_the_tier_before(f: tuple[Shop, int, int]) -> None:
    _, member, second = f
    assert receipts.of(second).earned_points == 480
    assert tiers.of(member).name == "gold"


def test_example_f_a_refund_undoes_the_promotion_that_rested_on_it(f: tuple[Shop, int, int]) -> None:
    shop, member, second = f
    give_back(shop, second, 3, on=(5, 20))
    assert db.value("SELECT taken_points FROM refund") == 360
    standing = tiers.standing(member, now=at(2026, 5, 20))
    assert (standing.tier.name, standing.missing_cents) == ("silver", 10_000)
    assert (standing.since_at, standing.until_at) == (at(2026, 3, 10), at(2027, 3, 10, 0))


@pytest.mark.parametrize(("mode", "kept"), [("qualify", "normal"), ("step", "silver"), ("never", "gold")])
def test_example_f_the_review_counts_the_holding_period(f: tuple[Shop, int, int], mode: str, kept: str) -> None:
    shop, member, second = f
    shop.rule("tier_demotion", mode)
    give_back(shop, second, 3, on=(5, 20))
    buy(shop, member, ("scarf", 1), on=(6, 1))
    assert tiers.standing(member, now=at(2026, 6, 1)).until_at == at(2027, 6, 1, 0)
    buy(shop, member, ("boots", 1), on=(12, 1))
    assert review(shop, at(2027, 5, 31, 23)) == 0
    assert review(shop, at(2027, 6, 1, 1)) == int(kept != "gold")
    assert tiers.of(member).name == kept


@pytest.mark.parametrize(
    ("mode", "language", "said"),
    [
        ("qualify", "zh", "【店】您的gold将于 2027-05-31 到期复核，再消费 ¥2,350.00即可保留，否则为normal。"),
        (
            "step",
            "en",
            "[店] Your gold is reviewed after 2027-05-31. To keep it: another ¥2,350.00. Otherwise: silver.",
        ),
        ("never", "en", None),
    ],
)
def test_example_f_the_warning_counts_the_window_of_the_review(
    f: tuple[Shop, int, int], mode: str, language: str, said: str | None
) -> None:
    """On 2 May 2027 2,350.00 are missing for gold and 350.00 for silver; not 2,250.00 by the year that ends then."""
    shop, member, second = f
    shop.rule("shop_name", "店")
    shop.rule("tier_demotion", mode)
    reads(member, language)
    give_back(shop, second, 3, on=(5, 20))
    buy(shop, member, ("scarf", 1), on=(6, 1))
    buy(shop, member, ("boots", 1), on=(12, 1))
    told = [care.warn_reviews(by=shop.owner, now=at(2027, 5, day, 9)) for day in (1, 2, 3)]
    assert told == ([0, 1, 0] if said else [0, 0, 0])
    letters = db.rows("SELECT template, language, variables FROM outbox WHERE template = 'tier_review'")
    assert [templates.render(*row) for row in letters] == ([said] if said else [])
    coming = tiers.outlook(member, now=at(2027, 5, 2))
    if coming is not None:
        silver = tiers.get(shop.tiers["silver"])
        assert coming.missing.spend_cents == 235_000
        assert silver.missing_in(stats.window(member, first=date(2026, 6, 1), last=date(2027, 5, 31)))[0] == 35_000


def test_who_has_spent_enough_is_not_warned(f: tuple[Shop, int, int]) -> None:
    shop, member, _ = f
    shop.sell(shop.basket(("coat", 2), member=member), now=at(2026, 12, 1))
    assert care.warn_reviews(by=shop.owner, now=at(2027, 4, 20)) == 0
    assert tiers.outlook(member, now=at(2027, 4, 20)) is None


def test_a_reviewed_tier_is_held_from_the_end_of_the_last_period(f: tuple[Shop, int, int]) -> None:
    shop, member, _ = f
    shop.rule("tier_demotion", "never")
    assert review(shop, at(2027, 5, 20)) == 0
    assert tiers.standing(member, now=at(2027, 5, 20)).until_at == at(2028, 5, 10, 0)


def test_members_are_due_when_their_period_ends(f: tuple[Shop, int, int]) -> None:
    _, member, _ = f
    assert tiers.due_for_review(now=Millis(at(2027, 5, 10, 0) - 1)) == []
    assert tiers.due_for_review(now=at(2027, 5, 10, 0)) == [member]


def test_a_refund_leaves_a_promotion_that_later_sales_carry(f: tuple[Shop, int, int]) -> None:
    shop, member, second = f
    buy(shop, member, ("boots", 2), on=(5, 15))
    give_back(shop, second, 3, on=(5, 20))
    assert tiers.of(member).name == "gold"


def test_a_refund_undoes_two_promotions_of_one_sale(ranks: Shop) -> None:
    member = ranks.member()
    sale = buy(ranks, member, ("coat", 2), on=(3, 10))
    assert tiers.of(member).name == "gold"
    give_back(ranks, sale, 2, on=(3, 11))
    assert tiers.of(member).name == "normal"


def test_a_refund_leaves_the_tier_that_the_rest_still_earns(ranks: Shop) -> None:
    """From normal to gold at once by 3,300.00; 2,800.00 back leave nothing, but 1,000.00 earn silver meanwhile."""
    member = ranks.member()
    sale = buy(ranks, member, ("coat", 1), ("boots", 1), on=(3, 10))
    assert tiers.of(member).name == "gold"
    buy(ranks, member, ("boots", 1), on=(3, 11))
    give_back(ranks, sale, 1, on=(3, 12))
    standing = tiers.standing(member, now=at(2026, 3, 12))
    assert (standing.tier.name, standing.until_at) == ("silver", at(2027, 3, 12, 0))
    told = db.rows("SELECT template, variables FROM outbox WHERE template LIKE ? ORDER BY id", ("tier%",))
    assert [one[0] for one in told] == ["tier_up", "tier_down"]
    assert "silver" in told[1][1]


def test_a_refund_of_an_older_sale_leaves_an_earlier_promotion(f: tuple[Shop, int, int]) -> None:
    shop, member, second = f
    give_back(shop, second, 1, on=(5, 20))
    assert tiers.of(member).name == "gold"


def test_spend_outside_the_window_does_not_count(ranks: Shop) -> None:
    member = ranks.member()
    buy(ranks, member, ("boots", 1), on=(1, 2))
    ranks.sell(ranks.basket(("boots", 1), member=member), now=at(2027, 1, 2))
    assert tiers.of(member).name == "normal"


def test_what_is_paid_with_bonus_does_not_count(ranks: Shop) -> None:

    topups.set_rule(50_000, TopUpTerms(bonus_cents=50_000, bonus_days=None), by=ranks.owner, now=ranks.now)
    member = ranks.member()
    ranks.top_up(member, 50_000)
    ranks.sell(ranks.basket(("boots", 2), member=member), ("wallet", 100_000))
    assert tiers.standing(member, now=ranks.now).missing_cents == 50_000


def test_visits_can_earn_a_tier(shop: Shop) -> None:
    shop.tier("regular", 1, visits=2)
    shop.product("tea", 100)
    member = shop.member()
    for day in (0, 0, 1):
        assert tiers.of(member).name == "normal"
        shop.sell(shop.basket(("tea", 1), member=member), now=Millis(shop.now + day * DAY))
    assert tiers.of(member).name == "regular"


def test_the_promotion_is_told(f: tuple[Shop, int, int]) -> None:
    told = db.rows("SELECT variables FROM outbox WHERE template = 'tier_up' ORDER BY id")
    assert ["silver" in told[0][0], "gold" in told[1][0]] == [True, True]


def test_a_discount_above_the_whole_is_refused(one_shop: Shop) -> None:
    with pytest.raises(tiers.TierInvalid):
        one_shop.tier("free", 5, discount_bp=10_001)


def test_a_new_tier_is_seen_at_once(shop: Shop) -> None:
    before = [tier.name for tier in tiers.all_tiers()]
    shop.tier("silver", 3)
    assert [tier.name for tier in tiers.all_tiers()] == [*before, "silver"]


RANKS = [
    Tier(i, i, name, "○", 0, 10_000, spend, visits, 365, 12)
    for i, (name, spend, visits) in enumerate(
        [("normal", None, None), ("silver", 100_000, 10), ("gold", 300_000, None)]
    )
]


@pytest.mark.parametrize(
    ("spend", "visits", "name"),
    [
        (0, 0, "normal"),
        (99_999, 9, "normal"),
        (100_000, 0, "silver"),
        (0, 10, "silver"),
        (300_000, 0, "gold"),
    ],
)
def test_the_highest_tier_whose_condition_is_met(spend: int, visits: int, name: str) -> None:
    assert ranks_of.qualified(RANKS, lambda _tier: Totals(spend, visits, 0, 0)).name == name


@pytest.mark.parametrize(
    ("held", "earned", "mode", "after"),
    [
        (2, 0, "qualify", 0),
        (2, 0, "step", 1),
        (2, 0, "never", 2),
        (2, 1, "step", 1),
        (1, 2, "never", 2),
        (1, 1, "step", 1),
    ],
)
def test_a_review_never_falls_below_what_was_earned(held: int, earned: int, mode: str, after: int) -> None:
    assert ranks_of.reviewed(RANKS, RANKS[held], RANKS[earned], mode).rank == after
