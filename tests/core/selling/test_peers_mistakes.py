"""What other systems got wrong with prices, refunds, double spending, retries and coupons, and that ours is right.

First the points of the study of peers, section 6, by number; then issues people reported, by peer.
"""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from core.base import db
from core.base.clock import Millis
from core.base.money import Milli
from core.books import posting
from core.books.posting import NotEnoughPoints, NotEnoughStored
from core.books.requests import KeyReused
from core.loyalty import coupons, points, tiers, topups
from core.loyalty.topups import TopUpTerms
from core.people.birthdays import Birthday
from core.selling import parking, promotions, receipts, refunds, reversals, sales
from core.selling.pricing.quote import TooManyPoints
from core.selling.quotes import Basket, BasketLine
from core.selling.sales import PriceChanged, SaleRequest, Tender
from tests.core.books.test_db import in_thread
from tests.counter import DAY, all_of, give_back, paid_back, points_of, stored, tenders, unsound
from tests.shops import Shop, at


@pytest.fixture
def tea_shop(shop: Shop) -> Shop:
    shop.product("tea", 1000)
    shop.product("cake", 3000)
    return shop


@pytest.fixture
def member(tea_shop: Shop) -> int:
    return tea_shop.member()


def topped_up(shop: Shop, member: int, cents: int, bonus: int = 0) -> int:
    if bonus:
        topups.set_rule(cents, TopUpTerms(bonus_cents=bonus, bonus_days=30), by=shop.owner, now=shop.now)
    return shop.top_up(member, cents)


def at_once(work: Callable[[], object], times: int = 6) -> list[object]:
    """The same work from so many tills at once; what each got."""
    given: list[object] = []
    threads = [threading.Thread(target=lambda: given.extend(in_thread(work))) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return given


def kinds(given: list[object]) -> dict[str, int]:
    names = [type(one).__name__ for one in given]
    return {name: names.count(name) for name in sorted(set(names))}


def coupon_state(coupon: int) -> str:
    return str(db.value("SELECT state FROM coupon WHERE id = ?", (coupon,)))


# --- the twelve points -------------------------------------------------------------------------------


@pytest.mark.parametrize(("spent", "days", "balance"), [(0, 0, 0), (4, 0, -4), (4, 400, -4), (0, 400, 0)])
def test_point_1_clawback_of_a_lot_that_was_spent_or_has_expired(
    tea_shop: Shop, member: int, spent: int, days: int, balance: int
) -> None:
    """Setono takes other live lots, fuint and yudao drop what is missing: ours owes the spent, not the expired part."""
    sale = tea_shop.sell(tea_shop.basket(("tea", 1), member=member))
    if spent:
        tea_shop.give_points(member, -spent)
    tea_shop.now = Millis(tea_shop.now + days * DAY)
    points.expire(member, by=tea_shop.owner, now=tea_shop.now)
    give_back(tea_shop, sale)
    assert (points_of(member), unsound(tea_shop)) == (balance, [])


def test_point_1_other_points_are_not_taken_for_an_expired_lot(tea_shop: Shop, member: int) -> None:
    """Setono: the earned lot has expired, so the clawback eats points of another sale."""
    sale = tea_shop.sell(tea_shop.basket(("tea", 1), member=member))
    tea_shop.now = Millis(tea_shop.now + 300 * DAY)
    tea_shop.sell(tea_shop.basket(("cake", 1), member=member))
    tea_shop.now = Millis(tea_shop.now + 100 * DAY)
    give_back(tea_shop, sale)
    assert points.state(member, now=tea_shop.now).usable == 30


def test_point_2_returned_points_keep_their_expiry(tea_shop: Shop, member: int) -> None:
    """Setono: a rolled-back redemption never expires, so spend-and-cancel launders points."""
    tea_shop.give_points(member, 500)
    sale = tea_shop.sell(tea_shop.basket(("tea", 1), member=member, points=500), now=Millis(tea_shop.now + DAY))
    give_back(tea_shop, sale, now=Millis(tea_shop.now + 300 * DAY))
    assert points.state(member, now=Millis(tea_shop.now + 366 * DAY)).usable == 0


def test_point_3_small_refunds_add_up(tea_shop: Shop, member: int) -> None:
    """Square floors each refund: ten of 5.00 at a point per 10.00 take none of the five points."""
    tea_shop.rule("cents_per_point", 1000)
    tea_shop.product("roll", 500)
    sale = tea_shop.sell(tea_shop.basket(("roll", 10), member=member))
    assert points_of(member) == 5
    left = []
    for _ in range(10):
        give_back(tea_shop, sale, 1)
        left.append(points_of(member))
    assert left == [4, 4, 3, 3, 2, 2, 1, 1, 0, 0]


def test_point_3_a_thing_that_earned_nothing_takes_nothing_back(tea_shop: Shop, member: int) -> None:
    """Open Loyalty takes points by the value of the whole sale, whatever the returned thing earned."""
    tea_shop.product("rice", 7000, earns=False)
    sale = tea_shop.sell(tea_shop.basket(("cake", 1), ("rice", 1), member=member))
    give_back(tea_shop, sale, 0, 1)
    assert points_of(member) == 30


def test_point_3_a_partial_return_gives_back_its_share_of_redeemed_points(tea_shop: Shop, member: int) -> None:
    """fuint gives all used points back on the first partial return."""
    tea_shop.give_points(member, 1000)
    sale = tea_shop.sell(tea_shop.basket(("tea", 4), member=member, points=1000))
    assert points_of(member) == 30
    give_back(tea_shop, sale, 1)
    assert points_of(member) == 30 + 250 - 8


def test_point_3_redeemed_points_are_subtracted_once(tea_shop: Shop, member: int) -> None:
    """ERPNext #30242 subtracts the redeemed amount twice when goods come back."""
    tea_shop.give_points(member, 500)
    sale = tea_shop.sell(tea_shop.basket(("tea", 1), member=member, points=500))
    refund = give_back(tea_shop, sale)
    assert (paid_back(refund), points_of(member)) == ({"cash": 500}, 500)


def test_point_4_a_refund_takes_what_was_recorded_not_what_today_would_earn(tea_shop: Shop, member: int) -> None:
    """nopCommerce #5757 works the clawback out with today's configuration."""
    sale = tea_shop.sell(tea_shop.basket(("tea", 2), member=member))
    tea_shop.rule("cents_per_point", 10)
    tea_shop.rule("tax_mode", "exclusive")
    tea_shop.promotion("half", effect="percent", off_bp=5000)
    refund = give_back(tea_shop, sale, 1)
    assert (paid_back(refund), points_of(member)) == ({"cash": 1000}, 10)


def test_point_5_shares_of_a_discount_add_up(tea_shop: Shop) -> None:
    """mall #356, #967: 10.00 off three equal lines takes 9.990."""
    for name in ("a", "b", "c"):
        tea_shop.product(name, 2000)
    tea_shop.promotion("满60减10", effect="reduction", threshold_cents=6000, off_cents=1000)
    quote = tea_shop.quote(tea_shop.basket(("a", 1), ("b", 1), ("c", 1)))
    assert [line.discount_cents for line in quote.lines] == [334, 333, 333]
    assert quote.total_cents == 5000


def test_point_5_no_share_is_more_than_its_line(tea_shop: Shop) -> None:
    """ERPNext #58042: shares sum to 9.98 of 10.00; Medusa leaves 0.68117… unrounded."""
    tea_shop.product("bag", 1)
    tea_shop.promotion("满40减40", effect="reduction", threshold_cents=4000, off_cents=4000)
    quote = tea_shop.quote(tea_shop.basket(("cake", 1), ("tea", 1), ("bag", 1)))
    assert [line.discount_cents for line in quote.lines] == [2999, 1000, 1]
    assert quote.total_cents == 1


@pytest.mark.parametrize(("mode", "total", "tax"), [("inclusive", 1000, 115), ("exclusive", 1130, 130)])
def test_point_6_stored_value_is_a_payment_and_leaves_the_tax_alone(
    tea_shop: Shop, member: int, mode: str, total: int, tax: int
) -> None:
    """Odoo once took gift cards off the taxable amount (#196252: a regulation, not an optimisation)."""
    tea_shop.rule("tax_mode", mode)
    tea_shop.product("book", 1000, tax_bp=1300)
    topped_up(tea_shop, member, 5000)
    sale = tea_shop.sell(tea_shop.basket(("book", 1), member=member), ("wallet", total))
    assert db.one("SELECT total_cents, tax_cents FROM sale WHERE id = ?", (sale,)) == (total, tax)
    give_back(tea_shop, sale)
    assert (stored(tea_shop, member), unsound(tea_shop)) == ((5000, 0), [])


def test_point_6_a_discount_lowers_the_tax(tea_shop: Shop) -> None:
    """Odoo #196252: the tax of a fixed discount was wrong; ours is worked out on what is left, once a rate."""
    tea_shop.rule("tax_mode", "exclusive")
    tea_shop.product("book", 1000, tax_bp=1300)
    tea_shop.promotion("满20减5", effect="reduction", threshold_cents=2000, off_cents=500)
    quote = tea_shop.quote(tea_shop.basket(("book", 2)))
    assert (quote.tax_cents, quote.total_cents) == (195, 1695)


def test_point_7_the_last_points_are_spent_once(tea_shop: Shop, member: int) -> None:
    """yudao and fuint check the points first and take them later; two tills at once pass both."""
    tea_shop.give_points(member, 500)
    basket = tea_shop.basket(("tea", 1), member=member, points=500)
    given = at_once(lambda: tea_shop.sell(basket))
    assert [type(one).__name__ for one in given].count("int") == 1
    assert set(kinds(given)) <= {"int", "NotEnoughPoints"}
    assert (points_of(member), unsound(tea_shop)) == (5, [])


def test_point_7_the_last_stored_value_is_spent_once(tea_shop: Shop, member: int) -> None:
    """Saleor #544 and Spree #13734: several orders at once spend one balance."""
    topped_up(tea_shop, member, 1000)
    basket = tea_shop.basket(("tea", 1), member=member)
    given = at_once(lambda: tea_shop.sell(basket, ("wallet", 1000)))
    assert kinds(given) == {"NotEnoughStored": 5, "int": 1}
    assert (stored(tea_shop, member), unsound(tea_shop)) == ((0, 0), [])


def test_point_8_the_same_request_twice_is_done_once(tea_shop: Shop, member: int) -> None:
    """Odoo #222372: a retry over a bad network doubles the points; OCA/pos #185: so does an offline till."""
    basket = tea_shop.basket(("tea", 3), member=member)
    given = at_once(lambda: tea_shop.sell(basket, key="till-1-0001"))
    assert (len(set(given)), points_of(member)) == (1, 30)


def test_point_8_a_key_is_not_good_for_another_request(tea_shop: Shop, member: int) -> None:
    """A key that only suppresses would swallow the second sale; ours says so."""
    tea_shop.sell(tea_shop.basket(("tea", 1), member=member), key="k")
    with pytest.raises(KeyReused):
        tea_shop.sell(tea_shop.basket(("tea", 2), member=member), key="k")


@pytest.mark.parametrize(("days", "state"), [(1, "issued"), (40, "used")])
def test_point_9_a_coupon_comes_back_if_it_is_still_good(tea_shop: Shop, member: int, days: int, state: str) -> None:
    """Shopware #8575, Sylius #10125, EC-CUBE coupon #195 lose it; fuint revives one whose end has passed."""
    coupon = tea_shop.give_coupon(tea_shop.coupon_kind("5", effect="amount", off_cents=500), member)
    sale = tea_shop.sell(tea_shop.basket(("tea", 1), member=member))
    give_back(tea_shop, sale, now=Millis(tea_shop.now + days * DAY))
    assert (coupon_state(coupon), unsound(tea_shop)) == (state, [])


def test_point_10_a_sale_is_earned_at_the_tier_before_it(tea_shop: Shop, member: int) -> None:
    """ERPNext #33550 counts the sale into its own tier, #14930 jumps a tier early."""
    tea_shop.tier("gold", 2, discount_bp=1000, multiplier_bp=20_000, spend_cents=3000)
    sale = tea_shop.sell(tea_shop.basket(("cake", 1), member=member))
    assert (receipts.of(sale).total_cents, points_of(member), tiers.of(member).name) == (3000, 30, "gold")


def test_point_10_a_refund_undoes_the_promotion_it_carried(tea_shop: Shop, member: int) -> None:
    """Peers keep a tier that was bought and returned; ours goes back when it rested on that sale."""
    tea_shop.tier("gold", 2, spend_cents=3000)
    sale = tea_shop.sell(tea_shop.basket(("cake", 1), member=member))
    give_back(tea_shop, sale)
    assert tiers.of(member).name == "normal"


@pytest.mark.parametrize(("leap_day", "month"), [("02-28", 2), ("03-01", 3)])
def test_point_12_who_was_born_on_a_leap_day_has_a_birthday_every_year(shop: Shop, leap_day: str, month: int) -> None:
    """Setono compares day and month literally: nothing in three years of four; SMF #5955 is 'not worth fixing'."""
    shop.product("tea", 1000)
    shop.rule("leap_day", leap_day)
    shop.promotion("birthday", effect="percent", off_bp=5000, birthday_month=True)
    member = shop.member(birthday=Birthday("solar", 2, 29, 1996))
    totals = {
        day: shop.quote(shop.basket(("tea", 1), member=member), now=at(2027, *day)).total_cents
        for day in ((2, 1), (2, 28), (3, 1), (3, 31))
    }
    assert [day for day, total in totals.items() if total == 500] == [day for day in totals if day[0] == month]


def test_point_12_a_day_ends_with_its_last_millisecond_in_the_shops_zone(tea_shop: Shop, member: int) -> None:
    """Expiry at the end of a day in UTC ends at eight in the morning in Shanghai."""
    tea_shop.give_coupon(tea_shop.coupon_kind("5", effect="amount", off_cents=500, valid_days=7), member)
    midnight = at(2026, 6, 6, 0)
    basket = tea_shop.basket(("tea", 1), member=member)
    totals = [tea_shop.quote(basket, now=Millis(now)).total_cents for now in (midnight - 1, midnight)]
    assert totals == [500, 1000]


def test_point_12_points_can_be_spent_until_the_end_of_their_last_day(tea_shop: Shop, member: int) -> None:
    """A sweep that runs late must not make points live longer, nor one that runs early shorter."""
    tea_shop.give_points(member, 500)
    end = at(2027, 5, 30, 0)
    basket = tea_shop.basket(("tea", 1), member=member, points=500)
    assert tea_shop.quote(basket, now=Millis(end - 1)).total_cents == 500
    with pytest.raises(NotEnoughPoints):
        tea_shop.quote(basket, now=end)


def test_also_nothing_is_earned_on_what_points_bonus_and_coupons_paid(tea_shop: Shop, member: int) -> None:
    """nopCommerce #3391 and Odoo #114004 earn on the part paid with points or a gift card."""
    topped_up(tea_shop, member, 500, bonus=500)
    tea_shop.give_points(member, 500)
    tea_shop.give_coupon(tea_shop.coupon_kind("5", effect="amount", off_cents=500), member)
    basket = tea_shop.basket(("cake", 1), member=member, points=500)
    sale = tea_shop.sell(basket, ("wallet", 1000))
    assert tenders(sale) == [("principal", 500), ("bonus", 500), ("cash", 1000)]
    assert receipts.of(sale).earned_points == 15


def test_also_buying_a_gift_card_earns_nothing(tea_shop: Shop, member: int) -> None:
    """nopCommerce #2496: points on the card and on what it buys, round and round."""
    tea_shop.product("gift card", 10_000, kind="gift_card")
    sale = tea_shop.sell(tea_shop.basket(("gift card", 1), ("tea", 1), member=member))
    assert [line.earned_points for line in receipts.of(sale).lines] == [0, 10]
    topped_up(tea_shop, member, 10_000)
    assert points_of(member) == 10


def test_also_points_are_checked_and_taken_from_the_same_lots(tea_shop: Shop, member: int) -> None:
    """ERPNext #59050 checks all entries and deducts from some: endless redemption."""
    tea_shop.sell(tea_shop.basket(("cake", 1), member=member))
    tea_shop.give_points(member, 20)
    basket = tea_shop.basket(("tea", 1), member=member, points=50)
    tea_shop.sell(basket)
    assert points_of(member) == 9
    with pytest.raises(NotEnoughPoints):
        tea_shop.sell(basket)


# --- odoo --------------------------------------------------------------------------------------------


def test_odoo_257854_a_refund_takes_earned_points_back(tea_shop: Shop, member: int) -> None:
    """Odoo #257854: buy, earn, return, keep the points (#238806 is to mend it in 19.4)."""
    sale = tea_shop.sell(tea_shop.basket(("cake", 1), member=member))
    give_back(tea_shop, sale)
    assert points_of(member) == 0


def test_odoo_212922_a_refund_spends_no_points_again(tea_shop: Shop, member: int) -> None:
    """Odoo #212922, #221928: the refund of a sale paid with points takes them a second time."""
    tea_shop.give_points(member, 1000)
    sale = tea_shop.sell(tea_shop.basket(("tea", 1), member=member, points=500))
    give_back(tea_shop, sale)
    assert points_of(member) == 1000


@pytest.mark.parametrize("mode", ["none", "inclusive", "exclusive"])
def test_odoo_156897_all_off_leaves_no_cent(tea_shop: Shop, mode: str) -> None:
    """Odoo #156897, #237624, #271032: 100 % off leaves 0.01, by tax and rounding of parts."""
    tea_shop.rule("tax_mode", mode)
    for name, cents, rate in (("a", 333, 1300), ("b", 777, 600), ("c", 1, 1300)):
        tea_shop.product(name, cents, tax_bp=rate)
    tea_shop.promotion("free", effect="order_percent", off_bp=10_000)
    sale = tea_shop.sell(tea_shop.basket(("a", 3), ("b", 1), ("c", 7)))
    assert (receipts.of(sale).total_cents, tenders(sale), unsound(tea_shop)) == (0, [], [])


def test_odoo_278568_the_wallet_pays_what_the_bill_is_lowered_by(tea_shop: Shop, member: int) -> None:
    """Odoo #278568: the wallet is debited 10.00 and the order reduced by 9.99."""
    tea_shop.rule("tax_mode", "exclusive")
    tea_shop.product("pen", 333, tax_bp=1900)
    topped_up(tea_shop, member, 1000)
    basket = tea_shop.basket(("pen", 7), member=member)
    total = tea_shop.quote(basket).total_cents
    sale = tea_shop.sell(basket, ("wallet", 1000))
    assert (total, tenders(sale)) == (2774, [("principal", 1000), ("cash", 1774)])
    assert stored(tea_shop, member) == (0, 0)


def test_odoo_275961_what_is_stored_is_what_the_screen_showed(tea_shop: Shop) -> None:
    """Odoo #275961: 78.00 on the screen, 78.01 in the books."""
    tea_shop.rule("tax_mode", "exclusive")
    tea_shop.product("pen", 333, tax_bp=1900)
    tea_shop.promotion("third", effect="percent", off_bp=3333)
    basket = tea_shop.basket(("pen", 7), ("tea", 3))
    quote = tea_shop.quote(basket)
    sale = receipts.of(tea_shop.sell(basket))
    assert sale.total_cents == quote.total_cents
    assert [line.net_cents for line in sale.lines] == [line.net_cents for line in quote.lines]


def test_odoo_222372_a_retry_after_a_lost_answer_doubles_nothing(tea_shop: Shop, member: int) -> None:
    """Odoo #222372 and #270532: the till sends the order again when the answer was lost."""
    tea_shop.give_points(member, 1000)
    basket = tea_shop.basket(("tea", 1), member=member, points=500)
    first = tea_shop.sell(basket, key="k")
    request = SaleRequest(basket, (Tender("cash", 500),), 500, proof=tea_shop.proof(member))
    again = sales.post(request, by=tea_shop.owner, now=Millis(tea_shop.now + 60_000), key="k")
    assert (again, points_of(member)) == (first, 505)


def test_odoo_205057_two_open_orders_do_not_both_drain_a_wallet(tea_shop: Shop, member: int) -> None:
    """Odoo #205057: each open order reserves the whole wallet in its own lines."""
    topped_up(tea_shop, member, 1000)
    basket = tea_shop.basket(("tea", 1), member=member)
    parked = [parking.park(basket, "", by=tea_shop.owner, now=tea_shop.now) for _ in range(2)]
    one, two = (parking.recall(each, by=tea_shop.owner, now=tea_shop.now) for each in parked)
    tea_shop.sell(one, ("wallet", 1000))
    with pytest.raises(NotEnoughStored):
        tea_shop.sell(two, ("wallet", 1000))


def test_odoo_202433_a_refund_finds_the_entries_of_its_own_sale(tea_shop: Shop, member: int) -> None:
    """Odoo #202433: histories of different models were mixed up when their numbers were the same."""
    tea_shop.give_points(member, 1000)
    first, second = (tea_shop.sell(tea_shop.basket(("tea", 1), member=member, points=p)) for p in (100, 400))
    give_back(tea_shop, first)
    back = db.value("SELECT returned_points FROM refund WHERE sale_id = ?", (first,))
    assert (back, points_of(member), second > first) == (100, 1000 - 400 + 6, True)


# --- erpnext -----------------------------------------------------------------------------------------


def test_erpnext_32951_points_can_be_owed_after_a_return(tea_shop: Shop, member: int) -> None:
    """ERPNext #32951: no negative points on a return, so spend-then-return is free."""
    sale = tea_shop.sell(tea_shop.basket(("cake", 1), member=member))
    tea_shop.give_points(member, -30)
    give_back(tea_shop, sale)
    assert points_of(member) == -30
    tea_shop.sell(tea_shop.basket(("cake", 2), member=member))
    assert points.state(member, now=tea_shop.now).usable == 30


def test_erpnext_31509_points_pay_whole_cents(tea_shop: Shop, member: int) -> None:
    """ERPNext #31509: redeeming leaves a fraction of a cent outstanding."""
    tea_shop.rule("points_per_unit", 300)
    tea_shop.give_points(member, 1000)
    quote = tea_shop.quote(tea_shop.basket(("tea", 1), member=member, points=1000))
    assert (quote.redeemed_points, quote.redeemed_cents, quote.total_cents) == (999, 333, 667)


def test_erpnext_58042_rounding_off_is_shared_with_the_right_sign(tea_shop: Shop) -> None:
    """ERPNext #58042: the rounding adjustment had the wrong sign and was not shared out wholly."""
    tea_shop.rule("rounding_cents", 10)
    tea_shop.product("pear", 333)
    quote = tea_shop.quote(tea_shop.basket(("pear", 1), ("cake", 1), ("pear", 1)))
    assert (quote.rounding_cents, quote.total_cents) == (6, 3660)
    assert sum(line.net_cents for line in quote.lines) == 3660


def test_erpnext_returns_are_new_rows(tea_shop: Shop, member: int) -> None:
    """ERPNext deletes the points entry of the original on a return and makes a new one."""
    sale = tea_shop.sell(tea_shop.basket(("cake", 1), member=member))
    before = db.rows("SELECT id, amount, balance_after FROM entry ORDER BY id")
    give_back(tea_shop, sale)
    after = db.rows("SELECT id, amount, balance_after FROM entry ORDER BY id")
    assert (after[: len(before)], [row[1:] for row in after[len(before) :]]) == (before, [(-30, 0)])


# --- fuint, yudao, CRMEB, mall, hyena --------------------------------------------------------------------


def test_fuint_clawback_reads_the_earning_not_the_redemption(tea_shop: Shop, member: int) -> None:
    """fuint takes the first points row of the order: if that is the redemption, nothing is taken back."""
    tea_shop.give_points(member, 500)
    sale = tea_shop.sell(tea_shop.basket(("cake", 1), member=member, points=500))
    assert points_of(member) == 25
    give_back(tea_shop, sale)
    assert points_of(member) == 500


def test_fuint_bonus_is_kept_apart_from_what_was_paid_in(tea_shop: Shop, member: int) -> None:
    """fuint mixes the top-up's bonus into one balance: reversing pays the gift out or refuses."""
    top_up = topped_up(tea_shop, member, 10_000, bonus=2000)
    assert stored(tea_shop, member) == (10_000, 2000)
    assert paid_back(reversals.reverse_top_up(top_up, by=tea_shop.owner, now=tea_shop.now)) == {"cash": 10_000}
    assert stored(tea_shop, member) == (0, 0)


def test_yudao_each_entry_names_the_balance_it_really_left(tea_shop: Shop, member: int) -> None:
    """yudao works the balance after out from a row it read before the lock."""
    basket = tea_shop.basket(("tea", 1), member=member)
    at_once(lambda: tea_shop.sell(basket))
    found = [row[0] for row in db.rows("SELECT balance_after FROM entry WHERE asset = 'points' ORDER BY id")]
    assert sorted(found) == [10, 20, 30, 40, 50, 60]
    assert unsound(tea_shop) == []


def test_crmeb_a_row_says_what_was_really_taken(tea_shop: Shop, member: int) -> None:
    """CRMEB sets the balance to 0 but records the whole amount: the ledger no longer sums to it."""
    sale = tea_shop.sell(tea_shop.basket(("cake", 1), member=member))
    tea_shop.give_points(member, -20)
    give_back(tea_shop, sale)
    account = posting.account(member, "points")
    total = db.value("SELECT CAST(sum(amount) AS BIGINT) FROM entry WHERE account_id = ?", (account.id,))
    assert (account.balance, account.debt, total) == (-20, 20, -20)


def test_mall_567_a_discount_knows_the_quantity(tea_shop: Shop) -> None:
    """mall #567 forgets the quantity of a line when it shares a discount."""
    tea_shop.promotion("满60减6", effect="reduction", threshold_cents=6000, off_cents=600)
    quote = tea_shop.quote(tea_shop.basket(("tea", 3), ("cake", 1)))
    assert [line.discount_cents for line in quote.lines] == [300, 300]


def test_hyena_3_expiry_takes_only_what_has_expired(tea_shop: Shop, member: int) -> None:
    """hyena #3: the sweep also expired points that were still good, and the balance was not refreshed."""
    tea_shop.give_points(member, 100)
    later = Millis(tea_shop.now + 200 * DAY)
    tea_shop.give_points(member, 50, now=later)
    assert points.expire(member, by=tea_shop.owner, now=Millis(tea_shop.now + 370 * DAY)) == 100
    assert (points_of(member), unsound(tea_shop)) == (50, [])


# --- shops of the world ------------------------------------------------------------------------------


def test_oscar_4580_the_last_use_of_a_coupon_is_taken_once(tea_shop: Shop, member: int) -> None:
    """django-oscar #4580, #4612: two orders at once pass the check of one voucher; Eventyay #1398: limit 3, used 5."""
    kind = tea_shop.coupon_kind("5", effect="amount", off_cents=500, uses=3)
    coupon = tea_shop.give_coupon(kind, member)
    basket = tea_shop.basket(("tea", 1), member=member)
    request = SaleRequest(basket, (Tender("cash", 500),), 500)
    given = at_once(lambda: sales.post(request, by=tea_shop.owner, now=tea_shop.now))
    assert kinds(given) == {"PriceChanged": 3, "int": 3}
    assert db.one("SELECT state, used FROM coupon WHERE id = ?", (coupon,)) == ("used", 3)
    assert unsound(tea_shop) == []


def test_pretix_165_a_returned_coupon_gives_back_one_use_only(tea_shop: Shop, member: int) -> None:
    """pretix #165: cancelling frees more of a voucher than the order had taken."""
    coupon = tea_shop.give_coupon(tea_shop.coupon_kind("5", effect="amount", off_cents=500, uses=3), member)
    basket = tea_shop.basket(("tea", 1), member=member)
    first, _second = tea_shop.sell(basket), tea_shop.sell(basket)
    give_back(tea_shop, first)
    left = coupons.many([coupon])[coupon].uses_left
    assert (left, coupon_state(coupon), unsound(tea_shop)) == (2, "issued", [])


def test_saleor_15855_a_refused_sale_uses_no_coupon_and_no_points(tea_shop: Shop, member: int) -> None:
    """Saleor #15855: usage was counted for a checkout that then failed."""
    coupon = tea_shop.give_coupon(tea_shop.coupon_kind("5", effect="amount", off_cents=500), member)
    tea_shop.give_points(member, 100)
    basket = tea_shop.basket(("tea", 1), member=member, points=100)
    request = SaleRequest(basket, (Tender("cash", 400),), 401, proof=tea_shop.proof(member))
    with pytest.raises(PriceChanged):
        sales.post(request, by=tea_shop.owner, now=tea_shop.now)
    assert (coupon_state(coupon), points_of(member)) == ("issued", 100)


def test_medusa_percent_and_amount_are_not_compared_as_numbers(tea_shop: Shop) -> None:
    """Medusa sorts "10" per cent and "500" cents in one column; ours compares what they take off this basket."""
    terms = {"exclusive": True}
    tea_shop.promotion("10 %", effect="order_percent", off_bp=1000, **terms)
    tea_shop.promotion("5.00", effect="reduction", threshold_cents=500, off_cents=500, **terms)
    small = tea_shop.quote(tea_shop.basket(("tea", 1)))
    large = tea_shop.quote(tea_shop.basket(("cake", 2)))
    assert ([rule.name for rule in small.rules], small.total_cents) == (["5.00"], 500)
    assert ([rule.name for rule in large.rules], large.total_cents) == (["10 %"], 5400)


def test_nopcommerce_5595_the_balance_is_right_after_an_undone_and_a_refunded_sale(tea_shop: Shop, member: int) -> None:
    """nopCommerce #5595: cancel and refund in a row leave a wrong balance."""
    tea_shop.give_points(member, 1000)
    first, second = (tea_shop.sell(tea_shop.basket(("tea", 2), member=member, points=500)) for _ in range(2))
    reversals.void(first, by=tea_shop.owner, now=tea_shop.now)
    give_back(tea_shop, second)
    assert (points_of(member), unsound(tea_shop)) == (1000, [])


def test_nopcommerce_576_points_wait_until_the_refund_days_are_over(tea_shop: Shop, member: int) -> None:
    """nopCommerce #576: points could be spent before the sale could no longer come back."""
    tea_shop.rule("points_pending_days", 7)
    tea_shop.sell(tea_shop.basket(("cake", 1), member=member))
    usable = [points.state(member, now=Millis(tea_shop.now + days * DAY)).usable for days in (0, 7)]
    assert usable == [0, 30]


def test_square_132954_a_coupon_and_points_come_back_with_the_sale(tea_shop: Shop, member: int) -> None:
    """Square (community 132954): a reward used on a refunded sale is lost."""
    tea_shop.give_points(member, 200)
    coupon = tea_shop.give_coupon(tea_shop.coupon_kind("5", effect="amount", off_cents=500), member)
    sale = tea_shop.sell(tea_shop.basket(("tea", 1), member=member, points=200))
    give_back(tea_shop, sale)
    assert (points_of(member), coupon_state(coupon)) == (200, "issued")


def test_open_loyalty_one_units_of_a_line_carry_equal_parts(tea_shop: Shop, member: int) -> None:
    """Open Loyalty splits by value of the whole sale; ours by the line, in cumulative parts of its own points."""
    tea_shop.product("toy", 367)
    sale = tea_shop.sell(tea_shop.basket(("toy", 3), ("cake", 1), member=member))
    assert [line.earned_points for line in receipts.of(sale).lines] == [11, 30]
    taken = []
    for _ in range(3):
        before = points_of(member)
        give_back(tea_shop, sale, 1)
        taken.append(before - points_of(member))
    assert taken == [4, 3, 4]


def test_refund_of_a_weighed_line_goes_by_weight(tea_shop: Shop) -> None:
    """Peers return whole lines; half a kilo of a kilo and a half is a third of the money."""
    nuts = tea_shop.product("nuts", 3990, weighed=True)
    sale = tea_shop.sell(Basket(tea_shop.store, (BasketLine(nuts, Milli(1500)),)))
    (line,) = all_of(sale)
    for _ in range(3):
        refunds.refund(sale, (replace(line, quantity=500),), by=tea_shop.owner, now=tea_shop.now)
    found = [row[0] for row in db.rows("SELECT total_cents FROM refund ORDER BY number")]
    assert (receipts.of(sale).total_cents, found) == (5985, [1995, 1995, 1995])


def test_points_as_money_have_a_cap(tea_shop: Shop, member: int) -> None:
    """Without a cap points pay the whole bill and the shop has no takings: at most half of it by default."""
    tea_shop.give_points(member, 5000)
    with pytest.raises(TooManyPoints):
        tea_shop.quote(tea_shop.basket(("tea", 1), member=member, points=501))


def test_a_promotion_that_ended_is_reversed_as_it_was(tea_shop: Shop) -> None:
    """nopCommerce #5757 again: the promotion is over, the refund still knows its share."""
    half = tea_shop.promotion("half", effect="percent", off_bp=5000)
    sale = tea_shop.sell(tea_shop.basket(("tea", 2)))
    promotions.end(half, by=tea_shop.owner, now=tea_shop.now)
    assert paid_back(give_back(tea_shop, sale, 1)) == {"cash": 500}
    assert date.fromordinal(db.value("SELECT day FROM refund")) == date(2026, 5, 29)
