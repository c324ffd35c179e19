"""Joining, and what is refused."""

import threading

import pytest

from core.base import db
from core.base.access import Actor
from core.base.errors import NotAllowed
from core.people import birthdays, credentials, members
from core.people.birthdays import Birthday
from core.people.members import Joining
from tests.core.books.test_db import in_thread
from tests.shops import Shop


def join(shop: Shop, **given: object) -> int:
    return members.join(Joining(store_id=shop.store, **given), by=shop.owner, now=shop.now)  # type: ignore[arg-type]


def test_a_new_member_has_card_tier_and_empty_accounts(shop: Shop) -> None:
    card = members.card(join(shop, phone="138 0013 8000", name=" 王 小明 "), by=shop.owner, now=shop.now)
    assert (card.name, card.phone, card.state) == ("王 小明", "+8613800138000", "active")
    assert (card.standing.tier.name, card.points.balance, card.wallet.total_cents) == ("normal", 0, 0)
    assert card.card.startswith("C1.")


def test_someone_may_join_with_a_card_alone(shop: Shop) -> None:
    card = members.card(join(shop), by=shop.owner, now=shop.now)
    assert (card.name, card.phone) == ("", "")


def test_a_number_belongs_to_one_member_however_it_is_typed(shop: Shop) -> None:
    join(shop, phone="13800138000")
    with pytest.raises(members.PhoneTaken, match=r"138\*\*\*\*8000"):
        join(shop, phone="+86 138-0013-8000")
    assert db.value("SELECT count(*) FROM member") == 1


def test_an_old_card_belongs_to_one_member(shop: Shop) -> None:
    join(shop, old_card="VIP 0001")
    with pytest.raises(members.CardTaken):
        join(shop, old_card="VIP 0001")


def test_of_two_who_join_at_once_with_one_number_one_is_refused(shop: Shop) -> None:
    given: list[object] = []
    threads = [
        threading.Thread(target=lambda: given.extend(in_thread(lambda: join(shop, phone="13800138000"))))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(type(one).__name__ for one in given) == ["PhoneTaken"] * 3 + ["int"]


@pytest.mark.parametrize("name", ["<b>", "a" * 41, "王;drop", "a=1", "☃"])
def test_a_name_that_cannot_be_one_is_refused(one_shop: Shop, name: str) -> None:
    with pytest.raises(members.NameInvalid):
        join(one_shop, name=name)


@pytest.mark.parametrize("name", ["王小明", "O'Neil", "Jean-Luc", "José García", "阿卜杜拉·买买提", "J. R. Smith"])
def test_names_of_people_are_taken(one_shop: Shop, name: str) -> None:
    assert members.clean_name(name) == name


@pytest.mark.parametrize(
    "birthday",
    [
        Birthday("solar", 2, 30),
        Birthday("solar", 2, 29, 2023),
        Birthday("solar", 4, 31),
        Birthday("solar", 13, 1),
        Birthday("solar", 0, 1),
        Birthday("lunar", 1, 31),
        Birthday("solar", 1, 1, 1850),
    ],
)
def test_a_date_that_does_not_exist_is_refused(birthday: Birthday) -> None:
    with pytest.raises(birthdays.BirthdayInvalid):
        birthdays.check(birthday)


@pytest.mark.parametrize(
    "birthday", [Birthday("solar", 2, 29), Birthday("solar", 2, 29, 2024), Birthday("lunar", 12, 30, 1990)]
)
def test_a_date_that_can_exist_is_taken(birthday: Birthday) -> None:
    birthdays.check(birthday)


def test_the_welcome_coupon_is_given(shop: Shop) -> None:
    kind = shop.coupon_kind("welcome", effect="amount", off_cents=500)
    shop.rule("welcome_coupon_kind_id", kind)
    assert len(members.own_card(join(shop), now=shop.now).coupons) == 1


@pytest.mark.parametrize(("purposes", "letters"), [(("membership",), 0), (("membership", "service"), 1)])
def test_a_welcome_is_written_only_with_consent(shop: Shop, purposes: tuple[str, ...], letters: int) -> None:
    join(shop, phone="13800138000", purposes=purposes)
    assert db.value("SELECT count(*) FROM outbox WHERE template = 'welcome'") == letters


def test_joining_needs_the_right(one_shop: Shop) -> None:
    nobody = Actor(kind="key", id=1, name="shop", door="api", rights=frozenset())
    with pytest.raises(NotAllowed):
        members.join(Joining(), by=nobody, now=one_shop.now)


# --- changes ---------------------------------------------------------------------------------------


def test_a_member_changes_the_birthday_once_alone(shop: Shop) -> None:
    member = join(shop)
    alone = members.themselves(member)
    for day in (1, 2):
        members.set_birthday(member, Birthday("solar", 5, day), by=alone, now=shop.now)
    with pytest.raises(birthdays.BirthdayFixed):
        members.set_birthday(member, Birthday("solar", 5, 3), by=alone, now=shop.now)


def test_staff_may_change_the_birthday_again(shop: Shop) -> None:
    member = join(shop, birthday=Birthday("solar", 5, 1))
    members.set_birthday(member, Birthday("solar", 5, 2), by=members.themselves(member), now=shop.now)
    members.set_birthday(member, Birthday("lunar", 8, 15), by=shop.owner, now=shop.now)
    assert members.own_card(member, now=shop.now).birthday == Birthday("lunar", 8, 15)


def test_a_member_changes_nobody_else(shop: Shop) -> None:
    member, other = join(shop), join(shop)
    with pytest.raises(NotAllowed):
        members.rename(other, "王", by=members.themselves(member), now=shop.now)


def test_an_unknown_member_is_not_found(one_shop: Shop) -> None:
    from core.books.locks import MemberUnknown

    with pytest.raises(MemberUnknown):
        members.card(1, by=one_shop.owner, now=one_shop.now)
    with pytest.raises(MemberUnknown):
        members.set_note(1, note="", alert="", by=one_shop.owner, now=one_shop.now)


def test_a_blocked_member_collects_nothing_until_opened_again(shop: Shop) -> None:
    from core.books.locks import MemberBlocked

    member = join(shop)
    members.set_state(member, "blocked", by=shop.owner, now=shop.now)
    with pytest.raises(MemberBlocked):
        shop.give_points(member, 10)
    members.set_state(member, "active", by=shop.owner, now=shop.now)
    shop.give_points(member, 10)
    assert members.own_card(member, now=shop.now).points.balance == 10


def test_a_card_number_leads_to_its_member(shop: Shop) -> None:
    member = join(shop)
    assert credentials.member_with("card", credentials.card_of(member) or "") == member
