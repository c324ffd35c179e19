"""Looking through the members 资料体检: who may be there twice, whose birthday or number cannot be right.

One pass over the members in short reads. Of each person only hashes of what two rows of one person share are kept,
32 bytes a clue; equal ones are found by sorting, and only the pairs they give are read and compared again.
"""

from array import array
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from core.base import clock, db, lunar, text
from core.base.clock import DAY, Millis
from core.books import rules
from core.keeping.movein import doubles
from core.outreach import suppressions

AT_ONCE, MOST, MOST_ALIKE, OLDEST = 5000, 5000, 300, 110
"""Members a read; findings of a kind that are kept; people of one clue compared with each other; years of age."""
LOOK_BACK, LAST = 180 * DAY, 3
CLUES = {"mail": "mail", "born": "near_birthday", "first": "near_phone", "last": "near_phone"}
"""What two rows may share, the surest first, and why they then may be one person."""
Found = tuple[str, int, int, str]
"""Kind, member, the other member or 0, why."""


Progress = Callable[[int, int], None]


def nobody_looks(done: int, total: int) -> None:
    """Progress that nobody wants to see."""


@dataclass
class _Clues:
    """Hashes of one kind of clue, whose they are, and their numbers."""

    keys: "array[int]" = field(default_factory=lambda: array("q"))
    whose: "array[int]" = field(default_factory=lambda: array("q"))
    phones: "array[int]" = field(default_factory=lambda: array("q"))

    def add(self, key: object, member_id: int, phone: str) -> None:
        self.keys.append(hash(key))
        self.whose.append(member_id)
        self.phones.append(int(phone) if phone.isdecimal() and len(phone) < 19 else 0)


def scan(*, now: Millis, progress: Progress = nobody_looks) -> list[Found]:
    """All that is found now, at most 5,000 of each kind. Reads only; no view of the database is held for long."""
    shop = rules.current(now=now)
    today = clock.day_of(now, shop.zone)
    clues: dict[str, _Clues] = {kind: _Clues() for kind in CLUES}
    bad = {hashed for (hashed,) in db.rows("SELECT address_hash FROM suppression WHERE reason = 'address'")}
    born: list[Found] = []
    dead: dict[int, str] = {}
    for member_id, name, phone, email, calendar, year, month, day in _people(progress):
        _note_clues(clues, member_id, (name or "", phone or "", email or ""), (calendar, month, day, year))
        fault = birthday_fault(calendar, year, month, day, today=today) if calendar and month and day else None
        if fault and len(born) < MOST:
            born.append(("birthday", member_id, 0, fault))
        if phone and bad and len(dead) < MOST and suppressions.address_hash(phone) in bad:
            dead[member_id] = "bad_address"
    for (member_id,) in db.rows(_SILENT, (now - LOOK_BACK, LAST, LAST, MOST)):
        dead.setdefault(member_id, "not_delivered")
    numbers = [("number", member_id, 0, why) for member_id, why in dead.items()]
    gone = [("unreachable", member_id, 0, "no_credential") for (member_id,) in db.rows(_UNREACHABLE, (MOST,))]
    return [*_proved(_pairs(clues)), *born, *numbers[:MOST], *gone]


_PEOPLE = (
    "SELECT p.member_id, p.name, p.phone, p.email, p.birth_calendar, p.birth_year, p.birth_month, p.birth_day"
    " FROM member_person p JOIN member m ON m.id = p.member_id AND m.state = 'active'"
    " WHERE p.member_id > ? ORDER BY p.member_id LIMIT ?"
)
_SILENT = (
    "SELECT member_id FROM (SELECT o.member_id, o.state, row_number() OVER (PARTITION BY o.member_id"
    " ORDER BY o.created_at DESC, o.id DESC) AS place FROM outbox o JOIN member_person p"
    " ON p.member_id = o.member_id AND p.phone = o.sent_to WHERE o.created_at > ?"
    " AND o.state IN ('accepted', 'sent', 'delivered', 'undelivered', 'failed', 'refused')) lately"
    " WHERE place <= ? AND state IN ('undelivered', 'failed') GROUP BY member_id HAVING count(*) = ?"
    " ORDER BY member_id LIMIT ?"
)
_UNREACHABLE = (
    "SELECT m.id FROM member m WHERE m.state = 'active' AND NOT EXISTS (SELECT 1 FROM credential c"
    " WHERE c.member_id = m.id AND c.state = 'active') ORDER BY m.id LIMIT ?"
)


def _people(progress: Progress) -> Iterator[tuple[Any, ...]]:
    after, done = 0, 0
    total = int(db.value("SELECT count(*) FROM member WHERE state = 'active'"))
    while found := db.rows(_PEOPLE, (after, AT_ONCE)):
        progress(done, total)
        after, done = found[-1][0], done + len(found)
        yield from found
    progress(done, total)


_lunar = lru_cache(2)(lunar.of)


def birthday_fault(calendar: str, year: int | None, month: int, day: int, *, today: date) -> str | None:
    """Why nobody can be born that day: 'no_such_day', 'future', 'too_old'; None if somebody can."""
    longest = 30 if calendar == "lunar" else monthrange(year if year and year > 0 else 2000, month)[1]
    if day > longest:
        return "no_such_day"
    if year is None:
        return None
    at = _lunar(today)
    this = (at.year, at.month, at.day) if calendar == "lunar" else (today.year, today.month, today.day)
    if (year, month, day) > this:
        return "future"
    return "too_old" if this[0] - year - ((month, day) > this[1:]) > OLDEST else None


_folded = lru_cache(50_000)(text.folded)
"""Names come again and again; folding one takes 10 µs."""


def _note_clues(
    clues: dict[str, _Clues], member_id: int, person: tuple[str, str, str], born: tuple[Any, ...]
) -> None:  # fmt: skip
    name, phone, email = _folded(person[0]), person[1], person[2].strip().casefold()
    if email:
        clues["mail"].add(email, member_id, "")
    if not name:
        return
    for block in doubles.blocks_of(name, phone, born if born[0] else None):
        clues[str(block[0])].add(block, member_id, phone.removeprefix("+"))


def _pairs(clues: dict[str, _Clues]) -> dict[tuple[int, int], str]:
    """Pairs that share a clue, each once, by the surest; somebody is paired with the nearest before them."""
    found: dict[tuple[int, int], str] = {}
    for kind, why in CLUES.items():
        for low, high in _alike(clues[kind], exact=kind in ("mail", "born")):
            if len(found) >= MOST:
                return found
            found.setdefault((low, high), why)
    return found


def _alike(clues: _Clues, *, exact: bool) -> Iterator[tuple[int, int]]:
    import numpy as np  # 100 ms: only where it is looked for

    if len(clues.keys) < 2:
        return
    keys, whose, phones = (np.frombuffer(part, dtype=np.int64) for part in (clues.keys, clues.whose, clues.phones))
    order = np.lexsort((whose, keys))
    keys, whose, phones = keys[order], whose[order], phones[order]
    starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    ends = np.append(starts[1:], len(keys))
    for start, end in zip(*(part[ends - starts > 1].tolist() for part in (starts, ends)), strict=True):
        block = list(zip(whose[start:end].tolist(), map(str, phones[start:end].tolist()), strict=True))
        for at, (member_id, phone) in enumerate(block[:MOST_ALIKE]):
            before = next((id for id, other in block[:at][::-1] if exact or doubles.one_slip(phone, other)), None)
            if before is not None:
                yield before, member_id


def _proved(pairs: dict[tuple[int, int], str]) -> Iterator[Found]:
    """Pairs whose names, or mails, are the same in truth: a hash only led to them."""
    known: dict[int, tuple[str, str]] = {}
    wanted = sorted({member_id for pair in pairs for member_id in pair})
    for start in range(0, len(wanted), doubles.MARKS):
        part = wanted[start : start + doubles.MARKS]
        sql = f"SELECT member_id, name, email FROM member_person WHERE member_id IN ({', '.join('?' * len(part))})"
        known |= {
            id: (text.folded(name or ""), (email or "").strip().casefold()) for id, name, email in db.rows(sql, part)
        }
    for (low, high), why in pairs.items():
        at = 1 if why == "mail" else 0
        if low in known and high in known and known[low][at] == known[high][at]:
            yield "double", low, high, why
