"""Events: written with their cause or not at all, for whoever asked for them, and without anything personal."""

import json
from typing import Any

import pytest

from core.base import db
from core.base.clock import DAY, Millis
from core.books import events
from core.books.events import KINDS
from core.outreach import webhooks
from core.people import consent, members, profile, reissue, tags
from core.selling import exchanges, reversals
from tests import counter
from tests.shops import Shop

PHONE, NAME, NOTE = "13800138000", "欧阳佩珊", "likes window seats"


def subscribed(shop: Shop, *kinds: str, store: int | None = None) -> int:
    """An endpoint of these kinds."""
    made = webhooks.add("https://shop.example/hook", kinds or KINDS, store_id=store, by=shop.owner, now=shop.now)
    return made[0]


def told(kind: str | None = None) -> list[dict[str, Any]]:
    """The data of the events written so far, the oldest first."""
    found = db.rows("SELECT kind, data FROM event ORDER BY at, id")
    return [json.loads(data) for one, data in found if kind in (None, one)]


def kinds_told() -> list[str]:
    return [row[0] for row in db.rows("SELECT kind FROM event ORDER BY at, id")]


def test_a_shop_without_webhooks_writes_no_event(shop: Shop) -> None:
    shop.product("tea", 1800)
    shop.sell(shop.basket(("tea", 1), member=shop.member(PHONE)))
    assert told() == []


def test_a_sale_is_told_with_what_it_moved(shop: Shop) -> None:
    shop.product("tea", 1800)
    ann, hook = shop.member(), subscribed(shop)
    sale = shop.sell(shop.basket(("tea", 1), member=ann))
    assert kinds_told() == ["points.changed", "sale.completed"]
    points, sold = told()
    entry = db.value("SELECT id FROM entry")
    assert points == {
        "entry_id": str(entry), "asset": "points", "kind": "earn", "amount": 18, "balance_after": 18,
        "ref_kind": "sale", "ref_id": str(sale),
    }  # fmt: skip
    assert sold == {
        "sale_id": str(sale), "total_cents": 1800, "redeemed_points": 0, "earned_points": 18,
        "exchange_refund_id": None,
    }  # fmt: skip
    assert db.rows("SELECT webhook_id, state, attempts FROM event_delivery") == [(hook, "queued", 0)] * 2
    assert db.rows("SELECT store_id, member_id FROM event") == [(shop.store, ann)] * 2


def test_a_refund_is_told_with_what_it_takes_back(shop: Shop) -> None:
    shop.product("tea", 1800)
    sale = shop.sell(shop.basket(("tea", 2), member=shop.member()))
    subscribed(shop, "sale.refunded")
    refund = counter.give_back(shop, sale, 1)
    assert told() == [{
        "sale_id": str(sale), "refund_id": str(refund), "kind": "return", "total_cents": 1800, "returned_points": 0,
        "taken_points": 18,
    }]  # fmt: skip


def test_a_void_is_told_as_one(shop: Shop) -> None:
    shop.product("tea", 1800)
    sale = shop.sell(shop.basket(("tea", 1)))
    subscribed(shop, "sale.refunded")
    reversals.void(sale, by=shop.owner, now=shop.now)
    assert [one["kind"] for one in told()] == ["void"]


def test_stored_value_is_told_apart_from_points(shop: Shop) -> None:
    ann = shop.member()
    subscribed(shop, "wallet.changed", "points.changed")
    shop.top_up(ann, 10_000)
    shop.give_points(ann, 7)
    assert [(one["asset"], one["amount"]) for one in told("wallet.changed")] == [("principal", 10_000)]
    assert [(one["asset"], one["amount"]) for one in told("points.changed")] == [("points", 7)]


def test_a_tier_and_the_coupon_it_brings_are_told(shop: Shop) -> None:
    shop.product("tea", 1800)
    kind = shop.coupon_kind("3 off", effect="amount", off_cents=300)
    shop.tier("silver", 1, spend_cents=1000, welcome=(kind,))
    ann = shop.member()
    subscribed(shop, "tier.changed", "coupon.issued")
    shop.sell(shop.basket(("tea", 1), member=ann))
    normal, silver = shop.tiers["normal"], shop.tiers["silver"]
    assert told("tier.changed") == [{"from_tier_id": str(normal), "to_tier_id": str(silver)}]
    (coupon,) = db.rows("SELECT id FROM coupon")
    assert told("coupon.issued") == [{"coupon_id": str(coupon[0]), "kind_id": str(kind), "ref_kind": "tier"}]


def test_who_joins_and_what_changes_of_them_is_told(shop: Shop) -> None:
    subscribed(shop, "member.joined", "member.changed")
    ann = shop.member(PHONE, name=NAME)
    profile.change(ann, profile.Changes(name="李明", language="en"), by=shop.owner, now=shop.now)
    reissue.card(ann, by=shop.owner, now=shop.now)
    tags.put_on([ann], "vip", by=shop.owner, now=shop.now)
    consent.grant(ann, "marketing", source="till", language="zh", by=shop.owner, now=shop.now)
    members.set_state(ann, "blocked", by=shop.owner, now=shop.now)
    assert told("member.joined") == [{}]
    changed = [one["what"] for one in told("member.changed")]
    assert changed == ["name", "language", "card", "tags", "consent", "state"]


def test_what_is_rolled_back_was_never_told(shop: Shop) -> None:
    """An exchange that is only tried sells and takes back inside a transaction that is not kept."""
    shop.product("tea", 1800)
    sale = shop.sell(shop.basket(("tea", 1)))
    subscribed(shop)
    exchanges.preview(sale, counter.part(sale, 1), shop.basket(("tea", 1)), by=shop.owner, now=shop.now)
    assert told() == []


def test_a_refused_verb_tells_nothing(shop: Shop) -> None:
    subscribed(shop)
    ann = shop.member(PHONE)
    before = told()

    @db.atomic
    def twice() -> None:
        members.rename(ann, NAME, by=shop.owner, now=shop.now)
        shop.member(PHONE)

    with pytest.raises(members.PhoneTaken):
        twice()
    assert told() == before


def test_a_sale_is_told_to_its_own_store_and_a_member_to_every_store(shop: Shop) -> None:
    shop.product("tea", 1800)
    other = counter.other_store(shop)
    here, there, everywhere = subscribed(shop, store=shop.store), subscribed(shop, store=other), subscribed(shop)
    shop.sell(shop.basket(("tea", 1), member=shop.member()))
    heard = "SELECT DISTINCT d.webhook_id FROM event_delivery d JOIN event e ON e.id = d.event_id WHERE e.kind = ?"
    assert {row[0] for row in db.rows(heard, ("sale.completed",))} == {here, everywhere}
    assert {row[0] for row in db.rows(heard, ("points.changed",))} == {here, there, everywhere}


def test_an_endpoint_that_was_ended_hears_nothing_more(shop: Shop) -> None:
    hook = subscribed(shop)
    webhooks.end(hook, by=shop.owner, now=shop.now)
    shop.give_points(shop.member(), 5)
    assert told() == []


def test_nothing_personal_is_in_any_event(shop: Shop) -> None:
    shop.product("tea", 1800)
    subscribed(shop)
    ann = shop.member(PHONE, name=NAME, email="pei@example.cn")
    members.set_note(ann, note=NOTE, alert="allergic", by=shop.owner, now=shop.now)
    reissue.phone(ann, "13900139000", by=shop.owner, now=shop.now)
    tags.set_tags(ann, ["neighbour"], by=shop.owner, now=shop.now)
    kind = shop.coupon_kind("3 off", effect="amount", off_cents=300)
    shop.give_coupon(kind, ann)
    shop.top_up(ann, 10_000)
    counter.give_back(shop, shop.sell(shop.basket(("tea", 1), member=ann)), 1)
    code, card = db.value("SELECT code FROM coupon"), db.value("SELECT value FROM credential WHERE kind = 'card'")
    everything = " ".join(row[0] for row in db.rows("SELECT kind || data FROM event"))
    assert {"member.joined", "member.changed", "sale.refunded"} <= set(kinds_told())
    for secret in (PHONE, "8000", "13900139000", "9000", NAME, NOTE, "allergic", "pei@", "neighbour", code, card):
        assert secret not in everything


def test_events_are_forgotten_with_their_deliveries(shop: Shop) -> None:
    subscribed(shop)
    ann = shop.member()
    shop.give_points(ann, 5)
    shop.give_points(ann, 6, now=Millis(shop.now + 2 * DAY))
    assert events.forget_before(Millis(shop.now + DAY)) == 2
    assert [one["amount"] for one in told()] == [6]
    assert db.value("SELECT count(*) FROM event_delivery") == 1
