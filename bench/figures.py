"""Figures: what one row of the table holds, and how the table and its JSON are written."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

Size = Literal["tiny", "small", "full"]
Say = Callable[[str], None]
"""Takes a line about what is going on."""

SEED = 20261121
"""Of every random choice in every row."""

HEADINGS = ("row", "n × rounds", "ours", "floor", "peer", "ratio", "× peer", "bar", "met", "CPU s", "peak MB")


class Unmeasurable(Exception):
    """A row could not be measured; the text says why and what to do."""


@dataclass(frozen=True)
class Figure:
    """One row. `ours`, `floor` and `peer` are in `unit`; `ratio` is ours to the floor, within rounds.

    `peer_ratio` is how many times as much as the peer we do in the same time. `cpu_s` and `peak_mb` are of
    our side alone, over all rounds. None: this row has no such thing, or the note says why not.
    """

    row: str
    ours: float
    floor: float | None
    peer: float | None
    ratio: float | None
    bar: str
    met: bool
    cpu_s: float
    peak_mb: float
    size: Size
    seed: int
    n: int
    rounds: int
    unit: str
    note: str
    peer_ratio: float | None = None

    def as_json(self) -> str:
        """One line of JSON."""
        numbers = {name: round(value, 3) for name, value in asdict(self).items() if isinstance(value, float)}
        return json.dumps(asdict(self) | numbers, ensure_ascii=False)

    def cells(self) -> tuple[str, ...]:
        """What stands under each of the headings."""
        return (
            self.row,
            f"{self.n:,} × {self.rounds}",
            f"{self.ours:.2f} {self.unit}",
            _number(self.floor),
            _number(self.peer),
            _number(self.ratio),
            _number(self.peer_ratio),
            self.bar,
            "yes" if self.met else "NO",
            f"{self.cpu_s:.1f}",
            f"{self.peak_mb:.0f}",
        )


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def table(figures: Sequence[Figure]) -> str:
    """The rows under their headings, and a line on each below."""
    rows = [HEADINGS, *(figure.cells() for figure in figures)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEADINGS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, "", *(f"{figure.row}: {figure.note}" for figure in figures)])
