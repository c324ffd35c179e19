"""Each effect and each condition of a promotion, as figures at the till."""

from dataclasses import replace

import pytest

from core.base import db
from core.base.clock import DAY, MINUTE, Millis
from core.base.errors import NotAllowed
from core.base.money import Milli
from core.people import staff
from core.people.birthdays import Birthday
from core.selling import promotions, receipts, refunds
from core.selling.promotions import PromotionInvalid, PromotionTerms, PromotionUnknown
from core.selling.quotes import BasketLine
from tests import shops
from tests.shops import NOON, Shop, at


def stock_up(shop: Shop) -> Shop:
    """Tea 18.00 (drinks); cake 32.00, scone 24.00 (cakes); nuts 39.90 a kilogram; a gift card."""
    shop.product("tea", 1800, category="drinks")
    shop.product("cake", 3200, category="cakes")
    shop.product("scone", 2400, category="cakes")
    shop.product("nuts", 3990, weighed=True)
    shop.product("gift card", 5000, kind="gift_card")
    return shop


@pytest.fixture
def tea_shop(shop: Shop) -> Shop:
    return stock_up(shop)


@pytest.fixture
def one_tea_shop(one_shop: Shop) -> Shop:
    return stock_up(one_shop)


def ids(shop: Shop, *names: str) -> tuple[int, ...]:
    return tuple(shop.products[name] for name in names)


def cakes(shop: Shop) -> tuple[int, ...]:
    """The category of cakes."""
    return (db.value("SELECT category_id FROM product WHERE id = ?", ids(shop, "cake")),)


def total(shop: Shop, *lines: tuple[str, int], member: int | None = None, now: int | None = None) -> int:
    return shop.quote(shop.basket(*lines, member=member), now=None if now is None else Millis(now)).total_cents


def reasons(shop: Shop, *lines: tuple[str, int]) -> list[str]:
    return [str(one.reason) for one in shop.quote(shop.basket(*lines)).not_used]


# --- on lines ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("pieces", "cents"), [(1, 1800), (2, 2700), (3, 4500), (4, 5400), (5, 7200)])
def test_the_second_piece_at_half_price(one_tea_shop: Shop, pieces: int, cents: int) -> None:
    one_tea_shop.promotion("第二件半价", effect="nth", every=2, off_bp=5000, product_ids=ids(one_tea_shop, "tea"))
    assert total(one_tea_shop, ("tea", pieces)) == cents


def test_the_second_piece_at_half_price_is_sold_and_shown(tea_shop: Shop) -> None:
    tea_shop.promotion("第二件半价", effect="nth", every=2, off_bp=5000)
    sale = receipts.of(tea_shop.sell(tea_shop.basket(("tea", 3), ("cake", 1))))
    assert [line.net_cents for line in sale.lines] == [4500, 3200]
    assert [line.discounts for line in sale.lines] == [(("第二件半价", 900),), ()]


def test_half_a_cent_of_the_second_piece_is_rounded_up_once(one_tea_shop: Shop) -> None:
    """Half of 9.99 is 4.995, of 10.01 5.005: 5.00 and 5.01 off."""
    one_tea_shop.product("bun", 999)
    one_tea_shop.product("roll", 1001)
    one_tea_shop.promotion("第二件半价", effect="nth", every=2, off_bp=5000)
    quote = one_tea_shop.quote(one_tea_shop.basket(("bun", 2), ("roll", 2)))
    assert [line.discount_cents for line in quote.lines] == [500, 501]


@pytest.mark.parametrize(("pieces", "cents"), [(2, 3600), (3, 3600), (5, 7200), (6, 7200), (7, 9000)])
def test_buy_two_get_one_free(one_tea_shop: Shop, pieces: int, cents: int) -> None:
    one_tea_shop.promotion("买二送一", effect="buy_get", buy=2, get=1)
    assert total(one_tea_shop, ("tea", pieces)) == cents


@pytest.mark.parametrize(("pieces", "cents"), [(2, 3600), (3, 1800), (4, 3600), (6, 3600)])
def test_buy_one_get_two_free(one_tea_shop: Shop, pieces: int, cents: int) -> None:
    one_tea_shop.promotion("买一送二", effect="buy_get", buy=1, get=2)
    assert total(one_tea_shop, ("tea", pieces)) == cents


@pytest.mark.parametrize(
    ("mixed", "scones", "cents"),
    [(False, 1, 5600), (True, 1, 4400), (False, 2, 6800), (True, 2, 6800), (False, 3, 9200), (True, 3, 8000)],
)
def test_pieces_of_two_products_count_together_only_if_mixed(
    one_tea_shop: Shop, mixed: bool, scones: int, cents: int
) -> None:
    """A cake 32.00 and scones 24.00, every second at half price, the dearest first."""
    given = {"category_ids": cakes(one_tea_shop), "mixed": mixed}
    one_tea_shop.promotion("第二件半价", effect="nth", every=2, off_bp=5000, **given)
    assert total(one_tea_shop, ("scone", scones), ("cake", 1)) == cents


def test_the_second_piece_may_be_bounded(one_tea_shop: Shop) -> None:
    one_tea_shop.promotion("限一次", effect="nth", every=2, off_bp=5000, most_times=1)
    assert total(one_tea_shop, ("tea", 6)) == 9900


def test_what_is_weighed_has_no_pieces(one_tea_shop: Shop) -> None:
    one_tea_shop.promotion("第二件半价", effect="nth", every=2, off_bp=5000, mixed=True)
    basket = one_tea_shop.basket(("nuts", 2), ("tea", 1))
    assert one_tea_shop.quote(basket).total_cents == 9780


@pytest.mark.parametrize(
    ("teas", "cakes_", "most", "cents"),
    [(1, 1, 0, 4000), (1, 0, 0, 1800), (2, 1, 0, 5800), (2, 2, 0, 8000), (2, 2, 1, 9000), (3, 1, 0, 7600)],
)
def test_a_bundle_costs_its_price(one_tea_shop: Shop, teas: int, cakes_: int, most: int, cents: int) -> None:
    parts = ((one_tea_shop.products["tea"], 1), (one_tea_shop.products["cake"], 1))
    one_tea_shop.promotion("下午茶", effect="bundle", bundle=parts, price_cents=4000, most_times=most)
    lines = [("tea", teas), ("cake", cakes_)]
    assert total(one_tea_shop, *[line for line in lines if line[1]]) == cents


def test_what_a_bundle_saves_is_shared_over_its_lines(tea_shop: Shop) -> None:
    """Two teas and a cake 60.00 for 68.00: 8.00 over 36.00 and 32.00 is 4.24 and 3.76."""
    parts = ((tea_shop.products["tea"], 2), (tea_shop.products["cake"], 1))
    tea_shop.promotion("套餐", effect="bundle", bundle=parts, price_cents=6000)
    sale = receipts.of(tea_shop.sell(tea_shop.basket(("tea", 2), ("cake", 1), ("scone", 1))))
    assert [line.net_cents for line in sale.lines] == [3176, 2824, 2400]


def test_a_bundle_dearer_than_its_parts_takes_nothing(one_tea_shop: Shop) -> None:
    parts = ((one_tea_shop.products["tea"], 1), (one_tea_shop.products["cake"], 1))
    one_tea_shop.promotion("贵", effect="bundle", bundle=parts, price_cents=5001)
    assert total(one_tea_shop, ("tea", 1), ("cake", 1)) == 5000


@pytest.mark.parametrize(("price", "cents"), [(1500, 4500), (1800, 5400), (2000, 5400), (0, 0)])
def test_a_fixed_price_never_raises_one(one_tea_shop: Shop, price: int, cents: int) -> None:
    one_tea_shop.promotion("特价", effect="fixed_price", price_cents=price)
    assert total(one_tea_shop, ("tea", 3)) == cents


def test_a_fixed_price_of_weighed_goods_is_a_kilograms(one_tea_shop: Shop) -> None:
    """355 g at 39.90 are 14.16, at 30.00 10.65."""
    one_tea_shop.promotion("特价", effect="fixed_price", price_cents=3000)
    basket = replace(one_tea_shop.basket(("tea", 1)), lines=(BasketLine(one_tea_shop.products["nuts"], Milli(355)),))
    quote = one_tea_shop.quote(basket)
    assert (quote.gross_cents, quote.total_cents) == (1416, 1065)


@pytest.mark.parametrize(("off", "cents"), [(200, 4800), (1799, 3), (1800, 0), (2500, 0)])
def test_an_amount_off_a_piece_ends_at_nothing(one_tea_shop: Shop, off: int, cents: int) -> None:
    one_tea_shop.promotion("每件减", effect="amount", off_cents=off)
    assert total(one_tea_shop, ("tea", 3)) == cents


@pytest.mark.parametrize(("pieces", "cents"), [(2, 3600), (3, 4860)])
def test_a_percentage_of_a_line_from_an_amount_on(one_tea_shop: Shop, pieces: int, cents: int) -> None:
    one_tea_shop.promotion("满50打9折", effect="percent", off_bp=1000, threshold_cents=5000)
    assert total(one_tea_shop, ("tea", pieces)) == cents


def test_a_promotion_for_a_category_leaves_the_others(tea_shop: Shop) -> None:
    tea_shop.promotion("蛋糕8折", effect="percent", off_bp=2000, category_ids=cakes(tea_shop))
    quote = tea_shop.quote(tea_shop.basket(("tea", 1), ("cake", 1), ("scone", 1), ("gift card", 1)))
    assert [line.net_cents for line in quote.lines] == [1800, 2560, 1920, 5000]


# --- on the bill -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "cents"),
    [
        ({}, 23_600),
        ({"per_step": True}, 21_600),
        ({"per_step": True, "cap_cents": 3000}, 22_600),
        ({"threshold_cents": 25_600}, 23_600),
        ({"threshold_cents": 25_601}, 25_600),
    ],
)
def test_a_reduction_once_or_a_step(one_tea_shop: Shop, terms: dict[str, object], cents: int) -> None:
    """Eight cakes, 256.00; the gift card does not count."""
    given = {"effect": "reduction", "off_cents": 2000, "threshold_cents": 10_000} | terms
    one_tea_shop.promotion("满100减20", **given)
    assert total(one_tea_shop, ("cake", 8), ("gift card", 1)) == cents + 5000


@pytest.mark.parametrize(("teas", "cents"), [(1, 3216), (2, 4514)])
def test_three_pieces_at_ten_percent_off(one_tea_shop: Shop, teas: int, cents: int) -> None:
    """What is weighed counts as one piece: 355 g of nuts 14.16 and two teas."""
    one_tea_shop.promotion("满3件9折", effect="order_percent", off_bp=1000, threshold_pieces=3)
    basket = one_tea_shop.basket(("tea", teas))
    nuts = BasketLine(one_tea_shop.products["nuts"], Milli(355))
    quote = one_tea_shop.quote(replace(basket, lines=(*basket.lines, nuts)))
    assert quote.total_cents == cents
    assert [str(one.reason) for one in quote.not_used] == ([] if teas == 2 else ["1 more needed"])


@pytest.mark.parametrize(
    ("lines", "cents", "why"),
    [
        ([("cake", 2), ("tea", 1)], 8200, ["another ¥24.00 needed"]),
        ([("cake", 3), ("tea", 1)], 9600, []),
        ([("cake", 3), ("tea", 2)], 11_400, []),
        ([("tea", 5)], 9000, ["another ¥16.00 needed"]),
        ([("cake", 3)], 9600, []),
    ],
)
def test_a_gift_is_free_when_the_rest_reaches_the_threshold(
    one_tea_shop: Shop, lines: list[tuple[str, int]], cents: int, why: list[str]
) -> None:
    tea = ids(one_tea_shop, "tea")
    one_tea_shop.promotion("满88送茶", effect="gift", threshold_cents=8800, product_ids=tea)
    assert (total(one_tea_shop, *lines), reasons(one_tea_shop, *lines)) == (cents, why)


@pytest.mark.parametrize(
    ("lines", "cents", "why"),
    [
        ([("cake", 2), ("tea", 1)], 8200, ["1 more needed"]),
        ([("cake", 3), ("tea", 1)], 9600, []),
        ([("tea", 3)], 5400, ["1 more needed"]),
        ([("tea", 4)], 5400, []),
    ],
)
def test_a_gift_for_so_many_pieces_does_not_count_itself(
    one_tea_shop: Shop, lines: list[tuple[str, int]], cents: int, why: list[str]
) -> None:
    tea = ids(one_tea_shop, "tea")
    one_tea_shop.promotion("满3件送茶", effect="gift", threshold_pieces=3, product_ids=tea)
    assert (total(one_tea_shop, *lines), reasons(one_tea_shop, *lines)) == (cents, why)


@pytest.mark.parametrize(("cap", "cents"), [(0, 9600), (1000, 10_400), (1800, 9600)])
def test_a_gift_may_be_capped(one_tea_shop: Shop, cap: int, cents: int) -> None:
    tea = ids(one_tea_shop, "tea")
    one_tea_shop.promotion("满送", effect="gift", threshold_cents=8800, product_ids=tea, cap_cents=cap)
    assert total(one_tea_shop, ("cake", 3), ("tea", 1)) == cents


# --- why not -----------------------------------------------------------------------------------------------


def test_a_reduction_that_would_spoil_a_better_one_is_left_out(one_tea_shop: Shop) -> None:
    """64.00 reach both; after 5.00 off the 60.00 are not reached any more."""
    one_tea_shop.promotion("减5", effect="reduction", off_cents=500, threshold_cents=500)
    one_tea_shop.promotion("满60减1", effect="reduction", off_cents=100, threshold_cents=6000)
    basket = (("cake", 2),)
    assert (total(one_tea_shop, *basket), reasons(one_tea_shop, *basket)) == (5900, ["the price is better without it"])


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        ({"threshold_cents": 3600}, "not with 减5"),
        ({"threshold_cents": 3601}, "another ¥0.01 needed"),
        ({"threshold_pieces": 2}, "not with 减5"),
        ({"threshold_pieces": 3}, "1 more needed"),
        ({"threshold_cents": 3601, "threshold_pieces": 3}, "another ¥0.01 needed"),
    ],
)
def test_the_nearest_reason_is_the_one_that_is_told(one_tea_shop: Shop, terms: dict[str, int], why: str) -> None:
    """Two teas; both reductions are of one group."""
    one_tea_shop.promotion("减5", effect="reduction", off_cents=500, threshold_cents=500, group="g")
    one_tea_shop.promotion("减1", effect="reduction", off_cents=100, group="g", **terms)
    assert reasons(one_tea_shop, ("tea", 2)) == [why]


def test_reasons_are_told_of_what_is_for_something_in_the_basket(one_tea_shop: Shop) -> None:
    """Those on single lines are not told; the others in the order in which they run."""
    given = {"effect": "reduction", "off_cents": 100}
    one_tea_shop.promotion("满90减1", threshold_cents=9000, **given)
    one_tea_shop.promotion("满80减1", threshold_cents=8000, product_ids=ids(one_tea_shop, "tea"), **given)
    one_tea_shop.promotion("蛋糕满减", threshold_cents=8000, product_ids=ids(one_tea_shop, "cake"), **given)
    one_tea_shop.promotion("第二件", effect="nth", every=2, off_bp=5000)
    quote = one_tea_shop.quote(one_tea_shop.basket(("tea", 1), ("gift card", 1)))
    assert [(one.name, str(one.reason)) for one in quote.not_used] == [
        ("满90减1", "another ¥72.00 needed"),
        ("满80减1", "another ¥62.00 needed"),
    ]


# --- on points ---------------------------------------------------------------------------------------------


def points(shop: Shop, member: int, *lines: tuple[str, int]) -> list[int]:
    return [line.earned_points for line in receipts.of(shop.sell(shop.basket(*lines, member=member))).lines]


def test_points_are_doubled_in_one_category(tea_shop: Shop) -> None:
    tea_shop.promotion("蛋糕双倍", effect="points", points_bp=20_000, category_ids=cakes(tea_shop))
    assert points(tea_shop, tea_shop.member(), ("tea", 1), ("cake", 1), ("gift card", 1)) == [18, 64, 0]


def test_each_category_has_its_own_multiplier(one_tea_shop: Shop) -> None:
    tea = ids(one_tea_shop, "tea")
    one_tea_shop.promotion("茶三倍", effect="points", points_bp=30_000, product_ids=tea)
    one_tea_shop.promotion("双倍", effect="points", points_bp=20_000)
    assert points(one_tea_shop, one_tea_shop.member(), ("tea", 1), ("cake", 1)) == [54, 64]


def test_points_a_piece_come_on_top(tea_shop: Shop) -> None:
    for extra in (5, 2):
        tea_shop.promotion("每件加", effect="points_each", points_each=extra, product_ids=ids(tea_shop, "tea"))
    assert points(tea_shop, tea_shop.member(), ("tea", 3), ("cake", 1)) == [75, 32]


def test_products_that_do_not_earn_are_not_multiplied(one_tea_shop: Shop) -> None:
    one_tea_shop.product("stamp", 1000, earns=False)
    one_tea_shop.promotion("双倍", effect="points", points_bp=20_000)
    one_tea_shop.promotion("每件加", effect="points_each", points_each=5)
    assert points(one_tea_shop, one_tea_shop.member(), ("stamp", 1), ("tea", 1)) == [0, 41]


# --- when, where, for whom -----------------------------------------------------------------------------------


def test_member_day_is_for_members_on_that_day_of_the_month(tea_shop: Shop) -> None:
    tea_shop.promotion("会员日", effect="percent", off_bp=1000, days_of_month=(8, 18), members_only=True)
    member, days = tea_shop.member(), (at(2026, 6, 8), at(2026, 6, 9), at(2026, 6, 18, 0))
    assert [total(tea_shop, ("tea", 1), now=day) for day in days] == [1800, 1800, 1800]
    assert [total(tea_shop, ("tea", 1), member=member, now=day) for day in days] == [1620, 1800, 1620]


@pytest.mark.parametrize(
    ("hour", "minutes", "cents"),
    [(21, 59, 1800), (22, 0, 900), (23, 59, 900), (0, 0, 900), (1, 59, 900), (2, 0, 1800), (12, 0, 1800)],
)
def test_the_late_hours_run_over_midnight(one_tea_shop: Shop, hour: int, minutes: int, cents: int) -> None:
    one_tea_shop.promotion("夜宵", effect="percent", off_bp=5000, from_minute=22 * 60, to_minute=2 * 60)
    assert total(one_tea_shop, ("tea", 1), now=at(2026, 6, 1, hour) + minutes * MINUTE) == cents


@pytest.mark.parametrize(("hour", "minutes", "cents"), [(13, 59, 1800), (14, 0, 900), (16, 59, 900), (17, 0, 1800)])
def test_hours_of_the_day(one_tea_shop: Shop, hour: int, minutes: int, cents: int) -> None:
    one_tea_shop.promotion("下午", effect="percent", off_bp=5000, from_minute=14 * 60, to_minute=17 * 60)
    assert total(one_tea_shop, ("tea", 1), now=at(2026, 6, 1, hour) + minutes * MINUTE) == cents


def test_days_of_the_week_begin_at_the_stores_midnight(one_tea_shop: Shop) -> None:
    """1 June 2026 is a Monday."""
    one_tea_shop.promotion("周一", effect="percent", off_bp=5000, weekdays=(0,))
    monday = at(2026, 6, 1, 0)
    times = (monday - 1, monday, monday + DAY - 1, monday + DAY)
    assert [total(one_tea_shop, ("tea", 1), now=time) for time in times] == [1800, 900, 900, 1800]


def test_a_promotion_of_one_store_is_not_anothers(tea_shop: Shop) -> None:
    tea_shop.promotion("开业", effect="percent", off_bp=5000, store_ids=(tea_shop.store,))
    basket = tea_shop.basket(("tea", 1))
    elsewhere = replace(basket, store_id=shops._store("静安店"))
    assert [tea_shop.quote(one).total_cents for one in (basket, elsewhere)] == [900, 1800]


def test_a_promotion_of_one_tier_is_not_anothers(tea_shop: Shop) -> None:
    gold = tea_shop.tier("gold", 2)
    tea_shop.promotion("金卡", effect="percent", off_bp=5000, tier_ids=(gold,))
    who = (None, tea_shop.member(), tea_shop.member(tier="gold"))
    assert [total(tea_shop, ("tea", 1), member=member) for member in who] == [1800, 1800, 900]


def test_the_first_purchase_is_one(tea_shop: Shop) -> None:
    tea_shop.promotion("首单", effect="percent", off_bp=5000, first_purchase=True)
    member = tea_shop.member()
    sold = [receipts.of(tea_shop.sell(tea_shop.basket(("tea", 1), member=member))).total_cents for _ in range(2)]
    assert (sold, total(tea_shop, ("tea", 1))) == ([900, 1800], 1800)


@pytest.mark.parametrize(
    ("birthday", "in_september"),
    [
        (Birthday("solar", 9, 30), 900),
        (Birthday("solar", 8, 15), 1800),
        (Birthday("lunar", 8, 15), 900),
        (Birthday("lunar", 9, 15), 1800),
        (None, 1800),
    ],
)
def test_the_month_of_the_birthday_solar_or_lunar(
    one_tea_shop: Shop, birthday: Birthday | None, in_september: int
) -> None:
    """The fifteenth of the eighth lunar month is 25 September 2026."""
    one_tea_shop.promotion("生日月", effect="percent", off_bp=5000, birthday_month=True)
    member = one_tea_shop.member(birthday=birthday)
    days = (at(2026, 9, 1, 0), at(2026, 9, 30, 23), at(2026, 11, 30))
    assert [total(one_tea_shop, ("tea", 1), member=member, now=day) for day in days] == [in_september] * 2 + [1800]


def test_a_promotion_may_not_stand_beside_coupons(tea_shop: Shop) -> None:
    """Either 20 % off 100.00 with the tier's 10 %, or the coupon with the tier's."""
    tea_shop.product("dress", 10_000)
    tea_shop.tier("gold", 2, discount_bp=1000)
    tea_shop.promotion("8折", effect="percent", off_bp=2000, not_with=("coupon",))
    member = tea_shop.member(tier="gold")
    tea_shop.give_coupon(tea_shop.coupon_kind("5 off", effect="amount", off_cents=500), member)
    quote = tea_shop.quote(tea_shop.basket(("dress", 1), member=member))
    assert (quote.total_cents, [rule.name for rule in quote.rules]) == (7200, ["8折", "gold"])
    assert [str(one.reason) for one in quote.not_used] == ["not with 8折"]


# --- versions ----------------------------------------------------------------------------------------------


def change(shop: Shop, promotion: int, now: int, **terms: object) -> None:
    promotions.change(promotion, PromotionTerms(**terms), by=shop.owner, now=Millis(now))  # type: ignore[arg-type]


def test_a_sale_names_the_version_that_priced_it(tea_shop: Shop) -> None:
    promotion = tea_shop.promotion("sale", effect="percent", off_bp=1000)
    first = tea_shop.sell(tea_shop.basket(("tea", 1)))
    change(tea_shop, promotion, tea_shop.now + DAY, effect="percent", off_bp=2000)
    second = tea_shop.sell(tea_shop.basket(("tea", 1)), now=Millis(tea_shop.now + DAY))
    sql = "SELECT v.number, d.cents FROM sale_discount d JOIN promotion_version v ON v.id = d.rule_id WHERE sale_id = ?"
    assert [db.rows(sql, (sale,)) for sale in (first, second)] == [[(1, 180)], [(2, 360)]]


def test_a_promotion_ended_before_it_began_never_runs(tea_shop: Shop) -> None:
    terms = PromotionTerms(effect="percent", off_bp=5000)
    later = Millis(tea_shop.now + 5 * DAY)
    promotion = promotions.create("soon", terms, by=tea_shop.owner, now=tea_shop.now, from_at=later)
    promotions.end(promotion, by=tea_shop.owner, now=Millis(tea_shop.now + DAY))
    times = [tea_shop.now + days * DAY for days in (0, 2, 5, 6, 400)]
    assert [total(tea_shop, ("tea", 1), now=time) for time in times] == [1800] * 5
    assert promotions.running(now=later) == []


def test_a_change_of_a_promotion_to_come_waits_for_its_beginning(one_tea_shop: Shop) -> None:
    terms = PromotionTerms(effect="percent", off_bp=5000)
    later = Millis(one_tea_shop.now + 5 * DAY)
    promotion = promotions.create("soon", terms, by=one_tea_shop.owner, now=one_tea_shop.now, from_at=later)
    change(one_tea_shop, promotion, one_tea_shop.now + DAY, effect="percent", off_bp=1000)
    times = [one_tea_shop.now + days * DAY for days in (2, 5)]
    assert [total(one_tea_shop, ("tea", 1), now=time) for time in times] == [1800, 1620]
    assert (promotions.get(promotion).number, len(promotions.everything())) == (2, 1)


def test_a_promotion_that_ends_is_over_at_that_moment(one_tea_shop: Shop) -> None:
    promotion = one_tea_shop.promotion("sale", effect="percent", off_bp=5000)
    end = Millis(one_tea_shop.now + DAY)
    promotions.end(promotion, by=one_tea_shop.owner, now=end)
    assert [total(one_tea_shop, ("tea", 1), now=time) for time in (end - 1, end)] == [900, 1800]


# --- what it did -------------------------------------------------------------------------------------------


def test_the_result_counts_sales_members_what_was_taken_off_and_paid(tea_shop: Shop) -> None:
    """Three sales over two versions: 180, 180 and 360 off; 16.20 of the paid came back."""
    promotion = tea_shop.promotion("sale", effect="percent", off_bp=1000, product_ids=ids(tea_shop, "tea"))
    member = tea_shop.member()
    sold = [tea_shop.sell(tea_shop.basket(("tea", 1), member=one)) for one in (member, None)]
    change(tea_shop, promotion, tea_shop.now + 1, effect="percent", off_bp=2000)
    tea_shop.sell(tea_shop.basket(("tea", 1), ("cake", 1), member=member), now=Millis(tea_shop.now + 1))
    tea_shop.sell(tea_shop.basket(("gift card", 1)))
    line = receipts.of(sold[0]).lines[0].id
    refunds.refund(sold[0], (refunds.ReturnLine(line, 1000),), by=tea_shop.owner, now=tea_shop.now)
    found = promotions.result(promotion, by=tea_shop.owner)
    assert found == promotions.Result(sales=3, members=1, off_cents=180 + 180 + 1000, paid_cents=1620 + 4000)


def test_a_promotion_nobody_used_did_nothing(one_tea_shop: Shop) -> None:
    promotion = one_tea_shop.promotion("sale", effect="percent", off_bp=1000)
    assert promotions.result(promotion, by=one_tea_shop.owner) == promotions.Result(0, 0, 0, 0)


# --- refusals ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"effect": "percent", "off_bp": 0}, "off_bp"),
        ({"effect": "percent", "off_bp": 10_001}, "off_bp"),
        ({"effect": "order_percent"}, "off_bp"),
        ({"effect": "nth", "every": 2}, "off_bp"),
        ({"effect": "nth", "every": 1, "off_bp": 5000}, "every"),
        ({"effect": "nth", "every": 2, "off_bp": 5000, "most_times": -1}, "most_times"),
        ({"effect": "amount"}, "off_cents"),
        ({"effect": "amount", "off_cents": -1}, "off_cents"),
        ({"effect": "amount", "off_cents": 1, "cap_cents": 5}, "cap_cents"),
        ({"effect": "fixed_price", "price_cents": -1}, "off_cents"),
        ({"effect": "reduction"}, "off_cents"),
        ({"effect": "reduction", "off_cents": 500, "threshold_cents": 499}, "threshold_cents"),
        ({"effect": "reduction", "off_cents": 500, "threshold_pieces": 2, "per_step": True}, "threshold_cents"),
        ({"effect": "reduction", "off_cents": 500, "threshold_cents": 900, "threshold_pieces": -1}, "off_cents"),
        ({"effect": "buy_get", "buy": 0, "get": 1}, "buy"),
        ({"effect": "buy_get", "buy": 1}, "buy"),
        ({"effect": "bundle"}, "bundle"),
        ({"effect": "bundle", "bundle": ((1, 1),)}, "bundle"),
        ({"effect": "bundle", "bundle": ((1, 2), (2, 0))}, "bundle"),
        ({"effect": "bundle", "bundle": ((1, 1), (1, 1))}, "bundle"),
        ({"effect": "gift", "threshold_cents": 100}, "product_ids"),
        ({"effect": "gift", "product_ids": (1,), "cap_cents": -1}, "off_cents"),
        ({"effect": "points"}, "points_bp"),
        ({"effect": "points", "points_bp": 1_000_001}, "points_bp"),
        ({"effect": "points_each"}, "points_each"),
        ({"weekdays": (0, 7)}, "weekdays"),
        ({"weekdays": (-1,)}, "weekdays"),
        ({"days_of_month": (0,)}, "days_of_month"),
        ({"days_of_month": (32,)}, "days_of_month"),
        ({"from_minute": -1}, "from_minute"),
        ({"from_minute": 1440}, "from_minute"),
        ({"to_minute": 0}, "from_minute"),
        ({"from_minute": 1320, "to_minute": 0}, "from_minute"),
        ({"to_minute": 1441}, "from_minute"),
        ({"from_minute": 600, "to_minute": 600}, "from_minute"),
    ],
)
def test_terms_that_cannot_be_right_are_refused_by_field(terms: dict[str, object], field: str) -> None:
    plain = {} if "effect" in terms else {"effect": "percent", "off_bp": 1000}
    given = PromotionTerms(**(plain | terms))  # type: ignore[arg-type]
    with pytest.raises(PromotionInvalid) as refused:
        promotions.check("odd", given)
    assert refused.value.facts["field"] == field


@pytest.mark.parametrize(
    "terms",
    [
        {"effect": "percent", "off_bp": 1},
        {"effect": "percent", "off_bp": 10_000, "weekdays": (0, 6), "days_of_month": (1, 31)},
        {"effect": "percent", "off_bp": 1, "from_minute": 1439, "to_minute": 1},
        {"effect": "reduction", "off_cents": 500, "threshold_cents": 500},
        {"effect": "reduction", "off_cents": 500, "threshold_pieces": 3},
        {"effect": "buy_get", "buy": 1, "get": 1},
        {"effect": "bundle", "bundle": ((1, 1), (2, 1))},
        {"effect": "gift", "category_ids": (1,), "cap_cents": 5},
        {"effect": "points", "points_bp": 10_001},
        {"effect": "points", "points_bp": 1_000_000},
        {"effect": "points_each", "points_each": 1},
    ],
)
def test_terms_at_the_edge_are_good(terms: dict[str, object]) -> None:
    promotions.check("fine", PromotionTerms(**terms))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "later", "field"), [(" ", 1, "name"), ("sale", 0, "until_at"), ("sale", -1, "until_at")]
)
def test_a_promotion_needs_a_name_and_an_end_after_its_start(one_shop: Shop, name: str, later: int, field: str) -> None:
    terms, until = PromotionTerms(effect="percent", off_bp=1000), Millis(one_shop.now + later)
    with pytest.raises(PromotionInvalid) as refused:
        promotions.create(name, terms, by=one_shop.owner, now=one_shop.now, until_at=until)
    assert (refused.value.facts["field"], promotions.everything()) == (field, [])


def test_an_unknown_promotion_is_refused(one_shop: Shop) -> None:
    with pytest.raises(PromotionUnknown):
        promotions.get(1)
    with pytest.raises(PromotionUnknown):
        promotions.result(1, by=one_shop.owner)
    with pytest.raises(PromotionUnknown):
        change(one_shop, 1, one_shop.now, effect="percent", off_bp=1000)


def test_a_clerk_makes_no_promotions(one_shop: Shop) -> None:
    promotion = one_shop.promotion("sale", effect="percent", off_bp=1000)
    clerk = staff.actor_of(
        staff.create("xiao", "小李", "clerk", password="long enough", by=one_shop.owner, now=one_shop.now)
    )
    terms = PromotionTerms(effect="percent", off_bp=10_000)
    with pytest.raises(NotAllowed):
        promotions.create("mine", terms, by=clerk, now=NOON)
    with pytest.raises(NotAllowed):
        promotions.change(promotion, terms, by=clerk, now=NOON)
    with pytest.raises(NotAllowed):
        promotions.end(promotion, by=clerk, now=NOON)
    with pytest.raises(NotAllowed):
        promotions.result(promotion, by=clerk)
