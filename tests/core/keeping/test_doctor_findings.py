"""The doctor finds what was done to the books behind their back, and nothing else."""

import pytest

from core.base import db
from core.base.clock import HOUR, Millis
from core.keeping import doctor, jobs
from core.loyalty import passes, topups
from core.loyalty.topups import TopUpTerms
from core.selling import receipts, refunds
from core.selling.refunds import ReturnLine
from tests.shops import Shop


@pytest.fixture
def traded(shop: Shop) -> Shop:
    """A day with a top-up, a sale from stored value with points and a coupon, and a partial refund."""
    shop.product("tea", 1900)
    topups.set_rule(4000, TopUpTerms(bonus_cents=1000, bonus_days=365), by=shop.owner, now=shop.now)
    member = shop.member("13800138000")
    shop.give_coupon(shop.coupon_kind("5", effect="amount", off_cents=500), member)
    shop.top_up(member, 4000)
    shop.give_points(member, 400)
    sale = shop.sell(shop.basket(("tea", 3), member=member, points=400), ("wallet", 3000))
    refunds.refund(sale, (ReturnLine(receipts.of(sale).lines[0].id, 1000),), by=shop.owner, now=shop.now)
    return shop


def found(shop: Shop) -> set[str]:
    return {one.check for one in doctor.examine(now=shop.now)}


def test_a_day_of_trade_leaves_no_difference(traded: Shop) -> None:
    assert doctor.examine(now=traded.now) == []


@pytest.mark.parametrize(
    ("harm", "check"),
    [
        ("UPDATE account SET balance = balance + 1 WHERE asset = 'points'", "account balance"),
        ("UPDATE lot SET remaining = remaining - 1 WHERE remaining > 0", "lot remainder"),
        ("UPDATE account SET held = 5 WHERE asset = 'points'", "account held"),
        ("UPDATE stock SET quantity_milli = quantity_milli + 1", "stock"),
        ("UPDATE sale SET total_cents = total_cents + 1", "sale lines"),
        ("UPDATE member_stats SET net_spend_cents = net_spend_cents + 1", "visits"),
        ("UPDATE sale SET tax_cents = tax_cents + 1", "taxes"),
        ("UPDATE coupon SET used = 0", "coupon uses"),
        ("UPDATE coupon_use SET returned_at = at", "coupon uses"),
        ("UPDATE coupon_use SET sale_id = sale_id + 1", "used coupons"),
    ],
)
def test_each_harm_is_named(traded: Shop, harm: str, check: str) -> None:
    db.run(harm)
    assert check in found(traded)


def test_a_finding_names_the_row_and_the_next_step(traded: Shop) -> None:
    db.run("UPDATE stock SET quantity_milli = quantity_milli + 1")
    (finding,) = doctor.examine(now=traded.now)
    assert str(finding.what).startswith(f"stock of product {traded.products['tea']}: ")
    assert "Restore" in str(finding.next_step)


def test_a_failed_job_and_messages_nobody_sends_are_named(traded: Shop) -> None:
    traded.member("13900139000", purposes=("membership", "service"))
    jobs.claim("churn", "2026-05-29", owner="a", now=traded.now)
    jobs.finish("churn", "2026-05-29", state="failed", result="x", now=traded.now)
    later = Millis(traded.now + 2 * HOUR)
    assert {one.check for one in doctor.examine(now=later)} == {"jobs", "messages"}


@pytest.mark.parametrize(
    ("harm", "check"),
    [
        ("UPDATE gift_card SET balance_cents = balance_cents - 1", "gift cards"),
        ("UPDATE pass SET left_uses = left_uses - 1", "passes"),
    ],
)
def test_harm_to_what_was_paid_before_is_named(traded: Shop, harm: str, check: str) -> None:
    cut = traded.product("cut", 8000, kind="service")
    traded.product("3 cuts", 20_000, kind="pass")
    traded.product("card", 5000, kind="gift_card")
    by, now = traded.owner, traded.now
    passes.create_kind("3 cuts", traded.products["3 cuts"], uses=3, valid_days=9, service_ids=[cut], by=by, now=now)
    traded.sell(traded.basket(("3 cuts", 1), ("card", 1), member=traded.member()))
    assert found(traded) == set()
    db.run(harm)
    assert found(traded) == {check}
