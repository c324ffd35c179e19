"""Consents 同意: per purpose how many agreed, took it back or were never asked; from where, when, to which words.

Counted is the last word of each member who is neither merged nor erased; months count every word that was said.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from core.base import clock, db
from core.base.access import Actor, require
from core.base.clock import MINUTE, Millis
from core.books import rules
from core.people.consent import PURPOSES

CHUNK = 5_000
"""Members whose words are read in one go, so that no view of the database stays open for long."""
QUARTER = 15 * MINUTE
"""A day begins at a quarter of some UTC hour in every zone."""


class Said(NamedTuple):
    """One word on one purpose: a yes or a no, to which wording, how, where and when."""

    member_id: int
    purpose: str
    granted: bool
    wording: str
    language: str
    source: str
    store_id: int | None
    at: Millis


@dataclass(frozen=True)
class PurposeState:
    """Where members stand with one purpose."""

    purpose: str
    granted: int
    withdrawn: int
    never_asked: int


@dataclass(frozen=True)
class Part:
    """Yes and no for one purpose in one part: a source, a store's name ('' for none) or a month."""

    purpose: str
    part: str
    granted: int
    withdrawn: int


@dataclass(frozen=True)
class WordingUse:
    """How many stand on one wording, in one language."""

    purpose: str
    wording: str
    language: str
    granted: int


@dataclass(frozen=True)
class ConsentReport:
    """All figures; `members` is how many were counted. Months are 'YYYY-MM' of the shop, in order."""

    members: int
    purposes: tuple[PurposeState, ...]
    sources: tuple[Part, ...]
    stores: tuple[Part, ...]
    months: tuple[Part, ...]
    wordings: tuple[WordingUse, ...]


def of(*, by: Actor, now: Millis) -> ConsentReport:
    """Where all members stand now. Raises: NotAllowed."""
    require(by, "reports")
    counts = _Counts(rules.current(now=now).zone)
    for many, said in _chunks():
        counts.members += many
        counts.add(said)
    return counts.report()


def last_words(*, by: Actor) -> Iterator[list[Said]]:
    """The last word of each member on each purpose, some members at a time, for a list. Raises: NotAllowed."""
    require(by, "reports")
    for _many, said in _chunks():
        yield list({(one.member_id, one.purpose): one for one in said}.values())


def _chunks() -> Iterator[tuple[int, list[Said]]]:
    """Members some at a time: how many, and everything they said, each member's words in their order."""
    last = 0
    ids = "SELECT id FROM member WHERE id > ? ORDER BY id LIMIT ?"
    counted = "state IN ('active', 'blocked')"
    sql = (
        "SELECT c.member_id, c.purpose, c.granted, c.wording, c.language, c.source, c.store_id, c.at FROM consent c"
        f" JOIN member m ON m.id = c.member_id WHERE c.member_id > ? AND c.member_id <= ? AND m.{counted}"
        " ORDER BY c.member_id, c.at, c.id"
    )
    while (end := db.value(f"SELECT max(id) FROM ({ids}) part", (last, CHUNK))) is not None:
        with db.read():
            many = db.value(f"SELECT count(*) FROM member WHERE id > ? AND id <= ? AND {counted}", (last, end))
            rows = db.rows(sql, (last, end))
        yield int(many), [Said(row[0], row[1], bool(row[2]), *row[3:]) for row in rows]
        last = end


@dataclass
class _Counts:
    """What the words add up to as they are read."""

    zone: str
    members: int = 0
    states: Counter[tuple[str, bool]] = field(default_factory=Counter)
    sources: Counter[tuple[str, str, bool]] = field(default_factory=Counter)
    stores: Counter[tuple[str, int | None, bool]] = field(default_factory=Counter)
    months: Counter[tuple[str, str, bool]] = field(default_factory=Counter)
    wordings: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _month_of: dict[int, str] = field(default_factory=dict)

    def add(self, said: list[Said]) -> None:
        """Count the words of some members."""
        for one in said:
            self.months[one.purpose, self._month(one.at), one.granted] += 1
        for one in {(each.member_id, each.purpose): each for each in said}.values():
            self.states[one.purpose, one.granted] += 1
            self.sources[one.purpose, one.source, one.granted] += 1
            self.stores[one.purpose, one.store_id, one.granted] += 1
            if one.granted:
                self.wordings[one.purpose, one.wording, one.language] += 1

    def _month(self, at: Millis) -> str:
        quarter = at // QUARTER
        if quarter not in self._month_of:
            day: date = clock.day_of(at, self.zone)
            self._month_of[quarter] = f"{day:%Y-%m}"
        return self._month_of[quarter]

    def report(self) -> ConsentReport:
        """The figures in the order of the purposes."""
        states = [(one, self.states[one, True], self.states[one, False]) for one in PURPOSES]
        names: dict[int | None, str] = dict(db.rows("SELECT id, name FROM store"))
        by_store: Counter[tuple[str, str, bool]] = Counter()
        for (purpose, store_id, granted), count in self.stores.items():
            by_store[purpose, names.get(store_id, ""), granted] += count
        uses = [WordingUse(*key, count) for key, count in self.wordings.items()]
        return ConsentReport(
            self.members,
            tuple(PurposeState(one, yes, no, self.members - yes - no) for one, yes, no in states),
            _parts(self.sources),
            _parts(by_store),
            _parts(self.months),
            tuple(sorted(uses, key=lambda use: (PURPOSES.index(use.purpose), -use.granted, use.wording))),
        )


def _parts(counts: Counter[tuple[str, str, bool]]) -> tuple[Part, ...]:
    keys = sorted({(purpose, part) for purpose, part, _ in counts}, key=lambda key: (PURPOSES.index(key[0]), key[1]))
    return tuple(Part(*key, counts[*key, True], counts[*key, False]) for key in keys)
