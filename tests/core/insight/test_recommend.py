"""What to offer in a real shop: from counted baskets, to whom, and what never is."""

import pytest

from core.base import access, db
from core.base.clock import DAY, HOUR, Millis
from core.base.errors import NotAllowed
from core.base.money import Milli
from core.insight import baskets, recommend
from core.insight.recommend import Suggestion, Times, Usual
from core.people import consent, members
from core.selling import receipts, refunds
from core.selling.returns import ReturnLine
from tests.shops import Shop

JOB = access.scheduler("recommend")


@pytest.fixture
def small(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Latte goes with tart in five of six baskets, tea with cake in three; nineteen baskets in all."""
    monkeypatch.setattr(baskets, "LEAST_BASKETS", 10)
    for name, cents in (("latte", 2400), ("tart", 800), ("tea", 1400), ("cake", 3200), ("cup", 9000)):
        shop.product(name, cents)
    sold = [("latte", "tart")] * 5 + [("latte",)] + [("tea", "cake")] * 3 + [("tea",)] * 8 + [("cup", "tea")] * 2
    for at, names in enumerate(sold):
        shop.sell(shop.basket(*((name, 1) for name in names)), now=Millis(shop.now - (at + 1) * DAY))
    return shop


def agreed(shop: Shop, *names: tuple[str, ...]) -> int:
    """A member who agreed to suggestions and bought some baskets, one a day."""
    member = shop.member(purposes=("membership", "profiling"))
    for at, some in enumerate(names):
        shop.sell(shop.basket(*((name, 1) for name in some), member=member), now=Millis(shop.now - (40 - at) * DAY))
    return member


def count(shop: Shop) -> baskets.Counted:
    return baskets.count(by=JOB, now=shop.now)


def test_the_night_counts_baskets_and_says_so(small: Shop) -> None:
    assert str(count(small)) == "19 baskets, 5 products, 4 neighbours"
    found = db.rows(
        "SELECT p.name, o.name, n.place, n.together, n.baskets, n.score_ppm FROM neighbour n JOIN product p"
        " ON p.id = n.product_id JOIN product o ON o.id = n.other_id ORDER BY p.name"
    )
    assert found == [
        ("cake", "tea", 1, 3, 3, 480_384), ("latte", "tart", 1, 5, 6, 912_871), ("tart", "latte", 1, 5, 5, 912_871),
        ("tea", "cake", 1, 3, 13, 480_384),
    ]  # fmt: skip
    assert db.value("SELECT count(*) FROM audit WHERE action = 'baskets.counted'") == 1


def test_the_open_basket_is_offered_what_goes_with_it_and_is_not_in_it(small: Shop) -> None:
    count(small)
    latte, tart, cup = (small.products[name] for name in ("latte", "tart", "cup"))
    (offered,) = recommend.beside([latte, cup], now=small.now)
    assert offered == Suggestion(tart, "tart", "latte", 5, 6)
    assert str(offered.reason) == "bought together with latte in 5 of 6 baskets"
    assert recommend.beside([latte, tart], now=small.now) == ()
    assert recommend.beside([], now=small.now) == ()


def test_a_member_may_like_what_goes_with_their_purchases_then_what_is_popular(small: Shop) -> None:
    member = agreed(small, ("latte",), ("latte",), ("latte", "cup"))
    count(small)
    taste = recommend.of_member(member, now=small.now)
    assert taste is not None
    assert taste.usual == (Usual(small.products["latte"], "latte", 3),)
    assert [(one.name, one.beside, one.baskets) for one in taste.may_like] == [
        ("tart", "latte", 9), ("tea", "", 13), ("cake", "", 3),
    ]  # fmt: skip
    assert str(taste.may_like[1].reason) == "in 13 baskets of the last year"
    assert recommend.in_short(member, now=small.now) == ("latte", "tart")


def test_without_consent_nothing_is_drawn_from_what_a_member_bought(small: Shop) -> None:
    member = agreed(small, ("latte",), ("latte",))
    count(small)
    consent.withdraw(member, "profiling", source="phone", by=members.themselves(member), now=small.now)
    assert recommend.of_member(member, now=small.now) is None
    assert recommend.in_short(member, now=small.now) == ("", "")


def test_what_was_wholly_returned_counts_for_nothing_and_is_not_offered_again(small: Shop) -> None:
    member = agreed(small, ("latte", "tart"))
    sale = db.value("SELECT id FROM sale WHERE member_id = ?", (member,))
    back = [ReturnLine(line.id, Milli(1000)) for line in receipts.of(sale).lines if line.name == "tart"]
    refunds.refund(sale, back, by=small.owner, now=small.now)
    count(small)
    taste = recommend.of_member(member, now=small.now)
    assert taste is not None and taste.usual == ()
    assert "tart" not in [one.name for one in taste.may_like]
    assert db.value("SELECT max(together) FROM neighbour") == 5


def test_what_is_no_longer_or_not_yet_sold_is_not_offered(small: Shop) -> None:
    count(small)
    latte, tart = small.products["latte"], small.products["tart"]

    @db.atomic
    def changed(column: str, value: int) -> None:
        db.run(f"UPDATE product SET {column} = ? WHERE id = ?", (value, tart))

    changed("opens_at", small.now + HOUR)
    assert recommend.beside([latte], now=small.now) == ()
    assert len(recommend.beside([latte], now=Millis(small.now + HOUR))) == 1
    changed("active", 0)
    assert recommend.beside([latte], now=Millis(small.now + HOUR)) == ()


def test_top_ups_are_neither_usual_nor_popular(small: Shop) -> None:
    member = agreed(small, ("latte",))
    for hour in range(3):
        small.top_up(member, 10_000, now=Millis(small.now - hour * HOUR))
    assert count(small).products == 5
    taste = recommend.of_member(member, now=small.now)
    assert taste is not None and taste.usual == ()


def test_a_shop_with_few_baskets_offers_only_what_is_popular(small: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baskets, "LEAST_BASKETS", 200)
    member = agreed(small, ("tea",))
    assert count(small).pairs == 0
    assert recommend.beside([small.products["latte"]], now=small.now) == ()
    assert recommend.in_short(member, now=small.now) == ("", "latte")


def test_before_the_first_night_there_is_nothing_to_offer(small: Shop) -> None:
    member = agreed(small, ("latte",), ("latte",))
    assert recommend.beside([small.products["latte"]], now=small.now) == ()
    taste = recommend.of_member(member, now=small.now)
    assert taste is not None and (taste.may_like, taste.times) == ((), Times(None, None, None, None))
    assert recommend.times_said(taste.times) is None


def test_the_next_night_takes_the_place_of_the_last_whole(small: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baskets, "AT_ONCE", 1)
    count(small)
    first = db.value("SELECT id FROM basket_run")
    small.sell(small.basket(("latte", 1), ("tart", 1)))
    seen = []
    keep = baskets._keep

    def watched(run_id: int, some: tuple[object, ...]) -> None:
        seen.append(recommend.beside([small.products["latte"]], now=small.now)[0].together)
        keep(run_id, some)  # type: ignore[arg-type]

    monkeypatch.setattr(baskets, "_keep", watched)
    count(small)
    assert seen == [5, 5, 5, 5]
    assert recommend.beside([small.products["latte"]], now=small.now)[0].together == 6
    left = [db.value(f"SELECT count(*) FROM {table} WHERE {column} = ?", (first,)) for table, column in (
        ("basket_run", "id"), ("neighbour", "run_id"), ("popular", "run_id"), ("shop_slot", "run_id"))]  # fmt: skip
    assert left == [0, 0, 0, 0]


def test_a_count_overtaken_by_a_later_one_leaves_that_in_force(small: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    keep = baskets._keep

    def overtaken(run_id: int, some: tuple[object, ...]) -> None:
        monkeypatch.setattr(baskets, "_keep", keep)
        count(small)
        keep(run_id, some)  # type: ignore[arg-type]

    monkeypatch.setattr(baskets, "_keep", overtaken)
    count(small)
    assert db.rows("SELECT count(*), sum(in_force) FROM basket_run") == [(1, 1)]
    assert db.value("SELECT count(DISTINCT run_id) FROM neighbour") == 1
    assert len(recommend.beside([small.products["latte"]], now=small.now)) == 1


def test_of_very_many_products_the_most_bought_are_paired(small: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.insight import pairing

    monkeypatch.setattr(pairing, "MOST_PRODUCTS", 3)
    assert count(small).products == 3
    assert [row[0] for row in db.rows("SELECT baskets FROM popular ORDER BY place")] == [13, 6, 5]


def test_sales_of_more_than_a_year_ago_do_not_count(small: Shop) -> None:
    assert baskets.count(by=JOB, now=Millis(small.now + 363 * DAY)).baskets == 1
    assert baskets.count(by=JOB, now=Millis(small.now + 364 * DAY)).baskets == 0


def test_no_clerk_may_count(small: Shop) -> None:
    with pytest.raises(NotAllowed):
        baskets.count(by=small.owner_with(frozenset({"sell"})), now=small.now)


def test_a_member_of_one_time_is_told_by_it_and_others_by_the_shops(small: Shop) -> None:
    member = small.member(purposes=("membership", "profiling"))
    for week in range(12):
        small.sell(small.basket(("tea", 1), member=member), now=Millis(small.now - week * 7 * DAY + 7 * HOUR))
    other = agreed(small, ("tea",))
    count(small)
    found = [recommend.of_member(one, now=small.now) for one in (member, other)]
    said = [str(recommend.times_said(one.times)) for one in found if one is not None]
    assert said == ["mostly Fri, after 18", "no usual time; most members come Fri, 11 to 14"]


def test_the_tables_name_no_member(small: Shop) -> None:
    agreed(small, ("latte", "tart"))
    count(small)
    for table in ("basket_run", "neighbour", "popular", "shop_slot"):
        assert "member_id" not in next(iter(db.records(f"SELECT * FROM {table}")))
