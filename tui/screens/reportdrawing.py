"""A report as lines: its chart, its table with totals, and what the figures mean, for a width in cells."""

from collections.abc import Sequence
from datetime import date

from rich.text import Text as RichText

from core.base import text
from core.base.i18n import T, Text
from core.reports import said
from core.reports.report import DATES, FIGURES, Chart, Report, number
from tui.widgets.charts import hbars, heatmap, sparkline
from tui.widgets.row import fitted, rich

MOST_BARS = 12
"""Lines drawn as bars with their figures; more days become one line, of anything else the first ones are drawn."""
GAP = 2
LONGEST = 28
"""Cells of a column of words."""


def drawn(report: Report, width: int, *, from_column: int = 1, today: date = date.max) -> list[RichText]:
    """Everything of a report, one below the other; of days, weeks and months ahead of today no line is shown."""
    room = max(20, width - 2)
    if not report.rows:
        return [RichText(" ", end=""), _quiet(str(T("Nothing in these days."))), *_notes(report, room)]
    lines = [*_chart(report, report.chart, room), RichText(end="")] if report.chart else []
    return [*[RichText(" ", end="") + line for line in lines], *_table(report, room, from_column, today),
            RichText(end=""), *_notes(report, room)]  # fmt: skip


# --- the chart -----------------------------------------------------------------------------------


def _chart(report: Report, chart: Chart, room: int) -> list[RichText]:
    title = RichText("", "bold", end="")
    if chart.kind == "grid":
        return _grid(report, chart, room)
    column, rows = report.columns[chart.column], report.rows
    title.append_text(rich(Text(column.name)))
    if len(rows) > MOST_BARS and report.columns[0].kind in DATES:
        values = [number(row[chart.column]) for row in rows]
        best = max(range(len(values)), key=values.__getitem__)
        told = T("{first} to {last} · most {best}: {amount}", first=_name(report, 0), last=_name(report, len(rows) - 1),
                 best=_name(report, best), amount=said.cell(rows[best][chart.column], column))  # fmt: skip
        return [title, sparkline(values, room), RichText(str(told), "quiet", end="")]
    bars = [
        (_name(report, at), max(0, number(row[chart.column])), said.cell(row[chart.column], column))
        for at, row in enumerate(rows[:MOST_BARS])
    ]
    return [title, *hbars(bars, room)]


def _name(report: Report, at: int) -> str:
    """What a line is called: its words before the first figure."""
    row, words = report.rows[at], []
    for value, column in zip(row, report.columns, strict=True):
        if column.kind in FIGURES:
            break
        words.append(said.cell(value, column))
    return " · ".join(words)


def _grid(report: Report, chart: Chart, room: int) -> list[RichText]:
    names = [_name(report, at) for at in range(len(report.rows))]
    left = max(text.width(name) for name in names)
    heads = [said.head(column) for column in report.columns[chart.column :]]
    cell = max(2, min(4, (room - left - 1) // max(1, len(heads))))
    values = [[cell if isinstance(cell, int) else None for cell in row[chart.column :]] for row in report.rows]
    return heatmap(values, names, heads, cell=cell)


# --- the table -----------------------------------------------------------------------------------


def _cells(report: Report) -> list[list[str]]:
    heads = [said.head(column) for column in report.columns]
    rows = enumerate(said.rows(report))
    return [heads, *(said.line(row, report, total=at == len(report.rows)) for at, row in rows)]


def _widths(report: Report, lines: Sequence[Sequence[str]]) -> list[int]:
    return [
        min(max(text.width(line[at]) for line in lines), LONGEST if column.kind not in FIGURES else 60)
        for at, column in enumerate(report.columns)
    ]


def _shown(widths: Sequence[int], room: int, from_column: int) -> list[int]:
    """The first column, and those from a later one on that fit beside it."""
    shown, used = [0], widths[0]
    for at in range(from_column, len(widths)):
        used += GAP + widths[at]
        if used > room:
            break
        shown.append(at)
    return shown


def next_column(report: Report, width: int, from_column: int) -> int:
    """Where the columns go on that there was no room for; 1 after the last."""
    shown = _shown(_widths(report, _cells(report)), max(20, width - 2), from_column)
    return shown[-1] + 1 if len(shown) > 1 and shown[-1] + 1 < len(report.columns) else 1


def _order(report: Report, today: date) -> list[int]:
    """Which line of the cells stands where: what is latest comes first, its total above; else as they are."""
    count = len(said.rows(report))
    if report.columns[0].kind not in DATES:
        return list(range(count + 1))
    past = [at for at, (day, *_) in enumerate(report.rows, 1) if not isinstance(day, date) or day <= today]
    return [0, *range(len(report.rows) + 1, count + 1), *reversed(past)]


def _table(report: Report, room: int, from_column: int, today: date) -> list[RichText]:
    cells = _cells(report)
    widths = _widths(report, cells)
    shown, found = _shown(widths, room, from_column), []
    for place in _order(report, today):
        line, strong = cells[place], place == 0 or place > len(report.rows)
        words = RichText(" ", end="", no_wrap=True)
        for at in shown:
            right = report.columns[at].kind in FIGURES
            words.append_text(fitted(line[at], min(widths[at], room), right=right))
            words.append(" " * GAP)
        words.right_crop(GAP)
        words.stylize("quiet" if place == 0 else "bold" if strong else "text")
        found.append(words)
    if len(shown) < len(report.columns):
        more = len(report.columns) - len(shown)
        found.append(_quiet(str(T("c shows columns not shown here: {count}", count=more))))
    return found


def _quiet(words: str) -> RichText:
    return RichText(f" {words}", "quiet", end="", no_wrap=True)


def _notes(report: Report, room: int) -> list[RichText]:
    return [_quiet(line) for note in said.notes(report) for line in text.wrap(note, room)]
