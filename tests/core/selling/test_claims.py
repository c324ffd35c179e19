"""Claims 补积分: the points of a receipt become a member's, once, within the shop's days."""

from dataclasses import replace

import pytest

from core.base import db
from core.base.access import Actor
from core.base.clock import Millis
from core.base.errors import NotAllowed
from core.books import stats
from core.books.locks import MemberBlocked, MemberUnknown
from core.loyalty import tiers
from core.people import credentials, members
from core.selling import claims, receipts, reversals
from tests.counter import DAY, give_back, hired, points_of, unsound
from tests.shops import NOON, Shop, at


@pytest.fixture
def tea_shop(shop: Shop) -> Shop:
    shop.product("tea", 1000)
    return shop


@pytest.fixture
def one_tea_shop(one_shop: Shop) -> Shop:
    one_shop.product("tea", 1000)
    return one_shop


def sold(shop: Shop, pieces: int = 3, *, now: Millis | None = None) -> int:
    """Teas for 10.00 each, sold to nobody."""
    return shop.sell(shop.basket(("tea", pieces)), now=now)


def claim(shop: Shop, sale: int, member: int, *, by: Actor | None = None, now: Millis | None = None) -> int:
    return claims.claim(claims.code_of(sale), member, by=by or shop.owner, now=now or shop.now)


# --- codes -------------------------------------------------------------------------------------------


def test_a_code_leads_to_its_sale(one_tea_shop: Shop) -> None:
    sale = sold(one_tea_shop)
    assert claims.sale_of(claims.code_of(sale)) == sale


def test_a_code_is_read_as_it_is_typed(one_tea_shop: Shop) -> None:
    sale = sold(one_tea_shop)
    assert claims.sale_of(f"  {claims.code_of(sale).lower()} ") == sale
    assert claims.sale_of(claims.link_of(sale, "https://vip.example.cn")) == sale
    assert claims.sale_of(claims.link_of(sale, "https://vip.example.cn").upper()) == sale


@pytest.mark.parametrize(
    "forge",
    [
        lambda code: "",
        lambda code: code[:-1],
        lambda code: code + "0",
        lambda code: code[:-1] + ("0" if code[-1] != "0" else "1"),
        lambda code: "S2" + code[2:],
        lambda code: "S1." + code[3:].replace(".", "1.", 1),
        lambda code: code.replace(".", "-"),
        lambda code: "S1..0000000000",
        lambda code: "S1.UUUU.0000000000",
        lambda code: "S1." + "1" * 40 + ".0000000000",
        lambda code: code[:-1] + "é",
        lambda code: "S1.１２.0000000000",
        lambda code: "https://example.com/" + code,
    ],
)
def test_a_forged_code_is_none(one_tea_shop: Shop, forge) -> None:
    code = claims.code_of(sold(one_tea_shop))
    with pytest.raises(claims.ReceiptUnknown):
        claims.claim(forge(code), one_tea_shop.member(), by=one_tea_shop.owner, now=one_tea_shop.now)


def test_a_code_of_a_sale_that_is_not_there_is_none(one_tea_shop: Shop) -> None:
    with pytest.raises(claims.ReceiptUnknown):
        claim(one_tea_shop, 2**40, one_tea_shop.member())


# --- once, in time -----------------------------------------------------------------------------------


def test_a_claimed_receipt_gives_its_points(tea_shop: Shop) -> None:
    member = tea_shop.member()
    assert claim(tea_shop, sold(tea_shop), member) == 30
    assert (points_of(member), unsound(tea_shop)) == (30, [])


def test_a_claim_names_member_and_points_on_the_receipt(tea_shop: Shop) -> None:
    member, sale = tea_shop.member(), sold(tea_shop)
    claim(tea_shop, sale, member)
    assert (receipts.of(sale).member_id, receipts.of(sale).earned_points) == (member, 30)
    assert db.value("SELECT claimed_at FROM sale WHERE id = ?", (sale,)) == tea_shop.now


def test_a_receipt_is_claimed_once(tea_shop: Shop) -> None:
    first, second, sale = tea_shop.member(), tea_shop.member(), sold(tea_shop)
    claim(tea_shop, sale, first)
    for member in (first, second):
        with pytest.raises(claims.ClaimedBefore):
            claim(tea_shop, sale, member)
    assert (points_of(first), points_of(second)) == (30, 0)


def test_a_sale_to_a_member_has_nothing_to_claim(one_tea_shop: Shop) -> None:
    sale = one_tea_shop.sell(one_tea_shop.basket(("tea", 1), member=one_tea_shop.member()))
    with pytest.raises(claims.ClaimedBefore):
        claim(one_tea_shop, sale, one_tea_shop.member())


def test_a_claim_holds_through_the_last_of_the_shops_days(tea_shop: Shop) -> None:
    """Sold on 29 May with 30 days: the 28th of June is the last."""
    sale, member = sold(tea_shop), tea_shop.member()
    with pytest.raises(claims.ClaimTooLate, match="30 days"):
        claim(tea_shop, sale, member, now=at(2026, 6, 29, 0))
    assert claim(tea_shop, sale, member, now=Millis(at(2026, 6, 29, 0) - 1)) == 30


def test_a_shop_without_days_allows_no_claim(tea_shop: Shop) -> None:
    tea_shop.rule("claim_days", 0)
    sale = sold(tea_shop)
    with pytest.raises(claims.ClaimTooLate):
        claim(tea_shop, sale, tea_shop.member())


# --- how many ----------------------------------------------------------------------------------------


def test_the_points_are_those_of_the_sale_not_of_today(tea_shop: Shop) -> None:
    double = tea_shop.promotion("double", effect="points", points_bp=20_000)
    sale = sold(tea_shop)
    from core.selling import promotions

    promotions.end(double, by=tea_shop.owner, now=tea_shop.now)
    tea_shop.rule("cents_per_point", 500)
    assert claim(tea_shop, sale, tea_shop.member()) == 60


def test_a_claim_gives_the_points_of_the_lowest_tier(tea_shop: Shop) -> None:
    tea_shop.tier("gold", 2, multiplier_bp=20_000)
    assert claim(tea_shop, sold(tea_shop), tea_shop.member(tier="gold")) == 30


def test_what_came_back_before_is_not_claimed(tea_shop: Shop) -> None:
    sale, member = sold(tea_shop), tea_shop.member()
    give_back(tea_shop, sale, 1)
    assert claim(tea_shop, sale, member) == 20
    assert stats.of(member).net_spend_cents == 2000


def test_a_receipt_of_which_all_came_back_gives_nothing(tea_shop: Shop) -> None:
    sale, member = sold(tea_shop), tea_shop.member()
    give_back(tea_shop, sale)
    assert claim(tea_shop, sale, member) == 0
    assert (points_of(member), stats.of(member).visits, unsound(tea_shop)) == (0, 0, [])


def test_an_undone_sale_gives_nothing(tea_shop: Shop) -> None:
    sale, member = sold(tea_shop), tea_shop.member()
    reversals.void(sale, by=tea_shop.owner, now=tea_shop.now)
    assert claim(tea_shop, sale, member) == 0


def test_a_refund_after_the_claim_takes_the_points_back(tea_shop: Shop) -> None:
    sale, member = sold(tea_shop), tea_shop.member()
    claim(tea_shop, sale, member)
    give_back(tea_shop, sale, 2)
    assert (points_of(member), stats.of(member).net_spend_cents) == (10, 1000)
    give_back(tea_shop, sale)
    assert (points_of(member), stats.of(member).net_spend_cents, unsound(tea_shop)) == (0, 0, [])


def test_refunds_before_and_after_a_claim_add_up(tea_shop: Shop) -> None:
    """37 points over three lines of pieces: 9.25 a piece and its rounding."""
    tea_shop.product("jam", 925)
    sale, member = tea_shop.sell(tea_shop.basket(("jam", 4))), tea_shop.member()
    give_back(tea_shop, sale, 1)
    assert claim(tea_shop, sale, member) == 28
    give_back(tea_shop, sale, 1)
    assert points_of(member) == 18
    give_back(tea_shop, sale, 2)
    assert (points_of(member), unsound(tea_shop)) == (0, [])


def test_claimed_points_that_were_spent_are_owed_after_a_refund(tea_shop: Shop) -> None:
    sale, member = sold(tea_shop), tea_shop.member()
    claim(tea_shop, sale, member)
    tea_shop.give_points(member, -30)
    give_back(tea_shop, sale)
    assert (points_of(member), unsound(tea_shop)) == (-30, [])


# --- what follows from a claim -------------------------------------------------------------------------


def test_a_claim_counts_on_the_day_of_the_sale(tea_shop: Shop) -> None:
    sale, member = sold(tea_shop), tea_shop.member()
    claim(tea_shop, sale, member, now=Millis(NOON + 5 * DAY))
    found = stats.of(member)
    assert (found.visits, str(found.first_day), str(found.last_day)) == (1, "2026-05-29", "2026-05-29")


def test_a_claim_moves_the_tier(tea_shop: Shop) -> None:
    tea_shop.tier("silver", 1, spend_cents=3000)
    sale, member = sold(tea_shop), tea_shop.member()
    claim(tea_shop, sale, member)
    assert tiers.of(member).name == "silver"
    give_back(tea_shop, sale, 1)
    assert tiers.of(member).name == "normal"


def test_a_claim_of_an_older_sale_counts_beside_later_ones(tea_shop: Shop) -> None:
    """Sold to nobody on day 1, then 20.00 to the member on day 2: the claim on day 3 makes 30.00."""
    tea_shop.tier("silver", 1, spend_cents=3000)
    sale, member = sold(tea_shop, 1), tea_shop.member()
    tea_shop.sell(tea_shop.basket(("tea", 2), member=member), now=Millis(NOON + DAY))
    claim(tea_shop, sale, member, now=Millis(NOON + 2 * DAY))
    assert tiers.of(member).name == "silver"


def test_a_claim_can_be_the_first_purchase_of_a_friend(tea_shop: Shop) -> None:
    referrer = tea_shop.member()
    friend = tea_shop.member(referrer_card=credentials.card_of(referrer))
    claim(tea_shop, sold(tea_shop), friend)
    assert (points_of(referrer), points_of(friend)) == (100, 130)


def test_a_claim_after_the_first_purchase_rewards_nobody_again(tea_shop: Shop) -> None:
    referrer = tea_shop.member()
    friend = tea_shop.member(referrer_card=credentials.card_of(referrer))
    tea_shop.sell(tea_shop.basket(("tea", 1), member=friend))
    claim(tea_shop, sold(tea_shop), friend)
    assert (points_of(referrer), points_of(friend)) == (100, 140)


# --- who ---------------------------------------------------------------------------------------------


def test_members_claim_for_themselves_only(tea_shop: Shop) -> None:
    member, sale = tea_shop.member(), sold(tea_shop)
    with pytest.raises(NotAllowed):
        claim(tea_shop, sale, tea_shop.member(), by=members.themselves(member))
    assert claim(tea_shop, sale, member, by=members.themselves(member)) == 30


def test_a_clerk_claims_for_a_member(tea_shop: Shop) -> None:
    assert claim(tea_shop, sold(tea_shop), tea_shop.member(), by=hired(tea_shop, "clerk")) == 30


def test_who_may_not_find_members_claims_for_nobody(one_tea_shop: Shop) -> None:
    nobody = replace(one_tea_shop.owner, rights=frozenset({"sell"}))
    with pytest.raises(NotAllowed):
        claim(one_tea_shop, sold(one_tea_shop), one_tea_shop.member(), by=nobody)


def test_a_blocked_member_claims_nothing(tea_shop: Shop) -> None:
    member, sale = tea_shop.member(), sold(tea_shop)
    members.set_state(member, "blocked", by=tea_shop.owner, now=tea_shop.now)
    with pytest.raises(MemberBlocked):
        claim(tea_shop, sale, member)
    assert db.value("SELECT member_id FROM sale WHERE id = ?", (sale,)) is None


def test_an_unknown_member_claims_nothing(one_tea_shop: Shop) -> None:
    with pytest.raises(MemberUnknown):
        claim(one_tea_shop, sold(one_tea_shop), 1)
