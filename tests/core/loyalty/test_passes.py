"""Passes: bought, offered, used, given back, ended, lapsed."""

from dataclasses import replace

import pytest

from core.base import db
from core.base.clock import DAY, Millis
from core.base.money import Milli
from core.loyalty import passes
from core.selling import receipts, refunds, reversals
from core.selling.quotes import Basket, BasketInvalid, BasketLine
from core.selling.refunds import ReturnLine
from tests.shops import Shop, at

TEN_DAYS = 10 * DAY


@pytest.fixture
def salon(shop: Shop) -> tuple[Shop, int]:
    """A pass of 10 cuts for 500.00 over 90 days, and a member who bought it."""
    cut = shop.product("cut", 8000, kind="service")
    shop.product("dye", 20_000, kind="service")
    shop.product("10 cuts", 50_000, kind="pass")
    by, now = shop.owner, shop.now
    passes.create_kind("10 cuts", shop.products["10 cuts"], uses=10, valid_days=90, service_ids=[cut], by=by, now=now)
    member = shop.member()
    shop.sell(shop.basket(("10 cuts", 1), member=member))
    return shop, member


def held(shop: Shop, member: int, *, now: Millis | None = None) -> passes.Pass:
    return passes.held_by(member, now=now or shop.now)[0]


def with_pass(shop: Shop, member: int, name: str = "cut", pieces: int = 1) -> Basket:
    line = BasketLine(shop.products[name], Milli(pieces * 1000), pass_id=held(shop, member).id)
    return Basket(shop.store, (line,), member_id=member)


def test_a_pass_is_offered_by_itself_and_pays_a_whole_line(salon: tuple[Shop, int]) -> None:
    shop, member = salon
    quote = shop.quote(shop.basket(("cut", 1), ("dye", 1), member=member))
    assert [(one.line, one.name, one.left) for one in quote.offers] == [(1, "10 cuts", 10)]
    quote = shop.quote(with_pass(shop, member))
    assert (quote.total_cents, quote.pass_cents, quote.earned_points, quote.offers) == (0, 8000, 0, ())


def test_uses_go_down_with_the_sale_and_come_back_with_the_return(salon: tuple[Shop, int]) -> None:
    shop, member = salon
    sale = shop.sell(with_pass(shop, member, pieces=3))
    assert held(shop, member).left == 7
    line = receipts.of(sale).lines[0].id
    refunds.refund(sale, (ReturnLine(line, 2000),), by=shop.owner, now=shop.now)
    assert held(shop, member).left == 9
    assert db.value("SELECT total_cents FROM refund WHERE sale_id = ?", (sale,)) == 0


def test_no_rule_and_no_points_touch_a_line_that_a_pass_pays(salon: tuple[Shop, int]) -> None:
    shop, member = salon
    shop.promotion("满100减50", effect="reduction", threshold_cents=10_000, off_cents=5000)
    basket = with_pass(shop, member)
    basket = replace(basket, lines=(*basket.lines, BasketLine(shop.products["cut"])))
    quote = shop.quote(basket)
    assert (quote.total_cents, [str(one.reason) for one in quote.not_used]) == (8000, ["another ¥20.00 needed"])


@pytest.mark.parametrize(("name", "pieces", "refusal"), [("dye", 1, passes.PassNotFor), ("cut", 11, passes.PassOver)])
def test_a_pass_is_for_its_services_and_its_uses(
    salon: tuple[Shop, int], name: str, pieces: int, refusal: type[Exception]
) -> None:
    shop, member = salon
    with pytest.raises(refusal):
        shop.quote(with_pass(shop, member, name, pieces))


def test_another_members_pass_is_unknown(salon: tuple[Shop, int]) -> None:
    shop, member = salon
    basket = with_pass(shop, member)
    with pytest.raises(passes.PassUnknown):
        shop.quote(replace(basket, member_id=shop.member()))
    with pytest.raises(BasketInvalid):
        shop.quote(replace(basket, member_id=None))


def test_using_a_pass_needs_the_members_proof(salon: tuple[Shop, int]) -> None:
    from core.selling import sales

    shop, member = salon
    request = sales.SaleRequest(with_pass(shop, member), (), 0)
    with pytest.raises(sales.ProofNeeded):
        sales.post(request, by=shop.owner, now=shop.now)


def test_a_pass_lapses_and_what_comes_back_late_lives_on_for_the_grace(salon: tuple[Shop, int]) -> None:
    shop, member = salon
    sale = shop.sell(with_pass(shop, member))
    late = Millis(shop.now + 91 * DAY)
    assert passes.held_by(member, now=late) == []
    refunds.refund(sale, (ReturnLine(receipts.of(sale).lines[0].id, 1000),), by=shop.owner, now=late)
    assert (held(shop, member, now=late).left, held(shop, member, now=late).until_at) == (10, at(2026, 9, 28, 0))
    assert passes.lapse_due(by=shop.owner, now=at(2026, 9, 28, 0)) == 1
    assert db.rows("SELECT left_uses, CASE WHEN ended_at IS NULL THEN 0 ELSE 1 END FROM pass") == [(0, 1)]


def test_what_is_left_is_paid_back_by_uses_rounded_down(salon: tuple[Shop, int]) -> None:
    shop, member = salon
    bought = db.value("SELECT min(id) FROM sale")
    shop.sell(with_pass(shop, member, pieces=3))
    refund = reversals.cancel_pass(bought, by=shop.owner, now=shop.now)
    assert db.value("SELECT total_cents FROM refund WHERE id = ?", (refund,)) == 35_000
    assert passes.held_by(member, now=shop.now) == []
    with pytest.raises(reversals.NothingToReverse):
        reversals.cancel_pass(bought, by=shop.owner, now=shop.now)


def test_a_sale_with_a_used_pass_cannot_be_undone(salon: tuple[Shop, int]) -> None:
    shop, member = salon
    bought = db.value("SELECT min(id) FROM sale")
    shop.sell(with_pass(shop, member))
    with pytest.raises(reversals.PassUsed):
        reversals.void(bought, by=shop.owner, now=shop.now)


def test_an_unused_pass_is_undone_with_its_sale(salon: tuple[Shop, int]) -> None:
    shop, member = salon
    reversals.void(db.value("SELECT min(id) FROM sale"), by=shop.owner, now=shop.now)
    assert passes.held_by(member, now=shop.now) == []


@pytest.mark.parametrize("given", [{"uses": 0}, {"valid_days": 0}, {"service_ids": []}, {"service_ids": [7]}])
def test_a_kind_that_cannot_be_right_is_refused(one_shop: Shop, given: dict[str, object]) -> None:
    product = one_shop.product("pass", 100, kind="pass")
    terms = {"uses": 1, "valid_days": 1, "service_ids": [product]} | given
    with pytest.raises(passes.PassInvalid):
        passes.create_kind("p", product, by=one_shop.owner, now=one_shop.now, **terms)  # type: ignore[arg-type]


def test_kinds_are_listed_with_their_services(salon: tuple[Shop, int]) -> None:
    shop, _ = salon
    assert [(one.name, one.uses, one.service_ids) for one in passes.kinds()] == [
        ("10 cuts", 10, frozenset({shop.products["cut"]}))
    ]
