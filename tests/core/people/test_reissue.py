"""A new card, another number, a profile changed as a whole: nothing else is touched."""

import random

import pytest

from core.base import db
from core.base.errors import NotAllowed
from core.people import blanks, credentials, members, ownfields, profile, reissue
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


Held = dict[tuple[int, str], str]


def held() -> Held:
    """Every active credential, by member and kind."""
    found = db.rows("SELECT member_id, kind, value FROM credential WHERE state = 'active'")
    assert len(found) == len({(member, kind) for member, kind, _ in found})
    return {(member, kind): value for member, kind, value in found}


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_given_anew_touches_nothing_else(shop: Shop, seed: int) -> None:
    """Three members, twenty changes in any order: each moves one credential of one member, or none at all."""
    dice = random.Random(seed)
    people = [shop.member(f"1380013800{n}", old_card=f"A-{n}") for n in range(3)]
    stack = blanks.blank_of(blanks.make(6, by=shop.owner, now=shop.now), by=shop.owner)
    given: list[str] = []
    for step in range(20):
        member, what, before = dice.choice(people), dice.choice(("phone", "no phone", "card", "blank", "taken")), held()
        kind = "phone" if "phone" in what else "card"
        if what == "taken" or (what == "blank" and not stack):
            with pytest.raises(blanks.BlankUsed if given else blanks.BlankUnknown):
                reissue.card(member, card=given[0] if given else "A-1", by=shop.owner, now=shop.now)
            assert held() == before
            continue
        if what == "blank":
            given.append(stack.pop())
            reissue.card(member, card=given[-1], by=shop.owner, now=shop.now)
        elif what == "card":
            reissue.card(member, by=shop.owner, now=shop.now)
        else:
            typed = f"139{step:02d}139000" if what == "phone" else ""
            reissue.phone(member, typed, by=shop.owner, now=shop.now)
        after = held()
        changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        assert changed <= {(member, kind)}
        assert ((member, kind) in after) == (what != "no phone")
        for value in (value for (owner, one), value in after.items() if owner == member and one != "phone"):
            assert credentials.identify(value, now=shop.now).member_id == member
