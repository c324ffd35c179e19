"""What a sale refuses, and that a refusal leaves nothing behind."""

from dataclasses import replace

import pytest

from core.base import db
from core.base.access import Actor
from core.base.errors import NotAllowed, RegularsError
from core.base.money import Milli
from core.books.locks import MemberBlocked, MemberUnknown
from core.books.posting import NotEnoughPoints, NotEnoughStored
from core.books.requests import KeyReused
from core.goods import stock
from core.goods.catalogue import ProductUnknown
from core.goods.stock import QuantityInvalid
from core.loyalty import topups
from core.loyalty.topups import TopUpTerms
from core.people import members, staff
from core.people.credentials import Proof
from core.selling import receipts, sales, tenders
from core.selling.pricing.quote import TooManyPoints
from core.selling.quotes import Basket, BasketInvalid, BasketLine, StoreUnknown
from core.selling.sales import SaleRequest, Tender
from core.selling.shifts import ShiftUnknown
from tests.shops import Shop


@pytest.fixture
def tea_shop(shop: Shop) -> Shop:
    shop.product("tea", 1000)
    shop.product("gift card", 5000, kind="gift_card")
    return shop


@pytest.fixture
def one_tea_shop(one_shop: Shop) -> Shop:
    one_shop.product("tea", 1000)
    one_shop.product("gift card", 5000, kind="gift_card")
    return one_shop


def post(shop: Shop, request: SaleRequest, *, by: Actor | None = None, key: str | None = None) -> int:
    return sales.post(request, by=by or shop.owner, now=shop.now, key=key)


def tea(shop: Shop, *paid: tuple[str, int], expected: int = 1000, **basket: object) -> SaleRequest:
    """One tea for 10.00, paid as given."""
    given = shop.basket(("tea", 1))
    return SaleRequest(
        replace(given, **basket),  # type: ignore[arg-type]
        tuple(Tender(kind, cents) for kind, cents in paid),  # type: ignore[arg-type]
        expected,
    )


def test_a_price_that_changed_is_told_with_both_figures(tea_shop: Shop) -> None:
    with pytest.raises(sales.PriceChanged, match=r"¥10\.00, not ¥9\.00"):
        post(tea_shop, tea(tea_shop, ("cash", 900), expected=900))
    assert db.value("SELECT count(*) FROM sale") == 0


@pytest.mark.parametrize(
    ("paid", "error"),
    [
        ([], tenders.TendersDiffer),
        ([("cash", 999)], tenders.TendersDiffer),
        ([("card", 1001)], tenders.TendersTooMuch),
        ([("card", 950), ("cash", 40), ("wechat", 60)], tenders.TendersTooMuch),
        ([("cash", 0), ("card", 1000)], tenders.TenderInvalid),
        ([("cash", -5), ("card", 1005)], tenders.TenderInvalid),
        ([("shells", 1000)], tenders.TenderInvalid),
        ([("principal", 1000)], tenders.TenderInvalid),
        ([("wallet", 1000)], tenders.TenderInvalid),
    ],
)
def test_tenders_that_do_not_fit_are_refused(
    one_tea_shop: Shop, paid: list[tuple[str, int]], error: type[Exception]
) -> None:
    with pytest.raises(error):
        post(one_tea_shop, tea(one_tea_shop, *paid))


def test_change_is_given_from_cash(tea_shop: Shop) -> None:
    sale = post(tea_shop, tea(tea_shop, ("card", 400), ("cash", 2000)))
    assert [(kind, cents) for kind, cents, _ in receipts.of(sale).tenders] == [("card", 400), ("cash", 600)]


def test_cash_that_is_all_change_is_no_tender(tea_shop: Shop) -> None:
    sale = post(tea_shop, tea(tea_shop, ("card", 1000), ("cash", 500)))
    assert [kind for kind, _, _ in receipts.of(sale).tenders] == ["card"]


@pytest.mark.parametrize("quantity", [0, -1000, 500, 1500, 1_001_000])
def test_a_quantity_that_cannot_be_is_refused(one_tea_shop: Shop, quantity: int) -> None:
    line = BasketLine(one_tea_shop.products["tea"], Milli(quantity))
    with pytest.raises(QuantityInvalid):
        one_tea_shop.quote(Basket(one_tea_shop.store, (line,)))


def test_weighed_goods_have_a_fraction(one_tea_shop: Shop) -> None:
    nuts = one_tea_shop.product("nuts", 3990, weighed=True)
    quote = one_tea_shop.quote(Basket(one_tea_shop.store, (BasketLine(nuts, Milli(355)),)))
    assert quote.total_cents == 1416


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"lines": ()}, BasketInvalid),
        ({"lines": (BasketLine(1),)}, ProductUnknown),
        ({"store_id": 1}, StoreUnknown),
        ({"member_id": 1}, MemberUnknown),
        ({"points": 5}, BasketInvalid),
        ({"points": -5}, BasketInvalid),
    ],
)
def test_a_basket_that_cannot_be_priced_is_refused(
    one_tea_shop: Shop, change: dict[str, object], error: type[RegularsError]
) -> None:
    with pytest.raises(error):
        one_tea_shop.quote(replace(one_tea_shop.basket(("tea", 1)), **change))  # type: ignore[arg-type]


@pytest.mark.parametrize("unit", [-1, 10**9])
def test_a_price_that_cannot_be_is_refused(one_tea_shop: Shop, unit: int) -> None:
    line = BasketLine(one_tea_shop.products["tea"], unit_cents=unit)
    with pytest.raises(BasketInvalid):
        one_tea_shop.quote(Basket(one_tea_shop.store, (line,)))


def test_a_blocked_member_does_not_buy(tea_shop: Shop) -> None:
    member = tea_shop.member()
    members.set_state(member, "blocked", by=tea_shop.owner, now=tea_shop.now)
    with pytest.raises(MemberBlocked):
        post(tea_shop, tea(tea_shop, ("cash", 1000), member_id=member))


def test_selling_needs_the_right_in_that_store(tea_shop: Shop) -> None:
    elsewhere = replace(tea_shop.owner, stores=frozenset({1}))
    with pytest.raises(NotAllowed):
        post(tea_shop, tea(tea_shop, ("cash", 1000)), by=elsewhere)


# --- points and stored value -------------------------------------------------------------------------


@pytest.fixture
def rich(tea_shop: Shop) -> int:
    """A member with 2,000 points, 100.00 principal and 10.00 bonus."""
    topups.set_rule(10_000, TopUpTerms(bonus_cents=1000, bonus_days=None), by=tea_shop.owner, now=tea_shop.now)
    member = tea_shop.member()
    tea_shop.top_up(member, 10_000)
    tea_shop.give_points(member, 2000)
    return member


def test_points_pay_up_to_the_cap(tea_shop: Shop, rich: int) -> None:
    quote = tea_shop.quote(tea_shop.basket(("tea", 1), member=rich, points=500))
    assert (quote.total_cents, quote.most_points) == (500, 500)
    with pytest.raises(TooManyPoints, match=r"At most 500 points"):
        tea_shop.quote(tea_shop.basket(("tea", 1), member=rich, points=501))


def test_points_do_not_pay_what_needs_money(tea_shop: Shop, rich: int) -> None:
    assert tea_shop.quote(tea_shop.basket(("gift card", 1), member=rich)).most_points == 0


def test_more_points_than_there_are_is_refused(tea_shop: Shop, rich: int) -> None:
    with pytest.raises(NotEnoughPoints):
        tea_shop.quote(tea_shop.basket(("tea", 9), member=rich, points=2001))


def test_more_stored_value_than_there_is_is_refused(tea_shop: Shop, rich: int) -> None:
    with pytest.raises(NotEnoughStored):
        tea_shop.sell(tea_shop.basket(("tea", 12), member=rich), ("wallet", 11_001))


def test_stored_value_does_not_buy_what_needs_money(tea_shop: Shop, rich: int) -> None:
    with pytest.raises(tenders.MoneyOnly):
        tea_shop.sell(tea_shop.basket(("tea", 1), ("gift card", 1), member=rich), ("wallet", 1001))


@pytest.mark.parametrize("kind", [None, "spoken", "card", "session"])
def test_stored_value_needs_a_proof_of_its_owner(tea_shop: Shop, rich: int, kind: str | None) -> None:
    proof = Proof(rich, kind, tea_shop.now) if kind else None  # type: ignore[arg-type]
    request = replace(tea(tea_shop, ("wallet", 1000), member_id=rich), proof=proof)
    with pytest.raises(sales.ProofNeeded, match=r"¥10\.00"):
        post(tea_shop, request)


def test_a_proof_of_another_member_is_none(tea_shop: Shop, rich: int) -> None:
    request = replace(tea(tea_shop, ("wallet", 1000), member_id=rich), proof=tea_shop.proof(tea_shop.member()))
    with pytest.raises(sales.ProofNeeded):
        post(tea_shop, request)


@pytest.mark.parametrize(("limit", "good"), [(999, False), (1000, True)])
def test_a_printed_card_spends_up_to_the_shops_limit(tea_shop: Shop, rich: int, limit: int, good: bool) -> None:
    tea_shop.rule("card_spend_cents", limit)
    request = replace(tea(tea_shop, ("wallet", 1000), member_id=rich), proof=Proof(rich, "card", tea_shop.now))
    if good:
        assert receipts.of(post(tea_shop, request)).total_cents == 1000
    else:
        with pytest.raises(sales.ProofNeeded):
            post(tea_shop, request)


# --- keys --------------------------------------------------------------------------------------------


def test_the_same_key_gives_the_same_sale(tea_shop: Shop) -> None:
    request = tea(tea_shop, ("cash", 1000))
    assert post(tea_shop, request, key="k") == post(tea_shop, request, key="k")
    assert db.value("SELECT count(*) FROM sale") == 1
    assert stock.on_hand(tea_shop.store, tea_shop.products["tea"]) == -1000


def test_the_same_key_for_another_sale_is_refused(tea_shop: Shop) -> None:
    post(tea_shop, tea(tea_shop, ("cash", 1000)), key="k")
    with pytest.raises(KeyReused):
        post(tea_shop, tea(tea_shop, ("card", 1000)), key="k")


def test_a_fresh_proof_is_the_same_request(tea_shop: Shop, rich: int) -> None:
    request = replace(tea(tea_shop, ("wallet", 1000), member_id=rich), proof=tea_shop.proof(rich))
    sale = post(tea_shop, request, key="k")
    assert post(tea_shop, replace(request, proof=None), key="k") == sale


# --- prices by hand and tills ------------------------------------------------------------------------


def clerk(shop: Shop) -> Actor:
    return staff.actor_of(staff.create("xiao", "小李", "clerk", password="long enough", by=shop.owner, now=shop.now))


def cheap(shop: Shop, unit: int) -> SaleRequest:
    line = BasketLine(shop.products["tea"], unit_cents=unit)
    tender = (Tender("cash", unit),) if unit else ()
    return SaleRequest(Basket(shop.store, (line,)), tender, unit)


def test_a_clerk_lowers_a_price_within_the_limit(tea_shop: Shop) -> None:
    tea_shop.rule("override_limit_cents", 300)
    by = clerk(tea_shop)
    post(tea_shop, cheap(tea_shop, 700), by=by)
    with pytest.raises(sales.ApprovalNeeded, match=r"¥3\.01"):
        post(tea_shop, cheap(tea_shop, 699), by=by)


def test_a_manager_approves_a_lower_price(tea_shop: Shop) -> None:
    tea_shop.rule("override_limit_cents", 300)
    request = replace(cheap(tea_shop, 0), approved_by=tea_shop.owner)
    assert receipts.of(post(tea_shop, request, by=clerk(tea_shop))).total_cents == 0


def test_a_sale_at_an_unknown_till_is_refused(tea_shop: Shop) -> None:
    with pytest.raises(ShiftUnknown):
        post(tea_shop, replace(tea(tea_shop, ("cash", 1000)), shift_id=1))
