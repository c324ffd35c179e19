"""The disk is full: each verb is refused with a sentence and leaves nothing, and all goes on when there is room."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.base import clock, db, settings
from core.base.db import StorageFull
from core.keeping import doctor
from tests import ledgers
from tests.faults import posting
from tests.faults.posting import Poster
from tests.faults.test_posting_kills import made


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[bool]:
    """A disk of so many kilobytes at a folder; False where this machine mounts none."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


class Pages:
    """A full disk where none can be mounted: SQLite itself takes no page more."""

    def fill(self) -> None:
        used = db.value("PRAGMA page_count")
        db.proxy.execute_sql(f"PRAGMA max_page_count = {used + 4}")

    def empty(self) -> None:
        db.proxy.execute_sql("PRAGMA max_page_count = 1000000")


class Filler:
    """A file that takes all room but a little."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "filler"

    def fill(self) -> None:
        left = shutil.disk_usage(self.path.parent).free
        self.path.write_bytes(bytes(max(left - 60_000, 0)))

    def empty(self) -> None:
        self.path.unlink()


def fill_and_empty(url: str, disk: Pages | Filler) -> None:
    """Post, fill the disk, post until it is refused over and over, make room, post on; then look at the books."""
    shop, members = made(url)
    given = (shop.store, shop.products["tea"], shop.products["top-up"], members)
    poster, acked, refused = Poster("p0", *given), {}, 0
    for number in range(1, 21):
        acked[f"p0-{number}"] = poster.post(number)
    disk.fill()
    number = 21
    while refused < 10:
        try:
            acked[f"p0-{number}"] = poster.post(number)
            number += 1
        except StorageFull as full:
            refused += 1
            assert "disk is full" in full.sentence()
            assert ledgers.broken() == {}
        assert number < 2000
    disk.empty()
    for late in range(number, number + 20):
        acked[f"p0-{late}"] = poster.post(late)
    assert posting.uneven(acked, members) == []
    assert [one for one in doctor.examine(now=clock.now()) if one.check not in ("messages", "disk")] == []
    print(f"{type(disk).__name__}: {number - 21} posts fitted, 10 were refused, all went on")


def test_a_full_disk_refuses_and_loses_nothing(tmp_path: Path, empty_sqlite: Path) -> None:
    folder = tmp_path / "disk"
    with small_disk(folder, 6000) as mounted:
        url = folder / "shop.db"
        shutil.copy(empty_sqlite, url)
        db.open_database(str(url))
        try:
            fill_and_empty(str(url), Filler(folder) if mounted else Pages())
        finally:
            db.close_database()


def test_a_database_that_may_not_grow_refuses_and_loses_nothing(sqlite: str) -> None:
    fill_and_empty(sqlite, Pages())


@pytest.fixture(autouse=True)
def _language() -> Iterator[None]:
    from core.base import i18n

    settings.use(settings.Settings(secret="test secret"))
    with i18n.use("en"):
        yield
