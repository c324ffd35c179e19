"""Each effect of a coupon as figures at the till, and the shortest honest reason of each that does not apply."""

import threading
from dataclasses import replace

import pytest

from core.base import db
from core.base.clock import DAY, Millis
from core.base.errors import NotAllowed, RegularsError
from core.base.money import Milli
from core.books.locks import MemberBlocked, MemberUnknown
from core.loyalty import coupons, passes
from core.loyalty.coupons import (
    CouponGone,
    CouponNotTransferable,
    CouponTermsInvalid,
    CouponUnknown,
    Terms,
)
from core.people import members
from core.people.birthdays import Birthday
from core.people.credentials import Proof
from core.selling import receipts, refunds, sales
from core.selling.quotes import Basket, BasketLine
from core.selling.sales import CouponProofNeeded, PriceChanged, SaleRequest, Tender
from tests.core.books.test_db import in_thread
from tests.shops import Shop, at


def stock_up(shop: Shop) -> Shop:
    """Tea 18.00, cake 32.00, a haircut 60.00, nuts 39.90 a kilogram, a gift card 50.00."""
    shop.product("tea", 1800)
    shop.product("cake", 3200)
    shop.product("haircut", 6000, kind="service")
    shop.product("nuts", 3990, weighed=True)
    shop.product("gift card", 5000, kind="gift_card")
    return shop


@pytest.fixture
def tea_shop(shop: Shop) -> Shop:
    return stock_up(shop)


@pytest.fixture
def one_tea_shop(one_shop: Shop) -> Shop:
    return stock_up(one_shop)


def holder(shop: Shop, *, valid_days: int = 30, **terms: object) -> int:
    """A member with one coupon."""
    member = shop.member()
    shop.give_coupon(shop.coupon_kind("券", valid_days=valid_days, **terms), member)
    return member


def for_products(shop: Shop, terms: dict[str, object]) -> dict[str, object]:
    """Terms with products by name as they are stored."""
    names = terms.get("product_ids", ())
    return terms | {"product_ids": tuple(shop.products[name] for name in names)}  # type: ignore[attr-defined]


# --- effects -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "nets"),
    [
        ({"effect": "amount", "off_cents": 500}, [3335, 2965]),
        ({"effect": "amount", "off_cents": 9000}, [0, 0]),
        ({"effect": "amount", "off_cents": 9000, "product_ids": ["cake"]}, [3600, 0]),
        ({"effect": "percent", "off_bp": 1000}, [3240, 2880]),
        ({"effect": "percent", "off_bp": 1000, "cap_cents": 300}, [3441, 3059]),
        ({"effect": "percent", "off_bp": 10_000}, [0, 0]),
        ({"effect": "product", "product_ids": ["tea"]}, [1800, 3200]),
        ({"effect": "product", "product_ids": ["tea"], "pieces": 3}, [0, 3200]),
        ({"effect": "product", "product_ids": ["tea", "cake"]}, [3600, 0]),
        ({"effect": "product", "product_ids": ["tea", "cake"], "pieces": 2}, [1800, 0]),
        ({"effect": "product", "product_ids": ["cake"], "cap_cents": 1000}, [3600, 2200]),
        ({"effect": "gift", "product_ids": ["tea"], "threshold_cents": 5000}, [1800, 3200]),
        ({"effect": "gift", "product_ids": ["tea"], "threshold_cents": 5001}, [3600, 3200]),
        ({"effect": "gift", "product_ids": ["tea"], "threshold_pieces": 2}, [1800, 3200]),
        ({"effect": "gift", "product_ids": ["tea"], "threshold_pieces": 3}, [3600, 3200]),
    ],
)
def test_what_a_coupon_takes_off_two_teas_and_a_cake(
    one_tea_shop: Shop, terms: dict[str, object], nets: list[int]
) -> None:
    """36.00 and 32.00, and a gift card that no coupon touches."""
    member = holder(one_tea_shop, **for_products(one_tea_shop, terms))
    quote = one_tea_shop.quote(one_tea_shop.basket(("tea", 2), ("cake", 1), ("gift card", 1), member=member))
    assert [line.net_cents for line in quote.lines] == [*nets, 5000]


def test_a_free_piece_is_sold_and_shown(tea_shop: Shop) -> None:
    member = holder(tea_shop, effect="product", product_ids=(tea_shop.products["tea"],))
    sale = receipts.of(tea_shop.sell(tea_shop.basket(("tea", 2), ("cake", 1), member=member)))
    assert [line.net_cents for line in sale.lines] == [1800, 3200]
    assert (sale.lines[0].discounts, sale.earned_points) == ((("券", 1800),), 50)


@pytest.mark.parametrize(
    ("terms", "nets"),
    [
        ({}, [1800, 0]),
        ({"cap_cents": 2000}, [1800, 4000]),
        ({"product_ids": ["haircut"]}, [1800, 0]),
        ({"product_ids": ["tea"]}, [1800, 6000]),
    ],
)
def test_a_service_coupon_pays_for_services_only(one_tea_shop: Shop, terms: dict[str, object], nets: list[int]) -> None:
    member = holder(one_tea_shop, effect="service", **for_products(one_tea_shop, terms))
    quote = one_tea_shop.quote(one_tea_shop.basket(("tea", 1), ("haircut", 1), member=member))
    assert [line.net_cents for line in quote.lines] == nets


def test_what_is_weighed_is_not_free(one_tea_shop: Shop) -> None:
    member = holder(one_tea_shop, effect="product", product_ids=(one_tea_shop.products["nuts"],))
    assert one_tea_shop.quote(one_tea_shop.basket(("nuts", 1), member=member)).total_cents == 3990


def test_coupons_of_two_kinds_are_used_together_by_id(tea_shop: Shop) -> None:
    """10 % of 68.00, then 5.00 of what is left."""
    member = holder(tea_shop, effect="percent", off_bp=1000)
    tea_shop.give_coupon(tea_shop.coupon_kind("5 off", effect="amount", off_cents=500), member)
    quote = tea_shop.quote(tea_shop.basket(("tea", 2), ("cake", 1), member=member))
    assert [(rule.name, quote.total_cents) for rule in quote.rules] == [("券", 5620), ("5 off", 5620)]


def test_each_reduction_is_recorded_with_its_step(tea_shop: Shop) -> None:
    """2 on the line, 3 for the tier, 4 on the bill, 5 with a coupon, 7 rounded: the steps of a receipt."""
    tea_shop.tier("gold", 2, discount_bp=1000, spend_cents=10**8)
    tea_shop.rule("rounding_cents", 100)
    member = holder(tea_shop, effect="amount", off_cents=111)
    tea_shop.put_in_tier(member, "gold")
    tea_shop.promotion("减2", effect="amount", off_cents=200)
    tea_shop.promotion("减3", effect="reduction", off_cents=300, threshold_cents=300)
    sale = tea_shop.sell(tea_shop.basket(("cake", 1), member=member))
    rows = db.rows("SELECT step, rule_kind, cents FROM sale_discount WHERE sale_id = ? ORDER BY step", (sale,))
    assert rows == [
        (2, "promotion", 200), (3, "tier", 300), (4, "promotion", 300), (5, "coupon", 111), (7, "rounding", 89),
    ]  # fmt: skip


def test_what_a_pass_paid_is_recorded_after_every_step(tea_shop: Shop) -> None:
    """A haircut of 60.00 paid with one of ten uses: step 8, above the rounding's 7."""
    sold, by, now = tea_shop.product("10 cuts", 30_000, kind="pass"), tea_shop.owner, tea_shop.now
    cut = tea_shop.products["haircut"]
    passes.create_kind("10 cuts", sold, uses=10, valid_days=90, service_ids=[cut], by=by, now=now)
    member = tea_shop.member()
    tea_shop.sell(tea_shop.basket(("10 cuts", 1), member=member))
    line = BasketLine(cut, Milli(1000), pass_id=passes.held_by(member, now=now)[0].id)
    sale = tea_shop.sell(Basket(tea_shop.store, (line,), member_id=member))
    rows = db.rows("SELECT step, rule_kind, cents FROM sale_discount WHERE sale_id = ?", (sale,))
    assert rows == [(8, "pass", 6000)]


# --- reasons -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"from_minute": 840}, "from 14:00"),
        ({"from_minute": 1320, "to_minute": 120}, "from 22:00"),
        ({"to_minute": 720}, "until 12:00"),
        ({"weekdays": (5, 6)}, "on other days of the week"),
        ({"days_of_month": (28, 30)}, "on other days of the month"),
        ({"store_ids": (1,)}, "in another store"),
        ({"tier_ids": (1,)}, "for other tiers"),
        ({"first_purchase": True}, "for the first purchase"),
        ({"birthday_month": True}, "in the month of the birthday"),
        ({"threshold_cents": 3001}, "another ¥12.01 needed"),
        ({"threshold_pieces": 3}, "2 more needed"),
        ({"product_ids": (1,)}, "nothing in the basket it is for"),
        ({"effect": "service", "off_cents": 0}, "nothing in the basket it is for"),
        ({"starts_after_days": 2}, "from 2026-05-31 00:00"),
    ],
)
def test_a_coupon_that_does_not_apply_says_why_it_does_not(
    one_tea_shop: Shop, terms: dict[str, object], reason: str
) -> None:
    """It is noon on Friday 29 May 2026; the member bought before."""
    member = holder(one_tea_shop, **({"effect": "amount", "off_cents": 500} | terms))
    basket = one_tea_shop.basket(("tea", 1), member=member)
    one_tea_shop.sell(replace(basket, without=frozenset(one.id for one in held(member))))
    quote = one_tea_shop.quote(basket)
    assert (quote.total_cents, [str(one.reason) for one in quote.not_used]) == (1800, [reason])


def held(member: int) -> list[coupons.Coupon]:
    return coupons.held_by(member, now=at(2026, 5, 29))


def test_a_coupon_left_aside_says_so(tea_shop: Shop) -> None:
    member = holder(tea_shop, effect="amount", off_cents=500)
    coupon = held(member)[0]
    basket = replace(tea_shop.basket(("tea", 1), member=member), without=frozenset({coupon.id}))
    found = tea_shop.quote(basket).not_used
    assert [(one.name, str(one.reason), one.coupon_id, one.code) for one in found] == [
        ("券", "left aside", coupon.id, coupon.code)
    ]
    tea_shop.sell(basket)
    assert held(member) == [coupon]


def test_leaving_one_aside_lets_the_next_of_its_kind_be_used(one_tea_shop: Shop) -> None:
    member = one_tea_shop.member()
    kind = one_tea_shop.coupon_kind("券", effect="amount", off_cents=500)
    first, second = (one_tea_shop.give_coupon(kind, member, occasion=at) for at in (1, 2))
    basket = replace(one_tea_shop.basket(("tea", 1), member=member), without=frozenset({first}))
    assert [rule.coupon_id for rule in one_tea_shop.quote(basket).rules] == [second]


def test_of_two_coupons_that_exclude_each_other_the_lesser_names_the_better(one_tea_shop: Shop) -> None:
    member = holder(one_tea_shop, effect="amount", off_cents=500, group="g")
    one_tea_shop.give_coupon(one_tea_shop.coupon_kind("6 off", effect="amount", off_cents=600, group="g"), member)
    quote = one_tea_shop.quote(one_tea_shop.basket(("tea", 1), member=member))
    assert (quote.total_cents, [str(one.reason) for one in quote.not_used]) == (1200, ["not with 6 off"])


def test_a_coupon_that_would_spoil_a_better_one_is_kept(one_tea_shop: Shop) -> None:
    """10.00 off would bring 64.00 below the 60.00 that 20.00 off asks for."""
    member = holder(one_tea_shop, effect="amount", off_cents=1000)
    better = one_tea_shop.coupon_kind("20 off", effect="amount", off_cents=2000, threshold_cents=6000)
    one_tea_shop.give_coupon(better, member)
    quote = one_tea_shop.quote(one_tea_shop.basket(("cake", 2), member=member))
    assert (quote.total_cents, [str(one.reason) for one in quote.not_used]) == (
        4400,
        ["the price is better without it"],
    )


@pytest.mark.parametrize(("barred", "cents"), [("promotion", 1000), ("tier", 1000), ("plan", 820), ("sale", 1000)])
def test_a_coupon_may_not_stand_beside_a_kind_of_rule_or_a_group(one_tea_shop: Shop, barred: str, cents: int) -> None:
    """A pot at 20.00: 2.00 off by a promotion of the group 'sale', then 10 % as gold, then 8.00 with the coupon."""
    one_tea_shop.product("pot", 2000)
    one_tea_shop.tier("gold", 2, discount_bp=1000)
    one_tea_shop.promotion("sale", effect="amount", off_cents=200, group="sale")
    member = holder(one_tea_shop, effect="amount", off_cents=800, not_with=(barred,))
    one_tea_shop.put_in_tier(member, "gold")
    assert one_tea_shop.quote(one_tea_shop.basket(("pot", 1), member=member)).total_cents == cents


def test_a_birthday_coupon_holds_in_the_month_of_the_birthday(one_tea_shop: Shop) -> None:
    kind = one_tea_shop.coupon_kind("生日", effect="amount", off_cents=500, birthday_month=True)
    totals = []
    for month in (5, 6):
        member = one_tea_shop.member(birthday=Birthday("solar", month, 1))
        one_tea_shop.give_coupon(kind, member)
        totals.append(one_tea_shop.quote(one_tea_shop.basket(("tea", 1), member=member)).total_cents)
    assert totals == [1300, 1800]


def test_a_coupon_of_a_tier_waits_until_its_member_holds_it(tea_shop: Shop) -> None:
    gold = tea_shop.tier("gold", 2)
    member = holder(tea_shop, effect="amount", off_cents=500, tier_ids=(gold,))
    basket = tea_shop.basket(("tea", 1), member=member)
    before = tea_shop.quote(basket).total_cents
    tea_shop.put_in_tier(member, "gold")
    assert (before, tea_shop.quote(basket).total_cents) == (1800, 1300)


# --- several uses ------------------------------------------------------------------------------------------


def left(member: int) -> list[tuple[str, int]]:
    return db.rows("SELECT state, uses - used FROM coupon WHERE member_id = ? ORDER BY id", (member,))


def give_back(shop: Shop, sale: int, pieces: int, *, now: int | None = None) -> None:
    back = (refunds.ReturnLine(receipts.of(sale).lines[0].id, pieces * 1000),)
    refunds.refund(sale, back, by=shop.owner, now=Millis(now or shop.now))


def test_a_coupon_of_three_uses_pays_three_sales(tea_shop: Shop) -> None:
    member = holder(tea_shop, effect="amount", off_cents=500, uses=3)
    basket = tea_shop.basket(("tea", 1), member=member)
    found = [(receipts.of(tea_shop.sell(basket)).total_cents, *left(member)) for _ in range(4)]
    assert found == [(1300, ("issued", 2)), (1300, ("issued", 1)), (1300, ("used", 0)), (1800, ("used", 0))]


def test_a_use_comes_back_with_the_whole_sale_and_no_sooner(tea_shop: Shop) -> None:
    member = holder(tea_shop, effect="amount", off_cents=500, uses=2)
    basket = tea_shop.basket(("tea", 2), member=member)
    first, _second = tea_shop.sell(basket), tea_shop.sell(basket)
    seen = [left(member)]
    for _ in range(2):
        give_back(tea_shop, first, 1)
        seen.append(left(member))
    assert seen == [[("used", 0)], [("used", 0)], [("issued", 1)]]
    assert receipts.of(tea_shop.sell(basket)).total_cents == 3100


def test_a_use_of_a_coupon_that_lapsed_meanwhile_stays_used(one_tea_shop: Shop) -> None:
    member = holder(one_tea_shop, effect="amount", off_cents=500, uses=2, valid_days=7)
    sale = one_tea_shop.sell(one_tea_shop.basket(("tea", 1), member=member))
    give_back(one_tea_shop, sale, 1, now=one_tea_shop.now + 9 * DAY)
    assert left(member) == [("issued", 1)]
    assert coupons.lapse_due(now=Millis(one_tea_shop.now + 9 * DAY)) == 1


def at_once(verbs: list) -> list[object]:
    """What each of several verbs gives or raises when all begin together."""
    given: list[object] = []
    threads = [threading.Thread(target=lambda verb=verb: given.extend(in_thread(verb))) for verb in verbs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return given


def request(shop: Shop, basket: Basket, cents: int, proof: Proof | None = None) -> SaleRequest:
    return SaleRequest(basket, (Tender("cash", cents),), cents, proof=proof)


def test_five_sales_at_once_use_a_coupon_of_three_uses_three_times(tea_shop: Shop) -> None:
    member = holder(tea_shop, effect="amount", off_cents=500, uses=3)
    asked = request(tea_shop, tea_shop.basket(("tea", 1), member=member), 1300)
    given = at_once([lambda: sales.post(asked, by=tea_shop.owner, now=tea_shop.now)] * 5)
    assert sorted(type(one).__name__ for one in given) == ["PriceChanged"] * 2 + ["int"] * 3
    assert left(member) == [("used", 0)]


def test_a_coupon_read_before_it_was_used_up_is_gone(one_tea_shop: Shop) -> None:
    member = holder(one_tea_shop, effect="amount", off_cents=500)
    coupon = held(member)[0]
    one_tea_shop.sell(one_tea_shop.basket(("tea", 1), member=member))

    @db.atomic
    def use_again() -> None:
        coupons.use(coupon, 1, now=one_tea_shop.now)

    with pytest.raises(CouponGone):
        use_again()


# --- from one member to another ----------------------------------------------------------------------------


def pass_on(shop: Shop, code: str, to: int, *, days: int = 0) -> None:
    coupons.transfer(code, to, by=shop.owner, now=Millis(shop.now + days * DAY))


def test_a_coupon_that_may_be_passed_on_changes_its_member(tea_shop: Shop) -> None:
    member, friend = holder(tea_shop, effect="amount", off_cents=500, uses=2, transferable=True), tea_shop.member()
    tea_shop.sell(tea_shop.basket(("tea", 1), member=member))
    pass_on(tea_shop, held(member)[0].code, friend)
    totals = [tea_shop.quote(tea_shop.basket(("tea", 1), member=one)).total_cents for one in (member, friend)]
    assert (totals, left(member), left(friend)) == ([1800, 1300], [], [("issued", 1)])
    assert db.value("SELECT count(*) FROM audit WHERE action = 'coupon.transferred'") == 1


def test_a_coupon_that_may_not_be_passed_on_stays(tea_shop: Shop) -> None:
    member, friend = holder(tea_shop, effect="amount", off_cents=500), tea_shop.member()
    with pytest.raises(CouponNotTransferable, match="券"):
        pass_on(tea_shop, held(member)[0].code, friend)
    assert (len(held(member)), held(friend)) == (1, [])


def test_a_coupon_that_was_used_or_has_lapsed_is_not_passed_on(one_tea_shop: Shop) -> None:
    friend = one_tea_shop.member()
    member = holder(one_tea_shop, effect="amount", off_cents=500, transferable=True, valid_days=7)
    code = held(member)[0].code
    with pytest.raises(CouponGone):
        pass_on(one_tea_shop, code, friend, days=9)
    one_tea_shop.sell(one_tea_shop.basket(("tea", 1), member=member))
    with pytest.raises(CouponGone):
        pass_on(one_tea_shop, code, friend)


def test_a_coupon_goes_to_members_who_may_act(one_tea_shop: Shop) -> None:
    member, friend = holder(one_tea_shop, effect="amount", off_cents=500, transferable=True), one_tea_shop.member()
    code = held(member)[0].code
    members.set_state(friend, "blocked", by=one_tea_shop.owner, now=one_tea_shop.now)
    refusals: list[tuple[str, int, type[RegularsError]]] = [
        (code, friend, MemberBlocked),
        (code, 1, MemberUnknown),
        ("K1.00000000000", member, CouponUnknown),
    ]
    for given, to, error in refusals:
        with pytest.raises(error):
            pass_on(one_tea_shop, given, to)
    nobody = replace(one_tea_shop.owner, rights=frozenset())
    with pytest.raises(NotAllowed):
        coupons.transfer(code, member, by=nobody, now=one_tea_shop.now)


def test_a_coupon_passed_on_while_it_is_used_does_one_of_both(tea_shop: Shop) -> None:
    member, friend = holder(tea_shop, effect="amount", off_cents=500, transferable=True), tea_shop.member()
    code = held(member)[0].code
    asked = request(tea_shop, tea_shop.basket(("tea", 1), member=member), 1300)
    given = at_once(
        [lambda: sales.post(asked, by=tea_shop.owner, now=tea_shop.now), lambda: pass_on(tea_shop, code, friend)]
    )
    refused = [type(one) for one in given if isinstance(one, RegularsError)]
    assert (refused, left(member), left(friend)) in (
        ([CouponGone], [("used", 0)], []),
        ([PriceChanged], [], [("issued", 1)]),
    )


# --- kinds -------------------------------------------------------------------------------------------------


def test_a_coupon_may_begin_some_days_after_it_was_given(tea_shop: Shop) -> None:
    """Given on 29 May, from 31 May through 7 June."""
    member = holder(tea_shop, effect="amount", off_cents=500, starts_after_days=2, valid_days=7)
    times = (at(2026, 5, 30, 23), at(2026, 5, 31, 0), at(2026, 6, 7, 23), at(2026, 6, 8, 0))
    basket = tea_shop.basket(("tea", 1), member=member)
    assert [tea_shop.quote(basket, now=time).total_cents for time in times] == [1800, 1300, 1300, 1800]


def test_a_retired_kind_is_given_no_more_but_stays_good(tea_shop: Shop) -> None:
    member, friend = holder(tea_shop, effect="amount", off_cents=500), tea_shop.member()
    kind = coupons.kinds()[0].id
    coupons.retire_kind(kind, by=tea_shop.owner, now=tea_shop.now)
    issue = db.atomic(lambda: coupons.issue(kind, friend, ref_kind="test", ref_id=1, now=tea_shop.now))
    assert (issue(), coupons.kinds()) == (None, [])
    assert [one.active for one in coupons.kinds(only_active=False)] == [False]
    assert tea_shop.quote(tea_shop.basket(("tea", 1), member=member)).total_cents == 1300
    with pytest.raises(CouponUnknown):
        coupons.retire_kind(kind, by=tea_shop.owner, now=tea_shop.now)


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"effect": "amount", "off_cents": 0}, "effect"),
        ({"effect": "percent", "off_cents": 0}, "effect"),
        ({"effect": "amount", "off_bp": 100}, "effect"),
        ({"effect": "product", "product_ids": (1,)}, "effect"),
        ({"effect": "percent", "off_cents": 0, "off_bp": 10_001}, "off_bp"),
        ({"cap_cents": -1}, "threshold_cents"),
        ({"threshold_cents": -1}, "threshold_cents"),
        ({"threshold_pieces": -1}, "threshold_cents"),
        ({"starts_after_days": -1}, "threshold_cents"),
        ({"effect": "product", "off_cents": 0}, "product_ids"),
        ({"effect": "gift", "off_cents": 0, "threshold_cents": 5}, "product_ids"),
        ({"pieces": 0}, "pieces"),
        ({"uses": 0}, "uses"),
        ({"weekdays": (7,)}, "weekdays"),
        ({}, "valid_days"),
    ],
)
def test_terms_of_a_coupon_that_cannot_be_right_are_refused_by_field(terms: dict[str, object], field: str) -> None:
    given = Terms(**({"effect": "amount", "off_cents": 500} | terms))  # type: ignore[arg-type]
    with pytest.raises(CouponTermsInvalid) as refused:
        coupons.check("odd", given, valid_days=0)
    assert refused.value.facts["field"] == field


@pytest.mark.parametrize(
    "terms",
    [
        {"effect": "amount", "off_cents": 1},
        {"effect": "percent", "off_bp": 10_000, "cap_cents": 1},
        {"effect": "service"},
        {"effect": "product", "category_ids": (1,)},
        {"effect": "gift", "product_ids": (1,), "threshold_cents": 5, "uses": 1, "pieces": 1},
    ],
)
def test_terms_of_a_coupon_at_the_edge_are_good(terms: dict[str, object]) -> None:
    coupons.check("fine", Terms(**terms), valid_days=1)  # type: ignore[arg-type]


# --- proof -------------------------------------------------------------------------------------------------


def test_a_shop_may_ask_for_a_proof_before_it_takes_a_coupon(tea_shop: Shop) -> None:
    tea_shop.rule("coupon_proof", 1)
    member = holder(tea_shop, effect="amount", off_cents=500)
    basket = tea_shop.basket(("tea", 1), member=member)
    for proof in (None, tea_shop.proof(tea_shop.member())):
        with pytest.raises(CouponProofNeeded):
            sales.post(request(tea_shop, basket, 1300, proof), by=tea_shop.owner, now=tea_shop.now)
    card = Proof(member, "card", tea_shop.now)
    sale = sales.post(request(tea_shop, basket, 1300, card), by=tea_shop.owner, now=tea_shop.now)
    assert receipts.of(sale).total_cents == 1300


def test_without_the_coupon_no_proof_is_asked_for(one_tea_shop: Shop) -> None:
    one_tea_shop.rule("coupon_proof", 1)
    member = holder(one_tea_shop, effect="amount", off_cents=500)
    basket = one_tea_shop.basket(("tea", 1), member=member)
    aside = replace(basket, without=frozenset({held(member)[0].id}))
    assert sales.post(request(one_tea_shop, aside, 1800), by=one_tea_shop.owner, now=one_tea_shop.now)


def test_a_shop_that_asks_for_no_proof_takes_the_word_for_it(one_tea_shop: Shop) -> None:
    member = holder(one_tea_shop, effect="amount", off_cents=500)
    basket = one_tea_shop.basket(("tea", 1), member=member)
    sale = sales.post(request(one_tea_shop, basket, 1300), by=one_tea_shop.owner, now=one_tea_shop.now)
    assert receipts.of(sale).total_cents == 1300
