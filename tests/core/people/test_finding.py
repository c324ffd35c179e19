"""Finding members by anything the till is told, and what a clerk may see."""

import pytest

from core.base.access import Actor, require
from core.base.errors import NotAllowed
from core.people import credentials, members, staff
from tests.shops import Shop


@pytest.fixture
def people(shop: Shop) -> dict[str, int]:
    return {
        "王小明": shop.member("13800138000", name="王小明"),
        "曾文": shop.member("13911112222", name="曾文", old_card="VIP0007"),
        "José García": shop.member("+1 415 555 2671", name="José García"),
        "nameless": shop.member(),
    }


def clerk(shop: Shop) -> Actor:
    return staff.actor_of(staff.create("xiao", "小李", "clerk", password="long enough", by=shop.owner, now=shop.now))


FOUND_BY = {
    "王小明": [
        *("13800138000", "+86 138 0013 8000", "8000", "1380", "王小明", "小明", "明", "王 8000"),
        *("wangxiaoming", "wangx", "wxm", "xiaoming", "WXM"),
    ],
    "曾文": ["zengwen", "vip0007", "VIP00"],
    "José García": [
        *("jose", "garcía", "Garcia Jose", "14155552671", "(415) 555-2671", "2671"),
    ],
}


@pytest.mark.parametrize("name", FOUND_BY)
def test_a_member_is_found_by_number_card_name_ending_pinyin_and_initials(
    shop: Shop, people: dict[str, int], name: str
) -> None:
    found = {typed: [hit.id for hit in members.find(typed, by=shop.owner)] for typed in FOUND_BY[name]}
    assert found == {typed: [people[name]] for typed in FOUND_BY[name]}


def test_what_is_found_is_counted(shop: Shop, people: dict[str, int]) -> None:
    counts = {typed: members.count_found(typed) for typed in ("wangx", "nobody", "", "138 0013 8000")}
    assert counts == {"wangx": 1, "nobody": 0, "": 4, "138 0013 8000": 1}


def test_nobody_is_found_by_what_does_not_fit(shop: Shop, people: dict[str, int]) -> None:
    typed = ["王 8001", "ming", "138001380001", "李", "a OR b", "' OR 1=1 --", "NEAR(a b)"]
    assert [members.find(words, by=shop.owner) for words in typed] == [[]] * len(typed)


def test_a_card_number_finds_its_member(shop: Shop, people: dict[str, int]) -> None:
    card = credentials.card_of(people["nameless"]) or ""
    for typed in (card, card.removeprefix("C1."), card.lower()):
        assert [hit.id for hit in members.find(typed, by=shop.owner)] == [people["nameless"]]


def test_nothing_typed_lists_the_newest_a_page_at_a_time(shop: Shop, people: dict[str, int]) -> None:
    first = members.find("", by=shop.owner, limit=3)
    rest = members.find("", by=shop.owner, before_id=first[-1].id)
    assert [hit.id for hit in (*first, *rest)] == sorted(people.values(), reverse=True)


def test_a_renamed_member_is_found_by_the_new_name_and_the_old_card_only(shop: Shop, people: dict[str, int]) -> None:
    members.rename(people["曾文"], "李雷", by=shop.owner, now=shop.now)
    found = {typed: len(members.find(typed, by=shop.owner)) for typed in ("曾", "zengwen", "lilei", "vip0007")}
    assert found == {"曾": 0, "zengwen": 0, "lilei": 1, "vip0007": 1}


def test_a_clerk_sees_masked_numbers(shop: Shop, people: dict[str, int]) -> None:
    by = clerk(shop)
    assert members.find("王小明", by=by)[0].phone == "138****8000"
    assert members.card(people["王小明"], by=by, now=shop.now).phone == "138****8000"


def test_the_owner_and_the_member_see_the_number(shop: Shop, people: dict[str, int]) -> None:
    assert members.find("王小明", by=shop.owner)[0].phone == "+8613800138000"
    assert members.own_card(people["王小明"], now=shop.now).phone == "+8613800138000"


def test_searching_needs_the_right(one_shop: Shop) -> None:
    nobody = Actor(kind="key", id=1, name="shop", door="api", rights=frozenset())
    with pytest.raises(NotAllowed):
        members.find("王", by=nobody)


def test_a_clerk_of_one_store_does_not_act_in_another(one_shop: Shop) -> None:
    staff_id = staff.create(
        "yi",
        "一",
        "clerk",
        password="long enough",
        by=one_shop.owner,
        now=one_shop.now,
        stores=(one_shop.store,),
    )
    by = staff.actor_of(staff_id)
    require(by, "sell", store_id=one_shop.store)
    with pytest.raises(NotAllowed):
        require(by, "sell", store_id=one_shop.store + 1)
