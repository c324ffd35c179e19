"""Lists that grow come page by page; what is read often has an ETag."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.giving import lottery, punch, rewards
from core.giving.lottery import LotteryTerms, PrizeTerms
from core.giving.rewards import RewardTerms
from core.loyalty import passes, plans
from core.loyalty.plans import Plan
from kiosk.api import door as api
from kiosk.api.schemas import PageAsked
from tests import shops
from tests.kiosk.counter import TODAY, Counter
from tests.kiosk.furnished import app as app
from tests.kiosk.furnished import counter as counter
from tests.kiosk.furnished import furnished as furnished
from tests.kiosk.furnished import one_shop as one_shop

LISTS = {
    "/promotions": "promotions", "/rewards": "rewards", "/lotteries": "lotteries", "/coupon-kinds": "kinds",
    "/pass-kinds": "kinds", "/punch-cards": "cards", "/plans": "plans", "/parked": "parked",
    "/members/{ann}/holds": "holds", "/members/{ann}/statement": "lines", "/sales": "sales",
}  # fmt: skip


def two_more(counter: Counter, shop: shops.Shop) -> None:
    """Two more of everything that is listed."""
    for name in ("second", "third"):
        shop.promotion(name, effect="percent", off_bp=1000)
        shop.coupon_kind(name, effect="amount", off_cents=100)
        rewards.create(name, RewardTerms(kind="product", points=5, product_id=int(counter.ids["tea"])), stock=1,
                       by=shop.owner, now=shop.now)  # fmt: skip
        prize = PrizeTerms(name="1", kind="points", odds_ppm=1000, points=1)
        lottery.create(name, LotteryTerms(cost_points=1, tries_day=0, first_on=TODAY, last_on=TODAY), (prize,),
                       by=shop.owner, now=shop.now)  # fmt: skip
        punch.create(name, 5, points=1, by=shop.owner, now=shop.now)
        passes.create_kind(
            name, None, uses=5, valid_days=30, service_ids=[int(counter.ids["cut"])], by=shop.owner, now=shop.now
        )
        sold = shop.product(name, 500, kind="plan")
        plans.create(Plan(0, sold, name, 30, 1000, 10_000), by=shop.owner, now=shop.now)
        counter.ask("post", "/parked", {"lines": [{"product_id": counter.ids["tea"]}]})
        counter.ask("post", counter.filled("/members/{ann}/holds"), {"amount": 1, "reference": str(len(name))})
        shop.sell(shop.basket(("tea", 1), member=int(counter.ids["ann"])))
    passes.create_kind(
        "fourth", None, uses=5, valid_days=30, service_ids=[int(counter.ids["cut"])], by=shop.owner, now=shop.now
    )


def test_every_list_that_grows_comes_whole_page_by_page(counter: Counter, one_shop: shops.Shop) -> None:
    two_more(counter, one_shop)
    for path, field in LISTS.items():
        address = counter.filled(path)
        whole = counter.ask("get", f"{address}?limit=200")[1]
        assert (len(whole[field]) >= 3, whole["next_cursor"]) == (True, None), path
        got, cursor = [], ""
        while cursor is not None:
            page = counter.ask("get", f"{address}?limit=1{cursor and f'&cursor={cursor}'}")[1]
            got, cursor = [*got, *page[field]], page["next_cursor"]
            assert len(page[field]) == 1
        assert got == whole[field], path


@pytest.mark.parametrize("path", [path for path in LISTS if path != "/members/{ann}/statement"])
@pytest.mark.parametrize(
    ("asked", "field"), [("limit=201", "limit"), ("limit=0", "limit"), ("cursor=x", "cursor"), ("page=2", "page")]
)
def test_a_page_that_cannot_be_is_422(counter: Counter, path: str, asked: str, field: str) -> None:
    status, body = counter.ask("get", f"{counter.filled(path)}?{asked}")
    assert (status, body["field"]) == (422, field)


def test_a_parked_basket_that_is_taken_up_moves_no_page(counter: Counter, one_shop: shops.Shop) -> None:
    two_more(counter, one_shop)
    first = counter.ask("get", "/parked?limit=1")[1]
    rest = counter.ask("get", f"/parked?cursor={first['next_cursor']}")[1]["parked"]
    counter.ask("post", f"/parked/{first['parked'][0]['id']}/recall", {})
    assert counter.ask("get", f"/parked?cursor={first['next_cursor']}")[1]["parked"] == rest


@dataclass(frozen=True)
class One:
    id: int


@given(st.sets(st.integers(1, 60)), st.integers(1, 9), st.booleans(), st.data())
def test_pages_are_the_list_cut_up_whatever_ends_between_them(
    ids: set[int], limit: int, newest: bool, data: st.DataObject
) -> None:
    there, got, cursor, gone = sorted(ids), list[int](), None, set[int]()
    while True:
        page, cursor = api.page_of([One(id) for id in there], PageAsked(cursor=cursor, limit=str(limit)), newest=newest)
        got += [one.id for one in page]
        if cursor is None:
            break
        assert len(page) == limit
        ended = data.draw(st.sets(st.sampled_from(there)))
        gone |= ended
        there = [id for id in there if id not in ended]
    assert got == sorted(set(got), reverse=newest)
    assert set(there) <= set(got) <= ids
    assert ids - set(got) <= gone


@pytest.mark.parametrize("path", ["/sales/{sale}", "/promotions/{promotion}", "/tiers", "/members/{ann}"])
def test_what_did_not_change_is_304(counter: Counter, path: str) -> None:
    address = f"/api/v1{counter.filled(path)}"
    first = counter.client.get(address, headers=counter.key)
    again = counter.client.get(address, headers=counter.key | {"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.text) == (200, 304, "")


def test_a_refunded_sale_and_another_tier_have_other_etags(counter: Counter, one_shop: shops.Shop) -> None:
    def tags() -> list[str]:
        paths = ("/sales/{sale}", "/promotions/{promotion}", "/tiers")
        return [
            counter.client.get(f"/api/v1{counter.filled(path)}", headers=counter.key).headers["ETag"] for path in paths
        ]

    before = tags()
    lines = [{"line_id": counter.ids["line"], "quantity_milli": 1000}]
    counter.ask("post", counter.filled("/sales/{sale}/refunds"), {"lines": lines})
    counter.ask("post", counter.filled("/promotions/{promotion}/end"), {})
    one_shop.tier("gold", 2, spend_cents=500_000)
    assert all(old != new for old, new in zip(before, tags(), strict=True))
