"""Segments: rules as people type and read them, what is refused and where, versions."""

import pytest

from core.base import i18n
from core.base.errors import NotAllowed
from core.outreach.segments import reading, saved, tree, typed, words
from core.outreach.segments.saved import SegmentNameInvalid, SegmentUnknown
from core.outreach.segments.tree import All, Any_, Is, Not, SegmentRuleInvalid
from core.outreach.segments.typed import SegmentUnreadable
from tests.shops import Shop


def test_and_binds_tighter_than_or_and_not_tightest() -> None:
    assert typed.read("tier:gold or spend(90) >= 500 and not bought:茶饮") == Any_(
        (Is("tier", "is", "gold"), All((Is("spend", ">=", 50_000, 90), Not(Is("bought", "is", "茶饮")))))
    )


def test_brackets_quotes_and_chinese_signs_are_read() -> None:
    assert typed.read("（tier：金卡 或 tag:“烘焙 课”） 且 非 store:and") == All(
        (Any_((Is("tier", "is", "金卡"), Is("tag", "is", "烘焙 课"))), Not(Is("store", "is", "and")))
    )


def test_amounts_are_in_the_main_unit_and_kept_in_cents() -> None:
    assert typed.read("wallet > 99.5") == Is("wallet", ">", 9950)
    assert typed.write(Is("wallet", ">", 9950)) == "wallet > 99.50"


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ("", "…"),
        ("tier:gold vip", "vip"),
        ("tier:", "…"),
        ("colour:red", "colour : red"),
        ("(tier:gold", "…"),
        ("spend(x) >= 5", "x ) >= 5"),
        ("points >= many", "many"),
        ("points 5", "5"),
        ('tag:"open', '"open'),
        ("points >= 1.5", "1.5"),
    ],
)
def test_what_cannot_be_read_is_pointed_at(given: str, place: str) -> None:
    with pytest.raises(SegmentUnreadable) as refused:
        typed.read(given)
    assert refused.value.facts["given"] == place


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ([], "rule"),
        ({"and": []}, "and"),
        ({"and": [{"fact": "tier", "value": "x"}, {"not": {"fact": "points", "op": "is", "value": 3}}]}, "and[1].not"),
        ({"or": [{"fact": "spend", "op": ">=", "value": "5"}]}, "or[0]"),
        ({"fact": "spend", "op": ">=", "value": 5, "days": "x"}, "days"),
        ({"fact": "spend", "op": "like", "value": 5}, "op"),
        ({"fact": "joined"}, "rule"),
        ({"fact": "tier", "value": "gold", "days": 3}, "rule"),
        ({"fact": "own", "value": "x"}, "rule"),
        ({"fact": "tier", "value": True}, "value"),
        ({"fact": "tier", "value": "x", "more": 1}, "rule"),
        ({"fact": "group", "value": "best"}, "rule"),
        ({"fact": "spend", "op": ">=", "value": 5, "days": 0}, "rule"),
    ],
)  # fmt: skip
def test_json_that_does_not_fit_is_refused_with_its_path(given: object, path: str) -> None:
    with pytest.raises(SegmentRuleInvalid) as refused:
        tree.from_json(given)
    assert refused.value.facts["path"] == path


def test_a_rule_that_is_too_long_or_too_deep_is_refused() -> None:
    with pytest.raises(SegmentRuleInvalid):
        typed.read(" or ".join(["tier:gold"] * 61))
    with pytest.raises(SegmentRuleInvalid):
        typed.read("not " * 8 + "tier:gold")
    with pytest.raises(SegmentUnreadable):
        typed.read("(" * 200 + "tier:gold" + ")" * 200)


def test_a_rule_is_said_in_both_languages() -> None:
    rule = typed.read("tier:gold and spend(90) >= 500 and not (bought(30):tea or birthday(7))")
    assert words.say(rule) == (
        "tier is gold and spending in the last 90 days ≥ ¥500.00 and"
        " not (bought tea in the last 30 days or birthday within 7 days)"
    )
    with i18n.use("zh"):
        assert words.say(rule) == (
            "等级为 gold 且 近 90 天消费额 ≥ ¥500.00 且 不满足（近 30 天买过 tea 或 7 天内生日）"
        )


def test_a_name_the_shop_does_not_have_is_refused_with_those_it_has(shop: Shop) -> None:
    shop.tier("gold", 2)
    with pytest.raises(SegmentRuleInvalid) as refused:
        reading.count(typed.read("visits >= 1 and tier:golden"), by=shop.owner, now=shop.now)
    assert str(refused.value) == (
        "The rule of the segment, at and[1]: nothing is called “golden”. There are: gold, normal."
    )
    for rule in ("bought:nothing", "own(city):x", "tag:x", "sent:x"):
        with pytest.raises(SegmentRuleInvalid):
            reading.count(typed.read(rule), by=shop.owner, now=shop.now)


def test_a_saved_segment_gets_a_version_whenever_its_rule_changes(shop: Shop) -> None:
    first = saved.save("熟客", typed.read("visits >= 3"), by=shop.owner, now=shop.now)
    again = saved.save(" 熟客 ", typed.read("visits >= 3"), by=shop.owner, now=shop.now)
    second = saved.save("熟客", typed.read("visits >= 5"), by=shop.owner, now=shop.now)
    assert (first.number, again.number, second.number) == (1, 1, 2)
    assert saved.version(first.version_id).rule == Is("visits", ">=", 3)
    assert [one.number for one in saved.versions(first.id, by=shop.owner)] == [2, 1]
    assert saved.listing(by=shop.owner) == [second]


def test_a_retired_segment_is_off_the_list_and_its_name_free(shop: Shop) -> None:
    first = saved.save("熟客", typed.read("visits >= 3"), by=shop.owner, now=shop.now)
    saved.retire(first.id, by=shop.owner, now=shop.now)
    with pytest.raises(SegmentUnknown):
        saved.by_name("熟客", by=shop.owner)
    with pytest.raises(SegmentUnknown):
        saved.retire(first.id, by=shop.owner, now=shop.now)
    assert saved.get(first.id, by=shop.owner).retired
    assert saved.save("熟客", typed.read("visits >= 4"), by=shop.owner, now=shop.now).id != first.id


def test_a_segment_needs_a_name_and_the_right(shop: Shop) -> None:
    with pytest.raises(SegmentNameInvalid):
        saved.save("  ", typed.read("visits >= 3"), by=shop.owner, now=shop.now)
    with pytest.raises(NotAllowed):
        saved.save("x", typed.read("visits >= 3"), by=shop.owner_with(frozenset({"sell"})), now=shop.now)
    with pytest.raises(NotAllowed):
        reading.count(typed.read("visits >= 3"), by=shop.owner_with(frozenset({"sell"})), now=shop.now)
