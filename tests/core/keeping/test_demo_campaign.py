"""The demo's campaign goes the real way: approved, queued, sent, delivered, done, with a hold-out."""

from core.base import clock, db
from core.base.clock import DAY, Millis
from core.keeping import democampaign
from core.outreach.campaigns import result
from core.reports import goals
from tests import campaigns
from tests.shops import Shop


def test_the_demos_campaign_is_sent_with_a_hold_out_and_ends(shop: Shop) -> None:
    tea = shop.product("茶", 2000)
    for member_id in campaigns.people(shop, 12):
        shop.sell(shop.basket(("茶", 1), member=member_id), now=Millis(shop.now - 5 * DAY))
    written = democampaign.send(shop.owner, now=shop.now)
    (campaign_id,) = db.one("SELECT id FROM campaign") or (0,)
    found = result.result(campaign_id, by=shop.owner, now=Millis(shop.now + 20 * DAY))
    assert tea and (found.campaign.state, [one.members for one in found.arms]) == ("done", [8, 4])
    assert found.arms[0].messages == {"delivered": 8} and found.arms[0].gifts == 8 and len(written) == 8


def test_the_demo_has_goals_for_three_months(shop: Shop) -> None:
    democampaign.aim(shop.owner, now=shop.now)
    today = clock.day_of(shop.now, "Asia/Shanghai")
    assert len(goals.between(clock.add_months(today, -3), today)) == 9
