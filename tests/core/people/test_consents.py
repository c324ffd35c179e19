"""Consent per purpose, and what its withdrawal stops."""

import pytest

from core.base import db, ids
from core.base.clock import Millis
from core.books import outbox
from core.books.outbox import Category, Letter
from core.outreach.campaigns import audience
from core.people import consent
from tests import campaigns
from tests.shops import Shop

CATEGORIES: tuple[Category, ...] = ("service", "greeting", "gift_greeting", "marketing")


@pytest.fixture
def member(shop: Shop) -> int:
    """A member with one queued message of each category."""
    member_id = shop.member("13800138000", purposes=("membership", "marketing"))

    @db.atomic
    def queue() -> None:
        for category in CATEGORIES:
            letter = Letter(category, "x", category, "zh", {}, Millis(shop.now + 10), member_id=member_id)
            outbox.put(letter, now=shop.now)

    queue()
    return member_id


def queued() -> set[str]:
    return {row[0] for row in db.rows("SELECT category FROM outbox WHERE state = 'queued'")}


def test_joining_records_what_was_agreed_to(shop: Shop, member: int) -> None:
    assert [(one.purpose, one.granted) for one in consent.states(member)] == [
        ("membership", True),
        ("marketing", True),
    ]


@pytest.mark.parametrize(
    ("purpose", "left"),
    [
        ("marketing", {"service", "greeting"}),
        ("service", {"gift_greeting", "marketing"}),
        ("profiling", {"service", "greeting", "gift_greeting", "marketing"}),
    ],
)
def test_a_withdrawal_cancels_what_is_queued_under_it(
    shop: Shop, member: int, purpose: consent.Purpose, left: set[str]
) -> None:
    consent.withdraw(member, purpose, source="phone", by=shop.owner, now=Millis(shop.now + 1))
    assert (queued(), consent.holds(member, purpose)) == (left, False)


def test_the_last_word_counts(shop: Shop, member: int) -> None:
    for later, change in ((1, "withdraw"), (2, "grant"), (3, "withdraw"), (4, "grant")):
        now = Millis(shop.now + later)
        if change == "grant":
            consent.grant(member, "marketing", source="till", language="zh", by=shop.owner, now=now)
        else:
            consent.withdraw(member, "marketing", source="phone", by=shop.owner, now=now)
    assert consent.holds(member, "marketing")
    assert db.value("SELECT count(*) FROM consent WHERE purpose = 'marketing'") == 5


def test_what_was_never_asked_is_not_given(shop: Shop, member: int) -> None:
    assert not consent.holds(member, "abroad")


def test_the_wording_is_kept_with_the_word(shop: Shop, member: int) -> None:
    kept = db.rows("SELECT wording, language, source FROM consent WHERE purpose = 'marketing'")
    assert kept == [(consent.WORDINGS["marketing"], "zh", "till")]


def test_a_word_on_one_channel_counts_for_it_alone_until_a_later_word_on_all(shop: Shop, member: int) -> None:
    first, later = Millis(shop.now + 1), Millis(shop.now + 2)
    consent.withdraw(member, "marketing", source="link", channel="email", by=shop.owner, now=first)
    held = {channel: consent.holds(member, "marketing", channel) for channel in ("", "sms", "email")}
    assert held == {"": True, "sms": True, "email": False}
    assert [(one.channel, one.granted) for one in consent.by_channel(member)] == [("email", False)]
    consent.grant(member, "marketing", source="till", language="zh", by=shop.owner, now=later)
    assert consent.holds(member, "marketing", "email")
    assert consent.by_channel(member) == []


def test_a_word_on_one_channel_may_give_what_all_others_lack(shop: Shop, member: int) -> None:
    consent.withdraw(member, "marketing", source="till", by=shop.owner, now=Millis(shop.now + 1))
    consent.grant(
        member, "marketing", source="till", language="zh", channel="email", by=shop.owner, now=Millis(shop.now + 2)
    )
    assert (consent.holds(member, "marketing", "email"), consent.holds(member, "marketing", "sms")) == (True, False)


def test_a_withdrawal_for_one_channel_cancels_what_is_queued_by_it(shop: Shop, member: int) -> None:
    consent.withdraw(member, "marketing", source="link", channel="email", by=shop.owner, now=Millis(shop.now + 1))
    assert queued() == {"service", "greeting", "gift_greeting", "marketing"}
    consent.withdraw(member, "marketing", source="sms", channel="sms", by=shop.owner, now=Millis(shop.now + 1))
    assert queued() == {"service", "greeting"}


@db.atomic
def agreed_before(shop: Shop, member: int) -> None:
    """As if everything was agreed to in the words of before."""
    for purpose, words in consent.TEXTS_ONLY.items():
        db.add("consent", id=ids.new(), member_id=member, purpose=purpose, granted=1, wording=words, language="zh",
               source="till", at=shop.now, actor=shop.owner.tag, channel="")  # fmt: skip


def test_words_that_spoke_of_text_messages_cover_neither_whatsapp_nor_email(shop: Shop, member: int) -> None:
    agreed_before(shop, member)
    held = {channel: consent.holds(member, "marketing", channel) for channel in ("", "sms", "whatsapp", "email")}
    assert held == {"": True, "sms": True, "whatsapp": False, "email": False}
    for later, channel in ((1, "email"), (2, "")):
        consent.grant(member, "marketing", source="phone", language="zh", channel=channel, by=shop.owner,
                      now=Millis(shop.now + later))  # fmt: skip
        assert consent.holds(member, "marketing", "email")
    assert consent.holds(member, "marketing", "whatsapp")
    assert db.value("SELECT count(*) FROM consent WHERE wording = ?", (consent.TEXTS_ONLY["marketing"],)) == 1


@pytest.mark.parametrize(("channel", "reached"), [("sms", True), ("whatsapp", False)])
def test_a_campaign_reaches_nobody_by_a_channel_their_words_did_not_name(
    shop: Shop, channel: str, reached: bool
) -> None:
    member = shop.member("13900139000")
    agreed_before(shop, member)
    (one,) = audience.candidates(campaigns.drafted(shop, channel=channel), [member], now=shop.now)
    assert one.reason == ("" if reached else "no_consent")
