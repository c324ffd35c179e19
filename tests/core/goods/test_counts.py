"""Counts as a document: differences are of the moment of counting, and large ones wait for somebody who may approve."""

import pytest

from core.base.clock import Millis
from core.base.errors import NotAllowed
from core.goods import counts, places, stock
from core.goods.counts import CountedSince, SheetClosed, SheetEmpty, SheetUnknown
from core.goods.places import Place
from core.goods.stock import NotCounted, QuantityInvalid
from core.keeping import doctor
from tests.shops import Shop


@pytest.fixture
def tea(shop: Shop) -> int:
    product_id = shop.product("tea", 1800, category="drinks")
    stock.receive(shop.store, product_id, 10_000, by=shop.owner, now=shop.now)
    return product_id


def begin(shop: Shop, **given: object) -> int:
    return counts.begin(shop.store, by=shop.owner, now=shop.now, **given)  # type: ignore[arg-type]


def note(shop: Shop, sheet: int, product_id: int, milli: int, *, more: bool = False, after: int = 1) -> int:
    return counts.note(sheet, product_id, milli, more=more, by=shop.owner, now=Millis(shop.now + after))


def test_differences_are_written_in_pieces_and_shown_in_money(shop: Shop, tea: int) -> None:
    cake = shop.product("cake", 900)
    sheet = begin(shop)
    note(shop, sheet, tea, 7_000)
    note(shop, sheet, cake, 2_000)
    found = counts.get(sheet)
    assert (found.lines, found.counted, found.differing, found.off_cents, found.net_cents) == (2, 2, 2, 7200, -3600)
    assert counts.close(sheet, by=shop.owner, now=Millis(shop.now + 2)) == "written"
    assert (stock.on_hand(shop.store, tea), stock.on_hand(shop.store, cake)) == (7_000, 2_000)
    assert stock.moves(shop.store, tea)[0].kind == "count"
    assert doctor.examine(now=shop.now) == []


def test_what_is_sold_during_the_count_is_no_difference(shop: Shop, tea: int) -> None:
    sheet = begin(shop)
    note(shop, sheet, tea, 9_000)
    shop.sell(shop.basket(("tea", 3)))
    counts.close(sheet, by=shop.owner, now=Millis(shop.now + 2))
    assert stock.on_hand(shop.store, tea) == 6_000


def test_scans_add_up_and_what_nobody_counted_stays(shop: Shop, tea: int) -> None:
    cake = shop.product("cake", 900)
    sheet = begin(shop)
    assert [note(shop, sheet, cake, 1_000, more=True) for _ in range(3)] == [1_000, 2_000, 3_000]
    counts.close(sheet, by=shop.owner, now=shop.now)
    assert (stock.on_hand(shop.store, tea), stock.on_hand(shop.store, cake)) == (10_000, 3_000)


def test_a_sheet_holds_a_category_or_a_shelf(shop: Shop, tea: int) -> None:
    cake = shop.product("cake", 900)
    places.put(shop.store, cake, Place("A1"), by=shop.owner, now=shop.now)
    assert places.shelves(shop.store) == ["A1"]
    assert [line.product for line in counts.lines(begin(shop, shelf="A1"))] == ["cake"]
    category = shop.category_of(tea)
    assert [line.product for line in counts.lines(begin(shop, category_id=category))] == ["tea"]
    with pytest.raises(SheetEmpty):
        begin(shop, shelf="B7")


def test_above_the_limit_a_count_waits_for_an_approval(shop: Shop, tea: int) -> None:
    shop.rule("count_limit_cents", 1799)
    counter = shop.owner_with(frozenset({"goods"}))
    sheet = begin(shop)
    note(shop, sheet, tea, 9_000)
    assert counts.close(sheet, by=counter, now=shop.now) == "waiting"
    assert stock.on_hand(shop.store, tea) == 10_000
    with pytest.raises(NotAllowed):
        counts.approve(sheet, by=counter, now=shop.now)
    counts.approve(sheet, by=shop.owner, now=shop.now)
    assert (stock.on_hand(shop.store, tea), counts.get(sheet).state) == (9_000, "written")


def test_within_the_limit_the_counter_writes(shop: Shop, tea: int) -> None:
    shop.rule("count_limit_cents", 1800)
    sheet = begin(shop)
    note(shop, sheet, tea, 9_000)
    assert counts.close(sheet, by=shop.owner_with(frozenset({"goods"})), now=shop.now) == "written"


def test_a_waiting_count_is_counted_on_or_dropped(shop: Shop, tea: int) -> None:
    shop.rule("count_limit_cents", 0)
    sheet, counter = begin(shop), shop.owner_with(frozenset({"goods"}))
    note(shop, sheet, tea, 0)
    counts.close(sheet, by=counter, now=shop.now)
    with pytest.raises(SheetClosed):
        note(shop, sheet, tea, 9_000)
    counts.reopen(sheet, by=counter, now=shop.now)
    note(shop, sheet, tea, 10_000)
    counts.drop(sheet, by=counter, now=shop.now)
    with pytest.raises(SheetClosed):
        counts.drop(sheet, by=counter, now=shop.now)
    assert stock.on_hand(shop.store, tea) == 10_000


def test_two_counts_of_one_product_do_not_both_correct_it(shop: Shop, tea: int) -> None:
    sheet = begin(shop)
    note(shop, sheet, tea, 7_000)
    later = Millis(shop.now + 60_000)
    stock.count(shop.store, tea, 7_000, expected_milli=10_000, by=shop.owner, now=later)
    with pytest.raises(CountedSince):
        counts.close(sheet, by=shop.owner, now=later)
    note(shop, sheet, tea, 7_000, after=120_000)
    counts.close(sheet, by=shop.owner, now=Millis(shop.now + 180_000))
    assert stock.on_hand(shop.store, tea) == 7_000


def test_what_cannot_be_counted_is_refused(shop: Shop, tea: int) -> None:
    sheet, cut = begin(shop), shop.product("cut", 1, kind="service")
    for product_id, milli, error in ((tea, -1, QuantityInvalid), (tea, 1_500, QuantityInvalid), (cut, 0, NotCounted)):
        with pytest.raises(error):
            note(shop, sheet, product_id, milli)
    with pytest.raises(SheetEmpty):
        counts.close(sheet, by=shop.owner, now=shop.now)
    with pytest.raises(SheetUnknown):
        counts.get(1)
    (newest,) = counts.recent(by=shop.owner)
    assert (newest.id, newest.state) == (sheet, "open")
