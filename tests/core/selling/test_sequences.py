"""Ten thousand random sales and their refunds: every cent, point and lot as paper books have it.

Each sequence is one sale with all its refunds; several run beside each other, for a few members, while
points and bonus expire, are spent in between and are owed. `paper` knows nothing of the program; what it
predicts is compared after every step. Interesting states are counted: a run that reaches them too
rarely fails. Seeded; the seed is printed (REGULARS_SEED).
"""

import os
import shutil
from collections import Counter
from pathlib import Path

import pytest

from core.base import db, settings
from tests import postgres
from tests.core.selling.comebacks import Comebacks

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("REGULARS_SEED", "20261121"))
BATCH = 500
FLOORS = {
    "sales": 10_000,
    "refunds": 10_000,
    "came back wholly": 4000,
    "in three parts or more": 1000,
    "in six parts or more": 60,
    "undone": 150,
    "exchanged": 400,
    "exchanged with points": 100,
    "claimed": 100,
    "claimed after a part came back": 60,
    "sold to nobody": 500,
    "stays as stored value": 1000,
    "too much refused": 400,
    "three ways of paying": 1000,
    "refund over three ways of paying": 1500,
    "bonus paid": 300,
    "principal returned": 3000,
    "bonus returned": 250,
    "bonus returned after its expiry": 200,
    "expired bonus swept": 150,
    "top-up reversed": 250,
    "top-up spent": 1,
    "points as money": 800,
    "points returned": 600,
    "points returned after their expiry": 500,
    "debt made": 800,
    "debt repaid": 500,
    "owing": 1500,
    "spent from over sixteen lots": 1,
    "expired points swept": 300,
    "expired points not taken": 1200,
    "coupon used": 1000,
    "coupon came back": 400,
    "coupon lapsed before its sale came back": 300,
    "weighed": 2000,
    "part of a weighed line": 2500,
    "two discounts on a line": 2000,
    "part within bounds": 20,
    "tax inside": 300,
    "tax on top": 600,
    "refund with tax on top": 1000,
    "gift card beside goods": 300,
    "top-up beside goods": 150,
    "top-up beside goods reversed": 20,
    "refund beside a card or top-up": 500,
    "refund of an ended promotion": 4000,
    "nothing to pay": 40,
}
"""How often each state must be reached in ten thousand sequences."""


def on_sqlite(folder: Path, empty: Path, batches: range) -> Counter[str]:
    """Batches on a fresh file each; what was reached."""
    reached: Counter[str] = Counter()
    settings.use(settings.Settings(secret="test secret"))
    for number in batches:
        path = folder / f"batch-{number}.db"
        shutil.copy(empty, path)
        db.open_database(str(path), durable=False)
        try:
            Comebacks(SEED + number, reached).run(BATCH)
        finally:
            db.close_database()
        for file in folder.glob(f"batch-{number}.db*"):
            file.unlink()
    return reached


def too_rare(reached: Counter[str], sequences: int) -> dict[str, int]:
    """States reached less often than they should be."""
    print(f"seed {SEED}: {dict(sorted(reached.items()))}")
    return {name: reached[name] for name, floor in FLOORS.items() if reached[name] * 10_000 < floor * sequences}


@pytest.mark.timeout(600)
def test_ten_thousand_sequences_add_up(tmp_path: Path, empty_sqlite: Path) -> None:
    assert too_rare(on_sqlite(tmp_path, empty_sqlite, range(20)), 20 * BATCH) == {}


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_two_hundred_thousand_sequences_add_up(tmp_path: Path, empty_sqlite: Path) -> None:
    assert too_rare(on_sqlite(tmp_path, empty_sqlite, range(20, 420)), 400 * BATCH) == {}


@pytest.mark.postgres
@pytest.mark.timeout(600)
def test_the_first_five_hundred_sequences_add_up_on_postgres(cluster: postgres.Cluster) -> None:
    reached: Counter[str] = Counter()
    settings.use(settings.Settings(secret="test secret"))
    db.open_database(cluster.create("sequences", template="migrated"))
    try:
        Comebacks(SEED, reached).run(BATCH)
    finally:
        db.close_database()
    assert reached["refunds"] > BATCH
