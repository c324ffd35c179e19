"""Reversed top-ups: paid back in the money they were bought with, once, within the approver's limit."""

import pytest

from core.base import db
from core.base.clock import Millis
from core.base.errors import NotAllowed
from core.base.money import Milli
from core.books.requests import KeyReused
from core.loyalty import points, topups, wallet
from core.loyalty.topups import TopUpTerms
from core.people import members
from core.selling import reversals
from core.selling.quotes import Basket, BasketLine
from core.selling.refunds import How
from core.selling.reversals import NothingToReverse
from core.selling.sales import ApprovalNeeded
from tests.counter import DAY, give_back, hired, other_store, paid_back, rows_of, stored, unsound
from tests.shops import Shop


@pytest.fixture
def topped_up(shop: Shop) -> tuple[Shop, int, int]:
    """A shop selling tea for 10.00 and 充100送10 for a member."""
    shop.product("tea", 1000)
    topups.set_rule(10_000, TopUpTerms(bonus_cents=1000, bonus_days=30), by=shop.owner, now=shop.now)
    member = shop.member()
    return shop, member, shop.top_up(member, 10_000)


def reverse(shop: Shop, sale: int, how: How = How(), *, key: str | None = None) -> int:  # noqa: B008
    return reversals.reverse_top_up(sale, how, by=shop.owner, now=shop.now, key=key)


def test_a_reversed_top_up_is_paid_in_money_even_if_asked_to_stay_stored(topped_up: tuple[Shop, int, int]) -> None:
    shop, member, sale = topped_up
    refund = reverse(shop, sale, How(to_wallet=True))
    assert (paid_back(refund), stored(shop, member)) == ({"cash": 10_000}, (0, 0))
    assert db.rows("SELECT paid_as FROM refund_tender WHERE refund_id = ?", (refund,)) == [("cash",)]


def test_a_coupon_comes_back_when_the_top_up_was_the_last_of_its_sale(topped_up: tuple[Shop, int, int]) -> None:
    shop, member, _ = topped_up
    coupon = shop.give_coupon(shop.coupon_kind("5", effect="amount", off_cents=500), member)
    top_up = BasketLine(shop.products["top-up"], Milli(1000), unit_cents=10_000)
    sale = shop.sell(Basket(shop.store, (*shop.basket(("tea", 1)).lines, top_up), member))
    give_back(shop, sale, 1)
    assert db.value("SELECT state FROM coupon WHERE id = ?", (coupon,)) == "used"
    assert paid_back(reverse(shop, sale)) == {"cash": 10_000}
    assert (db.value("SELECT state FROM coupon WHERE id = ?", (coupon,)), unsound(shop)) == ("issued", [])


def test_the_bonus_a_top_up_gave_lapses_with_it(topped_up: tuple[Shop, int, int]) -> None:
    shop, member, sale = topped_up
    shop.sell(shop.basket(("tea", 1), member=member), ("wallet", 1000))
    assert paid_back(reverse(shop, sale)) == {"cash": 9000}
    assert (stored(shop, member), unsound(shop)) == ((0, 0), [])


def test_expired_bonus_takes_nothing_off_what_is_paid(topped_up: tuple[Shop, int, int]) -> None:
    shop, member, sale = topped_up
    shop.now = Millis(shop.now + 40 * DAY)
    assert paid_back(reverse(shop, sale)) == {"cash": 10_000}
    points.expire(member, by=shop.owner, now=shop.now)
    assert (stored(shop, member), unsound(shop)) == ((0, 0), [])


def test_a_top_up_is_reversed_once(topped_up: tuple[Shop, int, int]) -> None:
    shop, _, sale = topped_up
    assert reverse(shop, sale, key="k") == reverse(shop, sale, key="k")
    with pytest.raises(NothingToReverse):
        reverse(shop, sale)
    with pytest.raises(KeyReused):
        reverse(shop, shop.top_up(shop.member(), 500), key="k")


def test_a_sale_without_a_top_up_has_nothing_to_reverse(topped_up: tuple[Shop, int, int]) -> None:
    shop, member, _ = topped_up
    with pytest.raises(NothingToReverse):
        reverse(shop, shop.sell(shop.basket(("tea", 1), member=member)))


def test_more_bonus_used_than_principal_left_pays_nothing(topped_up: tuple[Shop, int, int]) -> None:
    shop, member, sale = topped_up
    shop.sell(shop.basket(("tea", 11), member=member), ("wallet", 10_900), ("cash", 100))
    before = rows_of("refund", "entry")
    with pytest.raises(wallet.TopUpSpent):
        reverse(shop, sale)
    assert rows_of("refund", "entry") == before


def test_the_top_up_of_a_blocked_member_is_paid_back(topped_up: tuple[Shop, int, int]) -> None:
    shop, member, sale = topped_up
    members.set_state(member, "blocked", by=shop.owner, now=shop.now)
    assert paid_back(reverse(shop, sale)) == {"cash": 10_000}


def test_a_clerk_needs_an_approval_above_the_limit(topped_up: tuple[Shop, int, int]) -> None:
    shop, _, sale = topped_up
    shop.rule("refund_limit_cents", 9999)
    clerk, manager = hired(shop, "clerk"), hired(shop, "manager")
    for approver in (None, hired(shop, "manager", store=other_store(shop))):
        with pytest.raises(ApprovalNeeded):
            reversals.reverse_top_up(sale, How(approved_by=approver), by=clerk, now=shop.now)
    reversals.reverse_top_up(sale, How(approved_by=manager), by=clerk, now=shop.now)


def test_staff_of_another_store_reverse_nothing(topped_up: tuple[Shop, int, int]) -> None:
    shop, _, sale = topped_up
    with pytest.raises(NotAllowed):
        reversals.reverse_top_up(sale, by=hired(shop, "manager", store=other_store(shop)), now=shop.now)
