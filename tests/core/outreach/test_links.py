"""Links in messages: short, counted, only to places one may be sent to; and the one that ends offers."""

import json

import pytest

from core.base import db, settings
from core.loyalty import coupons
from core.outreach import delivery, shortlinks, templates, unsubscribing
from core.outreach.shortlinks import Clicks, LinkInvalid, LinkUnknown
from core.outreach.unsubscribing import Stop, StopLinkUnknown
from core.people import consent
from tests.core.outreach.test_policy import PURPOSES, put, state
from tests.shops import Shop

PUBLIC = settings.Settings(secret="test secret", public_url="https://vip.example.cn")


@pytest.fixture
def member(shop: Shop) -> int:
    settings.use(PUBLIC)
    shop.rule("gap_days", 0)
    return shop.member("13800138000", name="王伟", purposes=PURPOSES)


def with_link(shop: Shop, member: int, key: str, campaign: int | None = None) -> str:
    """Claim a message with a link; its body."""
    templates.reword("winback", "zh", "【{shop}】{link}", by=shop.owner, now=shop.now)
    one = put(member, key, shop.now, variables={"shop": "店", "link": "/tiers"}, campaign_id=campaign)
    claimed = delivery.claim(one, owner="a", now=shop.now)
    assert claimed is not None
    return claimed.body


@pytest.mark.parametrize("url", ["", "http://x.example", "//x.example", "javascript:alert(1)", "ftp://x", "tiers",
                                 "https://vip.example.cn@evil.example/", "https://x/ y", "https:// ", "https:///x"])  # fmt: skip
def test_a_message_leads_nowhere_else(shop: Shop, member: int, url: str) -> None:
    with pytest.raises(LinkInvalid):
        shortlinks.check(url)


def test_a_link_is_made_when_the_message_is_claimed_and_counts_its_openings(shop: Shop, member: int) -> None:
    body = with_link(shop, member, "a:1", campaign=5)
    token = body.rpartition("/")[2]
    assert body == f"【店】https://vip.example.cn/l/{token}"
    with_link(shop, member, "a:2", campaign=5)
    for typed in (token, token.lower()):
        assert shortlinks.opened(typed, now=shop.now) == "https://vip.example.cn/tiers"
    assert shortlinks.clicks_of(5) == Clicks(links=2, opened=1, clicks=2, redeemed=0)
    (row,) = db.records("SELECT * FROM short_link WHERE clicks > 0")
    assert sorted(row) == ["at", "campaign_id", "clicks", "first_at", "last_at", "outbox_id", "token", "url"]


def test_an_unknown_link_is_refused(shop: Shop, member: int) -> None:
    for typed in ("", "AAAAAAAAA", "x" * 300):
        with pytest.raises(LinkUnknown):
            shortlinks.opened(typed, now=shop.now)


def test_without_a_public_address_the_page_stands_as_it_is(shop: Shop, member: int) -> None:
    settings.use(settings.Settings(secret="test secret"))
    assert with_link(shop, member, "a:1") == "【店】http://127.0.0.1:8080/tiers"


def test_coupons_of_a_campaign_are_counted_when_they_are_used(shop: Shop, member: int) -> None:
    kind = shop.coupon_kind("五元券", effect="amount", off_cents=500)
    shop.product("tea", 1800)

    db.atomic(lambda: coupons.issue(kind, member, ref_kind="campaign", ref_id=5, now=shop.now))()
    assert shortlinks.clicks_of(5).redeemed == 0
    shop.sell(shop.basket(("tea", 1), member=member))
    assert shortlinks.clicks_of(5).redeemed == 1


def test_the_link_that_ends_offers_ends_those_of_its_channel(shop: Shop, member: int) -> None:
    sent, text = put(member, "a:1", shop.now, channel="email"), put(member, "a:2", shop.now)
    waiting = put(member, "a:3", shop.now, channel="email")
    token = unsubscribing.token(sent)
    assert unsubscribing.look(token) == Stop("email", ended=False)
    assert unsubscribing.end(token, now=shop.now) == unsubscribing.end(token, now=shop.now) == Stop("email", ended=True)
    assert (state(waiting)[0], state(text)[0]) == ("cancelled", "queued")
    assert not consent.holds(member, "marketing", "email")
    assert consent.holds(member, "marketing", "sms")
    assert db.value("SELECT count(*) FROM consent WHERE source = 'link'") == 1


def test_whoever_is_no_member_is_shut_out_from_offers(shop: Shop, member: int) -> None:
    one = put(None, "a:1", shop.now, channel="email", address="li@example.com")
    unsubscribing.end(unsubscribing.token(one), now=shop.now)
    other = put(None, "a:2", shop.now, channel="email", address="li@example.com")
    assert delivery.claim(other, owner="a", now=shop.now) is None
    assert state(other) == ("skipped", "suppressed")


def test_a_token_that_was_not_signed_here_is_refused(shop: Shop, member: int) -> None:
    one = put(member, "a:1", shop.now)
    good = unsubscribing.token(one)
    other = unsubscribing.token(one + 1)
    mixed = f"{good.partition('.')[0]}.{other.partition('.')[2]}"
    for typed in ("", ".", "x", mixed, other, good[:-1], good + "0", "é.é", "9" * 40, "-1.abc"):
        with pytest.raises(StopLinkUnknown):
            unsubscribing.end(typed, now=shop.now)
    assert unsubscribing.look(good.upper()).channel == "sms"


def test_an_offer_carries_its_link_and_a_notice_none(shop: Shop, member: int) -> None:
    offer = delivery.claim(put(member, "a:1", shop.now), owner="a", now=shop.now)
    notice = delivery.claim(put(member, "a:2", shop.now, category="service"), owner="a", now=shop.now)
    assert offer is not None
    assert notice is not None
    assert offer.unsubscribe_url == f"https://vip.example.cn/u/{unsubscribing.token(offer.id)}"
    assert notice.unsubscribe_url is None


def test_variables_of_a_message_stay_what_they_were(shop: Shop, member: int) -> None:
    with_link(shop, member, "a:1")
    assert json.loads(db.value("SELECT variables FROM outbox WHERE dedupe_key = 'a:1'"))["link"] == "/tiers"
