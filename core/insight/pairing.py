"""What is bought together: every pair of products in a basket counted, and each product's nearest kept (numpy, pure).

Nearness is the cosine of two products over baskets, together / √(baskets of one · baskets of the other); never lift,
which puts rare accidents first.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_PRODUCTS = 8_000
"""So many products are paired, the most bought ones: their table of pairs takes 256 MB."""
MOST_LINES = 100
"""A basket of more different products says nothing of what goes together, and is left out."""
BEST = 20
LEAST_TOGETHER = 3
"""A pair seen in fewer baskets may be an accident: two things bought once, together, would have a cosine of 1."""

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Pairs:
    """Baskets counted so far: `alone` by product, `together` by the lower and the higher place of two products."""

    product_ids: Ints
    alone: Ints
    together: NDArray[np.int32]
    baskets: list[int]

    @property
    def counted(self) -> int:
        """How many baskets were counted."""
        return sum(self.baskets)


@dataclass(frozen=True)
class Neighbour:
    """One of a product's nearest: in so many of its baskets the other was too."""

    product_id: int
    other_id: int
    together: int
    baskets: int
    score_ppm: int


def nothing(product_ids: Ints) -> Pairs:
    """No basket counted yet, of these products."""
    ids = np.unique(product_ids)
    many = len(ids)
    return Pairs(ids, np.zeros(many, np.int64), np.zeros((many, many), np.int32), [])


def add(pairs: Pairs, sale_ids: Ints, product_ids: Ints) -> None:
    """Count some baskets, each given whole, as rows of sale and product in any order; other products do not count."""
    sales, products = _known(pairs, sale_ids, product_ids)
    if not len(sales):
        return
    sizes = _sizes(sales)
    small = np.repeat(sizes <= MOST_LINES, sizes)
    sales, products = sales[small], products[small]
    pairs.baskets.append(int((sizes <= MOST_LINES).sum()))
    pairs.alone[:] += np.bincount(products, minlength=len(pairs.alone))
    at = np.arange(len(sales))
    many = len(pairs.product_ids)
    for apart in range(1, MOST_LINES):
        at = at[at + apart < len(sales)]
        at = at[sales[at] == sales[at + apart]]
        if not len(at):
            break
        keys, counts = np.unique(products[at] * many + products[at + apart], return_counts=True)
        pairs.together.reshape(-1)[keys] += counts.astype(np.int32)


def _known(pairs: Pairs, sale_ids: Ints, product_ids: Ints) -> tuple[Ints, Ints]:
    """Sales and places of products, each pair once, in their order."""
    if not len(pairs.product_ids) or not len(sale_ids):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    places = np.minimum(np.searchsorted(pairs.product_ids, product_ids), len(pairs.product_ids) - 1)
    known = pairs.product_ids[places] == product_ids
    sales, places = sale_ids[known], places[known]
    order = np.lexsort((places, sales))
    sales, places = sales[order], places[order]
    fresh = np.ones(len(sales), bool)
    fresh[1:] = (sales[1:] != sales[:-1]) | (places[1:] != places[:-1])
    return sales[fresh], places[fresh]


def _sizes(sales: Ints) -> Ints:
    firsts = np.flatnonzero(np.concatenate(([True], sales[1:] != sales[:-1])))
    return np.diff(np.concatenate((firsts, [len(sales)])))


def neighbours(pairs: Pairs) -> Iterator[list[Neighbour]]:
    """Each product's nearest, the nearest first; equally near ones by id. Products with none are left out."""
    root = np.sqrt(pairs.alone.astype(np.float64))
    for place, product_id in enumerate(pairs.product_ids):
        both = pairs.together[place].astype(np.int64) + pairs.together[:, place]
        others = np.flatnonzero(both >= LEAST_TOGETHER)
        if not len(others):
            continue
        score = np.rint(both[others] / (root[place] * root[others]) * 1e6).astype(np.int64)
        best = others[np.lexsort((others, -score))][:BEST]
        scores = dict(zip(others.tolist(), score.tolist(), strict=True))
        yield [
            Neighbour(int(product_id), int(pairs.product_ids[other]), int(both[other]), int(pairs.alone[place]),
                      max(1, scores[int(other)]))
            for other in best
        ]  # fmt: skip


def popular(pairs: Pairs, most: int) -> list[tuple[int, int]]:
    """The products in most baskets, with how many; equal ones by id."""
    order = np.lexsort((pairs.product_ids, -pairs.alone))[:most]
    return [(int(pairs.product_ids[at]), int(pairs.alone[at])) for at in order if pairs.alone[at]]
