"""What a refund moves beside money: spending, points owed, messages, limits, the log. Every figure by hand."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest

from core.base import db
from core.base.clock import DAY, Millis
from core.base.money import Milli
from core.books import stats
from core.loyalty import families, passes, points, topups
from core.loyalty.topups import TopUpTerms
from core.loyalty.wallet import TopUpSpent
from core.selling import claims, refunds, reversals
from core.selling.quotes import Basket, BasketLine
from core.selling.refunds import How, WalletNeedsMember
from core.selling.reversals import NothingToReverse, PassUsed, TopUpTooOld
from tests.counter import give_back, hired, paid_back, part, points_of, stored, unsound
from tests.shops import Shop, at


@pytest.fixture
def tea_shop(shop: Shop) -> Shop:
    shop.product("tea", 1000)
    return shop


@pytest.fixture
def topped_up(tea_shop: Shop) -> tuple[Shop, int, int]:
    """充100送10 for a member who gets messages; spent proportionally."""
    topups.set_rule(10_000, TopUpTerms(bonus_cents=1000, bonus_days=None), by=tea_shop.owner, now=tea_shop.now)
    tea_shop.rule("wallet_order", "proportional")
    member = tea_shop.member("13800138000", purposes=("membership", "service"))
    return tea_shop, member, tea_shop.top_up(member, 10_000)


def told(member: int) -> list[str]:
    """Messages on stored value to a member, oldest first."""
    sql = "SELECT variables FROM outbox WHERE template = 'wallet_balance' AND member_id = ? ORDER BY id"
    return [row[0] for row in db.rows(sql, (member,))]


def with_top_up(shop: Shop, member: int, cents: int, tea: int) -> Basket:
    line = BasketLine(shop.products["top-up"], Milli(1000), unit_cents=cents)
    return Basket(shop.store, (line, *shop.basket(("tea", tea)).lines), member_id=member)


def written(refund_id: int) -> list[tuple[int, ...]]:
    """The lines of a refund: quantity, cents, points back, points taken, restocked; oldest first."""
    sql = (
        "SELECT r.quantity_milli, r.cents, r.returned_points, r.taken_points, r.restocked FROM refund_line r"
        " JOIN sale_line l ON l.id = r.line_id WHERE r.refund_id = ? ORDER BY l.position"
    )
    return [tuple(row) for row in db.rows(sql, (refund_id,))]


# --- what was spent ----------------------------------------------------------------------------------


def test_only_money_and_principal_leave_what_a_member_spent(topped_up: tuple[Shop, int, int]) -> None:
    """Two teas for 20.00, 11.00 of it stored: 10.00 principal and 1.00 bonus. 19.00 count; each tea 9.50."""
    shop, member, _ = topped_up
    sale = shop.sell(shop.basket(("tea", 2), member=member), ("wallet", 1100))
    assert stats.of(member).net_spend_cents == 1900
    give_back(shop, sale, 1)
    assert stats.of(member).net_spend_cents == 950
    give_back(shop, sale, 1)
    assert (stats.of(member).net_spend_cents, stored(shop, member)) == (0, (10_000, 1000))


def test_points_that_expired_are_owed_once_not_in_every_part(tea_shop: Shop) -> None:
    """Four teas earn 40. 16 are spent, 24 expire: of 40 due the 24 are excused first, the 16 spent are owed."""
    member = tea_shop.member()
    tea_shop.rule("points_months", 1)
    sale = tea_shop.sell(tea_shop.basket(("tea", 4), member=member))
    tea_shop.rule("points_months", 24)
    tea_shop.sell(tea_shop.basket(("tea", 1), member=member, points=16))
    later = Millis(tea_shop.now + 40 * DAY)
    points.expire(member, by=tea_shop.owner, now=later)
    before = points.state(member, now=later).balance
    taken = []
    for _ in range(4):
        give_back(replace(tea_shop, now=later), sale, 1)
        taken.append(before - points.state(member, now=later).balance)
    assert taken == [0, 0, 6, 16]
    assert unsound(replace(tea_shop, now=later)) == []


def test_what_was_taken_before_some_expired_is_not_excused(tea_shop: Shop) -> None:
    """Four teas earn 40, 16 are spent, one comes back: 10 of 24 are taken. 14 expire, excused: 26 taken in all."""
    member = tea_shop.member()
    tea_shop.rule("points_months", 1)
    sale = tea_shop.sell(tea_shop.basket(("tea", 4), member=member))
    tea_shop.rule("points_months", 24)
    tea_shop.sell(tea_shop.basket(("tea", 1), member=member, points=16))
    give_back(tea_shop, sale, 1)
    later = Millis(tea_shop.now + 40 * DAY)
    points.expire(member, by=tea_shop.owner, now=later)
    taken = []
    for _ in range(3):
        give_back(replace(tea_shop, now=later), sale, 1)
        taken.append(db.value("SELECT sum(taken_points) FROM refund WHERE sale_id = ?", (sale,)))
    assert taken == [10, 16, 26]
    assert unsound(replace(tea_shop, now=later)) == []


def test_points_that_expired_while_spent_come_back_for_the_days_of_grace(tea_shop: Shop) -> None:
    """10 points pay part of a tea on 29 May and would have lived to the end of June; back on 8 July for 30 days."""
    member = tea_shop.member()
    tea_shop.rule("points_months", 1)
    tea_shop.sell(tea_shop.basket(("tea", 1), member=member))
    tea_shop.rule("points_months", 24)
    sale = tea_shop.sell(tea_shop.basket(("tea", 1), member=member, points=10))
    give_back(tea_shop, sale, now=at(2026, 7, 8))
    found = points.state(member, now=at(2026, 7, 8))
    assert (found.usable, found.expires_on) == (10, date(2026, 8, 7))
    assert points.state(member, now=at(2026, 8, 8, 0)).usable == 0


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_a_sale_claimed_while_its_refund_waits_is_the_claimants(
    tea_shop: Shop, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    """Another till claims the receipt just before the refund locks it: the money stays with who claimed it."""
    member = tea_shop.member()
    sale = tea_shop.sell(tea_shop.basket(("tea", 1)))
    one = db.one

    def claimed(code: str) -> None:
        with db.proxy.connection_context():
            claims.claim(code, member, by=tea_shop.owner, now=tea_shop.now)

    def claimed_meanwhile(sql: str, params: tuple[object, ...] = ()) -> db.Row | None:
        found = one(sql, params)
        if sql == "SELECT store_id, member_id FROM sale WHERE id = ?":
            monkeypatch.undo()
            with ThreadPoolExecutor(1) as other:
                other.submit(claimed, claims.code_of(sale)).result(timeout=30)
        return found

    monkeypatch.setattr(refunds.db, "one", claimed_meanwhile)
    give_back(tea_shop, sale, 1, how=How(to_wallet=True))
    assert (stored(tea_shop, member), points_of(member), unsound(tea_shop)) == ((1000, 0), 0, [])


# --- whom it tells -----------------------------------------------------------------------------------


def test_a_refund_of_principal_alone_is_told(topped_up: tuple[Shop, int, int]) -> None:
    shop, member, _ = topped_up
    shop.rule("wallet_order", "principal_first")
    sale = shop.sell(shop.basket(("tea", 1), member=member), ("wallet", 1000))
    give_back(shop, sale, 1)
    assert ['"¥110.00"' in one for one in told(member)] == [True, False, True]


def test_a_refund_in_cash_tells_nothing(topped_up: tuple[Shop, int, int]) -> None:
    shop, member, _ = topped_up
    sale = shop.sell(shop.basket(("tea", 1), member=member))
    give_back(shop, sale, 1)
    assert len(told(member)) == 1


def test_what_goes_back_to_a_family_wallet_frees_the_limit_and_both_wallets_are_told(
    topped_up: tuple[Shop, int, int],
) -> None:
    """The mother's wallet paid 5.50 (5.00 and 0.50), the son 4.50 in cash that stays as his stored value."""
    shop, mother, _ = topped_up
    son = shop.member("13900139000", purposes=("membership", "service"))
    families.share(mother, son, limit_cents=1000, by=shop.owner, now=shop.now)
    sale = shop.sell(shop.basket(("tea", 1), member=son), ("family", 550))
    before = len(told(mother))
    give_back(shop, sale, 1, how=How(to_wallet=True))
    share = families.of(son, now=shop.now)
    assert share is not None
    assert share.spent_cents == 0
    assert (stored(shop, mother), stored(shop, son)) == ((10_000, 1000), (450, 0))
    assert ['"¥110.00"' in one for one in told(mother)[before:]] == [True]
    assert ['"¥4.50"' in one for one in told(son)] == [True]


def test_a_void_of_a_top_up_tells_that_nothing_is_stored(topped_up: tuple[Shop, int, int]) -> None:
    shop, member, sale = topped_up
    reversals.void(sale, by=shop.owner, now=shop.now)
    assert '"¥0.00"' in told(member)[-1]
    assert len(told(member)) == 2


def test_a_void_of_a_sale_that_also_topped_up_tells_it(topped_up: tuple[Shop, int, int]) -> None:
    shop, member, _ = topped_up
    sale = shop.sell(with_top_up(shop, member, 10_000, 1))
    reversals.void(sale, by=shop.owner, now=shop.now)
    assert ['"¥110.00"' in one for one in told(member)] == [True, False, True]


def test_a_void_of_a_sale_in_cash_tells_nothing(topped_up: tuple[Shop, int, int]) -> None:
    shop, member, _ = topped_up
    reversals.void(shop.sell(shop.basket(("tea", 1), member=member)), by=shop.owner, now=shop.now)
    assert len(told(member)) == 1


# --- what is written down ----------------------------------------------------------------------------


def test_the_log_tells_a_refund_from_a_void(tea_shop: Shop) -> None:
    first, second = (tea_shop.sell(tea_shop.basket(("tea", 1))) for _ in range(2))
    give_back(tea_shop, first, 1)
    reversals.void(second, by=tea_shop.owner, now=tea_shop.now)
    sql = "SELECT action FROM audit WHERE entity_id = ? AND action <> 'sale.posted'"
    assert [db.rows(sql, (sale,)) for sale in (first, second)] == [[("sale.refunded",)], [("sale.voided",)]]


def test_the_reason_stands_with_what_it_moved(topped_up: tuple[Shop, int, int]) -> None:
    shop, member, _ = topped_up
    sale = shop.sell(shop.basket(("tea", 1), member=member), ("wallet", 1000))
    give_back(shop, sale, 1, how=How(reason="cold"))
    reasons = db.rows("SELECT reason FROM entry WHERE ref_kind = 'refund'")
    assert set(reasons) == {("cold",)}


def test_the_preview_of_money_that_stays_stored_asks_for_a_member(tea_shop: Shop) -> None:
    nobodys, members_own = (
        tea_shop.sell(tea_shop.basket(("tea", 1), member=member)) for member in (None, tea_shop.member())
    )
    assert refunds.preview(nobodys, part(nobodys, 1), by=tea_shop.owner).tenders[0][1:] == ("cash", 1000)
    stays = refunds.preview(members_own, part(members_own, 1), by=tea_shop.owner, to_wallet=True)
    assert stays.tenders[0][1:] == ("principal", 1000)
    with pytest.raises(WalletNeedsMember):
        refunds.preview(nobodys, part(nobodys, 1), by=tea_shop.owner, to_wallet=True)


# --- top-ups and passes ------------------------------------------------------------------------------


def test_the_figures_of_a_top_up_that_was_spent(topped_up: tuple[Shop, int, int]) -> None:
    """11.00 of 110.00 spent, 10.00 of it principal: 90.00 less 1.00 bonus are left, 11.00 used."""
    shop, member, sale = topped_up
    shop.sell(shop.basket(("tea", 2), member=member), ("wallet", 1100))
    with pytest.raises(TopUpSpent) as caught:
        reversals.void(sale, by=shop.owner, now=shop.now)
    assert caught.value.facts == {"left_cents": 8900, "used_cents": 1100}


def test_a_coupon_stays_used_while_goods_of_its_sale_are_kept(topped_up: tuple[Shop, int, int]) -> None:
    shop, member, _ = topped_up
    coupon = shop.give_coupon(shop.coupon_kind("5", effect="amount", off_cents=500), member)
    sale = shop.sell(with_top_up(shop, member, 10_000, 1))
    reversals.reverse_top_up(sale, by=shop.owner, now=shop.now)
    assert db.value("SELECT state FROM coupon WHERE id = ?", (coupon,)) == "used"


def test_a_reversal_brings_no_points_and_no_goods(topped_up: tuple[Shop, int, int]) -> None:
    shop, member, sale = topped_up
    refund = reversals.reverse_top_up(sale, by=shop.owner, now=shop.now)
    assert written(refund) == [(1000, 10_000, 0, 0, 0)]
    assert db.rows("SELECT returned_points, taken_points FROM refund WHERE id = ?", (refund,)) == [(0, 0)]
    assert points_of(member) == 0


def test_the_free_days_end_on_the_minute(topped_up: tuple[Shop, int, int]) -> None:
    shop, _, sale = topped_up
    clerk, manager = hired(shop, "clerk"), hired(shop, "manager")
    ends = Millis(shop.now + 7 * DAY)
    for how in (How(), How(approved_by=clerk)):
        with pytest.raises(TopUpTooOld, match="7 days"):
            reversals.reverse_top_up(sale, how, by=clerk, now=ends)
    assert paid_back(reversals.reverse_top_up(sale, How(approved_by=manager), by=clerk, now=ends)) == {"cash": 10_000}


def test_a_moment_before_the_free_days_end_no_approval_is_needed(topped_up: tuple[Shop, int, int]) -> None:
    shop, _, sale = topped_up
    clerk, ends = hired(shop, "clerk"), Millis(shop.now + 7 * DAY)
    assert paid_back(reversals.reverse_top_up(sale, by=clerk, now=Millis(ends - 1))) == {"cash": 10_000}


@pytest.fixture
def salon(tea_shop: Shop) -> tuple[Shop, int, int]:
    """10 cuts for 100.00, bought with one tea for cash."""
    cut = tea_shop.product("cut", 2000, kind="service")
    kind = tea_shop.product("10 cuts", 10_000, kind="pass")
    by, now = tea_shop.owner, tea_shop.now
    passes.create_kind("10 cuts", kind, uses=10, valid_days=90, service_ids=[cut], by=by, now=now)
    member = tea_shop.member()
    return tea_shop, member, tea_shop.sell(tea_shop.basket(("10 cuts", 1), ("tea", 1), member=member))


def cut_with_pass(shop: Shop, member: int) -> int:
    held = passes.held_by(member, now=shop.now)[0]
    line = BasketLine(shop.products["cut"], Milli(1000), pass_id=held.id)
    return shop.sell(Basket(shop.store, (line,), member_id=member))


def test_ending_a_pass_takes_back_its_line_alone(salon: tuple[Shop, int, int]) -> None:
    """Three of ten used: 70.00 come back; the tea stays, and comes back for its 10.00 afterwards."""
    shop, member, sale = salon
    for _ in range(3):
        cut_with_pass(shop, member)
    refund = reversals.cancel_pass(sale, by=shop.owner, now=shop.now)
    assert (paid_back(refund), written(refund)) == ({"cash": 7000}, [(1000, 7000, 0, 0, 0)])
    assert db.rows("SELECT returned_points, taken_points FROM refund WHERE id = ?", (refund,)) == [(0, 0)]
    tea = refunds.sold_lines(sale)[1]
    back = refunds.refund(sale, (refunds.ReturnLine(tea.id, 1000),), by=shop.owner, now=shop.now)
    assert (paid_back(back), unsound(shop)) == ({"cash": 1000}, [])
    with pytest.raises(NothingToReverse):
        reversals.cancel_pass(sale, by=shop.owner, now=shop.now)


def test_goods_sold_with_an_ended_pass_come_back_whole(salon: tuple[Shop, int, int]) -> None:
    shop, _, sale = salon
    assert paid_back(reversals.cancel_pass(sale, by=shop.owner, now=shop.now)) == {"cash": 10_000}
    tea = refunds.sold_lines(sale)[1]
    back = refunds.refund(sale, (refunds.ReturnLine(tea.id, 1000),), by=shop.owner, now=shop.now)
    assert paid_back(back) == {"cash": 1000}


def test_goods_come_back_beside_an_ended_pass_as_they_were_paid(salon: tuple[Shop, int, int]) -> None:
    """10 cuts for 100.00 and a tea for 10.00, 6.00 of it stored: the tea comes back as 4.00 and 6.00."""
    shop, member, _ = salon
    shop.top_up(member, 600)
    sale = shop.sell(shop.basket(("10 cuts", 1), ("tea", 1), member=member), ("wallet", 600))
    assert paid_back(reversals.cancel_pass(sale, by=shop.owner, now=shop.now)) == {"cash": 10_000}
    tea = refunds.sold_lines(sale)[1]
    back = refunds.refund(sale, (refunds.ReturnLine(tea.id, 1000),), by=shop.owner, now=shop.now)
    assert paid_back(back) == {"cash": 400, "principal": 600}


def test_the_figures_of_a_pass_that_was_used(salon: tuple[Shop, int, int]) -> None:
    shop, member, sale = salon
    for _ in range(3):
        cut_with_pass(shop, member)
    with pytest.raises(PassUsed) as caught:
        reversals.void(sale, by=shop.owner, now=shop.now)
    assert caught.value.facts == {"used": 3, "uses": 10}
