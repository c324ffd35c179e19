"""An import killed in the middle goes on where it stopped: nothing lost, nothing doubled, totals equal."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench import dirt
from core.base import db
from core.keeping.movein import moving
from tests import movers, postgres, shops
from tests.movers import looked, well

SEED = int(os.environ.get("REGULARS_SEED", "20261126"))
ROOT = Path(__file__).resolve().parents[2]


def killed(url: str, file: Path, batch: int, store: int, *, parts: int, delay_s: float) -> int:
    """Bring a file in, in a process that is killed so many parts later and a little; how many rows it spoke of."""
    command = [sys.executable, "-m", "tests.faults.moving", url, str(file), str(batch), str(store)]
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    told = [int(running.stdout.readline() or "-1") for _ in range(parts + 1)]
    time.sleep(delay_s)
    running.kill()
    rest = running.stdout.read().split()
    running.stdout.close()
    assert running.wait() in (0, -signal.SIGKILL)
    return max([*told, *(int(one) for one in rest)])


def kill(url: str, folder: Path, rows: int, kills: int, seed: int) -> None:
    shop, dice = movers.with_tiers(shops.open_shop()), random.Random(seed)
    planted = dirt.made(rows, seed=seed)
    file = dirt.write_csv(folder / "members.csv", planted)
    found = looked(shop, file)
    batch = moving.begin(found, by=shop.owner, now=shop.now)
    db.close_database()
    for _ in range(kills):
        told = killed(url, file, batch, shop.store, parts=dice.randrange(0, 2), delay_s=dice.uniform(0.0, 0.25))
        db.open_database(url)
        marks = int(db.value("SELECT count(*) FROM import_row WHERE batch_id = ?", (batch,)))
        members = int(db.value("SELECT count(*) FROM member WHERE source = 'import'"))
        assert marks >= told
        assert members == db.value("SELECT count(*) FROM import_row WHERE batch_id = ? AND outcome = 'new'", (batch,))
        state = db.value("SELECT state FROM import_batch WHERE id = ?", (batch,))
        db.close_database()
        if state == "done":
            break
    db.open_database(url)
    if db.value("SELECT state FROM import_batch WHERE id = ?", (batch,)) == "running":
        done = moving.go_on(batch, looked(shop, file), by=shop.owner, now=shop.now)
        assert done.held == planted.totals
    assert movers.balances()["points"] == planted.totals["points"]
    assert db.value("SELECT count(*) FROM import_row WHERE batch_id = ?", (batch,)) == rows
    assert well(shop)


def test_a_killed_import_goes_on_on_sqlite(tmp_path: Path, sqlite: str) -> None:
    kill(sqlite, tmp_path, 1_200, 1, SEED)


@pytest.mark.postgres
@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_a_killed_import_goes_on_on_postgres(tmp_path: Path, engine: str) -> None:
    kill(engine, tmp_path, 1_200, 1, SEED + 1)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_an_import_killed_forty_times_on_sqlite(tmp_path: Path, sqlite: str) -> None:
    kill(sqlite, tmp_path, 20_000, 40, SEED + 2)


@pytest.mark.long
@pytest.mark.postgres
@pytest.mark.timeout(1800)
def test_an_import_killed_forty_times_on_postgres(tmp_path: Path, cluster: postgres.Cluster) -> None:
    url = cluster.create("killed_imports", template="migrated")
    db.open_database(url)
    try:
        kill(url, tmp_path, 20_000, 40, SEED + 3)
    finally:
        db.close_database()
