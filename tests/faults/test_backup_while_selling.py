"""Four tills sell while a backup is made: every sale answered before it began is in it, and its books add up."""

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from core.base import clock, db, settings
from core.keeping import backup, doctor, restore, verify
from tests import ledgers, shops

ROOT = Path(__file__).resolve().parents[2]


class Tills:
    """Tills that sell for ever, and the sales they were answered."""

    def __init__(self, url: str, shop: shops.Shop, member: int, count: int) -> None:
        self.acked: list[int] = []
        figures = [str(one) for one in (shop.store, shop.products["tea"], member)]
        command = [sys.executable, "-m", "tests.faults.till", url, *figures]
        self.running = [
            subprocess.Popen([*command, str(till * 1_000_000)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
            for till in range(count)
        ]
        self.ears = [threading.Thread(target=self._listen, args=(one,)) for one in self.running]
        for ear in self.ears:
            ear.start()

    def _listen(self, till: "subprocess.Popen[str]") -> None:
        assert till.stdout is not None
        for line in till.stdout:
            with contextlib.suppress(ValueError):  # the last line of a killed one may be cut
                self.acked.append(int(line.split()[1]))

    def wait_for(self, sales: int) -> None:
        deadline = time.monotonic() + 60
        while len(self.acked) < sales and time.monotonic() < deadline:
            time.sleep(0.01)

    def kill(self) -> None:
        for one in self.running:
            one.kill()
        for one, ear in zip(self.running, self.ears, strict=True):
            one.wait()
            ear.join()
            assert one.stdout is not None
            one.stdout.close()


@contextlib.contextmanager
def selling(url: str, shop: shops.Shop, member: int) -> Iterator[Tills]:
    tills = Tills(url, shop, member, 4)
    try:
        tills.wait_for(40)
        yield tills
    finally:
        tills.kill()


def test_a_backup_made_while_four_tills_sell_holds_every_answered_sale(engine: str, tmp_path: Path) -> None:
    settings.use(replace(settings.current(), secret="kills", database=engine))
    shop = shops.open_shop(now=clock.now())
    shop.product("tea", 1800)
    member = shop.member("13800138000")
    shop.top_up(member, 5_000_000)
    with selling(engine, shop, member) as tills:
        before = list(tills.acked)
        made = backup.take(tmp_path / "backups", by=shop.owner, now=clock.now())
        tills.wait_for(len(tills.acked) + 10)
    assert len(tills.acked) > len(before) >= 40
    assert verify.verify(made.path) == []
    db.close_database()
    done = restore.restore(made.path, force=True, now=clock.now())
    kept = {row[0] for row in db.rows("SELECT id FROM sale")}
    assert set(before) <= kept
    assert len(kept) == made.contents.rows["sale"]
    assert done.lost is not None
    assert done.lost.sales > 0
    assert doctor.books() == []
    assert ledgers.broken() == {}
