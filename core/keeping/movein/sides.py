"""What each kind of import does in its own way, as one value of functions: members, products, sales."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from core.base import clock
from core.base.clock import Millis
from core.base.text import folded
from core.books import rules
from core.books.accounts import Cause
from core.keeping import opening
from core.keeping.movein.faults import Fault
from core.keeping.movein.mapping import Mapping as Columns
from core.keeping.movein.reading import Cells, Table

Progress = Callable[[int, int], None]
"""Is told how many of how many rows are done."""
Amounts = Mapping[str, int]
"""What rows bring in all, by what it is: 'points', 'principal_cents' …"""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing a file would bring: its rows in the file, and the value that would be written.

    `outcome` is 'new', 'double' (of an earlier row), 'there' (in the shop already) or 'faulty' (no value then).
    """

    rows: tuple[int, ...]
    outcome: str
    value: Any = None


@dataclass(frozen=True)
class Double:
    """A row that stands for someone who is there already, or nearly: `like` a row of the file or None for the shop.

    `why` is 'phone', 'card', 'near_phone', 'near_birthday', 'near_name', 'name', 'number', 'barcode' or 'receipt';
    those that are only near are brought in all the same.
    """

    row: int
    like: int | None
    why: str
    shown: str = ""

    @property
    def near(self) -> bool:
        """Whether it is brought in all the same, for a person to look at."""
        return self.why.startswith("near_")


@dataclass
class Found:
    """What is found in a file, in the order of its rows, as it is read."""

    items: list[Item] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    doubles: list[Double] = field(default_factory=list)


@dataclass(frozen=True)
class Place:
    """Where a file moves in: the store its rows belong to unless they say another, the day, the shop's rules."""

    store_id: int
    now: Millis
    today: date
    zone: str
    region: str
    language: str
    stores: Mapping[str, int]


def place(store_id: int, *, now: Millis) -> Place:
    """The shop as it is now."""
    shop = rules.current(now=now)
    stores = {folded(name): id for id, name in opening.stores()}
    return Place(store_id, now, clock.day_of(now, shop.zone), shop.zone, shop.region, shop.language, stores)


EMPTY = frozenset({"", "-", "--", "—", "/", "无", "null", "NULL", "None", "N/A", "n/a", "#N/A"})


def is_empty(cell: object) -> bool:
    """Whether a cell holds nothing, in the words old systems have for it."""
    return cell is None or (isinstance(cell, str) and cell.strip() in EMPTY)


@dataclass(frozen=True)
class Side:
    """The functions of one kind of import."""

    look: Callable[[Table, Columns, Place, Progress], Found]
    """Reads the rows; writes nothing."""
    there: Callable[[Sequence[Any]], set[int]]
    """The places of those values that are in the shop already."""
    write: Callable[[Sequence[Any], Cause], list[int]]
    """Writes values inside the caller's transaction; the id of what each became."""
    amounts: Callable[[Any], Amounts]
    """What one value brings."""
    held: Callable[[int], Amounts]
    """What the shop holds from an import."""
    used: Callable[[int, Sequence[int]], Mapping[int, str]]
    """Of things an import brought, those that were used since, and how they are called."""
    take_back: Callable[[Sequence[int], Cause], None]
    """Takes things back inside the caller's transaction."""


Row = tuple[int, Cells]
