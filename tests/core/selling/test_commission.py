"""Commission: shares that add up, rules of the sale's day, refunds in the month they are made; worked examples."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base import db, money
from core.base.access import Actor
from core.base.clock import DAY, Millis
from core.base.errors import NotAllowed
from core.base.money import Milli
from core.people import accounts, staff
from core.people.accounts import Account
from core.selling import commission, earnings, parking, receipts, refunds, reversals, statements
from core.selling.commission import CommissionInvalid, CommissionPast, CommissionUnknown
from core.selling.earnings import CommissionTerms, Sold, Version
from core.selling.quotes import Basket, BasketInvalid, BasketLine
from core.selling.refunds import ReturnLine
from tests.shops import Shop, at

TODAY, MAY, JUNE = date(2026, 5, 29), date(2026, 5, 1), date(2026, 6, 1)


def hire(shop: Shop, login: str, role: str = "clerk") -> Actor:
    return staff.actor_of(staff.create(login, login, role, password="correct horse", by=shop.owner, now=shop.now))


def rule(shop: Shop, name: str, *, from_day: date = TODAY, **terms: object) -> int:
    given = CommissionTerms(**terms)  # type: ignore[arg-type]
    return commission.create(name, given, from_day=from_day, by=shop.owner, now=shop.now)


def sold(shop: Shop, product: str, pieces: int, *served: tuple[int, int], now: Millis | None = None) -> int:
    line = BasketLine(shop.products[product], Milli(pieces * 1000), served_by=served)
    return shop.sell(Basket(shop.store, (line,)), now=now)


def earned(shop: Shop, who: Actor, month: date = MAY) -> list[tuple[str, int, int]]:
    found = statements.statement(who.id, month, by=shop.owner, now=shop.now)
    return [(one.rule.name, one.base_cents, one.cents) for one in found]


def give_back(shop: Shop, sale: int, pieces: int, now: Millis) -> None:
    back = ReturnLine(receipts.of(sale).lines[0].id, Milli(pieces * 1000))
    refunds.refund(sale, (back,), by=shop.owner, now=now)


# --- worked examples -------------------------------------------------------------------------------


def test_three_percent_of_what_a_line_brought(shop: Shop) -> None:
    """Tea 18.00 × 3 = 54.00 at 3 % is 1.62, for who rang it up."""
    shop.product("tea", 1800)
    rule(shop, "3 %", rate_bp=300)
    sold(shop, "tea", 3)
    assert earned(shop, shop.owner) == [("3 %", 5400, 162)]


def test_two_share_a_line_to_the_cent(shop: Shop) -> None:
    """54.05 at 5 % is 2.70 (2.7025); 60 : 40 is 1.62 and 1.08; the parts of the line are 32.43 and 21.62."""
    shop.product("box", 5405)
    ann, bob = hire(shop, "ann"), hire(shop, "bob")
    rule(shop, "5 %", rate_bp=500)
    sold(shop, "box", 1, (ann.id, 6000), (bob.id, 4000))
    assert earned(shop, ann) == [("5 %", 3243, 162)]
    assert earned(shop, bob) == [("5 %", 2162, 108)]
    assert earned(shop, shop.owner) == []
    assert db.value("SELECT staff_id FROM sale_line") == ann.id


def test_three_share_an_amount_each(shop: Shop) -> None:
    """1.00 for each of 2 pieces is 2.00, a third each: 0.67, 0.67 and 0.66."""
    shop.product("facial", 30_000, kind="service")
    people = [hire(shop, name) for name in ("ann", "bob", "cat")]
    rule(shop, "1.00 each", kinds=("service",), each_cents=100)
    sold(shop, "facial", 2, *earnings.even([one.id for one in people]))
    assert [earned(shop, one)[0][2] for one in people] == [67, 67, 66]


def test_a_return_takes_back_in_its_own_month(shop: Shop) -> None:
    """3 × 18.00 at 3.5 % is 1.89; one piece back in June takes 0.63, the other two 1.26."""
    shop.product("tea", 1800)
    rule(shop, "3.5 %", rate_bp=350)
    sale = sold(shop, "tea", 3)
    june = at(2026, 6, 2)
    give_back(shop, sale, 1, june)
    assert earned(shop, shop.owner) == [("3.5 %", 5400, 189)]
    assert earned(shop, shop.owner, JUNE) == [("3.5 %", -1800, -63)]
    give_back(shop, sale, 2, Millis(june + DAY))
    assert sum(cents for _, _, cents in earned(shop, shop.owner, JUNE)) == -189


def test_a_top_up_paid_back_in_part_takes_that_part(shop: Shop) -> None:
    """500.00 at 2 % is 10.00; after 182.00 were spent 318.00 come back, and 6.36 of it."""
    shop.product("tea", 18_200)
    member = shop.member("13800138000")
    rule(shop, "top-ups", kinds=("top_up",), rate_bp=200)
    sale = shop.top_up(member, 50_000)
    shop.sell(shop.basket(("tea", 1), member=member), ("wallet", 18_200))
    assert earned(shop, shop.owner) == [("top-ups", 50_000, 1000)]
    reversals.reverse_top_up(sale, by=shop.owner, now=Millis(shop.now + DAY))
    assert [cents for _, _, cents in earned(shop, shop.owner)] == [1000, -636]


# --- which rule ------------------------------------------------------------------------------------


def test_the_rule_in_force_on_the_day_of_the_sale_counts(shop: Shop) -> None:
    shop.product("tea", 10_000)
    one = rule(shop, "tea", rate_bp=100)
    terms = CommissionTerms(rate_bp=300)
    commission.change(one, terms, from_day=TODAY + timedelta(days=1), by=shop.owner, now=shop.now)
    first = sold(shop, "tea", 1)
    sold(shop, "tea", 1, now=Millis(shop.now + DAY))
    commission.end(one, TODAY + timedelta(days=1), by=shop.owner, now=Millis(shop.now + DAY))
    sold(shop, "tea", 1, now=Millis(shop.now + 2 * DAY))
    give_back(shop, first, 1, Millis(shop.now + 2 * DAY))
    assert [cents for _, _, cents in earned(shop, shop.owner)] == [100, 300, -100]


def test_the_role_at_the_sale_counts(shop: Shop) -> None:
    shop.product("tea", 10_000)
    ann = hire(shop, "ann")
    rule(shop, "clerks", role="clerk", rate_bp=100)
    sold(shop, "tea", 1, (ann.id, 10_000))
    later = Millis(shop.now + DAY)
    accounts.change(ann.id, Account("ann", "manager"), by=shop.owner, now=later)
    sold(shop, "tea", 1, (ann.id, 10_000), now=Millis(later + 1))
    assert earned(shop, ann) == [("clerks", 10_000, 100)]


def version(id: int, **terms: object) -> Version:
    return Version(id, id, 1, str(id), CommissionTerms(**terms), TODAY, None)  # type: ignore[arg-type]


def test_the_narrowest_rule_counts_alone() -> None:
    line = Sold(1, TODAY, "goods", 7, 5, 1000, 10_000, ((1, 10_000),))
    rules = [version(1, rate_bp=1), version(2, kinds=("goods",), rate_bp=1), version(3, category_id=5, rate_bp=1),
             version(4, product_id=7, rate_bp=1), version(5, product_id=7, role="clerk", rate_bp=1),
             version(6, product_id=7, staff_id=1, rate_bp=1), version(7, product_id=8, rate_bp=1)]  # fmt: skip
    order = []
    while (found := earnings.choose(rules, line, 1, "clerk")) is not None:
        order.append(found.id)
        rules.remove(found)
    assert order == [6, 5, 4, 3, 2, 1]


def test_terms_that_cannot_be_are_refused(shop: Shop) -> None:
    ann = hire(shop, "ann")
    for terms in ({}, {"rate_bp": 1, "each_cents": 1}, {"rate_bp": 10_001}, {"rate_bp": 1, "kinds": ("tea",)},
                  {"rate_bp": 1, "product_id": 7}, {"rate_bp": 1, "product_id": 7, "category_id": 7},
                  {"rate_bp": 1, "role": "clerk", "staff_id": ann.id}):  # fmt: skip
        with pytest.raises(CommissionInvalid):
            rule(shop, "wrong", **terms)  # type: ignore[arg-type]
    with pytest.raises(CommissionPast):
        rule(shop, "late", from_day=TODAY - timedelta(days=1), rate_bp=100)
    with pytest.raises(CommissionUnknown):
        commission.end(7, TODAY, by=shop.owner, now=shop.now)
    with pytest.raises(NotAllowed):
        commission.listing(by=ann, now=shop.now)


def test_a_rule_taken_back_today_never_counted(shop: Shop) -> None:
    shop.product("tea", 10_000)
    one = rule(shop, "mistake", rate_bp=9000)
    sold(shop, "tea", 1)
    commission.end(one, TODAY - timedelta(days=1), by=shop.owner, now=shop.now)
    assert earned(shop, shop.owner) == []
    assert [row.ended for row in commission.listing(by=shop.owner, now=shop.now)] == [True]


def test_a_clerk_sees_their_own_statement_only(shop: Shop) -> None:
    ann, bob = hire(shop, "ann"), hire(shop, "bob")
    assert statements.statement(ann.id, MAY, by=ann, now=shop.now) == []
    with pytest.raises(NotAllowed):
        statements.statement(bob.id, MAY, by=ann, now=shop.now)


def test_shares_make_a_hundred_percent_and_are_parked_too(shop: Shop) -> None:
    shop.product("tea", 1800)
    ann, bob = hire(shop, "ann"), hire(shop, "bob")
    for shares in (
        ((ann.id, 9999),),
        ((ann.id, 5000), (ann.id, 5000)),
        ((7, 10_000),),
        ((ann.id, 0), (bob.id, 10_000)),
    ):
        with pytest.raises(BasketInvalid):
            sold(shop, "tea", 1, *shares)
    line = BasketLine(shop.products["tea"], Milli(1000), served_by=((ann.id, 5000), (bob.id, 5000)))
    basket = Basket(shop.store, (line,))
    parked = parking.park(basket, "", by=shop.owner, now=shop.now)
    assert parking.recall(parked, by=shop.owner, now=shop.now) == basket


# --- properties ------------------------------------------------------------------------------------


@given(
    net=st.integers(0, 10**7),
    rate=st.integers(0, 10_000),
    weights=st.lists(st.integers(1, 50), min_size=1, max_size=5),
)
def test_parts_add_up_exactly(net: int, rate: int, weights: list[int]) -> None:
    shares = [share for share in money.shares(10_000, weights) if share]
    line = Sold(1, TODAY, "goods", 1, None, 1000, net, tuple(enumerate(shares)))
    total = earnings.of_line(CommissionTerms(rate_bp=rate), line)
    assert sum(earnings.part_of(total, line.servers, who) for who, _ in line.servers) == total
    assert sum(share for _, share in earnings.even(range(len(weights)))) == 10_000


@given(
    earned_cents=st.integers(0, 10**6),
    parts=st.lists(st.tuples(st.integers(1, 5000), st.integers(0, 10**6)), min_size=1, max_size=8),
    kind=st.sampled_from(earnings.KINDS),
)
def test_returns_in_any_order_come_back_to_nothing(earned_cents: int, parts: list[tuple[int, int]], kind: str) -> None:
    quantity, net = (sum(one[at] for one in parts) for at in (0, 1))
    line = Sold(1, TODAY, kind, 1, None, quantity, net, ((1, 10_000),))
    left, before = earned_cents, (0, 0)
    for back in parts:
        left -= earnings.taken_back(earned_cents, line, before, back)
        before = before[0] + back[0], before[1] + back[1]
        assert left >= 0
    assert left == 0
