"""The pure part of the lottery: numbers nobody can choose, each equally likely, and a list anyone can check."""

import copy
import json
import subprocess
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.giving import fairness
from core.giving.fairness import Misfit

SEED = sha256(b"a day").digest()
CRITICAL_99 = 148.230
CRITICAL_3 = 16.266
"""Upper critical values of chi-square at 0.001 with 99 and 3 degrees of freedom.
Source: NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.4."""


def test_a_number_is_what_openssl_makes_of_the_same_seed_and_message() -> None:
    # printf '1|1|abc' | openssl dgst -sha256 -mac HMAC -macopt hexkey:00…00: a70e8ac8 … = 2,802,748,104
    assert fairness.number_of(bytes(32), "1", 1, "abc") == 748_104


def test_a_word_that_would_favour_small_numbers_is_left_out() -> None:
    # '1|1694|abc' gives fff2e1ee 6acb4d61 …: the first is 4,294,107,630, so 1,791,708,513 counts
    assert fairness.FAIR_BELOW == 4_294_000_000
    assert fairness.number_of(bytes(32), "1", 1694, "abc") == 708_513


def chi_square(seen: Counter[int], expected: dict[int, float]) -> float:
    return sum((seen[bin_] - wanted) ** 2 / wanted for bin_, wanted in expected.items())


@pytest.mark.parametrize("draws", [50_000, pytest.param(1_000_000, marks=pytest.mark.long)])
def test_every_number_is_equally_likely(draws: int) -> None:
    seen = Counter(fairness.number_of(SEED, "1000012", n, "mark") // 10_000 for n in range(draws))
    assert chi_square(seen, dict.fromkeys(range(100), draws / 100)) < CRITICAL_99


@pytest.mark.parametrize("draws", [50_000, pytest.param(1_000_000, marks=pytest.mark.long)])
def test_prizes_come_as_often_as_their_odds_say(draws: int) -> None:
    odds = [10_000, 50_000, 200_000]
    numbers = (fairness.number_of(SEED, "1000012", 1, fairness.mark_of(str(word))) for word in range(draws))
    seen = Counter(-1 if (place := fairness.place_of(number, odds)) is None else place for number in numbers)
    expected = {place: draws * part / 1_000_000 for place, part in enumerate(odds)} | {-1: draws * 0.74}
    assert chi_square(seen, expected) < CRITICAL_3


@given(st.lists(st.integers(1, 400_000), min_size=1, max_size=6))
def test_each_prize_has_exactly_its_share_of_the_numbers(odds: list[int]) -> None:
    edges = [sum(odds[:place]) for place in range(len(odds) + 1)]
    for place in range(len(odds)):
        assert fairness.place_of(edges[place], odds) == fairness.place_of(edges[place + 1] - 1, odds) == place
    assert fairness.place_of(edges[-1], odds) is None


def test_the_seed_of_a_day_says_nothing_of_the_next() -> None:
    last = bytes(32)
    assert fairness.hashed(last, 1) == sha256(last).digest()
    assert fairness.hashed(last, 3) == sha256(sha256(sha256(last).digest()).digest()).digest()


# --- the published list ----------------------------------------------------------------------------


def a_list(stock: int | None = 2) -> dict[str, Any]:
    """Three days of five draws each; the third day's seed is still a secret."""
    last = sha256(b"secret").digest()
    seeds = {f"2026-06-0{day}": fairness.hashed(last, 3 - day) for day in (1, 2, 3)}
    prizes = [{"id": "7", "name": "mug", "odds_ppm": 600_000, "stock": stock}]
    draws, left = [], stock
    for day, seed in seeds.items():
        for n in range(1, 6):
            mark = fairness.mark_of(f"{day} {n}")
            number = fairness.number_of(seed, "12", n, mark)
            drawn = "7" if number < 600_000 else None
            given_ = drawn if left is None or left > 0 else None
            left = left - 1 if left and given_ else left
            draws.append({"day": day, "n": n, "mark": mark, "number": number, "drawn": drawn, "given": given_})
    shown = {day: seed.hex() for day, seed in seeds.items() if day != "2026-06-03"}
    head = {"lottery": "12", "name": "June", "from": "2026-06-01", "until": "2026-06-03"}
    return head | {
        "commitment": fairness.hashed(last, 3).hex(), "prizes": prizes, "seeds": shown, "draws": draws,
    }  # fmt: skip


@pytest.mark.parametrize("stock", [None, 1, 2, 100])
def test_an_honest_list_fits(stock: int | None) -> None:
    assert fairness.verify(a_list(stock)) == []


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("number", 1, "number"),
        ("mark", fairness.mark_of("another word"), "number"),
        ("drawn", "8", "drawn"),
        ("given", "8", "given"),
        ("n", 9, "order"),
        ("day", "2026-06-04", "seed"),
    ],
)
def test_each_thing_changed_afterwards_is_found(field: str, value: object, why: str) -> None:
    forged = a_list()
    forged["draws"][2][field] = value
    assert why in {one.why for one in fairness.verify(forged)}


@given(st.integers(0, 9), st.integers(0, 999_999))
def test_no_number_of_a_day_that_is_over_can_be_another(place: int, number: int) -> None:
    forged = a_list()
    honest = forged["draws"][place]["number"]
    forged["draws"][place]["number"] = number
    assert (fairness.verify(forged) == []) == (number == honest)


def test_a_draw_taken_out_leaves_a_gap_and_its_followers_do_not_fit() -> None:
    forged = a_list()
    del forged["draws"][1]
    assert fairness.verify(forged)[0] == Misfit("2026-06-01", 3, "order")


def test_a_seed_that_was_not_committed_to_makes_its_whole_day_unfit() -> None:
    forged = a_list()
    forged["seeds"]["2026-06-02"] = "00" * 32
    assert [(one.day, one.n, one.why) for one in fairness.verify(forged)] == [
        ("2026-06-02", n, "seed") for n in range(1, 6)
    ]


def test_leaving_a_seed_out_hides_nothing() -> None:
    forged = a_list()
    del forged["seeds"]["2026-06-01"]
    assert fairness.verify(forged) == []
    forged["draws"][0]["number"] ^= 1
    assert fairness.verify(forged)[0] == Misfit("2026-06-01", 1, "number")


def test_a_prize_kept_back_while_there_was_stock_is_found() -> None:
    forged = a_list(stock=None)
    won = next(draw for draw in forged["draws"] if draw["given"])
    won["given"] = None
    assert fairness.verify(forged) == [Misfit(won["day"], won["n"], "given")]


def test_an_outsider_needs_that_one_file_and_nothing_else(tmp_path: Path) -> None:
    honest, forged = a_list(), a_list()
    forged["draws"][0]["number"] ^= 1
    said = []
    for name, published in (("honest", honest), ("forged", forged)):
        (tmp_path / name).write_text(json.dumps(copy.deepcopy(published)), "utf-8")
        command = [sys.executable, "-I", "-S", fairness.__file__, str(tmp_path / name)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        said.append((done.returncode, done.stdout))
    assert said == [(0, ""), (1, "2026-06-01 draw 1: number\n")]
