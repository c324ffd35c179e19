"""A restore is killed at any moment: under the database's name there is a whole one, the old or the new."""

import os
import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from core.base import db, settings
from core.keeping import backup, doctor
from tests.shops import Shop

ROOT = Path(__file__).resolve().parents[2]
SEED = int(os.environ.get("REGULARS_SEED", "20261128"))
PROGRAM = (
    "import sys\nfrom pathlib import Path\nfrom core.base import settings\nfrom core.keeping import restore\n"
    "settings.use(settings.Settings(secret='test secret', database=sys.argv[2]))\n"
    "print('begun', flush=True)\n"
    "restore.restore(Path(sys.argv[1]), force=True, now=int(sys.argv[3]))\n"
)


def restored(made: Path, database: str, now: int, *, after_s: float | None) -> None:
    """Restore in a process, which is killed so long after it began, if at all."""
    command = [sys.executable, "-c", PROGRAM, str(made), database, str(now)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        if after_s is not None:
            time.sleep(after_s)
            process.kill()
    assert after_s is not None or process.returncode == 0


@pytest.mark.long
def test_a_restore_killed_at_any_moment_leaves_a_whole_shop(one_shop: Shop, sqlite: str, tmp_path: Path) -> None:
    settings.use(replace(settings.current(), database=sqlite))
    one_shop.product("tea", 1800)
    made = backup.take(tmp_path / "backups", by=one_shop.owner, now=one_shop.now).path
    one_shop.sell(one_shop.basket(("tea", 1)))
    db.close_database()
    began = time.monotonic()
    restored(made, sqlite, one_shop.now, after_s=None)
    whole_s = time.monotonic() - began
    dice, seen = random.Random(SEED), set()
    for number in range(1, 25):
        db.open_database(sqlite)
        one_shop.sell(one_shop.basket(("tea", 1)), now=one_shop.now)
        before = db.value("SELECT count(*) FROM sale")
        db.close_database()
        restored(made, sqlite, one_shop.now + number * 1000, after_s=dice.uniform(0, whole_s))
        db.open_database(sqlite)
        sales = db.value("SELECT count(*) FROM sale")
        seen.add("new" if sales == 0 else "old")
        assert sales in (0, before)
        assert doctor.examine(now=one_shop.now) == []
        db.close_database()
    assert seen == {"old", "new"}
