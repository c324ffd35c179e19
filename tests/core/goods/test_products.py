"""Products changed, retired and brought back; lists of them; passes sold as products."""

from dataclasses import replace

import pytest

from core.base.errors import NotAllowed
from core.base.money import Milli
from core.books import audit
from core.goods import catalogue
from core.goods.catalogue import ProductInvalid, ProductTaken, ProductUnknown, Shown
from core.loyalty import passes
from core.loyalty.passes import PassInvalid
from core.selling import receipts, refunds
from core.selling.quotes import Basket, BasketLine, ProductRetired
from core.selling.returns import ReturnLine
from tests.shops import Shop


def change(shop: Shop, product: str, /, **terms: object) -> None:
    before = catalogue.get(shop.products[product])
    changed = replace(catalogue.terms_of(before), **terms)  # type: ignore[arg-type]
    catalogue.change(before.id, changed, by=shop.owner, now=shop.now)


def names(*shown: object, **given: object) -> list[str]:
    return [one.product.name for one in catalogue.shelf(*shown, **given)]  # type: ignore[arg-type]


def test_a_changed_product_is_found_by_its_new_name_and_barcode_alone(shop: Shop) -> None:
    shop.product("珍珠奶茶", 1800, barcode="6901000000015")
    change(shop, "珍珠奶茶", name="桂花拿铁", barcode="6901000000022", price_cents=2200, category="饮品")
    assert [one.name for one in catalogue.find("guihua")] == ["桂花拿铁"]
    assert [one.price_cents for one in catalogue.find("6901000000022")] == [2200]
    assert catalogue.find("zhenzhu") == [] and catalogue.find("6901000000015") == []
    assert [name for _id, name in catalogue.categories()] == ["饮品"]


def test_a_change_counts_for_the_next_sale_and_old_receipts_keep_theirs(shop: Shop) -> None:
    shop.product("珍珠奶茶", 1800)
    sale_id = shop.sell(shop.basket(("珍珠奶茶", 1)))
    change(shop, "珍珠奶茶", name="桂花拿铁", price_cents=2200, earns=False)
    assert [(line.name, line.net_cents) for line in receipts.of(sale_id).lines] == [("珍珠奶茶", 1800)]
    assert shop.quote(shop.basket(("珍珠奶茶", 1))).total_cents == 2200


def test_the_log_holds_only_what_changed(shop: Shop) -> None:
    shop.product("珍珠奶茶", 1800)
    change(shop, "珍珠奶茶", points_each=5, discountable=False)
    (row,) = audit.newest(by=shop.owner, limit=1)
    assert (row.action, row.before, row.after) == (
        "product.changed",
        '{"discountable": true, "points_each": 0}',
        '{"discountable": false, "points_each": 5}',
    )


def test_a_barcode_of_another_product_is_refused_even_of_a_retired_one(shop: Shop) -> None:
    shop.product("珍珠奶茶", 1800, barcode="6901000000015")
    shop.product("栗子蛋糕", 3200, barcode="6901000000022")
    catalogue.retire(shop.products["珍珠奶茶"], by=shop.owner, now=shop.now)
    with pytest.raises(ProductTaken) as refusal:
        change(shop, "栗子蛋糕", barcode="6901000000015")
    assert refusal.value.sentence() == "The barcode “6901000000015” belongs to 珍珠奶茶 already."
    change(shop, "栗子蛋糕", barcode="6901000000022", price_cents=3300)


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"name": " "}, "name"),
        ({"price_cents": -1}, "price"),
        ({"tax_bp": 10_001}, "tax_bp"),
        ({"points_each": -1}, "points_each"),
    ],
)
def test_what_no_product_can_be_is_refused_at_its_field(shop: Shop, terms: dict[str, object], field: str) -> None:
    shop.product("珍珠奶茶", 1800)
    with pytest.raises(ProductInvalid) as refusal:
        change(shop, "珍珠奶茶", **terms)
    assert refusal.value.field == field


def test_what_is_bought_with_money_only_stays_without_discount_and_points(shop: Shop) -> None:
    shop.product("Gift card", 10_000, kind="gift_card")
    change(shop, "Gift card", discountable=True, earns=True, points_each=9, tax_bp=600)
    changed = catalogue.get(shop.products["Gift card"])
    assert (changed.discountable, changed.earns, changed.points_each, changed.tax_bp) == (False, False, 0, 0)


def test_a_retired_product_is_found_and_sold_no_more_but_comes_back(shop: Shop) -> None:
    tea = shop.product("珍珠奶茶", 1800, barcode="6901000000015")
    catalogue.retire(tea, by=shop.owner, now=shop.now)
    assert catalogue.find("珍珠") == [] and catalogue.find("6901000000015") == [] and names(shop.store) == []
    with pytest.raises(ProductRetired):
        shop.quote(shop.basket(("珍珠奶茶", 1)))
    assert names(shop.store, Shown(state="retired"), typed="6901000000015") == ["珍珠奶茶"]
    catalogue.restore(tea, by=shop.owner, now=shop.now)
    assert shop.quote(shop.basket(("珍珠奶茶", 1))).total_cents == 1800


def test_what_was_sold_before_it_was_retired_can_still_come_back(shop: Shop) -> None:
    tea = shop.product("珍珠奶茶", 1800)
    sale_id = shop.sell(shop.basket(("珍珠奶茶", 2)))
    catalogue.retire(tea, by=shop.owner, now=shop.now)
    (line,) = receipts.of(sale_id).lines
    refunds.refund(sale_id, [ReturnLine(line.id, Milli(1000))], by=shop.owner, now=shop.now)
    assert receipts.of(sale_id).refunded_cents == 1800


def test_retiring_twice_stands_in_the_log_once(shop: Shop) -> None:
    tea = shop.product("珍珠奶茶", 1800)
    for _ in range(2):
        catalogue.retire(tea, by=shop.owner, now=shop.now)
    actions = [row.action for row in audit.newest(by=shop.owner)]
    assert actions.count("product.retired") == 1
    with pytest.raises(ProductUnknown):
        catalogue.restore(7, by=shop.owner, now=shop.now)


def test_nobody_without_the_right_changes_or_retires_goods(shop: Shop) -> None:
    tea = shop.product("珍珠奶茶", 1800)
    clerk = shop.owner_with(frozenset({"sell"}))
    with pytest.raises(NotAllowed):
        catalogue.change(tea, catalogue.terms_of(catalogue.get(tea)), by=clerk, now=shop.now)
    with pytest.raises(NotAllowed):
        catalogue.retire(tea, by=clerk, now=shop.now)


def test_a_list_shows_a_kind_a_category_or_what_is_sold_out(shop: Shop) -> None:
    shop.product("珍珠奶茶", 1800, category="饮品")
    shop.product("栗子蛋糕", 3200)
    shop.product("Haircut", 5000, kind="service")
    drinks = {name: id for id, name in catalogue.categories()}["饮品"]
    assert names(shop.store, Shown(kind="service")) == ["Haircut"]
    assert names(shop.store, Shown(category_id=drinks)) == ["珍珠奶茶"]
    assert sorted(names(shop.store, Shown(state="sold_out"))) == ["栗子蛋糕", "珍珠奶茶"]
    assert [one.name for one in catalogue.services()] == ["Haircut"]


def test_a_pass_is_added_together_with_the_product_that_sells_it(shop: Shop) -> None:
    cut = shop.product("Haircut", 5000, kind="service")
    given = {"uses": 10, "valid_days": 365, "by": shop.owner, "now": shop.now}
    passes.create_with_product("Ten cuts", 40_000, service_ids=(cut,), **given)  # type: ignore[arg-type]
    (product,) = catalogue.find("Ten cuts")
    member_id = shop.member("13812042046")
    shop.sell(Basket(shop.store, (BasketLine(product.id, Milli(1000)),), member_id=member_id))
    assert [(one.kind.name, one.left) for one in passes.held_by(member_id, now=shop.now)] == [("Ten cuts", 10)]


def test_a_pass_that_cannot_be_leaves_no_product_behind(shop: Shop) -> None:
    with pytest.raises(PassInvalid):
        passes.create_with_product("Ten cuts", 40_000, uses=10, valid_days=365, service_ids=(), by=shop.owner,
                                   now=shop.now)  # fmt: skip
    assert catalogue.find("Ten cuts") == []
