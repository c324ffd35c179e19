"""How the bench judges: totals of a peer against ours, bars that hold or not, peers that are not there."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from bench import churn, goods, nightly, peers, processes, quote, sale
from bench.figures import Figure, Unmeasurable, table
from bench.goods import Deal, Goods
from bench.oscar import errand
from bench.oscar.errand import Answer, Answers, Errand, Stage
from bench.processes import Run, Sold
from core.selling import quotes
from tests import shops

RECORDED = Path(__file__).with_name("oscar_answers.json")
"""What django-oscar answered: 12 baskets of 40 products on 8 shelves, with 3 deals (placed) and with 20."""
LOCKS = sorted((Path(__file__).resolve().parents[2] / "bench").rglob("*.lock"))
QUIET = Sold((2.0,) * 100, "", 0.5, 60.0, 5)


def totals(shop: shops.Shop, what: Goods, member_id: int) -> list[int]:
    baskets = [goods.basket(shop, picked, member_id) for picked in goods.baskets(what, 12)]
    return [quotes.quote(basket, by=shop.owner, now=shop.now).total_cents for basket in baskets]


# --- the same totals -------------------------------------------------------------------------------


def test_our_totals_are_those_that_django_oscar_gave(sqlite: str) -> None:
    what = goods.goods_of(40, 8)
    few, many = errand.answers_of(RECORDED.read_text("utf-8")).stages
    deals, shop = quote.deals_of(what, 20), goods.open_shop(what)
    member_id = shop.member()
    goods.run(shop, deals[:3])
    errand.check_same(totals(shop, what, member_id), few.totals)
    goods.run(shop, deals[3:])
    errand.check_same(totals(shop, what, member_id), many.totals)


def test_deals_of_a_comparison_share_no_product() -> None:
    what = goods.goods_of(600, 8)
    deals = quote.deals_of(what, 300)
    assert len(deals) == 300
    for at, shelf in enumerate(what.shelves):
        assert sum(at in deal.products or shelf in deal.shelves for deal in deals) <= 1
    assert all(deal.off_bp % 100 == 0 for deal in deals)
    assert all(price % 100 == 0 for price in what.prices)


def test_another_total_or_number_of_totals_is_refused() -> None:
    with pytest.raises(Unmeasurable, match="Basket 2 costs 300 cents with us and 299 with django-oscar"):
        errand.check_same([200, 300], [200, 299])
    with pytest.raises(Unmeasurable, match="priced 1 baskets, not 2"):
        errand.check_same([200, 300], [200])


def test_an_errand_holds_all_that_the_peer_reads() -> None:
    what = Goods((1800, 2000), (0, 1))
    asked = Errand(what, (Deal("a", "percent", off_bp=1000, shelves=(1,)),), (Stage(1, (((0, 2),),), True),), ("P",))
    assert json.loads(asked.as_json()) == {
        "goods": {"prices": [1800, 2000], "shelves": [0, 1]},
        "deals": [
            {"name": "a", "effect": "percent", "off_bp": 1000, "off_cents": 0, "threshold_cents": 0}
            | {"shelves": [1], "products": []}
        ],
        "stages": [{"deals": 1, "baskets": [[[0, 2]]], "placed": True}],
        "pragmas": ["P"],
    }


def test_a_deal_matches_from_its_threshold_on() -> None:
    what, deal = Goods((1800, 2000), (0, 1)), Deal("a", "reduction", threshold_cents=4000, shelves=(1,))
    assert [deal.matches(what, picked) for picked in (((1, 2),), ((0, 9), (1, 1)), ((0, 9),))] == [True, False, False]


# --- bars ------------------------------------------------------------------------------------------


def test_a_sale_is_judged_by_the_floor_and_by_the_peer() -> None:
    assert sale.judged(1.0, 3.9, 41.0) == ("≤ 4 × floor, ≥ 40 × peer", True, 41.0)
    assert sale.judged(1.0, 4.1, 41.0)[1] is False
    assert sale.judged(2.0, 3.9, 41.0)[1:] == (False, 20.5)
    assert sale.judged(1.0, 3.9, None) == ("≤ 4 × floor", True, None)


def test_the_peer_of_a_sale_is_told_with_its_parts() -> None:
    beside = sale.compared([500, 700], Answers("django-oscar 4.2.1", (Answer((500, 700), 0.08, 0.06),)))
    assert beside.ms == pytest.approx(70)
    assert "price 40.0 ms, place 30.0 ms for 2 baskets" in beside.note


def test_the_peer_of_a_quote_is_told_for_each_number_of_promotions() -> None:
    stages, ours = (Stage(3, ()), Stage(30, ())), ([500, 700], [400])
    answers = Answers("django-oscar 4.2.1", (Answer((500, 700), 0.08, 0.0), Answer((400,), 0.14, 0.0)))
    each_s, sentence = quote.compared(stages, ours, answers)
    assert each_s == pytest.approx(0.04)
    assert "3 running 40 ms, 30 running 140 ms, totals equal" in sentence
    with pytest.raises(Unmeasurable):
        quote.compared(stages, ([500, 700], [401]), answers)


@pytest.mark.parametrize(
    ("second", "wrong", "met"),
    [
        (Sold((2.0,) * 80, "", 0.5, 60.0, 5), "", True),
        (Sold((2.0,) * 79, "", 0.5, 60.0, 5), "", False),
        (Sold((2.0,) * 99 + (501.0,), "", 0.5, 60.0, 5), "", False),
        (Sold((2.0,) * 100, "WriterStuck: writer_stuck", 0.5, 60.0, 5), "", False),
        (Sold((2.0,) * 100, "", 0.5, 60.0, 5), "210 sales were answered, 209 are kept", False),
    ],
)
def test_processes_must_be_fair_quick_and_without_an_error(second: Sold, wrong: str, met: bool) -> None:
    together = Run(2.0, (QUIET, second), wrong)
    row = processes.figure("tiny", [Run(2.0, (QUIET,))], [together], "")
    assert (row.met, row.floor) == (met, 50.0)
    assert ("no error" in row.note) is not bool(second.error or wrong)


# --- peers -----------------------------------------------------------------------------------------


def test_peers_can_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(peers.CHOICE, "no")
    with pytest.raises(peers.Unavailable, match="left out"):
        peers.python_of("oscar", LOCKS, print)


def test_a_peer_that_cannot_be_installed_is_not_available(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(peers.CHOICE, raising=False)
    monkeypatch.setattr(peers, "FOLDER", tmp_path)
    lock = tmp_path / "nothing.lock"
    lock.write_text(f"./nothing-here.whl --hash=sha256:{'0' * 64}\n", "utf-8")
    with pytest.raises(peers.Unavailable, match="nothing-here"):
        peers.python_of("nothing", (lock,), lambda line: None)
    assert not (tmp_path / "nothing" / "made-from").exists()


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_locks_of_peers_hold_hashes_and_no_addresses(path: Path) -> None:
    text = path.read_text("utf-8")
    assert "://" not in text
    assert "--hash=sha256:" in text


def test_the_table_shows_floor_and_peer() -> None:
    row = Figure(
        "sale", 1.2, 0.4, 66.0, 3.0, "≤ 4 × floor", True, 1.0, 60.0, "tiny", 1, 10, 1, "ms", "a note", peer_ratio=55.0
    )
    shown = table([row]).splitlines()
    assert shown[0].split("  ")[-1].strip() == "peak MB"
    assert shown[1].split() == "sale 10 × 1 1.20 ms 0.40 66.00 3.00 55.00 ≤ 4 × floor yes 1.0 60".split()
    assert json.loads(row.as_json()) == asdict(row)


OURS = churn.Done(2.0, 0.5, (0.9, 25.0, 0.5, 3.0), 1000.0)


@pytest.mark.parametrize(
    ("theirs", "met"),
    [
        (churn.Done(24.0, 1.0, (0.905, 25.1, 0.5, 3.0), 1001.0), True),
        (churn.Done(24.0, 0.9, (0.9, 25.0, 0.5, 3.0), 1000.0), False),
        (churn.Done(50.0, 1.0, (0.9, 25.0, 0.5, 3.1), 1000.0), False),
        (None, False),
    ],
)
def test_a_forecast_must_be_ten_times_as_fast_and_the_same(theirs: churn.Done | None, met: bool) -> None:
    assert churn.figure("full", OURS, theirs, "", 100.0).met is met


@pytest.mark.parametrize(
    ("seconds", "megabytes", "duck_s", "met"),
    [(599, 1999, 1.0, True), (601, 1999, 1.0, False), (599, 2001, 1.0, False), (599, 1999, 0.3, False)],
)
def test_a_night_must_be_short_small_and_not_far_behind(
    seconds: float, megabytes: float, duck_s: float, met: bool
) -> None:
    night = nightly.Night({"churn": (seconds, "done")}, {"days": 2.0}, 1.0, megabytes)
    assert nightly.figure("full", (1, 1), night, {"days": duck_s}, "").met is met
