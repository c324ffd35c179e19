"""How a campaign's audience is drawn within strata, what is frozen with it, and how its effect is told from chance."""

from collections.abc import Mapping

import pytest

from core.base import db
from core.base.clock import DAY, Millis
from core.insight.effect import Difference
from core.outreach import costs
from core.outreach.campaigns import approving, audience, preview, result, words
from core.outreach.campaigns.audience import Candidate
from core.outreach.campaigns.plan import Campaign
from core.outreach.costs import Rate
from tests.campaigns import approved, drafted, leave, people, run
from tests.shops import Shop

TODAY = 739765
"""29 May 2026 as a day."""


@db.atomic
def days(spent: Mapping[int, int], day: int) -> None:
    for member_id, cents in spent.items():
        db.add("member_day", member_id=member_id, day=day, net_cents=cents, sales=1)


@db.atomic
def frozen_as(campaign: Campaign, strata: Mapping[int, str]) -> None:
    for member_id, stratum in strata.items():
        db.run("UPDATE campaign_audience SET stratum = ? WHERE campaign_id = ? AND member_id = ?",
               (stratum, campaign.id, member_id))  # fmt: skip


def arm(campaign: Campaign, name: str) -> list[int]:
    sql = "SELECT member_id FROM campaign_audience WHERE campaign_id = ? AND arm = ? ORDER BY member_id"
    return [member_id for (member_id,) in db.rows(sql, (campaign.id, name))]


def candidate(id: int, *, spend: int = 0, day: int = 0, chance: int | None = None) -> Candidate:
    return Candidate(id, "", "zh", "CN", "", spend, day, chance, 0)


def test_while_nobody_was_judged_risk_is_how_long_ago_they_came() -> None:
    found = audience.strata([candidate(1, day=5, spend=3), candidate(2, day=7, spend=2), candidate(3, day=9, spend=1)])
    assert found == {1: "unlikely:much", 2: "maybe:some", 3: "likely:little"}


def test_risk_is_the_chance_the_night_gave_and_who_has_none_is_unlikely() -> None:
    found = audience.strata([candidate(1, day=99), candidate(2, chance=900), candidate(3, chance=8000)])
    assert found == {1: "unlikely:little", 2: "maybe:little", 3: "likely:little"}


def test_who_is_equal_is_in_one_stratum() -> None:
    assert set(audience.strata([candidate(id) for id in range(9)]).values()) == {"unlikely:little"}
    assert audience.strata([]) == {}


def test_the_night_s_chance_draws_the_strata(shop: Shop) -> None:
    members = people(shop, 3)

    @db.atomic
    def judged() -> None:
        for member_id, chance in zip(members, (9000, 100, 4000), strict=True):
            db.add("member_insight", member_id=member_id, day=TODAY, state="new", recency_score=1, frequency_score=1,
                   money_score=1, grouping="new", chance_bp=chance, expected_cents=0, loss_cents=0)  # fmt: skip

    judged()
    one = approved(shop, holdout_bp=0)
    drawn = dict(db.rows("SELECT member_id, stratum FROM campaign_audience WHERE campaign_id = ?", (one.id,)))
    assert [drawn[id] for id in members] == ["likely:little", "unlikely:little", "maybe:little"]


def test_what_was_spent_before_is_frozen_with_the_audience(shop: Shop) -> None:
    first, second = people(shop, 2)
    days({first: 500}, TODAY - 14)
    days({first: 300, second: -200}, TODAY - 1)
    days({first: 7000}, TODAY - 15)
    days({second: 9000}, TODAY)
    one = approved(shop, holdout_bp=0)
    days({second: 400}, TODAY - 2)
    sql = "SELECT member_id, before_cents FROM campaign_audience WHERE campaign_id = ?"
    assert dict(db.rows(sql, (one.id,))) == {first: 800, second: 0}


def test_what_members_spent_before_is_taken_into_account(shop: Shop) -> None:
    members = people(shop, 120)
    days({id: 100 * place for place, id in enumerate(members, 1)}, TODAY - 3)
    one = drafted(shop, holdout_bp=5_000, per_minute=600)
    db.atomic(lambda: db.run("UPDATE campaign SET salt = 'the same lots each time'"))()
    approving.approve(one.id, version=one.version, by=shop.owner, now=shop.now)
    run(shop)
    before = dict(db.rows("SELECT member_id, before_cents FROM campaign_audience"))
    days({id: before[id] + 500 + 20 * (id % 7) for id in arm(one, "A")}, TODAY + 1)
    days({id: before[id] + 20 * (id % 7) for id in arm(one, "holdout")}, TODAY + 1)
    found = result.result(one.id, by=shop.owner, now=Millis(shop.now + 20 * DAY)).effect
    assert found is not None and found.spent_cents is not None and found.plain_cents is not None
    assert found.explained_bp >= 9_900
    assert found.spent_cents.low <= 500 <= found.spent_cents.high <= found.spent_cents.low + 60
    assert found.plain_cents.high - found.plain_cents.low > 1_000


def test_an_audience_of_before_this_is_compared_as_it_was(shop: Shop) -> None:
    people(shop, 120)
    one = approved(shop, holdout_bp=5_000)
    run(shop)
    db.atomic(lambda: db.run("UPDATE campaign_audience SET before_cents = NULL, stratum = '1000003:2'"))()
    days(dict.fromkeys(arm(one, "A")[:40], 1000), TODAY + 1)
    days(dict.fromkeys(arm(one, "holdout")[:10], 1000), TODAY + 1)
    found = result.result(one.id, by=shop.owner, now=shop.now).effect
    assert found is not None
    assert (found.came_bp, found.plain_cents) == (Difference(5000, 3302, 6290, True), None)
    assert (found.spent_cents, found.explained_bp) == (Difference(500, 345, 655, True), 0)


def test_each_stratum_says_who_came_of_it(shop: Shop) -> None:
    members = people(shop, 240)
    one = approved(shop, holdout_bp=5_000, per_minute=600)
    run(shop)
    sides = arm(one, "A"), arm(one, "holdout")
    frozen_as(
        one, {id: f"{'likely' if place < 90 else 'maybe'}:some" for side in sides for place, id in enumerate(side)}
    )
    days(dict.fromkeys([*sides[0][:60], *sides[1][:30]], 1000), TODAY + 1)
    found = result.result(one.id, by=shop.owner, now=shop.now).effect
    assert found is not None
    likely, maybe = found.strata
    assert (likely.stratum, likely.written, likely.came, likely.held, likely.came_held) == (
        "likely:some",
        90,
        60,
        90,
        30,
    )
    assert likely.came_bp == Difference(3333, 1885, 4589, True)
    assert (maybe.written, maybe.came, maybe.held, maybe.came_held, maybe.came_bp) == (30, 0, 30, 0, None)
    assert found.came_bp is not None and found.came_bp.difference == 2500
    assert len(members) == 240


def test_cost_return_and_what_one_more_cost(shop: Shop) -> None:
    costs.set_rate(Rate("CN", "sms", "CNY", 50_000), by=shop.owner, now=shop.now)
    people(shop, 150)
    one = approved(shop, holdout_bp=5_334, per_minute=600)
    run(shop)
    leave(shop, one)
    days(dict.fromkeys(arm(one, "A")[:56], 1000), TODAY + 1)
    days(dict.fromkeys(arm(one, "holdout")[:48], 1000), TODAY + 1)
    money = result.result(one.id, by=shop.owner, now=shop.now).money
    assert money.cost_cents == 350
    # 350 for 70 · 0.2 more who came, for 70 · 0.3339 at most and 70 · 0.0524 at least
    assert (money.each_cents, money.each_low_cents, money.each_high_cents) == (25, 15, 95)
    assert (money.gained_cents, money.return_cents, money.return_bp) == (14_000, 6_650, 190_000)
    assert (money.return_low_cents, money.return_high_cents) == (1_587, 11_712)


def test_what_all_of_them_spent_more_is_rounded_last(shop: Shop) -> None:
    people(shop, 120)
    one = approved(shop, holdout_bp=5_000)
    run(shop)
    days(dict.fromkeys(arm(one, "A")[:50], 1003), TODAY + 1)
    days(dict.fromkeys(arm(one, "holdout")[:10], 1003), TODAY + 1)
    found = result.result(one.id, by=shop.owner, now=shop.now)
    assert found.effect is not None and found.effect.spent_cents is not None
    # 40 · 1003 / 60 is 668.67 a member
    assert (found.effect.spent_cents.difference, found.money.gained_cents) == (669, 40_120)


def test_rates_of_response_and_redemption(shop: Shop) -> None:
    shop.product("tea", 1800)
    kind = shop.coupon_kind("五元券", effect="amount", off_cents=500)
    members = people(shop, 4)
    one = approved(shop, holdout_bp=0, coupon_kind_id=kind)
    run(shop)
    shop.sell(shop.basket(("tea", 1), member=members[0]), now=Millis(shop.now + DAY))
    (only,) = result.result(one.id, by=shop.owner, now=shop.now).arms
    assert (only.gifts, only.redeemed, only.redemption_bp, only.response_bp) == (4, 1, 2500, 0)


def test_a_preview_says_how_many_it_takes(shop: Shop) -> None:
    members = people(shop, 100)

    @db.atomic
    def came() -> None:
        for member_id in members[:10]:
            db.run("UPDATE member_stats SET visits = 1, last_day = ? WHERE member_id = ?", (TODAY - 2, member_id))

    came()
    seen = preview.preview(drafted(shop).id, by=shop.owner, now=shop.now)
    assert (seen.chosen, seen.held, seen.base_bp) == (100, 50, 1_000)
    # 686 an arm for 15 %, 199 for 20 %
    assert (seen.needed(500), seen.needed(1_000), seen.needed(9_500)) == (1_372, 398, None)
    fifth = preview.preview(drafted(shop, name="五", holdout_bp=2_000).id, by=shop.owner, now=shop.now)
    assert fifth.needed(500) == 445 + 1_780
    none = preview.preview(drafted(shop, name="零", holdout_bp=0).id, by=shop.owner, now=shop.now)
    assert none.needed(500) is None


def test_an_approval_says_the_same(shop: Shop) -> None:
    people(shop, 4)
    one = drafted(shop)
    seen = preview.preview(one.id, by=shop.owner, now=shop.now)
    assert approving.approve(one.id, version=one.version, by=shop.owner, now=shop.now) == seen


@pytest.mark.parametrize(
    ("bp", "said"), [(2000, "20"), (524, "5.2"), (3339, "33.4"), (-305, "−3.1"), (-4, "0"), (0, "0"), (995, "10")]
)
def test_a_share_is_said_as_so_many_in_a_hundred(bp: int, said: str) -> None:
    assert words.in_a_hundred(bp) == said


def test_a_stratum_is_said_in_words() -> None:
    found = [words.stratum_said(name) for name in ("likely:much", "unlikely", "1000003:2")]
    assert [str(one) for one in found] == ["most likely to come, spent much", "least likely to come", "1000003:2"]
