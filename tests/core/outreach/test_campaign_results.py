"""What a campaign brought: counted by arm, compared with the hold-out, with cost and return; its links."""

from collections.abc import Sequence

import pytest

from core.base import db
from core.base.clock import DAY, Millis
from core.base.errors import NotAllowed
from core.insight.effect import Difference, Interval
from core.outreach import costs, delivery, shortlinks
from core.outreach.campaigns import channels, links, result, steering, words
from core.outreach.campaigns.compared import Compared
from core.outreach.campaigns.links import MediumInvalid
from core.outreach.campaigns.plan import Campaign, CampaignState, Words
from core.outreach.costs import Rate
from core.outreach.segments import reading, typed
from core.people import consent, members, sources
from core.people.members import Joining
from tests.campaigns import BODY, approved, leave, people, run
from tests.shops import Shop


def of_arm(campaign: Campaign, arm: str) -> list[int]:
    sql = "SELECT member_id FROM campaign_audience WHERE campaign_id = ? AND arm = ? ORDER BY member_id"
    return [member_id for (member_id,) in db.rows(sql, (campaign.id, arm))]


@db.atomic
def spent(member_ids: Sequence[int], cents: int, *, day: int) -> None:
    for member_id in member_ids:
        db.add("member_day", member_id=member_id, day=day, net_cents=cents, sales=1)


def test_arms_are_counted_by_what_became_of_them(shop: Shop) -> None:
    shop.product("tea", 1800)
    costs.set_rate(Rate("CN", "sms", "CNY", 50_000), by=shop.owner, now=shop.now)
    kind = shop.coupon_kind("五元券", effect="amount", off_cents=500)
    people(shop, 8)
    one = approved(shop, holdout_bp=2_500, coupon_kind_id=kind, points=20)
    run(shop)
    written = of_arm(one, "A")
    left = leave(shop, one)
    delivery.note_status(sid=f"SM{left[0].id}", status="delivered", outbox_id=None, attempt=None, now=shop.now)
    delivery.note_status(sid=f"SM{left[1].id}", status="failed", outbox_id=None, attempt=None, now=shop.now)
    consent.withdraw(written[2], "marketing", source="sms", by=shop.owner, now=Millis(shop.now + 1))
    shop.sell(shop.basket(("tea", 1), member=written[3]), now=Millis(shop.now + DAY))
    found = result.result(one.id, by=shop.owner, now=Millis(shop.now + 2 * DAY))
    arm, held = found.arms
    assert (arm.arm, arm.members, arm.sent, arm.delivered) == ("A", 6, 6, 1)
    assert (arm.opted_out, arm.redeemed, arm.came, arm.spent_cents) == (1, 1, 1, 1300)
    assert (held.arm, held.members, held.sent, held.came) == ("holdout", 2, 0, 0)
    assert (found.money.messages_cents, found.money.coupons_cents, found.money.points_cents) == (30, 500, 120)
    assert found.money.return_cents is None
    assert not found.is_over


def test_against_the_hold_out_it_is_proof_or_not(shop: Shop) -> None:
    people(shop, 150)
    one = approved(shop, holdout_bp=5_334, per_minute=600)
    run(shop)
    day = db.value("SELECT started_day FROM campaign WHERE id = ?", (one.id,))
    spent(of_arm(one, "A")[:56], 1000, day=day + 1)
    spent(of_arm(one, "holdout")[:48], 1000, day=day + 13)
    spent(of_arm(one, "holdout")[48:], 9_999, day=day + 14)
    spent(of_arm(one, "A"), 9_999, day=day - 1)
    found = result.result(one.id, by=shop.owner, now=Millis(shop.now + 20 * DAY))
    assert [arm.members for arm in found.arms] == [70, 80]
    assert found.effect is not None
    assert found.effect.came_bp == Difference(2000, 524, 3339, True)
    assert found.effect.spent_cents == Difference(200, 55, 345, True)
    assert (found.has_proof, found.is_over) == (True, True)
    assert (found.money.gained_cents, found.money.return_cents) == (14_000, 7_000)


def test_what_was_gained_is_rounded_once(shop: Shop) -> None:
    people(shop, 150)
    one = approved(shop, holdout_bp=5_334, per_minute=600)
    run(shop)
    day = db.value("SELECT started_day FROM campaign WHERE id = ?", (one.id,))
    spent(of_arm(one, "A")[:57], 1000, day=day + 1)
    spent(of_arm(one, "holdout")[:37], 1000, day=day + 1)
    found = result.result(one.id, by=shop.owner, now=Millis(shop.now + 20 * DAY))
    assert found.effect is not None
    assert found.effect.spent_cents is not None
    assert found.effect.spent_cents.difference == 352  # 351.79 each of 70
    assert found.money.gained_cents == 24_625


def test_without_a_hold_out_there_is_no_proof(shop: Shop) -> None:
    people(shop, 3)
    one = approved(shop, holdout_bp=0)
    run(shop)
    found = result.result(one.id, by=shop.owner, now=shop.now)
    assert (found.effect, found.has_proof, found.money.gained_cents) == (None, False, None)


def test_with_few_there_is_too_little_to_tell(shop: Shop) -> None:
    people(shop, 8)
    one = approved(shop)
    run(shop)
    found = result.result(one.id, by=shop.owner, now=shop.now)
    assert found.effect is not None
    assert (found.effect.came_bp, found.effect.spent_cents) == (None, None)


def test_two_wordings_stand_beside_each_other(shop: Shop) -> None:
    people(shop, 4)
    one = approved(shop, holdout_bp=0, words_b={"zh": Words("【{shop}】B {stop}")})
    run(shop)
    leave(shop, one)
    found = result.result(one.id, by=shop.owner, now=shop.now)
    assert [(arm.arm, arm.sent) for arm in found.arms] == [("A", 2), ("B", 2)]
    too_few = ["Which wording is better cannot be told: too few read them."]
    assert [str(said) for said in words.wordings_said(found.wordings)] == too_few


@pytest.mark.parametrize(("low", "said"), [(100, 1), (-100, 2)])
def test_which_wording_is_better_is_said_only_where_chance_is_ruled_out(low: int, said: int) -> None:
    found = words.wordings_said(Compared(200, Interval(0.05, low / 10_000, 0.09)))
    assert str(found[0]).startswith("Of those who got A 5 % more came")
    assert len(found) == said


def test_clicks_are_counted_by_arm_and_channel(shop: Shop) -> None:
    people(shop, 2)
    one = approved(shop, holdout_bp=0, link="https://vip.example.cn/new", words={"zh": Words(BODY + "{link}")})
    run(shop)
    left = leave(shop, one)

    @db.atomic
    def short() -> None:
        db.add("short_link", token="T1", outbox_id=left[0].id, campaign_id=one.id, url="https://x.cn", at=shop.now,
               clicks=3, first_at=shop.now, last_at=shop.now)  # fmt: skip

    short()
    assert result.result(one.id, by=shop.owner, now=shop.now).arms[0].clicked == 1
    (sms,) = channels.by_channel(since=shop.now, until=Millis(shop.now + DAY), by=shop.owner)
    assert (sms.channel, sms.messages, sms.sent, sms.clicked) == ("sms", 2, 2, 1)
    assert shortlinks.clicks_of(one.id).clicks == 3


def test_channels_stand_beside_each_other(shop: Shop) -> None:
    shop.product("tea", 1800)
    costs.set_rate(Rate("CN", "sms", "CNY", 50_000), by=shop.owner, now=shop.now)
    members_ = people(shop, 3)
    one = approved(shop, holdout_bp=0)
    run(shop)
    leave(shop, one)
    shop.sell(shop.basket(("tea", 1), member=members_[0]), now=Millis(shop.now + DAY))
    link_id = links.add(one.id, "朋友圈", store_id=shop.store, by=shop.owner, now=shop.now)
    members.join(Joining(link_id=link_id), by=shop.owner, now=shop.now)
    seen = channels.beside(one.id, by=shop.owner, now=Millis(shop.now + 2 * DAY))
    assert seen.own == (
        channels.Beside("sms", False, 3, 0, 0, None, 1, 1800, 15),
        channels.Beside("朋友圈", True, None, None, 0, 1, 0, 0, None),
    )
    assert seen.all == (channels.Beside("sms", False, 3, 0, 0, None, None, None, 15),)


def test_what_failed_is_told_by_its_reason(shop: Shop) -> None:
    people(shop, 2)
    one = approved(shop, holdout_bp=0)
    run(shop)
    for (outbox_id,) in db.rows("SELECT id FROM outbox WHERE campaign_id = ?", (one.id,)):
        delivery.claim(outbox_id, owner="test", now=shop.now)
        delivery.refused(outbox_id, code="21211", about="address", now=shop.now)
    (arm,) = result.result(one.id, by=shop.owner, now=shop.now).arms
    assert (arm.messages, arm.failed, arm.sent) == ({"refused": 2}, {"21211": 2}, 0)


def test_a_result_asks_for_the_right(shop: Shop) -> None:
    people(shop, 1)
    one = approved(shop, holdout_bp=0)
    with pytest.raises(NotAllowed):
        result.result(one.id, by=shop.owner_with(frozenset({"sell"})), now=shop.now)


def test_a_medium_has_one_link_that_is_counted(shop: Shop) -> None:
    people(shop, 1)
    one = approved(shop, holdout_bp=0)
    link_id = links.add(one.id, "朋友圈", store_id=shop.store, by=shop.owner, now=shop.now)
    with pytest.raises(MediumInvalid):
        links.add(one.id, "朋友圈", store_id=shop.store, by=shop.owner, now=shop.now)
    members.join(Joining(link_id=link_id), by=shop.owner, now=shop.now)
    (medium,) = result.result(one.id, by=shop.owner, now=shop.now).links
    assert (medium.medium, medium.counts.joined, medium.counts.link.kind) == ("朋友圈", 1, "advert")
    code = sources.get(link_id, by=shop.owner).code
    text = links.copy_text(one.id, "朋友圈", by=shop.owner, now=shop.now)
    assert text == f"【Regulars】，夏日新茶到店。\nhttp://127.0.0.1:8080/q/{code}"
    steering.cancel(one.id, by=shop.owner, now=shop.now)
    with pytest.raises(CampaignState):
        links.add(one.id, "poster", store_id=shop.store, by=shop.owner, now=shop.now)


def test_segments_ask_what_members_answered_before(shop: Shop) -> None:
    shop.product("tea", 1800)
    kind = shop.coupon_kind("五元券", effect="amount", off_cents=500)
    everyone = people(shop, 4)
    one = approved(shop, holdout_bp=2_500, coupon_kind_id=kind)
    run(shop)
    left = leave(shop, one)
    (held,) = of_arm(one, "holdout")
    first = db.value("SELECT member_id FROM outbox WHERE id = ?", (left[0].id,))
    shop.sell(shop.basket(("tea", 1), member=first), now=Millis(shop.now + DAY))

    @db.atomic
    def click() -> None:
        db.add("short_link", token="T1", outbox_id=left[0].id, campaign_id=one.id, url="https://x.cn", at=shop.now,
               clicks=1, first_at=shop.now, last_at=shop.now)  # fmt: skip

    click()

    def found(rule: str, days: int = 1) -> list[int]:
        return reading.page(typed.read(rule), by=shop.owner, now=Millis(shop.now + days * DAY))

    assert found("sent:夏日") == [id for id in everyone if id != held]
    assert found("redeemed:夏日") == found("came:any") == found("clicked:夏日") == found("clicked(7):any") == [first]
    assert found("sent(3):any", days=3) == found("redeemed(3):any", days=9) == found("clicked(3):any", days=9) == []
    assert found("link:any") == []
