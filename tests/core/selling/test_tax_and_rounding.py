"""Tax within prices and on top of them, 抹零 by the shop and by hand, and what refunds of such sales give back."""

from dataclasses import replace

import pytest

from core.base import db
from core.base.access import Actor
from core.base.errors import NotAllowed
from core.base.money import Milli
from core.books.rules import RuleInvalid
from core.people import staff
from core.selling import receipts, refunds, reversals, sales
from core.selling.pricing.quote import RoundingTooMuch
from core.selling.quotes import Basket, BasketLine
from core.selling.refunds import ReturnLine
from core.selling.sales import ApprovalNeeded, SaleRequest, Tender
from tests.shops import Shop


def stock_up(shop: Shop) -> Shop:
    """Tea 18.00 and nuts 39.90 a kilogram at 13 %, cake 32.00 at 6 %, a gift card 50.00 without tax."""
    shop.product("tea", 1800, tax_bp=1300)
    shop.product("nuts", 3990, weighed=True, tax_bp=1300)
    shop.product("cake", 3200, tax_bp=600)
    shop.product("gift card", 5000, kind="gift_card", tax_bp=1300)
    return shop


@pytest.fixture
def tea_shop(shop: Shop) -> Shop:
    return stock_up(shop)


@pytest.fixture
def one_tea_shop(one_shop: Shop) -> Shop:
    return stock_up(one_shop)


def basket(shop: Shop, *lines: tuple[str, int], member: int | None = None, **given: object) -> Basket:
    """Lines as (product name, thousandths)."""
    asked = tuple(BasketLine(shop.products[name], Milli(quantity)) for name, quantity in lines)
    return Basket(shop.store, asked, member_id=member, **given)  # type: ignore[arg-type]


FOUR = (("tea", 3000), ("nuts", 355), ("cake", 2000), ("gift card", 1000))
"""54.00, 14.16, 64.00 and 50.00."""


def taxes(sale: int) -> tuple[int, list[tuple[int, int]]]:
    """The tax of a sale, and of each line rate and tax, as recorded."""
    lines = db.rows("SELECT tax_bp, tax_cents FROM sale_line WHERE sale_id = ? ORDER BY position", (sale,))
    return db.value("SELECT tax_cents FROM sale WHERE id = ?", (sale,)), lines


def nets(sale: int) -> list[int]:
    return [line.net_cents for line in receipts.of(sale).lines]


# --- tax ---------------------------------------------------------------------------------------------------


def test_tax_within_prices_is_worked_out_once_a_rate(tea_shop: Shop) -> None:
    """68.16 × 13/113 = 7.84, shared 6.21 and 1.63; 64.00 × 6/106 = 3.62."""
    tea_shop.rule("tax_mode", "inclusive")
    sale = tea_shop.sell(basket(tea_shop, *FOUR))
    assert nets(sale) == [5400, 1416, 6400, 5000]
    assert taxes(sale) == (1146, [(1300, 621), (1300, 163), (600, 362), (0, 0)])


def test_tax_on_top_is_worked_out_once_a_rate(tea_shop: Shop) -> None:
    """68.16 × 13 % = 8.86, shared 7.02 and 1.84; 64.00 × 6 % = 3.84."""
    tea_shop.rule("tax_mode", "exclusive")
    sale = tea_shop.sell(basket(tea_shop, *FOUR))
    assert nets(sale) == [6102, 1600, 6784, 5000]
    assert taxes(sale) == (1270, [(1300, 702), (1300, 184), (600, 384), (0, 0)])


def test_a_shop_that_states_no_tax_records_none(one_tea_shop: Shop) -> None:
    sale = one_tea_shop.sell(basket(one_tea_shop, *FOUR))
    assert taxes(sale) == (0, [(0, 0)] * 4)


@pytest.mark.parametrize(("mode", "total", "tax"), [("inclusive", 4400, 506), ("exclusive", 4972, 572)])
def test_tax_is_of_what_is_left_after_promotions_and_points(
    one_tea_shop: Shop, mode: str, total: int, tax: int
) -> None:
    """Three teas 54.00, 5.00 off, 500 points: 44.00."""
    one_tea_shop.rule("tax_mode", mode)
    one_tea_shop.promotion("满50减5", effect="reduction", off_cents=500, threshold_cents=5000)
    member = one_tea_shop.member()
    one_tea_shop.give_points(member, 500)
    quote = one_tea_shop.quote(basket(one_tea_shop, ("tea", 3000), member=member, points=500))
    assert (quote.total_cents, quote.tax_cents) == (total, tax)


def test_tax_on_top_earns_no_points(tea_shop: Shop) -> None:
    """54.00 and 7.02 tax, all in cash: 54 points."""
    tea_shop.rule("tax_mode", "exclusive")
    sale = tea_shop.sell(basket(tea_shop, ("tea", 3000), member=tea_shop.member()))
    assert (receipts.of(sale).total_cents, receipts.of(sale).earned_points) == (6102, 54)


def test_the_threshold_of_a_promotion_does_not_count_tax_on_top(one_tea_shop: Shop) -> None:
    one_tea_shop.rule("tax_mode", "exclusive")
    one_tea_shop.promotion("满60减5", effect="reduction", off_cents=500, threshold_cents=6000)
    quote = one_tea_shop.quote(basket(one_tea_shop, ("tea", 3000)))
    assert (quote.total_cents, str(quote.not_used[0].reason)) == (6102, "another ¥6.00 needed")


def test_an_unknown_way_of_stating_tax_is_refused(one_shop: Shop) -> None:
    with pytest.raises(RuleInvalid):
        one_shop.rule("tax_mode", "sometimes")


# --- rounding by the shop ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("unit", "total", "off"), [(0, 6816, 0), (5, 6815, 1), (10, 6810, 6), (100, 6800, 16)])
def test_the_bill_is_rounded_down_to_the_shops_unit(one_tea_shop: Shop, unit: int, total: int, off: int) -> None:
    one_tea_shop.rule("rounding_cents", unit)
    quote = one_tea_shop.quote(basket(one_tea_shop, ("tea", 3000), ("nuts", 355)))
    assert (quote.total_cents, quote.rounding_cents) == (total, off)


def test_what_was_rounded_off_stands_in_the_sale(tea_shop: Shop) -> None:
    """16 cents over 54.00 and 14.16: 13 and 3; the gift card stays whole."""
    tea_shop.rule("rounding_cents", 100)
    sale = tea_shop.sell(basket(tea_shop, ("tea", 3000), ("nuts", 355), ("gift card", 1000)))
    assert nets(sale) == [5387, 1413, 5000]
    rows = db.rows("SELECT rule_kind, rule_id, step, cents FROM sale_discount WHERE sale_id = ? ORDER BY id", (sale,))
    assert rows == [("rounding", 0, 7, 13), ("rounding", 0, 7, 3)]


def test_a_gift_card_is_not_rounded(one_tea_shop: Shop) -> None:
    one_tea_shop.product("odd card", 4999, kind="gift_card")
    one_tea_shop.product("sweet", 5)
    one_tea_shop.rule("rounding_cents", 100)
    found = [
        one_tea_shop.quote(basket(one_tea_shop, ("odd card", 1000), *more)).total_cents
        for more in ((), (("sweet", 1000),), (("tea", 1000),))
    ]
    assert found == [4999, 5000, 6700]


@pytest.mark.parametrize(("mode", "tax"), [("inclusive", 783), ("exclusive", 886)])
def test_rounding_comes_after_tax(one_tea_shop: Shop, mode: str, tax: int) -> None:
    """Within prices the tax is of the 68.10 that are paid; on top it is of the 68.16, and 77.02 are rounded."""
    one_tea_shop.rule("tax_mode", mode)
    one_tea_shop.rule("rounding_cents", 10)
    quote = one_tea_shop.quote(basket(one_tea_shop, ("tea", 3000), ("nuts", 355)))
    assert quote.tax_cents == tax
    assert (quote.total_cents, quote.rounding_cents) == ((6810, 6) if mode == "inclusive" else (7700, 2))


# --- rounding and prices by hand -------------------------------------------------------------------------------


def clerk(shop: Shop) -> Actor:
    return staff.actor_of(staff.create("xiao", "小李", "clerk", password="long enough", by=shop.owner, now=shop.now))


def by_hand(shop: Shop, off: int, *, cents: int = 5400) -> SaleRequest:
    """Three teas with so much rounded off."""
    asked = basket(shop, ("tea", 3000), round_off_cents=off)
    return SaleRequest(asked, (Tender("cash", cents - off),), cents - off)


def post(shop: Shop, request: SaleRequest, by: Actor, *, approved_by: Actor | None = None) -> int:
    return sales.post(replace(request, approved_by=approved_by), by=by, now=shop.now)


def test_a_clerk_rounds_off_by_hand_within_the_shops_limit(tea_shop: Shop) -> None:
    tea_shop.rule("rounding_limit_cents", 300)
    by = clerk(tea_shop)
    assert receipts.of(post(tea_shop, by_hand(tea_shop, 300), by)).total_cents == 5100
    with pytest.raises(ApprovalNeeded, match=r"¥3\.01 is above your limit of ¥3\.00") as refused:
        post(tea_shop, by_hand(tea_shop, 301), by)
    assert refused.value.facts["field"] == "round_off_cents"


def test_who_approved_a_rounding_stands_in_the_sale(tea_shop: Shop) -> None:
    by = clerk(tea_shop)
    sale = post(tea_shop, by_hand(tea_shop, 400), by, approved_by=tea_shop.owner)
    found = db.one("SELECT total_cents, actor, approved_by FROM sale WHERE id = ?", (sale,))
    assert found == (5000, by.tag, tea_shop.owner.tag)


def test_a_clerk_approves_nothing(one_tea_shop: Shop) -> None:
    by = clerk(one_tea_shop)
    with pytest.raises(ApprovalNeeded):
        post(one_tea_shop, by_hand(one_tea_shop, 400), by, approved_by=by)


def test_an_owner_rounds_off_what_they_like_up_to_the_bill(one_tea_shop: Shop) -> None:
    assert one_tea_shop.quote(basket(one_tea_shop, ("tea", 1000), round_off_cents=1800)).total_cents == 0
    assert receipts.of(post(one_tea_shop, by_hand(one_tea_shop, 4000), one_tea_shop.owner)).total_cents == 1400
    for off in (1801, -1):
        with pytest.raises(RoundingTooMuch, match=r"At most ¥18\.00"):
            one_tea_shop.quote(basket(one_tea_shop, ("tea", 1000), ("gift card", 1000), round_off_cents=off))


def test_rounding_by_hand_takes_the_place_of_the_shops_own(one_tea_shop: Shop) -> None:
    one_tea_shop.rule("rounding_cents", 1000)
    found = [
        one_tea_shop.quote(basket(one_tea_shop, ("tea", 1000), round_off_cents=off)).total_cents
        for off in (None, 0, 50)
    ]
    assert found == [1000, 1800, 1750]


def test_the_shops_own_rounding_needs_no_approval(one_tea_shop: Shop) -> None:
    one_tea_shop.rule("rounding_cents", 1000)
    asked = SaleRequest(basket(one_tea_shop, ("tea", 1000)), (Tender("cash", 1000),), 1000)
    assert receipts.of(post(one_tea_shop, asked, clerk(one_tea_shop))).total_cents == 1000


def lower(shop: Shop, unit: int) -> SaleRequest:
    """Two teas at another price."""
    line = BasketLine(shop.products["tea"], Milli(2000), unit_cents=unit)
    tender = (Tender("cash", 2 * unit),)
    return SaleRequest(Basket(shop.store, (line,)), tender, 2 * unit)


def test_a_price_by_hand_is_recorded_with_the_list_price_and_who_approved_it(tea_shop: Shop) -> None:
    tea_shop.rule("override_limit_cents", 500)
    by = clerk(tea_shop)
    with pytest.raises(ApprovalNeeded, match=r"¥5\.02"):
        post(tea_shop, lower(tea_shop, 1549), by)
    post(tea_shop, lower(tea_shop, 1550), by)
    sale = post(tea_shop, lower(tea_shop, 1000), by, approved_by=tea_shop.owner)
    sql = "SELECT s.approved_by, l.list_cents, l.unit_cents FROM sale s JOIN sale_line l ON l.sale_id = s.id"
    assert db.rows(f"{sql} WHERE s.id = ?", (sale,)) == [(tea_shop.owner.tag, 1800, 1000)]


def test_a_higher_price_by_hand_needs_no_approval(one_tea_shop: Shop) -> None:
    one_tea_shop.rule("override_limit_cents", 0)
    sale = post(one_tea_shop, lower(one_tea_shop, 2000), clerk(one_tea_shop))
    assert receipts.of(sale).total_cents == 4000


def test_an_approval_of_someone_who_left_is_none(one_tea_shop: Shop) -> None:
    by = clerk(one_tea_shop)
    boss = staff.create("boss", "老李", "manager", password="long enough", by=one_tea_shop.owner, now=one_tea_shop.now)
    manager = staff.actor_of(boss)
    staff.close(boss, by=one_tea_shop.owner, now=one_tea_shop.now)
    with pytest.raises(NotAllowed):
        post(one_tea_shop, by_hand(one_tea_shop, 400), by, approved_by=manager)


# --- refunds -----------------------------------------------------------------------------------------------


MIXED = (("tea", 3000), ("nuts", 355), ("cake", 2000))


@pytest.fixture(params=["none", "inclusive", "exclusive"])
def mixed_sale(request: pytest.FixtureRequest, shop: Shop) -> tuple[Shop, int]:
    """Three teas, 355 g of nuts, two cakes; 7 % off, 333 points, tax, rounded to 0.10."""
    stock_up(shop)
    shop.rule("tax_mode", request.param)
    shop.rule("rounding_cents", 10)
    shop.promotion("7%", effect="order_percent", off_bp=700)
    member = shop.member()
    shop.give_points(member, 333)
    return shop, shop.sell(basket(shop, *MIXED, member=member, points=333))


def back(shop: Shop, sale: int, *lines: tuple[int, int]) -> None:
    """Lines as (position, thousandths)."""
    sold = receipts.of(sale).lines
    given = tuple(ReturnLine(sold[at].id, quantity) for at, quantity in lines)
    refunds.refund(sale, given, by=shop.owner, now=shop.now)


def refunded(sale: int) -> tuple[int, int, int]:
    """Money, tax and points that came back of a sale."""
    sql = "SELECT sum(l.cents), sum(l.tax_cents), sum(l.returned_points) FROM refund_line l JOIN refund r"
    found = db.one(f"{sql} ON r.id = l.refund_id WHERE r.sale_id = ?", (sale,))
    assert found is not None
    return int(found[0]), int(found[1]), int(found[2])


def test_refunds_in_parts_give_back_money_and_tax_to_the_cent(mixed_sale: tuple[Shop, int]) -> None:
    shop, sale = mixed_sale
    back(shop, sale, (0, 1000), (1, 100))
    back(shop, sale, (2, 1000))
    back(shop, sale, (0, 1000), (1, 255), (2, 1000))
    back(shop, sale, (0, 1000))
    receipt = receipts.of(sale)
    assert refunded(sale) == (receipt.total_cents, taxes(sale)[0], 333)
    assert receipt.refunded_cents == receipt.total_cents


def test_a_sale_undone_as_a_whole_gives_back_its_tax(mixed_sale: tuple[Shop, int]) -> None:
    shop, sale = mixed_sale
    reversals.void(sale, by=shop.owner, now=shop.now)
    assert refunded(sale) == (receipts.of(sale).total_cents, taxes(sale)[0], 333)


def test_one_piece_of_a_taxed_line_gives_back_its_part(tea_shop: Shop) -> None:
    """54.00 and 7.02 on top, 0.02 rounded off: 20.33, 20.34, 20.33; tax 2.34 each."""
    tea_shop.rule("tax_mode", "exclusive")
    tea_shop.rule("rounding_cents", 10)
    sale = tea_shop.sell(basket(tea_shop, ("tea", 3000)))
    for _ in range(3):
        back(tea_shop, sale, (0, 1000))
    rows = db.rows("SELECT cents, tax_cents FROM refund_line ORDER BY id")
    assert rows == [(2033, 234), (2034, 234), (2033, 234)]
