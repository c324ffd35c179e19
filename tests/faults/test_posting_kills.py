"""Four posters at once, killed again and again: no answer is lost, nothing is done twice, the doctor finds nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.base import clock, db
from core.base.money import Milli
from core.keeping import doctor
from core.selling.quotes import Basket, BasketLine
from tests import ledgers, postgres, shops
from tests.faults import posting

SEED = int(os.environ.get("REGULARS_SEED", "20261126"))
ROOT = Path(__file__).resolve().parents[2]


def made(url: str) -> tuple[shops.Shop, tuple[int, int]]:
    """A shop with tea, top-ups and two members, one with points, one with stored value."""
    shop = shops.open_shop(now=clock.now())
    shop.product("tea", 1800)
    shop.product("top-up", 0, kind="top_up")
    first, second = shop.member(), shop.member()
    shop.give_points(first, posting.START)
    line = BasketLine(shop.products["top-up"], Milli(1000), unit_cents=posting.START)
    posting.FIRST_SALE[:] = [shop.sell(Basket(shop.store, (line,), second))]
    return shop, (first, second)


def kill(folder: Path, url: str, kills: int, seed: int) -> int:
    """Kill so often and look at the books; how many answers were noted."""
    shop, members = made(url)
    db.close_database()
    figures = (kills, seed, shop.store, shop.products["tea"], shop.products["top-up"], *members)
    command = [sys.executable, "-m", "tests.faults.killing", str(folder), url, *(str(one) for one in figures)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1800, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    db.open_database(url)
    acked = posting.acknowledged(folder)
    print(f"{kills} kills, seed {seed}: {len(acked)} answers noted")
    assert posting.uneven(acked, members) == []
    assert ledgers.broken() == {}
    assert [one for one in doctor.examine(now=clock.now()) if one.check != "messages"] == []
    return len(acked)


def test_two_hundred_kills_on_sqlite(tmp_path: Path, sqlite: str) -> None:
    assert kill(tmp_path, sqlite, 200, SEED) > 400


@pytest.mark.postgres
@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_two_hundred_kills_on_postgres(tmp_path: Path, engine: str) -> None:
    assert kill(tmp_path, engine, 200, SEED + 1) > 400


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_thousand_kills_on_sqlite(tmp_path: Path, sqlite: str) -> None:
    assert kill(tmp_path, sqlite, 1000, SEED + 2) > 2000


@pytest.mark.long
@pytest.mark.postgres
@pytest.mark.timeout(3600)
def test_a_thousand_kills_on_postgres(tmp_path: Path, cluster: postgres.Cluster) -> None:
    url = cluster.create("thousand", template="migrated")
    db.open_database(url)
    try:
        assert kill(tmp_path, url, 1000, SEED + 3) > 2000
    finally:
        db.close_database()
