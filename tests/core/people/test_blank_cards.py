"""Cards printed before they have a member: bound once, at joining or instead of a lost one."""

import pytest

from core.base import db
from core.base.errors import NotAllowed
from core.people import blanks, credentials, members, reissue
from core.people.blanks import BatchUnknown, BlankCount, BlankUnknown, BlankUsed, BlankVoid
from tests.shops import Shop


def made(shop: Shop, count: int) -> list[str]:
    return blanks.blank_of(blanks.make(count, by=shop.owner, now=shop.now), by=shop.owner)


def test_a_blank_card_proves_nobody_until_it_is_handed_out(shop: Shop) -> None:
    card = made(shop, 1)[0]
    with pytest.raises(credentials.CodeUnknown):
        credentials.identify(card, now=shop.now)
    member = shop.member("13800138000", card=card)
    assert credentials.identify(card, now=shop.now).member_id == member
    assert credentials.card_of(member) == card
    assert [hit.id for hit in members.find(card.removeprefix("C1."), by=shop.owner)] == [member]


@pytest.mark.parametrize("shape", ["{}", "c1.{bare}", "{bare}", " {grouped} "])
def test_a_number_is_read_as_scanned_or_typed(shop: Shop, shape: str) -> None:
    card = made(shop, 1)[0]
    typed = shape.format(card, bare=card.removeprefix("C1.").lower(), grouped=blanks.grouped(card))
    assert credentials.card_of(shop.member("13800138000", card=typed)) == card


def test_a_card_becomes_a_members_once(shop: Shop) -> None:
    card = made(shop, 1)[0]
    first = shop.member("13800138000", card=card)
    with pytest.raises(BlankUsed):
        shop.member("13900139000", card=card)
    reissue.card(first, by=shop.owner, now=shop.now)
    with pytest.raises(BlankUsed):
        shop.member("13900139000", card=card)
    assert db.value("SELECT count(*) FROM member") == 1


def test_a_void_card_and_one_that_was_never_printed_are_refused(shop: Shop) -> None:
    batch = blanks.make(2, by=shop.owner, now=shop.now)
    used, other = blanks.blank_of(batch, by=shop.owner)
    member = shop.member("13800138000", card=used)
    assert blanks.void(batch, by=shop.owner, now=shop.now) == 1
    with pytest.raises(BlankVoid):
        shop.member("13900139000", card=other)
    strange = credentials.card_of(shop.member("13700137000")) or ""
    for typed in (strange, "C1.0000000000000", "hello"):
        with pytest.raises(BlankUnknown):
            reissue.card(member, card=typed, by=shop.owner, now=shop.now)
    assert credentials.card_of(member) == used


def test_a_lost_card_is_replaced_by_a_printed_one(shop: Shop) -> None:
    old, fresh = made(shop, 2)
    member = shop.member("13800138000", card=old)
    assert reissue.card(member, card=fresh, by=shop.owner, now=shop.now) == fresh
    assert credentials.identify(fresh, now=shop.now).member_id == member
    with pytest.raises(credentials.CodeUnknown):
        credentials.identify(old, now=shop.now)


def test_batches_are_told_with_their_cards(shop: Shop) -> None:
    batch = blanks.make(3, by=shop.owner, now=shop.now)
    shop.member("13800138000", card=blanks.blank_of(batch, by=shop.owner)[1])
    (one,) = blanks.batches(by=shop.owner)
    assert (one.id, one.blank, one.used, one.void) == (batch, 2, 1, 0)
    with pytest.raises(BatchUnknown):
        blanks.blank_of(batch + 1, by=shop.owner)


@pytest.mark.parametrize("count", [0, -1, 1001])
def test_a_batch_has_one_to_a_thousand_cards(shop: Shop, count: int) -> None:
    with pytest.raises(BlankCount):
        blanks.make(count, by=shop.owner, now=shop.now)


def test_who_may_not_edit_members_makes_no_cards(shop: Shop) -> None:
    clerk = shop.owner_with(frozenset({"sell", "member.join"}))
    for verb in (blanks.make, blanks.void):
        with pytest.raises(NotAllowed):
            verb(1, by=clerk, now=shop.now)
    assert db.value("SELECT count(*) FROM blank_card") == 0
