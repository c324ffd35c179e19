"""Tags and a shop's own fields: what they hold, who may change them, and groups found by them."""

from dataclasses import replace
from datetime import date

import pytest

from core.base import clock, db
from core.base.errors import NotAllowed
from core.people import groups, members, ownfields, staff, tags
from core.people.groups import Group
from tests.shops import NOON, Shop


@pytest.fixture
def three(shop: Shop) -> tuple[Shop, list[int]]:
    return shop, [shop.member(f"1390000000{n}", name=name) for n, name in enumerate(("王伟", "李雷", "Tom Reed"))]


def test_a_member_carries_the_tags_that_were_set_and_no_others(three: tuple[Shop, list[int]]) -> None:
    shop, (first, *_) = three
    tags.set_tags(first, ("早班", "vip"), by=shop.owner, now=shop.now)
    tags.set_tags(first, ("vip", "团购"), by=shop.owner, now=shop.now)
    assert members.card(first, by=shop.owner, now=shop.now).tags == ("vip", "团购")
    assert [(tag.name, tag.members) for tag in tags.all_tags()] == [("vip", 1), ("团购", 1)]


@pytest.mark.parametrize("typed", ["a!b", "x" * 21, "; DROP", " ".join(f"t{n}" for n in range(21))])
def test_what_is_no_tag_is_refused(typed: str) -> None:
    with pytest.raises(tags.TagInvalid):
        tags.read(typed)


def test_tags_are_read_with_spaces_commas_and_signs() -> None:
    assert tags.read(" #vip，早班, vip  ") == ("vip", "早班")


def test_many_get_a_tag_once_and_lose_it_again(three: tuple[Shop, list[int]]) -> None:
    shop, ids = three
    assert tags.put_on(ids, "早班", by=shop.owner, now=shop.now) == 3
    assert tags.put_on([*ids, 7], "早班", by=shop.owner, now=shop.now) == 0
    assert tags.put_on(ids[:2], "早班", off=True, by=shop.owner, now=shop.now) == 2
    assert [tags.of(id) for id in ids] == [(), (), ("早班",)]


def test_a_member_with_all_tags_there_is_room_for_gets_no_more(three: tuple[Shop, list[int]]) -> None:
    shop, (first, *_) = three
    tags.set_tags(first, [f"t{n}" for n in range(20)], by=shop.owner, now=shop.now)
    assert tags.put_on([first], "vip", by=shop.owner, now=shop.now) == 0


def test_a_clerk_puts_on_no_tags(three: tuple[Shop, list[int]]) -> None:
    shop, (first, *_) = three
    clerk = staff.actor_of(staff.create("clerk", "小李", "clerk", password="long enough", by=shop.owner, now=shop.now))
    with pytest.raises(NotAllowed):
        tags.set_tags(first, ("vip",), by=clerk, now=shop.now)
    with pytest.raises(NotAllowed):
        tags.put_on([first], "vip", by=clerk, now=shop.now)
    with pytest.raises(NotAllowed):
        ownfields.create("宠物", "text", by=clerk, now=shop.now)


def test_values_stand_on_the_card_and_an_empty_one_leaves_it(three: tuple[Shop, list[int]]) -> None:
    shop, (first, *_) = three
    pet = ownfields.create("宠物", "choice", ("猫", "狗"), by=shop.owner, now=shop.now)
    size = ownfields.create("鞋码", "number", by=shop.owner, now=shop.now)
    ownfields.set_values(first, {pet: "猫", size: "３８"}, by=shop.owner, now=shop.now)
    card = members.card(first, by=shop.owner, now=shop.now)
    assert [(field.name, value) for field, value in card.own] == [("宠物", "猫"), ("鞋码", "38")]
    ownfields.set_values(first, {pet: ""}, by=shop.owner, now=shop.now)
    assert [field.name for field, _ in ownfields.of(first)] == ["鞋码"]
    ownfields.retire(size, by=shop.owner, now=shop.now)
    assert ownfields.of(first) == ()


@pytest.mark.parametrize(
    ("kind", "choices", "typed"),
    [("number", (), "abc"), ("day", (), "2026-02-30"), ("choice", ("猫", "狗"), "鱼"), ("text", (), "x" * 201)],
)
def test_a_value_that_does_not_fit_is_refused_at_its_field(
    three: tuple[Shop, list[int]], kind: str, choices: tuple[str, ...], typed: str
) -> None:
    shop, (first, *_) = three
    field = ownfields.create("x", kind, choices, by=shop.owner, now=shop.now)
    with pytest.raises(ownfields.OwnValueInvalid) as refusal:
        ownfields.set_values(first, {field: typed}, by=shop.owner, now=shop.now)
    assert refusal.value.field == f"own_{field}"
    assert ownfields.of(first) == ()


@pytest.mark.parametrize(
    ("name", "kind", "choices", "field"),
    [(" ", "text", (), "name"), ("x", "colour", (), "kind"), ("x", "choice", ("a",), "choices"),
     ("x", "text", ("a", "b"), "choices"), ("taken", "text", (), "name")],
)  # fmt: skip
def test_a_field_that_cannot_be_is_refused(
    one_shop: Shop, name: str, kind: str, choices: tuple[str, ...], field: str
) -> None:
    ownfields.create("taken", "text", by=one_shop.owner, now=one_shop.now)
    with pytest.raises(ownfields.OwnFieldInvalid) as refusal:
        ownfields.create(name, kind, choices, by=one_shop.owner, now=one_shop.now)
    assert refusal.value.field == field


def test_a_shop_has_at_most_twenty_fields(one_shop: Shop) -> None:
    for number in range(20):
        ownfields.create(f"f{number}", "text", by=one_shop.owner, now=one_shop.now)
    with pytest.raises(ownfields.OwnFieldsFull):
        ownfields.create("one more", "text", by=one_shop.owner, now=one_shop.now)


def found(shop: Shop, group: Group) -> list[str]:
    hits = groups.page(group, by=shop.owner)
    assert groups.count(group) == len(hits)
    assert [id for some in groups.chunks(group, by=shop.owner, size=2) for id in some] == [hit.id for hit in hits]
    return [hit.name for hit in hits]


def test_a_group_is_everyone_to_whom_all_conditions_apply(three: tuple[Shop, list[int]]) -> None:
    shop, ids = three
    shop.tier("gold", 2)
    shop.put_in_tier(ids[1], "gold")
    tags.put_on(ids[:2], "早班", by=shop.owner, now=shop.now)
    shop.give_points(ids[0], 500)
    members.set_state(ids[2], "blocked", by=shop.owner, now=shop.now)
    assert found(shop, Group(tag="早班")) == ["李雷", "王伟"]
    assert found(shop, Group(tag="早班", tier_id=shop.tiers["gold"])) == ["李雷"]
    assert found(shop, Group(least_points=500)) == ["王伟"]
    assert found(shop, Group(state="blocked")) == ["Tom Reed"]
    assert found(shop, Group(typed="lilei", tag="早班")) == ["李雷"]
    assert found(shop, Group(tag="none")) == []
    assert found(shop, Group()) == ["Tom Reed", "李雷", "王伟"]


def test_who_was_not_seen_for_so_many_days_is_in_the_group(three: tuple[Shop, list[int]]) -> None:
    shop, ids = three
    shop.product("tea", 1000)
    shop.sell(shop.basket(("tea", 1), member=ids[0]))
    day = clock.day_of(NOON, "Asia/Shanghai")
    later = date.fromordinal(day.toordinal() + 30)
    assert found(shop, Group(unseen_days=30, on=day)) == ["Tom Reed", "李雷"]
    assert found(shop, Group(unseen_days=30, on=later)) == ["Tom Reed", "李雷", "王伟"]


def test_nobody_finds_a_group_who_may_not_find_members(three: tuple[Shop, list[int]]) -> None:
    shop, _ = three
    stranger = replace(shop.owner, rights=frozenset())
    with pytest.raises(NotAllowed):
        groups.page(Group(tag="x"), by=stranger)


def test_a_page_of_a_rare_tag_does_not_walk_all_members(one_shop: Shop) -> None:
    plan = " ".join(
        row[3]
        for row in db.rows(
            "EXPLAIN QUERY PLAN SELECT m.id FROM member m WHERE m.state IN ('active', 'blocked') AND m.id IN"
            " (SELECT c.member_id FROM member_tag c JOIN tag t ON t.id = c.tag_id WHERE t.name = 'x')"
            " AND m.id < 9 ORDER BY m.id DESC LIMIT 5"
        )
    )
    assert "SCAN m " not in plan and "SEARCH m" in plan
