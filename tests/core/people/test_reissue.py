"""A new card, another number, a profile changed as a whole: nothing else is touched."""

import pytest

from core.base.errors import NotAllowed
from core.people import credentials, members, ownfields, profile, reissue
from core.people.members import PhoneTaken
from core.people.profile import Changes
from tests.shops import Shop, open_shop


@pytest.fixture
def shop(engine: str) -> Shop:
    return open_shop()


def found(shop: Shop, typed: str) -> list[int]:
    return [hit.id for hit in members.find(typed, by=shop.owner)]


def test_a_new_card_ends_the_old_one_and_its_codes(shop: Shop) -> None:
    member = shop.member("13800138000", old_card="A-77")
    old = members.card(member, by=shop.owner, now=shop.now).card
    code = credentials.rotating_code(member, now=shop.now)
    fresh = reissue.card(member, reason="lost", by=shop.owner, now=shop.now)
    assert fresh != old
    for scanned in (f"C1.{old.removeprefix('C1.')}", code):
        with pytest.raises(credentials.CodeUnknown):
            credentials.identify(scanned, now=shop.now)
    assert credentials.identify(fresh, now=shop.now).member_id == member
    assert credentials.identify(credentials.rotating_code(member, now=shop.now), now=shop.now).member_id == member


def test_a_new_card_leaves_phone_and_old_system_card(shop: Shop) -> None:
    member = shop.member("13800138000", old_card="A-77")
    fresh = reissue.card(member, by=shop.owner, now=shop.now)
    assert credentials.by_phone("13800138000", now=shop.now) == member
    assert credentials.identify("A-77", now=shop.now).member_id == member
    assert found(shop, fresh.removeprefix("C1.")) == [member] == found(shop, "8000")


def test_another_number_is_found_and_the_old_one_is_free(shop: Shop) -> None:
    member = shop.member("13800138000", name="王伟芳")
    reissue.phone(member, "139 0013 9999", by=shop.owner, now=shop.now)
    assert found(shop, "9999") == [member] == found(shop, "wwf")
    assert found(shop, "13800138000") == []
    assert shop.member("13800138000") != member


def test_a_number_of_someone_else_changes_nothing_of_the_profile(shop: Shop) -> None:
    member, _other = shop.member("13800138000", name="王伟芳"), shop.member("13900139999")
    changes = Changes(name="李雷", phone="13900139999", note="x", alert="")
    with pytest.raises(PhoneTaken):
        profile.change(member, changes, by=shop.owner, now=shop.now)
    card = members.card(member, by=shop.owner, now=shop.now)
    assert (card.name, card.phone, card.note) == ("王伟芳", "+8613800138000", "")


def test_a_profile_changes_in_one_go(shop: Shop) -> None:
    member = shop.member("13800138000", name="王伟芳")
    size = ownfields.create("size", "choice", ("S", "M"), by=shop.owner, now=shop.now)
    changes = Changes(name="李雷", phone="", language="en", note="n", alert="a", own={size: "M"})
    profile.change(member, changes, by=shop.owner, now=shop.now)
    card = members.card(member, by=shop.owner, now=shop.now)
    assert (card.name, card.phone, card.language, card.note, card.alert) == ("李雷", "", "en", "n", "a")
    assert [(field.name, value) for field, value in card.own] == [("size", "M")]


def test_who_may_not_edit_gives_no_card(shop: Shop) -> None:
    member = shop.member("13800138000")
    with pytest.raises(NotAllowed):
        reissue.card(member, by=members.themselves(member), now=shop.now)
