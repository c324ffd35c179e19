"""The nightly scan over a real shop: who is warned about, why, and what ends a warning."""

import random
from datetime import date, timedelta

import pytest

from core.base import access, db
from core.base.clock import Millis
from core.insight import scan, warnings
from tests.shops import Shop, at

JOB = access.scheduler("churn")


@db.atomic
def visits(member: int, days: list[date], cents: int = 3000) -> None:
    from core.books import stats

    for day in days:
        stats.count_sale(member, day=day, net_cents=cents, points=0, at=Millis(0))


def regulars(shop: Shop, count: int, until: date, *, silent: int = 0) -> int:
    """Members who come about every nine days; the first stopped `silent` days before."""
    dice = random.Random(7)
    first = 0
    for number in range(count):
        member = shop.member()
        first = first or member
        last = until - timedelta(days=silent if number == 0 else dice.randint(0, 8))
        days = [last]
        while len(days) < 12:
            days.append(days[-1] - timedelta(days=dice.randint(7, 11)))
        visits(member, sorted(days))
    return first


def test_a_silent_regular_is_warned_about_with_a_sentence(one_shop: Shop) -> None:
    silent = regulars(one_shop, 80, date(2026, 5, 29), silent=45)
    result = scan.scan(by=JOB, now=one_shop.now)
    assert (result.raised, result.level) == (1, "L1")
    (warning,) = warnings.open_warnings(by=one_shop.owner, now=one_shop.now)
    assert (warning.member_id, warning.silent_days, warning.visits) == (silent, 45, 12)
    first = str(warnings.sentence(warning)[0])
    assert first == f"Usually comes every {warning.usual_days} days (12 visits)."
    assert 7 <= warning.usual_days <= 11


def test_the_same_silence_is_raised_once(one_shop: Shop) -> None:
    regulars(one_shop, 80, date(2026, 5, 29), silent=45)
    scan.scan(by=JOB, now=one_shop.now)
    scan.scan(by=JOB, now=at(2026, 5, 30))
    assert (
        db.value("SELECT count(*) FROM churn_warning WHERE last_visit_day = ?", (date(2026, 4, 14).toordinal(),)) == 1
    )


def test_whoever_comes_back_leaves_the_list(one_shop: Shop) -> None:
    silent = regulars(one_shop, 80, date(2026, 5, 29), silent=45)
    scan.scan(by=JOB, now=one_shop.now)
    visits(silent, [date(2026, 5, 29)])
    assert scan.scan(by=JOB, now=one_shop.now).returned == 1
    assert warnings.open_warnings(by=one_shop.owner, now=one_shop.now) == []


def test_a_young_shop_warns_by_the_owners_days(one_shop: Shop) -> None:
    member = one_shop.member()
    visits(member, [date(2026, 3, 1)])
    result = scan.scan(by=JOB, now=one_shop.now)
    assert (result.raised, result.level) == (1, "L0")


def test_an_empty_shop_is_scanned_in_peace(one_shop: Shop) -> None:
    assert scan.scan(by=JOB, now=one_shop.now).members == 0


def test_a_reason_is_recorded_and_an_unknown_one_refused(one_shop: Shop) -> None:
    visits(one_shop.member(), [date(2026, 3, 1)])
    scan.scan(by=JOB, now=one_shop.now)
    (warning,) = warnings.open_warnings(by=one_shop.owner, now=one_shop.now)
    warnings.note_reason(warning.id, "price", by=one_shop.owner, now=one_shop.now)
    with pytest.raises(warnings.ReasonUnknown):
        warnings.note_reason(warning.id, "weather", by=one_shop.owner, now=one_shop.now)
    with pytest.raises(warnings.WarningUnknown):
        warnings.close(1, by=one_shop.owner, now=one_shop.now)
    assert warnings.of_member(warning.member_id, by=one_shop.owner, now=one_shop.now).reason == "price"  # type: ignore[union-attr]
