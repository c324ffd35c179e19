"""Offers to many: who is concerned, the draw, what each side gets, and the verdict against the hold-out."""

import threading
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base import db
from core.base.clock import DAY, Millis
from core.base.money import Milli
from core.books import stats
from core.insight import effect
from core.keeping import opening
from core.outreach import carerules, heldout
from core.outreach import winback as letters
from core.outreach.campaigns import audience
from core.people import consent
from core.selling import receipts, refunds
from core.selling.returns import ReturnLine
from core.service import batches, verdicts, winback
from core.service.batches import BatchEmpty, BatchSizeInvalid, OfferEmpty, ShareInvalid
from core.service.strategies import Offer
from tests import queries
from tests.campaigns import approved, run
from tests.core.service.test_winback_cases import TODAY, case_of, clerk, warn
from tests.shops import Shop, at

AFTER = at(2026, 6, 28)
"""The day after the thirty days of what began on 29 May."""


@db.atomic
def bought(member_id: int, day: date, cents: int) -> None:
    stats.count_sale(member_id, day=day, net_cents=cents, points=0, at=Millis(0))


def leaving(shop: Shop, count: int, *, first: int = 0) -> list[int]:
    """So many warned members who agreed to offers, the dearest first."""
    found = []
    for number in range(count):
        member_id = shop.member(f"138{first + number:08}", purposes=("membership", "marketing"))
        warn(member_id, loss_cents=10_000 - number)
        found.append(member_id)
    return found


def arms(shop: Shop) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {"offer": set(), "holdout": set()}
    for arm, member_id in db.rows("SELECT arm, member_id FROM winback_case"):
        found[arm].add(member_id)
    return found


def test_a_small_batch_holds_half_out_and_they_get_nothing(shop: Shop) -> None:
    members = leaving(shop, 12)
    kind = shop.coupon_kind("回来减10", effect="amount", off_cents=1_000)
    made = batches.offer(10, Offer("price", kind, points=20), by=shop.owner, now=shop.now)
    assert (made.offered, made.held) == (5, 5)
    found = arms(shop)
    assert found["offer"] | found["holdout"] == set(members[:10])
    given_to = {one for (one,) in db.rows("SELECT member_id FROM coupon")}
    written = {one for (one,) in db.rows("SELECT member_id FROM outbox")}
    earned = {one for (one,) in db.rows("SELECT member_id FROM entry")}
    assert given_to == written == earned == found["offer"]


def test_the_held_out_get_no_campaign_and_no_word_of_win_back_meanwhile(shop: Shop) -> None:
    members = leaving(shop, 4)
    batches.offer(4, Offer("price", points=20), by=shop.owner, now=shop.now)
    held = arms(shop)["holdout"]
    assert heldout.of_win_back(members, when=shop.now) == held and len(held) == 2
    assert audience._held_out(0, members, shop.now) == held
    assert heldout.of_win_back(members, when=AFTER) == set()
    rule = carerules.rule_of("winback")
    told = {one.member_id for one in letters.silent(rule, TODAY, now=shop.now)}
    assert not told & held


def test_who_may_not_be_written_to_is_left_out_before_the_draw(shop: Shop) -> None:
    leaving(shop, 2)
    warn(shop.member("13900139000"), loss_cents=99_000)
    warn(shop.member(), loss_cents=98_000)
    seen = batches.preview(4, by=shop.owner, now=shop.now)
    assert (seen.offered, seen.held, seen.left_out) == (1, 1, {"no_consent": 1, "no_address": 1})
    assert not seen.is_telling


def test_nobody_is_drawn_for_whom_an_offer_is_on_its_way(shop: Shop) -> None:
    shop.rule("gap_days", 0)
    leaving(shop, 2)
    approved(shop, holdout_bp=0)
    run(shop)
    assert db.value("SELECT count(*) FROM outbox WHERE state = 'queued'") == 2
    seen = batches.preview(2, by=shop.owner, now=shop.now)
    assert (seen.offered, seen.held, seen.left_out) == (0, 0, {"gap": 2})


def test_a_member_with_a_case_is_not_offered_again(shop: Shop) -> None:
    leaving(shop, 3)
    batches.offer(3, Offer("price", points=20), share_bp=0, by=shop.owner, now=shop.now)
    with pytest.raises(BatchEmpty):
        batches.offer(3, Offer("price", points=20), by=shop.owner, now=shop.now)


def test_a_batch_that_makes_no_sense_is_refused(shop: Shop) -> None:
    with pytest.raises(BatchSizeInvalid):
        batches.offer(0, Offer("price", points=20), by=shop.owner, now=shop.now)
    with pytest.raises(OfferEmpty):
        batches.offer(5, Offer("service"), by=shop.owner, now=shop.now)
    with pytest.raises(ShareInvalid):
        batches.preview(5, share_bp=9_500, by=shop.owner, now=shop.now)


def test_who_withdrew_consent_is_not_concerned(shop: Shop) -> None:
    (member_id,) = leaving(shop, 1)
    consent.withdraw(member_id, "marketing", source="till", by=shop.owner, now=Millis(shop.now + 1))
    seen = batches.preview(1, by=shop.owner, now=Millis(shop.now + 2))
    assert seen.left_out == {"no_consent": 1}


# --- the verdict -----------------------------------------------------------------------------------


def test_a_case_is_judged_once_its_days_are_over(shop: Shop) -> None:
    case_id = case_of(shop)
    member_id = winback.get(case_id, by=shop.owner).member_id
    bought(member_id, date(2026, 2, 28), 9_000)
    winback.offer(case_id, Offer("amends", points=100), by=shop.owner, now=shop.now)
    bought(member_id, date(2026, 6, 10), 4_200)
    assert verdicts.judge_due(by=shop.owner, now=at(2026, 6, 27)) == 0
    assert winback.get(case_id, by=shop.owner).state == "won"
    assert verdicts.judge_due(by=shop.owner, now=AFTER) == 1
    case = winback.get(case_id, by=shop.owner)
    assert (case.returned_on, case.spent_cents, case.before_cents) == (date(2026, 6, 10), 4_200, 3_000)
    assert verdicts.judge_due(by=shop.owner, now=AFTER) == 0


def test_who_stays_away_is_lost_and_who_came_before_anything_was_done_is_closed(shop: Shop) -> None:
    first, second = (winback.open_case(warn(shop.member()), by=shop.owner, now=shop.now) for _ in range(2))
    winback.contacted(first, by=shop.owner, now=shop.now)
    bought(winback.get(second, by=shop.owner).member_id, date(2026, 6, 1), 4_200)
    verdicts.judge_due(by=shop.owner, now=AFTER)
    states = [winback.get(one, by=shop.owner).state for one in (first, second)]
    assert states == ["lost", "closed"]


def test_whether_the_new_product_was_bought_is_counted(shop: Shop) -> None:
    cake = shop.product("栗子蛋糕", 3_200)
    for number in range(2):
        case_id = winback.open_case(warn(shop.member()), by=shop.owner, now=shop.now)
        winback.note_reason(case_id, "need", by=shop.owner, now=shop.now)
        winback.offer(case_id, Offer("product", product_id=cake), by=shop.owner, now=shop.now)
        if number == 0:
            member = winback.get(case_id, by=shop.owner).member_id
            shop.sell(shop.basket(("栗子蛋糕", 1), member=member), now=Millis(shop.now + DAY))
    verdicts.judge_due(by=shop.owner, now=AFTER)
    (line,) = verdicts.results(by=shop.owner)
    assert (line.reason, line.strategy, line.cases, line.returned, line.bought) == ("need", "product", 2, 1, 1)
    assert (line.returned_bp, line.spent_cents, line.came_bp, line.held) == (5_000, 1_600, None, 0)


def test_the_cost_of_a_case_is_its_coupon_points_and_message(shop: Shop) -> None:
    shop.product("tea", 5_000)
    leaving(shop, 1)
    kind = shop.coupon_kind("回来减10", effect="amount", off_cents=1_000)
    batches.offer(1, Offer("price", kind, points=100), share_bp=0, by=shop.owner, now=shop.now)
    (member_id,) = arms(shop)["offer"]
    shop.sell(shop.basket(("tea", 1), member=member_id), now=Millis(shop.now + DAY))
    db.atomic(lambda: db.run("UPDATE outbox SET cost_micros = 45000"))()
    verdicts.judge_due(by=shop.owner, now=AFTER)
    (line,) = verdicts.results(by=shop.owner)
    assert (line.coupons_cents, line.points_cents, line.messages_micros, line.cost_cents) == (1_000, 100, 45_000, 1_105)


def test_a_hundred_cases_are_judged_with_as_many_questions_as_two(one_shop: Shop) -> None:
    asked = []
    for count in (2, 100):
        leaving(one_shop, count, first=count)
        batches.offer(count, Offer("price", points=20), by=one_shop.owner, now=one_shop.now)
        with queries.noted() as found:
            assert verdicts._judge_some(by=one_shop.owner, now=AFTER) == count
        asked.append(len(found))
    assert asked[0] == asked[1] < 20


def test_what_was_bought_after_midnight_counts_on_its_calendar_day_and_what_came_back_does_not(shop: Shop) -> None:
    cake = shop.product("栗子蛋糕", 3_200)
    shop.store = opening.add_store("夜店", zone="Asia/Shanghai", by=shop.owner, now=shop.now, day_ends_hour=4)
    night = at(2026, 5, 29, 3)
    for number in range(2):
        case_id = winback.open_case(warn(shop.member()), by=shop.owner, now=night)
        winback.offer(case_id, Offer("product", product_id=cake), by=shop.owner, now=night)
        member = winback.get(case_id, by=shop.owner).member_id
        sale = shop.sell(shop.basket(("栗子蛋糕", 1), member=member), now=night)
        if number:
            back = (ReturnLine(receipts.of(sale).lines[0].id, Milli(1_000)),)
            refunds.refund(sale, back, by=shop.owner, now=night)
    verdicts.judge_due(by=shop.owner, now=AFTER)
    assert db.rows("SELECT bought, spent_cents FROM winback_case ORDER BY id") == [(1, 3_200), (0, 0)]


def judged(one_shop: Shop, *, offered: tuple[int, int], held: tuple[int, int]) -> verdicts.Line:
    """The line of so many cases: (came again, of) on each side."""

    @db.atomic
    def put() -> None:
        db.run("INSERT INTO winback_batch (id, at, actor, strategy, salt) VALUES (1, 0, '', 'price', '')")
        for arm, (came, of) in (("offer", offered), ("holdout", held)):
            db.add_many(
                "winback_case",
                [
                    {
                        "id": of * 1_000 + number, "member_id": of * 1_000 + number, "batch_id": 1, "arm": arm,
                        "state": "closed", "opened_at": 0, "opened_by": "", "last_visit_day": 0, "loss_cents": 0,
                        "strategy": "price", "started_day": 10, "until_day": 40, "judged_at": 1,
                        "returned_day": 12 if number < came else None, "spent_cents": 0, "before_cents": 0,
                        "coupons_cents": 0, "points_cents": 0, "messages_micros": 0,
                    }
                    for number in range(of)
                ],
            )  # fmt: skip

    put()
    (line,) = verdicts.results(by=one_shop.owner)
    return line


def test_the_hold_out_is_compared_by_newcombes_interval(one_shop: Shop) -> None:
    line = judged(one_shop, offered=(56, 70), held=(48, 80))
    assert line.came_bp == effect.Difference(2_000, 524, 3_339, True) and line.has_proof


def test_with_fewer_than_fifty_held_out_there_is_no_verdict(one_shop: Shop) -> None:
    line = judged(one_shop, offered=(56, 70), held=(20, 49))
    assert line.came_bp is None and not line.has_proof
    assert (line.held, line.held_bp) == (49, 4_082)


def test_a_span_takes_the_cases_that_began_in_it(one_shop: Shop) -> None:
    judged(one_shop, offered=(1, 2), held=(1, 3))
    assert verdicts.results(since=date.fromordinal(11), by=one_shop.owner) == []
    assert verdicts.summed(verdicts.results(until=date.fromordinal(10), by=one_shop.owner)) == (2, 1, 0)


def test_clerks_do_not_read_results(shop: Shop) -> None:
    from core.base.errors import NotAllowed

    with pytest.raises(NotAllowed):
        verdicts.results(by=clerk(shop))


@given(st.integers(0, 10**7), st.integers(0, 3_000), st.integers(1, 365))
def test_a_mean_is_never_more_than_all(spent_cents: int, over_days: int, days: int) -> None:
    assert 0 <= verdicts.mean_of(spent_cents, over_days, days) <= spent_cents


def test_two_offers_at_once_concern_nobody_twice(shop: Shop) -> None:
    leaving(shop, 6)
    start, refused = threading.Barrier(2), list[str]()

    def make() -> None:
        db.attach()
        start.wait()
        try:
            batches.offer(6, Offer("price", points=20), by=shop.owner, now=shop.now)
        except BatchEmpty as error:
            refused.append(error.code)
        finally:
            db.detach()

    both = [threading.Thread(target=make) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert refused == ["batch_empty"]
    assert db.value("SELECT count(*) FROM winback_case") == 6
    assert db.value("SELECT CAST(sum(amount) AS BIGINT) FROM entry") == 3 * 20
