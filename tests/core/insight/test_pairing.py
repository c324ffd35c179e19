"""Pairs of products in baskets: a twin that counts by hand, and what must not change the count."""

import random
from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.insight import pairing
from core.insight.pairing import Neighbour, Pairs

Lines = list[tuple[int, int]]
LINES = some.lists(some.tuples(some.integers(1, 9), some.integers(10, 16)), max_size=60)
PRODUCTS = np.arange(10, 17)


def counted(lines: Lines, *, chunks: int = 1) -> Pairs:
    """The lines counted, the sales spread over chunks."""
    pairs = pairing.nothing(PRODUCTS)
    for part in range(chunks):
        mine = [line for line in lines if line[0] % chunks == part]
        rows = np.array(mine, dtype=np.int64).reshape(-1, 2)
        pairing.add(pairs, rows[:, 0], rows[:, 1])
    return pairs


def nearest(lines: Lines) -> list[list[Neighbour]]:
    return list(pairing.neighbours(counted(lines)))


def by_hand(lines: Lines) -> dict[tuple[int, int], tuple[int, int, int]]:
    """Product and other, with baskets together, baskets of the product, and the cosine in millionths."""
    baskets: dict[int, set[int]] = {}
    for sale, product in lines:
        baskets.setdefault(sale, set()).add(product)
    alone = Counter(product for basket in baskets.values() for product in basket)
    both = Counter(pair for basket in baskets.values() for pair in combinations(sorted(basket), 2))
    found = {}
    for (one, other), count in both.items():
        if count >= 3:
            score = round(count / (alone[one] ** 0.5 * alone[other] ** 0.5) * 1e6)
            found[one, other], found[other, one] = (count, alone[one], score), (count, alone[other], score)
    return found


def as_found(lines: Lines) -> dict[tuple[int, int], tuple[int, int, int]]:
    return {
        (one.product_id, one.other_id): (one.together, one.baskets, one.score_ppm)
        for some_ in nearest(lines)
        for one in some_
    }


@given(LINES)
def test_the_count_is_that_of_a_count_by_hand(lines: Lines) -> None:
    assert as_found(lines) == by_hand(lines)


@given(LINES, some.integers(1, 4), some.randoms(use_true_random=False))
def test_neither_order_nor_chunks_nor_a_line_told_twice_change_anything(
    lines: Lines, chunks: int, dice: random.Random
) -> None:
    shuffled = dice.sample(lines, len(lines)) + lines[:3]
    once, again = counted(lines), counted(shuffled, chunks=chunks)
    assert np.array_equal(once.together, again.together) and np.array_equal(once.alone, again.alone)
    assert once.counted == again.counted


@given(LINES)
def test_being_bought_together_is_mutual(lines: Lines) -> None:
    found = as_found(lines)
    assert all(found[other, one][0] == figures[0] for (one, other), figures in found.items())


def test_the_nearest_comes_first_with_its_figures() -> None:
    baskets = [{10, 11}] * 5 + [{10, 12}] * 4 + [{12}] * 12 + [{10}]
    (of_ten, *_rest) = nearest([(at, product) for at, basket in enumerate(baskets) for product in basket])
    assert of_ten == [Neighbour(10, 11, 5, 10, 707_107), Neighbour(10, 12, 4, 10, 316_228)]


def test_a_pair_seen_twice_is_an_accident_and_unknown_products_do_not_count() -> None:
    assert nearest([(1, 10), (1, 11), (2, 10), (2, 11), (2, 99)]) == []
    assert counted([(1, 99), (2, 98)]).counted == 0
    assert pairing.popular(counted([]), 5) == []


def test_a_basket_of_half_the_shop_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairing, "MOST_LINES", 3)
    pairs = counted([(1, 10), (1, 11), (1, 12), (1, 13), (2, 10), (2, 11)])
    assert pairs.counted == 1
    assert pairing.popular(pairs, 9) == [(10, 1), (11, 1)]


def test_twenty_neighbours_are_kept() -> None:
    pairs = pairing.nothing(np.arange(30))
    rows = np.array([(sale, product) for sale in range(3) for product in range(30)])
    pairing.add(pairs, rows[:, 0], rows[:, 1])
    first = next(pairing.neighbours(pairs))
    assert [one.other_id for one in first] == list(range(1, 21))
