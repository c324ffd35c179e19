"""The nightly count of baskets: streamed by day, paired, and written under a run that then takes the last one's place.

Whoever reads meanwhile sees the run in force, whole; tills write between the short transactions.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from core.base import clock, db, ids
from core.base.access import Actor, require
from core.base.clock import HOUR, Millis
from core.books import audit, rules
from core.insight import pairing, slots
from core.insight.pairing import Ints, Neighbour, Pairs
from core.insight.recommend import KEPT

DAYS = 365
"""The baskets of a year count: every season once, and what went out of fashion leaves."""
LEAST_BASKETS = 200
"""Fewer say too little of pairs: then only what is popular, and what a member buys themselves."""
POPULAR = 200
CHUNK = 50_000
AT_ONCE = 1_000
"""So many rows are written in one transaction, to let tills in between."""
SOLD = f"p.kind IN ('goods', 'service') AND {KEPT}"
"""Lines that count: no top-ups, plans, passes and gift cards, and nothing that was wholly returned."""


@dataclass(frozen=True)
class Counted:
    """What a night's count found."""

    baskets: int
    products: int
    pairs: int

    def __str__(self) -> str:
        return f"{self.baskets} baskets, {self.products} products, {self.pairs} neighbours"


def count(*, by: Actor, now: Millis) -> Counted:
    """Count what was bought together in the last year and put it in force. Raises: NotAllowed."""
    require(by, "churn")
    today = clock.day_of(now, rules.current(now=now).zone).toordinal()
    since = today - DAYS + 1
    pairs = _paired(since, today)
    run_id, old = _begin(since, today, pairs.counted, now)
    written = 0
    if pairs.counted >= LEAST_BASKETS:
        nearest = _numbered(pairs)
        while some := tuple(islice(nearest, AT_ONCE)):
            _keep(run_id, some)
            written += len(some)
    visits = _visits(since, today)
    stands = _put_in_force(run_id, tuple(pairing.popular(pairs, POPULAR)), visits, by=by, now=now)
    for run in old if stands else [run_id]:
        while _drop_some(run):
            pass
    return Counted(pairs.counted, int((pairs.alone > 0).sum()), written)


# --- reading ---------------------------------------------------------------------------------------


def _paired(since: int, today: int) -> Pairs:
    rows = db.rows("SELECT id FROM product WHERE kind IN ('goods', 'service') AND active = 1")
    products: Ints = np.array([row[0] for row in rows], dtype=np.int64)
    if len(products) > pairing.MOST_PRODUCTS:
        products = _most_bought(products, since, today)
    pairs = pairing.nothing(products)
    for sale_ids, product_ids in lines(since, today):
        pairing.add(pairs, sale_ids, product_ids)
    return pairs


def _most_bought(products: Ints, since: int, today: int) -> Ints:
    products = np.unique(products)
    bought = np.zeros(len(products), np.int64)
    for _, found in lines(since, today):
        places = np.minimum(np.searchsorted(products, found), len(products) - 1)
        places = places[products[places] == found]
        bought += np.bincount(places, minlength=len(products))
    best: Ints = products[np.lexsort((products, -bought))][: pairing.MOST_PRODUCTS]
    return best


def lines(since: int, today: int) -> Iterator[tuple[Ints, Ints]]:
    """Sale and product of every line that counts, whole days at a time, so that no reader holds the log for long."""
    sql = (
        "SELECT l.sale_id, l.product_id FROM sale s JOIN sale_line l ON l.sale_id = s.id"
        f" JOIN product p ON p.id = l.product_id WHERE s.day = ? AND {SOLD}"
    )
    held: list[Ints] = []
    for day in range(since, today + 1):
        found = db.rows(sql, (day,))
        if found:
            held.append(np.array(found, dtype=np.int64))
        if held and (day == today or sum(len(part) for part in held) >= CHUNK):
            both = np.concatenate(held)
            held = []
            yield both[:, 0], both[:, 1]


def _visits(since: int, today: int) -> tuple[tuple[str, int, int], ...]:
    """The shop's visits by part of the day and by weekday, on the clock of each store."""
    sql = (
        f"SELECT s.at / {HOUR // 4}, p.zone, count(*) FROM sale s JOIN store p ON p.id = s.store_id"
        " WHERE s.day = ? GROUP BY 1, 2"
    )
    both = slots.counted(row for day in range(since, today + 1) for row in db.rows(sql, (day,)))
    named = zip(("daypart", "weekday"), both, strict=True)
    return tuple((kind, slot, found) for kind, counts in named for slot, found in enumerate(counts))


def _numbered(pairs: Pairs) -> Iterator[tuple[int, Neighbour]]:
    for nearest in pairing.neighbours(pairs):
        yield from enumerate(nearest, 1)


# --- writing ---------------------------------------------------------------------------------------


@db.atomic
def _begin(since: int, today: int, baskets: int, now: Millis) -> tuple[int, list[int]]:
    """A new run that is not in force yet, and those before it."""
    old = [int(row[0]) for row in db.rows("SELECT id FROM basket_run")]
    run_id = ids.new()
    db.add("basket_run", id=run_id, since_day=since, day=today, baskets=baskets, made_at=now)
    return run_id, old


@db.atomic
def _keep(run_id: int, some: tuple[tuple[int, Neighbour], ...]) -> None:
    db.add_many(
        "neighbour",
        [
            {"run_id": run_id, "product_id": one.product_id, "place": place, "other_id": one.other_id,
             "together": one.together, "baskets": one.baskets, "score_ppm": one.score_ppm}
            for place, one in some
        ],
    )  # fmt: skip


@db.atomic
def _put_in_force(
    run_id: int, popular: tuple[tuple[int, int], ...], visits: tuple[tuple[str, int, int], ...], *,
    by: Actor, now: Millis,
) -> bool:  # fmt: skip
    """From this moment everyone reads the new run; False if one begun later was faster and cleared it away."""
    baskets = db.value("SELECT baskets FROM basket_run WHERE id = ?", (run_id,))
    if baskets is None:
        return False
    db.add_many(
        "popular",
        [{"run_id": run_id, "place": place, "product_id": product, "baskets": baskets}
         for place, (product, baskets) in enumerate(popular, 1)],
    )  # fmt: skip
    db.add_many(
        "shop_slot", [{"run_id": run_id, "kind": kind, "slot": slot, "visits": found} for kind, slot, found in visits]
    )
    db.run("UPDATE basket_run SET in_force = 0 WHERE in_force = 1")
    db.run("UPDATE basket_run SET in_force = 1 WHERE id = ?", (run_id,))
    after = {"baskets": baskets, "popular": len(popular)}
    audit.record("baskets.counted", "basket_run", run_id, by=by, now=now, after=after)
    return True


@db.atomic
def _drop_some(run_id: int) -> bool:
    """Clear a part of an old run away; whether more is left."""
    last = db.value(
        "SELECT max(product_id) FROM (SELECT product_id FROM neighbour WHERE run_id = ? ORDER BY product_id LIMIT ?) n",
        (run_id, AT_ONCE),
    )
    if last is not None:
        db.run("DELETE FROM neighbour WHERE run_id = ? AND product_id <= ?", (run_id, last))
        return True
    for table in ("popular", "shop_slot"):
        db.run(f"DELETE FROM {table} WHERE run_id = ?", (run_id,))
    db.run("DELETE FROM basket_run WHERE id = ?", (run_id,))
    return False
