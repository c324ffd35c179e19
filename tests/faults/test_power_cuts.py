"""The power fails at a random moment: every answer that was given is still in the books, and nothing is torn."""

import os
import pickle
import random
import subprocess
import sys
from pathlib import Path

import pytest

from core.base import clock, db
from core.keeping import doctor
from tests import ledgers, shops
from tests.faults import posting
from tests.faults.cuttable import Note, after_cut
from tests.faults.test_posting_kills import ROOT, made

SEED = int(os.environ.get("REGULARS_SEED", "20261127"))


class Recording:
    """A shop before the posts, and everything its poster wrote, synced and answered."""

    def __init__(self, folder: Path, url: str, *, durable: bool, posts: int = 150) -> None:
        self.shop, self.members = made(url)
        db.proxy.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close_database()
        self.url, self.before = url, Path(url).read_bytes()
        shop: shops.Shop = self.shop
        figures = (int(durable), posts, shop.store, shop.products["tea"], shop.products["top-up"], *self.members)
        out = folder / "notes.pickle"
        command = [sys.executable, "-m", "tests.faults.cutting", url, str(out), *(str(one) for one in figures)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        start = [Note("write", url, 0, self.before), Note("sync", url)]
        self.notes = start + [Note(*one) for one in pickle.loads(out.read_bytes())]

    def cut(self, at: int, rng: random.Random, folder: Path) -> tuple[str, int]:
        """The shop as a cut after so many notes leaves it, and how many answers had been given."""
        url = str(folder / f"cut-{at}.db")
        for path, content in after_cut(self.notes[:at], rng).items():
            if not path.endswith("-shm"):
                Path(url + path.removeprefix(self.url)).write_bytes(content)
        return url, sum(note.what == "answer" for note in self.notes[:at])

    def wrong_after(self, at: int, rng: random.Random, folder: Path) -> list[str]:
        """What a cut broke: answers that are lost, books that do not add up."""
        url, answers = self.cut(at, rng, folder)
        given = [note.offset for note in self.notes[:at] if note.what == "answer"]
        db.open_database(url)
        try:
            acked = {f"p0-{number}": answer for number, answer in enumerate(given, 1)}
            assert len(acked) == answers
            found = posting.uneven(acked, self.members)
            found += [f"{name}: {rows[:3]}" for name, rows in ledgers.broken().items()]
            found += [one.check for one in doctor.examine(now=clock.now()) if one.check != "messages"]
        finally:
            db.close_database()
        return found


def cut_often(recording: Recording, cuts: int, seed: int, folder: Path) -> dict[int, list[str]]:
    """What broke, by the moment of the cut."""
    rng = random.Random(seed)
    moments = [rng.randrange(3, len(recording.notes)) for _ in range(cuts)]
    print(f"{cuts} power cuts among {len(recording.notes)} writes, syncs and answers, seed {seed}")
    return {at: found for at in moments if (found := recording.wrong_after(at, rng, folder))}


def test_no_answer_is_lost_in_a_power_cut(tmp_path: Path, sqlite: str) -> None:
    recording = Recording(tmp_path, sqlite, durable=True)
    assert sum(note.what == "sync" for note in recording.notes) > 150
    assert cut_often(recording, 12, SEED, tmp_path) == {}


def test_without_waiting_for_the_disk_a_cut_would_lose_answers(tmp_path: Path, sqlite: str) -> None:
    """The simulation bites: the same cuts break a shop that does not sync."""
    recording = Recording(tmp_path, sqlite, durable=False)
    rng, lost = random.Random(SEED), 0
    for _ in range(5):
        at = rng.randrange(len(recording.notes) // 2, len(recording.notes))
        try:
            lost += bool(recording.wrong_after(at, rng, tmp_path))
        except Exception as error:
            lost += type(error).__module__.startswith(("peewee", "core", "pysqlite3"))
    assert lost >= 4


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_no_answer_is_lost_in_a_hundred_power_cuts(tmp_path: Path, sqlite: str) -> None:
    recording = Recording(tmp_path, sqlite, durable=True, posts=600)
    assert cut_often(recording, 100, SEED + 1, tmp_path) == {}
