"""The worked figures of the rules of the shop, sections 3 and 12 A, B, C and E, as literals."""

import pytest

from core.base.money import Milli
from core.books import posting
from core.loyalty import points, topups, wallet
from core.loyalty.topups import TopUpTerms
from core.selling import receipts, refunds, reversals
from core.selling.refunds import ReturnLine
from tests.shops import Shop, at


def nets(quote) -> list[int]:
    return [line.net_cents for line in quote.lines]


def earned(sale_id: int) -> list[int]:
    return [line.earned_points for line in receipts.of(sale_id).lines]


@pytest.fixture
def tea_shop(shop: Shop) -> Shop:
    shop.tier("gold", 2, discount_bp=1000, multiplier_bp=15_000, spend_cents=300_000)
    shop.product("tea", 1800, category="drinks")
    shop.product("cake", 3200, category="cakes")
    shop.product("gift card", 5000, kind="gift_card")
    return shop


def test_section_3_gold_discount_keeps_the_order_promotion_out_of_reach(tea_shop: Shop) -> None:
    tea_shop.promotion("满100减20", effect="reduction", threshold_cents=10_000, off_cents=2000)
    gold = tea_shop.member(tier="gold")
    quote = tea_shop.quote(tea_shop.basket(("tea", 2), ("cake", 1), ("gift card", 1), member=gold))
    assert nets(quote) == [3240, 2880, 5000]
    assert [(one.name, str(one.reason)) for one in quote.not_used] == [("满100减20", "another ¥38.80 needed")]


def test_section_3_order_promotion_is_split_by_largest_remainder(tea_shop: Shop) -> None:
    tea_shop.promotion("满100减20", effect="reduction", threshold_cents=10_000, off_cents=2000)
    gold = tea_shop.member(tier="gold")
    basket = tea_shop.basket(("tea", 5), ("cake", 1), ("gift card", 1), member=gold)
    quote = tea_shop.quote(basket)
    assert [off.cents for line in quote.lines for off in line.offs if off.rule.kind == "promotion"] == [
        1475,
        525,
    ]
    assert nets(quote) == [6625, 2355, 5000]
    assert quote.total_cents == 13_980
    assert earned(tea_shop.sell(basket)) == [99, 35, 0]


def test_example_a_member_day_and_reduction_beat_every_other_combination(tea_shop: Shop) -> None:
    cakes = (tea_shop.quote(tea_shop.basket(("cake", 1))).lines[0].item.category_id,)
    tea_shop.promotion("会员日", effect="percent", off_bp=2000, category_ids=cakes, group="member")
    tea_shop.promotion("满100减15", effect="reduction", threshold_cents=10_000, off_cents=1500, group="order")
    tea_shop.promotion("满80减10", effect="reduction", threshold_cents=8000, off_cents=1000, group="order")
    tea_shop.promotion("全场85折", effect="order_percent", off_bp=1500, exclusive=True)
    gold = tea_shop.member(tier="gold")
    basket = tea_shop.basket(("tea", 3), ("cake", 2), member=gold)
    quote = tea_shop.quote(basket)
    assert [rule.name for rule in quote.rules] == ["会员日", "满100减15"]
    assert [off.cents for line in quote.lines for off in line.offs] == [770, 1280, 730]
    assert nets(quote) == [4630, 4390]
    assert quote.total_cents == 9020
    assert earned(tea_shop.sell(basket)) == [69, 66]


@pytest.mark.parametrize(
    ("without", "total"),
    [(("会员日",), 9120), (("满100减15",), 9520), (("会员日", "满100减15"), 9620)],
)
def test_example_a_losers(tea_shop: Shop, without: tuple[str, ...], total: int) -> None:
    cakes = (tea_shop.quote(tea_shop.basket(("cake", 1))).lines[0].item.category_id,)
    terms = {
        "会员日": {"effect": "percent", "off_bp": 2000, "category_ids": cakes, "group": "member"},
        "满100减15": {"effect": "reduction", "threshold_cents": 10_000, "off_cents": 1500, "group": "order"},
        "满80减10": {"effect": "reduction", "threshold_cents": 8000, "off_cents": 1000, "group": "order"},
    }
    for name, given in terms.items():
        if name not in without:
            tea_shop.promotion(name, **given)
    gold = tea_shop.member(tier="gold")
    assert tea_shop.quote(tea_shop.basket(("tea", 3), ("cake", 2), member=gold)).total_cents == total


def test_example_a_exclusive_alone(tea_shop: Shop) -> None:
    tea_shop.promotion("全场85折", effect="order_percent", off_bp=1500, exclusive=True)
    assert tea_shop.quote(tea_shop.basket(("tea", 3), ("cake", 2))).total_cents == 10_030


def test_example_a_tier_discount_is_left_out_where_that_is_cheaper(tea_shop: Shop) -> None:
    tea_shop.promotion("满100减20", effect="reduction", threshold_cents=10_000, off_cents=2000)
    gold = tea_shop.member(tier="gold")
    basket = tea_shop.basket(("tea", 4), ("cake", 1), member=gold)
    quote = tea_shop.quote(basket)
    assert quote.total_cents == 8400
    assert [off.cents for line in quote.lines for off in line.offs] == [1385, 615]
    assert nets(quote) == [5815, 2585]
    assert earned(tea_shop.sell(basket)) == [87, 39]


def test_example_b_of_equal_totals_the_coupon_that_lapses_first_and_then_the_lower_kind(shop: Shop) -> None:
    shop.now = at(2026, 11, 1)
    tea, cake = shop.product("tea", 1800), shop.product("cake", 2400)
    member = shop.member()
    kinds = {
        "A": ({"effect": "amount", "off_cents": 500, "exclusive": True}, 60),
        "B": ({"effect": "amount", "off_cents": 500, "threshold_cents": 5000, "exclusive": True}, 29),
        "C": ({"effect": "percent", "off_bp": 1000, "cap_cents": 500, "exclusive": True}, 29),
        "D": ({"effect": "amount", "off_cents": 300, "product_ids": (tea,)}, 24),
        "E": ({"effect": "amount", "off_cents": 200, "product_ids": (cake,)}, 24),
        "F": ({"effect": "amount", "off_cents": 800, "threshold_cents": 6600}, 60),
    }
    for name, (terms, days) in kinds.items():
        shop.give_coupon(shop.coupon_kind(name, valid_days=days, **terms), member)
    quote = shop.quote(shop.basket(("tea", 2), ("cake", 1), member=member))
    assert [rule.name for rule in quote.rules] == ["B"]
    assert nets(quote) == [3300, 2200]
    reasons = {one.name: str(one.reason) for one in quote.not_used}
    assert reasons["F"] == "another ¥6.00 needed"
    assert reasons["A"] == "not with B"


@pytest.fixture
def sale_c(shop: Shop) -> tuple[Shop, int, int]:
    """Example C: tea 19.00 × 3, cake 32.00, 满80减10, 400 points, principal 40, bonus 10, cash 25."""
    shop.product("tea", 1900)
    shop.product("cake", 3200)
    shop.promotion("满80减10", effect="reduction", threshold_cents=8000, off_cents=1000)
    topups.set_rule(4000, TopUpTerms(bonus_cents=1000, bonus_days=365), by=shop.owner, now=shop.now)
    member = shop.member()
    shop.top_up(member, 4000)
    shop.give_points(member, 400)
    basket = shop.basket(("tea", 3), ("cake", 1), member=member, points=400)
    return shop, member, shop.sell(basket, ("wallet", 5000))


def test_example_c_the_sale(sale_c: tuple[Shop, int, int]) -> None:
    receipt = receipts.of(sale_c[2])
    assert [dict(line.discounts)["满80减10"] for line in receipt.lines] == [640, 360]
    assert [line.redeemed_cents for line in receipt.lines] == [256, 144]
    assert [line.net_cents for line in receipt.lines] == [4804, 2696]
    assert receipt.total_cents == 7500
    assert [(kind, cents) for kind, cents, _ in receipt.tenders] == [
        ("principal", 4000),
        ("bonus", 1000),
        ("cash", 2500),
    ]
    assert [line.earned_points for line in receipt.lines] == [42, 23]


def _refund(shop: Shop, sale_id: int, *back: tuple[int, int]) -> tuple[int, list[int], int, int]:
    lines = receipts.of(sale_id).lines
    given = tuple(ReturnLine(lines[i].id, Milli(pieces * 1000)) for i, pieces in back)
    planned = refunds.preview(sale_id, given, by=shop.owner)
    refunds.refund(sale_id, given, by=shop.owner, now=shop.now)
    return (
        planned.total_cents,
        [cents for _, _, cents in planned.tenders],
        planned.returned_points,
        planned.due_points,
    )


def test_example_c_three_refunds_add_up_to_the_sale(sale_c: tuple[Shop, int, int]) -> None:
    shop, member, sale_id = sale_c
    assert _refund(shop, sale_id, (0, 1)) == (1602, [854, 214, 534], 85, 14)
    assert _refund(shop, sale_id, (0, 1), (1, 1)) == (4296, [2291, 573, 1432], 230, 37)
    assert _refund(shop, sale_id, (0, 1)) == (1602, [855, 213, 534], 85, 14)
    stored = wallet.state(member, now=shop.now)
    assert (stored.principal_cents, stored.bonus_cents) == (4000, 1000)
    assert points.state(member, now=shop.now).balance == 400


E = {
    "principal_first": ((12_000, 0), (38_000, 5000), 120),
    "bonus_first": ((7000, 5000), (43_000, 0), 70),
    "proportional": ((10_909, 1091), (39_091, 3909), 109),
}


@pytest.fixture
def sale_e(shop: Shop, request: pytest.FixtureRequest) -> tuple[Shop, int, int, int, str]:
    """Example E: 充500送50, then a sale of 120.00, by each spend order."""
    order = request.param
    shop.rule("wallet_order", order)
    shop.product("dress", 12_000)
    shop.product("scarf", 4000)
    topups.set_rule(50_000, TopUpTerms(bonus_cents=5000, bonus_days=365), by=shop.owner, now=shop.now)
    member = shop.member()
    top_up = shop.top_up(member, 50_000)
    sale = shop.sell(shop.basket(("dress", 1), member=member), ("wallet", 12_000))
    return shop, member, top_up, sale, order


@pytest.mark.parametrize("sale_e", E, indirect=True)
def test_example_e_spend_orders(sale_e: tuple[Shop, int, int, int, str]) -> None:
    shop, member, _, sale, order = sale_e
    paid, left, earned_points = E[order]
    receipt = receipts.of(sale)
    by_kind = {kind: cents for kind, cents, _ in receipt.tenders}
    assert (by_kind.get("principal", 0), by_kind.get("bonus", 0)) == paid
    stored = wallet.state(member, now=shop.now)
    assert (stored.principal_cents, stored.bonus_cents) == left
    assert receipt.earned_points == earned_points


@pytest.mark.parametrize("sale_e", E, indirect=True)
def test_example_e_reversal_pays_the_same_for_every_order(sale_e: tuple[Shop, int, int, int, str]) -> None:
    shop, member, top_up, _, _ = sale_e
    reversals.reverse_top_up(top_up, by=shop.owner, now=shop.now)
    assert receipts.of(top_up).refunded_cents == 38_000
    assert wallet.state(member, now=shop.now).total_cents == 0


def test_example_e_proportional_after_a_refund(shop: Shop) -> None:
    shop.rule("wallet_order", "proportional")
    shop.product("dress", 4000)
    topups.set_rule(50_000, TopUpTerms(bonus_cents=5000, bonus_days=365), by=shop.owner, now=shop.now)
    member = shop.member()
    top_up = shop.top_up(member, 50_000)
    sale = shop.sell(shop.basket(("dress", 3), member=member), ("wallet", 12_000))
    total, tenders, _, taken = _refund(shop, sale, (0, 1))
    assert (total, tenders, taken) == (4000, [3636, 364], 36)
    stored = wallet.state(member, now=shop.now)
    assert (stored.principal_cents, stored.bonus_cents) == (42_727, 4273)
    reversals.reverse_top_up(top_up, by=shop.owner, now=shop.now)
    assert receipts.of(top_up).refunded_cents == 42_000
    assert posting.account(member, "bonus").balance == 0
