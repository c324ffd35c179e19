"""The lottery: what it costs and gives, its days and tries, and what is published when."""

import json
from datetime import date, timedelta

import pytest

from core.base import db
from core.base.clock import DAY, Millis
from core.base.errors import NotAllowed
from core.books.posting import NotEnoughPoints
from core.books.requests import KeyReused
from core.giving import draws, fairness, handouts, lottery
from core.giving.draws import Draw, LotteryClosed, NoTriesLeft
from core.giving.lottery import LotteryInvalid, LotteryTerms, LotteryUnknown, PrizeTerms
from core.giving.spending import SpendProofNeeded
from core.keeping import doctor
from core.loyalty import coupons, points
from core.people import credentials, members
from tests.shops import Shop

TODAY = date(2026, 5, 29)
MUG = PrizeTerms(name="mug", kind="product", odds_ppm=1_000_000)


def a_lottery(shop: Shop, *prizes: PrizeTerms, days: int = 3, tries: int = 0, cost: int = 10) -> int:
    terms = LotteryTerms(cost_points=cost, tries_day=tries, first_on=TODAY, last_on=TODAY + timedelta(days=days - 1))
    return lottery.create("June", terms, prizes or (MUG,), by=shop.owner, now=shop.now)


@pytest.fixture
def member(shop: Shop) -> int:
    rich = shop.member()
    shop.give_points(rich, 200)
    return rich


def draw(
    shop: Shop,
    member: int,
    lottery_id: int,
    word: str = "luck",
    *,
    days: int = 0,
    key: str | None = None,
    proved: bool = True,
) -> Draw:
    by, now = members.themselves(member), Millis(shop.now + days * DAY)
    return draws.draw(member, lottery_id, word, proved=proved, by=by, now=now, key=key)


def balance(shop: Shop, member: int) -> int:
    return points.state(member, now=shop.now).balance


def published(shop: Shop, lottery_id: int, *, days: int) -> dict[str, object]:
    return lottery.published(lottery_id, now=Millis(shop.now + days * DAY))


# --- drawing ---------------------------------------------------------------------------------------


def test_a_prize_of_each_kind_is_given(shop: Shop, member: int) -> None:
    kind = shop.coupon_kind("5 off", effect="amount", off_cents=500)
    coupon = PrizeTerms(name="5 off", kind="coupon", odds_ppm=1_000_000, coupon_kind_id=kind)
    some = PrizeTerms(name="30 points", kind="points", odds_ppm=1_000_000, points=30)
    won = [draw(shop, member, a_lottery(shop, prize)) for prize in (MUG, coupon, some)]
    assert [one.prize for one in won] == ["mug", "5 off", "30 points"]
    assert [one.code for one in handouts.waiting(member)] == [won[0].code]
    assert [one.code for one in coupons.held_by(member, now=shop.now)] == [won[1].coupon_code]
    assert (won[2].points, balance(shop, member)) == (30, 200 - 30 + 30)
    assert doctor.examine(now=shop.now) == []


def test_what_the_odds_leave_is_no_prize(shop: Shop, member: int) -> None:
    rare = a_lottery(shop, PrizeTerms(name="car", kind="product", odds_ppm=1))
    got = draw(shop, member, rare)
    assert (got.prize, got.fell, balance(shop, member)) == (None, False, 190)


def test_a_prize_that_is_used_up_falls_to_no_prize(shop: Shop, member: int) -> None:
    few = a_lottery(shop, PrizeTerms(name="mug", kind="product", odds_ppm=1_000_000, stock=2))
    got = [draw(shop, member, few) for _ in range(3)]
    assert [(one.prize, one.fell) for one in got] == [("mug", False), ("mug", False), (None, True)]
    assert lottery.get(few).prizes[0].left == 0
    assert fairness.verify(published(shop, few, days=1)) == []


def test_a_prize_whose_coupon_kind_was_retired_is_owed_at_the_till(shop: Shop, member: int) -> None:
    kind = shop.coupon_kind("5 off", effect="amount", off_cents=500)
    prize = PrizeTerms(name="5 off", kind="coupon", odds_ppm=1_000_000, coupon_kind_id=kind)
    late = a_lottery(shop, prize)
    coupons.retire_kind(kind, by=shop.owner, now=shop.now)
    assert draw(shop, member, late).code == handouts.waiting(member)[0].code


def test_draws_of_a_day_are_numbered_without_gaps_and_begin_anew(shop: Shop, member: int) -> None:
    june = a_lottery(shop)
    with pytest.raises(NotEnoughPoints):
        draw(shop, shop.member(), june)
    got = [draw(shop, member, june, days=days) for days in (0, 0, 1, 1, 1)]
    assert [(str(one.day), one.n) for one in got] == [
        ("2026-05-29", 1), ("2026-05-29", 2), ("2026-05-30", 1), ("2026-05-30", 2), ("2026-05-30", 3),
    ]  # fmt: skip
    assert [one.n for one in draws.of_member(member, june)] == [3, 2, 1, 2, 1]


def test_only_so_many_tries_a_day(shop: Shop, member: int) -> None:
    june = a_lottery(shop, tries=2)
    for _ in range(2):
        draw(shop, member, june)
    assert draws.tries_left(member, lottery.get(june), now=shop.now) == 0
    with pytest.raises(NoTriesLeft, match="2 tries a day"):
        draw(shop, member, june)
    assert draw(shop, member, june, days=1).n == 1


def test_the_same_key_draws_once(shop: Shop, member: int) -> None:
    june = a_lottery(shop)
    assert draw(shop, member, june, key="a") == draw(shop, member, june, key="a")
    assert balance(shop, member) == 190
    with pytest.raises(KeyReused):
        draw(shop, member, june, "another word", key="a")


def test_points_leave_only_with_a_proof_and_a_free_draw_needs_none(shop: Shop, member: int) -> None:
    with pytest.raises(SpendProofNeeded):
        draw(shop, member, a_lottery(shop), proved=False)
    assert draw(shop, member, a_lottery(shop, cost=0), proved=False).n == 1
    assert doctor.examine(now=shop.now) == []


def test_nobody_draws_for_another_member(shop: Shop, member: int) -> None:
    with pytest.raises(NotAllowed):
        draws.draw(member, a_lottery(shop), "", proved=True, by=members.themselves(1), now=shop.now)


def test_it_draws_on_its_days_only(shop: Shop, member: int) -> None:
    june = a_lottery(shop, days=2)
    with pytest.raises(LotteryClosed, match="05-29 Fri to 05-30 Sat"):
        draw(shop, member, june, days=2)
    assert [one.id for one in lottery.running(now=Millis(shop.now + DAY))] == [june]
    assert lottery.running(now=Millis(shop.now + 2 * DAY)) == []
    assert balance(shop, member) == 200


def test_an_ended_lottery_draws_no_more(shop: Shop, member: int) -> None:
    june = a_lottery(shop)
    lottery.end(june, by=shop.owner, now=shop.now)
    with pytest.raises(LotteryClosed):
        draw(shop, member, june)
    with pytest.raises(LotteryUnknown):
        lottery.end(june, by=shop.owner, now=shop.now)


def test_a_clock_that_went_back_draws_nothing(shop: Shop, member: int) -> None:
    june = a_lottery(shop)
    draw(shop, member, june, days=1)
    with pytest.raises(LotteryClosed):
        draw(shop, member, june)


def test_a_draw_is_never_changed(shop: Shop, member: int) -> None:
    draw(shop, member, a_lottery(shop))
    for table in ("lottery_draw", "lottery_seed"):
        with pytest.raises(Exception, match=f"{table} is append-only"):
            db.run(f"DELETE FROM {table}")


# --- what is published -----------------------------------------------------------------------------


def test_the_list_of_three_days_fits_what_was_committed_to(shop: Shop, member: int) -> None:
    june = a_lottery(shop, PrizeTerms(name="tea", kind="product", odds_ppm=300_000, stock=2))
    before = published(shop, june, days=0)["commitment"]
    for days in range(3):
        for word in ("a", "b", "c"):
            draw(shop, member, june, word, days=days)
    shown = json.loads(json.dumps(published(shop, june, days=3)))
    assert (shown["commitment"], len(shown["draws"]), len(shown["seeds"])) == (before, 9, 3)
    assert lottery.verify(shown) == []


def test_a_seed_is_shown_when_its_day_is_over_and_not_a_moment_earlier(shop: Shop) -> None:
    june = a_lottery(shop)
    midnight = Millis(shop.now + DAY // 2)
    seeds = [list(lottery.published(june, now=Millis(midnight + late))["seeds"]) for late in (-1, 0)]
    assert seeds == [[], ["2026-05-29"]]
    after = published(shop, june, days=90)["seeds"]
    assert list(after) == ["2026-05-29", "2026-05-30", "2026-05-31"]  # type: ignore[call-overload]


def test_the_published_list_holds_no_secret_no_member_and_no_word(shop: Shop, member: int) -> None:
    june = a_lottery(shop)
    draw(shop, member, june, "王伟")
    text = json.dumps(published(shop, june, days=1), ensure_ascii=False)
    found = lottery.get(june)
    secrets = [lottery.seed_of(found, TODAY + timedelta(days=days)).hex() for days in (1, 2)]
    assert [one for one in [*secrets, str(member), "王伟", "staff"] if one in text] == []


def test_the_commitment_stands_in_the_log_before_the_first_draw(shop: Shop) -> None:
    june = a_lottery(shop)
    logged = json.loads(db.value("SELECT after FROM audit WHERE action = 'lottery.created'"))
    assert logged["commitment"] == lottery.get(june).commitment


def test_without_a_word_the_check_character_of_the_card_counts(shop: Shop, member: int) -> None:
    card = credentials.card_of(member) or ""
    assert draw(shop, member, a_lottery(shop), " ").mark == fairness.mark_of(card[-1])


def test_two_lotteries_have_secrets_of_their_own(shop: Shop) -> None:
    first, second = (lottery.get(a_lottery(shop)) for _ in range(2))
    assert first.commitment != second.commitment
    assert [one.id for one in lottery.all_lotteries()] == [second.id, first.id]


# --- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "prizes"),
    [
        ({"cost_points": -1}, (MUG,)),
        ({"tries_day": -1}, (MUG,)),
        ({"first_on": TODAY - timedelta(days=1)}, (MUG,)),
        ({"last_on": TODAY - timedelta(days=1)}, (MUG,)),
        ({"last_on": TODAY + timedelta(days=366)}, (MUG,)),
        ({}, ()),
        ({}, (MUG, PrizeTerms(name="tea", kind="product", odds_ppm=1))),
        ({}, (PrizeTerms(name="tea", kind="product", odds_ppm=0),)),
        ({}, (PrizeTerms(name="tea", kind="product", odds_ppm=1, stock=0),)),
        ({}, (PrizeTerms(name=" ", kind="product", odds_ppm=1),)),
        ({}, (PrizeTerms(name="tea", kind="points", odds_ppm=1),)),
        ({}, (PrizeTerms(name="tea", kind="coupon", odds_ppm=1),)),
        ({}, (PrizeTerms(name="tea", kind="coupon", odds_ppm=1, coupon_kind_id=1),)),
        ({}, (PrizeTerms(name="tea", kind="points", odds_ppm=1, points=1, product_id=1),)),
    ],
)
def test_a_lottery_that_cannot_be_right_is_refused(
    one_shop: Shop, terms: dict[str, object], prizes: tuple[PrizeTerms, ...]
) -> None:
    plain: dict[str, object] = {"cost_points": 10, "tries_day": 1, "first_on": TODAY, "last_on": TODAY}
    with pytest.raises(LotteryInvalid):
        lottery.create("June", LotteryTerms(**(plain | terms)), prizes, by=one_shop.owner, now=one_shop.now)  # type: ignore[arg-type]


def test_odds_may_add_up_to_everything(one_shop: Shop) -> None:
    half = PrizeTerms(name="tea", kind="product", odds_ppm=500_000)
    assert len(lottery.get(a_lottery(one_shop, half, half)).prizes) == 2


def test_an_unknown_lottery_is_said_so(shop: Shop, member: int) -> None:
    with pytest.raises(LotteryUnknown):
        draw(shop, member, 1)
