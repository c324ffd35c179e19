"""Addresses that get nothing: by hash, for good, whatever becomes of their member."""

import pytest

from core.base import db
from core.base.clock import Millis
from core.base.errors import NotAllowed
from core.keeping import erasure
from core.outreach import suppressions
from core.outreach.suppressions import AddressUnreadable, Listed, NotSuppressed, ReasonMissing, Suppressed
from tests.core.outreach.test_policy import PURPOSES, leaves, put, state
from tests.shops import Shop

PHONE = "+8613800138000"


def test_an_address_is_kept_as_a_hash_by_channel_and_found_again(shop: Shop) -> None:
    assert suppressions.add("138 0013 8000", by=shop.owner, now=shop.now)
    assert not suppressions.add(PHONE, by=shop.owner, now=shop.now)
    suppressions.add("Wang@Example.com", scope="marketing", channel="email", by=shop.owner, now=shop.now)
    (found,) = suppressions.find("13800138000", by=shop.owner, now=shop.now)
    assert (found.channel, found.scope, found.reason, found.actor) == ("", "all", "staff", shop.owner.tag)
    assert suppressions.scopes("wang@example.com", "email") == {"marketing"}
    assert suppressions.scopes(f"whatsapp:{PHONE}", "whatsapp") == {"all"}
    assert PHONE not in repr(db.rows("SELECT * FROM suppression"))


def test_what_is_no_address_is_refused(shop: Shop) -> None:
    for typed in ("12345", "wang@", "@example.com", ""):
        with pytest.raises(AddressUnreadable):
            suppressions.add(typed, by=shop.owner, now=shop.now)


def test_a_list_is_read_line_by_line(shop: Shop) -> None:
    suppressions.add(PHONE, by=shop.owner, now=shop.now)
    lines = ["13800138000", "", "13900139000", "nobody", "wang@example.com"]
    assert suppressions.add_list(lines, by=shop.owner, now=shop.now) == Listed(2, 1, (4,))


def test_the_list_is_read_in_pages_newest_first(shop: Shop) -> None:
    for number in range(5):
        now = Millis(shop.now + number // 2)
        suppressions.add(f"1380013800{number}", by=shop.owner, now=now)
    seen: list[Suppressed] = []
    while page := suppressions.listing(by=shop.owner, after=seen[-1] if seen else None, limit=2):
        seen += page
    assert len({one.address_hash for one in seen}) == 5
    assert [one.at - shop.now for one in seen] == [2, 1, 1, 0, 0]


def test_an_address_is_released_with_a_reason_only(shop: Shop) -> None:
    suppressions.add(PHONE, by=shop.owner, now=shop.now)
    hashed = suppressions.address_hash(PHONE)
    with pytest.raises(ReasonMissing):
        suppressions.release(hashed, "", reason=" x ", by=shop.owner, now=shop.now)
    suppressions.release(hashed, "", reason="asked at the till", by=shop.owner, now=shop.now)
    assert suppressions.scopes(PHONE, "sms") == frozenset()
    with pytest.raises(NotSuppressed):
        suppressions.release(hashed, "", reason="asked at the till", by=shop.owner, now=shop.now)
    assert "asked at the till" in db.value("SELECT after FROM audit WHERE action = 'suppression.released'")


def test_it_takes_the_right_to_care(shop: Shop) -> None:
    nobody = shop.owner_with(frozenset())
    with pytest.raises(NotAllowed):
        suppressions.add(PHONE, by=nobody, now=shop.now)
    with pytest.raises(NotAllowed):
        suppressions.listing(by=nobody)


def test_it_outlives_deletion_and_joining_again(shop: Shop) -> None:
    member = shop.member("13800138000", purposes=PURPOSES)
    suppressions.add("13800138000", by=shop.owner, now=shop.now)
    seen = erasure.preview(member, now=shop.now)
    erasure.erase(member, mark=seen.mark, by=shop.owner, now=shop.now)
    again = shop.member("13800138000", purposes=PURPOSES)
    one = put(again, "a:1", shop.now)
    assert not leaves(one, shop.now)
    assert state(one) == ("skipped", "suppressed")


def test_offers_alone_can_be_shut_out(shop: Shop) -> None:
    member = shop.member("13800138000", purposes=PURPOSES)
    suppressions.add(PHONE, scope="marketing", channel="sms", by=shop.owner, now=shop.now)
    assert not leaves(put(member, "a:1", shop.now), shop.now)
    assert leaves(put(member, "a:2", shop.now, category="service"), shop.now)
