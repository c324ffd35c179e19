"""Bulk deeds: each member alone, refusals counted by their sentence, nothing given twice."""

from dataclasses import replace

import pytest

from core.base.errors import NotAllowed
from core.keeping import bulk
from core.keeping.bulk import Deed, Outcome
from core.loyalty import coupons, points
from core.people import members, tags
from core.people.tags import TagInvalid
from tests.shops import Shop, open_shop


@pytest.fixture
def shop(engine: str) -> Shop:
    return open_shop()


def do(shop: Shop, deed: Deed, ids: list[int], key: str = "k") -> Outcome:
    return bulk.do(deed, ids, by=shop.owner, now=shop.now, key=key)


def test_one_blocked_member_stops_nobody_else(shop: Shop) -> None:
    kind = shop.coupon_kind("新客5元", effect="amount", off_cents=500)
    ids = [shop.member(f"1380013800{n}") for n in range(3)]
    members.set_state(ids[1], "blocked", by=shop.owner, now=shop.now)
    found = do(shop, Deed("coupon", coupon_kind_id=kind), ids)
    assert found.done == 2
    assert [(str(why), count) for why, count in found.refused] == [
        ("This membership is blocked. A manager can open it again in the member's card.", 1)
    ]
    assert [len(coupons.held_by(one, now=shop.now)) for one in ids] == [1, 0, 1]


def test_done_again_with_the_same_key_gives_nothing_twice(shop: Shop) -> None:
    ids = [shop.member(f"1380013800{n}") for n in range(3)]
    deed = Deed("points", points=50, reason="店庆")
    assert do(shop, deed, ids[:2]).done == 2
    assert do(shop, deed, ids).done == 3
    assert [points.state(one, now=shop.now).usable for one in ids] == [50, 50, 50]


def test_tags_are_put_on_and_taken_off(shop: Shop) -> None:
    ids = [shop.member(f"1380013800{n}") for n in range(2)]
    assert do(shop, Deed("tag", tag="常客"), ids) == Outcome(2)
    assert do(shop, Deed("untag", tag="常客"), ids[:1]) == Outcome(1)
    assert [tags.of(one) for one in ids] == [(), ("常客",)]


def test_outcomes_add_up(shop: Shop) -> None:
    one = do(shop, Deed("points", points=-5, reason="x"), [shop.member("13800138000")])
    assert (one + one).refused[0][1] == 2


def test_what_nobody_could_get_is_refused_before(shop: Shop) -> None:
    with pytest.raises(TagInvalid):
        bulk.check(Deed("tag", tag="a b"), by=shop.owner, now=shop.now)
    with pytest.raises(points.ReasonMissing):
        bulk.check(Deed("points", points=5), by=shop.owner, now=shop.now)
    shop.rule("adjust_limit_points", 100)
    manager = replace(shop.owner, role="manager")
    bulk.check(Deed("points", points=-100, reason="x"), by=manager, now=shop.now)
    with pytest.raises(points.AdjustmentTooLarge):
        bulk.check(Deed("points", points=-101, reason="x"), by=manager, now=shop.now)
    with pytest.raises(NotAllowed):
        bulk.check(Deed("block"), by=members.themselves(1), now=shop.now)


def test_the_preview_says_what_it_comes_to(shop: Shop) -> None:
    kind = shop.coupon_kind("新客5元", effect="amount", off_cents=500)
    said = [str(one) for one in bulk.preview(Deed("coupon", coupon_kind_id=kind), 37, now=shop.now)]
    assert said == ["37 coupons, worth ¥185.00 if all are used."]
    said = [str(one) for one in bulk.preview(Deed("points", points=50), 37, now=shop.now)]
    assert said == ["1,850 points in all, worth ¥18.50."]
