"""Row `search`: searching as one types in the members' page of the back-office, paint included.

Words that find a member of the file (numbers, names, pinyin, initials, cards) are typed key by key
into the program on a pseudo-terminal. Clearing the box for the next word is a key like the others.
"""

import random
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench import members
from bench.figures import SEED, Figure, Say, Size
from bench.process import cpu_s, peak_mb
from bench.terminal import Stroke, Terminal
from core.base import db

SIZES: dict[Size, tuple[int, int]] = {"tiny": (6, 1), "small": (12, 3), "full": (12, 5)}
"""Words a round, and rounds."""
CPU_MS, BYTES = 30.0, 15_000
CLEAR = "\x15"


def measure(size: Size, say: Say) -> Figure:
    """Type the words of each round into one session. Raises: Unmeasurable."""
    n, rounds = SIZES[size]
    file = members.file_of(size, say)
    words = list(_words(file, n * rounds))
    terminal = Terminal("bench.office", [str(file)])
    try:
        terminal.until("199")
        begin, done = cpu_s(terminal.pid), []
        for number in range(rounds):
            say(f"search: round {number + 1} of {rounds}, {n} words")
            done.append(_typed(terminal, words[number * n : number * n + n]))
        return _figure(size, done, cpu_s(terminal.pid) - begin, peak_mb(terminal.pid))
    finally:
        terminal.close()


def _typed(terminal: Terminal, words: list[str]) -> list[Stroke]:
    return [terminal.press(key) for word in words for key in (*word, CLEAR)]


def _figure(size: Size, done: list[list[Stroke]], used_s: float, most_mb: float) -> Figure:
    strokes = [stroke for one in done for stroke in one]
    cpu, sent = [stroke.cpu_ms for stroke in strokes], [stroke.sent for stroke in strokes]
    usual = median(median(stroke.cpu_ms for stroke in one) for one in done)
    return Figure(
        row="search",
        ours=usual,
        floor=None,
        peer=None,
        ratio=None,
        bar=f"≤ {CPU_MS:g} ms and ≤ {BYTES // 1000} KB",
        met=usual <= CPU_MS and median(sent) <= BYTES,
        cpu_s=used_s,
        peak_mb=most_mb,
        size=size,
        seed=SEED,
        n=len(strokes) // len(done),
        rounds=len(done),
        unit="ms",
        note=f"a key, {members.COUNTS[size]:,} members: CPU median {usual:.1f} ms, most {max(cpu):.1f} ms;"
        f" sent median {median(sent) / 1000:.1f} KB, most {max(sent) / 1000:.1f} KB",
    )


def _words(file: Path, many: int) -> Iterator[str]:
    """What one may type for members of the file, of each kind in turn."""
    dice, ids = random.Random(SEED), members.ids_in(file)
    db.open_database(str(file))
    for number in range(many):
        sql = "SELECT name, phone, search_keys FROM member_person WHERE member_id = ?"
        name, phone, keys = db.one(sql, (dice.choice(ids),)) or ("", "", "")
        latin = [key for key in keys.split() if key.isascii() and key.isalpha()] or [name.lower()]
        initials, card = min(latin, key=len), keys.split()[2]
        yield (phone[3:10], phone[-4:], name, max(latin, key=len)[:8], initials, card[:6])[number % 6]
    db.close_database()
