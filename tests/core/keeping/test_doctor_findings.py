"""The doctor finds nothing in a day of trade, and says what to do about what it finds."""

import pytest

from core.base import db
from core.base.clock import DAY, HOUR, Millis
from core.keeping import doctor, jobs
from core.loyalty import points, reserves, topups
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


def test_a_day_of_trade_leaves_no_difference(traded: Shop) -> None:
    assert doctor.examine(now=traded.now) == []


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


def test_what_the_jobs_left_undone_is_named(traded: Shop) -> None:
    member = int(db.value("SELECT min(id) FROM member"))
    reserves.reserve(member, 5, lapses_at=Millis(traded.now + HOUR), ref=("test", 1), by=traded.owner, now=traded.now)
    later = Millis(traded.now + 400 * DAY)
    assert {one.check: str(one.next_step) for one in doctor.examine(now=later)} == {
        "expired lots": "Run it again: `regulars job run points-expire`.",
        "holds run out": "Run it again: `regulars job run reserves-lapse`.",
    }
    reserves.lapse_due(by=traded.owner, now=later)
    points.expire(member, by=traded.owner, now=later)
    assert doctor.examine(now=later) == []
