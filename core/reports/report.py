"""A report 报表 as a value: columns with a kind, rows, totals, what is drawn, and how each figure is defined.

Doors say it in their own way from this alone. Money is in cents, shares in basis points, quantities in thousandths,
means of counts in hundredths.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from core.base import money
from core.base.i18n import N_, Text

Kind = Literal["text", "count", "cents", "points", "percent", "quantity", "hundredth", "day", "week", "month"]
Cell = int | str | Text | date | None
Row = tuple[Cell, ...]
DATES = ("day", "week", "month")
FIGURES = ("count", "cents", "points", "percent", "quantity", "hundredth")


@dataclass(frozen=True)
class Column:
    """A column: its name as a message, and what its cells are."""

    name: str
    kind: Kind = "count"


@dataclass(frozen=True)
class Chart:
    """What is drawn: bars or a line of one column against the first, or a grid of all columns after the first."""

    kind: Literal["bars", "line", "grid"]
    column: int = 1


@dataclass(frozen=True)
class Report:
    """A report as it was worked out. `compared` is the column that is set against an earlier time.

    `notes` say how the figures are defined, messages or texts. An amount that is None cannot be told.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    totals: Row | None = None
    chart: Chart | None = None
    compared: int | None = None
    notes: tuple[str | Text, ...] = ()


def share_bp(part: int, whole: int) -> int | None:
    """A share in basis points, half up; None of nothing."""
    if not whole:
        return None
    return money.half_up(part * 10_000, whole) if part * whole >= 0 else -money.half_up(abs(part * 10_000), abs(whole))


def each(amount: int, count: int) -> int | None:
    """What falls on one, half up; None where there is nobody."""
    if not count:
        return None
    return money.half_up(amount, count) if amount >= 0 else -money.half_up(-amount, count)


def summed(rows: Sequence[Row], columns: Sequence[int], of: int) -> Row:
    """Totals of some columns of `of`, under a row of blanks."""
    return tuple(sum(number(row[at]) for row in rows) if at in columns else None for at in range(of))


def number(cell: Cell) -> int:
    """A figure to draw or to add; what cannot be told is nothing."""
    return cell if isinstance(cell, int) else 0


BEFORE = {"period": N_("period before"), "year": N_("year before")}


def against(report: Report, earlier: Report, name: str) -> Report:
    """A report with the compared column of an earlier one right beside its own, and the change between them.

    Days, weeks and months stand beside those in the same place; everything else beside what has its name.
    """
    at = report.compared
    if at is None:
        return report
    by_place = report.columns[0].kind in DATES
    named = {row[0]: row[at] for row in earlier.rows}
    placed = [row[at] for row in earlier.rows]
    rows = []
    for place, row in enumerate(report.rows):
        before = (placed[place] if place < len(placed) else None) if by_place else named.get(row[0])
        rows.append((*row[: at + 1], before, _change(row[at], before), *row[at + 1 :]))
    totals = None
    if report.totals is not None and earlier.totals is not None:
        before = earlier.totals[at]
        whole = report.totals
        totals = (*whole[: at + 1], before, _change(whole[at], before), *whole[at + 1 :])
    more = Column(name, report.columns[at].kind), Column(N_("more or less"), "percent")
    columns = (*report.columns[: at + 1], *more, *report.columns[at + 1 :])
    return replace(report, columns=columns, rows=tuple(rows), totals=totals)


def _change(now: Cell, before: Cell) -> int | None:
    if not isinstance(now, int) or not isinstance(before, int) or before <= 0:
        return None
    return share_bp(now - before, before)
