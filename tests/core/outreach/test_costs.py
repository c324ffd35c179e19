"""Costs: the card's rates by moment and country, what was charged, and sums that add up to the rows."""

import pytest

from core.base import db
from core.base.clock import DAY, Millis
from core.outreach import budget, costs, delivery
from core.outreach.costs import Rate, RateInvalid
from tests.core.outreach.test_policy import PURPOSES, leaves, put
from tests.shops import Shop, at

CN = Rate("CN", "sms", "CNY", 50_000)


@pytest.mark.parametrize(
    ("rate", "wanted"),
    [
        (Rate("UK", "sms", "CNY", 1), "CN, US, GB …"),
        (Rate("CN", "pigeon", "CNY", 1), "sms | whatsapp | email"),
        (Rate("CN", "sms", "yuan", 1), "CNY, USD …"),
        (Rate("CN", "sms", "CNY", -1), "0, 1, 2 …"),
        (Rate("US", "sms", "USD", 7900), "CNY"),
    ],
)
def test_a_rate_that_cannot_be_is_refused(shop: Shop, rate: Rate, wanted: str) -> None:
    costs.set_rate(CN, by=shop.owner, now=shop.now)
    with pytest.raises(RateInvalid) as refusal:
        costs.set_rate(rate, by=shop.owner, now=shop.now)
    assert refusal.value.facts["wanted"] == wanted


def test_the_rate_of_the_country_and_moment_counts(shop: Shop) -> None:
    costs.set_rate(CN, by=shop.owner, now=shop.now)
    costs.set_rate(Rate("", "sms", "CNY", 400_000), by=shop.owner, now=shop.now)
    later = Millis(shop.now + DAY)
    costs.set_rate(Rate("CN", "sms", "CNY", 60_000, later), by=shop.owner, now=shop.now)
    body = "中" * 71
    assert costs.estimate("+8613800138000", "sms", body, now=shop.now) == costs.Estimate(2, 100_000, "CNY")
    assert costs.estimate("+8613800138000", "sms", body, now=later).micros == 120_000
    assert costs.estimate("+12125551234", "sms", "a", now=later).micros == 400_000
    assert costs.estimate("wang@example.com", "email", body, now=later) == costs.Estimate(1, None, None)
    assert [one.segment_micros for one in costs.card(now=shop.now)] == [400_000, 50_000]


@pytest.mark.parametrize(
    ("typed", "micros"),
    [
        ("0.0079", 7900),
        ("1", 1_000_000),
        ("0.05", 50_000),
        ("", -1),
        ("1e3", -1),
        ("0.0000001", -1),
        ("-1", -1),
        ("١", -1),
    ],
)
def test_amounts_are_read_exactly(typed: str, micros: int) -> None:
    assert costs.micros_of(typed) == micros
    if micros >= 0:
        assert costs.micros_of(costs.shown(micros)) == micros


def test_sums_by_month_campaign_and_category_add_up_to_the_rows(shop: Shop) -> None:
    costs.set_rate(CN, by=shop.owner, now=shop.now)
    shop.rule("gap_days", 0)
    member = shop.member("13800138000", purposes=PURPOSES)
    june = at(2026, 6, 2)
    for key, now, campaign in (("a:1", shop.now, None), ("a:2", shop.now, 5), ("a:3", june, 5)):
        one = put(member, key, now, campaign_id=campaign)
        assert leaves(one, now)
        delivery.accepted(one, sid=key, now=now)
    assert costs.note("a:2", micros=61_000, currency="CNY", segments=1, now=june)
    assert costs.note("a:2", micros=62_000, currency="CNY", segments=1, now=june)
    assert not costs.note("SM9", micros=1, currency="CNY", segments=1, now=june)
    found = costs.sums(since=at(2026, 5, 1), until=at(2026, 7, 1), by=shop.owner)
    assert [(one.month, one.campaign_id, one.micros, one.open) for one in found] == [
        ("2026-05", None, 50_000, 1), ("2026-05", 5, 62_000, 0), ("2026-06", 5, 50_000, 1),
    ]  # fmt: skip
    in_rows = db.value("SELECT sum(coalesce(cost_micros, estimate_micros)) FROM outbox")
    assert sum(one.micros for one in found) == in_rows == 162_000
    assert (budget.used("month:2026-05"), budget.used("campaign:5")) == (112_000, 112_000)
