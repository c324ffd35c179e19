"""Replies: STOP takes, START gives back what STOP took, words are kept for staff and forgotten in time."""

import pytest

from core.base import db
from core.base.clock import DAY, Millis
from core.keeping import erasure
from core.outreach import delivery, inbound, suppressions
from core.outreach.inbound import ReplyUnknown
from core.people import consent
from tests.core.outreach.test_policy import PURPOSES, leaves, put, state
from tests.shops import Shop

PHONE = "+8613800138000"


@pytest.fixture
def member(shop: Shop) -> int:
    return shop.member("13800138000", name="王伟", purposes=PURPOSES)


def says(body: str, sid: str = "SM1", **given: object) -> str:
    facts = {"from_": PHONE, "opt_out_type": None, "now": Millis(1_790_000_000_000)} | given
    return inbound.receive(sid=sid, body=body, **facts)  # type: ignore[arg-type]


def test_start_brings_back_what_stop_took(shop: Shop, member: int) -> None:
    says("STOP", "SM1")
    assert not consent.holds(member, "marketing", "sms")
    says("start", "SM2")
    assert consent.holds(member, "marketing", "sms")
    assert suppressions.scopes(PHONE, "sms") == frozenset()


def test_start_gives_no_consent_that_was_never_given(shop: Shop) -> None:
    silent = shop.member("13800138000", purposes=("membership", "service"))
    says("STOP", "SM1")
    says("START", "SM2")
    assert not consent.holds(silent, "marketing", "sms")
    assert db.value("SELECT count(*) FROM consent WHERE purpose = 'marketing'") == 0


def test_start_does_not_undo_a_withdrawal_by_hand_or_a_bad_number(shop: Shop, member: int) -> None:
    consent.withdraw(member, "marketing", source="phone", by=shop.owner, now=shop.now)
    suppressions.add(PHONE, by=shop.owner, now=shop.now)
    says("START")
    assert not consent.holds(member, "marketing", "sms")
    assert suppressions.scopes(PHONE, "sms") == {"all"}


def test_start_does_not_lift_what_staff_put_beside_their_stop(shop: Shop, member: int) -> None:
    says("STOP", "SM1")
    suppressions.add(PHONE, channel="sms", by=shop.owner, now=shop.now)
    says("START", "SM2")
    assert suppressions.scopes(PHONE, "sms") == {"all"}


def test_stop_counts_for_the_channel_it_came_by(shop: Shop, member: int) -> None:
    text, chat = put(member, "a:1", shop.now), put(member, "a:2", shop.now, channel="whatsapp")
    assert says("TD", from_=f"whatsapp:{PHONE}") == "stop"
    assert [state(one)[0] for one in (text, chat)] == ["queued", "cancelled"]
    assert consent.holds(member, "marketing", "sms")
    assert not consent.holds(member, "marketing", "whatsapp")


def test_an_address_the_provider_says_opted_out_stops_too(shop: Shop, member: int) -> None:
    one, other = put(member, "a:1", shop.now), put(member, "a:2", shop.now)
    assert leaves(one, shop.now)
    delivery.refused(one, code="21610", about="opted_out", now=shop.now)
    assert state(other) == ("cancelled", "stop")
    assert not consent.holds(member, "marketing", "sms")


def test_the_providers_word_is_trusted_first(shop: Shop, member: int) -> None:
    assert says("non merci", opt_out_type="STOP") == "stop"
    assert not consent.holds(member, "marketing", "sms")


def test_words_are_kept_for_staff_who_deal_with_them(shop: Shop, member: int) -> None:
    assert says("请不要再发了，谢谢", "SM1") == "asks"
    assert says("明天开门吗？", "SM2") == "other"
    assert db.rows("SELECT kind, about FROM alert") == [("reply", "sms")]
    waiting = inbound.replies(by=shop.owner)
    assert [(one.sid, one.name, one.body) for one in waiting] == [
        ("SM2", "王伟", "明天开门吗？"), ("SM1", "王伟", "请不要再发了，谢谢"),
    ]  # fmt: skip
    assert [one.sid for one in inbound.replies(by=shop.owner, before_sid="SM2")] == ["SM1"]
    inbound.handle("SM1", stops=True, by=shop.owner, now=shop.now)
    assert not consent.holds(member, "marketing", "sms")
    assert [one.sid for one in inbound.replies(by=shop.owner)] == ["SM2"]


def test_nothing_is_kept_of_a_plain_stop(shop: Shop, member: int) -> None:
    says("STOP")
    assert db.rows("SELECT word, body FROM inbound") == [("stop", None)]
    with pytest.raises(ReplyUnknown):
        inbound.handle("SM1", by=shop.owner, now=shop.now)


def test_words_are_forgotten_with_their_member_and_in_time(shop: Shop, member: int) -> None:
    says("我的电话是 13800138000", "SM1")
    says("下周见", "SM2", from_="+8613900139000")
    seen = erasure.preview(member, now=shop.now)
    erasure.erase(member, mark=seen.mark, by=shop.owner, now=shop.now)
    assert db.rows("SELECT sid FROM inbound WHERE body IS NOT NULL") == [("SM2",)]
    inbound.forget_before(Millis(1_790_000_000_000 + DAY))
    assert db.value("SELECT count(*) FROM inbound") == 0
